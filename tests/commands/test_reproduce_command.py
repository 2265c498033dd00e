"""`impact reproduce`: one assumption changed on the command line changes what it rests on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import impact, tree

from impact.outputs.pages.reproduction import REPRODUCTION_FILES

if TYPE_CHECKING:
    from pathlib import Path

WEST = ("reproduce", "--region", "West-Nederland")


def default_row(folder: Path) -> pd.Series:
    table = pd.read_csv(folder / "reproduction.csv")
    return table[table["definition"] == "interventions"].iloc[0]


@pytest.fixture(scope="module", name="plain")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("west") / "deep" / "out"
    outcome = impact(*WEST, "--out", out)
    assert outcome.code == 0, outcome.err
    assert "West-Nederland: gepubliceerd 7 tot 15, hier 5 tot 12 (−2 en −3)" in outcome.out
    assert str(out / "verdicts.html") in outcome.out
    return out


def test_it_writes_every_file(plain: Path) -> None:
    assert sorted(tree(plain)) == sorted(REPRODUCTION_FILES)
    row = default_row(plain)
    assert (row["weights"], row["baseline"], row["profile"]) == ("population", "nearest", "dal")
    assert (row["ours_low"], row["ours_high"]) == (5.12, 12.33)
    page = (plain / "verdicts.html").read_text(encoding="utf-8")
    assert "alle inwoners tellen mee</dd>" in page
    assert "De stap &#39;een ander wegennet&#39; (het streepje) is niet gezet." in page


def test_one_assumption_changes_the_table_and_the_assumptions(plain: Path, tmp_path: Path) -> None:
    outcome = impact(*WEST, "--weights", "65+", "--out", tmp_path / "out", "--quiet")
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    before, after = default_row(plain), default_row(tmp_path / "out")
    assert after["weights"] == "65+"
    # as the definition of that name in a run that does not ask for it
    table = pd.read_csv(plain / "reproduction.csv").set_index("definition")
    other = table.loc["interventions, weights 65+"]
    assert after["ours_high"] == other["ours_high"] != before["ours_high"]
    assert (after["published_low"], after["published_high"]) == (7, 15)
    page = (tmp_path / "out" / "verdicts.html").read_text(encoding="utf-8")
    block = page[page.index('<dl id="assumptions">') :]
    assert "inwoners van 65 jaar en ouder tellen mee</dd>" in block
    assert "alle inwoners tellen mee" not in block
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["weights"] == "65+"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--region", "West"), "West-Nederland"),
        (("--weights", "80+"), "one of population, 65+, 75+"),
        (("--alternatives", "abroad"), "one of inside, all"),
        (("--baseline", "furthest"), "one of nearest, huff"),
        (("--beta", "0.1"), "--baseline huff beside it"),
        (("--baseline", "huff", "--beta", "0"), "a number above zero"),
        (("--profile", "nacht"), "dal"),
        (("--roads", "nowhere.impact"), "nowhere.impact"),
        (("--lang", "de"), "one of nl, en"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    outcome = impact("reproduce", *options, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert expected in outcome.err
    assert not (tmp_path / "out").exists()
