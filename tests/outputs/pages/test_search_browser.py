"""What people type is found alike in a browser and on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from browser import NEEDS_BROWSER, Browser, Page

from impact.outputs.pages.page import json_script, template_text
from impact.outputs.pages.place_names import search_data
from impact.tables.place_search import find_places, other_names, searched_name
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = NEEDS_BROWSER


@pytest.fixture(scope="module")
def postcodes() -> pd.DataFrame:
    known = read_postcodes()
    return known[known["region"] == "Noordoost-Nederland"]


@pytest.fixture(scope="module")
def page(
    browser: Browser, postcodes: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Page:
    rows = [
        list(row)
        for row in zip(postcodes.index, postcodes["place"], postcodes["municipality"], strict=True)
    ]
    data = {"postcodes": rows, "search": search_data(postcodes)}
    path: Path = tmp_path_factory.mktemp("search") / "search.html"
    path.write_text(
        '<!DOCTYPE html><html lang="nl"><head><meta charset="utf-8"><title>x</title><style>'
        f"{template_text('search.css')}</style></head><body><label for='q'>Waar?</label>"
        f"<div style='position:relative'><input id='q'></div>{json_script('data', data)}<script>"
        f"{template_text('search.js')}</script><script>"
        "const data = JSON.parse(document.getElementById('data').textContent);"
        "const places = impactPlaces(data); const taken = [];"
        "impactSuggestions(document.getElementById('q'), places.suggest, (x) => taken.push(x));"
        "</script></body></html>",
        encoding="utf-8",
    )
    return browser.open(path)


def found_in_page(page: Page, asked: list[str]) -> list[Any]:
    return page.run(
        "return JSON.parse(arguments[0]).map((text) => { const found = places.find(text);"
        "return found && [found.places.map((at) => data.postcodes[at][0]), found.which || [],"
        " found.outside ? found.outside.region : '']; })",
        json.dumps(asked),
    )


def test_page_and_command_find_the_same(page: Page, postcodes: pd.DataFrame) -> None:
    names = sorted({*postcodes["place"], *postcodes["municipality"]} - {""})
    others = [name for name, of, _ in other_names() if of in names]
    typed = ["st anne", "St. Nicolaasga", "zwolle 8011", "8011 ab", "nes, ameland", "Nes (Ameland)"]
    typed += ["Dokk", "winsum", "S", "", "ijlst", "sudwest fryslan", "9712CP Groningen", "9799"]
    asked = [*names, *others, *typed, *(name.upper() for name in names[::7])]
    for text, found in zip(asked, found_in_page(page, asked), strict=True):
        expected = find_places(postcodes, text)
        if expected is None:
            assert found is None or found[2], text
            continue
        assert found is not None, text
        assert found[:2] == [list(expected.postcodes), list(expected.which)], text


def test_a_name_of_several_villages_asks_which(page: Page) -> None:
    ((places, which, _),) = found_in_page(page, ["Nes"])
    assert places == []
    assert which == ["Nes (Ameland)", "Nes (Heerenveen)", "Nes (Noardeast-Fryslân)"]
    ((places, which, _),) = found_in_page(page, [which[2]])
    assert (places, which) == (["9143"], [])


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("Utrecht", "Midden-Nederland"),
        ("3511", "Midden-Nederland"),
        ("3511 AB Utrecht", "Midden-Nederland"),
        ("The Hague", ""),
        ("nergenshuizen", ""),
    ],
)
def test_outside_the_region_its_own_is_named(page: Page, typed: str, region: str) -> None:
    (found,) = found_in_page(page, [typed])
    assert found == ([[], [], region] if region else None)


def test_suggestions_come_while_typing(page: Page) -> None:
    suggested: Any = page.run(
        "return ['sint', 'ljou', '920', 'zw', 'fries', 'x'].map(places.suggest)"
    )
    saints, frisian, codes, zw, town, nothing = suggested
    assert "St.-Annaparochie" in saints
    assert "Sint Nicolaasga" in saints
    assert frisian == ["Leeuwarden"]
    assert codes[0] == "9201 Drachten"
    # the one with most residents first
    assert zw[0] == "Zwolle"
    assert "De Fryske Marren" not in town
    assert nothing == []
    assert searched_name("St Anna") == "sintanna"


def test_suggestions_work_by_keyboard(page: Page) -> None:
    box = page.run(
        "const input = document.getElementById('q'); const key = (name) => input.dispatchEvent("
        "new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));"
        "input.focus(); input.value = 'dracht'; input.dispatchEvent(new Event('input'));"
        "const list = document.querySelector('[role=listbox]');"
        "const open = [list.hidden, input.getAttribute('aria-expanded'), list.children.length];"
        "key('ArrowDown'); key('ArrowDown'); key('ArrowUp');"
        "const marked = document.getElementById(input.getAttribute('aria-activedescendant'));"
        "const said = [marked.textContent, marked.getAttribute('aria-selected')];"
        "key('Enter'); const chosen = [input.value, list.hidden];"
        "input.value = 'zw'; input.dispatchEvent(new Event('input')); key('Escape');"
        "return [open, said, chosen, list.hidden, taken]"
    )
    opened, said, chosen, hidden, taken = box
    assert opened[:2] == [False, "true"]
    assert opened[2] >= 2
    assert said == ["Drachten", "true"]
    assert chosen == ["Drachten", True]
    assert hidden is True
    assert taken == ["Drachten"]
