"""The published travel table, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matrices import INF
from published_example import NETWORKS, NORM, between, nearness, step_1

from impact.model.fill import fill_to_norm
from impact.model.measures import measures
from impact.model.travel_table import BANDS, travel_table


def rows(*cells: tuple[float, float, float]) -> pd.DataFrame:
    """Flows of minutes before, minutes after and demand."""
    return pd.DataFrame(cells, columns=["minutes_before", "minutes_after", "demand"], dtype=float)


def of_network(flows: pd.DataFrame, network: str) -> pd.DataFrame:
    return flows[flows["provider_before"].isin(NETWORKS[network])]


def test_the_table_of_the_example() -> None:
    flows = fill_to_norm(
        nearness(),
        between(),
        step_1(nearness()),
        norm=NORM,
        networks=NETWORKS,
        goes_on=["B", "C", "D"],
    ).flows
    found = travel_table(of_network(flows, "Oost"))
    # x n: 15·27, 40·3, 8·9, 23·1, 11·2, 9·2 = 660 over 44
    assert found == pytest.approx(
        {
            "published_mean_before": 11.0,
            "published_mean_extra": 15.0,
            "published_weight": 44.0,
            "published_greatest_after": 50.0,
            "published_greatest_extra": 40.0,
            "published_less": 0.0,
            "published_0": 48.0,
            "published_below_5": 0.0,
            "published_5_10": 11.0,
            "published_10_15": 2.0,
            "published_15_20": 27.0,
            "published_20_25": 1.0,
            "published_25_30": 0.0,
            "published_30_45": 3.0,
            "published_45_more": 0.0,
            "published_no_route": 0.0,
        }
    )


def test_who_has_the_same_minutes_does_not_count_and_counts_with_us() -> None:
    flows = of_network(step_1(nearness()), "Oost")
    assert travel_table(flows)["published_mean_extra"] == pytest.approx(530 / 40)
    assert measures(flows)["mean_extra_moved"] == pytest.approx(530 / 60)


def test_where_nobodys_minutes_change_the_mean_is_zero_by_the_published_rule() -> None:
    west = of_network(step_1(nearness()), "West")
    found = travel_table(west)
    assert (found["published_mean_extra"], found["published_weight"]) == (0.0, 0.0)
    assert found["published_mean_before"] == 0.0
    assert found["published_greatest_extra"] == 0.0
    ours = travel_table(west, zero_rule=False)
    assert np.isnan(ours["published_mean_extra"])
    assert np.isnan(ours["published_mean_before"])
    # a scenario in which somebody's minutes change is not touched by the rule
    east = of_network(step_1(nearness()), "Oost")
    assert travel_table(east) == travel_table(east, zero_rule=False)


def test_who_travels_less_counts_with_a_minus() -> None:
    flows = rows((20.0, 12.0, 5.0), (10.0, 30.0, 5.0), (7.0, 8.0, 2.0))
    found = travel_table(flows)
    assert found["published_mean_extra"] == pytest.approx((-8 * 5 + 20 * 5 + 2) / 12)
    assert (found["published_less"], found["published_below_5"]) == (5.0, 2.0)
    folded = travel_table(flows, fold_less=True)
    assert (folded["published_less"], folded["published_below_5"]) == (0.0, 7.0)


@pytest.mark.parametrize(
    ("extra", "band"),
    [
        (-0.01, "published_less"),
        (0.0, "published_0"),
        (0.01, "published_below_5"),
        (4.99, "published_below_5"),
        (5.0, "published_5_10"),
        (10.0, "published_10_15"),
        (15.0, "published_15_20"),
        (20.0, "published_20_25"),
        (25.0, "published_25_30"),
        (29.99, "published_25_30"),
        (30.0, "published_30_45"),
        (44.99, "published_30_45"),
        (45.0, "published_45_more"),
        (300.0, "published_45_more"),
    ],
)
def test_a_band_holds_its_lower_edge(extra: float, band: str) -> None:
    found = travel_table(rows((0.0, extra, 3.0)))
    assert {name for name in BANDS if found[name] > 0.0} == {band}


def test_who_has_no_route_is_counted_apart_and_nobody_does_not_count() -> None:
    found = travel_table(rows((10.0, INF, 4.0), (INF, INF, 2.0), (5.0, 9.0, 1.0), (0.0, 99.0, 0.0)))
    assert found["published_no_route"] == 6.0
    assert found["published_mean_extra"] == 4.0
    assert found["published_greatest_extra"] == 4.0
    assert np.isnan(travel_table(rows((10.0, INF, 4.0)))["published_greatest_after"])


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 90), st.integers(0, 9)), min_size=1, max_size=9
    )
)
def test_bands_add_up_to_everybody(cells: list[tuple[int, int, int]]) -> None:
    flows = rows(*cells)
    found = travel_table(flows)
    total = sum(found[name] for name in BANDS)
    assert total == flows["demand"].sum()
    assert found["published_weight"] == total - found["published_0"]
    plain = [(after - before, n) for before, after, n in cells if after != before and n]
    mean = sum(x * n for x, n in plain) / sum(n for _, n in plain) if plain else 0.0
    assert found["published_mean_extra"] == pytest.approx(mean)
