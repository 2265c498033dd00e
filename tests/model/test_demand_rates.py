"""Patients from rates by age.

Three postcodes. With rates 0-64: 1, 65-74: 10, 75+: 20 (only ratios matter beside a count):

    postcode  residents  65+  75+     0-64 x 1   65-74 x 10   75+ x 20    sum
    1011            100   20    8           80          120        160    360
    1012             50   10    4           40           60         80    180
    1013             10    0    0           10            0          0     10
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import STUDY, impact, write_files

from impact.errors import InputError
from impact.model.demand import BANDS, MIXED, modelled_patients, patients, rate_columns
from impact.study.model import Intervention, PatientRates, Study
from impact.study.read import read_study
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from pathlib import Path

RESIDENTS = pd.DataFrame(
    {
        "population": [100.0, 50.0, 10.0],
        "population_65plus": [20.0, 10.0, 0.0],
        "population_75plus": [8.0, 4.0, 0.0],
    },
    index=pd.Index(["1011", "1012", "1013"], name="postcode"),
)
BY_AGE = {"0-64": 1.0, "65-74": 10.0, "75+": 20.0}


def of(rates: PatientRates, postcodes: pd.DataFrame = RESIDENTS) -> list[float]:
    own = Intervention("x", ("A",), patients=rates)
    study = Study("t", "r", (own,), source="study.toml")
    return list(modelled_patients(study, own, rates, postcodes).value)


def test_without_a_count_rates_are_per_hundred_thousand() -> None:
    assert of(PatientRates(rates=BY_AGE)) == pytest.approx([360e-5, 180e-5, 10e-5])


def test_the_whole_country_adds_up_to_the_national_count() -> None:
    country = read_postcodes(weights=tuple(RESIDENTS.columns))
    for rates in ({}, {"0-64": 1.0, "65+": 9.0}, BY_AGE):
        assert sum(of(PatientRates(2400.0, rates=rates), country)) == pytest.approx(2400.0)


def test_a_part_of_the_country_gets_its_part() -> None:
    country = read_postcodes(weights=("population",))
    share = 100.0 / country["population"].sum()
    assert of(PatientRates(2400.0))[0] == pytest.approx(2400.0 * share)
    # only ratios of the rates matter beside a count
    double = {band: 2.0 * rate for band, rate in BY_AGE.items()}
    one, other = (of(PatientRates(2400.0, rates=rates)) for rates in (BY_AGE, double))
    assert one == pytest.approx(other)
    assert one[0] / one[2] == pytest.approx(36.0)


def test_a_published_count_is_named_and_divided_by_its_years() -> None:
    country = read_postcodes(weights=("population",))
    assert sum(of(PatientRates(published="AAA (alle, primair)"), country)) == pytest.approx(3280.0)
    six_years = PatientRates(published="AAA intact, EVAR")
    assert sum(of(six_years, country)) == pytest.approx(11624.0 / 6.0)
    twice = PatientRates(published="carotisinterventie", year="2018")
    assert sum(of(twice, country)) == pytest.approx(2532.0)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (PatientRates(published="AAA (alle)"), "nearest known: 'AAA (alle, primair)'"),
        # diagnoses are no treatments
        (PatientRates(published="longkanker"), "a national count of procedures or patients"),
        (PatientRates(published="carotisinterventie"), "expected one of the years of"),
        (
            PatientRates(rates={"0-64": 1.0, "75+": 2.0}),
            "all bands of one of the divisions all; 0-64, 65+;",
        ),
        (PatientRates(rates={"65+": 1.0, "75+": 2.0}), "found '65+, 75+'"),
        (PatientRates(rates={"all": 0.0}), "a rate above zero"),
    ],
)
def test_what_cannot_be_meant_is_refused(rates: PatientRates, message: str) -> None:
    with pytest.raises(InputError) as caught:
        of(rates)
    assert message in str(caught.value)


def test_more_old_residents_than_residents_are_refused() -> None:
    wrong = RESIDENTS.assign(population_65plus=[20.0, 60.0, 0.0])
    with pytest.raises(InputError, match="postcode 1012, population_65plus: expected at least"):
        of(PatientRates(rates={"0-64": 1.0, "65+": 2.0}), wrong)


def test_a_table_of_rates(tmp_path: Path) -> None:
    text = "intervention,age,rate\nx,0-64,1\nx,65-74,10\nx,75+,20\ny,all,5\n"
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    rates = PatientRates(rates_file="rates.csv")
    own = Intervention("x", ("A",), patients=rates)
    study = Study("t", "r", (own,), folder=tmp_path)
    found, (note,), sources = modelled_patients(study, own, rates, RESIDENTS)
    assert list(found) == pytest.approx([360e-5, 180e-5, 10e-5])
    assert [each["name"] for each in sources] == ["rates.csv"]
    assert "modelled, not registered" in str(note)
    assert set(rate_columns(rates)) == {column for pair in BANDS.values() for column in pair} - {""}


def test_interventions_may_differ_in_unit() -> None:
    two = (Intervention("x", ("A",), patients=PatientRates(2400.0)), Intervention("y", ("A",)))
    found, notes, _ = patients(Study("t", "r", two), RESIDENTS)
    assert (found.unit, found.unit_of("x"), found.unit_of("y")) == (MIXED, "patients", "residents")
    assert found.kinds == {"x": "modelled"}
    assert found.weights["y"].tolist() == [100.0, 50.0, 10.0]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("patients = 2400", "intervention[1].patients: found '2400', expected { national"),
        ("patients = { }", "expected national (patients per year), rates"),
        ("patients = { national = -1 }", "patients.national: found '-1', expected a number of 1"),
        ("patients = { national = 'published' }", "patients.volume: expected a text"),
        ("patients = { national = 9, volume = 'AAA' }", "expected national = 'published' beside"),
        (
            "patients = { rates = { all = -1 } }",
            "patients.rates.all: found '-1', expected a number",
        ),
        ("patients = { rate = 1 }", "patients.rate: found 'rate', expected one of the keys"),
    ],
)
def test_faults_in_a_study(tmp_path: Path, line: str, message: str) -> None:
    text = STUDY.replace("stop_count = 1", f"stop_count = 1\n{line}")
    with pytest.raises(InputError) as caught:
        read_study(write_files(tmp_path, {"study.toml": text}))
    assert message in str(caught.value)
    assert "line 12" in str(caught.value)


def test_the_unit_is_printed_wherever_patients_are_modelled(tmp_path: Path) -> None:
    text = STUDY.replace("stop_count = 1", "stop_count = 1\nnorm = 2")
    text = text.replace(
        "[[scenario]]", '[intervention.patients]\nrates = { "all" = 1000.0 }\n\n[[scenario]]'
    )
    study = write_files(tmp_path, {"study.toml": text})
    done = impact("run", study, "--out", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert "Naar een ander ziekenhuis: minder dan 10 patiënten per jaar (geschat)" in done.out
    assert "Pancreas: patiënten zijn gemodelleerd, niet geregistreerd" in done.out
    volumes = (tmp_path / "out" / "data" / "volumes.csv").read_text(encoding="utf-8")
    # 200 residents of 9712 at 1,000 per 100,000, and the one patient of 8911 after the change;
    # modelled volumes are not judged by the norm
    assert "Pancreas,West stopt,Noord,2,3,2,,modelled" in volumes
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "patiënten per jaar, maar berekend en niet geregistreerd" in report
