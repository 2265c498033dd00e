"""Random speed tables: what varies, what never does, and by how much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import random_networks, roads

from impact.errors import InputError
from impact.network.random_speeds import BY, RandomSpeeds, SpeedVariation
from impact.network.speeds import SpeedProfile

if TYPE_CHECKING:
    from impact.network.network import RoadNetwork

TOY = SpeedProfile("toy", (("local", 60.0, 30.0), ("main", 100.0, 80.0)), 2.5)


def toy() -> RoadNetwork:
    """a --local, half urban-- b --main-- c, and a ferry of 20 minutes to d."""
    network = roads("a - b 10", "b - c 10", "c ~ d 20", profile=TOY)
    classes = np.array(["local", "local", "main", "main", "ferry", "ferry"], dtype=object)
    urban = np.array([0.5, 0.5, 0.0, 0.0, 0.0, 0.0])
    return replace(network, road_class=classes, edge_urban=urban).with_profile(TOY)


def draw(network: RoadNetwork, spread: float, *, member: int = 0, **how: object) -> RoadNetwork:
    return RandomSpeeds.of(network, SpeedVariation(spread, **how)).draw(member)  # type: ignore[arg-type]


def test_minutes_are_those_of_the_drawn_table() -> None:
    network, drawn = toy(), draw(toy(), 0.2, seed=4)
    table = {name: (rural, urban) for name, rural, urban in drawn.profile.speeds}

    assert set(table) == {"local", "main"}
    assert all(np.array(table["main"]) != [100.0, 80.0])
    half_urban = sum(table["local"]) / 2
    expected = [600 / half_urban] * 2 + [600 / table["main"][0]] * 2 + [20.0] * 2
    np.testing.assert_allclose(drawn.minutes, expected)
    assert drawn.profile.fixed_minutes == network.profile.fixed_minutes == 2.5


@settings(deadline=None, max_examples=50)
@given(random_networks(), st.floats(0.0, 1.0), st.integers(0, 99))
def test_class_and_length_still_give_the_minutes(
    network: RoadNetwork, spread: float, member: int
) -> None:
    drawn = draw(network, spread, member=member)

    minutes = drawn.profile.drive_minutes(
        drawn.road_class, drawn.km, drawn.edge_urban, drawn.given_minutes
    )
    np.testing.assert_allclose(minutes, drawn.minutes, rtol=1e-12)


@pytest.mark.parametrize("by", BY)
def test_no_spread_is_the_profile_itself(by: str) -> None:
    drawn = draw(toy(), 0.0, by=by)

    assert np.array_equal(drawn.minutes, toy().minutes)
    assert drawn.profile == TOY


@pytest.mark.parametrize("by", BY)
def test_a_member_hangs_on_seed_and_number_alone(by: str) -> None:
    tables = RandomSpeeds.of(toy(), SpeedVariation(0.1, seed=1, by=by))
    later_first = [tables.draw(2).minutes, tables.draw(0).minutes]
    again = RandomSpeeds.of(toy(), SpeedVariation(0.1, seed=1, by=by))

    assert np.array_equal(again.draw(0).minutes, later_first[1])
    assert np.array_equal(again.draw(2).minutes, later_first[0])
    assert not np.array_equal(*later_first)
    assert not np.array_equal(draw(toy(), 0.1, seed=2, by=by).minutes, later_first[1])


def test_roads_have_factors_of_their_own_and_drive_both_ways_alike() -> None:
    #  a === b --- c     two parallel roads a - b count as one; all local, all rural
    network = roads("a - b 10", "a - b 10", "b - c 10", "c > a 10")
    by_class = draw(network, 0.3).minutes
    by_road = draw(network, 0.3, by="road").minutes

    assert len(set(by_class.tolist())) == 1
    assert len(set(by_road.tolist())) == 3
    assert by_road[0] == by_road[1] == by_road[2] == by_road[3]
    assert by_road[4] == by_road[5]


@pytest.mark.parametrize("by", BY)
def test_factors_have_median_one_and_the_asked_spread(by: str) -> None:
    tables = RandomSpeeds.of(toy(), SpeedVariation(0.2, by=by))
    logs = np.array([np.log(tables.draw(member).minutes[2] / 6.0) for member in range(2000)])

    assert abs(np.median(logs)) < 0.02
    assert logs.std() == pytest.approx(0.2, rel=0.05)


def test_classes_and_settings_are_drawn_apart() -> None:
    tables = RandomSpeeds.of(toy(), SpeedVariation(0.2))
    speeds = [np.array([row[1:] for row in tables.draw(k).profile.speeds]) for k in range(1000)]
    logs = np.log(np.array(speeds)).reshape(1000, -1)

    apart = np.corrcoef(logs.T)[~np.eye(4, dtype=bool)]
    assert np.abs(apart).max() < 0.1


def test_edges_with_minutes_of_their_own_vary_too() -> None:
    # a street-level network: three minutes on an edge whose class and length say six
    network = replace(toy(), profiles={"toy": TOY}, profile_minutes={"toy": np.full(6, 3.0)})
    drawn = draw(network.with_profile("toy"), 0.2, seed=4)
    whole = draw(toy(), 0.2, seed=4)

    np.testing.assert_allclose(drawn.minutes[2] / 3.0, whole.minutes[2] / 6.0)
    assert drawn.minutes[4] == 3.0
    with pytest.raises(InputError, match="a profile that the network was timed for"):
        drawn.with_profile("toy")


def test_a_class_that_no_table_names_varies_by_its_urban_share() -> None:
    network = toy()
    unknown = replace(network, road_class=np.array(["x"] * 6, dtype=object))

    assert RandomSpeeds.of(unknown, SpeedVariation(0.2)).classes == ("local", "main", "x")
    share = draw(unknown, 0.2).minutes / network.minutes
    assert share[2] == share[4] != 1.0


def test_all_that_cannot_be_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        SpeedVariation(-0.1, seed=-1, by="clas")

    assert str(caught.value).splitlines() == [
        "spread: found '-0.1', expected a number from 0 to 1, such as 0.1 for ten per cent",
        "seed: found '-1', expected a whole number of 0 or more",
        "by: found 'clas', expected one of class, road; nearest known: 'class'",
    ]
