"""The best redistribution: which locations stay or open so that people travel least.

The model stands in `impact.concentration.optimise_model`, what is asked in
`impact.concentration.optimise_problem`; here it is solved with HiGHS (Huangfu and Hall 2018) and
the answer is checked against the plain definition: everybody to the nearest open location.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import NOWHERE, nearest
from impact.concentration.optimise_problem import contradictions, fixed_by_volume
from impact.concentration.optimise_search import MOST_NODES, search
from impact.concentration.optimise_solver import all_rows, largest_minimum, no_worse, solve
from impact.concentration.optimise_steps import steps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.optimise_problem import Problem
    from impact.concentration.optimise_search import Found

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
        see `impact.concentration.optimise_search`.
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
        found = _found(problem, known.open, known.value[0], known.value[0], 0.0)
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
        found = Optimum("time limit", reasons=(f"nothing was found in {time_limit:g} seconds",))
        status = "time limit"
    size = sum(len(each.low) for each in rows)
    return replace(found, status=status, sets=steps.sets, rows=size)


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
        return (
            f"no {many} locations can be open under these locks and capacities, with everybody at "
            "the nearest of them"
        )
    least = (
        f"no {many} open locations each have {problem.minimum:g} {problem.counts} "
        "when everybody goes to the nearest"
    )
    found = largest_minimum(problem, time_limit)
    if found is None:
        return least
    volume, is_open = found
    names = problem.listed(is_open & problem.counted)
    return f"{least}; the most that the smallest of them can have is {volume:,.0f} ({names})"


def _check(problem: Problem, is_open: NDArray[np.bool_], value: float, solved: float) -> None:
    """Hold the answer of the solver against the plain definition."""
    chosen = nearest(np.where(is_open, problem.minutes, np.inf))
    at = np.bincount(chosen[chosen != NOWHERE], problem.brings[chosen != NOWHERE], len(is_open))
    small = is_open & problem.counted & (at < problem.minimum * (1.0 - _TOLERANCE))
    large = problem.counted & (at > problem.capacity * (1.0 + _TOLERANCE) + _TOLERANCE)
    count = int((is_open & problem.counted).sum())
    fits = problem.least <= count <= problem.most and not (small | large).any()
    if not fits or abs(value - solved) > _TOLERANCE * max(1.0, abs(value)) * 10.0:
        msg = f"the solver's answer does not hold: {solved} found, {value} by the plain definition"
        raise RuntimeError(msg)
