"""Size and speed of the pages that react: one region, and the whole country with every hospital.

Opening is from asking for the file to the figures on screen; a click is until everything that
follows a hospital has been computed and drawn. A reaction is from what a reader does to the frame
that shows what follows. Nothing is asserted: machines differ.
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
from impact.outputs.pages.index import write_index
from impact.outputs.pages.map import write_map

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
_REACTION = """
const [times, done] = arguments;
const act = (i) => { ACT };
(async () => {
  const found = [];
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    act(i);
    await new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)));
    found.push(performance.now() - start);
  }
  done(found);
})();
"""
_CHOOSE = """
const list = document.getElementById("PAGE");
list.value = String((i + 1) % list.options.length);
list.dispatchEvent(new Event("change"));
"""
_TYPE = """
const field = document.getElementById("PAGE");
field.value = ["d", "dr", "dra", "le", "lee", "8", "89", "gro", "st ja"][i % 9];
field.dispatchEvent(new Event("input"));
"""
_ASK = """
const field = document.getElementById("PAGE");
field.value = ["8911", "Dokkum", "Groningen", "9203"][i % 4];
field.form.requestSubmit();
"""
_SWITCH = """
const buttons = document.querySelectorAll("#PAGE .hospital");
buttons[i % buttons.length].click();
"""
_REACTIONS = (
    ("explorer.html", "switch a hospital", _SWITCH, "explorer-providers"),
    ("explorer.html", "choose a treatment", _CHOOSE, "explorer-intervention"),
    ("explorer.html", "type a place", _TYPE, "explorer-place"),
    ("explorer.html", "ask for a place", _ASK, "explorer-place"),
    ("index.html", "type a place", _TYPE, "index-place"),
    ("index.html", "ask for a place", _ASK, "index-place"),
    ("map.html", "choose a case", _CHOOSE, "impact-layer"),
    ("map.html", "type a place", _TYPE, "impact-place"),
    ("map.html", "ask for a place", _ASK, "impact-place"),
)
_INTERVENTION = """
const list = document.getElementById("explorer-intervention");
list.value = arguments[0];
list.dispatchEvent(new Event("change"));
"""


def main() -> None:
    """Write the pages, open each, click, type and choose."""
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
            _measure_reactions(driver, "noordoost", Path(folder))
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


def _measure_reactions(driver: webdriver.Chrome, study: str, folder: Path) -> None:
    result = run_study(read_study(study))
    for write, name in (
        (write_explorer, "explorer.html"),
        (write_index, "index.html"),
        (write_map, "map.html"),
    ):
        write(result, folder / name)
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    print(f"{result.study.title}: from what a reader does to the frame that shows it")
    for name, what, act, field in _REACTIONS:
        driver.get((folder / name).as_uri())
        code = _REACTION.replace("ACT", act.replace("PAGE", field))
        before = _worked(driver)
        times = driver.execute_async_script(code, _CLICKS)
        worked = (_worked(driver) - before) / _CLICKS
        print(
            f"  {name}, {what}: {statistics.median(times):.0f} ms (slowest {max(times):.0f}),"
            f" of which {1000.0 * worked:.0f} ms of processor time of the page"
        )


def _worked(driver: webdriver.Chrome) -> float:
    """Return the seconds of processor time that the page has used, whatever else runs."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float({each["name"]: each["value"] for each in metrics}["TaskDuration"])


if __name__ == "__main__":
    sys.exit(main())
