"""Figures of claims in words: true of the unrounded figure."""

from __future__ import annotations

import pytest

from impact.evidence.claims.judge import ClaimTest, Figure, part_verdict
from impact.outputs.text import texts
from impact.outputs.text.claims import figure_text


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        # 25 is claimed, and half a minute allowed
        ((22.05, 20.59, 24.12), "ongeveer 22 minuten (tussen 20 en nog geen 25)"),
        ((27.0, 25.7, 29.0), "ongeveer 27 minuten (tussen ruim 25 en 29)"),
        ((28.0, 26.2, 29.0), "ongeveer 28 minuten (tussen 26 en 29)"),
    ],
)
def test_a_margin_that_misses_the_number_does_not_print_it_as_reached(
    ends: tuple[float, float, float], said: str
) -> None:
    part = ClaimTest("high", "R", test="about", claimed=25.0, tolerance=0.5)
    judged = part_verdict(part, *ends)
    assert judged == "not supported"
    assert figure_text(texts("nl"), Figure(part, *ends, judged, 0, 0)) == said


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.78, 0.78, 0.78), "minder dan 1 minuut"),
        ((-0.78, -0.78, -0.78), "minder dan 1 minuut onder nul"),
        ((-0.3, -0.3, -0.3), "minder dan 1 minuut onder nul"),
        ((0.0, 0.0, 0.0), "0 minuten"),
        ((1.2, 1.2, 1.2), "1 minuut"),
        ((-1.2, -1.2, -1.2), "−1 minuut"),
        ((0.78, -0.2, 1.3), "minder dan 1 minuut (tussen −1 en 2)"),
        ((14.0, 11.7, 16.1), "ongeveer 14 minuten (tussen 11 en 17)"),
    ],
)
def test_less_than_a_minute_is_no_minute(ends: tuple[float, float, float], said: str) -> None:
    part = ClaimTest("difference", "Noordoost-Nederland")
    assert figure_text(texts("nl"), Figure(part, *ends, "supported", 0, 0)) == said
