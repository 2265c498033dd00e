"""Every candidate where demand goes by catchments, with the published travel table of each.

The flows are those of `impact.model.catchment_case`, as plain numbers. Who is in whose catchment is
the same in every candidate; per candidate only the nearest that goes on in the same network is new.
Where providers are filled up to the norm each candidate is worked out as in a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from impact.model.allocation import NOWHERE
from impact.model.candidates import open_sets, stop_sets
from impact.model.catchment_case import catchment_case, locations_shown
from impact.model.travel_table import BANDS, travel_table
from impact.sweep.arrays import FIGURES, SweepArrays
from impact.sweep.figures import swept_table
from impact.sweep.reference import travel_figures, volume_figures
from impact.workers import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.model.candidates import StopSets
    from impact.model.catchment_case import StudyCatchments
    from impact.study.model import Intervention
    from impact.workers import Workers

BLOCK = 64
"""Candidates computed in one go: what workers share out."""

PUBLISHED = (
    "published_mean_before",
    "published_mean_extra",
    "published_weight",
    "published_greatest_after",
    "published_greatest_extra",
    *BANDS,
    "published_no_route",
)
"""Figures of `impact.model.travel_table.travel_table`, in the order of the files."""


class CatchmentRows(NamedTuple):
    """Flows: postcode, location before and after (`NOWHERE`: none), demand, whether it moves."""

    postcode: NDArray[np.int64]
    giver: NDArray[np.int64]
    taker: NDArray[np.int64]
    demand: NDArray[np.float64]
    moved: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CatchmentTask:
    """What the candidates in which the same locations open stand on.

    Attributes
    ----------
    intervention, own
        As for a case.
    arrays
        From `catchment_arrays`.
    sets
        Who stops.
    opens
        Who opens.
    base : ndarray of int64, shape (n_postcodes,)
        Column of the provider in whose catchment a postcode lies.
    order : ndarray of int64, shape (n_postcodes, n_locations)
        Columns, the nearest first; equals as the catchments take them.
    rows
        Number of each postcode of the arrays among those of the catchments.
    """

    intervention: Intervention
    own: StudyCatchments
    arrays: SweepArrays
    sets: StopSets
    opens: tuple[str, ...]
    base: NDArray[np.int64]
    order: NDArray[np.int64]
    rows: NDArray[np.int64]


def locations_performing(intervention: Intervention, own: StudyCatchments) -> list[str]:
    """Locations of the study and its networks that perform the treatment today.

    Parameters
    ----------
    intervention, own
        As for a case.

    Returns
    -------
    list of str
        Sorted.
    """
    return sorted({*locations_shown(intervention, own.networks)} & {*own.providers})


def network_minutes(
    own: StudyCatchments, names: Sequence[str], providers: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Minutes from every postcode to where its network allows it to go, and whose it is.

    Parameters
    ----------
    own
        Catchments.
    names
        Locations, sorted.
    providers
        Those of them that perform the treatment today.

    Returns
    -------
    minutes : ndarray of float, shape (n_postcodes, n_names)
        Infinite to locations of another network than that of the provider in whose catchment the
        postcode lies; of a provider that no network names, to all but that provider.
    base : ndarray of int64, shape (n_postcodes,)
        Place in `names` of that provider; `NOWHERE` where it is none of them.
    """
    near = own.nearness
    times = near.times
    place = {name: number for number, name in enumerate(names)}
    home = {name: network for network, members in own.networks.items() for name in members}
    chosen = near.nearest(own.providers)
    labels = [place[name] if name in providers else NOWHERE for name in times.destinations]
    base = np.where(chosen == NOWHERE, NOWHERE, np.array(labels, dtype=np.int64)[chosen])
    # who is in no network is on its own
    homes: list[str | int] = [home.get(name, number) for number, name in enumerate(names)]
    same = np.array([[one == two for two in homes] for one in homes], dtype=bool)
    # the last row stands for no provider
    allowed = np.vstack([same, np.zeros(len(names), dtype=bool)])[base]
    minutes = near.minutes()[:, times.columns(list(names))]
    return np.where(allowed, minutes, np.inf), base


def catchment_arrays(
    intervention: Intervention,
    own: StudyCatchments,
    demand: NDArray[np.float64],
    *,
    municipality: Sequence[str],
    registered: Mapping[str, float] | None,
    modelled: bool,
    judged: bool,
) -> SweepArrays:
    """Gather what a sweep by catchments needs.

    Parameters
    ----------
    intervention
        Its providers and locations that may open.
    own
        Its catchments.
    demand : ndarray of float, shape (n_postcodes,)
        In the catchments.
    municipality
        Per postcode.
    registered, modelled, judged
        As for `impact.sweep.figures.sweep_arrays`.

    Returns
    -------
    SweepArrays
        Minutes are those of `network_minutes`, in whole minutes where the study counts so.
    """
    performing = locations_performing(intervention, own)
    names = sorted({*performing, *intervention.may_open})
    minutes, _ = network_minutes(own, names, performing)
    some = demand > 0.0
    places, place = np.unique(np.asarray(municipality, str)[some], return_inverse=True)
    return SweepArrays(
        names=tuple(names),
        minutes=minutes[some],
        demand=np.asarray(demand, dtype=np.float64)[some],
        baseline=np.isin(names, performing),
        inside=np.isin(names, intervention.providers),
        places=tuple(map(str, places)),
        place=place,
        registered=registered,
        modelled=modelled,
        norm=intervention.norm if judged and intervention.norm is not None else np.nan,
    )


def sweep_catchments(
    intervention: Intervention,
    own: StudyCatchments,
    arrays: SweepArrays,
    demand: NDArray[np.float64],
    *,
    every_subset: bool = True,
    workers: Workers = threads,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All measures of every candidate by catchments, ours and the published ones.

    Parameters
    ----------
    intervention
        Its locks, which locations may open, `moves_share` and `fill`.
    own
        Its catchments.
    arrays
        From `catchment_arrays`.
    demand : ndarray of float, shape (n_postcodes,)
        As for it.
    every_subset, workers, progress
        As for `impact.sweep.figures.sweep_all`.

    Returns
    -------
    table : pandas.DataFrame
        As `impact.sweep.figures.sweep_all` gives it.
    travel : pandas.DataFrame
        A row per candidate and network: stops, opens, network, and `PUBLISHED`.
    """
    sets = stop_sets(intervention, every_subset=every_subset, opening=intervention.may_open)
    figures = [*FIGURES, *(f"{network} {name}" for network in own.networks for name in PUBLISHED)]
    some = np.flatnonzero(demand > 0.0)
    base = np.array(
        network_minutes(
            own, arrays.names, [arrays.names[each] for each in np.flatnonzero(arrays.baseline)]
        )[1][some]
    )
    order = _order(own, arrays, some)

    def task_of(opens: tuple[str, ...]) -> CatchmentTask:
        return CatchmentTask(intervention, own, arrays, sets, opens, base, order, some)

    found = swept_table(
        arrays,
        sets,
        open_sets(intervention.may_open),
        (task_of, block_figures, BLOCK),
        figures=figures,
        workers=workers,
        progress=progress,
    )
    parts = []
    for number, network in enumerate(own.networks):
        first = len(FIGURES) + number * len(PUBLISHED)
        mine = found[figures[first : first + len(PUBLISHED)]].set_axis(list(PUBLISHED), axis=1)
        parts.append(pd.concat([found[["stops", "opens"]].assign(network=network), mine], axis=1))
    travel = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return found.drop(columns=figures[len(FIGURES) :]), travel


def _order(own: StudyCatchments, arrays: SweepArrays, some: NDArray[np.int64]) -> NDArray[np.int64]:
    """Columns of the arrays in the order of nearness; equals as the catchments take them."""
    column = {name: number for number, name in enumerate(arrays.names)}
    ranked = own.nearness.ranked(arrays.names)[some]
    labels = [column.get(name, NOWHERE) for name in own.nearness.times.destinations]
    return np.array(labels, dtype=np.int64)[ranked]


def block_figures(task: CatchmentTask, start: int) -> NDArray[np.float64]:
    """Figures of the sets from one number on, at most a block of them.

    Parameters
    ----------
    task
        What they stand on.
    start
        Number of the first set.

    Returns
    -------
    ndarray of float, shape (n_sets, n_figures)
        `FIGURES`, then `PUBLISHED` of every network.
    """
    return np.array([_figures(task, stops) for stops in task.sets.some(start, BLOCK)])


def _figures(task: CatchmentTask, stops: tuple[str, ...]) -> list[float]:
    arrays = task.arrays
    stopping = np.isin(arrays.names, stops)
    filled = task.own.between is not None
    rows = _filled(task, stops) if filled else _sent(task, stopping)
    # a last column stands for no location
    minutes = np.column_stack([arrays.minutes, np.full(len(arrays.minutes), np.inf)])
    before, after = minutes[rows.postcode, rows.giver], minutes[rows.postcode, rows.taker]
    place = arrays.place[rows.postcode]
    found = travel_figures(arrays, place, rows.demand, before, after, rows.moved)
    judged = (arrays.inside & ~stopping) | np.isin(arrays.names, task.opens)
    found |= volume_figures(
        arrays,
        arrays.names,
        (rows.giver, rows.taker, rows.demand),
        stopping=stopping,
        judged=judged,
    )
    out = [found[name] for name in FIGURES]
    flows = pd.DataFrame({"minutes_before": before, "minutes_after": after, "demand": rows.demand})
    for members in task.own.networks.values():
        inside = np.isin(arrays.names, members)[rows.giver]
        published = travel_table(flows[inside])
        out += [published[name] for name in PUBLISHED]
    return out


def _sent(task: CatchmentTask, stopping: NDArray[np.bool_]) -> CatchmentRows:
    """Everybody to the nearest that goes on in the network, or the part that moves."""
    arrays = task.arrays
    place = np.arange(len(task.base))
    goes_on = (arrays.baseline | np.isin(arrays.names, task.opens)) & ~stopping
    usable = np.isfinite(arrays.minutes) & goes_on
    ranked = np.take_along_axis(usable, task.order, axis=1)
    first = task.order[place, ranked.argmax(axis=1)]
    after = np.where(ranked.any(axis=1), first, NOWHERE)
    demand, moved = arrays.demand, stopping[task.base]
    share = task.intervention.moves_share
    if share == 1.0:
        return CatchmentRows(place, task.base, after, demand, moved)
    goes = np.flatnonzero(after != task.base)
    part = demand.copy()
    part[goes] *= share
    base = task.base
    return CatchmentRows(
        np.r_[place, goes],
        np.r_[base, base[goes]],
        np.r_[after, base[goes]],
        np.r_[part, demand[goes] * (1.0 - share)],
        np.r_[moved, np.zeros(len(goes), dtype=bool)],
    )


def _filled(task: CatchmentTask, stops: tuple[str, ...]) -> CatchmentRows:
    """Take steps 1 and 2 as in a run."""
    flows = catchment_case(task.intervention, task.own, stops=stops, opens=task.opens).flows
    flows = flows[flows["demand"] > 0.0]
    times = task.own.nearness.times
    place = {times.origins[row]: number for number, row in enumerate(task.rows)}
    column = {name: number for number, name in enumerate(task.arrays.names)} | {"": NOWHERE}
    return CatchmentRows(
        np.array([place[each] for each in flows["postcode"]], dtype=np.int64),
        np.array([column[each] for each in flows["provider_before"]], dtype=np.int64),
        np.array([column[each] for each in flows["provider_after"]], dtype=np.int64),
        flows["demand"].to_numpy(np.float64),
        flows["moved"].to_numpy(bool),
    )
