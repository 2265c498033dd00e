"""Every set of open locations of a problem with some locations, with its value, at once.

The best per number of locations and the next best of a problem are dozens of integer programs over
the same sets. Let a postcode p have its locations in order of minutes, m(1) <= m(2) <= ... The
minutes to the nearest of a set S are m(1), and for each r the step m(r + 1) - m(r) more where none
of the first r is in S, which is where all r are among the locations that stay shut. So with c(T)
the steps of all postcodes whose first locations are T, weighed by demand, the value of S is

    c() + sum of c(T) over all T within the complement of S,

which n passes over the 2**n sets give for every S (the zeta transform of the lattice of subsets:
Björklund, Husfeldt, Kaski and Koivisto, Fourier meets Möbius, STOC 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.optimise.solve import Optimum, better, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.optimise.problem import Problem

MOST_LOCATIONS = 18
"""Free locations beyond which programs are quicker."""

_CELLS = 2**24
"""Sets x groups, beyond which programs are quicker."""

_NEAR = 1e-6
"""Sets that lie no farther from the least are held against each other."""


@dataclass(frozen=True, eq=False)
class AllSets:
    """Sets of the free locations of a problem; number s opens location i where bit i of s is set.

    Attributes
    ----------
    free : ndarray of int64, shape (n_free,)
        Positions of the locations about which there is something to decide.
    value, mean : ndarray of float, shape (2**n_free,)
        The objective, and the mean minutes that decide between equals; infinite where nothing is
        open.
    number : ndarray of int64, shape (2**n_free,)
        How many counted locations are open.
    """

    free: NDArray[np.int64]
    value: NDArray[np.float64]
    mean: NDArray[np.float64]
    number: NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem) -> AllSets | None:
        """Take the values of all sets; `None` where volumes matter, or sets are too many."""
        free = np.flatnonzero(problem.free)
        rows = np.flatnonzero(problem.has_route)
        minutes = problem.minutes[np.ix_(rows, ~problem.closed)]
        groups, code = np.unique(problem.group[rows], return_inverse=True)
        many = len(groups) if problem.objective == "worst" else 1
        if (
            len(free) > MOST_LOCATIONS
            or many << len(free) > _CELLS
            or problem.minimum > 0.0
            or np.isfinite(problem.capacity).any()
            or not len(rows)
            or not np.isfinite(minutes).all()
        ):
            return None
        demand = problem.demand[rows]
        sets = _Steps.of(problem.minutes[rows], free, problem.open)
        mean = sets.sums(sets.minutes * (demand / demand.sum())[:, None])
        if problem.objective == "minutes":
            value = mean
        elif problem.objective == "beyond":
            value = sets.sums((sets.minutes > problem.limit) * demand[:, None])
        else:
            share = demand / np.bincount(code, demand)[code]
            parts = (
                sets.sums(np.where((code == group)[:, None], sets.minutes * share[:, None], 0.0))
                for group in range(len(groups))
            )
            value = next(parts)
            for each in parts:
                value = np.maximum(value, each)
        counted = problem.counted[free]
        number = np.full(1 << len(free), int((problem.open & problem.counted).sum()))
        for bit in np.flatnonzero(counted).tolist():
            number += np.arange(1 << len(free)) >> bit & 1
        return cls(free, value, mean, number)

    def best(self, problem: Problem) -> Optimum:
        """Find the best of the sets that a problem allows, which locks more or asks a number.

        Parameters
        ----------
        problem
            As the one whose sets these are, but for `open`, `closed`, `least` and `most`.

        Returns
        -------
        Optimum
        """
        sets = np.arange(len(self.value))
        bit = 1 << np.arange(len(self.free))
        must, shut = (int(bit[each[self.free]].sum()) for each in (problem.open, problem.closed))
        fits = (sets & must == must) & (sets & shut == 0) & np.isfinite(self.mean)
        fits &= (self.number >= problem.least) & (self.number <= problem.most)
        if (todays := problem.must_keep_one) is not None:
            fits &= sets & int(bit[todays[self.free]].sum()) != 0
        near = np.flatnonzero(fits)
        if not len(near):
            return Optimum("infeasible")
        least = float(self.value[near].min())
        near = near[self.value[near] <= least + _NEAR * max(1.0, abs(least))]
        found, known = 0, (np.inf, np.inf)
        for each in near.tolist():
            now = float(self.value[each]), float(self.mean[each])
            if better(now, known):
                found, known = each, now
        is_open = problem.open.copy()
        is_open[self.free] = found & bit > 0
        return checked(problem, is_open, known[0])


@dataclass(frozen=True, eq=False)
class _Steps:
    """Per postcode its minutes in ascending order, and the sets of the first locations.

    The last minutes are those to what is open anyway; infinite where nothing is.
    """

    minutes: NDArray[np.float64]
    first: NDArray[np.int64]
    always: bool
    size: int

    @classmethod
    def of(
        cls, minutes: NDArray[np.float64], free: NDArray[np.int64], is_open: NDArray[np.bool_]
    ) -> _Steps:
        always = minutes[:, is_open].min(axis=1, initial=np.inf)
        to = np.minimum(minutes[:, free], always[:, None])
        order = np.argsort(to, axis=1, kind="stable")
        ascending = np.take_along_axis(to, order, axis=1)
        if is_open.any():
            ascending = np.column_stack([ascending, always])
        # of no location, of the first, of the first two ...
        first = np.cumsum(np.left_shift(1, order), axis=1)
        return cls(ascending, first, bool(is_open.any()), len(free))

    def sums(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over all postcodes the cost of the nearest location, for every set."""
        step = np.diff(cost, axis=1)
        first = self.first[:, : step.shape[1]]
        inside: NDArray[np.float64] = np.zeros(1 << self.size)
        inside += np.bincount(first.ravel(), step.ravel(), len(inside))
        inside[0] += cost[:, 0].sum()
        lattice = inside.reshape((2,) * self.size)
        for axis in range(self.size):
            with_it = (slice(None),) * axis + (1,)
            without = (slice(None),) * axis + (0,)
            lattice[with_it] += lattice[without]
        # what is open is all but what is shut
        value = inside[::-1].copy()
        if not self.always:
            value[0] = np.inf
        return value
