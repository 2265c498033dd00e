"""Noordoost-Nederland swept completely: nine treatments, their fronts, a check from the roads."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from impact import read_street_network
from impact.analysis.cases import make_case
from impact.analysis.rule_marks import case_figures
from impact.model.candidates import candidates
from impact.outputs.pages.choices import published_range
from impact.study.model import DISPLAYED
from impact.sweep.pareto import beaten_by, criteria
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep, Swept

#  treatment: candidates, on the front, least and greatest mean extra of the moved, the middle one
SWEPT = {
    "Chirurgische behandeling aorta-aneurysma": (11, 2, 2.0, 20.7, 11.0),
    "ERCP (alle indicaties)": (2002, 6, 8.5, 48.2, 13.4),
    "Lokale behandeling nierkanker": (84, 3, 15.4, 56.2, 21.3),
    "Longresecties": (56, 5, 10.6, 34.2, 18.5),
    "Maag-/slokdarmresecties": (6, 2, 23.1, 59.7, 26.9),
    "Pancreasresecties": (4, 2, 24.3, 36.5, 24.6),
    "Systemische behandeling maag-/slokdarmkanker": (1820, 6, 7.5, 27.6, 12.0),
    "Systemische behandeling nierkanker": (8008, 2, 11.7, 53.1, 19.2),
    "Systemische behandeling pancreaskanker": (1820, 6, 7.5, 27.6, 12.0),
}


def of(sweep: StudySweep, name: str) -> Swept:
    return next(each for each in sweep.swept if each.intervention.name == name)


def test_every_treatment_is_swept_completely(noordoost_sweep: StudySweep) -> None:
    found = {}
    for each in noordoost_sweep.swept:
        table = each.table
        middle = table[table["rules"].str.split("; ").map(lambda names: "median" in names)]
        assert len(middle) == 1
        means = table["mean_extra_moved"]
        numbers = (means.min(), means.max(), middle["mean_extra_moved"].iloc[0])
        found[each.intervention.name] = (
            len(table),
            int(table["on_front"].sum()),
            *(round(float(value), 1) for value in numbers),
        )
    assert found == SWEPT


def test_the_sweep_marks_what_a_run_displays(
    noordoost_sweep: StudySweep, noordoost_result: Result
) -> None:
    shown = {
        case.intervention.name: "; ".join(case.stops)
        for case in noordoost_result.cases
        if case.scenario == DISPLAYED
    }
    assert len(shown) == 8
    for each in noordoost_sweep.swept:
        rules = each.table["rules"].str.split("; ")
        marked = each.table[rules.map(lambda names: "displayed" in names)]["stops"].tolist()
        # pancreas resections have a named scenario instead, which stops the same hospital
        assert marked == [shown.get(each.intervention.name, "Frisius MC Leeuwarden (MCL)")]


def test_the_published_range_stands_beside_it(noordoost_sweep: StudySweep) -> None:
    assert published_range(noordoost_sweep.study) == {"low": 6, "high": 30}


def test_the_sweep_agrees_with_the_run(
    noordoost_sweep: StudySweep, noordoost_result: Result
) -> None:
    for each in noordoost_sweep.swept:
        means = noordoost_result.candidates[each.intervention.name]
        assert len(each.table) == noordoost_result.choices(each.intervention.name)
        assert each.table["stops"].tolist() == means["stops"].tolist()
        for name in ("moved", "mean_extra_moved", "mean_extra_all"):
            np.testing.assert_allclose(each.table[name], means[name], rtol=1e-9)


def test_named_scenarios_are_scored_with_both_recipients(noordoost_sweep: StudySweep) -> None:
    scored = []
    for each in noordoost_sweep.swept:
        rows = each.scores[each.scores["kind"] == "scenario"]
        scored += [
            (row.recipients, row.stops, round(row.mean_extra_moved, 1), int(row.beaten_by))
            for row in rows.itertuples()
        ]
    assert scored == [
        ("named", "Nij Smellinghe", 11.0, 0),
        ("nearest", "Nij Smellinghe", 9.7, 0),
        ("named", "Frisius MC Leeuwarden (MCL)", 25.6, 1),
        ("nearest", "Frisius MC Leeuwarden (MCL)", 24.3, 0),
    ]


def test_nobody_beats_the_front_and_it_beats_the_rest(noordoost_sweep: StudySweep) -> None:
    for each in noordoost_sweep.swept:
        costs, kept = criteria(each.table), each.table["on_front"].to_numpy()
        best = costs[kept]
        for row in best:
            assert not beaten_by(costs, row).any()
        for row in costs[~kept][:200]:
            assert beaten_by(best, row).any()


def test_a_random_candidate_from_the_road_graph_by_another_engine(
    noordoost_sweep: StudySweep,
) -> None:
    """Shortest paths anew, by another engine, and every figure through flows and measures."""
    chosen = random.Random(2026)  # noqa: S311 (a draw, no secret)
    inputs = noordoost_sweep.inputs
    each = chosen.choice(noordoost_sweep.swept)
    row = chosen.randrange(len(each.table))
    stops = candidates(each.intervention)[row]
    times = travel_times(
        read_street_network(),
        inputs.postcodes,
        inputs.hospitals.loc[list(each.intervention.providers)],
        engine="contracted",
    )
    case = make_case(each.intervention, replace(inputs, times=times), name="", stops=stops)
    expected = case_figures(case, inputs, None)
    for name, value in expected.items():
        mine = each.table[name].iloc[row]
        if isinstance(value, str):
            assert mine == value, name
        else:
            assert mine == pytest.approx(value, rel=1e-6, nan_ok=True), name
