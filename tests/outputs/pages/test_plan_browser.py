"""plan.html in a browser: the slider, the postcode, both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from three_towns import STUDY, impact, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

pytestmark = NEEDS_BROWSER

COUNTED = STUDY.partition("[[scenario]]")[0]
NAME = COUNTED.partition('name = "')[2].partition('"')[0]
PLAN = f"""\
intervention,location,step,from,recipient,state
{NAME},West,stops,2026-01-01,Zuid,agreed
{NAME},West,stops,2026-07-01,Noord,agreed
"""


def page_of(folder: Path, lang: str) -> Path:
    """The page of the plan."""
    study = write_files(folder, {"study.toml": COUNTED, "plan.csv": PLAN})
    more = ("--plan", folder / "plan.csv", "--lang", lang, "--on", "2025-10-01")
    done = impact("plan", study, "--out", folder / "out", *more)
    assert (done.code, done.err) == (0, "")
    return folder / "out" / "plan.html"


def shown(page: Page) -> str:
    """Text of the panel that is shown."""
    panels = page.driver.find_elements(By.CSS_SELECTOR, ".panel")
    [one] = [each for each in panels if each.is_displayed()]
    return one.text


@pytest.mark.parametrize(
    ("lang", "size"), [("nl", PHONE), ("en", LAPTOP)], ids=["phone nl", "laptop en"]
)
def test_it_opens_for_everybody(
    browser: Browser, tmp_path: Path, lang: str, size: dict[str, int]
) -> None:
    """No error, no request, no serious violation, and all of it on paper."""
    page = browser.open(page_of(tmp_path, lang), **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("plan.html")] == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    assert page.fits_on_paper()


def test_sliding_to_a_day_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    """It opens on the last day; one step back is the recipient for the time being; then today."""
    page = browser.open(page_of(tmp_path, "nl"), **LAPTOP)
    slider = page.driver.find_element(By.ID, "day")
    assert page.driver.find_element(By.ID, "day-said").text == "vanaf 1-7-2026"
    assert "gemiddeld 46 minuten langer" in shown(page)
    slider.send_keys(Keys.ARROW_LEFT)
    assert "gemiddeld 89 minuten langer" in shown(page)
    assert slider.get_attribute("aria-valuetext") == "vanaf 1-1-2026"
    slider.send_keys(Keys.ARROW_LEFT)
    assert "Nog niets verandert" in shown(page)


def test_a_postcode_says_from_when(browser: Browser, tmp_path: Path) -> None:
    """8911: 89 minutes longer from January, 46 from July; 9712: nothing; 1011: not here."""
    page = browser.open(page_of(tmp_path, "nl"), **LAPTOP)
    field = page.driver.find_element(By.ID, "postcode")

    def said(code: str) -> list[str]:
        field.clear()
        field.send_keys(code, Keys.ENTER)
        return [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, "#place-said li")]

    assert said("8911 AB") == [
        f"{NAME}, vanaf 1-1-2026: 89 minuten langer dan nu",
        f"{NAME}, vanaf 1-7-2026: 46 minuten langer dan nu",
    ]
    assert said("9712") == ["In 9712 verandert er op geen enkele dag iets."]
    assert said("1011") == ["Deze postcode ligt niet in de studie."]
