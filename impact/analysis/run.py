"""Run a study: from its inputs to every table."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.cases import study_cases, with_weights
from impact.analysis.groups import group_table
from impact.analysis.hospitals import hospital_impact, read_study_workbook
from impact.analysis.ranges import Band, band_of, ranges
from impact.analysis.result import Result, flow_rows, joined, postcode_rows, run_manifest, stacked
from impact.analysis.rule_marks import displayed_ruling, lock_notes, ruling_notes
from impact.analysis.swept import swept_candidates
from impact.analysis.transit import transit_rows
from impact.analysis.travel import travel_rows
from impact.manifest import created
from impact.model.demand import PATIENTS, REGISTERED, unit_of
from impact.model.hidden import ends_of_moved, flow_ends, volumes_of
from impact.model.inputs import load_inputs
from impact.model.measures import EXTRA_LIMITS, LIMITS, by_place
from impact.model.study_catchments import filling_notes, with_catchments
from impact.model.volumes import judged, read_volumes
from impact.model.ways import other_ways
from impact.notes import Loaded, Note, distinct_sources
from impact.study.register import provider_rows
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.study.model import Study
    from impact.transit.times import TransitTimes

ALL = "all"
"""Name of the group that is everybody."""

_SUMMARY_FIGURES = (
    "demand",
    "moved",
    "moved_bound",
    "mean_extra_moved",
    "mean_extra_all",
    "mean_extra_longer",
    "share_shorter",
    "p10_extra",
    "p50_extra",
    "p90_extra",
    "max_extra",
    "mean_before",
    "mean_after",
    *(f"beyond_{limit}_{when}" for limit in LIMITS for when in ("before", "after")),
    "beyond_60_moved",
    "unreachable",
    "locations_before",
    "locations_after",
    "lowest_volume",
    "below_norm",
)
SUMMARY_COLUMNS = (
    "study",
    "intervention",
    "scenario",
    "region",
    "group",
    "allocation",
    "recipients",
    "profile",
    "roads",
    "unit",
    *_SUMMARY_FIGURES,
    "extra_low",
    "extra_high",
    "band",
    "mean_low",
    "mean_high",
    "mean_over",
    "moved_low",
    "moved_high",
    "direction",
    "patients_kind",
    "patients_moved",
    "patients_low",
    "patients_high",
    "residents_moved",
    "mean_extra_residents",
    *(f"extra_over_{limit}" for limit in EXTRA_LIMITS),
)


def run_study(
    study: Study,
    *,
    engine: str = DEFAULT_ENGINE,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    inputs: Inputs | None = None,
    tables: bool = True,
) -> Result:
    """Run a study.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    engine
        Shortest-path engine.
    progress
        Called with (destinations done, all destinations) while the matrix is made.
    use_cache
        Whether matrices may come from, and go to, the cache.
    inputs
        Of the study, where they were loaded before.
    tables
        Whether to make the tables that a run writes, and the trips home and in the peak of every
        postcode; without them a result holds its cases.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        Whatever is wrong with an input.

    Examples
    --------
    >>> from impact.study.read import read_study
    >>> result = run_study(read_study("noordoost"))
    >>> int(result.summary["intervention"].nunique())
    9
    """
    if inputs is None:
        inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    registered, noticed, read = read_volumes(study, list(inputs.hospitals.index))
    workbook = read_study_workbook(study, inputs.hospitals)
    inputs = with_catchments(study, inputs, registered, engine=engine)
    swept = swept_candidates(study, inputs, use_cache=use_cache)
    asked = {
        each.name: displayed_ruling(each, inputs, registered.get(each.name))
        for each in study.interventions
    }
    rulings = {name: ruling for name, ruling in asked.items() if ruling is not None}
    transit = study_transit(study, inputs, use_cache=use_cache) if tables else None
    notes = [
        *inputs.notes,
        *noticed,
        *workbook.notes,
        *lock_notes(study),
        *ruling_notes(rulings, study),
    ]
    if transit is not None:
        notes += transit.notes
        read = (*read, *transit.sources)
    cases = study_cases(study, inputs, swept, rulings, registered)
    for case in cases:
        if case.filling is not None and case.principal:
            name = case.intervention.name
            notes += filling_notes(name, case.scenario, case.filling, case.filling_minutes)
    remarks = inputs.ferry
    postcodes = inputs.postcodes.assign(
        demand=inputs.demand.weights[study.interventions[0].name], ferry=remarks
    )
    providers = provider_rows(study, inputs.register)
    manifest = run_manifest(
        study,
        inputs,
        cases=cases,
        swept=swept,
        providers=providers,
        notes=notes,
        sources=distinct_sources(*inputs.sources, *read, *workbook.sources),
    )
    if transit is not None:
        manifest["transit"] = dict(transit.value.manifest)
    bare = Result(
        study=study,
        unit=inputs.demand.unit,
        units=inputs.demand.units,
        postcodes=postcodes,
        hospitals=inputs.hospitals,
        times=inputs.times,
        cases=cases,
        candidates=swept,
        providers=providers,
        manifest=manifest,
        from_cache=inputs.from_cache,
        weights=inputs.demand.weights,
        outside=inputs.outside,
        registered=registered,
    )
    if not tables:
        return bare
    volumes = [volumes_of(case, inputs, registered.get(case.intervention.name)) for case in cases]
    principal = [case for case in cases if case.principal]
    hospitals = hospital_impact(
        study,
        inputs,
        [pair for pair in zip(cases, volumes, strict=True) if pair[0].principal],
        registered,
        workbook.value,
    )
    groups = group_table(principal, inputs)
    noticed = (*hospitals.notes, *((Note.of("groups_none"),) if groups.empty else ()))
    said = [*bare.manifest["notes"], *(note.record() for note in noticed)]
    ways = other_ways(inputs, engine=engine, use_cache=use_cache)
    return replace(
        bare,
        summary=_summary(study, inputs, cases, volumes, registered),
        flows=stacked(principal, flow_rows, remarks),
        postcode_rows=stacked(principal, postcode_rows, remarks),
        municipalities=_municipalities(principal, inputs.postcodes["municipality"], remarks),
        volumes=joined(
            [table for case, table in zip(cases, volumes, strict=True) if case.principal]
        ),
        ranges=ranges(study.region, cases, swept),
        travel=travel_rows(principal, inputs.catchments),
        facilities=hospitals.facilities,
        effects=hospitals.effects,
        combinations=hospitals.combinations,
        exclusions=hospitals.exclusions,
        manifest={**bare.manifest, "notes": said},
        groups=groups,
        back=ways.back,
        peak=ways.peak,
        # what it noticed stands in the manifest
        transit=None if transit is None else replace(transit.value, notes=()),
        transit_table=transit_rows(
            principal, None if transit is None else transit.value, inputs.demand.unit_of
        ),
    )


def study_transit(
    study: Study, inputs: Inputs, *, use_cache: bool = True
) -> Loaded[TransitTimes] | None:
    """Load the trips by public transport of a study; `None` where it is by car only."""
    if not study.transit:
        return None
    # who goes by car only needs none of this
    from impact.transit.load import load_transit

    return load_transit(
        study,
        inputs.data.network,
        inputs.postcodes,
        inputs.hospitals.loc[list(inputs.times.destinations)],
        today=dt.datetime.fromisoformat(created()).date(),
        use_cache=use_cache,
    )


def _summary(
    study: Study,
    inputs: Inputs,
    cases: Sequence[Case],
    volumes: Sequence[pd.DataFrame],
    registered: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    rows = []
    for case, table in zip(cases, volumes, strict=True):
        counts = registered.get(case.intervention.name)
        band = band_of(
            case,
            inputs.times,
            inputs.demand.weights[case.intervention.name],
            inputs.allocation_rules[case.intervention.name],
            flow_ends(inputs, case, counts),
        )
        more = judged(table, case) | asdict(band) | _people(case, inputs, table, band, counts)
        rows.append(_summary_row(study, inputs, case, ALL, more))
        for group, weights in inputs.demand.groups.items():
            rows.append(_summary_row(study, inputs, with_weights(case, inputs, weights), group, {}))
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def _people(
    case: Case,
    inputs: Inputs,
    volumes: pd.DataFrame,
    band: Band,
    registered: Mapping[str, float] | None,
) -> dict[str, object]:
    """Count patients a year and residents who must go elsewhere; empty where not known."""
    name, demand = case.intervention.name, inputs.demand
    out: dict[str, object] = {"patients_kind": demand.kinds.get(name, "")}
    if demand.unit_of(name) == PATIENTS:
        counts = [case.figures["moved"]]
        counts += [
            with_weights(case, inputs, each).figures["moved"]
            for each in demand.spreads.get(name, ())
        ]
        # hidden counts bound them
        counts += [each for each in (band.moved_low, band.moved_high) if np.isfinite(each)]
        out |= {
            "patients_moved": counts[0],
            "patients_low": min(counts),
            "patients_high": max(counts),
        }
    own = volumes[(volumes["kind"] == REGISTERED) & volumes["location"].isin(case.stops)]
    if case.stops and len(own) == len(case.stops) and own["volume_before"].notna().all():
        # counts per hospital are known: no model says how many its patients are
        total = float(own["volume_before"].sum()) * case.intervention.moves_share
        low, high = ends_of_moved(case, registered) or (total, total)
        out = {"patients_kind": REGISTERED, "patients_moved": total}
        out |= {"patients_low": low, "patients_high": high}
    if demand.residents is not None and demand.residents.sum() > 0.0:
        figures = with_weights(case, inputs, demand.residents).figures
        out["residents_moved"] = figures["moved"]
        out["mean_extra_residents"] = figures["mean_extra_moved"]
    return out


def _summary_row(
    study: Study, inputs: Inputs, case: Case, group: str, more: Mapping[str, Any]
) -> dict[str, object]:
    intervention = case.intervention
    unit = inputs.demand.unit_of(intervention.name) if group == ALL else unit_of(group)
    bound = moved_bound(case, inputs.demand.kinds.get(intervention.name, ""))
    return {
        "study": study.title,
        "intervention": intervention.name,
        "scenario": case.scenario,
        "region": study.region,
        "group": group,
        "allocation": intervention.allocation,
        "recipients": case.recipients,
        "profile": inputs.times.manifest["profile"],
        "roads": inputs.times.manifest["roads"]["name"],
        "unit": unit,
        **case.figures,
        "moved_bound": bound if group == ALL else np.nan,
        "locations_before": len(intervention.providers),
        "locations_after": len(case.stays) + len(case.opens),
        **more,
    }


def moved_bound(case: Case, kind: str) -> float:
    """Most patients a year that can move, where no more than 'k of n are below norm N' is known.

    Modelled patients know no more than that, so it bounds them too; registered ones do.
    """
    intervention = case.intervention
    if intervention.norm is None or intervention.stop_count is None:
        return np.nan
    if len(case.stops) > intervention.stop_count or kind == REGISTERED or intervention.volumes:
        return np.nan
    return len(case.stops) * (intervention.norm - 1.0)


def _municipalities(
    cases: Sequence[Case], municipality: pd.Series[str], remarks: pd.Series[str]
) -> pd.DataFrame:
    parts = []
    island = pd.Series(remarks.to_numpy(), index=municipality.to_numpy())
    island = island[~island.index.duplicated()]
    for case in cases:
        key = municipality.reindex(case.flows["postcode"])
        places = by_place(case.flows, key)
        places.insert(0, "intervention", case.intervention.name)
        places.insert(1, "scenario", case.scenario)
        places.insert(2, "municipality", places.index)
        places["ferry"] = island.reindex(places.index).to_numpy()
        parts.append(places)
    return joined(parts)
