"""Which providers could stop."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from matrices import Instance, instances

from impact.errors import InputError
from impact.model import candidates as module
from impact.model.candidates import candidates, count_candidates, stops_asked
from impact.study.model import Intervention


def joined(intervention: Intervention) -> list[str]:
    return ["".join(stops) for stops in candidates(intervention)]


def test_every_set_of_two_of_four() -> None:
    four = Intervention("x", ("a", "b", "c", "d"), stop_count=2)
    assert joined(four) == ["ab", "ac", "ad", "bc", "bd", "cd"]


def test_the_order_of_providers_changes_nothing() -> None:
    assert joined(Intervention("x", ("c", "a", "b"), stop_count=1)) == ["a", "b", "c"]


def test_locks_hold() -> None:
    four = Intervention("x", ("a", "b", "c", "d"), stop_count=2, must_stay=("a",), must_stop=("c",))
    assert joined(four) == ["bc", "cd"]


def test_where_all_fail_each_in_turn_takes_all() -> None:
    three = Intervention("x", ("a", "b", "c"), stop_count=3, all_fail="one_takes_all")
    assert joined(three) == ["ab", "ac", "bc"]


def test_where_all_fail_the_treatment_leaves_the_region() -> None:
    three = Intervention("x", ("a", "b", "c"), stop_count=3, all_fail="leaves_region")
    assert joined(three) == ["abc"]


def test_how_many_stop_in_a_candidate() -> None:
    every = Intervention("x", ("a", "b", "c"), stop_count=3)
    assert stops_asked(replace(every, all_fail="one_takes_all")) == 2
    assert stops_asked(replace(every, all_fail="leaves_region")) == 3
    assert stops_asked(replace(every, stop_count=1)) == 1
    assert stops_asked(replace(every, stop_count=None)) is None


def test_without_a_number_there_are_no_candidates() -> None:
    assert candidates(Intervention("x", ("a", "b"))) == ()
    assert count_candidates(Intervention("x", ("a", "b"))) == 0


def test_too_many_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CANDIDATES", 5)
    with pytest.raises(InputError, match="found '2 of 4', expected at most 5 candidates; these "):
        candidates(Intervention("x", ("a", "b", "c", "d"), stop_count=2))
    assert len(candidates(Intervention("x", ("a", "b", "c", "d"), stop_count=1))) == 4


@settings(deadline=None, max_examples=80)
@given(instances())
def test_candidates_by_their_plain_definition(instance: Instance) -> None:
    asked = instance.intervention
    stop = asked.stop_count
    assert stop is not None
    if asked.all_fail == "one_takes_all":
        stop -= 1
    expected = [
        some
        for some in combinations(sorted(asked.providers), stop)
        if set(asked.must_stop) <= set(some) and not set(asked.must_stay) & set(some)
    ]
    assert list(candidates(asked)) == expected
    assert count_candidates(asked) == len(expected) > 0
