"""Ask for the best redistribution of every intervention of a study."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.concentration.cases import make_case, stops_asked
from impact.concentration.choice import EVERYBODY_NEAREST, NEAREST
from impact.concentration.demand import PATIENTS
from impact.concentration.inputs import load_inputs
from impact.concentration.locations import locations_before
from impact.concentration.optimise import optimise, plain_value
from impact.concentration.optimise_problem import Problem
from impact.concentration.volumes import case_volumes
from impact.errors import Fault, InputError, nearest_names
from impact.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from impact.concentration.inputs import Inputs
    from impact.concentration.optimise import Optimum
    from impact.concentration.result import Case
    from impact.study import Intervention, Study

OPTIMUM = "optimum"
"""Name of the case in which the best redistribution is shown."""


@dataclass(frozen=True)
class Asked:
    """What is asked of the optimum beside the study.

    Attributes
    ----------
    objective, limit
        See `impact.concentration.optimise_problem.Problem`.
    exactly, at_most
        How many locations are open; `None`: as few as `stop_count` says where there is no minimum.
    minimum
        Least volume per open location, in the unit of the demand; `None`: the norm, where demand
        is patients.
    gap, time_limit
        When the solver may stop.
    """

    objective: str = "minutes"
    limit: float = 45.0
    exactly: int | None = None
    at_most: int | None = None
    minimum: float | None = None
    gap: float = 0.0
    time_limit: float = 60.0


@dataclass(frozen=True, eq=False)
class Optimised:
    """The best redistribution of one intervention.

    Attributes
    ----------
    intervention
        Which.
    problem
        What was asked.
    optimum
        What was found.
    today
        Value of the objective with the providers of today; NaN where somebody has no route.
    case
        The optimum with its flows and figures; `None` where nothing was found.
    volumes
        Per location, as `impact.concentration.volumes.case_volumes` gives them.
    """

    intervention: Intervention
    problem: Problem
    optimum: Optimum
    today: float
    case: Case | None = None
    volumes: pd.DataFrame = field(default_factory=pd.DataFrame)


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
        CSV with ``location``, ``capacity`` (most volume per year, in the unit of the demand) and
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
    room = _read_capacity(capacity, study, inputs, sources)
    problems: list[Problem] = []
    faults: list[Fault] = []
    for each in study.interventions:
        try:
            problems.append(
                make_problem(study, each, inputs, asked, capacity=room.get(each.name, {}))
            )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    found = []
    for each, problem in zip(study.interventions, problems, strict=True):
        if each.allocation != NEAREST:
            notes.append(
                f"{each.name}: the optimum sends everybody to the nearest open location, not by "
                f"the rule {each.allocation!r} of the study"
            )
        found.append(_optimise_one(each, problem, inputs, asked))
    return StudyOptimum(study, inputs, asked, tuple(found), tuple(notes), tuple(sources))


def make_problem(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    asked: Asked,
    *,
    capacity: Mapping[str, float],
) -> Problem:
    """Put an intervention into the terms of the optimiser.

    Parameters
    ----------
    study, intervention, inputs
        What is concentrated.
    asked
        What is asked beside the study.
    capacity
        Location -> most volume.

    Returns
    -------
    Problem

    Raises
    ------
    InputError
        Where nothing limits how many locations are open.
    """
    own = {*intervention.providers, *intervention.may_open}
    names = sorted({*own, *locations_before(intervention, inputs.outside[intervention.name])})
    place = {name: column for column, name in enumerate(inputs.times.destinations)}
    unit = inputs.demand.unit_of(intervention.name)
    minimum = asked.minimum
    if minimum is None:
        minimum = intervention.norm or 0.0 if unit == PATIENTS else 0.0
    least, most = _number(study, intervention, asked, minimum, len(own))
    counted = np.array([name in own for name in names])
    return Problem(
        names=tuple(names),
        minutes=inputs.times.minutes[:, [place[name] for name in names]],
        demand=inputs.demand.weights[intervention.name],
        counted=counted,
        open=np.array([name in intervention.must_stay for name in names]) | ~counted,
        closed=np.array([name in intervention.must_stop for name in names]),
        least=least,
        most=most,
        minimum=minimum,
        capacity=np.array([capacity.get(name, np.inf) for name in names]),
        group=pd.factorize(inputs.postcodes["municipality"])[0].astype(np.int64),
        objective=asked.objective,
        limit=asked.limit,
        unit=unit,
    )


def _number(
    study: Study, intervention: Intervention, asked: Asked, minimum: float, many: int
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
        where = f"intervention {intervention.name}"
        raise InputError(Fault(study.source, where, "", None, expected))
    return left, left


def _optimise_one(
    intervention: Intervention, problem: Problem, inputs: Inputs, asked: Asked
) -> Optimised:
    optimum = optimise(problem, gap=asked.gap, time_limit=asked.time_limit)
    now = np.array([name in intervention.providers for name in problem.names]) | ~problem.counted
    ways = np.asarray(np.isfinite(problem.minutes[:, now]).any(axis=1), dtype=bool)
    today = plain_value(problem, now) if ways[problem.has_route].all() else np.nan
    if not optimum.open:
        return Optimised(intervention, problem, optimum, today)
    nearest = replace(inputs, choices={intervention.name: EVERYBODY_NEAREST})
    stops = tuple(name for name in intervention.providers if name not in optimum.open)
    case = make_case(
        replace(intervention, allocation=NEAREST),
        nearest,
        name=OPTIMUM,
        stops=stops,
        opens=tuple(name for name in optimum.open if name not in intervention.providers),
    )
    volumes = case_volumes(case, problem.unit, None)
    return Optimised(intervention, problem, optimum, today, case, volumes)


def _read_capacity(
    path: Path | None, study: Study, inputs: Inputs, sources: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """Read intervention -> location -> most volume."""
    if path is None:
        return {}
    table = read_table(path)
    table.require(["location", "capacity"])
    sources.append({"name": table.name, "sha256": table.sha256})
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
    return out
