"""What lies around a place, on grids that are fixed to the Earth: built-up area, dense city.

Cells do not depend on the extract, so a road has the same surroundings in every clip that holds
the roads within `REACH_KM` of it, for dense city `DENSITY_REACH_KM`.

A village has as many street corners to the hectare as a city, but not for kilometres on end. So
what tells a large city from a small town is the junctions of through roads in a wide window.
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


DENSE_PER_KM2 = 28.0
"""From this density of junctions on through roads a place counts as dense city."""

DENSITY_REACH_KM = 7.5
"""Roads further away than this have no influence on what counts as dense city, at 45 degrees or
further from the equator."""

_WIDE_CELL = 2.0 * np.pi / 2**15
"""Side of a cell in Mercator's plane: 1.2 km at the equator, 0.75 km at 52 degrees."""

_WIDE_ROUND = 5
"""Cells on each side of the one in which a place lies."""

_JUNCTION_ARMS = 3


def through_junctions(
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    *,
    street: NDArray[np.bool_],
    through: NDArray[np.bool_],
    size: int,
) -> NDArray[np.int64]:
    """Find the junctions of through roads with roads of any kind."""
    arms, main = (
        np.bincount(first[chosen], minlength=size) + np.bincount(last[chosen], minlength=size)
        for chosen in (street, through)
    )
    return np.flatnonzero((arms >= _JUNCTION_ARMS) & (main > 0))


def junctions_per_km2(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    junction_lon: NDArray[np.float64],
    junction_lat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Density of junctions around places."""
    count = len(junction_lon)
    column, row = cells(
        np.concatenate([junction_lon, lon]), np.concatenate([junction_lat, lat]), _WIDE_CELL
    )
    one_each = np.concatenate([np.ones(count), np.zeros(len(lon))])
    total = sums_around(column, row, one_each, reach=_WIDE_ROUND)[count:]
    side = (2 * _WIDE_ROUND + 1) * _WIDE_CELL * EARTH_RADIUS_KM * np.cos(np.radians(lat))
    return np.asarray(total / side**2)
