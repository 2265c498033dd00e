"""Long matrices on disk: interrupted anywhere, they end as if nothing had happened."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from networks import points, roads

from impact.commands.times import times
from impact.errors import OutputError
from impact.network.npz import write_network
from impact.storage import allocate
from impact.times import resumable
from impact.times.matrix import TravelTimes, WeighedTimes, travel_times
from impact.times.resumable import resumable_travel_times

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from impact.network.network import RoadNetwork

#  A --1-- B --1-- C --1-- ... --1-- H, and an origin without a road
NETWORK = roads(
    *(f"{a} - {b} 1" for a, b in zip("abcdefg", "bcdefgh", strict=True)), at={"x": (51.0, 9.0)}
)
PLACES = points(NETWORK, "a b c d e f g h x")


def make(
    out: Path, network: RoadNetwork = NETWORK, places: pd.DataFrame = PLACES, *, km: bool = False
) -> TravelTimes:
    with resumable_travel_times(network, places, places, out=out, engine="scipy", km=km) as times:
        held = None if times.km is None else np.array(times.km)
        return TravelTimes(
            times.origins, times.destinations, np.array(times.minutes), held, times.manifest
        )


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable, "_PART", 2)


def stop_after(patch: pytest.MonkeyPatch, parts: int) -> list[int]:
    """Interrupt after so many parts, and note which were asked for."""
    asked: list[int] = []
    whole = WeighedTimes.part

    def part(self: WeighedTimes, destinations: slice) -> object:
        if len(asked) == parts:
            raise KeyboardInterrupt
        asked.append(destinations.start)
        return whole(self, destinations)

    patch.setattr(WeighedTimes, "part", part)
    return asked


@pytest.mark.parametrize("km", [False, True])
def test_the_matrix_is_that_of_travel_times(tmp_path: Path, *, km: bool) -> None:
    found = make(tmp_path / "m.csv", km=km)
    plain = travel_times(NETWORK, PLACES, PLACES, km=km)

    assert np.array_equal(found.minutes, plain.minutes)
    assert (found.km is None) == (plain.km is None)
    assert plain.km is None or np.array_equal(found.km, plain.km)
    assert found.origins == plain.origins
    assert "continued" not in found.manifest
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_an_interrupted_matrix_continues(tmp_path: Path, parts: int) -> None:
    out = tmp_path / "m.csv"
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, parts)
        with pytest.raises(KeyboardInterrupt):
            make(out, km=True)
    assert not out.exists()
    assert len(list(tmp_path.iterdir())) == 1

    with pytest.MonkeyPatch.context() as patch:
        asked = stop_after(patch, 99)
        found = make(out, km=True)
    assert asked == list(range(2 * parts, 9, 2))
    assert found.manifest.get("continued", 0) == 2 * parts
    plain = travel_times(NETWORK, PLACES, PLACES, km=True)
    assert np.array_equal(found.minutes, plain.minutes)
    assert plain.km is not None
    assert found.km is not None
    assert np.array_equal(found.km, plain.km)
    assert not list(tmp_path.iterdir())


def test_other_roads_points_or_options_start_clean(tmp_path: Path) -> None:
    slower = NETWORK.with_profile(NETWORK.profile.__class__("slow", (("local", 30.0, 30.0),)))
    for network, places, km in (
        (slower, PLACES, False),
        (NETWORK, PLACES.iloc[::-1], False),
        (NETWORK, PLACES, True),
    ):
        with pytest.MonkeyPatch.context() as patch:
            stop_after(patch, 2)
            with pytest.raises(KeyboardInterrupt):
                make(tmp_path / "m.csv", network, places, km=km)
        found = make(tmp_path / "m.csv")
        assert "continued" not in found.manifest
        assert np.array_equal(found.minutes, travel_times(NETWORK, PLACES, PLACES).minutes)
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("journal", "continued"),
    [("", 0), ("\n0 2\n2 4", 4), ("\n0 2\n2 ", 2), ("\n0 2\n", 2), ("\n0 2\n2\n4 6", 4)],
)
def test_a_journal_that_was_cut_off_names_what_is_finished(
    tmp_path: Path, journal: str, continued: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path / "m.csv")
    (folder,) = tmp_path.iterdir()
    (folder / "finished").write_text(journal, "ascii")

    found = make(tmp_path / "m.csv")
    assert found.manifest.get("continued", 0) == continued
    assert np.array_equal(found.minutes, travel_times(NETWORK, PLACES, PLACES).minutes)


@pytest.mark.parametrize("what", ["order", "costs"])
def test_a_damaged_kept_file_is_named_in_the_manifest(tmp_path: Path, what: str) -> None:
    kept = tmp_path / "kept"

    def remarks() -> list[str]:
        out = tmp_path / "m.csv"
        how = {"engine": "hierarchy", "folder": kept}
        with resumable_travel_times(NETWORK, PLACES, PLACES, out=out, **how) as times:
            return times.manifest.get("engine_remarks", [])

    assert remarks() == []
    (path,) = kept.glob(f"{what}-*.npz")
    path.write_bytes(b"not what it was")
    assert remarks() == [f"{path.name} was damaged and has been made anew"]
    assert remarks() == []


def test_a_file_that_cannot_be_written_keeps_the_minutes(tmp_path: Path) -> None:
    def fail() -> None:
        raise OutputError

    with (
        pytest.raises(OutputError),
        resumable_travel_times(NETWORK, PLACES, PLACES, out=tmp_path / "m.csv", engine="scipy"),
    ):
        fail()
    assert make(tmp_path / "m.csv").manifest["continued"] == len(PLACES)


def test_a_full_disk_is_told_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written through a mapping into memory, the system would end the process."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    for name in ("m.csv", "new/m.csv"):
        with pytest.raises(OutputError, match=r"m.csv: cannot be written \(no space left on dev"):
            make(tmp_path / name)
    assert [path for path in tmp_path.rglob("*") if path.name != "new"] == []


def test_room_is_taken_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "room"
    for way in (True, False):
        if not way:
            monkeypatch.delattr(os, "posix_fallocate")
        with path.open("w+b") as file:
            allocate(file, 3_000_000)
        assert path.stat().st_size == 3_000_000
        assert path.stat().st_blocks * 512 >= 3_000_000


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        make(tmp_path / "file" / "m.csv")


KILLED = """
import os, signal, sys
from impact.commands.times import times
from impact.times import resumable
from impact.times.matrix import WeighedTimes
from pathlib import Path

resumable._PART = 2
whole, made = WeighedTimes.part, []

def part(self, destinations):
    if len(made) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    made.append(destinations)
    return whole(self, destinations)

WeighedTimes.part = part
folder = Path(sys.argv[1])
times(
    origins=folder / "points.csv", destinations=folder / "points.csv", out=Path(sys.argv[2]),
    roads=str(folder / "toy.impact"), profile="toy", km=True, quiet=True,
)
"""


def test_killed_half_way_and_started_again_gives_equal_bytes(tmp_path: Path) -> None:
    frame = PLACES.assign(postcode=[f"10{k}" for k in range(10, 19)], name=PLACES.index)
    frame.to_csv(tmp_path / "points.csv", index=False)
    write_network(NETWORK, tmp_path / "toy.impact")

    def write(out: Path) -> None:
        ends = {"origins": tmp_path / "points.csv", "destinations": tmp_path / "points.csv"}
        roads_file = str(tmp_path / "toy.impact")
        times(**ends, out=out, roads=roads_file, profile="toy", km=True, quiet=True)

    # parts of two destinations: four are finished when it is killed
    interrupted = tmp_path / "there" / "m.parquet"
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(interrupted)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not interrupted.exists()
    write(interrupted)
    assert json.loads((tmp_path / "there" / "m.parquet.json").read_text())["continued"] == 4
    write(tmp_path / "m.parquet")
    assert interrupted.read_bytes() == (tmp_path / "m.parquet").read_bytes()
