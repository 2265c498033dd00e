"""Every candidate where demand is spread over providers by a formula or by counts.

The flows are those of `impact.model.allocation`, as plain numbers. What no candidate
changes is computed once: who is at which provider, and under a formula every way from a provider to
another in the order of its extra minutes, so that nothing is sorted again. Per candidate only the
shares over what is left are new (``huff``, ``logit``), or the nearest of it (``observed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from impact.model.allocation import NOWHERE, baseline, nearest
from impact.model.candidates import locations_before, locations_joining, open_sets, stop_sets
from impact.sweep.arrays import FIGURES
from impact.sweep.figures import swept_table
from impact.sweep.reference import travel_figures, volume_figures
from impact.workers import threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from impact.model.allocation_rule import AllocationRule
    from impact.model.candidates import StopSets
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention
    from impact.sweep.arrays import SweepArrays
    from impact.workers import Workers

BLOCK = 64
"""Candidates computed in one go: what workers share out."""


class Ways(NamedTuple):
    """Every way from a provider to a location, the least extra minutes first.

    Postcode, provider before, location after, the number of this pair, and the demand there before.
    """

    postcode: NDArray[np.int64]
    giver: NDArray[np.int64]
    taker: NDArray[np.int64]
    pair: NDArray[np.int64]
    present: NDArray[np.float64]


class Rows(NamedTuple):
    """Flows: postcode, location before and after (`NOWHERE` where there is none), and demand."""

    postcode: NDArray[np.int64]
    giver: NDArray[np.int64]
    taker: NDArray[np.int64]
    demand: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spread:
    """What the candidates in which the same locations open stand on.

    Attributes
    ----------
    arrays
        Postcodes with demand, municipalities, counts and norm.
    sets
        Who stops.
    choice
        The rule.
    names
        Locations, sorted.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        To them.
    present : ndarray of float, shape (n_postcodes, n_locations)
        Demand at each in the baseline.
    baseline, usable : ndarray of bool, shape (n_locations,)
        Where demand may be before, and where who must move may go unless it stops.
    draws : ndarray of bool, shape (n_locations,)
        Those that take demand of providers that stay: under a formula those that join.
    judged : ndarray of bool, shape (n_locations,)
        Those whose volumes are judged unless they stop.
    nowhere : ndarray of int
        Postcodes whose demand is at no provider: it goes from the nearest to the nearest.
    ways
        Only under a formula.
    """

    arrays: SweepArrays
    sets: StopSets
    choice: AllocationRule
    names: tuple[str, ...]
    minutes: NDArray[np.float64]
    present: NDArray[np.float64]
    baseline: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    draws: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    nowhere: NDArray[np.int64]
    ways: Ways | None


def sweep_spread(
    intervention: Intervention,
    inputs: Inputs,
    arrays: SweepArrays,
    *,
    every_subset: bool = False,
    workers: Workers = threads,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """All measures of every candidate under ``huff``, ``logit`` or ``observed``."""
    sets = stop_sets(intervention, every_subset=every_subset, opening=intervention.may_open)

    def task_of(opens: tuple[str, ...]) -> Spread:
        return make_spread(intervention, inputs, arrays, sets, opens)

    return swept_table(
        arrays,
        sets,
        open_sets(intervention.may_open),
        (task_of, block_figures, BLOCK),
        workers=workers,
        progress=progress,
    )


def make_spread(
    intervention: Intervention,
    inputs: Inputs,
    arrays: SweepArrays,
    sets: StopSets,
    opens: tuple[str, ...],
) -> Spread:
    """Prepare the candidates in which the same locations open."""
    times, choice = inputs.times, inputs.allocation_rules[intervention.name]
    demand = np.asarray(inputs.demand.weights[intervention.name], dtype=np.float64)
    outside = inputs.outside[intervention.name]
    stopping = len(sets.fixed) + sets.most
    providers = locations_before(intervention, outside)
    joining = locations_joining(intervention, outside, stopping=stopping, opens=opens)
    before = sorted({*providers, *choice.elsewhere})
    names = sorted({*before, *joining})
    some = demand > 0.0
    minutes = times.to(names)[some].astype(np.float64)
    at = np.zeros(minutes.shape)
    at[:, np.isin(names, before)] = baseline(times, demand, before, choice)[some]
    return Spread(
        arrays=arrays,
        sets=sets,
        choice=choice,
        names=tuple(names),
        minutes=minutes,
        present=at,
        baseline=np.isin(names, before),
        usable=np.isin(names, [*providers, *joining]),
        draws=np.isin(names, joining) & choice.spreads,
        judged=np.isin(names, [*intervention.providers, *opens]),
        nowhere=np.flatnonzero(~(at > 0.0).any(axis=1)),
        ways=_ways(at, minutes) if choice.spreads else None,
    )


def _ways(at: NDArray[np.float64], minutes: NDArray[np.float64]) -> Ways:
    possible = (at > 0.0)[:, :, None] & np.isfinite(minutes)[:, None, :]
    row, giver, taker = np.nonzero(possible)
    order = np.argsort(minutes[row, taker] - minutes[row, giver], kind="stable")
    row, giver, taker = row[order], giver[order], taker[order]
    return Ways(row, giver, taker, giver * minutes.shape[1] + taker, at[row, giver])


def block_figures(spread: Spread, start: int) -> NDArray[np.float64]:
    """Figures of the sets from one number on, at most a block of them."""
    out = []
    for stops in spread.sets.some(start, BLOCK):
        found = _figures(spread, np.isin(spread.names, stops))
        out.append([found[name] for name in FIGURES])
    return np.array(out, dtype=np.float64).reshape(-1, len(FIGURES))


def _figures(spread: Spread, stopping: NDArray[np.bool_]) -> dict[str, float]:
    reachable = np.where(spread.usable & ~stopping, spread.minutes, np.inf)
    parts = (_by_formula if spread.choice.spreads else _by_counts)(spread, stopping, reachable)
    lone = spread.nowhere
    from_ = nearest(np.where(spread.baseline, spread.minutes[lone], np.inf))
    parts.append(Rows(lone, from_, nearest(reachable[lone]), spread.arrays.demand[lone]))
    rows = Rows(*map(np.concatenate, zip(*parts, strict=True)))
    # a last column stands for no location
    minutes = np.column_stack([spread.minutes, np.full(len(reachable), np.inf)])
    after = minutes[rows.postcode, rows.taker]
    found = travel_figures(
        spread.arrays,
        spread.arrays.place[rows.postcode],
        rows.demand,
        minutes[rows.postcode, rows.giver],
        after,
        np.append(stopping, [False])[rows.giver],
    )
    return found | volume_figures(
        spread.arrays,
        spread.names,
        # who has no route anywhere is at no location, also where counts say otherwise
        (rows.giver, np.where(np.isfinite(after), rows.taker, NOWHERE), rows.demand),
        stopping=stopping,
        judged=spread.judged & ~stopping,
    )


def _by_formula(
    spread: Spread, stopping: NDArray[np.bool_], reachable: NDArray[np.float64]
) -> list[Rows]:
    """Who must move goes by the shares over what is left; who stays is drawn to what joins."""
    share = spread.choice.shares(reachable, spread.names)
    kept = 1.0 - np.where(spread.draws, share, 0.0).sum(axis=1)
    parts = [_staying(np.where(stopping, 0.0, spread.present * kept[:, None]))]
    if spread.ways is not None:
        used = np.where(stopping[:, None], spread.usable & ~stopping, spread.draws)
        some = np.flatnonzero(used.ravel()[spread.ways.pair])
        ways = spread.ways
        postcode, giver, taker = ways.postcode[some], ways.giver[some], ways.taker[some]
        demand = ways.present[some] * share[postcode, taker]
        parts.append(Rows(postcode, giver, taker, demand))
    # what finds no way on
    lost = np.flatnonzero(~(share > 0.0).any(axis=1))
    without = np.zeros(spread.present.shape)
    without[lost] = np.where(stopping, spread.present[lost], 0.0)
    parts.append(_going(without, np.full(len(without), NOWHERE)))
    return parts


def _by_counts(
    spread: Spread, stopping: NDArray[np.bool_], reachable: NDArray[np.float64]
) -> list[Rows]:
    """Who must move goes to the nearest that is left."""
    moves = _going(np.where(stopping, spread.present, 0.0), nearest(reachable))
    return [_staying(np.where(stopping, 0.0, spread.present)), moves]


def _staying(at: NDArray[np.float64]) -> Rows:
    postcode, giver = np.nonzero(at > 0.0)
    return Rows(postcode, giver, giver, at[postcode, giver])


def _going(at: NDArray[np.float64], taker: NDArray[np.int64]) -> Rows:
    postcode, giver = np.nonzero(at > 0.0)
    return Rows(postcode, giver, taker[postcode], at[postcode, giver])
