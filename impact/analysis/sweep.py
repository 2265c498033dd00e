"""Sweep a study: every candidate of its interventions, their fronts, and what is held beside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.cases import display, make_case, study_cases
from impact.analysis.least import LeastTravel, least_travel
from impact.analysis.rule_marks import (
    case_figures,
    hit_hardest,
    lock_notes,
    other_rules,
    rule_names,
    rulings_of,
)
from impact.errors import Fault, InputError
from impact.messages import said
from impact.model.allocation_rule import NEAREST
from impact.model.candidates import locations_joining, open_sets, stop_sets
from impact.model.demand import PATIENTS
from impact.model.hidden import all_known, rests_on_hidden, volumes_of
from impact.model.inputs import load_inputs
from impact.model.measures import UNKNOWN_WITHOUT_DESTINATION
from impact.model.study_catchments import inside_networks, with_catchments
from impact.model.travel_table import travel_table
from impact.model.volumes import LOWEST_ENDS, bounds_of_lowest, read_volumes
from impact.notes import Note, distinct_sources
from impact.sweep.catchments import PUBLISHED, catchment_arrays, sweep_catchments
from impact.sweep.figures import sweep_all, sweep_arrays
from impact.sweep.openings import openings
from impact.sweep.pareto import BASELINE, FRONT, SCENARIO, criteria, front, front_rows, scores
from impact.sweep.reference import hit_places
from impact.sweep.spread import sweep_spread
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.workers import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention, Study
    from impact.sweep.arrays import SweepArrays
    from impact.workers import Workers

_PLACES = 10
"""Municipalities listed per candidate."""
TRAVEL_COLUMNS = ("kind", "name", "stops", "opens", "network", *PUBLISHED)
_CANDIDATE = "candidate"
_LISTED = 100
"""Candidates of a front whose municipalities are listed, those with the least minutes first.

As many have bounds of the lowest volume, where counts are hidden.
"""


@dataclass(frozen=True, eq=False)
class Swept:
    """One intervention, swept.

    Attributes
    ----------
    intervention
        What is concentrated.
    unit
        Of its demand.
    arrays
        Postcodes with demand and the minutes to every location; see `SweepArrays`.
    table
        One row per candidate: stops, opens, the figures, locations_after, on_front, rules. Where
        counts are hidden also bounds of the lowest volume, of what a reader sees first.
    front
        Rows held beside each other: kind (baseline, scenario, rule, front, S1, S2, S3), name,
        recipients, beaten_by (how many candidates beat it), and the columns of `table`.
    municipalities
        Per candidate of the front, and per scenario: who is hit hardest.
    openings
        See `impact.sweep.openings.openings`; empty where nothing may open.
    references
        Cases held beside the candidates, the baseline first: named scenarios, and what rules point
        at outside the candidates.
    scores
        Their rows of `front`, in this order.
    travel
        By catchments: the published travel table of every candidate and reference, in each network;
        `TRAVEL_COLUMNS`. Empty otherwise.
    least
        The candidates with the least travel; `None` where nothing is known of any.
    """

    intervention: Intervention
    unit: str
    arrays: SweepArrays
    table: pd.DataFrame
    front: pd.DataFrame
    municipalities: pd.DataFrame
    openings: pd.DataFrame
    references: tuple[Case, ...]
    scores: pd.DataFrame
    travel: pd.DataFrame
    least: LeastTravel | None


@dataclass(frozen=True, eq=False)
class StudySweep:
    """A swept study.

    Attributes
    ----------
    study
        What was asked.
    inputs
        What it was computed with.
    swept
        In the order of the interventions.
    every_subset
        Whether any number of providers could stop.
    notes
        What was adapted, in plain words.
    sources
        Name and hash of every file that was read.
    """

    study: Study
    inputs: Inputs
    swept: tuple[Swept, ...]
    every_subset: bool
    notes: tuple[Note, ...]
    sources: tuple[Mapping[str, Any], ...]


def sweep_study(
    study: Study,
    *,
    intervention: str | None = None,
    every_subset: bool = False,
    engine: str = DEFAULT_ENGINE,
    workers: Workers = threads,
    compiled: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
    swept_progress: Callable[[str, int, int], None] | None = None,
    use_cache: bool = True,
) -> StudySweep:
    """Evaluate every candidate of a study.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    intervention
        Only this one; all by default.
    every_subset
        Any number stops, but not all; the default for an intervention without `stop_count`.
    engine
        Shortest-path engine.
    workers
        Who computes the blocks.
    compiled
        See `impact.sweep.figures.sweep_all`.
    progress
        Called with (destinations done, all destinations) while the matrix is made.
    swept_progress
        Called with (intervention, candidates done, all candidates).
    use_cache
        Whether matrices may come from, and go to, the cache.

    Returns
    -------
    StudySweep

    Raises
    ------
    InputError
        For an unknown intervention, too many candidates (before anything is computed), and
        whatever is wrong with an input.

    Examples
    --------
    >>> from impact.study.read import read_study
    >>> found = sweep_study(read_study("noordoost"), intervention="Pancreasresecties")
    >>> found.swept[0].table["stops"].tolist()[:2]
    ['Frisius MC Leeuwarden (MCL)', 'Isala Zwolle']
    """
    if intervention is not None:
        study = study.only(intervention)
    _check(study, every_subset=every_subset)
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    registered, noticed, read = read_volumes(study, list(inputs.hospitals.index))
    inputs = with_catchments(study, inputs, registered, engine=engine)
    study, locked = inside_networks(study, inputs)
    _check(study, every_subset=every_subset)
    swept = []
    for each in study.interventions:
        step = None
        if swept_progress is not None:
            step = _named(swept_progress, each.name)
        swept.append(
            _sweep_one(
                study,
                each,
                inputs,
                registered.get(each.name),
                every_subset=_every(each, every_subset=every_subset),
                workers=workers,
                compiled=compiled,
                progress=step,
            )
        )
    doubted = (
        rests_on_hidden(inputs, each.name, registered.get(each.name))
        for each in study.interventions
    )
    notes = (*inputs.notes, *noticed, *lock_notes(study), *locked, *chain(*doubted))
    sources = distinct_sources(*inputs.sources, *read)
    return StudySweep(study, inputs, tuple(swept), every_subset, notes, sources)


def _named(progress: Callable[[str, int, int], None], name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)


def _every(intervention: Intervention, *, every_subset: bool) -> bool:
    return every_subset or intervention.stop_count is None


def count_swept(
    study: Study, *, intervention: str | None = None, every_subset: bool = False
) -> int:
    """Count the candidates that a sweep will evaluate, without making them.

    Examples
    --------
    >>> from impact.study.read import read_study
    >>> count_swept(read_study("noordoost"), intervention="Pancreasresecties")
    4
    """
    if intervention is not None:
        study = study.only(intervention)
    _check(study, every_subset=every_subset)
    counts = []
    for each in study.interventions:
        every = _every(each, every_subset=every_subset)
        sets = stop_sets(each, every_subset=every, opening=each.may_open)
        counts.append(len(sets) * 2 ** len(each.may_open))
    return sum(counts)


def _check(study: Study, *, every_subset: bool) -> None:
    """List every intervention that cannot be swept, before hours are spent on the others."""
    faults: list[Fault] = []
    for each in study.interventions:
        every = _every(each, every_subset=every_subset)
        try:
            sets = stop_sets(each, every_subset=every, opening=each.may_open)
        except InputError as error:
            faults += [
                replace(fault, source=study.source, where=fault.source) for fault in error.faults
            ]
            continue
        if not len(sets):
            expected = "at least one provider that may stay"
            where = said("intervention {name}", name=each.name)
            faults.append(Fault(study.source, where, "must_stop", None, expected))
    if faults:
        raise InputError(faults)


def _sweep_one(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
    *,
    every_subset: bool,
    workers: Workers,
    compiled: bool | None,
    progress: Callable[[int, int], None] | None,
) -> Swept:
    unit = inputs.demand.unit_of(intervention.name)
    volume_unit = inputs.demand.volume_unit_of(intervention.name)
    baseline = make_case(intervention, inputs, name=BASELINE, stops=())
    demand, outside = inputs.demand.weights[intervention.name], inputs.outside[intervention.name]
    own = inputs.catchments.get(intervention.name)
    about: dict[str, Any] = {
        "municipality": inputs.postcodes["municipality"],
        "registered": registered,
        "modelled": volume_unit == PATIENTS,
        "judged": all_known(inputs, intervention.name, registered),
    }
    if own is None:
        arrays = sweep_arrays(intervention, inputs.times, demand, outside=outside, **about)
    else:
        arrays = catchment_arrays(intervention, own, demand, **about)
    travel = pd.DataFrame(columns=["stops", "opens", "network", *PUBLISHED])
    if own is not None:
        table, travel = sweep_catchments(
            intervention,
            own,
            arrays,
            demand,
            every_subset=every_subset,
            workers=workers,
            progress=progress,
        )
    elif intervention.allocation == NEAREST:
        table = sweep_all(
            intervention,
            arrays,
            every_subset=every_subset,
            outside=outside,
            compiled=compiled,
            workers=workers,
            progress=progress,
        )
    else:
        table = sweep_spread(
            intervention,
            inputs,
            arrays,
            every_subset=every_subset,
            workers=workers,
            progress=progress,
        )
    table = _known(intervention, inputs, table)
    costs = criteria(table)
    rulings = rulings_of(intervention, baseline, registered, volume_unit)
    rests = display(study, intervention, inputs, registered)
    sets = list(stop_sets(intervention, every_subset=every_subset))
    table = table.assign(
        on_front=front(costs), rules=rule_names(intervention, table, sets, rulings, rests)
    )
    cases = [
        baseline,
        *_scenarios(study, intervention, inputs),
        *other_rules(intervention, inputs, sets, rulings),
    ]
    scored = scores(
        table, cases, pd.DataFrame([case_figures(case, inputs, registered) for case in cases])
    )
    least = least_travel(study, intervention, inputs, registered, table)
    hidden = bool(rests_on_hidden(inputs, intervention.name, registered))
    ends = [
        bounds_of_lowest(volumes_of(case, inputs, registered), case)
        if hidden
        else dict.fromkeys(LOWEST_ENDS, np.nan)
        for case in cases
    ]
    scored = scored.assign(**pd.DataFrame(ends))
    held = front_rows(table, scored)
    if hidden:
        rows = () if least is None else least.rows
        known = _bounds(intervention, inputs, registered, _first_seen(held, table.iloc[list(rows)]))
        table, held = _with_bounds(table, known), _with_bounds(held, known)
    return Swept(
        intervention=intervention,
        unit=unit,
        arrays=arrays,
        table=table,
        front=held,
        scores=scored,
        municipalities=_municipalities(intervention, inputs, arrays, table, cases[1:], sets),
        references=tuple(cases),
        openings=openings(arrays, intervention.may_open),
        travel=_travel(inputs, travel, cases, scored),
        least=least,
    )


def _first_seen(held: pd.DataFrame, least: pd.DataFrame) -> set[tuple[str, str]]:
    """Name who stops and opens in what a reader sees first."""
    on_front = held["kind"] == FRONT
    others = held[~on_front & (held["kind"] != SCENARIO)]
    first = held[on_front].head(_LISTED + len(others) + len(least))
    return {
        key
        for rows in (others, first, least)
        for key in zip(rows["stops"], rows["opens"], strict=True)
    }


def _bounds(
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
    changes: Iterable[tuple[str, str]],
) -> dict[tuple[str, str], tuple[float, ...]]:
    """Find what hidden counts leave of the lowest volume of some candidates."""
    out = {}
    for change in sorted(changes):
        stops, opens = (tuple(names.split("; ")) if names else () for names in change)
        case = make_case(intervention, inputs, name="", stops=stops, opens=opens)
        found = bounds_of_lowest(volumes_of(case, inputs, registered), case)
        out[change] = tuple(found.values())
    return out


def _with_bounds(
    rows: pd.DataFrame, known: Mapping[tuple[str, str], tuple[float, ...]]
) -> pd.DataFrame:
    """Put bounds beside the lowest volume; a scenario, which may name recipients, has its own."""
    nothing = (np.nan, np.nan)
    keys = zip(rows["stops"], rows["opens"], strict=True)
    ends = pd.DataFrame(
        [known.get(key, nothing) for key in keys], index=rows.index, columns=list(LOWEST_ENDS)
    )
    if "kind" in rows:
        named = rows["kind"] == SCENARIO
        ends[named] = rows.loc[named, list(LOWEST_ENDS)]
    return rows.assign(**ends)


def _known(intervention: Intervention, inputs: Inputs, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is not known of candidates after which nobody known is left."""
    listed = intervention.treatment != ""
    if not listed or inputs.outside[intervention.name] or inputs.catchments:
        return table
    nobody = (table["locations_after"] == 0).to_numpy()
    unknown = [name for name in UNKNOWN_WITHOUT_DESTINATION if name in table]
    return table.assign(**{name: table[name].mask(nobody) for name in unknown})


def _travel(
    inputs: Inputs, travel: pd.DataFrame, cases: Sequence[Case], scored: pd.DataFrame
) -> pd.DataFrame:
    """Travel tables of the references, then those of the candidates."""
    rows = []
    for case, row in zip(cases, scored.to_dict("records"), strict=True):
        own = inputs.catchments.get(case.intervention.name)
        about = {name: row[name] for name in ("kind", "name", "stops", "opens")}
        rows += [
            about
            | {"network": network}
            | travel_table(case.flows[case.flows["provider_before"].isin(members)])
            for network, members in ({} if own is None else own.networks).items()
        ]
    first = pd.DataFrame(rows, columns=list(TRAVEL_COLUMNS))
    rest = travel.assign(kind=_CANDIDATE, name="")[list(TRAVEL_COLUMNS)]
    return pd.concat([first, rest], ignore_index=True) if rows else rest


def _scenarios(study: Study, intervention: Intervention, inputs: Inputs) -> list[Case]:
    """Named scenarios; one with named recipients is followed by its second reading."""
    one = replace(study, interventions=(intervention,))
    return list(study_cases(one, inputs, {intervention.name: pd.DataFrame()}))


def _municipalities(
    intervention: Intervention,
    inputs: Inputs,
    arrays: SweepArrays,
    table: pd.DataFrame,
    scenarios: Sequence[Case],
    sets: Sequence[tuple[str, ...]],
) -> pd.DataFrame:
    """Who is hit hardest in the scenarios, and in the candidates of the front."""
    parts = [
        hit_hardest(case, inputs)[:_PLACES].assign(
            scenario=case.scenario, stops="; ".join(case.stops), opens="; ".join(case.opens)
        )
        for case in scenarios
        if case.principal
    ]
    opening = open_sets(intervention.may_open)
    chosen = np.flatnonzero(table["on_front"])
    least = np.argsort(criteria(table.iloc[chosen])[:, 0], kind="stable")[:_LISTED]
    for place in chosen[least].tolist():
        stops, opens = sets[place % len(sets)], opening[place // len(sets)]
        if intervention.allocation == NEAREST:
            outside = inputs.outside[intervention.name]
            beyond = locations_joining(intervention, outside, stopping=len(stops))
            hit = hit_places(arrays, stops, opens=opens, beyond=beyond)
        else:
            case = make_case(intervention, inputs, name="", stops=stops, opens=opens)
            hit = hit_hardest(case, inputs)
        parts.append(
            hit[:_PLACES].assign(scenario="", stops="; ".join(stops), opens="; ".join(opens))
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
