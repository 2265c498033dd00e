"""Candidates where demand is spread, held against each candidate through flows and measures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import inputs_of, matrix
from questions import Question, arrays_of, assert_same, questions

from impact.analysis.cases import make_case
from impact.analysis.rule_marks import case_figures
from impact.model.allocation_rule import HUFF, LOGIT, OBSERVED, AllocationRule
from impact.model.candidates import open_sets, stop_sets
from impact.model.observed import Observed
from impact.study.model import Intervention
from impact.sweep import spread as module
from impact.sweep.figures import COLUMNS, sweep_arrays
from impact.sweep.spread import sweep_spread

if TYPE_CHECKING:
    from impact.model.inputs import Inputs

#        A          B         Huff, half as many per 10 minutes: p 2/3 A, 1/3 B; q 1/5 A, 4/5 B
#        |10   20   |10
#        p----------q         p to A 10, to B 20; q to B 10, to A 30
TIMES = matrix("A B", {"p": [10, 20], "q": [30, 10]})
DEMAND = np.array([3.0, 5.0])


def spread_of(
    question: Question, choice: AllocationRule, **about: object
) -> tuple[Inputs, pd.DataFrame]:
    instance = question.instance
    inputs = inputs_of(
        instance.times,
        {"toy": instance.demand},
        outside={"toy": instance.outside},
        unit=question.unit,
    )
    inputs = replace(inputs, allocation_rules={"toy": choice})
    arrays = arrays_of(question, counted=choice.observed is not None)
    table = sweep_spread(
        question.asked, inputs, arrays, every_subset=question.every_subset, **about
    )
    return inputs, table


def test_by_hand() -> None:
    asked = Intervention("toy", ("A", "B"), stop_count=1)
    inputs = replace(
        inputs_of(TIMES, {"toy": DEMAND}),
        allocation_rules={"toy": AllocationRule(HUFF, beta=float(np.log(2.0)) / 10.0)},
    )
    arrays = sweep_arrays(asked, TIMES, DEMAND, municipality=["west", "oost"])
    table = sweep_spread(asked, inputs, arrays).set_index("stops")
    # of p 2 are at A and 1 at B, of q 1 at A and 4 at B
    assert table["moved"].tolist() == pytest.approx([3.0, 5.0])
    # A stops: 2 of p 10 more, 1 of q 20 less; B stops: 1 of p 10 less, 4 of q 20 more
    assert table["mean_extra_moved"].tolist() == pytest.approx([0.0, 70 / 5], abs=1e-12)
    assert table["p90_extra"].tolist() == [10.0, 20.0]
    assert table["worst_municipality"].tolist() == ["west", "oost"]
    assert table["locations_after"].tolist() == [1, 1]


@st.composite
def choices(draw: st.DrawFn, question: Question) -> AllocationRule:
    times = question.instance.times
    if draw(st.booleans()):
        utility = dict.fromkeys(times.destinations, 0.0)
        utility |= {name: draw(st.floats(-3.0, 3.0)) for name in times.destinations[:3]}
        beta = draw(st.sampled_from([0.0, 0.07, 0.3, 40.0]))
        return AllocationRule(draw(st.sampled_from([HUFF, LOGIT])), beta=beta, utility=utility)
    known = {*question.asked.providers, *question.instance.outside}
    elsewhere = sorted(set(times.destinations) - known - set(question.asked.may_open))[:1]
    listed = tuple(sorted({*question.asked.providers, *elsewhere}))
    size = len(times.origins) * len(listed)
    counts = draw(st.lists(st.sampled_from([0, 0, 1, 3, 8]), min_size=size, max_size=size))
    table = np.array(counts, dtype=float).reshape(len(times.origins), len(listed))
    return AllocationRule(
        OBSERVED, observed=Observed(listed, table, table, table, tuple(elsewhere))
    )


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_the_figures_are_those_of_flows_and_measures(data: st.DataObject) -> None:
    question = data.draw(questions())
    # no count of ours adds up to this norm, so that rounding cannot decide
    question = replace(question, asked=replace(question.asked, norm=7.31))
    choice = data.draw(choices(question))
    inputs, table = spread_of(question, choice)
    assert tuple(table.columns) == COLUMNS
    sets = list(stop_sets(question.asked, every_subset=question.every_subset))
    opening = open_sets(question.asked.may_open)
    places = data.draw(st.lists(st.integers(0, len(table) - 1), min_size=1, max_size=3))
    alone = []
    for place in places:
        stops, opens = sets[place % len(sets)], opening[place // len(sets)]
        case = make_case(question.asked, inputs, name="", stops=stops, opens=opens)
        alone.append(case_figures(case, inputs, question.registered))
    rows = table.iloc[places].reset_index(drop=True)
    assert_same(rows, pd.DataFrame(alone, columns=list(COLUMNS)))


@settings(deadline=None, max_examples=10)
@given(questions(), st.integers(1, 7))
def test_blocks_change_no_bit(question: Question, block: int) -> None:
    choice = AllocationRule(HUFF, beta=0.1)
    _, whole = spread_of(question, choice)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        _, pieces = spread_of(question, choice)
    pd.testing.assert_frame_equal(whole, pieces, rtol=0.0, atol=0.0)
