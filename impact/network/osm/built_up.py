"""What lies around a place, on a grid that is fixed to the Earth.

Cells do not depend on the extract, so a road has the same surroundings in every clip that holds
the roads within `REACH_KM` of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.geodesy import EARTH_RADIUS_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH_KM = 0.5
"""Roads further away than this have no influence on what counts as built-up."""

BUILT_UP_KM_PER_KM2 = 5.0
"""From this density of residential streets a place counts as built-up."""

_CELL = 2.0 * np.pi / 2**18
"""Side of a cell in Mercator's plane: 153 m at the equator, 94 m at 52 degrees."""

_ROUND = 2
"""Cells on each side of the one in which a place lies."""


def built_up(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    residential_km: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Say of stretches of road whether they lie in a built-up area."""
    column, row = cells(lon, lat, _CELL)
    total = sums_around(column, row, residential_km, reach=_ROUND)
    side = (2 * _ROUND + 1) * _CELL * EARTH_RADIUS_KM * np.cos(np.radians(lat))
    return np.asarray(total >= BUILT_UP_KM_PER_KM2 * side**2)


def cells(
    lon: NDArray[np.float64], lat: NDArray[np.float64], side: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell of a Mercator grid in which places lie."""
    northing = np.arctanh(np.sin(np.radians(lat)))
    column = np.floor(np.radians(lon) / side).astype(np.int64)
    return column, np.floor(northing / side).astype(np.int64)


def sums_around(
    column: NDArray[np.int64],
    row: NDArray[np.int64],
    weight: NDArray[np.float64],
    *,
    reach: int,
) -> NDArray[np.float64]:
    """Sum of a weight over the cells around each place."""
    width = 2 * reach + 1 + int(column.max() - column.min())
    key = (row - row.min()) * width + (column - column.min())
    cell, place = np.unique(key, return_inverse=True)
    filled = np.bincount(place, weight, minlength=len(cell))
    total = np.zeros(len(cell))
    for north in range(-reach, reach + 1):
        for east in range(-reach, reach + 1):
            other = cell + north * width + east
            found = np.minimum(np.searchsorted(cell, other), len(cell) - 1)
            total += np.where(cell[found] == other, filled[found], 0.0)
    return np.asarray(total[place])
