"""How the explorer is laid out: for its reader, for a room, within another page, and as files."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, Browser
from PIL import Image
from selenium.webdriver.common.by import By
from toy import LEEUWARDEN, toy_result

from impact.outputs.pages.explorer import write_explorer

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

PHONE = {"width": 390, "height": 844}
BEAMER = {"width": 1920, "height": 1080}
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = """
return arguments[0].map((each) => {
  const box = document.querySelector(each).getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
});
"""
OVER = """
const box = (each) => each.getBoundingClientRect();
const boxes = (selector) => [...document.querySelectorAll(selector)].map(box);
const marks = boxes(".mark").filter((mark) => mark.width);
return boxes(arguments[0]).filter((name) => marks.some((mark) => {
  const [x, y] = [(mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2];
  return name.left < x + 10 && name.right > x - 10 && name.top < y + 10 && name.bottom > y - 10;
})).length;
"""
PRINTED = """
dispatchEvent(new Event("beforeprint"));
const canvas = document.querySelector("canvas");
const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
dispatchEvent(new Event("afterprint"));
const kinds = {
  nobody: ([r, g, b]) => r === 0xd4 && g === 0xd4 && b === 0xd4,
  water: ([r, g, b]) => r === 0xe6 && g === 0xea && b === 0xec,
  upToFive: ([r, g, b]) => r === 0xd9 && g === 0xf0 && b === 0xa3,
  dots: ([r, g, b]) => r === g && g === b && r < 0xf0 && r > 0x77,
  lines: ([r, g, b]) => b - r > 4 && b - r <= 0x20 && r > 0x80,
};
const found = Object.fromEntries(Object.keys(kinds).map((key) => [key, 0]));
for (let i = 0; i < data.length; i += 4) {
  const colour = data.subarray(i, i + 3);
  for (const key of Object.keys(kinds)) found[key] += kinds[key](colour) / (data.length / 4);
}
return found;
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def toy_page(toy: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "explorer.html"
    write_explorer(toy, path)
    return path


@pytest.fixture(scope="module")
def region_page(noordoost_folder: Path) -> Path:
    return noordoost_folder / "explorer.html"


def open_at(browser: Browser, path: Path, hash_: str, size: dict[str, int]) -> Page:
    page = browser.open(path, **size)
    page.driver.get("about:blank")
    page.driver.get(f"{path.resolve().as_uri()}#{hash_}")
    return page


def visible(page: Page, selector: str) -> bool:
    return any(each.is_displayed() for each in page.driver.find_elements(By.CSS_SELECTOR, selector))


def parsed(path: Path) -> ET.Element:
    return ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 (our own)


def downloads(page: Page, folder: Path) -> None:
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )


def test_a_phone_shows_place_answer_map_and_switches_in_this_order(
    browser: Browser, region_page: Path
) -> None:
    page = open_at(browser, region_page, "zoek=9203", PHONE)
    page.run("document.getElementById('explorer-place').value = '9203'")
    page.driver.find_element(By.CSS_SELECTOR, "#explorer-search button").click()
    parts = ["#explorer-search", ".headline", "#explorer-card", "#explorer-map", ".switches"]
    boxes = page.run(SHOWN, [*parts, "#explorer-more"])
    assert all(one[3] <= other[1] + 1 for one, other in pairwise(boxes))
    assert page.fits_the_screen()
    assert serious_violations(page) == []


def test_treatment_status_and_place_stand_in_one_line_over_a_large_map(
    browser: Browser, region_page: Path
) -> None:
    page = browser.open(region_page, **LAPTOP)
    parts = ["#explorer-intervention", "#explorer-badge", "#explorer-place", ".frame", "main"]
    treatment, badge, place, frame, main = page.run(SHOWN, parts)
    middles = [(box[1] + box[3]) / 2 for box in (treatment, badge, place)]
    assert max(middles) - min(middles) < 12
    assert (frame[2] - frame[0]) / (main[2] - main[0]) > 0.6
    assert frame[3] <= LAPTOP["height"]
    numbers = page.driver.find_element(By.ID, "explorer-numbers").text
    assert "moet naar een ander ziekenhuis" in numbers
    assert "gemiddeld langer" in numbers
    assert "meer dan 30 minuten extra" in numbers


@pytest.mark.parametrize("size", [PHONE, LAPTOP, BEAMER])
def test_towns_have_names_and_cover_no_hospital(
    browser: Browser, region_page: Path, size: dict[str, int]
) -> None:
    page = browser.open(region_page, **size)
    towns = [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, ".name-town.placed")]
    assert {"Sneek", "Emmen"} <= set(towns)
    assert page.run(OVER, ".name-town.placed") == 0
    hidden = page.run(
        "return [...document.querySelectorAll('.over .name:not(.placed)')].map((e) => e.innerText)"
    )
    # every hospital has its name; a phone is too narrow for one of them
    assert len(hidden) <= (size is PHONE)


def test_a_name_stays_on_its_side_while_the_map_moves(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page, **LAPTOP)
    side = """
    const find = (kind, test) => [...document.querySelectorAll(`.over ${kind}`)].find(test);
    const name = find(".name", (each) => each.innerText === arguments[0]);
    const mark = find(".mark", (each) => each.title.startsWith(arguments[0]));
    const [one, other] = [name, mark].map((each) => each.getBoundingClientRect());
    return [one.left - other.left, one.top - other.top].map(Math.round);
    """
    before = page.run(side, "Isala Zwolle")
    page.run("document.getElementById('explorer-map').focus()")
    page.driver.switch_to.active_element.send_keys("\ue014")  # to the right
    page.driver.switch_to.active_element.send_keys("\ue015")
    page.run(
        "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert np.abs(np.subtract(page.run(side, "Isala Zwolle"), before)).max() <= 1


def test_a_postcode_without_an_area_is_a_point_with_a_ring(
    browser: Browser, region_page: Path
) -> None:
    page = browser.open(region_page, **LAPTOP)
    assert page.run("return explorer.data.ringed.map((at) => explorer.data.postcodes[at][0])") == [
        "7524",
        "8269",
    ]
    # the gap that its neighbours leave north of Enschede is its area, not a hole
    assert page.run("return explorer.data.postcodes[explorer.data.ringed[0]][6].length") == 1
    assert "vlak van de postcode onbekend" in page.driver.find_element(By.CLASS_NAME, "legend").text


def test_a_beamer_shows_headline_map_and_switches_in_large_letters(
    browser: Browser, region_page: Path
) -> None:
    page = browser.open(region_page, **BEAMER)
    page.driver.find_element(By.ID, "explorer-beamer").click()
    for shown in ("#explorer-title", "#explorer-badge", "#explorer-map", "#explorer-providers"):
        assert visible(page, shown)
    for hidden in ("#explorer-search", "#explorer-numbers", "#explorer-more", "#explorer-card"):
        assert not visible(page, hidden)
    sizes = page.run(
        "return ['#explorer-text', '#explorer-badge', '.hospital'].map((each) => "
        "parseFloat(getComputedStyle(document.querySelector(each)).fontSize))"
    )
    assert min(sizes) >= 24
    legend = page.run(SHOWN, [".legend"])[0]
    assert legend[3] <= BEAMER["height"]
    assert serious_violations(page) == []
    page.wait(lambda driver: "#beamer&" in driver.current_url)
    page.driver.find_element(By.ID, "explorer-beamer").click()
    assert visible(page, "#explorer-search")
    page.wait(lambda driver: "beamer" not in driver.current_url)


def test_within_another_page_it_is_headline_map_place_and_source(
    browser: Browser, region_page: Path
) -> None:
    page = open_at(browser, region_page, "embed", {"width": 640, "height": 800})
    for shown in ("#explorer-title .status", "#explorer-map", "#explorer-place", ".source"):
        assert visible(page, shown)
    # a screen reader has the title all the same
    head, title = (page.driver.find_element(By.CSS_SELECTOR, each) for each in (".head", "h1"))
    assert head.size["height"] <= 1
    assert title.accessible_name
    for hidden in ("#explorer-providers", "#explorer-more", "#explorer-beamer"):
        assert not visible(page, hidden)
    assert "CBS" in page.driver.find_element(By.CLASS_NAME, "source").text
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    page.wait(lambda driver: "#embed&behandeling=" in driver.current_url)
    link = page.driver.find_element(By.ID, "explorer-whole")
    page.run("arguments[0].addEventListener('click', (event) => event.preventDefault())", link)
    link.click()
    assert "#behandeling=" in link.get_attribute("href")


def test_a_link_to_the_page_has_a_title_and_says_what_it_is(
    toy: Result, toy_page: Path, tmp_path: Path
) -> None:
    text = toy_page.read_text(encoding="utf-8")
    assert f'<meta property="og:title" content="Verkenner: {toy.study.title}">' in text
    assert '<meta property="og:description"' in text
    assert "og:image" not in text
    write_explorer(toy, tmp_path / "e.html", picture="kaart.png")
    shared = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert '<meta property="og:image" content="kaart.png">' in shared
    assert "og:url" not in shared
    placed = replace(toy, study=replace(toy.study, site="https://example.org/zorg/"))
    write_explorer(placed, tmp_path / "s.html", picture="extra kaart.png")
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert 'property="og:image" content="https://example.org/zorg/extra%20kaart.png"' in text
    assert 'property="og:url" content="https://example.org/zorg/explorer.html"' in text
    with Image.open(tmp_path / "kaart.png") as picture:
        assert picture.size == (1200, 630)


def test_the_map_is_saved_as_it_is_shown(
    browser: Browser, region_page: Path, tmp_path: Path
) -> None:
    page = browser.open(region_page, **LAPTOP)
    downloads(page, tmp_path)
    page.driver.find_element(By.ID, "explorer-map-svg").click()
    page.wait(lambda _: (tmp_path / "kaart.svg").is_file())
    drawn = parsed(tmp_path / "kaart.svg")
    words = " ".join(each.text or "" for each in drawn.iter(f"{SVG}text"))
    for said in ("BESLOTEN per 1-1-2027", "Nij Smellinghe stopt", "CBS", "Sneek", "5 tot 10"):
        assert said in words
    fills = {each.get("fill") for each in drawn.iter(f"{SVG}path")}
    assert {"#41a0c4", "#7fcdbb", "url(#impact-nobody)"} <= fills
    assert (tmp_path / "kaart.svg").stat().st_size < 1_500_000
    page.driver.find_element(By.ID, "explorer-map-png").click()
    page.wait(lambda _: (tmp_path / "kaart.png").is_file())
    with Image.open(tmp_path / "kaart.png") as picture:
        assert picture.width >= 1600
        # of the band of 10 to 20 minutes, and of the lines on the water
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert (0x41, 0xA0, 0xC4) in colours
    assert page.console_errors() == []


def test_a_chart_is_saved_with_what_it_shows(
    browser: Browser, toy_page: Path, tmp_path: Path
) -> None:
    page = browser.open(toy_page)
    downloads(page, tmp_path)
    page.run("document.getElementById('explorer-more').open = true")
    buttons = page.driver.find_elements(By.CSS_SELECTOR, ".drawn + .save button")
    assert len(buttons) == 6
    for button in buttons[:2]:
        button.click()
    page.wait(lambda _: (tmp_path / "people.svg").is_file() and (tmp_path / "people.png").is_file())
    drawn = parsed(tmp_path / "people.svg")
    assert len(list(drawn.iter(f"{SVG}circle"))) >= 100
    assert LEEUWARDEN in " ".join(each.text or "" for each in drawn.iter(f"{SVG}text"))
    with Image.open(io.BytesIO((tmp_path / "people.png").read_bytes())) as picture:
        assert picture.size[0] == 1520


def test_on_grey_paper_nobody_water_and_five_minutes_differ(
    browser: Browser, region_page: Path
) -> None:
    page = browser.open(region_page, **LAPTOP)
    share = page.run(PRINTED)
    # the plain greys of a screen are gone, but for edges of letters
    assert max(share["nobody"], share["water"]) < 0.001
    # and are dots and lines on white; 0 to 5 minutes is as it was
    assert share["upToFive"] > 0.002
    assert share["dots"] > 0.01
    assert share["lines"] > 0.02


def test_labels_of_an_axis_do_not_run_into_each_other(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    # somebody is hours away: twelve bars, and labels of three figures
    far = toy.times.minutes.copy()
    far[0] += 90.0
    write_explorer(replace(toy, times=replace(toy.times, minutes=far)), tmp_path / "far.html")
    page = browser.open(tmp_path / "far.html", **PHONE)
    page.run("document.getElementById('explorer-more').open = true")
    for chart in ("people", "choices", "minutes"):
        boxes = page.run(
            "return [...document.querySelectorAll(`#explorer-${arguments[0]}-chart .tick`)].map("
            "(each) => each.getBoundingClientRect()).map(({ left, right }) => [left, right])",
            chart,
        )
        assert len(boxes) > 3
        assert all(one[1] < other[0] for one, other in pairwise(sorted(boxes)))


def test_where_nothing_is_decided_it_opens_on_today_with_an_example_one_press_away(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    cases = tuple(case for case in toy.cases if case.kind == "candidate")
    write_explorer(replace(toy, cases=cases), tmp_path / "e.html")
    page = browser.open(tmp_path / "e.html")
    title = page.driver.find_element(By.ID, "explorer-title")
    assert title.text == "Zoals het nu is"
    assert not visible(page, "#explorer-numbers")
    page.driver.find_element(By.CSS_SELECTOR, "#explorer-examples button").click()
    assert re.search("Stel dat .* stopt", title.text)
    assert visible(page, "#explorer-numbers")
    assert "REKENVOORBEELD" in page.driver.find_element(By.ID, "explorer-badge").text


def test_a_switch_answers_within_a_tenth_of_a_second(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page, **LAPTOP)
    took = page.run(
        """
        const buttons = document.querySelectorAll("#explorer-providers .hospital");
        return Array.from({ length: 9 }, (_, n) => {
          const start = performance.now();
          buttons[n % buttons.length].click();
          document.body.offsetHeight;
          return performance.now() - start;
        }).sort((a, b) => a - b);
        """
    )
    assert took[4] < 100
