"""The redistribution problem as a small mixed-integer program.

The p-median problem (Hakimi 1964; ReVelle and Swain 1970) with a minimum volume and closest
assignment (Wagner and Falkson 1975; Espejo, Marin and Rodriguez-Chia 2012): nobody is sent past an
open door to fill a quota. With postcodes i of demand d_i, locations h and minutes t_ih:

    y_h    1 where location h is open
    z_S    1 where no location of the set S is open

Let h_1, h_2, ... be the locations in the order in which postcode i prefers them (minutes, then
name) and S_r the first r of them. Then i goes to h_r exactly where z_S(r-1) - z_S(r) = 1, so that

    minimise   sum_i d_i sum_r t_i,h_r (z_S(r-1) - z_S(r))
    subject to z_Q <= z_S,  z_Q <= 1 - y_h,  z_Q >= z_S - y_h     for every step Q = S + {h}
               sum_steps(h) d (z_S - z_Q) >= N y_h                  minimum volume
               sum_steps(h) d (z_S - z_Q) <= C_h                    capacity
               least <= sum_h y_h <= most
               y_h = 1 (must stay), y_h = 0 (must stop), z_all(i) = 0 (nobody loses every route)

Postcodes share a variable wherever they share the *set* of their r nearest locations, whatever its
order (Cornuejols, Nemhauser and Wolsey 1980; Church 2003). A set with a location that must stay,
or larger than what may close, is zero. So 900 postcodes x 20 locations need some thousands of
continuous variables, and 20 binary ones, instead of 18,000 assignments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import LinearConstraint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.optimise_problem import Problem

_NONE_OPEN = -1
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
        members, at, closed = 0, _NONE_OPEN, 0
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
    arrays = (np.array(each, dtype=np.int64) for each in (location, origin, target))
    return Steps(
        *arrays,
        sets=len(numbers),
        point=np.array(point, dtype=np.int64),
        step=np.array(step, dtype=np.int64),
    )


def taken(steps: Steps, weights: NDArray[np.float64], locations: int) -> sparse.csr_array:
    """Weight that takes each step, as a linear function of the variables.

    Parameters
    ----------
    steps
        From `steps_of`.
    weights : ndarray of float, shape (n_rows, n_steps)
        One row per sum over steps that is wanted.
    locations
        Number of y variables, which come first.

    Returns
    -------
    scipy.sparse.csr_array, shape (n_rows, n_variables)
        The constant part (steps from the empty set) is `constant`.
    """
    rows, place = np.nonzero(weights)
    values = weights[rows, place]
    parts = []
    for ends, sign in ((steps.origin, 1.0), (steps.target, -1.0)):
        has = ends[place] >= 0
        parts.append((sign * values[has], rows[has], locations + ends[place[has]]))
    data, row, column = (np.concatenate(each) for each in zip(*parts, strict=True))
    shape = (len(weights), locations + steps.sets)
    return sparse.csr_array((data, (row, column)), shape=shape)


def constant(steps: Steps, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the constant part of `taken`: from the empty set everybody takes the first step."""
    return np.asarray(weights[:, steps.origin == _NONE_OPEN].sum(axis=1), dtype=np.float64)


def closest_assignment(steps: Steps, locations: int) -> list[LinearConstraint]:
    """Rows that make z_S one exactly where no location of S is open.

    Parameters
    ----------
    steps
        From `steps_of`.
    locations
        Number of y variables.

    Returns
    -------
    list of scipy.optimize.LinearConstraint
        z_Q <= z_S, z_Q + y_h <= 1 and z_S - z_Q - y_h <= 0 for every step.
    """
    count = len(steps.location)
    wide = locations + steps.sets
    from_set, to_set = steps.origin >= 0, steps.target >= 0
    empty = steps.origin == _NONE_OPEN

    def matrix(y: float, of_s: float, of_q: float) -> sparse.csr_array:
        number = np.arange(count)
        parts = [
            (np.full(count, y), number, steps.location),
            (np.full(from_set.sum(), of_s), number[from_set], locations + steps.origin[from_set]),
            (np.full(to_set.sum(), of_q), number[to_set], locations + steps.target[to_set]),
        ]
        data, row, column = (np.concatenate(each) for each in zip(*parts, strict=True))
        return sparse.csr_array((data, (row, column)), shape=(count, wide))

    below = np.full(count, -np.inf)
    return [
        LinearConstraint(matrix(0.0, -1.0, 1.0)[from_set & to_set], -np.inf, 0.0),
        LinearConstraint(matrix(1.0, 0.0, 1.0)[to_set], -np.inf, 1.0),
        # the empty set is one, and stands on the right-hand side
        LinearConstraint(matrix(-1.0, 1.0, -1.0), below, np.where(empty, -1.0, 0.0)),
    ]


def number_open(problem: Problem, steps: Steps) -> LinearConstraint:
    """Give the row for how many counted locations are open.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    scipy.optimize.LinearConstraint
    """
    row = np.concatenate([problem.counted.astype(np.float64), np.zeros(steps.sets)])
    return LinearConstraint(sparse.csr_array(row[None, :]), problem.least, problem.most)


def volumes(problem: Problem, steps: Steps) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Volume of every location, as a linear function of the variables and a constant.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    rows : scipy.sparse.csr_array, shape (n_locations, n_variables)
    constants : ndarray of float, shape (n_locations,)
    """
    demand = np.bincount(steps.step, problem.demand[steps.point], len(steps.location))
    weights = np.zeros((len(problem.names), len(demand)))
    weights[steps.location, np.arange(len(demand))] = demand
    return taken(steps, weights, len(problem.names)), constant(steps, weights)


def volume_rows(problem: Problem, steps: Steps) -> list[LinearConstraint]:
    """Rows for the minimum volume and the capacity of counted locations.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    list of scipy.optimize.LinearConstraint
        Divided by the minimum and the capacity, so that the tolerance of the solver is a share.
    """
    rows, constants = volumes(problem, steps)
    out = []
    if problem.minimum > 0.0:
        which = np.flatnonzero(problem.counted & ~problem.closed)
        open_term = sparse.csr_array(
            (-np.ones(len(which)), (np.arange(len(which)), which)),
            shape=(len(which), rows.shape[1]),
        )
        scaled = rows[which] / problem.minimum + open_term
        out.append(LinearConstraint(scaled, -constants[which] / problem.minimum, np.inf))
    which = np.flatnonzero(problem.counted & np.isfinite(problem.capacity))
    if len(which):
        scale = np.maximum(problem.capacity[which], 1.0)
        scaled = sparse.diags_array(1.0 / scale) @ rows[which]
        out.append(
            LinearConstraint(scaled, -np.inf, (problem.capacity[which] - constants[which]) / scale)
        )
    return out


def costs(problem: Problem, steps: Steps, *, objective: str) -> NDArray[np.float64]:
    """Cost of every step, per group where the objective is `worst`.

    Parameters
    ----------
    problem, steps
        As asked.
    objective
        ``minutes``: shares of all demand times minutes; ``beyond``: shares of all demand beyond
        the limit; ``worst``: a row per group, shares of its demand times minutes.

    Returns
    -------
    ndarray of float, shape (1 or n_groups, n_steps)
    """
    driven = problem.minutes[steps.point, steps.location[steps.step]]
    demand = problem.demand[steps.point]
    count = len(steps.location)
    if objective == "beyond":
        driven = (driven > problem.limit).astype(np.float64)
    served = np.unique(steps.point)
    if objective != "worst":
        each = np.bincount(steps.step, demand * driven, count)
        return np.asarray(each[None, :] / problem.demand[served].sum())
    groups, code = np.unique(problem.group[steps.point], return_inverse=True)
    total = np.bincount(
        np.searchsorted(groups, problem.group[served]), problem.demand[served], len(groups)
    )
    out = np.zeros((len(groups), count))
    np.add.at(out, (code, steps.step), demand * driven)
    return out / total[:, None]
