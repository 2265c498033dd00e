"""Counts over several years: divided in every table of counts, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.errors import InputError
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

PATIENTS = "postcode,patients\n9712,120\n8911,60\n7811,<10\n"
FLOWS = "postcode,provider,patients\n9712,Noord,120\n8911,West,60\n8911,Noord,<10\n7811,Zuid,30\n"
VOLUMES = "location,volume\nNoord,180\nWest,90\nZuid,60\n"
OBSERVED = 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"'
TABLE = 'times = "minutes.csv"\ndemand = "patients.csv"\nyears = 3'


def study(folder: Path, *changes: tuple[str, str]) -> Path:
    text = STUDY
    for old, new in changes:
        text = text.replace(old, new)
    tables = {"patients.csv": PATIENTS, "flows.csv": FLOWS, "volumes.csv": VOLUMES}
    return write_files(folder, {**tables, "study.toml": text})


def total(result: Result) -> float:
    """Patients a year, over everybody."""
    return float(result.cases[0].flows["demand"].sum())


def test_a_table_of_patients_is_divided(tmp_path: Path) -> None:
    result = run_study(read_study(study(tmp_path, ('times = "minutes.csv"', TABLE))))
    # 7811 has between 1 and 9 in three years: 5 / 3 a year
    assert total(result) == pytest.approx(40 + 20 + 5 / 3)
    (row,) = (
        result.summary[
            (result.summary["scenario"] == "West stopt") & (result.summary["group"] == "all")
        ]
        .head(1)
        .to_dict("records")
    )
    assert (row["unit"], row["moved"]) == ("patients", pytest.approx(20.0))
    said = [note["text"] for note in result.manifest["notes"]]
    assert (
        "patients.csv: counted over 3 years; divided by 3, so that every figure is per year" in said
    )


def test_flows_and_volumes_are_divided(tmp_path: Path) -> None:
    changed = ("stop_count = 1", f'{OBSERVED}\nvolumes = "volumes.csv"\nnorm = 25\nyears = 3')
    result = run_study(read_study(study(tmp_path, changed)))
    # 120, 60 and 30, and the hidden 1 to 9: as the middle, a year
    assert total(result) == pytest.approx(70 + 5 / 3)
    rows = result.volumes[result.volumes["scenario"] == "West stopt"].set_index("location")
    assert rows["volume_before"].to_dict() == {"Noord": 60.0, "West": 30.0, "Zuid": 20.0}
    assert rows.loc["Noord", "volume_after"] == pytest.approx(90.0)
    # of 180, 90 and 60 in three years Zuid alone falls short of 25 a year
    assert rows["meets_norm"].to_dict()["Zuid"] == "no"
    said = " ".join(note["text"] for note in result.manifest["notes"])
    assert "flows.csv: counted over 3 years" in said
    assert "volumes.csv: counted over 3 years" in said


def test_an_intervention_says_its_own_years(tmp_path: Path) -> None:
    changed = (
        ('times = "minutes.csv"', TABLE),
        ("stop_count = 1", 'stop_count = 1\nvolumes = "volumes.csv"\nyears = 2'),
    )
    result = run_study(read_study(study(tmp_path, *changed)))
    assert set(result.volumes.loc[result.volumes["location"] == "Noord", "volume_before"]) == {90.0}
    assert total(result) == pytest.approx(40 + 20 + 5 / 3)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("times =", "years = 3\ntimes =", "study.years: found '3', expected a table beside it"),
        ("stop_count =", "years = 3\nstop_count =", "years: found '3', expected a table beside it"),
        ("times =", "years = 0\ntimes =", "a number of years from 1 to 30"),
        ("times =", "years = 2023\ntimes =", "a number of years from 1 to 30"),
    ],
)
def test_years_without_counts_are_refused(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_study(study(tmp_path, (old, new)))
    assert expected in str(caught.value)


def test_the_command_says_it(tmp_path: Path) -> None:
    path = study(tmp_path, ('times = "minutes.csv"', TABLE))
    done = impact("run", path, "--tables", "--out", tmp_path / "out")
    assert "patients.csv: geteld over 3 jaar; gedeeld door 3" in " ".join(done.out.split())
