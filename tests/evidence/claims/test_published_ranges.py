"""Published ranges: fourteen ends, seven peaks, and one verdict whichever command gives it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from impact.analysis.ranges import DEFAULT
from impact.evidence.claims.check import check
from impact.evidence.claims.claim import DRAWS, SHIPPED
from impact.evidence.claims.judge import NOT_SUPPORTED, PARTLY, SUPPORTED
from impact.evidence.claims.read import claim_paths, read_claims
from impact.evidence.claims.shipped import MARGIN_OVER
from impact.evidence.published.world import Assumptions
from impact.outputs.pages.claims import write_claims_page
from impact.outputs.pages.reproduction import write_reproduction_page
from impact.storage import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.judge import Outcome
    from impact.evidence.published.run import Reproduction

CODES = {"+": SUPPORTED, "~": PARTLY, "-": NOT_SUPPORTED}

JUDGED = {
    # low, high, peak: the whole
    "Midden-Nederland": "+--: ~",
    "Noord-Holland/Flevoland": "+-+: ~",
    "Noordoost-Nederland": "-++: ~",
    "Oost-Nederland": "+--: ~",
    "West-Nederland": "---: -",
    "Zuidoost-Nederland": "-++: ~",
    "Zuidwest-Nederland": "--+: ~",
}


def test_the_seven_ranges(reproduction: Reproduction) -> None:
    found = {}
    marks = {code: mark for mark, code in CODES.items()}
    for each in reproduction.outcomes:
        parts = "".join(marks[figure.verdict] for figure in each.figures)
        found[each.claim.region] = f"{parts}: {marks[each.verdict]}"
    assert found == JUDGED


def test_figures_are_those_of_reproduction_csv(reproduction: Reproduction) -> None:
    rows = reproduction.ranges[reproduction.ranges["definition"] == DEFAULT].set_index("region")
    assert [each.claim.region for each in reproduction.outcomes] == list(rows.index)
    for each in reproduction.outcomes:
        row = rows.loc[each.claim.region]
        low, high, peak = each.figures
        assert (low.value, high.value) == (row["ours_low"], row["ours_high"])
        assert (low.part.claimed, high.part.claimed) == (
            row["published_low"],
            row["published_high"],
        )
        assert bool(peak.value) == row["peak_same"]
        for figure in (low, high):
            assert figure.low < figure.value < figure.high


def test_an_end_comes_out_by_its_margin_alone(reproduction: Reproduction) -> None:
    oost = next(each for each in reproduction.outcomes if each.claim.region == "Oost-Nederland")
    low = oost.figures[0]
    assert low.value > low.part.claimed + low.part.tolerance >= low.low
    assert (low.verdict, oost.verdict) == (SUPPORTED, PARTLY)
    # speeds, and each of the others at least once
    assert low.computed > DRAWS + len(MARGIN_OVER)
    assert reproduction.manifest["margin"]["over"] == [*MARGIN_OVER, "speeds"]


@pytest.fixture(scope="module", name="checked")
def _checked(reproduction: Reproduction) -> Checked:
    """Give the shipped claims about ranges; the margin is there from the reproduction."""
    before = sorted(cache_folder().glob("many-*"))
    every = read_claims(claim_paths()[SHIPPED])
    ranges = replace(every, claims=tuple(each for each in every.claims if each.kind == "range"))
    found = check(ranges, Assumptions(), sets=5, volumes=100)
    assert len(found.outcomes) == len(reproduction.outcomes)
    assert sorted(cache_folder().glob("many-*")) == before
    return found


def by_region(outcomes: tuple[Outcome, ...]) -> dict[str, list[object]]:
    """Region -> the verdict on its range, and every figure with its margin and verdict."""
    return {
        each.claim.region: [
            each.verdict,
            each.definition,
            *(
                (one.part.measure, one.value, one.low, one.high, one.verdict, one.computed)
                for one in each.figures
            ),
        ]
        for each in outcomes
    }


def test_check_and_reproduce_give_one_verdict(reproduction: Reproduction, checked: Checked) -> None:
    assert by_region(checked.outcomes) == by_region(reproduction.outcomes)
    assert checked.manifest["margin"] == reproduction.manifest["margin"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_both_pages_find_the_same_in_the_same_words(
    reproduction: Reproduction, checked: Checked, tmp_path: Path, lang: str
) -> None:
    write_claims_page(checked, tmp_path / "check.html", lang=lang)
    write_reproduction_page(reproduction, tmp_path / "reproduce.html", lang=lang)
    said = [(tmp_path / f"{name}.html").read_text("utf-8") for name in ("check", "reproduce")]
    one, other = (re.findall(r'<p class="big">(.*?)</p>', page) for page in said)
    assert one == other
    assert any(re.search(r"\b5 (van de|of) 14\b", sentence) for sentence in one)
    one, other = (re.search(r'<dl class="rules">.*?</dl>', page, re.DOTALL) for page in said)
    assert one is not None
    assert other is not None
    assert one[0] == other[0]
