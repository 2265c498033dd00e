"""Access legs on street-level networks: to the nearest point on the nearest usable edge.

The edge is split there: a point that leaves drives on to the end of the edge, and a point that is
reached is driven to from its beginning, in every direction in which the edge may be driven. Two
points on the same edge are joined along it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from impact.roads.distance import great_circle_km
from impact.roads.network import FERRY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.roads.network import EdgeShapes, RoadNetwork

NOT_JOINED = frozenset({FERRY, "motorway", "motorway_link"})
"""Classes beside which nobody lives: a point joins the street behind the noise barrier."""

_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""


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
    """

    line: NDArray[np.int64]
    share: NDArray[np.float64]
    straight_km: NDArray[np.float64]


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
        """Give the edges of some lines.

        Parameters
        ----------
        line : ndarray of int64, shape (n,)
            Lines, not necessarily different.

        Returns
        -------
        which, edge : ndarray of int64, shape (n_found,)
            Position in `line`, and edge.
        """
        count = self.start[line + 1] - self.start[line]
        which = np.repeat(np.arange(len(line)), count)
        within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        return which, self.edge[self.start[line][which] + within]


@dataclass(frozen=True, eq=False)
class UsableLines:
    """Lines that points may join, drawn and ready to be searched.

    Attributes
    ----------
    line : ndarray of int64, shape (n_usable,)
        Positions among all lines.
    drawn : ndarray of shapely geometries, shape (n_usable,)
        Courses, in the spherical Mercator projection.
    tree
        Over `drawn`.
    """

    line: NDArray[np.int64]
    drawn: NDArray[np.object_]
    tree: shapely.STRtree


def edges_of_lines(network: RoadNetwork) -> EdgesOfLines:
    """Sort the usable edges of a network by the line that they follow.

    Parameters
    ----------
    network
        Without shapes the edges between two nodes follow the straight line between them.

    Returns
    -------
    EdgesOfLines
    """
    if network.shapes is None:
        (low, _), line = _straight_lines(network)
        lines, backward = len(low), network.tail > network.head
    else:
        line, backward = network.shapes.line.astype(np.int64), network.shapes.backward
        lines = len(network.shapes.start) - 1
    usable = np.flatnonzero(~np.isin(network.road_class, list(NOT_JOINED)))
    usable = usable[np.argsort(line[usable], kind="stable")]
    start = np.searchsorted(line[usable], np.arange(lines + 1))
    return EdgesOfLines(usable, start, backward)


def usable_lines(network: RoadNetwork, edges: EdgesOfLines) -> UsableLines:
    """Draw the lines with a usable edge and index them; once for all points that join a network.

    Parameters
    ----------
    network
        Street-level roads.
    edges
        From `edges_of_lines`.

    Returns
    -------
    UsableLines
    """
    line = np.flatnonzero(np.diff(edges.start) > 0)
    drawn = _drawn(network, line)
    return UsableLines(line, drawn, shapely.STRtree(drawn))


def find_spots(lines: UsableLines, points: pd.DataFrame) -> Spots:
    """Find the nearest point on the nearest usable edge.

    Parameters
    ----------
    lines
        From `usable_lines`.
    points
        Columns ``lat`` and ``lon`` in degrees.

    Returns
    -------
    Spots
        Of lines equally near the first counts.

    Notes
    -----
    Nearest is decided in the spherical Mercator projection, which keeps angles, so that it is
    nearest on the ground too; lengths are great circles.
    """
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    place = np.empty(len(lat), dtype=np.int64)
    spots = shapely.points(*_mercator(lat, lon))
    for start in range(0, len(lat), _BLOCK):
        here, found = lines.tree.query_nearest(spots[start : start + _BLOCK])
        # sorted by point; of several lines at the same distance the first is kept
        order = np.lexsort((found, here))
        first = np.flatnonzero(np.r_[True, np.diff(here[order]) > 0])
        place[start : start + _BLOCK] = found[order][first]
    nearest = lines.drawn[place]
    along = shapely.line_locate_point(nearest, spots)
    length = shapely.length(nearest)
    share = np.divide(along, length, out=np.zeros_like(along), where=length > 0.0)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(nearest, along))
    foot_lat = np.degrees(2.0 * np.arctan(np.exp(foot[:, 1])) - np.pi / 2.0)
    km = great_circle_km(lat, lon, foot_lat, np.degrees(foot[:, 0]))
    return Spots(lines.line[place], share, km)


def leg_edges(
    network: RoadNetwork, edges: EdgesOfLines, spots: Spots, *, outward: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Split edges at spots and give the parts that lead away from them, or to them.

    Parameters
    ----------
    network
        Street-level roads.
    edges
        From `edges_of_lines`.
    spots
        From `find_spots`.
    outward
        True: from the spot to the end of the edge (origins). False: from its beginning to the
        spot (destinations).

    Returns
    -------
    point, node : ndarray of int64, shape (n_legs,)
        Positions, sorted by point.
    minutes, km : ndarray of float, shape (n_legs,)
        Of the part of the edge, without the way from the point to the spot.
    """
    point, edge = edges.of(spots.line)
    travelled = np.where(edges.backward[edge], 1.0 - spots.share[point], spots.share[point])
    share = 1.0 - travelled if outward else travelled
    node = network.head[edge] if outward else network.tail[edge]
    return point, node, share * network.minutes[edge], share * network.km[edge]


def direct_pairs(
    network: RoadNetwork, edges: EdgesOfLines, origins: Spots, destinations: Spots
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find pairs on the same line, which need not leave it.

    Parameters
    ----------
    network, edges
        As for `leg_edges`.
    origins, destinations
        Where they join.

    Returns
    -------
    origin, destination : ndarray of int64, shape (n_pairs,)
        Positions; a pair occurs once per edge that leads from the one to the other.
    minutes, km : ndarray of float, shape (n_pairs,)
        Along the edge.
    """
    order = np.argsort(destinations.line, kind="stable")
    low = np.searchsorted(destinations.line[order], origins.line, side="left")
    high = np.searchsorted(destinations.line[order], origins.line, side="right")
    count = high - low
    origin = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(origin)) - np.repeat(np.cumsum(count) - count, count)
    destination = order[low[origin] + within]
    pair, edge = edges.of(origins.line[origin])
    origin, destination = origin[pair], destination[pair]
    part = destinations.share[destination] - origins.share[origin]
    part = np.where(edges.backward[edge], -part, part)
    ahead = part >= 0.0
    origin, destination, edge, part = (each[ahead] for each in (origin, destination, edge, part))
    return origin, destination, part * network.minutes[edge], part * network.km[edge]


def _straight_lines(
    network: RoadNetwork,
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]:
    """Give the ends of a line per pair of nodes, lower position first, and each edge's line."""
    low = np.minimum(network.tail, network.head)
    high = np.maximum(network.tail, network.head)
    pair, line = np.unique(low * len(network.node) + high, return_inverse=True)
    return (pair // len(network.node), pair % len(network.node)), line


def _mercator(
    lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.radians(lon), np.log(np.tan(np.pi / 4.0 + np.radians(lat) / 2.0))


def _drawn(network: RoadNetwork, lines: NDArray[np.int64]) -> NDArray[np.object_]:
    """Lines as shapely geometries, in Mercator."""
    shapes: EdgeShapes | None = network.shapes
    if shapes is None:
        (low, high), _ = _straight_lines(network)
        ends = np.column_stack([low[lines], high[lines]]).ravel()
        x, y = _mercator(network.lat[ends], network.lon[ends])
        index = np.repeat(np.arange(len(lines)), 2)
    else:
        count = np.diff(shapes.start)[lines]
        index = np.repeat(np.arange(len(lines)), count)
        within = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
        places = shapes.start[lines][index] + within
        x, y = _mercator(shapes.lat[places], shapes.lon[places])
    drawn: NDArray[np.object_] = shapely.linestrings(x, y, indices=index)
    return drawn
