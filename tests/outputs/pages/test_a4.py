from __future__ import annotations

import base64
import dataclasses
import math
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from toy import EMMEN, EMMEN_OPENS, GRONINGEN, LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

from impact.outputs.pages.a4 import ROWS, case_row, sheet, sheet_cases, write_a4
from impact.outputs.text import texts
from impact.outputs.text.norms import AMPLE, BELOW, MET, UNKNOWN, norm_verdict
from impact.outputs.text.wording import status_badge

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def with_volumes(toy: Result, kind: str = "registered", **after: float) -> Result:
    """The case in which Leeuwarden goes to Groningen (norm 50), with these volumes after it."""
    names = {"groningen": GRONINGEN, "leeuwarden": LEEUWARDEN}
    rows = [
        (PANCREAS, TO_GRONINGEN, names[name], 40.0, value, 50.0, meets, kind, *[math.nan] * 4)
        for name, value in after.items()
        for meets in ["" if kind == "modelled" else "yes" if value >= 50.0 else "no"]
    ]
    return dataclasses.replace(toy, volumes=pd.DataFrame(rows, columns=list(toy.volumes.columns)))


@pytest.mark.parametrize(
    ("groningen", "margin", "verdict"),
    [(49.0, 0.1, BELOW), (50.0, 0.1, MET), (54.9, 0.1, MET), (55.0, 0.1, AMPLE), (55.0, 0.2, MET)],
)
def test_the_margin_says_what_is_ample(
    toy: Result, groningen: float, margin: float, verdict: str
) -> None:
    # the provider that stops has no volume left, and that is no shortfall
    result = with_volumes(toy, groningen=groningen, leeuwarden=0.0)
    case = next(case for case in result.cases if case.scenario == TO_GRONINGEN and case.principal)
    found = norm_verdict(result, case, margin=margin)
    assert found.verdict == verdict
    assert found.lowest == groningen
    assert found.below == (1 if verdict == BELOW else 0)


def test_residents_are_no_volume_and_nothing_is_judged(toy: Result) -> None:
    assert {norm_verdict(toy, view.case).verdict for view in toy.principal} == {UNKNOWN}


def test_modelled_volumes_carry_no_verdict(toy: Result) -> None:
    result = with_volumes(toy, "modelled", groningen=80.0)
    row = next(r for r in sheet(result, texts("nl")).rows if r.scenario.startswith("A. "))
    assert row.norm == "50: geen oordeel zonder geregistreerde aantallen (berekend: kleinste 80)"


def test_who_gains_and_who_loses(toy: Result) -> None:
    rows = {row.scenario[:2]: row for row in sheet(toy, texts("nl")).rows}
    assert rows["A."].hit == "Leeuwarden +46, Schiermonnikoog +10"
    assert rows["A."].gains == ""
    assert rows["B."].gains == "naar wat begint: Emmen −44"
    assert EMMEN in rows["B."].changes
    # 10,000 in Leeuwarden and 900 on Schiermonnikoog; 1,100 on Vlieland have no route at all
    assert rows["A."].people == "10.900 inwoners"


def test_less_than_a_minute_is_no_loss_and_no_gain(toy: Result) -> None:
    rows = toy.municipalities
    extra = {"Leeuwarden": 1.0, "Schiermonnikoog": 0.99, "Groningen": -1.0, "Emmen": -0.99}
    moved = rows["municipality"].map(extra)
    close = dataclasses.replace(toy, municipalities=rows.assign(mean_extra_moved=moved))
    row = next(r for r in sheet(close, texts("nl")).rows if r.scenario.startswith("A. "))
    assert (row.hit, row.gains) == ("Leeuwarden +1", "Groningen −1")


def test_who_must_and_gets_closer_counts_only_who_must(toy: Result) -> None:
    rows = toy.municipalities
    here = rows["municipality"] == "Groningen"
    # 16 minutes for who must, and one of the whole municipality
    moved = rows["mean_extra_moved"].mask(here, -16.0)
    after = rows["mean_after"].mask(here, rows["mean_before"] - 1.0)
    closer = rows.assign(mean_extra_moved=moved, mean_after=after)
    made = sheet(dataclasses.replace(toy, municipalities=closer), texts("nl"))
    row = next(r for r in made.rows if r.scenario.startswith("A. "))
    assert row.gains == "Groningen −16"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_headline_names_scenario_and_status(
    toy: Result, noordoost_result: Result, lang: str
) -> None:
    t = texts(lang)
    for result in (toy, noordoost_result):
        said = sheet(result, t).headline
        assert any(
            t.scenario(view.case.scenario) in said and status_badge(t, view.case) in said
            for view in sheet_cases(result)
        )
    # two scenarios of one treatment
    assert sum(view.case.intervention.name == PANCREAS for view in sheet_cases(toy)) > 1


def test_the_three_hit_hardest_are_named_and_the_others_counted(noordoost_result: Result) -> None:
    view = next(v for v in noordoost_result.principal if len(v.hardest_hit) > 3)
    row = case_row(view, texts("nl"), 0.1)
    named = row.hit.partition(" en ")[0].split(", ")
    assert [each.rpartition(" ")[0] for each in named] == list(view.hardest_hit.index[:3])


def test_patients_come_first_and_a_bound_stands_beside_residents(noordoost_result: Result) -> None:
    rows = [case_row(view, texts("nl"), 0.1) for view in noordoost_result.principal]
    for view, row in zip(noordoost_result.principal, rows, strict=True):
        counted = math.isfinite(view.row["patients_moved"])
        assert ("patiënten per jaar" in row.people) == counted
        assert (row.bound == "") == counted
    assert len({row.bound == "" for row in rows}) == 2


def test_a_scenario_stands_instead_of_the_displayed_candidate(noordoost_result: Result) -> None:
    made = sheet(noordoost_result, texts("nl"))
    names = [row.intervention for row in made.rows]
    assert sorted(names) == sorted(each.name for each in noordoost_result.study.interventions)
    assert made.examples == len(noordoost_result.principal) - len(names) == 1


def test_whom_to_tell_is_named_or_a_place_to_write(toy: Result, tmp_path: Path) -> None:
    path = tmp_path / "a4.html"
    write_a4(toy, path)
    assert "Naam, telefoon of e-mail" in path.read_text(encoding="utf-8")
    study = dataclasses.replace(toy.study, contact="Netwerk <b>Noord</b>, netwerk@example.org")
    write_a4(dataclasses.replace(toy, study=study), path)
    text = path.read_text(encoding="utf-8")
    assert "Netwerk &lt;b&gt;Noord&lt;/b&gt;, netwerk@example.org" in text
    assert "Naam, telefoon of e-mail" not in text


def test_the_other_pages_are_a_link_away_on_a_screen(toy: Result, tmp_path: Path) -> None:
    write_a4(toy, tmp_path / "a4.html")
    text = (tmp_path / "a4.html").read_text(encoding="utf-8")
    (links,) = re.findall(r'<p class="links unprinted">(.*?)</p>', text)
    assert re.findall(r'href="([^"]+)"', links) == ["index.html", "explorer.html", "report.html"]


def test_a_second_reading_gets_no_row_of_its_own(toy: Result) -> None:
    assert len(sheet(toy, texts("nl")).rows) == 3


def test_what_finds_no_room_is_counted(toy: Result) -> None:
    named = [case for case in toy.cases if case.scenario == EMMEN_OPENS]
    many = dataclasses.replace(toy, cases=tuple(named * (ROWS + 4)))
    made = sheet(many, texts("nl"))
    assert (len(made.rows), made.left_out) == (ROWS, 4)


def test_disputed_and_unverified_listings_stand_beneath(noordoost_result: Result) -> None:
    made = sheet(noordoost_result, texts("nl"))
    said = {each.intervention: each.text for each in made.listings}
    assert said["Longresecties"].startswith("betwist: Deventer Ziekenhuis; niet geverifieerd: ")
    rows = noordoost_result.providers
    unsure = rows[rows["status"].isin(["disputed", "unverified"])]
    assert set(said) == set(unsure["intervention"])


def printed(browser: Browser, path: Path) -> int:
    browser.open(path, **LAPTOP)
    pdf = browser.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    return len(_PAGE.findall(base64.b64decode(pdf["data"])))


_LETTERS = """
    const sizes = [...document.querySelectorAll("#sheet *")]
        .filter((each) => !each.closest("svg") && each.checkVisibility())
        .map((each) => parseFloat(getComputedStyle(each).fontSize));
    return [Math.min(...sizes), document.querySelectorAll("#rows .unprinted").length];
"""


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_it_prints_on_front_and_back_in_letters_of_nine_points(
    browser: Browser, noordoost_result: Result, toy: Result, tmp_path: Path
) -> None:
    named = [case for case in toy.cases if case.scenario == EMMEN_OPENS]
    crowded = dataclasses.replace(noordoost_result, cases=tuple(list(noordoost_result.cases) * 2))
    few = dataclasses.replace(toy, cases=tuple(named))
    for result, crowd in ((noordoost_result, False), (crowded, True), (few, False)):
        path = tmp_path / "a4.html"
        write_a4(result, path)
        assert printed(browser, path) == 2
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        smallest, hidden = browser.driver.execute_script(_LETTERS)
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        # 9 points are 12 pixels
        assert smallest >= 12.0
        assert (hidden > 0) == crowd
        said = browser.driver.execute_script(
            'return document.getElementById("unprinted").textContent'
        )
        assert (f": {hidden}." in said) if crowd else (said == "")


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_plain_words_leave_the_paper_before_a_row_does(
    browser: Browser, noordoost_result: Result, tmp_path: Path
) -> None:
    shown = """
    return ["#rows tbody tr", ".plain", ".explained"].map((name) =>
      [...document.querySelectorAll(name)].filter((each) => each.offsetHeight).length);
    """
    whole = len(sheet_cases(noordoost_result))
    # beside their names, together on the back, or nowhere
    for rows, on_paper in ((1, {(1, 0)}), (whole - 1, {(0, 1), (whole - 1, 0)}), (whole, {(0, 0)})):
        kept = noordoost_result.study.interventions[:rows]
        cases = tuple(each for each in noordoost_result.cases if each.intervention in kept)
        write_a4(dataclasses.replace(noordoost_result, cases=cases), tmp_path / "a4.html")
        page = browser.open(tmp_path / "a4.html", **LAPTOP)
        assert page.run(shown) == [rows, rows, 0]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        found = page.run(shown)
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        assert found[0] == rows
        assert tuple(found[1:]) in on_paper


@pytest.mark.browser
@NEEDS_BROWSER[1]
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_anywhere(
    browser: Browser, noordoost_result: Result, tmp_path: Path, size: dict[str, int]
) -> None:
    write_a4(noordoost_result, tmp_path / "a4.html", lang="en")
    page = browser.open(tmp_path / "a4.html", **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert page.captions_fit()
    assert page.figures_fit("#rows")
    assert serious_violations(page) == []
