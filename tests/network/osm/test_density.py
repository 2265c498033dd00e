"""Density of junctions on through roads, and what it does to speeds, on drawn networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawing import built, osm_xml

from impact.network.osm.built_up import DENSE_PER_KM2, junctions_per_km2, through_junctions
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables

if TYPE_CHECKING:
    from pathlib import Path

WEST, SOUTH = 5.0, 52.0
_KM_PER_DEGREE = 111.195


def grid(side_km: float, step_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Places on a square grid around (WEST, SOUTH), a step apart on the ground."""
    line = np.arange(-side_km / 2.0, side_km / 2.0, step_km) + step_km / 2.0
    east, north = (each.ravel() for each in np.meshgrid(line, line))
    lat = SOUTH + north / _KM_PER_DEGREE
    return WEST + east / (_KM_PER_DEGREE * np.cos(np.radians(SOUTH))), lat


@pytest.mark.parametrize("step_km", [0.1, 0.2, 0.4])
def test_a_wide_grid_has_one_junction_per_step_squared(step_km: float) -> None:
    here = np.array([WEST]), np.array([SOUTH])
    assert junctions_per_km2(*here, *grid(24.0, step_km))[0] == pytest.approx(
        step_km**-2.0, rel=0.05
    )


def test_a_small_town_is_not_dense_however_close_its_corners() -> None:
    here = np.array([WEST]), np.array([SOUTH])
    village, city = grid(1.0, 0.1), grid(12.0, 0.15)
    assert junctions_per_km2(*here, *village)[0] < DENSE_PER_KM2
    assert junctions_per_km2(*here, *city)[0] > DENSE_PER_KM2


def test_density_does_not_depend_on_what_else_is_asked() -> None:
    lon, lat = grid(6.0, 0.5)
    junctions = grid(8.0, 0.25)
    together = junctions_per_km2(lon, lat, *junctions)
    alone = [junctions_per_km2(lon[i : i + 1], lat[i : i + 1], *junctions)[0] for i in range(9)]
    np.testing.assert_array_equal(together[:9], alone)


def test_only_junctions_of_through_roads_count() -> None:
    # nodes 1 and 2 have three arms each; a through road ends at 1 only; 0, 3 and 4 have one
    first, last = np.array([0, 1, 1, 2, 2], np.int32), np.array([1, 2, 3, 4, 5], np.int32)
    street = np.ones(5, dtype=bool)
    through = np.array([True, False, False, False, False])
    found = through_junctions(first, last, street=street, through=through, size=6)
    assert found.tolist() == [1]
    street[2] = False
    found = through_junctions(first, last, street=street, through=through, size=6)
    assert found.tolist() == []


def city_grid(count: int, step: float) -> tuple[dict[int, tuple[float, float]], list]:
    """Through roads that cross, as places (metres) and ways."""
    places = {
        1 + row * count + column: (column * step, row * step)
        for row in range(count)
        for column in range(count)
    }
    lines = [[1 + row * count + column for column in range(count)] for row in range(count)]
    lines += [[1 + row * count + column for row in range(count)] for column in range(count)]
    return places, [(line, {"highway": "secondary"}) for line in lines]


def test_the_same_road_is_slower_in_a_dense_city(tmp_path: Path) -> None:
    tables = read_osm_tables()
    speed = {name: each.copy() for name, each in tables.speed.items()}
    for each in speed.values():
        each[:, SETTINGS.index("dense"), 0] = 10.0
    tables = replace(tables, speed=speed)
    places, ways = city_grid(84, 150.0)
    dense = built(tmp_path, osm_xml(places, ways), tables=tables)
    middle = int(np.argmin(np.hypot(dense.lon - dense.lon.mean(), dense.lat - dense.lat.mean())))
    leaving = np.flatnonzero(dense.tail == middle)
    delay = tables.delay["dal"]["equal"]
    slow = dense.km[leaving] / 10.0 * 60.0 + delay
    np.testing.assert_allclose(dense.minutes[leaving], slow, rtol=1e-6)
    assert (dense.edge_urban[leaving] == 1.0).all()
    places, ways = city_grid(4, 150.0)
    town = built(tmp_path, osm_xml(places, ways), tables=tables)
    assert (town.minutes < town.km / 10.0 * 60.0).all()
