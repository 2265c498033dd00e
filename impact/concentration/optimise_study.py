"""Ask for the best redistribution of every intervention of a study."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.cases import make_case
from impact.concentration.choice import EVERYBODY_NEAREST, NEAREST
from impact.concentration.inputs import load_inputs
from impact.concentration.optimise import optimise, plain_value
from impact.concentration.optimise_asked import make_problem, make_volume, read_capacity
from impact.concentration.optimise_beside import by_number, next_best
from impact.concentration.optimise_volumes import VOLUMES
from impact.concentration.volumes import read_volumes
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from impact.concentration.inputs import Inputs
    from impact.concentration.optimise import Optimum
    from impact.concentration.optimise_asked import Asked
    from impact.concentration.optimise_problem import Problem
    from impact.concentration.optimise_volumes import Volume
    from impact.concentration.result import Case
    from impact.study import Intervention, Study

OPTIMUM = "optimum"
"""Name of the case in which the best redistribution is shown."""
RUNNER_UP, BY_NUMBER = "runner-up", "locations"
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
        Per location, as `impact.concentration.volumes.case_volumes` gives them.
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
    optimum
        What was found.
    today
        Value of the objective with the providers of today; NaN where somebody has no route.
    best
        The optimum in full; `None` where nothing was found.
    runners_up
        The next best, from the best on; see `impact.concentration.optimise_beside.next_best`.
    by_number
        The best for every number of open locations that can be met.
    scenarios
        The named scenarios of the study with everybody at the nearest, by the same measure.
    complete
        Whether time allowed all runners-up and numbers.
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
    asked: Asked
    found: tuple[Optimised, ...]
    notes: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]


def optimise_study(
    study: Study,
    asked: Asked,
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
        From `impact.study_file.read_study`.
    asked
        What is asked beside it.
    intervention
        Only this one.
    capacity
        CSV with ``location``, ``capacity`` (most volume per year, in the unit of the volumes) and
        perhaps ``intervention``.
    engine, progress, use_cache
        See `impact.concentration.inputs.load_inputs`.

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
        study = replace(study, interventions=(study.intervention(intervention),))
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    notes, sources = list(inputs.notes), [dict(each) for each in inputs.sources]
    room = read_capacity(capacity, study, inputs, sources)
    registered: Mapping[str, Mapping[str, float]] = {}
    if asked.volumes == VOLUMES[0]:
        registered = read_volumes(study, list(inputs.hospitals.index), notes, sources)
    problems: list[tuple[Problem, Volume]] = []
    faults: list[Fault] = []
    for each in study.interventions:
        try:
            volume = make_volume(study, each, inputs, registered.get(each.name))
            problem = make_problem(
                study, each, inputs, asked, capacity=room.get(each.name, {}), volume=volume
            )
            problems.append((problem, volume))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    found = []
    for each, (problem, volume) in zip(study.interventions, problems, strict=True):
        if problem.minimum > 0.0 or np.isfinite(problem.capacity).any():
            notes.append(volume.note(each.name))
        if each.allocation != NEAREST:
            notes.append(
                f"{each.name}: the optimum sends everybody to the nearest open location, not by "
                f"the rule {each.allocation!r} of the study"
            )
        found.append(_optimise_one(study, each, problem, volume, inputs, asked))
    return StudyOptimum(study, inputs, asked, tuple(found), tuple(notes), tuple(sources))


def _optimise_one(
    study: Study,
    intervention: Intervention,
    problem: Problem,
    volume: Volume,
    inputs: Inputs,
    asked: Asked,
) -> Optimised:
    optimum = optimise(problem, gap=asked.gap, time_limit=asked.time_limit)
    known = Optimised(
        intervention, problem, volume, optimum, _value(problem, intervention.providers)
    )
    if not optimum.open:
        return known
    known = replace(
        known,
        best=_in_full(known, optimum.open, inputs, OPTIMUM),
        scenarios=tuple(_scenarios(study, known, inputs)),
    )
    if optimum.status != "optimal":
        return replace(known, complete=False)
    end = time.monotonic() + asked.time_limit
    after = next_best(problem, optimum, gap=asked.gap, time_limit=asked.time_limit)
    left = max(0.0, end - time.monotonic())
    numbers = by_number(problem, gap=asked.gap, time_limit=left)
    return replace(
        known,
        runners_up=tuple(
            _in_full(known, each.open, inputs, f"{RUNNER_UP} {place}")
            for place, each in enumerate(after.found, start=2)
        ),
        by_number=tuple(
            _in_full(known, each.open, inputs, f"{BY_NUMBER} {len(each.open)}")
            for each in numbers.found
        ),
        complete=after.complete and numbers.complete,
    )


def _scenarios(study: Study, known: Optimised, inputs: Inputs) -> Iterator[Redistribution]:
    """Named scenarios that change this intervention, everybody at the nearest."""
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
    intervention = known.intervention
    case = make_case(
        replace(intervention, allocation=NEAREST),
        replace(inputs, choices={intervention.name: EVERYBODY_NEAREST}),
        name=name,
        stops=tuple(each for each in intervention.providers if each not in names),
        opens=tuple(each for each in names if each not in intervention.providers),
    )
    volumes = known.volume.of_case(case, known.problem.unit)
    return Redistribution(_value(known.problem, names), case, volumes)
