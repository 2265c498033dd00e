"""Pieces of road that a file lacks, on drawn roads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawing import built, minutes_between, osm_xml

from impact.network.osm.tag_tables import Mend, read_osm_tables

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

ONE_WAY = {"highway": "motorway"}
ROAD = {"highway": "primary"}
PLACES = {
    1: (0.0, 0.0),
    2: (4000.0, 0.0),
    3: (4500.0, 0.0),
    4: (9000.0, 0.0),
    5: (0.0, 20000.0),
    6: (9000.0, 20000.0),
}
WAYS = [([1, 2], ONE_WAY), ([3, 4], ONE_WAY), ([1, 5, 6, 4], ROAD), ([2, 5], ROAD), ([3, 6], ROAD)]
BROKEN = [([1, 2], ONE_WAY), ([3, 4], ONE_WAY), ([1, 5, 6, 4], ROAD)]


def place(network: RoadNetwork, number: int) -> tuple[float, float]:
    at = int(np.flatnonzero(network.node == number)[0])
    return float(network.lat[at]), float(network.lon[at])


@pytest.fixture
def ends(tmp_path: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    network = built(tmp_path, osm_xml(PLACES, WAYS))
    return place(network, 2), place(network, 3)


def test_a_hole_between_two_bare_ends_is_mended(tmp_path: Path, ends: tuple) -> None:
    tables = replace(read_osm_tables(), mends=(Mend("A1", *ends),))
    bare = built(tmp_path, osm_xml(PLACES, BROKEN))
    whole = built(tmp_path, osm_xml(PLACES, BROKEN), tables=tables)
    assert minutes_between(whole, 1, 4) < minutes_between(bare, 1, 4) / 3.0
    assert whole.about["extract"]["mends"] == 1
    assert whole.km[whole.road_class == "motorway"].sum() == pytest.approx(9.0, rel=1e-3)
    assert minutes_between(whole, 4, 1) == minutes_between(bare, 4, 1)


def test_roads_that_go_on_are_left_alone(tmp_path: Path, ends: tuple) -> None:
    tables = replace(read_osm_tables(), mends=(Mend("A1", *ends),))
    text = osm_xml(PLACES, WAYS)
    assert built(tmp_path, text, tables=tables).fingerprint() == built(tmp_path, text).fingerprint()


def test_ends_elsewhere_are_left_alone(tmp_path: Path, ends: tuple) -> None:
    (lat, lon), other = ends
    tables = replace(read_osm_tables(), mends=(Mend("A1", (lat + 0.001, lon), other),))
    text = osm_xml(PLACES, BROKEN)
    assert built(tmp_path, text, tables=tables).fingerprint() == built(tmp_path, text).fingerprint()
