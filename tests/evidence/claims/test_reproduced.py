"""Published ranges judged by a reproduction: fourteen ends, seven peaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from impact.analysis.ranges import DEFAULT
from impact.evidence.claims.judge import NOT_SUPPORTED, PARTLY, SUPPORTED
from impact.evidence.claims.reproduced import SPAN_OVER, reproduced_outcomes

if TYPE_CHECKING:
    from impact.evidence.published.run import Reproduction

CODES = {"+": SUPPORTED, "~": PARTLY, "-": NOT_SUPPORTED}

JUDGED = {
    # low, high, peak: the whole
    "Midden-Nederland": "+--: ~",
    "Noord-Holland/Flevoland": "+~+: ~",
    "Noordoost-Nederland": "-~+: ~",
    "Oost-Nederland": "~~-: -",
    "West-Nederland": "~~-: -",
    "Zuidoost-Nederland": "-~+: ~",
    "Zuidwest-Nederland": "--+: ~",
}


def test_the_seven_ranges(reproduction: Reproduction) -> None:
    found = {}
    marks = {code: mark for mark, code in CODES.items()}
    for each in reproduced_outcomes(reproduction):
        parts = "".join(marks[figure.verdict] for figure in each.figures)
        found[each.claim.region] = f"{parts}: {marks[each.verdict]}"
    assert found == JUDGED


def test_figures_are_those_of_reproduction_csv(reproduction: Reproduction) -> None:
    rows = reproduction.ranges[reproduction.ranges["definition"] == DEFAULT].set_index("region")
    for each in reproduced_outcomes(reproduction):
        row = rows.loc[each.claim.region]
        low, high, peak = each.figures
        assert (low.value, high.value) == (row["ours_low"], row["ours_high"])
        assert (low.part.claimed, high.part.claimed) == (
            row["published_low"],
            row["published_high"],
        )
        assert bool(peak.value) == row["peak_same"]
        for figure in (low, high):
            assert figure.low <= figure.value <= figure.high


def test_the_span_is_that_of_the_named_sources(reproduction: Reproduction) -> None:
    spans = [each for each in reproduction.spreads if each.source in SPAN_OVER]
    high = next(each for each in reproduced_outcomes(reproduction)).figures[1]
    own = [each for each in spans if each.region == "Midden-Nederland" and each.end == "high"]
    assert len(own) == len(SPAN_OVER)
    assert high.low == pytest.approx(min(each.low for each in own))
    assert high.high == pytest.approx(max(each.high for each in own))
    # without them an end comes out or it does not
    bare = replace(reproduction, spreads=())
    assert {figure.verdict for each in reproduced_outcomes(bare) for figure in each.figures} == {
        SUPPORTED,
        NOT_SUPPORTED,
    }
    # and what only they allow does not count in the whole
    whole = [each.verdict for each in reproduced_outcomes(reproduction)]
    assert [each.verdict for each in reproduced_outcomes(bare)] == whole
