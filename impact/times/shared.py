"""`SharedTask`: a matrix whose parts are made elsewhere, by workers that share nothing but it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from impact.errors import Fault, InputError
from impact.times.cache import cache_folder
from impact.times.identity import code_hash
from impact.times.prepared import prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.snap import AccessLegs
    from impact.times.weighed import WeighedTimes


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
        """Prepare the network, once however many threads ask.

        Returns
        -------
        WeighedTimes

        Raises
        ------
        InputError
            When this process runs another version of the code than the caller, or the engine lacks
            a package here.
        """
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
    """Make one part of a matrix.

    Parameters
    ----------
    task
        The matrix.
    start
        Position of the first destination.

    Returns
    -------
    minutes, km : ndarray of float, shape (n_origins, at most `task.width`)
        See `WeighedTimes.part`.
    """
    stop = min(start + task.width, len(task.egress.straight_km))
    return task.weighed().part(slice(start, stop))
