"""What opening a location saves while nobody stops: one by one, and one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.sweep.means import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.sweep.arrays import SweepArrays

WITHIN = (15, 20, 30)
"""Minutes of the coverage; within 15 means 15 or less."""

COLUMNS = (
    "kind",
    "step",
    "location",
    "drawn",
    "minutes_saved",
    "mean_saved_all",
    "mean_saved_drawn",
    "newly_reached",
    *(f"within_{limit}_{when}" for limit in WITHIN for when in ("before", "after")),
)
ALONE, NEXT = "alone", "next best"


def openings(arrays: SweepArrays, may_open: Sequence[str]) -> pd.DataFrame:
    """Minutes saved by every location that may open while nobody stops.

    Parameters
    ----------
    arrays
        Of the intervention.
    may_open
        Locations.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: a row ``alone`` per location, by name, then rows ``next best`` in the
        order in which each location saves the most minutes beside those before it (the greedy
        order, which need not be the best set; ties by name). `minutes_saved` is demand times
        minutes, `drawn` the demand that goes to the location, `newly_reached` the demand that had
        no route.

    Examples
    --------
    >>> from impact.sweep.arrays import SweepArrays
    >>> arrays = SweepArrays(
    ...     ("A", "B"), np.array([[10.0, 4.0], [5.0, 9.0]]), np.array([2.0, 1.0]),
    ...     np.array([True, False]), np.array([True, False]), ("",), np.array([0, 0]), None,
    ...     False, np.nan,
    ... )
    >>> openings(arrays, ["B"])[["kind", "drawn", "minutes_saved"]].to_numpy().tolist()
    [['alone', 2.0, 12.0], ['next best', 2.0, 12.0]]
    """
    names = sorted(may_open)
    minutes = dict(zip(names, arrays.minutes[:, arrays.columns(names)].T, strict=True))
    now = np.where(arrays.baseline, arrays.minutes, np.inf).min(axis=1)
    rows = [_row(ALONE, 1, name, arrays.demand, now, minutes[name]) for name in names]
    left = list(names)
    while left:
        tried = [
            _row(NEXT, len(names) - len(left) + 1, name, arrays.demand, now, minutes[name])
            for name in left
        ]
        best = max(range(len(left)), key=lambda place: (_saving(tried[place]), -place))
        rows.append(tried[best])
        now = np.minimum(now, minutes[left.pop(best)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _saving(row: dict[str, Any]) -> tuple[float, float]:
    return (
        round(row["newly_reached"], TIE_DECIMALS),
        round(row["minutes_saved"], TIE_DECIMALS),
    )


def _row(
    kind: str,
    step: int,
    name: str,
    demand: NDArray[np.float64],
    now: NDArray[np.float64],
    there: NDArray[np.float64],
) -> dict[str, Any]:
    captured = there < now
    lost = captured & ~np.isfinite(now)
    counted = captured & ~lost
    saved = float(((now[counted] - there[counted]) * demand[counted]).sum())
    reached, weight = float(demand[np.isfinite(now)].sum()), float(demand[counted].sum())
    after = np.minimum(now, there)
    out: dict[str, Any] = {
        "kind": kind,
        "step": step,
        "location": name,
        "drawn": float(demand[captured].sum()),
        "minutes_saved": saved,
        "mean_saved_all": saved / reached if reached else np.nan,
        "mean_saved_drawn": saved / weight if weight else np.nan,
        "newly_reached": float(demand[lost].sum()),
    }
    for limit in WITHIN:
        out[f"within_{limit}_before"] = float(demand[now <= limit].sum())
        out[f"within_{limit}_after"] = float(demand[after <= limit].sum())
    return out
