from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from toy import toy_result

from impact.outputs.pages.map import write_map
from impact.outputs.pages.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = NEEDS_BROWSER

SIZES = [pytest.param(PHONE, id="phone"), pytest.param(LAPTOP, id="laptop")]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    result = toy_result(folder / "study")
    write_map(result, folder / "map.html")
    write_report(result, folder / "report.html")
    return folder


@pytest.mark.parametrize("name", ["map.html", "report.html"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_breaks_a_serious_rule(
    browser: Browser, pages: Path, name: str, size: dict[str, int]
) -> None:
    page = browser.open(pages / name, **size)
    assert serious_violations(page) == []
    assert page.run("return document.querySelectorAll('main').length") == 1
    assert page.run("return document.querySelectorAll('h1').length") == 1


def test_a_page_that_breaks_one_is_found_out(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text("<html><title>x</title><body><button></button></body></html>", "utf-8")
    found = serious_violations(browser.open(path))
    assert [line.split()[0] for line in found] == ["button-name", "html-has-lang"]
