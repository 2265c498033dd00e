"""The best redistribution: HiGHS and a search, checked by the plain definition.

Opening one more location takes demand from the others and gives none back. So of a set of open
locations that each have the minimum volume every part has it too, and a set in which one falls
short is not worth extending. The search opens locations one after the other, in a fixed order, and
leaves a branch (Land and Doig 1960) where one falls short, or where even with all later locations
open the objective would be no better than the best that is known.

The linear relaxation of a minimum volume is weak, which makes this the quicker way for some twenty
locations; where it takes too long, what it found bounds the integer program.

The model stands in `impact.optimise.model`, what is asked in
`impact.optimise.problem`; here it is solved with HiGHS (Huangfu and Hall 2018) and
the answer is checked against the plain definition: everybody to the nearest open location.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from impact.messages import said
from impact.model.allocation import NOWHERE, nearest
from impact.optimise.model import (
    at_most,
    capacity,
    closest_assignment,
    constant,
    costs,
    matrix,
    minimum_volume,
    number_open,
    one_of_todays,
    steps_of,
    taken,
    variables,
    volumes,
)
from impact.optimise.problem import amount, contradictions, fixed_by_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.optimise.model import Rows, Steps
    from impact.optimise.problem import Problem

_EQUAL = 1e-6
"""Room for the second objective, as wide as what the solver lets pass: in less it loses sets."""

_WHOLE, _TIME_LIMIT = 0.5, 1


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver gave.

    Attributes
    ----------
    open : ndarray of bool, shape (n_locations,), or None
        Which locations are open; `None` where nothing was found.
    value, bound, gap
        Of the objective, as a share or a mean.
    in_time
        Whether it was done before the limit.
    """

    open: NDArray[np.bool_] | None
    value: float
    bound: float
    gap: float
    in_time: bool


def all_rows(problem: Problem, steps: Steps) -> list[Rows]:
    """Every constraint of a problem.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    list of Rows
    """
    rows = [*closest_assignment(problem, steps), number_open(problem, steps)]
    if (todays := problem.must_keep_one) is not None:
        rows.append(one_of_todays(problem, steps, todays))
    if problem.minimum > 0.0:
        rows.append(minimum_volume(problem, steps))
    if np.isfinite(problem.capacity).any():
        rows.append(capacity(problem, steps))
    return rows


def solve(
    problem: Problem,
    steps: Steps,
    rows: Sequence[Rows],
    *,
    objective: str,
    gap: float,
    time_limit: float,
) -> Answer:
    """Minimise one objective.

    Parameters
    ----------
    problem, steps, rows
        As asked.
    objective
        One of `impact.optimise.query.OBJECTIVES`.
    gap, time_limit
        When to stop.

    Returns
    -------
    Answer
    """
    weights = costs(problem, steps, objective=objective)
    cost, fixed = taken(problem, steps, weights), constant(steps, weights)
    vector = np.zeros(cost.shape[1])
    if objective == "worst":
        # the last variable is at least the mean of every group, and is minimised
        vector[-1] = 1.0
        rows = [*rows, at_most(_with_last(cost, -1.0), -fixed)]
        last, offset = np.inf, 0.0
    else:
        vector += cost.toarray()[0]
        last, offset = 0.0, float(fixed[0])
    return _milp(problem, rows, vector, last, offset=offset, gap=gap, time_limit=time_limit)


def no_worse(problem: Problem, steps: Steps, value: float) -> Rows:
    """Rows that hold the objective of a problem at a value, with room for rounding.

    Parameters
    ----------
    problem, steps
        As asked.
    value
        As `Answer.value`.

    Returns
    -------
    Rows
    """
    weights = costs(problem, steps, objective=problem.objective)
    room = value * (1.0 + _EQUAL) + _EQUAL
    return at_most(taken(problem, steps, weights), room - constant(steps, weights))


def largest_minimum(problem: Problem, time_limit: float) -> tuple[float, NDArray[np.bool_]] | None:
    """Largest minimum volume that the locks, capacities and numbers allow.

    Parameters
    ----------
    problem
        Without what its own minimum has closed.
    time_limit
        Seconds.

    Returns
    -------
    tuple of float and ndarray of bool, or None
        The volume of the smallest open location, and which are open; `None` where nothing was
        found.
    """
    asked = replace(problem, minimum=0.0)
    steps = steps_of(asked)
    able = np.flatnonzero(asked.counted & ~asked.closed)
    weights, total = -volumes(asked, steps)[able], float(asked.brings.sum())
    terms = _with_last(taken(asked, steps, weights), 1.0)
    # the last variable v is at most V_h + total (1 - y_h) for every h, and is maximised
    part = (np.full(len(able), total), np.arange(len(able)), able)
    terms = sparse.csr_array(terms + matrix([part], (len(able), variables(asked, steps))))
    rows = [*all_rows(asked, steps), at_most(terms, total - constant(steps, weights))]
    vector = np.zeros(terms.shape[1])
    vector[-1] = -1.0
    found = _milp(asked, rows, vector, total, offset=0.0, gap=0.0, time_limit=time_limit)
    return None if found.open is None else (-found.value, found.open)


def _with_last(terms: sparse.csr_array, value: float) -> sparse.csr_array:
    """Give the last variable a coefficient in every row."""
    count, width = terms.shape
    part = (np.full(count, value), np.arange(count), np.full(count, width - 1))
    return sparse.csr_array(terms + matrix([part], (count, width)))


def _milp(
    problem: Problem,
    rows: Sequence[Rows],
    vector: NDArray[np.float64],
    last: float,
    *,
    offset: float,
    gap: float,
    time_limit: float,
) -> Answer:
    from scipy.optimize import Bounds, LinearConstraint, milp

    locations, sets = len(problem.names), len(vector) - len(problem.names) - 1
    found = milp(
        vector,
        integrality=np.concatenate([np.ones(locations), np.zeros(sets + 1)]),
        bounds=Bounds(
            np.concatenate([problem.open.astype(np.float64), np.zeros(sets + 1)]),
            np.concatenate([(~problem.closed).astype(np.float64), np.ones(sets), [last]]),
        ),
        constraints=[LinearConstraint(each.terms, each.low, each.high) for each in rows],
        options={"mip_rel_gap": gap, "time_limit": time_limit},
    )
    in_time = int(found.status) != _TIME_LIMIT
    if found.x is None:
        # without an answer there may be a bound
        known = np.nan if found.mip_dual_bound is None else float(found.mip_dual_bound) + offset
        return Answer(None, np.nan, known, np.nan, in_time)
    return Answer(
        (np.asarray(found.x)[:locations] > _WHOLE) | problem.open,
        float(found.fun) + offset,
        float(found.mip_dual_bound) + offset,
        float(found.mip_gap),
        in_time,
    )


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
    count, places_of = len(order), np.arange(len(problem.names))
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
            fits = problem.keeps_one(np.isin(places_of, node.chosen))
            if fits and better(value, best[0]) and _not_too_large(problem, node, brings):
                best = (value, node.chosen)
        # so many may follow, and so many must
        places = range(node.next, min(count, count - problem.least + counted + 1))
        children = []
        for place in places if counted < problem.most else ():
            # fewer later locations only make the bound worse
            if not better(objective.of(np.minimum(node.minutes, later[place])), best[0]):
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
    """The objective of a problem as a function of everybody's minutes."""

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


def better(value: Value, than: Value) -> bool:
    """Tell whether a value is better than another, by more than rounding."""
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


_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Optimum:
    """What was found.

    Attributes
    ----------
    status
        ``optimal``, ``time limit`` (the best found so far) or ``infeasible``.
    open
        Counted locations that are open, sorted; empty where nothing was found.
    value
        Of the objective: mean minutes of all with a route, mean minutes of the worst group, or
        demand beyond the limit. NaN where nothing was found.
    bound
        No redistribution does better than this.
    gap
        How far `value` may be from the best, as a share of it.
    reasons
        Why nothing was found.
    sets, rows
        Size of the integer program: sets of nearest locations and constraints; zero where the
        search was enough.
    nodes
        Sets of open locations that the search looked at.
    seconds
        Time in the solver.
    """

    status: str
    open: tuple[str, ...] = ()
    value: float = np.nan
    bound: float = np.nan
    gap: float = np.nan
    reasons: tuple[str, ...] = ()
    sets: int = 0
    rows: int = 0
    nodes: int = 0
    seconds: float = 0.0


def optimise(
    problem: Problem,
    *,
    gap: float = 0.0,
    time_limit: float = 60.0,
    most_nodes: int = MOST_NODES,
    explain: bool = True,
) -> Optimum:
    """Find the redistribution with the least of the objective.

    Parameters
    ----------
    problem
        What is asked.
    gap
        Stop when the answer is proven to be within this share of the best.
    time_limit
        Seconds in the solver, at most.
    most_nodes
        With a minimum volume a search comes first and gives up after so many sets (0: no search);
        see `impact.optimise.solve`.
    explain
        Whether to look for the minimum that would fit where this one does not.

    Returns
    -------
    Optimum
        Of redistributions with the same worst group, or as many beyond the limit, the one with the
        least mean minutes.

    Raises
    ------
    RuntimeError
        When the answer of the solver does not hold against the plain definition.

    Notes
    -----
    Exact up to 1e-6 of the minimum volume. Contradictions are found before the solver starts; where
    only the solver finds that nothing fits, the largest minimum volume that does fit is looked for
    and said.
    """
    shut = problem.counted & (problem.capacity <= 0.0)
    problem = replace(problem, closed=problem.closed | shut)
    reasons = tuple(contradictions(problem))
    if reasons:
        return Optimum("infeasible", reasons=reasons)
    start = time.perf_counter()
    smaller = fixed_by_volume(problem)
    known = None
    if problem.minimum > 0.0 and most_nodes > 0:
        known = search(smaller, most_nodes=most_nodes)
    if known is not None and known.complete and known.open is not None:
        found = checked(problem, known.open, known.value[0])
    elif known is not None and known.complete and not explain:
        found = Optimum("infeasible")
    else:
        found = _by_program(problem, smaller, known, gap, time_limit)
        if found.status == "infeasible" and explain:
            found = replace(found, reasons=(_what_would_fit(problem, time_limit),))
    nodes = 0 if known is None else known.nodes
    return replace(found, nodes=nodes, seconds=time.perf_counter() - start)


def _by_program(
    problem: Problem, smaller: Problem, known: Found | None, gap: float, time_limit: float
) -> Optimum:
    """Solve the integer program, no worse than what the search knows."""
    # the solver minimises shares of those who have a route
    scale = float(problem.demand[problem.has_route].sum()) if problem.objective == "beyond" else 1.0
    steps = steps_of(smaller)
    rows = all_rows(smaller, steps)
    if known is not None and known.open is not None:
        rows.append(no_worse(smaller, steps, known.value[0] / scale))
    limits = {"gap": gap, "time_limit": time_limit}
    first = solve(smaller, steps, rows, objective=problem.objective, **limits)
    is_open, value, bound = first.open, first.value * scale, first.bound * scale
    if is_open is None and known is not None and known.open is not None:
        is_open, value = known.open, known.value[0]
        # nothing is better than everything open, and in time the solver found nothing better at all
        least = value if first.in_time else plain_value(problem, ~smaller.closed)
        bound = float(np.fmax(bound, least))
        first = replace(first, gap=(value - bound) / value if value > 0.0 else 0.0)
    elif is_open is not None and problem.objective != "minutes" and first.in_time:
        rows.append(no_worse(smaller, steps, first.value))
        second = solve(smaller, steps, rows, objective="minutes", **limits)
        is_open = is_open if second.open is None else second.open
    if is_open is not None:
        found = _found(problem, is_open, value, bound, first.gap)
        status = "optimal" if first.in_time else "time limit"
    elif first.in_time:
        found = Optimum("infeasible")
        status = "infeasible"
    else:
        found = Optimum(
            "time limit",
            reasons=(said("nothing was found in {seconds:g} seconds", seconds=time_limit),),
        )
        status = "time limit"
    size = sum(len(each.low) for each in rows)
    return replace(found, status=status, sets=steps.sets, rows=size)


def checked(problem: Problem, is_open: NDArray[np.bool_], value: float) -> Optimum:
    """Hold the best set against the plain definition."""
    return _found(problem, is_open, value, value, 0.0)


def _found(
    problem: Problem, is_open: NDArray[np.bool_], solved: float, bound: float, gap: float
) -> Optimum:
    """Hold an answer against the plain definition, and take its value from there."""
    value = plain_value(problem, is_open)
    _check(problem, is_open, value, solved)
    return Optimum("optimal", problem.chosen(is_open), value, min(value, bound), gap)


def plain_value(problem: Problem, is_open: NDArray[np.bool_]) -> float:
    """Value of a redistribution by the plain definition.

    Parameters
    ----------
    problem
        What is asked.
    is_open : ndarray of bool, shape (n_locations,)
        Which locations are open.

    Returns
    -------
    float
        As `Optimum.value`; over those who have a route to any location that may be open, NaN where
        nobody has one.
    """
    chosen = nearest(np.where(is_open, problem.minutes, np.inf))
    served = np.flatnonzero((chosen != NOWHERE) & (problem.demand > 0.0))
    driven = problem.minutes[served, chosen[served]]
    demand = problem.demand[served]
    if problem.objective == "beyond":
        return float(demand[driven > problem.limit].sum())
    if not len(served):
        return math.nan
    if problem.objective == "minutes":
        return float((demand * driven).sum() / demand.sum())
    groups, code = np.unique(problem.group[served], return_inverse=True)
    total = np.bincount(code, demand * driven, len(groups))
    return float((total / np.bincount(code, demand, len(groups))).max())


def _what_would_fit(problem: Problem, time_limit: float) -> str:
    """Say how large a minimum volume could be with as many locations."""
    many = (
        f"{problem.least}" if problem.least == problem.most else f"{problem.least}-{problem.most}"
    )
    if problem.minimum <= 0.0:
        return said(
            "no {many} locations can be open under these locks and capacities, with everybody at "
            "the nearest of them",
            many=many,
        )
    least = said(
        "no {many} open locations each have {needed} when everybody goes to the nearest",
        many=many,
        needed=amount(problem.minimum, problem.counts),
    )
    found = largest_minimum(problem, time_limit)
    if found is None:
        return least
    volume, is_open = found
    names = problem.listed(is_open & problem.counted)
    return said(
        "{least}; the most that the smallest of them can have is {volume:,.0f} ({names})",
        least=least,
        volume=volume,
        names=names,
    )


def _check(problem: Problem, is_open: NDArray[np.bool_], value: float, solved: float) -> None:
    """Hold the answer of the solver against the plain definition."""
    chosen = nearest(np.where(is_open, problem.minutes, np.inf))
    at = np.bincount(chosen[chosen != NOWHERE], problem.brings[chosen != NOWHERE], len(is_open))
    small = is_open & problem.counted & (at < problem.minimum * (1.0 - _TOLERANCE))
    large = problem.counted & (at > problem.capacity * (1.0 + _TOLERANCE) + _TOLERANCE)
    count = int((is_open & problem.counted).sum())
    fits = problem.least <= count <= problem.most and not (small | large).any()
    fits = fits and problem.keeps_one(is_open)
    if not fits or abs(value - solved) > _TOLERANCE * max(1.0, abs(value)) * 10.0:
        msg = f"the solver's answer does not hold: {solved} found, {value} by the plain definition"
        raise RuntimeError(msg)
