"""Patients per year from the shipped national counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.bundled import study_paths
from impact.model.demand import MIXED, PATIENTS, Demand, patients
from impact.model.national_counts import read_national_counts
from impact.study.model import MODELLED, WEIGHTS, Intervention, PatientRates, Study
from impact.study.read import read_study
from impact.tables.places import read_postcodes
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

COUNTS = read_national_counts().by_treatment


def demand_of(study: Study, *, spread: str = "") -> Demand:
    postcodes = read_postcodes(weights=tuple(WEIGHTS.values()))
    here = postcodes[postcodes["region"] == study.region]
    return patients(study, here, spread=spread).value


@pytest.fixture(scope="module", name="result")
def _result() -> Result:
    study = read_study("noordoost")
    names = ("Pancreasresecties", "Lokale behandeling nierkanker")
    return run_study(
        replace(study, interventions=tuple(study.intervention(name) for name in names))
    )


@pytest.mark.parametrize("spread", ["", *WEIGHTS])
def test_the_regions_add_up_to_the_national_counts(spread: str) -> None:
    counted = [name for name, count in COUNTS.items() if count.patients is not None]
    assert len(counted) == 5
    interventions = tuple(Intervention(name, ("A",), treatment=name) for name in counted)
    totals: dict[str, float] = defaultdict(float)
    regions = {read_study(name).region for name in study_paths()}
    assert len(regions) == 7
    for region in regions:
        found = demand_of(Study("t", region, interventions, demand=MODELLED), spread=spread)
        for name in counted:
            totals[name] += float(found.weights[name].sum())
    assert totals == pytest.approx({name: COUNTS[name].patients for name in counted})


def test_every_count_says_which_published_rows_it_is() -> None:
    frame = read_table("data/volumes_published.csv").frame
    published = {(row["intervention"], row["year"]): row for row in frame.to_dict("records")}
    for name, count in COUNTS.items():
        assert count.why, name
        assert (count.patients is None) == (count.counted == "") == (count.source == "")
        if count.patients is not None:
            rows = [published[each, count.year] for each in count.counted.split(" + ")]
            assert count.patients == sum(float(row["count"]) for row in rows)
            assert {row["metric"] for row in rows} <= {"procedures", "patients"}
            assert {row["hospital"] for row in rows} == {"national"}


def test_every_shipped_study_models_its_patients() -> None:
    for name in study_paths():
        study = read_study(name)
        assert study.demand == MODELLED
        found = demand_of(study)
        for each in study.interventions:
            counted = COUNTS[each.treatment].patients is not None
            assert found.unit_of(each.name) == (PATIENTS if counted else "residents 65+")
            assert found.kinds.get(each.name, "") == (MODELLED if counted else "")
            assert (each.name in found.spreads) == counted


def test_own_rates_replace_the_shipped_count() -> None:
    study = read_study("noordoost")
    own = replace(study.intervention("Pancreasresecties"), patients=PatientRates(national=10.0))
    rest = tuple(each for each in study.interventions if each.name != own.name)
    found = demand_of(replace(study, interventions=(own, *rest)))
    assert found.unit == MIXED
    assert own.name not in found.spreads
    everybody = read_postcodes()["population"].sum()
    assert found.residents is not None
    assert found.weights[own.name].sum() == pytest.approx(10.0 * found.residents.sum() / everybody)


def test_registered_counts_leave_no_bound_of_a_spread() -> None:
    found = demand_of(read_study("noordoost"))
    counted = found.with_patients({"Pancreasresecties": np.ones(1437)})
    assert counted.kinds["Pancreasresecties"] == "registered"
    assert "Pancreasresecties" not in counted.spreads


def test_a_run_says_patients_first_and_residents_second(result: Result) -> None:
    rows = result.summary.drop_duplicates("intervention").set_index("intervention")
    pancreas, kidney = rows.loc["Pancreasresecties"], rows.loc["Lokale behandeling nierkanker"]
    assert (pancreas["patients_kind"], pancreas["unit"]) == (MODELLED, PATIENTS)
    assert pancreas["patients_moved"] == pancreas["moved"]
    assert pancreas["patients_low"] <= pancreas["patients_moved"] <= pancreas["patients_high"]
    assert pancreas["patients_low"] < pancreas["patients_high"]
    assert (kidney["patients_kind"], kidney["unit"]) == ("", "residents 65+")
    assert np.isnan(kidney["patients_moved"])
    # a resident is one of many who may never need it
    assert pancreas["residents_moved"] > 1000.0 * pancreas["patients_moved"]
    assert kidney["residents_moved"] > kidney["moved"]


def test_residents_are_those_of_the_plain_study(result: Result) -> None:
    plain = run_study(replace(result.study, demand="population"))
    ours = result.summary.set_index(["intervention", "scenario", "recipients"])
    theirs = plain.summary.set_index(["intervention", "scenario", "recipients"])
    both = ours.index.intersection(theirs.index)
    assert len(both) >= 3
    # a displayed candidate may be another under another weight: scenarios are the same
    for key in both:
        if key[1] != "displayed candidate":
            assert ours.loc[key, "residents_moved"] == pytest.approx(theirs.loc[key, "moved"])
            assert ours.loc[key, "mean_extra_residents"] == pytest.approx(
                theirs.loc[key, "mean_extra_moved"]
            )


def test_modelled_demand_asks_for_residents_by_age(tmp_path: Path) -> None:
    text = STUDY.replace('region = "Noorden"', 'region = "Noorden"\ndemand = "modelled"')
    study = write_files(tmp_path, {"study.toml": text})
    done = impact("run", study, "--out", tmp_path / "out")
    assert "population_65plus" in done.err
    assert done.code == 2


def test_counts_per_hospital_replace_the_estimate(tmp_path: Path) -> None:
    study = read_study("noordoost")
    pancreas = study.intervention("Pancreasresecties")
    lines = [f"{name},{50 + number}" for number, name in enumerate(pancreas.providers)]
    table = tmp_path / "volumes.csv"
    table.write_text("\n".join(["location,volume", *lines]), encoding="utf-8")
    own = replace(pancreas, volumes=str(table))
    found = run_study(replace(study, interventions=(own,), folder=tmp_path)).summary.iloc[0]
    stops = "Frisius MC Leeuwarden (MCL)"
    assert found["patients_kind"] == "registered"
    assert found["patients_moved"] == 50.0 + pancreas.providers.index(stops)
