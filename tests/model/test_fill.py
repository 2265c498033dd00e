"""Step 2 of the published method and the better way, by hand and by their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, matrix
from published_example import (
    HOSPITALS,
    NETWORKS,
    NORM,
    Step,
    amounts,
    between,
    nearness,
    step_1,
    steps,
)

from impact.errors import InputError
from impact.model.catchment import Nearness, catchment_flows, catchments, provider_volumes
from impact.model.fill import Filling, fill_by_least_travel, fill_to_norm, filling_cost

if TYPE_CHECKING:
    import pandas as pd

GOES_ON = ("B", "C", "D")


def filled(norm: float = NORM, **asked: float) -> Filling:
    """The example with A stopping."""
    flows = step_1(nearness(), **asked)
    return fill_to_norm(nearness(), between(), flows, norm=norm, networks=NETWORKS, goes_on=GOES_ON)


# --- by hand ------------------------------------------------------------------------------------


def test_every_postcode_of_the_sender_gives_the_same_part() -> None:
    found = filled()
    # C is 8 short; B has 80, so a tenth of each of its postcodes goes
    assert found.shipments.to_dict("records") == [
        {"network": "Oost", "to": "C", "from": "B", "demand": 8.0, "part": 0.1}
    ]
    assert found.shortages.empty
    assert amounts(found.flows) == {
        ("1001", "A", "B"): (27.0, 15.0),
        ("1001", "A", "C"): (3.0, 40.0),
        ("1002", "A", "B"): (9.0, 8.0),
        ("1002", "A", "C"): (1.0, 23.0),
        ("1003", "A", "B"): (18.0, 0.0),
        ("1003", "A", "C"): (2.0, 11.0),
        ("1004", "B", "B"): (18.0, 0.0),
        ("1004", "B", "C"): (2.0, 9.0),
        ("1005", "C", "C"): (12.0, 0.0),
        ("1006", "D", "D"): (25.0, 0.0),
    }
    assert provider_volumes(found.flows)["after"].to_dict() == {"A": 0, "B": 72, "C": 20, "D": 25}


def test_a_shortage_without_a_surplus_stays() -> None:
    found = filled(norm=50.0)
    # B has 30 above the norm and C is 38 short; D is alone in its network
    assert found.shipments[["to", "from", "demand"]].to_numpy().tolist() == [["C", "B", 30.0]]
    assert found.shortages.to_dict("records") == [
        {"network": "Oost", "location": "C", "volume": 42.0, "norm": 50.0, "shortage": 8.0},
        {"network": "West", "location": "D", "volume": 25.0, "norm": 50.0, "shortage": 25.0},
    ]


def test_what_stays_with_one_that_stops_is_no_surplus() -> None:
    # a tenth moves: A keeps 54, which C does not get; B has 26
    found = filled(moves_share=0.1)
    assert found.shipments[["to", "from", "demand"]].to_numpy().tolist() == [["C", "B", 6.0]]
    assert found.shortages[["location", "shortage"]].to_numpy().tolist() == [["C", 2.0]]
    assert provider_volumes(found.flows)["after"].to_dict() == {"A": 54, "B": 20, "C": 18, "D": 25}


def line(volumes: dict[str, float]) -> tuple[Nearness, Nearness, pd.DataFrame]:
    """A hospital in each of the towns A - B - C - D, ten minutes apart, with its volume."""
    names = list(volumes)
    apart = {each: [10.0 * abs(i - j) for j in range(len(names))] for i, each in enumerate(names)}
    near = Nearness(matrix(" ".join(names), apart))
    found = catchments(near, np.ones(len(names)), providers=names, volumes=volumes)
    flows = catchment_flows(near, found, providers=names, networks={"all": names})
    return near, near, flows


def test_the_smallest_shortage_is_filled_first_and_from_the_nearest() -> None:
    # A - B - C - D: B is 6 short, C 2; of B and D, as near to C, only D has a surplus
    near, apart, flows = line({"A": 11.0, "B": 4.0, "C": 8.0, "D": 15.0})
    found = fill_to_norm(
        near, apart, flows, norm=10.0, networks={"all": list("ABCD")}, goes_on=list("ABCD")
    )
    assert found.shipments[["to", "from", "demand"]].to_numpy().tolist() == [
        ["C", "D", 2.0],
        ["B", "A", 1.0],
        ["B", "D", 3.0],
    ]
    assert found.shortages[["location", "shortage"]].to_numpy().tolist() == [["B", 2.0]]


def test_who_sends_twice_sends_from_what_it_has_left() -> None:
    near, apart, flows = line({"A": 5.0, "B": 40.0, "C": 5.0})
    found = fill_to_norm(
        near, apart, flows, norm=10.0, networks={"all": list("ABC")}, goes_on=list("ABC")
    )
    # 5 of 40, then 5 of 35; of equal shortages the first by name
    assert found.shipments["part"].tolist() == [0.125, 1 / 7]
    assert provider_volumes(found.flows)["after"].to_dict() == {"A": 10, "B": 30, "C": 10}


def test_only_who_can_reach_the_receiver_is_sent() -> None:
    near = Nearness(matrix("A B", {"p": [5.0, INF], "q": [5.0, 9.0], "r": [20.0, 1.0]}))
    apart = Nearness(matrix("A B", {"A": [0.0, 9.0], "B": [9.0, 0.0]}))
    networks = {"all": ["A", "B"]}
    found = catchments(near, np.array([10.0, 4.0, 2.0]), providers=["A", "B"])
    flows = catchment_flows(near, found, providers=["A", "B"], networks=networks)
    done = fill_to_norm(near, apart, flows, norm=8.0, networks=networks, goes_on=["A", "B"])
    # all four of q go, and it is not enough
    assert amounts(done.flows) == {
        ("p", "A", "A"): (10.0, 0.0),
        ("q", "A", "B"): (4.0, 4.0),
        ("r", "B", "B"): (2.0, 0.0),
    }
    assert done.shortages["shortage"].tolist() == [2.0]


def test_the_least_travel_sends_who_loses_least_by_it() -> None:
    step_2 = filled()
    least = fill_by_least_travel(nearness(), step_2.flows, networks=NETWORKS, goes_on=GOES_ON)
    # from B to C costs 25 minutes from 1001, 15 from 1002, 11 from 1003 and 9 from 1004
    assert amounts(least) == {
        ("1001", "A", "B"): (30.0, 15.0),
        ("1002", "A", "B"): (10.0, 8.0),
        ("1003", "A", "B"): (20.0, 0.0),
        ("1004", "B", "B"): (12.0, 0.0),
        ("1004", "B", "C"): (8.0, 9.0),
        ("1005", "C", "C"): (12.0, 0.0),
        ("1006", "D", "D"): (25.0, 0.0),
    }
    cost = filling_cost(step_1(nearness()), step_2.flows, least)
    assert cost["filling"] == pytest.approx(3 * 25 + 15 + 2 * 11 + 2 * 9)
    assert cost["filling_least"] == pytest.approx(8 * 9)
    assert cost["difference"] == pytest.approx(58)


@pytest.mark.parametrize("norm", [0.0, -3.0, INF])
def test_a_norm_that_cannot_be(norm: float) -> None:
    with pytest.raises(InputError, match=r"norm: found '.*', expected a number above 0"):
        filled(norm)


def test_hospitals_beyond_a_network_do_not_take_part() -> None:
    flows = step_1(nearness())
    found = fill_to_norm(
        nearness(), between(), flows, norm=NORM, networks={"Oost": ["C"]}, goes_on=HOSPITALS
    )
    assert found.shipments.empty
    assert found.shortages[["location", "shortage"]].to_numpy().tolist() == [["C", 8.0]]


# --- properties ---------------------------------------------------------------------------------


@st.composite
def fillings(draw: st.DrawFn) -> tuple[Step, pd.DataFrame, Filling, float, list[str]]:
    """A random step 1, filled up to a random norm."""
    step = draw(steps())
    goes_on = sorted({*step.providers, *step.opens} - set(step.stops))
    names = step.nearness.times.destinations
    apart = {
        name: [0.0 if name == other else float(draw(st.integers(1, 9))) for other in names]
        for name in names
    }
    flows = step.flows()
    norm = draw(st.sampled_from([0.5, 3.0, 10.0, 25.0]))
    done = fill_to_norm(
        step.nearness,
        Nearness(matrix(" ".join(names), apart), step.nearness.rounding),
        flows,
        norm=norm,
        networks=step.networks,
        goes_on=goes_on,
    )
    return step, flows, done, norm, goes_on


@settings(max_examples=150)
@given(fillings())
def test_filling_keeps_everybody_and_takes_no_sender_below_the_norm(
    case: tuple[Step, pd.DataFrame, Filling, float, list[str]],
) -> None:
    step, flows, done, norm, goes_on = case
    first, second = provider_volumes(flows), provider_volumes(done.flows)
    for name in {*first.index, *second.index}:
        was = first["before"].get(name, 0.0)
        assert second["before"].get(name, 0.0) == pytest.approx(was)
    by_postcode = [
        each.groupby("postcode")["demand"].sum().to_dict() for each in (flows, done.flows)
    ]
    assert by_postcode[1] == pytest.approx(by_postcode[0])
    came = done.shipments.groupby("to")["demand"].sum()
    went = done.shipments.groupby("from")["demand"].sum()
    for name in {*first.index, *second.index}:
        change = came.get(name, 0.0) - went.get(name, 0.0)
        was, now = first["after"].get(name, 0.0), second["after"].get(name, 0.0)
        assert now == pytest.approx(was + change, abs=1e-9)
        if name in went:
            assert now >= norm - 1e-6
        if name in came:
            assert now <= norm + 1e-6
            assert was < norm
        if name not in goes_on:
            assert now == pytest.approx(was)
    home = {name: network for network, names in step.networks.items() for name in names}
    left = {
        name: norm - second["after"].get(name, 0.0)
        for name in goes_on
        if norm - second["after"].get(name, 0.0) > 1e-6
    }
    stays_short = dict(zip(done.shortages["location"], done.shortages["shortage"], strict=True))
    assert {name: each for name, each in stays_short.items() if each > 1e-6} == pytest.approx(left)
    assert all(home[x] == home[y] for x, y in done.shipments[["to", "from"]].to_numpy())


@settings(max_examples=100)
@given(fillings())
def test_the_least_travel_never_costs_more_and_gives_everybody_the_same_volume(
    case: tuple[Step, pd.DataFrame, Filling, float, list[str]],
) -> None:
    step, flows, done, _, goes_on = case
    least = fill_by_least_travel(step.nearness, done.flows, networks=step.networks, goes_on=goes_on)
    cost = filling_cost(flows, done.flows, least)
    assert cost["difference"] >= -1e-6 * max(1.0, cost["minutes_filled"])
    second, third = provider_volumes(done.flows), provider_volumes(least)
    for name in {*second.index, *third.index}:
        for column in ("before", "after"):
            wanted = second[column].get(name, 0.0)
            assert third[column].get(name, 0.0) == pytest.approx(wanted, abs=1e-5)
