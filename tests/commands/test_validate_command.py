"""`impact validate`: the shipped roads beside public facts and a table of the user's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from methods_page import methods_table, numbers
from three_towns import impact, tree, with_roads

from impact.outputs.pages.validation import VALIDATION_FILES

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = """\
from,to,minutes,class,km,tolerance,source
9712,6211,227,,338,12,test drive
9712,UMC Groningen,,<=25,,,=1+1
8911,Isala Zwolle,,<=25,,,<script>
"""
COLUMNS = ["from", "to", "kind", "known", "ours", "error", "agrees", "distance", "region", "source"]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("validate")
    (here / "known.csv").write_text(KNOWN, encoding="utf-8")
    outcome = impact("validate", here / "known.csv", "--out", here / "deep" / "out")
    assert outcome.code == 0, outcome.err
    assert "Ritten waarvan de klasse bekend is: 2. Daarvan komt 50% in" in outcome.out
    assert "Van de 6 openbare feiten kloppen er 6 binnen hun marge." in outcome.out
    assert "een kwart). Dan wordt de gemiddelde reistijd 194% van nu" in outcome.out
    assert str(here / "deep" / "out" / "validation.html") in outcome.out
    return here / "deep" / "out"


def test_it_writes_every_file(folder: Path) -> None:
    assert sorted(tree(folder)) == sorted(VALIDATION_FILES)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["class"] == {"pairs": 2, "unreachable": 0}
    assert {each["name"] for each in manifest["inputs"]} >= {"known.csv", "validation_public.csv"}
    assert manifest["parameters"]["draws"] >= 200


def test_own_rows_come_first_then_the_shipped_facts(folder: Path) -> None:
    rows = pd.read_csv(folder / "validation.csv", dtype={"from": str, "to": str, "known": str})
    assert list(rows.columns[:10]) == COLUMNS
    assert rows["set"].tolist() == ["own"] * 4 + ["shipped"] * 6
    assert rows["kind"].tolist()[:4] == ["minutes", "km", "class", "class"]
    assert rows["agrees"].tolist() == ["yes", "yes", "yes", "no", *["yes"] * 6]
    assert set(rows["region"][:4]) == {"Noordoost-Nederland"}
    # figures of docs/methods.md: a drift must be noticed
    shipped = dict(zip(rows["to"], rows["ours"].round(1), strict=True))
    assert {name: ours for name, ours in shipped.items() if ":" in name} == {
        "mean travel time: ratio": 1.9,
        "nearest hospital excluding outpatient clinics: mean road km": 7.5,
        "nearest hospital including outpatient clinics: mean road km": 5.0,
        "Maastricht Vrijthof: car minutes": 226.7,
        "Maastricht Vrijthof: road km": 335.0,
        "Emmen hospital (Treant Scheper): car minutes": 34.3,
    }


def test_the_methods_print_these_figures(folder: Path) -> None:
    rows = pd.read_csv(folder / "validation.csv").query("set == 'shipped' and kind != 'law'")
    facts = methods_table("held against", "figure")
    said = [numbers(figure) for what, (figure, *_) in facts.items() if "±" in what]
    assert sorted(figure for (figure,) in said) == sorted(rows["ours"].round(1))
    law = pd.read_csv(folder / "thinning.csv").set_index(["measure", "quantity"])
    places = ["value", "interval_low", "interval_high", "draws_low", "draws_high"]
    for measure, name in (("minutes", "minutes"), ("km", "road kilometres")):
        cells = methods_table("shipped roads, off-peak")[name]
        for quantity, cell in zip(("ratio at a quarter", "exponent"), cells, strict=True):
            assert numbers(cell) == law.loc[[(measure, quantity)], places].to_numpy()[0].tolist()


def test_the_square_root_law_holds_for_minutes_and_not_for_kilometres(folder: Path) -> None:
    law = pd.read_csv(folder / "thinning.csv").set_index(["measure", "quantity"])
    ratio, exponent = law.loc[("minutes", "ratio at a quarter")], law.loc[("minutes", "exponent")]
    assert (ratio["left"].item(), ratio["draws"].item()) == (27, 400)
    # figures of docs/methods.md
    assert ratio["value"].item() == pytest.approx(1.94, abs=0.005)
    assert (ratio["interval_low"].item(), ratio["interval_high"].item()) == (1.93, 1.95)
    assert (ratio["draws_low"].item(), ratio["draws_high"].item()) == (1.76, 2.23)
    assert exponent["value"].item() == pytest.approx(0.44, abs=0.005)
    assert law.loc[("km", "ratio at a quarter"), "value"].item() == pytest.approx(2.89, abs=0.005)
    assert law.loc[("km", "exponent"), "value"].item() == pytest.approx(0.65, abs=0.005)
    means = law.loc[("minutes", "mean")]
    assert means["left"].tolist() == [109, 77, 54, 39, 27, 19, 14, 10, 7]
    assert means["value"].is_monotonic_increasing
    driven = means.set_index("left")["value"] - 1.6
    assert driven[27] / driven[109] == pytest.approx(2.1, abs=0.05)


def test_text_of_the_user_is_neutral(folder: Path) -> None:
    assert ",'=1+1," in (folder / "validation.csv").read_text(encoding="utf-8")
    page = (folder / "validation.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_own_roads_and_points_abroad_need_no_country(tmp_path: Path) -> None:
    with_roads(tmp_path)
    text = "from,from_lat,from_lon,to,minutes\n9712,,,8911,50\nhere,52.79,6.89,9712,40\n"
    (tmp_path / "known.csv").write_text(text, encoding="utf-8")
    roads = ("--roads", tmp_path / "toy.impact", "--lang", "en")
    outcome = impact("validate", tmp_path / "known.csv", *roads, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert "These roads do not cover the Netherlands" in outcome.out
    rows = pd.read_csv(tmp_path / "out" / "validation.csv")
    assert rows["set"].tolist() == ["own", "own"]
    assert rows["region"].fillna("").tolist() == ["Noordoost-Nederland", ""]
    page = (tmp_path / "out" / "validation.html").read_text(encoding="utf-8")
    assert 'id="h-law"' not in page
    assert pd.read_csv(tmp_path / "out" / "thinning.csv").empty


def test_faults_are_named_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    text = "from,to,minutes\n9712,UMC Gronigen,10\n9712,8911,soon\n"
    (tmp_path / "known.csv").write_text(text, encoding="utf-8")
    outcome = impact("validate", tmp_path / "known.csv", "--out", tmp_path / "out")
    assert outcome.code == 2
    assert "known.csv, row 2, to: found 'UMC Gronigen'" in outcome.err
    assert "nearest known: 'UMC Groningen'" in outcome.err
    assert "known.csv, row 3, minutes: found 'soon'" in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--profile", "nacht"), "dal"),
        (("--roads", "nowhere.impact"), "nowhere.impact"),
        (("--engine", "steam"), "networkx"),
        (("--lang", "de"), "one of nl, en"),
    ],
)
def test_bad_options_are_named(tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    outcome = impact("validate", *options, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert expected in outcome.err
    assert not (tmp_path / "out").exists()
