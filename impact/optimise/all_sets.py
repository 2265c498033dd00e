"""Every set of open locations of a small problem, with its value: one look instead of programs.

The best per number of locations and the next best of a problem are dozens of integer programs over
the same sets. Of a dozen locations there are a few thousand sets, whose values take less time than
three programs: the minutes of a set are the least of those of its two parts, the locations before
and after a middle, and the least minutes of every part are made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.optimise.solve import Objective, Optimum, better, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.optimise.problem import Problem

MOST_LOCATIONS = 14
"""Free locations beyond which programs are quicker."""


@dataclass(frozen=True, eq=False)
class AllSets:
    """Sets of the free locations of a problem.

    Attributes
    ----------
    free : ndarray of int64, shape (n_free,)
        Positions of the locations about which there is something to decide.
    is_open : ndarray of bool, shape (2**n_free, n_free)
        Which of them each set opens.
    value, mean : ndarray of float, shape (2**n_free,)
        The objective, and the mean minutes that decide between equals.
    """

    free: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    value: NDArray[np.float64]
    mean: NDArray[np.float64]

    @classmethod
    def of(cls, problem: Problem) -> AllSets | None:
        """Take the values of all sets; `None` where volumes matter, or sets are too many."""
        free = np.flatnonzero(problem.free)
        rows = np.flatnonzero(problem.has_route)
        able = np.flatnonzero(~problem.closed)
        minutes = problem.minutes[rows]
        if (
            len(free) > MOST_LOCATIONS
            or problem.minimum > 0.0
            or np.isfinite(problem.capacity).any()
            or not len(rows)
            or not np.isfinite(minutes[:, able]).all()
        ):
            return None
        objective = Objective(problem, rows)
        middle = len(free) // 2
        first = _least(minutes[:, free[:middle]])
        rest = _least(minutes[:, free[middle:]])
        always = minutes[:, np.flatnonzero(problem.open)].min(axis=1, initial=np.inf)
        parts = [objective.of_many(np.minimum(np.minimum(each, always), first)) for each in rest]
        value, mean = (np.concatenate(each) for each in zip(*parts, strict=True))
        sets = np.arange(1 << len(free))[:, None]
        is_open = (sets >> np.arange(len(free)) & 1).astype(bool)
        return cls(free, is_open, value, mean)

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
        locked_open, locked_closed = problem.open[self.free], problem.closed[self.free]
        always = problem.open.copy()
        always[self.free] = False
        number = self.is_open @ problem.counted[self.free].astype(np.int64)
        number += int((always & problem.counted).sum())
        fits = (number >= problem.least) & (number <= problem.most) & np.isfinite(self.mean)
        fits &= self.is_open[:, locked_open].all(axis=1)
        fits &= ~self.is_open[:, locked_closed].any(axis=1)
        found = -1
        # those that may be the best, or as good
        near = np.flatnonzero(fits)
        least = self.value[near].min(initial=np.inf)
        near = near[self.value[near] <= least + 1e-6 * max(1.0, abs(least))] if len(near) else near
        for each in near.tolist():
            now = float(self.value[each]), float(self.mean[each])
            known = (np.inf, np.inf) if found < 0 else (self.value[found], self.mean[found])
            if better(now, (float(known[0]), float(known[1]))):
                found = each
        if found < 0:
            return Optimum("infeasible")
        is_open = always
        is_open[self.free] = self.is_open[found]
        return checked(problem, is_open, float(self.value[found]))


def _least(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least minutes of every set of columns, shape (n_sets, n_rows); infinite for the empty set."""
    least = np.full((1, len(minutes)), np.inf)
    for column in minutes.T:
        least = np.concatenate([least, np.minimum(least, column)])
    return least
