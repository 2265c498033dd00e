"""Walks: along an extract, along streets, and as the crow flies."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from drawing import METRE, built, osm_xml
from feeds import points

from impact.errors import InputError
from impact.transit.walking import (
    DETOUR,
    Places,
    WalkNetwork,
    crow_flight,
    places,
    walk_network,
    walks,
)

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
EXTRACT = Path(os.environ.get("IMPACT_SHARED", _SHARED)) / "osm" / "liechtenstein.osm.pbf"

# 1 --- 2 --- 3 (a path), 2 --- 4 (a motorway), 3 --- 5 (stairs), 6 --- 7 apart; in metres
NODES = {
    1: (0, 0),
    2: (140, 0),
    3: (280, 0),
    4: (140, 110),
    5: (280, 110),
    6: (0, 1000),
    7: (140, 1000),
}
PATH = ((1, 2, 3), {"highway": "path"})
MOTORWAY = ((2, 4), {"highway": "motorway"})
WAYS = [
    PATH,
    MOTORWAY,
    ((3, 5), {"highway": "steps"}),
    ((6, 7), {"highway": "residential"}),
    ((1, 4), {"highway": "residential", "foot": "no"}),
    ((1, 5), {"highway": "service", "access": "private"}),
]


def drawn(folder: Path) -> Path:
    path = folder / "walk.osm"
    path.write_text(osm_xml(NODES, WAYS), encoding="utf-8")
    return path


def joined(network: WalkNetwork, east: float, north: float) -> Places:
    return places(network, np.array([north * METRE]), np.array([east * METRE]))


def seconds(network: WalkNetwork, here: int, there: int) -> float:
    one, other = (joined(network, *NODES[each]) for each in (here, there))
    found = walks(network, one, other, limit=3600, speed=3.6)
    return float(found.seconds[0]) if len(found.seconds) else np.inf


def test_people_walk_paths_and_stairs_but_no_motorway(tmp_path: Path) -> None:
    network = walk_network(drawn(tmp_path))
    assert seconds(network, 1, 3) == pytest.approx(280, abs=1)
    assert seconds(network, 1, 5) == pytest.approx(280 + 110 / 0.4, abs=1)
    # from the motorway to the nearest path, as the crow flies with a detour
    assert seconds(network, 1, 4) == pytest.approx(140 + 110 * DETOUR, abs=1)


def test_what_is_not_connected_is_left_out(tmp_path: Path) -> None:
    network = walk_network(drawn(tmp_path))
    assert network.lat.max() < 200 * METRE
    assert joined(network, 0, 1500).outside.all()
    assert not joined(network, 0, 900).outside.any()


def test_walks_are_as_long_one_way_as_the_other(tmp_path: Path) -> None:
    network = walk_network(drawn(tmp_path))
    assert seconds(network, 1, 5) == seconds(network, 5, 1)


def test_a_table_of_ones_own_decides_what_is_walked(tmp_path: Path) -> None:
    table = tmp_path / "walking.csv"
    table.write_text("highway,share\npath,1\nsteps,0\n", encoding="utf-8")
    network = walk_network(drawn(tmp_path), table)
    assert network.lat.max() < 50 * METRE
    table.write_text("highway,share\npath,-1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"walking.csv, row 2, share: found '-1'"):
        walk_network(drawn(tmp_path), table)


def test_an_extract_without_ways_to_walk(tmp_path: Path) -> None:
    path = tmp_path / "walk.osm"
    path.write_text(osm_xml(NODES, [MOTORWAY]), encoding="utf-8")
    with pytest.raises(InputError, match=r"walk.osm: expected ways that people walk along"):
        walk_network(path)
    path.write_text("<osm", encoding="utf-8")
    with pytest.raises(InputError, match=r"walk.osm: expected a readable OpenStreetMap extract"):
        walk_network(path)


def test_walks_up_to_a_limit_and_no_farther() -> None:
    network = crow_flight()
    stops = points({"a": 0, "b": 3, "c": 6})
    line = places(network, stops["lat"].to_numpy(), stops["lon"].to_numpy())
    found = walks(network, line, line, limit=300, speed=3.6 * DETOUR)
    assert list(
        zip(found.source.tolist(), found.to.tolist(), found.seconds.tolist(), strict=True)
    ) == [
        (0, 0, 0),
        (0, 1, 300),
        (1, 0, 300),
        (1, 1, 0),
        (1, 2, 300),
        (2, 1, 300),
        (2, 2, 0),
    ]
    turned = found.turned(3)
    assert turned.to.tolist() == found.to.tolist()


def test_streets_of_a_road_network_are_walked(tmp_path: Path) -> None:
    ways = [((1, 2, 3), {"highway": "residential"}), ((3, 5), {"highway": "residential"})]
    roads = built(tmp_path, osm_xml(NODES, ways))
    assert seconds(walk_network(roads), 1, 5) == pytest.approx(280 + 110, abs=2)


@pytest.mark.skipif(not EXTRACT.is_file(), reason="no extract of Liechtenstein (IMPACT_SHARED)")
def test_a_real_extract() -> None:
    network = walk_network(EXTRACT)
    vaduz, schaan = (47.1392, 9.5228), (47.1650, 9.5100)
    straight = 3.0
    ends = [places(network, np.array([lat]), np.array([lon])) for lat, lon in (vaduz, schaan)]
    km = float(walks(network, *ends, limit=7200, speed=3.6).seconds[0]) / 1000
    assert straight < km < straight * 1.4
    assert 1000 < float(network.about["km"]) < 3000
