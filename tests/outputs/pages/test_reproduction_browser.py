from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By

from impact.outputs.pages.reproduction import write_reproduction_page

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.published.run import Reproduction

pytestmark = NEEDS_BROWSER

_SPILLING = """
return [...document.querySelectorAll("p, li, h1, h2, h3, td, th, summary")].filter((each) => {
  const wide = each.offsetParent && each.scrollWidth > each.clientWidth + 1;
  return wide && !each.closest(".scroll");
}).map((each) => each.textContent.slice(0, 60));
"""


@pytest.fixture(scope="module")
def path(reproduction: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "verdicts.html"
    write_reproduction_page(reproduction, path)
    return path


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_and_without_a_network(
    browser: Browser, path: Path, size: dict[str, int]
) -> None:
    page = browser.open(path, **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert [url for url in page.requests() if not url.endswith("verdicts.html")] == []
    assert page.fits_the_screen()
    assert page.run(_SPILLING) == []


def test_the_ranges_need_no_scrolling_on_a_phone(browser: Browser, path: Path) -> None:
    page = browser.open(path, **PHONE)
    row = page.driver.find_element(By.CSS_SELECTOR, ".chart .row:not(.head)")
    for each in row.find_elements(By.CSS_SELECTOR, "p, svg"):
        assert each.rect["x"] + each.rect["width"] <= PHONE["width"]
    assert row.find_element(By.CSS_SELECTOR, ".n").text == "4 tot 10"
    cells = page.driver.find_elements(By.CSS_SELECTOR, "#statements tbody tr:first-child > *")
    assert len(cells) == 4
    for each in cells:
        assert each.rect["x"] + each.rect["width"] <= PHONE["width"]


def test_bars_lie_where_their_minutes_say(browser: Browser, path: Path) -> None:
    page = browser.open(path, **LAPTOP)
    section = page.driver.find_elements(By.CSS_SELECTOR, "section.region")[0]
    svg = section.find_element(By.CSS_SELECTOR, ".lane svg")
    bar = svg.find_element(By.CSS_SELECTOR, "rect.published")
    left, width = svg.rect["x"], svg.rect["width"]
    # Midden-Nederland: 4 to 17 on an axis from -10 to 20
    assert (bar.rect["x"] - left) / width == pytest.approx(14 / 30, abs=0.01)
    assert bar.rect["width"] / width == pytest.approx(13 / 30, abs=0.01)


def test_printing_opens_what_is_closed(browser: Browser, path: Path) -> None:
    page = browser.open(path, **LAPTOP)
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert page.run(closed) > 0
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(closed) == 0
