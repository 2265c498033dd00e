"""The rules of the policy documents, on four providers that a reader divides on paper.

provider   A    B    C    D      norm 50, 2 of 4 stop
volume    20   70   40   90
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.model.policy_rules import (
    NO_VOLUMES,
    SPLIT_RULES,
    STOPPING_RULES,
    rule_candidates,
    rule_volumes,
    rules_of,
)
from impact.study.model import Intervention

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUR = Intervention("x", ("A", "B", "C", "D"), norm=50.0, stop_count=2)
VOLUMES = {"A": 20.0, "B": 70.0, "C": 40.0, "D": 90.0}


def ruled(volumes: Mapping[str, float] | None = None, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    found = rule_candidates(replace(FOUR, **settings), VOLUMES if volumes is None else volumes)
    return {name: found[name].stops or str(found[name].reason) for name in STOPPING_RULES}


def test_who_meets_the_norm_exactly_does_not_fall_short() -> None:
    assert ruled({**VOLUMES, "C": 50.0})["fallback"] == ("A",)


def test_each_rule_names_its_set() -> None:
    assert ruled() == {
        "smallest": ("A", "C"),
        "fallback": ("A", "C"),
        "largest": ("A", "B", "C"),
    }
    assert rules_of(rule_candidates(FOUR, VOLUMES), ("A", "C")) == ("smallest", "fallback")
    assert rules_of(rule_candidates(FOUR, VOLUMES), ("A", "B")) == ()


def test_locks_come_before_the_rule() -> None:
    assert ruled(must_stay=("A",)) == {
        "smallest": ("B", "C"),
        "fallback": ("C",),
        "largest": "the largest cannot take all: others must stay, or all must stop",
    }
    assert ruled(must_stop=("D",)) == {
        "smallest": ("A", "D"),
        "fallback": ("A", "C", "D"),
        "largest": ("A", "C", "D"),
    }


def test_without_volumes_nothing_is_guessed() -> None:
    for volumes in (None, {}):
        found = rule_candidates(FOUR, volumes)
        assert set(found) == {*STOPPING_RULES, *SPLIT_RULES}
        assert [each.reason for each in found.values()] == [NO_VOLUMES] * len(found)
        assert {each.stops for each in found.values()} == {None}
    assert rule_volumes(FOUR, None, "residents", {"A": 5.0}) == (None, "")


@pytest.mark.parametrize(
    ("volumes", "settings", "rule", "reason"),
    [
        ({"A": 20.0}, {}, "fallback", "no volume of B, C, D"),
        (VOLUMES, {"norm": None}, "fallback", "no norm"),
        (VOLUMES, {"norm": 100.0}, "fallback", "nobody meets the norm of 100; the most is 90"),
        (VOLUMES, {"stop_count": None}, "smallest", "no stop_count"),
        ({**VOLUMES, "B": 40.0}, {}, "smallest", "C have the same volume, 40"),
        ({**VOLUMES, "B": 90.0}, {}, "largest", "B and D have the same volume, 90"),
        (VOLUMES, {"norm": 60.0}, "share", "220 in all is less than 4 x 60"),
        ({**VOLUMES, "A": 0.0}, {}, "smaller", "no volume above zero at A"),
    ],
)
def test_what_cannot_be_decided_says_why(
    volumes: dict[str, float], settings: dict[str, Any], rule: str, reason: str
) -> None:
    if reason.startswith("C have"):
        reason = "B and C have the same volume, 40"
    ruling = rule_candidates(replace(FOUR, **settings), volumes)[rule]
    assert (ruling.stops, str(ruling.reason)) == (None, reason)


def test_share_lets_everybody_meet_the_norm() -> None:
    # A lacks 30 and C lacks 10; B has 20 and D 40 above the norm and give in proportion
    ruling = rule_candidates(FOUR, VOLUMES)["share"]
    assert ruling.quotas == pytest.approx({"A": 50, "B": 70 - 40 / 3, "C": 50, "D": 90 - 80 / 3})
    # what A leaves behind is more than C lacks; the ten left over go round in proportion
    ruling = rule_candidates(replace(FOUR, must_stop=("A",)), VOLUMES)["share"]
    assert ruling.quotas == pytest.approx(
        {"B": 70 * 220 / 210, "C": 50 * 220 / 210, "D": 90 * 220 / 210}
    )


def test_smaller_gets_the_larger_share() -> None:
    # of two the shares change places
    two = Intervention("x", ("A", "B"), norm=50.0, stop_count=1)
    ruling = rule_candidates(two, {"A": 30.0, "B": 70.0})["smaller"]
    assert ruling.quotas == pytest.approx({"A": 70.0, "B": 30.0})
    # what D leaves goes to A, B and C as 1/20 : 1/70 : 1/40
    ruling = rule_candidates(replace(FOUR, must_stop=("D",)), VOLUMES)["smaller"]
    parts = np.array([1 / 20, 1 / 70, 1 / 40])
    added = 90 * parts / parts.sum()
    assert [ruling.quotas[name] for name in "ABC"] == pytest.approx(np.array([20, 70, 40]) + added)


def test_modelled_volumes_are_labelled() -> None:
    volumes, kind = rule_volumes(FOUR, None, "patients", {"A": 20.0, "B": 70.0})
    assert (volumes, kind) == ({"A": 20.0, "B": 70.0, "C": 0.0, "D": 0.0}, "modelled")
    assert rule_volumes(FOUR, VOLUMES, "patients", {"A": 1.0}) == (VOLUMES, "registered")
    assert rule_candidates(FOUR, volumes, kind)["fallback"].kind == "modelled"


volumes_of = st.dictionaries(
    st.sampled_from("ABCD"), st.integers(1, 200).map(float), min_size=4, max_size=4
)


@given(volumes_of, st.sampled_from([(), ("A",), ("A", "B")]))
def test_a_split_divides_all_that_there_is(
    volumes: dict[str, float], must_stop: tuple[str, ...]
) -> None:
    found = rule_candidates(replace(FOUR, must_stop=must_stop), volumes)
    for name in SPLIT_RULES:
        ruling = found[name]
        if ruling.stops is None:
            continue
        assert sum(ruling.quotas.values()) == pytest.approx(sum(volumes.values()))
        assert not set(ruling.quotas) & set(must_stop)
        if name == "share":
            assert min(ruling.quotas.values()) >= 50.0 - 1e-9


@given(volumes_of)
def test_who_stops_by_the_rule_is_smaller_than_who_stays(volumes: dict[str, float]) -> None:
    stops = rule_candidates(FOUR, volumes)["smallest"].stops
    if stops is not None:
        least = min(volumes[name] for name in "ABCD" if name not in stops)
        assert max(volumes[name] for name in stops) < least
