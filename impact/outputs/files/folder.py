"""Folders that commands write: every file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.result import run_manifest
from impact.evidence.published.explain import Spread
from impact.manifest import manifest_json
from impact.outputs.files.columns import (
    FRACTION,
    MINUTES,
    TEXT,
    Column,
    write_csv,
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
from impact.outputs.pages.reproduction import write_reproduction_page
from impact.outputs.pages.sweep import write_sweep_page
from impact.storage import replacing_files
from impact.study.register import provider_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep
    from impact.evidence.published.run import Reproduction

_FRACTIONS = ("plausibility", "share", "plausible", "sets", "r_low", "r_high", "deviation")
"""Columns whose figures are far below one."""


def write_evidence(
    folder: Path,
    files: Sequence[str],
    *,
    tables: Mapping[str, pd.DataFrame],
    columns: Callable[[pd.DataFrame], list[Column]],
    page: Callable[[Path], None],
    manifest: Mapping[str, Any],
    force: bool,
) -> None:
    """Write tables, a page and the manifest into one folder."""
    with replacing_files(folder, files, force=force) as temporary:
        for name, frame in tables.items():
            write_csv(frame, columns(frame), temporary / f"{name}.csv")
        for name in files:
            if name.endswith(".html"):
                page(temporary / name)
        text = manifest_json(manifest)
        (temporary / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


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


REPRODUCTION_FILES = (
    "reproduction.csv",
    "treatments.csv",
    "candidates.csv",
    "definitions.csv",
    "waterfall.csv",
    "uncertainty.csv",
    "lower_ends.csv",
    "reproduction.html",
    "manifest.json",
)
"""What `impact reproduce` writes, and may replace."""


def write_reproduction(
    found: Reproduction, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write every output of a reproduction."""
    ranges = found.ranges.assign(
        peak_same=["yes" if same else "no" for same in found.ranges["peak_same"]]
    )
    tables = {
        "reproduction": ranges,
        "treatments": found.treatments,
        "candidates": found.candidates,
        "definitions": found.scores,
        "waterfall": waterfall_frame(found),
        "uncertainty": pd.DataFrame(found.spreads, columns=[*Spread.__dataclass_fields__]),
        "lower_ends": lower_ends_frame(found),
    }
    write_evidence(
        folder,
        REPRODUCTION_FILES,
        tables=tables,
        columns=columns_by_type,
        page=lambda path: write_reproduction_page(found, path, lang=lang),
        manifest=found.manifest,
        force=force,
    )


def waterfall_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of waterfall.csv."""
    rows = []
    for each in found.waterfalls:
        rows += [
            (each.region, each.end, step.name, step.before, step.after, step.alone)
            for step in each.steps
        ]
        rows.append((each.region, each.end, "unexplained", each.reached, each.published, None))
    columns = ["region", "end", "step", "before", "after", "alone"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))


def lower_ends_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of lower_ends.csv."""
    rows = [{**vars(each), "stops": "; ".join(each.stops)} for each in found.reach]
    return pd.DataFrame(rows)


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
        write_explorer(shown, temporary / "explorer.html", lang=lang)
        write_archive(replace(result, manifest=shown.manifest), temporary / ARCHIVE)
        manifest = manifest_text(shown, temporary)
        (temporary / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
