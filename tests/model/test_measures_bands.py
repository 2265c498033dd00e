"""Bands: one definition of who is drawn and counted where."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.model.measures import (
    BANDS,
    LEGEND,
    NO_ROUTE,
    NOBODY,
    SHORTER,
    bands_of,
    hardest_hit,
    place_bands,
)

NAN, INF = math.nan, math.inf


def band(before: float, after: float, extra_moved: float, demand: float = 9.0) -> str:
    (place,) = place_bands(*(np.array([each]) for each in (before, after, extra_moved, demand)))
    return LEGEND[place].key


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        (0.0, "band_0"),
        (0.004, "band_0"),
        (-0.004, "band_0"),
        (0.006, "band_0_5"),
        (5.0, "band_0_5"),
        (5.001, "band_5_10"),
        (30.0, "band_20_30"),
        (30.001, "band_30"),
        (-0.006, "band_shorter"),
        (-90.0, "band_shorter"),
        (NAN, "no_route"),
        (INF, "no_route"),
        (-INF, "no_route"),
    ],
)
def test_the_moved_are_in_the_band_of_their_extra_minutes(extra: float, key: str) -> None:
    (place,) = bands_of(np.array([extra]))
    assert LEGEND[place].key == key


@given(st.floats(0.005, 1e6))
def test_every_number_of_minutes_is_in_the_band_that_holds_it(extra: float) -> None:
    (place,) = bands_of(np.array([extra]))
    assert BANDS[place].low < extra <= BANDS[place].high


def test_who_has_no_route_is_never_counted_as_nobody() -> None:
    assert band(6.0, INF, NAN) == NO_ROUTE.key  # not moved, and cut off
    assert band(INF, INF, NAN) == NO_ROUTE.key
    assert band(6.0, INF, 3.0) == NO_ROUTE.key
    assert band(6.0, INF, NAN, 0.0) == NO_ROUTE.key


def test_who_travels_less_is_never_counted_as_nobody() -> None:
    assert band(48.0, 4.5, NAN) == SHORTER.key  # stays with nobody who stops: a location opens
    assert band(48.0, 4.5, -43.5) == SHORTER.key  # moved
    assert band(48.0, 4.5, NAN, 0.0) == NOBODY.key  # nobody lives there
    assert band(48.0, 47.996, NAN) == NOBODY.key  # rounds to the same minutes
    assert band(INF, 4.5, NAN) == NOBODY.key  # there is nothing to compare with
    assert band(6.0, 6.0, NAN) == NOBODY.key


def test_the_hardest_hit_come_first_and_equals_by_name() -> None:
    places = pd.DataFrame(
        {"moved": [5.0, 1.0, 0.0, 2.0, 3.0], "mean_extra_moved": [7.0, 9.0, NAN, NAN, 7.0 + 1e-12]},
        index=["Emmen", "Assen", "Zwolle", "Vlieland", "Bedum"],
    )
    assert hardest_hit(places).index.tolist() == ["Assen", "Bedum", "Emmen"]
