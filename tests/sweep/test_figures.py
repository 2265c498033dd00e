"""Every candidate by all measures: compiled, in NumPy, and each alone through flows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, Instance, inputs_of, instances, matrix
from questions import Question, arrays_of, assert_same, questions

from impact.analysis.cases import make_case
from impact.analysis.rule_marks import case_figures
from impact.model.candidates import open_sets, stop_sets
from impact.study.model import Intervention
from impact.sweep import figures as module
from impact.sweep.figures import COLUMNS, sweep_all, sweep_arrays
from impact.sweep.means import sweep_means

NEEDS_NUMBA = pytest.mark.skipif(not module.has_compiler(), reason="numba is not installed")
BOTH = pytest.mark.parametrize(
    "compiled", [pytest.param(True, marks=NEEDS_NUMBA), False], ids=["compiled", "plain"]
)

#        A          B          C
#        |10   20   |12   15   |
#        p----------q----------r      minutes to the far ends: p-C 50, r-A 40
TIMES = matrix("A B C", {"p": [10, 20, 50], "q": [30, 12, 35], "r": [40, 60, 15]})
DEMAND = np.array([4.0, 2.0, 1.0])
TOWNS = ["west", "midden", "oost"]


def swept(asked: Intervention, compiled: bool, **about: object) -> pd.DataFrame:  # noqa: FBT001
    arrays = sweep_arrays(asked, TIMES, DEMAND, municipality=TOWNS, **about)
    return sweep_all(asked, arrays, compiled=compiled)


@BOTH
def test_three_towns_by_hand(compiled: bool) -> None:  # noqa: FBT001
    one = swept(Intervention("x", ("A", "B", "C"), stop_count=1), compiled).set_index("stops")
    assert one["moved"].tolist() == [4.0, 2.0, 1.0]
    # p from 10 to 20; q from 12 to 30; r from 15 to 40
    assert one["mean_extra_moved"].tolist() == [10.0, 18.0, 25.0]
    assert one["max_extra"].tolist() == [10.0, 18.0, 25.0]
    assert one["mean_extra_all"].tolist() == pytest.approx([40 / 7, 36 / 7, 25 / 7])
    # minutes after: 20 12 15; 10 30 15 (30 is not beyond 30); 10 12 40
    assert one["beyond_30_after"].tolist() == [0.0, 0.0, 1.0]
    assert one["locations_after"].tolist() == [2, 2, 2]
    assert one["worst_municipality"].tolist() == TOWNS
    assert one[["lowest_volume", "below_norm"]].isna().all(axis=None)
    two = swept(Intervention("x", ("A", "B", "C"), stop_count=2), compiled).set_index("stops")
    # A and B stop: p 50 (40 more), q 35 (23 more); 4 of 6 get 40
    first = two.loc["A; B"]
    assert first["mean_extra_moved"] == pytest.approx((4 * 40 + 2 * 23) / 6)
    assert (first["p10_extra"], first["p50_extra"], first["p90_extra"]) == (23.0, 40.0, 40.0)
    assert (first["beyond_30_after"], first["beyond_45_after"]) == (6.0, 4.0)
    assert (one["extra_over_30"].tolist(), first["extra_over_30"]) == ([0.0, 0.0, 0.0], 4.0)
    assert (first["worst_municipality"], first["worst_municipality_extra"]) == ("west", 40.0)


@BOTH
def test_volumes_and_norms_by_hand(compiled: bool) -> None:  # noqa: FBT001
    asked = Intervention("x", ("A", "B", "C"), stop_count=1, norm=3.0)
    patients = swept(asked, compiled, modelled=True).set_index("stops")
    # p's 4 go to B, which has 2: 6 and 1; q's 2 to A, 6 and 1; r's 1 to A, 5 and 2
    assert patients["lowest_volume"].tolist() == [1.0, 1.0, 2.0]
    assert patients["below_norm"].tolist() == [1.0, 1.0, 1.0]
    counts = {"A": 30.0, "B": 20.0, "C": 10.0}
    registered = swept(asked, compiled, registered=counts).set_index("stops")
    assert registered["lowest_volume"].tolist() == [10.0, 10.0, 20.0]
    assert registered["below_norm"].tolist() == [0.0, 0.0, 0.0]
    # what C has is not known: only where it stops could the rest be, and its patients go to A
    unknown = swept(asked, compiled, registered={"A": 30.0, "B": 20.0})
    assert unknown["lowest_volume"].isna().all()


@BOTH
def test_nobody_knows_where_patients_of_a_hospital_that_is_nobodys_nearest_go(
    compiled: bool,  # noqa: FBT001
) -> None:
    times = matrix("A B", {"p": [10, 20], "q": [30, 40]})
    asked = Intervention("x", ("A", "B"), stop_count=1, norm=3.0)
    for count, lowest in ((8.0, np.nan), (0.0, 30.0)):
        arrays = sweep_arrays(asked, times, DEMAND[:2], registered={"A": 30.0, "B": count})
        table = sweep_all(asked, arrays, compiled=compiled).set_index("stops")
        # everybody goes to A; when A stops its 30 go to B, beside the 8 that B keeps
        assert table.loc["A", "lowest_volume"] == 30.0 + count
        # when B stops no flow says where its 8 go; without any there is nothing to know
        assert table.loc["B", "lowest_volume"] == pytest.approx(lowest, nan_ok=True)
        assert table.loc["B", "below_norm"] == pytest.approx(lowest * 0.0, nan_ok=True)


@BOTH
def test_every_subset_holds_the_baseline_first(compiled: bool) -> None:  # noqa: FBT001
    asked = Intervention("x", ("A", "B", "C"), stop_count=1)
    arrays = sweep_arrays(asked, TIMES, DEMAND, municipality=TOWNS)
    table = sweep_all(asked, arrays, every_subset=True, compiled=compiled)
    assert table["stops"].tolist() == ["", "A", "A; B", "A; C", "B", "B; C", "C"]
    baseline = table.iloc[0]
    assert (baseline["moved"], baseline["mean_extra_all"], baseline["unreachable"]) == (0, 0, 0)
    assert np.isnan(baseline["mean_extra_moved"])
    assert baseline["worst_municipality"] == ""
    assert table["locations_after"].tolist() == [3, 2, 1, 1, 2, 1, 2]


@BOTH
def test_a_location_that_opens_draws_people_and_takes_who_must_move(
    compiled: bool,  # noqa: FBT001
) -> None:
    times = matrix("A B N", {"p": [10, 20, 14], "q": [30, 12, 7], "r": [INF, INF, 9]})
    asked = Intervention("x", ("A", "B"), stop_count=1, may_open=("N",))
    arrays = sweep_arrays(asked, times, DEMAND, municipality=TOWNS)
    table = sweep_all(asked, arrays, compiled=compiled).set_index(["opens", "stops"])
    assert list(table.index) == [("", "A"), ("", "B"), ("N", "A"), ("N", "B")]
    # r reaches nothing until N opens
    assert table["unreachable"].tolist() == [1.0, 1.0, 0.0, 0.0]
    # B stops while N opens: q's own hospital stops, and N is 5 minutes nearer
    assert table.loc[("N", "B"), "moved"] == 2.0
    assert table.loc[("N", "B"), "mean_extra_moved"] == -5.0
    # A stops: p 4 minutes more; q is drawn to N, which counts over all only
    assert table.loc[("N", "A"), "mean_extra_moved"] == 4.0
    assert table.loc[("N", "A"), "mean_extra_all"] == pytest.approx((4 * 4 - 2 * 5) / 6)
    assert table["locations_after"].tolist() == [1, 1, 2, 2]


@settings(deadline=None, max_examples=25)
@given(questions(), st.data())
def test_three_ways_give_the_same_figures(question: Question, data: st.DataObject) -> None:
    """The walk touches only who is moved; NumPy and the flows know no such shortcut."""
    instance, asked = question.instance, question.asked
    arrays = arrays_of(question)
    about = {"every_subset": question.every_subset, "outside": instance.outside}
    plain = sweep_all(asked, arrays, compiled=False, **about)
    assert tuple(plain.columns) == COLUMNS
    if module.has_compiler():
        assert_same(sweep_all(asked, arrays, compiled=True, **about), plain)
    inputs = inputs_of(
        instance.times,
        {"toy": instance.demand},
        outside={"toy": instance.outside},
        unit=question.unit,
    )
    sets = list(stop_sets(asked, every_subset=question.every_subset))
    stops = data.draw(st.integers(0, len(sets) - 1))
    opening = open_sets(asked.may_open)
    opens = data.draw(st.integers(0, len(opening) - 1))
    case = make_case(asked, inputs, name="", stops=sets[stops], opens=opening[opens])
    alone = pd.DataFrame([case_figures(case, inputs, question.registered)])
    row = plain.iloc[[opens * len(sets) + stops]].reset_index(drop=True)
    assert_same(row, alone[list(COLUMNS)])


@NEEDS_NUMBA
@settings(deadline=None, max_examples=20)
@given(questions(), st.lists(st.floats(1.0, 1e3), min_size=8, max_size=8), st.integers(1, 7))
def test_blocks_change_no_bit(question: Question, weights: list[float], block: int) -> None:
    instance = replace(question.instance, demand=np.array(weights[: len(question.instance.demand)]))
    question = replace(question, instance=instance)
    about = {"every_subset": question.every_subset, "outside": instance.outside}
    whole = sweep_all(question.asked, arrays_of(question), compiled=True, **about)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        pieces = sweep_all(question.asked, arrays_of(question), compiled=True, **about)
    pd.testing.assert_frame_equal(whole, pieces, rtol=0.0, atol=0.0)
    # weights within three orders of each other: a mean carries the rounding of the greatest sum
    plain = sweep_all(question.asked, arrays_of(question), compiled=False, **about)
    assert_same(whole, plain)


@settings(deadline=None, max_examples=20)
@given(instances())
def test_the_means_are_those_of_a_run(instance: Instance) -> None:
    asked = instance.intervention
    means = sweep_means(asked, instance.times, instance.demand, outside=instance.outside)
    arrays = sweep_arrays(asked, instance.times, instance.demand, outside=instance.outside)
    table = sweep_all(asked, arrays, outside=instance.outside)
    for name in ("moved", "mean_extra_moved", "mean_extra_all"):
        np.testing.assert_allclose(table[name], means[name], rtol=1e-9, atol=1e-9)
    assert table["stops"].tolist() == means["stops"].tolist()


def test_progress_ends_at_all_candidates() -> None:
    asked = Intervention("x", ("A", "B", "C"), stop_count=1, may_open=("D",))
    times = matrix("A B C D", {"p": [1, 2, 3, 4]})
    seen: list[tuple[int, int]] = []
    arrays = sweep_arrays(asked, times, np.array([1.0]))
    sweep_all(asked, arrays, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 6), (6, 6)]


@settings(deadline=None, max_examples=30)
@given(instances(), st.booleans())
def test_sets_can_be_found_by_number(instance: Instance, every: bool) -> None:  # noqa: FBT001
    sets = stop_sets(instance.intervention, every_subset=every)
    everything = list(sets)
    assert len(everything) == len(set(everything)) == len(sets)
    for number, names in enumerate(everything):
        found = (*sets.fixed, *(sets.free[place] for place in sets.first(number)))
        assert tuple(sorted(found)) == names
        assert next(sets.some(number, 1)) == names
    asked = instance.intervention
    for names in everything:
        assert set(asked.must_stop) <= set(names) <= set(asked.providers) - set(asked.must_stay)
    if every:
        free = len(sets.free)
        kept = bool(asked.must_stay)
        assert len(everything) == (2**free - (0 if kept else 1))


def test_openings_multiply_the_candidates() -> None:
    assert len(open_sets("abc")) == 8
