"""Every candidate of one intervention, by its means.

For postcode i, baseline demand ``d_ih`` and a set C that stops, who must move drives on average
``a_i(C)`` minutes to the providers that remain. The moved then travel ``sum over i of
(sum over h in C of d_ih) * a_i(C)`` minutes in all, and travelled ``sum of d_ih * t_ih`` before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.allocation import baseline, nearest
from impact.model.allocation_rule import EVERYBODY_NEAREST, NEAREST
from impact.model.candidates import candidates, locations_before, locations_joining

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.model.allocation_rule import AllocationRule
    from impact.study.model import Intervention
    from impact.times.matrix import TravelTimes

_BLOCK_CELLS = 4_000_000
"""Numbers held at once: bounds the memory whatever the number of candidates."""

_FEW_CELLS = 250_000
"""The same where every number is passed several times: so many stay near the processor."""


def share_means(
    times: TravelTimes,
    demand: NDArray[np.float64],
    choice: AllocationRule,
    *,
    providers: Sequence[str],
    extra_after: Sequence[str],
    candidates: Sequence[Sequence[str]],
) -> NDArray[np.float64]:
    """Give moved demand and the two means of every candidate where demand is spread.

    Parameters
    ----------
    times
        Minutes from the postcodes to every location that matters.
    demand : ndarray of float, shape (n_postcodes,)
        Residents, or patients per year.
    choice
        The allocation rule.
    providers
        In the baseline.
    extra_after
        Locations that demand may go to only after the change.
    candidates
        Providers that stop, per candidate.

    Returns
    -------
    ndarray of float, shape (n_candidates, 3)
        moved, mean extra minutes of the moved, and of all; NaN where there is nothing to average.
    """
    before = sorted({*providers, *choice.elsewhere})
    after = sorted({*providers, *extra_after})
    at = baseline(times, demand, before, choice)
    to_before = times.to(before)
    to_after = times.to(after)
    stop_before = _marks(candidates, before)
    left = ~_marks(candidates, after)
    block = max(1, _BLOCK_CELLS // max(1, to_after.size))
    parts = []
    for start in range(0, len(candidates), block):
        chosen = slice(start, start + block)
        means = _means_after(to_after, left[chosen], choice, after)
        parts.append(_sums(at, to_before, stop_before[chosen], means))
    return np.concatenate(parts) if parts else np.empty((0, 3))


def _marks(candidates: Sequence[Sequence[str]], names: Sequence[str]) -> NDArray[np.bool_]:
    column = {name: number for number, name in enumerate(names)}
    out = np.zeros((len(candidates), len(names)), dtype=bool)
    for row, stops in enumerate(candidates):
        out[row, [column[name] for name in stops if name in column]] = True
    return out


def _means_after(
    minutes: NDArray[np.float64],
    left: NDArray[np.bool_],
    choice: AllocationRule,
    names: Sequence[str],
) -> NDArray[np.float64]:
    """Mean minutes of each postcode to what remains: shape (n_candidates, n_postcodes)."""
    if not choice.spreads:
        return np.asarray(np.where(left[:, None, :], minutes[None, :, :], np.inf).min(axis=2))
    out = np.full((len(left), len(minutes)), np.inf)
    for row, remains in enumerate(left):
        weight = choice.shares(np.where(remains, minutes, np.inf), names)
        some = weight.sum(axis=1) > 0.0
        product = np.where(weight > 0.0, weight * np.where(weight > 0.0, minutes, 0.0), 0.0)
        out[row, some] = product.sum(axis=1)[some]
    return out


def _sums(
    at: NDArray[np.float64],
    minutes: NDArray[np.float64],
    stopping: NDArray[np.bool_],
    after: NDArray[np.float64],
) -> NDArray[np.float64]:
    driven = np.isfinite(minutes)
    reached = np.isfinite(after)
    stops = stopping.T.astype(np.float64)
    moved = at @ stops  # (n_postcodes, n_candidates)
    known = np.where(driven, at, 0.0) @ stops
    spent = (np.where(driven, at * np.where(driven, minutes, 0.0), 0.0)) @ stops
    later = np.where(reached, after, 0.0).T
    total = np.where(reached.T, known * later - spent, 0.0).sum(axis=0)
    counted = np.where(reached.T, known, 0.0).sum(axis=0)
    # not all less what is known: where all stop, that leaves a rounding error to divide by
    stays = (np.where(driven, at, 0.0) @ (1.0 - stops)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.column_stack([total / counted, total / (counted + stays)])
    means[~np.isfinite(means)] = np.nan
    return np.column_stack([moved.sum(axis=0), means])


TIE_DECIMALS = 9
"""Means that agree so far (minutes) are equal: the rest is the order of summation."""


def sweep_means(
    intervention: Intervention,
    times: TravelTimes,
    demand: NDArray[np.float64],
    *,
    outside: Sequence[str] = (),
    choice: AllocationRule = EVERYBODY_NEAREST,
) -> pd.DataFrame:
    """Mean extra minutes under every candidate.

    Parameters
    ----------
    intervention
        Its providers and how many of them stop.
    times
        Minutes from the postcodes to at least the providers and the outside locations.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    outside
        Locations outside the region that demand may go to. They count in the baseline too where
        the study says ``alternatives = "all"``; where the treatment leaves the region they count
        only after the change.
    choice
        The allocation rule; everybody to the nearest by default.

    Returns
    -------
    pandas.DataFrame
        One row per candidate, in the order of `candidates`: stops (names joined by "; "), moved,
        mean_extra_moved, mean_extra_all. Means are NaN where there is nothing to average.
    """
    found = candidates(intervention)
    providers = locations_before(intervention, outside)
    joining = locations_joining(intervention, outside, stopping=max(map(len, found), default=0))
    if choice.rule != NEAREST:
        sums = share_means(
            times,
            demand,
            choice,
            providers=providers,
            extra_after=joining,
            candidates=found,
        )
        return candidate_table(found, sums)
    names = sorted({*providers, *joining})
    minutes = times.to(names)
    in_baseline = np.isin(names, providers)
    column = {name: number for number, name in enumerate(names)}
    chosen = nearest(np.where(in_baseline, minutes, np.inf))
    before = np.append(minutes, np.full((len(minutes), 1), np.inf), axis=1)[
        np.arange(len(minutes)), chosen
    ]
    stopping = np.zeros((len(names), len(found)), dtype=bool)
    for number, stops in enumerate(found):
        stopping[[column[name] for name in stops], number] = True
    order = np.argsort(minutes, axis=1, kind="stable")
    near = np.take_along_axis(minutes, order, axis=1)
    parts = []
    block = max(1, _FEW_CELLS // max(1, len(minutes)))
    for start in range(0, len(found), block):
        part = np.ascontiguousarray(stopping[:, start : start + block])
        after = _nearest_left(part, order, near)
        parts.append(_block_means(part, after, before, chosen, demand))
    sums = np.concatenate(parts) if parts else np.empty((0, 3))
    return candidate_table(found, sums)


MEANS = ("moved", "mean_extra_moved", "mean_extra_all")
"""Figures of a candidate."""


def candidate_table(found: Sequence[tuple[str, ...]], sums: NDArray[np.float64]) -> pd.DataFrame:
    """Write the figures of candidates as `sweep_means` does: one row per candidate."""
    stops = pd.Series(["; ".join(stops) for stops in found], dtype=object)
    return pd.DataFrame({"stops": stops, **dict(zip(MEANS, sums.T, strict=True))})


def _nearest_left(
    stopping: NDArray[np.bool_], order: NDArray[np.int64], near: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Minutes to the nearest location that is left: shape (n_postcodes, n_candidates).

    Most go on to their nearest; only where that one stops the next is looked at. `stopping` has a
    row per location, so that a postcode takes a whole row of it.
    """
    after = np.repeat(near[:, :1], stopping.shape[1], axis=1)
    gone = stopping[order[:, 0]]
    for step in range(1, order.shape[1]):
        np.copyto(after, near[:, step : step + 1], where=gone)
        gone &= stopping[order[:, step]]
        if not gone.any():
            return after
    after[gone] = np.inf
    return after


def _block_means(
    stopping: NDArray[np.bool_],
    after: NDArray[np.float64],
    before: NDArray[np.float64],
    chosen: NDArray[np.int64],
    demand: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give moved demand and the two means for some candidates: shape (n_candidates, 3)."""
    padded = np.vstack([stopping, np.zeros((1, stopping.shape[1]), dtype=bool)])
    moved = padded[chosen]
    with np.errstate(invalid="ignore"):
        extra = np.where(moved, after - before[:, None], 0.0)
    finite = np.isfinite(extra) & np.isfinite(before)[:, None]
    total = demand @ np.where(finite, extra, 0.0)
    moved_weight = demand @ (moved & finite)
    all_weight = demand @ finite
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.column_stack([total / moved_weight, total / all_weight])
    means[~np.isfinite(means)] = np.nan
    return np.column_stack([demand @ moved, means])


def median_candidate(swept: pd.DataFrame) -> int:
    """Row of the median candidate by mean extra minutes of the moved.

    Parameters
    ----------
    swept
        From `sweep_means`, at least one row.

    Returns
    -------
    int
        Position; of two in the middle the lower, ties by the names that stop. Candidates without
        a mean come last.

    Examples
    --------
    >>> swept = pd.DataFrame({"stops": ["a", "b", "c", "d"], "mean_extra_moved": [9.0, 1, 5, 3]})
    >>> median_candidate(swept)
    3
    """
    keys = swept.assign(mean_extra_moved=swept["mean_extra_moved"].round(TIE_DECIMALS))
    order = keys.sort_values(["mean_extra_moved", "stops"], na_position="last").index.to_numpy()
    counted = int(swept["mean_extra_moved"].notna().sum()) or len(order)
    return int(order[(counted - 1) // 2])
