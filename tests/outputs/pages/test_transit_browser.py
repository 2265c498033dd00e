"""Public transport on pages: the card, and the switch of the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from transit_study import MATRIX, transit_result

from impact.analysis.transit import by_transit
from impact.evidence.postcode import postcode_trips
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.pages.index import write_index
from impact.outputs.pages.postcode_card import trip_figures
from impact.outputs.pages.report import write_report
from impact.outputs.text import texts
from impact.outputs.text.card import card_words

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

LOST = MATRIX.replace("8911,Noord,95,1,2,99,19:40", "8911,Noord,inf,0,,inf,")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return transit_result(tmp_path_factory.mktemp("transit"))


def opened(browser: Browser, result: Result, folder: Path, **size: int) -> Page:
    write_explorer(result, folder / "explorer.html")
    return browser.open(folder / "explorer.html", **(size or LAPTOP))


def text_of(page: Page, name: str) -> str:
    return str(page.run(f"return document.getElementById('explorer-{name}').innerText"))


def test_card_of_index_explorer_and_lookup_say_the_same(
    browser: Browser, result: Result, tmp_path: Path
) -> None:
    t = texts("nl")
    trip = next(each for each in postcode_trips(result, "8911", members=0) if each.case.principal)
    expected = " · ".join(card_words(t, trip_figures(result, "8911", trip)).line)
    assert "met het openbaar vervoer nu 20, straks 95 minuten, 2 overstappen" in expected
    assert "na 19.40 uur geen weg terug met het openbaar vervoer" in expected
    write_index(result, tmp_path / "index.html")
    card = "return document.querySelector('.place-card .place-line').textContent"
    index = browser.open(tmp_path / "index.html", **LAPTOP)
    index.run(
        "location.hash = '#zoek=8911'; document.getElementById('index-place').value = '8911';"
        "document.getElementById('index-form').requestSubmit()"
    )
    assert index.run(card) == expected
    page = opened(browser, result, tmp_path)
    page.run(
        "document.getElementById('explorer-place').value = '8911';"
        "document.getElementById('explorer-search').requestSubmit()"
    )
    assert page.run(card) == expected
    assert page.console_errors() == []


def test_a_card_says_no_connection(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, transit_result(tmp_path / "study", LOST), tmp_path)
    page.run(
        "document.getElementById('explorer-place').value = '8911';"
        "document.getElementById('explorer-search').requestSubmit()"
    )
    line = page.run("return document.querySelector('.place-card .place-line').textContent")
    assert "met het openbaar vervoer nu 20 minuten, straks geen verbinding" in line
    assert "geen weg terug" not in line


def test_the_switch_shows_public_transport(
    browser: Browser, result: Result, tmp_path: Path
) -> None:
    page = opened(browser, result, tmp_path)
    assert "gemiddeld 46 minuten langer" in text_of(page, "text")
    page.run("document.getElementById('explorer-bus').click()")
    said = text_of(page, "text")
    assert "met het openbaar vervoer gemiddeld 75 minuten langer" in said
    assert "Zonder verbinding met het openbaar vervoer: nu 50, straks 50 van de 350" in said
    assert "straks zonder verbinding (nu 50)" in text_of(page, "numbers")
    assert page.run("return document.getElementById('explorer-choices').hidden")
    page.run(LATER)
    assert "met=ov" in page.run("return location.hash")
    assert serious_violations(page) == []
    page.run("document.getElementById('explorer-car').click()")
    assert "gemiddeld 46 minuten langer" in text_of(page, "text")
    assert page.console_errors() == []


MODE = "location.hash = '"
LATER = "return new Promise((done) => setTimeout(done, 300))"
COMPUTE = """
const choice = { intervention: 0, stops: new Set(arguments[0]), opens: new Set(), movesTo: {} };
const bus = impactTransit(explorer.data.transit, explorer.data.locations.length);
const { figures, places, flows } = explorer.engine.compute(choice, bus.minutes);
const plain = (value) => (Number.isFinite(value) ? value : String(value));
return {
  figures: Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, plain(value)])),
  no_route: explorer.bandsOf(places).map((band) => explorer.data.bands[band] === "no_route"),
  before: flows.before.map(plain), after: flows.after.map(plain),
};
"""


def number(value: object) -> float:
    return float(str(value).replace("Infinity", "inf"))


def test_figures_by_public_transport_are_those_of_python(
    browser: Browser, result: Result, tmp_path: Path
) -> None:
    page = opened(browser, result, tmp_path)
    (case,) = by_transit(result)
    names = sorted(result.times.destinations)
    said: Any = page.run(COMPUTE, [names.index(each) for each in case.stops])
    for name, value in case.figures.items():
        np.testing.assert_allclose(number(said["figures"][name]), value, atol=0.01, err_msg=name)
    for when in ("before", "after"):
        found = [number(each) for each in said[when]]
        np.testing.assert_allclose(found, case.flows[f"minutes_{when}"], atol=0.01)
    # nobody gets away from 7811 by public transport; the map says so
    order = page.run("return explorer.data.postcodes.map(([code]) => code)")
    shown = dict(zip(order, said["no_route"], strict=True))
    assert shown == {"8911": False, "9712": False, "7811": True}


def test_other_hospitals_have_other_trips(browser: Browser, result: Result, tmp_path: Path) -> None:
    page = opened(browser, result, tmp_path)
    names = sorted(result.times.destinations)
    said: Any = page.run(COMPUTE, [names.index("Noord")])
    order = page.run("return explorer.data.postcodes.map(([code]) => code)")
    # 45 minutes by car to Zuid, the nearest then: 70 by public transport
    assert number(said["after"][order.index("9712")]) == 70.0


def test_without_a_timetable_there_is_no_switch(browser: Browser, noordoost_folder: Path) -> None:
    page = browser.open(noordoost_folder / "explorer.html", **LAPTOP)
    page.run(f"{MODE}#behandeling=Longresecties&met=ov'; {LATER}")
    assert page.run("return document.getElementById('explorer-modes').offsetHeight") == 0
    assert "openbaar vervoer" not in text_of(page, "text")
    assert page.console_errors() == []


def test_a_link_keeps_the_mode(browser: Browser, result: Result, tmp_path: Path) -> None:
    page = opened(browser, result, tmp_path, **PHONE)
    page.run(f"{MODE}#behandeling=Pancreas&met=ov'; {LATER}")
    assert "met het openbaar vervoer gemiddeld 75 minuten langer" in text_of(page, "text")
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_the_report_shows_both_maps(browser: Browser, result: Result, tmp_path: Path) -> None:
    write_report(result, tmp_path / "report.html")
    page = browser.open(tmp_path / "report.html", **LAPTOP)
    maps = "return document.querySelectorAll('.map > svg[role=img]').length"
    # by car and by public transport
    assert page.run(maps) == 2
    assert serious_violations(page) == []
    assert page.console_errors() == []
