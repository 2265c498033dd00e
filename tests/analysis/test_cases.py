"""The cases that a run shows in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matrices import inputs_of, matrix

from impact.analysis.cases import make_case, study_cases
from impact.model.measures import measures
from impact.study.model import MEDIAN, Intervention, Scenario, Study
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from impact.model.case import Case

TIMES = matrix("A B C D", {"p": [10, 20, 50, 12], "q": [30, 12, 35, 5], "r": [40, 60, 15, 90]})
DEMAND = np.array([4.0, 2.0, 1.0])
ABC = Intervention("x", ("A", "B", "C"), stop_count=1)


def cases_of(intervention: Intervention, *scenarios: Scenario, **outside: tuple[str, ...]) -> tuple:
    study = Study("t", "r", (intervention,), scenarios)
    inputs = inputs_of(TIMES, {"x": DEMAND}, outside=outside)
    swept = sweep_means(intervention, TIMES, DEMAND, outside=outside.get("x", ()))
    return study_cases(study, inputs, {"x": swept})


def shown(cases: tuple[Case, ...]) -> list[tuple[str, str, str, bool, bool]]:
    return [
        (case.scenario, "".join(case.stops), case.recipients, case.in_range, case.principal)
        for case in cases
    ]


def test_without_a_scenario_the_median_candidate_is_shown() -> None:
    # A: 10 minutes more; B: 18; C: 25
    (case,) = cases_of(ABC)
    assert shown((case,)) == [(MEDIAN, "B", "nearest", True, True)]
    assert case.kind == "candidate"
    assert case.stays == ("A", "C")
    assert case.figures["mean_extra_moved"] == 18.0


def test_a_scenario_that_stops_as_many_takes_the_place_of_the_candidate() -> None:
    cases = cases_of(ABC, Scenario("s", stops={"x": ("C",)}))
    assert shown(cases) == [("s", "C", "nearest", True, True)]
    assert cases[0].kind == "scenario"


def test_the_first_scenario_by_name_that_fits_is_in_the_range() -> None:
    cases = cases_of(
        ABC,
        Scenario("a", stops={"x": ("A", "B")}),
        Scenario("b", stops={"x": ("C",)}),
        Scenario("c", stops={"x": ("A",)}),
        Scenario("other", stops={"y": ("A",)}),
    )
    assert shown(cases) == [
        ("a", "AB", "nearest", False, True),
        ("b", "C", "nearest", True, True),
        ("c", "A", "nearest", False, True),
    ]


def test_a_scenario_that_stops_another_number_leaves_the_candidate_in_the_range() -> None:
    cases = cases_of(ABC, Scenario("s", stops={"x": ("A", "B")}))
    assert shown(cases) == [
        ("s", "AB", "nearest", False, True),
        (MEDIAN, "B", "nearest", True, True),
    ]


def test_named_recipients_are_shown_beside_the_nearest() -> None:
    cases = cases_of(ABC, Scenario("s", stops={"x": ("A",)}, moves_to={"A": {"C": 1.0}}))
    assert shown(cases) == [
        ("s", "A", "named", True, True),
        ("s", "A", "nearest", False, False),
    ]
    assert [case.figures["mean_extra_moved"] for case in cases] == [40.0, 10.0]


def test_recipients_of_another_intervention_do_not_count_here() -> None:
    cases = cases_of(ABC, Scenario("s", stops={"x": ("A",)}, moves_to={"B": {"C": 1.0}}))
    assert shown(cases) == [("s", "A", "nearest", True, True)]


def test_a_scenario_may_only_open() -> None:
    scenario, candidate = cases_of(ABC, Scenario("s", opens={"x": ("D",)}))
    assert shown((scenario, candidate)) == [
        ("s", "", "nearest", False, True),
        (MEDIAN, "B", "nearest", True, True),
    ]
    assert scenario.opens == ("D",)
    # q goes to D instead of B, which stays: drawn, not moved
    assert (scenario.figures["moved"], scenario.figures["drawn"]) == (0.0, 2.0)


def test_one_takes_all_stops_all_but_one() -> None:
    every = Intervention("x", ("A", "B", "C"), stop_count=3, all_fail="one_takes_all")
    cases = cases_of(every, Scenario("s", stops={"x": ("A", "B")}))
    assert shown(cases) == [("s", "AB", "nearest", True, True)]


def test_where_the_treatment_leaves_the_region_others_take_over() -> None:
    every = Intervention("x", ("A", "B", "C"), stop_count=3, all_fail="leaves_region")
    (case,) = cases_of(every, x=("D",))
    assert (case.stops, case.stays, case.outside) == (("A", "B", "C"), (), ("D",))
    assert set(case.flows["provider_after"]) == {"D"}
    assert case.figures["moved"] == 7.0
    # one that stops fewer keeps its patients inside
    part, _ = cases_of(every, Scenario("s", stops={"x": ("A",)}), x=("D",))
    assert set(part.flows["provider_after"]) == {"B", "C"}
    assert part.outside == ()


def test_alternatives_everywhere_count_before_and_after() -> None:
    everywhere = Intervention("x", ("A", "B", "C"), stop_count=1, alternatives="all")
    case = make_case(
        everywhere,
        inputs_of(TIMES, {"x": DEMAND}, outside={"x": ("D",)}),
        name="s",
        stops=("A",),
    )
    assert case.flows["provider_before"].tolist() == ["A", "D", "C"]
    assert case.flows["provider_after"].tolist() == ["D", "D", "C"]
    assert case.outside == ("D",)
    assert case.stays == ("B", "C")


def test_names_may_hold_the_separator_of_the_tables() -> None:
    times = matrix("A B C", {"p": [10, 20, 50], "q": [30, 12, 35]})
    odd = {"A": "West", "B": "Noord; oost", "C": "Zuid"}
    times = type(times)(times.origins, tuple(odd.values()), times.minutes)
    intervention = Intervention("x", tuple(sorted(odd.values())), stop_count=2)
    demand = np.array([1.0, 1.0])
    swept = sweep_means(intervention, times, demand)
    study = Study("t", "r", (intervention,))
    (case,) = study_cases(study, inputs_of(times, {"x": demand}), {"x": swept})
    # Noord and West stop: 40 and 23 minutes more, Noord and Zuid 18, West and Zuid 10
    assert case.stops == ("Noord; oost", "Zuid")
    assert case.figures["mean_extra_moved"] == 18.0


def test_other_weights_make_the_same_case_for_a_group() -> None:
    inputs = inputs_of(TIMES, {"x": DEMAND})
    case = make_case(ABC, inputs, name="s", stops=("A",), weights=np.array([1.0, 0.0, 0.0]))
    assert (case.figures["demand"], case.figures["moved"]) == (1.0, 1.0)


def test_figures_are_those_of_the_flows() -> None:
    for case in cases_of(ABC, Scenario("s", stops={"x": ("A",)}, moves_to={"A": {"C": 1.0}})):
        assert isinstance(case.flows, pd.DataFrame)
        assert case.figures == pytest.approx(measures(case.flows))
