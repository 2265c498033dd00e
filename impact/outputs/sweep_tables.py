"""The tables of a sweep: candidates, front, municipalities, openings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.concentration.openings import WITHIN
from impact.outputs.tables import DEMAND, MINUTES, NUMBER, TEXT, Column, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.concentration.sweep_study import StudySweep

FORMATS = ("csv", "parquet")

_KINDS = {
    **dict.fromkeys(
        (
            "moved",
            "demand",
            "unreachable",
            "beyond_30_after",
            "beyond_45_after",
            "beyond_60_after",
            "drawn",
            "newly_reached",
            *(f"within_{limit}_{when}" for limit in WITHIN for when in ("before", "after")),
        ),
        DEMAND,
    ),
    **dict.fromkeys(
        (
            "mean_extra_moved",
            "mean_extra_all",
            "p10_extra",
            "p50_extra",
            "p90_extra",
            "max_extra",
            "worst_municipality_extra",
            "minutes_saved",
            "mean_saved_all",
            "mean_saved_drawn",
        ),
        MINUTES,
    ),
    **dict.fromkeys(
        ("locations_after", "lowest_volume", "below_norm", "beaten_by", "step"), NUMBER
    ),
}


def _columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, _KINDS.get(name, TEXT), name) for name in names.split())


CANDIDATES = _columns(
    "intervention stops moved mean_extra_moved mean_extra_all p50_extra p90_extra max_extra"
    " beyond_30_after beyond_45_after beyond_60_after locations_after lowest_volume below_norm"
    " on_front rules opens p10_extra unreachable worst_municipality worst_municipality_extra unit"
)
FRONT = _columns(
    "intervention kind name recipients stops opens moved mean_extra_moved mean_extra_all p50_extra"
    " p90_extra max_extra beyond_30_after beyond_45_after beyond_60_after locations_after"
    " lowest_volume below_norm beaten_by p10_extra unreachable worst_municipality"
    " worst_municipality_extra unit"
)
MUNICIPALITIES = _columns(
    "intervention scenario stops opens municipality demand moved mean_extra_moved max_extra unit"
)
OPENINGS = _columns(
    "intervention kind step location drawn minutes_saved mean_saved_all mean_saved_drawn"
    " newly_reached within_15_before within_15_after within_20_before within_20_after"
    " within_30_before within_30_after unit"
)


def sweep_files(sweep: StudySweep, file_format: str) -> tuple[str, ...]:
    """Names of the tables that a sweep writes.

    Parameters
    ----------
    sweep
        What was swept.
    file_format
        ``csv`` or ``parquet``, of the candidates.

    Returns
    -------
    tuple of str
    """
    opens = any(each.intervention.may_open for each in sweep.swept)
    names = (f"candidates.{file_format}", "front.csv", "municipalities.csv")
    return (*names, "opening.csv") if opens else names


def candidates_frame(sweep: StudySweep) -> pd.DataFrame:
    """Every candidate of every intervention, with the columns of candidates.csv.

    Parameters
    ----------
    sweep
        What was swept.

    Returns
    -------
    pandas.DataFrame
        Numbers in full; `on_front` is yes or no.
    """
    frame = _stack(sweep, "table", CANDIDATES)
    return frame.assign(on_front=frame["on_front"].map({True: "yes", False: "no"}))


def write_sweep_tables(sweep: StudySweep, folder: Path, *, file_format: str = "csv") -> None:
    """Write the tables.

    Parameters
    ----------
    sweep
        What was swept.
    folder
        Existing folder.
    file_format
        Of the candidates: ``csv`` (minutes with two decimals) or ``parquet`` (numbers in full).
    """
    candidates = candidates_frame(sweep)
    if file_format == "parquet":
        candidates.to_parquet(folder / "candidates.parquet", index=False)
    else:
        write_csv(candidates, CANDIDATES, folder / "candidates.csv")
    others = {"front": FRONT, "municipalities": MUNICIPALITIES}
    if "opening.csv" in sweep_files(sweep, file_format):
        others["openings"] = OPENINGS
    for name, columns in others.items():
        file = "opening.csv" if name == "openings" else f"{name}.csv"
        write_csv(_stack(sweep, name, columns), columns, folder / file)


def _stack(sweep: StudySweep, name: str, columns: Sequence[Column]) -> pd.DataFrame:
    """Rows of every intervention below each other; also where there is none."""
    parts = [
        getattr(each, name).assign(intervention=each.intervention.name, unit=each.unit)
        for each in sweep.swept
        if len(getattr(each, name))
    ]
    names = [column.name for column in columns]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
