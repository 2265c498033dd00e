"""The place card says the same in a browser and in Python, of whatever figures."""

from __future__ import annotations

import itertools
import json
import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from axe import serious_violations
from browser import NEEDS_BROWSER, Browser
from toy import toy_result

from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.text import texts
from impact.outputs.text.card import CardFigures, card_texts, card_words, lookup_command

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

pytestmark = NEEDS_BROWSER

SCRIPTS = ("explorer_words.js", "card.js")


def card_page(folder: Path, lang: str) -> Path:
    """Write a page that holds nothing but the scripts of the card."""
    scripts = "".join(f"<script>{template_text(name)}</script>" for name in SCRIPTS)
    path = folder / "card.html"
    path.write_text(
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>x</title><style>'
        f"{template_text('card.css')}</style></head><body><main><h1>x</h1><h2>y</h2></main>"
        f"{json_script('texts', card_texts(texts(lang)))}{scripts}<script>"
        "const card = impactCard(JSON.parse(document.getElementById('texts').textContent), "
        f"'{lang}');</script></body></html>",
        encoding="utf-8",
    )
    return path


def drawn_figures(draw: random.Random) -> CardFigures:
    """Figures of any size, with edges of rounding among them."""
    edges = (0.0, 0.2, 0.5, 1.0, 1.5, 2.5, 59.5, 60.0, 100.5, math.inf)

    def minutes() -> float:
        return draw.choice(edges) if draw.random() < 0.4 else draw.uniform(0.0, 200.0)

    def pair() -> tuple[float, float] | None:
        ends = sorted(each for each in (minutes(), minutes()) if math.isfinite(each))
        return (ends[0], ends[-1]) if ends and draw.random() < 0.6 else None

    hospitals: tuple[tuple[str, ...], ...] = (("A <b>",), ("B",), ("A <b>", "B", "C"), ())
    return CardFigures(
        before=draw.choice(hospitals),
        after=draw.choice(hospitals),
        now=minutes(),
        then=minutes(),
        postcodes=draw.choice((1, 1, 3, 1200)),
        spread=pair(),
        margin=pair(),
        peak=pair(),
        both=pair(),
        bus=(minutes(), minutes()) if draw.random() < 0.7 else None,
        changes=draw.choice((None, 0.0, 1.0, 2.0)),
        last_home=draw.choice((None, 55800.0, 70859.0, 88500.0)),
        without=(draw.random(), draw.choice((0.0, 0.001, 0.4, 1.0)))
        if draw.random() < 0.3
        else None,
        ferry=draw.choice(("", "car ferry", "no visitor cars", "no route")),
        abroad=draw.choice(("", "counted", "missing")),
    )


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_same_figures_give_the_same_sentences(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    page = browser.open(card_page(tmp_path, lang))
    draw = random.Random(1)  # noqa: S311 (figures, no secrets)
    drawn = [drawn_figures(draw) for _ in range(500)]
    said = page.run(
        "return JSON.parse(arguments[0]).map((each) => card.words(each))",
        json.dumps([each.plain() for each in drawn]),
    )
    for figures, found in zip(drawn, said, strict=True):
        words = card_words(texts(lang), figures)
        expected = [words.headline, words.way, list(words.line), words.missing]
        assert [found[name] for name in ("headline", "way", "line", "missing")] == expected, figures
    assert page.console_errors() == []


def text_of(figures: CardFigures, browser: Browser, folder: Path) -> tuple[str, str]:
    """Text of the card as the page makes it, and as the template does."""
    page = browser.open(card_page(folder, "nl"))
    made = page.run(
        "const made = card.element(arguments[0], { title: 'Pancreas', badge: 'VOORBEELD', "
        "print: false }); document.querySelector('main').append(made); return made.innerText",
        figures.plain(),
    )
    assert serious_violations(page) == []
    render: Any = environment().from_string(
        '{% from "card.html.j2" import place_card with context %}'
        "{{ place_card(t, words, figures, title='Pancreas', badge='VOORBEELD') }}"
    )
    t = texts("nl")
    html = render.render(t=t, words=card_words(t, figures), figures=figures, infinite=math.inf)
    printed = page.run(
        "document.querySelector('main').innerHTML = arguments[0];"
        "return document.querySelector('article').innerText",
        html,
    )
    return made, printed


@pytest.mark.parametrize(
    "figures",
    [
        CardFigures(("MCL",), ("UMCG <i>",), 6.2, 54.7, margin=(50.1, 61.2), both=(12.4, 108.9)),
        CardFigures(("MCL",), ("",), 6.2, math.inf, ferry="no route"),
        CardFigures(("MCL",), ("MCL",), 6.2, 6.2, abroad="counted"),
        CardFigures(
            ("MCL",), ("UMCG",), 6.2, 54.7, bus=(38.0, 95.2), changes=2.0, last_home=70800.0
        ),
        CardFigures(("MCL",), ("UMCG",), 6.2, 54.7, bus=(38.0, math.inf)),
    ],
    ids=["moved", "no route", "stays", "bus", "no bus"],
)
def test_page_and_template_show_the_same_card(
    browser: Browser, tmp_path: Path, figures: CardFigures
) -> None:
    made, printed = text_of(figures, browser, tmp_path)
    assert made.split() == printed.split()
    assert "Pancreas" in made


def test_one_card_goes_on_paper(browser: Browser, tmp_path: Path) -> None:
    page = browser.open(card_page(tmp_path, "nl"))
    shown = page.run(
        "let seen = ''; window.print = () => { seen = document.documentElement.className + '|' + "
        "document.querySelectorAll('.place-printed').length; };"
        "const made = [1, 2].map(() => card.element(arguments[0])); document.body.append(...made);"
        "made[1].querySelector('button').click();"
        "return [seen, document.documentElement.className]",
        CardFigures(("A",), ("B",), 1.0, 2.0).plain(),
    )
    assert shown == ["place-printing|1", ""]


def test_the_command_that_computes_a_margin_is_named(
    browser: Browser, noordoost_result: Result, tmp_path: Path
) -> None:
    result = noordoost_result
    command = lookup_command(result)
    assert command == "impact lookup {where}"
    own = replace(result, study=replace(result.study, source="map/mijn.toml", sha256="1"))
    assert lookup_command(own) == "impact lookup {where} mijn.toml"
    # minutes of one's own have no margin
    assert lookup_command(toy_result(tmp_path / "toy")) == ""
    page = browser.open(card_page(tmp_path, "nl"))
    asked = [[command, "8911"], [command, "8911 AB"], [command, 'x";rm $y'], ["", "8911"]]
    said = page.run("return arguments[0].map((each) => card.lookup(...each))", asked)
    start = "De rekenmarge van postcode {} berekent de opdracht: impact lookup {}."
    assert said == [
        start.format("8911", "8911"),
        start.format("8911 AB", '"8911 AB"'),
        start.format('x";rm $y', '"x;rm y"'),
        "",
    ]


def test_every_way_of_not_knowing_is_told() -> None:
    t = texts("nl")
    names = {"margin": "de rekenmarge", "peak": "de spits", "both": "heen en terug"}
    names |= {"bus": "het openbaar vervoer"}
    for known in itertools.product([True, False], repeat=4):
        given: Any = {name: (10.0, 20.0) for name, has in zip(names, known, strict=True) if has}
        words = card_words(t, CardFigures(("A",), ("B",), 5.0, 20.0, **given))
        for (name, said), has in zip(names.items(), known, strict=True):
            assert (said in words.missing) != has, name
