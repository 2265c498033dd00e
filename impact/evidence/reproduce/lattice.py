"""Extra minutes of every subset of providers at once, by sums over a lattice.

Under nearest allocation a postcode whose providers lie at t(1) <= t(2) <= ... travels, when the
set S stops, the sum of the gaps t(r+1) - t(r) over those r for which its r nearest all stop. So
each gap belongs to one set (the r nearest), and the extra minutes of S are the sum over the
subsets of S: one transform gives them for all 2^n sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Lattice:
    """Sums for every set of providers that stop; a set is a number with bit h for provider h.

    Attributes
    ----------
    moved : ndarray of float, shape (2**n,)
        Demand whose nearest provider stops.
    minutes : ndarray of float, shape (2**n,)
        Its extra minutes, summed; infinite where demand has nowhere left to go.
    """

    moved: NDArray[np.float64]
    minutes: NDArray[np.float64]


def nearest_lattice(
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    *,
    outside: NDArray[np.float64] | None = None,
) -> Lattice:
    """Moved demand and its extra minutes for every set of providers that stops.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_providers)
        Finite; providers sorted by name, so that the first of equals is the first by name.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    outside : ndarray of float, shape (n_postcodes,), optional
        Minutes to the nearest provider that never stops (of another region), before and after.

    Returns
    -------
    Lattice

    Notes
    -----
    O(p n log n + n 2^n) for p postcodes: a second for 20 providers, milliseconds for 16.

    Examples
    --------
    Two postcodes, three providers; when the first two providers stop both go to the third:

    >>> sums = nearest_lattice(np.array([[5.0, 9.0, 20.0], [8.0, 2.0, 4.0]]), np.ones(2))
    >>> both = 0b011
    >>> float(sums.moved[both]), float(sums.minutes[both])
    (2.0, 17.0)
    """
    postcodes, providers = minutes.shape
    size = 1 << providers
    order = np.argsort(minutes, axis=1, kind="stable")
    ranked = np.take_along_axis(minutes, order, axis=1)
    beyond = np.full(postcodes, np.inf) if outside is None else outside
    prefix = np.bitwise_or.accumulate(np.left_shift(1, order), axis=1)
    reached = ranked < beyond[:, None]
    following = np.minimum(np.column_stack([ranked[:, 1:], np.full(postcodes, np.inf)]), beyond[:, None])
    gaps = np.zeros_like(ranked)
    gaps[reached] = (following - ranked)[reached]
    first = reached[:, 0]
    moved = np.bincount(prefix[first, 0], demand[first], size)
    counted = reached & (demand > 0.0)[:, None]
    weight = np.broadcast_to(demand[:, None], gaps.shape)
    total = np.bincount(prefix[counted], gaps[counted] * weight[counted], size)
    return Lattice(_over_subsets(moved, providers), _over_subsets(total, providers))


def _over_subsets(values: NDArray[np.float64], bits: int) -> NDArray[np.float64]:
    """Sum of the values of all subsets of each set (the zeta transform of the subset lattice)."""
    out = values.astype(np.float64)
    for bit in range(bits):
        halves = out.reshape(-1, 2, 1 << bit)
        halves[:, 1, :] += halves[:, 0, :]
    return out


def set_number(members: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of each set.

    Parameters
    ----------
    members : ndarray of bool, shape (n_sets, n_providers)
        Who is in it.

    Returns
    -------
    ndarray of int64, shape (n_sets,)

    Examples
    --------
    >>> set_number(np.array([[True, False, True]])).tolist()
    [5]
    """
    return members @ np.left_shift(np.int64(1), np.arange(members.shape[1], dtype=np.int64))
