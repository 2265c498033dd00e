"""`RoadNetwork`: a road graph as arrays, with the rule by which points join it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.roads.speeds import SpeedProfile

FERRY = "ferry"
"""Class of ferry edges: their minutes are crossing plus wait, whatever the profile."""


@dataclass(frozen=True)
class JoinRule:
    """How a point joins the network.

    Attributes
    ----------
    count
        To how many of the nearest joinable nodes at most.
    limit_km
        Straight-line distance beyond which a node is not joined; a point without a node within
        it is joined to its nearest node and flagged.
    detour
        Road kilometres per straight-line kilometre of the access leg.
    coincident_m
        A point within so many metres of joinable nodes is that node.
    """

    count: int = 8
    limit_km: float = 6.0
    detour: float = 1.3
    coincident_m: float = 10.0


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Directed road graph as arrays, timed for one speed profile.

    Attributes
    ----------
    node : ndarray of int64, shape (n_nodes,)
        Identifiers, unique.
    lat, lon : ndarray of float, shape (n_nodes,)
        Degrees (WGS84).
    urban : ndarray of float, shape (n_nodes,)
        0 (rural) to 1 (dense), sets the speed of access legs.
    joinable : ndarray of bool, shape (n_nodes,)
        Whether a point may join here.
    zone : ndarray of str, shape (n_nodes,)
        Municipality, for water barriers; empty where unknown.
    zone_marker : ndarray of bool, shape (n_nodes,)
        Nodes whose zone is lent to points near them.
    tail, head : ndarray of int64, shape (n_edges,)
        Positions in `node`; an edge leads from tail to head.
    km : ndarray of float, shape (n_edges,)
        Road length.
    road_class : ndarray of str, shape (n_edges,)
        Class in the speed table, or `FERRY`.
    edge_urban : ndarray of float, shape (n_edges,)
        Urban share of the edge.
    given_minutes : ndarray of float, shape (n_edges,)
        Minutes that no profile changes (ferries: crossing plus wait); NaN elsewhere.
    minutes : ndarray of float, shape (n_edges,)
        Driving minutes under `profile`.
    profile
        The speed profile in force.
    barriers : frozenset of (str, str)
        Pairs of zones between which an access leg may not lead.
    join
        How points join.
    about
        Name, kind, year, source, licence and limits, for manifests.
    """

    node: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    urban: NDArray[np.float64]
    joinable: NDArray[np.bool_]
    zone: NDArray[np.object_]
    zone_marker: NDArray[np.bool_]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    km: NDArray[np.float64]
    road_class: NDArray[np.object_]
    edge_urban: NDArray[np.float64]
    given_minutes: NDArray[np.float64]
    minutes: NDArray[np.float64]
    profile: SpeedProfile
    barriers: frozenset[tuple[str, str]] = frozenset()
    join: JoinRule = field(default_factory=JoinRule)
    about: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``"screening"`` for the shipped main roads, ``"street"`` for OpenStreetMap."""
        return str(self.about.get("kind", "unknown"))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return (
            float(self.lon.min()),
            float(self.lat.min()),
            float(self.lon.max()),
            float(self.lat.max()),
        )

    def with_profile(self, profile: SpeedProfile) -> RoadNetwork:
        """Return the same roads under another speed profile.

        Parameters
        ----------
        profile
            Speeds per class.

        Returns
        -------
        RoadNetwork
            Shares every array but `minutes`.
        """
        minutes = profile.drive_minutes(self)
        return replace(self, profile=profile, minutes=minutes)

    def fastest_edges(self) -> NDArray[np.int64]:
        """Positions of one edge per pair of nodes: the fastest, of equals the shortest.

        Returns
        -------
        ndarray of int64
            Sorted by tail, then head.
        """
        order = np.lexsort((self.km, self.minutes, self.head, self.tail))
        tail, head = self.tail[order], self.head[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        return order[first]

    def fingerprint(self) -> str:
        """Hash of everything that can change a travel time.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        digest = hashlib.sha256()
        numbers = (self.node, self.lat, self.lon, self.urban, self.joinable, self.zone_marker)
        for array in (*numbers, self.tail, self.head, self.km, self.minutes):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\x1f".join(map(str, self.zone)).encode())
        digest.update(repr((sorted(self.barriers), self.join, self.profile)).encode())
        return digest.hexdigest()
