"""OSMnx reads the same file: with the same speeds it must find the same minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import osmnx
import pytest
from drawing import all_minutes, built, osm_xml, plain_tables

from impact.errors import InputError
from impact.network.networkx import from_networkx, to_networkx
from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from pathlib import Path

KMH = 60.0
ROAD = {"highway": "secondary"}


def town() -> str:
    """A grid of five by five streets, some of them one way, with a roundabout of sorts."""
    rng = np.random.default_rng(11)
    places = {
        10 * row + column + 1: (300.0 * column + rng.uniform(0, 90), 250.0 * row)
        for row in range(5)
        for column in range(5)
    }
    ways = []
    for row in range(5):
        tags = {**ROAD, "oneway": "yes"} if row % 2 else ROAD
        refs = [10 * row + column + 1 for column in range(5)]
        ways.append((refs if row % 4 == 1 else refs[::-1], tags))
    ways += [([10 * row + column + 1 for row in range(5)], ROAD) for column in range(5)]
    ring = {**ROAD, "junction": "roundabout"}
    places |= {91: (1500.0, 0.0), 92: (1600.0, 60.0), 93: (1600.0, -60.0)}
    return osm_xml(places, [*ways, ([91, 93, 92, 91], ring), ([5, 91], ROAD)])


def test_osmnx_finds_the_same_minutes(tmp_path: Path) -> None:
    ours = built(tmp_path, town(), tables=plain_tables(KMH))
    graph = osmnx.graph_from_xml(tmp_path / "drawn.osm", simplify=False, retain_all=True)
    for _, _, each in graph.edges(data=True):
        each["travel_time"] = each["length"] / 1000.0 / KMH * 3600.0
    length = dict(nx.all_pairs_dijkstra_path_length(graph, weight="travel_time"))
    theirs = [[length[a][b] / 60.0 for b in ours.node.tolist()] for a in ours.node.tolist()]
    np.testing.assert_allclose(all_minutes(ours), theirs, rtol=1e-6)


@pytest.mark.parametrize("simplify", [False, True])
def test_the_graphml_of_osmnx_gives_the_same_minutes(tmp_path: Path, *, simplify: bool) -> None:
    ours = built(tmp_path, town(), tables=plain_tables(KMH))
    graph = osmnx.graph_from_xml(tmp_path / "drawn.osm", simplify=simplify, retain_all=True)
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    again = build_network(tmp_path / "town.graphml", tables=plain_tables(KMH))
    common = np.intersect1d(ours.node, again.node)
    assert len(common) > 15
    squares = [
        all_minutes(each)[np.ix_(*[[each.node.tolist().index(n) for n in common.tolist()]] * 2)]
        for each in (ours, again)
    ]
    np.testing.assert_allclose(*squares, rtol=1e-6)


def test_a_graph_without_roads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "town.graphml"
    path.write_text("<graphml", encoding="utf-8")
    with pytest.raises(InputError, match="as osmnx"):
        build_network(path)
    graph = nx.MultiDiGraph(crs="epsg:28992")
    graph.add_edge(1, 2)
    nx.write_graphml(graph, path)
    with pytest.raises(InputError, match="EPSG:4326"):
        build_network(path)


@pytest.mark.parametrize(
    "crs",
    [
        "+proj=longlat +ellps=WGS84 +datum=WGS84 +no_defs",
        "+proj=longlat +datum=WGS84 +no_defs +type=crs",
        "+init=epsg:4326",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
    ],
)
def test_degrees_are_degrees_in_the_words_of_older_versions(tmp_path: Path, crs: str) -> None:
    built(tmp_path, town())
    graph = osmnx.graph_from_xml(tmp_path / "drawn.osm", simplify=False, retain_all=True)
    osmnx.save_graphml(graph, tmp_path / "new.graphml")
    graph.graph["crs"] = crs
    osmnx.save_graphml(graph, tmp_path / "old.graphml")
    old, new = (build_network(tmp_path / f"{name}.graphml") for name in ("old", "new"))
    assert old.fingerprint() == new.fingerprint()


@pytest.mark.parametrize("crs", ["+proj=utm +zone=31 +datum=WGS84", "+proj=longlat +ellps=bessel"])
def test_other_coordinates_are_refused(tmp_path: Path, crs: str) -> None:
    graph = nx.MultiDiGraph(crs=crs)
    graph.add_edge(1, 2)
    nx.write_graphml(graph, tmp_path / "town.graphml")
    with pytest.raises(InputError, match="EPSG:4326"):
        build_network(tmp_path / "town.graphml")


def test_there_and_back_loses_nothing(tmp_path: Path) -> None:
    network = built(tmp_path, town())
    graph = to_networkx(network)
    assert "geometry" in next(iter(graph.edges(data=True)))[2]
    again = from_networkx(graph)
    for profile in ("vrij", "dal", "spits"):
        np.testing.assert_allclose(
            all_minutes(again.with_profile(profile)),
            all_minutes(network.with_profile(profile))[np.ix_(*[np.argsort(network.node)] * 2)],
            rtol=1e-12,
        )
    assert again.join == network.join
    assert again.shapes is not None
    assert network.shapes is not None
    assert len(again.shapes.start) == len(network.shapes.start)
    assert again.km.sum() == pytest.approx(network.km.sum())
