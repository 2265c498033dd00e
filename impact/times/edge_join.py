"""Access legs on street-level networks: to the nearest point on the nearest usable edge.

The edge is split there: a point that leaves drives on to the end of the edge, and a point that is
reached is driven to from its beginning, in every direction in which the edge may be driven. Two
points on the same edge are joined along it as well. A spot at an end of the edge is the node there:
it is left and reached by every edge of that node, even where its own is one-way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from impact.errors import Fault, InputError
from impact.roads.distance import EARTH_RADIUS_KM, great_circle_km
from impact.roads.network import FERRY, EdgeShapes
from impact.spans import equals, owners, ranges
from impact.times.nearest_line import from_mercator, mercator, nearest_lines
from impact.times.same_place import nodes_in_place

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork

NOT_JOINED = frozenset({FERRY, "motorway", "motorway_link"})
"""Classes beside which nobody lives: a point joins the street behind the noise barrier."""

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
        """Give the spots of some consecutive points.

        Parameters
        ----------
        which
            Positions.

        Returns
        -------
        Spots
        """
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
        places, bounds = ranges(self.start[line], self.start[line + 1])
        return owners(bounds), self.edge[places]


def courses(network: RoadNetwork) -> EdgeShapes:
    """Give the course of every edge.

    Parameters
    ----------
    network
        Street-level roads.

    Returns
    -------
    EdgeShapes
        Without shapes of its own the edges between two nodes follow the straight line between them.
    """
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
    """Sort the usable edges of a network by the line that they follow.

    Parameters
    ----------
    network
        Street-level roads.
    shapes
        From `courses`.

    Returns
    -------
    EdgesOfLines
    """
    usable = np.flatnonzero(~np.isin(network.road_class, list(NOT_JOINED)))
    line = shapes.line[usable]
    start = np.zeros(len(shapes.start), dtype=np.int64)
    np.cumsum(np.bincount(line, minlength=len(start) - 1), out=start[1:])
    return EdgesOfLines(usable[np.argsort(line, kind="stable")], start, shapes.backward)


def find_spots(
    network: RoadNetwork, shapes: EdgeShapes, edges: EdgesOfLines, points: pd.DataFrame
) -> Spots:
    """Find the nearest point on the nearest usable edge.

    Parameters
    ----------
    network
        Street-level roads.
    shapes, edges
        From `courses` and `edges_of_lines`.
    points
        Columns ``lat`` and ``lon`` in degrees.

    Returns
    -------
    Spots
        Of lines equally near the first counts.

    Raises
    ------
    InputError
        When no edge is usable.

    Notes
    -----
    Nearest is decided in the spherical Mercator projection, which keeps angles, so that it is
    nearest on the ground too; lengths are great circles.
    """
    usable = np.flatnonzero(np.diff(edges.start))
    if len(usable) == 0:
        expected = "a street that points may join, not only " + ", ".join(sorted(NOT_JOINED))
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
