"""A plan over time: from when who stops, who travels longer from that day, and what is late.

A plan is a table of steps: a location stops or starts with a treatment on a day, its patients go to
named recipients from a day (a later row for the same location replaces them: so a recipient can be
for the time being), a location can take so many a year from a day. Between two days nothing
changes; so a treatment has as many situations as days. Before its first day nothing moves, and
after its last the plan is the scenario that it leads to.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.epochs import Epoch, Step, epochs_of
from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.candidates import locations_before
from impact.model.inputs import load_inputs, postcode_path
from impact.model.volumes import read_volumes
from impact.notes import Loaded, Note, distinct_sources
from impact.tables.places import read_postcodes
from impact.tables.text_table import parse_number, read_table
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.model.inputs import Inputs
    from impact.study.model import Intervention, Study
    from impact.tables.text_table import Table

STEPS = ("stops", "opens", "capacity")
STATES = ("agreed", "fallback", "open")
"""Agreed in the region; decided by the fallback rule of the process note; not settled."""

_SETTLED = {"decided": "agreed", "agreed": "agreed", "done": "agreed"}
"""Status of a scenario -> state of a plan; any other is open."""

DEADLINES = "deadlines.csv"
SCENARIO, EXTRA_ROUND, TIME_PLAN, FIRST, LAST = (
    "scenario",
    "extra_round",
    "time_plan",
    "first_day",
    "last_day",
)
"""Keys of the shipped deadlines."""

BANDS = ("0-64", "65-74", "75+")
_PEOPLE = ("population", "population_65plus", "population_75plus")
YEAR_COLUMNS = (
    "intervention",
    "year",
    "location",
    "volume",
    "norm",
    "kind",
    "volume_low",
    "volume_high",
)
"""Of the volumes per year; the last two where hidden counts leave a volume open."""

_WHOLE = 1e-6
_DAY = "a day, as 2026-01-01"


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """The plan of a study.

    Attributes
    ----------
    study, inputs
        What was asked, and what it was computed with.
    steps
        In the order of days, then of the study.
    epochs
        Intervention -> its situations, today first.
    late
        Rows: intervention, key of what is late, the deadline and the day that was found.
    years
        Rows of `YEAR_COLUMNS`; empty without a table of growth.
    deadlines
        Key -> day.
    today
        The day that lateness is judged on.
    notes, sources
        As of any result.
    """

    study: Study
    inputs: Inputs
    steps: tuple[Step, ...]
    epochs: Mapping[str, tuple[Epoch, ...]]
    late: pd.DataFrame
    years: pd.DataFrame
    deadlines: Mapping[str, dt.date]
    today: dt.date
    notes: tuple[Note, ...]
    sources: tuple[Mapping[str, Any], ...]

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Every day on which something changes."""
        found = {each.start for steps in self.epochs.values() for each in steps}
        return tuple(sorted(day for day in found if day is not None))

    def at(self, intervention: str, day: dt.date) -> Epoch:
        """Return the situation of a treatment on a day."""
        found = self.epochs[intervention]
        return [each for each in found if each.start is None or each.start <= day][-1]


def study_plan(
    study: Study,
    *,
    plan: Path | None = None,
    growth: Path | None = None,
    today: dt.date | None = None,
    engine: str = DEFAULT_ENGINE,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> StudyPlan:
    """Work out a plan.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    plan
        Table of steps; by default the scenarios of the study that have a day.
    growth
        Table: year, band, factor (residents of the band against today's).
    today
        The day that lateness is judged on.
    engine, progress, use_cache
        As in `impact.analysis.run.run_study`.

    Returns
    -------
    StudyPlan

    Raises
    ------
    InputError
        For faults in the tables, and where two scenarios with days speak of one treatment.
    """
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    registered, noticed, read = read_volumes(study, list(inputs.hospitals.index))
    notes, sources = [*inputs.notes, *noticed], [*inputs.sources, *read]
    if plan is None:
        steps = steps_of(study)
    else:
        loaded = read_plan(plan, study, inputs)
        steps = loaded.value
        notes += loaded.notes
        sources += loaded.sources
    epochs = {
        each.name: tuple(epochs_of(each, inputs, steps, registered.get(each.name)))
        for each in study.interventions
    }
    years = pd.DataFrame(columns=list(YEAR_COLUMNS))
    if growth is not None:
        factors = read_growth(growth)
        notes += factors.notes
        sources += factors.sources
        years = _years(study, inputs, epochs, factors.value)
    deadlines = read_deadlines()
    today = today or dt.datetime.now(tz=dt.UTC).date()
    return StudyPlan(
        study=study,
        inputs=inputs,
        steps=steps,
        epochs=epochs,
        late=late_steps(study, steps, today),
        years=years,
        deadlines=deadlines,
        today=today,
        notes=tuple(notes),
        sources=distinct_sources(*sources),
    )


def read_day(text: str, about: str) -> dt.date:
    """Read a day.

    Parameters
    ----------
    text
        As ``2026-01-01``.
    about
        What is read, for the message.

    Raises
    ------
    InputError
        For anything else.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(Fault(about, "", "", text, _DAY)) from error


def read_deadlines() -> dict[str, dt.date]:
    """Read the deadlines of the process notes, which ship with the package."""
    table = read_table(data_path(DEADLINES)).frame
    return {
        key: dt.date.fromisoformat(day)
        for key, day in zip(table["key"], table["date"], strict=True)
    }


def steps_of(study: Study) -> tuple[Step, ...]:
    """Turn the scenarios of a study into steps.

    Raises
    ------
    InputError
        Where two scenarios with a day speak of one treatment: which of them is the plan?
    """
    out: list[Step] = []
    dated: dict[str, str] = {}
    faults = []
    for scenario in study.scenarios:
        state = _SETTLED.get(scenario.status, "open")
        if scenario.start is None and state == "open":
            continue  # an example is no step of a plan
        for name in dict.fromkeys([*scenario.stops, *scenario.opens]):
            if name in dated:
                where = said("scenario {name}", name=scenario.name)
                expected = said(
                    "one scenario with a day ({other!r} is another), or --plan", other=dated[name]
                )
                faults.append(Fault(study.source, where, "from", name, expected))
            dated[name] = scenario.name
            for step, locations in (("stops", scenario.stops), ("opens", scenario.opens)):
                out += [
                    Step(
                        name,
                        location,
                        step,
                        scenario.start,
                        scenario.moves_to.get(location, {}) if step == "stops" else {},
                        float("nan"),
                        state,
                        scenario.source,
                    )
                    for location in locations.get(name, ())
                ]
    if faults:
        raise InputError(faults)
    return _ordered(out, study)


def _ordered(steps: Iterable[Step], study: Study) -> tuple[Step, ...]:
    place = {name: number for number, name in enumerate(study.names)}
    last = dt.date.max
    return tuple(
        sorted(
            steps, key=lambda step: (step.start or last, place[step.intervention], step.location)
        )
    )


_COLUMNS = ("intervention", "location", "step", "from", "recipient", "capacity", "state", "source")


def read_plan(path: Path, study: Study, inputs: Inputs) -> Loaded[tuple[Step, ...]]:
    """Read a plan.

    Parameters
    ----------
    path
        CSV: intervention, location, step, from; recipient ('A' or 'A: 0.6; B: 0.4'), capacity,
        state and source where they say something.
    study, inputs
        What it speaks of.

    Returns
    -------
    Loaded of tuple of Step

    Raises
    ------
    InputError
        For names, days, shares and states that are not known.
    """
    table = read_table(path)
    table.require(["intervention", "location", "step"])
    faults: list[Fault] = []
    steps = [_step(table, row, study, inputs, faults) for row in table.rows]
    if faults:
        raise InputError(faults)
    source = {"name": table.name, "sha256": table.sha256}
    notes = (*table.notes, *table.unused(_COLUMNS))
    return Loaded(_ordered(steps, study), notes, (source,))


def _step(table: Table, row: int, study: Study, inputs: Inputs, faults: list[Fault]) -> Step:
    cells = {name: str(table.frame.loc[row, name]) for name in table.frame.columns}

    def fault(field: str, expected: str, names: Sequence[str] = ()) -> None:
        value = cells.get(field) or None
        near = nearest_names(value or "", names)
        faults.append(Fault(table.name, table.where(row), field, value, expected, near))

    name, location, step = cells["intervention"], cells["location"], cells["step"]
    known = {each.name: each for each in study.interventions}
    if name not in known:
        fault("intervention", "a treatment of the study", study.names)
    if step not in STEPS:
        fault("step", said("one of {names}", names=", ".join(STEPS)), STEPS)
    elif name in known:
        asked = known[name]
        able = {
            "stops": asked.providers,
            "opens": asked.may_open or tuple(inputs.hospitals.index),
            "capacity": (*locations_before(asked, inputs.outside[name]), *asked.may_open),
        }[step]
        if location not in able:
            fault(
                "location",
                said("a location that may have {step!r} for {name!r}", step=step, name=name),
                able,
            )
    state = cells.get("state") or "open"
    if state not in STATES:
        fault("state", said("one of {names}", names=", ".join(STATES)), STATES)
    start = None
    if stated := cells.get("from"):
        try:
            start = dt.date.fromisoformat(stated)
        except ValueError:
            fault("from", _DAY)
    capacity = parse_number(cells.get("capacity") or "nan", decimal_comma=True)
    if step == "capacity" and (capacity is None or capacity < 0.0):
        fault("capacity", "a number of patients a year, 0 or more")
    takers = _takers(cells.get("recipient", ""), list(inputs.hospitals.index), fault)
    return Step(
        name,
        location,
        step,
        start,
        takers,
        float("nan") if capacity is None else capacity,
        state,
        cells.get("source", ""),
    )


def _takers(
    text: str, known: Sequence[str], fault: Callable[[str, str, Sequence[str]], None]
) -> dict[str, float]:
    """Read recipients: a name, or names with shares that add up to one."""
    out: dict[str, float] = {}
    for part in (each.strip() for each in text.split(";") if each.strip()):
        name, colon, share = part.rpartition(":")
        number = parse_number(share, decimal_comma=True) if colon else 1.0
        name = name.strip() if colon else part
        if name not in known or number is None:
            fault("recipient", "a location, or locations with shares: 'A: 0.6; B: 0.4'", known)
            return {}
        out[name] = number
    if out and abs(sum(out.values()) - 1.0) > _WHOLE:
        fault("recipient", "shares that add up to 1", ())
    return out


def late_steps(study: Study, steps: Sequence[Step], today: dt.date) -> pd.DataFrame:
    """Hold the treatments of a study against the deadlines of the process notes.

    Parameters
    ----------
    study, steps
        What was asked, and its plan.
    today
        Day on which is judged.

    Returns
    -------
    DataFrame
        A row per treatment and deadline: intervention, late (the deadline), deadline (its day),
        found (the day instead).
    """
    deadlines = read_deadlines()
    return pd.DataFrame(
        [row for each in study.interventions for row in _late(each, steps, deadlines, today)],
        columns=["intervention", "late", "deadline", "found"],
    )


def _late(
    intervention: Intervention,
    steps: Sequence[Step],
    deadlines: Mapping[str, dt.date],
    today: dt.date,
) -> Iterator[tuple[str, str, str, str]]:
    """Hold a treatment against the deadlines of the process notes."""
    own = [
        step for step in steps if step.intervention == intervention.name and step.step != "capacity"
    ]
    settled = [step for step in own if step.state != "open"]
    for key, missing in (
        (SCENARIO, not settled),
        (EXTRA_ROUND, not settled),
        (TIME_PLAN, not settled or any(step.start is None for step in settled)),
    ):
        if missing and today > deadlines[key]:
            yield intervention.name, key, deadlines[key].isoformat(), ""
    for step in settled:
        if step.start is not None and step.start > deadlines[LAST]:
            yield intervention.name, LAST, deadlines[LAST].isoformat(), step.start.isoformat()
        elif step.start is not None and step.start > deadlines[FIRST]:
            yield intervention.name, FIRST, deadlines[FIRST].isoformat(), step.start.isoformat()


def read_growth(path: Path) -> Loaded[dict[int, dict[str, float]]]:
    """Read how residents grow: year -> age band -> factor against today's.

    Raises
    ------
    InputError
        For bands that are not `BANDS`, a band that lacks a year, and factors that are no numbers.
    """
    table = read_table(path)
    table.require(["year", "band", "factor"])
    years, faults = table.numbers("year", minimum=2000.0, maximum=2200.0)
    factors, wrong = table.numbers("factor", minimum=0.0)
    faults += wrong
    out: dict[int, dict[str, float]] = {}
    for place, row in enumerate(table.rows):
        band = str(table.frame.loc[row, "band"])
        if band not in BANDS:
            near = nearest_names(band, BANDS)
            expected = said("one of {names}", names=", ".join(BANDS))
            faults.append(Fault(table.name, table.where(row), "band", band, expected, near))
        if np.isfinite(years[place]):
            out.setdefault(int(years[place]), {})[band] = float(factors[place])
    for year, found in out.items():
        missing = [band for band in BANDS if band not in found]
        if missing and not faults:
            expected = said("the band {first} of {year} too", first=missing[0], year=year)
            faults.append(Fault(table.name, "", "band", None, expected))
    if faults:
        raise InputError(faults)
    source = {"name": table.name, "sha256": table.sha256}
    notes = (*table.notes, *table.unused(("year", "band", "factor")))
    return Loaded(dict(sorted(out.items())), notes, (source,))


def growth_factor(
    places: pd.DataFrame, rates: Mapping[str, float], factors: Mapping[str, float]
) -> NDArray[np.float64]:
    r"""Factor by which the demand of each postcode grows.

    With p_ib residents of postcode i in age band b, rates r_b and growth g_b:
    f_i = sum_b r_b p_ib g_b / sum_b r_b p_ib.

    Parameters
    ----------
    places
        population, population_65plus, population_75plus.
    rates
        Age band -> rate; only their ratios count.
    factors
        Age band -> growth.

    Returns
    -------
    ndarray of float, shape (n_postcodes,)
        One where nobody lives who could need the treatment.

    Examples
    --------
    >>> one = pd.DataFrame({"population": [100.0], "population_65plus": [30.0],
    ...     "population_75plus": [10.0]})
    >>> rates = {"0-64": 0.0, "65-74": 1.0, "75+": 1.0}
    >>> growth_factor(one, rates, {"0-64": 1.0, "65-74": 1.0, "75+": 1.3}).tolist()
    [1.1]
    """
    old, oldest = places["population_65plus"], places["population_75plus"]
    bands = {"0-64": places["population"] - old, "65-74": old - oldest, "75+": oldest}
    parts = {band: rates[band] * bands[band].clip(lower=0.0).to_numpy(np.float64) for band in BANDS}
    before = np.sum([parts[band] for band in BANDS], axis=0)
    after = np.sum([parts[band] * factors[band] for band in BANDS], axis=0)
    return np.where(before > 0.0, after / np.where(before > 0.0, before, 1.0), 1.0)


def _years(
    study: Study,
    inputs: Inputs,
    epochs: Mapping[str, Sequence[Epoch]],
    growth: Mapping[int, Mapping[str, float]],
) -> pd.DataFrame:
    """Volumes at the end of each year, with the residents of that year."""
    people = read_postcodes(postcode_path(study), weights=_PEOPLE, bounds=inputs.data.bounds)
    people = people.loc[inputs.postcodes.index]
    rows: list[tuple[object, ...]] = []
    for each in study.interventions:
        rates = _rates(each, inputs)
        for year, factors in growth.items():
            last = dt.date(year, 12, 31)
            epoch = [x for x in epochs[each.name] if x.start is None or x.start <= last][-1]
            grown = pd.Series(growth_factor(people, rates, factors), index=people.index)
            flows = epoch.case.flows
            demand = flows["demand"] * flows["postcode"].map(grown)
            ratio = (
                demand.groupby(flows["provider_after"]).sum()
                / flows.groupby("provider_after")["demand"].sum()
            )
            for row in epoch.volumes.to_dict("records"):
                name = row["location"]
                grows = float(ratio.get(name, 1.0))
                volume, *ends = (
                    row[column] * grows
                    for column in ("volume_after", "volume_after_low", "volume_after_high")
                )
                rows.append((each.name, year, name, volume, row["norm"], row["kind"], *ends))
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))


def _rates(intervention: Intervention, inputs: Inputs) -> dict[str, float]:
    """Rates by age: the study's own; everybody alike for residents; else those of 65 and over."""
    own = intervention.patients.rates if intervention.patients is not None else {}
    if own:
        old = own.get("65+", own.get("all", 0.0))
        young = own.get("0-64", own.get("all", 0.0))
        return {"0-64": young, "65-74": own.get("65-74", old), "75+": own.get("75+", old)}
    unit = inputs.demand.unit_of(intervention.name)
    if unit == "residents":
        return dict.fromkeys(BANDS, 1.0)
    if unit == "residents 75+":
        return {"0-64": 0.0, "65-74": 0.0, "75+": 1.0}
    return {"0-64": 0.0, "65-74": 1.0, "75+": 1.0}


def plan_rows(plan: StudyPlan) -> pd.DataFrame:
    """One row per treatment and day: who stops, who starts, and the figures from then on."""
    rows = []
    for name, epochs in plan.epochs.items():
        for each in epochs:
            figures = each.case.figures
            rows.append(
                {
                    "intervention": name,
                    "from": "" if each.start is None else each.start.isoformat(),
                    "stops": "; ".join(each.case.stops),
                    "opens": "; ".join(each.case.opens),
                    "moved": figures["moved"],
                    "moved_low": each.moved_ends[0],
                    "moved_high": each.moved_ends[1],
                    "unit": plan.inputs.demand.unit_of(name),
                    "mean_extra_moved": figures["mean_extra_moved"],
                    "p90_extra": figures["p90_extra"],
                    "max_extra": figures["max_extra"],
                    "over_capacity": "; ".join(
                        f"{place}: {number:.0f}" for place, number in each.over.items()
                    ),
                }
            )
    return pd.DataFrame(rows)
