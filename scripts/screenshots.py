"""Take the pictures of the documentation from real runs, in headless Chromium.

python scripts/screenshots.py FOLDER

FOLDER is where the commands of the three tutorials (docs/tutorial_*.md) were given, beside the
study files that they print. Of outputs that are not there no picture is taken.
"""

from __future__ import annotations

import io
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_PANCREAS = "Pancreasresecties"
_TWENTE = "Medisch Spectrum Twente"
_SCENARIO = "Pancreas: van Frisius MC naar UMC Groningen"
_SETTLE_SECONDS = 2.5

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def _nothing(_: webdriver.Chrome) -> None:
    pass


def _pancreas_layer(driver: webdriver.Chrome) -> None:
    layers = Select(driver.find_element(By.ID, "impact-layer"))
    wanted = next(each for each in layers.options if _SCENARIO in each.text)
    layers.select_by_visible_text(wanted.text)


def _one_switched_off(driver: webdriver.Chrome) -> None:
    chooser = Select(driver.find_element(By.ID, "explorer-intervention"))
    chooser.select_by_visible_text(_PANCREAS)
    preset = Select(driver.find_element(By.ID, "explorer-preset"))
    preset.select_by_index(0)
    for button in driver.find_elements(By.CSS_SELECTOR, "#explorer-providers button"):
        if _TWENTE in button.text:
            button.click()
            break


def _at(selector: str) -> Callable[[webdriver.Chrome], None]:
    def go(driver: webdriver.Chrome) -> None:
        wanted = driver.find_element(By.CSS_SELECTOR, selector)
        driver.execute_script("arguments[0].scrollIntoView();", wanted)

    return go


_PICTURES: tuple[tuple[str, str, int, int, Callable[[webdriver.Chrome], None]], ...] = (
    ("uitkomst/extra/map.html", "map.png", 1280, 860, _pancreas_layer),
    ("uitkomst/report.html", "report.png", 1280, 860, _nothing),
    ("uitkomst/explorer.html", "verkenner.png", 1280, 860, _one_switched_off),
    ("werkgroep/a4.html", "a4.png", 1180, 760, _nothing),
    ("naast-elkaar/compare.html", "naast_elkaar.png", 1280, 900, _at("#h-maps")),
    ("verdelingen/choices.html", "verdelingen.png", 1280, 1020, _at("#main")),
    ("advies/report.html", "gevoeligheid.png", 1100, 760, _at("#h-sure")),
    ("advies/report.html", "scenarios.png", 1100, 860, _at("#h-table")),
    ("oordeel/verdicts.html", "oordeel.png", 1100, 900, _nothing),
    ("kaartje.html", "kaartje.png", 900, 900, _nothing),
)
"""Page, picture, width, height, and what is done on the page first."""


def main(folder: Path) -> None:
    """Write the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with TemporaryDirectory() as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=service)
        try:
            for page, picture, width, height, prepare in _PICTURES:
                path = folder / page
                if not path.is_file():
                    print(f"{path}: not there, {picture} is left as it was")
                    continue
                driver.set_window_size(width, height)
                driver.get(path.resolve().as_uri())
                prepare(driver)
                _save(driver, picture)
        finally:
            driver.quit()


def _save(driver: webdriver.Chrome, name: str) -> None:
    time.sleep(_SETTLE_SECONDS)
    with Image.open(io.BytesIO(driver.get_screenshot_as_png())) as picture:
        picture.convert("RGB").save(IMAGES / name, optimize=True)
    print(IMAGES / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
