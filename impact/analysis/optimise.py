"""Ask for the best redistribution of every intervention of a study.

The next best is found by dividing what is left after the best is taken out (Lawler 1972): each part
agrees with it on some locations and differs on the next, so that the parts overlap nowhere and miss
nothing. The best of the parts is the next best; its own part is divided in turn.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.cases import make_case
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.allocation_rule import NEAREST
from impact.model.candidates import locations_before, stops_asked
from impact.model.demand import PATIENTS
from impact.model.hidden import flow_ends, rests_on_hidden, volumes_of
from impact.model.inputs import load_inputs
from impact.model.staying import kept_by_rule
from impact.model.study_catchments import (
    by_catchment,
    check_closest,
    inside_networks,
    with_catchments,
)
from impact.model.volumes import RegisteredCounts, read_volumes
from impact.notes import Loaded, Note, distinct_sources
from impact.optimise.all_sets import AllSets
from impact.optimise.locks import OPTIMAL, LockCost, lock_costs, locks_of
from impact.optimise.problem import Problem, volume_of
from impact.optimise.query import VOLUMES, Query
from impact.optimise.solve import Optimum, optimise, plain_value
from impact.study.model import CATCHMENT
from impact.sweep.catchments import locations_performing, network_minutes
from impact.sweep.pareto import BASELINE
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.optimise.problem import Volume
    from impact.study.model import Intervention, Study


def _locations(intervention: Intervention, inputs: Inputs) -> tuple[list[str], NDArray[np.float64]]:
    """Locations that may be open, sorted, and the minutes to them; by catchments to a network."""
    before = _before(intervention, inputs)
    names = sorted({*before, *intervention.may_open})
    own = inputs.catchments.get(intervention.name)
    if own is not None:
        return names, network_minutes(own, names, before)[0]
    return names, inputs.times.to(names)


def _before(intervention: Intervention, inputs: Inputs) -> Sequence[str]:
    own = inputs.catchments.get(intervention.name)
    if own is not None:
        return locations_performing(intervention, own)
    return locations_before(intervention, inputs.outside[intervention.name])


def make_volume(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
) -> Volume:
    """Find what counts as the volume of a location."""
    names, minutes = _locations(intervention, inputs)
    return volume_of(
        names,
        minutes,
        inputs.demand.weights[intervention.name],
        before=_before(intervention, inputs),
        unit=inputs.demand.unit_of(intervention.name),
        registered=registered,
        about=(study.source, intervention.name),
    )


def make_problem(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    asked: Query,
    *,
    capacity: Mapping[str, float],
    volume: Volume | None = None,
    kept: Iterable[str] = (),
) -> Problem:
    """Put an intervention into the terms of the optimiser; `kept` are open beside must_stay."""
    stays = {*intervention.must_stay, *kept}
    own = {*intervention.providers, *intervention.may_open}
    names, minutes = _locations(intervention, inputs)
    volume = make_volume(study, intervention, inputs, None) if volume is None else volume
    minimum = asked.minimum
    if minimum is None:
        # an assumed spread of patients decides nothing
        known = volume.unit == PATIENTS and (
            volume.registered or intervention.name not in inputs.demand.spreads
        )
        minimum = intervention.norm or 0.0 if known else 0.0
    least, most = _number(study, intervention, asked, minimum, len(own))
    counted = np.array([name in own for name in names])
    # in no network, and so open whatever is decided
    goes_on = {*intervention.must_stay} & {*intervention.providers} - {*names}
    free = goes_on or intervention.all_fail == "leaves_region"
    return Problem(
        names=tuple(names),
        minutes=minutes,
        demand=inputs.demand.weights[intervention.name],
        counted=counted,
        open=np.array([name in stays for name in names]) | ~counted,
        closed=np.array([name in intervention.must_stop for name in names]),
        least=least,
        most=most,
        minimum=minimum,
        capacity=np.array([capacity.get(name, np.inf) for name in names]),
        group=pd.factorize(inputs.postcodes["municipality"])[0].astype(np.int64),
        objective=asked.objective,
        limit=asked.limit,
        unit=inputs.demand.unit_of(intervention.name),
        volume=volume.brings,
        volume_unit=volume.unit,
        todays=None if free else np.isin(names, intervention.providers),
    )


def _number(
    study: Study, intervention: Intervention, asked: Query, minimum: float, many: int
) -> tuple[int, int]:
    """How many locations are open: as asked, else by the minimum, else by `stop_count`."""
    if asked.exactly is not None:
        return asked.exactly, asked.exactly
    if asked.at_most is not None:
        return 0, asked.at_most
    if minimum > 0.0:
        return 0, many
    stops = stops_asked(intervention)
    left = None if stops is None else len(intervention.providers) - stops
    if not left:
        expected = (
            "--locations, --at-most or --minimum (or a norm and patients, or a stop_count that "
            "leaves somebody): otherwise every location stays open"
        )
        where = said("intervention {name}", name=intervention.name)
        raise InputError(Fault(study.source, where, "", None, expected))
    return left, left


def read_capacity(
    path: Path | None, study: Study, inputs: Inputs
) -> Loaded[dict[str, dict[str, float]]]:
    """Read what locations can take."""
    if path is None:
        return Loaded({})
    table = read_table(path)
    table.require(["location", "capacity"])
    values, faults = table.numbers("capacity", minimum=0.0)
    names = [each.name for each in study.interventions]
    own = "intervention" in table.frame
    keys = ["location", *(["intervention"] if own else [])]
    known: Sequence[str] = list(map(str, inputs.hospitals.index))
    for row, record in zip(table.rows, table.frame.to_dict("records"), strict=True):
        if record["location"] not in known:
            near = nearest_names(str(record["location"]), known)
            expected = "a hospital location"
            faults.append(
                Fault(table.name, table.where(row), "location", record["location"], expected, near)
            )
    repeated = table.frame.duplicated(keys).to_numpy()
    faults += [
        Fault(table.name, table.where(row), "location", name, "each location once")
        for row, name, again in zip(table.rows, table.frame["location"], repeated, strict=True)
        if again
    ]
    if faults:
        raise InputError(faults)
    frame = table.frame.assign(capacity=values)
    out = {}
    for name in names:
        mine = frame[frame["intervention"] == name] if own else frame
        out[name] = dict(zip(mine["location"], mine["capacity"].astype(float), strict=True))
    return Loaded(out, table.notes, ({"name": table.name, "sha256": table.sha256},))


NEXT_BEST = 3
"""Runner-ups that are looked for."""

MOST_TIES = 10
"""Redistributions as good as the best that are looked for."""

_TIE = 1e-9
"""Values that differ by less differ by the order of summation only."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Optima that were found, and whether nothing was passed over.

    Attributes
    ----------
    found
        In order; each is proven to be the best of its part.
    complete
        False where time ran out.
    """

    found: tuple[Optimum, ...] = ()
    complete: bool = True


def next_best(
    problem: Problem,
    best: Optimum,
    *,
    most: int = NEXT_BEST,
    gap: float = 0.0,
    time_limit: float = 60.0,
) -> Beside:
    """Redistributions that come after the best; more than `most` while they are as good as it."""
    end = time.monotonic() + time_limit
    sets = AllSets.of(problem)
    order = count()
    found: list[Optimum] = []
    heap: list[tuple[float, int, Problem, Optimum]] = []
    part, last = problem, best
    while len(found) < most or (tied(best.value, last.value) and len(found) < MOST_TIES):
        for each in _divided(part, last):
            left = end - time.monotonic()
            answer = None
            if left > 0.0:
                answer = _best(each, sets, gap=gap, time_limit=left)
            if answer is None or answer.status not in {OPTIMAL, "infeasible"}:
                return Beside(tuple(found), complete=False)
            if answer.open:
                heapq.heappush(heap, (answer.value, next(order), each, answer))
        if not heap:
            break
        _, _, part, last = heapq.heappop(heap)
        found.append(last)
    return Beside(tuple(found))


def tied(best: float, value: float) -> bool:
    """Whether two values of the objective are equal.

    Examples
    --------
    >>> tied(12.0, 12.0 + 1e-12), tied(12.0, 12.01)
    (True, False)
    """
    return math.isclose(best, value, rel_tol=_TIE, abs_tol=_TIE)


def _best(part: Problem, sets: AllSets | None, *, gap: float, time_limit: float) -> Optimum:
    """Find the best of a part of a problem: by its sets, where they are few."""
    if sets is not None:
        return sets.best(part)
    return optimise(part, gap=gap, time_limit=time_limit, explain=False)


def _divided(problem: Problem, best: Optimum) -> Iterator[Problem]:
    """Divide all that is not the best: alike up to a location, and different there."""
    is_open = np.isin(problem.names, best.open) | ~problem.counted
    fixed_open, fixed_closed = problem.open.copy(), problem.closed.copy()
    for place in np.flatnonzero(problem.free):
        other_open, other_closed = fixed_open.copy(), fixed_closed.copy()
        (other_closed if is_open[place] else other_open)[place] = True
        yield replace(problem, open=other_open, closed=other_closed)
        (fixed_open if is_open[place] else fixed_closed)[place] = True


def by_number(problem: Problem, *, gap: float = 0.0, time_limit: float = 60.0) -> Beside:
    """Find the best redistribution for every number of open locations that can be met."""
    end = time.monotonic() + time_limit
    sets = AllSets.of(problem)
    found: list[Optimum] = []
    complete = True
    for number in range(1, int((problem.counted & ~problem.closed).sum()) + 1):
        left = end - time.monotonic()
        if left <= 0.0:
            return Beside(tuple(found), complete=False)
        asked = replace(problem, least=number, most=number)
        answer = _best(asked, sets, gap=gap, time_limit=left)
        if answer.status == OPTIMAL:
            found.append(answer)
        complete &= answer.status in {OPTIMAL, "infeasible"}
    return Beside(tuple(found), complete)


OPTIMUM = "optimum"
"""Name of the case in which the best redistribution is shown."""
RUNNER_UP, BY_NUMBER, FREED = "runner-up", "locations", "without a lock"
"""Those beside it are named with their place, respectively how many are open."""


@dataclass(frozen=True, eq=False)
class Redistribution:
    """One redistribution in full.

    Attributes
    ----------
    value
        Of the objective.
    case
        With its flows and figures.
    volumes
        Per location, as `impact.model.volumes.case_volumes` gives them.
    """

    value: float
    case: Case
    volumes: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Optimised:
    """The best redistribution of one intervention.

    Attributes
    ----------
    intervention
        Which.
    problem
        What was asked.
    volume
        What counted as volume.
    kind
        How patients are known: ``modelled``, ``registered``, or empty for residents.
    optimum
        What was found.
    today
        Value of the objective with the providers of today; NaN where somebody has no route.
    best
        The optimum in full; `None` where nothing was found.
    runners_up
        The next best, from the best on; see `impact.analysis.optimise.next_best`.
    by_number
        The best for every number of open locations that can be met.
    scenarios
        The named scenarios of the study without named recipients, by the same measure.
    complete
        Whether time allowed all runners-up, numbers and locks.
    kept
        Provider -> why the rule `impact.model.staying.UNIVERSITY_STAYS` keeps it open.
    rule_dropped
        Whether nothing was possible with that rule, so that it is not followed here.
    locks
        What each lock costs.
    freed
        The best without a lock, in full, of those that are not among the others.
    baseline
        Today in full.
    """

    intervention: Intervention
    problem: Problem
    volume: Volume
    optimum: Optimum
    today: float
    best: Redistribution | None = None
    runners_up: tuple[Redistribution, ...] = ()
    by_number: tuple[Redistribution, ...] = ()
    scenarios: tuple[Redistribution, ...] = ()
    complete: bool = True
    kept: Mapping[str, str] = field(default_factory=dict)
    rule_dropped: bool = False
    locks: tuple[LockCost, ...] = ()
    freed: tuple[Redistribution, ...] = ()
    baseline: Redistribution | None = None
    kind: str = ""

    @property
    def otherwise(self) -> bool:
        """Whether people choose otherwise than the objective, which sends all to the nearest."""
        return self.intervention.allocation not in {NEAREST, CATCHMENT}

    @property
    def ties(self) -> tuple[Redistribution, ...]:
        """Those of the runners-up that are as good as the best."""
        if self.best is None:
            return ()
        best = self.best.value
        return tuple(each for each in self.runners_up if tied(best, each.value))


@dataclass(frozen=True, eq=False)
class StudyOptimum:
    """The best redistribution of every intervention that was asked for.

    Attributes
    ----------
    study, inputs, asked
        What was asked, and what it was computed with.
    found
        In the order of the interventions.
    notes, sources
        For the manifest.
    """

    study: Study
    inputs: Inputs
    asked: Query
    found: tuple[Optimised, ...]
    notes: tuple[Note, ...]
    sources: tuple[Mapping[str, Any], ...]


def optimise_study(
    study: Study,
    asked: Query,
    *,
    intervention: str | None = None,
    capacity: Path | None = None,
    engine: str,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> StudyOptimum:
    """Find the best redistribution of a study.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    asked
        What is asked beside it.
    intervention
        Only this one.
    capacity
        CSV with ``location``, ``capacity`` (most volume per year, in the unit of the volumes) and
        perhaps ``intervention``.
    engine, progress, use_cache
        See `impact.model.inputs.load_inputs`.

    Returns
    -------
    StudyOptimum

    Raises
    ------
    InputError
        Whatever is wrong with an input, an unknown intervention, or where nothing limits how many
        locations are open.
    """
    if intervention is not None:
        study = study.only(intervention)
    check_closest(study)
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    room = read_capacity(capacity, study, inputs)
    volumes: Loaded[dict[str, RegisteredCounts]] = Loaded({})
    # by catchments they are the demand
    if asked.volumes == VOLUMES[0] or by_catchment(study):
        volumes = read_volumes(study, list(inputs.hospitals.index))
    inputs = with_catchments(study, inputs, volumes.value, engine=engine)
    study, locked = inside_networks(study, inputs)
    notes = [*inputs.notes, *room.notes, *volumes.notes, *locked]
    problems: list[tuple[Problem, Volume, dict[str, str]]] = []
    faults: list[Fault] = []
    for each in study.interventions:
        try:
            volume = make_volume(study, each, inputs, volumes.value.get(each.name))
            kept = kept_open(study, each, inputs)
            problem = make_problem(
                study,
                each,
                inputs,
                asked,
                capacity=room.value.get(each.name, {}),
                volume=volume,
                kept=kept,
            )
            problems.append((problem, volume, kept))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    found = []
    for each, (problem, volume, kept) in zip(study.interventions, problems, strict=True):
        if problem.minimum > 0.0 or np.isfinite(problem.capacity).any():
            notes.append(volume.note(each.name))
        notes += rests_on_hidden(inputs, each.name, volume.registered or None)
        notes += _rule_notes(each)
        found.append(_optimise_one(study, each, problem, volume, inputs, asked, kept))
    sources = distinct_sources(*inputs.sources, *room.sources, *volumes.sources)
    return StudyOptimum(study, inputs, asked, tuple(found), tuple(notes), sources)


def _rule_notes(intervention: Intervention) -> Iterator[Note]:
    """Say who goes where in the optimum, where the study says it otherwise."""
    if intervention.allocation == CATCHMENT:
        yield Note.of("optimum_catchment", name=intervention.name)
    elif intervention.allocation != NEAREST:
        yield Note.of("optimum_rule", name=intervention.name, rule=intervention.allocation)


def _optimise_one(
    study: Study,
    intervention: Intervention,
    problem: Problem,
    volume: Volume,
    inputs: Inputs,
    asked: Query,
    kept: Mapping[str, str],
) -> Optimised:
    optimum = optimise(problem, gap=asked.gap, time_limit=asked.time_limit, explain=not kept)
    dropped = bool(kept) and optimum.status == "infeasible"
    if dropped:
        # nothing is possible with the rule: then without it, and that is said
        free = np.isin(problem.names, list(kept))
        problem = replace(problem, open=problem.open & ~free)
        optimum = optimise(problem, gap=asked.gap, time_limit=asked.time_limit)
    known = Optimised(
        intervention,
        problem,
        volume,
        optimum,
        _value(problem, intervention.providers),
        kept=kept,
        rule_dropped=dropped,
        kind=_kind(intervention, inputs),
    )
    if not optimum.open:
        return known
    known = replace(
        known,
        best=_in_full(known, optimum.open, inputs, OPTIMUM),
        baseline=_in_full(known, intervention.providers, inputs, BASELINE),
        scenarios=tuple(_scenarios(study, known, inputs)),
    )
    if optimum.status != OPTIMAL or asked.beside <= 0.0:
        return replace(known, complete=asked.beside <= 0.0)
    end = time.monotonic() + asked.beside
    after = next_best(problem, optimum, gap=asked.gap, time_limit=asked.beside)
    left = max(0.0, end - time.monotonic())
    numbers = by_number(problem, gap=asked.gap, time_limit=left)
    locks = locks_of(intervention.must_stay, intervention.must_stop, () if dropped else [*kept])
    left = max(0.0, end - time.monotonic())
    costs, all_costs = lock_costs(problem, optimum, locks, gap=asked.gap, time_limit=left)
    shown = {optimum.open, *(each.open for each in (*after.found, *numbers.found))}
    others = dict.fromkeys(cost.without.open for cost in costs if cost.without.open not in shown)
    return replace(
        known,
        locks=costs,
        freed=tuple(_in_full(known, names, inputs, FREED) for names in others),
        runners_up=tuple(
            _in_full(known, each.open, inputs, f"{RUNNER_UP} {place}")
            for place, each in enumerate(after.found, start=2)
        ),
        by_number=tuple(
            _in_full(known, each.open, inputs, f"{BY_NUMBER} {len(each.open)}")
            for each in numbers.found
        ),
        complete=after.complete and numbers.complete and all_costs,
    )


def kept_open(study: Study, intervention: Intervention, inputs: Inputs) -> dict[str, str]:
    """Find whom the rule keeps that the study does not lock itself."""
    kept = kept_by_rule(intervention, inputs.hospitals, switched_on=study.university_hospitals_stay)
    return {name: why for name, why in kept.items() if name not in intervention.must_stay}


def _kind(intervention: Intervention, inputs: Inputs) -> str:
    """Say how the patients that are counted are known; empty for residents."""
    patients = inputs.demand.unit_of(intervention.name) == PATIENTS
    return inputs.demand.kinds.get(intervention.name, "") if patients else ""


def _scenarios(study: Study, known: Optimised, inputs: Inputs) -> Iterator[Redistribution]:
    """Named scenarios that change this intervention, without the recipients that they name."""
    name, providers = known.intervention.name, known.intervention.providers
    for scenario in study.scenarios:
        stops, opens = scenario.stops.get(name, ()), scenario.opens.get(name, ())
        left = tuple(sorted({*providers, *opens} - set(stops)))
        # a scenario may open what the study does not list under may_open
        if (stops or opens) and left and set(left) <= set(known.problem.names):
            yield _in_full(known, left, inputs, scenario.name)


def _value(problem: Problem, names: Sequence[str]) -> float:
    """Value of a redistribution; NaN where it leaves somebody without a route."""
    is_open = np.isin(problem.names, names) | ~problem.counted
    ways = np.asarray(np.isfinite(problem.minutes[:, is_open]).any(axis=1), dtype=bool)
    return plain_value(problem, is_open) if ways[problem.has_route].all() else np.nan


def _in_full(known: Optimised, names: Sequence[str], inputs: Inputs, name: str) -> Redistribution:
    """Score a redistribution by the rule of the study, as a sweep scores the same candidate."""
    intervention = known.intervention
    case = make_case(
        intervention,
        inputs,
        name=name,
        stops=tuple(each for each in intervention.providers if each not in names),
        opens=tuple(each for each in names if each not in intervention.providers),
    )
    if known.otherwise:
        volumes = volumes_of(case, inputs, known.volume.registered or None)
    else:
        # by catchments the flows of a provider are parts of its own count
        plain = intervention.name not in inputs.catchments
        ends = flow_ends(inputs, case, None) if plain else None
        volumes = known.volume.of_case(case, known.problem.unit, ends)
    return Redistribution(_value(known.problem, names), case, volumes)
