"""Flows under a split, where not everybody can go to the nearest.

minutes     A    B     demand
1           5   20         50     A is nearest for all 100, and may keep 30 of them:
2           6    9         50     it costs 15 minutes to send 1 to B and 3 to send 2
3         inf  inf         10     no route
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from impact.errors import InputError
from impact.model.allocation import split, split_flows
from impact.model.allocation_rule import EVERYBODY_NEAREST
from impact.model.measures import measures
from impact.times.matrix import TravelTimes

MINUTES = np.array([[5.0, 20.0], [6.0, 9.0], [np.inf, np.inf]])
TIMES = TravelTimes(("1", "2", "3"), ("A", "B"), MINUTES)
DEMAND = np.array([50.0, 50.0, 10.0])


def test_who_loses_least_goes_elsewhere() -> None:
    found = split(MINUTES, DEMAND, np.array([3.0, 7.0]))
    assert found.tolist() == [[30.0, 20.0], [0.0, 50.0], [0.0, 0.0]]


def test_the_flows_say_who_moved() -> None:
    rows = split_flows(
        TIMES,
        DEMAND,
        providers=["A", "B"],
        quotas={"A": 30.0, "B": 70.0},
        choice=EVERYBODY_NEAREST,
    )
    shown = ["postcode", "provider_before", "provider_after", "demand", "extra_minutes", "moved"]
    assert rows[shown].to_numpy().tolist()[:3] == [
        ["1", "A", "A", 30.0, 0.0, False],
        ["1", "A", "B", 20.0, 15.0, True],
        ["2", "A", "B", 50.0, 3.0, True],
    ]
    assert rows["demand"].sum() == 110.0
    figures = measures(rows)
    assert figures["moved"] == 70.0
    assert figures["mean_extra_moved"] == pytest.approx((20 * 15 + 50 * 3) / 70)
    assert figures["unreachable"] == 10.0


def test_who_gets_another_hospital_as_near_as_the_old_one_is_moved() -> None:
    times = TravelTimes(("1",), ("A", "B"), np.array([[10.0, 10.0]]))
    quotas = {"A": 60.0, "B": 40.0}
    rows = split_flows(
        times, np.array([50.0]), providers="AB", quotas=quotas, choice=EVERYBODY_NEAREST
    )
    figures = measures(rows)
    assert (figures["moved"], figures["mean_extra_moved"]) == (20.0, 0.0)


def test_quotas_that_cannot_be_filled_are_refused() -> None:
    only_a = np.array([[5.0, np.inf], [6.0, np.inf]])
    with pytest.raises(InputError, match="found '50, 50', expected quotas that can be filled"):
        split(only_a, np.array([50.0, 50.0]), np.array([1.0, 1.0]))


@given(
    arrays(np.float64, (6, 3), elements=st.integers(1, 90).map(float)),
    arrays(np.float64, (6,), elements=st.integers(1, 50).map(float)),
)
def test_quotas_of_the_nearest_are_the_nearest(minutes: np.ndarray, demand: np.ndarray) -> None:
    first = minutes.argmin(axis=1)
    at_nearest = np.bincount(first, demand, 3)
    found = split(minutes, demand, at_nearest)
    assert found.sum(axis=1) == pytest.approx(demand)
    assert found.sum(axis=0) == pytest.approx(at_nearest)
    assert (found * minutes).sum() == pytest.approx((minutes.min(axis=1) * demand).sum())
