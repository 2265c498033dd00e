"""What a reproduction writes: tables that scripts read, and a page that says what it rests on."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.analysis.ranges import DEFAULT
from impact.errors import OutputError
from impact.evidence.published.run import CANDIDATE_COLUMNS, RANGE_COLUMNS
from impact.evidence.published.treatments import TREATMENT_COLUMNS
from impact.evidence.published.world import Assumptions
from impact.outputs.pages.axis import axis_of, signed
from impact.outputs.pages.reproduction import (
    REPRODUCTION_FILES,
    assumptions,
    definition_findings,
    guess_text,
    write_reproduction,
    write_reproduction_page,
)
from impact.outputs.pages.reproduction_method import end_sentences
from impact.outputs.pages.reproduction_pictures import falls, strips, waterfall_axis
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.published.run import Reproduction

PROMISED = {
    "reproduction": [
        "region",
        "definition",
        "published_low",
        "published_high",
        "ours_low",
        "ours_high",
        "peak_published",
        "peak_ours",
    ],
    "treatments": [
        "region",
        "treatment",
        "below_norm",
        "providing",
        "providers_known",
        "candidates",
        "mean_extra_min",
        "mean_extra_median",
        "mean_extra_max",
        "chosen_candidate",
        "mean_extra_chosen",
    ],
}


@pytest.fixture(scope="module", name="folder")
def _folder(reproduction: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reproduction") / "out"
    write_reproduction(reproduction, folder)
    return folder


def test_it_writes_every_file_with_the_promised_columns_first(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(REPRODUCTION_FILES)
    for name, columns in PROMISED.items():
        found = pd.read_csv(folder / f"{name}.csv").columns.tolist()
        assert found[: len(columns)] == columns
    assert pd.read_csv(folder / "reproduction.csv").columns.tolist() == [*RANGE_COLUMNS]
    assert pd.read_csv(folder / "treatments.csv").columns.tolist() == [*TREATMENT_COLUMNS]
    assert pd.read_csv(folder / "candidates.csv").columns.tolist() == [*CANDIDATE_COLUMNS]


def test_a_range_can_be_retraced_to_treatments_and_candidates(folder: Path) -> None:
    ranges, treatments, candidates = (
        pd.read_csv(folder / f"{name}.csv") for name in ("reproduction", "treatments", "candidates")
    )
    default = ranges[ranges["definition"] == DEFAULT].set_index("region")
    for region, rows in treatments.groupby("region"):
        assert rows["mean_extra_chosen"].min() == default.loc[region, "ours_low"]
        assert rows["mean_extra_chosen"].max() == default.loc[region, "ours_high"]
    chosen = candidates[candidates["chosen"] == "yes"]
    both = treatments.merge(chosen, on=["region", "treatment"])
    assert len(both) == 54
    assert (both["mean_extra_chosen"] == both["mean_extra_moved"]).all()
    assert (both["chosen_candidate"] == both["stops"]).all()
    assert treatments["candidates"].sum() == len(candidates)


def test_the_last_step_of_a_waterfall_is_the_published_figure(folder: Path) -> None:
    table = pd.read_csv(folder / "waterfall.csv")
    last = table[table["step"] == "unexplained"]
    assert len(last) == 14
    assert last["after"].tolist() == [4, 17, 2, 25, 6, 30, 10, 18, 7, 15, 0, 39, 2, 27]


def test_the_manifest_says_how_many_definitions_were_tried(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tried = pd.read_csv(folder / "definitions.csv")["definition"].tolist()
    assert manifest["counts"]["definitions"] == len(tried)
    assert [each["name"] for each in manifest["definitions"]] == tried
    assert manifest["parameters"]["seed"] == 2025
    assert all(each["sha256"] for each in manifest["inputs"])
    assert sum(manifest["counts"]["provider_status"].values()) == 409


def test_the_same_input_gives_the_same_bytes(
    reproduction: Reproduction, folder: Path, tmp_path: Path
) -> None:
    write_reproduction(reproduction, tmp_path / "again")
    for name in REPRODUCTION_FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_foreign_files_are_left_alone(reproduction: Reproduction, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(OutputError, match="not ours"):
        write_reproduction(reproduction, tmp_path)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_shows_the_figures_without_decimals(
    reproduction: Reproduction, tmp_path: Path, lang: str
) -> None:
    path = tmp_path / "page.html"
    write_reproduction_page(reproduction, path, lang=lang)
    page = path.read_text(encoding="utf-8")
    text = re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    # strengths of bypassing and detours are parameters, dates and versions are no figures
    text = re.sub(r"0[.,](05|1|2)\b|\b1[.,]1 tot? 1[.,]5\b|0\.1\.0|\d{4}-\d\d-\d\dT\S+", " ", text)
    shown = text[: text.index("SHA-256")]
    assert re.findall(r"\b\d+[.,]\d{1,2}\b(?![.\d])", shown) == []
    between = {"nl": "11 tot 28", "en": "11 to 28"}[lang]
    assert between in shown
    assert "http-equiv" not in page
    assert " src=" not in page


def test_names_are_escaped(reproduction: Reproduction, tmp_path: Path) -> None:
    odd = [replace(each, stops=("<b>Sluw & Co</b>",)) for each in reproduction.reach]
    path = tmp_path / "page.html"
    write_reproduction_page(replace(reproduction, reach=tuple(odd)), path)
    page = path.read_text(encoding="utf-8")
    assert "<b>Sluw" not in page
    assert "&lt;b&gt;Sluw &amp; Co&lt;/b&gt;" in page


def test_another_setting_is_said_in_the_assumptions(reproduction: Reproduction) -> None:
    def said(setting: Assumptions) -> str:
        found = replace(reproduction, asked=setting)
        return " ".join(text for _, text in assumptions(found, texts("nl")))

    plain = said(Assumptions())
    assert "dichtstbijzijnde ziekenhuis, en straks" in plain
    assert "(sterkte 0,3 per minuut)" in said(Assumptions(baseline="huff", beta=0.3))
    assert "ook bekende ziekenhuizen van andere regio's" in said(Assumptions(alternatives="all"))
    assert "Snelheden in de spits" in said(Assumptions(profile="spits"))
    assert "ook bekende" not in plain


def test_findings_follow_from_the_figures(reproduction: Reproduction) -> None:
    said = definition_findings(reproduction, texts("nl"))
    assert "Deze grenzen zijn dus niet gereproduceerd." in said[1]
    assert "beter dan niets rekenen" in said[0]
    perfect = reproduction.scores.assign(mae_low=0.0, mae_high=0.0, mae=0.0)
    better = definition_findings(replace(reproduction, scores=perfect), texts("nl"))
    assert "beter dan niets rekenen" in better[1]


def test_a_difference_has_a_sign_unless_it_rounds_to_nothing() -> None:
    t = texts("nl")
    assert [signed(t, value) for value in (4.6, -4.6, 0.2, -0.2, float("nan"))] == [
        "+5",
        "−5",
        "0",
        "0",
        "–",
    ]


def test_pictures_stay_inside_their_axis(reproduction: Reproduction) -> None:
    axis = axis_of([-3.0, 41.2])
    assert (axis.low, axis.high) == (-10, 50)
    assert axis.place(-10.0) == 0.0
    assert axis.place(20.0) == 50.0
    assert axis.place(99.0) == 100.0
    for strip in strips(reproduction, "Zuidoost-Nederland", axis):
        places = [float(place) for place in re.findall(r"M([\d.]+) 0v14", strip.ticks)]
        assert min(places) >= 0.0
        assert max(places) <= 1000.0
        assert 0.0 <= strip.mark <= 100.0


def test_bars_of_a_waterfall_join(reproduction: Reproduction) -> None:
    for each in reproduction.waterfalls:
        axis = waterfall_axis([each])
        bars = [bar for bar in falls(each, axis) if bar.after is not None]
        assert bars[0].name == "plain"
        assert bars[-1].name == "published"
        for before, after in pairwise(bars[1:-1]):
            edges = {before.start, round(before.start + before.width, 2)}
            ends = {after.start, round(after.start + after.width, 2)}
            assert min(abs(a - b) for a in edges for b in ends) <= 0.02
        changes = [bar.change for bar in bars if bar.change is not None]
        assert np.isclose(each.plain + sum(changes), each.published)


def test_the_page_shows_every_reading_of_the_published_method(
    reproduction: Reproduction, folder: Path
) -> None:
    page = (folder / "verdicts.html").read_text(encoding="utf-8")
    for each in reproduction.method.tried:
        assert f"<small>{each.name}</small>" in page
    table = pd.read_csv(folder / "reproduction.csv")
    readings = table[table["definition"].str.startswith("published, ")]
    assert readings["definition"].nunique() == len(reproduction.method.tried) == 132
    assert "Er zijn 166 definities doorgerekend" in page
    assert "Alle 66 lezingen: straten" in page


def test_the_page_says_which_ends_stay_open(reproduction: Reproduction) -> None:
    said = end_sentences(reproduction, texts("nl"))
    opens = [sentence.split(":")[0] for sentence in said if sentence.startswith("Open blijft")]
    assert opens == [
        "Open blijft Noordoost-Nederland 6",
        "Open blijft Zuidoost-Nederland 0",
        "Open blijft Zuidoost-Nederland 39",
    ]
    west = next(sentence for sentence in said if sentence.startswith("West-Nederland 15"))
    assert "uitkomt op hoofdwegen." in west
    # with a choice that fits everywhere nothing is open
    fitting = replace(
        reproduction.method, scenarios=reproduction.method.scenarios.assign(fitting=1)
    )
    said = end_sentences(replace(reproduction, method=fitting), texts("nl"))
    assert len(said) == 2
    assert "bij 14 van de 14 grenzen" in said[0]


@pytest.mark.parametrize(
    ("error", "guess", "said"),
    [
        (3.2, 2.8, "iets slechter"),
        (2.8, 3.2, "iets beter"),
        (3.0, 3.0, "even ver"),
        (5.1, 2.8, "zit er 3 minuten naast"),
        (2.8, 5.1, "zit er 5 minuten naast"),
    ],
)
def test_two_errors_that_print_the_same_are_compared_in_words(
    error: float, guess: float, said: str
) -> None:
    text = guess_text(texts("nl"), error, guess)
    assert said in text
    # no number that stands beside itself
    assert ("3 minuten" in text) == (error > 5.0)
