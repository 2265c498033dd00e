"""Size and speed of the explorer: one region, and the whole country with every hospital.

Opening is from asking for the file to the figures on screen; a click is until everything that
follows a hospital has been computed and drawn. Nothing is asserted: machines differ.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver

from impact import read_hospitals, read_postcodes, read_study, run_study
from impact.outputs.pages.explorer import write_explorer

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run")
_CLINIC = "buitenpolikliniek"
_TWENTY = 20
_CLICKS = 12
_OPENED = """
const [entry] = performance.getEntriesByType("navigation");
return entry.loadEventEnd - entry.startTime;
"""
_CLICK = """
const buttons = document.querySelectorAll("#explorer-providers .hospital");
const times = [];
for (let n = 0; n < arguments[0]; n += 1) {
  const start = performance.now();
  buttons[n % buttons.length].click();
  // reading a pixel waits until the canvas has been drawn
  document.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1);
  document.body.offsetHeight;
  times.push(performance.now() - start);
}
return times;
"""
_INTERVENTION = """
const list = document.getElementById("explorer-intervention");
list.value = arguments[0];
list.dispatchEvent(new Event("change"));
"""


def main() -> None:
    """Write both pages, open each and click."""
    options = webdriver.ChromeOptions()
    with TemporaryDirectory() as folder:
        for flag in (*_FLAGS, f"--user-data-dir={folder}/profile", "--window-size=1440,900"):
            options.add_argument(flag)
        driver = webdriver.Chrome(
            options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
        )
        try:
            for study in ("noordoost", str(_whole_country(Path(folder)))):
                _measure(driver, study, Path(folder) / "explorer.html")
        finally:
            driver.quit()


def _whole_country(folder: Path) -> Path:
    """Write a study in which every hospital, or every sixth, does a treatment."""
    known = read_hospitals()
    names = list(known.index[known["location_type"] != _CLINIC])
    read_postcodes().drop(columns=["region", "geometry"]).to_csv(folder / "postcodes.csv")
    study = '[study]\ntitle = "Nederland"\nregion = "Nederland"\npostcodes = "postcodes.csv"\n'
    for name, chosen in (("All", names), ("Twenty", names[:: len(names) // _TWENTY][:_TWENTY])):
        providers = json.dumps(chosen, ensure_ascii=False)
        study += f'\n[[intervention]]\nname = "{name}"\nproviders = {providers}\nstop_count = 1\n'
    path = folder / "country.toml"
    path.write_text(study, encoding="utf-8")
    return path


def _measure(driver: webdriver.Chrome, study: str, path: Path) -> None:
    result = run_study(read_study(study))
    write_explorer(result, path)
    postcodes, locations = result.times.minutes.shape
    driver.get(path.as_uri())
    print(f"{result.study.title}: {postcodes} postcodes x {locations} locations")
    print(f"  {path.stat().st_size / 1e6:.2f} MB, opens in {driver.execute_script(_OPENED):.0f} ms")
    for number, intervention in enumerate(result.study.interventions):
        driver.execute_script(_INTERVENTION, str(number))
        times = driver.execute_script(_CLICK, _CLICKS)
        print(
            f"  {len(intervention.providers)} providers: a click {statistics.median(times):.0f} ms"
            f" (median of {_CLICKS}, slowest {max(times):.0f})"
        )


if __name__ == "__main__":
    sys.exit(main())
