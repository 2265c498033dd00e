"""Steps 0 and 1 of the published method, by hand and by their properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, instances, matrix
from published_example import (
    HOSPITALS,
    NETWORKS,
    RESIDENTS,
    VOLUMES,
    Step,
    amounts,
    nearness,
    step_0,
    step_1,
    steps,
)

from impact.errors import InputError
from impact.model.allocation import flows as nearest_flows
from impact.model.catchment import (
    NOWHERE,
    Nearness,
    catchment_flows,
    catchments,
    provider_volumes,
    ranked_shares,
)
from impact.model.measures import measures

# --- by hand ------------------------------------------------------------------------------------


def test_volumes_are_spread_over_catchments_by_residents() -> None:
    found = step_0(nearness()).set_index("postcode")
    # 1003: A and B are both 20 whole minutes; A is a kilometre nearer
    assert found["provider"].tolist() == ["A", "A", "A", "B", "C", "D"]
    assert found["demand"].tolist() == [30.0, 10.0, 20.0, 20.0, 12.0, 25.0]
    assert found["minutes"].tolist() == [10.0, 12.0, 20.0, 12.0, 9.0, 7.0]


def test_exact_minutes_give_another_catchment() -> None:
    found = step_0(nearness("exact")).set_index("postcode")
    assert found["provider"].tolist() == ["A", "A", "B", "B", "C", "D"]
    # A: 60 over 4000 residents; B: 20 over 6000
    assert found["demand"].tolist() == pytest.approx([45, 15, 20 / 3, 40 / 3, 12, 25])


def test_who_stops_sends_to_the_nearest_of_the_same_network() -> None:
    flows = step_1(nearness())
    assert amounts(flows) == {
        # D is nearer than B to 1001 and 1002, and of another network
        ("1001", "A", "B"): (30.0, 15.0),
        ("1002", "A", "B"): (10.0, 8.0),
        # the same whole minute as before
        ("1003", "A", "B"): (20.0, 0.0),
        ("1004", "B", "B"): (20.0, 0.0),
        ("1005", "C", "C"): (12.0, 0.0),
        ("1006", "D", "D"): (25.0, 0.0),
    }
    assert flows["moved"].tolist() == [True, True, True, False, False, False]
    assert provider_volumes(flows).to_dict("index") == {
        "A": {"before": 60.0, "after": 0.0},
        "B": {"before": 20.0, "after": 80.0},
        "C": {"before": 12.0, "after": 12.0},
        "D": {"before": 25.0, "after": 25.0},
    }
    # the measures that exist read the same frame: all 60 count, also who has the same minutes
    assert measures(flows)["mean_extra_moved"] == pytest.approx((30 * 15 + 10 * 8) / 60)


def test_of_equal_minutes_and_kilometres_the_postcode_of_the_hospital_decides() -> None:
    times = replace(matrix("A B", {"p": [10.2, 9.8]}), km=np.array([[7.0, 7.0]]))
    chosen = [
        Nearness(times, "minutes", postcode_of).nearest(["A", "B"]).tolist()
        for postcode_of in (None, {"A": "9712", "B": "1011"}, {"A": "1011", "B": "9712"})
    ]
    assert chosen == [[0], [1], [0]]
    # distance comes first; without distances the postcode is next
    nearer = replace(times, km=np.array([[7.0, 6.0]]))
    assert Nearness(nearer, "minutes").nearest(["A", "B"]).tolist() == [1]
    without = replace(times, km=None)
    assert Nearness(without, "minutes").nearest(["B", "A"]).tolist() == [0]
    assert Nearness(times).nearest(["A", "B"]).tolist() == [1]


def test_hospitals_are_sorted_by_the_same_rule() -> None:
    rows = {"A": [0.0, 9.6, 10.4, 10.0, INF]}
    times = replace(matrix("A B C D E", rows), km=np.array([[0.0, 8.0, 7.0, 8.0, 1.0]]))
    others = ["E", "D", "C", "B"]
    assert Nearness(times).by_nearness("A", others) == ["B", "D", "C"]
    assert Nearness(times, "minutes").by_nearness("A", others) == ["C", "B", "D"]


def test_a_tenth_moves_and_the_rest_stays_where_it_is() -> None:
    flows = step_1(nearness(), moves_share=0.1)
    assert amounts(flows) == {
        ("1001", "A", "A"): (27.0, 0.0),
        ("1001", "A", "B"): (3.0, 15.0),
        ("1002", "A", "A"): (9.0, 0.0),
        ("1002", "A", "B"): (1.0, 8.0),
        ("1003", "A", "A"): (18.0, 0.0),
        ("1003", "A", "B"): (2.0, 0.0),
        ("1004", "B", "B"): (20.0, 0.0),
        ("1005", "C", "C"): (12.0, 0.0),
        ("1006", "D", "D"): (25.0, 0.0),
    }
    assert flows.loc[flows["moved"], "demand"].sum() == pytest.approx(6.0)


def test_named_recipients_replace_the_nearest_with_their_own_minutes() -> None:
    shares = ranked_shares([("B", 0.5), ("D", 0.5)])
    flows = step_1(nearness(), moves_to={"A": shares})
    found = amounts(flows)
    # 1001 is 22 minutes from D, which is of another network
    assert found["1001", "A", "D"] == (15.0, 12.0)
    assert found["1001", "A", "B"] == (15.0, 15.0)
    assert found["1003", "A", "D"] == (10.0, 13.0)
    assert provider_volumes(flows)["after"].to_dict() == {"A": 0, "B": 50, "C": 12, "D": 55}


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([("B", 1.0)], {"B": 1.0}),
        ([("B", 0.7), ("C", 0.3)], {"B": 0.7, "C": 0.3}),
        ([("B", 0.2), ("C", 0.3), ("D", 0.5)], {"B": 0.2, "C": 0.3, "D": 0.5}),
        (
            [("B", 0.1), ("C", 0.2), ("D", 0.3), ("E", 0.4)],
            {"B": 0.1, "C": 0.2, "D": 0.3, "E": 0.4},
        ),
        # what is missing stays with the first
        ([("B", 0.2)], {"B": 1.0}),
        ([("B", 0.2), ("C", 0.3)], {"B": 0.7, "C": 0.3}),
        # with three the second keeps its share, and the rest is divided as 0.2 to 0.3
        ([("B", 0.2), ("C", 0.3), ("D", 0.3)], {"B": 0.28, "C": 0.3, "D": 0.42}),
    ],
)
def test_shares_by_rank(ranks: list[tuple[str, float]], expected: dict[str, float]) -> None:
    assert ranked_shares(ranks) == pytest.approx(expected)


def test_a_new_location_draws_who_is_nearer_and_that_is_no_move() -> None:
    near = nearness()
    providers = ["A", "B", "D"]
    found = catchments(near, RESIDENTS, providers=providers)
    flows = catchment_flows(near, found, providers=providers, networks=NETWORKS, opens=["C"])
    rows = flows.set_index("postcode")
    assert rows["provider_after"].tolist() == ["A", "A", "A", "B", "C", "D"]
    assert rows.loc["1005", ["minutes_before", "extra_minutes"]].tolist() == [17.0, -8.0]
    assert not flows["moved"].any()
    # of another network it draws nobody
    apart = {"Oost": ["A", "B"], "West": ["C", "D"]}
    elsewhere = catchment_flows(near, found, providers=providers, networks=apart, opens=["C"])
    assert elsewhere["provider_after"].tolist() == found["provider"].tolist()


def test_a_location_of_no_network_keeps_its_patients_and_takes_nobodys() -> None:
    near = nearness()
    flows = catchment_flows(
        near, step_0(near), providers=HOSPITALS, networks={"Oost": ["A", "C"]}, stops=["A"]
    )
    assert flows.set_index("postcode")["provider_after"].tolist() == ["C", "C", "C", "B", "C", "D"]


def test_where_nobody_of_the_network_goes_on_the_rows_say_so() -> None:
    flows = step_1(nearness(), stops=["D"])
    row = flows.set_index("postcode").loc["1006"]
    assert (row["provider_after"], row["minutes_after"], row["moved"]) == ("", INF, True)
    assert measures(flows)["unreachable"] == 25.0


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volumes", "said"),
    [
        ({**VOLUMES, "Aa": 3.0}, "found 'Aa', expected a provider.*nearest known: 'A'"),
        ({**VOLUMES, "B": -1.0}, "B, volume: found '-1', expected 0 or more"),
        ({"A": 60.0, "B": 20.0, "C": 12.0}, "volumes, D, volume: expected a volume of every"),
    ],
)
def test_volumes_that_cannot_be(volumes: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        catchments(nearness(), RESIDENTS, providers=HOSPITALS, volumes=volumes)


def test_a_volume_needs_somebody_who_lives_nearest() -> None:
    nobody = RESIDENTS * np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    with pytest.raises(InputError, match="C, volume: found '12', expected somebody whose nearest"):
        catchments(nearness(), nobody, providers=HOSPITALS, volumes=VOLUMES)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"stops": ["a"]}, "stops: found 'a', expected a location of a network; nearest .*'A'"),
        ({"networks": {"Oost": ["A", "B"], "West": ["B", "D"]}}, "'B', expected each location in"),
        ({"networks": {"Oost": ["B", "C"]}, "stops": ["A"]}, "found 'A', expected a location of"),
        ({"opens": ["B"]}, "opens: found 'B', expected a location that is no provider yet"),
        ({"opens": ["E"]}, "opens: found 'E', expected a location with travel times"),
        ({"stops": ["A"], "moves_to": {"A": {"B": 0.7, "C": 0.7}}}, "'1.4 together', expected sha"),
        ({"stops": ["A"], "moves_to": {"A": {}}}, "'0 together', expected shares above 0"),
        ({"moves_to": {"B": {"C": 1.0}}}, "from: found 'B', expected a provider that stops"),
        ({"stops": ["A", "B"], "moves_to": {"A": {"B": 1.0}}}, "to: found 'B', expected a locat"),
        ({"moves_share": 0.0}, "moves_share: found '0', expected a part above 0 and at most 1"),
    ],
)
def test_a_step_that_cannot_be(asked: dict[str, object], said: str) -> None:
    near = nearness()
    given_ = {"networks": NETWORKS, "providers": HOSPITALS, **asked}
    with pytest.raises(InputError, match=said):
        catchment_flows(near, step_0(near), **given_)


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ([("B", 0.7), ("C", 0.7)], "share: found '1.4 together', expected at most 1 together"),
        ([("B", 0.0)], "B, share: found '0', expected a share above 0"),
        ([("B", 0.5), ("B", 0.5)], "recipient: found 'B', expected each recipient once"),
        ([], "recipient: expected at least one"),
    ],
)
def test_ranks_that_cannot_be(ranks: list[tuple[str, float]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ranked_shares(ranks)


def test_an_unknown_rounding_is_told() -> None:
    with pytest.raises(InputError, match=r"found 'minute'.*nearest known: 'minutes'"):
        nearness("minute")


# --- properties ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(steps())
def test_volumes_per_provider_add_up_before_and_after(step: Step) -> None:
    found, flows = step.catchments(), step.flows()
    before = provider_volumes(flows)["before"]
    if step.volumes is not None:
        for name, volume in step.volumes.items():
            assert before.get(name, 0.0) == pytest.approx(volume)
    assert flows["demand"].sum() == pytest.approx(found["demand"].sum())
    for name in step.providers:
        spread = found.loc[found["provider"] == name, "demand"].sum()
        assert before.get(name, 0.0) == pytest.approx(spread)
    per_postcode = flows.groupby("postcode")["demand"].sum()
    assert per_postcode.to_dict() == pytest.approx(found.set_index("postcode")["demand"].to_dict())


@settings(deadline=None, max_examples=150)
@given(steps())
def test_patients_stay_in_their_network_unless_somebody_is_named(step: Step) -> None:
    home = {name: network for network, names in step.networks.items() for name in names}
    flows = step.flows()
    for row in flows.itertuples():
        if {row.provider_before, row.provider_after} & {"", *step.moves_to}:
            continue
        if row.provider_before == row.provider_after:
            continue
        assert home[row.provider_after] == home[row.provider_before]
        assert row.provider_after not in step.stops
        assert row.provider_before in step.stops or row.provider_after in step.opens


@settings(deadline=None, max_examples=100)
@given(steps())
def test_the_first_of_a_ranking_is_the_nearest(step: Step) -> None:
    names = step.nearness.times.destinations
    nearest = step.nearness.nearest(names)
    first = step.nearness.ranked(names)[:, 0]
    assert np.where(nearest == NOWHERE, NOWHERE, first).tolist() == nearest.tolist()


@settings(deadline=None, max_examples=150)
@given(instances(), st.data())
def test_with_one_network_and_exact_minutes_it_is_our_nearest(
    instance: Instance, data: st.DataObject
) -> None:
    providers = instance.intervention.providers
    others = sorted(set(instance.times.destinations) - set(providers))
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    opens = [name for name in others if data.draw(st.booleans())]
    near = Nearness(instance.times)
    found = catchments(near, instance.demand, providers=providers)
    ours = catchment_flows(
        near,
        found,
        providers=providers,
        networks={"all": instance.times.destinations},
        stops=stops,
        opens=opens,
    )
    theirs = nearest_flows(
        instance.times, instance.demand, providers=providers, stops=stops, opens=opens
    )
    # a postcode that reaches no provider belongs to no network
    somewhere = theirs["provider_before"] != ""
    pd.testing.assert_frame_equal(
        ours[ours["provider_before"] != ""].reset_index(drop=True),
        theirs[somewhere].reset_index(drop=True),
    )
    nowhere = ours[ours["provider_before"] == ""]
    assert nowhere["demand"].tolist() == theirs.loc[~somewhere, "demand"].tolist()
