"""What each lock costs: the best redistribution with it, minus the best without it.

With z(L) the least value of the objective under the locks L, lock l costs z(L) - z(L without l),
which is never below zero: without a lock every redistribution of before is still allowed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.optimise.all_sets import AllSets
from impact.optimise.solve import Optimum, optimise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.optimise.problem import Problem

MUST_STAY, MUST_STOP, RULE = "must_stay", "must_stop", "rule"
"""Kinds: as the study says, or the rule that university hospitals stay."""

OPTIMAL = "optimal"


@dataclass(frozen=True)
class Lock:
    """Locations that are not free.

    Attributes
    ----------
    kind
        `MUST_STAY`, `MUST_STOP` or `RULE`.
    names
        One location, or all of the rule together.
    """

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LockCost:
    """What a lock costs.

    Attributes
    ----------
    lock
        Which.
    cost
        In the unit of the objective.
    without
        The best redistribution without the lock.
    """

    lock: Lock
    cost: float
    without: Optimum


def locks_of(
    must_stay: Sequence[str], must_stop: Sequence[str], kept: Sequence[str]
) -> tuple[Lock, ...]:
    """List the locks of a problem: each by itself, and the rule as a whole where it keeps several.

    Examples
    --------
    >>> [(lock.kind, lock.names) for lock in locks_of(["A"], [], ["B", "C"])]
    [('must_stay', ('A',)), ('rule', ('B',)), ('rule', ('C',)), ('rule', ('B', 'C'))]
    """
    single = ((MUST_STAY, must_stay), (MUST_STOP, must_stop), (RULE, kept))
    out = [Lock(kind, (name,)) for kind, names in single for name in sorted(names)]
    return (*out, Lock(RULE, tuple(sorted(kept)))) if len(kept) > 1 else tuple(out)


def lock_costs(
    problem: Problem,
    best: Optimum,
    locks: Sequence[Lock],
    *,
    gap: float = 0.0,
    time_limit: float = 60.0,
) -> tuple[tuple[LockCost, ...], bool]:
    """Find what each lock costs.

    Parameters
    ----------
    problem, best
        With all locks, and its optimum.
    locks
        From `locks_of`.
    gap, time_limit
        When the solver may stop.

    Returns
    -------
    costs : tuple of LockCost
        In the order of the locks.
    complete : bool
        False where time ran out: then some are missing.
    """
    end = time.monotonic() + time_limit
    every = AllSets.of(_without(problem, [name for lock in locks for name in lock.names]))
    out: list[LockCost] = []
    for lock in locks:
        free = _without(problem, lock.names)
        left = end - time.monotonic()
        if left <= 0.0:
            return tuple(out), False
        found = (
            optimise(free, gap=gap, time_limit=left, explain=False)
            if every is None
            else every.best(free)
        )
        if found.status != OPTIMAL:
            return tuple(out), False
        out.append(LockCost(lock, max(0.0, best.value - found.value), found))
    return tuple(out), True


def _without(problem: Problem, names: Sequence[str]) -> Problem:
    """Return a problem in which some locations are free again."""
    freed = np.isin(problem.names, names)
    return replace(problem, open=problem.open & ~freed, closed=problem.closed & ~freed)
