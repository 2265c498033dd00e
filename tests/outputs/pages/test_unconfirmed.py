"""How many listings nobody confirmed stands beside each result; what was inferred has no source."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, write_files
from toy import EMMEN_OPENS, TO_GRONINGEN, toy_result

from impact.analysis.compare import Side, compare
from impact.analysis.optimise import optimise_study
from impact.analysis.sweep import sweep_study
from impact.optimise.query import Query
from impact.outputs.files.folder import write_sweep
from impact.outputs.files.optimum import write_optimum
from impact.outputs.pages.compare import write_comparison_page
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.pages.reproduction_method import listed, providers_text
from impact.outputs.text import texts
from impact.outputs.text.wording import status_badge
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


SAID = re.compile(r"\d+ van de \d+ vermeldingen \(\d+%\) zijn door niemand bevestigd")


def test_on_the_pages_of_a_run(toy: Result, tmp_path: Path) -> None:
    write_explorer(toy, tmp_path / "explorer.html")
    assert SAID.search((tmp_path / "explorer.html").read_text(encoding="utf-8"))
    both = compare(Side(toy, "out", TO_GRONINGEN), Side(toy, "out", EMMEN_OPENS))
    write_comparison_page(both, tmp_path / "compare.html")
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert SAID.search(page)
    # and how much of a decision each side is, in its title
    badges = {
        status_badge(texts("nl"), case) for match in both.matches for case in match.cases if case
    }
    assert badges
    title = page[page.index("<title>") : page.index("</title>")]
    for badge in badges:
        assert f"({badge})" in title
        assert f"<small>({badge})</small>" in page


def test_on_the_pages_of_a_sweep_and_an_optimum(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path, {"study.toml": STUDY}))
    write_sweep(sweep_study(study), tmp_path / "sweep")
    assert SAID.search((tmp_path / "sweep" / "choices.html").read_text(encoding="utf-8"))
    found = optimise_study(study, Query(at_most=2, beside=0.0), engine="auto")
    write_optimum(found, tmp_path / "best")
    assert SAID.search((tmp_path / "best" / "choices.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("region", "treatment", "inferred", "sourced"),
    [("West-Nederland", "pancreas_ercp", 6, 0), ("Oost-Nederland", "nobody", 0, 0)],
)
def test_a_reproduction_calls_nothing_sourced_that_was_inferred(
    region: str, treatment: str, inferred: int, sourced: int
) -> None:
    row = SimpleNamespace(region=region, intervention=SimpleNamespace(treatment=treatment))
    counts = listed(row)
    assert (counts["inferred"], counts["sourced"]) == (inferred, sourced)
    assert "confirmed" not in counts


def test_a_reproduction_says_its_share() -> None:
    row = SimpleNamespace(
        region="West-Nederland", intervention=SimpleNamespace(treatment="pancreas_ercp")
    )
    said = providers_text(SimpleNamespace(rows=[row]), texts("nl"))
    assert "afgeleid: 6" in said
    assert "met bron" not in said
    assert "6 van de 6 vermeldingen (100%) zijn door niemand bevestigd" in said
