"""Many matrices on one topology: other speeds give what those roads would give by themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import points, random_networks, random_points, roads
from test_snap_edges import points as at
from test_snap_edges import streets

from impact.errors import InputError
from impact.network.speeds import SpeedProfile
from impact.times.engines import hierarchy as search
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import prepare, travel_times
from impact.times.snap import access_legs

if TYPE_CHECKING:
    import pandas as pd

    from impact.network.network import RoadNetwork

SLOW = SpeedProfile("slow", (("local", 20.0, 10.0), ("street", 20.0, 10.0)), 4.0)


@settings(deadline=None, max_examples=15)
@given(random_networks(), random_points("p"), random_points("h"), st.data())
def test_other_speeds_give_the_matrix_of_those_roads(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame, data: st.DataObject
) -> None:
    size = len(network.minutes)
    faster = np.array(data.draw(st.lists(st.floats(0.0, 3.0), min_size=size, max_size=size)))
    legs = access_legs(network, here), access_legs(network, there, outward=False)
    other = replace(network, minutes=network.minutes * faster, profile=SLOW)
    expected = travel_times(other, here, there, engine="networkx", km=True)
    for engine in ENGINES:
        prepared = prepare(network, *legs, engine=engine, workers=2)
        minutes, km = prepared.minutes_and_km(other.minutes, profile=SLOW)
        assert np.array_equal(minutes, expected.minutes)
        assert np.array_equal(km, expected.km)
        # and the network itself is as it was
        assert np.array_equal(
            prepared.minutes(), travel_times(network, here, there, engine="networkx").minutes
        )


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_legs_along_an_edge_follow_its_minutes(engine: str) -> None:
    #  0 --- a --- 1 --- b - c --- 2     10 minutes each edge, then 30 and 10
    network = streets([(0, 0), (10, 0), (20, 0)], [(0, 1, 10), (1, 0, 10), (1, 2, 10), (2, 1, 10)])
    here = at(a=(5.0, 0.0), b=(14.0, 0.0), c=(16.0, 0.0))
    legs = access_legs(network, here), access_legs(network, here, outward=False)
    prepared = prepare(network, *legs, engine=engine)
    minutes = prepared.minutes(np.array([30.0, 30.0, 10.0, 10.0]))
    assert minutes == pytest.approx(np.array([[0, 19, 21], [19, 0, 2], [21, 2, 0]]), abs=1e-6)


def test_minutes_of_another_number_of_edges_are_refused() -> None:
    network = roads("A - B 1")
    legs = access_legs(network, points(network, "A B"))
    with pytest.raises(
        InputError, match=r"edge_minutes: found '\(3,\)', expected the shape \(2,\)"
    ):
        prepare(network, legs, legs).minutes(np.ones(3))


def test_the_manifest_says_what_was_chosen_and_why() -> None:
    network = roads("A - B 1")
    legs = access_legs(network, points(network, "A B"))
    notes = prepare(network, legs, legs, matrices=7).notes
    assert notes == {
        "engine": "scipy",
        "engine_chosen_for": "2 nodes, 2 destinations, 7 matrices",
    }


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("engine", ["contracted", "hierarchy"])
def test_the_number_of_workers_changes_no_bit(engine: str, workers: int) -> None:
    rng = np.random.default_rng(4)
    ends = [tuple(rng.choice(60, 2, replace=False)) for _ in range(150)]
    network = roads(*(f"n{a:02} > n{b:02} {rng.uniform(0, 9):.3f}" for a, b in ends))
    names = " ".join(f"n{k:02}" for k in range(len(network.node)))
    here = points(network, names)
    expected = travel_times(network, here, here, engine="scipy", km=True)
    found = travel_times(network, here, here, engine=engine, km=True, workers=workers)
    assert np.array_equal(found.minutes, expected.minutes)
    assert np.array_equal(found.km, expected.km)


def test_the_memory_bounds_the_block_and_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{k:02}" for k in range(12)]
    network = roads(*(f"{one} - {other} 1.1" for one, other in pairwise(names)))
    here = points(network, " ".join(names))
    whole = travel_times(network, here, here, engine="hierarchy").minutes
    monkeypatch.setattr(search, "_BYTES", 16 * len(names) * 9)
    done: list[int] = []
    cut = travel_times(
        network, here, here, engine="hierarchy", progress=lambda count, _: done.append(count)
    )
    assert done == [8, 12]
    assert np.array_equal(cut.minutes, whole)
