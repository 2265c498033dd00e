"""Ranges of positions laid end to end: the rows of lists that one array holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ranges(
    begin: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lay ranges of positions end to end.

    Parameters
    ----------
    begin, end : ndarray of int64, shape (n,)
        Each range, without its end.

    Returns
    -------
    places : ndarray of int64
        All positions.
    bounds : ndarray of int64, shape (n + 1,)
        Where in `places` each range begins.

    Examples
    --------
    >>> places, bounds = ranges(np.array([5, 1]), np.array([7, 4]))
    >>> places.tolist(), bounds.tolist()
    ([5, 6, 1, 2, 3], [0, 2, 5])
    """
    length = end - begin
    bounds = np.concatenate([[0], np.cumsum(length)])
    return np.arange(bounds[-1]) + np.repeat(begin - bounds[:-1], length), bounds


def owners(bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the number of the range that each position of all belongs to.

    Examples
    --------
    >>> owners(np.array([0, 2, 5])).tolist()
    [0, 0, 1, 1, 1]
    """
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def equals(
    wanted: NDArray[Any], known: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find every pair of equal values.

    Examples
    --------
    >>> which, found = equals(np.array([7, 8, 3]), np.array([3, 7, 7]))
    >>> which.tolist(), found.tolist()
    ([0, 0, 2], [1, 2, 0])
    """
    low, high = (np.searchsorted(known, wanted, side=side) for side in ("left", "right"))
    found, bounds = ranges(low, high)
    return owners(bounds), found
