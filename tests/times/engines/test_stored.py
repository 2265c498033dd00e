"""Orders and customised costs are kept between runs, and never mixed up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from networks import points, roads

from impact.times.engines import hierarchy
from impact.times.engines.protocol import Setup
from impact.times.engines.stored import kept
from impact.times.matrix import prepare, travel_times
from impact.times.snap import access_legs

if TYPE_CHECKING:
    from pathlib import Path

#  A -- 10 -- B -- 4 -- C,  A -- 20 -- C
NETWORK = roads("A - B 10", "B - C 4", "A - C 20")
HERE = points(NETWORK, "A B C")
MINUTES = [[0, 10, 14], [10, 0, 4], [14, 4, 0]]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note when an order is found and when costs are customised."""
    done: list[str] = []
    for name in ("contract_all", "customise"):
        real = getattr(hierarchy, name)

        def noted(*inputs: object, _real=real, _name=name, **options: object) -> object:  # noqa: ANN001
            done.append(_name)
            return _real(*inputs, **options)

        monkeypatch.setattr(hierarchy, name, noted)
    return done


def test_a_second_run_finds_no_order_and_customises_nothing(
    tmp_path: Path, work: list[str]
) -> None:
    for _ in range(2):
        times = travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
        assert times.minutes.tolist() == MINUTES
        assert "engine_remarks" not in times.manifest
    assert work == ["contract_all", "customise"]
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["costs", "order"]


def test_other_speeds_use_the_same_order(tmp_path: Path, work: list[str]) -> None:
    travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
    slow = roads("A - B 100", "B - C 4", "A - C 20")
    times = travel_times(slow, HERE, HERE, engine="hierarchy", folder=tmp_path)
    assert times.minutes.tolist() == [[0, 24, 20], [24, 0, 4], [20, 4, 0]]
    assert work == ["contract_all", "customise", "customise"]


def test_another_road_asks_for_another_order(tmp_path: Path, work: list[str]) -> None:
    travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
    one_way = roads("A > B 10", "B - C 4", "A - C 20")
    times = travel_times(one_way, HERE, HERE, engine="hierarchy", folder=tmp_path)
    assert times.minutes.tolist() == [[0, 10, 14], [24, 0, 4], [20, 4, 0]]
    assert work.count("contract_all") == 2


def test_members_of_an_ensemble_are_not_kept(tmp_path: Path) -> None:
    legs = access_legs(NETWORK, HERE)
    prepared = prepare(NETWORK, legs, legs, engine="hierarchy", folder=tmp_path)
    assert prepared.minutes(NETWORK.minutes * 2.0)[0, 1] == 20.0
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == ["order"]


@pytest.mark.parametrize("damage", [b"", b"not what it was", None])
@pytest.mark.parametrize("what", ["order", "costs"])
def test_a_damaged_file_is_made_anew_with_a_word_about_it(
    what: str, damage: bytes | None, tmp_path: Path
) -> None:
    travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
    (path,) = tmp_path.glob(f"{what}-*.npz")
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    path.write_bytes(flipped[:-30] if damage is None else damage)
    times = travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
    assert times.minutes.tolist() == MINUTES
    assert times.manifest["engine_remarks"] == [f"{path.name} was damaged and has been made anew"]
    assert path.read_bytes() == whole


def test_a_file_under_the_name_of_another_is_not_believed(tmp_path: Path) -> None:
    one, other = Setup(1, tmp_path), Setup(1, tmp_path)
    kept("order", "a", one, lambda: {"rank": np.array([1])})
    (tmp_path / "order-a.npz").rename(tmp_path / "order-b.npz")
    assert kept("order", "b", other, lambda: {"rank": np.array([2])})["rank"].tolist() == [2]
    assert other.remarks == ["order-b.npz was damaged and has been made anew"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    times = travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path / "file" / "in")
    assert times.minutes.tolist() == MINUTES
    remarks = times.manifest["engine_remarks"]
    assert [remark.split(":")[0] for remark in remarks] == [
        "not kept for next time (order)",
        "not kept for next time (costs)",
    ]


def test_runs_at_the_same_time_do_each_other_no_harm(tmp_path: Path) -> None:
    def run(_: int) -> list[list[float]]:
        times = travel_times(NETWORK, HERE, HERE, engine="hierarchy", folder=tmp_path)
        assert "engine_remarks" not in times.manifest
        return times.minutes.tolist()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(12))) == [MINUTES] * 12
    assert len(list(tmp_path.iterdir())) == 2
