"""Folders that commands write: every file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.result import joined, run_manifest
from impact.manifest import manifest_json
from impact.outputs.files.columns import (
    CSV_FILES,
    FRACTION,
    MINUTES,
    SOMETIMES_FILES,
    TEXT,
    Column,
    write_csv,
    write_sweep_tables,
    write_tables,
)
from impact.outputs.files.run_archive import ARCHIVE, DATA, hashed, write_archive
from impact.storage import MANIFEST, replacing_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep


def write_folder(
    folder: Path,
    known: Sequence[str],
    *,
    command: str,
    write: Callable[[Path], Mapping[str, Any]],
    outdated: Sequence[str] = (),
    force: bool = False,
) -> None:
    """Write every file and the manifest, or nothing: `write` fills a folder and describes it.

    The manifest says which command wrote it: no other one replaces it.
    """
    with replacing_files(
        folder, known, command=command, outdated=outdated, force=force
    ) as temporary:
        text = manifest_json({"command": command, **write(temporary)})
        (temporary / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


OLD_PAGES = {
    "sweep": "sweep.html",
    "optimise": "optimum.html",
    "check": "claims.html",
    "reproduce": "reproduction.html",
}
"""What commands wrote before choices.html and verdicts.html; repeated, they take it away."""


def write_evidence(
    folder: Path,
    files: Sequence[str],
    *,
    command: str,
    tables: Mapping[str, pd.DataFrame],
    columns: Callable[[pd.DataFrame], list[Column]],
    page: Callable[[Path], None],
    manifest: Mapping[str, Any],
    force: bool,
) -> None:
    """Write tables, a page and the manifest into one folder."""

    def write(temporary: Path) -> Mapping[str, Any]:
        for name, frame in tables.items():
            write_csv(frame, columns(frame), temporary / f"{name}.csv")
        for name in files:
            if name.endswith(".html"):
                page(temporary / name)
        return manifest

    outdated = [old for name, old in OLD_PAGES.items() if name == command]
    write_folder(folder, files, command=command, write=write, outdated=outdated, force=force)


_FRACTIONS = ("plausibility", "share", "plausible", "sets", "r_low", "r_high", "deviation")
"""Columns whose figures are far below one."""


def columns_by_type(frame: pd.DataFrame) -> list[Column]:
    """Tell by what they hold how columns are written."""
    return [Column(str(name), _kind(str(name), frame[name]), "") for name in frame.columns]


def _kind(name: str, values: pd.Series[Any]) -> str:
    if not pd.api.types.is_numeric_dtype(values):
        return TEXT
    return FRACTION if name in _FRACTIONS else MINUTES


SWEEP_FILES = (
    "candidates.csv",
    "candidates.parquet",
    "front.csv",
    "municipalities.csv",
    "opening.csv",
    "travel_table.csv",
    "choices.html",
    OLD_PAGES["sweep"],
    MANIFEST,
)
"""What a sweep writes, and may replace."""


def sweep_manifest(sweep: StudySweep) -> dict[str, Any]:
    """Say what made a sweep."""
    manifest = run_manifest(
        sweep.study,
        sweep.inputs,
        cases=(),
        swept={each.intervention.name: each.table for each in sweep.swept},
        notes=sweep.notes,
        sources=sweep.sources,
    )
    manifest["sweep"] = {
        "every_subset": {
            each.intervention.name: sweep.every_subset or each.intervention.stop_count is None
            for each in sweep.swept
        },
        "may_open": {
            each.intervention.name: list(each.intervention.may_open) for each in sweep.swept
        },
        "front": {
            each.intervention.name: int(each.table["on_front"].sum()) for each in sweep.swept
        },
    }
    return manifest


def write_sweep(
    sweep: StudySweep,
    folder: Path,
    *,
    lang: str = "nl",
    file_format: str = "csv",
    force: bool = False,
) -> None:
    """Write every output of a sweep."""
    from impact.outputs.pages.swept_choices import write_swept_choices

    def write(temporary: Path) -> Mapping[str, Any]:
        manifest = sweep_manifest(sweep)
        write_sweep_tables(sweep, temporary, file_format=file_format)
        travel = joined(
            [
                each.travel.assign(intervention=each.intervention.name, unit=each.unit)
                for each in sweep.swept
            ]
        )
        if len(travel):
            travel = travel[["intervention", *travel.columns.drop("intervention")]]
            write_csv(travel, columns_by_type(travel), temporary / "travel_table.csv")
        write_swept_choices(sweep, temporary / "choices.html", manifest=manifest, lang=lang)
        return manifest

    # one of them is written, and tables that this sweep has no rows of may be those of another
    tables = ("candidates.csv", "candidates.parquet", "opening.csv", "travel_table.csv")
    outdated = (*tables, OLD_PAGES["sweep"])
    write_folder(folder, SWEEP_FILES, command="sweep", write=write, outdated=outdated, force=force)


EXTRA = "extra"
"""Folder of the pages that few open, inside that of a run."""

WORKBOOK, MAP = f"{DATA}/results.xlsx", f"{EXTRA}/map.html"
PICTURE = f"{EXTRA}/explorer.png"
INDEX, EXPLORER, REPORT, SHEET = "index.html", "explorer.html", "report.html", "a4.html"

WORD, REPORT_WORKBOOK = f"{EXTRA}/report.docx", f"{EXTRA}/report.xlsx"
SLIDES = f"{EXTRA}/slides.pptx"
REPORT_FILES = (WORD, REPORT_WORKBOOK, SLIDES)
"""What `impact report` adds; a run that is repeated leaves them: somebody may have edited them."""
_APPENDIX = ("appendix.docx", "appendix.xlsx")
_OLDER_REPORT = (*_APPENDIX, *(f"{EXTRA}/{name}" for name in _APPENDIX))
"""What it added under older names; it stays likewise."""

GEOPACKAGE = f"{DATA}/results.gpkg"
GEOPARQUET = {
    name: f"{DATA}/{name}.parquet"
    for name in ("postcodes", "postcode_points", "hospitals", "flows", "cases")
}
"""What `impact report` adds for a GIS; a run that is repeated takes it away."""
_GIS = (GEOPACKAGE, *GEOPARQUET.values())

_TABLES = tuple(f"{DATA}/{name}" for name in CSV_FILES)
_SOMETIMES = tuple(f"{DATA}/{name}" for name in SOMETIMES_FILES)
RUN_FILES = (
    *(INDEX, EXPLORER, SHEET, REPORT, MANIFEST),
    *(*_TABLES, WORKBOOK, f"{DATA}/{ARCHIVE}", MAP, PICTURE),
)
"""What a run writes, and may replace."""

_FLAT_TABLES = (*CSV_FILES, "travel_table.csv")
_FLAT = (
    *(*_FLAT_TABLES, "map.html", "results.xlsx", ARCHIVE),
    *("appendix.html", f"{EXTRA}/appendix.html"),
)
"""What older runs wrote elsewhere; a run that is repeated takes them away."""


def run_files(*, only_tables: bool = False) -> tuple[str, ...]:
    """Names that a folder of a run may hold; beside tables alone nothing of another run stays."""
    tables = (*_TABLES, *_SOMETIMES)
    if only_tables:
        return (*tables, *_GIS, *_FLAT_TABLES, MANIFEST)
    return (*RUN_FILES, *_SOMETIMES, *REPORT_FILES, *_GIS, *_FLAT, *_OLDER_REPORT)


def write_run(
    result: Result,
    folder: Path | str,
    *,
    lang: str = "nl",
    tiles: bool = False,
    force: bool = False,
    only_tables: bool = False,
) -> None:
    """Write every output of a run.

    Parameters
    ----------
    result
        From `impact.analysis.run.run_study`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    tiles
        Whether the map offers a street layer to whoever is online.
    force
        Whether to write beside files that are not ours.
    only_tables
        Whether to write the tables (CSV) and the manifest and nothing else.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """

    def write(temporary: Path) -> Mapping[str, Any]:
        tables = temporary / DATA
        tables.mkdir()
        write_tables(result, tables)
        shown = result if only_tables else _write_pages(result, temporary, lang=lang, tiles=tiles)
        return hashed(shown, temporary)

    # tables that this run has no rows of may be those of an earlier one
    write_folder(
        Path(folder),
        run_files(only_tables=only_tables),
        command="run",
        write=write,
        outdated=(*_SOMETIMES, *_GIS, *(_FLAT_TABLES if only_tables else _FLAT)),
        force=force,
    )


def _write_pages(result: Result, folder: Path, *, lang: str, tiles: bool) -> Result:
    """Write what people open, and run.zip; return what the pages show."""
    from impact.outputs.files.xlsx import write_workbook
    from impact.outputs.pages.a4 import write_a4
    from impact.outputs.pages.explorer import write_explorer
    from impact.outputs.pages.index import write_index
    from impact.outputs.pages.map import write_map
    from impact.outputs.pages.map_layers import drawn_by_pc4
    from impact.outputs.pages.report import write_report

    shown = drawn_by_pc4(result)
    (folder / EXTRA).mkdir()
    write_workbook(result, folder / WORKBOOK, lang=lang)
    write_index(shown, folder / INDEX, lang=lang)
    write_report(shown, folder / REPORT, lang=lang, files=hashed(shown, folder)["files"])
    write_a4(result, folder / SHEET, lang=lang)
    write_map(shown, folder / MAP, lang=lang, tiles=tiles)
    write_explorer(shown, folder / EXPLORER, lang=lang, picture=PICTURE)
    write_archive(replace(result, manifest=shown.manifest), folder / DATA / ARCHIVE)
    return shown
