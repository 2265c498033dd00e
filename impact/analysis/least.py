"""The candidate of a sweep with the least travel, what comes next, and what every lock costs.

All candidates have been evaluated, so that the least of them is the least there is. The rule that
university hospitals stay narrows them; what it costs is the least with it, minus the least without.
Candidates do not hold what the study locks (must_stay, must_stop): those costs come from the
optimiser, where it has all sets at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.cases import make_case
from impact.analysis.optimise import MOST_TIES, NEXT_BEST, OPTIMUM, kept_open, make_problem
from impact.model.allocation_rule import NEAREST
from impact.model.candidates import stops_asked
from impact.model.hidden import volumes_of
from impact.optimise.all_sets import AllSets
from impact.optimise.locks import OPTIMAL, RULE, Lock, LockCost, lock_costs, locks_of
from impact.optimise.query import Query
from impact.optimise.solve import Optimum
from impact.sweep.pareto import travel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention, Study

_SECONDS = 2.0
"""For the locks of a study, which a sweep tells on the way."""


@dataclass(frozen=True, eq=False)
class LeastTravel:
    """The least travel of all candidates of an intervention.

    Attributes
    ----------
    rows
        Candidates that change something and keep the rule, from the least travel on: all that are
        equally good, and the next few.
    ties
        How many of them are as good as the first.
    best, volumes
        The first in full.
    kept
        Provider -> why the rule `impact.model.staying.UNIVERSITY_STAYS` keeps it.
    rule_dropped
        Whether no candidate keeps the rule, so that it is not followed here.
    locks
        What each lock costs, in mean minutes over everybody.
    complete
        Whether the locks of the study are among them.
    """

    rows: tuple[int, ...]
    ties: int
    best: Case
    volumes: pd.DataFrame
    kept: Mapping[str, str]
    rule_dropped: bool
    locks: tuple[LockCost, ...]
    complete: bool


def least_travel(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
    table: pd.DataFrame,
) -> LeastTravel | None:
    """Find the candidates with the least travel.

    Parameters
    ----------
    study, intervention, inputs, registered
        As swept.
    table
        Candidates, with stops, opens, unreachable and mean_extra_all.

    Returns
    -------
    LeastTravel or None
        `None` where nothing is known of any candidate.
    """
    cost = travel(table)
    order = np.lexsort((cost[:, 1], cost[:, 0]))
    order = order[np.isfinite(cost[order]).all(axis=1)]
    if not any(True for _ in _first(table, cost, order, ())):
        return None
    kept = kept_open(study, intervention, inputs)
    rows = list(_first(table, cost, order, kept))
    dropped = not rows
    if dropped:
        rows = list(_first(table, cost, order, ()))
    ties = int((cost[rows] == cost[rows[0]]).all(axis=1).sum())
    stops, opens = (_names(table[key].iloc[rows[0]]) for key in ("stops", "opens"))
    best = make_case(intervention, inputs, name=OPTIMUM, stops=stops, opens=opens)
    locks: list[LockCost] = []
    for lock in locks_of((), (), () if dropped else [*kept]):
        (free, *_) = _first(table, cost, order, {*kept} - {*lock.names})
        # who has no route is in no mean: then minutes say nothing
        if cost[free, 0] == cost[rows[0], 0]:
            locks.append(_rule_cost(intervention, table, lock, free, rows[0]))
    own, complete = _study_locks(study, intervention, inputs, () if dropped else kept)
    return LeastTravel(
        rows=tuple(rows),
        ties=ties,
        best=best,
        volumes=volumes_of(best, inputs, registered),
        kept=kept,
        rule_dropped=dropped,
        locks=(*own, *locks),
        complete=complete,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split("; ")) if text else ()


def _first(
    table: pd.DataFrame, cost: NDArray[np.float64], order: NDArray[np.int64], stay: Iterable[str]
) -> Iterator[int]:
    """Give the rows with the least travel in which these stay: those equally good and some more."""
    stay, stops, opens = set(stay), table["stops"].to_numpy(), table["opens"].to_numpy()
    found: list[int] = []
    for row in order.tolist():
        # of what changes something: that today has less says nothing
        if not (stops[row] or opens[row]) or not stay.isdisjoint(_names(stops[row])):
            continue
        if len(found) > NEXT_BEST and (cost[row] != cost[found[0]]).any():
            return
        if len(found) > MOST_TIES:
            return
        found.append(row)
        yield row


def _rule_cost(
    intervention: Intervention, table: pd.DataFrame, lock: Lock, free: int, best: int
) -> LockCost:
    """Hold the least travel without a lock against that with it."""
    means, stops = table["mean_extra_all"].to_numpy(), _names(table["stops"].iloc[free])
    left = (*intervention.providers, *_names(table["opens"].iloc[free]))
    is_open = tuple(sorted(set(left) - set(stops)))
    value = float(means[free])
    without = Optimum(OPTIMAL, is_open, value, value, 0.0)
    return LockCost(lock, max(0.0, float(means[best]) - value), without)


def _study_locks(
    study: Study, intervention: Intervention, inputs: Inputs, kept: Iterable[str]
) -> tuple[Sequence[LockCost], bool]:
    """Ask the optimiser what must_stay and must_stop cost, where that is quickly known."""
    locks = [
        lock
        for lock in locks_of(intervention.must_stay, intervention.must_stop, ())
        if lock.kind != RULE
    ]
    if not locks:
        return (), True
    asked = stops_asked(intervention)
    left = 0 if asked is None else len(intervention.providers) - asked
    plain = intervention.allocation == NEAREST and not intervention.may_open
    if not plain or left <= 0:
        return (), False
    query = Query(exactly=left, minimum=0.0)
    problem = make_problem(study, intervention, inputs, query, capacity={}, kept=kept)
    sets = AllSets.of(problem)
    best = None if sets is None else sets.best(problem)
    if best is None or best.status != OPTIMAL:
        return (), False
    return lock_costs(problem, best, locks, time_limit=_SECONDS)
