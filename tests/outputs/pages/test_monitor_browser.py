"""`impact monitor` and its page, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from three_towns import impact, tree

if TYPE_CHECKING:
    from pathlib import Path

POSTS = "name,lat,lon\nGroningen,53.2194,6.5665\nLeeuwarden,53.2012,5.7999\nZwolle,52.5168,6.0830\n"


def run(folder: Path, posts: str, *options: object) -> Path:
    """One run; return its folder."""
    (folder / "posts.csv").write_text(posts, encoding="utf-8")
    out = folder / "out"
    more = ("--care", "<b>post", "--region", "Noordoost-Nederland", "--out", out, *options)
    done = impact("monitor", folder / "posts.csv", *more)
    assert (done.code, done.err) == (0, "")
    return out


def test_three_sentences_say_what_changed(tmp_path: Path) -> None:
    """Leeuwarden closes: which, how many, and where most."""
    out = run(tmp_path, POSTS, "--on", "2025-01-01")
    assert sorted(tree(out)) == [
        "areas.csv",
        "manifest.json",
        "monitor.html",
        "monitor.json",
        "postcodes.csv",
    ]
    earlier = tmp_path / "monitor.json"
    (out / "monitor.json").rename(earlier)
    fewer = POSTS.replace("Leeuwarden,53.2012,5.7999\n", "")
    out = run(tmp_path, fewer, "--against", earlier, "--force")
    page = (out / "monitor.html").read_text(encoding="utf-8")
    assert "Wat er veranderde sinds 1-1-2025" in page
    assert "Gesloten: Leeuwarden. Nieuw: niets." in page
    assert "wonen nu" in page
    assert "inwoners minder." in page
    assert "Het meest verder weg: " in page
    assert "<b>post" not in page


@NEEDS_BROWSER[0]
@pytest.mark.parametrize(
    ("lang", "size"), [("nl", PHONE), ("en", LAPTOP)], ids=["phone nl", "laptop en"]
)
def test_it_opens_for_everybody(
    browser: Browser, tmp_path: Path, lang: str, size: dict[str, int]
) -> None:
    """No error, no request, no serious violation, and all of it on paper."""
    page = browser.open(run(tmp_path, POSTS, "--lang", lang) / "monitor.html", **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("monitor.html")] == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    said = page.driver.find_element(By.CSS_SELECTOR, "#h-transit + p").text
    assert ("niets berekend" if lang == "nl" else "Nothing was computed") in said
    assert page.fits_on_paper()
