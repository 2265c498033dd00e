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

from impact.roads.network import EdgeShapes, JoinRule, RoadNetwork
from impact.roads.speeds import SpeedProfile
from impact.times import travel_times
from impact.times.edge_join import NOT_JOINED, Spots, courses, edges_of_lines, find_spots
from impact.times.engines import ENGINES
from impact.times.snap import access_legs, legs_both_ways

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
