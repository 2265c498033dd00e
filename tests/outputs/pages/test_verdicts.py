"""'Klopt het?': one page for claims and for published ranges."""

from __future__ import annotations

import html
import math
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, Browser
from selenium.webdriver.common.by import By
from three_towns import impact, tree, write_files

from impact.evidence.claims.claim import Change, Claim
from impact.evidence.claims.judge import (
    NOT_SUPPORTED,
    PARTLY,
    SUPPORTED,
    UNDECIDED,
    VERDICTS,
    ClaimTest,
    Figure,
    Outcome,
)
from impact.outputs.pages.claims import CLAIMS_FILES
from impact.outputs.pages.reproduction import (
    REPRODUCTION_FILES,
    write_reproduction,
    write_reproduction_page,
)
from impact.outputs.pages.verdicts import (
    SHARE,
    SYMBOLS,
    badge,
    charts,
    finding,
    statements,
)
from impact.outputs.text import texts
from impact.outputs.text.claims import verdict_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.published.run import Reproduction

SMALL = {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize(
    "size",
    [
        pytest.param(SMALL, marks=NEEDS_BROWSER, id="390"),
        pytest.param(LAPTOP, marks=NEEDS_BROWSER, id="1440"),
    ],
)
SECTIONS = [
    "h-finding",
    "h-picture",
    "h-table",
    "h-evidence",
    "h-definitions",
    "h-unknown",
    "h-treatments",
    "h-assumptions",
    "h-sources",
]
STATEMENTS = """\
[claims]
title = "Over onze studie"

[[claim]]
name = "hooguit drie kwartier"
kind = "nobody_more"
scenario = "West stopt"
minutes = 45

[[claim]]
name = "tussen 40 en 46"
kind = "range"
low = 40
high = 46

[[claim]]
name = "binnen een uur"
kind = "share_within"
treatment = "Pancreas"
stops = ["West"]
share = 90
minutes = 60

[[claim]]
name = "met de bus"
kind = "nobody_more"
by = "public transport"
"""


class Check(NamedTuple):
    """What one check of the three towns gave."""

    folder: Path
    screen: str

    @property
    def page(self) -> str:
        """Text of its page."""
        return (self.folder / "verdicts.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    base = tmp_path_factory.mktemp("klopt")
    study = write_files(base)
    (base / "claims.toml").write_text(STATEMENTS, encoding="utf-8")
    outcome = impact("check", base / "claims.toml", "--study", study, "--out", base / "out")
    assert outcome.code == 0, outcome.err
    return Check(base / "out", outcome.out)


@pytest.fixture(scope="module")
def ranges(reproduction: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ranges") / "verdicts.html"
    write_reproduction_page(reproduction, path)
    return path


def test_the_legend_says_each_mark_once_and_no_landmark_bears_the_name_of_another(
    check: Check,
) -> None:
    legend = check.page[check.page.index('<ul class="key"') :]
    legend = legend[: legend.index("</ul>")]
    assert legend.count("hier berekend") == 1
    named = re.findall(r'<(?:section|div)[^>]*aria-labelledby="([^"]+)"[^>]*>', check.page)
    assert named
    regions = re.findall(r'role="region" aria-labelledby="([^"]+)"', check.page)
    assert regions == []


def table_rows(page: str) -> dict[str, str]:
    """Statement -> its row of the table, as it stands in the page."""
    table = page[page.index('id="statements"') :]
    rows = re.findall(r"<tr data-verdict.*?</tr>", table[: table.index("</table>")], re.DOTALL)
    return {
        html.unescape(re.findall(r'<a href="#statement-\d+">(.*?)</a>', row)[0]): row
        for row in rows
    }


def test_both_commands_have_the_same_sections_in_the_same_order(check: Check, ranges: Path) -> None:
    for page in (check.page, ranges.read_text(encoding="utf-8")):
        assert re.findall(r'<h2 id="([\w-]+)"', page) == SECTIONS
        identifiers = re.findall(r' id="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))


def test_the_pages_of_before_make_way(
    check: Check, reproduction: Reproduction, tmp_path: Path
) -> None:
    base = check.folder.parent
    out = tmp_path / "claims"
    shutil.copytree(check.folder, out)
    (out / "claims.html").write_text("of before", encoding="utf-8")
    asked = ("check", base / "claims.toml", "--study", base / "study.toml", "--out", out)
    outcome = impact(*asked)
    assert outcome.code == 0, outcome.err
    assert sorted(tree(out)) == sorted(CLAIMS_FILES)

    out = tmp_path / "ranges"
    write_reproduction(reproduction, out)
    (out / "reproduction.html").write_text("of before", encoding="utf-8")
    write_reproduction(reproduction, out)
    assert sorted(tree(out)) == sorted(REPRODUCTION_FILES)


def test_a_statement_has_one_verdict_and_one_figure_everywhere(check: Check) -> None:
    t, rows = texts("nl"), table_rows(check.page)
    claims = pd.read_csv(check.folder / "claims.csv")
    assert claims["claim"].tolist() == list(rows)
    for row in claims.to_dict("records"):
        word, shown = verdict_text(t, row["verdict"]), rows[row["claim"]]
        assert f'data-verdict="{row["verdict"].replace(" ", "-")}"' in shown
        assert f"</span> {word}</span>" in shown
        assert f"{row['claim']}: {word}" in check.screen
        if not math.isnan(row["figure"]):
            share = row["measure"] == "within"
            number = round(100 * row["figure"] if share else row["figure"])
            assert re.search(rf"<strong>[^<]*\b{number}(%| minuten)", shown)
            assert re.search(rf"\b{number}(%| minuten)", check.screen)


def test_screen_and_page_of_the_ranges_agree(reproduction: Reproduction, ranges: Path) -> None:
    rows = table_rows(ranges.read_text(encoding="utf-8"))
    assert len(rows) == len(reproduction.published) == 7
    for each, shown in zip(reproduction.outcomes, rows.values(), strict=True):
        assert f'data-verdict="{each.verdict.replace(" ", "-")}"' in shown
    # 10.84 where 10 is published, and the margin reaches it
    oost = rows["Oost-Nederland: 10 tot 18 minuten extra"]
    assert "klopt deels</span>" in oost
    assert oost.count('aria-label="klopt"') == 1
    assert "ongeveer 11 minuten (tussen 10 en " in oost


def test_the_finding_counts_what_stands_below(reproduction: Reproduction) -> None:
    outcomes, t = reproduction.outcomes, texts("nl")
    rows = statements(t, outcomes, [each.claim.name for each in outcomes])
    assert finding(t, outcomes, rows) == [
        "Van de 7 uitspraken: geen enkele klopt helemaal, 6 kloppen deels en 1 klopt niet.",
        "Genoemde grenzen die binnen de rekenmarge uitkomen: 5 van de 14.",
        "De genoemde piek is ook hier de grootste toename: bij 4 van de 7.",
    ]


def judged(verdict: str, *figures: Figure, **claim: object) -> Outcome:
    said = replace(Claim("iets", "nobody_more", minutes=30.0), **claim)
    return Outcome(said, verdict, "", figures, (), None)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([SUPPORTED], "iets: klopt."),
        (
            [SUPPORTED, UNDECIDED],
            "Van de 2 uitspraken: 1 klopt en 1 is niet te beslissen.",
        ),
        (
            [NOT_SUPPORTED, SUPPORTED, PARTLY, SUPPORTED],
            "Van de 4 uitspraken: 2 kloppen, 1 klopt deels en 1 klopt niet.",
        ),
        (
            [UNDECIDED] * 2,
            "Van de 2 uitspraken: geen enkele klopt helemaal en 2 zijn niet te beslissen.",
        ),
    ],
)
def test_verdicts_are_counted_in_words(verdicts: list[str], said: str) -> None:
    outcomes, t = [judged(each) for each in verdicts], texts("nl")
    rows = statements(t, outcomes, ["iets"] * len(outcomes))
    assert finding(t, outcomes, rows) == [said]


def test_a_single_statement_is_answered_with_its_number() -> None:
    limit, t = ClaimTest("greatest", "R", test="at_most", claimed=30.0), texts("nl")
    outcome = judged(NOT_SUPPORTED, Figure(limit, 46.2, 44.7, 50.4, NOT_SUPPORTED, 0, 0))
    rows = statements(t, [outcome], ["Niemand meer dan 30"])
    assert finding(t, [outcome], rows) == [
        "Niemand meer dan 30: klopt niet onder deze definitie.",
        (
            "Gezegd is: hooguit 30 minuten extra. "
            "Hier komt eruit: ongeveer 46 minuten (tussen 44 en 51)."
        ),
    ]


def test_a_claim_that_says_who_stops_is_no_calculation_example() -> None:
    t = texts("nl")
    said = replace(judged(SUPPORTED), definition="interventions")
    named = replace(said, claim=replace(said.claim, change=Change(("West",))))
    words = [each.definition for each in statements(t, [said, named], ["a", "b"])]
    assert words == [
        "over de behandelingen, rekenvoorbeeld in het midden",
        "wie stopt, staat in de uitspraak",
    ]


def test_no_verdict_is_told_by_colour_alone() -> None:
    t = texts("nl")
    badges = [badge(t, each) for each in VERDICTS]
    assert len({each.symbol for each in badges}) == len({each.word for each in badges}) == 4
    assert set(SYMBOLS) == set(VERDICTS)


def drawn(*outcomes: Outcome) -> list[tuple[str, list[tuple[tuple[float, float], ...]]]]:
    t = texts("nl")
    rows = statements(t, outcomes, ["iets"] * len(outcomes))
    return [
        (chart.unit, [(lane.said, lane.ours, *lane.margins) for lane in chart.lanes])
        for chart in charts(t, outcomes, rows)
    ]


def test_the_picture_shows_where_a_statement_holds() -> None:
    limit = ClaimTest("greatest", "R", test="at_most", claimed=30.0)
    share = ClaimTest("within", "R", test="at_least", claimed=0.9)
    within = judged(
        PARTLY, Figure(share, 0.8, 0.7, 0.95, PARTLY, 0, 0), kind="share_within", share=0.9
    )
    nobody = judged(PARTLY, Figure(limit, 20.0, 15.0, 40.0, PARTLY, 0, 0))
    lost = judged(NOT_SUPPORTED, Figure(limit, math.inf, math.inf, math.inf, NOT_SUPPORTED, 0, 0))
    minutes, shares = drawn(within, nobody, lost)
    # on an axis from 0 to 40: at most 30 from the left; nothing of who has no way any more
    assert minutes == ("minutes", [((0.0, 75.0), (50.0, 50.0), (37.5, 100.0))])
    # on an axis from 0 to 100 per cent: at least 90 to the right
    assert shares == (SHARE, [((90.0, 100.0), (80.0, 80.0), (70.0, 95.0))])


def test_many_figures_have_a_tick_each_and_the_one_that_decides_in_the_table() -> None:
    limit = ClaimTest("greatest", "R", "lung_resections", test="at_most", claimed=30.0)
    figures = [
        Figure(limit, value, value, value, SUPPORTED if value <= 30.0 else NOT_SUPPORTED, 0, 0)
        for value in (10.0, 20.0, 30.0, 40.0)
    ]
    outcome, t = judged(PARTLY, *figures), texts("nl")
    (row,) = statements(t, [outcome], ["iets"])
    (lane,) = charts(t, [outcome], [row])[0].lanes
    assert lane.ticks == (25.0, 50.0, 75.0, 100.0)
    assert row.counted == "Klopt voor 3 van de 4 cijfers."
    (number,) = row.numbers
    assert (number.text, number.where) == ("40 minuten", "Longresecties, R")
    assert number.plain == "Een operatie die een deel van de long weghaalt, bij longkanker."


@SIZES
def test_both_pages_fit_and_ask_for_nothing(
    check: Check, ranges: Path, size: dict[str, int], browser: Browser
) -> None:
    for path in (check.folder / "verdicts.html", ranges):
        page = browser.open(path, **size)
        assert page.console_errors() == []
        assert page.outside_requests() == []
        assert page.fits_the_screen()
        assert serious_violations(page) == []
        labels = "return [...document.querySelectorAll('.chart .axis')].map((axis) => "
        labels += "[...axis.children].map((each) => each.getBoundingClientRect())"
        labels += ".map((box) => [box.left, box.right]))"
        for axis in page.run(labels):
            for (_, end), (start, _) in pairwise(axis):
                assert end < start


@pytest.mark.parametrize("size", [pytest.param(SMALL, marks=NEEDS_BROWSER, id="390")])
def test_the_verdict_is_on_the_first_screen_of_a_phone(
    check: Check, ranges: Path, size: dict[str, int], browser: Browser
) -> None:
    for path in (check.folder / "verdicts.html", ranges):
        page = browser.open(path, **size)
        first = page.driver.find_element(By.CSS_SELECTOR, ".chart .row .verdict")
        assert first.rect["y"] + first.rect["height"] <= size["height"]
        assert first.text[0] in SYMBOLS.values()
        lane = page.driver.find_element(By.CSS_SELECTOR, "#statements tbody tr")
        assert lane.rect["width"] <= size["width"]
