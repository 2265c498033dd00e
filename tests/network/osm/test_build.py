"""Small towns, drawn by hand, as the builder sees them. One kilometre takes one minute."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from drawing import METRE, all_minutes, built, has, minutes_between, osm_xml, plain_tables
from rich.console import Console

from impact.network.npz import read_network, write_network
from impact.network.osm.build import build_network
from impact.network.osm.tag_tables import read_osm_tables
from impact.outputs.screen import print_info
from impact.times.snap import access_legs

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_crossing_of_four_arms(tmp_path: Path) -> None:
    network = built(tmp_path, osm_xml(CROSS, ARMS), tables=plain_tables())
    assert sorted(network.node.tolist()) == [1, 2, 3, 4, 5]
    assert len(network.tail) == 8
    np.testing.assert_allclose(network.km, 1.0, rtol=1e-5)
    assert minutes_between(network, 1, 4) == pytest.approx(2.0, rel=1e-5)
    assert network.join.kind == "edge"
    assert network.kind == "street"


def test_bends_go_and_their_length_stays(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (600, 0), 3: (600, 400), 4: (1000, 400)}
    network = built(tmp_path, osm_xml(places, [([1, 2, 3, 4], ROAD)]), tables=plain_tables())
    assert sorted(network.node.tolist()) == [1, 4]
    np.testing.assert_allclose(network.km, 1.4, rtol=1e-5)
    shapes = network.shapes
    assert shapes is not None
    assert shapes.line.tolist() == [0, 0]
    assert np.diff(shapes.start).tolist() == [4]


def test_shapes_lead_from_tail_to_head(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (500, 100), 3: (1000, 0), 4: (1500, 200), 5: (2000, 0), 6: (1000, 900)}
    # the street from 1 to 5 is three ways, one of them drawn the other way round
    ways = [([1, 2, 3], ROAD), ([4, 3], ROAD), ([4, 5], ROAD), ([3, 6], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    shapes = network.shapes
    assert shapes is not None
    for edge in range(len(network.tail)):
        begin, end = shapes.start[shapes.line[edge]], shapes.start[shapes.line[edge] + 1]
        ends = (end - 1, begin) if shapes.backward[edge] else (begin, end - 1)
        for point, node in zip(ends, (network.tail[edge], network.head[edge]), strict=True):
            assert shapes.lon[point] == network.lon[node]
            assert shapes.lat[point] == network.lat[node]


@pytest.mark.parametrize(
    ("tags", "there", "back"),
    [
        ({"oneway": "yes"}, 1.0, 3.0),
        ({"oneway": "-1"}, 3.0, 1.0),
        ({}, 1.0, 1.0),
        ({"access": "private"}, 3.0, 3.0),
    ],
)
def test_a_street_and_the_way_around(
    tmp_path: Path, tags: dict[str, str], there: float, back: float
) -> None:
    # 1-----2     3 km around over 3 and 4
    # |     |
    # 4-----3
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, -1000), 4: (0, -1000), 5: (-9, 0), 6: (1009, 0)}
    ways = [([1, 2], {**ROAD, **tags}), ([2, 3, 4, 1], ROAD), ([5, 1], ROAD), ([2, 6], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert minutes_between(network, 5, 6) == pytest.approx(there + 0.018, rel=1e-3)
    assert minutes_between(network, 6, 5) == pytest.approx(back + 0.018, rel=1e-3)


def test_a_bollard_stops_cars_and_a_gate_does_not(tmp_path: Path) -> None:
    places = {**CROSS, 6: (3000.0, 0.0)}
    ways = [*ARMS, ([3, 6], ROAD)]
    for barrier, passed in (("bollard", False), ("gate", True)):
        text = osm_xml(places, ways, nodes={3: {"barrier": barrier}})
        network = built(tmp_path, text, tables=plain_tables())
        assert has(network, 6) == passed
    # both stubs of a street with a bollard can still be driven, from their own end
    around = [*ARMS, ([3, 6], ROAD), ([4, 6], ROAD)]
    network = built(
        tmp_path, osm_xml(places, around, nodes={3: {"barrier": "bollard"}}), tables=plain_tables()
    )
    here, there = np.flatnonzero(network.node < 0)
    assert np.isfinite(all_minutes(network)).all()
    around_it = 1.0 + 1.0 + np.hypot(2.0, 1.0) + 1.0
    assert all_minutes(network)[here, there] == pytest.approx(around_it, rel=1e-4)


def test_a_car_ferry_takes_crossing_and_wait_and_joins_the_island(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, 5000), 4: (1000, 5500), 5: (1400, 5500)}
    ferry = {"route": "ferry", "name": "Veerdienst", "motor_vehicle": "yes", "duration": "00:20"}
    ways = [([1, 2], ROAD), ([2, 3], ferry), ([3, 4], ROAD), ([4, 5], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    # 5 km: the table of waits says 15 minutes up to 15 km
    assert minutes_between(network, 1, 3) == pytest.approx(1.0 + 20.0 + 15.0, rel=1e-4)
    (listed,) = network.about["car_ferries"]
    assert (listed["crossing_minutes"], listed["wait_minutes"]) == (20.0, 15.0)
    spits = network.with_profile("spits")
    assert minutes_between(spits, 2, 3) == minutes_between(network, 2, 3)
    # the island is the smaller body of land
    (island,) = network.about["ferries"]
    assert island["island_node"] == 3


def test_without_a_tag_for_cars_a_ferry_is_for_passengers(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (2000, 0), 3: (1000, 5000), 4: (1000, 6000)}
    ways = [([1, 2], ROAD), ([2, 3], {"route": "ferry", "name": "Voetveer"}), ([3, 4], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert sorted(network.node.tolist()) == [1, 2]
    assert [each["name"] for each in network.about["passenger_ferries"]] == ["Voetveer"]
    assert network.about["dropped"]["km"] == 1.0


def test_a_ferry_for_passengers_before_one_for_cars_changes_nothing(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, 500), 4: (1000, 1000)}
    foot = {"route": "ferry", "name": "Voetveer"}
    ferry = {"route": "ferry", "name": "Autoveer", "motor_vehicle": "yes", "duration": "3"}
    ways = [([1, 2], ROAD), ([1, 3], foot), ([2, 3], ferry), ([3, 4], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    # half a kilometre: the table of waits says 5 minutes
    assert minutes_between(network, 2, 3) == pytest.approx(3.0 + 5.0)
    assert [each["name"] for each in network.about["car_ferries"]] == ["Autoveer"]


def test_a_ferry_in_two_ways_waits_once(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, 500), 4: (1000, 1000), 5: (2000, 1000)}
    ferry = {"route": "ferry", "motor_vehicle": "yes", "duration": "3"}
    ways = [([1, 2], ROAD), ([2, 3], ferry), ([3, 4], ferry), ([4, 5], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert minutes_between(network, 2, 4) == pytest.approx(3.0 + 3.0 + 5.0)


@pytest.mark.parametrize("said", [{"motor_vehicle": "yes"}, {"ferry": "secondary"}])
def test_what_the_route_says_holds_for_its_ways(tmp_path: Path, said: dict[str, str]) -> None:
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, 500), 4: (1000, 2000), 5: (2000, 2000)}
    ferry = {"route": "ferry"}
    ways = [([1, 2], ROAD), ([2, 3], ferry), ([3, 4], ferry), ([4, 5], ROAD)]
    route = {"type": "route", "route": "ferry", "name": "Veer", "duration": "00:08", **said}
    text = osm_xml(places, ways, routes=[([102, 103], route)])
    network = built(tmp_path, text, tables=plain_tables())
    # eight minutes for both ways together: a quarter and three quarters of the length
    assert minutes_between(network, 2, 4) == pytest.approx(8.0 + 5.0, rel=1e-4)
    crossings = [each["crossing_minutes"] for each in network.about["car_ferries"]]
    assert crossings == [2.0, 6.0]
    # what a way says itself counts
    ways[1] = ways[2] = (ways[1][0], {**ferry, "motor_vehicle": "no"})
    text = osm_xml(places, ways, routes=[([102, 103], route)])
    assert len(built(tmp_path, text).about["car_ferries"]) == 0


def test_users_bring_their_own_waits(tmp_path: Path) -> None:
    table = tmp_path / "waits.csv"
    table.write_text(
        "match,longest_km,wait_minutes,kmh,cars,visitor_cars\n"
        ",1000,7,20,,yes\nvoetveer,1000,2,30,yes,no\n",
        encoding="utf-8",
    )
    places = {1: (0, 0), 2: (1000, 0), 3: (1000, 5000), 4: (1000, 6000)}
    ways = [([1, 2], ROAD), ([2, 3], {"route": "ferry", "name": "Voetveer"}), ([3, 4], ROAD)]
    tables = replace(plain_tables(), ferries=read_osm_tables(ferries=table).ferries)
    network = built(tmp_path, osm_xml(places, ways), tables=tables)
    assert minutes_between(network, 2, 3) == pytest.approx(5.0 / 30.0 * 60.0 + 2.0, rel=1e-4)
    assert network.about["ferries"][0]["visitor_cars"] == "no"


def test_what_cannot_be_left_or_reached_is_dropped_and_counted(tmp_path: Path) -> None:
    places = {**CROSS, 6: (3000.0, 0.0), 8: (9000.0, 9000.0), 9: (9000.0, 9500.0)}
    ways = [*ARMS, ([3, 6], {**ROAD, "oneway": "yes"}), ([8, 9], ROAD)]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert not has(network, 6)
    assert not has(network, 8)
    assert network.about["dropped"]["parts"] == 2
    assert network.about["dropped"]["km"] == pytest.approx(1.5, abs=0.01)


def test_minutes_of_signals_and_of_giving_way_are_in_the_table(tmp_path: Path) -> None:
    tables = read_osm_tables()
    slow = tables.speed["dal"][tables.classes.index("secondary"), 0]
    free = 1.0 / min(slow[2], 80.0 * slow[1]) * 60.0
    ways = [(refs, {**tags, "maxspeed": "80"}) for refs, tags in ARMS]
    bare = built(tmp_path, osm_xml(CROSS, ways))
    lit = built(tmp_path, osm_xml(CROSS, ways, nodes={2: {"highway": "traffic_signals"}}))
    for profile, delay in tables.delay.items():
        network = lit.with_profile(profile)
        into = network.head == np.flatnonzero(network.node == 2)[0]
        extra = network.minutes[into] - network.minutes[~into]
        np.testing.assert_allclose(extra, delay["signals"], rtol=1e-6)
    dal = bare.with_profile("dal")
    assert minutes_between(dal, 2, 1) == pytest.approx(free, rel=1e-4)
    assert minutes_between(dal, 1, 2) == pytest.approx(
        free + tables.delay["dal"]["equal"], rel=1e-4
    )


def test_a_side_road_waits_for_the_main_road(tmp_path: Path) -> None:
    tables = read_osm_tables()
    side = {"highway": "residential", "maxspeed": "30"}
    ways = [([1, 2], ROAD), ([2, 3], ROAD), ([4, 2], side)]
    dal = built(tmp_path, osm_xml(CROSS, ways)).with_profile("dal")
    waits = minutes_between(dal, 4, 2) - minutes_between(dal, 2, 4)
    assert waits == pytest.approx(tables.delay["dal"]["side"], rel=1e-6)
    passes = minutes_between(dal, 1, 2) - minutes_between(dal, 2, 1)
    assert passes == pytest.approx(tables.delay["dal"]["priority"], rel=1e-6)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_files_give_the_same_network(tmp_path: Path, suffix: str, pack) -> None:  # noqa: ANN001
    text = osm_xml(CROSS, ARMS)
    plain = built(tmp_path, text)
    packed = tmp_path / f"drawn.osm{suffix}"
    packed.write_bytes(pack(text.encode()))
    assert build_network(packed).fingerprint() == plain.fingerprint()


def test_the_order_of_nodes_does_not_matter(tmp_path: Path) -> None:
    plain = built(tmp_path, osm_xml(CROSS, ARMS))
    turned = built(tmp_path, osm_xml(dict(reversed(CROSS.items())), ARMS))
    assert turned.fingerprint() == plain.fingerprint()


def test_numbers_below_zero_are_read(tmp_path: Path) -> None:
    places = {-number: place for number, place in CROSS.items()}
    ways = [([-each for each in refs], tags) for refs, tags in ARMS]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert sorted(network.node.tolist()) == [-5, -4, -3, -2, -1]


def test_roads_end_where_the_extract_was_cut(tmp_path: Path) -> None:
    places = {number: place for number, place in CROSS.items() if number != 5}
    network = built(tmp_path, osm_xml(places, ARMS), tables=plain_tables())
    assert network.about["nodes_missing"] == 1
    assert not has(network, 5)
    assert has(network, 4)


def test_a_stored_network_is_the_same_network(tmp_path: Path) -> None:
    network = built(tmp_path, osm_xml(CROSS, ARMS, nodes={2: {"highway": "traffic_signals"}}))
    write_network(network, tmp_path / "town.impact")
    again = read_network(tmp_path / "town.impact")
    assert again.fingerprint() == network.fingerprint()
    for profile in ("vrij", "dal", "spits"):
        stored = again.with_profile(profile)
        np.testing.assert_array_equal(stored.minutes, network.with_profile(profile).minutes)
        assert stored.profile == network.profiles[profile]
    assert dict(again.about) == dict(network.about)


def test_the_network_can_do_without_shapes(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(osm_xml(CROSS, ARMS), encoding="utf-8")
    assert build_network(path, shapes=False).shapes is None


def test_building_loads_no_library_that_it_has_no_use_for() -> None:
    heavy = ("geopandas", "networkx", "numba", "pandas", "scipy", "shapely")
    code = (
        "import sys, impact.network.osm.build, impact.network.osm.build; "
        f"print(*[name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("fast", "kept"), [("motorway", True), ("motorway_link", True), ("trunk", False)]
)
def test_a_road_that_points_may_not_join_does_not_melt_into_a_street(
    tmp_path: Path, fast: str, *, kept: bool
) -> None:
    # 1 to 2 a fast road of three kilometres, 2 to 3 the street that goes on from it
    places = {1: (0, 0), 2: (3000, 0), 3: (4000, 0), 4: (0, 1000), 5: (0, -1000)}
    ways = [
        ([1, 2], {"highway": fast, "oneway": "no"}),
        ([2, 3], {"highway": "residential"}),
        ([4, 1], ROAD),
        ([1, 5], ROAD),
    ]
    network = built(tmp_path, osm_xml(places, ways), tables=plain_tables())
    assert has(network, 2) == kept
    assert minutes_between(network, 3, 1) == pytest.approx(4.0, rel=1e-4)
    house = pd.DataFrame({"lat": [0.0001], "lon": [3500 * METRE]}, index=["house"])
    assert access_legs(network, house).straight_km[0] == pytest.approx(0.0, abs=0.05)
    assert not access_legs(network, house).far[0]


def test_bounds_hold_the_bends_between_junctions(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (500, 4000), 3: (1000, 0)}
    network = built(tmp_path, osm_xml(places, [([1, 2, 3], ROAD)]), tables=plain_tables())
    assert network.bounds == pytest.approx((0.0, 0.0, 1000 * METRE, 4000 * METRE), abs=1e-7)
    assert replace(network, shapes=None).bounds[3] == 0.0


def test_the_table_of_classes_adds_up_to_the_network(tmp_path: Path) -> None:
    # two kilometres that hang together, one that leads away and never back
    ways = [([1, 2], ROAD), ([2, 3], ROAD), ([2, 4], {**ROAD, "oneway": "yes"})]
    network = built(tmp_path, osm_xml(CROSS, ways), tables=plain_tables())
    console = Console(width=120, record=True)
    print_info(console, network, lang="en")
    shown = console.export_text()
    assert "2 km of road" in shown
    rows = [line for line in shown.splitlines() if line.startswith("│")]
    assert any("secondary" in row and " 3 " in row for row in rows)
    assert any("loose parts, left out" in row and "- 1 " in row for row in rows)
    assert any("the network" in row and " 2 " in row for row in rows)
