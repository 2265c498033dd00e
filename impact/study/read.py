"""Read study.toml into a `Study`, reporting every fault at once with its place."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path, study_paths
from impact.errors import Fault, InputError, nearest_names
from impact.study.checks import intervention_faults, scenario_faults
from impact.study.model import (
    ALL_FAIL,
    ALLOCATIONS,
    ALTERNATIVES,
    BUNDLED,
    CANDIDATE_RULES,
    MEDIAN,
    Huff,
    Intervention,
    Logit,
    PatientRates,
    Scenario,
    Study,
)
from impact.study.overrides import (
    checked_overrides,
    file_rows,
    inline_rows,
    with_provider_overrides,
)
from impact.study.toml import TomlReader, key_lines
from impact.tables.places import ANYWHERE, NETHERLANDS, read_hospitals, read_regions
from impact.tables.text_table import decode, read_bytes, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.tables.places import Bounds

PUBLISHED = "published"
"""Stands for a row of the shipped table of published counts."""

_KEYS = ("national", "volume", "year", "rates", "source")


def read_patients(reader: TomlReader, table: Mapping[str, Any], path: str) -> PatientRates | None:
    """Read the table `patients` of an intervention.

    Examples
    --------
    >>> from impact.study.toml import TomlReader
    >>> rates = read_patients(TomlReader("study.toml", {}), {"patients": {"national": 2400}}, "")
    >>> rates.national
    2400.0
    """
    found = table.get("patients")
    if found is None:
        return None
    path = f"{path}.patients"
    if not isinstance(found, dict):
        reader.fault(path, found, '{ national = 2400, rates = { "0-64" = 1, "65+" = 8 } }')
        return None
    reader.unknown_keys(found, _KEYS, path)
    published = found.get("national") == PUBLISHED
    national = None if published else reader.number(found, "national", path, minimum=1.0)
    volume = reader.text(found, "volume", path, default=None if published else "")
    if volume and not published:
        reader.fault(f"{path}.volume", volume, f"national = {PUBLISHED!r} beside it")
    rates = found.get("rates", {})
    in_file = isinstance(rates, str)
    if "national" not in found and not rates:
        expected = "national (patients per year), rates (per 100,000 residents per year), or both"
        reader.fault(path, None, expected)
    return PatientRates(
        national=national,
        published=volume if published else "",
        year=str(found.get("year", "")),
        rates={} if in_file else reader.numbers(found, "rates", path),
        rates_file=str(rates) if in_file else "",
        source=reader.text(found, "source", path, default=""),
    )


_INTERVENTION_KEYS = (
    "name",
    "treatment",
    "norm",
    "norm_unit",
    "providers",
    "stop_count",
    "all_fail",
    "alternatives",
    "outside",
    "allocation",
    "flows",
    "huff",
    "logit",
    "must_stay",
    "must_stop",
    "may_open",
    "volumes",
    "candidates",
    "patients",
)
_SCENARIO_KEYS = ("name", "stops", "opens", "moves_to", "from", "status", "source")


def read_intervention(reader: TomlReader, table: Mapping[str, Any], path: str) -> Intervention:
    """Read an ``[[intervention]]``; faults go to the reader."""
    reader.unknown_keys(table, _INTERVENTION_KEYS, path)
    return Intervention(
        name=reader.text(table, "name", path),
        providers=tuple(sorted(reader.texts(table, "providers", path))),
        treatment=reader.text(table, "treatment", path, default=""),
        norm=reader.number(table, "norm", path, minimum=1.0),
        norm_unit=reader.text(table, "norm_unit", path, default=""),
        stop_count=reader.count(table, "stop_count", path),
        all_fail=reader.choice(table, "all_fail", path, ALL_FAIL, ""),
        alternatives=reader.choice(table, "alternatives", path, ALTERNATIVES, "inside"),
        outside=tuple(sorted(reader.texts(table, "outside", path, default=()))),
        allocation=reader.choice(table, "allocation", path, ALLOCATIONS, "nearest"),
        flows=reader.text(table, "flows", path, default=""),
        huff=_huff(reader, table, f"{path}.huff"),
        logit=_logit(reader, table, f"{path}.logit"),
        must_stay=tuple(sorted(reader.texts(table, "must_stay", path, default=()))),
        must_stop=tuple(sorted(reader.texts(table, "must_stop", path, default=()))),
        may_open=tuple(sorted(reader.texts(table, "may_open", path, default=()))),
        volumes=reader.text(table, "volumes", path, default=""),
        candidates=reader.choice(table, "candidates", path, CANDIDATE_RULES, "all"),
        patients=read_patients(reader, table, path),
    )


def _huff(reader: TomlReader, table: Mapping[str, Any], path: str) -> Huff | None:
    if "huff" not in table:
        return None
    given = reader.table(table, "huff", path=path)
    reader.unknown_keys(given, ("beta", "alpha", "attraction"), path)
    alpha = reader.number(given, "alpha", path, minimum=0.0)
    return Huff(
        beta=reader.number(given, "beta", path, minimum=0.0),
        alpha=1.0 if alpha is None else alpha,
        attraction=reader.text(given, "attraction", path, default=""),
    )


def _logit(reader: TomlReader, table: Mapping[str, Any], path: str) -> Logit | None:
    if "logit" not in table:
        return None
    given = reader.table(table, "logit", path=path)
    names = [key for key in given if key != "attributes"]
    values = {name: reader.number(given, name, path, minimum=-math.inf) for name in names}
    minutes = values.pop("minutes", None)
    if minutes is None or minutes >= 0.0:
        reader.fault(f"{path}.minutes", minutes, "a coefficient below zero: minutes deter")
    return Logit(
        minutes=0.0 if minutes is None else minutes,
        coefficients={name: value for name, value in values.items() if value is not None},
        attributes=reader.text(given, "attributes", path, default=""),
    )


def read_scenario(reader: TomlReader, table: Mapping[str, Any], path: str) -> Scenario:
    """Read a ``[[scenario]]``; faults go to the reader."""
    reader.unknown_keys(table, _SCENARIO_KEYS, path)
    start = table.get("from")
    if isinstance(start, dt.datetime) or not isinstance(start, dt.date | None):
        reader.fault(f"{path}.from", str(start), "a date such as 2027-01-01")
        start = None
    return Scenario(
        name=reader.text(table, "name", path),
        stops=reader.locations(table, "stops", path),
        opens=reader.locations(table, "opens", path),
        moves_to=reader.shares(table, "moves_to", path),
        start=start,
        status=reader.text(table, "status", path, default=""),
        source=reader.text(table, "source", path, default=""),
    )


_STUDY_KEYS = (
    "title",
    "region",
    "roads",
    "postcodes",
    "hospitals",
    "times",
    "profile",
    "demand",
    "groups",
    "providers_file",
)


def study_file(name: Path | str) -> Path:
    """Path of a study, given as a path or as the name of a shipped one.

    Examples
    --------
    >>> study_file("noordoost").name
    'noordoost.toml'
    """
    path, shipped = Path(name), study_paths()
    if os.path.isfile(path):  # noqa: PTH113 (Path.is_file raises for a name that is too long)
        return path
    if str(name) in shipped:
        return shipped[str(name)]
    expected = "a study file, or a shipped study: " + ", ".join(shipped)
    raise InputError(Fault("STUDY", "", "", str(name), expected, nearest_names(str(name), shipped)))


def read_study(path: Path | str, *, bounds: Bounds | None = None) -> Study:
    """Read and check a study.

    Parameters
    ----------
    path
        TOML file (the paths in it are relative to it), or the name of a shipped study.
    bounds
        Box in which hospitals must lie; by default the Netherlands, or anywhere for a study
        with roads of its own.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        Listing every fault: TOML syntax (with its line), unknown keys, names, regions, providers
        listed twice, more stops than providers, recipients that stop themselves, shares that do
        not add to one.

    Examples
    --------
    >>> study = read_study("noordoost")
    >>> study.region, len(study.interventions)
    ('Noordoost-Nederland', 9)
    """
    path = study_file(path)
    content = read_bytes(path)
    text = decode(path.name, content).removeprefix("\ufeff")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # beside its own error tomllib lets through those of endless numbers and nesting
        raise InputError(Fault(path.name, "", "", None, f"TOML syntax ({error})")) from error
    reader = TomlReader(path.name, key_lines(text))
    reader.unknown_keys(document, ("study", "intervention", "scenario", "provider"), "")
    head = reader.table(document, "study")
    reader.unknown_keys(head, _STUDY_KEYS, "study")
    interventions = [
        read_intervention(reader, table, f"intervention[{number}]")
        for number, table in enumerate(reader.tables(document, "intervention"), start=1)
    ]
    if not interventions and "intervention" not in document:
        reader.fault("intervention", None, "at least one [[intervention]]")
    scenarios = [
        read_scenario(reader, table, f"scenario[{number}]")
        for number, table in enumerate(reader.tables(document, "scenario"), start=1)
    ]
    study = Study(
        title=reader.text(head, "title", "study"),
        region=reader.text(head, "region", "study"),
        interventions=tuple(sorted(interventions, key=lambda each: each.name)),
        scenarios=tuple(sorted(scenarios, key=lambda each: each.name)),
        roads=reader.text(head, "roads", "study", default=BUNDLED),
        postcodes=reader.text(head, "postcodes", "study", default=BUNDLED),
        hospitals=reader.text(head, "hospitals", "study", default=BUNDLED),
        times=reader.text(head, "times", "study", default=""),
        profile=reader.text(head, "profile", "study", default="dal"),
        demand=reader.text(head, "demand", "study", default="population"),
        groups=reader.texts(head, "groups", "study", default=()),
        source=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        folder=path.resolve().parent,
    )
    hospitals = _hospital_names(study, reader, bounds)
    rows = inline_rows(reader, document)
    if corrections := reader.text(head, "providers_file", "study", default=""):
        more, faults = file_rows(study.path(corrections))
        rows += more
        reader.faults += faults
    overrides, faults = checked_overrides(rows, interventions, study.region, hospitals)
    reader.faults += faults
    interventions = with_provider_overrides(interventions, overrides)
    study = replace(
        study,
        interventions=tuple(sorted(interventions, key=lambda each: each.name)),
        overrides=overrides,
    )
    _check(study, reader, interventions, scenarios, hospitals)
    if reader.faults:
        raise InputError(reader.faults)
    return study


def _check(
    study: Study,
    reader: TomlReader,
    interventions: Sequence[Intervention],
    scenarios: Sequence[Scenario],
    hospitals: Sequence[str],
) -> None:
    """Names and numbers that only make sense together."""
    reader.repeated([each.name for each in interventions], "intervention")
    reader.repeated([each.name for each in scenarios], "scenario")
    for number, scenario in enumerate(scenarios, start=1):
        if scenario.name == MEDIAN:
            expected = "another name: tables call the displayed candidate so"
            reader.fault(f"scenario[{number}].name", scenario.name, expected)
    for group in sorted({name for name in study.groups if study.groups.count(name) > 1}):
        reader.fault("study.groups", group, "each group once")
    if study.postcodes == BUNDLED and study.region:
        reader.one_of(study.region, sorted(set(read_regions()["region"])), "study.region")
    treatments = sorted(read_table(data_path("treatments.csv")).frame["treatment_id"])
    for number, intervention in enumerate(interventions, start=1):
        if intervention.treatment:
            reader.one_of(intervention.treatment, treatments, f"intervention[{number}].treatment")
        for key, value, expected, known in intervention_faults(intervention, hospitals):
            reader.fault(f"intervention[{number}].{key}", value, expected, known)
    by_name = {each.name: each for each in interventions}
    for number, scenario in enumerate(scenarios, start=1):
        for key, value, expected, known in scenario_faults(scenario, by_name, hospitals):
            reader.fault(f"scenario[{number}].{key}", value, expected, known)


def _hospital_names(study: Study, reader: TomlReader, bounds: Bounds | None) -> tuple[str, ...]:
    bundled = study.hospitals == BUNDLED
    if bounds is None:
        # roads of the user's own may lie anywhere; they set the limits when the study is run
        bounds = NETHERLANDS if study.roads == BUNDLED else ANYWHERE
    path = data_path("hospitals.geojson") if bundled else study.path(study.hospitals)
    try:
        frame = read_hospitals(path, bounds=bounds)
    except InputError as error:
        reader.faults += error.faults
        return ()
    return tuple(map(str, frame.index))
