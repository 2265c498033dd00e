"""Real extracts: what a traffic engineer would check first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import osmium
import osmnx
import pandas as pd
import pytest
from drawing import all_minutes

from impact.network.network import NOT_JOINED, JoinRule
from impact.network.osm.build import build_network
from impact.network.osm.built_up import REACH_KM
from impact.network.osm.component import bounding_box, strong_parts
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import prepare, travel_times
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

EXTRACTS = (
    "rhein_neckar.osm.pbf",
    "liechtenstein.osm.pbf",
    "the_hague_main_roads.osm",
    "groningen_centre.osm",
)


@pytest.fixture(scope="module")
def networks(shared_data: Path) -> dict[str, RoadNetwork]:
    return {name: build_network(shared_data / "osm" / name) for name in EXTRACTS}


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_place_reaches_every_other(networks: dict[str, RoadNetwork], name: str) -> None:
    network = networks[name]
    part = strong_parts(network.tail, network.head, len(network.node))
    assert len(np.unique(part)) == 1
    assert len(np.unique(network.node)) == len(network.node)


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_kilometre_has_a_speed_and_its_source(
    networks: dict[str, RoadNetwork], name: str
) -> None:
    about = networks[name].about
    total = sum(about["km_by_class"].values())
    assert sum(about["km_by_speed_source"].values()) == pytest.approx(total, abs=1.0)
    # the edges of the network are the roads, less what was dropped; one-way roads count once, and
    # those that lead on from a copied junction once more
    network = networks[name]
    _, first = np.unique(network.shapes.line, return_index=True)
    drawn = float(network.km[first].sum()) + about["dropped"]["km"]
    assert drawn == pytest.approx(total, rel=0.015)


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_peak_is_slower_and_free_flow_faster(
    networks: dict[str, RoadNetwork], name: str
) -> None:
    minutes = networks[name].profile_minutes
    assert np.all(minutes["vrij"] <= minutes["dal"] + 1e-9)
    assert np.all(minutes["dal"] <= minutes["spits"] + 1e-9)
    assert np.all(minutes["vrij"] > 0.0)


def test_osmnx_keeps_the_same_roads(networks: dict[str, RoadNetwork], shared_data: Path) -> None:
    # the fifth that is dropped hangs on smaller roads, which this extract of main roads lacks
    path = shared_data / "osm" / "the_hague_main_roads.osm"
    graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
    graph = osmnx.truncate.largest_component(graph, strongly=True)
    theirs = sum(length for _, _, length in graph.edges(data="length")) / 1000.0
    assert networks[path.name].km.sum() == pytest.approx(theirs, rel=1e-6)


def speed(network: RoadNetwork, road_class: str, *, urban: bool) -> float:
    chosen = (network.road_class == road_class) & ((network.edge_urban > 0.5) == urban)
    return float(network.km[chosen].sum() / network.minutes[chosen].sum() * 60.0)


def test_points_on_junctions_drive_from_junction_to_junction(
    networks: dict[str, RoadNetwork],
) -> None:
    """Copies of a junction included; only nodes of motorways and ferries alone are not joined."""
    network = networks["rhein_neckar.osm.pbf"]
    streets = ~np.isin(network.road_class, list(NOT_JOINED))
    nodes = np.unique(np.r_[network.tail[streets], network.head[streets]])
    copies = nodes[network.node[nodes] < 0]
    assert len(copies) > 50
    random = np.random.default_rng(6)
    chosen = np.r_[copies, random.choice(nodes, 200, replace=False)]
    here = pd.DataFrame({"lat": network.lat[chosen], "lon": network.lon[chosen]})
    there = here.iloc[random.choice(len(here), 20, replace=False)]
    at_nodes = replace(network, join=JoinRule(count=4, limit_km=2.0, coincident_m=0.001))
    found = travel_times(network, here, there, engine="scipy")
    expected = travel_times(at_nodes, here, there, engine="scipy")
    assert np.abs(found.minutes - expected.minutes).max() < 1e-6


def test_speeds_off_peak_are_those_of_a_real_drive(networks: dict[str, RoadNetwork]) -> None:
    network = networks["rhein_neckar.osm.pbf"]
    assert 100.0 < speed(network, "motorway", urban=False) < 112.0
    assert 55.0 < speed(network, "secondary", urban=False) < 72.0
    assert 27.0 < speed(network, "secondary", urban=True) < 38.0
    assert 20.0 < speed(network, "residential", urban=True) < 28.0


def test_limits_decide_most_kilometres_where_the_extract_has_them(
    networks: dict[str, RoadNetwork],
) -> None:
    sources = networks["rhein_neckar.osm.pbf"].about["km_by_speed_source"]
    assert sources["signed"] > 0.6 * sum(sources.values())
    dutch = networks["the_hague_main_roads.osm"].about["km_by_speed_source"]
    assert dutch["by day"] > 40.0


def test_dutch_motorways_are_timed_for_the_limit_by_day(networks: dict[str, RoadNetwork]) -> None:
    network = networks["the_hague_main_roads.osm"]
    free = network.with_profile("vrij")
    assert speed(free, "motorway", urban=False) < 112.0


def by_ends(network: RoadNetwork) -> dict[tuple[int, int, float], float]:
    """Edge between two junctions of the extract -> lengths and minutes of those that are alike."""
    out: dict[tuple[int, int, float], float] = {}
    ends = zip(
        network.node[network.tail].tolist(),
        network.node[network.head].tolist(),
        np.round(network.km, 6).tolist(),
        network.minutes.tolist(),
        strict=True,
    )
    for tail, head, km, minutes in ends:
        out[tail, head, km] = min(minutes, out.get((tail, head, km), np.inf))
    return out


def test_a_road_has_the_same_minutes_in_every_clip(
    networks: dict[str, RoadNetwork], shared_data: Path
) -> None:
    whole = by_ends(networks["rhein_neckar.osm.pbf"])
    path = shared_data / "osm" / "rhein_neckar.osm.pbf"
    clip = build_network(path, clip=bounding_box("8.45,49.45,8.5,49.5", buffer_km=1.0))
    west, _, _, north = clip.bounds
    assert west > 8.41
    assert north < 49.53
    part = by_ends(clip)
    common = set(part) & set(whole)
    assert len(common) > 0.95 * len(part)
    assert max(abs(part[each] - whole[each]) for each in common) < 1e-9


def test_a_road_has_the_same_minutes_in_a_file_that_was_cut(
    networks: dict[str, RoadNetwork], shared_data: Path, tmp_path: Path
) -> None:
    whole = networks["rhein_neckar.osm.pbf"]
    path, cut = shared_data / "osm" / "rhein_neckar.osm.pbf", tmp_path / "cut.osm.pbf"
    box = (8.44, 49.44, 8.52, 49.52)
    inside = set()
    for node in osmium.FileProcessor(path, osmium.osm.NODE):
        if box[0] <= node.lon <= box[2] and box[1] <= node.lat <= box[3]:
            inside.add(node.id)
    with osmium.SimpleWriter(str(cut)) as writer:
        for each in osmium.FileProcessor(path):
            if each.is_node() and each.id in inside:
                writer.add_node(each)
            elif each.is_way() and any(node.ref in inside for node in each.nodes):
                writer.add_way(each)
    part = build_network(cut)
    # what lies within the reach of the surroundings of the cut may differ, and nothing else
    margin = 2.0 * REACH_KM / 111.0 / np.cos(np.radians(49.5))
    ends = np.stack([part.tail, part.head])
    lon, lat = part.lon[ends], part.lat[ends]
    far = (lon > box[0] + margin) & (lon < box[2] - margin)
    far &= (lat > box[1] + margin) & (lat < box[3] - margin)
    chosen = set(
        zip(
            part.node[part.tail[far.all(axis=0)]].tolist(),
            part.node[part.head[far.all(axis=0)]].tolist(),
            strict=True,
        )
    )
    before, after = by_ends(whole), by_ends(part)
    common = [each for each in after if each in before and each[:2] in chosen]
    assert len(common) > 500
    assert max(abs(before[each] - after[each]) for each in common) < 1e-9


def test_turn_restrictions_cost_what_the_documentation_says(
    networks: dict[str, RoadNetwork], shared_data: Path
) -> None:
    with_turns = networks["liechtenstein.osm.pbf"]
    path = shared_data / "osm" / "liechtenstein.osm.pbf"
    without = build_network(path, turns=False)
    assert with_turns.about["turn_restrictions"]["honoured"] > 50
    common = np.intersect1d(with_turns.node[with_turns.node > 0], without.node)
    rng = np.random.default_rng(3)
    chosen = rng.choice(common, 300, replace=False)
    here = np.searchsorted(np.sort(with_turns.node), chosen)
    here = np.argsort(with_turns.node)[here]
    there = np.argsort(without.node)[np.searchsorted(np.sort(without.node), chosen)]
    extra = all_minutes(with_turns)[np.ix_(here, here)] - all_minutes(without)[np.ix_(there, there)]
    assert extra.min() > -1e-9
    assert extra.mean() < 0.2
    assert extra.max() > 0.1


@pytest.mark.parametrize("name", EXTRACTS)
def test_engines_give_the_same_bits(networks: dict[str, RoadNetwork], name: str) -> None:
    network, rng = networks[name], np.random.default_rng(7)
    places = [
        pd.DataFrame({"lat": network.lat[nodes] + 1e-4, "lon": network.lon[nodes]})
        for nodes in (rng.integers(0, len(network.node), count) for count in (200, 6))
    ]
    legs = legs_both_ways(network, *places)
    expected, expected_km = prepare(network, *legs, engine="scipy").minutes_and_km()
    assert np.isfinite(expected).all()
    for engine in set(ENGINES) - {"networkx", "scipy"}:
        minutes, km = prepare(network, *legs, engine=engine).minutes_and_km()
        assert np.array_equal(minutes, expected)
        assert np.array_equal(km, expected_km)
