"""The published ranges as claims that a reproduction judges.

A reproduction draws no speed tables, so it has no margin of calculation. What it has instead is the
span of each end under the assumptions of `SPAN_OVER`, one of them otherwise at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import DEFAULT
from impact.evidence.claims.claim import ROUNDING, Claim
from impact.evidence.claims.judge import (
    ABOUT,
    NOT_SUPPORTED,
    PARTLY,
    SAME,
    SUPPORTED,
    ClaimTest,
    Figure,
    Outcome,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from impact.evidence.published.run import Reproduction
    from impact.evidence.published.table import PublishedRange

SPAN_OVER = ("speeds", "weights", "edge")
"""Sources of uncertainty that the span of an end is over: who stops and who performs it are not."""

_ENDS = ("low", "high")


def reproduced_outcomes(found: Reproduction) -> tuple[Outcome, ...]:
    """Judge every published range of a reproduction under its default definition."""
    default = found.ranges[found.ranges["definition"] == DEFAULT].to_dict("records")
    rows = {row["region"]: row for row in default}
    out = []
    for region, published in found.published.items():
        figures = tuple(_end(found, published, end, rows[region]) for end in _ENDS)
        peak = ClaimTest("peak", region, test=SAME)
        same = bool(rows[region]["peak_same"])
        judged = SUPPORTED if same else NOT_SUPPORTED
        figures += (Figure(peak, float(same), float(same), float(same), judged, 0, 0),)
        # what comes out only under another assumption is another definition, and does not count
        whole = verdict(
            [NOT_SUPPORTED if each.verdict == PARTLY else each.verdict for each in figures]
        )
        out.append(Outcome(published_claim(published), whole, DEFAULT, figures, (), None))
    return tuple(out)


def published_claim(published: PublishedRange) -> Claim:
    """Take a published range as a claim."""
    return Claim(
        name=published.region,
        kind="range",
        region=published.region,
        low=published.low,
        high=published.high,
        peaks=published.peaks,
        source=published.source,
    )


def _end(
    found: Reproduction, published: PublishedRange, end: str, row: Mapping[Hashable, Any]
) -> Figure:
    """Judge one end: it comes out, only under another assumption, or not."""
    claimed, value = getattr(published, end), float(row[f"ours_{end}"])
    part = ClaimTest(end, published.region, test=ABOUT, claimed=claimed, tolerance=ROUNDING)
    spans = [
        each
        for each in found.spreads
        if (each.region, each.end) == (published.region, end) and each.source in SPAN_OVER
    ]
    low = min([value, *(each.low for each in spans)])
    high = max([value, *(each.high for each in spans)])
    return Figure(part, value, low, high, end_verdict(part, value, low, high), 0, 0)


def end_verdict(part: ClaimTest, value: float, low: float, high: float) -> str:
    """Judge one end by its figure, and by its span where the figure itself differs.

    Examples
    --------
    >>> from impact.evidence.claims.judge import ClaimTest
    >>> end = ClaimTest("low", "", test="about", claimed=10.0, tolerance=0.5)
    >>> end_verdict(end, 10.4, 10.0, 12.0), end_verdict(end, 10.8, 10.0, 12.0)
    ('supported', 'partly')
    >>> end_verdict(end, 12.0, 11.0, 13.0)
    'not supported'
    """
    if part.holds(value):
        return SUPPORTED
    near = low - part.tolerance <= part.claimed <= high + part.tolerance
    return PARTLY if near else NOT_SUPPORTED
