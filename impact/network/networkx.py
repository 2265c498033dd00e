"""`RoadNetwork` to and from NetworkX, in the form that OSMnx reads and writes.

Nodes carry ``x``, ``y``; edges ``osmid``, ``highway``, ``length`` (metres) and ``travel_time``
(seconds); the graph carries ``crs``. What only we know travels along under names of our own, so
that there and back loses nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely

from impact.errors import Fault, InputError
from impact.messages import said
from impact.network.network import FERRY, EdgeShapes, JoinRule, RoadNetwork
from impact.network.npz import settings_of, settings_text
from impact.network.speeds import LOCAL, SpeedProfile
from impact.storage import read_json

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

_M_PER_KM = 1000.0
_S_PER_MINUTE = 60.0
_HIGHWAY = {
    "motorway": "motorway",
    "expressway": "trunk",
    "main": "primary",
    "urban_main": "secondary",
    "local": "unclassified",
}
_SETTINGS = "impact_settings"
"""Name of the attribute of a graph with what its nodes and edges do not say."""

_ACCESS_KMH = 30.0
_STREET_JOIN = JoinRule(count=8, limit_km=2.0)


def to_networkx(network: RoadNetwork) -> nx.MultiDiGraph[int]:
    """Turn a network into an OSMnx-conformant graph.

    Parameters
    ----------
    network
        Parallel edges stay parallel.

    Returns
    -------
    networkx.MultiDiGraph
        ``crs`` is EPSG:4326; node keys are the network's node identifiers.

    Examples
    --------
    >>> from impact.network import read_main_roads
    >>> graph = to_networkx(read_main_roads())
    >>> graph.number_of_nodes(), graph.graph["crs"]
    (19334, 'epsg:4326')
    """
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs="epsg:4326", profile=network.profile, join=network.join, about=dict(network.about)
    )
    # GraphML keeps texts only
    graph.graph[_SETTINGS] = settings_text(network)
    graph.graph["barriers"] = network.barriers
    graph.graph["profiles"] = dict(network.profiles)
    columns = zip(
        network.node.tolist(),
        network.lon.tolist(),
        network.lat.tolist(),
        network.urban.tolist(),
        network.joinable.tolist(),
        network.zone,
        network.zone_marker.tolist(),
        strict=True,
    )
    for name, x, y, urban, joinable, zone, marker in columns:
        graph.add_node(
            name, x=x, y=y, urban=urban, joinable=joinable, zone=zone, zone_marker=marker
        )
    edges = zip(
        network.node[network.tail].tolist(),
        network.node[network.head].tolist(),
        network.km.tolist(),
        network.minutes.tolist(),
        network.road_class,
        network.edge_urban.tolist(),
        np.isnan(network.given_minutes).tolist(),
        strict=True,
    )
    more = _own_attributes(network)
    for number, (tail, head, km, minutes, road_class, urban, timed) in enumerate(edges):
        graph.add_edge(
            tail,
            head,
            osmid=number,
            highway=_HIGHWAY.get(road_class, road_class),
            length=km * _M_PER_KM,
            travel_time=minutes * _S_PER_MINUTE,
            road_class=road_class,
            urban=urban,
            fixed_time=not timed,
            **{key: values[number] for key, values in more.items()},
        )
    return graph


def _own_attributes(network: RoadNetwork) -> dict[str, list[Any]]:
    """Minutes per profile, and the course of every edge as OSMnx has it."""
    out: dict[str, list[Any]] = {
        f"minutes_{name}": minutes.tolist() for name, minutes in network.profile_minutes.items()
    }
    shapes = network.shapes
    if shapes is not None:
        points = np.column_stack([shapes.lon, shapes.lat])
        lines = [points[begin:end] for begin, end in pairwise(shapes.start.tolist())]
        both = zip(shapes.line.tolist(), shapes.backward.tolist(), strict=True)
        out["geometry"] = [
            shapely.LineString(lines[line][::-1] if backward else lines[line])
            for line, backward in both
        ]
        out["line"] = shapes.line.tolist()
    return out


_DEGREES = re.compile(
    r"(?i):4326$|crs84$|^(?=.*\+proj=(?:longlat|latlong))(?=.*\+(?:datum|ellps)=wgs84)"
)


def in_degrees(crs: str) -> bool:
    """Whether a reference system is EPSG:4326; before OSMnx 0.15 it is in the words of PROJ."""
    return _DEGREES.search(crs.replace(" ", "")) is not None


def from_networkx(graph: nx.MultiDiGraph[Any], *, name: str = "graph") -> RoadNetwork:
    """Turn an OSMnx graph, or one from `to_networkx`, into a network.

    Travel times are taken as they are: a graph that did not come from `to_networkx` keeps its own
    minutes under every profile.

    Parameters
    ----------
    graph
        Nodes with ``x``, ``y`` in degrees; edges with ``length`` (metres) and ``travel_time``
        (seconds, as `osmnx.add_edge_travel_times` writes it). Node keys that are not integers
        are replaced by their order.
    name
        For messages and manifests.

    Returns
    -------
    RoadNetwork
        Without barriers, every node joinable within two kilometres, unless the graph says more.

    Raises
    ------
    InputError
        When the graph is undirected or has no edges, coordinates are not in degrees, or an
        attribute is missing or no number.

    Examples
    --------
    >>> graph = nx.MultiDiGraph(crs="epsg:4326")
    >>> graph.add_node(1, x=6.0, y=53.0)
    >>> graph.add_node(2, x=6.1, y=53.0)
    >>> _ = graph.add_edge(1, 2, length=7000.0, travel_time=420.0, highway="primary")
    >>> float(from_networkx(graph).minutes[0])
    7.0
    """
    if graph.number_of_edges() == 0:
        raise InputError(Fault(name, "", "", None, "a graph with at least one edge"))
    if not graph.is_directed():
        raise InputError(Fault(name, "graph", "", said("an undirected graph"), "a MultiDiGraph"))
    if not in_degrees(str(graph.graph.get("crs", "epsg:4326"))):
        expected = "coordinates in degrees, EPSG:4326 (osmnx.project_graph to that first)"
        raise InputError(Fault(name, "graph", "crs", str(graph.graph["crs"]), expected))
    labels = sorted(graph.nodes, key=lambda label: (str(type(label)), label))
    position = {label: place for place, label in enumerate(labels)}
    integers = all(isinstance(label, int) for label in labels)
    node = np.array(labels if integers else range(len(labels)), dtype=np.int64)
    edges = [(position[u], position[v], attributes) for u, v, attributes in graph.edges(data=True)]
    data = [attributes for _, _, attributes in edges]
    minutes = _edge_numbers(data, "travel_time", name) / _S_PER_MINUTE
    settings = _settings(graph, name)
    ours = "profile" in settings
    profiles = settings.get("profiles", {})
    # an edge that somebody added to a graph of ours brings its own minutes
    fixed = np.array([not ours or str(each.get("fixed_time", True)) == "True" for each in data])
    classes = [each.get("road_class", each.get("highway", "unknown")) for each in data]
    return RoadNetwork(
        node=node,
        lat=_node_numbers(graph, labels, "y", name, limit=90.0),
        lon=_node_numbers(graph, labels, "x", name, limit=180.0),
        urban=_node_numbers(graph, labels, "urban", name, default=0.0),
        joinable=_node_numbers(graph, labels, "joinable", name, default=1.0) == 1.0,
        zone=np.array([graph.nodes[each].get("zone", "") for each in labels], dtype=object),
        zone_marker=_node_numbers(graph, labels, "zone_marker", name, default=0.0) == 1.0,
        tail=np.array([edge[0] for edge in edges], dtype=np.int64),
        head=np.array([edge[1] for edge in edges], dtype=np.int64),
        km=_edge_numbers(data, "length", name) / _M_PER_KM,
        road_class=np.array([_one_class(each) for each in classes], dtype=object),
        edge_urban=np.array([float(each.get("urban", 0.0)) for each in data]),
        given_minutes=np.where(fixed, minutes, np.nan),
        minutes=minutes,
        profile=settings.get("profile", _own_times()),
        barriers=settings.get("barriers", frozenset()),
        join=settings.get("join", _STREET_JOIN),
        about=settings.get("about", {"name": name, "kind": "street"}),
        profiles=profiles,
        profile_minutes={
            # an edge that somebody added takes as long under every profile
            each: _floats(
                [edge.get(f"minutes_{each}", own) for edge, own in zip(data, minutes, strict=True)]
            )
            for each in profiles
        },
        shapes=_edge_shapes(graph, edges, labels),
    )


def _settings(graph: nx.MultiDiGraph[Any], name: str) -> dict[str, Any]:
    """Return what `to_networkx` noted of the network; of a graph through GraphML, its text."""
    if isinstance(graph.graph.get("profile"), SpeedProfile):
        known = ("profile", "barriers", "join", "about", "profiles")
        return {key: graph.graph[key] for key in known if key in graph.graph}
    if _SETTINGS not in graph.graph:
        return {}
    try:
        return settings_of(read_json(graph.graph[_SETTINGS]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        expected = "the settings as `to_networkx` writes them, or none"
        raise InputError(Fault(name, "graph", _SETTINGS, str(error), expected)) from error


def _edge_shapes(
    graph: nx.MultiDiGraph[Any], edges: list[tuple[int, int, dict[str, Any]]], labels: list[Any]
) -> EdgeShapes | None:
    """Courses from the ``geometry`` of edges, straight where OSMnx wrote none."""
    data = [attributes for _, _, attributes in edges]
    if not any("geometry" in each for each in data):
        return None
    drawn: dict[Hashable, int] = {}
    lines: list[NDArray[np.float64]] = []
    line, backward = [], []
    for number, (tail, head, attributes) in enumerate(edges):
        key = attributes.get("line", f"edge {number}")
        if "geometry" in attributes:
            course = shapely.get_coordinates(attributes["geometry"])
        else:
            ends = (graph.nodes[labels[tail]], graph.nodes[labels[head]])
            course = np.array([[float(each["x"]), float(each["y"])] for each in ends])
        if key not in drawn:
            drawn[key] = len(lines)
            lines.append(course)
        line.append(drawn[key])
        backward.append(not np.array_equal(lines[drawn[key]], course))
    points = np.concatenate(lines)
    return EdgeShapes(
        line=np.array(line, dtype=np.int32),
        backward=np.array(backward),
        start=np.concatenate([[0], np.cumsum([len(each) for each in lines])]),
        lon=points[:, 0],
        lat=points[:, 1],
    )


def _own_times() -> SpeedProfile:
    """Profile of a graph that brings its own minutes: only access legs need a speed."""
    speeds = ((LOCAL, _ACCESS_KMH, _ACCESS_KMH),)
    return SpeedProfile("own", speeds, status="given", source="travel_time of the graph")


def _one_class(value: object) -> str:
    """Class of an edge; OSMnx lists several where ways were merged."""
    if isinstance(value, list):
        return "; ".join(sorted(map(str, value)))
    return FERRY if value == FERRY else str(value)


def _edge_numbers(data: list[dict[str, Any]], key: str, name: str) -> NDArray[np.float64]:
    missing = sum(key not in each for each in data)
    if missing:
        expected = said(
            "this attribute on every edge ({missing} of {count} lack it)",
            missing=missing,
            count=len(data),
        )
        raise InputError(Fault(name, "edges", key, None, expected))
    values = _floats([each[key] for each in data])
    wrong = ~(np.isfinite(values) & (values >= 0.0))
    if wrong.any():
        shown = str(data[int(np.argmax(wrong))][key])
        raise InputError(Fault(name, "edges", key, shown, "finite numbers of zero or more"))
    return values


def _floats(values: list[Any]) -> NDArray[np.float64]:
    """Numbers, also where GraphML made them text; NaN for what is none."""
    numbers = np.full(len(values), np.nan)
    for place, value in enumerate(values):
        with suppress(TypeError, ValueError):
            numbers[place] = float(value)
    return numbers


def _node_numbers(
    graph: nx.MultiDiGraph[Any],
    labels: list[Hashable],
    key: str,
    name: str,
    default: float | None = None,
    limit: float = 1.0,
) -> NDArray[np.float64]:
    # GraphML gives back text
    text = {"True": 1.0, "False": 0.0}
    values = [graph.nodes[label].get(key, default) for label in labels]
    values = [text.get(value, value) if isinstance(value, str) else value for value in values]
    missing = sum(value is None for value in values)
    if missing:
        expected = said(
            "this attribute on every node ({missing} of {count} lack it)",
            missing=missing,
            count=len(labels),
        )
        raise InputError(Fault(name, "nodes", key, None, expected))
    numbers = _floats(values)
    wrong = ~(np.abs(numbers) <= limit)
    if wrong.any():
        shown = str(values[int(np.argmax(wrong))])
        expected = said(
            "numbers from {low:g} to {limit:g} (coordinates in degrees)", low=-limit, limit=limit
        )
        raise InputError(Fault(name, "nodes", key, shown, expected))
    return numbers
