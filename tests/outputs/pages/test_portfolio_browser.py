"""portfolio.html in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from three_towns import impact
from two_treatments import portfolio_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = NEEDS_BROWSER

_BROKEN = """
    const broken = [];
    const row = document.querySelector(".matrix thead tr");
    for (let count = 0; count < 9; count += 1) {
        const more = row.lastElementChild.cloneNode();
        more.textContent = "Chirurgische aneurysmabehandeling";
        row.append(more);
    }
    for (const head of row.children) {
        const text = head.firstChild;
        for (const found of text.data.matchAll(/[\\p{L}]+/gu)) {
            const range = document.createRange();
            range.setStart(text, found.index);
            range.setEnd(text, found.index + found[0].length);
            if (range.getClientRects().length > 1) broken.push(found[0]);
        }
    }
    return broken;
"""


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_the_page_puts_a_board_on_top(
    browser: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    """No error, no request, no serious violation; one's own row comes first when chosen."""
    done = impact(*portfolio_of(tmp_path, "condition,value\nloses_at_most,1\n"))
    assert done.code == 0, done.err
    page = browser.open(tmp_path / "out" / "portfolio.html", **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("portfolio.html")] == []
    assert page.fits_the_screen()
    assert page.figures_fit("table.choices")
    assert serious_violations(page) == []
    names = [x.text for x in page.driver.find_elements(By.CSS_SELECTOR, ".matrix tbody th")]
    assert sorted(names) == ["Noord", "West", "Zuid"]
    last = names[-1]
    Select(page.driver.find_element(By.ID, "own")).select_by_visible_text(last)
    first = page.driver.find_element(By.CSS_SELECTOR, ".matrix tbody tr:first-child")
    assert first.find_element(By.TAG_NAME, "th").text == last
    assert "own" in first.get_attribute("class")
    assert page.run(_BROKEN) == []
