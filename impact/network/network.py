"""`RoadNetwork`: a road graph as arrays, with the rule by which points join it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.network.speeds import LOCAL, SpeedProfile
from impact.segments import ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NODES = "nodes"
"""Kind of a join rule by which points join nodes, never a place along an edge."""

FERRY = "ferry"
"""Class of ferry edges: their minutes are crossing plus wait, whatever the profile."""

NOT_JOINED = frozenset({FERRY, "motorway", "motorway_link"})
"""Classes beside which nobody lives: a point joins the street behind the noise barrier."""


@dataclass(frozen=True)
class JoinRule:
    """How a point joins the network.

    Attributes
    ----------
    kind
        ``"nodes"``: to the nearest joinable nodes; ``"edge"``: to the nearest point on the nearest
        edge that a car can use, for street-level networks.
    count
        To how many of the nearest joinable nodes at most (``"nodes"`` only).
    limit_km
        Straight-line distance beyond which a node (or edge) is not joined; a point without one
        within it is joined to the nearest and flagged.
    detour
        Road kilometres per straight-line kilometre of the access leg.
    coincident_m
        A point within so many metres of joinable nodes is that node.
    """

    count: int = 8
    limit_km: float = 6.0
    detour: float = 1.3
    coincident_m: float = 10.0
    kind: str = NODES


@dataclass(frozen=True, eq=False)
class EdgeShapes:
    """Course of every edge, for maps and for joining points. Both directions share a line.

    Attributes
    ----------
    line : ndarray of int32, shape (n_edges,)
        Which line an edge follows.
    backward : ndarray of bool, shape (n_edges,)
        Whether it follows that line from its last point to its first.
    start : ndarray of int64, shape (n_lines + 1,)
        Points of line i are ``start[i]:start[i + 1]`` of `lon` and `lat`.
    lon, lat : ndarray of float, shape (n_points,)
        Degrees (WGS84).
    """

    line: NDArray[np.int32]
    backward: NDArray[np.bool_]
    start: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def of_edges(self, edges: NDArray[np.int64]) -> EdgeShapes:
        """Return the course of some edges, with their lines alone, in the same order.

        Parameters
        ----------
        edges : ndarray of int64
            Positions.

        Returns
        -------
        EdgeShapes
        """
        lines, line = np.unique(self.line[edges], return_inverse=True)
        points, start = ranges(self.start[lines], self.start[lines + 1])
        return EdgeShapes(
            line.astype(np.int32), self.backward[edges], start, self.lon[points], self.lat[points]
        )


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
    profiles : mapping of str to SpeedProfile
        The profiles that the network was timed for when it was built; empty where minutes follow
        from class and length.
    profile_minutes : mapping of str to ndarray of float, shape (n_edges,)
        Minutes under each of `profiles`: an edge of a street-level network is a chain of
        stretches and junctions, so that its class and length do not say how long it takes.
    shapes
        Course of the edges, where known.
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
    profiles: Mapping[str, SpeedProfile] = field(default_factory=dict)
    profile_minutes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    shapes: EdgeShapes | None = None

    @property
    def kind(self) -> str:
        """``"screening"`` for the shipped main roads, ``"street"`` for OpenStreetMap."""
        return str(self.about.get("kind", "unknown"))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, of junctions and of the roads between them."""
        west, south, east, north = _box(self.lon, self.lat)
        if self.shapes is None:
            return west, south, east, north
        more = _box(self.shapes.lon, self.shapes.lat)
        return min(west, more[0]), min(south, more[1]), max(east, more[2]), max(north, more[3])

    def with_profile(self, profile: SpeedProfile | str) -> RoadNetwork:
        """Return the same roads under another speed profile.

        Parameters
        ----------
        profile
            Speeds per class; or the name of one of `profiles`. A network with profiles of its own
            goes by the name only: its minutes were made from the tags of every stretch.

        Returns
        -------
        RoadNetwork
            Shares every array but `minutes`.

        Raises
        ------
        InputError
            For a profile that the network was not timed for.
        """
        name = profile if isinstance(profile, str) else profile.name
        if name in self.profiles:
            own = self.profiles[name]
            return replace(self, profile=own, minutes=self.profile_minutes[name])
        if self.profiles or isinstance(profile, str):
            expected = said(
                "a profile that the network was timed for: {names}", names=", ".join(self.profiles)
            )
            near = nearest_names(name, self.profiles)
            raise InputError(Fault("profile", "", "", name, expected, near))
        minutes = profile.drive_minutes(
            self.road_class, self.km, self.edge_urban, self.given_minutes
        )
        return replace(self, profile=profile, minutes=minutes)

    def by_length(self) -> RoadNetwork:
        """Return the same roads with a minute for every kilometre: the fastest way is the shortest.

        Returns
        -------
        RoadNetwork
            Its minutes are kilometres, also those of access legs; nothing is fixed per trip.
        """
        pace = SpeedProfile("km", ((LOCAL, 60.0, 60.0),))
        return replace(self, minutes=self.km, profile=pace, profiles={}, profile_minutes={})

    def backward(self) -> RoadNetwork:
        """Return the same roads with every edge turned around: ways there become ways back.

        Returns
        -------
        RoadNetwork
            Without `shapes`, so that points join nodes.
        """
        return replace(self, tail=self.head, head=self.tail, shapes=None)

    def part(self, nodes: NDArray[np.bool_]) -> tuple[RoadNetwork, NDArray[np.int64]]:
        """Return some nodes, with the edges between them.

        Parameters
        ----------
        nodes : ndarray of bool, shape (n_nodes,)
            Which stay.

        Returns
        -------
        roads : RoadNetwork
            Under the profile in force alone.
        edges : ndarray of int64
            Positions of its edges in this network.
        """
        edges = np.flatnonzero(nodes[self.tail] & nodes[self.head])
        place = np.cumsum(nodes) - 1
        shapes = self.shapes
        if shapes is not None:
            shapes = shapes.of_edges(edges)
        of_nodes = ("node", "lat", "lon", "urban", "joinable", "zone", "zone_marker")
        of_edges = ("km", "road_class", "edge_urban", "given_minutes", "minutes")
        rest = ("profile", "barriers", "join", "about")
        columns: dict[str, Any] = {name: getattr(self, name) for name in rest}
        columns |= {name: getattr(self, name)[nodes] for name in of_nodes}
        columns |= {name: getattr(self, name)[edges] for name in of_edges}
        columns |= {"tail": place[self.tail[edges]], "head": place[self.head[edges]]}
        return RoadNetwork(**columns, shapes=shapes), edges

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
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        numbers = (self.node, self.lat, self.lon, self.urban, self.joinable, self.zone_marker)
        for array in (*numbers, self.tail, self.head, self.km, self.minutes):
            digest.update(np.ascontiguousarray(array).data)
        if self.shapes is not None:
            for each in fields(EdgeShapes):
                digest.update(np.ascontiguousarray(getattr(self.shapes, each.name)).data)
        digest.update("\x1f".join(map(str, self.zone)).encode())
        digest.update(repr((sorted(self.barriers), self.join, self.profile)).encode())
        return digest.hexdigest()


def _box(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[float, float, float, float]:
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
