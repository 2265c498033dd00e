"""Access legs: how points join the road network.

On a network of nodes a point joins its nearest joinable nodes (`JoinRule.count` of them at most,
within `JoinRule.limit_km`), never across a water barrier; the leg is straight line x detour at the
local speed. A point that lies on a joinable node is that node. A point without a joinable node
within the limit joins the nearest one and is flagged: nothing is snapped far in silence.

On a street-level network it joins the nearest point on the nearest usable edge; see
`impact.times.edge_join`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from impact.roads.distance import EARTH_RADIUS_KM, great_circle_km
from impact.times.edge_join import edges_of_lines, find_spots, leg_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.edge_join import Spots

_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""

_ROUNDING = 1e-9
"""Chords (of the unit sphere) that differ less may sort otherwise in kilometres."""


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
    spots
        Where the points join edges; `None` on a network of nodes.
    spot_minutes, spot_km : ndarray of float, shape (n_points,)
        From each point to its spot; empty on a network of nodes.
    """

    point: NDArray[np.int64]
    node: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]
    straight_km: NDArray[np.float64]
    far: NDArray[np.bool_]
    spots: Spots | None = None
    spot_minutes: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    spot_km: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def access_legs(network: RoadNetwork, points: pd.DataFrame, *, outward: bool = True) -> AccessLegs:
    """Join points to a network by its rule.

    Parameters
    ----------
    network
        Declares the rule and the barriers.
    points
        Columns ``lat`` and ``lon`` in degrees.
    outward
        Whether the points are left (origins) or reached (destinations). It matters on edges, which
        have a direction.

    Returns
    -------
    AccessLegs
        At least one leg per point.
    """
    if network.join.kind == "edge":
        return _edge_legs(network, points, outward=outward)
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    near = _Near.of(network, lat, lon)
    parts = [
        _legs_of_block(near, np.arange(start, min(start + _BLOCK, len(lat))))
        for start in range(0, len(lat), _BLOCK)
    ]
    point, node, km, straight, far = (np.concatenate(column) for column in zip(*parts, strict=True))
    minutes = network.profile.access_minutes(km, network.urban[node])
    return AccessLegs(point, node, minutes, km, straight, far)


def _edge_legs(network: RoadNetwork, points: pd.DataFrame, *, outward: bool) -> AccessLegs:
    """Legs over the parts of the nearest edge, each after the way from the point to it."""
    edges = edges_of_lines(network)
    spots = find_spots(network, edges, points)
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
        spot_minutes,
        spot_km,
    )


def leg_report(kind: str, points: pd.DataFrame, legs: AccessLegs) -> pd.DataFrame:
    """List the access leg of every point.

    Parameters
    ----------
    kind
        ``origin`` or ``destination``.
    points
        As given to `access_legs`.
    legs
        What it returned.

    Returns
    -------
    pandas.DataFrame
        kind, point, straight_km (to the nearest node used, or to the edge), far.
    """
    return pd.DataFrame(
        {
            "kind": kind,
            "point": points.index.astype(str),
            "straight_km": legs.straight_km,
            "far": legs.far,
        }
    )


def both_reports(
    origins: pd.DataFrame, access: AccessLegs, destinations: pd.DataFrame, egress: AccessLegs
) -> pd.DataFrame:
    """List the access legs of origins, then those of destinations.

    Parameters
    ----------
    origins, destinations
        As given to `access_legs`.
    access, egress
        What it returned.

    Returns
    -------
    pandas.DataFrame
        See `leg_report`.
    """
    reports = [
        leg_report("origin", origins, access),
        leg_report("destination", destinations, egress),
    ]
    return pd.concat(reports, ignore_index=True)


def far_points(legs: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    """Name the points that lie beyond the limit, and how far.

    Parameters
    ----------
    legs
        From `leg_report`.

    Returns
    -------
    tuple of (str, float)
        Identifier and straight-line kilometres.
    """
    far = legs[legs["far"]]
    return tuple(zip(far["point"].tolist(), far["straight_km"].tolist(), strict=True))


def _unit_vectors(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _chord(km: float) -> float:
    """Straight line through the unit sphere between points so far apart."""
    return 2.0 * float(np.sin(min(km / (2.0 * EARTH_RADIUS_KM), np.pi / 2.0)))


def _legs_of_block(near: _Near, which: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
    """Point, node and kilometres of the legs, then nearest kilometres and far flag per point."""
    rule = near.network.join
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
class _Near:
    """Finds the nearest nodes that points may join.

    `apart[p, n]` says that no leg leads from a point of side p to a node of side n; side 0 holds
    every zone that no barrier mentions.
    """

    network: RoadNetwork
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    joinable: NDArray[np.int64]
    tree: KDTree
    point_side: NDArray[np.int64]
    node_side: NDArray[np.int64]
    apart: NDArray[np.bool_]

    @classmethod
    def of(cls, network: RoadNetwork, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> _Near:
        joinable = np.flatnonzero(network.joinable)
        tree = KDTree(_unit_vectors(network.lat[joinable], network.lon[joinable]))
        names = sorted({zone for pair in network.barriers for zone in pair})
        side = {zone: number for number, zone in enumerate(names, start=1)}
        apart = np.zeros((len(names) + 1,) * 2, dtype=bool)
        for one, other in network.barriers:
            apart[side[one], side[other]] = True
        node_side = np.array([side.get(zone, 0) for zone in network.zone], dtype=np.int64)
        markers = np.flatnonzero(network.zone_marker)
        point_side = np.full(len(lat), side.get("", 0), dtype=np.int64)
        if names and len(markers):
            # the zone of a point is that of the nearest marker
            beside = KDTree(_unit_vectors(network.lat[markers], network.lon[markers]))
            point_side = node_side[markers[beside.query(_unit_vectors(lat, lon))[1]]]
        return cls(network, lat, lon, joinable, tree, point_side, node_side, apart)

    def nodes(
        self, which: NDArray[np.int64], *, limit_km: float, count: int, dry: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Nearest nodes of some points, by kilometres, then by identifier.

        Returns
        -------
        node, km : ndarray, shape (n_which, count)
            At most `count` nodes within the limit, on the same side of the water where
            `dry`; then -1 and infinite.
        """
        node = np.full((len(which), count), -1, dtype=np.int64)
        km = np.full((len(which), count), np.inf)
        rows, asked = np.arange(len(which)), min(2 * count, len(self.joinable))
        while len(rows):
            step = max(1, _BLOCK * 2 * count // asked)
            open_rows = []
            for start in range(0, len(rows), step):
                part = rows[start : start + step]
                found, away, done = self._ask(which[part], asked, limit_km, count, dry=dry)
                width = found.shape[1]
                node[part[done], :width], km[part[done], :width] = found[done], away[done]
                open_rows.append(part[~done])
            rows, asked = np.concatenate(open_rows), min(4 * asked, len(self.joinable))
        return node, km

    def _ask(
        self, which: NDArray[np.int64], asked: int, limit_km: float, count: int, *, dry: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Choose from the `asked` nearest by chord; done where more could change nothing."""
        lat, lon = self.lat[which, None], self.lon[which, None]
        answer = self.tree.query(
            _unit_vectors(lat[:, 0], lon[:, 0]),
            k=np.arange(1, asked + 1),
            distance_upper_bound=_chord(limit_km) + _ROUNDING,
        )
        chord, found = (np.asarray(each) for each in answer)
        usable = found < len(self.joinable)
        node = self.joinable[np.where(usable, found, 0)]
        km = great_circle_km(lat, lon, self.network.lat[node], self.network.lon[node])
        usable &= km <= limit_km
        if dry:
            usable &= ~self.apart[self.point_side[which, None], self.node_side[node]]
        km = np.where(usable, km, np.inf)
        order = np.lexsort((self.network.node[node], km))[:, :count]
        node, km = np.take_along_axis(node, order, axis=1), np.take_along_axis(km, order, axis=1)
        gap = np.take_along_axis(chord, order, axis=1)
        last = chord[:, -1]
        complete = ~np.isfinite(last) | (asked == len(self.joinable))
        full = np.isfinite(km).all(axis=1)
        done = complete | (full & (gap.max(axis=1) + _ROUNDING < last))
        return np.where(np.isfinite(km), node, -1), km, done
