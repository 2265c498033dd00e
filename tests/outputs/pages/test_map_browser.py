from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from toy import EMMEN, GRONINGEN, LEEUWARDEN, PANCREAS, TO_GRONINGEN, ZWOLLE, toy_result

from impact.outputs.pages.map import write_map
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Browser, Page

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

SIZES = [pytest.param(PHONE, id="phone"), pytest.param(LAPTOP, id="laptop")]

BOXES = """
    return [...document.querySelectorAll(arguments[0])].map((each) => {
      const box = each.getBoundingClientRect();
      return [box.left, box.top, box.right, box.bottom];
    }).filter((box) => box[2] > box[0] && box[3] > box[1]);
"""
TEXT = "return document.querySelector(arguments[0]).textContent"
BANDS = "return [...document.querySelectorAll('path.shape')].map((each) => each.classList.value)"


@pytest.fixture(scope="module")
def toy_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    path = folder / "map.html"
    write_map(toy_result(folder), path)
    return path


@pytest.fixture(scope="module")
def noordoost_map(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(noordoost_result, path)
    return path


def overlap(one: list[float], other: list[float]) -> bool:
    return (
        one[0] < other[2] - 1
        and other[0] < one[2] - 1
        and one[1] < other[3] - 1
        and other[1] < one[3] - 1
    )


def shown_card(page: Page) -> str:
    """Text of the popup, once it has faded in."""
    text: str = page.wait(
        lambda driver: driver.find_element(By.CSS_SELECTOR, ".leaflet-popup .card").text
    )
    return text


def press(page: Page, *keys: str) -> None:
    """Press keys wherever the focus is, as a reader without a mouse does."""
    for key in keys:
        page.driver.switch_to.active_element.send_keys(key)


def test_it_opens_on_what_is_decided(browser: Browser, noordoost_map: Path) -> None:
    page = browser.open(noordoost_map, **PHONE)
    assert page.run(TEXT, "#impact-chosen").endswith("(BESLOTEN per 1-1-2027)")
    assert page.run(BOXES, "#impact-caveat") == []


def test_incomplete_providers_outside_are_warned_of_above_the_figures(
    browser: Browser, tmp_path: Path
) -> None:
    toy = toy_result(tmp_path)
    cases = tuple(
        replace(case, outside=(ZWOLLE,) if case.scenario == TO_GRONINGEN else ())
        for case in toy.cases
    )
    path = tmp_path / "map.html"
    write_map(replace(toy, cases=cases), path)
    page = browser.open(path, **PHONE)
    assert page.run(TEXT, "#impact-caveat") == texts("nl")("common.caveat_outside")
    (caveat,), (facts,) = page.run(BOXES, "#impact-caveat"), page.run(BOXES, "#impact-facts")
    assert caveat[3] <= facts[1]
    assert page.fits_the_screen()
    page.driver.find_element(By.ID, "impact-layer").send_keys(f"{PANCREAS} – B")
    page.wait(lambda _: page.run(BOXES, "#impact-caveat") == [])


@pytest.mark.parametrize("size", SIZES)
def test_a_real_region_opens_without_network_or_errors(
    browser: Browser, noordoost_map: Path, size: dict[str, int]
) -> None:
    page = browser.open(noordoost_map, **size)
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "path.leaflet-interactive")) >= 600
    legend = page.driver.find_element(By.ID, "impact-legend")
    assert legend.is_displayed()
    assert "meer dan 30" in legend.text
    assert "stopt met deze behandeling" in legend.text
    assert page.driver.find_element(By.ID, "impact-roads").is_displayed()
    assert page.console_errors() == []
    assert page.outside_requests() == []
    asked = [url for url in page.requests() if not url.startswith("data:")]
    assert asked == [noordoost_map.as_uri()]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_overlaps_and_nothing_sticks_out(
    browser: Browser, noordoost_map: Path, size: dict[str, int]
) -> None:
    page = browser.open(noordoost_map, **size)
    assert page.fits_the_screen()
    (map_box,) = page.run(BOXES, ".folium-map")
    for panel in (".head", ".foot", "#impact-layer", "#impact-legend"):
        (box,) = page.run(BOXES, panel)
        assert not overlap(map_box, box), panel
        assert box[0] >= 0
        assert box[2] <= size["width"]
    for control in page.run(BOXES, ".leaflet-control"):
        assert map_box[0] <= control[0] < control[2] <= map_box[2] + 1
    controls = page.run(BOXES, ".leaflet-control")
    names = page.run(BOXES, ".name.placed")
    assert len(names) >= 4
    for number, one in enumerate(names):
        assert not any(overlap(one, other) for other in names[number + 1 :])
    for number, one in enumerate(controls):
        assert not any(overlap(one, other) for other in controls[number + 1 :])


def test_layers_are_switched_by_keyboard_alone(browser: Browser, noordoost_map: Path) -> None:
    page = browser.open(noordoost_map, **LAPTOP)
    first = page.run(BANDS)
    title = page.run(TEXT, "#impact-chosen")
    press(page, Keys.TAB)
    assert page.run("return document.activeElement.id") == "impact-layer"
    press(page, Keys.ARROW_DOWN)
    page.wait(lambda _: page.run(TEXT, "#impact-chosen") != title)
    second = page.run(BANDS)
    assert len(first) == len(second)
    assert first != second
    fills = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    assert page.run(fills, "path.shape.band-band_nobody") == "rgb(212, 212, 212)"
    assert page.run(fills, "path.shape.band-band_10_20") == "rgb(65, 160, 196)"
    assert page.console_errors() == []


def test_a_postcode_is_found_and_told_by_keyboard(browser: Browser, toy_map: Path) -> None:
    page = browser.open(toy_map, **LAPTOP)
    chooser = page.driver.find_element(By.ID, "impact-layer")
    chooser.send_keys(f"{PANCREAS} – A")
    page.wait(lambda _: "naar Groningen" in page.run(TEXT, "#impact-chosen"))
    press(page, Keys.TAB)
    assert page.run("return document.activeElement.id") == "impact-place"
    press(page, "8911", Keys.ENTER)
    card = shown_card(page)
    assert card.splitlines() == [
        "8911 Leeuwarden",
        "gemeente Leeuwarden",
        "nu",
        f"{LEEUWARDEN}, 6 minuten",
        "straks",
        f"{GRONINGEN}, 52 minuten",
        "verschil",
        "46 minuten langer",
        "inwoners: 10.000",
    ]


@pytest.mark.parametrize(
    ("asked", "scenario", "expected"),
    [
        ("8899", "A", ["nu en straks", "geen route berekend", "geen auto meenemen"]),
        ("schiermonnikoog", "A", ["70 minuten", "80 minuten", "10 minuten langer", "geen auto"]),
        ("9712 AB", "A", ["nu en straks", "5 minuten", "hoeft niet naar een ander ziekenhuis"]),
        ("emmen", "B", ["48 minuten", f"{EMMEN}, 4 minuten", "44 minuten korter"]),
    ],
)
def test_cards_tell_routes_ferries_and_shorter_trips(
    browser: Browser, toy_map: Path, asked: str, scenario: str, expected: list[str]
) -> None:
    page = browser.open(toy_map, **LAPTOP)
    page.driver.find_element(By.ID, "impact-layer").send_keys(f"{PANCREAS} – {scenario}")
    page.driver.find_element(By.ID, "impact-place").send_keys(asked, Keys.ENTER)
    card = shown_card(page)
    for words in expected:
        assert words in card


def on_screen(box: list[float], *, width: int, height: int) -> bool:
    left, top, right, bottom = box
    return left >= 0 and top >= 0 and right <= width and bottom <= height


def test_on_a_phone_the_map_comes_into_view_with_what_was_found(
    browser: Browser, noordoost_map: Path
) -> None:
    page = browser.open(noordoost_map, **PHONE)
    (box,) = page.run(BOXES, "#impact-place")
    assert box[1] > PHONE["height"]  # the search field stands below the map
    page.driver.find_element(By.ID, "impact-place").send_keys("vlieland", Keys.ENTER)
    assert "8899 Vlieland" in shown_card(page)
    # the map slides until the card is on it, so this is waited for
    page.wait(lambda _: on_screen(page.run(BOXES, ".leaflet-popup")[0], **PHONE))


def test_an_unknown_place_is_said_to_be_unknown(browser: Browser, toy_map: Path) -> None:
    page = browser.open(toy_map, **PHONE)
    page.driver.find_element(By.ID, "impact-place").send_keys("1234", Keys.ENTER)
    page.wait(lambda _: page.run(TEXT, "#impact-found") == "Niet gevonden in dit gebied.")
    assert page.driver.find_elements(By.CSS_SELECTOR, ".leaflet-popup") == []


def test_the_map_searches_as_the_other_pages_do(browser: Browser, noordoost_map: Path) -> None:
    page = browser.open(noordoost_map, **LAPTOP)
    field = page.driver.find_element(By.ID, "impact-place")
    field.send_keys("st ja")
    offered = page.driver.find_elements(By.CSS_SELECTOR, ".place-suggestions li")
    assert [each.text for each in offered] == ["Sint Jansklooster", "St.-Jacobiparochie"]
    field.clear()
    field.send_keys("Winsum", Keys.ENTER)
    said = page.run(TEXT, "#impact-found")
    assert said.startswith("Er zijn meer plaatsen met deze naam. Welke bedoelt u?")
    page.driver.find_element(By.CSS_SELECTOR, "#impact-found button").click()
    assert "Winsum" in shown_card(page)
    field.clear()
    field.send_keys("Maastricht", Keys.ENTER)
    assert "Zuidoost-Nederland" in page.run(TEXT, "#impact-found")


def test_a_postcode_without_route_is_a_net(browser: Browser, toy_map: Path) -> None:
    page = browser.open(toy_map, **LAPTOP)
    fill = "return getComputedStyle(document.querySelector('path.shape.band-no_route')).fill"
    assert page.run(fill) == 'url("#impact-net")'
    assert page.run("return document.querySelectorAll('path.shape.band-no_route').length") == 1


def test_hospitals_are_reached_by_tab_and_differ_in_shape(browser: Browser, toy_map: Path) -> None:
    page = browser.open(toy_map, **LAPTOP)
    page.driver.find_element(By.ID, "impact-layer").send_keys(f"{PANCREAS} – B")
    symbols = page.run(
        "return Object.fromEntries([...document.querySelectorAll('.marker')].map((each) => "
        "[each.getAttribute('aria-label'), "
        "[...each.querySelectorAll('use')].map((use) => use.getAttribute('href'))]))"
    )
    assert symbols == {
        f"{LEEUWARDEN}: stopt met deze behandeling": ["#symbol-stops"],
        f"{EMMEN}: begint ermee": ["#symbol-opens"],
        f"{GRONINGEN}: blijft dit doen; krijgt er mensen bij": ["#symbol-more", "#symbol-stays"],
        "Schiermonnikoog: op dit eiland mogen bezoekers geen auto meenemen": ["#symbol-island"],
        "Vlieland: op dit eiland mogen bezoekers geen auto meenemen": ["#symbol-island"],
    }
    for _ in range(20):
        press(page, Keys.TAB)
        label = page.run("return document.activeElement.getAttribute('aria-label')") or ""
        if label.startswith(LEEUWARDEN):
            break
    press(page, Keys.ENTER)
    card = shown_card(page)
    for words in (LEEUWARDEN, "10.900", "niet geverifieerd", "inwoners, straks"):
        assert words in card


def test_a_pointer_over_a_postcode_shows_its_card(browser: Browser, toy_map: Path) -> None:
    page = browser.open(toy_map, **LAPTOP)
    page.run(
        "document.querySelector('path.shape.band-band_30')"
        ".dispatchEvent(new MouseEvent('mouseover', {bubbles: true, clientX: 700, clientY: 400}))"
    )
    tooltip = page.wait(lambda driver: driver.find_element(By.CSS_SELECTOR, ".leaflet-tooltip"))
    assert "46 minuten langer" in tooltip.text


def test_hostile_names_are_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    script = "</script><script>window.hacked = 1</script>"
    image = '"><img src=x onerror="window.hacked = 2"> & {{ 7 * 7 }}'
    names = {
        LEEUWARDEN: script,
        GRONINGEN: image,
        EMMEN: '=HYPERLINK("http://example.org")',
        PANCREAS: "<b>'Pancreas'</b> & {% x %}",
        TO_GRONINGEN: "<svg onload='window.hacked = 3'>",
        "Leeuwarden": "<i>مرحبا</i> 🏥 &amp;",
    }
    path = tmp_path / "map.html"
    write_map(toy_result(tmp_path, names=names, title=script), path)
    page = browser.open(path, **PHONE)
    assert page.run(TEXT, "h1") == script
    assert page.driver.title == f"Extra reistijd: {script}"
    page.driver.find_element(By.ID, "impact-layer").send_keys("<b>'Pancreas'</b> & {% x %} – <")
    page.driver.find_element(By.ID, "impact-place").send_keys("8911", Keys.ENTER)
    card = shown_card(page)
    for words in (script, image, names["Leeuwarden"]):
        assert words in card
    assert page.run(TEXT, "#impact-chosen") == (
        "<b>'Pancreas'</b> & {% x %} – <svg onload='window.hacked = 3'> (STATUS NIET VERMELD)"
    )
    labels = page.run(
        "return [...document.querySelectorAll('.name')].map((each) => each.textContent)"
    )
    assert {f"{script[:33]}…", f"{image[:33]}…"} <= set(labels)
    assert page.run("return window.hacked === undefined")
    assert (
        page.run("return document.querySelectorAll('.card img, .name img, h1 script').length") == 0
    )
    assert page.fits_the_screen()
    assert page.console_errors() == []
    assert page.outside_requests() == []


def test_streets_are_fetched_only_when_switched_on(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_map(toy_result(tmp_path), path, tiles=True)
    page = browser.open(path, **LAPTOP)
    assert page.outside_requests() == []
    page.driver.find_element(By.ID, "impact-tiles").click()
    page.wait(lambda _: page.outside_requests() != [])
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in page.outside_requests())


def test_print_keeps_map_and_legend_on_one_sheet(browser: Browser, noordoost_map: Path) -> None:
    page = browser.open(noordoost_map, **LAPTOP)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        page.run("window.dispatchEvent(new Event('beforeprint'))")
        (map_box,), (legend,) = page.run(BOXES, ".folium-map"), page.run(BOXES, "#impact-legend")
        width, height = 190 * 96 / 25.4, 277 * 96 / 25.4  # A4 within margins of 10 mm, CSS pixels
        assert map_box[2] - map_box[0] <= width
        assert legend[3] - map_box[1] <= height
        assert not overlap(map_box, legend)
        assert page.run("return document.getElementById('impact-about').open")
        nobody = "return getComputedStyle(document.querySelector('path.band-band_nobody')).fill"
        assert page.run(nobody) == 'url("#impact-nobody")'
        page.run("window.dispatchEvent(new Event('afterprint'))")
        assert not page.run("return document.getElementById('impact-about').open")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_postcodes_without_polygon_are_dots_in_the_colour_of_their_band(
    browser: Browser, tmp_path: Path
) -> None:
    toy = toy_result(tmp_path)
    abroad = replace(toy, postcodes=toy.postcodes.assign(lat=toy.postcodes["lat"] - 4.0))
    path = tmp_path / "map.html"
    write_map(abroad, path)
    page = browser.open(path, **PHONE)
    page.driver.find_element(By.ID, "impact-layer").send_keys(f"{PANCREAS} – A")
    page.wait(lambda _: "naar Groningen" in page.run(TEXT, "#impact-chosen"))
    assert len(page.run(BOXES, "path.shape")) == 5
    fill = "return getComputedStyle(document.querySelector('path.shape.band-band_30')).fill"
    assert page.run(fill) == "rgb(16, 32, 79)"
    assert page.console_errors() == []


def test_few_residents_are_hatched_and_symbols_grow_with_known_volumes(
    browser: Browser, tmp_path: Path
) -> None:
    toy = toy_result(tmp_path)
    residents = toy.postcodes["population"].where(toy.postcodes.index != "7811", 60.0)
    mine = toy.volumes["scenario"] == TO_GRONINGEN
    volumes = toy.volumes.copy()
    volumes.loc[mine, "volume_before"] = [25.0, 60.0]
    volumes.loc[mine, "volume_after"] = [0.0, 100.0]
    path = tmp_path / "map.html"
    places = toy.postcodes.assign(population=residents)
    write_map(replace(toy, postcodes=places, volumes=volumes), path)
    page = browser.open(path, **LAPTOP)
    assert page.run("return document.querySelectorAll('path.few').length") == 1
    # stripes for few residents and a net for no route: told apart without colour, both explained
    fills = (
        "return ['.few', '.band-no_route'].map((each) => getComputedStyle(document.querySelector("
    )
    assert page.run(f"{fills}each)).fill)") == ['url("#impact-few")', 'url("#impact-net")']
    legend = page.run(TEXT, "#impact-legend")
    assert "minder dan 100 inwoners" in legend
    assert "geen route berekend" in legend
    assert "grootte: aantal per jaar" in legend
    symbol = "return document.querySelector(`.marker[aria-label^='${arguments[0]}'] svg`)"
    sizes = {name: page.run(f"{symbol}.clientWidth", name) for name in (GRONINGEN, LEEUWARDEN)}
    # areas as 100 (after) to 25 (before, it stops)
    assert sizes == {GRONINGEN: 42, LEEUWARDEN: 21}
    assert page.console_errors() == []
