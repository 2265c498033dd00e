"""Measures are weighted statistics of flows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, ecdf_inverse, instances, matrix

from impact.model.allocation import flows
from impact.model.measures import (
    EXTRA_LIMITS,
    LIMITS,
    by_place,
    measures,
    weighted_mean,
    weighted_percentile,
)

#              A    B   C
ROWS = {
    "p": [10, 40, 70],  # 4 move from A to B: 30 minutes more
    "q": [20, 30, 80],  # 2 move from A to B: 10 minutes more
    "r": [5, INF, INF],  # 1 can reach A only
    "s": [50, 45, 90],  # 8 stay with B
    "t": [INF, INF, INF],  # 16 can reach nothing
}
DEMAND = np.array([4.0, 2.0, 1.0, 8.0, 16.0])


@pytest.fixture(name="figures")
def _figures() -> dict[str, float]:
    return measures(flows(matrix("A B C", ROWS), DEMAND, providers=["A", "B"], stops=["A"]))


def test_moved_is_the_demand_whose_provider_stops(figures: dict[str, float]) -> None:
    assert figures["demand"] == 31.0
    assert figures["moved"] == 7.0


def test_means_of_the_moved_and_of_all_stand_side_by_side(figures: dict[str, float]) -> None:
    # (4 x 30 + 2 x 10) / 6 with finite minutes after; r is counted beside it
    assert figures["mean_extra_moved"] == pytest.approx(140 / 6)
    # the same minutes over 4 + 2 + 8 with finite minutes
    assert figures["mean_extra_all"] == pytest.approx(10.0)
    assert figures["mean_before"] == pytest.approx((4 * 10 + 2 * 20) / 6)
    assert figures["mean_after"] == pytest.approx((4 * 40 + 2 * 30) / 6)


def test_the_unreachable_are_counted_and_lie_beyond_every_limit(figures: dict[str, float]) -> None:
    assert figures["unreachable"] == 17.0
    assert figures["beyond_60_before"] == 16.0
    assert figures["beyond_60_after"] == 17.0
    assert figures["beyond_60_moved"] == 1.0
    # s at 45, p at 40, and r and t
    assert figures["beyond_30_before"] == 8.0 + 16.0
    assert figures["beyond_30_after"] == 4.0 + 8.0 + 17.0


def test_limits_are_strict() -> None:
    rows = {f"p{k}": [minutes, 200] for k, minutes in enumerate((30, 30.01, 45, 45.01, 60, 60.01))}
    figures = measures(flows(matrix("A B", rows), np.ones(6), providers=["A", "B"]))
    assert [figures[f"beyond_{limit}_before"] for limit in LIMITS] == [5.0, 3.0, 1.0]
    assert [figures[f"beyond_{limit}_after"] for limit in LIMITS] == [5.0, 3.0, 1.0]


def test_percentiles_are_of_the_moved(figures: dict[str, float]) -> None:
    names = ("min_extra", "p10_extra", "p50_extra", "p90_extra", "max_extra")
    assert [figures[name] for name in names] == [10.0, 10.0, 30.0, 30.0, 30.0]


def test_a_share_that_is_reached_exactly_is_reached_whatever_the_rounding() -> None:
    # half of six weights of 0.3 is three of them: in floating point 0.8999... against 0.9
    weights = np.full(6, 0.3)
    assert weights.cumsum()[2] < 0.5 * weights.cumsum()[5]
    assert weighted_percentile(np.arange(6.0), weights, 0.5) == 2.0


def test_extra_minutes_are_signed() -> None:
    # such flows come from other rules than nearest: one of three travels shorter
    frame = pd.DataFrame(
        {
            "postcode": ["p", "q", "r"],
            "provider_before": ["A", "A", "A"],
            "provider_after": ["B", "B", "C"],
            "demand": [2.0, 1.0, 1.0],
            "minutes_before": [30.0, 30.0, 30.0],
            "minutes_after": [25.0, 50.0, 30.0],
            "extra_minutes": [-5.0, 20.0, 0.0],
            "moved": [True, True, True],
        }
    )
    figures = measures(frame)
    assert figures["mean_extra_moved"] == 2.5
    assert figures["mean_extra_longer"] == 20.0
    assert figures["share_shorter"] == 0.5
    assert figures["min_extra"] == -5.0


def test_where_there_is_nothing_to_average_the_figure_is_empty() -> None:
    averages = {
        *("mean_extra_moved", "mean_extra_longer", "share_shorter", "mean_before", "mean_after"),
        *("p10_extra", "p50_extra", "p90_extra", "min_extra", "max_extra"),
    }
    # nobody moves
    stay = measures(flows(matrix("A B", {"p": [1, 2]}), np.ones(1), providers=["A", "B"]))
    assert {name for name, value in stay.items() if np.isnan(value)} == averages
    assert (stay["moved"], stay["mean_extra_all"]) == (0.0, 0.0)
    # all who move can reach nothing
    lost = measures(
        flows(matrix("A B", {"p": [1, INF]}), np.ones(1), providers=["A", "B"], stops=["A"])
    )
    assert {name for name, value in lost.items() if np.isnan(value)} == {
        *averages,
        "mean_extra_all",
    }
    assert (lost["moved"], lost["unreachable"]) == (1.0, 1.0)
    # nobody lives there
    none = measures(
        flows(matrix("A B", {"p": [1, 2]}), np.zeros(1), providers=["A", "B"], stops=["A"])
    )
    assert {name for name, value in none.items() if np.isnan(value)} == {
        *averages,
        "mean_extra_all",
    }


def test_the_mean_of_those_who_travel_longer_is_empty_where_nobody_does() -> None:
    figures = measures(
        flows(matrix("A B", {"p": [7, 7]}), np.ones(1), providers=["A", "B"], stops=["A"])
    )
    assert (figures["moved"], figures["mean_extra_moved"]) == (1.0, 0.0)
    assert np.isnan(figures["mean_extra_longer"])
    assert figures["share_shorter"] == 0.0


def test_demand_that_an_opening_draws_is_counted_apart() -> None:
    times = matrix("A B C", {"p": [10, 40, 30], "q": [20, 5, 9], "r": [60, 50, 8]})
    found = flows(times, np.array([4.0, 2.0, 1.0]), providers=["A", "B"], stops=["A"], opens=["C"])
    figures = measures(found)
    assert (figures["moved"], figures["drawn"]) == (4.0, 1.0)
    assert figures["mean_extra_moved"] == 20.0
    # what is drawn counts in the mean over all: (4 x 20 - 42) / 7
    assert figures["mean_extra_all"] == pytest.approx(38 / 7)


def test_a_mean_counts_each_value_as_often_as_its_weight() -> None:
    assert weighted_mean(np.array([10.0, 40.0, INF]), np.array([2.0, 1.0, 0.0])) == 20.0
    assert np.isnan(weighted_mean(np.array([10.0]), np.zeros(1)))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(-5, 40).map(float), st.integers(0, 20)), min_size=1),
    st.integers(0, 100),
)
def test_percentiles_invert_the_weighted_ecdf(pairs: list[tuple[float, int]], percent: int) -> None:
    values, weights = (list(column) for column in zip(*pairs, strict=True))
    for scale in (1.0, 1 / 3, 1e6):
        found = weighted_percentile(
            np.array(values), np.array(weights, dtype=float) * scale, percent / 100
        )
        np.testing.assert_equal(found, ecdf_inverse(values, weights, percent))


@settings(deadline=None, max_examples=80)
@given(instances(), st.data())
def test_measures_by_their_plain_definition(instance: Instance, data: st.DataObject) -> None:
    providers = instance.intervention.providers
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    found = flows(instance.times, instance.demand, providers=providers, stops=stops)
    figures = measures(found)
    # one entry per resident
    people = [row for row in found.itertuples() for _ in range(int(row.demand))]
    moved = [row for row in people if row.provider_before in stops]
    counted = [row.extra_minutes for row in moved if row.minutes_after < INF]
    everyone = [row.extra_minutes for row in people if row.minutes_after < INF]

    def mean(values: list[float]) -> float:
        return sum(values) / len(values) if values else np.nan

    expected = {
        "demand": len(people),
        "moved": len(moved),
        "mean_extra_moved": mean(counted),
        "mean_extra_all": mean(everyone),
        "mean_extra_longer": mean([extra for extra in counted if extra > 0]),
        "share_shorter": mean([float(extra < 0) for extra in counted]),
        "p10_extra": ecdf_inverse(counted, [1] * len(counted), 10),
        "p50_extra": ecdf_inverse(counted, [1] * len(counted), 50),
        "p90_extra": ecdf_inverse(counted, [1] * len(counted), 90),
        "min_extra": min(counted, default=np.nan),
        "max_extra": max(counted, default=np.nan),
        "mean_before": mean([row.minutes_before for row in moved if row.minutes_after < INF]),
        "mean_after": mean([row.minutes_after for row in moved if row.minutes_after < INF]),
        **{
            f"beyond_{limit}_{when}": sum(getattr(row, f"minutes_{when}") > limit for row in people)
            for limit in LIMITS
            for when in ("before", "after")
        },
        "beyond_60_moved": sum(row.minutes_after > 60 for row in moved),
        **{
            f"extra_over_{limit}": sum(
                row.minutes_before < INF and row.minutes_after > row.minutes_before + limit
                for row in moved
            )
            for limit in EXTRA_LIMITS
        },
        "unreachable": sum(row.minutes_after == INF for row in people),
        "drawn": 0,
    }
    assert figures == pytest.approx(expected, nan_ok=True)


def test_places_add_up_their_postcodes() -> None:
    found = flows(matrix("A B C", ROWS), DEMAND, providers=["A", "B"], stops=["A"])
    key = found["postcode"].map({"p": "East", "q": "East", "s": "East", "r": "West", "t": "West"})
    places = by_place(found, key)
    assert places.index.tolist() == ["East", "West"]
    east, west = places.loc["East"], places.loc["West"]
    assert (east["demand"], east["moved"]) == (14.0, 6.0)
    assert east["mean_extra_moved"] == pytest.approx(140 / 6)
    assert east["max_extra"] == 30.0
    # of all demand of the place
    assert east["mean_before"] == pytest.approx((4 * 10 + 2 * 20 + 8 * 45) / 14)
    assert east["mean_after"] == pytest.approx((4 * 40 + 2 * 30 + 8 * 45) / 14)
    assert (west["demand"], west["moved"]) == (17.0, 1.0)
    assert np.isnan(west["mean_extra_moved"])
    assert np.isnan(west["max_extra"])
    assert west["mean_after"] == INF


def test_a_place_without_residents_still_has_minutes() -> None:
    found = flows(matrix("A B", {"p": [3, 9]}), np.zeros(1), providers=["A", "B"], stops=["A"])
    (place,) = by_place(found, found["postcode"]).itertuples()
    assert (place.demand, place.moved) == (0.0, 0.0)
    assert (place.mean_before, place.mean_after) == (3.0, 9.0)
    # nobody is moved: there is nothing to average
    assert np.isnan([place.mean_extra_moved, place.max_extra]).all()


def test_a_postcode_without_residents_weighs_nothing_in_its_municipality() -> None:
    times = matrix("A B", {"p": [3, 9], "q": [5, 95]})
    found = flows(times, np.array([2.0, 0.0]), providers=["A", "B"], stops=["A"])
    (place,) = by_place(found, pd.Series(["m", "m"])).itertuples()
    assert (place.demand, place.moved, place.mean_extra_moved, place.max_extra) == (2, 2, 6, 6)
