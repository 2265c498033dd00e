"""Bounds of hidden counts stand beside the figures of every page and table that shows them."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from browser import LAPTOP, NEEDS_BROWSER, Browser
from three_towns import STUDY, impact, write_files

from impact.analysis.portfolio import study_portfolio
from impact.analysis.run import run_study
from impact.analysis.sweep import sweep_study
from impact.outputs.pages.explorer import explorer_data, write_explorer
from impact.outputs.pages.portfolio import write_portfolio
from impact.outputs.text import texts
from impact.outputs.text.people import counted_text, people_text
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

FLOWS = """\
postcode,provider,patients
9712,Noord,40
9712,West,{0}
8911,West,30
7811,Zuid,52
7811,West,{1}
"""
OBSERVED = 'stop_count = 1\nnorm = 50\nallocation = "observed"\nflows = "flows.csv"'
VOLUMES = "location,volume\nNoord,60\nWest,<10\nZuid,80\n"
SECOND = """
[[scenario]]
name = "Zuid stopt"
stops = { "Pancreas" = ["Zuid"] }
"""
ENDS = ("low", "high")
NL = texts("nl")
LARGELY = "geregistreerd, voor een groot deel afgeschermd"
PARTLY = "Aantallen zijn deels een schatting"


def counted(folder: Path, first: str = "<10", second: str = "<4") -> Path:
    text = STUDY.replace("stop_count = 1", OBSERVED) + SECOND
    return write_files(folder, {"study.toml": text, "flows.csv": FLOWS.format(first, second)})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_gives_the_bounds_that_trying_every_end_gives(tmp_path: Path) -> None:
    path = counted(tmp_path / "hidden")
    done = impact("sweep", path, "--out", tmp_path / "out", "--quiet", "--lang", "nl")
    assert done.code == 0, done.err
    found: dict[tuple[str, str], list[float]] = {}
    for number, cells in enumerate(itertools.product("19", "13")):
        study = read_study(counted(tmp_path / str(number), *cells))
        (exact,) = sweep_study(study).swept
        every = exact.table.assign(recipients="nearest").to_dict("records")
        for row in (*every, *exact.scores.to_dict("records")):
            key = (row["stops"], row["recipients"])
            found.setdefault(key, []).append(row["lowest_volume"])
    held = rows(tmp_path / "out" / "front.csv")
    assert {row["kind"] for row in held} >= {"baseline", "scenario", "front"}
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    for row in held:
        low, high = (float(row[f"lowest_volume_{end}"] or row["lowest_volume"]) for end in ENDS)
        lowest = found[row["stops"], row["recipients"]]
        assert (low, high) == pytest.approx((min(lowest), max(lowest)))
        if low < high:
            assert f"{float(row['lowest_volume']):.0f} ({low:.0f} tot {high:.0f})" in page
    assert page.count(PARTLY) == 1


def test_counts_of_which_many_are_hidden_are_not_called_registered_alone(tmp_path: Path) -> None:
    for name, cells, mostly in (("few", ("<10", "<4"), False), ("many", ("<100", "<40"), True)):
        result = run_study(read_study(counted(tmp_path / name, *cells)))
        said = counted_text(NL, result), people_text(NL, result.principal[0])
        assert [LARGELY in each for each in said] == [mostly, mostly], said


def test_a_sweep_without_hidden_counts_says_nothing_of_bounds(tmp_path: Path) -> None:
    path = counted(tmp_path, "5", "2")
    done = impact("sweep", path, "--out", tmp_path / "out", "--quiet", "--lang", "nl")
    assert done.code == 0, done.err
    assert {row["lowest_volume_low"] for row in rows(tmp_path / "out" / "front.csv")} == {""}
    assert PARTLY not in (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")


def test_the_optimum_has_bounds_beside_the_lowest_volume(tmp_path: Path) -> None:
    path = counted(tmp_path)
    done = impact("optimise", path, "--out", tmp_path / "out", "--quiet", "--lang", "nl")
    assert done.code == 0, done.err
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    # today, everybody to the nearest: 32 to 42 of 9712 and 8911
    table = page.partition('<table class="side"')[2].partition("</table>")[0]
    assert " tot " in table
    assert PARTLY in table


def test_a_portfolio_has_bounds_beside_the_volumes_of_an_organisation(tmp_path: Path) -> None:
    rule = 'stop_count = 1\nmust_stop = ["West"]\nvolumes = "volumes.csv"'
    text = STUDY.replace("stop_count = 1", rule)
    path = write_files(tmp_path, {"study.toml": text, "volumes.csv": VOLUMES})
    result = study_portfolio(read_study(path))
    found = result.matrix.set_index("organisation")
    columns = [f"volume_{when}_{end}" for when in ("before", "after") for end in ENDS]
    # between 1 and 9 of West go to Noord
    assert found.loc["West", columns[:2]].tolist() == [1.0, 9.0]
    assert found.loc["Noord", columns[2:]].tolist() == [61.0, 69.0]
    assert found.loc["Noord", columns[:2]].isna().all()
    assert found.loc["Zuid", columns].isna().all()
    write_portfolio(result, tmp_path / "out", lang="nl")
    page = (tmp_path / "out" / "portfolio.html").read_text(encoding="utf-8")
    assert "5 (1 tot 9) → 0<" in page
    assert "60 → 65 (61 tot 69)<" in page
    assert page.count(PARTLY) == 1
    written = {row["organisation"]: row for row in rows(tmp_path / "out" / "organisations.csv")}
    assert [written["Noord"][name] for name in columns] == ["", "", "61", "69"]


def test_compare_has_bounds_on_the_page_and_in_the_tables(tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    asked = ("--scenarios", "West stopt", "Zuid stopt", "--out", out, "--lang", "nl")
    for arguments in (
        ("run", counted(tmp_path), "--out", run, "--quiet"),
        ("compare", run, *asked),
    ):
        done = impact(*arguments)
        assert done.code == 0, done.err
    page = (out / "compare.html").read_text(encoding="utf-8")
    # 30 and the middles 5 and 2: at least 1 and 1, at most 9 and 3
    assert ">37 (32 tot 42)<" in page
    assert PARTLY in page
    (row,) = rows(out / "compare.csv")
    assert (row["moved_low_a"], row["moved_high_a"]) == ("32", "42")
    assert (row["moved_low_b"], row["moved_high_b"]) == ("52", "52")
    # Zuid has 52, and Noord from 40 + 32 on
    assert (row["lowest_volume_a"], row["lowest_volume_low_a"]) == ("52", "")
    # West has 30, 9 or less of 9712, and 3 or less of 7811
    assert (row["lowest_volume_low_b"], row["lowest_volume_high_b"]) == ("32", "42")
    sheet = openpyxl.load_workbook(out / "compare.xlsx")["Cijfers"]
    cells = {str(row[1].value): row[2:4] for row in sheet.iter_rows()}
    low = next(
        each for name, each in cells.items() if name.startswith("Moet") and "minstens" in name
    )
    assert [each.value for each in low] == [32.0, 52.0]
    assert {each.number_format for each in low} == {"#,##0"}


def test_the_explorer_knows_the_bounds_of_today_and_of_the_scenarios(tmp_path: Path) -> None:
    data = explorer_data(run_study(read_study(counted(tmp_path))), texts("nl"))
    number = {name: str(at) for at, (name, *_) in enumerate(data["locations"])}
    assert data["interventions"][0]["today"] == {number["West"]: [32.0, 42.0]}
    first, second = data["presets"]
    assert first["volumes"] == {number["Noord"]: [72.0, 82.0]}
    assert second["volumes"][number["West"]] == [32.0, 42.0]


def test_the_explorer_knows_no_bounds_without_hidden_counts(tmp_path: Path) -> None:
    data = explorer_data(run_study(read_study(counted(tmp_path, "5", "2"))), texts("nl"))
    assert data["interventions"][0]["today"] == {}
    assert [each["volumes"] for each in data["presets"]] == [{}, {}]


_VOLUMES = 'return document.getElementById("explorer-volumes").textContent'


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_the_explorer_shows_the_bounds_of_today(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "explorer.html"
    write_explorer(run_study(read_study(counted(tmp_path))), path, lang="nl")
    page = browser.open(path, **LAPTOP)
    assert page.console_errors() == []
    assert "37 (32 tot 42)" in page.run(_VOLUMES)


_BROKEN = """
document.body.classList.toggle("measuring", arguments[0]);
return [...document.querySelectorAll("#rows .ends")].map((each) => {
  each.style.overflowWrap = "normal";
  return each.scrollWidth - each.clientWidth;
});
"""


@pytest.mark.browser
@NEEDS_BROWSER[1]
@pytest.mark.parametrize("paper", [False, True], ids=["screen", "paper"])
def test_the_sheet_breaks_no_word_of_the_bounds(
    browser: Browser, tmp_path: Path, *, paper: bool
) -> None:
    run = tmp_path / "run"
    done = impact("run", counted(tmp_path), "--out", run, "--quiet", "--lang", "nl")
    assert done.code == 0, done.err
    for size in ({"width": 1440, "height": 900}, {"width": 390, "height": 800}):
        page = browser.open(run / "a4.html", **size)
        over: Any = page.run(_BROKEN, paper)
        assert over == [0]
