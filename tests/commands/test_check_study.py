"""`impact check --study`: three towns, whose minutes can be added by hand.

```
    9712: Noord 5, West 50, Zuid 45     8911: Noord 52, West 6, Zuid 95     7811: Zuid 4, Noord 48
```

When West stops, those of 8911 drive 52 - 6 = 46 minutes more to Noord, or 95 - 6 = 89 to Zuid.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe import serious_violations
from browser import NEEDS_BROWSER, PHONE, Browser
from three_towns import MINUTES, STUDY, impact, tree, with_roads, write_files

from impact.analysis.run import run_study
from impact.outputs.pages.claims import CLAIMS_FILES
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

NAME = "Pancreas <i>"
OWN_STUDY = STUDY.replace('"Pancreas"', f'"{NAME}"')
CLAIMS = f"""\
[claims]
title = "Over onze studie <b>"

[[claim]]
name = "hooguit drie kwartier"
kind = "nobody_more"
scenario = "West stopt"
minutes = 45

[[claim]]
name = "precies 46"
kind = "range"
low = 46
high = 46
peaks = ["{NAME}"]

[[claim]]
name = "naar Zuid"
kind = "place_longer"
postcode = "8911 AB"
treatment = "{NAME}"
stops = ["West"]
to = "Zuid"
minutes = 89

[[claim]]
name = "West is beter dan Zuid"
kind = "better"
treatment = "{NAME}"
stops = ["West"]
than = ["Zuid"]

[[claim]]
name = "binnen een uur"
kind = "share_within"
treatment = "{NAME}"
stops = ["West"]
share = 100
minutes = 60

[[claim]]
name = "wie, niet hoeveel"
kind = "which_not_how_many"
"""


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("own")
    study = write_files(base, {"study.toml": OWN_STUDY})
    (base / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    outcome = impact("check", base / "claims.toml", "--study", study, "--out", base / "out")
    assert outcome.code == 0, outcome.err
    assert "hooguit drie kwartier: klopt niet onder deze definitie" in outcome.out
    return base / "out"


def test_verdicts_rest_on_minutes_that_can_be_added_by_hand(folder: Path) -> None:
    claims = pd.read_csv(folder / "claims.csv").set_index("claim")
    assert claims["verdict"].to_dict() == {
        "hooguit drie kwartier": "not supported",
        "precies 46": "supported",
        "naar Zuid": "supported",
        "West is beter dan Zuid": "not supported",
        "binnen een uur": "supported",
        "wie, niet hoeveel": "not supported",
    }
    # 100 people 46 minutes, less 50 people 44 minutes, over all 350
    better = claims.loc["West is beter dan Zuid", "figure"]
    assert better == pytest.approx((100 * 46 - 50 * 44) / 350, abs=0.01)
    # one stops: Noord 8000, West 4600, Zuid 2200 minutes; two: 16900, 13550, 6800
    which = claims.loc["wie, niet hoeveel", "figure"]
    assert which == pytest.approx(((8000 - 2200) - (13550 - 4600)) / 350, abs=0.01)
    assert claims.loc["hooguit drie kwartier", "figure"] == 46.0
    assert claims.loc["naar Zuid", ["figure", "worst_extra"]].tolist() == [89.0, 89.0]
    assert set(claims["region"]) == {"Noorden"}
    # the agreed recipient, and otherwise the nearest that is left
    assert "recipients nearest" in claims.loc["naar Zuid", "not_under"]


def test_figures_are_those_of_the_run(folder: Path) -> None:
    run = run_study(read_study(folder.parent / "study.toml"))
    rows = pd.read_csv(folder / "treatments.csv")
    assert rows["mean_extra_chosen"].tolist() == run.summary["mean_extra_moved"].tolist()[:1]
    assert rows["scenario"].tolist() == ["West stopt"]


def test_it_writes_every_file_and_says_what_the_margin_is_over(folder: Path) -> None:
    assert sorted(tree(folder)) == sorted(CLAIMS_FILES)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {"claims.toml", "study.toml"} <= {each["name"] for each in manifest["inputs"]}
    # the minutes are the user's own, so nothing of them is varied
    assert manifest["margin"]["draws"] == 0
    assert "speeds" not in manifest["margin"]["over"]


def test_what_came_from_the_files_is_escaped(folder: Path) -> None:
    page = (folder / "verdicts.html").read_text(encoding="utf-8")
    assert "Over onze studie &lt;b&gt;" in page
    assert "Pancreas &lt;i&gt;" in page
    assert "<i>" not in page
    assert "neemt over: Zuid" in page
    assert "De cijfers zijn die van de studie zelf" in page
    assert "Definitie: over de behandelingen, zoals de studie ze toont" in page


@pytest.mark.parametrize("size", [pytest.param(PHONE, marks=NEEDS_BROWSER, id="phone")])
def test_the_page_fits_a_phone(folder: Path, size: dict[str, int], browser: Browser) -> None:
    page = browser.open(folder / "verdicts.html", **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []


def test_one_claim_needs_no_file(tmp_path: Path) -> None:
    study = write_files(tmp_path)
    asked = ("--kind", "place_longer", "--postcode", "8911", "--minutes", "46")
    change = ("--treatment", "Pancreas", "--stops", "West")
    outcome = impact("check", "--study", study, *asked, *change, "--out", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert "8911: 46 minuten extra: klopt" in outcome.out
    other = (*asked, *change, "--to", "Zuid", "--strict", "--lang", "en")
    outcome = impact("check", "--study", study, *other, "--out", tmp_path / "out")
    assert outcome.code == 3
    assert "8911: 46 minutes extra: not supported under this definition" in outcome.out


def test_roads_of_ones_own_have_margins(tmp_path: Path) -> None:
    study = with_roads(tmp_path)
    asked = ("--kind", "nobody_more", "--minutes", "60", "--scenario", "West stopt")
    out = tmp_path / "out"
    outcome = impact("check", "--study", study, *asked, "--draws", 4, "--out", out)
    assert outcome.code == 0, outcome.err
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"legs", "fixed", "speeds"} <= set(manifest["margin"]["over"])
    row = pd.read_csv(out / "claims.csv").iloc[0]
    assert row["low"] < row["figure"] < row["high"]
    page = (out / "verdicts.html").read_text(encoding="utf-8")
    assert "de omweg tussen adres en wegennet" in page
    assert "waar in de postcode mensen wonen" not in page


def test_who_finds_no_way_any_more_is_beyond_every_limit(tmp_path: Path) -> None:
    minutes = MINUTES.replace("8911,52,6,95", "8911,inf,6,inf")
    study = write_files(tmp_path, {"minutes.csv": minutes})
    asked = ("--kind", "nobody_more", "--minutes", "600", "--treatment", "Pancreas")
    options = ("--stops", "West", "--out", tmp_path / "out")
    outcome = impact("check", "--study", study, *asked, *options)
    assert outcome.code == 0, outcome.err
    assert "klopt niet onder deze definitie" in outcome.out
    assert "geen route meer" in outcome.out


WRONG = (
    *("--kind", "place_longer", "--postcode", "1011", "--treatment", "Pancreas"),
    *("--stops", "Wst", "--to", "Oost", "--low", "3"),
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["a claims file beside --study, or one claim as options: --kind"]),
        (("--minutes", "3"), ["--kind: found '--minutes', expected what is claimed"]),
        (("--kind", "nobody"), ["--kind: found 'nobody', expected one of range"]),
        ((*WRONG, "--weights", "80+"), ["--weights: found '80+', expected one of population"]),
        (
            WRONG,
            [
                "--postcode: found '1011', expected a postcode with residents",
                "--stops: found 'Wst', expected a location that performs it: Noord, West, Zuid",
                "nearest known: 'West'",
                "--to: found 'Oost', expected a location that performs it and stays",
                "--low: found 'low', expected one of the keys",
                "expected minutes: the number that is claimed",
            ],
        ),
        (
            ("--kind", "nobody_more", "--minutes", "3", "--scenario", "West blijft"),
            ["--scenario: found 'West blijft', expected a scenario of the study: West stopt"],
        ),
        (
            ("--kind", "nobody_more", "--minutes", "3", "--definition", "interventions, edge wide"),
            ["--definition: found 'interventions, edge wide', expected one of the definitions"],
        ),
        (
            ("--kind", "nobody_more", "--minutes", "3", "--treatment", "Pancreas", "--to", "Noord"),
            ["--to: found 'Noord', expected stops beside it: who stops"],
        ),
        (("published", "--kind", "minimal"), ["either a claims file or one claim as options"]),
    ],
)
def test_bad_options_are_named_all_at_once(
    tmp_path: Path, arguments: tuple[str, ...], expected: list[str]
) -> None:
    study = write_files(tmp_path)
    outcome = impact("check", *arguments, "--study", study, "--out", tmp_path / "out")
    assert outcome.code == 2
    for each in expected:
        assert each in outcome.err, (each, outcome.err)
    assert not (tmp_path / "out").exists()


CATCHMENTS = STUDY.replace(
    "stop_count = 1", 'allocation = "catchment"\nwithin = "region"\nvolumes = "volumes.csv"'
)
VOLUMES = "location,volume\nNoord,40\nWest,30\nZuid,5\n"
OF_CATCHMENTS = """\
[[claim]]
name = "hooguit drie kwartier"
kind = "nobody_more"
minutes = 45
scenario = "West stopt"

[[claim]]
name = "West is beter dan Zuid"
kind = "better"
treatment = "Pancreas"
stops = ["West"]
than = ["Zuid"]

[[claim]]
name = "46 erbij"
kind = "place_longer"
postcode = "8911"
minutes = 46
scenario = "West stopt"

[[claim]]
name = "wie, niet hoeveel"
kind = "which_not_how_many"
"""


def test_a_study_by_catchments_counts_the_volumes_of_its_providers(tmp_path: Path) -> None:
    files = {"study.toml": CATCHMENTS, "volumes.csv": VOLUMES, "claims.toml": OF_CATCHMENTS}
    study, out = write_files(tmp_path, files), tmp_path / "out"
    outcome = impact("check", tmp_path / "claims.toml", "--study", study, "--out", out)
    assert outcome.code == 0, outcome.err
    claims = pd.read_csv(out / "claims.csv").set_index("claim")
    # 30 of the 75 patients, of West, 46 minutes more; 5 of Zuid 44
    better = claims.loc["West is beter dan Zuid", "figure"]
    assert better == pytest.approx((30 * 46 - 5 * 44) / 75, abs=0.01)
    assert claims["verdict"].to_dict() == {
        "hooguit drie kwartier": "not supported",
        "West is beter dan Zuid": "not supported",
        "46 erbij": "supported",
        "wie, niet hoeveel": "cannot be decided",
    }
    assert pd.read_csv(out / "treatments.csv")["unit"].tolist() == ["patients"]


def test_catchments_are_divided_anew_under_every_other_speed(tmp_path: Path) -> None:
    with_roads(tmp_path)
    text = CATCHMENTS.replace('times = "minutes.csv"', 'roads = "toy.impact"')
    files = {"study.toml": text, "volumes.csv": VOLUMES, "claims.toml": OF_CATCHMENTS}
    study, out = write_files(tmp_path, files), tmp_path / "out"
    asked = ("--draws", 3, "--out", out)
    outcome = impact("check", tmp_path / "claims.toml", "--study", study, *asked)
    assert outcome.code == 0, outcome.err
    row = pd.read_csv(out / "claims.csv").set_index("claim").loc["West is beter dan Zuid"]
    assert row["low"] < row["figure"] < row["high"]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"legs", "fixed", "speeds"} <= set(manifest["margin"]["over"])


def test_the_rule_behind_a_calculation_example_is_named(tmp_path: Path) -> None:
    """Only where no scenario stands for the treatment."""
    asked = ("--kind", "nobody_more", "--minutes", "60", "--out", tmp_path / "out", "--force")
    study = write_files(tmp_path)
    page = tmp_path / "out" / "verdicts.html"
    for text, named in ((STUDY, False), (STUDY.partition("[[scenario]]")[0], True)):
        study.write_text(text, encoding="utf-8")
        outcome = impact("check", "--study", study, *asked)
        assert outcome.code == 0, outcome.err
        assert ("university_hospitals_stay" in page.read_text(encoding="utf-8")) is named
