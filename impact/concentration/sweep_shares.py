"""Means of every candidate where demand is spread over providers, as matrix products.

For postcode i, baseline demand ``d_ih`` and a set C that stops, who must move drives on average
``a_i(C)`` minutes to the providers that remain. The moved then travel ``sum over i of
(sum over h in C of d_ih) * a_i(C)`` minutes in all, and travelled ``sum of d_ih * t_ih`` before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import baseline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.concentration.choice import Choice
    from impact.times import TravelTimes

_BLOCK_CELLS = 4_000_000


def share_means(
    times: TravelTimes,
    demand: NDArray[np.float64],
    choice: Choice,
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
    choice: Choice,
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
