"""Folders that commands write: every file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impact.analysis.result import run_manifest
from impact.manifest import manifest_json
from impact.outputs.files.columns import (
    write_sweep_tables,
    write_tables,
)
from impact.outputs.files.run_archive import ARCHIVE, MANIFEST, manifest_text, write_archive
from impact.outputs.files.xlsx import write_workbook
from impact.outputs.pages.a4 import FILE as A4
from impact.outputs.pages.a4 import write_a4
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.pages.map import write_map
from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.outputs.pages.report import write_report
from impact.outputs.pages.sweep import write_sweep_page
from impact.storage import replacing_files
from impact.study.register import provider_rows

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep

SWEEP_FILES = (
    "candidates.csv",
    "candidates.parquet",
    "front.csv",
    "municipalities.csv",
    "opening.csv",
    "sweep.html",
    "manifest.json",
)
"""What a sweep writes, and may replace."""


def sweep_manifest(sweep: StudySweep) -> dict[str, Any]:
    """Say what made a sweep."""
    manifest = run_manifest(
        sweep.study,
        sweep.inputs,
        cases=(),
        swept={each.intervention.name: each.table for each in sweep.swept},
        providers=provider_rows(sweep.study, sweep.inputs.register),
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
    manifest = sweep_manifest(sweep)
    with replacing_files(folder, SWEEP_FILES, force=force) as temporary:
        write_sweep_tables(sweep, temporary, file_format=file_format)
        write_sweep_page(sweep, temporary / "sweep.html", manifest=manifest, lang=lang)
        text = manifest_json(manifest)
        (temporary / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


APPENDIX_FILES = ("appendix.docx", "appendix.html", "appendix.xlsx")
"""What `impact report` adds; a run that is repeated leaves them: somebody may have edited them."""

RUN_FILES = (
    "summary.csv",
    "flows.csv",
    "postcodes.csv",
    "municipalities.csv",
    "volumes.csv",
    "ranges.csv",
    "providers.csv",
    "sensitivity.csv",
    "map.html",
    "explorer.html",
    "report.html",
    A4,
    "results.xlsx",
    ARCHIVE,
    MANIFEST,
)
"""What a run writes, and may replace."""


def write_run(
    result: Result,
    folder: Path | str,
    *,
    lang: str = "nl",
    tiles: bool = False,
    force: bool = False,
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

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    shown = drawn_by_pc4(result)
    with replacing_files(Path(folder), (*RUN_FILES, *APPENDIX_FILES), force=force) as temporary:
        write_tables(result, temporary)
        write_workbook(result, temporary / "results.xlsx", lang=lang)
        write_report(shown, temporary / "report.html", lang=lang)
        write_a4(result, temporary / A4, lang=lang)
        write_map(shown, temporary / "map.html", lang=lang, tiles=tiles)
        write_explorer(result, temporary / "explorer.html", lang=lang)
        write_archive(replace(result, manifest=shown.manifest), temporary / ARCHIVE)
        manifest = manifest_text(shown, temporary)
        (temporary / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
