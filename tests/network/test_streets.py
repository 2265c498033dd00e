"""The packed streets: a file that comes back bit for bit, and roads that it makes."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.bundled import data_path
from impact.errors import InputError
from impact.network.network import FERRY
from impact.network.osm.tag_tables import read_osm_tables
from impact.network.shipped import read_ferries, read_street_network, street_network
from impact.network.streets import (
    BACKWARD,
    FORWARD,
    Streets,
    read_streets,
    sorted_streets,
    write_streets,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import DrawFn

KINDS = (("primary", "rural"), ("primary", "urban"), ("residential", "urban"))
MEETINGS = ("priority", "side")
PLACES = (5_200_000, 500_000)
MOST_MB = 10.0


def streets(**columns: object) -> Streets:
    r"""Give three junctions of a drawing; columns may be replaced.

    1 --- 2      0 - 1: both ways, 1.2 km, of which 0.2 in town; meets 3 side streets
     \\           1 > 2: one way
      0          0 ~ 2: a ferry
    """
    count = {"links": 3}
    drawn = Streets(
        lat=np.array([5_200_000, 5_201_000, 5_201_000], dtype=np.int32),
        lon=np.array([500_000, 500_000, 501_000], dtype=np.int32),
        tail=np.array([0, 1, 0], dtype=np.int32),
        head=np.array([1, 2, 2], dtype=np.int32),
        open=np.array([FORWARD | BACKWARD, FORWARD, FORWARD | BACKWARD], dtype=np.uint8),
        origin=np.array([0, 0, 3], dtype=np.uint8),
        kind=np.array([0, 2, 0], dtype=np.uint8),
        metres=np.array([1000, 700, 1300], dtype=np.int32),
        more_link=np.array([0], dtype=np.int32),
        more_kind=np.array([1], dtype=np.uint8),
        more_metres=np.array([200], dtype=np.int32),
        met=np.zeros((2, 2, count["links"]), dtype=np.uint8),
        start=np.array([0, 1, 1, 1]),
        bend_lat=np.array([5_200_500], dtype=np.int32),
        bend_lon=np.array([500_300], dtype=np.int32),
        ferry=np.array([2], dtype=np.int32),
        kinds=KINDS,
        meetings=MEETINGS,
        ferries=("Here - There",),
        about={"name": "drawn"},
    )
    drawn.met[0, 0, 0], drawn.met[1, 1, 0] = 3, 1
    return replace(drawn, **columns)


FERRIES = {
    "Here - There": {
        "island": "",
        "lat_b": "52.01",
        "lon_b": "5.01",
        "crossing_minutes": "2",
        "wait_minutes": "5",
        "visitor_cars": "yes",
    }
}


def same(one: Streets, other: Streets) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name))
        and getattr(one, each.name).dtype == getattr(other, each.name).dtype
        if isinstance(getattr(one, each.name), np.ndarray)
        else getattr(one, each.name) == getattr(other, each.name)
        for each in fields(Streets)
    )


@st.composite
def any_streets(draw: DrawFn) -> Streets:
    """Any links between a few places, at home or abroad."""
    size, links = draw(st.integers(1, 6)), draw(st.integers(0, 9))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bends = seed.integers(0, 4, links)
    more = np.sort(seed.choice(links, links // 2, replace=False)) if links else np.zeros(0)
    ferry = seed.permutation(links)[: links // 3]
    return Streets(
        lat=seed.integers(-9_000_000, 9_000_001, size).astype(np.int32),
        lon=seed.integers(-18_000_000, 18_000_001, size).astype(np.int32),
        tail=seed.integers(0, size, links).astype(np.int32),
        head=seed.integers(0, size, links).astype(np.int32),
        open=seed.integers(1, 4, links).astype(np.uint8),
        origin=seed.integers(0, 4, links).astype(np.uint8),
        kind=seed.integers(0, len(KINDS), links).astype(np.uint8),
        metres=seed.integers(0, 100_000, links).astype(np.int32),
        more_link=more.astype(np.int32),
        more_kind=seed.integers(0, len(KINDS), len(more)).astype(np.uint8),
        more_metres=seed.integers(1, 100_000, len(more)).astype(np.int32),
        met=seed.integers(0, 256, (len(MEETINGS), 2, links)).astype(np.uint8),
        start=np.concatenate([[0], np.cumsum(bends)]).astype(np.int64),
        bend_lat=seed.integers(-9_000_000, 9_000_001, bends.sum()).astype(np.int32),
        bend_lon=seed.integers(-18_000_000, 18_000_001, bends.sum()).astype(np.int32),
        ferry=ferry.astype(np.int32),
        kinds=KINDS,
        meetings=MEETINGS,
        ferries=tuple(f"ferry {each}" for each in ferry),
        about={"name": "any"},
    )


@given(any_streets())
def test_a_file_comes_back_bit_for_bit(drawn: Streets) -> None:
    import tempfile  # noqa: PLC0415 (one folder per example)
    from pathlib import Path  # noqa: PLC0415

    ordered = sorted_streets(drawn)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streets.npz"
        write_streets(ordered, path)
        first = path.read_bytes()
        assert same(read_streets(path), ordered)
        write_streets(read_streets(path), path)
        assert path.read_bytes() == first


@given(any_streets())
def test_sorting_changes_the_order_only(drawn: Streets) -> None:
    ordered = sorted_streets(drawn)
    assert same(sorted_streets(ordered), ordered)
    assert np.all(ordered.tail <= ordered.head)
    assert ordered.met.sum(dtype=int) == drawn.met.sum(dtype=int)
    assert ordered.metres.sum() + ordered.more_metres.sum() == (
        drawn.metres.sum() + drawn.more_metres.sum()
    )
    assert sorted(ordered.ferries) == sorted(drawn.ferries)
    named = {
        drawn.ferries[each]: drawn.metres[drawn.ferry[each]] for each in range(len(drawn.ferry))
    }
    for link, name in zip(ordered.ferry, ordered.ferries, strict=True):
        assert ordered.metres[link] == named[name]


def test_minutes_are_parts_at_their_speed_and_what_is_met() -> None:
    tables = read_osm_tables()
    network = street_network(streets(), FERRIES, tables=tables)
    speed, place = tables.speed["dal"], tables.classes.index("primary")
    driven = 60.0 * (1.0 / speed[place, 0, 0] + 0.2 / speed[place, 1, 0])
    edges = {
        (int(a), int(b)): minutes
        for a, b, minutes in zip(network.tail, network.head, network.minutes, strict=True)
    }
    assert edges[0, 1] == pytest.approx(driven + 3 * tables.delay["dal"]["priority"])
    assert edges[1, 0] == pytest.approx(driven + tables.delay["dal"]["side"])
    assert edges[0, 2] == edges[2, 0] == 7.0
    assert (2, 1) not in edges
    assert sorted(network.road_class[network.given_minutes == 7.0]) == [FERRY, FERRY]
    assert network.with_profile("spits").minutes[0] > network.minutes[0]


def test_a_ferry_without_a_row_is_named() -> None:
    with pytest.raises(InputError, match="a row for 'Here - There'"):
        street_network(
            streets(), {"Here - Then": FERRIES["Here - There"]}, tables=read_osm_tables()
        )


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(InputError, match=r"expected one of .*dal"):
        street_network(streets(), FERRIES, tables=read_osm_tables(), profile="nacht")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "streets.npz"
    with pytest.raises(InputError, match="no such file"):
        read_streets(path)
    write_streets(sorted_streets(streets()), path)
    whole = path.read_bytes()
    for broken in (b"", whole[:-40], whole[: len(whole) // 2], b"text, no zip"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"streets.npz: expected a street network"):
            read_streets(path)
    # one bit of the packed heads
    member = zipfile.ZipFile(io.BytesIO(whole)).getinfo("head.0.npy")
    damaged = bytearray(whole)
    damaged[member.header_offset + 30 + len("head.0.npy") + 4] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="damaged"):
        read_streets(path)


def test_columns_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "streets.npz"
    write_streets(sorted_streets(streets()), path)
    with np.load(path) as stored:
        columns = dict(stored)
    for name, change in (
        ("head.0", np.full(3, 250, dtype=np.uint8)),
        ("kind.0", np.full(3, 99, dtype=np.uint8)),
        ("open.0", np.zeros(2, dtype=np.uint8)),
        ("about", np.array('{"format": "another"}')),
    ):
        np.savez(path, **{**columns, name: change})
        with pytest.raises(InputError, match="expected a street network"):
            read_streets(path)


def test_the_shipped_streets_are_small_and_hang_together() -> None:
    path = data_path("roads/streets.npz")
    assert path.stat().st_size < MOST_MB * 1e6
    network = read_street_network()
    assert network.kind == "street"
    assert set(network.profiles) == {"vrij", "dal", "spits"}
    assert np.all(network.minutes >= 0.0)
    assert read_ferries(data_path("roads/car_ferries.csv")).keys() >= {"Schoonhoven - Gelkenes"}
