"""The situations of a plan: what holds of a treatment from one day to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.analysis.cases import make_case
from impact.model.hidden import flow_ends, volumes_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from impact.model.case import Case
    from impact.model.flow_ends import FlowEnds
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention


@dataclass(frozen=True)
class Step:
    """One row of a plan.

    Attributes
    ----------
    intervention, location
        Of the study.
    step
        One of `STEPS`.
    start
        From this day; `None` where none is set.
    takers
        Of a location that stops: recipient -> share; empty: the nearest that is left.
    capacity
        Patients a year (``capacity``).
    state
        One of `STATES`.
    source
        Who says so.
    """

    intervention: str
    location: str
    step: str
    start: dt.date | None
    takers: Mapping[str, float]
    capacity: float
    state: str
    source: str


@dataclass(frozen=True, eq=False)
class Epoch:
    """A treatment from one day to the next.

    Attributes
    ----------
    start
        The day; `None` before the first.
    case
        Who stops, who goes where, and the figures.
    volumes
        As of any case.
    over
        Location -> patients a year above its capacity, or above it by hidden counts perhaps.
    over_ends
        Location -> between which hidden counts leave that; below zero there is room.
    ends
        What hidden counts leave open of the flows.
    """

    start: dt.date | None
    case: Case
    volumes: pd.DataFrame
    over: Mapping[str, float]
    over_ends: Mapping[str, tuple[float, float]]
    ends: FlowEnds | None = None

    @property
    def moved_ends(self) -> tuple[float, float]:
        """Between which hidden counts leave the demand that moves; NaN without them."""
        if self.ends is None:
            return math.nan, math.nan
        return self.ends.of_sum(self.case.flows["moved"].to_numpy())


def epochs_of(
    intervention: Intervention,
    inputs: Inputs,
    steps: Sequence[Step],
    registered: Mapping[str, float] | None,
) -> Iterator[Epoch]:
    """Give the situations of a treatment, from today on.

    Parameters
    ----------
    intervention, inputs
        What it is about, and what it is computed with.
    steps
        Of the plan.
    registered
        Location -> registered count, where there are any.

    Yields
    ------
    Epoch
        Today first, then one for each day on which something changes.
    """
    own = [step for step in steps if step.intervention == intervention.name]
    days = sorted({step.start for step in own if step.start is not None})
    for day in (None, *days):
        force = [step for step in own if day and step.start and step.start <= day]
        # a later row for the same location replaces what an earlier one said
        stops = {step.location: step.takers for step in force if step.step == "stops"}
        opens = {step.location for step in force if step.step == "opens"}
        most = {step.location: step.capacity for step in force if step.step == "capacity"}
        case = make_case(
            intervention,
            inputs,
            name="" if day is None else day.isoformat(),
            stops=tuple(sorted(stops)),
            opens=tuple(sorted(opens - set(stops))),
            moves_to={giver: dict(takers) for giver, takers in stops.items() if takers},
        )
        volumes = volumes_of(case, inputs, registered)
        over, over_ends = _over(volumes, most)
        ends = flow_ends(inputs, case, registered)
        yield Epoch(day, case, volumes, over, over_ends, ends)


def _over(
    volumes: pd.DataFrame, most: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Name who has more than its capacity, or may have by hidden counts, and between which."""
    over, ends = {}, {}
    for row in volumes.sort_values("location").to_dict("records"):
        name = str(row["location"])
        more, low, high = (
            float(row[each]) - most.get(name, math.nan)
            for each in ("volume_after", "volume_after_low", "volume_after_high")
        )
        if more > 0.0 or high > 0.0:
            over[name] = more
            if low < high:
                ends[name] = (low, high)
    return over, ends
