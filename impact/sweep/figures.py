"""Every candidate of one intervention by all its measures."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from impact.model.candidates import locations_before, locations_joining, open_sets, stop_sets
from impact.sweep.arrays import FIGURES, Pairs, SweepArrays, make_pairs
from impact.sweep.reference import plain_figures
from impact.workers import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.model.candidates import StopSets
    from impact.study.model import Intervention
    from impact.times.matrix import TravelTimes
    from impact.workers import Workers

T = TypeVar("T")

BLOCK = 4096
"""Candidates computed in one go: bounds the memory at work, and is what workers share out."""

COLUMNS = ("stops", "opens", *FIGURES, "locations_after")


@dataclass(frozen=True, eq=False)
class Task:
    """All sets of providers that stop while the same locations open.

    Attributes
    ----------
    arrays
        Of the intervention.
    sets
        Who stops.
    opens, beyond
        See `impact.sweep.arrays.make_pairs`.
    pairs
        For compiled code; `None` where NumPy does the work.
    block
        How many sets are computed in one go.
    """

    arrays: SweepArrays
    sets: StopSets
    opens: tuple[str, ...]
    beyond: tuple[str, ...]
    pairs: Pairs | None
    block: int


def has_compiler() -> bool:
    """Whether numba is installed, so that sweeps are compiled."""
    return find_spec("numba") is not None


def sweep_arrays(
    intervention: Intervention,
    times: TravelTimes,
    demand: NDArray[np.float64],
    *,
    outside: Sequence[str] = (),
    municipality: Sequence[str] | None = None,
    registered: Mapping[str, float] | None = None,
    modelled: bool = False,
    judged: bool = True,
) -> SweepArrays:
    """Gather what a sweep of one intervention needs.

    Parameters
    ----------
    intervention
        Its providers, locks and norm.
    times
        Minutes from the postcodes to at least the providers, the outside locations and those that
        may open.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    outside
        Locations outside the region that demand may go to.
    municipality
        Per postcode; `None` leaves the municipality hit hardest empty.
    registered
        Location -> registered count.
    modelled
        Whether demand is in patients, so that what the model allots is a volume.
    judged
        Whether volumes are certain enough to be held against the norm.

    Returns
    -------
    SweepArrays
    """
    names = sorted({*intervention.providers, *outside, *intervention.may_open})
    some = np.asarray(demand, dtype=np.float64) > 0.0
    minutes = times.to(names)[some].astype(np.float64)
    inside = np.isin(names, intervention.providers)
    labels = np.full(len(demand), "") if municipality is None else np.asarray(municipality, str)
    places, place = np.unique(labels[some], return_inverse=True)
    return SweepArrays(
        names=tuple(names),
        minutes=minutes,
        demand=np.asarray(demand, dtype=np.float64)[some],
        baseline=np.isin(names, locations_before(intervention, outside)),
        inside=inside,
        places=tuple(map(str, places)),
        place=place,
        registered=registered,
        modelled=modelled,
        norm=intervention.norm if judged and intervention.norm is not None else np.nan,
    )


def sweep_all(
    intervention: Intervention,
    arrays: SweepArrays,
    *,
    every_subset: bool = False,
    outside: Sequence[str] = (),
    compiled: bool | None = None,
    workers: Workers = threads,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """All measures of every candidate, nearest to nearest remaining.

    Parameters
    ----------
    intervention
        Its locks, how many stop, and which locations may open.
    arrays
        From `sweep_arrays`.
    every_subset
        Instead of k of n: any number stops, but not all.
    outside
        Locations outside the region, used after the change where the treatment leaves it.
    compiled
        Whether numba does the work; by default where it is installed. The figures agree to nine
        digits.
    workers
        Who computes the blocks: see `impact.workers`.
    progress
        Called with (candidates done, all candidates).

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, one row per candidate: first the sets without openings, in the order of
        `impact.model.candidates.StopSets`. Figures are NaN where there is nothing to
        average or nothing known; the municipality is a name, empty where nobody is moved.

    Raises
    ------
    InputError
        When there are too many candidates.

    Notes
    -----
    Per candidate the work grows with the postcodes whose nearest provider changes, not with all of
    them; memory beside the table itself is that of a few blocks.
    """
    compiled = has_compiler() if compiled is None else compiled
    sets = stop_sets(intervention, every_subset=every_subset, opening=intervention.may_open)
    stopping = len(sets.fixed) + sets.most
    beyond = locations_joining(intervention, outside, stopping=stopping)

    def task_of(opens: tuple[str, ...]) -> Task:
        pairs = None
        if compiled:
            pairs = make_pairs(
                arrays, free=sets.free, fixed=sets.fixed, opens=opens, beyond=beyond, most=sets.most
            )
        return Task(arrays, sets, opens, beyond, pairs, BLOCK)

    return swept_table(
        arrays,
        sets,
        open_sets(intervention.may_open),
        (task_of, block_figures, BLOCK),
        workers=workers,
        progress=progress,
    )


def swept_table(
    arrays: SweepArrays,
    sets: StopSets,
    opening: Sequence[tuple[str, ...]],
    work: tuple[Callable[[tuple[str, ...]], T], Callable[[T, int], NDArray[np.float64]], int],
    *,
    figures: Sequence[str] = FIGURES,
    workers: Workers,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Compute candidates in blocks and put them in a table.

    Parameters
    ----------
    arrays
        Of the intervention.
    sets, opening
        Who stops, and which locations open.
    work
        What makes the task of the candidates with the same openings, what computes the figures of a
        block of it from a set on, and how many sets are a block.
    figures
        Names of the figures: `FIGURES`, and perhaps more after them.
    workers
        Who computes the blocks.
    progress
        Called with (candidates done, all candidates).

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, with the figures that are asked for; see `sweep_all`.
    """
    task_of, figures_of, block = work
    total, done = len(sets) * len(opening), 0
    out = np.empty((total, len(figures)))
    starts = range(0, len(sets), block)
    for number, opens in enumerate(opening):
        found = workers(figures_of, task_of(opens), starts)
        for start, values in zip(starts, found, strict=True):
            place = number * len(sets) + start
            out[place : place + len(values)] = values
            done += len(values)
            if progress is not None:
                progress(done, total)
    return _table(arrays, sets, opening, pd.DataFrame(out, columns=list(figures)))


def block_figures(task: Task, start: int) -> NDArray[np.float64]:
    """Figures of the sets from one number on, at most a block of them.

    Parameters
    ----------
    task
        What to compute.
    start
        Number of the first set.

    Returns
    -------
    ndarray of float, shape (n_sets, n_figures)
    """
    count = min(task.block, len(task.sets) - start)
    if task.pairs is None:
        names = task.sets.some(start, count)
        return plain_figures(task.arrays, names, opens=task.opens, beyond=task.beyond)
    from impact.sweep.kernel import walk

    first, sets = task.sets.first(start), task.sets
    return walk(task.pairs, first, sets.least, sets.most, count)


def _table(
    arrays: SweepArrays,
    sets: StopSets,
    opening: Sequence[tuple[str, ...]],
    table: pd.DataFrame,
) -> pd.DataFrame:
    stops, stopping = [], np.empty(len(sets), dtype=np.int64)
    for number, names in enumerate(sets):
        stops.append("; ".join(names))
        stopping[number] = len(names)
    worst = table["worst_municipality"].to_numpy()
    labels = np.array([*arrays.places, ""], dtype=object)
    table["worst_municipality"] = labels[np.where(np.isnan(worst), -1, worst).astype(np.int64)]
    table.insert(0, "stops", stops * len(opening))
    opened = np.array(["; ".join(names) for names in opening], dtype=object)
    table.insert(1, "opens", np.repeat(opened, len(sets)))
    extra = np.repeat([len(names) for names in opening], len(sets))
    table["locations_after"] = arrays.inside.sum() - np.tile(stopping, len(opening)) + extra
    return table
