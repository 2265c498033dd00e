"""No printed sentence is false of the unrounded figures."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.model.measures import weighted_percentile
from impact.outputs.pictures.charts import margin_text
from impact.outputs.text import texts
from impact.outputs.text.rounding import rounded_difference, rounded_down, rounded_up
from impact.outputs.text.wording import (
    minutes_at_least,
    minutes_at_most,
    share_at_least,
    span_text,
    tenth_text,
)

NL = texts("nl")
MINUTES = st.floats(min_value=0.0, max_value=200.0, allow_nan=False)
PEOPLE = st.lists(
    st.tuples(
        st.floats(min_value=-60.0, max_value=200.0, allow_nan=False),
        st.integers(min_value=1, max_value=1000),
    ),
    min_size=1,
    max_size=40,
)


def numbers(text: str) -> list[float]:
    found = re.findall(r"−?\d[\d.]*", text)
    return [float(each.replace(".", "").replace("−", "-")) for each in found]


def test_one_in_ten_where_minutes_cluster() -> None:
    # 28 of 100 travel 32.4 minutes longer: 'more than 32' would be 28 in 100, not 10
    extra, weight = np.array([10.0, 32.4]), np.array([72.0, 28.0])
    assert tenth_text(NL, weighted_percentile(extra, weight, 0.9)) == "32"
    assert NL("map.extra_value_p90", mean="16", p90="32") == "gemiddeld 16, 1 op de 10 minstens 32"


@given(PEOPLE)
def test_at_least_one_in_ten_gets_what_is_printed(people: list[tuple[float, int]]) -> None:
    extra = np.array([minutes for minutes, _ in people])
    weight = np.array([float(count) for _, count in people])
    p90 = weighted_percentile(extra, weight, 0.9)
    (printed,) = numbers(tenth_text(NL, p90))
    share = weight / weight.sum()
    assert share[extra >= printed - 1e-9].sum() >= 0.1 - 1e-9
    # and not more than one in ten exceeds the next whole minute
    assert share[extra > rounded_up(p90) + 1e-9].sum() <= 0.1 + 1e-9
    p10 = weighted_percentile(extra, weight, 0.1)
    assert share[extra <= rounded_up(p10) + 1e-9].sum() >= 0.1 - 1e-9
    assert share[extra >= rounded_down(p10) - 1e-9].sum() >= 0.9 - 1e-9


@given(st.floats(min_value=0.0, max_value=1.0))
def test_at_least_a_share_is_never_more_than_the_share(share: float) -> None:
    (printed,) = numbers(share_at_least(NL, share))
    assert printed <= 100.0 * share + 1e-6
    assert printed > 100.0 * share - 1.0 - 1e-6


def test_at_least_49_per_cent_was_48_6() -> None:
    assert share_at_least(NL, 0.486) == "48%"


@given(MINUTES)
def test_at_least_and_at_most_hold(value: float) -> None:
    least, most = minutes_at_least(NL, value), minutes_at_most(NL, value)
    assert numbers(least)[0] <= value + 1e-6
    assert numbers(most)[0] >= value - 1e-6
    assert "minder" not in least + most


@given(MINUTES, MINUTES)
def test_a_span_is_within_half_a_minute_and_never_twice_the_same(one: float, two: float) -> None:
    low, high = sorted((one, two))
    said = span_text(NL, low, high, unit=True)
    assert "ongeveer minder" not in said
    found = numbers(said)
    if "tot" in said:
        first, _, last = said.partition(" tot ")
        assert first != last.split(" minu")[0]
    if "minder" not in said:
        assert abs(found[0] - low) <= 0.5 + abs(high - low) * (len(found) == 1)
        assert abs(found[-1] - high) <= 0.5


@given(MINUTES, MINUTES, MINUTES)
def test_a_figure_lies_between_the_ends_of_its_margin(a: float, b: float, c: float) -> None:
    low, mean, high = sorted((a, b, c))
    said = margin_text(NL, mean, low, high)
    assert "ongeveer minder" not in said
    if "rekenmarge" in said:
        least, most = numbers(said.partition("rekenmarge")[2])
        assert least <= low + 1e-6
        assert most >= high - 1e-6


@given(MINUTES, MINUTES)
def test_a_difference_is_that_of_the_numbers_beside_it(before: float, after: float) -> None:
    printed = rounded_difference(before, after)
    assert NL.number(printed) == NL.number(float(NL.number(after)) - float(NL.number(before)))
    assert abs(printed - (after - before)) <= 1.0


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_text_says_that_one_in_ten_gets_more_than_a_rounded_number(lang: str) -> None:
    wrong = re.compile(r"1 op de 10[^.;]{0,25}meer dan|1 in 10[^.;]{0,25}more than")
    assert [key for key, text in texts(lang).entries.items() if wrong.search(text)] == []
