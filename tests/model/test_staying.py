"""Who stays unless a study says otherwise, and which candidate is displayed.

provider   A    B    C    U      U is a university hospital
volume    20   70   40   10
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.model.candidates import candidates
from impact.model.staying import (
    CENTRE,
    RESIDENTS,
    UNIVERSITY,
    Display,
    display_of,
    displayed_candidate,
    kept_by_rule,
)
from impact.study.model import Intervention

FOUR = Intervention("x", ("A", "B", "C", "U"), stop_count=2)
VOLUMES = {"A": 20.0, "B": 70.0, "C": 40.0, "U": 10.0}
HOSPITALS = pd.DataFrame({"type": {"A": "algemeen", "B": "topklinisch", "U": "umc"}}, dtype=object)


def stops(display: Display, intervention: Intervention = FOUR) -> tuple[str, ...]:
    sets = candidates(intervention)
    return sets[displayed_candidate(sets, [1.0] * len(sets), display)]


def test_the_smallest_stop_but_the_university_hospital_stays() -> None:
    kept = kept_by_rule(FOUR, HOSPITALS)
    assert kept == {"U": UNIVERSITY}
    assert stops(Display(kept, "registered", VOLUMES)) == ("A", "C")
    assert stops(Display({}, "registered", VOLUMES)) == ("A", "U")


def test_the_study_may_switch_the_rule_off_or_name_who_stops() -> None:
    assert kept_by_rule(FOUR, HOSPITALS, switched_on=False) == {}
    assert kept_by_rule(replace(FOUR, must_stop=("U",)), HOSPITALS) == {}


def test_hospitals_of_ones_own_need_no_type() -> None:
    assert kept_by_rule(FOUR, HOSPITALS.drop(columns="type")) == {}


def test_no_more_of_the_kept_stop_than_the_number_asks_for() -> None:
    kept = {"A": CENTRE, "B": CENTRE, "U": UNIVERSITY}
    display = Display(kept, "registered", VOLUMES)
    # C is the only other; the smallest of the kept joins it
    assert stops(display) == ("C", "U")
    assert display.given_up(("C", "U")) == ("U",)


@pytest.mark.parametrize(
    ("treatment", "location", "is_centre"),
    [
        ("lung_resections", "Medisch Spectrum Twente", True),  # done
        ("kidney_local", "Frisius MC Leeuwarden (MCL)", True),  # decided
        ("oesophagus_stomach_resections", "Gelre Apeldoorn", True),  # done, and agreed
        ("lung_resections", "Slingeland Ziekenhuis", True),  # second of two takers
        ("kidney_local", "Adrz Goes", False),  # proposed only
        ("kidney_local", "Medisch Spectrum Twente", False),  # of another treatment
        ("", "Medisch Spectrum Twente", False),  # a treatment of one's own
    ],
)
def test_a_declared_centre_is_one_for_its_treatment(
    treatment: str, location: str, *, is_centre: bool
) -> None:
    intervention = Intervention("x", (location, "Z"), treatment=treatment)
    expected = {location: CENTRE} if is_centre else {}
    assert kept_by_rule(intervention, HOSPITALS) == expected


def test_volumes_are_registered_else_modelled_else_who_lives_nearest() -> None:
    baseline = {"A": 1.0, "B": 2.0, "C": 3.0}
    with_counts = display_of(FOUR, {}, VOLUMES, "residents", baseline)
    assert (with_counts.kind, with_counts.volumes) == ("registered", VOLUMES)
    patients = display_of(FOUR, {}, None, "patients", baseline)
    assert (patients.kind, patients.volumes) == ("modelled", {**baseline, "U": 0.0})
    neither = display_of(FOUR, {}, None, "residents", baseline)
    assert (neither.kind, neither.volumes) == (RESIDENTS, {**baseline, "U": 0.0})
    lacking = display_of(FOUR, {}, {"A": 1.0}, "residents", baseline)
    assert lacking.kind == RESIDENTS


def test_candidates_without_a_mean_come_last() -> None:
    display = Display({}, "registered", VOLUMES)
    sets = [("A",), ("B",), ("U",)]
    assert displayed_candidate(sets, [3.0, 4.0, float("nan")], display) == 0
    assert displayed_candidate(sets, [float("nan")] * 3, display) == 2


@given(
    volumes=st.lists(st.integers(0, 5), min_size=5, max_size=5),
    kept=st.sets(st.sampled_from("abcde")),
    number=st.integers(1, 4),
    minutes=st.lists(st.integers(0, 3), min_size=10, max_size=10),
)
def test_it_is_the_first_by_the_formula(
    volumes: list[int], kept: set[str], number: int, minutes: list[int]
) -> None:
    of = dict(zip("abcde", map(float, volumes), strict=True))
    sets = list(combinations("abcde", number))
    means = [float(each) for each in minutes[: len(sets)]]
    found = displayed_candidate(
        sets, means, Display(dict.fromkeys(sorted(kept), CENTRE), "registered", of)
    )
    ranked = [
        (len(kept & set(each)), sum(of[name] for name in each), mean, each)
        for each, mean in zip(sets, means, strict=True)
    ]
    assert ranked[found] == min(ranked)
