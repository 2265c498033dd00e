"""The nearest of very many lines to each point, without drawing them all.

Drawing the lines of a country and indexing them takes longer than all else about joining points, so
only those are drawn that can be the nearest of some point:

1. A vertex of every few lines is a landmark. No point is farther from its nearest line than from
   its nearest landmark, which is its *reach*.
2. Lay a square around each point whose half side is its reach. A line outside it lies beyond the
   reach, so the nearest line, and every line that is as near, passes through the square; its
   bounding box overlaps the square.
3. Mark the cells of a grid that some square covers and sum them up from one corner, as a
   summed-area table (Crow, Summed-area tables for texture mapping, SIGGRAPH 1984). Four look-ups
   then say whether the bounding box of a line covers a marked cell. Both ends of boxes and squares
   fall into cells by one function that never decreases, so that what overlaps shares a cell.
4. The lines that are left are drawn, and the distances from a point to those that cross its square
   are compared as if all lines had been drawn: the answer is the same, and so are ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from scipy.spatial import KDTree

from impact.spans import owners, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import EdgeShapes

    _Corner: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    """Latitudes and longitudes of a corner of boxes."""

_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""

_FEW = 64
"""Lines per point from which on every fourth landmark will do: more lines are drawn then, but less
time goes into a tree of landmarks."""

_FAR = 5e-4
"""Reach (2 km at 52 degrees) beyond which a square may hold too many lines to try them all."""

_ROUNDING = 1e-10
"""Added to every reach, as much as 0.6 mm: far more than rounding takes away anywhere."""


def mercator(
    lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to the spherical Mercator plane, which keeps angles.

    Parameters
    ----------
    lat, lon : ndarray of float
        Degrees.

    Returns
    -------
    x, y : ndarray of float
        Radians at the equator.
    """
    return np.radians(lon), np.log(np.tan(np.pi / 4.0 + np.radians(lat) / 2.0))


def from_mercator(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undo `mercator`.

    Parameters
    ----------
    x, y : ndarray of float
        See there.

    Returns
    -------
    lat, lon : ndarray of float
        Degrees.

    Examples
    --------
    >>> lat, lon = from_mercator(*mercator(np.array([52.1]), np.array([5.2])))
    >>> round(float(lat[0]), 9), round(float(lon[0]), 9)
    (52.1, 5.2)
    """
    return np.degrees(2.0 * np.arctan(np.exp(y)) - np.pi / 2.0), np.degrees(x)


def nearest_lines(
    shapes: EdgeShapes,
    usable: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Find the nearest line of each point, in the Mercator plane.

    Parameters
    ----------
    shapes
        Lines.
    usable : ndarray of int64, shape (n_usable,)
        Which of them count; ascending, at least one.
    x, y : ndarray of float, shape (n_points,)
        From `mercator`.

    Returns
    -------
    line : ndarray of int64, shape (n_points,)
        Position among all lines; of lines equally near the first.
    drawn : ndarray of shapely geometries, shape (n_points,)
        That line, in the plane.
    """
    reach = _reaches(shapes, usable, x, y)
    line = usable[_within(shapes, x, y, reach)[usable]]
    drawn = _drawn(shapes, line)
    place = _nearest(drawn, x, y, reach)
    return line[place], drawn[place]


def _reaches(
    shapes: EdgeShapes,
    usable: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give how far the nearest line of a point may be at most."""
    step = 4 if len(usable) > _FEW * len(x) else 1
    line = usable[::step]
    # in the middle: lines meet at their ends, where several landmarks would be one
    middle = (shapes.start[line] + shapes.start[line + 1]) // 2
    landmarks = np.column_stack(mercator(shapes.lat[middle], shapes.lon[middle]))
    # a quarter of the usual time to build, hardly slower to ask
    tree = KDTree(landmarks, balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query(np.column_stack([x, y]))[0]) + _ROUNDING


def _within(
    shapes: EdgeShapes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which lines may come within reach of a point: all that do, and a few others."""
    grid = _Grid.over(shapes)
    squares = from_mercator(x - reach, y - reach), from_mercator(x + reach, y + reach)
    total = grid.covered(grid.cells(*squares))
    found = []
    # some lines at a time, so that the processor keeps them at hand
    for start in range(0, len(shapes.start) - 1, _BLOCK):
        vertex = shapes.start[start : start + _BLOCK + 1]
        begin, whole = vertex[:-1] - vertex[0], slice(vertex[0], vertex[-1])
        lat, lon = shapes.lat[whole], shapes.lon[whole]
        least = np.minimum.reduceat(lat, begin), np.minimum.reduceat(lon, begin)
        most = np.maximum.reduceat(lat, begin), np.maximum.reduceat(lon, begin)
        south, west, north, east = grid.cells(least, most)
        count = total[north, east] - total[north, west] - total[south, east] + total[south, west]
        found.append(count > 0)
    return np.concatenate(found)


@dataclass(frozen=True)
class _Grid:
    """Cells over a network: as many as it has lines, so that most lines lie in few of them."""

    size: int
    low: tuple[float, float]
    per_degree: tuple[float, float]

    @classmethod
    def over(cls, shapes: EdgeShapes) -> _Grid:
        size = int(np.ceil(np.sqrt(len(shapes.start))))
        low = float(shapes.lat.min()), float(shapes.lon.min())
        high = float(shapes.lat.max()), float(shapes.lon.max())
        # a network may be as narrow as a road along the equator
        wide = [max(b - a, _ROUNDING) for a, b in zip(low, high, strict=True)]
        return cls(size, low, (size / wide[0], size / wide[1]))

    def cells(self, low: _Corner, high: _Corner) -> tuple[NDArray[np.int64], ...]:
        """First row and column, and those after the last, of boxes between two corners.

        What lies beyond the grid counts to the cells at its border.
        """
        at = [
            np.clip((degrees - least) * scale, 0, self.size - 1).astype(np.int64)
            for corner in (low, high)
            for degrees, least, scale in zip(corner, self.low, self.per_degree, strict=True)
        ]
        return at[0], at[1], at[2] + 1, at[3] + 1

    def covered(self, squares: tuple[NDArray[np.int64], ...]) -> NDArray[np.int32]:
        """Count the cells that some square covers, before each row and column."""
        south, west, north, east = squares
        # each square adds 1 to its cells: as a difference at its corners, then summed up
        change = np.zeros((self.size + 1, self.size + 1), dtype=np.int32)
        np.add.at(change, (south, west), 1)
        np.add.at(change, (north, east), 1)
        np.add.at(change, (south, east), -1)
        np.add.at(change, (north, west), -1)
        covered = change.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
        total = np.zeros_like(change)
        total[1:, 1:] = covered.cumsum(axis=0, dtype=np.int32).cumsum(axis=1)
        return total


def _drawn(shapes: EdgeShapes, lines: NDArray[np.int64]) -> NDArray[np.object_]:
    """Draw lines in the plane."""
    places, bounds = ranges(shapes.start[lines], shapes.start[lines + 1])
    vertices = np.column_stack(mercator(shapes.lat[places], shapes.lon[places]))
    drawn: NDArray[np.object_] = shapely.linestrings(vertices, indices=owners(bounds))
    return drawn


def _nearest(
    drawn: NDArray[np.object_],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Give the position in `drawn` of each point's nearest line."""
    spots = shapely.points(x, y)
    tree = shapely.STRtree(drawn)
    place = np.empty(len(x), dtype=np.int64)
    for far in (False, True):
        which = np.flatnonzero((reach > _FAR) == far)
        for start in range(0, len(which), _BLOCK):
            block = which[start : start + _BLOCK]
            if far:
                here, found = tree.query_nearest(spots[block])
            else:
                sides = (axis[block] + sign * reach[block] for sign in (-1, 1) for axis in (x, y))
                here, found = tree.query(shapely.box(*sides))
            away = shapely.distance(spots[block][here], drawn[found])
            # pairs are sorted by point, and every point has one
            first = np.flatnonzero(np.r_[True, here[1:] != here[:-1]])
            ties = away == np.minimum.reduceat(away, first)[here]
            place[block] = np.minimum.reduceat(np.where(ties, found, len(drawn)), first)
    return place
