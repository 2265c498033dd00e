"""Take the pictures of the documentation from a real run, in headless Chromium.

python scripts/screenshots.py out/noordoost   (a folder that `impact demo` or `impact run` wrote)
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_SCENARIO = "Pancreas: van Frisius MC naar UMC Groningen"
_SETTLE_SECONDS = 1.5
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


def main(folder: Path) -> None:
    """Write map.png and report.png."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with TemporaryDirectory() as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}", "--window-size=1280,860"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=service)
        try:
            driver.get((folder / "map.html").resolve().as_uri())
            layers = Select(driver.find_element(By.ID, "impact-layer"))
            wanted = next(each for each in layers.options if _SCENARIO in each.text)
            layers.select_by_visible_text(wanted.text)
            _save(driver, "map.png")
            driver.get((folder / "report.html").resolve().as_uri())
            _save(driver, "report.png")
        finally:
            driver.quit()


def _save(driver: webdriver.Chrome, name: str) -> None:
    time.sleep(_SETTLE_SECONDS)
    driver.save_screenshot(str(IMAGES / name))
    print(IMAGES / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
