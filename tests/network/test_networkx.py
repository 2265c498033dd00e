"""Networks and NetworkX graphs, so that OSMnx users come and go freely."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given, settings
from networks import points, random_networks, roads

from impact.errors import InputError
from impact.network.main_roads import bundled_profiles, read_main_roads
from impact.network.networkx import from_networkx, to_networkx
from impact.network.speeds import SpeedProfile
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

NODE_ARRAYS = ("node", "lat", "lon", "urban", "joinable", "zone", "zone_marker")
EDGE_ARRAYS = ("tail", "head", "km", "road_class", "edge_urban", "given_minutes", "minutes")

#        12
#    A ------ B ~~ 20 min ~~ C
#     \\__9__/                (an island)
NETWORK = roads(
    "A - B 12", "A > B 9", "B ~ C 20", zones={"A": "a", "C": "c"}, barriers=[("a", "c")], closed="B"
)


def assert_same(one: RoadNetwork, other: RoadNetwork) -> None:
    """Compare the arrays, whatever the order of the edges."""
    for name in NODE_ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    here, there = (
        pd.DataFrame({name: getattr(each, name) for name in EDGE_ARRAYS})
        .sort_values(list(EDGE_ARRAYS))
        .reset_index(drop=True)
        for each in (one, other)
    )
    # seconds and metres are minutes and kilometres to the last bit but one
    pd.testing.assert_frame_equal(here, there, rtol=1e-14, atol=0)
    for name in ("profile", "barriers", "join", "about"):
        assert getattr(one, name) == getattr(other, name)


def graph_of(*edges: tuple[object, object], **attributes: object) -> nx.MultiDiGraph[Any]:
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs="epsg:4326")
    for one, other in edges:
        for place, node in enumerate((one, other)):
            graph.add_node(node, x=6.0 + place / 10, y=53.0)
        settings_ = {"length": 7000.0, "travel_time": 420.0, "highway": "primary", **attributes}
        graph.add_edge(one, other, **{k: v for k, v in settings_.items() if v is not None})
    return graph


def test_graph_has_the_names_and_units_of_osmnx() -> None:
    graph = to_networkx(NETWORK)

    assert graph.graph["crs"] == "epsg:4326"
    assert graph.nodes[100] == {
        "x": 5.0,
        "y": NETWORK.lat[0],
        "urban": 0.0,
        "joinable": True,
        "zone": "a",
        "zone_marker": True,
    }
    lengths = sorted(edge["length"] for edge in graph[100][101].values())
    assert lengths == [9000.0, 12000.0]
    ferry = graph[101][102][0]
    assert (ferry["highway"], ferry["travel_time"]) == ("ferry", 1200.0)
    assert len({osmid for *_, osmid in graph.edges(data="osmid")}) == graph.number_of_edges()


def test_there_and_back_is_the_same() -> None:
    assert_same(from_networkx(to_networkx(NETWORK)), NETWORK)


@settings(deadline=None, max_examples=30)
@given(random_networks())
def test_any_network_there_and_back_is_the_same(network: RoadNetwork) -> None:
    assert_same(from_networkx(to_networkx(network)), network)


def test_shipped_roads_there_and_back_are_the_same_under_every_profile() -> None:
    network = read_main_roads()
    again = from_networkx(to_networkx(network))

    assert_same(again, network)
    peak = bundled_profiles()["spits"]
    np.testing.assert_allclose(
        np.sort(again.with_profile(peak).minutes),
        np.sort(network.with_profile(peak).minutes),
        rtol=1e-14,
    )


def test_neither_graph_nor_network_is_changed() -> None:
    graph = to_networkx(NETWORK)
    before = nx.to_dict_of_dicts(graph.copy())
    fingerprint = NETWORK.fingerprint()

    network = from_networkx(graph)
    network.minutes[:] = 0.0

    assert nx.to_dict_of_dicts(graph) == before
    assert NETWORK.fingerprint() == fingerprint


def test_edge_that_was_added_to_our_graph_keeps_its_minutes() -> None:
    graph = to_networkx(NETWORK)
    graph.add_edge(100, 102, length=1000.0, travel_time=90.0, highway="primary")

    network = from_networkx(graph).with_profile(SpeedProfile("slow", (("local", 6.0, 6.0),)))

    bridge = (network.tail == 0) & (network.head == 2)
    assert network.minutes[bridge].tolist() == [1.5]
    assert network.minutes[(network.tail == 1) & (network.head == 0)].tolist() == [120.0]


def test_attributes_that_osmnx_may_give_are_understood() -> None:
    graph = graph_of(("x", "y"), highway=["trunk", "primary"], travel_time="420", osmid=[1, 2])

    network = from_networkx(graph, name="mine")

    assert network.minutes.tolist() == [7.0]
    assert network.km.tolist() == [7.0]
    assert network.road_class.tolist() == ["primary; trunk"]
    assert network.node.tolist() == [0, 1]
    assert network.about == {"name": "mine", "kind": "street"}
    assert network.profile.name == "own"
    assert network.join.limit_km == 2.0


@pytest.mark.parametrize(
    ("graph", "fault"),
    [
        (nx.MultiDiGraph(), "mine: expected a graph with at least one edge"),
        (graph_of((1, 2)).to_undirected(), "mine, graph: found 'an undirected graph', expected"),
        (graph_of((1, 2), travel_time=None), "mine, edges, travel_time: expected this attribute"),
        (graph_of((1, 2), length=None), "mine, edges, length: expected this attribute on every"),
        (graph_of((1, 2), travel_time=-1), "mine, edges, travel_time: found '-1', expected finite"),
        (graph_of((1, 2), travel_time="x"), "mine, edges, travel_time: found 'x', expected finite"),
        (graph_of((1, 2), travel_time=[1]), "mine, edges, travel_time: found '[1]', expected"),
        (
            graph_of((1, 2), length=float("nan")),
            ("mine, edges, length: found 'nan', expected finite"),
        ),
    ],
)
def test_graph_that_is_no_road_network_is_told(graph: nx.MultiDiGraph[Any], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        from_networkx(graph, name="mine")

    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("x", 233_000.0, "graph, nodes, x: found '233000.0', expected numbers from -180 to 180"),
        ("y", "north", "graph, nodes, y: found 'north', expected numbers from -90 to 90"),
        ("y", float("nan"), "graph, nodes, y: found 'nan', expected numbers from -90 to 90"),
    ],
)
def test_coordinates_that_are_no_degrees_are_told(key: str, value: object, fault: str) -> None:
    graph = graph_of((1, 2))
    graph.nodes[2][key] = value

    with pytest.raises(InputError) as caught:
        from_networkx(graph)

    assert str(caught.value).startswith(fault)


def test_node_without_coordinates_is_told() -> None:
    graph = graph_of((1, 2))
    del graph.nodes[1]["x"]

    with pytest.raises(InputError, match=r"nodes, x: .* on every node \(1 of 2 lack it\)"):
        from_networkx(graph)


def test_projected_graph_is_told() -> None:
    projected = ox.project_graph(graph_of((1, 2)), to_crs="epsg:28992")

    with pytest.raises(InputError, match=r"graph, crs: found .* expected coordinates in degrees"):
        from_networkx(projected)


# --- with OSMnx itself


def test_osmnx_routes_over_our_graph_in_our_minutes() -> None:
    graph = to_networkx(NETWORK)
    times = travel_times(NETWORK, points(NETWORK, "A B C"), points(NETWORK, "A B C"))

    route = ox.routing.shortest_path(graph, 100, 102, weight="travel_time")

    assert route == [100, 101, 102]
    seconds = nx.path_weight(graph, route, "travel_time")
    assert seconds / 60 == pytest.approx(times.minutes[0, 2]) == 9 + 20
    projected = ox.project_graph(graph, to_crs="epsg:32631")
    spot = projected.nodes[101]
    assert ox.distance.nearest_nodes(projected, spot["x"] + 9.0, spot["y"]) == 101


def test_osmnx_makes_frames_of_our_graph_and_a_graph_of_the_frames() -> None:
    graph = to_networkx(NETWORK)
    nodes, edges = ox.graph_to_gdfs(graph)

    assert len(nodes) == 3
    assert edges["length"].sum() == NETWORK.km.sum() * 1000
    assert edges.crs == 4326
    again = ox.graph_from_gdfs(nodes, edges, graph_attrs=graph.graph)
    assert_same(from_networkx(again), NETWORK)


def test_graphml_of_osmnx_keeps_the_minutes(tmp_path: Path) -> None:
    ends = points(NETWORK, "A B C").loc[["A", "C"]]
    path = tmp_path / "roads.graphml"
    ox.save_graphml(to_networkx(NETWORK), path)

    network = from_networkx(ox.load_graphml(path))

    assert_same(network, NETWORK)
    np.testing.assert_array_equal(
        travel_times(network, ends, ends).minutes, travel_times(NETWORK, ends, ends).minutes
    )


def test_graphml_keeps_the_minutes_of_every_profile_and_the_kind(tmp_path: Path) -> None:
    other = replace(NETWORK.profile, name="other")
    profiles = {NETWORK.profile.name: NETWORK.profile, "other": other}
    minutes = {NETWORK.profile.name: NETWORK.minutes, "other": 2.0 * NETWORK.minutes}
    about = {**NETWORK.about, "kind": "street"}
    network = replace(NETWORK, profiles=profiles, profile_minutes=minutes, about=about)
    path = tmp_path / "roads.graphml"
    ox.save_graphml(to_networkx(network), path)

    again = from_networkx(ox.load_graphml(path))

    assert (again.about, again.profiles) == (about, profiles)
    for name, each in minutes.items():
        np.testing.assert_allclose(np.sort(again.profile_minutes[name]), np.sort(each))


@pytest.mark.parametrize("text", ["", "{}", "[]", "[" * 100_000, '{"profile": 1}'])
def test_settings_that_somebody_spoilt_are_refused(text: str) -> None:
    graph = to_networkx(NETWORK)
    del graph.graph["profile"]
    graph.graph["impact_settings"] = text
    with pytest.raises(InputError, match="impact_settings"):
        from_networkx(graph)


def test_the_extra_has_what_nearest_nodes_needs() -> None:
    """Of a graph in degrees OSMnx searches with scikit-learn, which it does not bring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[a-z-]+", each)[0] for each in project["optional-dependencies"]["osmnx"]}
    assert wanted == {"osmnx", "scikit-learn"}


@pytest.mark.filterwarnings("ignore:The XML file you are loading:UserWarning")
def test_graph_that_osmnx_made_from_openstreetmap(shared_data: Path) -> None:
    graph = ox.graph_from_xml(shared_data / "osm" / "groningen_centre.osm")
    graph = ox.add_edge_travel_times(ox.add_edge_speeds(graph))

    network = from_networkx(graph, name="Groningen")

    assert len(network.node) == graph.number_of_nodes()
    assert len(network.tail) == graph.number_of_edges()
    assert network.kind == "street"
    # what OSMnx says of a route, we say of the same route
    largest = sorted(max(nx.strongly_connected_components(graph), key=len))
    ends = [largest[0], largest[len(largest) // 2], largest[-1]]
    place = {int(node): position for position, node in enumerate(network.node)}
    chosen = [place[node] for node in ends]
    spots = pd.DataFrame(
        {"lat": network.lat[chosen], "lon": network.lon[chosen]}, index=[str(e) for e in ends]
    )
    exact = replace(network, join=replace(network.join, count=1, coincident_m=0.01))
    minutes = travel_times(exact, spots, spots).minutes
    for row, start in enumerate(ends):
        seconds = nx.single_source_dijkstra_path_length(graph, start, weight="travel_time")
        expected = [seconds[end] / 60 for end in ends]
        np.testing.assert_allclose(minutes[row], expected, rtol=1e-9, atol=1e-9)
    assert_same(from_networkx(to_networkx(network)), network)
