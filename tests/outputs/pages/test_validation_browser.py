"""validation.html in a browser: thousands of trips and a law, made up."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By

from impact.evidence.known_times import FACT_COLUMNS, Thinning, left_sizes, read_known
from impact.evidence.validation import Validation, compare, summarise
from impact.outputs.pages.validation import write_validation_page
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = NEEDS_BROWSER

MANIFEST = {
    "program": "impact-reistijd",
    "version": "0",
    "created": "2025-01-01",
    "roads": {"name": "toy", "kind": "screening"},
    "roads_sha256": "0" * 64,
    "profile": "dal",
    "inputs": [],
    "notes": ["<b>far</b> lies 3.0 km from the roads"],
}


def made_up(folder: Path) -> Validation:
    chance = np.random.default_rng(5)
    origins = [f"{1000 + number}" for number in range(300)]
    places = pd.DataFrame(
        {"lat": chance.uniform(51.5, 53.0, 300), "lon": chance.uniform(4.5, 6.5, 300)},
        index=origins,
    )
    target = pd.DataFrame(
        {"lat": [52.1], "lon": [5.1]}, index=["Een ziekenhuis met een lange naam"]
    )
    minutes = chance.uniform(5.0, 95.0, (300, 1))
    minutes[7] = np.inf
    lines = ["from,to,minutes,class,source"]
    for place, origin in enumerate(origins):
        guess = max(1.0, min(float(minutes[place, 0]), 95.0) + chance.normal(0.0, 6.0))
        band = "<=25" if guess <= 25.0 else "25-30" if guess <= 30.0 else ">30"
        lines.append(f"{origin},{target.index[0]},{guess:.1f},{band},<i>eigen</i> meting")
    path = folder / "known.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    known = read_known(path, postcodes=places, hospitals=target, bounds=(3.0, 50.0, 8.0, 54.0))
    times = TravelTimes(tuple(origins), tuple(target.index), minutes)
    rows = compare(known, times, pd.Series("Noordoost-Nederland", index=origins))
    left = left_sizes(111)
    means = 11.0 * np.sqrt(111.0 / left) * chance.lognormal(0.0, 0.05, (200, len(left)))
    said = ("trip", "Groningen Grote Markt", "Maastricht Vrijthof", "car minutes")
    facts = pd.DataFrame(
        [(*said, 227.0, "min", 12.0, 250.0, 23.0, False, "https://example.org/" + "x" * 80)],
        columns=FACT_COLUMNS,
    )
    thinned = {"minutes": Thinning(left, means, 1, 0.0), "km": Thinning(left, means, 1, 0.0)}
    return Validation(rows, summarise(rows), facts, thinned, MANIFEST)


def test_a_table_without_any_route_still_has_a_page(tmp_path: Path) -> None:
    found = made_up(tmp_path)
    lost = found.rows.assign(ours=np.inf, error=np.inf, agrees="no route")
    found = Validation(lost, summarise(lost), None, {}, MANIFEST)
    write_validation_page(found, tmp_path / "page.html", lang="en")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "no route was computed for 300" in text
    assert 'id="h-facts"' not in text


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    path = folder / "validation.html"
    write_validation_page(made_up(folder), path)
    return path


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_a_network_or_barriers(
    browser: Browser, path: Path, size: dict[str, int]
) -> None:
    page = browser.open(path, **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []


def test_dots_lie_where_their_trips_say(browser: Browser, path: Path) -> None:
    page = browser.open(path, **LAPTOP)
    svg = page.driver.find_element(By.CSS_SELECTOR, "#own-minutes svg")
    dots = svg.find_element(By.CSS_SELECTOR, ".dots").get_attribute("d") or ""
    # one of the 300 has no route; some fall together
    assert 150 < dots.count("M") <= 299
    lanes = page.driver.find_elements(By.CSS_SELECTOR, "#own-class rect.inside")
    assert len(lanes) == 3
    ends = [each.rect["x"] + each.rect["width"] for each in lanes]
    assert ends[0] == pytest.approx(lanes[1].rect["x"], abs=1.0)
    assert ends[1] == pytest.approx(lanes[2].rect["x"], abs=1.0)


def test_the_law_is_a_straight_line_on_logarithms(browser: Browser, path: Path) -> None:
    page = browser.open(path, **LAPTOP)
    line = page.driver.find_element(By.CSS_SELECTOR, "#h-law ~ figure .equal").get_attribute("d")
    points = [tuple(map(float, each.split())) for each in str(line)[1:].split("L")]
    slopes = [(after[1] - before[1]) / (after[0] - before[0]) for before, after in pairwise(points)]
    assert slopes == pytest.approx([slopes[0]] * len(slopes), rel=0.03)
    assert slopes[0] < 0.0


def test_tables_say_what_was_left_out_and_escape_what_came_in(browser: Browser, path: Path) -> None:
    page = browser.open(path, **LAPTOP)
    first = page.driver.find_element(By.CSS_SELECTOR, "#summary-minutes tbody tr")
    cells = [each.text for each in first.find_elements(By.TAG_NAME, "td")]
    assert (cells[0], cells[-1]) == ("300", "1")
    worst = page.driver.find_elements(By.CSS_SELECTOR, "#worst-minutes tbody tr")
    assert len(worst) == 10
    assert worst[0].text.endswith("<i>eigen</i> meting")
    assert page.driver.find_element(By.ID, "notes").text.startswith("<b>far</b>")
    assert "klopt niet" in page.driver.find_element(By.ID, "facts").text
