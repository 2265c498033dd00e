"""The walk: a network for people on foot, and the walks between places along it.

The network is made of an OpenStreetMap extract (every way that people may walk along, by the table
``data/transit/walking.csv``), of a road network of this program (its streets, without paths), or of
nothing (as the crow flies, times `DETOUR`). Walks are as long one way as the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from impact.bundled import data_path
from impact.errors import Fault, InputError, why
from impact.geodesy import EARTH_RADIUS_KM, stretch_km
from impact.messages import said
from impact.notes import Note
from impact.tables.text_table import read_table
from impact.times.files import file_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

    _Floats = NDArray[np.float64]

DETOUR = 1.3
"""Road per straight line, to where a place joins the network and where there is no network."""

FARTHEST_KM = 1.0
"""From a stop or place to the network; what lies farther is outside it."""

STEP_KM = 0.05
"""Roads that are longer are cut, so that places join near where they are."""

_NO = {"no", "private", "use_sidepath", "customers", "delivery"}
_CLOSED = {"no", "private"}


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Undirected network for people on foot, as arrays.

    Attributes
    ----------
    lat, lon : ndarray of float, shape (n_nodes,)
        Degrees (WGS84). No nodes: walks go as the crow flies, times `DETOUR`.
    start, head, km
        Compressed rows: neighbours of node i and how far they are. A kilometre up stairs counts for
        as many as its speed in the table says.
    about
        For manifests: what it was made of.
    """

    lat: _Floats
    lon: _Floats
    start: NDArray[np.int64]
    head: NDArray[np.int32]
    km: NDArray[np.float32]
    about: Mapping[str, Any]

    def joined(self, lat: _Floats, lon: _Floats) -> tuple[NDArray[np.int64], _Floats]:
        """Return the nearest node of some places, and how far it is by foot in km.

        Parameters
        ----------
        lat, lon : ndarray of float, shape (n,)
            Degrees.

        Returns
        -------
        node : ndarray of int64, shape (n,)
        km : ndarray of float, shape (n,)
            Straight distance times `DETOUR`; infinite beyond `FARTHEST_KM`.
        """
        chord, node = cKDTree(_on_sphere(self.lat, self.lon)).query(_on_sphere(lat, lon))
        straight = np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2.0, 1.0)))
        walked = np.where(straight > FARTHEST_KM, np.inf, straight * DETOUR)
        return np.asarray(node, dtype=np.int64), np.asarray(walked, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Walks:
    """Walks from places to places, in compressed rows.

    Attributes
    ----------
    start : ndarray of int64, shape (n_from + 1,)
        Walks from place i are ``start[i]:start[i + 1]``, sorted by where they lead.
    to : ndarray of int32
        Position of the other place.
    seconds : ndarray of int32
        Rounded up.
    """

    start: NDArray[np.int64]
    to: NDArray[np.int32]
    seconds: NDArray[np.int32]

    @property
    def source(self) -> NDArray[np.int64]:
        """Place from which each walk leads."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def turned(self, count: int) -> Walks:
        """Return the same walks in the other direction.

        Parameters
        ----------
        count
            How many places they lead to.

        Returns
        -------
        Walks
        """
        return walks_of(self.to.astype(np.int64), self.source, self.seconds, count)


def walks_of(
    source: NDArray[np.int64], to: NDArray[np.int64], seconds: NDArray[Any], count: int
) -> Walks:
    """Sort walks into rows, the shortest of each pair.

    Parameters
    ----------
    source, to : ndarray of int64
        Places.
    seconds : ndarray
        Of each walk; rounded up.
    count
        Number of places that walks lead from.

    Returns
    -------
    Walks
    """
    order = np.lexsort((seconds, to, source))
    source, to, seconds = source[order], to[order], seconds[order]
    first = np.ones(len(source), dtype=np.bool_)
    first[1:] = (source[1:] != source[:-1]) | (to[1:] != to[:-1])
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(source[first], minlength=count), out=start[1:])
    whole = np.ceil(seconds[first] - 1e-6).astype(np.int32)
    return Walks(start, to[first].astype(np.int32), whole)


@dataclass(frozen=True, eq=False)
class Places:
    """Places that walks lead from and to, joined to the network once.

    Attributes
    ----------
    lat, lon : ndarray of float, shape (n,)
        Degrees.
    node, km
        As `WalkNetwork.joined` gives them; empty without a network.
    """

    lat: _Floats
    lon: _Floats
    node: NDArray[np.int64]
    km: _Floats

    def __len__(self) -> int:
        return len(self.lat)

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Whether each lies too far from the network."""
        return ~np.isfinite(self.km)


def places(network: WalkNetwork, lat: _Floats, lon: _Floats) -> Places:
    """Join places to a network.

    Parameters
    ----------
    network
        From `walk_network`.
    lat, lon : ndarray of float
        Degrees.

    Returns
    -------
    Places
    """
    if not len(network.lat):
        return Places(lat, lon, np.zeros(len(lat), dtype=np.int64), np.zeros(len(lat)))
    return Places(lat, lon, *network.joined(lat, lon))


def walks(network: WalkNetwork, here: Places, there: Places, *, limit: int, speed: float) -> Walks:
    """Find the walks between places up to a limit.

    Parameters
    ----------
    network
        What both are joined to.
    here, there
        From, and to.
    limit
        Longest walk, seconds.
    speed
        Of walking, km/h.

    Returns
    -------
    Walks
    """
    pace = 3600.0 / speed
    reach = limit / pace
    if not len(network.lat):
        source, to, km = _crow_flights(here, there, reach / DETOUR)
        return walks_of(source, to, km * DETOUR * pace, len(here))
    # numba is for those who compute
    from impact.transit.scan import near

    marked = np.zeros(len(network.lat), dtype=np.bool_)
    wanted = np.flatnonzero(~there.outside)
    marked[there.node[wanted]] = True
    asked = np.flatnonzero(here.km <= reach)
    place, node, took = near(
        network.start,
        network.head,
        network.km,
        here.node[asked],
        reach - here.km[asked],
        marked,
    )
    # a node may be the end of several places
    wanted = wanted[np.argsort(there.node[wanted], kind="stable")]
    low = np.searchsorted(there.node[wanted], node, side="left")
    count = np.searchsorted(there.node[wanted], node, side="right") - low
    walk = np.repeat(np.arange(len(node)), count)
    offset = np.arange(len(walk)) - np.repeat(np.cumsum(count) - count, count)
    to = wanted[low[walk] + offset]
    source = asked[place[walk]]
    km = here.km[source] + took[walk] + there.km[to]
    kept = km <= reach
    return walks_of(source[kept], to[kept], km[kept] * pace, len(here))


def _crow_flights(
    here: Places, there: Places, reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], _Floats]:
    """Pairs of places within a straight distance in km, and that distance."""
    tree = cKDTree(_on_sphere(there.lat, there.lon))
    chord = 2.0 * np.sin(min(reach / (2.0 * EARTH_RADIUS_KM), 1.0))
    near = tree.query_ball_point(_on_sphere(here.lat, here.lon), chord)
    source = np.repeat(np.arange(len(near)), [len(each) for each in near])
    to = np.array([place for each in near for place in each], dtype=np.int64)
    km = stretch_km(here.lat[source], here.lon[source], there.lat[to], there.lon[to])
    return source, to, km


def _on_sphere(lat: _Floats, lon: _Floats) -> _Floats:
    """Points of the unit sphere."""
    phi, turn = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(turn), np.cos(phi) * np.sin(turn), np.sin(phi)])


def crow_flight() -> WalkNetwork:
    """Return the network of no network.

    Returns
    -------
    WalkNetwork
    """
    nothing = np.zeros(0)
    start = np.zeros(1, dtype=np.int64)
    about = {"kind": "straight lines", "detour": DETOUR}
    return WalkNetwork(
        nothing, nothing, start, start[:0].astype(np.int32), nothing.astype(np.float32), about
    )


def walk_network(source: Path | RoadNetwork, table: Path | None = None) -> WalkNetwork:
    """Make a network for people on foot.

    Parameters
    ----------
    source
        An OpenStreetMap extract (.osm.pbf, .osm), or a road network.
    table
        Columns ``highway`` and ``share``: which ways are walked along, and at which share of the
        walking speed (0: not at all); the shipped one by default.

    Returns
    -------
    WalkNetwork
        Its largest connected part.

    Raises
    ------
    InputError
        When the extract cannot be read or holds nothing to walk along.
    """
    share = _shares(data_path("transit/walking.csv") if table is None else table)
    if isinstance(source, Path):
        return _of_extract(source, share)
    return _of_roads(source, share)


def _shares(path: Path) -> dict[str, float]:
    """Value of the tag highway -> share of the walking speed."""
    table = read_table(path)
    table.require(["highway", "share"])
    shares, faults = table.numbers("share", minimum=0.0)
    faults = [*faults, *table.unique("highway")]
    if faults:
        raise InputError(faults)
    return dict(zip(table.frame["highway"], map(float, shares), strict=True))


def _of_roads(roads: RoadNetwork, share: Mapping[str, float]) -> WalkNetwork:
    """Walk along the streets of a road network, both ways, cut into short pieces."""
    from impact.times.snap_edges import courses

    shapes = courses(roads)
    speed = np.array([share.get(str(each), 0.0) for each in roads.road_class])
    edge = np.flatnonzero(speed > 0.0)
    # a line is walked once, whichever edges follow it
    line, first = np.unique(shapes.line[edge], return_index=True)
    edge = edge[first]
    count = np.diff(shapes.start)[line]
    point = np.concatenate([np.arange(*shapes.start[each : each + 2]) for each in line])
    owner = np.repeat(np.arange(len(line)), count)
    lat, lon = shapes.lat[point], shapes.lon[point]
    inner = owner[1:] == owner[:-1]
    straight = stretch_km(lat[:-1], lon[:-1], lat[1:], lon[1:])
    drawn = np.bincount(owner[1:][inner], weights=straight[inner], minlength=len(line))
    factor = np.maximum(roads.km[edge] / np.maximum(drawn, 1e-9), 1.0) / speed[edge]
    # ends of lines are the nodes of the network, points between them are their own
    node = np.arange(len(point)) + len(roads.lat)
    ends = np.cumsum(count) - 1
    begins = ends - count + 1
    backward = shapes.backward[edge]
    node[begins] = np.where(backward, roads.head[edge], roads.tail[edge])
    node[ends] = np.where(backward, roads.tail[edge], roads.head[edge])
    piece = np.flatnonzero(inner)
    km = straight[piece] * factor[owner[piece]]
    everything = (
        np.concatenate([roads.lat, lat]),
        np.concatenate([roads.lon, lon]),
        node[piece],
        node[piece + 1],
        km,
    )
    about = {"kind": "streets of the road network", "roads": roads.about.get("name", "")}
    return _network(*_cut(*everything), about, str(about["roads"]))


def _of_extract(path: Path, share: Mapping[str, float]) -> WalkNetwork:
    """Walk along the ways of an OpenStreetMap extract."""
    import osmium

    number: list[int] = []
    lat: list[float] = []
    lon: list[float] = []
    length: list[int] = []
    factor: list[float] = []
    try:
        ways = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway"))
        )
        way: Any
        for way in ways:
            speed = _speed(way.tags, share)
            if speed <= 0.0:
                continue
            nodes = [each for each in way.nodes if each.location.valid()]
            number += [each.ref for each in nodes]
            lat += [each.location.lat for each in nodes]
            lon += [each.location.lon for each in nodes]
            length.append(len(nodes))
            factor.append(1.0 / speed)
    except (RuntimeError, OSError) as error:
        raise InputError(
            Fault(
                path.name,
                "",
                "",
                None,
                said("a readable OpenStreetMap extract ({reason})", reason=why(error)),
            )
        ) from error
    about = {"kind": "OpenStreetMap", "name": path.name, "sha256": file_hash(path)}
    known, node = np.unique(np.array(number, dtype=np.int64), return_inverse=True)
    where = np.zeros((2, len(known)))
    where[:, node] = (lat, lon)
    owner = np.repeat(np.arange(len(length)), length)
    piece = np.flatnonzero(owner[1:] == owner[:-1])
    tail, head = node[piece], node[piece + 1]
    km = stretch_km(*where[:, tail], *where[:, head]) * np.array(factor)[owner[piece]]
    return _network(*_cut(where[0], where[1], tail, head, km), about, path.name)


def _speed(tags: Any, share: Mapping[str, float]) -> float:  # noqa: ANN401 (osmium's tags)
    """Share of the walking speed along a way; 0 where nobody may walk."""
    foot = tags.get("foot", "")
    if foot in _NO or tags.get("area") == "yes":
        return 0.0
    if not foot and tags.get("access", "") in _CLOSED:
        return 0.0
    speed = share.get(tags.get("highway", ""), 0.0)
    return 1.0 if foot in {"yes", "designated"} and speed == 0.0 else speed


def _cut(
    lat: _Floats,
    lon: _Floats,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    km: _Floats,
) -> tuple[_Floats, _Floats, NDArray[np.int64], NDArray[np.int64], _Floats]:
    """Cut long pieces into equal ones of at most `STEP_KM`."""
    parts = np.maximum(np.ceil(km / STEP_KM), 1.0).astype(np.int64)
    piece = np.repeat(np.arange(len(tail)), parts)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(parts) - parts, parts)
    inner = step > 0
    share = step[inner] / parts[piece[inner]]
    made = len(lat) + np.arange(inner.sum())
    between = [
        each[tail[piece[inner]]] * (1.0 - share) + each[head[piece[inner]]] * share
        for each in (lat, lon)
    ]
    begin, end = tail[piece].copy(), head[piece].copy()
    begin[inner] = made
    last = step == parts[piece] - 1
    end[~last] = begin[np.flatnonzero(~last) + 1]
    return (
        np.concatenate([lat, between[0]]),
        np.concatenate([lon, between[1]]),
        begin,
        end,
        (km / parts)[piece],
    )


def _network(
    lat: _Floats,
    lon: _Floats,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    km: _Floats,
    about: Mapping[str, Any],
    name: str,
) -> WalkNetwork:
    """Keep the largest connected part, in compressed rows."""
    if not len(tail):
        raise InputError(Fault(name, "", "", None, "ways that people walk along"))
    size = len(lat)
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    used = np.zeros(size, dtype=np.bool_)
    used[tail] = used[head] = True
    kept = (part == np.bincount(part[used]).argmax()) & used
    place = np.cumsum(kept) - 1
    inside = kept[tail]
    tail, head, km = place[tail[inside]], place[head[inside]], km[inside]
    source = np.concatenate([tail, head])
    order = np.argsort(source, kind="stable")
    start = np.zeros(int(kept.sum()) + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=len(start) - 1), out=start[1:])
    return WalkNetwork(
        lat[kept],
        lon[kept],
        start,
        np.concatenate([head, tail])[order].astype(np.int32),
        np.concatenate([km, km])[order].astype(np.float32),
        {**about, "nodes": int(kept.sum()), "km": round(float(km.sum()), 1)},
    )


def outside_note(kind: str, names: tuple[str, ...]) -> Note:
    """Note places that lie outside the walking network.

    Parameters
    ----------
    kind
        ``stops``, ``origins`` or ``destinations``.
    names
        Of those that do.

    Returns
    -------
    Note
    """
    return Note.of(f"transit_outside_{kind}", count=len(names), km=FARTHEST_KM, names=names[:5])
