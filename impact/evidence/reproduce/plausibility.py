"""How plausible each candidate is, where no volumes per hospital are known.

'k of n are below the norm N' means: the k smallest volumes are below N, the others are not. The
volumes themselves are not public, so they are drawn: volume of h = T x(h) / sum x, with x(h) =
catchment(h) x exp(sigma z), z standard normal. The total T is lognormal around the region's share
of the national count, or, where no count is published, flat in its logarithm. For each draw of x
the chance that exactly the k smallest are below N is known in closed form; it is the weight of
the candidate in which those k stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from impact.bundled import data_path
from impact.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NATIONAL = {
    "aortic_surgery": ("AAA (alle, primair)",),
    "lung_resections": ("anatomische longresectie",),
    "oesophagus_stomach_resections": ("slokdarmresectie (carcinoom)", "maagresectie (carcinoom)"),
    "pancreas_ercp": ("ERCP",),
    "pancreas_resections": ("pancreaschirurgie",),
}
"""Treatment -> rows of the published volumes that add up to what its norm counts, more or less."""

_COUNTS = ("procedures", "patients")
_TOTAL_SPREAD = 0.3
"""Of the logarithm of the region's total: other years, and care across the edge of the region."""

_LEAST_SHARE = 0.01
"""Part of the demand, divided over all providers, that keeps a catchment from being empty."""


@dataclass(frozen=True)
class Prior:
    """What is believed of volumes before any is known.

    Attributes
    ----------
    name
        Key of its text.
    sigma
        Spread of the logarithm of a volume around the catchment.
    by_catchment
        Whether volumes follow catchments; else all providers are alike.
    by_total
        Whether the total lies near the region's share of the national count.
    university
        Factor for university hospitals, which draw from further.
    """

    name: str
    sigma: float = 0.5
    by_catchment: bool = True
    by_total: bool = True
    university: float = 1.0


PRIORS = (
    Prior("catchment"),
    Prior("equal", by_catchment=False),
    Prior("no_total", by_total=False),
    Prior("narrow", sigma=0.25),
    Prior("broad", sigma=1.0),
    Prior("university", university=2.0),
)
"""The first is the one that is used; the others show its effect."""


@cache
def national_counts() -> dict[str, float]:
    """National counts per year, where they are published.

    Returns
    -------
    dict of str to float
        By treatment id, the latest row of each kind; several kinds are added.

    Examples
    --------
    >>> national_counts()["lung_resections"]
    2782.0
    """
    frame = read_table(data_path("volumes_published.csv")).frame
    frame = frame[(frame["hospital"] == "national") & frame["metric"].isin(_COUNTS)]
    latest = frame.drop_duplicates("intervention", keep="last").set_index("intervention")["count"]
    return {
        treatment: float(sum(float(latest[name]) for name in names))
        for treatment, names in NATIONAL.items()
    }


def plausibility(
    catchment: NDArray[np.float64],
    university: NDArray[np.bool_],
    members: NDArray[np.bool_],
    prior: Prior,
    *,
    norm_count: float | None,
    expected_total: float | None,
    all_below: bool,
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Weight of every candidate.

    Parameters
    ----------
    catchment : ndarray of float, shape (n_providers,)
        Demand whose nearest provider it is.
    university : ndarray of bool, shape (n_providers,)
        University hospitals.
    members : ndarray of bool, shape (n_candidates, n_providers)
        Who stops in each candidate; each stops as many.
    prior
        What is believed of volumes.
    norm_count
        The norm; `None` where there is none.
    expected_total
        The region's share of the national count, or `None`.
    all_below
        Whether all providers are below the norm, those that stay too.
    draws, seed
        Of the Monte Carlo.

    Returns
    -------
    ndarray of float, shape (n_candidates,)
        Adding to one; all alike where no draw fits.

    Examples
    --------
    The smaller of two is by far the likelier to be the one below the norm:

    >>> weights = plausibility(
    ...     np.array([100.0, 900.0]), np.zeros(2, bool), np.eye(2, dtype=bool), PRIORS[0],
    ...     norm_count=50.0, expected_total=None, all_below=False, draws=400, seed=1)
    >>> bool(weights[0] > 0.95)
    True
    """
    providers = len(catchment)
    stop = int(members[0].sum())
    base = catchment + _LEAST_SHARE * max(float(catchment.sum()), 1.0) / providers
    size = np.where(university, prior.university, 1.0) * (base if prior.by_catchment else 1.0)
    spread = np.random.default_rng(seed).standard_normal((draws, providers))
    relative = size * np.exp(prior.sigma * spread)
    relative /= relative.sum(axis=1, keepdims=True)
    order = np.argsort(relative, axis=1, kind="stable")
    ranked = np.take_along_axis(relative, order, axis=1)
    known_total = expected_total if prior.by_total else None
    weight = _fit(ranked, stop, norm_count, known_total, all_below=all_below)
    powers = np.left_shift(np.int64(1), np.arange(providers, dtype=np.int64))
    drawn = powers[order[:, :stop]].sum(axis=1)
    candidate = members @ powers
    total = _sums(drawn, weight)
    found = np.array([total.get(int(number), 0.0) for number in candidate])
    if not found.sum() > 0.0:
        return np.full(len(members), 1.0 / len(members))
    return np.asarray(found / found.sum())


def _fit(
    ranked: NDArray[np.float64],
    stop: int,
    norm_count: float | None,
    expected_total: float | None,
    *,
    all_below: bool,
) -> NDArray[np.float64]:
    """Chance, per draw, that the total puts the norm between the last that stops and the next.

    The largest that stops is below the norm N: T < N / x(k); the least that stays is not:
    T >= N / x(k + 1), unless all are below it.
    """
    last = ranked.shape[1] - 1
    if all_below:
        if norm_count is None or expected_total is None:
            return np.ones(len(ranked))
        return _below(norm_count / ranked[:, last], expected_total)
    above, below = ranked[:, stop], ranked[:, stop - 1]
    if norm_count is None or expected_total is None:
        return np.asarray(np.log(above / below))
    return _below(norm_count / below, expected_total) - _below(norm_count / above, expected_total)


def _below(total: NDArray[np.float64], expected: float) -> NDArray[np.float64]:
    return np.asarray(norm.cdf(np.log(total / expected) / _TOTAL_SPREAD))


def _sums(keys: NDArray[np.int64], weights: NDArray[np.float64]) -> Mapping[int, float]:
    found, place = np.unique(keys, return_inverse=True)
    return dict(zip(found.tolist(), np.bincount(place, weights, len(found)).tolist(), strict=True))
