from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from toy import EMMEN, EMMEN_OPENS, LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

from impact.analysis.compare import Side, compare
from impact.outputs.pages.compare import write_comparison_page

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

_PLACES = """
return ["a", "b", "difference"].map((kind) => {
  const shape = document.querySelectorAll(`#map-${kind} path.shape`)[700].getBoundingClientRect();
  const box = document.getElementById("map-" + kind).getBoundingClientRect();
  return [shape.x - box.x, shape.y - box.y, shape.width];
});
"""
_COUNTS = """
const counts = {};
for (const shape of document.querySelectorAll("#map-difference path.shape")) {
  const band = [...shape.classList].find((each) => each.startsWith("band-"));
  counts[band] = (counts[band] || 0) + 1;
}
return counts;
"""


@pytest.fixture(scope="module")
def page_path(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noordoost beside itself, one named scenario against another of the same treatment."""
    path = tmp_path_factory.mktemp("compare") / "compare.html"
    scenarios = [case.scenario for case in noordoost_result.cases if case.kind == "scenario"]
    sides = [Side(noordoost_result, "out", name) for name in (scenarios[0], scenarios[-1])]
    write_comparison_page(compare(*sides), path)
    return path


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_and_without_a_network(
    browser: Browser, page_path: Path, size: dict[str, int]
) -> None:
    page = browser.open(page_path, **size)
    assert serious_violations(page) == []
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()


def test_the_maps_move_together_from_the_keyboard(browser: Browser, page_path: Path) -> None:
    def together() -> bool:
        places = page.run(_PLACES)
        return all(place == pytest.approx(places[0], abs=2) for place in places)

    page = browser.open(page_path, **LAPTOP)
    assert together()
    first = page.run(_PLACES)[2]
    for number, key in enumerate((Keys.ARROW_RIGHT, "-")):
        page.driver.find_element(By.ID, "map-a").send_keys(key)
        page.wait(lambda _: page.run(_PLACES)[2][2 * number] != first[2 * number])  # noqa: B023
        page.wait(lambda _: together())


def test_the_figures_are_those_of_python(
    browser: Browser, noordoost_result: Result, page_path: Path
) -> None:
    scenarios = [case.scenario for case in noordoost_result.cases if case.kind == "scenario"]
    sides = [Side(noordoost_result, "out", name) for name in (scenarios[0], scenarios[-1])]
    comparison = compare(*sides)
    page = browser.open(page_path, **LAPTOP)
    chooser = Select(page.driver.find_element(By.ID, "pair"))
    for number, match in enumerate(comparison.matches):
        chooser.select_by_value(str(number))
        counts = page.run(_COUNTS)
        better = match.postcodes["better"].value_counts()
        sides_shown = {
            side: sum(n for band, n in counts.items() if f"difference_{side}" in band)
            for side in ("a", "b", "same")
        }
        assert sides_shown == {side: int(better.get(side, 0)) for side in ("a", "b", "same")}
        shown = page.driver.find_elements(By.CSS_SELECTOR, ".pair:not([hidden])")
        assert [each.get_attribute("data-pair") for each in shown] == [str(number)]


def test_a_postcode_is_found_from_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    toy = toy_result(tmp_path / "toy")
    pair = compare(Side(toy, "out", TO_GRONINGEN), Side(toy, "out", EMMEN_OPENS))
    write_comparison_page(pair, tmp_path / "compare.html", lang="en")
    page = browser.open(tmp_path / "compare.html", **LAPTOP)
    page.driver.find_element(By.ID, "place").send_keys("7811", Keys.ENTER)
    card = page.driver.find_element(By.ID, "card").text
    assert "48 minutes" in card
    assert "5 minutes (Treant Scheper)" in card
    assert "B 44 minutes shorter" in card
    page.driver.find_element(By.ID, "place").clear()
    page.driver.find_element(By.ID, "place").send_keys("Nergens", Keys.ENTER)
    assert "Not found" in page.driver.find_element(By.ID, "card").text


def test_it_prints_whole(browser: Browser, page_path: Path) -> None:
    page = browser.open(page_path, **LAPTOP)
    printed = page.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
    )
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = page.run("return document.querySelectorAll('.pair').length") - page.run(
            "return [...document.querySelectorAll('.pair')].filter((e) => e.offsetHeight).length"
        )
        assert hidden == 0
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    names = {
        LEEUWARDEN: '"><img src=x onerror="window.hit = 1"> & more',
        EMMEN: "<script>window.hit = 1</script>",
        PANCREAS: "=1+1 'quotes' {{ 7 * 7 }}",
        EMMEN_OPENS: "</script><script>window.hit = 1</script>",
    }
    toy = toy_result(tmp_path / "toy", names=names, title="<b>title</b>")
    sides = [Side(toy, "<i>out</i>", TO_GRONINGEN), Side(toy, "<i>out</i>", names[EMMEN_OPENS])]
    write_comparison_page(compare(*sides), tmp_path / "compare.html")
    page = browser.open(tmp_path / "compare.html", **LAPTOP)
    page.driver.find_element(By.ID, "place").send_keys("7811", Keys.ENTER)
    assert page.run("return window.hit === undefined")
    shown = page.driver.find_element(By.TAG_NAME, "body").text
    for name in (*names.values(), "<b>title</b>", "<i>out</i>"):
        assert name in shown
    assert page.console_errors() == []
    assert page.outside_requests() == []
