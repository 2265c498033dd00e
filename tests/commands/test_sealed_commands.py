"""`impact seal`, `contribute` and `merge`, as three institutions would use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest
from sealed_world import SITES, STUDY, counts_of, draw, write_world
from three_towns import impact, tree

from impact.model.facilities import QUANTITIES
from impact.outputs.files.template import write_template

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed study and the counts of the three."""
    patients = draw(np.random.default_rng(4))
    for site in SITES:
        counts_of(patients, site).to_csv(tmp_path / f"{site}.csv", index=False)
    done = impact("seal", write_world(tmp_path), "--out", tmp_path / "s.sealed")
    assert (done.code, done.err) == (0, "")
    assert "Wie kan bijdragen: Noord, West en Zuid" in done.out
    return tmp_path


def contributed(folder: Path, site: str, *options: object) -> Path:
    """One institution's file."""
    path = folder / f"{site}.json"
    done = impact(
        *("contribute", folder / "s.sealed", "--institution", site),
        *("--counts", folder / f"{site}.csv", "--out", path, *options),
    )
    assert (done.code, done.err) == (0, "")
    return path


def test_three_institutions_and_one_result(folder: Path) -> None:
    """The whole way; the answer says what is certain, and that nobody is missing."""
    parts = [contributed(folder, site) for site in SITES]
    done = impact("merge", folder / "s.sealed", *parts, "--out", folder / "out")
    assert (done.code, done.err) == (0, "")
    assert "zoals de instellingen ze zelf registreerden" in done.out
    assert "Long, Plan: 124 patiënten per jaar moeten naar een ander ziekenhuis" in done.out
    assert "Zeker is: tussen 21 minuten korter en 1 minuut langer." in done.out
    assert "Alle instellingen deden mee." in done.out
    assert sorted(tree(folder / "out")) == [
        "figures.csv",
        "manifest.json",
        "merged.html",
        "volumes.csv",
    ]
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["contributions"] == ["Noord", "West", "Zuid"]


def test_the_preview_writes_nothing_and_says_every_number(folder: Path) -> None:
    """What it prints is what would be in the file."""
    arguments = ("contribute", folder / "s.sealed", "--institution", "Noord")
    done = impact(*arguments, "--counts", folder / "Noord.csv", "--preview")
    assert done.code == 0
    assert "Dit verlaat het huis van Noord, en niets anders:" in done.out
    assert "er is niets geschreven" in done.out
    assert not (folder / "Noord.json").exists()
    said = json.loads(contributed(folder, "Noord").read_text(encoding="utf-8"))
    for each in said["told"]:
        for cell in each["cells"]:
            assert f"{cell['low']} patiënten in {cell['areas'][0]}" in done.out


def test_who_did_not_take_part_is_named(folder: Path) -> None:
    """Without the west the numbers are at least these."""
    parts = [contributed(folder, site) for site in ("Noord", "Zuid")]
    done = impact("merge", folder / "s.sealed", *parts, "--out", folder / "out", "--lang", "en")
    assert done.code == 0, done.err
    assert "nothing is known of West; so the number is at least this" in done.out
    assert "Did not take part: West." in done.out


def test_a_workbook_goes_along(folder: Path) -> None:
    """Only the institution's own rows."""
    names = {"Noord": ["Noord"]}
    write_template(folder / "noord.xlsx", interventions=["Long", "Maag"], sites=names, lang="nl")
    path = contributed(folder, "Noord", "--template", folder / "noord.xlsx")
    said = json.loads(path.read_text(encoding="utf-8"))
    assert {row["organisation"] for row in said["template"]} <= {"Noord"}


def test_what_does_not_fit_is_refused(folder: Path) -> None:
    """Twice the same institution, another study, a file that is no contribution."""
    north = contributed(folder, "Noord")
    done = impact("merge", folder / "s.sealed", north, north, "--out", folder / "out")
    assert done.code == 2
    assert "each institution once" in done.err
    other = folder / "other"
    other.mkdir()
    study = write_world(other, STUDY.replace("norm = 50", "norm = 60"))
    assert impact("seal", study, "--out", other / "s.sealed").code == 0
    done = impact("merge", other / "s.sealed", north, "--out", folder / "out")
    assert done.code == 2
    assert "made for this study" in done.err
    done = impact("merge", folder / "s.sealed", folder / "Noord.csv", "--out", folder / "out")
    assert done.code == 2
    assert "as `impact contribute` writes it" in done.err
    done = impact("merge", north, north, "--out", folder / "out")
    assert done.code == 2
    assert "a sealed study as `impact seal` writes it" in done.err
    assert not (folder / "out").exists()


def test_a_study_without_scenarios_is_not_sealed(tmp_path: Path) -> None:
    """There would be nothing to merge; a threshold of one is no threshold."""
    study = write_world(tmp_path, STUDY.partition("[[scenario]]")[0])
    done = impact("seal", study, "--out", tmp_path / "s.sealed")
    assert done.code == 2
    assert "named scenarios" in done.err
    study = write_world(tmp_path)
    done = impact("seal", study, "--out", tmp_path / "s.sealed", "--threshold", "1")
    assert done.code == 2
    assert "5 or more" in done.err
    done = impact("contribute", tmp_path / "s.sealed", "--institution", "x", "--counts", study)
    assert done.code == 2
    assert not (tmp_path / "s.sealed").exists()


def test_what_stays_at_home_is_said_and_the_rest_is_multiplied(folder: Path) -> None:
    """A treatment that the study does not have; three theatre hours for each patient of Long."""
    path = folder / "west.xlsx"
    names = ["Long", "Maag", "Nier"]
    write_template(path, interventions=names, sites={"West": ["West"]}, lang="nl")
    book = openpyxl.load_workbook(path)
    sheet = book["Waarden"]
    column = 3 + QUANTITIES.index("theatre_hours")
    for row in sheet.iter_rows(4):
        if row[0].value in {"Long", "Nier"} and row[1].value == "West":
            sheet.cell(row[0].row, column, 3.0)
    book.save(path)
    arguments = ("--counts", folder / "West.csv", "--template", path, "--preview")
    done = impact("contribute", folder / "s.sealed", "--institution", "West", *arguments)
    assert done.code == 0, done.err
    assert "west.xlsx: behandelingen die deze studie niet heeft, tellen niet mee: Nier" in done.out
    parts = [contributed(folder, site) for site in ("Noord", "Zuid")]
    parts.append(contributed(folder, "West", "--template", path))
    done = impact("merge", folder / "s.sealed", *parts, "--out", folder / "out")
    assert done.code == 0, done.err
    assert {"values.csv", "facilities.csv"} <= set(tree(folder / "out"))
    assert "Nier" not in (folder / "out" / "values.csv").read_text(encoding="utf-8")
    page = (folder / "out" / "merged.html").read_text(encoding="utf-8")
    assert "Wat het betekent voor de instellingen" in page
    # 124 patients leave
    assert "−372" in page
