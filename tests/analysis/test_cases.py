"""The cases that a run shows in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matrices import inputs_of, matrix

from impact.analysis.cases import make_case, study_cases
from impact.model.measures import measures
from impact.outputs.text.displayed import given_up
from impact.study.model import DISPLAYED, Intervention, Scenario, Study
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.model.case import Case

TIMES = matrix("A B C D", {"p": [10, 20, 50, 12], "q": [30, 12, 35, 5], "r": [40, 60, 15, 90]})
DEMAND = np.array([4.0, 2.0, 1.0])
ABC = Intervention("x", ("A", "B", "C"), stop_count=1)


def cases_of(
    intervention: Intervention,
    *scenarios: Scenario,
    types: Mapping[str, str] | None = None,
    rule: bool = True,
    registered: Mapping[str, Mapping[str, float]] | None = None,
    **outside: tuple[str, ...],
) -> tuple[Case, ...]:
    study = Study("t", "r", (intervention,), scenarios, university_hospitals_stay=rule)
    inputs = inputs_of(TIMES, {"x": DEMAND}, outside=outside)
    hospitals = pd.DataFrame({"type": types or {}}, dtype=object)
    swept = sweep_means(intervention, TIMES, DEMAND, outside=outside.get("x", ()))
    return study_cases(
        study, replace(inputs, hospitals=hospitals), {"x": swept}, registered=registered
    )


def shown(cases: tuple[Case, ...]) -> list[tuple[str, str, str, bool, bool]]:
    return [
        (case.scenario, "".join(case.stops), case.recipients, case.in_range, case.principal)
        for case in cases
    ]


def test_without_a_scenario_the_smallest_stops() -> None:
    # demand in the baseline: A 4, B 2, C 1; minutes more: A 10, B 18, C 25
    (case,) = cases_of(ABC)
    assert shown((case,)) == [(DISPLAYED, "C", "nearest", True, True)]
    assert case.kind == "candidate"
    assert case.stays == ("A", "B")
    assert case.figures["mean_extra_moved"] == 25.0
    assert (case.kept, case.volumes_by) == ({}, "residents")


def test_a_university_hospital_stays_and_the_next_smallest_stops() -> None:
    (case,) = cases_of(ABC, types={"C": "umc"})
    assert (case.stops, case.kept) == (("B",), {"C": "university"})
    # the study may switch the rule off, or name the hospital itself
    (off,) = cases_of(ABC, types={"C": "umc"}, rule=False)
    assert (off.stops, off.kept) == (("C",), {})
    (named,) = cases_of(replace(ABC, must_stop=("C",)), types={"C": "umc"})
    assert (named.stops, named.kept) == (("C",), {})
    (scenario,) = cases_of(ABC, Scenario("s", stops={"x": ("C",)}), types={"C": "umc"})
    assert (scenario.scenario, scenario.stops) == ("s", ("C",))


def test_where_too_few_others_could_stop_one_that_the_rule_keeps_stops() -> None:
    two = replace(ABC, stop_count=2)
    (case,) = cases_of(two, types={"A": "umc", "C": "umc"})
    assert (case.stops, given_up(case)) == (("B", "C"), ["C"])


def test_registered_counts_say_who_is_small() -> None:
    (case,) = cases_of(ABC, registered={"x": {"A": 3.0, "B": 9.0, "C": 8.0}})
    assert (case.stops, case.volumes_by) == (("A",), "registered")
    # a count that lacks a provider says nothing of the others
    (case,) = cases_of(ABC, registered={"x": {"A": 3.0, "B": 9.0}})
    assert (case.stops, case.volumes_by) == (("C",), "residents")
    # between equals the minutes decide: A 10, B 18, C 25 more
    (case,) = cases_of(ABC, registered={"x": {"A": 5.0, "B": 5.0, "C": 5.0}})
    assert case.stops == ("A",)


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
        (DISPLAYED, "C", "nearest", True, True),
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
        (DISPLAYED, "C", "nearest", True, True),
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
    # nobody is nearest to Zuid; the other two are alike, and West costs least
    assert case.stops == ("West", "Zuid")
    assert case.figures["mean_extra_moved"] == 10.0


def test_other_weights_make_the_same_case_for_a_group() -> None:
    inputs = inputs_of(TIMES, {"x": DEMAND})
    case = make_case(ABC, inputs, name="s", stops=("A",), weights=np.array([1.0, 0.0, 0.0]))
    assert (case.figures["demand"], case.figures["moved"]) == (1.0, 1.0)


def test_figures_are_those_of_the_flows() -> None:
    for case in cases_of(ABC, Scenario("s", stops={"x": ("A",)}, moves_to={"A": {"C": 1.0}})):
        assert isinstance(case.flows, pd.DataFrame)
        assert case.figures == pytest.approx(measures(case.flows))
