"""Joining points to edges, on streets drawn by hand along the equator.

There one degree is 111.195 km both ways, so that lengths can be checked on paper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.errors import InputError
from impact.network.network import NOT_JOINED, EdgeShapes, JoinRule, RoadNetwork
from impact.network.speeds import SpeedProfile
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import prepare, travel_times
from impact.times.snap import access_legs, legs_both_ways
from impact.times.snap_edges import Spots, courses, edges_of_lines, find_spots

DEGREE_KM = 111.195
KM = 1.0 / DEGREE_KM
WALK = SpeedProfile("toy", (("local", 60.0, 60.0), ("street", 60.0, 60.0)))


def streets(
    nodes: list[tuple[float, float]],
    edges: list[tuple[int, int, float]],
    *,
    shapes: EdgeShapes | None = None,
    classes: list[str] | None = None,
    limit_km: float = 2.0,
) -> RoadNetwork:
    """Nodes in kilometres east and north; edges as (tail, head, minutes)."""
    east, north = (np.array(axis, dtype=float) * KM for axis in zip(*nodes, strict=True))
    tail, head, minutes = (np.array(column) for column in zip(*edges, strict=True))
    size, count = len(nodes), len(edges)
    return RoadNetwork(
        node=np.arange(size),
        lat=north,
        lon=east,
        urban=np.zeros(size),
        joinable=np.ones(size, dtype=bool),
        zone=np.full(size, "", dtype=object),
        zone_marker=np.zeros(size, dtype=bool),
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        km=minutes.astype(float),
        road_class=np.array(classes or ["street"] * count, dtype=object),
        edge_urban=np.zeros(count),
        given_minutes=np.full(count, np.nan),
        minutes=minutes.astype(float),
        profile=WALK,
        join=JoinRule(kind="edge", count=1, limit_km=limit_km, detour=1.0),
        shapes=shapes,
    )


def points(**at: tuple[float, float]) -> pd.DataFrame:
    """Points by name, in kilometres east and north."""
    rows = {name: {"lat": north * KM, "lon": east * KM} for name, (east, north) in at.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def spots_of(network: RoadNetwork, where: pd.DataFrame) -> Spots:
    shapes = courses(network)
    return find_spots(network, shapes, edges_of_lines(network, shapes), where)


def minutes(network: RoadNetwork, origins: pd.DataFrame, destinations: pd.DataFrame) -> Any:  # noqa: ANN401
    return travel_times(network, origins, destinations).minutes


# 0 ---10 minutes--- 1 ---10 minutes--- 2     (10 km each, both ways)
ROAD = [(0, 1, 10), (1, 0, 10), (1, 2, 10), (2, 1, 10)]
ALONG = [(0.0, 0.0), (10.0, 0.0), (20.0, 0.0)]


def test_an_edge_is_split_where_the_point_joins_it() -> None:
    network = streets(ALONG, ROAD)
    got = minutes(network, points(a=(4, 0)), points(b=(15, 0)))
    assert got[0, 0] == pytest.approx(6 + 5, abs=1e-3)


def test_the_way_to_the_edge_counts_at_both_ends() -> None:
    network = streets(ALONG, ROAD)
    got = minutes(network, points(a=(4, 1)), points(b=(15, -2)))
    assert got[0, 0] == pytest.approx(1 + 6 + 5 + 2, abs=1e-3)


def test_the_nearest_edge_wins_not_the_nearest_node() -> None:
    """The point stands beside the middle of a long road, nearer to the end of a blind alley.

    0 ------------------ 1
             p
              2 - 3   (alley, 3.0 km from p at its nearest; road 1.0 km)
    """
    network = streets(
        [(0, 0), (20, 0), (12, -4), (15, -4)], [(0, 1, 20), (1, 0, 20), (2, 3, 3), (3, 2, 3)]
    )
    spots = spots_of(network, points(p=(11, -1)))
    assert spots.straight_km[0] == pytest.approx(1.0, abs=1e-3)
    assert spots.share[0] == pytest.approx(0.55, abs=1e-4)


def test_one_way_streets_are_left_and_reached_in_their_direction() -> None:
    """A ring of one-way streets, each 10 minutes: 0 -> 1 -> 2 -> 0."""
    network = streets([(0, 0), (10, 0), (5, 8.66)], [(0, 1, 10), (1, 2, 10), (2, 0, 10)])
    here, there = points(a=(4, 0)), points(b=(6, 0))
    assert minutes(network, here, there)[0, 0] == pytest.approx(2, abs=1e-3)
    # back is once around: 4 minutes to the end, two streets, and 4 minutes again
    assert minutes(network, there, here)[0, 0] == pytest.approx(4 + 20 + 4, abs=1e-3)


def test_two_points_on_one_edge_need_not_leave_it() -> None:
    network = streets(ALONG, ROAD)
    got = minutes(network, points(a=(2, 1), c=(8, 0)), points(b=(5, 0)))
    assert got[:, 0] == pytest.approx([1 + 3, 3], abs=1e-3)


def test_a_detour_over_the_ends_wins_where_the_edge_itself_is_slow() -> None:
    """From 1 to 9 km along a slow road: its ends are joined by a fast one."""
    network = streets([(0, 0), (10, 0)], [(0, 1, 100), (1, 0, 100), (0, 1, 1), (1, 0, 1)])
    apart = replace(
        network,
        shapes=EdgeShapes(
            line=np.array([0, 0, 1, 1], dtype=np.int32),
            backward=np.array([False, True, False, True]),
            start=np.array([0, 2, 5]),
            lon=np.array([0, 10, 0, 5, 10]) * KM,
            lat=np.array([0, 0, 0, 5, 0]) * KM,
        ),
    )
    got = minutes(apart, points(a=(1, 0)), points(b=(9, 0)))
    assert got[0, 0] == pytest.approx(10 + 1 + 10, abs=1e-2)


def test_the_course_of_an_edge_decides_not_its_ends() -> None:
    """The road bends north between its ends: the point at the bend stands on it."""
    bent = EdgeShapes(
        line=np.array([0, 0], dtype=np.int32),
        backward=np.array([False, True]),
        start=np.array([0, 3]),
        lon=np.array([0, 5, 10]) * KM,
        lat=np.array([0, 5, 0]) * KM,
    )
    network = streets([(0, 0), (10, 0)], [(0, 1, 20), (1, 0, 20)], shapes=bent)
    spots = spots_of(network, points(p=(5, 5)))
    assert spots.straight_km[0] == pytest.approx(0.0, abs=1e-6)
    assert spots.share[0] == pytest.approx(0.5, abs=1e-6)
    got = minutes(network, points(p=(5, 5)), points(q=(2.5, 2.5)))
    assert got[0, 0] == pytest.approx(5, abs=1e-2)


@pytest.mark.parametrize("closed", sorted(NOT_JOINED))
def test_nobody_joins_a_motorway_or_a_ferry(closed: str) -> None:
    network = streets(
        [(0, 0), (10, 0), (0, 3), (10, 3)],
        [(0, 1, 5), (1, 0, 5), (2, 3, 10), (3, 2, 10)],
        classes=[closed, closed, "street", "street"],
    )
    spots = spots_of(network, points(p=(5, 1)))
    assert spots.straight_km[0] == pytest.approx(2.0, abs=1e-3)


def test_points_beyond_the_limit_are_named_not_dropped() -> None:
    network = streets(ALONG, ROAD, limit_km=2.0)
    times = travel_times(network, points(near=(5, 1.9), far=(5, 2.1)), points(b=(15, 0)))
    assert [name for name, _ in times.far_points] == ["far"]
    assert times.minutes[1, 0] == pytest.approx(2.1 + 10, abs=1e-2)


def test_kilometres_follow_the_same_parts() -> None:
    network = streets(ALONG, ROAD)
    times = travel_times(network, points(a=(4, 1), c=(14, 0)), points(b=(15, -2)), km=True)
    assert times.km is not None
    assert times.km[:, 0] == pytest.approx([1 + 11 + 2, 1 + 2], abs=1e-3)


def test_legs_know_whether_they_leave_or_arrive() -> None:
    network = streets([(0, 0), (10, 0)], [(0, 1, 10)])
    here = points(p=(3, 0))
    leaving, arriving = (access_legs(network, here, outward=out) for out in (True, False))
    assert (leaving.node.tolist(), arriving.node.tolist()) == ([1], [0])
    assert leaving.minutes[0] == pytest.approx(7, abs=1e-3)
    assert arriving.minutes[0] == pytest.approx(3, abs=1e-3)


def test_origins_and_destinations_share_the_search_and_join_as_each_alone() -> None:
    network = streets(ALONG, ROAD)
    here, there = points(a=(4, 1), c=(14, 0)), points(b=(15, -2))
    access, egress = legs_both_ways(network, here, there)
    assert access.edges is egress.edges
    for both, alone in (
        (access, access_legs(network, here)),
        (egress, access_legs(network, there, outward=False)),
    ):
        assert both.node.tolist() == alone.node.tolist()
        assert both.minutes.tolist() == alone.minutes.tolist()


@settings(max_examples=60, deadline=None)
@given(
    spots=st.lists(
        st.tuples(st.floats(0, 20), st.floats(-1.5, 1.5)), min_size=2, max_size=6, unique=True
    )
)
def test_splitting_for_real_gives_the_same_minutes(spots: list[tuple[float, float]]) -> None:
    """Put a node where each point joins, and compare with driving between those nodes."""
    network = streets(ALONG, ROAD)
    names = points(**{f"p{number}": at for number, at in enumerate(spots)})
    got = minutes(network, names, names)
    east = np.array([at[0] for at in spots])
    beside = np.abs(np.array([at[1] for at in spots]))
    expected = np.abs(east[:, None] - east[None, :]) + beside[:, None] + beside[None, :]
    assert got == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_engines_agree_on_edges(engine: str) -> None:
    network = streets(
        [(0, 0), (10, 0), (5, 8.66)], [(0, 1, 10), (1, 2, 10), (2, 0, 10), (1, 0, 12)]
    )
    # a, d and e lie on one edge
    here = points(a=(4, 0.3), b=(9, 2), c=(2, 3), d=(7, 0.1), e=(1, 0.2))
    got = travel_times(network, here, here, engine=engine, km=True)
    expected = travel_times(network, here, here, engine="networkx", km=True)
    assert np.array_equal(got.minutes, expected.minutes)
    assert np.array_equal(got.km, expected.km)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_point_at_an_end_of_a_one_way_street_is_the_node_there(engine: str) -> None:
    """From node 1, where a and b lie, one may drive to 0 and to 2; from 0 only to 3, a dead end.

    3 <--5-- 0 <--10-- 1 <--10--> 2
    """
    network = streets(
        [*ALONG, (-5.0, 0.0)], [(1, 0, 10), (1, 2, 10), (2, 1, 10), (0, 3, 5)], limit_km=1
    )
    here = points(left=(-5, 0), start=(0, 0), a=(10, 0), b=(10, 0), half=(5, 0), right=(20, 0))
    # the first line is that of 0 and 1: points at both ends of it, and at one end of the others
    spots = spots_of(network, here)
    assert spots.on_point.tolist() == [0, 1, 2, 3, 5]
    assert spots.on_node.tolist() == [3, 0, 1, 1, 2]
    got = travel_times(network, here, here, engine=engine, km=True)
    inf = np.inf
    expected = [
        [0, inf, inf, inf, inf, inf],
        [5, 0, inf, inf, inf, inf],
        [15, 10, 0, 0, 5, 10],
        [15, 10, 0, 0, 5, 10],
        [10, 5, inf, inf, 0, inf],
        [25, 20, 10, 10, 15, 0],
    ]
    assert got.minutes == pytest.approx(np.array(expected), abs=1e-6)
    assert got.km == pytest.approx(np.array(expected), abs=1e-6)


def test_a_centimetre_from_its_end_a_one_way_street_must_be_driven() -> None:
    """A ring of one-way streets, each 10 minutes: 0 -> 1 -> 2 -> 0; p is at 0, q just after."""
    network = streets([(0, 0), (10, 0), (5, 8.66)], [(0, 1, 10), (1, 2, 10), (2, 0, 10)])
    here = points(p=(0.5e-5, 0), q=(2e-5, 0))
    assert spots_of(network, here).on_point.tolist() == [0]
    got = minutes(network, here, points(node=(0, 0)))
    assert got[:, 0] == pytest.approx([0, 30], abs=1e-3)


def test_a_loop_is_left_at_once_from_its_node_and_driven_from_elsewhere() -> None:
    """A one-way loop of 12 km begins and ends at 1, where the road from 0 ends."""
    square = EdgeShapes(
        line=np.array([0, 1, 1], dtype=np.int32),
        backward=np.array([False, False, True]),
        start=np.array([0, 5, 7]),
        lon=np.array([10, 13, 13, 10, 10, 10, 0]) * KM,
        lat=np.array([0, 0, 3, 3, 0, 0, 0]) * KM,
    )
    network = streets([(0, 0), (10, 0)], [(1, 1, 12), (1, 0, 10), (0, 1, 10)], shapes=square)
    here = points(p=(10, 0), q=(13, 1.5), r=(10, 1.5))
    assert spots_of(network, here).on_point.tolist() == [0]
    got = minutes(network, here, points(end=(0, 0), p=(10, 0), q=(13, 1.5)))
    expected = [[10, 0, 4.5], [17.5, 7.5, 0], [11.5, 1.5, 6]]
    assert got == pytest.approx(np.array(expected), abs=1e-3)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_point_on_a_junction_is_at_all_its_copies(engine: str) -> None:
    """From 0 one may not turn to 2 at the junction: its copy 3 leads to 4 only, and back.

    0 --10-- 3/1 --10-- 2
              |
              10
              |
              4
    """
    edges = [(0, 3, 10), (1, 0, 10), (1, 2, 10), (2, 1, 10), (1, 4, 10), (4, 1, 10), (3, 4, 10)]
    network = streets([*ALONG, (10.0, 0.0), (10.0, -10.0)], edges)
    here = points(a=(0, 0), p=(10, 0), b=(20, 0), c=(10, -10))
    got = travel_times(network, here, here, engine=engine).minutes
    expected = [[0, 10, 40, 20], [10, 0, 10, 10], [20, 10, 0, 20], [20, 10, 20, 0]]
    assert got == pytest.approx(np.array(expected), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_points_on_nodes_drive_from_node_to_node(data: st.DataObject) -> None:
    """Nodes on a circle, so that no street leads past another's end; most streets are one-way."""
    size = data.draw(st.integers(2, 7))
    turn = np.linspace(0.0, 2.0 * np.pi, size, endpoint=False)
    nodes = [(10 * np.cos(each), 10 * np.sin(each)) for each in turn]
    ends = st.integers(0, size - 1)
    more = data.draw(st.lists(st.tuples(ends, ends, st.floats(0, 30)), max_size=12))
    # every node has a street
    edges = [*((k, (k + 1) % size, 1.0 + k) for k in range(0, size, 2)), *more]
    edges += [(k, k, 1.0) for k in range(size) if not any(k in edge[:2] for edge in edges)]
    network = streets(nodes, edges)
    at_nodes = replace(network, join=JoinRule(count=1, coincident_m=0.01))
    here = points(**{f"p{k}": at for k, at in enumerate(nodes)})
    other = network.minutes * data.draw(st.floats(0, 3))
    slower = replace(at_nodes, minutes=other)
    for engine in ENGINES:
        found = travel_times(network, here, here, engine=engine, km=True)
        expected = travel_times(at_nodes, here, here, engine="networkx", km=True)
        assert np.array_equal(found.minutes, expected.minutes)
        assert np.array_equal(found.km, expected.km)
        prepared = prepare(network, *legs_both_ways(network, here, here), engine=engine)
        expected = travel_times(slower, here, here, engine="networkx")
        assert np.array_equal(prepared.minutes(other), expected.minutes)


def test_nobody_joins_where_there_are_only_motorways() -> None:
    network = streets(ALONG, ROAD, classes=["motorway"] * 4)
    with pytest.raises(InputError, match="a street that points may join"):
        minutes(network, points(a=(4, 0)), points(b=(15, 0)))
