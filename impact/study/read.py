"""Read study.toml into a `Study`, reporting every fault at once with its place."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from impact.bundled import data_path, study_paths
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.study.checks import (
    intervention_faults,
    patients_faults,
    scenario_faults,
    study_faults,
    years_faults,
)
from impact.study.model import (
    BUNDLED,
    DISPLAYED,
    SHIPPED_ROADS,
    Huff,
    Intervention,
    Logit,
    PatientRates,
    Scenario,
    Study,
)
from impact.study.schema import PUBLISHED, StudyFile
from impact.study.toml import TomlReader, key_lines, read_toml
from impact.tables.text import read_bytes

JOINED = " + "
"""Between the names of several regions, in the name that outputs give them."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.study.schema import (
        HuffTable,
        InterventionTable,
        LogitTable,
        PatientsTable,
        ScenarioTable,
    )
    from impact.tables.places import Bounds


def _patients(table: PatientsTable) -> PatientRates:
    in_file = isinstance(table.rates, str)
    published = table.national == PUBLISHED
    return PatientRates(
        national=None if isinstance(table.national, str) else table.national,
        published=table.volume if published else "",
        year=str(table.year),
        rates={} if isinstance(table.rates, str) else table.rates,
        rates_file=str(table.rates) if in_file else "",
        source=table.source,
    )


def _huff(table: HuffTable) -> Huff:
    return Huff(table.beta, 1.0 if table.alpha is None else table.alpha, table.attraction)


def _logit(table: LogitTable) -> Logit:
    columns = {name: each for name, each in (table.model_extra or {}).items() if each is not None}
    return Logit(table.minutes, columns, table.attributes)


def _intervention(table: InterventionTable) -> Intervention:
    own = {
        "huff": None if table.huff is None else _huff(table.huff),
        "logit": None if table.logit is None else _logit(table.logit),
        "patients": None if table.patients is None else _patients(table.patients),
    }
    return Intervention(**(dict(table) | own))


def _scenario(table: ScenarioTable) -> Scenario:
    moves = {giver: dict(sorted(takers.items())) for giver, takers in table.moves_to.items()}
    return Scenario(**(dict(table) | {"moves_to": moves}))


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
    expected = said("a study file, or a shipped study: {names}", names=", ".join(shipped))
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
    document, text = read_toml(path.name, content)
    reader = TomlReader(path.name, key_lines(text))
    file = reader.check(StudyFile, document)
    if not file.intervention and "intervention" not in document:
        reader.fault("intervention", None, "at least one [[intervention]]")
    for number, table in enumerate(file.intervention, start=1):
        if table.patients is not None:
            for key, value, expected, _ in patients_faults(table.patients):
                reader.fault(f"intervention[{number}].patients{key}", value, expected)
    interventions = list(map(_intervention, file.intervention))
    scenarios = list(map(_scenario, file.scenario))
    head = dict(file.study)
    corrections = head.pop("providers_file")
    head["region"] = _region(file, reader)
    study = Study(
        **head,
        **dict(file.rules),
        interventions=(),
        scenarios=tuple(sorted(scenarios, key=lambda each: each.name)),
        workbook="" if file.impact is None else file.impact.workbook,
        source=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        folder=path.resolve().parent,
    )
    # pandas is for those who read tables
    from impact.study.overrides import (
        checked_overrides,
        file_rows,
        inline_rows,
        with_provider_overrides,
    )

    hospitals = _hospital_names(study, reader, bounds)
    rows = inline_rows(file.provider, reader.source)
    if corrections:
        more, faults = file_rows(study.path(corrections))
        rows += more
        reader.faults += faults
    overrides, faults = checked_overrides(rows, interventions, study.region_names, hospitals)
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


def _region(file: StudyFile, reader: TomlReader) -> str:
    """Return what the region is called, or the regions together."""
    region, regions = file.study.region, file.study.regions
    if region and regions:
        reader.fault("study.regions", ", ".join(regions), "region or regions, and not both")
    elif (
        not region
        and not regions
        and not any(each.field.startswith("study") for each in reader.faults)
    ):
        reader.fault("study.region", None, "a region, or regions = [...]")
    reader.repeated(regions, "study.regions")
    return region or JOINED.join(regions)


def _check_regions(study: Study, reader: TomlReader) -> None:
    # pandas is for those who read tables
    from impact.tables.places import read_regions

    shipped = sorted(set(read_regions()["region"]))
    for name in study.region_names:
        reader.one_of(name, shipped, "study.regions" if study.regions else "study.region")


def _check(
    study: Study,
    reader: TomlReader,
    interventions: Sequence[Intervention],
    scenarios: Sequence[Scenario],
    hospitals: Sequence[str],
) -> None:
    """Names and numbers that only make sense together."""
    # pandas is for those who read tables
    from impact.tables.text_table import read_table

    reader.repeated([each.name for each in interventions], "intervention")
    reader.repeated([each.name for each in scenarios], "scenario")
    for group in sorted({name for name in study.groups if study.groups.count(name) > 1}):
        reader.fault("study.groups", group, "each group once")
    if study.postcodes == BUNDLED and study.region:
        _check_regions(study, reader)
    treatments = sorted(read_table(data_path("treatments.csv")).frame["treatment_id"])
    for number, intervention in enumerate(interventions, start=1):
        if intervention.treatment:
            reader.one_of(intervention.treatment, treatments, f"intervention[{number}].treatment")
        for key, value, expected, known in intervention_faults(intervention, hospitals):
            reader.fault(f"intervention[{number}].{key}", value, expected, known)
    alone = years_faults(study.years, study.demand, interventions)
    for key, value, expected, known in chain(study_faults(interventions), alone):
        reader.fault(key, value, expected, known)
    by_name = {each.name: each for each in interventions}
    for number, scenario in enumerate(scenarios, start=1):
        if scenario.name == DISPLAYED:
            expected = "another name: tables call the displayed candidate so"
            reader.fault(f"scenario[{number}].name", scenario.name, expected)
        for key, value, expected, known in scenario_faults(scenario, by_name, hospitals):
            reader.fault(f"scenario[{number}].{key}", value, expected, known)


def _hospital_names(study: Study, reader: TomlReader, bounds: Bounds | None) -> tuple[str, ...]:
    # geopandas is for those who read tables
    from impact.tables.places import ANYWHERE, NETHERLANDS, read_hospitals

    bundled = study.hospitals == BUNDLED
    if bounds is None:
        # roads of the user's own may lie anywhere; they set the limits when the study is run
        bounds = NETHERLANDS if study.roads in SHIPPED_ROADS else ANYWHERE
    path = data_path("hospitals.geojson") if bundled else study.path(study.hospitals)
    try:
        frame = read_hospitals(path, bounds=bounds)
    except InputError as error:
        reader.faults += error.faults
        return ()
    return tuple(map(str, frame.index))
