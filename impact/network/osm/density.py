"""How dense the through roads around a place are: what tells a large city from a small town.

A village has as many street corners to the hectare as a city, but not for kilometres on end. So
junctions are counted in a wide window, on a grid that is fixed to the Earth and knows no
administrative borders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.geodesy import EARTH_RADIUS_KM
from impact.network.osm.built_up import cells, sums_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENSE_PER_KM2 = 28.0
"""From this density of junctions on through roads a place counts as dense city."""

DENSITY_REACH_KM = 7.5
"""Roads further away than this have no influence on what counts as dense city, at 45 degrees or
further from the equator."""

_CELL = 2.0 * np.pi / 2**15
"""Side of a cell in Mercator's plane: 1.2 km at the equator, 0.75 km at 52 degrees."""

_ROUND = 5
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
        np.concatenate([junction_lon, lon]), np.concatenate([junction_lat, lat]), _CELL
    )
    one_each = np.concatenate([np.ones(count), np.zeros(len(lon))])
    total = sums_around(column, row, one_each, reach=_ROUND)[count:]
    side = (2 * _ROUND + 1) * _CELL * EARTH_RADIUS_KM * np.cos(np.radians(lat))
    return np.asarray(total / side**2)
