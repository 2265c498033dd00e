"""Long matrices on disk, made some destinations at a time; an interrupted one continues.

The minutes go into a memory-mapped file in a working folder beside the result, and a journal says
which destinations are finished: a part is written to the disk before the journal names it. The
folder is named by the hash of everything that determines the matrix, so that what was left by other
roads, points, speeds or another version of the code is never taken up; it is removed. The result is
moved into place when it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from impact.errors import Fault, InputError, OutputError, why
from impact.messages import said
from impact.storage import allocate, cache_folder
from impact.times.matrix import TravelTimes, code_hash, describe, engine_for, prepare
from impact.times.snap import both_reports, far_points, legs_both_ways, separate_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.times.engines.protocol import Choice
    from impact.times.matrix import PreparedTimes, WeighedTimes
    from impact.times.snap import AccessLegs
    from impact.workers import Workers

    _Made: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    _Make: TypeAlias = Callable[[Sequence[slice]], Iterable[_Made]]


@dataclass(frozen=True, eq=False)
class SharedTask:
    """All that a worker needs for any part of a matrix; what it prepares stays with the worker.

    Attributes
    ----------
    network
        Roads, timed for one profile.
    access, egress
        Legs of origins and destinations.
    engine
        Name of the engine; chosen by the caller, so that all workers use the same.
    km
        Whether kilometres are wanted too.
    width
        Destinations per part.
    workers
        Threads per part.
    keep
        Whether a worker keeps what it prepared in its own cache folder, for a later run.
    code
        Hash of the caller's source files: a worker with others would give other minutes.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    engine: str
    km: bool
    width: int
    workers: int = 1
    keep: bool = False
    code: str = field(default_factory=code_hash)
    _preparing: Lock = field(default_factory=Lock, init=False, repr=False)

    def __reduce__(self) -> tuple[type[SharedTask], tuple[Any, ...]]:
        """Travel without the lock and without what was prepared."""
        legs = self.network, self.access, self.egress
        rest = self.engine, self.km, self.width, self.workers, self.keep, self.code
        return type(self), (*legs, *rest)

    def weighed(self) -> WeighedTimes:
        """Prepare the network, once however many threads ask."""
        with self._preparing:
            return self._weighed

    @cached_property
    def _weighed(self) -> WeighedTimes:
        if code_hash() != self.code:
            expected = "workers with the same version of impact as the caller"
            raise InputError(Fault("--scheduler", "", "", None, expected))
        prepared = prepare(
            self.network,
            self.access,
            self.egress,
            engine=self.engine,
            workers=self.workers,
            folder=cache_folder() if self.keep else None,
        )
        return prepared.weighed(km=self.km)


def shared_part(task: SharedTask, start: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Make one part of a matrix."""
    stop = min(start + task.width, len(task.egress.straight_km))
    return task.weighed().part(slice(start, stop))


_PART = 64
"""Destinations per part at most: what an interruption costs."""

_PART_BYTES = 2**28
"""Memory of the minutes of a part at most."""

_JOURNAL = "finished"
_LINE = re.compile(r"(?m)^(\d+) (\d+)$")
_MINUTES = "minutes.npy"
_KM = "km.npy"


@contextmanager
def resumable_travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    out: Path,
    engine: str,
    km: bool = False,
    workers: int | None = None,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    cluster: Workers | None = None,
) -> Iterator[TravelTimes]:
    """Travel times as `travel_times`, in files beside `out` instead of in memory."""
    access, egress = legs_both_ways(network, origins, destinations)
    teller: PreparedTimes | Choice
    if cluster is None:
        prepared = prepare(network, access, egress, engine=engine, workers=workers, folder=folder)
        choice, teller, make = prepared.choice, prepared, _made_here(prepared, km=km)
    else:
        choice = teller = engine_for(network, egress, engine=engine)
        width = _width(len(origins))
        threads, keep = workers or 1, folder is not None
        task = SharedTask(network, access, egress, choice.name, km, width, threads, keep)
        make = _made_there(cluster, task)
    about = describe(network, origins, destinations, engine=choice.name, km=km)
    report = both_reports(origins, access, destinations, egress)
    with _writing(out):
        files = _Files.open(out, about["key"], (len(origins), len(destinations)), km=km)
        found = files.finished()
    _finish(make, files, found, out, progress)
    # only now: what happened to kept costs shows when they are needed
    about |= {**teller.notes, **separate_points(report)}
    yield TravelTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        files.minutes,
        files.km,
        {**about, **({"continued": int(found.sum())} if found.any() else {})},
        far_points(report),
        report,
    )
    # not after an error: whoever could not write the result finds the minutes again
    files.remove()


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = said("{path}: cannot be written ({reason})", path=out, reason=why(error))
        raise OutputError(msg) from error


def _width(rows: int) -> int:
    """Destinations per part."""
    return max(1, min(_PART, _PART_BYTES // (8 * max(1, rows))))


def _made_here(prepared: PreparedTimes, *, km: bool) -> _Make:
    def make(parts: Sequence[slice]) -> Iterable[_Made]:
        weighed = prepared.weighed(km=km)
        return map(weighed.part, parts)

    return make


def _made_there(cluster: Workers, task: SharedTask) -> _Make:
    def make(parts: Sequence[slice]) -> Iterable[_Made]:
        return cluster(shared_part, task, [part.start for part in parts])

    return make


def _finish(
    make: _Make,
    files: _Files,
    found: NDArray[np.bool_],
    out: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Make the parts of which a destination is missing, one after another."""
    rows, total = files.minutes.shape
    width = _width(rows)
    parts = [slice(start, min(start + width, total)) for start in range(0, total, width)]
    missing = [part for part in parts if not found[part].all()]
    if not missing:
        return
    done = total - sum(part.stop - part.start for part in missing)
    for part, made in zip(missing, make(missing), strict=True):
        # a cluster that cannot be reached is an OSError too, and no fault of the folder
        with _writing(out):
            files.put(part, *made)
        done += part.stop - part.start
        if progress is not None:
            progress(done, total)


@dataclass(frozen=True, eq=False)
class _Files:
    """Working folder of one matrix."""

    folder: Path
    minutes: NDArray[np.float64]
    km: NDArray[np.float64] | None

    @classmethod
    def open(cls, out: Path, key: str, shape: tuple[int, int], *, km: bool) -> _Files:
        out.parent.mkdir(parents=True, exist_ok=True)
        stem = f".impact-{out.name}-"
        folder = out.parent / (stem + key[:16])
        for other in out.parent.iterdir():
            if other.name.startswith(stem) and other.is_dir() and other != folder:
                shutil.rmtree(other, ignore_errors=True)
        if not folder.is_dir():
            # made whole under another name, so that a folder is complete or not there
            fresh = out.parent / f"{stem}new-{os.getpid()}"
            try:
                fresh.mkdir()
                (fresh / _JOURNAL).touch()
                for name in (_MINUTES, *([_KM] if km else [])):
                    np.lib.format.open_memmap(fresh / name, "w+", np.float64, shape)
                    with (fresh / name).open("r+b") as file:
                        allocate(file, (fresh / name).stat().st_size)
                fresh.replace(folder)
            except OSError:
                shutil.rmtree(fresh, ignore_errors=True)
                # another process was first; the two make the same minutes
                if not folder.is_dir():
                    raise
        names = (_MINUTES, _KM) if km else (_MINUTES,)
        maps = [np.lib.format.open_memmap(folder / name, "r+") for name in names]
        return cls(folder, maps[0], maps[1] if km else None)

    def finished(self) -> NDArray[np.bool_]:
        """Which destinations the journal names; a line that was cut off names fewer of them."""
        done = np.zeros(self.minutes.shape[1], dtype=bool)
        for first, last in _LINE.findall((self.folder / _JOURNAL).read_text("ascii")):
            done[int(first) : int(last)] = True
        return done

    def put(self, part: slice, minutes: NDArray[np.float64], km: NDArray[np.float64]) -> None:
        """Write a part to the disk, then name it in the journal."""
        for stored, made in ((self.minutes, minutes), (self.km, km)):
            if stored is not None:
                stored[:, part] = made
                stored.flush()  # type: ignore[attr-defined]
        with (self.folder / _JOURNAL).open("a", encoding="ascii") as journal:
            # the line end comes first: a line that was cut off stays a line of its own
            journal.write(f"\n{part.start} {part.stop}")
            journal.flush()
            os.fsync(journal.fileno())

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
