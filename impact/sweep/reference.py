"""The figures of a candidate by their plain definition, one candidate after the other in NumPy.

What the compiled walk of `impact.sweep.kernel` is held against, and what is used where
numba is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.allocation import NOWHERE, nearest
from impact.model.measures import EXTRA_LIMITS, LIMITS, weighted_mean, weighted_percentiles
from impact.sweep.arrays import FIGURES, PERCENTILES, SHARES
from impact.sweep.means import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from impact.sweep.arrays import SweepArrays

_NORM_TOLERANCE = 1e-9
_MEAN_TOLERANCE = 1e-9


def plain_figures(
    arrays: SweepArrays,
    stops: Iterable[Sequence[str]],
    *,
    opens: Sequence[str] = (),
    beyond: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Figures of candidates, each on its own: a masked minimum and weighted statistics."""
    baseline = Baseline(arrays, opens, beyond)
    out = []
    for names in stops:
        stopping = np.zeros(len(arrays.names) + 1, dtype=bool)
        stopping[arrays.columns(names)] = True
        chosen, after = baseline.change(stopping[:-1])
        moved = stopping[baseline.base]
        found = travel_figures(arrays, arrays.place, arrays.demand, baseline.before, after, moved)
        judged = arrays.inside & ~stopping[:-1]
        judged[arrays.columns(opens)] = True
        found |= volume_figures(
            arrays,
            arrays.names,
            (baseline.base, chosen, arrays.demand),
            stopping=stopping[:-1],
            judged=judged,
        )
        out.append([found[name] for name in FIGURES])
    return np.array(out, dtype=np.float64).reshape(-1, len(FIGURES))


class Baseline:
    """Who goes where today, ready to be held against any change.

    Parameters
    ----------
    arrays
        Of the intervention.
    opens, beyond
        See `plain_figures`.
    """

    def __init__(self, arrays: SweepArrays, opens: Sequence[str], beyond: Sequence[str]) -> None:
        self._arrays = arrays
        self._rows = np.arange(len(arrays.demand))
        self._padded = np.column_stack([arrays.minutes, np.full(len(self._rows), np.inf)])
        self._usable = arrays.baseline.copy()
        self._usable[arrays.columns([*opens, *beyond])] = True
        self.base = nearest(np.where(arrays.baseline, arrays.minutes, np.inf))
        self.before = self._padded[self._rows, self.base]

    def change(self, stopping: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nearest location that is left, and the minutes to it."""
        left = np.where(self._usable & ~stopping, self._arrays.minutes, np.inf)
        chosen = nearest(left)
        return chosen, self._padded[self._rows, chosen]


def hit_places(
    arrays: SweepArrays,
    stops: Sequence[str],
    *,
    opens: Sequence[str] = (),
    beyond: Sequence[str] = (),
) -> pd.DataFrame:
    """Municipalities whose moved get minutes, the most first, then by name."""
    baseline = Baseline(arrays, opens, beyond)
    stopping = np.zeros(len(arrays.names) + 1, dtype=bool)
    stopping[arrays.columns(stops)] = True
    _, after = baseline.change(stopping[:-1])
    moved = stopping[baseline.base]
    with np.errstate(invalid="ignore"):
        extra = after - baseline.before
    counted, places = moved & np.isfinite(extra), len(arrays.places)
    weight = np.where(counted, arrays.demand, 0.0)
    total = np.bincount(arrays.place, weight, places)
    greatest = np.full(places, -np.inf)
    np.maximum.at(greatest, arrays.place[counted], extra[counted])
    gained = np.bincount(arrays.place[counted], (extra * arrays.demand)[counted], places)
    here = np.flatnonzero(total)
    out = pd.DataFrame(
        {
            "municipality": np.array(arrays.places, dtype=object)[here],
            "demand": np.bincount(arrays.place, arrays.demand, places)[here],
            "moved": np.bincount(arrays.place, np.where(moved, arrays.demand, 0.0), places)[here],
            "mean_extra_moved": gained[here] / total[here],
            "max_extra": greatest[here],
        }
    )
    order = np.argsort(-out["mean_extra_moved"].round(TIE_DECIMALS).to_numpy(), kind="stable")
    return out.iloc[order].reset_index(drop=True)


def travel_figures(
    arrays: SweepArrays,
    place: NDArray[np.int64],
    demand: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    moved: NDArray[np.bool_],
) -> dict[str, float]:
    """Figures of some flows, but those of volumes."""
    with np.errstate(invalid="ignore"):
        extra = after - before
    finite = np.isfinite(extra)
    counted = moved & finite
    values, weight = extra[counted], demand[counted]
    found = {
        "moved": float(demand[moved].sum()),
        "mean_extra_moved": weighted_mean(values, weight),
        "mean_extra_all": weighted_mean(extra[finite], demand[finite]),
        **dict(zip(PERCENTILES, weighted_percentiles(values, weight, SHARES), strict=True)),
        "unreachable": float(demand[~np.isfinite(after)].sum()),
    }
    # who finds no route any more is beyond every limit
    over = moved & np.isfinite(before) & ~(extra <= EXTRA_LIMITS[0])
    found[f"extra_over_{EXTRA_LIMITS[0]}"] = float(demand[over].sum())
    for limit in LIMITS:
        found[f"beyond_{limit}_after"] = float(demand[after > limit].sum())
    return found | _worst(place[counted], values, weight, len(arrays.places))


def _worst(
    place: NDArray[np.int64], extra: NDArray[np.float64], weight: NDArray[np.float64], places: int
) -> dict[str, float]:
    """Municipality whose moved get the most minutes; of equals the first by name."""
    total = np.bincount(place, weight, places)
    known = np.flatnonzero(total)
    if not len(known):
        return {"worst_municipality": np.nan, "worst_municipality_extra": np.nan}
    means = np.bincount(place, extra * weight, places)[known] / total[known]
    first = int(np.argmax(means >= means.max() - _MEAN_TOLERANCE))
    return {
        "worst_municipality": float(known[first]),
        "worst_municipality_extra": float(means[first]),
    }


def volume_figures(
    arrays: SweepArrays,
    names: Sequence[str],
    flows: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    *,
    stopping: NDArray[np.bool_],
    judged: NDArray[np.bool_],
) -> dict[str, float]:
    """Lowest volume of the locations that are left, and how many stay below the norm."""
    nothing = {"lowest_volume": np.nan, "below_norm": np.nan}
    if not judged.any() or (arrays.registered is None and not arrays.modelled):
        return nothing
    _, taker, demand = flows
    if arrays.registered is None:
        reached = taker != NOWHERE
        volume = np.bincount(taker[reached], demand[reached], len(names)).astype(np.float64)
    else:
        counts = np.array([arrays.registered.get(name, np.nan) for name in names])
        inside = np.isin(names, [x for x, y in zip(arrays.names, arrays.inside, strict=True) if y])
        volume = _registered(counts, inside, flows, stopping)
    lowest = float(volume[judged].min())
    if np.isnan(lowest):
        return nothing
    below = float((volume[judged] < arrays.norm * (1.0 - _NORM_TOLERANCE)).sum())
    return {
        "lowest_volume": lowest,
        "below_norm": np.nan if np.isnan(arrays.norm) else below,
    }


def _registered(
    counts: NDArray[np.float64],
    inside: NDArray[np.bool_],
    flows: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    stopping: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Divide registered counts as the flows are; NaN where nobody knows."""
    giver, taker, demand = flows
    size = len(counts)
    # a last row and column stand for no location
    pair = np.where(giver == NOWHERE, size, giver) * (size + 1)
    pair += np.where(taker == NOWHERE, size, taker)
    given = np.bincount(pair, demand, (size + 1) ** 2).reshape(size + 1, size + 1)
    volume = np.where(inside & np.isnan(counts), np.nan, 0.0)
    for place, (row, total) in enumerate(zip(given[:-1, :-1], given[:-1].sum(axis=1), strict=True)):
        if total > 0.0:
            goes = row > 0.0
            volume[goes] += row[goes] / total * counts[place]
        elif inside[place] and not stopping[place]:
            volume[place] += counts[place]
        elif inside[place] and counts[place] != 0.0:
            volume[:] = np.nan
    return volume
