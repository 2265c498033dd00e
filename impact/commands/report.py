"""`impact report`: the report of a run in other forms, from its folder."""

from __future__ import annotations

import gc
from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated

import typer

from impact.commands.options import Lang, Quiet  # noqa: TC001 (typer reads them)
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.analysis.result import Result
    from impact.outputs.files.run_archive import Run
    from impact.outputs.text import Texts

_PERCENT = 100.0


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    *,
    docx: Annotated[bool, typer.Option("--docx", help="Write extra/report.docx (Word).")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write report.html again.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write extra/report.xlsx.")] = False,
    pptx: Annotated[
        bool, typer.Option("--pptx", help="Write extra/slides.pptx (PowerPoint).")
    ] = False,
    gpkg: Annotated[
        bool, typer.Option("--gpkg", help="Write data/results.gpkg, for a GIS.")
    ] = False,
    geoparquet: Annotated[
        bool, typer.Option("--geoparquet", help="Write the same layers as GeoParquet.")
    ] = False,
    margin: Annotated[
        float | None,
        typer.Option("--margin", help="Per cent above the norm that is called ample, else ten."),
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option("--claims", help="Folder of `impact check`, whose claims the report shows."),
    ] = None,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Write the report of a run into its folder (unasked: HTML, Word and Excel), and its sheet.

    Example: impact report uitkomst --docx --margin 20 --claims oordeel
    """
    from rich.console import Console

    from impact.outputs.files.folder import REPORT, REPORT_WORKBOOK, SLIDES, WORD
    from impact.outputs.files.run_archive import open_run
    from impact.outputs.pages.a4 import FILE as A4
    from impact.outputs.pages.a4 import write_a4
    from impact.outputs.text import texts
    from impact.outputs.text.norms import MARGIN
    from impact.storage import replacing

    t = texts(lang)
    if margin is None:
        margin = MARGIN * _PERCENT
    if not 0.0 <= margin <= 10.0 * _PERCENT:
        raise InputError(Fault("--margin", "", "", str(margin), "0 to 1000 per cent"))
    run = open_run(folder)
    gc.freeze()  # the run stays until the end: it need not be searched for what can go
    asked = (docx, html, xlsx, pptx)
    if not any((*asked, gpkg, geoparquet)):
        asked = (True, True, True, False)
    share = margin / _PERCENT
    written = [folder / A4]
    with replacing(folder / A4) as temporary:
        write_a4(run.result, temporary, lang=lang, margin=share)
    forms = (WORD, REPORT, REPORT_WORKBOOK, SLIDES)
    names = [name for name, wanted in zip(forms, asked, strict=True) if wanted]
    written += _write_documents(run, names, t, margin=share, claims=claims)
    if gpkg or geoparquet:
        written += _write_gis(run.result, folder, gpkg=gpkg, geoparquet=geoparquet)
    gc.unfreeze()
    if not quiet:
        for path in written:
            Console().print(t("appendix.done", path=path), markup=False, soft_wrap=True)


def _write_documents(
    run: Run, names: Sequence[str], t: Texts, *, margin: float, claims: Path | None
) -> list[Path]:
    """Write what is asked of the report, and the slides."""
    from impact.outputs.appendix.claims import checked_claims
    from impact.outputs.appendix.content import document, document_title
    from impact.outputs.pages.map_layers import drawn_by_pc4
    from impact.outputs.pages.report import write_report
    from impact.storage import replacing

    result, files = run.result, dict(run.manifest["files"])
    checked = checked_claims(run.folder, t, claims, study=run.manifest["study"])
    for name in names:
        with replacing(run.folder / name) as temporary:
            if name.endswith(".docx"):
                from impact.outputs.appendix.docx import write_docx

                blocks = document(
                    drawn_by_pc4(result), t, files=files, claims=checked, margin=margin
                )
                write_docx(result, blocks, document_title(result, t), temporary, t)
            elif name.endswith(".html"):
                write_report(
                    drawn_by_pc4(result),
                    temporary,
                    lang=t.lang,
                    files=files,
                    claims=checked,
                    margin=margin,
                )
            elif name.endswith(".xlsx"):
                from impact.outputs.appendix.xlsx import write_xlsx

                write_xlsx(result, temporary, t, margin=margin, files=files)
            else:
                from impact.outputs.slides import write_slides

                write_slides(result, temporary, lang=t.lang, margin=margin)
    return [run.folder / name for name in names]


def _write_gis(result: Result, folder: Path, *, gpkg: bool, geoparquet: bool) -> list[Path]:
    """Write what a GIS reads."""
    from impact.outputs.files.folder import GEOPACKAGE, GEOPARQUET
    from impact.outputs.files.gis import layers, write_geoparquet, write_gpkg
    from impact.storage import replacing

    made = layers(result)
    written = []
    if gpkg:
        written.append(folder / GEOPACKAGE)
        with replacing(written[-1]) as temporary:
            write_gpkg(made, temporary, created=str(result.manifest["created"]))
    for name in made if geoparquet else ():
        written.append(folder / GEOPARQUET[name])
        with replacing(written[-1]) as temporary:
            write_geoparquet(made[name], temporary)
    return written
