"""What holds whatever the roads, the residents and the choice of hospitals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import Instance, inputs_of, instances
from networks import random_networks, random_points

from impact.analysis.cases import make_case, study_cases
from impact.analysis.ranges import ranges
from impact.model.allocation import flows
from impact.model.measures import measures
from impact.study.model import Study
from impact.sweep.means import median_candidate, sweep_means
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from impact.network.network import RoadNetwork

AVERAGES = (
    *("mean_extra_moved", "mean_extra_all", "mean_extra_longer", "share_shorter", "mean_before"),
    *("mean_after", "p10_extra", "p50_extra", "p90_extra", "min_extra", "max_extra"),
)


@settings(deadline=None, max_examples=40)
@given(instances(), st.data())
def test_closing_a_superset_never_shortens_a_trip(instance: Instance, data: st.DataObject) -> None:
    providers = instance.intervention.providers
    more = data.draw(st.sets(st.sampled_from(providers)))
    fewer = {name for name in sorted(more) if data.draw(st.booleans())}
    demand = instance.demand

    def closed(stops: set[str]) -> pd.DataFrame:
        return flows(instance.times, demand, providers=providers, stops=sorted(stops))

    few, many = closed(fewer), closed(more)
    assert (many["minutes_after"] >= few["minutes_after"]).all()
    assert (few["minutes_after"] >= few["minutes_before"]).all()
    one, other = measures(few), measures(many)
    assert other["moved"] >= one["moved"]
    assert other["unreachable"] >= one["unreachable"]
    for limit in (30, 45, 60):
        assert other[f"beyond_{limit}_after"] >= one[f"beyond_{limit}_after"]
        assert one[f"beyond_{limit}_after"] >= one[f"beyond_{limit}_before"]
    if np.isfinite(few["minutes_after"]).all() and np.isfinite(many["minutes_after"]).all():
        assert other["mean_extra_all"] >= one["mean_extra_all"] - 1e-9 or demand.sum() == 0.0


@settings(deadline=None, max_examples=40)
@given(instances(), st.data())
def test_closing_alone_never_gives_a_negative_value(
    instance: Instance, data: st.DataObject
) -> None:
    providers = instance.intervention.providers
    stops = sorted(data.draw(st.sets(st.sampled_from(providers))))
    left = sorted(set(providers) - set(stops))
    # not even where recipients are named, who are no nearer than the nearest
    named = {giver: {data.draw(st.sampled_from(left)): 1.0} for giver in stops if left}
    found = flows(instance.times, instance.demand, providers=providers, stops=stops, moves_to=named)
    assert not (found["extra_minutes"] < 0.0).any()
    nearest = flows(instance.times, instance.demand, providers=providers, stops=stops)
    assert (found["minutes_after"].to_numpy() >= nearest["minutes_after"].to_numpy()).all()
    figures = measures(found)
    assert figures["share_shorter"] == 0.0 or np.isnan(figures["mean_extra_moved"])


@settings(deadline=None, max_examples=40)
@given(instances(), st.sampled_from([1 / 3, 0.7, 12.0, 1e6]))
def test_weights_scale_through(instance: Instance, factor: float) -> None:
    asked, times = instance.intervention, instance.times
    swept = sweep_means(asked, times, instance.demand, outside=instance.outside)
    scaled = sweep_means(asked, times, instance.demand * factor, outside=instance.outside)
    np.testing.assert_allclose(scaled["moved"], swept["moved"] * factor)
    for name in ("mean_extra_moved", "mean_extra_all"):
        np.testing.assert_allclose(scaled[name], swept[name], rtol=1e-9, atol=1e-9)
    # ties stay ties, so that the same candidate is shown
    assert median_candidate(scaled) == median_candidate(swept)
    stops = asked.providers[:1]
    weights = {"toy": instance.demand}
    case = make_case(
        asked, inputs_of(times, weights, outside={"toy": instance.outside}), name="s", stops=stops
    )
    again = measures(case.flows.assign(demand=case.flows["demand"] * factor))
    for name, value in case.figures.items():
        expected = value if name in AVERAGES else value * factor
        assert again[name] == pytest.approx(expected, nan_ok=True), name


@settings(deadline=None, max_examples=40)
@given(instances(), st.randoms(use_true_random=False))
def test_order_changes_no_figure(instance: Instance, random: object) -> None:
    asked, times = instance.intervention, instance.times
    rows, columns = list(range(len(times.origins))), list(times.destinations)
    providers, outside = list(asked.providers), list(instance.outside)
    for each in (rows, columns, providers, outside):
        random.shuffle(each)
    turned = times.select([times.origins[row] for row in rows], columns)
    turned_asked = replace(asked, providers=tuple(providers))

    def answer(
        intervention: object, matrix: object, demand: np.ndarray, others: list[str]
    ) -> tuple[object, ...]:
        swept = sweep_means(intervention, matrix, demand, outside=others)
        inputs = inputs_of(matrix, {"toy": demand}, outside={"toy": tuple(others)})
        cases = study_cases(Study("t", "r", (intervention,)), inputs, {"toy": swept})
        return cases, ranges("r", cases, {"toy": swept})

    cases, table = answer(asked, times, instance.demand, list(instance.outside))
    again, same_table = answer(turned_asked, turned, instance.demand[rows], outside)
    assert [case.stops for case in again] == [case.stops for case in cases]
    for case, other in zip(cases, again, strict=True):
        pd.testing.assert_frame_equal(other.flows, case.flows)
        assert other.figures == pytest.approx(case.figures, nan_ok=True, rel=1e-12)
    pd.testing.assert_frame_equal(same_table, table)


@settings(deadline=None, max_examples=40)
@given(random_networks(), random_points("p"), random_points("h", most=4), st.data())
def test_roads_to_figures_are_the_same_with_every_engine(
    network: RoadNetwork, here: pd.DataFrame, there: pd.DataFrame, data: st.DataObject
) -> None:
    """Ties too: engines that break one differently would send people elsewhere."""
    stops = sorted(data.draw(st.sets(st.sampled_from(list(there.index)))))
    demand = np.arange(1.0, len(here) + 1.0)
    reference, *others = (
        flows(
            travel_times(network, here, there, engine=engine),
            demand,
            providers=list(there.index),
            stops=stops,
        )
        for engine in sorted(ENGINES)
    )
    for found in others:
        pd.testing.assert_frame_equal(found, reference, rtol=0.0, atol=1e-6)
