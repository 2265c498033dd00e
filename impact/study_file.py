"""Read study.toml into a `Study`, reporting every fault at once with its place."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from impact.bundled import data_path, study_paths
from impact.errors import Fault, InputError, nearest_names
from impact.overrides import (
    checked_overrides,
    file_rows,
    inline_rows,
    with_provider_overrides,
)
from impact.places import ANYWHERE, NETHERLANDS, read_hospitals, read_regions
from impact.reading import decode, read_bytes, read_table
from impact.study import BUNDLED, MEDIAN, Intervention, Scenario, Study
from impact.study_checks import intervention_faults, scenario_faults
from impact.study_tables import read_intervention, read_scenario
from impact.toml_reader import TomlReader, key_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.places import Bounds

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

    Parameters
    ----------
    name
        As typed.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        When neither exists.

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
