"""Hidden counts held to totals: they add up, stay within bounds, and the bounds hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.tables.count_totals import ContradictionError, Total, held_to, narrowed
from impact.tables.text_table import Counts


def hidden(truth: np.ndarray) -> Counts:
    """Hide every count from 1 to 9, as ``<10`` does."""
    small = (truth >= 1) & (truth < 10)
    low, high = np.where(small, 1.0, truth), np.where(small, 9.0, truth)
    return Counts((low + high) / 2.0, low, high)


def exactly(rows: object, total: float) -> Total:
    return Total(np.asarray(rows, dtype=np.intp), total, total)


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, list[Total]]:
    """A true table of postcodes by hospitals, and some of its true totals."""
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 4)))
    count = shape[0] * shape[1]
    few = st.sampled_from([0, 1, 1, 2, 5, 8, 9, 12, 40])
    truth = np.array(draw(st.lists(few, min_size=count, max_size=count)), dtype=float)
    place = np.arange(count).reshape(shape)
    totals = []
    if draw(st.booleans()):
        totals += [place[:, column] for column in range(shape[1])]
    if draw(st.booleans()):
        # two municipalities
        half = draw(st.integers(0, shape[0]))
        totals += [each.ravel() for each in (place[:half], place[half:]) if each.size]
    if draw(st.booleans()):
        totals.append(place.ravel())
    slack = draw(st.sampled_from([0.0, 3.0]))
    return truth, [
        Total(rows, max(truth[rows].sum() - slack, 0.0), truth[rows].sum() + slack)
        for rows in totals
    ]


@given(tables())
def test_totals_are_met_within_bounds_that_hold_the_truth(
    drawn: tuple[np.ndarray, list[Total]],
) -> None:
    truth, totals = drawn
    before = hidden(truth)
    found = held_to(before, totals)
    for each in totals:
        assert each.misfit(found.middle) <= 1e-6
    assert (found.low <= found.middle).all()
    assert (found.middle <= found.high).all()
    assert (before.low <= found.low).all()
    assert (found.high <= before.high).all()
    assert (found.low <= truth + 1e-6).all()
    assert (truth <= found.high + 1e-6).all()
    known = before.low == before.high
    assert (found.middle[known] == truth[known]).all()


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(
    drawn: tuple[np.ndarray, list[Total]], random: object
) -> None:
    truth, totals = drawn
    order = list(range(len(truth)))
    random.shuffle(order)  # type: ignore[attr-defined]
    place = np.argsort(order)
    there = [Total(np.sort(place[each.rows]), each.low, each.high) for each in totals]
    found = held_to(hidden(truth), totals)
    moved = held_to(hidden(truth[order]), there)
    for one, other in zip(found, moved, strict=True):
        assert other == pytest.approx(one[order], abs=1e-5)


@given(st.lists(st.sampled_from([0, 10, 25, 40]), min_size=1, max_size=6))
def test_counts_of_which_none_is_hidden_stay_as_they_are(known: list[int]) -> None:
    truth = np.array(known, dtype=float)
    found = held_to(hidden(truth), [exactly(range(len(truth)), truth.sum())])
    for each in found:
        assert each.tolist() == truth.tolist()


def test_one_total_gives_every_hidden_count_the_same_part_of_its_bounds() -> None:
    # 20 is known; of 24 hidden counts share 4, by the width of their bounds: 8 and 4
    counts = Counts(
        np.array([20.0, 5.0, 2.0]), np.array([20.0, 1.0, 0.0]), np.array([20.0, 9.0, 4.0])
    )
    found = held_to(counts, [exactly([0, 1, 2], 24.0)])
    assert found.middle == pytest.approx([20.0, 1.0 + 8.0 / 4.0, 0.0 + 4.0 / 4.0])
    assert found.low.tolist() == [20.0, 1.0, 0.0]
    assert found.high.tolist() == [20.0, 4.0, 3.0]


def test_hospital_and_municipality_together() -> None:
    # hospitals in columns, municipalities in rows, all hidden:  a  b | 6
    #                                                            c  d | 14
    #                                                            8 12
    counts = Counts(np.full(4, 5.0), np.ones(4), np.full(4, 9.0))
    totals = [exactly(*each) for each in (([0, 2], 8), ([1, 3], 12), ([0, 1], 6), ([2, 3], 14))]
    found = held_to(counts, totals)
    # least squares around 5: a + b = 6, c + d = 14, a + c = 8
    assert found.middle == pytest.approx([2.0, 4.0, 6.0, 8.0])
    # a is at most 5 by its row, and c at least 5 by its own; so a is at most 3
    assert found.low == pytest.approx([1.0, 3.0, 5.0, 7.0])
    assert found.high == pytest.approx([3.0, 5.0, 7.0, 9.0])


def test_the_most_that_a_total_can_be_scales_down_and_never_up() -> None:
    counts = Counts(np.full(2, 5.0), np.ones(2), np.full(2, 9.0))
    rows = np.arange(2)
    assert held_to(counts, [Total(rows, 0.0, 14.0)]).middle.tolist() == [5.0, 5.0]
    assert held_to(counts, [Total(rows, 0.0, 6.0)]).middle == pytest.approx([3.0, 3.0])


def test_totals_that_contradict_one_another_are_named() -> None:
    counts = Counts(np.full(4, 5.0), np.ones(4), np.full(4, 9.0))
    halves = [exactly([0, 1], 10), exactly([2, 3], 10)]
    with pytest.raises(ContradictionError) as error:
        held_to(counts, [*halves, exactly(range(4), 25)])
    assert set(error.value.places) <= {0, 1, 2}
    assert error.value.places
    # 3 by one total and 8 by another: bounds alone say that it cannot be
    with pytest.raises(ContradictionError):
        narrowed(counts, [exactly([0, 1], 4), exactly([0], 8)])
