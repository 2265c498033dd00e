"""What stands beside the optimum: the next best redistributions, and the best per number open.

The next best is found by dividing what is left after the best is taken out (Lawler 1972): each part
agrees with it on some locations and differs on the next, so that the parts overlap nowhere and miss
nothing. The best of the parts is the next best; its own part is divided in turn.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.optimise import Optimum, optimise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.concentration.optimise_problem import Problem

NEXT_BEST = 3
"""Runner-ups that are looked for."""

_OPTIMAL = "optimal"


@dataclass(frozen=True, eq=False)
class Beside:
    """Optima that were found, and whether nothing was passed over.

    Attributes
    ----------
    found
        In order; each is proven to be the best of its part.
    complete
        False where time ran out.
    """

    found: tuple[Optimum, ...] = ()
    complete: bool = True


def next_best(
    problem: Problem,
    best: Optimum,
    *,
    most: int = NEXT_BEST,
    gap: float = 0.0,
    time_limit: float = 60.0,
) -> Beside:
    """Redistributions that come after the best.

    Parameters
    ----------
    problem, best
        What was asked, and the proven answer.
    most
        How many are wanted.
    gap
        As for `impact.concentration.optimise.optimise`.
    time_limit
        Seconds for all of them.

    Returns
    -------
    Beside
        From the best on; equals in the order in which they are found.
    """
    end = time.monotonic() + time_limit
    order = count()
    found: list[Optimum] = []
    heap: list[tuple[float, int, Problem, Optimum]] = []
    part, last = problem, best
    while len(found) < most:
        for each in _divided(part, last):
            left = end - time.monotonic()
            answer = None
            if left > 0.0:
                answer = optimise(each, gap=gap, time_limit=left, explain=False)
            if answer is None or answer.status not in {_OPTIMAL, "infeasible"}:
                return Beside(tuple(found), complete=False)
            if answer.open:
                heapq.heappush(heap, (answer.value, next(order), each, answer))
        if not heap:
            break
        _, _, part, last = heapq.heappop(heap)
        found.append(last)
    return Beside(tuple(found))


def _divided(problem: Problem, best: Optimum) -> Iterator[Problem]:
    """Divide all that is not the best: alike up to a location, and different there."""
    is_open = np.isin(problem.names, best.open) | ~problem.counted
    fixed_open, fixed_closed = problem.open.copy(), problem.closed.copy()
    for place in np.flatnonzero(problem.free):
        other_open, other_closed = fixed_open.copy(), fixed_closed.copy()
        (other_closed if is_open[place] else other_open)[place] = True
        yield replace(problem, open=other_open, closed=other_closed)
        (fixed_open if is_open[place] else fixed_closed)[place] = True


def by_number(problem: Problem, *, gap: float = 0.0, time_limit: float = 60.0) -> Beside:
    """Find the best redistribution for every number of open locations that can be met.

    Parameters
    ----------
    problem
        What is asked; its own numbers are left aside.
    gap
        As for `impact.concentration.optimise.optimise`.
    time_limit
        Seconds for all of them.

    Returns
    -------
    Beside
        The fewest locations first; numbers that cannot be met are left out.
    """
    end = time.monotonic() + time_limit
    found: list[Optimum] = []
    complete = True
    for number in range(1, int((problem.counted & ~problem.closed).sum()) + 1):
        left = end - time.monotonic()
        if left <= 0.0:
            return Beside(tuple(found), complete=False)
        asked = replace(problem, least=number, most=number)
        answer = optimise(asked, gap=gap, time_limit=left, explain=False)
        if answer.status == _OPTIMAL:
            found.append(answer)
        complete &= answer.status in {_OPTIMAL, "infeasible"}
    return Beside(tuple(found), complete)
