"""Write a reproduction of the published table: tables, page and manifest, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.evidence.reproduce.uncertainty import Spread
from impact.outputs.evidence_folder import columns_by_type, write_evidence
from impact.outputs.reproduction_page import write_reproduction_page

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.reproduce.run import Reproduction

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
    """Write every output of a reproduction.

    Parameters
    ----------
    found
        From `impact.evidence.reproduce.run.reproduce`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
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
    """Rows of waterfall.csv.

    Parameters
    ----------
    found
        The reproduction.

    Returns
    -------
    pandas.DataFrame
        region, end, step, before, after, alone (minutes); the last step of each end is
        ``unexplained``, from what all steps reach to the published figure.
    """
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
    """Rows of lower_ends.csv.

    Parameters
    ----------
    found
        The reproduction.

    Returns
    -------
    pandas.DataFrame
        The fields of `impact.evidence.reproduce.lower_ends.Reach`; names joined by "; ".
    """
    rows = [{**vars(each), "stops": "; ".join(each.stops)} for each in found.reach]
    return pd.DataFrame(rows)
