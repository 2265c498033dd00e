"""Patients per year in words."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from impact.analysis.run import moved_bound
from impact.outputs.screen import print_summary
from impact.outputs.text import texts
from impact.outputs.text.answer import answer_sentences
from impact.outputs.text.assumptions import assumptions
from impact.outputs.text.choices import least_sentence, mean_line, said_unit
from impact.outputs.text.overview import layer_facts
from impact.outputs.text.people import above_bound, amount_text, people_text, residents_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep

NL, EN = texts("nl"), texts("en")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.3, "minder dan 10"),
        (9.99, "minder dan 10"),
        (10.0, "ongeveer 10"),
        (40.6, "ongeveer 40"),
        (233.0, "ongeveer 230"),
        (999.0, "ongeveer 1.000"),
        (1049.0, "ongeveer 1.000"),
    ],
)
def test_an_estimate_is_no_finer_than_it_is_known(value: float, said: str) -> None:
    assert amount_text(NL, value, "modelled") == said


def test_the_first_sentence_says_that_patients_are_estimated(noordoost_result: Result) -> None:
    for t, word in ((NL, "(geschat"), (EN, "(estimated")):
        first = answer_sentences(noordoost_result, t)[0].partition(". ")[0]
        assert word in first
    registered = replace(
        noordoost_result,
        summary=noordoost_result.summary.assign(
            patients_kind="registered", patients_low=math.nan, patients_high=math.nan
        ),
    )
    assert "(geregistreerd)" in answer_sentences(registered, NL)[0].partition(". ")[0]


def test_hidden_counts_put_their_bounds_beside_the_patients(noordoost_result: Result) -> None:
    ends = {"patients_moved": 50.0, "patients_low": 32.5, "patients_high": 70.2}
    hidden = replace(
        noordoost_result,
        summary=noordoost_result.summary.assign(patients_kind="registered", **ends),
    )
    view = hidden.principal[0]
    assert people_text(NL, view) == (
        "50 patiënten per jaar (geregistreerd; door afgeschermde aantallen 32 tot 71)"
    )
    assert people_text(EN, view) == "50 patients per year (registered; by hidden counts 32 to 71)"


def test_one_patient_is_no_patients(noordoost_result: Result) -> None:
    known = {"patients_kind": "registered", "patients_low": math.nan, "patients_high": math.nan}
    for count, said in ((1.2, "1 patiënt per jaar"), (2.0, "2 patiënten per jaar")):
        rows = noordoost_result.summary.assign(**known, patients_moved=count)
        view = replace(noordoost_result, summary=rows).principal[0]
        assert people_text(NL, view) == f"{said} (geregistreerd)"


def test_residents_stand_second_and_are_no_patients(noordoost_result: Result) -> None:
    for view in noordoost_result.principal:
        first, second = people_text(NL, view), residents_text(NL, view.row)
        kind = noordoost_result.kind_of(view.case.intervention.name)
        estimated = kind == "modelled" and not above_bound(view.row)
        assert ("patiënten per jaar (geschat" in first) == estimated
        assert ("inwoners" in first) == (kind == "")
        assert second.endswith("inwoners")


def test_an_estimate_above_the_bound_says_the_bound(noordoost_result: Result) -> None:
    above = [
        view
        for view in noordoost_result.principal
        if view.row["patients_moved"] > view.row["moved_bound"]
    ]
    assert above
    for view in above:
        bound, estimate = (float(view.row[key]) for key in ("moved_bound", "patients_moved"))
        said = people_text(NL, view)
        assert said.startswith(f"hooguit {NL.number(bound)} patiënten per jaar")
        # the estimate is no second count beside it
        assert amount_text(NL, estimate, "modelled") not in said
        facts = [text for _, text in layer_facts(view, NL)]
        assert any(text.endswith(NL("people.above")) for text in facts)
    below = [view for view in noordoost_result.principal if view not in above]
    assert not any("de schatting is hoger" in people_text(NL, view) for view in below)


def test_the_screen_says_one_count_too(noordoost_result: Result, tmp_path: Path) -> None:
    out = io.StringIO()
    print_summary(Console(file=out, width=1000), noordoost_result, tmp_path, lang="nl")
    lines = [x.strip() for x in out.getvalue().splitlines() if "Naar een ander ziekenhuis:" in x]
    assert len(lines) == len(noordoost_result.cases)
    for view in noordoost_result.principal:
        said = f"Naar een ander ziekenhuis: {people_text(NL, view)}"
        assert any(line.startswith(said) for line in lines)
        if above_bound(view.row):
            estimate = amount_text(NL, float(view.row["patients_moved"]), "modelled")
            assert not any(line.startswith(said) and estimate in line for line in lines)


def test_the_least_travel_says_the_bound_below_its_estimate(noordoost_sweep: StudySweep) -> None:
    found, kinds = set(), noordoost_sweep.inputs.demand.kinds
    for swept in noordoost_sweep.swept:
        assert swept.least is not None
        case, name = swept.least.best, swept.intervention.name
        said = least_sentence(NL, case, "x", said_unit(noordoost_sweep.inputs.demand, name))
        kind, moved = kinds.get(name, ""), case.figures["moved"]
        above = kind == "modelled" and moved_bound(case, kind) < moved
        found.add(above)
        assert ("hooguit" in said) == above
        assert (amount_text(NL, moved, kind) in said) != above
    assert found == {True, False}


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((5.0, 11.0), "Over iedereen gemiddeld van 5 minuten naar 11 minuten"),
        ((20.9, 21.2), "Over iedereen gemiddeld 21 minuten, en straks minder dan 1 minuut langer"),
        ((21.2, 20.9), "Over iedereen gemiddeld 21 minuten, en straks minder dan 1 minuut korter"),
        ((21.2, 21.2), "Over iedereen gemiddeld 21 minuten, en dat blijft zo"),
    ],
)
def test_a_mean_that_is_printed_alike_says_the_difference(
    ends: tuple[float, float], said: str
) -> None:
    assert mean_line(NL, *ends) == said


def test_the_assumptions_do_not_say_that_one_scenario_is_displayed(
    noordoost_result: Result,
) -> None:
    said = " ".join(each.text for each in assumptions(noordoost_result, NL))
    assert "Elk genoemd scenario is getoond." in said
    assert "Getoond wordt het eerste" not in said


def test_the_assumptions_say_what_the_model_does_to_the_mean(noordoost_result: Result) -> None:
    said = [each.text for each in assumptions(noordoost_result, NL)]
    (effect,) = [text for text in said if "en over alle inwoners" in text]
    for name in {each.name for each in noordoost_result.study.interventions}:
        assert f"{name} " in effect
    assert any("Hoe patiënten over postcodes verdeeld zijn is een aanname" in text for text in said)
