"""`impact check`: West-Nederland, from a file of a few lines to a page that can be retraced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from three_towns import impact, tree

from impact.outputs.pages.claims import CLAIMS_FILES

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = """\
[claims]
title = "Uit de krant <b>"

[[claim]]
name = "=West: 7 tot 15 minuten"
kind = "range"
region = "West-Nederland"
low = 7
high = 15
peaks = ["pancreas_ercp"]

[[claim]]
name = "niemand een uur"
kind = "nobody_more"
region = "West-Nederland"
minutes = 60

[[claim]]
name = "met de bus"
kind = "nobody_more"
region = "West-Nederland"
by = "public transport"

[[claim]]
name = "niets om te kiezen"
kind = "which_not_how_many"
region = "West-Nederland"
treatment = "oesophagus_stomach_resections"
"""


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("claims")
    (base / "krant.toml").write_text(CLAIMS, encoding="utf-8")
    options = ("--out", base / "out", "--draws", 2, "--strict")
    outcome = impact("check", base / "krant.toml", *options)
    assert outcome.code == 3, outcome.err
    assert "=West: 7 tot 15 minuten: klopt niet onder deze definitie" in outcome.out
    assert "met de bus: niet te beslissen met deze gegevens" in outcome.out
    return base / "out"


def test_strict_minds_only_what_is_not_supported(tmp_path: Path) -> None:
    claim = """\
[[claim]]
name = "niemand tien uur"
kind = "nobody_more"
region = "West-Nederland"
treatment = "pancreas_ercp"
minutes = 600
"""
    (tmp_path / "krant.toml").write_text(claim, encoding="utf-8")
    options = ("--out", tmp_path / "out", "--draws", 0, "--strict")
    outcome = impact("check", tmp_path / "krant.toml", *options)
    assert outcome.code == 0, outcome.err
    assert "niemand tien uur: klopt" in outcome.out
    # what was published of the region stands beside it, on the page only
    assert pd.read_csv(tmp_path / "out" / "claims.csv")["claim"].tolist() == ["niemand tien uur"]
    page = (tmp_path / "out" / "verdicts.html").read_text(encoding="utf-8")
    also = page[page.index("Ook gepubliceerd over deze regio") :]
    assert ">West-Nederland: 7 tot 15 minuten extra</a>" in also
    assert 'data-verdict="not-supported"' in also
    assert "niemand tien uur: klopt." in page


def test_it_writes_every_file(folder: Path) -> None:
    assert sorted(tree(folder)) == sorted(CLAIMS_FILES)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["margin"]["draws"] == 2
    assert any(each["name"] == "krant.toml" for each in manifest["inputs"])


def test_verdicts_can_be_retraced_to_treatments(folder: Path) -> None:
    claims = pd.read_csv(folder / "claims.csv").set_index("kind")
    rows = pd.read_csv(folder / "treatments.csv")
    figures = pd.read_csv(folder / "figures.csv")
    ends = figures[figures["claim"].str.contains("West") & figures["measure"].isin(["low", "high"])]
    assert sorted(ends["figure"]) == [
        rows["mean_extra_chosen"].min(),
        rows["mean_extra_chosen"].max(),
    ]
    assert list(claims.columns[:8]) == [
        *("claim", "region", "verdict", "figure", "low", "high", "definition", "reason"),
    ]
    assert claims.loc["range", "claim"].startswith("'=")
    assert (
        claims.loc["range", "low"] <= claims.loc["range", "figure"] <= claims.loc["range", "high"]
    )
    more = figures[figures["measure"] == "greatest"]
    assert set(more["treatment"]) <= set(rows["treatment"])
    # who is worst off is so under the treatment with the greatest figure
    hour = figures[figures["claim"] == "niemand een uur"]
    worst = claims[claims["claim"] == "niemand een uur"]["worst_extra"].item()
    assert worst == hour["figure"].max() > hour["figure"].min()
    assert claims["verdict"].iloc[1] == "supported"
    assert claims.loc["which_not_how_many", "verdict"] == "cannot be decided"


def test_the_page_escapes_what_came_from_the_file(folder: Path) -> None:
    page = (folder / "verdicts.html").read_text(encoding="utf-8")
    assert "Uit de krant &lt;b&gt;" in page
    # West: 7 to 15 is what is claimed here
    assert "Ook gepubliceerd" not in page
    assert "klopt niet onder deze definitie" in page


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(PHONE, marks=NEEDS_BROWSER, id="phone"),
        pytest.param(LAPTOP, marks=NEEDS_BROWSER, id="laptop"),
    ],
)
def test_the_page_fits_and_asks_for_nothing(
    folder: Path, size: dict[str, int], browser: Browser
) -> None:
    page = browser.open(folder / "verdicts.html", **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []
    targets = page.run(
        "return [...document.querySelectorAll('a[href^=\"#\"]')]"
        ".filter((a) => !document.getElementById(a.getAttribute('href').slice(1))).length"
    )
    assert targets == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nergens.toml",), "a claims file, or the name of shipped claims"),
        (("published", "--weights", "80+"), "one of population, 65+, 75+"),
        (("published", "--lang", "de"), "one of nl, en"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    outcome = impact("check", *arguments, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert expected in outcome.err
    assert not (tmp_path / "out").exists()
