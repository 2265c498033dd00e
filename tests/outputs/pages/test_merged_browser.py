"""merged.html in a browser, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from sealed_world import SITES, counts_of, draw, write_world
from selenium.webdriver.common.by import By
from three_towns import impact

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = NEEDS_BROWSER


@pytest.mark.parametrize(
    ("lang", "size"), [("nl", PHONE), ("en", LAPTOP)], ids=["phone nl", "laptop en"]
)
def test_it_opens_for_everybody(
    browser: Browser, tmp_path: Path, lang: str, size: dict[str, int]
) -> None:
    """No error, no request, no serious violation; the unit is said in the first sentence."""
    patients = draw(np.random.default_rng(4))
    sealed = tmp_path / "s.sealed"
    assert impact("seal", write_world(tmp_path), "--out", sealed).code == 0
    parts = []
    for site in SITES[:2]:
        counts_of(patients, site).to_csv(tmp_path / f"{site}.csv", index=False)
        parts.append(tmp_path / f"{site}.json")
        own = ("--institution", site, "--counts", tmp_path / f"{site}.csv", "--out", parts[-1])
        assert impact("contribute", sealed, *own).code == 0
    assert impact("merge", sealed, *parts, "--out", tmp_path / "out", "--lang", lang).code == 0
    page = browser.open(tmp_path / "out" / "merged.html", **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("merged.html")] == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    first = page.driver.find_element(By.CSS_SELECTOR, ".answer p").text
    assert ("registreerden" if lang == "nl" else "registered") in first
    cells = [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, ".volumes td")]
    assert ("onbekend" if lang == "nl" else "unknown") in cells
    assert page.fits_on_paper()
