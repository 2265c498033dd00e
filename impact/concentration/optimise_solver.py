"""The integer program of a redistribution, solved with HiGHS (Huangfu and Hall 2018)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.concentration.optimise_model import (
    at_most,
    capacity,
    closest_assignment,
    constant,
    costs,
    matrix,
    minimum_volume,
    number_open,
    taken,
    variables,
    volumes,
)
from impact.concentration.optimise_steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.concentration.optimise_model import Rows
    from impact.concentration.optimise_problem import Problem
    from impact.concentration.optimise_steps import Steps

_EQUAL = 1e-7
"""Relative room for the second objective: values this close to the best are ties."""

_WHOLE = 0.5
_TIME_LIMIT = 1


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
        One of `impact.concentration.optimise_problem.OBJECTIVES`.
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
