from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from toy import GRONINGEN, LEEUWARDEN, PANCREAS, toy_result

from impact.outputs.pages.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

_HIDDEN_CELLS = """
return [...document.querySelectorAll("td, th")].filter((cell) => {
  const box = cell.closest(".scroll");
  return cell.scrollWidth > cell.clientWidth + 1 && !(box && box.contains(cell));
}).length;
"""
_TEXTS_OF_MAPS_OVERLAP = """
const overlapping = [];
for (const map of document.querySelectorAll("figure svg")) {
  const boxes = [...map.querySelectorAll("text")].map((each) => each.getBBox());
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
    const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
    if (wide > 8 && high > 8) overlapping.push([wide, high]);
  }));
}
return overlapping;
"""


@pytest.fixture(scope="module")
def report(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(noordoost_result, path)
    return path


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_and_without_a_network(
    browser: Browser, report: Path, size: dict[str, int]
) -> None:
    page = browser.open(report, **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert [url for url in page.requests() if not url.endswith("report.html")] == []
    assert page.fits_the_screen()
    assert page.run(_HIDDEN_CELLS) == 0


def test_wide_tables_scroll_inside_their_own_box(browser: Browser, report: Path) -> None:
    page = browser.open(report, **PHONE)
    box = page.driver.find_element(By.CSS_SELECTOR, "table.ranges").find_element(By.XPATH, "..")
    assert page.run("return arguments[0].scrollWidth > arguments[0].clientWidth", box)
    assert box.get_attribute("tabindex") == "0"


def test_the_key_figures_need_no_scrolling_on_a_phone(browser: Browser, report: Path) -> None:
    page = browser.open(report, **PHONE)
    box = page.driver.find_element(By.CSS_SELECTOR, "table.main").find_element(By.XPATH, "..")
    assert page.run("return arguments[0].scrollWidth <= arguments[0].clientWidth", box)
    columns = {"table.main": (1, 2), "table.ranges": (1,), "details[open] .pair table": (1,)}
    for table, places in columns.items():
        row = page.driver.find_element(By.CSS_SELECTOR, f"{table} tbody tr:not(.group)")
        cells = row.find_elements(By.CSS_SELECTOR, "th, td")
        for place in places:
            rect = cells[place].rect
            assert rect["x"] + rect["width"] <= PHONE["width"], (table, place)


def test_every_case_opens_and_prints_open(browser: Browser, report: Path) -> None:
    page = browser.open(report, **LAPTOP)
    cases = page.driver.find_elements(By.CSS_SELECTOR, "details.case")
    assert len(cases) == 10
    assert [case.get_attribute("open") is not None for case in cases] == [True] + [False] * 9
    cases[1].find_element(By.TAG_NAME, "summary").click()
    assert cases[1].find_element(By.CSS_SELECTOR, "figure svg").size["height"] > 200
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("return document.querySelectorAll('details:not([open])').length") == 0
    assert page.run(_TEXTS_OF_MAPS_OVERLAP) == []


def test_the_marks_are_drawn_where_they_should_be(browser: Browser, report: Path) -> None:
    page = browser.open(report, **LAPTOP)
    rows = page.driver.find_elements(By.CSS_SELECTOR, ".strip > svg")
    assert len(rows) == 9
    for row in rows:
        mark = row.find_element(By.CSS_SELECTOR, "circle.shown").rect
        ticks = row.find_element(By.CSS_SELECTOR, ".ticks").rect
        dots = row.find_element(By.CSS_SELECTOR, ".dots").rect
        middle = mark["x"] + mark["width"] / 2
        assert ticks["x"] - 3 <= middle <= ticks["x"] + ticks["width"] + 3
        # the two kinds of variation stand in lanes of their own
        assert ticks["y"] + ticks["height"] <= dots["y"] + 1


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    names = {
        GRONINGEN: "<script>window.hit = 1</script>",
        LEEUWARDEN: '"><img src=x onerror="window.hit = 1"> & more',
        PANCREAS: "=1+1 'quotes' {{ 7 * 7 }}",
    }
    result = toy_result(tmp_path / "toy", names=names, title="<script>window.hit = 1</script>")
    write_report(result, tmp_path / "report.html")
    page = browser.open(tmp_path / "report.html", **LAPTOP)
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("return window.hit === undefined")
    shown = page.driver.find_element(By.TAG_NAME, "body").text
    for name in names.values():
        assert name in shown
    assert page.console_errors() == []
    assert page.outside_requests() == []
