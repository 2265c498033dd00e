"""Every candidate, by the same figures as one case alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, inputs_of, instances, matrix

from impact.analysis.cases import make_case
from impact.model.candidates import candidates
from impact.study.model import Intervention
from impact.sweep import means as module
from impact.sweep.means import median_candidate, sweep_means

TIMES = matrix("A B C", {"p": [10, 20, 50], "q": [30, 12, 35], "r": [40, 60, 15]})
DEMAND = np.array([4.0, 2.0, 1.0])


def test_three_candidates_by_hand() -> None:
    swept = sweep_means(Intervention("x", ("A", "B", "C"), stop_count=1), TIMES, DEMAND)
    assert swept["stops"].tolist() == ["A", "B", "C"]
    assert swept["moved"].tolist() == [4.0, 2.0, 1.0]
    assert swept["mean_extra_moved"].tolist() == [10.0, 18.0, 25.0]
    assert swept["mean_extra_all"].tolist() == pytest.approx([40 / 7, 36 / 7, 25 / 7])


def test_providers_of_other_regions_count_before_and_after() -> None:
    #  C lies outside: r goes there today, and q would rather go there than to A
    inside = Intervention("x", ("A", "B"), stop_count=1)
    times = matrix("A B C", {"q": [30, 12, 20], "r": [40, 60, 15]})
    demand = np.array([2.0, 1.0])
    kept_inside = sweep_means(inside, times, demand)
    assert kept_inside["moved"].tolist() == [1.0, 2.0]
    assert kept_inside["mean_extra_moved"].tolist() == [20.0, 18.0]
    everywhere = sweep_means(replace(inside, alternatives="all"), times, demand, outside=["C"])
    assert everywhere["moved"].tolist() == [0.0, 2.0]
    assert np.isnan(everywhere["mean_extra_moved"][0])
    assert everywhere["mean_extra_moved"][1] == 8.0


def test_where_the_treatment_leaves_the_region_others_take_over_afterwards_only() -> None:
    both = Intervention("x", ("A", "B"), stop_count=2, all_fail="leaves_region")
    times = matrix("A B C", {"q": [30, 12, 20], "r": [40, 60, 15]})
    swept = sweep_means(both, times, np.array([2.0, 1.0]), outside=["C"])
    # q: 12 to 20; r: 40 to 15, shorter, as its nearest hospital is not of the region
    assert swept["stops"].tolist() == ["A; B"]
    assert swept["moved"].tolist() == [3.0]
    assert swept["mean_extra_moved"].tolist() == pytest.approx([(2 * 8 - 25) / 3])


def test_locations_outside_count_only_where_the_study_says_so() -> None:
    inside = Intervention("x", ("A", "B"), stop_count=1)
    plain = sweep_means(inside, TIMES, DEMAND)
    pd.testing.assert_frame_equal(sweep_means(inside, TIMES, DEMAND, outside=["C"]), plain)


def test_without_a_number_there_is_nothing_to_sweep() -> None:
    assert sweep_means(Intervention("x", ("A", "B")), TIMES, DEMAND).empty


@settings(deadline=None, max_examples=60)
@given(instances(), st.integers(1, 3))
def test_the_sweep_equals_every_case_alone(instance: Instance, block: int) -> None:
    asked, times, demand = instance.intervention, instance.times, instance.demand
    with pytest.MonkeyPatch.context() as patch:
        # a few numbers at a time, so that blocks have seams
        patch.setattr(module, "_BLOCK_CELLS", block * times.minutes.size)
        swept = sweep_means(asked, times, demand, outside=instance.outside)
    inputs = inputs_of(times, {"toy": demand}, outside={"toy": instance.outside})
    found = candidates(asked)
    assert swept["stops"].tolist() == ["; ".join(stops) for stops in found]
    for row, stops in zip(swept.itertuples(), found, strict=True):
        figures = make_case(asked, inputs, name="x", stops=stops).figures
        for name in ("moved", "mean_extra_moved", "mean_extra_all"):
            assert getattr(row, name) == pytest.approx(figures[name], nan_ok=True), (stops, name)


@settings(deadline=None, max_examples=60)
@given(instances(), st.randoms(use_true_random=False))
def test_the_order_of_postcodes_and_locations_changes_nothing(
    instance: Instance, random: object
) -> None:
    times = instance.times
    rows, columns = list(range(len(times.origins))), list(times.destinations)
    random.shuffle(rows)
    random.shuffle(columns)
    turned = times.select([times.origins[row] for row in rows], columns)
    providers = list(instance.intervention.providers)
    random.shuffle(providers)
    again = sweep_means(
        replace(instance.intervention, providers=tuple(providers)),
        turned,
        instance.demand[rows],
        outside=instance.outside[::-1],
    )
    plain = sweep_means(instance.intervention, times, instance.demand, outside=instance.outside)
    pd.testing.assert_frame_equal(again, plain, rtol=1e-12)


def test_the_median_is_the_lower_of_two() -> None:
    def swept(*means: float) -> pd.DataFrame:
        return pd.DataFrame({"stops": list("abcdefg"[: len(means)]), "mean_extra_moved": means})

    assert median_candidate(swept(9.0)) == 0
    assert median_candidate(swept(9.0, 1.0)) == 1
    assert median_candidate(swept(9.0, 1.0, 5.0)) == 2
    assert median_candidate(swept(9.0, 1.0, 5.0, 7.0)) == 2
    # ties by name
    assert median_candidate(swept(3.0, 3.0, 3.0, 3.0)) == 1
    # a candidate without a mean is no candidate in the middle
    assert median_candidate(swept(np.nan, 1.0, np.nan, 5.0)) == 1
    assert median_candidate(swept(np.nan, np.nan)) == 0


def test_the_order_of_summation_decides_no_tie() -> None:
    #  A and B mirror each other: whichever stops, 0.3, 0.2 and 0.1 times the same minutes
    rows = {"p": [0, 7], "q": [0, 11], "r": [0, 13], "s": [13, 0], "t": [11, 0], "u": [7, 0]}
    demand = np.array([0.3, 0.2, 0.1, 0.1, 0.2, 0.3])
    two = Intervention("x", ("A", "B"), stop_count=1)
    for scale in (1.0, 1 / 3, 0.7, 1e5 / 7):
        swept = sweep_means(two, matrix("A B", rows), demand * scale)
        assert swept["mean_extra_moved"][0] == pytest.approx(swept["mean_extra_moved"][1])
        assert median_candidate(swept) == 0
    noisy = pd.DataFrame({"stops": ["a", "b"], "mean_extra_moved": [5.000_000_000_000_1, 5.0]})
    assert median_candidate(noisy) == 0


def test_unreachable_before_and_after() -> None:
    #  s reaches C only; t reaches nothing
    times = matrix("A B C", {"p": [10, 20, 50], "s": [INF, INF, 60], "t": [INF, INF, INF]})
    swept = sweep_means(
        Intervention("x", ("A", "B", "C"), stop_count=1), times, np.array([4.0, 2.0, 1.0])
    )
    assert swept["moved"].tolist() == [4.0, 0.0, 2.0]
    assert swept["mean_extra_moved"].tolist()[0] == 10.0
    assert swept["mean_extra_moved"].isna().tolist() == [False, True, True]
    # p and s; p and s; p alone, as s cannot go anywhere any more
    assert swept["mean_extra_all"].tolist() == pytest.approx([40 / 6, 0.0, 0.0])
