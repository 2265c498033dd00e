"""What people come for, each with its path: as many actions as are counted here, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from browser import LAPTOP, NEEDS_BROWSER, Browser
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

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
