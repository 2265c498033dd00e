"""Who goes where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, choice, instances, matrix

from impact.model.allocation import NOWHERE, flows, nearest

#        A    B    C
ROWS = {
    "p": [10, 20, 50],
    "q": [15, 15, 40],
    "r": [30, 12, 35],
    "s": [INF, INF, 60],
}
TIMES = matrix("A B C", ROWS)
DEMAND = np.array([100.0, 50.0, 20.0, 5.0])


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(frame.itertuples(index=False, name=None))


def test_nearest_takes_the_first_of_equals_and_nowhere_if_need_be() -> None:
    minutes = np.array([[3.0, 2.0], [2.0, 2.0], [INF, 2.0], [INF, INF]])
    assert nearest(minutes).tolist() == [1, 0, 1, NOWHERE]
    assert nearest(np.empty((2, 0))).tolist() == [NOWHERE, NOWHERE]


def test_a_stops_and_everyone_of_a_goes_to_the_nearest_left() -> None:
    found = flows(TIMES, DEMAND, providers=["A", "B", "C"], stops=["A"])
    assert rows_of(found) == [
        # postcode, before, after, demand, minutes before, after, extra, moved
        ("p", "A", "B", 100.0, 10.0, 20.0, 10.0, True),
        # a tie: A before B by name; that nobody travels longer does not undo the move
        ("q", "A", "B", 50.0, 15.0, 15.0, 0.0, True),
        ("r", "B", "B", 20.0, 12.0, 12.0, 0.0, False),
        ("s", "C", "C", 5.0, 60.0, 60.0, 0.0, False),
    ]


def test_ties_go_by_name_whatever_the_order_of_columns() -> None:
    turned = TIMES.select(TIMES.origins, ["C", "B", "A"])
    for providers in (["A", "B", "C"], ["C", "B", "A"]):
        for times in (TIMES, turned):
            found = flows(times, DEMAND, providers=providers, stops=["C"])
            assert found["provider_before"].tolist() == ["A", "A", "B", "C"]
            assert found["provider_after"].tolist() == ["A", "A", "B", ""]


def test_whoever_can_reach_nothing_left_goes_nowhere() -> None:
    found = flows(TIMES, DEMAND, providers=["A", "B", "C"], stops=["C"])
    last = found.iloc[-1]
    assert last[["postcode", "provider_before", "provider_after"]].tolist() == ["s", "C", ""]
    assert last["minutes_after"] == INF
    assert last["extra_minutes"] == INF
    assert last["moved"]


def test_whoever_could_reach_nothing_before_does_not_move() -> None:
    found = flows(TIMES, DEMAND, providers=["A", "B"], stops=["A"])
    last = found.iloc[-1]
    assert last[["provider_before", "provider_after"]].tolist() == ["", ""]
    assert np.isnan(last["extra_minutes"])
    assert not last["moved"]


def test_a_named_recipient_takes_the_demand_of_the_provider_that_stops() -> None:
    # p is nearer to B, but A and C agreed
    found = flows(TIMES, DEMAND, providers=["A", "B", "C"], stops=["A"], moves_to={"A": {"C": 1.0}})
    assert rows_of(found)[:2] == [
        ("p", "A", "C", 100.0, 10.0, 50.0, 40.0, True),
        ("q", "A", "C", 50.0, 15.0, 40.0, 25.0, True),
    ]
    assert found["demand"].sum() == DEMAND.sum()


def test_recipients_share_every_postcode() -> None:
    found = flows(
        TIMES,
        DEMAND,
        providers=["A", "B", "C"],
        stops=["A"],
        moves_to={"A": {"C": 0.25, "B": 0.75}},
    )
    assert rows_of(found)[:4] == [
        ("p", "A", "B", 75.0, 10.0, 20.0, 10.0, True),
        ("p", "A", "C", 25.0, 10.0, 50.0, 40.0, True),
        ("q", "A", "B", 37.5, 15.0, 15.0, 0.0, True),
        ("q", "A", "C", 12.5, 15.0, 40.0, 25.0, True),
    ]


def test_two_givers_each_have_their_own_recipient() -> None:
    #  A and B stop; what A gives goes to C by agreement, what B gives half to C, half to D
    times = matrix("A B C D", {"p": [10, 20, 50, 1], "r": [30, 12, 35, 40]})
    found = flows(
        times,
        np.array([100.0, 20.0]),
        providers=["A", "B", "C"],
        stops=["A", "B"],
        opens=["D"],
        moves_to={"B": {"C": 0.5, "D": 0.5}, "A": {"C": 1.0}},
    )
    assert rows_of(found) == [
        ("p", "A", "C", 100.0, 10.0, 50.0, 40.0, True),
        ("r", "B", "C", 10.0, 12.0, 35.0, 23.0, True),
        ("r", "B", "D", 10.0, 12.0, 40.0, 28.0, True),
    ]


def test_a_recipient_that_cannot_be_reached_is_no_recipient() -> None:
    found = flows(
        matrix("A B C", {"p": [10, 20, INF]}),
        np.array([8.0]),
        providers=["A", "B", "C"],
        stops=["A"],
        moves_to={"A": {"B": 0.5, "C": 0.5}},
    )
    assert rows_of(found) == [
        ("p", "A", "", 4.0, 10.0, INF, INF, True),
        ("p", "A", "B", 4.0, 10.0, 20.0, 10.0, True),
    ]


def test_recipients_of_a_provider_that_stays_mean_nothing() -> None:
    plain = flows(TIMES, DEMAND, providers=["A", "B", "C"], stops=["A"])
    named = flows(TIMES, DEMAND, providers=["A", "B", "C"], stops=["A"], moves_to={"B": {"C": 1.0}})
    pd.testing.assert_frame_equal(named, plain)


def test_a_location_that_opens_draws_from_those_that_stay() -> None:
    #  A stops, C opens: p moves; r was with B, which stays, and is drawn to C
    times = matrix("A B C", {"p": [10, 40, 30], "q": [20, 5, 9], "r": [60, 50, 8]})
    found = flows(times, np.array([4.0, 2.0, 1.0]), providers=["A", "B"], stops=["A"], opens=["C"])
    assert rows_of(found) == [
        ("p", "A", "C", 4.0, 10.0, 30.0, 20.0, True),
        ("q", "B", "B", 2.0, 5.0, 5.0, 0.0, False),
        ("r", "B", "C", 1.0, 50.0, 8.0, -42.0, False),
    ]


def test_a_named_recipient_may_be_one_that_opens() -> None:
    times = matrix("A B C", {"p": [10, 20, 30]})
    found = flows(
        times,
        np.array([4.0]),
        providers=["A", "B"],
        stops=["A"],
        opens=["C"],
        moves_to={"A": {"C": 1.0}},
    )
    assert rows_of(found) == [("p", "A", "C", 4.0, 10.0, 30.0, 20.0, True)]


def test_nothing_stops_and_nothing_changes() -> None:
    found = flows(TIMES, DEMAND, providers=["A", "B", "C"])
    assert (found["provider_before"] == found["provider_after"]).all()
    assert found["extra_minutes"].tolist() == [0.0] * 4
    assert not found["moved"].any()


@settings(deadline=None, max_examples=100)
@given(instances(), st.data())
def test_flows_by_their_plain_definition(instance: Instance, data: st.DataObject) -> None:
    times, providers = instance.times, instance.intervention.providers
    stops = data.draw(st.sets(st.sampled_from(providers)))
    others = sorted(set(times.destinations) - set(providers))
    opens = data.draw(st.sets(st.sampled_from(others))) if others else set()
    found = flows(times, instance.demand, providers=providers, stops=[*stops], opens=[*opens])
    assert found["demand"].tolist() == instance.demand.tolist()
    after = (set(providers) | opens) - stops
    for row in found.itertuples():
        name, minutes = choice(times, row.postcode, providers)
        assert (row.provider_before, row.minutes_before) == (name, minutes)
        assert row.moved == (name in stops)
        # whoever's provider stays keeps it, unless something opens
        stays = name in after and not opens
        expected = (name, minutes) if stays else choice(times, row.postcode, sorted(after))
        assert (row.provider_after, row.minutes_after) == expected


@settings(deadline=None, max_examples=60)
@given(instances(), st.data())
def test_flows_add_up_to_demand(instance: Instance, data: st.DataObject) -> None:
    providers = instance.intervention.providers
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    left = sorted(set(providers) - set(stops))
    moves_to = {}
    for giver in stops if left else []:
        takers = data.draw(st.lists(st.sampled_from(left), unique=True))
        if takers:
            parts = [data.draw(st.integers(1, 4)) for _ in takers]
            total = sum(parts)
            moves_to[giver] = {name: part / total for name, part in zip(takers, parts, strict=True)}
    found = flows(
        instance.times, instance.demand, providers=providers, stops=stops, moves_to=moves_to
    )
    sums = found.groupby("postcode")["demand"].sum()
    assert sums.to_dict() == pytest.approx(
        dict(zip(instance.times.origins, instance.demand.tolist(), strict=True))
    )
    # nobody goes to a location that stops, and nobody with a recipient goes elsewhere
    assert not set(found["provider_after"]) & set(stops)
    for giver, takers in moves_to.items():
        given_rows = found[found["provider_before"] == giver]
        assert set(given_rows["provider_after"]) <= {*takers, ""}
