"""impact.segments, held to loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from impact.segments import equals, owners, ranges

numbers = st.lists(st.integers(0, 6), max_size=12)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=9))
def test_ranges_stand_one_after_the_other(spans: list[tuple[int, int]]) -> None:
    begin = np.array([first for first, _ in spans], dtype=np.int64)
    length = np.array([count for _, count in spans], dtype=np.int64)
    places, bounds = ranges(begin, begin + length)
    each = [(n, first + step) for n, (first, count) in enumerate(spans) for step in range(count)]
    assert places.tolist() == [place for _, place in each]
    assert owners(bounds).tolist() == [number for number, _ in each]


@given(numbers, numbers)
def test_every_pair_of_equals_is_found_once(wanted: list[int], known: list[int]) -> None:
    known = sorted(known)
    which, found = equals(np.array(wanted, dtype=np.int64), np.array(known, dtype=np.int64))
    pairs = [
        (i, j) for i, one in enumerate(wanted) for j, other in enumerate(known) if one == other
    ]
    assert list(zip(which.tolist(), found.tolist(), strict=True)) == pairs
