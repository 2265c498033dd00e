"""The best redistribution: which locations stay or open so that people travel least.

The model stands in `impact.concentration.optimise_model`, what is asked in
`impact.concentration.optimise_problem`; here it is solved with HiGHS (Huangfu and Hall 2018) and
the answer is checked against the plain definition: everybody to the nearest open location.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.concentration.allocation import NOWHERE, nearest
from impact.concentration.optimise_model import (
    closest_assignment,
    constant,
    costs,
    number_open,
    steps_of,
    taken,
    volume_rows,
    volumes,
)
from impact.concentration.optimise_problem import contradictions, fixed_by_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.concentration.optimise_model import Steps
    from impact.concentration.optimise_problem import Problem

_TOLERANCE = 1e-6
_EQUAL = 1e-7
"""Relative room for the second objective: values this close to the best are ties."""

_WHOLE = 0.5
_LIMIT_REACHED = 1


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
        Size of the model: sets of nearest locations and constraints.
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
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class _Answer:
    """What the solver gave: variables (or `None`), value, bound and gap."""

    status: int
    x: NDArray[np.float64] | None
    value: float
    bound: float
    gap: float


def optimise(problem: Problem, *, gap: float = 0.0, time_limit: float = 60.0) -> Optimum:
    """Find the redistribution with the least of the objective.

    Parameters
    ----------
    problem
        What is asked.
    gap
        Stop when the answer is proven to be within this share of the best.
    time_limit
        Seconds in the solver, at most.

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
    steps = steps_of(smaller)
    rows = [
        *closest_assignment(steps, len(problem.names)),
        number_open(smaller, steps),
        *volume_rows(smaller, steps),
    ]
    first = _solve(smaller, steps, rows, problem.objective, gap, time_limit)
    size = {"sets": steps.sets, "rows": sum(each.A.shape[0] for each in rows)}
    if first.x is None:
        spent = time.perf_counter() - start
        if first.status == _LIMIT_REACHED:
            said: tuple[str, ...] = (f"nothing was found in {time_limit:g} seconds",)
            return Optimum("time limit", reasons=said, seconds=spent, **size)
        said = (_what_would_fit(smaller, time_limit),)
        return Optimum("infeasible", reasons=said, seconds=spent, **size)
    chosen = first.x
    if problem.objective != "minutes" and first.status != _LIMIT_REACHED:
        kept = [*rows, *_no_worse(smaller, steps, first.value)]
        second = _solve(smaller, steps, kept, "minutes", gap, time_limit)
        chosen = chosen if second.x is None else second.x
    is_open = (chosen[: len(problem.names)] > _WHOLE) | problem.open
    value = plain_value(problem, is_open)
    # the solver minimises a share of those who have a route
    scale = float(problem.demand[problem.has_route].sum()) if problem.objective == "beyond" else 1.0
    _check(problem, is_open, value, first.value * scale)
    return Optimum(
        "time limit" if first.status == _LIMIT_REACHED else "optimal",
        tuple(problem.names[h] for h in np.flatnonzero(is_open & problem.counted)),
        value,
        min(value, first.bound * scale),
        first.gap,
        seconds=time.perf_counter() - start,
        **size,
    )


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
        As `Optimum.value`; over those who have a route to any location that may be open.
    """
    chosen = nearest(np.where(is_open, problem.minutes, np.inf))
    served = np.flatnonzero((chosen != NOWHERE) & (problem.demand > 0.0))
    driven = problem.minutes[served, chosen[served]]
    demand = problem.demand[served]
    if problem.objective == "beyond":
        return float(demand[driven > problem.limit].sum())
    if problem.objective == "minutes":
        return float((demand * driven).sum() / demand.sum())
    groups, code = np.unique(problem.group[served], return_inverse=True)
    total = np.bincount(code, demand * driven, len(groups))
    return float((total / np.bincount(code, demand, len(groups))).max())


def _solve(
    problem: Problem,
    steps: Steps,
    rows: Sequence[LinearConstraint],
    objective: str,
    gap: float,
    time_limit: float,
) -> _Answer:
    locations = len(problem.names)
    weights = costs(problem, steps, objective=objective)
    cost, fixed = taken(steps, weights, locations), constant(steps, weights)
    lower = np.concatenate([problem.open.astype(np.float64), np.zeros(steps.sets)])
    upper = np.concatenate([(~problem.closed).astype(np.float64), np.ones(steps.sets)])
    if objective == "worst":
        # one more variable, at least the mean of every group, is minimised
        cost = sparse.hstack([cost, -np.ones((cost.shape[0], 1))], format="csr")
        rows = [_wider(each) for each in rows] + [LinearConstraint(cost, -np.inf, -fixed)]
        lower, upper = np.append(lower, 0.0), np.append(upper, np.inf)
        vector, offset = np.zeros(len(lower)), 0.0
        vector[-1] = 1.0
    else:
        vector, offset = cost.toarray()[0], float(fixed[0])
    whole = np.zeros(len(lower))
    whole[:locations] = 1.0
    found = milp(
        vector,
        integrality=whole,
        bounds=Bounds(lower, upper),
        constraints=list(rows),
        options={"mip_rel_gap": gap, "time_limit": time_limit},
    )
    if found.x is None:
        return _Answer(int(found.status), None, np.nan, np.nan, np.nan)
    return _Answer(
        int(found.status),
        np.asarray(found.x),
        float(found.fun) + offset,
        float(found.mip_dual_bound) + offset,
        float(found.mip_gap),
    )


def _wider(rows: LinearConstraint) -> LinearConstraint:
    """Give rows a column of zeros behind."""
    wide = sparse.hstack([rows.A, sparse.csr_array((rows.A.shape[0], 1))], format="csr")
    return LinearConstraint(wide, rows.lb, rows.ub)


def _no_worse(problem: Problem, steps: Steps, value: float) -> list[LinearConstraint]:
    """Rows that hold the first objective while the second is looked for."""
    weights = costs(problem, steps, objective=problem.objective)
    room = value * (1.0 + _EQUAL) + _EQUAL
    rows = taken(steps, weights, len(problem.names))
    return [LinearConstraint(rows, -np.inf, room - constant(steps, weights))]


def _what_would_fit(problem: Problem, time_limit: float) -> str:
    """Say how large a minimum volume could be with as many locations."""
    many = (
        f"{problem.least}" if problem.least == problem.most else f"{problem.least}-{problem.most}"
    )
    asked = f"no {many} locations can be open under these locks"
    if problem.minimum <= 0.0:
        return f"{asked} and capacities, with everybody at the nearest of them"
    least = (
        f"no {many} open locations each have {problem.minimum:g} {problem.unit} "
        "when everybody goes to the nearest"
    )
    # most of the lowest volume v: v <= V_h + M (1 - y_h), without locations closed for their volume
    wide = replace(problem, minimum=0.0)
    steps = steps_of(wide)
    rows, constants = volumes(wide, steps)
    able = np.flatnonzero(wide.counted & ~wide.closed)
    total = float(wide.demand.sum())
    is_open = sparse.csr_array(
        (np.full(len(able), total), (np.arange(len(able)), able)), shape=(len(able), rows.shape[1])
    )
    lowest = sparse.hstack([is_open - rows[able], np.ones((len(able), 1))], format="csr")
    count = len(wide.names)
    vector = np.zeros(count + steps.sets + 1)
    vector[-1] = -1.0
    found = milp(
        vector,
        integrality=np.r_[np.ones(count), np.zeros(steps.sets + 1)],
        bounds=Bounds(
            np.r_[wide.open.astype(float), np.zeros(steps.sets + 1)],
            np.r_[(~wide.closed).astype(float), np.ones(steps.sets), total],
        ),
        constraints=[
            *(_wider(x) for x in closest_assignment(steps, count)),
            _wider(number_open(wide, steps)),
            *(_wider(x) for x in volume_rows(wide, steps)),
            LinearConstraint(lowest, -np.inf, total + constants[able]),
        ],
        options={"time_limit": time_limit},
    )
    if found.x is None:
        return least
    names = wide.listed((found.x[:count] > _WHOLE) & wide.counted)
    return f"{least}; the most that the smallest of them can have is {-found.fun:,.0f} ({names})"


def _check(problem: Problem, is_open: NDArray[np.bool_], value: float, solved: float) -> None:
    """Hold the answer of the solver against the plain definition."""
    chosen = nearest(np.where(is_open, problem.minutes, np.inf))
    at = np.bincount(chosen[chosen != NOWHERE], problem.demand[chosen != NOWHERE], len(is_open))
    small = is_open & problem.counted & (at < problem.minimum * (1.0 - _TOLERANCE))
    large = problem.counted & (at > problem.capacity * (1.0 + _TOLERANCE) + _TOLERANCE)
    count = int((is_open & problem.counted).sum())
    fits = problem.least <= count <= problem.most and not (small | large).any()
    if not fits or abs(value - solved) > _TOLERANCE * max(1.0, abs(value)) * 10.0:
        msg = f"the solver's answer does not hold: {solved} found, {value} by the plain definition"
        raise RuntimeError(msg)
