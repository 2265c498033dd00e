"""Turn restrictions, on crossings drawn by hand: a kilometre takes a minute."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawing import all_minutes, built, minutes_between, osm_xml, plain_tables

from impact.network.osm.restrictions import U_TURN
from impact.network.osm.tag_tables import read_osm_tables

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork
    from impact.network.osm.tag_tables import OsmTables

ROAD = {"highway": "secondary"}
CROSS = {
    # .       4
    #         |
    #     1---2---3
    #         |
    #         5
    1: (0.0, 0.0),
    2: (1000.0, 0.0),
    3: (2000.0, 0.0),
    4: (1000.0, 1000.0),
    5: (1000.0, -1000.0),
}
ARMS = [([1, 2], ROAD), ([2, 3], ROAD), ([4, 2], ROAD), ([2, 5], ROAD)]

LADDER = {
    # .      10  12
    #         |   |
    #     4   5---7        from 1 to 10 over 2 and 3: four minutes,
    #     |   |   |        over 6 and 7: six
    # 1---2---3---6--11
    #     |   |
    #     8   9
    1: (0.0, 0.0),
    2: (1000.0, 0.0),
    3: (2000.0, 0.0),
    4: (1000.0, 1000.0),
    5: (2000.0, 1000.0),
    6: (3000.0, 0.0),
    7: (3000.0, 1000.0),
    8: (1000.0, -1000.0),
    9: (2000.0, -1000.0),
    10: (2000.0, 2000.0),
    11: (4000.0, 0.0),
    12: (3000.0, 2000.0),
}
RUNGS = [
    ([1, 2], ROAD),  # 101
    ([2, 3], ROAD),  # 102
    ([3, 5], ROAD),  # 103
    ([3, 6], ROAD),  # 104
    ([6, 7, 5], ROAD),  # 105
    ([4, 2], ROAD),  # 106
    ([2, 8], ROAD),  # 107
    ([3, 9], ROAD),  # 108
    ([5, 10], ROAD),
    ([6, 11], ROAD),
    ([7, 12], ROAD),
]


def ladder(folder: Path, *turns: tuple[int, int | tuple[int, ...], int, str]) -> RoadNetwork:
    text = osm_xml(LADDER, RUNGS, turns=turns)
    return built(folder, text, tables=plain_tables())


def drives(network: RoadNetwork, *pairs: tuple[int, int]) -> list[float]:
    return [round(minutes_between(network, *pair), 3) for pair in pairs]


@pytest.mark.parametrize(
    ("turn", "minutes"),
    [
        ((101, 2, 103, "no_left_turn"), 5.0),
        ((101, 2, 102, "only_straight_on"), 5.0),
        ((101, 2, 104, "no_right_turn"), 3.0),
        ((103, 2, 101, "no_right_turn"), 3.0),
    ],
)
def test_turn_restrictions(tmp_path: Path, turn: tuple[int, int, int, str], minutes: float) -> None:
    #       7---4---+
    #           |   |      from 1 to 7; the way around over 3 and 6 is two kilometres longer
    #       1---2---3
    #           |
    #           5
    places = {**CROSS, 6: (2000.0, 1000.0), 7: (0.0, 1000.0)}
    ways = [*ARMS, ([3, 6, 4], ROAD), ([4, 7], ROAD)]
    network = built(tmp_path, osm_xml(places, ways, turns=[turn]), tables=plain_tables())
    assert minutes_between(network, 1, 7) == pytest.approx(minutes, rel=1e-4)
    # the restriction is for this turn only
    assert minutes_between(network, 3, 7) == pytest.approx(3.0, rel=1e-4)
    assert np.isfinite(all_minutes(network)[np.ix_(network.node > 0, network.node > 0)]).all()


def test_restrictions_without_effect_are_counted(tmp_path: Path) -> None:
    turns = [(101, (102,), 103, "no_left_turn"), (999, 2, 103, "no_left_turn")]
    network = built(tmp_path, osm_xml(CROSS, ARMS, turns=turns), tables=plain_tables())
    assert network.about["turn_restrictions"] == {
        "honoured": 0,
        "over_a_way": 0,
        "without_effect": 2,
        "u_turns": 0,
    }


@pytest.mark.parametrize("kind", ["no_left_turn", "only_straight_on"])
def test_over_a_way_the_turn_is_taken_from_those_who_came_that_way(
    tmp_path: Path, kind: str
) -> None:
    target = 103 if kind.startswith("no") else 104
    network = ladder(tmp_path, (101, (102,), target, kind))
    # from 1 the long way round, from 4 the short one; all else stays as it was
    assert drives(network, (1, 10), (4, 10)) == [6.0, 4.0]
    assert drives(network, (1, 11), (1, 4), (1, 8), (10, 1)) == [4.0, 2.0, 2.0, 4.0]
    lost = 1 if kind.startswith("no") else 2
    about = network.about["turn_restrictions"]
    assert about == {"honoured": lost, "over_a_way": 1, "without_effect": 0, "u_turns": 0}


def test_side_roads_along_the_way_stay_open(tmp_path: Path) -> None:
    ways = [*RUNGS, ([13, 14], ROAD)]
    ways[1] = ([2, 13, 3], ROAD)
    places = {**LADDER, 13: (1500.0, 0.0), 14: (1500.0, -1000.0)}
    text = osm_xml(places, ways, turns=[(101, (102,), 103, "no_left_turn")])
    network = built(tmp_path, text, tables=plain_tables())
    assert drives(network, (1, 10), (4, 10), (1, 14), (14, 10)) == [6.0, 4.0, 2.5, 3.5]


def test_a_restriction_may_run_over_several_ways(tmp_path: Path) -> None:
    turns = [(106, (102,), 103, "no_left_turn"), (106, (102, 104), 105, "no_left_turn")]
    network = ladder(tmp_path, *turns)
    # from 4 to 12 only by turning round at the end of a road
    assert drives(network, (4, 12), (1, 12), (4, 11)) == [7.0, 5.0, 4.0]
    assert network.about["turn_restrictions"]["over_a_way"] == 2
    assert drives(ladder(tmp_path, turns[1]), (4, 12)) == [5.0]


def test_restrictions_over_one_way_add_up(tmp_path: Path) -> None:
    network = ladder(
        tmp_path,
        (101, (102,), 103, "no_left_turn"),
        (101, (102,), 108, "no_right_turn"),
        (106, (102,), 108, "no_right_turn"),
    )
    assert drives(network, (1, 10), (4, 10), (1, 11)) == [6.0, 4.0, 4.0]
    # to 9 only after driving on and turning round
    assert drives(network, (1, 9), (4, 9), (10, 9)) == [5.0, 5.0, 3.0]
    assert network.about["turn_restrictions"]["over_a_way"] == 3


def test_what_holds_at_a_node_holds_at_its_copies(tmp_path: Path) -> None:
    network = ladder(tmp_path, (101, (102,), 103, "no_left_turn"), (102, 3, 104, "no_straight_on"))
    # nobody drives straight on at 3, and who comes from 1 does not turn left either
    assert drives(network, (4, 10), (4, 11)) == [4.0, 6.0]
    assert drives(network, (1, 10), (1, 11), (1, 9)) == [6.0, 6.0, 3.0]


def test_a_road_that_runs_on_is_not_a_turn_back(tmp_path: Path) -> None:
    ways = [([1, 2, 3], ROAD), *ARMS[2:]]
    text = osm_xml(CROSS, ways, turns=[(101, 2, 101, "no_u_turn")])
    network = built(tmp_path, text, tables=plain_tables())
    assert drives(network, (1, 3), (3, 1)) == [2.0, 2.0]


def test_a_restriction_beside_a_bollard_is_found(tmp_path: Path) -> None:
    # copies of the bollard's node come after all others, so that identifiers are out of order
    ways = [*ARMS, ([5, 3], ROAD), ([3, 6], ROAD)]
    places = {**CROSS, 6: (3000.0, 0.0)}
    text = osm_xml(
        places, ways, nodes={1: {"barrier": "bollard"}}, turns=[(103, 2, 102, "no_left_turn")]
    )
    network = built(tmp_path, text, tables=plain_tables())
    assert drives(network, (4, 6)) == [round(3.0 + float(np.sqrt(2.0)), 3)]


def with_u_turns(minutes: float) -> OsmTables:
    tables = plain_tables()
    delay = {name: {**each, U_TURN: minutes} for name, each in tables.delay.items()}
    return replace(tables, delay=delay)


SIDE_STREET = {
    # .       4
    #         |        from 1 to 4, not turning left at 2: turn round at 6, a hundred metres on,
    #     1---2-6--3   or drive around
    #         | 8
    #         5
    **CROSS,
    6: (1100.0, 0.0),
    8: (1100.0, -100.0),
}


@pytest.mark.parametrize(("delay", "minutes"), [(0.0, 2.2), (0.5, 2.7), (1.0, 3.2), (60.0, 4.0)])
def test_turning_round_takes_time_where_it_evades_a_restriction(
    tmp_path: Path, delay: float, minutes: float
) -> None:
    # the way around: 1-2-3-9-4
    places = {**SIDE_STREET, 9: (2000.0, 1000.0), 10: (3000.0, 0.0), 11: (1000.0, 2000.0)}
    ways = [
        ([1, 2], ROAD),
        ([2, 6], ROAD),
        ([6, 3], ROAD),
        ([2, 4], ROAD),
        ([2, 5], ROAD),
        ([6, 8], ROAD),
        ([3, 9], ROAD),
        ([9, 4], ROAD),
        ([3, 10], ROAD),
        ([4, 11], ROAD),
    ]
    text = osm_xml(places, ways, turns=[(101, 2, 104, "no_left_turn")])
    network = built(tmp_path, text, tables=with_u_turns(delay))
    assert drives(network, (1, 4)) == [minutes]
    # who may turn there loses nothing, and all others drive as before
    assert drives(network, (3, 4), (5, 4), (1, 3), (1, 5), (4, 1), (8, 1)) == [
        2.0,
        2.0,
        2.0,
        2.0,
        2.0,
        1.2,
    ]


def test_all_profiles_know_the_delay_of_a_u_turn(tmp_path: Path) -> None:
    delay = read_osm_tables().delay
    assert {name: each[U_TURN] for name, each in delay.items()} == dict.fromkeys(delay, 1.0)
    ways = [([1, 2], ROAD), ([2, 6], ROAD), ([6, 3], ROAD), ([2, 4], ROAD), ([6, 8], ROAD)]
    text = osm_xml(SIDE_STREET, ways, turns=[(101, 2, 104, "no_left_turn")])
    network = built(tmp_path, text, tables=with_u_turns(1.0))
    assert network.about["turn_restrictions"]["u_turns"] > 0
    for name in network.profiles:
        assert drives(network.with_profile(name), (1, 4)) == [3.2]
