"""Blocks of access legs, and room for the minutes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEGS = 65536
"""Access legs per block: bounds the memory with a point per postcode of six characters."""


def first_legs(point: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the first leg of each point.

    Parameters
    ----------
    point : ndarray of int64, shape (n_legs,)
        Point of each leg, sorted.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> first_legs(np.array([0, 0, 1, 2, 2, 2])).tolist()
    [0, 2, 3]
    """
    return np.flatnonzero(np.r_[True, point[1:] != point[:-1]])


def leg_blocks(point: NDArray[np.int64], *, size: int = _LEGS) -> list[slice]:
    """Cut legs into blocks that hold all legs of their points.

    Parameters
    ----------
    point : ndarray of int64, shape (n_legs,)
        Point of each leg, sorted.
    size
        Legs per block, give or take those of one point.

    Returns
    -------
    list of slice

    Examples
    --------
    >>> leg_blocks(np.array([0, 0, 1, 2, 2, 2]), size=3)
    [slice(0, 3, None), slice(3, 6, None)]
    """
    starts = first_legs(point)
    cuts = starts[np.searchsorted(starts, np.arange(0, len(point), size), side="right") - 1]
    bounds = [*np.unique(cuts).tolist(), len(point)]
    return [slice(start, end) for start, end in pairwise(bounds)]


def room_for(shape: tuple[int, int], out: NDArray[Any] | None) -> NDArray[Any]:
    """Give the array that minutes go into.

    Parameters
    ----------
    shape
        Of the matrix.
    out
        The user's own, or `None` for one in memory.

    Returns
    -------
    ndarray of float

    Raises
    ------
    InputError
        When it has another shape, or holds no floats.
    """
    if out is None:
        return np.empty(shape)
    if out.shape != shape or out.dtype.kind != "f":
        found, expected = f"{out.dtype} {out.shape}", f"an array of floats of the shape {shape}"
        raise InputError(Fault("travel_times", "", "out", found, expected))
    return out
