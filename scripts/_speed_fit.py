"""Fit minutes per term on classes of known trips: convex, within physical limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from _speed_routes import ACCESS, FIXED
from _speed_terms import GROUPS, MEETINGS, REST
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from impact.network.osm.tag_tables import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LIMITS = (25.0, 30.0)
"""Minutes that part the three bands; a limit belongs to the lower band."""

CLOSE = 2.0
_SPREAD = 1.0
"""Minutes: how blurred a limit is taken to be (scale of a logistic curve)."""
_PULL = 2.0
"""Weight of the squared relative distance from the starting table, against a thousandth of the
log-likelihood per pair."""
_FACT_WEIGHT = 2.5
_PER_THOUSAND = 1000.0
_MOST = 60.0
"""Minutes under the starting table from which a pair can say nothing."""

START = {
    "motorway": (100.0, 86.0, 74.0),
    "motorway_link": (56.0, 46.0, 42.0),
    "trunk": (84.0, 63.0, 56.0),
    "primary": (67.0, 40.0, 35.0),
    "secondary": (61.0, 39.0, 34.0),
    "tertiary": (56.0, 37.0, 33.0),
    "link": (42.0, 33.0, 31.0),
    "unclassified": (46.0, 33.0, 28.0),
    "residential": (31.0, 26.0, 24.0),
}
"""km/h towards which the fit is drawn where the bands say little."""
_START_DELAY = {"priority": 0.7, "equal": 2.0, "minor": 5.0, "side": 7.0, "slip": 5.0}
_START_ACCESS = (35.0, 26.0)
_START_FIXED = 2.5

# the first is at least as fast as the second, in every setting
_FASTER = (
    ("motorway", "trunk"),
    ("trunk", "primary"),
    ("primary", "secondary"),
    ("secondary", "tertiary"),
    ("tertiary", "unclassified"),
    ("unclassified", "residential"),
    ("motorway", "motorway_link"),
    ("motorway_link", "link"),
    ("tertiary", "link"),
    ("link", "residential"),
)
_SHORTER = (("priority", "equal"), ("equal", "minor"), ("minor", "side"))


@dataclass(frozen=True, eq=False)
class Known:
    """What the fit is held to.

    Attributes
    ----------
    amount : ndarray of float, shape (n_pairs, n_terms)
    band : ndarray of int64, shape (n_pairs,)
        0, 1 or 2.
    fact_amount, fact_minutes, fact_spread
        Mean amounts of trips of which the minutes are known, the minutes, and how exact.
    """

    amount: NDArray[np.float64]
    band: NDArray[np.int64]
    fact_amount: NDArray[np.float64]
    fact_minutes: NDArray[np.float64]
    fact_spread: NDArray[np.float64]


def start_minutes(names: Sequence[str]) -> NDArray[np.float64]:
    """Minutes per unit of every term in the starting table."""
    return np.array([_start(name) for name in names])


def fit(names: Sequence[str], known: Known) -> NDArray[np.float64]:
    """Minutes per unit of every term that make the known bands most likely."""
    prior = start_minutes(names)
    near = known.amount @ prior < _MOST
    amount, band, count = known.amount[near], known.band[near], len(known.band)
    order = _orders(names)
    rows = np.zeros((len(order), len(names)))
    for row, (fast, slow) in enumerate(order):
        rows[row, fast], rows[row, slow] = -prior[fast], prior[slow]

    def objective(scaled: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        minutes = scaled * prior
        wrong, slope = _unlikeliness(amount @ minutes, band)
        miss = (known.fact_amount @ minutes - known.fact_minutes) / known.fact_spread
        value = _PER_THOUSAND * wrong / count + _FACT_WEIGHT * (miss**2).sum()
        value += _PULL * ((scaled - 1.0) ** 2).sum()
        down = _PER_THOUSAND / count * (slope @ amount)
        down += 2.0 * _FACT_WEIGHT * (miss / known.fact_spread) @ known.fact_amount
        return float(value), down * prior + 2.0 * _PULL * (scaled - 1.0)

    found = minimize(
        objective,
        np.ones(len(names)),
        jac=True,
        method="SLSQP",
        bounds=[_bounds(name) for name in names],
        constraints=[{"type": "ineq", "fun": lambda each: rows @ each, "jac": lambda _: rows}],
        options={"maxiter": 300, "ftol": 1e-6},
    )
    if not found.success:
        raise RuntimeError(found.message)
    return np.asarray(found.x * prior)


def off_band(minutes: NDArray[np.float64], band: NDArray[np.int64]) -> NDArray[np.float64]:
    """Minutes by which trips miss their band, negative below it; 0 in it."""
    low, high = np.array([-np.inf, *LIMITS])[band], np.array([*LIMITS, np.inf])[band]
    tiny = np.finfo(np.float64).tiny
    above = np.where(minutes > high, np.minimum(minutes, 1e9) - np.minimum(high, 1e9), 0.0)
    return np.where(minutes <= low, np.minimum(minutes - low, -tiny), above)


def _unlikeliness(
    minutes: NDArray[np.float64], band: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Negative log-likelihood of an ordered logit with fixed limits, and its slope per pair."""
    low, high = ((limit - minutes) / _SPREAD for limit in LIMITS)
    slope, total = np.zeros(len(minutes)), 0.0
    first, last, middle = (band == each for each in (0, 2, 1))
    total -= log_expit(low[first]).sum() + log_expit(-high[last]).sum()
    slope[first] = (1.0 - expit(low[first])) / _SPREAD
    slope[last] = -expit(high[last]) / _SPREAD
    below, under = expit(low[middle]), expit(high[middle])
    between = np.maximum(under - below, np.finfo(np.float64).tiny)
    total -= np.log(between).sum()
    slope[middle] = (under * (1.0 - under) - below * (1.0 - below)) / between / _SPREAD
    return float(total), slope


def _start(name: str) -> float:
    if name in _START_DELAY:
        return _START_DELAY[name] / 60.0
    if name in ACCESS:
        return 60.0 / _START_ACCESS[ACCESS.index(name)]
    if name in {REST, FIXED}:
        return 1.0 if name == REST else _START_FIXED
    group, setting = name.split(" ")
    return 60.0 / START[group][SETTINGS.index(setting)]


def _bounds(name: str) -> tuple[float, float]:
    """How far a term may go from the starting table, as factors on its minutes."""
    if name == REST:
        return (1.0, 1.0)
    if name in ACCESS:
        return (0.8, 1.3)
    if name in MEETINGS:
        return (0.2, 3.0)
    return (0.4, 1.6) if name == FIXED else (0.6, 2.0)


def _orders(names: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of terms of which the first takes no more time than the second."""
    place = {name: number for number, name in enumerate(names)}
    pairs = [(f"{fast} {each}", f"{slow} {each}") for fast, slow in _FASTER for each in SETTINGS]
    pairs += [
        (f"{group} {wide}", f"{group} {dense}")
        for group in GROUPS
        for wide, dense in pairwise(SETTINGS)
    ]
    return [(place[fast], place[slow]) for fast, slow in (*pairs, *_SHORTER)]
