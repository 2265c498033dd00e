"""The front door: where do you live, and what changes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, Browser, Page
from toy import toy_result

from impact.evidence.postcode import postcode_trips
from impact.outputs.pages.index import index_data, write_index
from impact.outputs.pages.postcode_card import trip_figures
from impact.outputs.text import texts
from impact.outputs.text.card import card_words
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import minutes_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER
NARROW = {"width": 390, "height": 800}

HOSTILE = {"Groningen": "<script>window.hit = 1</script>", "Emmen": "</script><b>x</b>"}


def ask(page: Page, text: str) -> None:
    """Type a place as a reader does, and press Enter."""
    page.run(
        "const input = document.getElementById('index-place'); input.value = arguments[0];"
        "input.dispatchEvent(new Event('input'));"
        "input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', cancelable: true }));",
        text,
    )


def shown(page: Page) -> Any:  # noqa: ANN401
    """Every treatment with its amounts, as read."""
    return page.run(
        "return [...document.querySelectorAll('.treatment')].map((each) => ["
        "each.querySelector('h3').textContent, each.classList.contains('changed'),"
        "[...each.querySelectorAll('.amount')].map((one) => one.innerText.replace(/\\s+/g, ' '))])"
    )


@pytest.fixture
def page(browser: Browser, noordoost_folder: Path) -> Page:
    return browser.open(noordoost_folder / "index.html", **LAPTOP)


def test_what_changes_for_a_place_is_read_at_once(page: Page, noordoost_result: Result) -> None:
    assert len(shown(page)) == len(noordoost_result.study.interventions)
    assert all("wie moet, gemiddeld" in said for _, _, (said, *_) in shown(page))
    # the difference that every other page says, and no pair whose difference may be another
    extra = {
        intervention.name: [
            minutes_text(texts("nl"), float(view.row["mean_extra_moved"]))
            for view in noordoost_result.principal
            if view.case.intervention is intervention
        ]
        for intervention in noordoost_result.study.interventions
    }
    for name, _, amounts in shown(page):
        for said, minutes in zip(amounts, extra[name], strict=True):
            assert said.startswith(f"{minutes} langer"), (said, minutes)
            assert "→" not in said
    ask(page, "9203")
    rows = shown(page)
    # the decided and the named first, what does not change last
    assert rows[0][0] == "Lokale behandeling nierkanker"
    assert rows[0][2][0] == "5 → 26 minuten 21 minuten langer"
    changed = [row[1] for row in rows]
    assert changed == sorted(changed, reverse=True)
    assert rows[-1][2][0].endswith("verandert niet")
    heading = page.run("return document.getElementById('index-heading').textContent")
    assert heading == "Wat er verandert in 9203 Drachten"
    assert page.run("return window.location.hash") == "#zoek=9203"
    assert page.console_errors() == []
    assert page.outside_requests() == []


def test_card_and_lookup_say_the_same_of_a_postcode(page: Page, noordoost_result: Result) -> None:
    t = texts("nl")
    compared = 0
    for postcode in ("9203", "9161", "7811"):
        ask(page, postcode)
        said = page.run(
            "return Object.fromEntries([...document.querySelectorAll('.place-card')].map((card) => "
            "[card.querySelector('.place-title').textContent + card.querySelector('.place-badge')"
            ".textContent, ['headline', 'way', 'line'].map((name) => "
            "card.querySelector(`.place-${name}`).textContent)]))"
        )
        trips = postcode_trips(noordoost_result, postcode, members=0)
        for trip in (each for each in trips if each.case.principal):
            words = card_words(t, trip_figures(noordoost_result, postcode, trip))
            expected = [words.headline, words.way, " · ".join(words.line)]
            name = trip.case.intervention.name
            found = [value for key, value in said.items() if key.startswith(f"{name}: {postcode}")]
            assert expected in found, (postcode, name)
            compared += 1
    assert compared > 6


def test_a_town_says_in_how_many_postcodes_it_changes(page: Page, noordoost_result: Result) -> None:
    ask(page, "Súdwest-Fryslân")
    said = {name: amounts for name, _, amounts in shown(page)}
    view = next(
        view
        for view in noordoost_result.principal
        if view.case.intervention.name == "Pancreasresecties"
    )
    here = noordoost_result.postcodes["municipality"] == "Súdwest-Fryslân"
    rows = view.case.flows.set_index("postcode").loc[list(here[here].index)]
    moved = rows[rows["provider_before"] != rows["provider_after"]]
    part = f"anders in {moved.index.nunique()} van de {here.sum()} postcodes"
    assert any(part in amount for amount in said["Pancreasresecties"])


def test_a_shared_name_asks_and_another_region_is_named(page: Page) -> None:
    ask(page, "Nes")
    choices = page.run(
        "return [...document.querySelectorAll('.which button')].map((b) => b.innerText)"
    )
    assert choices == ["Nes (Ameland)", "Nes (Heerenveen)", "Nes (Noardeast-Fryslân)"]
    page.run("document.querySelector('.which button').click()")
    assert page.run("return document.getElementById('index-heading').textContent").endswith(
        "Nes (Ameland)"
    )
    ask(page, "Utrecht")
    said = page.run("return document.getElementById('index-found').innerText")
    assert "oncologieregio Midden-Nederland" in said
    assert "impact run midden" in said
    ask(page, "Nergenshuizen")
    assert "staat niet in deze studie" in page.run(
        "return document.getElementById('index-found').innerText"
    )


def test_pages_lead_to_one_another(page: Page, noordoost_folder: Path) -> None:
    ask(page, "Dokkum")
    links = page.run(
        "return [...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))"
    )
    files = {link.partition("#")[0] for link in links} - {""}
    assert files == {"explorer.html", "a4.html", "report.html"}
    assert all((noordoost_folder / name).is_file() for name in files)
    assert any("zoek=Dokkum" in link and "stopt=" in link for link in links)
    assert 'href="index.html"' in (noordoost_folder / "report.html").read_text("utf-8")
    # who got this file alone reads why a link finds nothing
    assert "vraag dan om de hele map" in page.run("return document.body.innerText").lower()


@pytest.mark.parametrize("size", [NARROW, LAPTOP], ids=["phone", "laptop"])
def test_the_page_fits_and_is_accessible(
    browser: Browser, noordoost_folder: Path, size: dict[str, int]
) -> None:
    page = browser.open(noordoost_folder / "index.html", **size)
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    ask(page, "9203")
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.fits_the_screen()
    assert serious_violations(page) == []


def test_names_of_files_are_text(browser: Browser, tmp_path: Path) -> None:
    result = toy_result(tmp_path / "toy", names=HOSTILE, title="<img src=x onerror=alert(1)>")
    write_index(result, tmp_path / "index.html", lang="en")
    page = browser.open(tmp_path / "index.html", **NARROW)
    ask(page, str(result.postcodes.index[0]))
    assert page.run("return window.hit === undefined")
    assert page.run("return document.querySelectorAll('img').length") == 0
    assert page.console_errors() == []


def test_plain_words_and_numbers_of_the_page(noordoost_result: Result) -> None:
    data = index_data(noordoost_result, texts("nl"))
    assert all(each["plain"] for each in data["treatments"])
    assert plain_treatment(texts("en"), "Pancreas resections").startswith("An operation")
    rows = data["treatments"][0]["cases"][0]["rows"]
    assert len(rows) == len(noordoost_result.postcodes)
