"""Ensembles: matrices for many random speed tables around a profile.

One matrix hangs on one speed table. `ensemble` draws many (`impact.network.random_speeds` says from
which distribution) and gives a matrix per table, one at a time; `summarise` turns them into a mean
and percentiles per pair. The topology never changes, so points are joined to the roads once, and an
engine that orders the network orders it once.
"""

from __future__ import annotations

import math
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, OutputError, why
from impact.messages import said
from impact.network.random_speeds import RandomSpeeds, SpeedVariation
from impact.storage import allocate
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.times.files import check_ending, write_long
from impact.times.matrix import TravelTimes, describe, prepare
from impact.times.snap import both_reports, far_points, legs_both_ways, separate_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.times.matrix import PreparedTimes

PERCENTILES = (10, 50, 90)
"""Of the members, per pair."""

_IN_MEMORY = 2**28
"""Bytes of members beyond which they go to a file."""

_CELLS = 2**22
"""Cells whose percentiles are taken at a time."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Matrices for random speed tables; made when they are asked for, and not kept.

    Attributes
    ----------
    base
        The matrix of the profile itself.
    tables
        The random tables.
    members
        How many.
    prepared
        Roads and points, with everything done that does not depend on speeds.
    """

    base: TravelTimes
    tables: RandomSpeeds
    members: int
    prepared: PreparedTimes

    def __len__(self) -> int:
        return self.members

    def __iter__(self) -> Iterator[TravelTimes]:
        return map(self.member, range(self.members))

    def member(self, number: int) -> TravelTimes:
        """Make one member."""
        drawn = self.tables.draw(number)
        minutes = self.prepared.minutes(drawn.minutes, profile=drawn.profile)
        return replace(self.base, minutes=minutes, manifest={**self.manifest, "member": number})

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What made the members: that of the base, and how speeds were drawn."""
        variation = self.tables.variation
        drawn = {
            "members": self.members,
            "spread": variation.spread,
            "seed": variation.seed,
            "by": variation.by,
            "distribution": "speed x lognormal factor with median 1, spread = sd of its logarithm",
        }
        return {**self.base.manifest, "ensemble": drawn}


def ensemble(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    members: int,
    spread: float,
    seed: int = 0,
    by: str = "class",
    engine: str = DEFAULT_ENGINE,
    workers: int | None = None,
    folder: Path | None = None,
) -> Ensemble:
    """Travel times for random speed tables around the profile of a network.

    Parameters
    ----------
    network
        Roads, timed for one profile.
    origins, destinations
        Index of identifiers, columns ``lat`` and ``lon`` (degrees).
    members
        Number of tables, 1 or more.
    spread
        Standard deviation of the logarithm of a speed's factor: 0.1 is about ten per cent.
    seed
        The same seed gives the same tables, on every machine.
    by
        ``class``: a factor per road class and setting (rural, urban). ``road``: half of the
        variance per class and setting, half per road.
    engine, workers, folder
        See `travel_times`. ``auto`` knows how many matrices will be made.

    Returns
    -------
    Ensemble
        Iterate over it for one matrix after another.

    Raises
    ------
    InputError
        For a number of members, spread, seed, `by` or engine that cannot be.

    Examples
    --------
    >>> from impact import read_hospitals, read_main_roads, read_postcodes
    >>> here = read_postcodes().loc[["9712", "8911"]]
    >>> there = read_hospitals().loc[["UMC Groningen"]]
    >>> many = ensemble(read_main_roads(), here, there, members=3, spread=0.1)
    >>> [times.minutes.shape for times in many]
    [(2, 1), (2, 1), (2, 1)]
    """
    if members < 1:
        raise InputError(Fault("members", "", "", str(members), "a whole number of 1 or more"))
    tables = RandomSpeeds.of(network, SpeedVariation(spread, seed, by))
    access, egress = legs_both_ways(network, origins, destinations)
    prepared = prepare(
        network,
        access,
        egress,
        engine=engine,
        matrices=members + 1,
        workers=workers,
        folder=folder,
    )
    report = both_reports(origins, access, destinations, egress)
    about = describe(network, origins, destinations, engine=prepared.choice.name, km=False)
    base = TravelTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        prepared.minutes(),
        manifest={**about, **prepared.notes, **separate_points(report)},
        far_points=far_points(report),
        legs=report,
    )
    return Ensemble(base, tables, members, prepared)


@dataclass(frozen=True, eq=False)
class EnsembleSummary:
    """Mean and percentiles of an ensemble, per pair.

    Attributes
    ----------
    base
        The matrix of the profile itself.
    mean : ndarray of float, shape (n_origins, n_destinations)
        Over the members; infinite where no route exists (in no member, then).
    percentiles : mapping of int to ndarray of float, shape (n_origins, n_destinations)
        10, 50 and 90: the smallest minutes that so many per cent of the members do not exceed.
    members : ndarray of float32, shape (n_members, n_origins, n_destinations)
        All of them, in a file where they are many.
    manifest
        See `Ensemble.manifest`.
    """

    base: TravelTimes
    mean: NDArray[np.float64]
    percentiles: Mapping[int, NDArray[np.float64]]
    members: NDArray[np.float32]
    manifest: Mapping[str, Any]


@contextmanager
def summarise(
    many: Ensemble,
    *,
    scratch: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[EnsembleSummary]:
    """Make every member and give the mean and percentiles per pair.

    Notes
    -----
    Members are kept as float32, rounded to less than a millisecond below four hours; the figures
    are taken of the rounded ones, so that whoever has the members finds the same.
    """
    shape = (many.members, *many.base.minutes.shape)
    with _room(shape, scratch) as held:
        for number, times in enumerate(many):
            held[number] = times.minutes
            if progress is not None:
                progress(number + 1, many.members)
        mean = np.empty(shape[1:])
        percentiles = {each: np.empty(shape[1:]) for each in PERCENTILES}
        ranks = {each: -(-each * many.members // 100) - 1 for each in PERCENTILES}
        step = max(1, _CELLS // max(1, shape[0] * shape[2]))
        for start in range(0, shape[1], step):
            rows = slice(start, start + step)
            part = np.partition(held[:, rows], sorted(set(ranks.values())), axis=0)
            mean[rows] = part.mean(axis=0, dtype=np.float64)
            for each, rank in ranks.items():
                percentiles[each][rows] = part[rank]
        yield EnsembleSummary(many.base, mean, percentiles, held, many.manifest)


@contextmanager
def _room(shape: tuple[int, ...], scratch: Path | None) -> Iterator[NDArray[np.float32]]:
    """Room for all members: in memory, or in a file that disappears afterwards."""
    if 4 * np.prod(shape, dtype=np.int64) <= _IN_MEMORY:
        yield np.empty(shape, dtype=np.float32)
        return
    with ExitStack() as stack:
        try:
            if scratch is not None:
                scratch.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(tempfile.TemporaryFile(dir=scratch, prefix=".impact-"))
            allocate(file, 4 * math.prod(shape))
        except OSError as error:
            msg = said(
                "{path}: cannot be written ({reason})",
                path=scratch or tempfile.gettempdir(),
                reason=why(error),
            )
            raise OutputError(msg) from error
        yield np.memmap(file, dtype=np.float32, mode="r+", shape=shape)


ENDINGS = (".csv", ".parquet")
_CELLS_AT_ONCE = 2**21


def write_ensemble(found: EnsembleSummary, path: Path, *, members: bool = False) -> None:
    """Write mean and percentiles in long form.

    Notes
    -----
    The columns are origin, destination, minutes (under the profile itself), mean, p10, p50, p90:
    the file is a matrix that `read_times` reads.
    """
    check_ending(path, ENDINGS)
    write_long(_frames(found, members=members), path)


def _frames(found: EnsembleSummary, *, members: bool) -> Iterator[pd.DataFrame]:
    base = found.base
    digits = len(str(len(found.members)))
    shown = found.members if members else found.members[:0]
    columns = len(base.destinations) * (len(shown) + 1)
    step = max(1, _CELLS_AT_ONCE // max(1, columns))
    for start in range(0, max(1, len(base.origins)), step):
        rows = slice(start, start + step)
        figures = {"mean": found.mean[rows].ravel()}
        figures |= {f"p{each}": table[rows].ravel() for each, table in found.percentiles.items()}
        figures |= {
            f"member_{number:0{digits}}": each[rows].astype(np.float64).ravel()
            for number, each in enumerate(shown, start=1)
        }
        pairs = base.part(start, start + step).to_frame()
        yield pd.concat([pairs, pd.DataFrame(figures)], axis=1)
