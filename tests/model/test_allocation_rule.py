"""Who goes where by Huff's rule, a logit, or counts: figures that a reader can verify on paper.

Three towns, two hospitals; minutes one way:

```
             A      B
   p        10     20        100 people
   q        30     10         50
   r        15     15         20
```
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, inputs_of, instances, matrix

from impact.analysis.cases import make_case
from impact.model.allocation import baseline, flows
from impact.model.allocation_rule import HUFF, LOGIT, OBSERVED, AllocationRule, shares
from impact.model.candidates import candidates
from impact.model.measures import measures
from impact.model.observed import Observed
from impact.study.model import Intervention
from impact.sweep.means import sweep_means

TIMES = matrix("A B", {"p": [10, 20], "q": [30, 10], "r": [15, 15]})
DEMAND = np.array([100.0, 50.0, 20.0])
HALF_PER_TEN = np.log(2.0) / 10.0
"""A provider ten minutes further draws half as much."""


def counted(rows: list[list[float]], locations: str = "A B") -> AllocationRule:
    counts = np.array(rows, dtype=np.float64)
    names = tuple(locations.split())
    elsewhere = tuple(name for name in names if name not in {"A", "B"})
    return AllocationRule(OBSERVED, observed=Observed(names, counts, counts, counts, elsewhere))


def test_huff_divides_by_minutes() -> None:
    # p: 10 against 20 minutes is 2 : 1; q: 30 against 10 is 1 : 4; r: equal
    at = baseline(TIMES, DEMAND, ["A", "B"], AllocationRule(HUFF, beta=HALF_PER_TEN))
    assert at == pytest.approx(np.array([[200 / 3, 100 / 3], [10, 40], [10, 10]]))


def test_attraction_counts_as_a_factor() -> None:
    twice = AllocationRule(HUFF, beta=HALF_PER_TEN, utility={"B": np.log(2.0)})
    at = baseline(TIMES, DEMAND, ["A", "B"], twice)
    assert at[0] == pytest.approx([50, 50])


def test_logit_is_a_utility_per_location() -> None:
    rule = AllocationRule(LOGIT, beta=HALF_PER_TEN, utility={"A": np.log(4.0)})
    assert baseline(TIMES, DEMAND, ["A", "B"], rule)[2] == pytest.approx([16, 4])


def test_under_huff_who_moves_goes_to_what_remains_and_may_travel_shorter() -> None:
    rows = flows(
        TIMES,
        DEMAND,
        providers=["A", "B"],
        stops=["A"],
        choice=AllocationRule(HUFF, beta=HALF_PER_TEN),
    )
    figures = measures(rows)
    # of A's 86.7 people: 66.7 of p go from 10 to 20, 10 of q from 30 to 10, 10 of r from 15 to 15
    assert figures["moved"] == pytest.approx(260 / 3)
    assert figures["mean_extra_moved"] == pytest.approx((200 / 3 * 10 - 10 * 20) / (260 / 3))
    assert figures["share_shorter"] == pytest.approx(10 / (260 / 3))
    assert figures["mean_extra_longer"] == pytest.approx(10.0)


def test_observed_somebody_travels_shorter_after_the_change() -> None:
    # 8 people of q pass B on their way to A today: 30 minutes instead of 10
    rows = flows(
        TIMES,
        np.array([30.0, 20.0, 0.0]),
        providers=["A", "B"],
        stops=["A"],
        choice=counted([[25, 5], [8, 12], [0, 0]]),
    )
    shown = rows[rows["demand"] > 0.0].drop(columns=["minutes_before", "minutes_after"])
    assert list(shown.itertuples(index=False, name=None)) == [
        ("p", "A", "B", 25.0, 10.0, True),
        ("p", "B", "B", 5.0, 0.0, False),
        ("q", "A", "B", 8.0, -20.0, True),
        ("q", "B", "B", 12.0, 0.0, False),
    ]
    figures = measures(rows)
    assert figures["mean_extra_moved"] == pytest.approx((25 * 10 - 8 * 20) / 33)
    assert figures["share_shorter"] == pytest.approx(8 / 33)
    assert figures["mean_extra_longer"] == pytest.approx(10.0)


def test_observed_patients_of_a_hospital_elsewhere_stay_there() -> None:
    times = matrix("A B X", {"p": [10, 20, 5], "q": [30, 10, 40]})
    rows = flows(
        times,
        np.array([10.0, 6.0]),
        providers=["A", "B"],
        stops=["A"],
        choice=counted([[4, 0, 6], [0, 6, 0]], "A B X"),
    )
    at = rows.set_index(["postcode", "provider_before"])
    assert at.loc[("p", "X"), "provider_after"] == "X"
    assert not at.loc[("p", "X"), "moved"]
    # who must move goes to a provider of the study, not to X, which is no alternative
    assert at.loc[("p", "A"), "provider_after"] == "B"


def test_named_recipients_win_from_every_rule() -> None:
    times = matrix("A B C", {"p": [10, 20, 60]})
    for rule in (AllocationRule(), AllocationRule(HUFF, beta=0.1), counted([[10, 0, 0]], "A B C")):
        rows = flows(
            times,
            np.array([10.0]),
            providers=["A", "B", "C"],
            stops=["A"],
            moves_to={"A": {"B": 0.25, "C": 0.75}},
            choice=rule,
        )
        moved = rows[rows["moved"]].set_index("provider_after")["demand"]
        assert moved["C"] / moved.sum() == pytest.approx(0.75)


def test_a_location_that_opens_draws_by_the_formula() -> None:
    times = matrix("A B C", {"p": [10, 10, 10]})
    rows = flows(
        times,
        np.array([90.0]),
        providers=["A", "B"],
        opens=["C"],
        choice=AllocationRule(HUFF, beta=0.1),
    )
    after = rows.groupby("provider_after")["demand"].sum()
    assert after.to_dict() == pytest.approx({"A": 30.0, "B": 30.0, "C": 30.0})
    assert not rows["moved"].any()
    assert measures(rows)["drawn"] == pytest.approx(30.0)


def test_what_cannot_be_reached_draws_nothing_and_nobody_is_lost() -> None:
    times = matrix("A B", {"p": [10, INF], "q": [INF, INF]})
    choice = AllocationRule(HUFF, beta=0.0)
    rows = flows(times, np.array([10.0, 5.0]), providers=["A", "B"], stops=["A"], choice=choice)
    assert rows["demand"].sum() == pytest.approx(15.0)
    assert (rows["provider_after"] == "").all()
    assert measures(rows)["unreachable"] == pytest.approx(15.0)
    assert measures(rows)["moved"] == pytest.approx(10.0)


def rules(data: st.DataObject, instance: Instance) -> AllocationRule:
    """One of the rules, with counts that hold everywhere where one can get."""
    providers = sorted({*instance.intervention.providers, *instance.outside})
    kind = data.draw(st.sampled_from([HUFF, OBSERVED]))
    if kind == HUFF:
        return AllocationRule(HUFF, beta=data.draw(st.sampled_from([0.0, 0.05, 0.2])))
    cells = st.integers(0, 5).map(float)
    shape = (len(instance.times.origins), len(providers))
    counts = np.array(
        data.draw(st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    ).reshape(shape)
    inside = instance.intervention.providers
    everywhere = instance.intervention.alternatives == "all"
    elsewhere = () if everywhere else tuple(name for name in providers if name not in inside)
    return AllocationRule(
        OBSERVED, observed=Observed(tuple(providers), counts, counts, counts, elsewhere)
    )


@settings(deadline=None, max_examples=60)
@given(instances(), st.data())
def test_flows_add_up_to_demand(instance: Instance, data: st.DataObject) -> None:
    choice = rules(data, instance)
    demand = instance.demand if choice.observed is None else choice.observed.totals
    providers = instance.intervention.providers
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    rows = flows(instance.times, demand, providers=providers, stops=stops, choice=choice)
    total = rows.groupby("postcode")["demand"].sum()
    assert total.reindex(instance.times.origins).to_numpy() == pytest.approx(demand)


@settings(deadline=None, max_examples=60)
@given(instances(), st.data())
def test_candidates_by_products_equal_the_flows_one_by_one(
    instance: Instance, data: st.DataObject
) -> None:
    choice = rules(data, instance)
    demand = instance.demand if choice.observed is None else choice.observed.totals
    asked, outside = instance.intervention, instance.outside
    swept = sweep_means(asked, instance.times, demand, outside=outside, choice=choice)
    found = candidates(asked)
    picked = data.draw(st.integers(0, len(found) - 1))
    inputs = inputs_of(instance.times, {"toy": demand}, outside={"toy": outside})
    inputs.allocation_rules["toy"] = choice  # type: ignore[index]
    figures = make_case(asked, inputs, name="x", stops=found[picked]).figures
    row = swept.iloc[picked]
    for name in ("moved", "mean_extra_moved", "mean_extra_all"):
        assert row[name] == pytest.approx(figures[name], rel=1e-9, abs=1e-9, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(instances(), st.data())
def test_huff_with_a_large_beta_equals_nearest(instance: Instance, data: st.DataObject) -> None:
    # of equal minutes Huff divides where nearest goes by name: here no two are equal
    minutes = instance.times.minutes
    times = replace(instance.times, minutes=minutes + np.arange(minutes.shape[1]) / 32)
    providers = instance.intervention.providers
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    near = flows(times, instance.demand, providers=providers, stops=stops)
    steep = AllocationRule(HUFF, beta=1e6)
    far = flows(times, instance.demand, providers=providers, stops=stops, choice=steep)
    pd.testing.assert_frame_equal(near, far)


@settings(deadline=None, max_examples=60)
@given(instances(), st.data())
def test_observed_flows_that_are_nearest_equal_nearest(
    instance: Instance, data: st.DataObject
) -> None:
    providers = sorted(instance.intervention.providers)
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    counts = baseline(instance.times, instance.demand, providers)
    choice = AllocationRule(OBSERVED, observed=Observed(tuple(providers), counts, counts, counts))
    near = flows(instance.times, instance.demand, providers=providers, stops=stops)
    seen = flows(instance.times, instance.demand, providers=providers, stops=stops, choice=choice)
    pd.testing.assert_frame_equal(near, seen)


def test_shares_do_not_overflow() -> None:
    assert shares(np.array([[1000.0, 5000.0]]), beta=50.0).tolist() == [[1.0, 0.0]]
    assert shares(np.empty((2, 0)), beta=1.0).shape == (2, 0)


def test_a_case_follows_the_rule_of_its_intervention() -> None:
    asked = Intervention("toy", ("A", "B"), stop_count=1, allocation="huff")
    inputs = inputs_of(TIMES, {"toy": DEMAND})
    inputs.allocation_rules["toy"] = AllocationRule(HUFF, beta=HALF_PER_TEN)  # type: ignore[index]
    case = make_case(asked, inputs, name="x", stops=("A",))
    assert case.figures["moved"] == pytest.approx(260 / 3)
