"""Demand, and the unit in which it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.demand import patients, unit_of, weights_of
from impact.study.model import WEIGHTS, Intervention, Study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.model.demand import Demand

POSTCODES = pd.DataFrame(
    {
        "population": [100.0, 50.0, 0.0],
        "population_65plus": [20.5, 10.0, 0.0],
        "population_75plus": [8.0, 4.0, 0.0],
        "low_income": [7.0, 3.0, 0.0],
        "population_low_income": [7.0, 3.0, 0.0],
    },
    index=pd.Index(["1011", "1012", "1013"], name="postcode"),
)
TWO = (Intervention("x", ("A",)), Intervention("y", ("A",)))


def demand_of(study: Study) -> tuple[Demand, list[str]]:
    found = patients(study, POSTCODES)
    return found.value, list(map(str, found.notes))


@pytest.mark.parametrize(
    ("demand", "unit", "weights"),
    [
        ("population", "residents", [100.0, 50.0, 0.0]),
        ("65+", "residents 65+", [20.5, 10.0, 0.0]),
        ("75+", "residents 75+", [8.0, 4.0, 0.0]),
        ("low_income", "weight: low_income", [7.0, 3.0, 0.0]),
    ],
)
def test_a_column_stands_for_demand_and_is_never_called_patients(
    demand: str, unit: str, weights: list[float]
) -> None:
    found, notes = demand_of(Study("t", "r", TWO, demand=demand))
    assert found.unit == unit == unit_of(demand)
    assert {name: each.tolist() for name, each in found.weights.items()} == {
        "x": weights,
        "y": weights,
    }
    assert notes == []


def test_the_columns_that_a_study_needs() -> None:
    by_age = ("population", "population_65plus", "population_75plus")
    assert weights_of(Study("t", "r", TWO)) == by_age
    assert weights_of(Study("t", "r", TWO, postcodes="mine.csv")) == ("population",)
    assert weights_of(Study("t", "r", TWO, demand="65+", groups=("75+", "urbanity"))) == (
        "population_65plus",
        "population",
        "population_75plus",
    )
    # residents are said second, whatever counts; a table of one's own may have none
    assert weights_of(Study("t", "r", TWO, demand="mine.csv", groups=("65+",))) == by_age
    own = Study("t", "r", TWO, demand="mine.csv", groups=("65+",), postcodes="mine.csv")
    assert weights_of(own) == ("population_65plus",)
    assert set(weights_of(Study("t", "r", TWO, demand="modelled"))) == {*WEIGHTS.values()}


def test_groups_are_columns_too() -> None:
    found, _ = demand_of(Study("t", "r", TWO, groups=("75+", "population_low_income")))
    assert {name: each.tolist() for name, each in found.groups.items()} == {
        "75+": [8.0, 4.0, 0.0],
        "population_low_income": [7.0, 3.0, 0.0],
    }


def test_a_table_counts_patients(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("postcode,patients\n1012,2.5\n1011,1\n", encoding="utf-8")
    found, notes = demand_of(Study("t", "r", TWO, demand="mine.csv", folder=tmp_path))
    assert found.unit == "patients"
    assert found.weights["x"].tolist() == found.weights["y"].tolist() == [1.0, 2.5, 0.0]
    # what is not listed is said to be zero
    assert notes == ["mine.csv: 1 postcodes are not listed and count as zero: 1013"]


def test_a_table_may_count_them_per_intervention(tmp_path: Path) -> None:
    text = "postcode,intervention,patients\n1011,x,1\n1011,y,4\n1013,y,2\n9999,x,8\n1012,x,0\n"
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    found, notes = demand_of(Study("t", "r", TWO, demand="mine.csv", folder=tmp_path))
    assert found.weights["x"].tolist() == [1.0, 0.0, 0.0]
    assert found.weights["y"].tolist() == [4.0, 0.0, 2.0]
    (note,) = notes
    assert note.startswith("mine.csv: 1 rows (8 patients a year) are of postcodes outside the reg")
    assert note.endswith("were not used: 9999")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("postcode,patients\n1011,-1\n", "mine.csv, row 2, patients: found '-1'"),
        ("postcode,patients\n1011,\n", "mine.csv, row 2, patients: "),
        ("postcode,patients\n1011,1\n1011,2\n", "mine.csv, row 3, postcode: found '1011'"),
        (
            "postcode,intervention,patients\n1011,z,1\n",
            "mine.csv, row 2, intervention: found 'z', expected an intervention of the study",
        ),
        ("postcode,aantal\n1011,1\n", "mine.csv, header, patients: "),
        ("postcode,patients\n9999,5\n", "demand above zero somewhere in the region 'r'"),
        ("postcode,intervention,patients\n1011,x,5\n", "demand above zero somewhere"),
    ],
)
def test_faulty_counts_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        demand_of(Study("t", "r", TWO, demand="mine.csv", folder=tmp_path))
    assert message in str(caught.value)


def test_a_region_without_residents_is_refused() -> None:
    empty = POSTCODES.loc[["1013"]]
    study = Study("t", "Nergens", TWO, source="study.toml")
    with pytest.raises(InputError, match=r"study\.toml, demand: found 'population', expected dem"):
        patients(study, empty)
