"""The sets of nearest locations that matter to a redistribution, and the steps between them.

The sets S of `impact.concentration.optimise_model`: postcodes that share their r nearest
locations, in whatever order, share a set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.optimise_problem import Problem

NONE_OPEN = -1
"""In place of the number of a set: the empty set, of which no location is open for certain."""

_IMPOSSIBLE = -2
"""In place of the number of a set: one that always holds an open location."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Each way from one set of closed locations to the next, over all postcodes.

    Attributes
    ----------
    location, origin, target : ndarray of int, shape (n_steps,)
        Step from set `origin` (S) to `target` (Q = S + {location}).
    sets
        How many sets have a variable.
    point, step : ndarray of int, shape (n_pairs,)
        Which postcodes take which step.
    """

    location: NDArray[np.int64]
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    sets: int
    point: NDArray[np.int64]
    step: NDArray[np.int64]


def steps_of(problem: Problem) -> Steps:
    """Find the sets of nearest locations that matter, and the steps between them.

    Parameters
    ----------
    problem
        Any; postcodes without demand or without a route take no step.

    Returns
    -------
    Steps
    """
    usable = np.where(problem.closed, np.inf, problem.minutes)
    order = np.argsort(usable, axis=1, kind="stable")
    counts = np.isfinite(usable).sum(axis=1)
    able = problem.counted & ~problem.closed
    may_close = int(able.sum()) - max(problem.least, 0)
    rows = np.flatnonzero((problem.demand > 0.0) & (counts > 0)).tolist()
    # somebody who can go nowhere else needs one of these to be open
    needed = {sum(1 << h for h in order[row, : counts[row]].tolist()) for row in rows}
    numbers: dict[int, int] = {}
    steps: dict[tuple[int, int], int] = {}
    location: list[int] = []
    origin: list[int] = []
    target: list[int] = []
    point: list[int] = []
    step: list[int] = []
    for row in rows:
        members, at, closed = 0, NONE_OPEN, 0
        for h in order[row, : counts[row]].tolist():
            members |= 1 << h
            closed += bool(problem.counted[h])
            known = steps.get((at, h))
            if known is None:
                always = members in needed or problem.open[h] or closed > may_close
                goes = _IMPOSSIBLE if always else numbers.setdefault(members, len(numbers))
                known = steps[at, h] = len(location)
                location.append(h)
                origin.append(at)
                target.append(goes)
            point.append(row)
            step.append(known)
            at = target[known]
            if at == _IMPOSSIBLE:
                break
    return Steps(
        np.array(location, dtype=np.int64),
        np.array(origin, dtype=np.int64),
        np.array(target, dtype=np.int64),
        sets=len(numbers),
        point=np.array(point, dtype=np.int64),
        step=np.array(step, dtype=np.int64),
    )
