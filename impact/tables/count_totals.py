"""Hidden counts held to known totals: what the totals leave of their bounds, and an estimate.

A hidden count lies between bounds l and u (``<10``: 1 and 9). A total says between which a and b
some counts add up to (a = b where it is known exactly). Totals may overlap: of hospitals, of
municipalities, of the whole table.

Notes
-----
*Bounds.* With L and U the sums of the bounds over the counts of a total, no count is more than
l + b - L or less than u - (U - a); every count is narrowed so, total after total, until nothing
changes (bounds propagation). What comes out holds the truth wherever the totals do, and is the
tightest that one total allows; several together may allow less.

*Sums.* What a sum of some counts can be at least and at most, such as the volume of a hospital, is
found by the totals of each level (hospitals, municipalities, all) alone: first to those counts with
the greatest weight, up to their bounds and the total (a fractional knapsack). The narrowest of what
the levels say is given: exact for one level, and never too narrow for several.

*Estimate.* A hidden count is x = l + f (u - l), with f = 1/2, the middle, where no total is known.
With totals f = min(1, max(0, 1/2 + the sum of the multipliers of its totals)): the values nearest
to the middle, each by its own width, that add up to every total (least squares within bounds). One
total alone so gives one f to all its counts. This is calibration with truncated linear weights
[1]_, solved total after total as iterative proportional fitting does [2]_.

References
----------
.. [1] J.-C. Deville and C.-E. Särndal (1992), "Calibration estimators in survey sampling",
   Journal of the American Statistical Association 87 (418), 376-382, case 7.
.. [2] W. E. Deming and F. F. Stephan (1940), "On a least squares adjustment of a sampled frequency
   table when the expected marginal totals are known", Annals of Mathematical Statistics 11 (4),
   427-444.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.tables.text_table import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EXACT = 1e-9
"""Part of a total that only the order of summation can make."""

_MOST_SWEEPS = 500
_TRACE = 1e-9


class Total(NamedTuple):
    """What some counts add up to.

    Attributes
    ----------
    rows : ndarray of int
        Which counts.
    low, high
        Between which their sum lies; equal where it is known exactly.
    """

    rows: NDArray[np.intp]
    low: float
    high: float

    @property
    def slack(self) -> float:
        """How far a sum may be off by rounding."""
        return _EXACT * max(1.0, abs(self.low), self.high if np.isfinite(self.high) else 0.0)

    def misfit(self, counts: NDArray[np.float64]) -> float:
        """Return how far a sum is from what it should be."""
        found = float(counts[self.rows].sum())
        return max(self.low - found, found - self.high, 0.0)

    def room(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float]:
        """Return the least and the most that bounds let the counts add up to."""
        return float(low[self.rows].sum()), float(high[self.rows].sum())

    def fits(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
        """Whether counts within bounds can add up to it."""
        least, most = self.room(low, high)
        return least <= self.high + self.slack and most >= self.low - self.slack


@dataclass(frozen=True, eq=False)
class Cells:
    """Hidden counts and all that is known of their sums.

    Attributes
    ----------
    low, high : ndarray of float, shape (n_cells,)
        Bounds of each; equal where it is known.
    levels
        Totals, those that do not overlap together: of hospitals, of municipalities, of all.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    levels: tuple[tuple[Total, ...], ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether any count is known by bounds only."""
        return bool((self.low < self.high).any())

    def placed(self, place: NDArray[np.intp], size: int) -> Cells:
        """Give the counts other places; what has none (-1) is taken off the totals.

        Parameters
        ----------
        place : ndarray of int, shape (n_cells,)
            New place of each.
        size
            How many places there are; what no count comes to is zero.

        Returns
        -------
        Cells
        """
        kept = place >= 0
        low, high = np.zeros(size), np.zeros(size)
        low[place[kept]], high[place[kept]] = self.low[kept], self.high[kept]
        levels = []
        for level in self.levels:
            totals = []
            for each in level:
                out = each.rows[~kept[each.rows]]
                least = each.low - float(self.high[out].sum())
                most = each.high - float(self.low[out].sum())
                totals.append(Total(place[each.rows[kept[each.rows]]], least, most))
            levels.append(tuple(totals))
        return Cells(low, high, tuple(levels))

    def most(self, weight: NDArray[np.float64]) -> float:
        """Return the most that the weighted sum of the counts can be.

        The most by each level of totals alone, and the least of these: exact where there is one.

        Examples
        --------
        >>> two = np.arange(2)
        >>> cells = Cells(np.ones(2), np.full(2, 9.0), ((Total(two, 12.0, 12.0),),))
        >>> cells.most(np.ones(2)), cells.most(np.array([1.0, 0.0])), -cells.most(-np.ones(2))
        (12.0, 9.0, 12.0)
        """
        return min(float(weight @ _greatest(self, level, weight)) for level in self.levels or ((),))

    def greatest_mean(self, weight: NDArray[np.float64], value: NDArray[np.float64]) -> float:
        """Return the greatest that a weighted mean can be; NaN of nobody.

        Parameters
        ----------
        weight : ndarray of float, shape (n_cells,)
            By which each count takes part.
        value : ndarray of float, shape (n_cells,)
            Sum over its parts of weight x value.

        Returns
        -------
        float
            Of sum value_c x_c / sum weight_c x_c, by each level of totals alone, the least.

        Notes
        -----
        Dinkelbach's method: the mean m is the greatest where the greatest of
        sum (value_c - m weight_c) x_c is zero, and every try gives a better m.
        """
        return self.at_greatest_mean(weight, value)[0]

    def at_greatest_mean(
        self, weight: NDArray[np.float64], value: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the greatest that a weighted mean can be, and counts that make it so.

        Parameters
        ----------
        weight, value : ndarray of float, shape (n_cells,)
            As of `greatest_mean`.

        Returns
        -------
        float
            As `greatest_mean`.
        ndarray of float, shape (n_cells,)
            By the level of totals that says least; they need not add up to those of another.
        """
        found = []
        for level in self.levels or ((),):
            mean = -np.inf
            best = counts = _greatest(self, level, weight)
            for _ in range(_MOST_SWEEPS):
                total = float(weight @ counts)
                if total <= 0.0:
                    break
                better = float(value @ counts) / total
                if better <= mean + _EXACT * max(1.0, abs(mean)):
                    break
                mean, best = better, counts
                counts = _greatest(self, level, value - mean * weight)
            found.append((mean, best))
        least, best = min(found, key=lambda each: each[0])
        return (least if np.isfinite(least) else np.nan), best


def _greatest(
    cells: Cells, level: Sequence[Total], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the counts that make a weighted sum greatest, by totals that do not overlap."""
    counts = np.where(weight > 0.0, cells.high, cells.low)
    for each in level:
        rows = each.rows[np.argsort(-weight[each.rows], kind="stable")]
        room = cells.high[rows] - cells.low[rows]
        least = float(cells.low[rows].sum())
        added = float(room[weight[rows] > 0.0].sum())
        added = min(max(added, each.low - least), each.high - least)
        before = np.cumsum(room) - room
        counts[rows] = cells.low[rows] + np.clip(added - before, 0.0, room)
    return counts


class ContradictionError(ValueError):
    """Totals that no counts within their bounds add up to together.

    Attributes
    ----------
    places
        Some of those totals, by their places.
    """

    def __init__(self, places: Sequence[int]) -> None:
        """Keep which totals these are."""
        super().__init__(*places)
        self.places = tuple(places)


def narrowed(counts: Counts, totals: Sequence[Total]) -> Counts:
    """Narrow the bounds of hidden counts by what totals leave.

    Parameters
    ----------
    counts
        With their bounds.
    totals
        Each of which fits on its own.

    Returns
    -------
    Counts
        With the same `middle`.

    Raises
    ------
    ContradictionError
        Where totals leave nothing of each other.

    Examples
    --------
    >>> hidden = Counts(*np.array([[20.0, 5.0, 5.0], [20.0, 1.0, 1.0], [20.0, 9.0, 9.0]]))
    >>> narrowed(hidden, [Total(np.arange(3), 24.0, 24.0)]).high.tolist()
    [20.0, 3.0, 3.0]
    """
    low, high = counts.low.copy(), counts.high.copy()
    for _ in range(_MOST_SWEEPS):
        before = float((high - low).sum())
        for place, each in enumerate(totals):
            if not each.fits(low, high):
                raise ContradictionError([place])
            rows = each.rows
            least, most = each.room(low, high)
            top = np.minimum(high[rows], low[rows] + max(each.high - least, 0.0))
            low[rows] = np.maximum(low[rows], high[rows] - max(most - each.low, 0.0))
            high[rows] = np.maximum(top, low[rows])
        if before - float((high - low).sum()) <= _EXACT * max(1.0, before):
            break
    return Counts(counts.middle, low, high)


def held_to(counts: Counts, totals: Sequence[Total]) -> Counts:
    """Estimate hidden counts so that they add up to totals.

    Parameters
    ----------
    counts
        With their bounds.
    totals
        Each of which fits on its own.

    Returns
    -------
    Counts
        The estimate as `middle`, within the bounds that the totals leave.

    Raises
    ------
    ContradictionError
        Where no counts add up to all totals.

    Examples
    --------
    230 counts that say ``<10``, of 295 patients in all: 5 each would make 1,150 of them.

    >>> hidden = Counts(np.full(230, 5.0), np.ones(230), np.full(230, 9.0))
    >>> found = held_to(hidden, [Total(np.arange(230), 295.0, 295.0)])
    >>> round(float(found.middle.sum()), 6), round(float(found.middle[0]), 4)
    (295.0, 1.2826)
    """
    if not totals:
        return counts
    bounds = narrowed(counts, totals)
    known = bounds.high - bounds.low <= _TRACE
    low = np.where(known, bounds.low, counts.low)
    span = np.where(known, 0.0, counts.high - counts.low)
    part = np.full(len(span), 0.5)
    multipliers = np.zeros(len(totals))
    values = low + 0.5 * span
    for _ in range(_MOST_SWEEPS):
        if all(each.misfit(values) <= each.slack for each in totals):
            break
        for place, each in enumerate(totals):
            others = part[each.rows] - multipliers[place]
            multipliers[place] = _multiplier(each, low[each.rows], span[each.rows], others)
            part[each.rows] = others + multipliers[place]
        values = low + span * np.clip(part, 0.0, 1.0)
    else:
        values = _nearest(values, bounds, totals)
    # a count that may hold patients keeps a trace of them: flows of nobody have no bounds
    trace = np.minimum(bounds.high, bounds.low + _TRACE * np.minimum(bounds.high, 1.0))
    return Counts(np.clip(values, trace, bounds.high), bounds.low, bounds.high)


def _multiplier(
    total: Total,
    low: NDArray[np.float64],
    span: NDArray[np.float64],
    others: NDArray[np.float64],
) -> float:
    """Return the multiplier of a total, given those of the others; zero where none is needed."""
    now = float((low + span * np.clip(others, 0.0, 1.0)).sum())
    if total.low <= now <= total.high:
        return 0.0
    wanted = (total.low if now < total.low else total.high) - float(low.sum())
    # the sum is piecewise linear in the multiplier, with a kink where a count meets a bound
    kinks = np.concatenate([-others, 1.0 - others])
    order = np.argsort(kinks, kind="stable")
    slopes = np.cumsum(np.concatenate([span, -span])[order])
    sums = np.concatenate([[0.0], np.cumsum(slopes[:-1] * np.diff(kinks[order]))])
    return float(np.interp(wanted, np.maximum.accumulate(sums), kinks[order]))


def _nearest(
    values: NDArray[np.float64], bounds: Counts, totals: Sequence[Total]
) -> NDArray[np.float64]:
    """Return values within bounds that meet the totals, as near as can be to some that nearly do.

    A linear programme: x + down - up = values, with the least sum of down and up.
    """
    count = len(values)
    sums = np.zeros((len(totals), count))
    for place, each in enumerate(totals):
        sums[place, each.rows] = 1.0
    one = sparse.identity(count)
    equal = LinearConstraint(sparse.hstack([one, one, -one]).tocsc(), values, values)
    moves = sparse.csc_array((len(totals), 2 * count))
    ends = [np.array([each.low for each in totals]), np.array([each.high for each in totals])]
    met = LinearConstraint(sparse.hstack([sparse.csc_array(sums), moves]).tocsc(), *ends)
    nothing, any_move = np.zeros(2 * count), np.full(2 * count, np.inf)
    found = milp(
        np.concatenate([np.zeros(count), np.ones(2 * count)]),
        constraints=[equal, met],
        bounds=Bounds(np.r_[bounds.low, nothing], np.r_[bounds.high, any_move]),
    )
    if found.x is None:
        missed = [place for place, each in enumerate(totals) if each.misfit(values) > each.slack]
        raise ContradictionError(missed)
    return np.asarray(found.x[:count], dtype=np.float64)
