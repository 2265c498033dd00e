"""Access legs on networks of nodes: to the nearest joinable nodes, never across a barrier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import KDTree

from impact.roads.distance import EARTH_RADIUS_KM, great_circle_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork

_BLOCK = 16384
"""Points at a time: bounds the memory, whatever the number of points."""

_ROUNDING = 1e-9
"""Chords (of the unit sphere) that differ less may sort otherwise in kilometres."""


def join_nodes(
    network: RoadNetwork, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[Any], ...]:
    """Join points to their nearest joinable nodes.

    Parameters
    ----------
    network
        Declares the rule and the barriers.
    lat, lon : ndarray of float, shape (n_points,)
        Degrees.

    Returns
    -------
    point, node : ndarray of int64, shape (n_legs,)
        Positions.
    km : ndarray of float, shape (n_legs,)
        Road length of the legs.
    straight_km : ndarray of float, shape (n_points,)
        To the nearest node.
    far : ndarray of bool, shape (n_points,)
        Whether that is beyond the limit.
    """
    near = _NearNodes.of(network, lat, lon)
    parts = [
        _legs_of_block(near, np.arange(start, min(start + _BLOCK, len(lat))))
        for start in range(0, len(lat), _BLOCK)
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _legs_of_block(near: _NearNodes, which: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
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
class _NearNodes:
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
    def of(
        cls, network: RoadNetwork, lat: NDArray[np.float64], lon: NDArray[np.float64]
    ) -> _NearNodes:
        joinable = np.flatnonzero(network.joinable)
        nodes = _unit_vectors(network.lat[joinable], network.lon[joinable])
        # half the usual time to build, hardly slower to ask
        tree = KDTree(nodes, balanced_tree=False, compact_nodes=False)
        names = sorted({zone for pair in network.barriers for zone in pair})
        side = {zone: number for number, zone in enumerate(names, start=1)}
        apart = np.zeros((len(names) + 1,) * 2, dtype=bool)
        for one, other in network.barriers:
            apart[side[one], side[other]] = True
        node_side = np.zeros(len(network.node), dtype=np.int64)
        if names:
            node_side[:] = [side.get(zone, 0) for zone in network.zone]
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


def _unit_vectors(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _chord(km: float) -> float:
    """Straight line through the unit sphere between points so far apart."""
    return 2.0 * float(np.sin(min(km / (2.0 * EARTH_RADIUS_KM), np.pi / 2.0)))
