"""One choice per treatment at once: the set of choices that costs least, under conditions.

With treatments t, their candidates c, and x_tc = 1 where candidate c is chosen for t:

    minimise   sum_t w_t sum_c m_tc x_tc          (travel), or
               z >= sum_t w_t sum_c g_tcp x_tc / d_p for every municipality p   (worst)
    subject to sum_c x_tc = 1                     for every treatment
               every condition, linear in x       (see `impact.optimise.conditions`)

m_tc is demand times extra minutes, g_tcp the part of it in municipality p, and d_p the demand of p
over all treatments. w_t is one where every treatment counts patients; where one counts residents,
the unit of another is not its own, and w_t is one over the demand of t: every treatment weighs the
same. A candidate that leaves somebody without any route is left out, and counted.

This is a multiple-choice knapsack with side rows (Sinha and Zoltners 1979); HiGHS (Huangfu and Hall
2018) proves it, or says how far it may be from the best.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from impact.model.allocation import NOWHERE, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

OBJECTIVES = ("travel", "worst")
MOST_CHOICES = 200_000
"""Candidates over all treatments; more is refused before anything is computed."""

_LIKELY = 60
"""Choices per treatment, those of the least reduced cost, in which a first answer is sought."""

_TIME_LIMIT = 1
_ROOM = 1e-7


@dataclass(frozen=True, eq=False)
class Treatment:
    """One treatment and its candidates, as arrays.

    Attributes
    ----------
    name
        Of the treatment.
    unit
        Of its demand.
    norm
        Least volume per location; NaN without one.
    locations
        Its own: who performs it, or may.
    stops, opens
        Per candidate.
    performs : ndarray of bool, shape (n_candidates, n_locations)
        Who performs it after the change.
    volume : ndarray of float, shape (n_candidates, n_locations)
        After the change.
    performed : ndarray of bool, shape (n_locations,)
    volume_before : ndarray of float, shape (n_locations,)
    minutes : ndarray of float, shape (n_candidates, n_places)
        Demand times extra minutes, per municipality.
    demand : ndarray of float, shape (n_places,)
    left_out
        Candidates that leave somebody without a route.
    """

    name: str
    unit: str
    norm: float
    locations: tuple[str, ...]
    stops: tuple[tuple[str, ...], ...]
    opens: tuple[tuple[str, ...], ...]
    performs: NDArray[np.bool_]
    volume: NDArray[np.float64]
    performed: NDArray[np.bool_]
    volume_before: NDArray[np.float64]
    minutes: NDArray[np.float64]
    demand: NDArray[np.float64]
    left_out: int = 0


def evaluate(
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    brings: NDArray[np.float64],
    place: NDArray[np.int64],
    places: int,
    *,
    before: NDArray[np.bool_],
    usable: Iterable[NDArray[np.bool_]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Send everybody to the nearest that is left, for each set of usable locations.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        One way; infinite where there is no route.
    demand, brings : ndarray of float, shape (n_postcodes,)
        Who travels, and what they add to volumes.
    place : ndarray of int, shape (n_postcodes,)
        Municipality of each postcode.
    places
        How many there are.
    before : ndarray of bool, shape (n_locations,)
        Usable before the change.
    usable
        Per candidate, usable after it.

    Returns
    -------
    gained : ndarray of float, shape (n_candidates, n_places)
        Demand times extra minutes, as ``mean_extra_all`` of a sweep counts it.
    volume : ndarray of float, shape (n_candidates, n_locations)
    volume_before : ndarray of float, shape (n_locations,)
    stranded : ndarray of bool, shape (n_candidates,)
        Whether somebody loses every route.

    Examples
    --------
    Ten people 5 minutes from a and 20 from b; a stops:

    >>> today, left = np.array([True, True]), np.array([False, True])
    >>> gained, volume, *_ = evaluate(np.array([[5.0, 20.0]]), np.array([10.0]), np.array([10.0]),
    ...     np.array([0]), 1, before=today, usable=[left])
    >>> gained.tolist(), volume.tolist()
    ([[150.0]], [[0.0, 10.0]])
    """
    rows, count = np.arange(len(demand)), minutes.shape[1]
    padded = np.column_stack([minutes, np.full(len(rows), np.inf)])

    def sent(who: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        chosen = nearest(np.where(who, minutes, np.inf))
        return chosen, padded[rows, chosen]

    def volumes(chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        there = chosen != NOWHERE
        return np.bincount(chosen[there], brings[there], count).astype(np.float64)

    base, was = sent(before)
    gained, volume, stranded = [], [], []
    for who in usable:
        chosen, now = sent(who)
        both = np.isfinite(now) & np.isfinite(was)
        extra = np.where(both, now, 0.0) - np.where(both, was, 0.0)
        gained.append(np.bincount(place, extra * demand, places))
        volume.append(volumes(chosen))
        stranded.append(bool((np.isfinite(was) & ~np.isfinite(now) & (demand > 0.0)).any()))
    return (
        np.array(gained, dtype=np.float64).reshape(-1, places),
        np.array(volume, dtype=np.float64).reshape(-1, count),
        volumes(base),
        np.array(stranded, dtype=bool),
    )


@dataclass(frozen=True, eq=False)
class Row:
    """One linear row: low <= sum_tc terms_tc x_tc + switch y <= high.

    Attributes
    ----------
    terms : ndarray of float, shape (n_choices,)
    low, high
        Limits.
    switch
        Number of a yes-or-no variable of the condition; -1 where there is none.
    factor
        Of that variable.
    about
        Organisation, location or municipality that the row is about.
    """

    terms: NDArray[np.float64]
    low: float
    high: float
    switch: int = -1
    factor: float = 0.0
    about: str = ""


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the solver gave.

    Attributes
    ----------
    choice
        Per treatment the number of its candidate; empty where nothing was found.
    value, bound
        Of the objective.
    status
        ``optimal``, ``time`` (a time limit, with the gap that is left), or ``infeasible``.
    """

    choice: tuple[int, ...]
    value: float
    bound: float
    status: str

    @property
    def gap(self) -> float:
        """How far the value may lie above the best, as a share; NaN without a value."""
        if not self.choice:
            return float("nan")
        room = max(self.value - self.bound, 0.0)
        return room / max(abs(self.value), 1.0)


@dataclass(frozen=True, eq=False)
class Portfolio:
    """Every treatment with its candidates, and what they weigh.

    Attributes
    ----------
    treatments
        In the order of the study.
    weights : ndarray of float, shape (n_treatments,)
        w_t of the formula.
    places
        Municipalities.
    """

    treatments: tuple[Treatment, ...]
    weights: NDArray[np.float64]
    places: tuple[str, ...]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the choices of each treatment begin, and where the last end."""
        return np.cumsum([0, *(len(each.stops) for each in self.treatments)])

    @cached_property
    def travel(self) -> NDArray[np.float64]:
        """Weighted demand times extra minutes of every choice, shape (n_choices,)."""
        return np.concatenate(
            [
                weight * each.minutes.sum(axis=1)
                for weight, each in zip(self.weights, self.treatments, strict=True)
            ]
        )

    @cached_property
    def by_place(self) -> NDArray[np.float64]:
        """Mean extra minutes that a choice adds per municipality, shape (n_choices, n_places)."""
        pairs = list(zip(self.weights, self.treatments, strict=True))
        total = np.sum([weight * each.demand for weight, each in pairs], axis=0)
        gained = np.concatenate([weight * each.minutes for weight, each in pairs])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(total > 0.0, gained / total, 0.0))

    @cached_property
    def total(self) -> float:
        """Weighted demand of all treatments."""
        pairs = zip(self.weights, self.treatments, strict=True)
        return float(sum(weight * each.demand.sum() for weight, each in pairs))

    def values(self, choice: Sequence[int]) -> dict[str, float]:
        """Mean extra minutes over everybody, and of the worst municipality."""
        at = self.starts[:-1] + np.asarray(choice, dtype=np.int64)
        return {
            "travel": float(self.travel[at].sum()) / self.total if self.total else 0.0,
            "worst": float(self.by_place[at].sum(axis=0).max(initial=0.0)),
        }


def weights_of(treatments: Sequence[Treatment], counted: str) -> NDArray[np.float64]:
    """Weigh treatments: as they count where all count patients, else each the same.

    Parameters
    ----------
    treatments
        Of the portfolio.
    counted
        The unit in which all must count.

    Returns
    -------
    ndarray of float, shape (n_treatments,)
    """
    if all(each.unit == counted for each in treatments):
        return np.ones(len(treatments))
    totals = np.array([each.demand.sum() for each in treatments])
    return np.where(totals > 0.0, 1.0 / np.where(totals > 0.0, totals, 1.0), 0.0)


def solve_portfolio(
    portfolio: Portfolio,
    rows: Sequence[Row] = (),
    *,
    allowed: NDArray[np.bool_] | None = None,
    objective: str = "travel",
    time_limit: float = 60.0,
) -> Chosen:
    """Choose one candidate per treatment.

    Parameters
    ----------
    portfolio
        Treatments and candidates.
    rows
        Conditions over several treatments.
    allowed : ndarray of bool, shape (n_choices,)
        Choices that conditions on one treatment leave; all by default.
    objective
        One of `OBJECTIVES`.
    time_limit
        Seconds in the solver.

    Returns
    -------
    Chosen
        With its value in mean extra minutes over everybody, or of the worst municipality.
    """
    starts, many = portfolio.starts, int(portfolio.starts[-1])
    allowed = np.ones(many, dtype=bool) if allowed is None else allowed
    if any(not allowed[starts[t] : starts[t + 1]].any() for t in range(len(starts) - 1)):
        return Chosen((), np.nan, np.nan, "infeasible")
    program = _program(portfolio, rows, objective)
    found, done, bound = _narrowed(program, starts, allowed, time_limit)
    if found is None:
        return Chosen((), np.nan, np.nan, "infeasible" if done else "time")
    choice = tuple(int(np.argmax(found[starts[t] : starts[t + 1]])) for t in range(len(starts) - 1))
    value = portfolio.values(choice)[objective]
    return Chosen(choice, value, value if done else bound, "optimal" if done else "time")


@dataclass(frozen=True, eq=False)
class _Program:
    """A program: cost, rows with their limits, lower bounds, and which variables are whole."""

    cost: NDArray[np.float64]
    terms: sparse.csr_array
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    least: NDArray[np.float64]
    whole: NDArray[np.float64]


def _program(portfolio: Portfolio, rows: Sequence[Row], objective: str) -> _Program:
    """Write the whole program: choices, then switches, then the worst municipality."""
    starts, many = portfolio.starts, int(portfolio.starts[-1])
    count = len(portfolio.treatments)
    switches = 1 + max((row.switch for row in rows), default=-1)
    width = many + switches + 1
    places = (np.repeat(np.arange(count), np.diff(starts)), np.arange(many))
    blocks = [sparse.csr_array((np.ones(many), places), shape=(count, width))]
    low, high = [np.ones(count)], [np.ones(count)]
    cost, least = np.zeros(width), np.zeros(width)
    if rows:
        blocks.append(_side_rows(rows, many, width))
        low.append(np.array([row.low for row in rows]))
        high.append(np.array([row.high for row in rows]))
    if objective == "worst":
        size = len(portfolio.places)
        last = np.zeros((size, switches + 1))
        last[:, -1] = -1.0
        blocks.append(sparse.csr_array(np.column_stack([portfolio.by_place.T, last])))
        low.append(np.full(size, -np.inf))
        high.append(np.zeros(size))
        cost[-1], least[-1] = 1.0, -np.inf
        # of equals the one with the least travel, at a price that never buys a better worst
        spread = max(float(np.abs(portfolio.travel).sum()), 1.0)
        cost[:many] = portfolio.travel / spread * _ROOM
    elif portfolio.total:
        cost[:many] = portfolio.travel / portfolio.total
    whole = np.concatenate([np.ones(width - 1), [0.0]])
    terms = sparse.csr_array(sparse.vstack(blocks, format="csr"))
    return _Program(cost, terms, np.concatenate(low), np.concatenate(high), least, whole)


def _narrowed(
    program: _Program, starts: NDArray[np.int64], allowed: NDArray[np.bool_], time_limit: float
) -> tuple[NDArray[np.float64] | None, bool, float]:
    """Solve over the choices that can matter: first the likely ones, then all that are left.

    The relaxation gives a bound L and reduced costs; a choice whose reduced cost exceeds U - L,
    with U the value of any solution, is in no better one (Dantzig, Fulkerson and Johnson 1954).
    """
    began, many = time.monotonic(), len(allowed)
    bound, reduced = _relaxed(program, allowed)
    if reduced is None:
        return None, True, np.nan
    order = np.where(allowed, reduced[:many], np.inf)
    first = np.zeros(many, dtype=bool)
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        first[start + np.argsort(order[start:end], kind="stable")[:_LIKELY]] = True
    found, value, done, _ = _whole(program, first & allowed, time_limit / 2.0)
    if found is not None:
        room = value - bound
        allowed = allowed & (order <= room + _ROOM * max(1.0, abs(value)))
    if found is None or not done or (allowed & ~first).any():
        left = max(time_limit - (time.monotonic() - began), 1.0)
        better, again, done, least = _whole(program, allowed, left)
        if better is not None and (found is None or again <= value):
            found, value = better, again
        bound = max(bound, least) if np.isfinite(least) else bound
    return found, done, bound


def _relaxed(
    program: _Program, allowed: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64] | None]:
    """Value of the linear relaxation and the reduced costs; without these where nothing fits."""
    upper, lower = np.isfinite(program.high), np.isfinite(program.low)
    equal = upper & lower & (program.low == program.high)
    above, below = upper & ~equal, lower & ~equal
    most = np.ones(len(program.cost))
    most[: len(allowed)] = allowed
    most[-1] = np.inf
    sides = sparse.vstack([program.terms[above], -program.terms[below]], format="csr")
    # the stubs of SciPy know no sparse rows here
    rows: dict[str, Any] = {"A_eq": program.terms[equal], "b_eq": program.low[equal]}
    if sides.shape[0]:
        limits = np.concatenate([program.high[above], -program.low[below]])
        rows |= {"A_ub": sides, "b_ub": limits}
    bounds = np.column_stack([program.least, most]).tolist()
    found = linprog(program.cost, **rows, bounds=bounds, method="highs")
    if found.x is None:
        return np.nan, None
    reduced = program.cost - program.terms[equal].T @ np.asarray(found.eqlin.marginals)
    if sides.shape[0]:
        reduced = reduced - sides.T @ np.asarray(found.ineqlin.marginals)
    # what an upper bound of one holds back would lower the value: it may be in every solution
    return float(found.fun or 0.0), np.maximum(reduced, 0.0)


def _whole(
    program: _Program, allowed: NDArray[np.bool_], time_limit: float
) -> tuple[NDArray[np.float64] | None, float, bool, float]:
    """Solve in whole numbers over some choices: answer, value, whether in time, and the bound."""
    many = len(allowed)
    kept = np.concatenate([allowed, np.ones(len(program.cost) - many, dtype=bool)])
    most = np.ones(int(kept.sum()))
    most[-1] = np.inf
    found = milp(
        program.cost[kept],
        integrality=program.whole[kept],
        bounds=Bounds(program.least[kept], most),
        constraints=[LinearConstraint(program.terms[:, kept], program.low, program.high)],
        options={"mip_rel_gap": 0.0, "time_limit": time_limit},
    )
    done = int(found.status) != _TIME_LIMIT
    bound = np.nan if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if found.x is None:
        return None, np.inf, done, bound
    out = np.zeros(len(program.cost))
    out[kept] = found.x
    return out[:many], float(found.fun), done, bound


def _side_rows(rows: Sequence[Row], many: int, width: int) -> sparse.csr_array:
    terms = np.zeros((len(rows), width))
    for number, row in enumerate(rows):
        terms[number, :many] = row.terms
        if row.switch >= 0:
            terms[number, many + row.switch] = row.factor
    return sparse.csr_array(terms)
