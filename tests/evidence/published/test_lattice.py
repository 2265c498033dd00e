"""Sums over a lattice against the plain way: one set at a time.

```
    postcode 1:  A 5, B 9, C 20        postcode 2:  A 8, B 2, C 4
```
"""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from impact.evidence.published.lattice import (
    bypassing_sums,
    nearest_lattice,
    set_number,
    shared_lattice,
)
from impact.evidence.published.rows import Matrix, ratio, rule_of, sums
from impact.evidence.published.world import Assumptions
from impact.model.measures import measures

MINUTES = np.array([[5.0, 9.0, 20.0], [8.0, 2.0, 4.0]])
PEOPLE = np.array([10.0, 1.0])


def every_set(providers: int) -> np.ndarray:
    numbers = np.arange(1 << providers)
    return (numbers[:, None] >> np.arange(providers)) & 1 == 1


def plainly(
    minutes: np.ndarray, shares: np.ndarray, stops: np.ndarray, outside: np.ndarray
) -> tuple[float, float]:
    """Moved demand and extra minutes when everybody goes to the nearest that is left."""
    after = np.minimum(np.where(stops, np.inf, minutes).min(axis=1), outside)
    moved = shares[:, stops].sum()
    with np.errstate(invalid="ignore"):
        extra = shares[:, stops] * (after[:, None] - minutes[:, stops])
    return float(moved), float(extra[shares[:, stops] > 0].sum())


def test_one_that_stops_moves_its_own_and_two_move_further() -> None:
    sums = nearest_lattice(MINUTES, PEOPLE)
    # A stops: postcode 1 goes to B, 4 minutes more for ten people
    assert (sums.moved[0b001], sums.minutes[0b001]) == (10.0, 40.0)
    # B stops: postcode 2 goes to C, 2 minutes more
    assert (sums.moved[0b010], sums.minutes[0b010]) == (1.0, 2.0)
    # A and B stop: both go to C
    assert (sums.moved[0b011], sums.minutes[0b011]) == (11.0, 152.0)
    # C has nobody
    assert (sums.moved[0b100], sums.minutes[0b100]) == (0.0, 0.0)


def test_nowhere_left_is_infinite() -> None:
    assert np.isinf(nearest_lattice(MINUTES, PEOPLE).minutes[0b111])


def test_who_already_goes_outside_never_moves() -> None:
    sums = nearest_lattice(MINUTES, PEOPLE, outside=np.array([4.0, 3.0]))
    # postcode 1 has somebody at 4 minutes; postcode 2 leaves B for 3 minutes outside
    assert (sums.moved[0b111], sums.minutes[0b111]) == (1.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    minutes=arrays(np.float64, (5, 4), elements=st.integers(0, 90).map(float)),
    weights=arrays(np.float64, 5, elements=st.integers(0, 9).map(float)),
    outside=arrays(np.float64, 5, elements=st.integers(0, 200).map(float)),
)
def test_every_set_is_as_when_summed_plainly(
    minutes: np.ndarray, weights: np.ndarray, outside: np.ndarray
) -> None:
    sums = nearest_lattice(minutes, weights, outside=outside)
    everywhere = np.column_stack([minutes, outside])
    shares = np.zeros_like(minutes)
    # of equals the first by name, and outside only where it is nearer
    first = np.where(outside <= minutes.min(axis=1), 4, everywhere.argmin(axis=1))
    for row, place in enumerate(first):
        if place < 4:
            shares[row, place] = weights[row]
    for number, stops in enumerate(every_set(4)):
        moved, extra = plainly(minutes, shares, stops, outside)
        assert sums.moved[number] == pytest.approx(moved)
        assert sums.minutes[number] == pytest.approx(extra, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    minutes=arrays(np.float64, (5, 4), elements=st.integers(0, 90).map(float)),
    shares=arrays(np.float64, (5, 4), elements=st.integers(0, 9).map(float)),
    outside=arrays(np.float64, 5, elements=st.integers(0, 200).map(float)),
)
def test_shared_sets_are_as_when_summed_plainly(
    minutes: np.ndarray, shares: np.ndarray, outside: np.ndarray
) -> None:
    sums = shared_lattice(minutes, shares, outside=outside)
    for number, stops in enumerate(every_set(4)):
        moved, extra = plainly(minutes, shares, stops, outside)
        assert sums.moved[number] == pytest.approx(moved)
        assert sums.minutes[number] == pytest.approx(extra, abs=1e-6)


def test_a_strong_pull_of_minutes_is_the_nearest() -> None:
    members = every_set(3)[:-1]
    near = nearest_lattice(MINUTES, PEOPLE)
    moved, extra = bypassing_sums(MINUTES, PEOPLE, members, beta=20.0)
    place = set_number(members)
    np.testing.assert_allclose(moved, near.moved[place], atol=1e-6)
    np.testing.assert_allclose(extra, near.minutes[place], atol=1e-6)


def test_who_passes_the_nearest_can_save_minutes() -> None:
    # half of the people drive 20 minutes though 10 would do; their hospital stops
    moved, extra = bypassing_sums(
        np.array([[10.0, 20.0]]), np.array([8.0]), np.array([[False, True]]), beta=1e-9
    )
    assert moved[0] == pytest.approx(4.0)
    assert extra[0] == pytest.approx(-40.0)


def test_a_set_is_numbered_by_its_members() -> None:
    assert set_number(every_set(4)).tolist() == list(range(16))


_BYPASSING = Assumptions(baseline="huff", beta=0.1)
_ASSUMED = [Assumptions(), _BYPASSING, replace(_BYPASSING, recipients="nearest")]


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[Matrix, Assumptions, tuple[str, ...]]:
    providers = tuple("ABCDE"[: draw(st.integers(2, 5))])
    beyond = tuple("XY"[: draw(st.integers(0, 2))])
    rows = draw(st.integers(1, 6))
    shape = (rows, len(providers) + len(beyond))
    minutes = draw(arrays(np.float64, shape, elements=st.floats(1.0, 90.0), unique=True))
    weights = draw(arrays(np.float64, rows, elements=st.floats(1.0, 500.0)))
    inside, elsewhere = minutes[:, : len(providers)], minutes[:, len(providers) :]
    stops = draw(st.sets(st.sampled_from(providers), min_size=1, max_size=len(providers) - 1))
    setting = draw(st.sampled_from(_ASSUMED))
    return Matrix(providers, beyond, inside, elsewhere, weights), setting, tuple(sorted(stops))


@given(_worlds())
def test_sums_over_sets_are_those_of_the_flows(
    shipped: tuple[Matrix, Assumptions, tuple[str, ...]],
) -> None:
    matrix, setting, stops = shipped
    rule = rule_of(matrix, setting)
    figures = measures(matrix.flows(rule, stops=stops))
    moved, minutes = sums(matrix, np.isin(matrix.providers, stops)[None], rule)
    demand = np.array([matrix.weights.sum()])
    assert moved[0] == pytest.approx(figures["moved"])
    assert ratio(minutes, demand)[0] == pytest.approx(figures["mean_extra_all"], abs=1e-9)
    if figures["moved"] > 0.0:
        expected = pytest.approx(figures["mean_extra_moved"], abs=1e-9)
        assert ratio(minutes, moved)[0] == expected


@given(_worlds(), st.integers(2, 4))
def test_matrices_on_each_other_are_summed_as_each_alone(
    shipped: tuple[Matrix, Assumptions, tuple[str, ...]], count: int
) -> None:
    one = shipped[0]
    slower = [1.0 + layer for layer in range(count)]
    stack = replace(
        one,
        minutes=np.stack([one.minutes * each for each in slower]),
        elsewhere=np.stack([one.elsewhere * each for each in slower]),
    )
    for layer, each in zip(stack.layers(), slower, strict=True):
        alone = replace(one, minutes=one.minutes * each, elsewhere=one.elsewhere * each)
        np.testing.assert_array_equal(layer.lattice.moved, alone.lattice.moved)
        np.testing.assert_array_equal(layer.lattice.minutes, alone.lattice.minutes)
