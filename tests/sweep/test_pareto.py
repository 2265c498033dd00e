"""Fronts by hand, and against the plain definition of 'beaten'."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from impact.sweep.pareto import beaten_by, criteria, front, frontier, same_locations, same_travel

NAN, INF = np.nan, np.inf


def table(rows: dict[str, tuple[float, ...]]) -> pd.DataFrame:
    names = ["moved", "mean_extra_moved", "p90_extra", "beyond_45_after", "locations_after"]
    return pd.DataFrame(
        [
            dict(zip([*names, "lowest_volume", "unreachable", "mean_extra_all"], row, strict=True))
            for row in rows.values()
        ],
        index=list(rows),
    )


#           moved mean p90 >45 locations volume lost mean of all
ROWS = table(
    {
        "nobody": (0.0, NAN, NAN, 10.0, 4.0, NAN, 0.0, 0.0),
        "a": (5.0, 12.0, 30.0, 20.0, 3.0, NAN, 0.0, 1.5),
        "b": (5.0, 14.0, 25.0, 20.0, 3.0, NAN, 0.0, 1.2),
        "worse than a": (5.0, 12.0, 31.0, 20.0, 3.0, NAN, 0.0, 1.6),
        "nowhere to go": (5.0, NAN, NAN, 90.0, 2.0, NAN, 5.0, 0.0),
        "few": (9.0, 20.0, 40.0, 50.0, 2.0, NAN, 0.0, 1.2),
    }
)


def test_nobody_moved_is_no_extra_and_nobody_reached_the_worst() -> None:
    costs = criteria(ROWS)
    assert costs[0].tolist() == [0.0, 0.0, 10.0, 4.0, 0.0]
    assert costs[4].tolist() == [INF, INF, 90.0, 2.0, 0.0]


def test_the_front_by_hand() -> None:
    best = front(criteria(ROWS))
    # nobody: fewest minutes; a and b: one better on the mean, one on the tail; few: fewest
    # locations; 'nowhere to go' has as few and is worse on all else
    assert list(ROWS.index[best]) == ["nobody", "a", "b", "few"]
    beaten = beaten_by(criteria(ROWS), criteria(ROWS)[3])
    assert list(ROWS.index[beaten]) == ["a"]


def test_a_known_volume_counts_and_an_unknown_one_is_the_worst() -> None:
    rows = ROWS.assign(lowest_volume=[NAN, 10.0, 40.0, 60.0, NAN, 5.0])
    assert front(criteria(rows)).tolist() == [True, True, True, True, False, True]
    assert criteria(rows)[:, 4].tolist() == [INF, -10.0, -40.0, -60.0, INF, -5.0]


def test_exchanges_by_hand() -> None:
    def name(place: int | None) -> str | None:
        return None if place is None else str(ROWS.index[place])

    # S1: as many locations as 'worse than a': b travels least over everybody
    assert name(same_locations(ROWS, ROWS.loc[["worse than a"]])) == "b"
    # S2: no more travel than b: 'few' gives the same with 2 instead of 3
    assert name(same_travel(ROWS, ROWS.loc[["b"]])) == "few"
    # who cannot be reached counts first: nothing reaches them all with less
    assert name(same_travel(ROWS, ROWS.loc[["nobody"]])) == "nobody"
    assert same_locations(ROWS, ROWS.loc[["a"]].assign(locations_after=9.0)) is None
    # S3: 2 locations, then 4; with 3 it takes as much travel as with 2
    assert [name(place) for place in frontier(ROWS)] == ["few", "nobody"]


def test_who_has_no_route_counts_before_minutes() -> None:
    rows = ROWS.loc[["a", "b"]].assign(unreachable=[1.0, 0.0], mean_extra_all=[0.5, 3.0])
    # a: half a minute more for all who are left, and one without a route
    assert same_locations(rows, rows) == 1
    assert frontier(rows) == [1]


costs_of = st.lists(
    st.tuples(*[st.one_of(st.integers(0, 4).map(float), st.just(INF))] * 3), min_size=0, max_size=12
)


@given(costs_of)
def test_the_front_is_what_no_other_beats(rows: list[tuple[float, ...]]) -> None:
    costs = np.array(rows, dtype=float).reshape(-1, 3)
    for row, kept in zip(costs, front(costs), strict=True):
        assert kept == (not beaten_by(costs, row).any())


def test_the_order_of_summation_beats_nobody() -> None:
    noisy = pd.concat([ROWS.loc[["a"]], ROWS.loc[["a"]] + 1e-13])
    assert front(criteria(noisy)).tolist() == [True, True]
