"""The square-root law: close locations at random and see how mean travel to the nearest grows.

If n locations lie like random points in a plane of area A, the mean distance to the nearest is
1 / (2 √(n / A)): with a quarter of the locations it doubles. The rule of thumb says the same of
travel times. It holds for thinning at random over a country, not for a chosen closure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DRAWS = 400
"""Orders in which locations close."""

SEED = 1

_LEAST_SHARE = 1.0 / 16.0
_RESAMPLES = 2000
_MIDDLE_95 = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Thinning:
    """Mean travel to the nearest location, by how many are left.

    Attributes
    ----------
    left : ndarray of int64, shape (n_sizes,)
        Locations left, from all to a sixteenth.
    means : ndarray of float, shape (n_draws, n_sizes)
        Minutes or kilometres.
    seed
        Of the draws.
    left_out
        Share of the weight that cannot reach every location, and does not count.
    """

    left: NDArray[np.int64]
    means: NDArray[np.float64]
    seed: int
    left_out: float

    @property
    def quarter(self) -> int:
        """Locations left of which the ratio is taken: a quarter, rounded."""
        return round(int(self.left[0]) / 4)

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Mean with a quarter of the locations over that with all, per draw."""
        place = int(np.flatnonzero(self.left == self.quarter)[0])
        return np.asarray(self.means[:, place] / self.means[:, 0])

    @property
    def exponents(self) -> NDArray[np.float64]:
        """Exponent e of mean ∝ (1 / left)^e per draw; see `exponents`."""
        return exponents(self.left, self.means)

    def band(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Give the middle 95 % of the draws."""
        low, high = np.percentile(values, _MIDDLE_95)
        return float(low), float(high)

    def interval(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Give the 95 % confidence interval of the mean over draws, by a seeded bootstrap."""
        picks = np.random.default_rng(self.seed).integers(
            len(values), size=(_RESAMPLES, len(values))
        )
        return self.band(values[picks].mean(axis=1))


def thin(
    costs: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Thinning:
    """Close locations in random orders and average the way to the nearest that is left.

    Parameters
    ----------
    costs : ndarray of float, shape (n_origins, n_locations)
        Minutes or kilometres; infinite where there is no route.
    weights : ndarray of float, shape (n_origins,)
        People.
    draws
        How many orders; within one the sets are nested, so that no mean ever shrinks.
    seed
        Of the orders.

    Returns
    -------
    Thinning

    Raises
    ------
    InputError
        With fewer than four locations, or when nobody reaches them all.

    Notes
    -----
    O(draws · origins · locations): minima along each order.

    Examples
    --------
    >>> line = np.abs(np.linspace(0, 1, 501)[:, None] - np.linspace(0, 1, 65)[None, :])
    >>> found = thin(line, np.ones(501), draws=20)
    >>> found.left.tolist()
    [65, 46, 32, 23, 16, 11, 8, 6, 4]
    """
    reached = np.isfinite(costs).all(axis=1)
    count, total = costs.shape[1], float(weights.sum())
    if count < 4 or not weights[reached].sum() > 0.0:  # noqa: PLR2004 (a quarter is then none)
        expected = "four locations or more, and people who reach all of them"
        raise InputError(Fault("thin", "", "costs", f"{count} locations", expected))
    left = left_sizes(count)
    # a location per row, so that minima go through memory in order
    rows = np.ascontiguousarray(costs[reached].T)
    # from few to many: each size takes the minimum over the locations that it adds
    starts = np.r_[0, left[:0:-1]]
    shares = weights[reached] / weights[reached].sum()
    chance = np.random.default_rng(seed)
    means = np.empty((draws, len(left)))
    for draw in range(draws):
        order = chance.permutation(count)
        added = np.minimum.reduceat(rows[order], starts, axis=0)
        means[draw, ::-1] = np.minimum.accumulate(added, axis=0) @ shares
    return Thinning(left, means, seed, 1.0 - float(weights[reached].sum()) / total)


def left_sizes(count: int) -> NDArray[np.int64]:
    """Numbers of locations left: all, and each time 1/√2 of those, to a sixteenth.

    Parameters
    ----------
    count
        All.

    Returns
    -------
    ndarray of int64
        Descending, each once; a quarter is among them.

    Examples
    --------
    >>> left_sizes(111).tolist()
    [111, 78, 56, 39, 28, 20, 14, 10, 7]
    """
    steps = int(np.log2(1.0 / _LEAST_SHARE) * 2)
    sizes = [max(1, round(count / 2.0 ** (step / 2.0))) for step in range(steps + 1)]
    return np.array(sorted(set(sizes), reverse=True), dtype=np.int64)


def exponents(
    left: NDArray[np.int64] | Sequence[int], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit mean ∝ (1 / left)^e by least squares on logarithms.

    Parameters
    ----------
    left : array of int, shape (n_sizes,)
        Locations left.
    means : ndarray of float, shape (n_draws, n_sizes)
        Minutes or kilometres above zero.

    Returns
    -------
    ndarray of float, shape (n_draws,)
        One half is the square-root law.

    Examples
    --------
    >>> exponents([64, 16, 4], np.array([[1.0, 2.0, 4.0]])).round(3).tolist()
    [0.5]
    """
    x = -np.log(np.asarray(left, dtype=np.float64))
    x = x - x.mean()
    return np.asarray(np.log(means) @ x / (x @ x))
