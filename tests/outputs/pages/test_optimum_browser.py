"""optimum.html in a browser.

```
    8911 West          9712 Noord          Patients: 60 in Noord, 30 in West, 20 in Zuid; norm 25.
      6 min              5 min             Zuid falls short: its 20 drive 48 minutes to Noord, 44
                       7811 Zuid           more.
                         4 min
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from three_towns import HOSPITALS, MINUTES, POSTCODES, STUDY, impact, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

pytestmark = NEEDS_BROWSER

PATIENTS = "postcode,patients\n9712,60\n8911,30\n7811,20\n"
NORMED = STUDY.replace(
    'times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"'
).replace("stop_count = 1", "stop_count = 1\nnorm = 25")


@pytest.fixture(scope="module")
def optimum_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(tmp_path_factory.mktemp("optimum"))


def page_of(folder: Path, *options: object, **files: str) -> Path:
    named = {
        f"{name}.{'toml' if name == 'study' else 'csv'}": text
        for name, text in ({"study": NORMED, "patients": PATIENTS} | files).items()
    }
    study = write_files(folder, named)
    done = impact("optimise", study, "--out", folder / "out", *options)
    assert (done.code, done.err) == (0, "")
    return folder / "out" / "optimum.html"


def texts_of(page: Page, selector: str) -> list[str]:
    return [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, selector)]


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_without_a_network_and_for_everybody(
    browser: Browser, optimum_page: Path, size: dict[str, int]
) -> None:
    page = browser.open(optimum_page, **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("optimum.html")] == []
    assert page.fits_the_screen()
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert serious_violations(page) == []


def test_it_says_what_was_asked_and_found(browser: Browser, optimum_page: Path) -> None:
    page = browser.open(optimum_page, **LAPTOP)
    asked = texts_of(page, ".asked li")
    assert "Zo weinig mogelijk minuten, gemiddeld over iedereen." in asked
    assert "Elke locatie heeft ten minste 25 patiënten per jaar." in asked
    found = texts_of(page, ".found li")
    assert found[0] == "Stopt met deze behandeling: Zuid"
    assert any(each.startswith("Nagerekend: geen andere verdeling") for each in found)
    assert texts_of(page, ".takers li") == ["Zuid → Noord"]
    assert texts_of(page, ".bands tbody tr") == [
        "meer dan 30 minuten 20 18%",
        "hoeft niet naar een ander ziekenhuis 90 82%",
    ]
    assert texts_of(page, ".hit tbody tr") == ["Emmen 44 minuten 44 minuten 20"]
    (norm,) = texts_of(page, ".norm")
    assert norm == (
        "Of elke locatie de voorlopige norm van 25 per jaar haalt is niet te zeggen zonder "
        "geregistreerde aantallen. Berekend heeft de kleinste er 30; dat is een rekenvoorbeeld."
    )
    rows = texts_of(page, ".volumes tbody tr")
    assert rows[0] == "Noord 60 80 25 – berekend (rekenvoorbeeld, geen registratie)"
    assert rows[2].startswith("Zuid 20 stopt 25 –")
    ranking = texts_of(page, ".choices")[0]
    # West or Zuid alone beside Noord falls short, so next comes one location; then the scenario
    for line in (
        "Vandaag 5 minuten",
        "Minste reistijd (geen advies)",
        "Plaats 2",
        "Scenario: West stopt",
    ):
        assert line in ranking
    assert [each.split()[0] for each in texts_of(page, ".choices + *, .choices tbody tr")][-2:] == [
        "1",
        "2",
    ]


def test_the_maps_of_runners_up_open_with_the_keyboard(
    browser: Browser, optimum_page: Path
) -> None:
    page = browser.open(optimum_page, **LAPTOP)
    summary = page.driver.find_element(By.CSS_SELECTOR, "details.runner summary")
    assert not page.run("return document.querySelector('details.runner').open")
    summary.send_keys(Keys.ENTER)
    assert page.run("return document.querySelector('details.runner').open")
    label = page.driver.find_element(By.CSS_SELECTOR, "details.runner svg").get_attribute(
        "aria-label"
    )
    assert label == "Kaart van de extra minuten per postcode: Pancreas, Plaats 2"


def test_who_falls_short_is_named_with_numbers(browser: Browser, tmp_path: Path) -> None:
    counted = NORMED.replace("norm = 25", 'norm = 25\nvolumes = "volumes.csv"')
    volumes = "location,volume\nNoord,60\nWest,30\nZuid,20\n"
    asked = ("--minimum", 0, "--locations", 3, "--lang", "en")
    path = page_of(tmp_path, *asked, study=counted, volumes=volumes)
    page = browser.open(path, **LAPTOP)
    (norm,) = texts_of(page, ".norm")
    assert norm.startswith("Below the provisional norm of 25 per year: Zuid with 20 (5 too few).")


def test_it_prints_on_paper(browser: Browser, optimum_page: Path) -> None:
    page = browser.open(optimum_page, **LAPTOP)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        page.run("dispatchEvent(new Event('beforeprint'))")
        for part in ("figure svg", ".bands", ".volumes", ".choices", "details.runner svg"):
            assert page.driver.find_element(By.CSS_SELECTOR, part).is_displayed()
        assert not page.driver.find_element(By.CSS_SELECTOR, ".skip").is_displayed()
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    hostile = "<img src=x onerror='window.hit = 1'>"
    study = NORMED.replace("West", hostile).replace("Drie steden", "<b>{{ 7 * 7 }}</b>")
    path = page_of(
        tmp_path,
        study=study,
        postcodes=POSTCODES.replace("Emmen", "</script><script>window.hit = 1</script>"),
        hospitals=HOSPITALS.replace("West", hostile),
        minutes=MINUTES.replace("West", hostile),
    )
    page = browser.open(path, **LAPTOP)
    assert page.run("return window.hit === undefined")
    shown = page.driver.find_element(By.TAG_NAME, "body").text
    for text in (hostile, "<b>{{ 7 * 7 }}</b>", "</script><script>window.hit = 1</script>"):
        assert text in shown
    assert page.console_errors() == []
    assert page.outside_requests() == []
