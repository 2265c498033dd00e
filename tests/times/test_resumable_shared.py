"""A matrix made on a cluster has the bytes of one made here."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clusters import NEEDS_DISTRIBUTED, two_processes
from networks import points, roads
from three_towns import impact, with_roads

from impact.errors import Fault, InputError
from impact.network.npz import write_network
from impact.times import resumable as shared
from impact.times.matrix import travel_times
from impact.times.resumable import SharedTask, resumable_travel_times, shared_part
from impact.times.snap import legs_both_ways
from impact.workers import threads

if TYPE_CHECKING:
    from pathlib import Path

#  A --1-- B --1-- C --1-- ... --1-- H, and an origin without a road
NETWORK = roads(
    *(f"{a} - {b} 1" for a, b in zip("abcdefg", "bcdefgh", strict=True)), at={"x": (51.0, 9.0)}
)
PLACES = points(NETWORK, "a b c d e f g h x")


def task(*, width: int = 4, km: bool = False) -> SharedTask:
    return SharedTask(NETWORK, *legs_both_ways(NETWORK, PLACES, PLACES), "scipy", km, width)


def test_the_parts_are_those_of_the_matrix() -> None:
    whole = travel_times(NETWORK, PLACES, PLACES, km=True)
    parts = [shared_part(task(km=True), start) for start in (0, 4, 8)]

    assert [part.shape for part, _ in parts] == [(9, 4), (9, 4), (9, 1)]
    assert np.array_equal(np.hstack([minutes for minutes, _ in parts]), whole.minutes)
    assert whole.km is not None
    assert np.array_equal(np.hstack([km for _, km in parts]), whole.km)


def test_a_worker_prepares_once_and_sends_nothing_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    prepare = shared.prepare

    def counted(*args: object, **options: object) -> object:
        asked.append(str(options["engine"]))
        return prepare(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(shared, "prepare", counted)
    one = task()
    here = list(threads(shared_part, one, [0, 4, 8]))
    assert asked == ["scipy"]

    there = pickle.loads(pickle.dumps(one))  # noqa: S301 (our own bytes)
    assert np.array_equal(shared_part(there, 4)[0], here[1][0])
    assert asked == ["scipy", "scipy"]


def test_a_worker_with_other_code_is_refused() -> None:
    with pytest.raises(InputError, match="same version of impact"):
        shared_part(replace(task(), code="of another version"), 0)


def test_an_interrupted_matrix_continues_on_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("impact.times.resumable._PART", 2)
    asked: list[int] = []

    def two_parts(function: object, task: object, starts: object) -> object:
        for start in list(starts)[:2]:  # type: ignore[call-overload]
            asked.append(start)
            yield function(task, start)  # type: ignore[operator]
        raise KeyboardInterrupt

    out = tmp_path / "m.csv"
    options = {"out": out, "engine": "scipy"}
    with (
        pytest.raises(KeyboardInterrupt),
        resumable_travel_times(NETWORK, PLACES, PLACES, cluster=two_parts, **options),  # type: ignore[arg-type]
    ):
        pass
    with resumable_travel_times(NETWORK, PLACES, PLACES, cluster=threads, **options) as found:  # type: ignore[arg-type]
        assert found.manifest["continued"] == 4
        assert np.array_equal(found.minutes, travel_times(NETWORK, PLACES, PLACES).minutes)
    assert asked == [0, 2]


def test_faults_survive_the_way_from_another_process() -> None:
    fault = Fault("--engine", "", "", "hierarchy", "the extra [fast]")
    there = pickle.loads(pickle.dumps(InputError(fault)))  # noqa: S301 (our own bytes)
    assert there.faults == (fault,)
    assert str(there) == str(InputError(fault))


@NEEDS_DISTRIBUTED
def test_two_worker_processes_write_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # five parts, so that both workers get some
    monkeypatch.setattr("impact.times.resumable._PART", 2)
    write_network(NETWORK, tmp_path / "roads.impact")
    names = PLACES[["lat", "lon"]].rename_axis("name")
    names.to_csv(tmp_path / "there.csv")
    names.set_axis(range(1001, 1010)).rename_axis("postcode").to_csv(tmp_path / "here.csv")
    asked = (
        *("times", "--roads", tmp_path / "roads.impact", "--origins", tmp_path / "here.csv"),
        *("--destinations", tmp_path / "there.csv", "--km", "--quiet", "--out"),
    )
    with two_processes() as address:
        done = impact(*asked, tmp_path / "cluster.csv", "--scheduler", address)
    assert done.code == 0, done.err
    assert impact(*asked, tmp_path / "local.csv").code == 0

    assert (tmp_path / "cluster.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()
    there, here = (
        json.loads((tmp_path / f"{name}.csv.json").read_text("utf-8"))
        for name in ("cluster", "local")
    )
    assert there["file"]["sha256"] == here["file"]["sha256"]
    for about in (there, here):
        del about["file"], about["created"]
    assert there == here


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scheduler", "nowhere"), "--scheduler: found 'nowhere'"),
        (("--scheduler", "tcp://127.0.0.1:9", "--ensemble", "3"), "no cluster beside --ensemble"),
    ],
)
def test_bad_options_leave_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    with_roads(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = impact(
        *("times", "--origins", tmp_path / "postcodes.csv", "--roads", tmp_path / "toy.impact"),
        *("--destinations", tmp_path / "hospitals.csv", "--out", tmp_path / "m.csv", *options),
    )
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert sorted(tmp_path.iterdir()) == before
