"""sweep.html in a browser: every point opens its map and its row."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from three_towns import HOSPITALS, MINUTES, POSTCODES, STUDY, write_files

from impact.analysis.cases import make_case
from impact.analysis.result import postcode_rows
from impact.analysis.sweep import sweep_study
from impact.model.measures import LEGEND, place_bands
from impact.outputs.files.folder import sweep_manifest, write_sweep
from impact.outputs.pages.sweep import write_sweep_page
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

    from impact.analysis.sweep import StudySweep

pytestmark = NEEDS_BROWSER

SYSTEMIC = "Systemische behandeling nierkanker"


@pytest.fixture(scope="module")
def sweep_page(noordoost_sweep: StudySweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "sweep.html"
    write_sweep_page(noordoost_sweep, path, manifest=sweep_manifest(noordoost_sweep))
    return path


def chosen(page: Page) -> dict[str, str]:
    """What the panel says of the chosen candidate."""
    terms = page.driver.find_elements(By.CSS_SELECTOR, "#chosen dt")
    values = page.driver.find_elements(By.CSS_SELECTOR, "#chosen dd")
    return {term.text: value.text for term, value in zip(terms, values, strict=True)}


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_and_without_a_network(
    browser: Browser, sweep_page: Path, size: dict[str, int]
) -> None:
    page = browser.open(sweep_page, **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("sweep.html")] == []
    assert page.fits_the_screen()
    chart = page.driver.find_element(By.ID, "chart")
    assert chart.size["width"] > 300
    assert chart.get_attribute("tabindex") == "0"
    # a study with named scenarios opens on the first of them
    assert "Nij Smellinghe" in chosen(page)["Stopt met deze behandeling"]
    key = page.driver.find_element(By.ID, "key").text
    assert "gepubliceerd voor deze regio: 6 tot 30 minuten, zonder definitie" in key


def test_eight_thousand_points_are_drawn_quickly_and_walked_by_keys(
    browser: Browser, sweep_page: Path, noordoost_sweep: StudySweep
) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    Select(page.driver.find_element(By.ID, "intervention")).select_by_visible_text(SYSTEMIC)
    assert "8.008" in page.driver.find_element(By.ID, "count").text
    chart = page.driver.find_element(By.ID, "chart")
    chart.send_keys(Keys.END)
    table = next(x for x in noordoost_sweep.swept if x.intervention.name == SYSTEMIC).table
    worst = table.iloc[int(table["mean_extra_moved"].to_numpy().argmax())]
    found = chosen(page)
    assert found["Stopt met deze behandeling"] == worst["stops"]
    assert found["Moet naar een ander ziekenhuis"].startswith(
        f"{worst['moved']:,.0f}".replace(",", ".")
    )
    chart.send_keys(Keys.HOME)
    least = table.iloc[int(table["mean_extra_moved"].to_numpy().argmin())]
    assert chosen(page)["Stopt met deze behandeling"] == least["stops"]
    chart.send_keys(Keys.ARROW_RIGHT)
    assert chosen(page)["Stopt met deze behandeling"] != least["stops"]


def test_a_click_opens_the_map_and_the_row_of_a_point(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    treatment = Select(page.driver.find_element(By.ID, "intervention"))
    treatment.select_by_visible_text("Pancreasresecties")
    buttons = page.driver.find_elements(By.CSS_SELECTOR, "#front button")
    assert [button.text for button in buttons] == [
        "Stopt: Frisius MC Leeuwarden (MCL)",
        "Stopt: UMC Groningen",
    ]
    buttons[1].click()
    assert chosen(page)["Stopt met deze behandeling"] == "UMC Groningen"
    assert "UMC Groningen" in page.driver.find_element(By.CSS_SELECTOR, "#front tr.now").text
    bands = json.loads(page.driver.find_element(By.ID, "map").get_attribute("data-bands"))
    assert sum(bands.values()) == 1437
    assert bands["band_nobody"] < 1437
    # today stands at no extra minutes, and has the fewest beyond 45: at the left, near the bottom
    page.run(
        "const chart = document.getElementById('chart'), box = chart.getBoundingClientRect();"
        "chart.dispatchEvent(new MouseEvent('click',"
        " {clientX: box.left + 80, clientY: box.bottom - 68, bubbles: true}))"
    )
    assert page.driver.find_element(By.ID, "h-chosen").text == "Vandaag: niemand stopt"
    bands = json.loads(page.driver.find_element(By.ID, "map").get_attribute("data-bands"))
    assert bands == {"band_nobody": 1437}


def test_axes_can_be_chosen(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    image = "return document.getElementById('chart').toDataURL()"
    first = page.run(image)
    Select(page.driver.find_element(By.ID, "axis-y")).select_by_value("p90_extra")
    assert page.run(image) != first


def test_the_bands_of_the_map_are_those_of_the_flows(browser: Browser, tmp_path: Path) -> None:
    #  West stops: 8911 goes to Noord, 46 more; nobody else is moved
    sweep = sweep_study(read_study(write_files(tmp_path)), use_cache=False)
    write_sweep(sweep, tmp_path / "out", lang="en")
    page = browser.open(tmp_path / "out" / "sweep.html", **LAPTOP)
    bands = json.loads(page.driver.find_element(By.ID, "map").get_attribute("data-bands"))
    assert bands == {"band_nobody": 2, "band_30": 1}
    panel = chosen(page)
    assert panel["Stops doing this treatment"] == "West"
    assert panel["Must go to another hospital"] == "100 residents"
    assert panel["Their extra travel time, one way"].startswith("46 minutes on average")
    assert panel["Who takes over"] == "as agreed"
    assert page.console_errors() == []


@pytest.mark.parametrize("rule", ["huff", "observed"])
def test_people_of_one_postcode_who_go_apart_have_a_map_too(
    browser: Browser, tmp_path: Path, rule: str
) -> None:
    said = {"huff": "huff = { beta = 0.1 }", "observed": 'flows = "flows.csv"'}[rule]
    text = STUDY.replace("stop_count = 1", f'stop_count = 1\nallocation = "{rule}"\n{said}')
    # Noord stops: 60 of 9712 go to Zuid (40 more) and 40 of 8911 to West (46 less)
    flows = "postcode,provider,patients\n9712,Noord,60\n8911,Noord,40\n8911,West,60\n"
    files = {"study.toml": text.replace("West stopt", "x"), "flows.csv": flows}
    sweep = sweep_study(read_study(write_files(tmp_path, files)), use_cache=False)
    write_sweep(sweep, tmp_path / "out")
    page = browser.open(tmp_path / "out" / "sweep.html", **LAPTOP)
    seen = []
    chart = page.driver.find_element(By.ID, "chart")
    for key in (Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT):
        chart.send_keys(key)
        stops = chosen(page)["Stopt met deze behandeling"]
        seen.append(json.loads(page.driver.find_element(By.ID, "map").get_attribute("data-bands")))
        asked = sweep.study.interventions[0]
        case = make_case(asked, sweep.inputs, name="", stops=(stops,))
        rows = postcode_rows(case)
        columns = ("mean_before", "mean_after", "mean_extra_moved", "demand")
        bands = [LEGEND[at].key for at in place_bands(*(rows[each].to_numpy() for each in columns))]
        assert seen[-1] == dict(Counter(bands))
    assert len({json.dumps(each) for each in seen}) > 1
    assert page.console_errors() == []


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    hostile = "<img src=x onerror='window.hit = 1'>"
    files = {
        "postcodes.csv": POSTCODES.replace(
            "Leeuwarden", "</script><script>window.hit = 1</script>"
        ),
        "hospitals.csv": HOSPITALS.replace("West", hostile),
        "minutes.csv": MINUTES.replace("West", hostile),
        "study.toml": STUDY.replace("West", hostile).replace("Drie steden", "<b>{{ 7 * 7 }}</b>"),
    }
    sweep = sweep_study(read_study(write_files(tmp_path, files)), use_cache=False)
    write_sweep(sweep, tmp_path / "out")
    page = browser.open(tmp_path / "out" / "sweep.html", **LAPTOP)
    assert page.run("return window.hit === undefined")
    shown = page.driver.find_element(By.TAG_NAME, "body").text
    assert hostile in shown
    assert "<b>{{ 7 * 7 }}</b>" in shown
    assert page.console_errors() == []
    assert page.outside_requests() == []


def test_it_prints_on_paper(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        page.run("dispatchEvent(new Event('beforeprint'))")
        for part in ("#front", "#beside", "#chart", "#map"):
            assert page.driver.find_element(By.CSS_SELECTOR, part).is_displayed()
        assert not page.driver.find_element(By.ID, "chart-help").is_displayed()
        assert page.run(
            "return [...document.querySelectorAll('.scroll')]"
            ".every((box) => getComputedStyle(box).overflowY === 'visible')"
        )
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
