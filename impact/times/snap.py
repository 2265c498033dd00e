"""Access legs: how points join the road network, and on networks of nodes to which of them.

On a network of nodes a point joins its nearest joinable nodes (`JoinRule.count` of them at most,
within `JoinRule.limit_km`), never across a water barrier; the leg is straight line x detour at the
local speed. A point that lies on a joinable node is that node. A point without a joinable node
within the limit joins the nearest one and is flagged: nothing is snapped far in silence.

On a street-level network it joins the nearest point on the nearest usable edge; see
`impact.times.snap_edges`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.geodesy import EARTH_RADIUS_KM, great_circle_km
from impact.network.islands import separate_nodes
from impact.times.snap_edges import courses, edges_of_lines, find_spots, leg_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.spatial import KDTree

    from impact.network.network import RoadNetwork
    from impact.times.snap_edges import EdgesOfLines, Spots

_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""

_ROUNDING = 1e-9
"""Chords (of the unit sphere) that differ less may sort otherwise in kilometres."""


@dataclass(frozen=True, eq=False)
class NodeIndex:
    """What of a network decides which nodes a point may join; once for all points.

    Attributes
    ----------
    network
        Declares the rule and the barriers.
    joinable : ndarray of int64, shape (n_joinable,)
        Positions of nodes that points may join.
    tree
        Over their places on the unit sphere.
    node_side : ndarray of int64, shape (n_nodes,)
        Number of the zone of each node; 0 is every zone that no barrier mentions.
    apart : ndarray of bool, shape (n_sides, n_sides)
        ``apart[p, n]``: no leg leads from a point of side p to a node of side n.
    unnamed
        Number of the zone without a name, where points are of which no marker says more.
    """

    network: RoadNetwork
    joinable: NDArray[np.int64]
    tree: KDTree
    node_side: NDArray[np.int64]
    apart: NDArray[np.bool_]
    unnamed: int

    @classmethod
    def of(cls, network: RoadNetwork) -> NodeIndex:
        """Index the nodes of a network."""
        from scipy.spatial import KDTree

        joinable = np.flatnonzero(network.joinable)
        # split at the middle, not at the median: made in half the time, as quick to ask
        places = _unit_vectors(network.lat[joinable], network.lon[joinable])
        tree = KDTree(places, balanced_tree=False)
        names = sorted({zone for pair in network.barriers for zone in pair})
        side = {zone: number for number, zone in enumerate(names, start=1)}
        apart = np.zeros((len(names) + 1,) * 2, dtype=bool)
        for one, other in network.barriers:
            apart[side[one], side[other]] = True
        node_side = np.zeros(len(network.node), dtype=np.int64)
        node_side[:] = [side.get(zone, 0) for zone in network.zone.tolist()]
        return cls(network, joinable, tree, node_side, apart, side.get("", 0))

    def sides(self, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give the number of the zone of points: that of the nearest marker."""
        from scipy.spatial import KDTree

        markers = np.flatnonzero(self.network.zone_marker)
        if not self.network.barriers or not len(markers):
            return np.full(len(lat), self.unnamed)
        beside = KDTree(_unit_vectors(self.network.lat[markers], self.network.lon[markers]))
        nearest = beside.query(_unit_vectors(lat, lon))[1]
        sides: NDArray[np.int64] = self.node_side[markers[nearest]]
        return sides


def points_hash(points: pd.DataFrame) -> str:
    """Hash of identifiers and coordinates."""
    digest = hashlib.sha256("\x1f".join(map(str, points.index)).encode())
    digest.update(points[["lat", "lon"]].to_numpy(np.float64).tobytes())
    return digest.hexdigest()


def join_nodes(
    index: NodeIndex, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[Any], ...]:
    """Join points to their nearest joinable nodes."""
    near = _NearNodes(index, lat, lon, index.sides(lat, lon))
    parts = [
        _legs_of_block(near, np.arange(start, min(start + _BLOCK, len(lat))))
        for start in range(0, len(lat), _BLOCK)
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _legs_of_block(near: _NearNodes, which: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Point, node and kilometres of the legs, then nearest kilometres and far flag per point."""
    rule = near.index.network.join
    node, km = near.nodes(which, limit_km=rule.limit_km, count=rule.count)
    far = node[:, 0] < 0
    for dry in (True, False):  # rather far along the shore than over the water
        lost = node[:, 0] < 0
        if lost.any():
            found, away = near.nodes(which[lost], limit_km=np.inf, count=1, dry=dry)
            node[lost, :1], km[lost, :1] = found, away
    same = km * 1000.0 <= rule.coincident_m
    on_node = same.any(axis=1, keepdims=True)
    chosen = np.where(on_node, same, node >= 0)
    length = np.where(on_node, 0.0, km * rule.detour)
    point = np.broadcast_to(which[:, None], node.shape)
    return point[chosen], node[chosen], length[chosen], km[:, 0], far


@dataclass(frozen=True, eq=False)
class _NearNodes:
    """Finds the nearest nodes that points may join."""

    index: NodeIndex
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    side: NDArray[np.int64]

    def nodes(
        self, which: NDArray[np.int64], *, limit_km: float, count: int, dry: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nearest nodes of some points, by kilometres, then by identifier."""
        node = np.full((len(which), count), -1, dtype=np.int64)
        km = np.full((len(which), count), np.inf)
        rows, asked = np.arange(len(which)), min(2 * count, len(self.index.joinable))
        while len(rows):
            step = max(1, _BLOCK * 2 * count // asked)
            open_rows = []
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                found, away, done = self._ask(which[part], asked, limit_km, count, dry=dry)
                width = found.shape[1]
                node[part[done], :width], km[part[done], :width] = found[done], away[done]
                open_rows.append(part[~done])
            rows, asked = np.concatenate(open_rows), min(4 * asked, len(self.index.joinable))
        return node, km

    def _ask(
        self, which: NDArray[np.int64], asked: int, limit_km: float, count: int, *, dry: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Choose from the `asked` nearest by chord; done where more could change nothing."""
        index, network = self.index, self.index.network
        lat, lon = self.lat[which, None], self.lon[which, None]
        answer = index.tree.query(
            _unit_vectors(lat[:, 0], lon[:, 0]),
            k=np.arange(1, asked + 1),
            distance_upper_bound=_chord(limit_km) + _ROUNDING,
        )
        chord, found = (np.asarray(each) for each in answer)
        usable = found < len(index.joinable)
        node = index.joinable[np.where(usable, found, 0)]
        km = great_circle_km(lat, lon, network.lat[node], network.lon[node])
        usable &= km <= limit_km
        if dry:
            usable &= ~index.apart[self.side[which, None], index.node_side[node]]
        km = np.where(usable, km, np.inf)
        order = np.lexsort((network.node[node], km))[:, :count]
        node, km = np.take_along_axis(node, order, axis=1), np.take_along_axis(km, order, axis=1)
        gap = np.take_along_axis(chord, order, axis=1)
        last = chord[:, -1]
        complete = ~np.isfinite(last) | (asked == len(index.joinable))
        full = np.isfinite(km).all(axis=1)
        done = complete | (full & (gap.max(axis=1) + _ROUNDING < last))
        return np.where(np.isfinite(km), node, -1), km, done


def _unit_vectors(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _chord(km: float) -> float:
    """Straight line through the unit sphere between points so far apart."""
    return 2.0 * float(np.sin(min(km / (2.0 * EARTH_RADIUS_KM), np.pi / 2.0)))


@dataclass(frozen=True, eq=False)
class AccessLegs:
    """Legs between points and nodes, sorted by point, then by length.

    Attributes
    ----------
    point : ndarray of int64, shape (n_legs,)
        Position of the point.
    node : ndarray of int64, shape (n_legs,)
        Position of the node.
    minutes, km : ndarray of float, shape (n_legs,)
        Road length of the leg and the time it takes at the local speed.
    straight_km : ndarray of float, shape (n_points,)
        Straight line from each point to its nearest node.
    far : ndarray of bool, shape (n_points,)
        Whether that is beyond the limit of the join rule.
    spots, edges
        Where the points join edges, and the edges there are; `None` on a network of nodes.
    spot_minutes, spot_km : ndarray of float, shape (n_points,)
        From each point to its spot; empty on a network of nodes.
    separate : ndarray of bool, shape (n_points,)
        Whether no road or car ferry leads from there to the rest; empty on a network of nodes.
    """

    point: NDArray[np.int64]
    node: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]
    straight_km: NDArray[np.float64]
    far: NDArray[np.bool_]
    spots: Spots | None = None
    edges: EdgesOfLines | None = None
    spot_minutes: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    spot_km: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    separate: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))


_LEGS = 65536
"""Access legs per block: bounds the memory with a point per postcode of six characters."""


def first_legs(point: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the first leg of each point.

    Examples
    --------
    >>> first_legs(np.array([0, 0, 1, 2, 2, 2])).tolist()
    [0, 2, 3]
    """
    return np.flatnonzero(np.r_[True, point[1:] != point[:-1]])


def leg_blocks(point: NDArray[np.int64], *, size: int = _LEGS) -> list[slice]:
    """Cut legs into blocks that hold all legs of their points.

    Examples
    --------
    >>> leg_blocks(np.array([0, 0, 1, 2, 2, 2]), size=3)
    [slice(0, 3, None), slice(3, 6, None)]
    """
    starts = first_legs(point)
    cuts = starts[np.searchsorted(starts, np.arange(0, len(point), size), side="right") - 1]
    bounds = [*np.unique(cuts).tolist(), len(point)]
    return [slice(start, end) for start, end in pairwise(bounds)]


def access_legs(network: RoadNetwork, points: pd.DataFrame, *, outward: bool = True) -> AccessLegs:
    """Join points to a network by its rule."""
    if network.join.kind == "edge":
        edges, spots = _joined(network, points)
        return _edge_legs(network, edges, spots, outward=outward)
    return _node_legs(NodeIndex.of(network), points)


_IDENTIFIERS = ("postcode", "name")
"""Columns that identify points of a table whose rows are only numbered."""


def identified(points: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return points by their identifiers: of a table that is only numbered, its postcode or name.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Isala"], "lat": [52.5], "lon": [6.1]})
    >>> identified(table, "destinations").index.tolist()
    ['Isala']
    """
    numbered = isinstance(points.index, pd.RangeIndex) and points.index.name is None
    column = next((name for name in _IDENTIFIERS if name in points), None)
    if not numbered or column is None:
        return points
    twice = points[column].duplicated()
    if twice.any():
        found = str(points.loc[twice, column].iloc[0])
        raise InputError(Fault("travel_times", what, column, found, "each identifier once"))
    return points.set_index(column)


def legs_both_ways(
    network: RoadNetwork, origins: pd.DataFrame, destinations: pd.DataFrame
) -> tuple[AccessLegs, AccessLegs]:
    """Join origins and destinations; what lies in the network is sorted and searched once."""
    if network.join.kind != "edge":
        index = NodeIndex.of(network)
        return _node_legs(index, origins), _node_legs(index, destinations)
    places = pd.concat([each[["lat", "lon"]] for each in (origins, destinations)])
    edges, spots = _joined(network, places)
    return (
        _edge_legs(network, edges, spots.part(slice(len(origins))), outward=True),
        _edge_legs(network, edges, spots.part(slice(len(origins), None)), outward=False),
    )


def _joined(network: RoadNetwork, points: pd.DataFrame) -> tuple[EdgesOfLines, Spots]:
    """Usable edges by line, and where points join them."""
    shapes = courses(network)
    edges = edges_of_lines(network, shapes)
    return edges, find_spots(network, shapes, edges, points)


def _node_legs(index: NodeIndex, points: pd.DataFrame) -> AccessLegs:
    """Legs to the nearest joinable nodes."""
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    point, node, km, straight, far = join_nodes(index, lat, lon)
    network = index.network
    minutes = network.profile.access_minutes(km, network.urban[node])
    return AccessLegs(point, node, minutes, km, straight, far)


def _edge_legs(
    network: RoadNetwork, edges: EdgesOfLines, spots: Spots, *, outward: bool
) -> AccessLegs:
    """Legs over the parts of the nearest edge, each after the way from the point to it."""
    point, node, minutes, km = leg_edges(network, edges, spots, outward=outward)
    spot_km = spots.straight_km * network.join.detour
    urban = network.edge_urban[edges.edge[edges.start[spots.line]]]
    spot_minutes = network.profile.access_minutes(spot_km, urban)
    return AccessLegs(
        point,
        node,
        minutes + spot_minutes[point],
        km + spot_km[point],
        spots.straight_km,
        spots.straight_km > network.join.limit_km,
        spots,
        edges,
        spot_minutes,
        spot_km,
        separate_nodes(network)[node[first_legs(point)]],
    )


def leg_report(kind: str, points: pd.DataFrame, legs: AccessLegs) -> pd.DataFrame:
    """List the access leg of every point."""
    return pd.DataFrame(
        {
            "kind": kind,
            "point": points.index.astype(str),
            "straight_km": legs.straight_km,
            "far": legs.far,
            "separate": legs.separate if len(legs.separate) else False,
        }
    )


def both_reports(
    origins: pd.DataFrame, access: AccessLegs, destinations: pd.DataFrame, egress: AccessLegs
) -> pd.DataFrame:
    """List the access legs of origins, then those of destinations."""
    reports = [
        leg_report("origin", origins, access),
        leg_report("destination", destinations, egress),
    ]
    return pd.concat(reports, ignore_index=True)


def separate_points(legs: pd.DataFrame) -> dict[str, list[str]]:
    """Points from which no road or car ferry leads to the rest, for a manifest."""
    names = list(map(str, legs.loc[legs["separate"], "point"]))
    return {"separate_points": names} if names else {}


def far_points(legs: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    """Name the points that lie beyond the limit, and how far."""
    far = legs[legs["far"]]
    return tuple(zip(far["point"].tolist(), far["straight_km"].tolist(), strict=True))
