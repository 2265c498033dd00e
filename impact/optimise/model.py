"""The redistribution problem as a mixed-integer program.

The sets S of `impact.optimise.model`: postcodes that share their r nearest
locations, in whatever order, share a set.

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
               sum_today y_h >= 1                                   one of today's stays
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.optimise.problem import Problem

    _Triplets = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]

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
    counts = np.isfinite(usable).sum(axis=1)
    able = problem.counted & ~problem.closed
    may_close = int(able.sum()) - max(problem.least, 0)
    rows = np.flatnonzero((problem.demand > 0.0) & (counts > 0))
    order, counts = np.argsort(usable[rows], axis=1, kind="stable"), counts[rows]
    # somebody who can go nowhere else needs one of these to be open
    needed = set(_names_of(np.isfinite(usable[rows])))
    # all postcodes take their first step, then all their second: sets grow by one at a time
    members = np.zeros(order.shape, dtype=bool)
    at, walking = np.full(len(rows), NONE_OPEN), np.arange(len(rows))
    ends, pairs, known, sets = [np.empty((0, 3), np.int64)], [np.empty((0, 3), np.int64)], 0, 0
    for depth in range(order.shape[1]):
        walking = walking[counts[walking] > depth]
        location = order[walking, depth]
        members[walking, location] = True
        _, first, step = np.unique(
            at[walking] * order.shape[1] + location, return_index=True, return_inverse=True
        )
        reached = members[walking[first]]
        names = _names_of(reached)
        always = problem.open[location[first]]
        always = always | (reached @ problem.counted.astype(np.int64) > may_close)
        always |= np.array([name in needed for name in names], dtype=bool)
        numbers: dict[bytes, int] = {}
        target = np.full(len(first), _IMPOSSIBLE)
        for place in np.flatnonzero(~always).tolist():
            target[place] = numbers.setdefault(names[place], sets + len(numbers))
        sets += len(numbers)
        ends.append(np.column_stack([location[first], at[walking[first]], target]))
        pairs.append(np.column_stack([walking, np.full(len(walking), depth), known + step]))
        known += len(first)
        at[walking] = target[step]
        walking = walking[at[walking] != _IMPOSSIBLE]
    return _numbered(np.concatenate(ends), np.concatenate(pairs), rows, sets)


def _names_of(members: NDArray[np.bool_]) -> list[bytes]:
    """Name each set of locations, alike where the set is the same."""
    return [row.tobytes() for row in np.packbits(members, axis=1)]


def _numbered(
    ends: NDArray[np.int64], pairs: NDArray[np.int64], rows: NDArray[np.int64], sets: int
) -> Steps:
    """Give steps and sets the numbers in which one meets them, postcode by postcode."""
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    met, new_step = _by_first(pairs[:, 2], len(ends))
    location, origin, target = ends[met].T
    _, new_set = _by_first(target[target >= 0], sets)
    return Steps(
        location,
        np.where(origin >= 0, new_set[np.maximum(origin, 0)], origin),
        np.where(target >= 0, new_set[np.maximum(target, 0)], target),
        sets=sets,
        point=rows[pairs[:, 0]],
        step=new_step[pairs[:, 2]],
    )


def _by_first(met: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort numbers by where they are first met, and give each its place in that order.

    Examples
    --------
    >>> _by_first(np.array([2, 0, 2, 1]), 3)
    (array([2, 0, 1]), array([1, 2, 0]))
    """
    number, first = np.unique(met, return_index=True)
    order = number[np.argsort(first)]
    place = np.zeros(max(count, 1), dtype=np.int64)
    place[order] = np.arange(len(order))
    return order, place


@dataclass(frozen=True, eq=False)
class Rows:
    """Constraints low <= terms @ variables <= high.

    Attributes
    ----------
    terms : scipy.sparse.csr_array, shape (n_rows, n_variables)
        Coefficients.
    low, high : ndarray of float, shape (n_rows,)
        Infinite where there is no limit.
    """

    terms: sparse.csr_array
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def taken(problem: Problem, steps: Steps, weights: NDArray[np.float64]) -> sparse.csr_array:
    """Weight that takes each step, as a linear function of the variables.

    Parameters
    ----------
    problem, steps
        As asked.
    weights : ndarray of float, shape (n_rows, n_steps)
        One row per sum over steps that is wanted.

    Returns
    -------
    scipy.sparse.csr_array, shape (n_rows, n_variables)
        Without its constant part, which is `constant`.
    """
    rows, place = np.nonzero(weights)
    values, locations = weights[rows, place], len(problem.names)
    parts = []
    for ends, sign in ((steps.origin, 1.0), (steps.target, -1.0)):
        has = ends[place] >= 0
        parts.append((sign * values[has], rows[has], locations + ends[place[has]]))
    return matrix(parts, (len(weights), variables(problem, steps)))


def constant(steps: Steps, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the constant part of `taken`: from the empty set everybody takes the first step."""
    return np.asarray(weights[:, steps.origin == NONE_OPEN].sum(axis=1), dtype=np.float64)


def variables(problem: Problem, steps: Steps) -> int:
    """Count the columns: y of every location, z of every set, and one more, which is the last."""
    return len(problem.names) + steps.sets + 1


def matrix(parts: Sequence[_Triplets], shape: tuple[int, int]) -> sparse.csr_array:
    """Join triplets (values, rows, columns) into a sparse matrix; equal places add up."""
    data, row, column = (np.concatenate(each) for each in zip(*parts, strict=True))
    return sparse.csr_array((data, (row, column)), shape=shape)


def closest_assignment(problem: Problem, steps: Steps) -> list[Rows]:
    """Rows that make z_S one exactly where no location of S is open.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    list of Rows
        z_Q <= z_S, z_Q + y_h <= 1 and z_S - z_Q - y_h <= 0 for every step.
    """
    locations, empty = len(problem.names), steps.origin == NONE_OPEN
    from_set, to_set = steps.origin >= 0, steps.target >= 0

    def rows(which: NDArray[np.bool_], y: float, of_s: float, of_q: float) -> sparse.csr_array:
        number = np.cumsum(which) - 1
        parts = [
            (np.full(which.sum(), y), number[which], steps.location[which]),
            *(
                (np.full(has.sum(), value), number[has], locations + ends[has])
                for value, ends, has in (
                    (of_s, steps.origin, which & from_set),
                    (of_q, steps.target, which & to_set),
                )
            ),
        ]
        return matrix(parts, (int(which.sum()), variables(problem, steps)))

    every = np.ones(len(empty), dtype=bool)
    return [
        at_most(rows(from_set & to_set, 0.0, -1.0, 1.0), 0.0),
        at_most(rows(to_set, 1.0, 0.0, 1.0), 1.0),
        # z of the empty set is one, and stands on the right-hand side
        at_most(rows(every, -1.0, 1.0, -1.0), np.where(empty, -1.0, 0.0)),
    ]


def at_most(terms: sparse.csr_array, high: NDArray[np.float64] | float) -> Rows:
    """Rows that stay at or below a limit."""
    count = terms.shape[0]
    return Rows(terms, np.full(count, -np.inf), np.broadcast_to(high, count))


def number_open(problem: Problem, steps: Steps) -> Rows:
    """Give the row for how many counted locations are open.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    Rows
    """
    which = np.flatnonzero(problem.counted)
    part = (np.ones(len(which)), np.zeros(len(which), dtype=np.int64), which)
    terms = matrix([part], (1, variables(problem, steps)))
    return Rows(terms, np.array([float(problem.least)]), np.array([float(problem.most)]))


def one_of_todays(problem: Problem, steps: Steps, todays: NDArray[np.bool_]) -> Rows:
    """Give the row that keeps one of today's providers open."""
    which = np.flatnonzero(todays)
    part = (np.ones(len(which)), np.zeros(len(which), dtype=np.int64), which)
    terms = matrix([part], (1, variables(problem, steps)))
    return Rows(terms, np.array([1.0]), np.array([np.inf]))


def volumes(problem: Problem, steps: Steps) -> NDArray[np.float64]:
    """Volume that takes each step, as weights for the volume of every location.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    ndarray of float, shape (n_locations, n_steps)
        Each step counts for the location that it passes: who takes it goes there.
    """
    brings = np.bincount(steps.step, problem.brings[steps.point], len(steps.location))
    weights = np.zeros((len(problem.names), len(brings)))
    weights[steps.location, np.arange(len(brings))] = brings
    return weights


def minimum_volume(problem: Problem, steps: Steps) -> Rows:
    """Rows that give every open counted location the minimum: y_h - V_h / N <= 0.

    Parameters
    ----------
    problem, steps
        As asked, with a minimum above zero.

    Returns
    -------
    Rows
        Divided by the minimum, so that the tolerance of the solver is a share of it.
    """
    which = np.flatnonzero(problem.counted & ~problem.closed)
    weights = -volumes(problem, steps)[which] / problem.minimum
    part = (np.ones(len(which)), np.arange(len(which)), which)
    shape = (len(which), variables(problem, steps))
    terms = sparse.csr_array(taken(problem, steps, weights) + matrix([part], shape))
    return at_most(terms, -constant(steps, weights))


def capacity(problem: Problem, steps: Steps) -> Rows:
    """Rows that give no counted location more than its capacity: V_h / C_h <= 1.

    Parameters
    ----------
    problem, steps
        As asked.

    Returns
    -------
    Rows
        One per location whose capacity is known and not zero.
    """
    known = np.isfinite(problem.capacity) & (problem.capacity > 0.0)
    which = np.flatnonzero(problem.counted & known)
    weights = volumes(problem, steps)[which] / problem.capacity[which, None]
    return at_most(taken(problem, steps, weights), 1.0 - constant(steps, weights))


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
    of_group = np.searchsorted(groups, problem.group[served])
    total = np.bincount(of_group, problem.demand[served], len(groups))
    out = np.zeros((len(groups), count))
    np.add.at(out, (code, steps.step), demand * driven)
    return np.asarray(out / total[:, None])
