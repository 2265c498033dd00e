"""Who stays in a portfolio by default, and shares of what hospitals filled in: three towns by hand.

```
    8911 West          9712 Noord          Patients: 60 in Noord, 30 in West, 20 in Zuid.
      6 min              5 min             Two treatments; of each one hospital stops.
                       7811 Zuid           Zuid: 20 x 44 minutes; West: 30 x 46; Noord: 60 x 40.
                         4 min
```

Left free, Zuid stops with both: 880 of 110, twice. As a university hospital it stays, and West
stops with both: 1380 of 110.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from three_towns import HOSPITALS, impact, write_files
from two_treatments import PATIENTS, TWO

from impact.analysis.portfolio import study_portfolio
from impact.model.facilities import QUANTITIES
from impact.outputs.files.template import write_template
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("Noord", "West", "Zuid")
OFF = "\n[rules]\nuniversity_hospitals_stay = false\n"


def typed(*university: str) -> str:
    """Hospitals of which some are university hospitals."""
    head, *lines = HOSPITALS.splitlines()
    kinds = [f"{each},{'umc' if each.partition(',')[0] in university else ''}" for each in lines]
    return "\n".join([f"{head},type", *kinds, ""])


def chosen(
    folder: Path, *university: str, conditions: str = "", study: str = TWO
) -> tuple[list[str], str]:
    """Who stops per treatment, and what the screen says."""
    files = {"study.toml": study, "patients.csv": PATIENTS, "hospitals.csv": typed(*university)}
    if conditions:
        files["voorwaarden.csv"] = conditions
    path = write_files(folder, files)
    more = ["--conditions", folder / "voorwaarden.csv"] if conditions else []
    done = impact("portfolio", path, *more, "--out", folder / "out", "--force")
    assert done.code == 0, done.err
    return [row["stops"] for row in rows(folder / "out" / "choices.csv")], " ".join(
        done.out.split()
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def said_of(folder: Path) -> dict[str, object]:
    """What the manifest says of the rule."""
    text = (folder / "out" / "manifest.json").read_text(encoding="utf-8")
    said: dict[str, object] = json.loads(text)["portfolio"]["university_hospitals_stay"]
    return said


def test_a_university_hospital_stays_and_what_that_costs(tmp_path: Path) -> None:
    stops, screen = chosen(tmp_path, "Zuid")
    assert stops == ["West", "West"]
    assert "aangewezen centra blijven, elk bij de eigen behandelingen: Zuid." in screen
    [price] = rows(tmp_path / "out" / "conditions.csv")
    assert price["condition"] == "university_hospitals_stay"
    assert float(price["price"]) == pytest.approx((1380 - 880) / 110)
    assert "(regel university_hospitals_stay); kost: 5 minuten" in screen
    page = (tmp_path / "out" / "portfolio.html").read_text(encoding="utf-8")
    assert "Dat is de regel university_hospitals_stay" in page
    assert said_of(tmp_path)["kept"] == {"Pancreas": ["Zuid"], "Tweede": ["Zuid"]}


def test_a_study_switches_it_off(tmp_path: Path) -> None:
    stops, screen = chosen(tmp_path, "Zuid", study=TWO + OFF)
    assert stops == ["Zuid", "Zuid"]
    assert "De regel university_hospitals_stay staat uit" in screen
    assert rows(tmp_path / "out" / "conditions.csv") == []
    assert said_of(tmp_path)["on"] is False


def test_it_is_dropped_where_no_choice_is_left_and_said(tmp_path: Path) -> None:
    stops, screen = chosen(tmp_path, *NAMES)
    assert stops == ["Zuid", "Zuid"]
    assert "Tweede: in elke keuze stopt een van Noord, West en Zuid" in screen
    assert said_of(tmp_path)["dropped"] == ["Pancreas", "Tweede"]


def test_who_is_stopped_by_name_does_not_stay(tmp_path: Path) -> None:
    conditions = "condition,organisation,treatments\nstops,Zuid,Tweede\n"
    stops, _ = chosen(tmp_path, "Zuid", conditions=conditions)
    assert stops == ["West", "Zuid"]
    assert said_of(tmp_path)["kept"] == {"Pancreas": ["Zuid"]}


def with_hours(folder: Path, hours: dict[tuple[str, str], float]) -> str:
    """Write a workbook with theatre hours per patient; return the study that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "values.xlsx"
    sites = {name: [name] for name in NAMES}
    write_template(path, interventions=["Pancreas", "Tweede"], sites=sites)
    book = openpyxl.load_workbook(path)
    sheet = book["Waarden"]
    column = 3 + QUANTITIES.index("theatre_hours")
    lines = {tuple(cell.value or "" for cell in row[:2]): row for row in sheet.iter_rows(4)}
    for key, value in hours.items():
        number = lines[key][0].row if key in lines else sheet.max_row + 1
        for place, name in enumerate(key, start=1):
            sheet.cell(number, place, name)
        sheet.cell(number, column, value)
    book.save(path)
    return TWO + '\n[impact]\nworkbook = "values.xlsx"\n'


HALF = "condition,organisation,value,quantity\nkeeps_share,Zuid,0.5,{quantity}\n"


def test_theatre_hours_weigh_what_patients_do_not(tmp_path: Path) -> None:
    """Zuid may lose one of two: of patients either, of hours the one of one hour, not of three."""
    hours = {("Pancreas", "landelijk"): 3.0, ("Tweede", "landelijk"): 1.0}
    study = with_hours(tmp_path, hours)
    stops, screen = chosen(tmp_path, conditions=HALF.format(quantity="theatre_hours"), study=study)
    assert stops == ["West", "Zuid"]
    assert "Zuid houdt ten minste 50% van: operatiekamer (uren)" in screen
    assert rows(tmp_path / "out" / "conditions.csv")[0]["quantity"] == "theatre_hours"


def test_its_own_value_comes_before_the_national_one(tmp_path: Path) -> None:
    hours = {
        ("Pancreas", "landelijk"): 3.0,
        ("Tweede", "landelijk"): 1.0,
        ("Pancreas", "Zuid"): 1.0,
        ("Tweede", "Zuid"): 3.0,
    }
    study = with_hours(tmp_path, hours)
    stops, _ = chosen(tmp_path, conditions=HALF.format(quantity="theatre_hours"), study=study)
    assert stops == ["Zuid", "West"]


def test_a_treatment_without_a_value_is_left_out_and_said(tmp_path: Path) -> None:
    study = with_hours(tmp_path, {("Tweede", "landelijk"): 1.0})
    stops, screen = chosen(tmp_path, conditions=HALF.format(quantity="theatre_hours"), study=study)
    assert stops == ["Zuid", "West"]
    assert "geen patiënten zijn geteld: Pancreas." in screen


@pytest.mark.parametrize(
    ("table", "workbook", "expected"),
    [
        (HALF.format(quantity="theatre_hour"), True, "nearest known: 'theatre_hours'"),
        (HALF.format(quantity="ward_days"), True, "a value for a treatment that counts patients"),
        (HALF.format(quantity="theatre_hours"), False, "a workbook in the study"),
        (
            "condition,value,quantity\nnorm,1,theatre_hours\n",
            True,
            "expected nothing: only these conditions",
        ),
    ],
)
def test_a_wrong_quantity_is_refused(
    tmp_path: Path, table: str, *, workbook: bool, expected: str
) -> None:
    study = with_hours(tmp_path, {("Tweede", "landelijk"): 1.0}) if workbook else TWO
    files = {"study.toml": study, "patients.csv": PATIENTS, "voorwaarden.csv": table}
    path = write_files(tmp_path, files)
    asked = ("--conditions", tmp_path / "voorwaarden.csv", "--out", tmp_path / "out")
    done = impact("portfolio", path, *asked)
    assert done.code == 2
    assert expected in " ".join(done.err.split())


PANCREAS, STOMACH = "Pancreasresecties", "Maag-/slokdarmresecties"
SYSTEMIC = "Systemische behandeling pancreaskanker"


def test_noordoost_keeps_hours_and_bundles(tmp_path: Path) -> None:
    """Who operates on the pancreas treats it too; Frisius keeps half of 6 and 7 hours each.

    With the rule that university hospitals stay nothing is left to choose for the stomach, so it is
    off. Left free, Frisius loses one operation or both.
    """
    study = read_study("noordoost")
    chosen = tuple(
        each for each in study.interventions if each.name in {PANCREAS, STOMACH, SYSTEMIC}
    )
    path = tmp_path / "values.xlsx"
    sites = {"Frisius MC": ["Frisius MC Leeuwarden (MCL)"]}
    write_template(path, interventions=[PANCREAS, STOMACH, SYSTEMIC], sites=sites)
    book = openpyxl.load_workbook(path)
    sheet = book["Waarden"]
    hours = {PANCREAS: 6.0, STOMACH: 7.0}
    for row in sheet.iter_rows(4):
        if row[1].value == "landelijk" and row[0].value in hours:
            column = 3 + QUANTITIES.index("theatre_hours")
            sheet.cell(row[0].row, column, hours[row[0].value])
    book.save(path)
    study = replace(study, interventions=chosen, scenarios=(), workbook=str(path))
    study = replace(study, university_hospitals_stay=False)
    free = study_portfolio(study)
    conditions = tmp_path / "voorwaarden.csv"
    conditions.write_text(
        "condition,organisation,treatments,value,quantity\n"
        f"needs,,{PANCREAS}; {SYSTEMIC},,\n"
        "keeps_share,Frisius MC,,0.5,theatre_hours\n",
        encoding="utf-8",
    )
    bound = study_portfolio(study, conditions=conditions)
    assert free.best is not None
    assert bound.best is not None
    assert bound.best.chosen.status == "optimal"
    assert bound.best.travel >= free.best.travel - 1e-9
    performing = {
        each.name: {
            name for name, does in zip(each.locations, each.performs[picked], strict=True) if does
        }
        for each, picked in zip(bound.portfolio.treatments, bound.best.chosen.choice, strict=True)
    }
    assert performing[PANCREAS] <= performing[SYSTEMIC]
    shares = []
    for result in (free, bound):
        own = result.matrix[result.matrix["organisation"] == "Frisius MC"]
        value = own["intervention"].map(hours).fillna(0.0)
        after, before = ((own[f"volume_{when}"] * value).sum() for when in ("after", "before"))
        shares.append(after / before)
    assert shares[0] < 0.5 <= shares[1]
    assert (bound.prices["price"] >= 0.0).all()
    assert bound.prices["price"].max() > 0.0
