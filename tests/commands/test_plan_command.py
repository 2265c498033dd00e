"""`impact plan` from a study and a table to its folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from three_towns import STUDY, impact, tree, write_files

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = STUDY.partition("[[scenario]]")[0]
NAME = COUNTED.partition('name = "')[2].partition('"')[0]
PLAN = f"""\
intervention,location,step,from,recipient,capacity,state,source
{NAME},West,stops,2026-01-01,Zuid,,agreed,=HYPERLINK("x")
{NAME},West,stops,2026-07-01,Noord,,agreed,minutes
"""


def arguments(folder: Path, plan: str = PLAN) -> list[object]:
    """A study and its plan."""
    study = write_files(folder, {"study.toml": COUNTED, "plan.csv": plan})
    return ["plan", study, "--plan", folder / "plan.csv", "--out", folder / "out"]


def test_it_writes_its_folder(tmp_path: Path) -> None:
    """The west goes to the south for half a year (89 more), then to the north (46)."""
    done = impact(*arguments(tmp_path), "--on", "2025-10-01")
    assert (done.code, done.err) == (0, "")
    said = " ".join(done.out.split())
    assert "De eerste verandering is per 1-1-2026, de laatste per 1-7-2026." in said
    assert "Op 1-10-2025 is geen enkele behandeling te laat." in said
    assert "vanaf 1-1-2026: Stopt: West." in said
    assert "gemiddeld 89 minuten langer" in said
    assert "gemiddeld 46 minuten langer" in said
    assert sorted(tree(tmp_path / "out")) == [
        "days.csv",
        "late.csv",
        "manifest.json",
        "plan.csv",
        "plan.html",
        "plan.xlsx",
        "years.csv",
    ]
    days = pd.read_csv(tmp_path / "out" / "days.csv")
    assert days["mean_extra_moved"].fillna(0).tolist() == [0.0, 89.0, 46.0]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plan"]["days"] == ["2026-01-01", "2026-07-01"]


def test_modelled_patients_are_rounded_and_called_an_estimate(tmp_path: Path) -> None:
    """One of the hundred of 8911 a year is fewer than ten."""
    rates = '[intervention.patients]\nrates = { "all" = 1000.0 }\n'
    asked = arguments(tmp_path)
    (tmp_path / "study.toml").write_text(f"{COUNTED}\n{rates}", encoding="utf-8")
    said = " ".join(impact(*asked).out.split())
    assert "Naar een ander ziekenhuis: minder dan 10 patiënten per jaar (geschat), gem" in said
    page = (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")
    assert "minder dan 10 patiënten per jaar (geschat)" in page


def test_the_workbook_is_the_time_plan(tmp_path: Path) -> None:
    """A row per step, in words; what starts a formula is text."""
    assert impact(*arguments(tmp_path), "--on", "2025-10-01").code == 0
    book = openpyxl.load_workbook(tmp_path / "out" / "plan.xlsx")
    rows = list(book["tijdplan"].iter_rows(values_only=True))
    assert rows[0][:5] == ("Behandeling", "Stand", "Locatie", "Stap", "Per")
    assert rows[1][:6] == (NAME, "afgesproken", "West", "stopt", "1-1-2026", "Zuid")
    assert rows[1][7] == '\'=HYPERLINK("x")'
    assert book.sheetnames == ["tijdplan", "per dag"]


def test_the_page_escapes_names(tmp_path: Path) -> None:
    """What came from a file is text."""
    plan = PLAN.replace("minutes", "<script>alert(1)</script>")
    assert impact(*arguments(tmp_path, plan), "--lang", "en").code == 0
    page = (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--on", "1-1-2026"), "--on: found '1-1-2026', expected a day, as 2026-01-01"),
        (("--growth", "none.csv"), "none.csv"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, option: tuple[str, str], message: str) -> None:
    """Before anything is written."""
    done = impact(*arguments(tmp_path), *option)
    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "out").exists()
