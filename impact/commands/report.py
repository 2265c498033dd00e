"""`impact report`: the appendix of a run, from its folder."""

from __future__ import annotations

import gc
from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer

from impact.commands.options import Lang, Quiet  # noqa: TC001 (typer reads them)
from impact.errors import Fault, InputError

_PERCENT = 100.0


def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    *,
    docx: Annotated[bool, typer.Option("--docx", help="Write appendix.docx (Word).")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write appendix.html.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write appendix.xlsx.")] = False,
    margin: Annotated[
        float | None,
        typer.Option("--margin", help="Per cent above the norm that is called ample, else ten."),
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option("--claims", help="Folder of `impact check`, whose claims the appendix shows."),
    ] = None,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Write the appendix of a run into its folder, and its sheet of A4; all three if none is asked.

    Example: impact report uitkomst --docx --margin 20 --claims oordeel
    """
    from rich.console import Console

    from impact.outputs.appendix.blocks import write_html
    from impact.outputs.appendix.claims import checked_claims
    from impact.outputs.appendix.content import appendix, document_title
    from impact.outputs.appendix.docx import write_docx
    from impact.outputs.appendix.xlsx import write_xlsx
    from impact.outputs.files.folder import APPENDIX_FILES
    from impact.outputs.files.run_archive import open_run
    from impact.outputs.pages.a4 import FILE as A4
    from impact.outputs.pages.a4 import write_a4
    from impact.outputs.pages.map_layers import drawn_by_pc4
    from impact.outputs.text import texts
    from impact.outputs.text.norms import MARGIN
    from impact.storage import replacing

    t = texts(lang)
    if margin is None:
        margin = MARGIN * _PERCENT
    if not 0.0 <= margin <= 10.0 * _PERCENT:
        raise InputError(Fault("--margin", "", "", str(margin), "0 to 1000 per cent"))
    run = open_run(folder)
    word, page, workbook = (folder / name for name in APPENDIX_FILES)
    gc.freeze()  # the run stays until the end: it need not be searched for what can go
    share, files = margin / _PERCENT, dict(run.manifest["files"])
    everything = not (docx or html or xlsx)
    written = [folder / A4]
    with replacing(folder / A4) as temporary:
        write_a4(run.result, temporary, lang=lang, margin=share)
    if docx or html or everything:
        checked = checked_claims(folder, t, claims)
        shown = drawn_by_pc4(run.result)
        blocks = appendix(shown, t, files=files, claims=checked, margin=share)
        head = document_title(run.result, t)
        if docx or everything:
            written.append(word)
            with replacing(written[-1]) as temporary:
                write_docx(run.result, blocks, head, temporary, t)
        if html or everything:
            written.append(page)
            with replacing(written[-1]) as temporary:
                write_html(blocks, head, temporary, t)
    if xlsx or everything:
        written.append(workbook)
        with replacing(written[-1]) as temporary:
            write_xlsx(run.result, temporary, t, margin=share, files=files)
    gc.unfreeze()
    if not quiet:
        for path in written:
            Console().print(t("appendix.done", path=path), markup=False, soft_wrap=True)
