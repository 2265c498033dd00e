"""Road networks as arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from networks import random_networks, roads

from impact.errors import InputError
from impact.network.network import JoinRule, RoadNetwork
from impact.network.speeds import SpeedProfile


def test_of_parallel_edges_the_fastest_is_kept() -> None:
    #      9
    #   .-----.
    #  A -- 4 -- B     and B > A takes 7 as well as 9 and 4
    #   '--<--'
    #      7
    network = roads("A - B 9", "A - B 4", "B > A 7")
    kept = network.fastest_edges()
    assert [(int(network.tail[k]), int(network.head[k])) for k in kept] == [(0, 1), (1, 0)]
    assert network.minutes[kept].tolist() == [4.0, 4.0]


def test_of_equally_fast_edges_the_shortest_is_kept() -> None:
    profile = SpeedProfile("toy", (("local", 60.0, 60.0), ("main", 30.0, 30.0)))
    network = roads("A > B 6", "A > B 3")
    network = replace(network, road_class=np.array(["local", "main"], dtype=object))
    network = network.with_profile(profile)
    assert network.minutes.tolist() == [6.0, 6.0]
    assert network.km[network.fastest_edges()].tolist() == [3.0]


@settings(deadline=None, max_examples=50)
@given(random_networks())
def test_fastest_edges_are_the_minimum_of_each_pair(network: RoadNetwork) -> None:
    best: dict[tuple[int, int], float] = {}
    for tail, head, minutes in zip(network.tail, network.head, network.minutes, strict=True):
        pair = (int(tail), int(head))
        best[pair] = min(best.get(pair, np.inf), float(minutes))
    kept = network.fastest_edges()
    pairs = zip(network.tail[kept].tolist(), network.head[kept].tolist(), strict=True)
    found = dict(zip(pairs, network.minutes[kept].tolist(), strict=True))
    assert found == best
    assert list(found) == sorted(best)


def test_another_profile_changes_roads_but_not_ferries() -> None:
    network = roads("A - B 10", "B ~ C 30")
    slow = network.with_profile(SpeedProfile("slow", (("local", 30.0, 30.0),)))
    assert network.minutes.tolist() == [10.0, 10.0, 30.0, 30.0]
    assert slow.minutes.tolist() == [20.0, 20.0, 30.0, 30.0]
    assert slow.profile.name == "slow"
    assert network.profile.name == "toy"


def test_by_length_the_fastest_way_is_the_shortest() -> None:
    #  A --- 10 --- B     the ferry is 2 km and takes half an hour
    #    ~~~  30 ~~~
    network = replace(roads("A > B 10", "A ~ B 30"), km=np.array([10.0, 2.0, 2.0]))
    short = network.by_length()
    assert network.minutes[network.fastest_edges()].min() == 10.0
    assert short.minutes[short.fastest_edges()].tolist() == [2.0, 2.0]
    assert short.profile.kmh("local", np.array([0.0, 1.0])).tolist() == [60.0, 60.0]
    assert short.profile.fixed_minutes == 0.0


def test_a_class_without_a_speed_is_refused() -> None:
    network = roads("A - B 1")
    track = replace(network, road_class=np.array(["track", "track"], dtype=object))
    with pytest.raises(InputError, match="found 'track', expected one of local"):
        track.with_profile(network.profile)


def test_an_urban_link_is_driven_at_the_speed_in_between() -> None:
    network = replace(roads("A > B 6"), edge_urban=np.array([0.25]))
    mixed = network.with_profile(SpeedProfile("mixed", (("local", 80.0, 40.0),)))
    # 80 x 0.75 + 40 x 0.25 = 70 km/h
    assert mixed.minutes[0] == pytest.approx(6.0 / 70.0 * 60.0)


@pytest.mark.parametrize(
    "change",
    [
        {"km": np.array([1.0, 2.0])},
        {"urban": np.array([0.0, 0.5])},
        {"joinable": np.array([True, False])},
        {"zone": np.array(["here", "there"], dtype=object)},
        {"zone_marker": np.array([True, False])},
        {"lat": np.array([52.0, 52.1])},
        {"barriers": frozenset({("here", "there")})},
        {"join": JoinRule(count=3)},
        {"profile": SpeedProfile("toy", (("local", 60.0, 60.0),), 1.0)},
        {"minutes": np.array([1.0, 3.0])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_sees_whatever_changes_a_travel_time(change: dict[str, object]) -> None:
    network = roads("A - B 1")
    assert replace(network, **change).fingerprint() != network.fingerprint()
    assert replace(network).fingerprint() == network.fingerprint()


def test_bounds_are_west_south_east_north() -> None:
    network = roads("A - B 1", at={"A": (52.0, 6.5), "B": (53.0, 5.5)})
    assert network.bounds == (5.5, 52.0, 6.5, 53.0)
    assert network.kind == "street"
    assert replace(network, about={}).kind == "unknown"
