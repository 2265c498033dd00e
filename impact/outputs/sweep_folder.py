"""Write a whole sweep: every file, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.manifest import manifest_json, run_manifest
from impact.outputs.sweep_page import write_sweep_page
from impact.outputs.sweep_tables import write_sweep_tables
from impact.register import provider_rows
from impact.storage import replacing_files

if TYPE_CHECKING:
    from pathlib import Path

    from impact.concentration.sweep_study import StudySweep

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
    """Say what made a sweep.

    Parameters
    ----------
    sweep
        What was swept.

    Returns
    -------
    dict
        As that of a run, with how candidates arose.
    """
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
    """Write every output of a sweep.

    Parameters
    ----------
    sweep
        From `impact.concentration.sweep_study.sweep_study`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    file_format
        Of the candidates: ``csv`` or ``parquet``.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    manifest = sweep_manifest(sweep)
    with replacing_files(folder, SWEEP_FILES, force=force) as temporary:
        write_sweep_tables(sweep, temporary, file_format=file_format)
        write_sweep_page(sweep, temporary / "sweep.html", manifest=manifest, lang=lang)
        text = manifest_json(manifest)
        (temporary / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
