"""A network as one file."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import random_networks, roads

from impact.errors import InputError, OutputError
from impact.network.main_roads import read_main_roads
from impact.network.npz import read_network, write_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from impact.network.network import RoadNetwork

NETWORK = roads(
    "A - B 3", "B ~ C 20", zones={"A": "here", "C": "thëre"}, barriers=[("here", "thëre")]
)


def assert_same(one: RoadNetwork, other: RoadNetwork) -> None:
    for each in fields(one):
        here, there = getattr(one, each.name), getattr(other, each.name)
        if isinstance(here, np.ndarray):
            assert here.dtype == there.dtype, each.name
            np.testing.assert_array_equal(here, there, err_msg=each.name)
        else:
            assert here == there, each.name


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    write_network(NETWORK, tmp_path / "deep" / "roads.impact")

    again = read_network(tmp_path / "deep" / "roads.impact")

    assert_same(again, NETWORK)
    assert again.fingerprint() == NETWORK.fingerprint()


def test_shipped_roads_come_back(tmp_path: Path) -> None:
    network = read_main_roads(profile="spits")
    write_network(network, tmp_path / "roads.impact")

    again = read_network(tmp_path / "roads.impact")

    assert_same(again, network)
    assert again.fingerprint() == network.fingerprint()


@settings(deadline=None, max_examples=25)
@given(random_networks())
def test_any_network_comes_back(
    tmp_path_factory: pytest.TempPathFactory, network: RoadNetwork
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.impact"
    write_network(network, path)

    assert_same(read_network(path), network)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "roads.impact"
    write_network(NETWORK, path)
    return path


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-30],
        lambda content: content[: len(content) // 2],
        lambda content: content[:100] + b"\xff" * 60 + content[160:],
        lambda content: content[::-1],
        lambda _: b"node,lat,lon\n",
        lambda _: b"PK\x05\x06" + bytes(18),
        lambda _: b"\x93NUMPY\x01\x00",
        lambda _: b"\x80\x04\x95",
    ],
)
def test_damaged_or_other_file_is_told(stored: Path, damage: Callable[[bytes], bytes]) -> None:
    stored.write_bytes(damage(stored.read_bytes()))

    with pytest.raises(InputError, match=r"roads\.impact: expected a road network of the format"):
        read_network(stored)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=8))
def test_any_damage_gives_a_network_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, place: int, noise: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.impact"
    write_network(NETWORK, path)
    content = path.read_bytes()
    place %= len(content)
    path.write_bytes(content[:place] + noise + content[place + len(noise) :])
    with contextlib.suppress(InputError):
        assert len(read_network(path).node) == 3


def spoilt(stored: Path, **changes: object) -> Path:
    with np.load(stored) as file:
        arrays = {name: file[name] for name in file.files}
    about = json.loads(str(arrays["about"]))
    for name, value in changes.items():
        if name in arrays and name != "about":
            arrays[name] = np.asarray(value)
        elif value is None:
            del about[name]
        else:
            about[name] = value
    arrays["about"] = np.array(json.dumps(about))
    with stored.open("wb") as target:
        np.savez(target, allow_pickle=False, **arrays)
    return stored


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "impact road network 99"}, "found 'impact road network 99'"),
        ({"profile": None}, "the file cannot be read"),
        ({"profile": {"name": "x"}}, "the file cannot be read"),
        ({"join": {"count": 3, "colour": "red"}}, "the file cannot be read"),
        ({"lat": [52.0]}, "node and lat, lon, urban, joinable, zone, zone_marker differ in length"),
        ({"km": [1.0]}, "differ in length"),
        ({"head": [0, 1, 2, 99]}, "an edge leads to a node that is not there"),
        ({"tail": [-1, 0, 1, 2]}, "an edge leads to a node that is not there"),
        ({"zone": [0, 1, 99]}, "the file cannot be read"),
    ],
)
def test_file_of_another_make_is_told(
    stored: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_network(spoilt(stored, **changes))

    assert reason in str(caught.value)


def test_absent_and_empty_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a readable file"):
        read_network(tmp_path / "roads.impact")
    (tmp_path / "roads.impact").touch()
    with pytest.raises(InputError, match="the file is empty"):
        read_network(tmp_path / "roads.impact")


def test_interrupted_write_leaves_the_old_file(stored: Path) -> None:
    before = stored.read_bytes()
    unwritable = replace(NETWORK, lat=np.array([object()] * 3))

    with pytest.raises(ValueError, match="pickle"):
        write_network(unwritable, stored)

    assert stored.read_bytes() == before
    assert list(stored.parent.iterdir()) == [stored]


def test_folder_that_cannot_be_written_is_told(stored: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_network(NETWORK, stored / "roads.impact")
