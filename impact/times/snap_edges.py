"""Access legs on street-level networks: to the nearest point on the nearest usable edge.

A street-level network holds a junction several times where a car may not turn as it likes, or
where a barrier parts it: each copy is entered by other roads. Whoever stands there is at all of
them.

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

The edge is split there: a point that leaves drives on to the end of the edge, and a point that is
reached is driven to from its beginning, in every direction in which the edge may be driven. Two
points on the same edge are joined along it as well. A spot at an end of the edge is the node there:
it is left and reached by every edge of that node, even where its own is one-way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from impact.errors import Fault, InputError
from impact.geodesy import EARTH_RADIUS_KM, great_circle_km
from impact.messages import said
from impact.network.network import NOT_JOINED, EdgeShapes
from impact.segments import equals, owners, ranges

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

    _Corner: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    """Latitudes and longitudes of a corner of boxes."""


def nodes_in_place(
    network: RoadNetwork, node: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find all nodes with the coordinates of some nodes."""
    if len(node) == 0:
        return node, node
    # most nodes are out at once: no other lies as far north
    known = np.sort(network.lat[node])
    at = np.minimum(np.searchsorted(known, network.lat), len(known) - 1)
    near = np.flatnonzero(known[at] == network.lat)
    key = network.lat[near] + 1j * network.lon[near]
    order = np.argsort(key, kind="stable")
    wanted = network.lat[node] + 1j * network.lon[node]
    which, found = equals(wanted, key[order])
    return which, near[order[found]]


_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""

_FEW = 64
"""Lines per point from which on every fourth landmark will do: more lines are drawn then, but less
time goes into a tree of landmarks."""

_FEW_POINTS = 16

_FAR = 5e-4
"""Reach (2 km at 52 degrees) beyond which a square may hold too many lines to try them all."""

_ROUNDING = 1e-10
"""Added to every reach, as much as 0.6 mm: far more than rounding takes away anywhere."""


def mercator(
    lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to the spherical Mercator plane, which keeps angles."""
    return np.radians(lon), np.log(np.tan(np.pi / 4.0 + np.radians(lat) / 2.0))


def from_mercator(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Undo `mercator`.

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
    """Find the nearest line of each point, in the Mercator plane."""
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
    at_x, at_y = mercator(shapes.lat[middle], shapes.lon[middle])
    if len(x) <= _FEW_POINTS:
        # sooner than a tree, and than loading what makes one
        away = [np.hypot(at_x - here, at_y - there).min() for here, there in zip(x, y, strict=True)]
        return np.array(away) + _ROUNDING
    from scipy.spatial import KDTree

    landmarks = np.column_stack([at_x, at_y])
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


_ON_NODE_KM = 1e-5
"""A spot within a centimetre of the end of its line, measured along it, is the node there:
coordinates of OpenStreetMap are no finer."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Where points join edges.

    Attributes
    ----------
    line : ndarray of int64, shape (n_points,)
        Line that the point joins.
    share : ndarray of float, shape (n_points,)
        How far along the line, from 0 to 1.
    straight_km : ndarray of float, shape (n_points,)
        Straight line to that spot.
    on_point, on_node : ndarray of int64, shape (n_on_nodes,)
        Points whose spot lies at an end of its line, ascending, and the nodes there.
    """

    line: NDArray[np.int64]
    share: NDArray[np.float64]
    straight_km: NDArray[np.float64]
    on_point: NDArray[np.int64]
    on_node: NDArray[np.int64]

    def part(self, which: slice) -> Spots:
        """Give the spots of some consecutive points."""
        start, stop, _ = which.indices(len(self.line))
        on = slice(*np.searchsorted(self.on_point, [start, stop]))
        rest = self.on_point[on] - start, self.on_node[on]
        return Spots(self.line[which], self.share[which], self.straight_km[which], *rest)


@dataclass(frozen=True, eq=False)
class EdgesOfLines:
    """Usable edges, sorted by the line that they follow.

    Attributes
    ----------
    edge : ndarray of int64, shape (n_usable,)
        Positions in the network.
    start : ndarray of int64, shape (n_lines + 1,)
        Edges of line i are ``edge[start[i]:start[i + 1]]``.
    backward : ndarray of bool, shape (n_edges,)
        Whether an edge of the network follows its line backward.
    """

    edge: NDArray[np.int64]
    start: NDArray[np.int64]
    backward: NDArray[np.bool_]

    def of(self, line: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the edges of some lines."""
        places, bounds = ranges(self.start[line], self.start[line + 1])
        return owners(bounds), self.edge[places]


def courses(network: RoadNetwork) -> EdgeShapes:
    """Give the course of every edge."""
    if network.shapes is not None:
        return network.shapes
    low = np.minimum(network.tail, network.head)
    high = np.maximum(network.tail, network.head)
    pair, line = np.unique(low * len(network.node) + high, return_inverse=True)
    ends = np.column_stack(np.divmod(pair, len(network.node))).ravel()
    start = np.arange(0, len(ends) + 1, 2)
    backward = network.tail > network.head
    return EdgeShapes(line.astype(np.int32), backward, start, network.lon[ends], network.lat[ends])


def edges_of_lines(network: RoadNetwork, shapes: EdgeShapes) -> EdgesOfLines:
    """Sort the usable edges of a network by the line that they follow."""
    usable = np.flatnonzero(~np.isin(network.road_class, list(NOT_JOINED)))
    line = shapes.line[usable]
    start = np.zeros(len(shapes.start), dtype=np.int64)
    np.cumsum(np.bincount(line, minlength=len(start) - 1), out=start[1:])
    return EdgesOfLines(usable[np.argsort(line, kind="stable")], start, shapes.backward)


def find_spots(
    network: RoadNetwork, shapes: EdgeShapes, edges: EdgesOfLines, points: pd.DataFrame
) -> Spots:
    """Find the nearest point on the nearest usable edge.

    Notes
    -----
    Nearest is decided in the spherical Mercator projection, which keeps angles, so that it is
    nearest on the ground too; lengths are great circles.
    """
    usable = np.flatnonzero(np.diff(edges.start))
    if len(usable) == 0:
        expected = said(
            "a street that points may join, not only {names}", names=", ".join(sorted(NOT_JOINED))
        )
        raise InputError(Fault("roads", "", "road_class", None, expected))
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    x, y = mercator(lat, lon)
    line, drawn = nearest_lines(shapes, usable, x, y)
    along, length = shapely.line_locate_point(drawn, shapely.points(x, y)), shapely.length(drawn)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(drawn, along))
    foot_lat, foot_lon = from_mercator(foot[:, 0], foot[:, 1])
    km = great_circle_km(lat, lon, foot_lat, foot_lon)
    on_node = _ON_NODE_KM / (EARTH_RADIUS_KM * np.cos(np.radians(foot_lat)))
    at_start, at_end = along <= on_node, length - along <= on_node
    share = np.divide(along, length, out=np.zeros_like(along), where=~(at_start | at_end))
    share[at_end & ~at_start] = 1.0
    # an edge that follows its line backward begins where the line ends
    edge = edges.edge[edges.start[line]]
    end = np.where(at_start != edges.backward[edge], network.tail[edge], network.head[edge])
    on = np.flatnonzero(at_start | at_end)
    which, node = nodes_in_place(network, end[on])
    return Spots(line, share, km, on[which], node)


def leg_edges(
    network: RoadNetwork, edges: EdgesOfLines, spots: Spots, *, outward: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Split edges at spots and give the parts that lead away from them, or to them.

    A spot on a node has a leg of no length to that node, and to its copies in the same place; all
    else is edges of the network.
    """
    along = np.ones(len(spots.line), dtype=bool)
    along[spots.on_point] = False
    point, edge = edges.of(spots.line)
    point, edge = point[along[point]], edge[along[point]]
    travelled = np.where(edges.backward[edge], 1.0 - spots.share[point], spots.share[point])
    share = 1.0 - travelled if outward else travelled
    node = network.head[edge] if outward else network.tail[edge]
    none = np.zeros(len(spots.on_point))
    minutes = np.concatenate([share * network.minutes[edge], none])
    km = np.concatenate([share * network.km[edge], none])
    point = np.concatenate([point, spots.on_point])
    order = np.argsort(point, kind="stable")
    node = np.concatenate([node, spots.on_node])
    return point[order], node[order], minutes[order], km[order]


def direct_pairs(
    network: RoadNetwork, edges: EdgesOfLines, origins: Spots, destinations: Spots
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find pairs on the same line, which need not leave it."""
    order = np.argsort(destinations.line, kind="stable")
    origin, found = equals(origins.line, destinations.line[order])
    destination = order[found]
    pair, edge = edges.of(origins.line[origin])
    origin, destination = origin[pair], destination[pair]
    part = destinations.share[destination] - origins.share[origin]
    part = np.where(edges.backward[edge], -part, part)
    ahead = part >= 0.0
    origin, destination, edge = (each[ahead] for each in (origin, destination, edge))
    part = part[ahead]
    return origin, destination, part * network.minutes[edge], part * network.km[edge]
