"""Matrices are kept between runs, under the hash of everything that made them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from networks import points, roads

from impact.network.network import FERRY
from impact.network.speeds import SpeedProfile
from impact.storage import cache_folder
from impact.times import cache
from impact.times.cache import cached_ferry_remarks, cached_travel_times

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from impact.network.network import RoadNetwork
    from impact.times.matrix import TravelTimes

#  A -- 10 -- B -- 4 -- C
NETWORK = roads("A - B 10", "B - C 4")
HERE = points(NETWORK, "A B C")


def times_of(
    folder: Path,
    network: RoadNetwork = NETWORK,
    origins: pd.DataFrame = HERE,
    destinations: pd.DataFrame = HERE,
    **settings: object,
) -> tuple[TravelTimes, bool]:
    return cached_travel_times(network, origins, destinations, folder=folder, **settings)


def test_second_time_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, kept = times_of(tmp_path / "deep" / "cache")
    assert not kept
    assert first.minutes[0].tolist() == [0.0, 10.0, 14.0]
    monkeypatch.setattr(cache, "travel_times", lambda *_, **__: pytest.fail("computed again"))

    second, kept = times_of(tmp_path / "deep" / "cache")

    assert kept
    np.testing.assert_array_equal(second.minutes, first.minutes)
    assert second.manifest == first.manifest
    assert (second.origins, second.destinations) == (first.origins, first.destinations)


def test_unreachable_pairs_and_far_points_are_kept_too(tmp_path: Path) -> None:
    network = roads("A - B 1", "C - C 1")
    stray = points(network, "A B C")
    stray.loc["x"] = [52.0, 8.0]
    first, _ = times_of(tmp_path, network, stray, stray)

    second, kept = times_of(tmp_path, network, stray, stray)

    assert kept
    assert np.isinf(second.minutes[0, 2])
    np.testing.assert_array_equal(second.minutes, first.minutes)
    assert second.far_points == first.far_points
    assert [name for name, _ in second.far_points] == ["x", "x"]


def changed(what: str) -> dict[str, object]:
    faster = SpeedProfile("toy", (("local", 61.0, 60.0), ("main", 60.0, 60.0)))
    parking = replace(NETWORK.profile, fixed_minutes=2.0)
    return {
        "a length": {"network": roads("A - B 10", "B - C 5")},
        "a direction": {"network": roads("A - B 10", "B > C 4")},
        "a speed": {"network": NETWORK.with_profile(faster)},
        "parking": {"network": NETWORK.with_profile(parking)},
        "the join rule": {"network": replace(NETWORK, join=replace(NETWORK.join, count=1))},
        "a barrier": {"network": replace(NETWORK, barriers=frozenset({("a", "b")}))},
        "an origin": {"origins": HERE.rename({"A": "Z"})},
        "a place": {"origins": HERE.assign(lat=HERE["lat"] + 1e-9)},
        "the order": {"origins": HERE[::-1]},
        "a destination": {"destinations": HERE.iloc[:2]},
        "the engine": {"engine": "networkx"},
    }[what]


@pytest.mark.parametrize(
    "what",
    [
        "a length",
        "a direction",
        "a speed",
        "parking",
        "the join rule",
        "a barrier",
        "an origin",
        "a place",
        "the order",
        "a destination",
        "the engine",
    ],
)
def test_whatever_can_change_a_minute_makes_a_new_matrix(tmp_path: Path, what: str) -> None:
    times_of(tmp_path)

    _, kept = times_of(tmp_path, **changed(what))

    assert not kept
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_code_that_changed_makes_a_new_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times_of(tmp_path)
    monkeypatch.setattr("impact.times.matrix.code_hash", lambda: "of another version")

    assert not times_of(tmp_path)[1]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:200] + bytes(40) + content[240:],
        lambda _: b"something else",
        lambda content: b"PK\x03\x04" + content,
    ],
    ids=["emptied", "cut off", "overwritten inside", "another file", "shifted"],
)
def test_damaged_file_is_made_anew(tmp_path: Path, damage: object) -> None:
    first, _ = times_of(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))

    second, _ = times_of(tmp_path)
    third, kept = times_of(tmp_path)

    np.testing.assert_array_equal(second.minutes, first.minutes)
    np.testing.assert_array_equal(third.minutes, first.minutes)
    assert kept
    assert list(tmp_path.iterdir()) == [path]


def test_cache_that_cannot_be_written_is_told_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    times, kept = times_of(tmp_path / "file" / "cache")

    assert not kept
    assert times.minutes[0].tolist() == [0.0, 10.0, 14.0]
    assert times.manifest["cache"].startswith("the matrix was not kept for next time: ")


def test_cache_that_cannot_be_read_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times_of(tmp_path)

    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(type(tmp_path), "is_file", refuse)

    assert not times_of(tmp_path)[1]


def test_without_cache_nothing_is_read_or_kept(tmp_path: Path) -> None:
    times_of(tmp_path / "none", use_cache=False)
    assert list(tmp_path.iterdir()) == []

    times_of(tmp_path)
    assert not times_of(tmp_path, use_cache=False)[1]


def test_folder_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path

    monkeypatch.setenv("IMPACT_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert cache_folder().name == "impact-reistijd"


def test_what_points_say_of_ferries_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path))
    ferries = [{"island_node": str(NETWORK.node[0]), "visitor_cars": "no"}]
    # A lies on an island: the way to B is a ferry
    island = replace(NETWORK, about={**NETWORK.about, "ferries": ferries})
    classes = NETWORK.road_class.copy()
    classes[(NETWORK.tail == 0) | (NETWORK.head == 0)] = FERRY
    island = replace(island, road_class=classes)
    first = cached_ferry_remarks(island, HERE)
    assert first == ["no visitor cars", "", ""]
    (kept,) = tmp_path.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "access_legs", lambda *_: pytest.fail("joined again"))
        assert cached_ferry_remarks(island, HERE) == first
    # the same roads without the ferry, other points, and what cannot be read, are joined anew
    assert cached_ferry_remarks(NETWORK, HERE) == ["", "", ""]
    assert cached_ferry_remarks(island, HERE.iloc[:2]) == first[:2]
    kept.write_text("[", encoding="utf-8")
    assert cached_ferry_remarks(island, HERE) == first


def test_without_the_cache_nothing_is_kept_of_ferries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path))
    assert cached_ferry_remarks(NETWORK, HERE, use_cache=False) == ["", "", ""]
    assert list(tmp_path.iterdir()) == []
