"""The figures of a candidate by their plain definition, one candidate after the other in NumPy.

What the compiled walk of `impact.concentration.kernel` is held against, and what is used where
numba is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.allocation import NOWHERE, nearest
from impact.concentration.measures import LIMITS, weighted_mean, weighted_percentile
from impact.concentration.pairs import FIGURES
from impact.concentration.sweep import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from impact.concentration.pairs import Ground

_NORM_TOLERANCE = 1e-9
_MEAN_TOLERANCE = 1e-9


def plain_figures(
    ground: Ground,
    stops: Iterable[Sequence[str]],
    *,
    opens: Sequence[str] = (),
    beyond: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Figures of candidates, each on its own: a masked minimum and weighted statistics.

    Parameters
    ----------
    ground
        Of the intervention.
    stops
        Per candidate the providers that stop.
    opens, beyond
        Locations that open, and locations outside the region used only after the change.

    Returns
    -------
    ndarray of float, shape (n_candidates, n_figures)
        Columns `impact.concentration.pairs.FIGURES`.
    """
    baseline = Baseline(ground, opens, beyond)
    out = []
    for names in stops:
        stopping = np.zeros(len(ground.names) + 1, dtype=bool)
        stopping[ground.columns(names)] = True
        chosen, after = baseline.change(stopping[:-1])
        found = _travel(ground, baseline.before, after, stopping[baseline.base])
        judged = ground.inside & ~stopping[:-1]
        judged[ground.columns(opens)] = True
        found.update(_volumes(ground, baseline.base, chosen, judged, stopping[:-1]))
        out.append([found[name] for name in FIGURES])
    return np.array(out, dtype=np.float64).reshape(-1, len(FIGURES))


class Baseline:
    """Who goes where today, ready to be held against any change.

    Parameters
    ----------
    ground
        Of the intervention.
    opens, beyond
        See `plain_figures`.
    """

    def __init__(self, ground: Ground, opens: Sequence[str], beyond: Sequence[str]) -> None:
        self._ground = ground
        self._rows = np.arange(len(ground.demand))
        self._padded = np.column_stack([ground.minutes, np.full(len(self._rows), np.inf)])
        self._usable = ground.baseline.copy()
        self._usable[ground.columns([*opens, *beyond])] = True
        self.base = nearest(np.where(ground.baseline, ground.minutes, np.inf))
        self.before = self._padded[self._rows, self.base]

    def change(self, stopping: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nearest location that is left, and the minutes to it.

        Parameters
        ----------
        stopping : ndarray of bool, shape (n_locations,)
            Who stops.

        Returns
        -------
        chosen : ndarray of int64, shape (n_postcodes,)
        after : ndarray of float, shape (n_postcodes,)
        """
        left = np.where(self._usable & ~stopping, self._ground.minutes, np.inf)
        chosen = nearest(left)
        return chosen, self._padded[self._rows, chosen]


def hit_places(
    ground: Ground,
    stops: Sequence[str],
    *,
    opens: Sequence[str] = (),
    beyond: Sequence[str] = (),
) -> pd.DataFrame:
    """Municipalities whose moved get minutes, the most first, then by name.

    Parameters
    ----------
    ground
        Of the intervention.
    stops, opens, beyond
        See `plain_figures`.

    Returns
    -------
    pandas.DataFrame
        municipality, demand, moved, mean_extra_moved, max_extra.
    """
    baseline = Baseline(ground, opens, beyond)
    stopping = np.zeros(len(ground.names) + 1, dtype=bool)
    stopping[ground.columns(stops)] = True
    _, after = baseline.change(stopping[:-1])
    moved = stopping[baseline.base]
    with np.errstate(invalid="ignore"):
        extra = after - baseline.before
    counted, places = moved & np.isfinite(extra), len(ground.places)
    weight = np.where(counted, ground.demand, 0.0)
    total = np.bincount(ground.place, weight, places)
    greatest = np.full(places, -np.inf)
    np.maximum.at(greatest, ground.place[counted], extra[counted])
    gained = np.bincount(ground.place[counted], (extra * ground.demand)[counted], places)
    here = np.flatnonzero(total)
    out = pd.DataFrame(
        {
            "municipality": np.array(ground.places, dtype=object)[here],
            "demand": np.bincount(ground.place, ground.demand, places)[here],
            "moved": np.bincount(ground.place, np.where(moved, ground.demand, 0.0), places)[here],
            "mean_extra_moved": gained[here] / total[here],
            "max_extra": greatest[here],
        }
    )
    order = np.argsort(-out["mean_extra_moved"].round(TIE_DECIMALS).to_numpy(), kind="stable")
    return out.iloc[order].reset_index(drop=True)


def _travel(
    ground: Ground,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    moved: NDArray[np.bool_],
) -> dict[str, float]:
    demand = ground.demand
    with np.errstate(invalid="ignore"):
        extra = after - before
    finite = np.isfinite(extra)
    counted = moved & finite
    values, weight = extra[counted], demand[counted]
    found = {
        "moved": float(demand[moved].sum()),
        "mean_extra_moved": weighted_mean(values, weight),
        "mean_extra_all": weighted_mean(extra[finite], demand[finite]),
        "p10_extra": weighted_percentile(values, weight, 0.1),
        "p50_extra": weighted_percentile(values, weight, 0.5),
        "p90_extra": weighted_percentile(values, weight, 0.9),
        "max_extra": weighted_percentile(values, weight, 1.0),
        "unreachable": float(demand[~np.isfinite(after)].sum()),
    }
    for limit in LIMITS:
        found[f"beyond_{limit}_after"] = float(demand[after > limit].sum())
    return found | _worst(ground.place[counted], values, weight, len(ground.places))


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


def _volumes(
    ground: Ground,
    base: NDArray[np.int64],
    chosen: NDArray[np.int64],
    judged: NDArray[np.bool_],
    stopping: NDArray[np.bool_],
) -> dict[str, float]:
    """Lowest volume of the locations that are left, and how many stay below the norm."""
    nothing = {"lowest_volume": np.nan, "below_norm": np.nan}
    size = len(ground.names)
    if not judged.any():
        return nothing
    if ground.registered is None:
        if not ground.modelled:
            return nothing
        reached = chosen != NOWHERE
        volume = np.bincount(chosen[reached], ground.demand[reached], size).astype(np.float64)
    else:
        volume = _registered(ground, base, chosen, stopping)
    lowest = float(volume[judged].min())
    if np.isnan(lowest):
        return nothing
    below = float((volume[judged] < ground.norm * (1.0 - _NORM_TOLERANCE)).sum())
    return {
        "lowest_volume": lowest,
        "below_norm": np.nan if np.isnan(ground.norm) else below,
    }


def _registered(
    ground: Ground,
    base: NDArray[np.int64],
    chosen: NDArray[np.int64],
    stopping: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Divide registered counts as the flows are; NaN where nobody knows."""
    size = len(ground.names)
    counts = np.array([(ground.registered or {}).get(name, np.nan) for name in ground.names])
    volume = np.where(ground.inside & np.isnan(counts), np.nan, 0.0)
    for giver in range(size):
        mine = base == giver
        demand = ground.demand[mine].sum()
        if demand > 0.0:
            goes = mine & (chosen != NOWHERE)
            given = np.bincount(chosen[goes], ground.demand[goes], size) / demand
            volume[given > 0.0] += given[given > 0.0] * counts[giver]
        elif ground.inside[giver] and not stopping[giver]:
            volume[giver] += counts[giver]
        elif ground.inside[giver] and counts[giver] != 0.0:
            volume[:] = np.nan
    return volume
