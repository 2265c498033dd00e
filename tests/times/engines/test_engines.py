"""Shortest-path engines agree, and give what a hand gives."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import points, random_networks, random_points, roads

from impact.network.speeds import SpeedProfile
from impact.times.engines.graph import Arcs, Groups, cost_of
from impact.times.engines.protocol import ENGINES, Places, Setup, choose_engine
from impact.times.matrix import travel_times
from impact.times.snap import AccessLegs, access_legs

if TYPE_CHECKING:
    from impact.network.network import RoadNetwork

SAME_MINUTES = 1e-6


def costs_to(
    network: RoadNetwork,
    egress: AccessLegs,
    destinations: np.ndarray,
    engine: str,
    *,
    wanted: np.ndarray | None = None,
    km: bool = False,
) -> np.ndarray:
    """Costs from nodes (all, unless some are wanted) to destinations, by one engine."""
    arcs = Arcs.of(network)
    legs = Groups.of(egress.point * arcs.size + egress.node)
    wanted = np.arange(arcs.size) if wanted is None else wanted
    count = len(egress.straight_km)
    places = Places(wanted, egress.point[legs.first], egress.node[legs.first], count)
    search = choose_engine(engine).engine(arcs, places, Setup(workers=2))
    edge_cost = cost_of(network.minutes, network.km if km else None)
    leg_cost = cost_of(egress.minutes, egress.km if km else None)
    return search.weighed(arcs.edges.least(edge_cost), legs.least(leg_cost))(destinations)


def minutes_to(network: RoadNetwork, destination: str, engine: str) -> list[float]:
    """Minutes from every node, in alphabetical order, to one node."""
    egress = access_legs(network, points(network, "A B C D").loc[[destination]])
    return costs_to(network, egress, np.array([0]), engine)[0].tolist()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_direction_is_towards_the_hospital(engine: str) -> None:
    #  A > B > C        a one-way ring: from C the hospital at B is two roads away,
    #  '---<---'        from A one; D lies aside and is reached, but cannot leave
    network = roads("A > B 1", "B > C 2", "C > A 4", "B > D 8")
    assert minutes_to(network, "B", engine) == [1.0, 0.0, 5.0, np.inf]
    assert minutes_to(network, "D", engine) == [9.0, 8.0, 13.0, 0.0]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_parallel_edges_take_the_minimum_never_the_sum(engine: str) -> None:
    #      5
    #  A ===== B --- C    D
    #      3      1
    network = roads("A - B 5", "A - B 3", "B - C 1", "D - D 1")
    assert minutes_to(network, "C", engine) == [4.0, 1.0, 0.0, np.inf]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_edge_of_no_length_is_an_edge(engine: str) -> None:
    #  A -0- B -0- C -7- D
    network = roads("A - B 0", "B - C 0", "C - D 7")
    assert minutes_to(network, "A", engine) == [0.0, 0.0, 0.0, 7.0]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_detour_wins_where_it_is_faster(engine: str) -> None:
    #  A ---- 10 ---- C
    #   '- 3 - B - 4 -'
    network = roads("A - C 10", "A - B 3", "B - C 4", "C > D 1")
    assert minutes_to(network, "C", engine) == [7.0, 4.0, 0.0, np.inf]


@settings(deadline=None, max_examples=80)
@given(random_networks(), random_points("h"))
def test_engines_agree_on_random_networks(network: RoadNetwork, hospitals: object) -> None:
    egress = access_legs(network, hospitals)
    wanted = np.arange(len(hospitals))
    reference = costs_to(network, egress, wanted, "networkx", km=True)
    for engine in ENGINES:
        # no tie can turn out differently: the sums are the same to the last bit
        assert np.array_equal(costs_to(network, egress, wanted, engine, km=True), reference)
        assert np.array_equal(costs_to(network, egress, wanted, engine), reference.real)


# a path through all nodes stays below 2**21 minutes, as far as the grid reaches
WILD = [0.0, 5e-324, 1e-12, 1e-9, 0.1, 1.0 / 3.0, 7.0, 1e3, 2.0**16]


@settings(deadline=None, max_examples=60)
@given(random_networks(), random_points("h", most=3), st.data())
def test_engines_agree_on_the_smallest_and_largest_minutes(
    network: RoadNetwork, hospitals: object, data: st.DataObject
) -> None:
    edges = len(network.minutes)
    minutes = data.draw(st.lists(st.sampled_from(WILD), min_size=edges, max_size=edges))
    wild = replace(network, minutes=np.array(minutes))
    egress, wanted = access_legs(wild, hospitals), np.arange(len(hospitals))
    reference = costs_to(wild, egress, wanted, "networkx", km=True)
    for engine in ENGINES:
        assert np.array_equal(costs_to(wild, egress, wanted, engine, km=True), reference)


def test_beyond_the_grid_engines_agree_as_far_as_numbers_reach() -> None:
    # more minutes than the grid has room for: sums are rounded, but none is lost
    network = roads("A - B 3e15", "B - C 0.3", "C - D 1e17", "A - D 7e16")
    reference = np.array(minutes_to(network, "D", "networkx"))
    for engine in ENGINES:
        assert minutes_to(network, "D", engine) == pytest.approx(reference, rel=1e-12)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_single_node_is_a_network(engine: str) -> None:
    network = roads("A - A 3")
    egress = access_legs(network, points(network, "A"))
    assert costs_to(network, egress, np.array([0]), engine, km=True).tolist() == [[0.0 + 0.0j]]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_all_points_may_share_a_node(engine: str) -> None:
    #  A - B - C > D: three hospitals at A
    network = roads("A - B 1", "B - C 2", "C > D 4")
    here = pd.concat([points(network, "A")] * 3, ignore_index=True)
    times = travel_times(network, here, here, engine=engine, km=True)
    assert times.minutes.tolist() == np.zeros((3, 3)).tolist()
    egress = access_legs(network, here)
    cost = costs_to(network, egress, np.array([0, 1, 2]), engine)
    assert cost.tolist() == [[0.0, 1.0, 3.0, np.inf]] * 3


@settings(deadline=None, max_examples=40)
@given(random_networks(), random_points("h"))
def test_part_of_the_hospitals_gives_part_of_the_trees(
    network: RoadNetwork, hospitals: object
) -> None:
    egress = access_legs(network, hospitals)
    wanted = np.arange(len(hospitals))
    part = wanted[::-2]
    for engine in ENGINES:
        whole = costs_to(network, egress, wanted, engine)
        assert np.array_equal(costs_to(network, egress, part, engine), whole[part])
        nodes = np.arange(len(network.node))[::3]
        some = costs_to(network, egress, part, engine, wanted=nodes)
        assert np.array_equal(some, whole[np.ix_(part, nodes)])


@settings(deadline=None, max_examples=60)
@given(random_networks(), random_points("h"))
def test_minutes_are_least_over_all_roads(network: RoadNetwork, hospitals: object) -> None:
    """No road shortens a trip any further, and every trip is made of roads."""
    egress = access_legs(network, hospitals)
    wanted = np.arange(len(hospitals))
    for trees in (costs_to(network, egress, wanted, engine) for engine in ENGINES):
        for row, hospital in enumerate(wanted):
            legs = egress.point == hospital
            least = np.full(len(network.node), np.inf)
            least[egress.node[legs]] = egress.minutes[legs]
            np.minimum.at(least, network.tail, network.minutes + trees[row, network.head])
            np.testing.assert_allclose(trees[row], least, rtol=0.0, atol=SAME_MINUTES)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_kilometres_are_those_of_the_fastest_path(engine: str) -> None:
    #  A ---- 9 km of town, 18 minutes ---- C > D
    #   '- 6 km - B - 4 km of country road -'
    profile = SpeedProfile("toy", (("local", 60.0, 30.0),))
    network = roads("A > C 9", "A > B 6", "B > C 4", "C > D 1", profile=profile)
    town = replace(network, edge_urban=np.array([1.0, 0.0, 0.0, 0.0])).with_profile(profile)
    egress = access_legs(town, points(town, "A B C D").loc[["C"]])
    cost = costs_to(town, egress, np.array([0]), engine, km=True)
    assert cost.real[0].tolist() == [10.0, 4.0, 0.0, np.inf]
    assert cost.imag[0].tolist() == [10.0, 4.0, 0.0, np.inf]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_of_equally_fast_paths_the_shortest_gives_the_kilometres(engine: str) -> None:
    #  A --- 6 km of town, 12 minutes ---- C > D
    #   '- 8 km - B - 4 km of country --'          also 12 minutes
    profile = SpeedProfile("toy", (("local", 60.0, 30.0),))
    network = roads("A > C 6", "A > B 8", "B > C 4", "C > D 1", profile=profile)
    town = replace(network, edge_urban=np.array([1.0, 0.0, 0.0, 0.0])).with_profile(profile)
    egress = access_legs(town, points(town, "A B C D").loc[["C"]])
    cost = costs_to(town, egress, np.array([0]), engine, km=True)
    assert cost[0, 0] == 12.0 + 6.0j


@settings(deadline=None, max_examples=60)
@given(random_networks(), random_points("h", most=3))
def test_kilometres_add_up_along_a_path(network: RoadNetwork, hospitals: object) -> None:
    egress = access_legs(network, hospitals)
    wanted = np.arange(len(hospitals))
    cost = costs_to(network, egress, wanted, "scipy", km=True)
    minutes, km = cost.real, cost.imag
    assert np.array_equal(np.isfinite(km), np.isfinite(minutes))
    # 43.1 km/h on every edge, 36.7 to 43.1 on the leg
    finite = np.isfinite(minutes)
    assert (km[finite] <= minutes[finite] / 60.0 * 43.1 + 1e-9).all()
    assert (km[finite] >= minutes[finite] / 60.0 * 36.7 - 1e-9).all()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_where_every_road_meets_every_other_nothing_is_lost(engine: str) -> None:
    """Too many neighbours to contract: the whole of it is the core, but for the dead ends."""
    names = [f"n{k:02}" for k in range(40)]
    links = [
        f"{a} - {b} {1 + (i * 7 + j * 3) % 11}"
        for i, a in enumerate(names)
        for j, b in enumerate(names[:i])
    ]
    network = roads(*links, *(f"{name} - {name}x 1" for name in names))
    egress = access_legs(network, points(network, " ".join(names)).iloc[[0]])
    reference = costs_to(network, egress, np.array([0]), "networkx", km=True)
    assert np.array_equal(costs_to(network, egress, np.array([0]), engine, km=True), reference)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_chain_of_a_thousand_nodes_keeps_its_length(engine: str) -> None:
    names = [f"n{k:04}" for k in range(1000)]
    network = roads(*(f"{one} - {other} 1" for one, other in pairwise(names)))
    hospital = points(network, " ".join(names)).loc[["n0000"]]
    egress = access_legs(network, hospital)
    cost = costs_to(network, egress, np.array([0]), engine, km=True)[0]
    assert cost.imag.tolist() == list(range(1000))
    assert cost.real.tolist() == list(range(1000))
