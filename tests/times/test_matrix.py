"""The matrix: minutes from door to door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import north, points, random_networks, random_points, roads, spots

from impact.errors import InputError
from impact.network.main_roads import read_main_roads
from impact.network.speeds import SpeedProfile
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import TravelTimes, describe, travel_times
from impact.times.snap import access_legs

if TYPE_CHECKING:
    import pandas as pd

    from impact.network.network import RoadNetwork

SAME_MINUTES = 1e-6


def test_a_trip_is_access_leg_drive_egress_leg_and_fixed_minutes() -> None:
    #  x -- 2 km -- A ==== 10 ==== B -- 1 km -- hospital
    network = roads(
        "A - B 10",
        at={"A": north(2), "B": north(12)},
        profile=SpeedProfile("toy", (("local", 60.0, 60.0),), 2.5),
    )
    times = travel_times(network, spots({"x": north(0)}), spots({"h": north(13)}), km=True)
    assert times.minutes == pytest.approx(np.array([[2 * 1.3 + 10 + 1 * 1.3 + 2.5]]))
    assert times.km == pytest.approx(np.array([[2 * 1.3 + 10 + 1 * 1.3]]))
    assert (times.origins, times.destinations) == (("x",), ("h",))
    assert times.far_points == ()


def test_the_best_of_several_legs_counts() -> None:
    #  A (1 km north) -- 30 -- H -- 2 -- B (3 km south): joining B is the better choice
    network = roads("A - H 30", "B - H 2", at={"A": north(1), "B": north(-3), "H": north(90)})
    times = travel_times(network, spots({"x": north(0)}), points(network, "A B H").loc[["H"]])
    assert times.minutes[0, 0] == pytest.approx(3 * 1.3 + 2)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_one_way_roads_count_in_the_direction_of_the_hospital(engine: str) -> None:
    #  A > B > C > A: from A to the hospital at C three minutes, back nine
    network = roads("A > B 1", "B > C 2", "C > A 9")
    here = points(network, "A B C")
    times = travel_times(network, here, here.loc[["C"]], engine=engine)
    assert times.minutes[:, 0].tolist() == [3.0, 2.0, 0.0]


def test_unreachable_is_infinite_and_nothing_else() -> None:
    #  A - B    C
    network = roads("A - B 4", "C - C 1")
    here = points(network, "A B C")
    times = travel_times(network, here, here, km=True)
    inf = np.inf
    assert times.minutes.tolist() == [[0, 4, inf], [4, 0, inf], [inf, inf, 0]]
    assert times.km is not None
    assert times.km.tolist() == times.minutes.tolist()


def test_a_far_point_is_listed_with_its_distance() -> None:
    network = roads("A - B 4", at={"A": north(0), "B": north(4)})
    times = travel_times(
        network, spots({"near": north(1), "far": north(20)}), spots({"lost": north(-9)})
    )
    assert [name for name, _ in times.far_points] == ["far", "lost"]
    assert [km for _, km in times.far_points] == pytest.approx([16.0, 9.0])


@settings(deadline=None, max_examples=40)
@given(random_networks(), random_points("p"), random_points("h"))
def test_engines_agree_from_door_to_door(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame
) -> None:
    reference = travel_times(network, here, there, engine="networkx").minutes
    for engine in ENGINES:
        for km in (False, True):
            minutes = travel_times(network, here, there, engine=engine, km=km).minutes
            assert np.array_equal(minutes, reference)


@settings(deadline=None, max_examples=40)
@given(random_networks(), random_points("p"), random_points("h"))
def test_minutes_are_those_of_a_graph_with_the_points_in_it(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame
) -> None:
    """Plain definition: every leg is an edge, every trip a shortest path."""
    graph = nx.MultiDiGraph()
    for tail, head, minutes in zip(network.tail, network.head, network.minutes, strict=True):
        graph.add_edge(int(tail), int(head), weight=float(minutes))
    for frame in (here, there):
        legs = access_legs(network, frame)
        for point, node, minutes in zip(legs.point, legs.node, legs.minutes, strict=True):
            name = frame.index[point]
            ends = (name, int(node)) if frame is here else (int(node), name)
            graph.add_edge(*ends, weight=float(minutes))
    found = travel_times(network, here, there).minutes - network.profile.fixed_minutes
    for row, origin in enumerate(here.index):
        reached = nx.single_source_dijkstra_path_length(graph, origin)
        expected = [reached.get(name, np.inf) for name in there.index]
        np.testing.assert_allclose(found[row], expected, rtol=0.0, atol=SAME_MINUTES)


@settings(deadline=None, max_examples=40)
@given(
    random_networks(),
    random_points("p"),
    random_points("h"),
    st.randoms(use_true_random=False),
)
def test_the_order_of_points_nodes_and_edges_changes_no_bit(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame, random: object
) -> None:
    times = travel_times(network, here, there)

    def shuffled(size: int) -> np.ndarray:
        order = list(range(size))
        random.shuffle(order)
        return np.array(order, dtype=np.int64)

    nodes, edges = shuffled(len(network.node)), shuffled(len(network.tail))
    back = np.argsort(nodes)
    by_node = ("node", "lat", "lon", "urban", "joinable", "zone", "zone_marker")
    by_edge = ("km", "road_class", "edge_urban", "given_minutes", "minutes")
    turned = replace(
        network,
        **{name: getattr(network, name)[nodes] for name in by_node},
        **{name: getattr(network, name)[edges] for name in by_edge},
        tail=back[network.tail][edges],
        head=back[network.head][edges],
    )
    again = travel_times(
        turned, here.iloc[shuffled(len(here))], there.iloc[shuffled(len(there))]
    ).select(times.origins, times.destinations)
    assert np.array_equal(again.minutes, times.minutes)


def test_blocks_of_destinations_join_without_a_seam() -> None:
    names = " ".join(f"n{k:02}" for k in range(40))
    links = [f"n{k:02} - n{k + 1:02} 1" for k in range(39)]
    network = roads(*links)
    here = points(network, names)
    done: list[tuple[int, int]] = []
    times = travel_times(network, here, here, progress=lambda *each: done.append(each))
    expected = np.abs(np.subtract.outer(np.arange(40.0), np.arange(40.0)))
    assert times.minutes.tolist() == expected.tolist()
    assert done == [(16, 40), (32, 40), (40, 40)]


def test_select_gives_a_part_in_the_order_asked_for() -> None:
    minutes = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    times = TravelTimes(("p", "q"), ("A", "B", "C"), minutes, km=minutes * 2)
    part = times.select(["q", "p"], ["C", "A"])
    assert part.minutes.tolist() == [[6.0, 4.0], [3.0, 1.0]]
    assert part.km is not None
    assert part.km.tolist() == [[12.0, 8.0], [6.0, 2.0]]
    assert (part.origins, part.destinations) == (("q", "p"), ("C", "A"))


def test_select_names_all_that_is_missing() -> None:
    times = TravelTimes(("9712", "9713"), ("UMC Groningen",), np.ones((2, 1)))
    with pytest.raises(InputError) as caught:
        times.select(["9712", "9714"], ["UMC Gronigen"], source="mine.csv")
    text = str(caught.value)
    assert "mine.csv, origin: found '9714', expected a row for it" in text
    assert "mine.csv, destination: found 'UMC Gronigen'" in text
    assert "nearest known: 'UMC Groningen'" in text


def test_the_long_form_has_a_row_per_pair() -> None:
    times = TravelTimes(("p", "q"), ("A", "B"), np.array([[1.0, 2.0], [3.0, np.inf]]))
    assert times.to_frame().to_numpy().tolist() == [
        ["p", "A", 1.0],
        ["p", "B", 2.0],
        ["q", "A", 3.0],
        ["q", "B", np.inf],
    ]
    assert "km" in replace(times, km=times.minutes).to_frame()


def test_another_profile_than_that_of_the_network_is_refused() -> None:
    network = roads("A - B 1")
    here = points(network, "A B")
    assert travel_times(network, here, here, profile="toy").manifest["profile"] == "toy"
    with pytest.raises(InputError, match="found 'spits', expected the profile 'toy'"):
        travel_times(network, here, here, profile="spits")


def test_the_key_of_a_matrix_changes_with_whatever_made_it() -> None:
    network = roads("A - B 1")
    here = points(network, "A B")
    moved = here.assign(lat=here["lat"] + 1e-9)
    slow = network.with_profile(SpeedProfile("toy", (("local", 30.0, 30.0),)))
    keys = {
        describe(*inputs, engine=engine, km=km)["key"]
        for inputs, engine, km in (
            ((network, here, here), "scipy", False),
            ((network, here, here), "scipy", True),
            ((network, here, here), "networkx", False),
            ((network, moved, here), "scipy", False),
            ((network, here, moved), "scipy", False),
            ((network, here.iloc[::-1], here), "scipy", False),
            ((network, here.rename({"A": "C"}), here), "scipy", False),
            ((slow, here, here), "scipy", False),
        )
    }
    assert len(keys) == 8
    again = describe(network, here.copy(), here, engine="scipy", km=False)
    assert again["key"] in keys


def test_engines_agree_on_the_real_network() -> None:
    network = read_main_roads()
    there = read_hospitals().loc[
        ["Adrz Goes", "Frisius MC Leeuwarden (MCL)", "Maastricht UMC+", "UMC Groningen"]
    ]
    here = read_postcodes()
    fast = travel_times(network, here, there)
    assert fast.manifest["engine"] == "scipy"
    for engine in ENGINES:
        found = travel_times(network, here, there, engine=engine).minutes
        assert np.array_equal(found, fast.minutes), engine
    assert np.isfinite(fast.minutes).all()
    assert (fast.minutes >= network.profile.fixed_minutes).all()


def test_names_of_a_numbered_table_are_its_identifiers() -> None:
    network = roads("A - B 12")
    places = points(network, "A B")
    numbered = places.rename_axis("name").reset_index()
    found = travel_times(network, numbered, numbered.rename(columns={"name": "postcode"}))
    assert found.origins == found.destinations == ("A", "B")
    np.testing.assert_array_equal(found.minutes, travel_times(network, places, places).minutes)

    numbered["name"] = "A"
    with pytest.raises(InputError, match="origins, name: found 'A', expected each identifier once"):
        travel_times(network, numbered, places)
