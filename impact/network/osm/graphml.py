"""Read the GraphML that `osmnx.save_graphml` writes as if it were an extract.

Speeds and delays come from the tags on the edges, by the same tables as for an extract. A graph
that OSMnx has simplified lists several classes and limits on one edge: the lowest count.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from impact.errors import Fault, InputError, why
from impact.messages import said
from impact.network.networkx import in_degrees
from impact.network.osm.read import OsmRoads
from impact.network.osm.tags import WAY_KEYS, WayKind, classify, node_event

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.osm.tag_tables import OsmTables

_Bends = tuple[tuple[float, float], ...]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_EMPTY = frozenset({"", "nan", "None"})
_NOT_TAGS = frozenset({"oneway", "junction"})
"""An edge of a graph has its direction already."""


def scan_graphml(path: Path, tables: OsmTables) -> OsmRoads:
    """Read the roads of a graph."""
    graph = _read(path)
    lon = [_number(path, "x", tags, limit=180.0) for _, tags in graph.nodes(data=True)]
    lat = [_number(path, "y", tags, limit=90.0) for _, tags in graph.nodes(data=True)]
    events = [node_event(tags, tables) or (0, 0, False) for _, tags in graph.nodes(data=True)]
    position = {name: place for place, name in enumerate(graph.nodes)}
    numbers = [_identifier(name, place) for name, place in position.items()]
    kinds: list[WayKind] = []
    kind: list[int] = []
    ref: list[int] = []
    count: list[int] = []
    left_out: Counter[str] = Counter()
    known: dict[tuple[Any, ...], int | str] = {}
    for (tail, head, between, values), two_way in _ways(graph, position).items():
        if (values, two_way) not in known:
            made = _kind(values, tables, two_way=two_way)
            known[values, two_way] = made if isinstance(made, str) else len(kinds)
            kinds += [made] if isinstance(made, WayKind) else []
        found = known[values, two_way]
        if isinstance(found, str):
            left_out[found] += 1
            continue
        bends = range(len(lon), len(lon) + len(between))
        lon += [x for x, _ in between]
        lat += [y for _, y in between]
        kind.append(found)
        ref += [tail, *bends, head]
        count.append(len(between) + 2)
    if not kind:
        expected = said(
            "roads that a car may use ({count} other edges)", count=sum(left_out.values())
        )
        raise InputError(Fault(path.name, "edges", "highway", None, expected))
    fresh = min(0, *numbers) - 1 - np.arange(len(lon) - len(numbers))
    node = np.concatenate([np.array(numbers, dtype=np.int64), fresh])
    order = np.argsort(node)
    place = np.empty(len(node), dtype=np.int32)
    place[order] = np.arange(len(node))
    marks = np.zeros((3, len(node)), dtype=np.int8)
    marks[:, : len(numbers)] = np.array(events, dtype=np.int8).T
    return OsmRoads(
        way=np.arange(1, len(kind) + 1),
        kind=np.array(kind, dtype=np.int32),
        start=np.concatenate([[0], np.cumsum(count)]),
        ref=place[np.array(ref)],
        node=node[order],
        lon=np.array(lon)[order],
        lat=np.array(lat)[order],
        event=marks[0, order],
        event_way=marks[1, order],
        blocked=marks[2, order] == 1,
        kinds=tuple(kinds),
        ferries=(),
        restrictions=(),
        left_out=left_out,
        about={
            "file": path.name,
            "bytes": path.stat().st_size,
            "date": "not stated in the file",
            "generator": str(graph.graph.get("created_with", "not stated in the file")),
            "ways": len(kind),
        },
    )


def _ways(
    graph: nx.MultiDiGraph[Any], position: dict[Any, int]
) -> dict[tuple[int, int, _Bends, tuple[str, ...]], bool]:
    """Edges by ends, bends and tags, and whether the same road leads back."""
    out: dict[tuple[int, int, _Bends, tuple[str, ...]], bool] = {}
    for tail, head, edge in graph.edges(data=True):
        values = tuple(str(edge.get(key, "")) for key in WAY_KEYS)
        between = _bends(edge)
        back = (position[head], position[tail], between[::-1], values)
        if back in out:
            out[back] = True
        else:
            out.setdefault((position[tail], position[head], between, values), False)
    return out


def _read(path: Path) -> nx.MultiDiGraph[Any]:
    try:
        graph = nx.read_graphml(path, node_type=str, force_multigraph=True)
    except Exception as error:
        # the parser of XML, networkx and the file system each have errors of their own
        expected: str = said(
            "a graph as osmnx.save_graphml writes it ({reason})", reason=why(error)
        )
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    if not graph.is_directed() or graph.number_of_edges() == 0:
        expected = "a directed graph with at least one edge"
        raise InputError(Fault(path.name, "graph", "", None, expected))
    crs = str(graph.graph.get("crs", "epsg:4326"))
    if not in_degrees(crs):
        raise InputError(Fault(path.name, "graph", "crs", crs, "coordinates in degrees, EPSG:4326"))
    return nx.MultiDiGraph(graph)


def _number(path: Path, key: str, tags: dict[str, Any], *, limit: float) -> float:
    try:
        value = float(tags[key])
    except (KeyError, ValueError):
        value = np.nan
    if not abs(value) <= limit:
        raise InputError(Fault(path.name, "nodes", key, str(tags.get(key)), "degrees"))
    return value


def _identifier(name: str, place: int) -> int:
    return int(name) if re.fullmatch(r"-?\d{1,18}", name) else place + 1


def _bends(edge: dict[str, Any]) -> _Bends:
    """Bends of an edge, from its ``geometry`` in well-known text."""
    values = [float(each) for each in _NUMBER.findall(str(edge.get("geometry", "")))]
    return tuple(zip(values[2:-2:2], values[3:-2:2], strict=True))


def _kind(values: tuple[str, ...], tables: OsmTables, *, two_way: bool) -> WayKind | str:
    tags = {
        key: value
        for key, value in zip(WAY_KEYS, values, strict=True)
        if value not in _EMPTY and key not in _NOT_TAGS
    }
    if "highway" not in tags:
        return "no highway"
    tags["oneway"] = "no" if two_way else "yes"
    roundabout = dict(zip(WAY_KEYS, values, strict=True))["junction"]
    if roundabout not in _EMPTY:
        tags["junction"] = roundabout
    return classify(tags, tables)
