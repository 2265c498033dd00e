"""Roads for destination traffic only: a kilometre takes a minute, whoever may drive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from drawing import METRE, built, osm_xml, plain_tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.times.engines.protocol import ENGINES
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

ROAD = {"highway": "secondary"}
STREET = {"highway": "residential", "motor_vehicle": "destination"}
# 1 === 2     a square of kilometres; the side from 1 to 2 is for destination traffic only
# |     |
# 4 --- 3
SQUARE = {1: (0, 0), 2: (1000, 0), 3: (1000, -1000), 4: (0, -1000)}


def drives(
    network: RoadNetwork, *pairs: tuple[tuple[float, float], tuple[float, float]]
) -> list[float]:
    """Minutes between places in metres, without those for start and parking."""
    places = sorted({place for pair in pairs for place in pair})
    points = pd.DataFrame(
        [(y * METRE, x * METRE) for x, y in places], columns=["lat", "lon"], index=map(str, places)
    )
    found = travel_times(network, points, points, engine="scipy")
    minutes = found.minutes - network.profile.fixed_minutes
    where = {place: number for number, place in enumerate(places)}
    return [round(float(minutes[where[a], where[b]]), 3) for a, b in pairs]


@pytest.mark.parametrize(
    "said",
    [
        STREET,
        {"highway": "residential", "access": "destination"},
        {"highway": "service", "vehicle": "customers"},
        {"highway": "track", "motor_vehicle": "yes"},
    ],
)
def test_used_at_the_ends_of_a_trip_and_not_on_the_way(
    tmp_path: Path, said: dict[str, str]
) -> None:
    ways = [([1, 2], said), ([2, 3], ROAD), ([3, 4], ROAD), ([4, 1], ROAD)]
    network = built(tmp_path, osm_xml(SQUARE, ways), tables=plain_tables())
    on = (300.0, 0.0)
    found = drives(
        network,
        ((0.0, -500.0), (1000.0, -500.0)),  # past the street, not through it
        ((0.0, 0.0), (1000.0, 0.0)),  # its ends are on it: whoever stands there is a neighbour
        (on, (1000.0, -500.0)),
        ((1000.0, -500.0), on),
        (on, (0.0, -500.0)),
        (on, (800.0, 0.0)),
    )
    assert found == [2.0, 1.0, 1.2, 1.2, 0.8, 0.5]


def test_one_street_after_another_is_still_where_the_trip_begins(tmp_path: Path) -> None:
    # 1 === 2 === 5, with 2-3, 5-6 and 1-4 for all
    places = {**SQUARE, 5: (2000, 0), 6: (2000, -1000)}
    ways = [
        ([1, 2], STREET),
        ([2, 5], STREET),
        ([2, 3], ROAD),
        ([1, 4], ROAD),
        ([5, 6], ROAD),
        ([4, 3, 6], ROAD),
    ]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert drives(
        network,
        ((500.0, 0.0), (2000.0, -500.0)),
        ((2000.0, -500.0), (500.0, 0.0)),
        ((1000.0, -500.0), (2000.0, -500.0)),
        ((0.0, -500.0), (2000.0, -500.0)),
    ) == [2.0, 2.0, 2.0, 3.0]


def test_what_lies_behind_such_a_road_is_reached(tmp_path: Path) -> None:
    # the village 3-4 has no other way out than the streets 1-4 and 2-3
    ways = [([1, 4], STREET), ([2, 3], STREET), ([4, 3], ROAD), ([1, 5, 2], ROAD)]
    places = {**SQUARE, 5: (500, 3000), 6: (-1000, 0)}
    network = built(tmp_path, osm_xml(places, [*ways, ([6, 1], ROAD)]), tables=plain_tables())
    village, beyond = (500.0, -1000.0), (1000.0, 0.0)
    assert drives(network, (village, (-1000.0, 0.0)), ((-1000.0, 0.0), village)) == [2.5, 2.5]
    # nobody passes through it, though that is three kilometres shorter
    around = drives(network, ((-500.0, 0.0), (750.0, 1500.0)))[0]
    assert around == pytest.approx(0.5 + 1.5 * np.hypot(3.0, 0.5), abs=0.01)
    assert drives(network, (village, beyond)) == [1.5]


def test_a_network_without_such_roads_stays_as_it_is(tmp_path: Path) -> None:
    ways = [([1, 2], ROAD), ([2, 3], ROAD), ([3, 4], ROAD), ([4, 1], ROAD)]
    network = built(tmp_path, osm_xml(SQUARE, ways), tables=plain_tables())
    assert (network.node > 0).all()
    dead_end = [*ways, ([3, 5], STREET)]
    network = built(tmp_path, osm_xml({**SQUARE, 5: (0, 500)}, dead_end), tables=plain_tables())
    assert (network.node > 0).all()


SIDE = 4


@st.composite
def towns(draw: st.DrawFn) -> list[tuple[int, int, bool, bool]]:
    """Streets of a grid: ends, whether one way, whether for destination traffic only."""
    lanes = draw(st.sets(st.integers(0, 2 * SIDE * (SIDE - 1) - 1), max_size=5))
    out: list[tuple[int, int, bool, bool]] = []
    for place in range(SIDE * SIDE):
        row, column = divmod(place, SIDE)
        for other in ([place + 1] if column + 1 < SIDE else []) + (
            [place + SIDE] if row + 1 < SIDE else []
        ):
            one_way, ends = len(out) in lanes, draw(st.integers(0, 2)) == 0
            out.append((place + 1, other + 1, one_way, ends))
    return out


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(towns())
def test_every_trip_is_the_shortest_of_those_that_keep_to_the_rule(
    tmp_path: Path, streets: list[tuple[int, int, bool, bool]]
) -> None:
    places = {
        number + 1: (700.0 * (number % SIDE) + 31.0 * number, 900.0 * (number // SIDE))
        for number in range(SIDE * SIDE)
    }
    ways = [
        ([tail, head], {**(STREET if ends else ROAD), "oneway": "yes" if one_way else "no"})
        for tail, head, one_way, ends in streets
    ]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    graph = nx.DiGraph()
    for tail, head, one_way, ends in streets:
        km = float(np.hypot(*np.subtract(places[tail], places[head]))) / 1000.0
        graph.add_edge(tail, head, km=km, ends=ends)
        if not one_way:
            graph.add_edge(head, tail, km=km, ends=ends)
    known = sorted(n for n in set(network.node.tolist()) if n > 0 and n in graph)
    # the largest part, and those that lie apart from it: within each the same rule
    reference: dict[int, dict[int, float]] = {}
    for part in nx.strongly_connected_components(graph):
        if not part.isdisjoint(known):
            reference |= _by_the_rule(graph.subgraph(part))
    points = pd.DataFrame(
        [(places[n][1] * METRE, places[n][0] * METRE) for n in known],
        columns=["lat", "lon"],
        index=map(str, known),
    )
    found = {
        name: travel_times(network, points, points, engine=name).minutes
        for name in ENGINES
        if name in {"networkx", "scipy"}
    }
    expected = np.array([[reference[a].get(b, np.inf) for b in known] for a in known])
    for minutes in found.values():
        np.testing.assert_allclose(minutes - network.profile.fixed_minutes, expected, atol=2e-3)


def _by_the_rule(graph: nx.DiGraph) -> dict[int, dict[int, float]]:
    """Shortest trips over streets, then roads, then streets, within the largest part."""
    whole = graph.subgraph(max(nx.strongly_connected_components(graph), key=_size(graph)))
    roads = whole.edge_subgraph((a, b) for a, b, end in whole.edges(data="ends") if not end)
    core = set(max(nx.strongly_connected_components(roads), key=_size(roads), default=()))
    states = nx.DiGraph()
    for tail, head, each in whole.edges(data=True):
        road = not each["ends"] and tail in core and head in core
        for before, after in ((0, 0), (1, 1)) if road else ((0, 0), (2, 2)):
            level = (1, 1) if road else (before, after)
            states.add_edge((tail, level[0]), (head, level[1]), weight=each["km"])
    for place in whole:
        states.add_edge((place, 0), (place, 1), weight=0.0)
        states.add_edge((place, 1), (place, 2), weight=0.0)
    return {
        origin: {
            place: km
            for (place, level), km in sorted(
                nx.single_source_dijkstra_path_length(states, (origin, 0)).items(),
                key=lambda each: -each[1],
            )
        }
        for origin in whole
    }


def _size(graph: nx.DiGraph):  # noqa: ANN202 (a key for max)
    return lambda part: sum(km for _, _, km in graph.subgraph(part).edges(data="km"))
