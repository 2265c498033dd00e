from __future__ import annotations

import base64
import json
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from toy import (
    EMMEN,
    EMMEN_OPENS,
    GRONINGEN,
    KIDNEY,
    LEEUWARDEN,
    PANCREAS,
    TO_GRONINGEN,
    toy_result,
)

from impact.analysis.run import run_study
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.text import texts
from impact.outputs.text.wording import (
    minutes_at_least,
    minutes_text,
    share_text,
    whole_text,
)
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Page

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

SIZES = [pytest.param(PHONE, id="phone"), pytest.param(LAPTOP, id="laptop")]
T = texts("nl")
BOXES = """
return [...document.querySelectorAll(arguments[0])].map((each) => {
  const box = each.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
});
"""
CANVAS_FITS = """
const canvas = document.querySelector("canvas");
return canvas.width === canvas.clientWidth && canvas.height === canvas.clientHeight;
"""
UNDER = """
const at = explorer.map.postcodeAt([...arguments]);
return explorer.data.postcodes[at][1];
"""
OTHER_CONTROLS = """
return [...document.querySelectorAll("button:not(.mark):not(.link), input")]
  .filter((each) => each.offsetWidth > 0).length;
"""
HOSTILE = {
    GRONINGEN: "<img src=x onerror=document.title=1>",
    LEEUWARDEN: "</script><script>document.title=2</script>",
    EMMEN: "مستشفى المدينة 🏥",
    PANCREAS: '=HYPERLINK("https://example.org")',
    TO_GRONINGEN: "zeer lang " * 25 + "einde",
    "Leeuwarden": "<b onmouseover=alert(1)>dorp</b>",
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def toy_page(toy: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "explorer.html"
    write_explorer(toy, path)
    return path


@pytest.fixture(scope="module")
def region_page(noordoost_folder: Path) -> Path:
    return noordoost_folder / "explorer.html"


def unfold(page: Page) -> None:
    page.run("document.getElementById('explorer-more').open = true")


def said(page: Page, name: str) -> str:
    unfold(page)
    # the status in the title is for who does not see it beside the treatment
    how = "textContent" if name == "title" else "innerText"
    return str(
        page.run(
            "return document.getElementById(arguments[0])[arguments[1]]", f"explorer-{name}", how
        )
    )


def choose(page: Page, name: str, label: str) -> None:
    page.run(
        """
        const list = document.getElementById("explorer-" + arguments[0]);
        list.value = [...list.options].find((each) => each.text.startsWith(arguments[1])).value;
        list.dispatchEvent(new Event("change"));
        """,
        name,
        label,
    )


def hospital(page: Page, name: str, where: str = ".hospital") -> object:
    buttons = page.driver.find_elements(By.CSS_SELECTOR, where)
    number = page.run(
        "return explorer.data.locations.findIndex(([name]) => name === arguments[0])", name
    )
    return next(each for each in buttons if each.get_attribute("data-at") == str(number))


def rows(page: Page, name: str) -> list[list[str]]:
    unfold(page)
    found: list[list[str]] = page.run(
        """
        return [...document.querySelectorAll("#explorer-" + arguments[0] + " tbody tr")]
          .map((row) => [...row.cells].map((cell) => cell.innerText));
        """,
        name,
    )
    return found


@pytest.mark.parametrize("size", SIZES)
def test_a_region_opens_from_a_file_without_errors_or_requests(
    browser: Browser, region_page: Path, size: dict[str, int]
) -> None:
    page = browser.open(region_page, **size)
    assert page.console_errors() == []
    assert page.requests() == [region_page.as_uri()]
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    unfold(page)
    # estimates are words as well ("minder dan 10"): the widest cells
    page.driver.find_element(By.ID, "explorer-intervention").send_keys("Longresecties")
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    assert region_page.stat().st_size < 1_200_000


def test_it_shows_what_python_computed(browser: Browser, toy: Result, toy_page: Path) -> None:
    page = browser.open(toy_page)
    assert said(page, "title") == (
        f"STATUS NIET VERMELD. Stel dat {LEEUWARDEN} stopt met deze behandeling."
    )
    case = next(case for case in toy.cases if case.scenario == TO_GRONINGEN)
    figures = case.figures
    shown = dict(rows(page, "figures"))
    unit = T.unit(toy.unit)
    assert shown["Moet naar een ander ziekenhuis"] == (
        f"{whole_text(T, figures['moved'])} van {whole_text(T, figures['demand'])} {unit}, "
        f"{share_text(T, figures['moved'] / figures['demand'])}"
    )
    assert shown["Extra reistijd van hen, enkele reis"] == (
        f"gemiddeld {minutes_text(T, figures['mean_extra_moved'])}, "
        f"1 op de 10 minstens {minutes_at_least(T, figures['p90_extra'])}"
    )
    assert rows(page, "beyond") == [
        [f"{limit} minuten"]
        + [
            whole_text(T, each)
            for each in (
                figures[f"beyond_{limit}_before"],
                figures[f"beyond_{limit}_after"],
                figures[f"beyond_{limit}_after"] - figures[f"beyond_{limit}_before"],
            )
        ]
        for limit in (30, 45, 60)
    ]


def test_the_worst_postcodes_come_first(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    # 8911: 6 minutes now, 52 then; 9166: 70 now, 80 then; 8899 never had a route and is not moved
    assert rows(page, "worst") == [
        ["8911 Leeuwarden", "10.000", "6", "52", "46", GRONINGEN],
        ["9166", "900", "70", "80", "10", GRONINGEN],
    ]


def test_a_click_in_the_list_or_on_the_map_switches_a_hospital(
    browser: Browser, toy_page: Path
) -> None:
    page = browser.open(toy_page)
    assert hospital(page, LEEUWARDEN).get_attribute("aria-pressed") == "false"
    hospital(page, LEEUWARDEN).click()
    assert hospital(page, LEEUWARDEN).get_attribute("aria-pressed") == "true"
    assert said(page, "title") == "Zoals het nu is"
    assert rows(page, "worst") == []
    hospital(page, GRONINGEN, "button.mark").click()
    assert hospital(page, GRONINGEN, "button.mark").get_attribute("aria-pressed") == "false"
    # 9712: 5 minutes now, 50 then; 7811: 48 and 95
    assert [row[0] for row in rows(page, "worst")] == ["7811 Emmen", "9712 Groningen"]
    assert dict(rows(page, "figures"))["Moet naar een ander ziekenhuis"].startswith(
        "25.000 van 37.000"
    )


def test_a_hospital_that_does_not_do_it_can_begin(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    choose(page, "preset", EMMEN_OPENS)
    assert said(page, "title") == (
        f"STATUS NIET VERMELD. Stel dat {LEEUWARDEN} stopt met deze behandeling. "
        f"Stel dat {EMMEN} ermee begint."
    )
    assert dict(rows(page, "figures"))[
        "Gaat uit eigen beweging naar een locatie die begint"
    ].startswith("5.000")
    hospital(page, EMMEN).click()
    assert said(page, "title") == (
        f"EIGEN KEUZE: niemand besloot dit. Stel dat {LEEUWARDEN} stopt met deze behandeling."
    )


def test_the_keyboard_leads_from_the_intervention_to_the_outcome(
    browser: Browser, region_page: Path
) -> None:
    page = browser.open(region_page)
    before = said(page, "text")
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert page.driver.switch_to.active_element.get_attribute("class") == "skip"
    seen = []
    for _ in range(20):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        active = page.driver.switch_to.active_element
        seen.append(active.get_attribute("id") or active.get_attribute("class"))
        if seen[-1] == "hospital":
            break
    assert seen == [
        "explorer-intervention",
        "explorer-preset",
        "explorer-place",
        "",  # the button beside the place
        "explorer-agreed",
        "hospital",
    ]
    page.driver.switch_to.active_element.send_keys(Keys.SPACE)
    assert page.driver.switch_to.active_element.get_attribute("aria-pressed") == "false"
    assert said(page, "text") != before
    live = page.run("return document.getElementById('explorer-title').parentElement.ariaLive")
    assert live == "polite"


def test_a_link_shows_the_same_screen(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    choose(page, "intervention", KIDNEY)
    choose(page, "preset", "zoals het nu is")
    hospital(page, LEEUWARDEN).click()
    page.driver.find_element(By.ID, "explorer-place").send_keys("8911" + Keys.ENTER)
    page.wait(lambda driver: driver.current_url.endswith("zoek=8911"))
    link = page.driver.current_url
    shown = [said(page, name) for name in ("title", "text", "card")]
    assert shown[0] == (
        f"EIGEN KEUZE: niemand besloot dit. Stel dat {LEEUWARDEN} stopt met deze behandeling."
    )
    page.driver.get("about:blank")
    page.driver.get(link)
    assert [said(page, name) for name in ("title", "text", "card")] == shown
    page.run("dispatchEvent(new Event('hashchange'))")
    assert [said(page, name) for name in ("title", "text", "card")] == shown


def test_a_link_that_names_hospitals_alone_means_what_the_study_says(
    browser: Browser, toy_page: Path
) -> None:
    page = browser.open(toy_page)
    decided = said(page, "title")
    for more in ([], [["stopt", LEEUWARDEN]]):
        page.driver.get("about:blank")
        page.driver.get(toy_page.resolve().as_uri())
        pairs = [["behandeling", PANCREAS], *more]
        page.run("location.hash = new URLSearchParams(arguments[0])", pairs)
        page.wait(lambda driver: "naar=" in driver.current_url)
        assert said(page, "title") == decided
    page.run("document.getElementById('explorer-agreed').click()")
    page.wait(lambda driver: "dichtstbij=" in driver.current_url)
    link = page.driver.current_url
    own = said(page, "title")
    page.driver.get("about:blank")
    page.driver.get(link)
    assert said(page, "title") == own


def test_a_link_with_strange_names_says_so(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    strange = [["behandeling", PANCREAS], ["stopt", "<b>Nergens</b>"]]
    page.run("location.hash = new URLSearchParams(arguments[0])", strange)
    page.wait(lambda _: said(page, "title") == "Zoals het nu is")
    assert "<b>Nergens</b>" in said(page, "caveat")
    page.run("location.hash = '#behandeling=onzin&naar=%7Bkapot'")
    page.wait(lambda _: LEEUWARDEN in said(page, "title"))
    assert page.console_errors() == []


def test_a_saved_scenario_runs(
    browser: Browser, toy: Result, toy_page: Path, tmp_path: Path
) -> None:
    page = browser.open(toy_page)
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    unfold(page)
    page.driver.find_element(By.CSS_SELECTOR, "#explorer-keep summary").click()
    name = 'Zoals "afgesproken" \\ 1'
    page.driver.find_element(By.ID, "explorer-name").send_keys(name)
    page.driver.find_element(By.ID, "explorer-download").click()
    saved = tmp_path / "study-scenario.toml"
    page.wait(lambda _: saved.is_file())
    for each in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        (tmp_path / each).write_bytes((toy.study.folder / each).read_bytes())
    again = run_study(read_study(saved), use_cache=False)
    first = next(case for case in toy.cases if case.scenario == TO_GRONINGEN)
    case = next(case for case in again.cases if case.scenario == name)
    assert case.moves_to == first.moves_to
    assert case.figures == first.figures


def test_what_a_study_would_refuse_cannot_be_saved(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    hospital(page, GRONINGEN).click()
    assert "Zonder berekende route" in dict(rows(page, "figures"))
    assert page.run("return document.getElementById('explorer-download').disabled")
    hospital(page, GRONINGEN).click()
    hospital(page, LEEUWARDEN).click()
    assert page.run("return document.getElementById('explorer-download').disabled")


@pytest.mark.parametrize(
    ("asked", "title", "line"),
    [
        ("8911", "8911 Leeuwarden", f"Van {LEEUWARDEN} naar {GRONINGEN}."),
        ("8911 AB", "8911 Leeuwarden", "46 minuten langer"),
        ("leeuw", "Leeuwarden", "nu 6 → straks 52 minuten"),
        ("9166", "9166", "op dit eiland mogen bezoekers geen auto meenemen"),
        ("8899", "8899 Vlieland", "geen route berekend"),
        ("9712", "9712 Groningen", f"Hier verandert niets: {GRONINGEN}."),
    ],
)
def test_a_postcode_or_place_has_a_card(
    browser: Browser, toy_page: Path, asked: str, title: str, line: str
) -> None:
    page = browser.open(toy_page)
    page.driver.find_element(By.ID, "explorer-place").send_keys(asked + Keys.ENTER)
    card = said(page, "card")
    assert card.splitlines()[0] == title
    assert line in card
    assert ("Niet berekend: de rekenmarge" in card) == (asked != "8899")


def test_what_is_not_there_is_not_found(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    page.driver.find_element(By.ID, "explorer-place").send_keys("Luik" + Keys.ENTER)
    assert said(page, "found") == "Niet gevonden in dit gebied."
    assert not page.driver.find_element(By.ID, "explorer-card").is_displayed()


def test_a_name_of_several_villages_asks_which(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    # Winsum lies in Groningen and, 55 km away, in Fryslân: no card of their average
    places = toy.postcodes["place"].where(~toy.postcodes.index.isin(["8911", "9712"]), "Winsum")
    write_explorer(replace(toy, postcodes=toy.postcodes.assign(place=places)), tmp_path / "e.html")
    page = browser.open(tmp_path / "e.html")
    place = page.driver.find_element(By.ID, "explorer-place")
    place.send_keys("Winsum", Keys.ENTER)
    assert said(page, "found").splitlines() == [
        "Er zijn meer plaatsen met deze naam. Welke bedoelt u?",
        "Winsum (Groningen)",
        "Winsum (Leeuwarden)",
    ]
    assert page.run("return document.getElementById('explorer-card').hidden")
    page.driver.find_element(By.CSS_SELECTOR, "#explorer-found button").click()
    assert said(page, "card").startswith("Winsum (Groningen)")
    assert said(page, "found") == ""


def test_a_place_of_another_region_is_named(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    page.driver.find_element(By.ID, "explorer-place").send_keys("Maastricht", Keys.ENTER)
    assert said(page, "found") == (
        "Deze plaats ligt in de oncologieregio Zuidoost-Nederland, niet in dit gebied. "
        "Een antwoord geeft: impact run zuidoost."
    )


def test_the_card_knows_the_peak_and_the_way_home(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    page.driver.find_element(By.ID, "explorer-place").send_keys("9203", Keys.ENTER)
    card = said(page, "card")
    assert "in de spits nu " in card
    assert "heen en terug " in card
    assert "Niet berekend: de rekenmarge en het openbaar vervoer." in card
    lookup = "De rekenmarge van postcode 9203 berekent de opdracht: impact lookup 9203."
    assert lookup in card


def test_every_treatment_is_said_in_plain_words(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    page.driver.find_element(By.ID, "explorer-intervention").send_keys("Pancreasresecties")
    plain = "Een operatie die een deel van de alvleesklier weghaalt, bij kanker."
    assert said(page, "plain") == plain


def test_a_link_with_a_place_alone_shows_its_card(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    page.driver.get("about:blank")
    page.driver.get(f"{region_page.as_uri()}#zoek=9203")
    assert said(page, "card").startswith("9203 Drachten")


def test_zoomed_in_villages_have_their_names(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    shown = (
        "return [...document.querySelectorAll('.name-village.placed')].map((x) => x.textContent)"
    )
    assert page.run(shown) == []
    page.driver.find_element(By.ID, "explorer-place").send_keys("9101", Keys.ENTER)
    page.wait(lambda _: {"Holwerd", "Kollum"} <= set(page.run(shown)))
    page.driver.find_element(By.ID, "explorer-zoom-fit").click()
    page.wait(lambda _: page.run(shown) == [])


def test_three_kinds_of_variation_have_three_marks(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "#explorer-people-chart circle")) == 100
    assert page.driver.find_elements(By.CSS_SELECTOR, "#explorer-choices-chart .ticks")
    assert "niet doorgerekend" in said(page, "margin-text")
    choose(page, "intervention", "Pancreasresecties")
    # 1 of 4 stops: this is one of four choices
    assert "er zijn er 4 waarin 1 van de 4 stoppen" in said(page, "choices-text")
    assert "Bij " in said(page, "choices-text")


def test_a_margin_is_said_only_where_it_was_computed(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    mine = toy.summary["scenario"] == TO_GRONINGEN
    summary = toy.summary.assign(extra_low=np.nan, extra_high=np.nan)
    summary.loc[mine, ["extra_low", "extra_high"]] = [38.4, 46.7]
    path = tmp_path / "explorer.html"
    write_explorer(replace(toy, summary=summary), path)
    page = browser.open(path)
    assert "Gemiddeld ongeveer 43 minuten, tussen 38 en 47 minuten." in said(page, "margin-text")
    choose(page, "preset", EMMEN_OPENS)
    assert "niet doorgerekend" in said(page, "margin-text")


def test_names_from_files_are_text(browser: Browser, tmp_path: Path) -> None:
    result = toy_result(
        tmp_path / "study", names=HOSTILE, title="<script>document.title=3</script>"
    )
    path = tmp_path / "explorer.html"
    write_explorer(result, path)
    page = browser.open(path, **PHONE)
    assert page.run("return document.title") == T("explorer.page_title", study=result.study.title)
    page.driver.find_element(By.ID, "explorer-place").send_keys("8911" + Keys.ENTER)
    assert "<b onmouseover=alert(1)>dorp</b>" in said(page, "card")
    assert HOSTILE[LEEUWARDEN] in said(page, "title")
    page.run("document.getElementById('explorer-others-box').open = true")
    assert page.run("return document.querySelectorAll('img, b, main script').length") == 0
    assert page.fits_the_screen()
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert serious_violations(page) == []


def test_it_speaks_english(browser: Browser, toy: Result, tmp_path: Path) -> None:
    path = tmp_path / "explorer.html"
    write_explorer(toy, path, lang="en")
    page = browser.open(path)
    assert said(page, "title") == f"STATUS NOT STATED. Suppose {LEEUWARDEN} stops this treatment."
    assert "residents" in said(page, "text")
    assert page.run("return document.documentElement.lang") == "en"


@pytest.mark.parametrize("size", SIZES)
def test_nothing_overlaps(browser: Browser, region_page: Path, size: dict[str, int]) -> None:
    page = browser.open(region_page, **size)
    parts = (
        ".head > div",
        ".bar",
        ".outcome",
        ".numbers",
        ".switches",
        ".frame",
        ".legend",
        ".views",
        ".more",
    )
    boxes = [page.run(BOXES, each)[0] for each in parts]
    assert all(box[0] >= 0 and box[2] <= size["width"] for box in boxes)
    names = page.run(BOXES, ".name.placed")
    assert len(names) >= 4
    for group in (boxes, names):
        for one, other in combinations(group, 2):
            beside = one[2] <= other[0] + 1 or other[2] <= one[0] + 1
            assert beside or one[3] <= other[1] + 1 or other[3] <= one[1] + 1, (one, other)


def test_the_map_is_drawn_in_the_colours_of_the_bands(browser: Browser, toy_page: Path) -> None:
    page = browser.open(toy_page)
    colours = """
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = {};
    for (let i = 0; i < data.length; i += 4) {
      const key = "#" + [0, 1, 2].map((k) => data[i + k].toString(16).padStart(2, "0")).join("");
      found[key] = (found[key] || 0) + 1;
    }
    return found;
    """
    page.driver.find_element(By.ID, "explorer-place").send_keys("8911" + Keys.ENTER)
    # 8911 travels 46 minutes longer
    page.wait(lambda _: page.run(colours).get("#10204f", 0) > 1000)
    page.run("document.querySelector('.hospital[data-role=stops]').click()")
    now = page.run(colours)
    assert "#10204f" not in now
    assert now["#d4d4d4"] > 1000


def test_hospitals_stand_where_they_are_on_the_map(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page, **LAPTOP)
    for width, height in ((1440, 900), (900, 700), (1300, 1000)):
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        page.wait(lambda _: page.run(CANVAS_FITS))
        (mark,) = page.run(BOXES, "button.mark-stops")
        (frame,) = page.run(BOXES, "#explorer-map")
        # the postcode under the symbol of Nij Smellinghe is one of Drachten
        middle = [(mark[0] + mark[2]) / 2 - frame[0], (mark[1] + mark[3]) / 2 - frame[1]]
        assert "Drachten" in page.run(UNDER, *middle)


def test_it_prints_whole_on_paper(browser: Browser, region_page: Path) -> None:
    page = browser.open(region_page)
    pdf = base64.b64decode(
        page.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    )
    assert pdf.startswith(b"%PDF")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 688, "height": 1016, "deviceScaleFactor": 1, "mobile": False},
    )
    assert page.fits_the_screen()
    left = page.run(OTHER_CONTROLS)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert left == 0


def test_the_page_holds_no_path_of_the_machine(toy: Result, toy_page: Path) -> None:
    text = toy_page.read_text(encoding="utf-8")
    assert str(toy.study.folder) not in text
    assert (
        json.dumps(toy.study.path(toy.study.source).read_text("utf-8"), ensure_ascii=False)[1:60]
        in text
    )
