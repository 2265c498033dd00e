"""Headless Chromium without a network, for tests that open a page.

Use it as::

    pytestmark = NEEDS_BROWSER

    def test_page(browser: Browser) -> None:
        page = browser.open(path, width=360, height=740)
        assert page.console_errors() == []
        assert page.outside_requests() == []
        page.driver.find_element(By.ID, "...")
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

CHROMIUM = shutil.which("chromium")
CHROMEDRIVER = shutil.which("chromedriver")

NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="chromium and chromedriver are not installed",
    ),
]
"""Marks of a test (or, as `pytestmark`, of a module) that opens a page."""

PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1440, "height": 900}
PAPER = 703
"""Pixels between the margins of a portrait A4."""

INSIDE = ("file:", "data:", "blob:", "about:")
"""Addresses that stay on the machine."""

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_PATIENCE = 20
"""Seconds to wait for a page to become what a test expects."""


@dataclass
class Page:
    """What happened since a page was opened."""

    driver: WebDriver
    _console: list[dict[str, Any]] = field(default_factory=list)
    _requests: list[str] = field(default_factory=list)

    def collect(self) -> None:
        """Read the logs of the browser; each of them can be read only once."""
        self._console += self.driver.get_log("browser")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._requests.append(message["params"]["request"]["url"])

    def console_errors(self) -> list[str]:
        """Errors and warnings on the console."""
        self.collect()
        return [each["message"] for each in self._console if each["level"] in {"SEVERE", "WARNING"}]

    def outside_requests(self) -> list[str]:
        """Addresses off the machine that the page asked for."""
        self.collect()
        return [url for url in self._requests if not url.startswith(INSIDE)]

    def requests(self) -> list[str]:
        """Every address that the page asked for."""
        self.collect()
        return list(self._requests)

    def wait(self, condition: Callable[[WebDriver], Any]) -> Any:  # noqa: ANN401
        """Wait until a condition holds, and give what it gave."""
        return WebDriverWait(self.driver, _PATIENCE).until(condition)

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401
        """Run JavaScript in the page and give what it returns."""
        return self.driver.execute_script(script, *arguments)

    def captions_fit(self) -> bool:
        """Whether every caption is read without scrolling its table sideways."""
        return bool(
            self.run(
                "return [...document.querySelectorAll('caption')].every((each) => { const words = "
                "document.createRange(); words.selectNodeContents(each); "
                "return words.getBoundingClientRect().right <= window.innerWidth; })"
            )
        )

    def fits_the_screen(self) -> bool:
        """Whether nothing sticks out sideways."""
        return bool(self.run("return document.documentElement.scrollWidth <= innerWidth"))

    def fits_on_paper(self) -> bool:
        """Whether nothing sticks out sideways of a portrait A4; the page stays as it prints."""
        about = {"width": PAPER, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", about)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        return self.fits_the_screen()


@dataclass(frozen=True)
class Browser:
    """A running Chromium."""

    driver: WebDriver

    def open(self, path: Path, *, width: int = 1440, height: int = 900) -> Page:
        """Open a file in a window of that size (CSS pixels)."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        Page(self.driver).collect()  # what an earlier page left in the logs is not this one's
        self.driver.get(path.resolve().as_uri())
        page = Page(self.driver)
        page.wait(lambda driver: driver.execute_script("return document.readyState") == "complete")
        return page


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium with a fresh profile and no way to any network; stop it afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # with both paths given, Selenium looks for nothing and asks nobody
        driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
