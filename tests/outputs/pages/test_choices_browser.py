"""choices.html in a browser, as a sweep and as the optimiser writes it.

```
    8911 West          9712 Noord          Patients: 60 in Noord, 30 in West, 20 in Zuid; norm 25.
      6 min              5 min             Zuid falls short: its 20 drive 48 minutes to Noord, 44
                       7811 Zuid           more.
                         4 min
```
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from three_towns import HOSPITALS, MINUTES, POSTCODES, STUDY, impact, write_files

from impact.analysis.cases import make_case
from impact.analysis.optimise import optimise_study
from impact.analysis.result import postcode_rows
from impact.analysis.sweep import sweep_study
from impact.model.measures import LEGEND, place_bands
from impact.optimise.query import Query
from impact.outputs.files.folder import sweep_manifest, write_sweep
from impact.outputs.files.optimum import write_optimum
from impact.outputs.pages.swept_choices import swept_treatment, write_swept_choices
from impact.outputs.text import texts
from impact.outputs.text.choices import norm_line
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

    from impact.analysis.sweep import StudySweep

pytestmark = NEEDS_BROWSER

SYSTEMIC = "Systemische behandeling nierkanker"
SEEN = ".treatment:not([hidden])"

PATIENTS = "postcode,patients\n9712,60\n8911,30\n7811,20\n"
NORMED = STUDY.replace(
    'times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"'
).replace("stop_count = 1", "stop_count = 1\nnorm = 25")


@pytest.fixture(scope="module")
def sweep_page(noordoost_sweep: StudySweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "choices.html"
    write_swept_choices(noordoost_sweep, path, manifest=sweep_manifest(noordoost_sweep))
    return path


@pytest.fixture(scope="module")
def best_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of("optimise", tmp_path_factory.mktemp("optimum"))


@pytest.fixture(scope="module", params=["sweep", "optimise"])
def either_page(request: pytest.FixtureRequest) -> Path:
    name = {"sweep": "sweep_page", "optimise": "best_page"}[request.param]
    return request.getfixturevalue(name)


def page_of(command: str, folder: Path, *options: object, **files: str) -> Path:
    named = {
        f"{name}.{'toml' if name == 'study' else 'csv'}": text
        for name, text in ({"study": NORMED, "patients": PATIENTS} | files).items()
    }
    study = write_files(folder, named)
    done = impact(command, study, "--out", folder / "out", *options)
    assert (done.code, done.err) == (0, "")
    return folder / "out" / "choices.html"


def seen(page: Page, selector: str) -> list[str]:
    found = page.driver.find_elements(By.CSS_SELECTOR, f"{SEEN} {selector}")
    return [each.text for each in found]


def part(page: Page, name: str):  # noqa: ANN201 (a web element)
    return page.driver.find_element(By.CSS_SELECTOR, f"{SEEN} .{name}")


def chosen(page: Page) -> dict[str, str]:
    """What the panel says of the chosen choice."""
    return dict(zip(seen(page, ".chosen dt"), seen(page, ".chosen dd"), strict=True))


def pick(page: Page, key: str) -> None:
    page.driver.find_element(By.CSS_SELECTOR, f"{SEEN} tr[data-key='{key}'] .pick").click()


def unfold(page: Page) -> None:
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def drawn_bands(page: Page) -> dict[str, int]:
    return json.loads(part(page, "map").get_attribute("data-bands"))


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_it_opens_without_errors_without_a_network_and_for_everybody(
    browser: Browser, either_page: Path, size: dict[str, int]
) -> None:
    page = browser.open(either_page, **size)
    assert page.console_errors() == []
    assert [url for url in page.requests() if not url.endswith("choices.html")] == []
    assert page.fits_the_screen()
    assert page.figures_fit(".treatment:not([hidden]) table.side")
    chart = part(page, "chart")
    assert chart.size["width"] > 300
    assert chart.get_attribute("tabindex") == "0"
    # it opens on what the finding speaks of
    assert part(page, "chosen-name").text.endswith("Minste reistijd (geen advies)")
    assert "inste reistijd (geen advies)" in seen(page, ".finding")[0]
    assert len(seen(page, ".finding")) == 3
    unfold(page)
    assert page.fits_the_screen()
    assert serious_violations(page) == []


def test_a_study_with_scenarios_opens_on_a_treatment_that_has_one(
    browser: Browser, sweep_page: Path
) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    pick(page, "reference 1")
    assert "Nij Smellinghe" in chosen(page)["Stopt met deze behandeling"]
    key = part(page, "signs").text
    assert "gepubliceerd voor deze regio: 6 tot 30 minuten, zonder definitie" in key
    for mark in ("Minste reistijd (geen advies)", "scenario met een naam", "vandaag"):
        assert mark in key
    assert "getoond in een doorrekening" in key


def test_eight_thousand_points_are_drawn_quickly_and_walked_by_keys(
    browser: Browser, sweep_page: Path, noordoost_sweep: StudySweep
) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    Select(page.driver.find_element(By.ID, "treatment")).select_by_visible_text(SYSTEMIC)
    assert "Alle 8.008 mogelijke keuzes" in seen(page, ".how li")[0]
    chart = part(page, "chart")
    chart.send_keys(Keys.END)
    table = next(x for x in noordoost_sweep.swept if x.intervention.name == SYSTEMIC).table
    worst = table.iloc[int(table["mean_extra_moved"].to_numpy().argmax())]
    found = chosen(page)
    assert found["Stopt met deze behandeling"] == worst["stops"]
    assert found["Moet naar een ander ziekenhuis"].startswith(
        f"{worst['moved']:,.0f}".replace(",", ".")
    )
    chart.send_keys(Keys.HOME)
    least = table.iloc[int(table["mean_extra_moved"].to_numpy().argmin())]
    assert chosen(page)["Stopt met deze behandeling"] == least["stops"]
    chart.send_keys(Keys.ARROW_RIGHT)
    assert chosen(page)["Stopt met deze behandeling"] != least["stops"]


def test_a_click_opens_the_map_and_the_row_of_a_point(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    treatment = Select(page.driver.find_element(By.ID, "treatment"))
    treatment.select_by_visible_text("Pancreasresecties")
    # no candidate is better on everything than these two
    rows = page.driver.find_elements(By.CSS_SELECTOR, f"{SEEN} table.side tbody tr")
    front = [row for row in rows if row.find_elements(By.CSS_SELECTOR, "td")[-1].text == "ja"]
    buttons = [row.find_element(By.CSS_SELECTOR, ".pick") for row in front]
    assert [button.text for button in buttons if button.text.startswith("Stopt: ")] == [
        "Stopt: Frisius MC Leeuwarden (MCL)",
        "Stopt: UMC Groningen",
    ]
    buttons[-1].click()
    assert chosen(page)["Stopt met deze behandeling"] == "UMC Groningen"
    assert "UMC Groningen" in seen(page, "tr.now")[0]
    # an estimate is no count, in the table and beside the map
    moved = page.driver.find_element(By.CSS_SELECTOR, f"{SEEN} tr.now td").text
    assert re.fullmatch(r"ongeveer [\d.]*0", moved)
    assert chosen(page)["Moet naar een ander ziekenhuis"] == f"{moved} patiënten per jaar (geschat)"
    assert sum(drawn_bands(page).values()) == 1437
    assert drawn_bands(page)["band_nobody"] < 1437
    assert "vlak van de postcode onbekend" in part(page, "bands").text
    # today stands at no extra minutes, and has the fewest beyond 45: at the left, near the bottom
    page.run(
        f"const chart = document.querySelector('{SEEN} .chart');"
        "const box = chart.getBoundingClientRect();"
        "chart.dispatchEvent(new MouseEvent('click',"
        " {clientX: box.left + 96, clientY: box.bottom - 68, bubbles: true}))"
    )
    assert part(page, "chosen-name").text == "Vandaag: niemand stopt"
    assert drawn_bands(page) == {"band_nobody": 1437}


def test_axes_can_be_chosen(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    image = f"return document.querySelector('{SEEN} .chart').toDataURL()"
    first = page.run(image)
    Select(part(page, "axis-y")).select_by_value("p90_extra")
    assert page.run(image) != first


def test_every_treatment_can_be_shown_at_once(
    browser: Browser, sweep_page: Path, noordoost_sweep: StudySweep
) -> None:
    page = browser.open(sweep_page, **LAPTOP)
    assert len(seen(page, "h2")) == 1
    Select(page.driver.find_element(By.ID, "treatment")).select_by_value("every")
    assert seen(page, "h2") == [each.intervention.name for each in noordoost_sweep.swept]
    maps = page.driver.find_elements(By.CSS_SELECTOR, ".map")
    assert all(json.loads(each.get_attribute("data-bands")) for each in maps)


def test_the_bands_of_the_map_are_those_of_the_flows(browser: Browser, tmp_path: Path) -> None:
    #  West stops: 8911 goes to Noord, 46 more; nobody else is moved
    sweep = sweep_study(read_study(write_files(tmp_path)), use_cache=False)
    write_sweep(sweep, tmp_path / "out", lang="en")
    page = browser.open(tmp_path / "out" / "choices.html", **LAPTOP)
    pick(page, "reference 1")
    assert drawn_bands(page) == {"band_nobody": 2, "band_30": 1}
    panel = chosen(page)
    assert panel["Stops doing this treatment"] == "West"
    assert panel["Must go to another hospital"] == "100 residents"
    assert panel["Their extra travel time, one way"].startswith("46 minutes on average")
    assert panel["Gets more than 30 minutes extra"] == "100 residents"
    assert panel["Who takes over"] == "as agreed"
    assert page.console_errors() == []


@pytest.mark.parametrize("command", ["sweep", "optimise"])
@pytest.mark.parametrize("rule", ["huff", "observed"])
def test_people_of_one_postcode_who_go_apart_have_a_map_too(
    browser: Browser, tmp_path: Path, rule: str, command: str
) -> None:
    said = {"huff": "huff = { beta = 0.1 }", "observed": 'flows = "flows.csv"'}[rule]
    text = STUDY.replace("stop_count = 1", f'stop_count = 1\nallocation = "{rule}"\n{said}')
    # Noord stops: 60 of 9712 go to Zuid (40 more) and 40 of 8911 to West (46 less)
    flows = "postcode,provider,patients\n9712,Noord,60\n8911,Noord,40\n8911,West,60\n"
    files = {"study.toml": text.replace("West stopt", "x"), "flows.csv": flows}
    sweep = sweep_study(read_study(write_files(tmp_path, files)), use_cache=False)
    if command == "sweep":
        write_sweep(sweep, tmp_path / "out")
    else:
        best = optimise_study(sweep.study, Query(), engine="scipy", use_cache=False)
        write_optimum(best, tmp_path / "out")
    page = browser.open(tmp_path / "out" / "choices.html", **LAPTOP)
    drawn = []
    chart = part(page, "chart")
    for key in (Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT):
        chart.send_keys(key)
        stops = chosen(page)["Stopt met deze behandeling"]
        drawn.append(drawn_bands(page))
        asked = sweep.study.interventions[0]
        case = make_case(asked, sweep.inputs, name="", stops=tuple(stops.split("; ")))
        rows = postcode_rows(case)
        columns = ("mean_before", "mean_after", "mean_extra_moved", "demand")
        bands = [LEGEND[at].key for at in place_bands(*(rows[each].to_numpy() for each in columns))]
        assert drawn[-1] == dict(Counter(bands))
    assert len({json.dumps(each) for each in drawn}) > 1
    assert page.console_errors() == []


def test_an_optimum_says_what_was_asked_and_found(browser: Browser, best_page: Path) -> None:
    page = browser.open(best_page, **LAPTOP)
    unfold(page)
    assert seen(page, ".finding")[0] == (
        "De minste reistijd (geen advies) is er als Zuid stopt: 20 patiënten per jaar "
        "(geregistreerd) reizen dan gemiddeld 44 minuten langer."
    )
    how = seen(page, ".how li")
    assert "Gezocht: zo weinig mogelijk minuten, gemiddeld over iedereen." in how
    assert "Elke locatie heeft ten minste 25 patiënten per jaar." in how
    assert any(each.startswith("Nagerekend: geen andere verdeling") for each in how)
    assert chosen(page)["Stopt met deze behandeling"] == "Zuid"
    assert "Over iedereen gemiddeld van 5 minuten naar 13 minuten" in seen(page, ".found li")
    assert seen(page, ".takers li") == ["Zuid → Noord"]
    assert seen(page, "table.bands tbody tr") == [
        "meer dan 30 minuten 20 18%",
        "hoeft niet naar een ander ziekenhuis 90 82%",
    ]
    assert seen(page, ".hit tbody tr") == ["Emmen 44 minuten 44 minuten 20"]
    (norm,) = seen(page, ".norm")
    assert norm == (
        "Of elke locatie de voorlopige norm van 25 per jaar haalt is niet te zeggen zonder "
        "geregistreerde aantallen. Berekend heeft de kleinste er 30; dat is een rekenvoorbeeld."
    )
    rows = seen(page, ".volumes tbody tr")
    assert rows[0] == "Noord 60 80 25 – berekend (rekenvoorbeeld, geen registratie)"
    assert rows[2].startswith("Zuid 20 stopt 25 –")
    rows = seen(page, "table.side tbody tr")
    # West or Zuid alone beside Noord falls short, so next comes one location; then the scenario
    assert rows[0].startswith("Vandaag: niemand stopt")
    assert rows[1].startswith("Stopt: Zuid\nMinste reistijd (geen advies)")
    assert any(row.startswith("West stopt\nScenario. Stopt: West.") for row in rows)
    assert any("Plaats 2" in row for row in rows)
    # of two numbers of locations the least
    assert sum("Minste reistijd bij dit aantal locaties" in row for row in rows) == 2


def test_who_is_drawn_to_an_opening_is_shorter_on_the_map(browser: Browser, tmp_path: Path) -> None:
    text = STUDY.replace('"Noord", "West", "Zuid"', '"Noord", "West"')
    text = text.replace("stop_count = 1", 'stop_count = 1\nmay_open = ["Zuid"]')
    page = browser.open(page_of("optimise", tmp_path, "--at-most", 3, study=text), **LAPTOP)
    assert seen(page, ".finding")[0].startswith(
        "De minste reistijd (geen advies) is er als niemand stopt en Zuid begint: niemand hoeft"
    )
    # nobody is moved; the 50 of 7811 drive 44 minutes less
    assert drawn_bands(page) == {"band_shorter": 1, "band_nobody": 2}
    assert "Begint met deze behandeling" in chosen(page)


def test_a_choice_of_an_optimum_opens_with_the_keyboard(browser: Browser, best_page: Path) -> None:
    page = browser.open(best_page, **LAPTOP)
    row = next(
        each
        for each in page.driver.find_elements(By.CSS_SELECTOR, f"{SEEN} table.side tbody tr")
        if "Plaats 2" in each.text
    )
    before = drawn_bands(page)
    row.find_element(By.CSS_SELECTOR, ".pick").send_keys(Keys.ENTER)
    assert "now" in row.get_attribute("class")
    assert chosen(page)["Stopt met deze behandeling"] in row.text.replace(" en ", "; ")
    assert drawn_bands(page) != before


def test_who_falls_short_is_named_with_numbers(browser: Browser, tmp_path: Path) -> None:
    counted = NORMED.replace("norm = 25", 'norm = 25\nvolumes = "volumes.csv"')
    volumes = "location,volume\nNoord,60\nWest,30\nZuid,20\n"
    asked = ("--minimum", 0, "--locations", 3, "--lang", "en")
    path = page_of("optimise", tmp_path, *asked, study=counted, volumes=volumes)
    page = browser.open(path, **LAPTOP)
    unfold(page)
    (norm,) = seen(page, ".norm")
    assert norm.startswith("Below the provisional norm of 25 per year: Zuid with 20 (5 too few).")


def test_what_else_is_least_has_its_own_words(browser: Browser, tmp_path: Path) -> None:
    page = browser.open(page_of("optimise", tmp_path, "--objective", "worst"), **LAPTOP)
    # West or Zuid would drive 52 or 48 minutes; who loses Noord 50 or 45
    assert seen(page, ".finding")[0] == (
        "De minste reistijd (geen advies) in de verste gemeente is er als Noord stopt: "
        "gemiddeld 45 minuten, nu 6 minuten."
    )
    best = "Kortste reistijd in de verste gemeente (geen advies)"
    assert part(page, "chosen-name").text.endswith(best)
    assert seen(page, "tr.least small")[0] == best
    assert "Gemeente met de langste gemiddelde reistijd" in seen(page, "table.side thead th")
    assert best in part(page, "signs").text


def test_a_treatment_for_which_nothing_fits_says_why(browser: Browser, tmp_path: Path) -> None:
    large = """[[intervention]]
name = "Groot"
providers = ["Noord", "West", "Zuid"]
stop_count = 1
norm = 9000

[[scenario]]"""
    study = NORMED.replace("[[scenario]]", large)
    page = browser.open(page_of("optimise", tmp_path, study=study), **LAPTOP)
    treatment = Select(page.driver.find_element(By.ID, "treatment"))
    assert treatment.first_selected_option.text == "Pancreas"
    treatment.select_by_visible_text("Groot")
    assert seen(page, ".finding")[0] == "Geen verdeling voldoet:"
    assert "9000" in seen(page, ".finding")[1]
    assert seen(page, "canvas") == []
    treatment.select_by_value("every")
    assert page.console_errors() == []


def test_both_commands_write_the_same_page_with_the_same_figures(
    browser: Browser, tmp_path: Path
) -> None:
    outline, rows, panels = [], [], []
    for command in ("sweep", "optimise"):
        path = page_of(command, tmp_path / command, study=STUDY)
        page = browser.open(path, **LAPTOP)
        unfold(page)
        heads = page.driver.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4, summary")
        outline.append([head.text for head in heads if not head.text.startswith("Keuze ")])
        heads = tuple(seen(page, "table.side thead th"))
        rows.append(
            {
                title.splitlines()[0]: (heads, tuple(cells))
                for title, cells in (
                    (
                        row.find_element(By.CSS_SELECTOR, "th").text,
                        [cell.text for cell in row.find_elements(By.CSS_SELECTOR, "td")],
                    )
                    for row in page.driver.find_elements(By.CSS_SELECTOR, "table.side tbody tr")
                )
                if "wie de studie noemt" not in title
            }
        )
        panels.append((chosen(page), seen(page, "table.bands tr"), seen(page, ".hit tr")))
    assert outline[0] == outline[1]
    assert panels[0] == panels[1]
    swept, best = rows
    shared = swept.keys() & best.keys()
    assert {"Vandaag: niemand stopt", "Stopt: Zuid", "Stopt: West", "West stopt"} <= shared
    for title in shared:
        # the last column is about the choices of its own page
        assert swept[title][0] == best[title][0]
        assert swept[title][1][:-1] == best[title][1][:-1], title


@pytest.mark.parametrize("command", ["sweep", "optimise"])
def test_hostile_names_are_shown_and_do_nothing(
    browser: Browser, tmp_path: Path, command: str
) -> None:
    hostile = "<img src=x onerror='window.hit = 1'>"
    script = "</script><script>window.hit = 1</script>"
    path = page_of(
        command,
        tmp_path,
        study=NORMED.replace("West", hostile).replace("Drie steden", "<b>{{ 7 * 7 }}</b>"),
        postcodes=POSTCODES.replace("Emmen", script).replace("Leeuwarden", script),
        hospitals=HOSPITALS.replace("West", hostile),
        minutes=MINUTES.replace("West", hostile),
    )
    page = browser.open(path, **LAPTOP)
    unfold(page)
    assert page.run("return window.hit === undefined")
    shown = page.driver.find_element(By.TAG_NAME, "body").text
    for text in (hostile, "<b>{{ 7 * 7 }}</b>", script):
        assert text in shown
    assert page.console_errors() == []
    assert page.outside_requests() == []


def test_it_prints_on_paper(browser: Browser, either_page: Path) -> None:
    page = browser.open(either_page, **LAPTOP)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        page.run("dispatchEvent(new Event('beforeprint'))")
        for name in ("side", "chart", "map", "chosen", "best table.bands", "hit"):
            assert part(page, name).is_displayed(), name
        for name in ("chart-help", "axes"):
            assert not part(page, name).is_displayed()
        assert not page.driver.find_element(By.CSS_SELECTOR, ".skip").is_displayed()
        assert page.run(
            "return [...document.querySelectorAll('.rows')]"
            ".every((box) => getComputedStyle(box).overflowY === 'visible')"
        )
        # a picture keeps its shape
        for name in ("chart", "map"):
            wide, high, drawn_wide, drawn_high = page.run(
                f"const each = document.querySelector('{SEEN} .{name}');"
                "const box = each.getBoundingClientRect();"
                "return [box.width, box.height, each.width, each.height]"
            )
            assert wide / high == pytest.approx(drawn_wide / drawn_high, rel=0.02)
    finally:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_without_scripts_every_table_is_there(either_page: Path) -> None:
    text = either_page.read_text(encoding="utf-8")
    sections = re.findall(r'<section class="treatment"[^>]*>(.*?)</section>', text, re.DOTALL)
    for section in sections:
        assert section.count("<h2") == 1
        assert '<table class="side"' in section
    assert not re.search(r'<section class="treatment"[^>]*hidden', text)


@pytest.mark.parametrize(
    ("command", "old"), [("sweep", "sweep.html"), ("optimise", "optimum.html")]
)
def test_the_page_of_before_makes_way(tmp_path: Path, command: str, old: str) -> None:
    path = page_of(command, tmp_path)
    (path.parent / old).write_text("of before", encoding="utf-8")
    assert page_of(command, tmp_path) == path
    assert not (path.parent / old).exists()


def test_of_many_choices_what_the_table_names_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("impact.outputs.pages.swept_choices.MOST_POINTS", 1)
    sweep = sweep_study(read_study(write_files(tmp_path)), every_subset=True, use_cache=False)
    (swept,) = sweep.swept
    shown = swept_treatment(sweep, swept, texts("nl"))
    assert len(shown.table) < len(swept.table)
    assert swept.table["on_front"].sum() == shown.table["on_front"].sum()
    assert shown.table["stops"].iloc[shown.least] == "Zuid"
    assert all(row < len(shown.table) for row in shown.remarks)
    assert "staan er" in " ".join(shown.how)


@pytest.mark.parametrize(
    ("unit", "bound"),
    [("patients modelled", 24), ("residents", 24), ("patients registered", None)],
)
def test_a_norm_that_nobody_can_judge_bounds_what_was_not_counted(
    tmp_path: Path, unit: str, bound: int | None
) -> None:
    named = {"study.toml": NORMED, "patients.csv": PATIENTS}
    sweep = sweep_study(read_study(write_files(tmp_path, named)), use_cache=False)
    (swept,) = sweep.swept
    assert swept.least is not None
    case, unknown = swept.least.best, swept.least.volumes.assign(volume_after=math.nan)
    told = norm_line(case, unknown, unit, texts("nl"))
    assert told.startswith("Of elke locatie de voorlopige norm van 25 per jaar haalt is niet")
    assert (f"hooguit {bound} patiënten" in told) is (bound is not None)
