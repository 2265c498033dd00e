"""What is asked of the optimum, and how a study becomes a problem to solve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.concentration.candidates import stops_asked
from impact.concentration.demand import PATIENTS
from impact.concentration.locations import locations_before
from impact.concentration.optimise_problem import Problem
from impact.concentration.optimise_volumes import VOLUMES, volume_of
from impact.errors import Fault, InputError, nearest_names
from impact.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.concentration.inputs import Inputs
    from impact.concentration.optimise_volumes import Volume
    from impact.study import Intervention, Study


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
        Least volume per open location, in the unit of the volumes; `None`: the norm, where that is
        patients.
    gap, time_limit
        When the solver may stop; what stands beside the best gets as much time once more.
    volumes
        One of `impact.concentration.optimise_volumes.VOLUMES`.
    """

    objective: str = "minutes"
    limit: float = 45.0
    exactly: int | None = None
    at_most: int | None = None
    minimum: float | None = None
    gap: float = 0.0
    time_limit: float = 60.0
    volumes: str = VOLUMES[0]


def _locations(intervention: Intervention, inputs: Inputs) -> tuple[list[str], NDArray[np.float64]]:
    """Locations that may be open, sorted, and the minutes to them."""
    before = locations_before(intervention, inputs.outside[intervention.name])
    names = sorted({*before, *intervention.may_open})
    place = {name: column for column, name in enumerate(inputs.times.destinations)}
    return names, inputs.times.minutes[:, [place[name] for name in names]]


def make_volume(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
) -> Volume:
    """Find what counts as the volume of a location.

    Parameters
    ----------
    study, intervention, inputs
        What is concentrated.
    registered
        Provider -> count per year; `None`: demand is the volume.

    Returns
    -------
    Volume

    Raises
    ------
    InputError
        See `impact.concentration.optimise_volumes.volume_of`.
    """
    names, minutes = _locations(intervention, inputs)
    return volume_of(
        names,
        minutes,
        inputs.demand.weights[intervention.name],
        before=locations_before(intervention, inputs.outside[intervention.name]),
        unit=inputs.demand.unit_of(intervention.name),
        registered=registered,
        about=(study.source, intervention.name),
    )


def make_problem(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    asked: Asked,
    *,
    capacity: Mapping[str, float],
    volume: Volume | None = None,
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
    volume
        From `make_volume`; `None`: the demand.

    Returns
    -------
    Problem

    Raises
    ------
    InputError
        Where nothing limits how many locations are open.
    """
    own = {*intervention.providers, *intervention.may_open}
    names, minutes = _locations(intervention, inputs)
    volume = make_volume(study, intervention, inputs, None) if volume is None else volume
    minimum = asked.minimum
    if minimum is None:
        minimum = intervention.norm or 0.0 if volume.unit == PATIENTS else 0.0
    least, most = _number(study, intervention, asked, minimum, len(own))
    counted = np.array([name in own for name in names])
    return Problem(
        names=tuple(names),
        minutes=minutes,
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
        unit=inputs.demand.unit_of(intervention.name),
        volume=volume.brings,
        volume_unit=volume.unit,
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


def read_capacity(
    path: Path | None, study: Study, inputs: Inputs, sources: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """Read what locations can take.

    Parameters
    ----------
    path
        CSV with ``location``, ``capacity`` and perhaps ``intervention``; `None`: nothing.
    study, inputs
        Names that it may hold.
    sources
        List that gets a line for the file.

    Returns
    -------
    dict of str to dict of str to float
        Intervention -> location -> most volume.

    Raises
    ------
    InputError
        For what is wrong with the table.
    """
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
