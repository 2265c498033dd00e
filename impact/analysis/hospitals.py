"""What a run means for the hospitals: facilities, staff and money, and scenarios together.

The change in volume of every location (`impact.model.volumes`) times what the hospitals filled in
(`impact.model.facility_workbook`). Volumes may be registered or modelled, by whichever allocation;
residents are no volume, and where they are all that is known nothing is worked out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.model.facilities import (
    BASES,
    CHANGE_COLUMNS,
    NATIONAL,
    QUANTITIES,
    facility_impact,
    treatment_impact,
)
from impact.model.facility_workbook import FacilityTables, read_workbook
from impact.model.networks import REGION, layer_of, read_networks
from impact.model.scenario_combinations import (
    COMBINATION_COLUMNS,
    EXCLUSION_COLUMNS,
    exclusions,
    scenario_combinations,
    total_impact,
)
from impact.model.volumes import case_volumes
from impact.notes import Loaded, Note
from impact.study.model import CATCHMENT
from impact.tables.places import read_regions
from impact.tables.text import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from impact.model.case import Case
    from impact.model.catchment_case import StudyCatchments
    from impact.model.inputs import Inputs
    from impact.study.model import Study

PATIENTS = "patients"
"""Among the quantities: the change in volume itself; its total is the volume today."""

ALL_TREATMENTS = ""
"""In the column ``intervention``: all treatments of the scenario together."""

MIXED = "registered and modelled"

_BEFORE = "volume today"
_NOTHING = 1e-9
_KEYS = ("institution", "layer", "network", "scenario", "treatment")
_UNIT = ("organisation", "site", "specialism")
FACILITY_COLUMNS = (
    "scenario",
    "intervention",
    *_UNIT,
    "quantity",
    "total",
    "own",
    "relative_own",
    "known_own",
    "unknown_own",
    "national",
    "relative_national",
    "known_national",
    "unknown_national",
    "kind",
)
EFFECT_COLUMNS = (*_KEYS, "quantity", "own", "national", "total", "kind")
COMBINED_COLUMNS = (
    *COMBINATION_COLUMNS[:-1],
    "scenarios",
    "quantity",
    "total",
    "own",
    "relative_own",
    "national",
    "relative_national",
)


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, eq=False)
class HospitalImpact:
    """What the scenarios of a study mean for its hospitals.

    Attributes
    ----------
    facilities
        Columns `FACILITY_COLUMNS`: per scenario, per treatment and over all of them, per
        organisation, site and specialism. Empty without a workbook.
    effects
        Columns `EFFECT_COLUMNS`: what every named scenario does to every institution; of these
        combinations are made, of one run or of several.
    combinations, exclusions
        From `combined`.
    notes
        What is not known, modelled, unused or left out.
    """

    facilities: pd.DataFrame = field(default_factory=lambda: _empty(FACILITY_COLUMNS))
    effects: pd.DataFrame = field(default_factory=lambda: _empty(EFFECT_COLUMNS))
    combinations: pd.DataFrame = field(default_factory=lambda: _empty(COMBINED_COLUMNS))
    exclusions: pd.DataFrame = field(default_factory=lambda: _empty(EXCLUSION_COLUMNS))
    notes: tuple[Note, ...] = ()


def read_study_workbook(study: Study, hospitals: pd.DataFrame) -> Loaded[FacilityTables | None]:
    """Read the filled-in workbook that a study names.

    Parameters
    ----------
    study
        With `workbook`, or without: then there is none.
    hospitals
        All known locations, with their organisation.

    Returns
    -------
    Loaded
        Of a FacilityTables or `None`.

    Raises
    ------
    InputError
        Every fault of the workbook, with sheet, row and column.
    """
    if not study.workbook:
        return Loaded(None)
    path = study.path(study.workbook)
    sites: dict[str, list[str]] = {}
    for name, organisation in organisations(hospitals).items():
        sites.setdefault(organisation, []).append(name)
    found = read_workbook(path, interventions=study.names, sites=sites)
    notes: tuple[Note, ...] = ()
    if found.others:
        notes = (Note.of("impact_others", file=path.name, names=found.others),)
    digest = hashlib.sha256(read_bytes(path)).hexdigest()
    return Loaded(found, notes, ({"name": path.name, "sha256": digest},))


def organisations(hospitals: pd.DataFrame) -> dict[str, str]:
    """Organisation of each location; one of which none is known is its own.

    Parameters
    ----------
    hospitals
        Index name, with the column organisation.

    Returns
    -------
    dict of str to str
    """
    return {str(name): str(each or name) for name, each in hospitals["organisation"].items()}


def hospital_impact(
    study: Study,
    inputs: Inputs,
    cases: Sequence[tuple[Case, pd.DataFrame]],
    registered: Mapping[str, Mapping[str, float]],
    workbook: FacilityTables | None,
) -> HospitalImpact:
    """Work out what the cases of a run mean for the hospitals.

    Parameters
    ----------
    study, inputs
        What was asked.
    cases
        The first reading of each case, with its rows of `impact.model.volumes.case_volumes`.
    registered
        Intervention -> location -> volume today.
    workbook
        What the hospitals filled in, or `None`: then volumes alone are combined.

    Returns
    -------
    HospitalImpact

    Raises
    ------
    InputError
        For a workbook where no treatment has volumes, and a yearly total that is smaller than what
        would leave.
    """
    if workbook is not None:
        cases = [(case, _estimated(case, table, inputs)) for case, table in cases]
    known = [(case, table) for case, table in cases if (table["kind"] != "").any()]
    if not known:
        if workbook is not None:
            expected = (
                "volumes or patients of at least one intervention beside it: residents are no"
                " patients"
            )
            raise InputError(Fault(study.source, "", "impact.workbook", study.workbook, expected))
        return HospitalImpact()
    owner = organisations(inputs.hospitals)
    rows = [
        _changes(case, table, registered.get(case.intervention.name), owner)
        for case, table in known
    ]
    changes = pd.concat(rows, ignore_index=True)
    notes: list[Note] = []
    facilities = _empty(FACILITY_COLUMNS)
    if workbook is not None:
        facilities = _facilities(_by_site(changes, workbook), workbook, study.workbook)
        notes += _unknown(study.workbook, changes, workbook)
        missing = {case.intervention.name for case, _ in cases} - set(changes["intervention"])
        modelled = set(changes.loc[changes["kind"] == "modelled", "intervention"])
        for key, names in (("impact_no_volumes", missing), ("impact_modelled", modelled)):
            if names:
                notes.append(Note.of(key, names=tuple(sorted(names))))
    named = [case for case, _ in known if case.kind == "scenario"]
    moved = _networked(study, inputs.catchments, changes, named)
    effects = _effects(moved, workbook, _today(changes))
    combinations, excluded, left_out = combined(effects)
    if left_out is not None:
        notes.append(left_out)
    return HospitalImpact(facilities, effects, combinations, excluded, tuple(notes))


def combined(effects: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, Note | None]:
    """Combine scenarios: per institution what those that go together do, and what excludes what.

    Parameters
    ----------
    effects
        Columns `EFFECT_COLUMNS`, of one run or of several below one another.

    Returns
    -------
    combinations : pandas.DataFrame
        Columns `COMBINED_COLUMNS`: a row per combination and quantity of which something is known.
        A yearly total that two runs give differently is not known.
    exclusions : pandas.DataFrame
        As `impact.model.scenario_combinations.exclusions`.
    left_out : Note or None
        How many combinations of which institution were not made.

    Raises
    ------
    InputError
        For a scenario of a network that occurs twice with the same treatment.
    """
    if effects.empty:
        return _empty(COMBINED_COLUMNS), _empty(EXCLUSION_COLUMNS), None
    _check_once(effects)
    by_quantity = effects.set_index([*_KEYS, "quantity"])
    # a pivot table would be the product of all keys
    parts_of = {basis: by_quantity[basis].unstack("quantity") for basis in BASES}  # noqa: PD010
    wide = pd.concat([part.add_prefix(f"{basis} ") for basis, part in parts_of.items()], axis=1)
    names = [str(name) for name in wide.columns]
    scenarios = wide.reset_index()
    excluded = exclusions(scenarios)
    made, left_out = scenario_combinations(scenarios)
    if not len(excluded) and (made["taken"].map(len) < 2).all():  # noqa: PLR2004
        return _empty(COMBINED_COLUMNS), _empty(EXCLUSION_COLUMNS), None
    sums = total_impact(scenarios, made, values=names)
    about = sums[list(COMBINATION_COLUMNS[:-1])].assign(scenarios=made["taken"].map(len))
    totals = _totals(effects)
    parts = []
    quantities = [each for each in (PATIENTS, *QUANTITIES) if f"own {each}" in names]
    for quantity in quantities:
        part = about.assign(quantity=quantity)
        wanted = pd.MultiIndex.from_frame(part[["institution", "quantity"]])
        part["total"] = totals.reindex(wanted).to_numpy()
        for basis in BASES:
            part[basis] = sums[f"{basis} {quantity}"].to_numpy()
            part[f"relative_{basis}"] = part[basis] / part["total"].where(part["total"] > 0.0)
        parts.append(part[part[list(BASES)].notna().any(axis=1)])
    rows = pd.concat(parts)[list(COMBINED_COLUMNS)]
    # a combination keeps its place, its quantities that of the workbook
    rows = rows.sort_index(kind="stable").reset_index(drop=True)
    said = tuple(f"{name} ({count})" for name, count in sorted(left_out.items()))
    note = Note.of("combinations_left_out", names=said) if said else None
    return rows, excluded, note


def _totals(effects: pd.DataFrame) -> pd.Series[float]:
    """Yearly totals by institution and quantity; of patients the volume today of all treatments."""
    agreed = effects.groupby(["institution", "treatment", "quantity"])["total"].agg(_agreed)
    by = ["institution", "quantity"]
    of_patients = agreed.index.get_level_values("quantity") == PATIENTS
    volumes = agreed[of_patients].groupby(level=by).agg(lambda each: each.sum(skipna=False))
    years = effects[effects["quantity"] != PATIENTS].groupby(by)["total"].agg(_agreed)
    return pd.concat([volumes, years])


def _agreed(totals: pd.Series[float]) -> float:
    """Return the total on which all that know one agree."""
    known = totals.dropna().unique()
    return float(known[0]) if len(known) == 1 else np.nan


def _check_once(effects: pd.DataFrame) -> None:
    """Refuse a scenario that two runs tell of one network, institution and treatment."""
    rows = effects[[*_KEYS, "quantity"]]
    twice = rows[rows.duplicated()][list(_KEYS)].drop_duplicates()
    if len(twice):
        expected = "each scenario of a network once over the runs, per institution and treatment"
        raise InputError(
            [
                Fault("scenarios", "", "", "; ".join(cells), expected)
                for cells in twice.itertuples(index=False, name=None)
            ]
        )


def _estimated(case: Case, table: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Count patients that are modelled from national counts, where a study has no others."""
    unit = inputs.demand.unit_of(case.intervention.name)
    return table if (table["kind"] != "").any() else case_volumes(case, unit, None)


def _changes(
    case: Case,
    table: pd.DataFrame,
    registered: Mapping[str, float] | None,
    owner: Mapping[str, str],
) -> pd.DataFrame:
    """Give the change in patients a year at every location of a case."""
    before = table["volume_before"].to_numpy(np.float64)
    change = table["volume_after"].to_numpy(np.float64) - before
    if registered is not None:
        # of a location outside the region the volume is not known, but what comes to it is
        for row, name in enumerate(table["location"]):
            if name in case.outside and name not in registered:
                change[row] = _arrivals(case, str(name), registered)
    # sums of parts differ from the whole in the last digits
    change[np.abs(change) <= _NOTHING * np.maximum(before, 1.0)] = 0.0
    kinds = [kind for kind in table["kind"] if kind]
    return pd.DataFrame(
        {
            "scenario": case.scenario,
            "intervention": case.intervention.name,
            "location": table["location"].to_numpy(),
            "organisation": [owner.get(str(name), str(name)) for name in table["location"]],
            "before": before,
            "change": change,
            "kind": kinds[0],
        }
    )


def _arrivals(case: Case, taker: str, registered: Mapping[str, float]) -> float:
    """Add up the registered counts that come to a location, divided as the flows are."""
    total = 0.0
    for giver, rows in case.flows.groupby("provider_before"):
        demand = float(rows["demand"].sum())
        arriving = float(rows.loc[rows["provider_after"] == taker, "demand"].sum())
        if giver != taker and demand > 0.0 and arriving > 0.0:
            total += registered.get(str(giver), np.nan) * arriving / demand
    return total


def _today(changes: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Volume today by organisation and treatment; unknown where that of a location is."""
    once = changes.drop_duplicates(["intervention", "location"])
    out = {}
    for key, rows in once.groupby(["organisation", "intervention"]):
        out[str(key[0]), str(key[1])] = float(rows["before"].sum(skipna=False))
    return out


def _by_site(changes: pd.DataFrame, workbook: FacilityTables) -> pd.DataFrame:
    """Name sites only of organisations that have several, or that filled in totals of one."""
    listed = set(workbook.per_year[["organisation", "site"]].itertuples(index=False, name=None))
    several = changes.groupby("organisation")["location"].agg(lambda each: len(set(each)) > 1)
    sites = [
        location if several[name] or (name, location) in listed else ""
        for name, location in zip(changes["organisation"], changes["location"], strict=True)
    ]
    return changes.assign(site=sites)


def _facilities(changes: pd.DataFrame, workbook: FacilityTables, file: str) -> pd.DataFrame:
    """Rows of facilities.csv: every treatment of every scenario, and all of them together."""
    work = _with_patients(treatment_impact(changes, workbook.per_patient), changes)
    parts = []
    names = sorted(set(changes["intervention"]))
    for name in [*names, ALL_TREATMENTS]:
        here = work if name == ALL_TREATMENTS else work[work["intervention"] == name]
        rows = facility_impact(here, workbook.per_year, workbook.specialisms, source=file)
        parts.append(_patients_total(rows).assign(intervention=name))
    out = pd.concat(parts, ignore_index=True)
    # what a scenario leaves as it is has no rows
    changes_it = (out[list(BASES)] != 0.0).any(axis=1)
    by_unit = [out[name] for name in ("scenario", "intervention", *_UNIT)]
    out = out[changes_it.groupby(by_unit).transform("any")].reset_index(drop=True)
    kinds = changes.groupby(["scenario", "intervention"])["kind"].first()
    together = changes.groupby("scenario")["kind"].agg(_one_kind)
    out["kind"] = [
        together[scenario] if name == ALL_TREATMENTS else kinds[scenario, name]
        for scenario, name in zip(out["scenario"], out["intervention"], strict=True)
    ]
    order = {name: place for place, name in enumerate((PATIENTS, *QUANTITIES))}
    out = out.assign(place=out["quantity"].map(order))
    by = ["scenario", "intervention", *_UNIT, "place"]
    return out.sort_values(by, kind="stable", ignore_index=True)[list(FACILITY_COLUMNS)]


def _one_kind(kinds: pd.Series[str]) -> str:
    return str(kinds.iloc[0]) if len(set(kinds)) == 1 else MIXED


def _with_patients(work: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Put the change in volume, and the volume today, among the quantities."""
    parts = [work]
    for quantity, column in ((PATIENTS, "change"), (_BEFORE, "before")):
        figures = dict.fromkeys(BASES, changes[column])
        parts.append(changes[list(CHANGE_COLUMNS)].assign(quantity=quantity, **figures))
    return pd.concat(parts, ignore_index=True)


def _patients_total(rows: pd.DataFrame) -> pd.DataFrame:
    """Hold the change in patients against the volume today."""
    keys = ["scenario", *_UNIT]
    today = rows[rows["quantity"] == _BEFORE].set_index(keys)["own"].astype(np.float64)
    rows = rows[rows["quantity"] != _BEFORE].reset_index(drop=True)
    at = rows.index[rows["quantity"] == PATIENTS]
    total = today.reindex(pd.MultiIndex.from_frame(rows.loc[at, keys])).to_numpy()
    rows.loc[at, "total"] = total
    for basis in BASES:
        change = rows.loc[at, basis].to_numpy(np.float64)
        rows.loc[at, f"relative_{basis}"] = change / np.where(total > 0.0, total, np.nan)
    return rows


def _unknown(file: str, changes: pd.DataFrame, workbook: FacilityTables) -> Iterable[Note]:
    """Count the cells that matter and that nobody filled in, and name rows that do not matter."""
    moving = changes[changes["change"] != 0.0]
    pairs = moving[["intervention", "organisation"]].drop_duplicates()
    values = workbook.per_patient.dropna(subset="value")
    totals = workbook.per_year.dropna(subset="total")
    filled = set(
        values[["intervention", "organisation", "quantity"]].itertuples(index=False, name=None)
    )
    own = [
        (*pair, each) for pair in pairs.itertuples(index=False, name=None) for each in QUANTITIES
    ]
    national = [
        (name, NATIONAL, each) for name in sorted(set(pairs["intervention"])) for each in QUANTITIES
    ]
    whole = totals[(totals["site"] == "") & (totals["specialism"] == "")]
    yearly = set(whole[["organisation", "quantity"]].itertuples(index=False, name=None))
    year = [(name, each) for name in sorted(set(pairs["organisation"])) for each in QUANTITIES]
    counts = {
        "own": sum(cell not in filled for cell in own),
        "own_of": len(own),
        "national": sum(cell not in filled for cell in national),
        "national_of": len(national),
        "totals": sum(cell not in yearly for cell in year),
        "totals_of": len(year),
    }
    if counts["own"] or counts["national"] or counts["totals"]:
        yield Note.of("impact_unknown", file=file, **counts)
    unused = (
        {*values["organisation"], *totals["organisation"]} - {NATIONAL} - set(pairs["organisation"])
    )
    if unused:
        yield Note.of("impact_unused", file=file, names=tuple(sorted(unused)))


def _networked(
    study: Study,
    catchments: Mapping[str, StudyCatchments],
    changes: pd.DataFrame,
    cases: Sequence[Case],
) -> pd.DataFrame:
    """Put layer and network beside the changes of named scenarios that concern an institution."""
    networks = read_networks(read_regions())
    parts = []
    for case in cases:
        asked = case.intervention
        rows = changes[
            (changes["scenario"] == case.scenario) & (changes["intervention"] == asked.name)
        ]
        acts = rows["location"].isin([*case.stops, *case.opens])
        rows = rows[acts | (rows["change"] != 0.0)]
        layer, network_of = REGION, dict.fromkeys(rows["location"], study.region)
        if asked.allocation == CATCHMENT:
            layer = layer_of(asked.within, networks, otherwise=asked.layer)
            for name, locations in sorted(catchments[asked.name].networks.items(), reverse=True):
                network_of |= dict.fromkeys(locations, name)
        names = [network_of[name] for name in rows["location"]]
        parts.append(rows.assign(layer=layer, network=names))
    return pd.concat(parts) if parts else changes.iloc[:0].assign(layer="", network="")


def _effects(
    changes: pd.DataFrame, workbook: FacilityTables | None, today: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """Add the changes of every scenario up per institution, with what they do to its facilities."""
    if changes.empty:
        return _empty(EFFECT_COLUMNS)
    rows = changes.assign(site=changes["location"]).reset_index(drop=True)
    none = pd.DataFrame(columns=[*CHANGE_COLUMNS, "quantity", *BASES])
    work = none if workbook is None else treatment_impact(rows, workbook.per_patient)
    work = _with_patients(work, rows)
    work = work[work["quantity"] != _BEFORE]
    homes = rows[[*CHANGE_COLUMNS[:-1], "layer", "network", "kind"]]
    work = work.merge(homes, on=list(CHANGE_COLUMNS[:-1]))
    work = work.rename(columns={"organisation": "institution", "intervention": "treatment"})
    by = [work[name] for name in (*_KEYS, "quantity")]
    sums = work[list(BASES)].astype(np.float64).groupby(by).sum()
    unknown = work[list(BASES)].isna().groupby(by).any()
    out = sums.mask(unknown).assign(kind=work["kind"].groupby(by).first()).reset_index()
    year = pd.Series(dtype=np.float64)
    if workbook is not None:
        whole = workbook.per_year
        whole = whole[(whole["site"] == "") & (whole["specialism"] == "")]
        year = whole.set_index(["organisation", "quantity"])["total"]
    out["total"] = [
        today[name, treatment] if quantity == PATIENTS else year.get((name, quantity), np.nan)
        for name, treatment, quantity in out[["institution", "treatment", "quantity"]].itertuples(
            index=False, name=None
        )
    ]
    return out[list(EFFECT_COLUMNS)]
