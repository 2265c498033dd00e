"""Many points at a time: blocks leave no seam, and the matrix may live in a file."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from networks import north, points, random_networks, random_points, roads, spots

from impact.errors import InputError
from impact.geodesy import great_circle_km
from impact.network.network import JoinRule, RoadNetwork
from impact.times import files
from impact.times import snap as legs
from impact.times import snap as node_join
from impact.times.files import read_times, write_times
from impact.times.matrix import TravelTimes, travel_times
from impact.times.snap import access_legs

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("point", "node", "minutes", "km", "straight_km", "far")


@settings(deadline=None, max_examples=40)
@given(random_networks(), random_points("p", most=9), random_points("h"))
def test_the_size_of_blocks_changes_no_bit(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame
) -> None:
    whole, times = access_legs(network, here), travel_times(network, here, there, km=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_join, "_BLOCK", 2)
        patch.setattr(legs.leg_blocks, "__kwdefaults__", {"size": 3})
        cut, again = access_legs(network, here), travel_times(network, here, there, km=True)
    for name in FIELDS:
        assert np.array_equal(getattr(cut, name), getattr(whole, name)), name
    assert np.array_equal(again.minutes, times.minutes)
    assert times.km is not None
    assert np.array_equal(again.km, times.km)


def test_the_dry_nodes_are_found_behind_many_wet_ones() -> None:
    #  Noord   n01 ... n60 (0.01 to 0.60 km from x), S (5 km: the only one on this side)
    wet = [f"n{k:02}" for k in range(1, 61)]
    network = roads(
        *(f"{one} - {other} 0.01" for one, other in pairwise([*wet, "s"])),
        at={name: north(0.01 * k) for k, name in enumerate(wet, start=1)} | {"s": north(-5)},
        zones={**dict.fromkeys(wet, "Noord"), "s": "Zuid"},
        barriers=[("Noord", "Zuid")],
        join=JoinRule(count=2),
    )
    # the nearest marker of x is the southern one
    network.zone_marker[:60] = False
    found = access_legs(network, spots({"x": north(0)}))
    assert found.node.tolist() == [60]
    assert found.straight_km == pytest.approx([5.0])


def test_a_crowd_of_equally_far_nodes_is_joined_by_identifier() -> None:
    names = [f"n{k:02}" for k in range(40)]
    network = roads(
        *(f"{one} - {other} 1" for one, other in pairwise(names)),
        at=dict.fromkeys(names, north(1)),
        join=JoinRule(count=3),
    )
    assert access_legs(network, spots({"x": north(0)})).node.tolist() == [0, 1, 2]


def test_legs_of_many_points_are_those_of_each() -> None:
    rng = np.random.default_rng(5)
    names = [f"n{k:03}" for k in range(200)]
    places = {name: north(rng.uniform(0, 20), east=rng.uniform(0, 0.3)) for name in names}
    network = roads(*(f"{a} - {b} 1" for a, b in pairwise(names)), at=places)
    count = node_join._BLOCK + 3
    frame = pd.DataFrame(
        {"lat": 52.0 + rng.uniform(0, 0.18, count), "lon": 5.0 + rng.uniform(0, 0.3, count)}
    )
    found = access_legs(network, frame)
    assert found.point.tolist() == sorted(found.point.tolist())
    for place in (0, 1, node_join._BLOCK - 1, node_join._BLOCK, count - 1):
        gaps = great_circle_km(*frame.iloc[place], network.lat, network.lon)
        nearest = np.argsort(gaps, kind="stable")[:8]
        assert found.node[found.point == place].tolist() == nearest[gaps[nearest] <= 6].tolist()


def test_the_matrix_may_live_in_a_file_with_half_the_bytes(tmp_path: Path) -> None:
    network = roads("A - B 4.3", "B - C 0.7", "D - D 1")
    here = points(network, "A B C D")
    place = np.lib.format.open_memmap(
        tmp_path / "minutes.npy", mode="w+", dtype=np.float32, shape=(4, 4)
    )
    times = travel_times(network, here, here, out=place)
    assert times.minutes is place
    assert times.manifest["stored_as"] == "float32"
    expected = travel_times(network, here, here).minutes
    assert np.array_equal(np.load(tmp_path / "minutes.npy"), expected.astype(np.float32))


@pytest.mark.parametrize("out", [np.empty((2, 3)), np.empty((3, 3), dtype=np.int64)])
def test_a_place_that_does_not_fit_is_refused(out: np.ndarray) -> None:
    network = roads("A - B 1", "B - C 1")
    here = points(network, "A B C")
    with pytest.raises(InputError, match=r"out: found .* an array of floats of the shape \(3, 3\)"):
        travel_times(network, here, here, out=out)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_matrix_written_in_blocks_is_the_same_matrix(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = np.array([[1.25, 2.0], [3.5, np.inf], [0.0, 7.75]])
    times = TravelTimes(("p", "q", "r"), ("A", "B"), minutes, km=minutes * 2)
    write_times(times, tmp_path / f"whole.{ending}")
    monkeypatch.setattr(files, "_PAIRS", 2)
    write_times(times, tmp_path / f"cut.{ending}")
    back = read_times(tmp_path / f"cut.{ending}")
    assert (back.origins, back.destinations) == (times.origins, times.destinations)
    assert np.array_equal(back.minutes, minutes)
    if ending == "csv":
        whole = (tmp_path / "whole.csv").read_bytes()
        assert (tmp_path / "cut.csv").read_bytes() == whole
        assert whole.decode().splitlines()[:2] == ["origin,destination,minutes,km", "p,A,1.25,2.50"]
