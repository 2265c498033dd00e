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
_LABELS_OF_AXES_OVERLAP = """
const overlapping = [];
for (const axis of document.querySelectorAll(".ends, .axis, .scale")) {
  const boxes = [...axis.children].map((each) => each.getBoundingClientRect());
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    if (wide > 1) overlapping.push([a.left, b.left]);
  }));
}
return overlapping;
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
    table = page.driver.find_element(By.CSS_SELECTOR, ".scroll table:not(.stacked)")
    box = table.find_element(By.XPATH, "..")
    assert page.run("return arguments[0].scrollWidth > arguments[0].clientWidth", box)
    assert box.get_attribute("tabindex") == "0"


@pytest.mark.parametrize("width", [1100, 1440, 1920])
def test_the_table_of_scenarios_is_readable_at_every_width(
    browser: Browser, report: Path, width: int
) -> None:
    page = browser.open(report, width=width, height=900)
    assert page.fits_the_screen()
    table = page.driver.find_element(By.CSS_SELECTOR, ".scroll table")
    heads = table.find_elements(By.CSS_SELECTOR, "thead th")
    lines = [
        page.run(
            "const range = document.createRange(); range.selectNodeContents(arguments[0]);"
            "return new Set([...range.getClientRects()].map((each) => each.top)).size",
            head,
        )
        for head in heads
    ]
    assert max(lines) <= 3
    # whole words
    names = table.find_elements(By.CSS_SELECTOR, "tbody th")
    assert all(each.get_property("scrollWidth") <= each.size["width"] + 1 for each in names)


def test_the_labels_of_axes_stay_apart(browser: Browser, report: Path) -> None:
    for size in (PHONE, LAPTOP):
        page = browser.open(report, **size)
        assert page.run(_LABELS_OF_AXES_OVERLAP) == []


def test_every_case_is_drawn_and_prints_open(browser: Browser, report: Path) -> None:
    page = browser.open(report, **LAPTOP)
    maps = page.driver.find_elements(By.CSS_SELECTOR, ".map > svg")
    assert len(maps) == 10
    assert all(each.size["height"] > 200 for each in maps)
    links = page.driver.find_elements(By.CSS_SELECTOR, "nav a")
    assert page.run("return [...arguments[0]].every((a) => document.querySelector(a.hash))", links)
    fold = page.driver.find_element(By.CSS_SELECTOR, "details")
    assert fold.get_attribute("open") is None
    fold.find_element(By.TAG_NAME, "summary").click()
    assert fold.find_element(By.TAG_NAME, "table").size["height"] > 50
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
