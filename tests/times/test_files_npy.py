"""A matrix as a NumPy file with its names beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from impact.errors import InputError
from impact.times.files import read_times, write_times
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

TIMES = TravelTimes(
    ("8911", "9712"),
    ('"a" & b', "c;d", "é"),
    np.array([[1.005, np.inf, 3.0], [0.0, 1234.5, 7.0]]),
    manifest={"profile": "dal"},
)


def test_what_is_written_comes_back_as_a_memory_map(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "own.npy"
    write_times(TIMES, path)
    times = read_times(path)

    assert (times.origins, times.destinations) == (TIMES.origins, TIMES.destinations)
    assert isinstance(times.minutes, np.memmap)
    assert np.array_equal(times.minutes, TIMES.minutes)
    assert np.array_equal(np.load(path), TIMES.minutes)
    assert times.manifest["made"] == {"profile": "dal"}
    assert times.manifest["roads"]["kind"] == "own matrix"
    assert times.select(["9712"], ["é", '"a" & b']).minutes.tolist() == [[7.0, 0.0]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-8]),
        lambda path: path.write_bytes(b""),
        lambda path: np.save(path, np.zeros((3, 2))),
        lambda path: np.save(path, np.zeros((2, 3), dtype=np.int64)),
        lambda path: path.with_name("own.npy.json").unlink(),
        lambda path: path.with_name("own.npy.json").write_text("{", "utf-8"),
        lambda path: path.with_name("own.npy.json").write_text("[]", "utf-8"),
        lambda path: path.with_name("own.npy.json").write_text(
            json.dumps({"origins": ["a"], "destinations": ["b"], "manifest": {}}), "utf-8"
        ),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "own.npy"
    write_times(TIMES, path)
    damage(path)  # type: ignore[operator]

    with pytest.raises(InputError, match=r"own\.npy: .*a matrix that impact wrote, with its names"):
        read_times(path)


def test_kilometres_have_no_place_in_it(tmp_path: Path) -> None:
    times = TravelTimes(("a",), ("b",), np.ones((1, 1)), np.ones((1, 1)))

    with pytest.raises(InputError, match=r"own\.npy, km: expected a \.csv or \.parquet file"):
        write_times(times, tmp_path / "own.npy")
