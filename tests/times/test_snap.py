"""Access legs: how points join the roads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import north, random_networks, random_points, roads, spots

from impact.geodesy import great_circle_km
from impact.network.network import JoinRule, RoadNetwork
from impact.network.speeds import SpeedProfile
from impact.times.snap import AccessLegs, access_legs, far_points, leg_report

DETOUR = 1.3


def legs_of(legs: AccessLegs, point: int = 0) -> dict[int, float]:
    """Node -> kilometres of the legs of one point."""
    mine = legs.point == point
    return dict(zip(legs.node[mine].tolist(), legs.km[mine].tolist(), strict=True))


def test_a_point_joins_the_nodes_within_the_limit() -> None:
    #  x --- A (2 km)   B (5 km)   C (7 km: beyond the limit of 6)
    network = roads("A - B 3", "B - C 2", at={"A": north(2), "B": north(5), "C": north(7)})
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs_of(legs) == pytest.approx({0: 2 * DETOUR, 1: 5 * DETOUR})
    # 60 km/h: a kilometre is a minute
    assert legs.minutes == pytest.approx(legs.km)
    assert legs.straight_km == pytest.approx([2.0])
    assert not legs.far.any()


def test_it_joins_the_eight_nearest_at_most() -> None:
    # twelve nodes 0.4, 0.8, ... 4.8 km to the north, the third cannot be joined
    names = [f"n{k:02}" for k in range(1, 13)]
    network = roads(
        *(f"{one} - {other} 0.4" for one, other in pairwise(names)),
        at={name: north(0.4 * k) for k, name in enumerate(names, start=1)},
        closed=["n03"],
    )
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs.node.tolist() == [0, 1, 3, 4, 5, 6, 7, 8]
    assert legs.km == pytest.approx([0.4 * k * DETOUR for k in (1, 2, 4, 5, 6, 7, 8, 9)])


def test_of_equally_far_nodes_the_lower_identifier_is_joined() -> None:
    #  B (1 km south)   x   A (1 km north)
    network = roads("A - B 2", at={"A": north(1), "B": north(-1)}, join=JoinRule(count=1))
    legs = access_legs(network, spots({"x": north(0)}))
    gaps = great_circle_km(*north(0), network.lat, network.lon)
    assert gaps[0] == gaps[1]
    assert legs.node.tolist() == [0]


def test_a_point_on_a_node_is_that_node_and_no_other() -> None:
    #  A = x (8 m apart)   B (1 km)
    network = roads("A - B 1", at={"A": north(0.008), "B": north(1)})
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs_of(legs) == {0: 0.0}
    assert legs.minutes.tolist() == [0.0]
    # beyond 10 metres it joins both
    network = roads("A - B 1", at={"A": north(0.012), "B": north(1)})
    assert set(legs_of(access_legs(network, spots({"x": north(0)})))) == {0, 1}


def test_a_point_on_two_nodes_is_both() -> None:
    network = roads("A - B 1", "B - C 1", at={"A": north(0), "B": north(0.005), "C": north(1)})
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs_of(legs) == {0: 0.0, 1: 0.0}


def test_a_point_on_a_node_that_cannot_be_joined_is_not_that_node() -> None:
    # the motorway M passes over x; the road A begins 1 km away
    network = roads("M - A 9", at={"M": north(0), "A": north(1)}, closed=["M"])
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs_of(legs) == pytest.approx({0: DETOUR})


def test_a_far_point_joins_the_nearest_node_and_is_flagged() -> None:
    network = roads("A - B 3", at={"A": north(9), "B": north(12)})
    points = spots({"near": north(5), "far": north(0)})
    legs = access_legs(network, points)
    assert legs_of(legs, 0) == pytest.approx({0: 4 * DETOUR})
    assert legs_of(legs, 1) == pytest.approx({0: 9 * DETOUR})
    report = leg_report("origin", points, legs)
    assert report[["kind", "point", "far"]].to_numpy().tolist() == [
        ["origin", "near", False],
        ["origin", "far", True],
    ]
    assert report["straight_km"].tolist() == pytest.approx([4.0, 9.0])
    assert far_points(report) == (("far", pytest.approx(9.0)),)


def test_no_leg_crosses_the_water() -> None:
    #  Noord   N (3 km)
    #  ~~~~~~~~~~~~~~~~~
    #  Zuid    x (0), S (-4 km: its zone is lent to x), T (-5 km)
    water = [("Noord", "Zuid")]
    zones = {"N": "Noord", "S": "Zuid", "T": "Zuid"}
    places = {"N": north(5), "S": north(-4), "T": north(-5)}
    network = roads("N - S 9", "S - T 1", at=places, zones=zones, barriers=water)
    points = spots({"x": north(0), "y": north(4)})
    legs = access_legs(network, points)
    assert legs_of(legs, 0) == pytest.approx({1: 4 * DETOUR, 2: 5 * DETOUR})
    assert legs_of(legs, 1) == pytest.approx({0: DETOUR})
    # without the water x joins N too
    dry = roads("N - S 9", "S - T 1", at=places, zones=zones)
    assert set(legs_of(access_legs(dry, points), 0)) == {0, 1, 2}


def test_a_point_with_only_water_near_it_joins_its_own_bank_from_afar() -> None:
    #  Noord N (2 km) ~~~~ x (0) Zuid ........ S (-9 km)
    network = roads(
        "N - S 11",
        "S - T 5",
        at={"N": north(2), "S": north(-9), "T": north(-0.5)},
        zones={"N": "Noord", "S": "Zuid", "T": "Zuid"},
        barriers=[("Noord", "Zuid")],
        closed=["T"],
    )
    legs = access_legs(network, spots({"x": north(0)}))
    assert legs_of(legs) == pytest.approx({1: 9 * DETOUR})
    assert legs.far.tolist() == [True]


def test_the_leg_is_driven_at_the_local_speed_of_where_it_joins() -> None:
    profile = SpeedProfile("mixed", (("local", 60.0, 30.0),))
    network = roads("A - B 1", at={"A": north(1), "B": north(2)}, profile=profile)
    dense = replace(network, urban=np.array([0.0, 1.0]))
    legs = access_legs(dense, spots({"x": north(0)}))
    assert legs.minutes == pytest.approx([1 * DETOUR, 2 * DETOUR * 2.0])


@settings(deadline=None, max_examples=60)
@given(random_networks(), random_points("p"))
def test_legs_are_the_nearest_joinable_nodes(network: RoadNetwork, points: object) -> None:
    legs = access_legs(network, points)
    rule = network.join
    assert np.unique(legs.point).tolist() == list(range(len(points)))
    for place, (lat, lon) in enumerate(points[["lat", "lon"]].to_numpy()):
        gaps = great_circle_km(lat, lon, network.lat, network.lon)
        gaps[~network.joinable] = np.inf
        nearest = sorted(range(len(gaps)), key=lambda k: (gaps[k], network.node[k]))
        within = [k for k in nearest if gaps[k] <= rule.limit_km][: rule.count]
        same = [k for k in within if gaps[k] * 1000.0 <= rule.coincident_m]
        assert list(legs_of(legs, place)) == (same or within or nearest[:1])
        assert legs.straight_km[place] == gaps[nearest[0]]
        assert legs.far[place] == (not within)


@settings(deadline=None, max_examples=30)
@given(random_networks(), random_points("p"), st.randoms(use_true_random=False))
def test_each_point_joins_by_itself(network: RoadNetwork, points: object, random: object) -> None:
    order = list(range(len(points)))
    random.shuffle(order)
    legs, turned = access_legs(network, points), access_legs(network, points.iloc[order])
    for place, old in enumerate(order):
        assert legs_of(turned, place) == legs_of(legs, old)
