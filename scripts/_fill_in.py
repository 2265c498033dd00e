"""Roads of the extract that are not OpenStreetMap: main roads where it has none, and joins.

The extract draws them as straight lines, tagged with their source. Their lengths are those of the
main roads. A mesh of local legs stands for the minor roads; it was made for postcode points and
knows water only as a list of municipalities, so that what leads over water or out of the land that
is filled in goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely
from _sources import refuse
from scipy.spatial import KDTree

from impact.errors import Fault
from impact.geodesy import great_circle_km
from impact.network.osm.component import parts_of
from impact.network.osm.edges import Pieces
from impact.network.osm.tag_tables import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _sources import Sources
    from numpy.typing import NDArray

    from impact.network.osm.read import OsmRoads
    from impact.network.osm.tag_tables import OsmTables

STREET, FILLED, JOIN, FERRY = range(4)
"""Positions in `impact.network.streets.ORIGINS`."""
_WORDS = {"VILD": FILLED, "join": JOIN}
_LOCAL = "local"
_STEPS = 100
_NEARBY_KM = 0.1
_NODES = ["node", "lat", "lon", "kind", "joinable", "municipality", "urban"]
_EDGES = ["from_node", "to_node", "km", "class", "urban", "crossing_minutes", "wait_minutes"]


@dataclass(frozen=True)
class _MainRoad:
    km: float
    urban: float
    local: bool


def origins(path: Path, edges: Pieces, size: int) -> NDArray[np.int8]:
    """Return the origin of every line, by the tag that the extract has for what fills in.

    Parameters
    ----------
    path
        The extract.
    edges
        Directed pieces.
    size
        Number of lines.

    Returns
    -------
    ndarray of int8, shape (size,)
    """
    tagged = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(
        osmium.filter.KeyFilter("source")
    )
    known = {each.id: _WORDS[each.tags["source"]] for each in tagged}
    ways = np.array(sorted(known))
    place = np.minimum(np.searchsorted(ways, edges.way), len(ways) - 1)
    values = np.array([known[way] for way in ways.tolist()], dtype=np.int8)
    out = np.zeros(size, dtype=np.int8)
    out[edges.line] = np.where(ways[place] == edges.way, values[place], STREET)
    return out


def filled_in(
    sources: Sources,
    edges: Pieces,
    origin: NDArray[np.int8],
    roads: OsmRoads,
    choices: Mapping[str, Any],
) -> Pieces:
    """Give roads that fill in the length and setting of the main roads, and drop the others.

    Parameters
    ----------
    sources
        Tables of the main roads, outlines of municipalities.
    edges
        Directed pieces.
    origin
        From `origins`.
    roads
        Where nodes lie.
    choices
        Table ``[fill_in]`` of ``streets.toml``.

    Returns
    -------
    Pieces
    """
    nodes = sources.table("main_roads/nodes.csv", _NODES).frame
    place = {
        name: _key(float(lat), float(lon))
        for name, lat, lon in zip(nodes["node"], nodes["lat"], nodes["lon"], strict=True)
    }
    home = {
        place[name]
        for name, town in zip(nodes["node"], nodes["municipality"], strict=True)
        if town in choices["municipalities"]
    }
    main_roads = _main_roads(sources, place)
    filled = np.flatnonzero(origin[edges.line] == FILLED)
    keys = [
        tuple(
            _key(float(roads.lat[end]), float(roads.lon[end]))
            for end in (edges.tail[edge], edges.head[edge])
        )
        for edge in filled.tolist()
    ]
    own = [main_roads[frozenset(pair)] for pair in keys]
    km, urban_km = edges.km.copy(), edges.minutes[SETTINGS[1]].copy()
    km[filled] = [each.km for each in own]
    urban_km[filled] = [each.km * each.urban for each in own]
    at_home = np.array([[key in home for key in pair] for pair in keys])
    local = np.array([each.local for each in own])
    wet = _wet_km(sources, np.array(keys) / 1e5)
    goes = local & (~at_home.all(axis=1) | (wet > choices["longest_wet_km"]))
    stays = np.ones(len(edges.tail), dtype=bool)
    stays[filled[goes]] = False
    # what is left must hang together with the land that is filled in
    rest = filled[~goes]
    size = len(roads.lat)
    part = parts_of(edges.tail[rest], edges.head[rest], size)
    inside = np.zeros(size, dtype=bool)
    inside[part[edges.tail[filled[at_home[:, 0]]]]] = True
    stays[rest[~inside[part[edges.tail[rest]]]]] = False
    touched = np.zeros(size, dtype=bool)
    kept = rest[stays[rest]]
    touched[edges.tail[kept]] = touched[edges.head[kept]] = True
    join = np.flatnonzero(origin[edges.line] == JOIN)
    stays[join[~(touched[edges.tail[join]] | touched[edges.head[join]])]] = False
    sources.report(
        f"fill-in {len(kept)} directed main roads stay, {len(filled) - len(kept)} over water or "
        f"out of {', '.join(choices['municipalities'])} go; {int(stays[join].sum())} joins"
    )
    changed = replace(edges, km=km, minutes={**edges.minutes, SETTINGS[1]: urban_km})
    return changed.take(stays)


def with_joins(
    edges: Pieces,
    origin: NDArray[np.int8],
    roads: OsmRoads,
    tables: OsmTables,
    joins: Sequence[Mapping[str, Any]],
) -> tuple[Pieces, NDArray[np.int8]]:
    """Add joins that the extract lacks.

    Parameters
    ----------
    edges
        From `filled_in`.
    origin
        From `origins`.
    roads, tables
        Where nodes lie, and classes.
    joins
        Tables ``[[fill_in.join]]`` of ``streets.toml``.

    Returns
    -------
    edges : Pieces
    origin : ndarray of int8
        With the new lines.
    """
    places = np.array([[each["from"], each["to"]] for each in joins])
    node, gap = nearest_ends(edges, roads, places)
    refuse(
        [
            Fault("streets.toml", each["name"], "fill_in.join", f"{far:.2f} km", "a road nearby")
            for each, far in zip(joins, gap.max(axis=1), strict=True)
            if far > _NEARBY_KM
        ]
    )
    ends = [(axis[node[:, 0]], axis[node[:, 1]]) for axis in (roads.lat, roads.lon)]
    km = great_circle_km(ends[0][0], ends[1][0], ends[0][1], ends[1][1])
    road_class = [tables.classes.index(each["class"]) for each in joins]
    added = np.full(len(joins), JOIN, dtype=np.int8)
    more = with_links(edges, node, np.asarray(km), np.array(road_class), len(origin))
    return more, np.concatenate([origin, added])


def nearest_ends(
    edges: Pieces, roads: OsmRoads, places: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the ends of roads nearest to places.

    Parameters
    ----------
    edges, roads
        Directed pieces, and where nodes lie.
    places : ndarray of float, shape (..., 2)
        Latitude and longitude.

    Returns
    -------
    node : ndarray of int64, shape (...)
    km : ndarray of float, shape (...)
    """
    ends = np.unique(np.concatenate([edges.tail, edges.head]))
    lat, lon = roads.lat[ends], roads.lon[ends]
    narrow = np.cos(np.radians(52.2))
    _, place = KDTree(np.column_stack([lat, lon * narrow])).query(places * [1.0, narrow])
    gap = great_circle_km(places[..., 0], places[..., 1], lat[place], lon[place])
    return ends[place].astype(np.int64), np.asarray(gap)


def with_links(
    edges: Pieces,
    ends: NDArray[np.int64],
    km: NDArray[np.float64],
    road_class: NDArray[np.int64],
    line: int,
) -> Pieces:
    """Add a straight line both ways per pair of nodes.

    Parameters
    ----------
    edges
        Directed pieces.
    ends : ndarray of int64, shape (n, 2)
        Nodes.
    km, road_class : ndarray, shape (n,)
        Length and class.
    line
        Number of the first of the new lines.

    Returns
    -------
    Pieces
    """
    count = len(ends)
    columns = {
        "tail": ends.T.ravel(),
        "head": ends[:, ::-1].T.ravel(),
        "km": np.tile(km, 2),
        "urban_km": np.zeros(2 * count),
        "road_class": np.tile(road_class, 2),
        "way": np.zeros(2 * count),
        "line": np.tile(np.arange(line, line + count), 2),
        "backward": np.repeat([False, True], count),
    }
    old = {name: getattr(edges, name) for name in columns}
    joined = {
        name: np.concatenate([old[name], each.astype(old[name].dtype)])
        for name, each in columns.items()
    }
    minutes = {
        name: np.concatenate([each, np.zeros(2 * count)]) for name, each in edges.minutes.items()
    }
    return Pieces(**joined, minutes=minutes)


def _key(lat: float, lon: float) -> tuple[int, int]:
    return round(lat * 1e5), round(lon * 1e5)


def _main_roads(
    sources: Sources, place: Mapping[str, tuple[int, int]]
) -> dict[frozenset[tuple[int, int]], _MainRoad]:
    """Return main roads by the places of their ends; of two the one that is no local leg."""
    table = sources.table("main_roads/edges.csv", _EDGES).frame
    out: dict[frozenset[tuple[int, int]], _MainRoad] = {}
    columns = [table[name] for name in ("from_node", "to_node", "km", "urban", "class")]
    for a, b, km, urban, name in zip(*columns, strict=True):
        pair = frozenset((place[a], place[b]))
        if pair not in out or out[pair].local:
            out[pair] = _MainRoad(float(km), float(urban), name == _LOCAL)
    return out


def _wet_km(sources: Sources, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kilometres of straight lines that lie outside the outlines of all municipalities."""
    outlines = (sources.folder / "municipalities_2023.geojson").read_text(encoding="utf-8")
    land = shapely.union_all(shapely.get_parts(shapely.from_geojson(outlines)))
    shapely.prepare(land)
    share = (np.arange(_STEPS) + 0.5) / _STEPS
    middle = ends[:, 0, None, :] * (1.0 - share[:, None]) + ends[:, 1, None, :] * share[:, None]
    dry = shapely.contains_xy(land, middle[..., 1].ravel(), middle[..., 0].ravel())
    step = (ends[:, 1] - ends[:, 0]) * [111.195, 111.195 * np.cos(np.radians(52.5))]
    length = np.hypot(step[:, 0], step[:, 1])
    return np.asarray(length * (1.0 - dry.reshape(-1, _STEPS).mean(axis=1)))
