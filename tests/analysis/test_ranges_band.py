"""How far a mean could be off because nobody knows where patients go today."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from matrices import inputs_of, matrix

from impact.analysis.cases import make_case
from impact.analysis.ranges import BYPASSING, SUPPRESSED, band_of
from impact.model.allocation import flows
from impact.model.allocation_rule import (
    BYPASS_BETAS,
    EVERYBODY_NEAREST,
    HUFF,
    OBSERVED,
    AllocationRule,
)
from impact.model.hidden import flow_ends
from impact.model.measures import measures
from impact.model.observed import Observed
from impact.study.model import Intervention

TIMES = matrix("A B C", {"p": [10, 20, 35], "q": [30, 10, 12], "r": [15, 18, 40]})
DEMAND = np.array([100.0, 50.0, 20.0])
ASKED = Intervention("toy", ("A", "B", "C"), stop_count=1)


def test_the_band_is_over_nearest_and_the_betas() -> None:
    case = make_case(ASKED, inputs_of(TIMES, {"toy": DEMAND}), name="x", stops=("A",))
    band = band_of(case, TIMES, DEMAND, EVERYBODY_NEAREST)
    means = [case.figures["mean_extra_moved"]]
    for beta in BYPASS_BETAS:
        choice = AllocationRule(HUFF, beta=beta)
        rows = flows(TIMES, DEMAND, providers=ASKED.providers, stops=["A"], choice=choice)
        means.append(measures(rows)["mean_extra_moved"])
    assert (band.mean_low, band.mean_high) == (min(means), max(means))
    assert band.mean_low < band.mean_high
    assert (band.mean_over, band.direction) == (BYPASSING, "unknown")


def test_a_location_that_opens_takes_part_in_the_band() -> None:
    two = Intervention("toy", ("A", "B"))
    case = make_case(two, inputs_of(TIMES, {"toy": DEMAND}), name="x", stops=("A",), opens=("C",))
    band = band_of(case, TIMES, DEMAND, EVERYBODY_NEAREST)
    means = [case.figures["mean_extra_moved"]]
    for beta in BYPASS_BETAS:
        choice = AllocationRule(HUFF, beta=beta)
        rows = flows(TIMES, DEMAND, providers="AB", stops="A", opens="C", choice=choice)
        means.append(measures(rows)["mean_extra_moved"])
    assert (band.mean_low, band.mean_high) == pytest.approx((min(means), max(means)))


def test_suppressed_cells_bound_the_mean_exactly() -> None:
    low = np.array([[1.0, 0, 0], [1, 20, 0], [1, 0, 0]])
    high = np.array([[9.0, 0, 0], [4, 20, 0], [9, 0, 0]])
    observed = Observed(("A", "B", "C"), (low + high) / 2.0, low, high)
    choice = AllocationRule(OBSERVED, observed=observed)
    inputs = inputs_of(TIMES, {"toy": observed.totals})
    inputs.allocation_rules["toy"] = choice  # type: ignore[index]
    case = make_case(ASKED, inputs, name="x", stops=("A",))
    band = band_of(case, TIMES, observed.totals, choice, flow_ends(inputs, case, None))
    # extra minutes of A's patients: p +10, q -20, r +3; every corner of the box is tried
    corners = [
        np.average([10.0, -20.0, 3.0], weights=weights)
        for weights in product((1, 9), (1, 4), (1, 9))
    ]
    assert band.mean_low == pytest.approx(min(corners))
    assert band.mean_high == pytest.approx(max(corners))
    assert (band.moved_low, band.moved_high) == (3.0, 22.0)
    assert (band.mean_over, band.direction) == (SUPPRESSED, "")
    assert band.mean_low < case.figures["mean_extra_moved"] < band.mean_high


def test_counts_that_are_complete_leave_no_band() -> None:
    counts = np.array([[9.0, 0, 0], [4, 20, 0], [9, 0, 0]])
    choice = AllocationRule(OBSERVED, observed=Observed(("A", "B", "C"), counts, counts, counts))
    inputs = inputs_of(TIMES, {"toy": counts.sum(axis=1)})
    inputs.allocation_rules["toy"] = choice  # type: ignore[index]
    case = make_case(ASKED, inputs, name="x", stops=("A",))
    band = band_of(case, TIMES, counts.sum(axis=1), choice, flow_ends(inputs, case, None))
    assert np.isnan([band.mean_low, band.mean_high, band.moved_low]).all()
    assert band.mean_over == ""
