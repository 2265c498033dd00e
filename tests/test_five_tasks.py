"""What people come for, each with its path: as many actions as are counted here, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, Browser
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from impact.analysis.compare import Side, compare
from impact.analysis.run import run_study
from impact.outputs.pages.compare import write_comparison_page
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

pytestmark = NEEDS_BROWSER


@dataclass
class Reader:
    """Somebody who opened a page, and what they did since."""

    page: Page
    did: list[str] = field(default_factory=list)

    def press(self, selector: str) -> None:
        self.did.append(f"press {selector}")
        self.page.driver.find_element(By.CSS_SELECTOR, selector).click()

    def type(self, selector: str, text: str) -> None:
        self.did.append(f"type {text}")
        self.page.driver.find_element(By.CSS_SELECTOR, selector).send_keys(text, Keys.ENTER)

    def sees(self, selector: str) -> str:
        """Return the text of an element that is on screen without scrolling."""
        found = self.page.driver.find_element(By.CSS_SELECTOR, selector)
        top, bottom, high = self.page.run(
            "const box = arguments[0].getBoundingClientRect();"
            "return [box.top, box.bottom, innerHeight];",
            found,
        )
        assert 0 <= top < high, selector
        assert bottom <= high + 1, selector
        return found.text


STUDY = """
[study]
title = "Pancreas: drie verdelingen"
region = "Noordoost-Nederland"

[[intervention]]
name = "Pancreasresecties"
providers = ["Frisius MC Leeuwarden (MCL)", "Isala Zwolle", "Medisch Spectrum Twente",
             "UMC Groningen"]
"""
STOPS = {"A": "Frisius MC Leeuwarden (MCL)", "B": "Medisch Spectrum Twente", "C": "Isala Zwolle"}


@pytest.fixture
def three_choices(tmp_path: Path) -> Path:
    """A page of three scenarios of one run."""
    scenarios = "".join(
        f'[[scenario]]\nname = "{name}"\nstops = {{ "Pancreasresecties" = ["{hospital}"] }}\n'
        for name, hospital in STOPS.items()
    )
    (tmp_path / "study.toml").write_text(STUDY + scenarios, encoding="utf-8")
    result = run_study(read_study(tmp_path / "study.toml"))
    comparison = compare(*(Side(result, "out", name) for name in STOPS))
    ages = comparison.groups(comparison.matches[0]).set_index(["by", "group"]).loc[("75+", "75+")]
    assert ages[[f"mean_extra_all_{each}" for each in "abc"]].argmin() == 0
    write_comparison_page(comparison, tmp_path / "compare.html")
    return tmp_path / "compare.html"


@pytest.fixture
def reader(browser: Browser, noordoost_folder: Path) -> Reader:
    return Reader(browser.open(noordoost_folder / "explorer.html", **LAPTOP))


def test_what_changes_for_dokkum(reader: Reader) -> None:
    reader.type("#explorer-place", "Dokkum")
    card = reader.sees("#explorer-card")
    assert "Dokkum" in card
    assert "nu en straks gemiddeld 29 minuten" in card
    assert len(reader.did) == 1


def test_is_nobody_more_than_thirty_minutes_worse_off(reader: Reader) -> None:
    numbers = reader.sees("#explorer-numbers")
    last = numbers.splitlines()[-2:]
    assert last[0] == "0"
    assert last[1].endswith("meer dan 30 minuten extra")
    assert reader.did == []


def test_which_of_three_is_best_for_the_over_75s(browser: Browser, three_choices: Path) -> None:
    reader = Reader(browser.open(three_choices, **LAPTOP))
    # one link in the contents on top, and the row of the group says it
    reader.press("a[href='#h-groups-0']")
    row = reader.sees("tr[data-group='75 jaar en ouder']")
    assert row.splitlines()[-1].split()[-1] == "A"
    assert len(reader.did) == 1


def test_show_the_table_the_decided_case_on_the_beamer(reader: Reader) -> None:
    reader.press("#explorer-beamer")
    assert reader.sees("#explorer-badge") == "BESLOTEN per 1-1-2027"
    assert "Nij Smellinghe stopt met deze behandeling." in reader.sees("#explorer-title")
    assert reader.sees("#explorer-text").startswith("9% moet naar een ander ziekenhuis")
    reader.sees("#explorer-map")
    assert len(reader.did) == 1


def test_paste_the_map_into_a_memo(reader: Reader, tmp_path: Path) -> None:
    reader.page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    reader.press("#explorer-map-png")
    saved = tmp_path / "kaart.png"
    reader.page.wait(lambda _: saved.is_file())
    with Image.open(saved) as picture:
        assert picture.width > picture.height > 1000
    assert len(reader.did) == 1
