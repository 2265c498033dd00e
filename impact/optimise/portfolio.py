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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.model.allocation import NOWHERE, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

OBJECTIVES = ("travel", "worst")
MOST_CHOICES = 200_000
"""Candidates over all treatments; more is refused before anything is computed."""

_WHOLE = 0.5
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

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where the choices of each treatment begin, and where the last end."""
        return np.cumsum([0, *(len(each.stops) for each in self.treatments)])

    @property
    def travel(self) -> NDArray[np.float64]:
        """Weighted demand times extra minutes of every choice, shape (n_choices,)."""
        return np.concatenate(
            [
                weight * each.minutes.sum(axis=1)
                for weight, each in zip(self.weights, self.treatments, strict=True)
            ]
        )

    @property
    def by_place(self) -> NDArray[np.float64]:
        """Mean extra minutes that a choice adds per municipality, shape (n_choices, n_places)."""
        pairs = list(zip(self.weights, self.treatments, strict=True))
        total = np.sum([weight * each.demand for weight, each in pairs], axis=0)
        gained = np.concatenate([weight * each.minutes for weight, each in pairs])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(total > 0.0, gained / total, 0.0))

    @property
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
    count = len(portfolio.treatments)
    if any(not allowed[starts[t] : starts[t + 1]].any() for t in range(count)):
        return Chosen((), np.nan, np.nan, "infeasible")
    switches = 1 + max((row.switch for row in rows), default=-1)
    width = many + switches + 1
    one = sparse.csr_array(
        (np.ones(many), (np.repeat(np.arange(count), np.diff(starts)), np.arange(many))),
        shape=(count, width),
    )
    constraints = [LinearConstraint(one, 1.0, 1.0)]
    if rows:
        constraints.append(_side_rows(rows, many, width))
    cost = np.zeros(width)
    if objective == "worst":
        cost[-1] = 1.0
        last = np.full((len(portfolio.places), switches + 1), 0.0)
        last[:, -1] = -1.0
        terms = sparse.csr_array(np.column_stack([portfolio.by_place.T, last]))
        constraints.append(LinearConstraint(terms, -np.inf, 0.0))
        # of equals the one with the least travel, at a price that never buys a better worst
        spread = max(float(np.abs(portfolio.travel).sum()), 1.0)
        cost[:many] = portfolio.travel / spread * _ROOM
    else:
        cost[:many] = portfolio.travel / portfolio.total if portfolio.total else 0.0
    whole = np.concatenate([np.ones(many + switches), [0.0]])
    upper = np.concatenate([allowed.astype(np.float64), np.ones(switches), [np.inf]])
    lower = np.concatenate([np.zeros(many + switches), [-np.inf]])
    found = milp(
        cost,
        integrality=whole,
        bounds=Bounds(lower if objective == "worst" else np.zeros(width), upper),
        constraints=constraints,
        options={"mip_rel_gap": 0.0, "time_limit": time_limit},
    )
    if found.x is None:
        status = "time" if int(found.status) == _TIME_LIMIT else "infeasible"
        return Chosen((), np.nan, np.nan, status)
    picked = np.asarray(found.x)[:many] > _WHOLE
    choice = tuple(int(np.flatnonzero(picked[starts[t] : starts[t + 1]])[0]) for t in range(count))
    value = portfolio.values(choice)[objective]
    done = int(found.status) != _TIME_LIMIT
    bound = value if done else float(found.mip_dual_bound)
    return Chosen(choice, value, bound, "optimal" if done else "time")


def _side_rows(rows: Sequence[Row], many: int, width: int) -> LinearConstraint:
    terms = np.zeros((len(rows), width))
    for number, row in enumerate(rows):
        terms[number, :many] = row.terms
        if row.switch >= 0:
            terms[number, many + row.switch] = row.factor
    low = np.array([row.low for row in rows])
    high = np.array([row.high for row in rows])
    return LinearConstraint(sparse.csr_array(terms), low, high)
