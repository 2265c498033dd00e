"""A search over redistributions with a minimum volume, quicker than the integer program.

Opening one more location takes demand from the others and gives none back. So of a set of open
locations that each have the minimum volume every part has it too, and a set in which one falls
short is not worth extending. The search opens locations one after the other, in a fixed order, and
leaves a branch (Land and Doig 1960) where one falls short, or where even with all later locations
open the objective would be no better than the best that is known.

The linear relaxation of a minimum volume is weak, which makes this the quicker way for some twenty
locations; where it takes too long, what it found bounds the integer program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.optimise_problem import Problem

MOST_NODES = 30_000
"""Sets looked at before the integer program takes over: some seconds."""

_TIE = 1e-9
_ROUNDING = 1e-9
_NOBODY = np.iinfo(np.int64).max

Value = tuple[float, float]
"""The objective, and the mean minutes that decide between equals."""


@dataclass(frozen=True, eq=False)
class Found:
    """What the search gave.

    Attributes
    ----------
    complete
        Whether every branch was looked at or left for a reason.
    open : ndarray of bool, shape (n_locations,), or None
        The best set; `None` where none fits (or none was met so far).
    value
        Its value; infinite where there is none.
    nodes
        Sets that were looked at.
    """

    complete: bool
    open: NDArray[np.bool_] | None
    value: Value
    nodes: int


@dataclass(frozen=True, eq=False)
class _Node:
    """Some open locations: minutes to the nearest, which that is, and where to go on."""

    minutes: NDArray[np.float64]
    owner: NDArray[np.int64]
    chosen: tuple[int, ...]
    next: int


def search(problem: Problem, *, most_nodes: int = MOST_NODES) -> Found:
    """Look at every set of open locations that can be the best.

    Parameters
    ----------
    problem
        What is asked; locations that must be open anyway are.
    most_nodes
        Give up after so many sets.

    Returns
    -------
    Found
    """
    rows = np.flatnonzero(problem.has_route)
    minutes, demand, brings = (
        each[rows] for each in (problem.minutes, problem.demand, problem.brings)
    )
    objective = _Objective(problem, rows)
    must = np.flatnonzero(problem.open)
    order = _greedy_order(minutes, demand, np.flatnonzero(problem.free), must)
    count = len(order)
    # the least minutes to any location from a place in the order on
    later = np.full((count + 1, len(rows)), np.inf)
    for place in range(count - 1, -1, -1):
        later[place] = np.minimum(later[place + 1], minutes[:, order[place]])
    node = _Node(np.full(len(rows), np.inf), np.full(len(rows), _NOBODY), (), 0)
    for h in must.tolist():
        node = _opened(node, h, minutes, 0)
    best: tuple[Value, tuple[int, ...] | None] = ((np.inf, np.inf), None)
    stack = [node]
    nodes = 0
    while stack and nodes < most_nodes:
        node = stack.pop()
        nodes += 1
        counted = int(problem.counted[list(node.chosen)].sum())
        if counted > problem.most or not _large_enough(problem, node, brings):
            continue
        if counted >= problem.least and np.isfinite(node.minutes).all():
            value = objective.of(node.minutes)
            if _better(value, best[0]) and _not_too_large(problem, node, brings):
                best = (value, node.chosen)
        # so many may follow, and so many must
        places = range(node.next, min(count, count - problem.least + counted + 1))
        children = []
        for place in places if counted < problem.most else ():
            # fewer later locations only make the bound worse
            if not _better(objective.of(np.minimum(node.minutes, later[place])), best[0]):
                break
            children.append(_opened(node, int(order[place]), minutes, place + 1))
        stack += reversed(children)
    found = best[1]
    is_open = None
    if found is not None:
        is_open = np.zeros(len(problem.names), dtype=bool)
        is_open[list(found)] = True
    return Found(not stack, is_open, best[0], nodes)


class _Objective:
    """The objective of a problem as a function of everybody's minutes.

    Parameters
    ----------
    problem, rows
        What is asked, and the postcodes that count.
    """

    def __init__(self, problem: Problem, rows: NDArray[np.intp]) -> None:
        self.demand = problem.demand[rows]
        self.share = self.demand / self.demand.sum()
        self.kind, self.limit = problem.objective, problem.limit
        groups, self.code = np.unique(problem.group[rows], return_inverse=True)
        self.count = len(groups)
        self.weight = self.demand / np.bincount(self.code, self.demand)[self.code]

    def of(self, minutes: NDArray[np.float64]) -> Value:
        """Value with these minutes; infinite where somebody has no route."""
        mean = float(self.share @ minutes)
        if self.kind == "minutes":
            return mean, mean
        if self.kind == "beyond":
            return float(self.demand @ (minutes > self.limit)), mean
        return float(np.bincount(self.code, self.weight * minutes, self.count).max()), mean


def _better(value: Value, than: Value) -> bool:
    room = _TIE * max(1.0, abs(than[0])) if np.isfinite(than[0]) else 0.0
    if value[0] < than[0] - room:
        return True
    return value[0] <= than[0] + room and value[1] < than[1] - room


def _opened(node: _Node, h: int, minutes: NDArray[np.float64], following: int) -> _Node:
    """Open one more location: of equal minutes the first by name keeps the demand."""
    to = minutes[:, h]
    nearer = (to < node.minutes) | ((to == node.minutes) & (h < node.owner))
    nearer &= np.isfinite(to)
    return _Node(
        np.where(nearer, to, node.minutes),
        np.where(nearer, h, node.owner),
        (*node.chosen, h),
        following,
    )


def _volumes(problem: Problem, node: _Node, brings: NDArray[np.float64]) -> NDArray[np.float64]:
    served = node.owner != _NOBODY
    at = np.bincount(node.owner[served], brings[served], len(problem.names))
    return np.asarray(at, dtype=np.float64)


def _large_enough(problem: Problem, node: _Node, brings: NDArray[np.float64]) -> bool:
    """Whether each counted location has the minimum; opening more never brings it back.

    Who can reach none of the open locations cannot come to them later either.
    """
    mine = [h for h in node.chosen if problem.counted[h]]
    least = problem.minimum * (1.0 - _ROUNDING)
    return bool((_volumes(problem, node, brings)[mine] >= least).all())


def _not_too_large(problem: Problem, node: _Node, brings: NDArray[np.float64]) -> bool:
    room = problem.capacity * (1.0 + _ROUNDING) + _ROUNDING
    return bool((_volumes(problem, node, brings) <= room)[problem.counted].all())


def _greedy_order(
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    free: NDArray[np.intp],
    must: NDArray[np.intp],
) -> NDArray[np.int64]:
    """Order locations by what each saves when opened after those before: good sets come early."""
    worst = np.where(np.isfinite(minutes), minutes, 0.0).max(initial=0.0) * 2.0 + 1.0
    capped = np.minimum(minutes, worst)
    best = capped[:, must].min(axis=1, initial=worst)
    left, order = list(free.tolist()), []
    while left:
        costs = [float(demand @ np.minimum(best, capped[:, h])) for h in left]
        h = left.pop(int(np.argmin(costs)))
        best = np.minimum(best, capped[:, h])
        order.append(h)
    return np.array(order, dtype=np.int64)
