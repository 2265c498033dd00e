from __future__ import annotations

import pytest

from impact.study.checks import intervention_faults, scenario_faults
from impact.study.model import Intervention, Scenario

HOSPITALS = ("a", "b", "c", "d")


def checked(providers: str = "abc", **settings: object) -> list[tuple[str, object]]:
    intervention = Intervention("x", tuple(providers), **settings)
    return [(key, value) for key, value, *_ in intervention_faults(intervention, HOSPITALS)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stop_count": 1},
        {"stop_count": 2, "must_stop": ("a",), "must_stay": ("b",)},
        {"stop_count": 3, "all_fail": "one_takes_all"},
        {"stop_count": 3, "all_fail": "leaves_region"},
        {"stop_count": 3, "all_fail": "one_takes_all", "must_stay": ("a",)},
        {"providers": "a", "stop_count": 1, "all_fail": "leaves_region"},
        {"outside": ("d",)},
    ],
)
def test_sound_intervention_has_no_faults(settings: dict[str, object]) -> None:
    assert checked(**settings) == []


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({"providers": ""}, [("providers", None)]),
        ({"providers": "abb"}, [("providers", "b")]),
        ({"providers": "abz"}, [("providers", "z")]),
        ({"outside": ("z",)}, [("outside", "z")]),
        ({"outside": ("a",)}, [("outside", "a")]),
        ({"must_stay": ("d",)}, [("must_stay", "d")]),
        ({"must_stop": ("a", "a"), "stop_count": 2}, [("must_stop", "a")]),
        (
            {"must_stay": ("a",), "must_stop": ("a",), "stop_count": 1},
            [("must_stop", "a")],
        ),
        ({"stop_count": 4}, [("stop_count", 4)]),
        ({"stop_count": 3}, [("stop_count", 3)]),
        ({"stop_count": 2, "all_fail": "leaves_region"}, [("all_fail", "leaves_region")]),
        ({"all_fail": "leaves_region"}, [("all_fail", "leaves_region")]),
        (
            {"providers": "a", "stop_count": 1, "all_fail": "one_takes_all"},
            [("all_fail", "one_takes_all")],
        ),
        ({"stop_count": 1, "must_stop": ("a", "b")}, [("must_stop", 2)]),
        ({"stop_count": 2, "must_stay": ("a", "b")}, [("must_stay", 2)]),
        (
            {"stop_count": 3, "all_fail": "one_takes_all", "must_stay": ("a", "b")},
            [("must_stay", 2)],
        ),
        ({"stop_count": 3, "all_fail": "leaves_region", "must_stay": ("a",)}, [("must_stay", 1)]),
    ],
)
def test_fault_of_an_intervention(
    settings: dict[str, object], faults: list[tuple[str, object]]
) -> None:
    assert checked(**settings) == faults


def test_names_are_not_judged_where_hospitals_could_not_be_read() -> None:
    intervention = Intervention("x", ("nobody", "knows"), outside=("me",))

    assert list(intervention_faults(intervention, ())) == []


INTERVENTIONS = {
    "x": Intervention("x", ("a", "b", "c")),
    "y": Intervention("y", ("a", "b")),
    "gone": Intervention("gone", ("a",), stop_count=1, all_fail="leaves_region"),
}


@pytest.mark.parametrize(
    "settings",
    [
        {"stops": {"x": ("a",)}},
        {"stops": {"x": ("a", "b")}, "moves_to": {"a": {"c": 1.0}}},
        {"stops": {"x": ("a",)}, "moves_to": {"a": {"b": 0.25, "c": 0.75}}},
        {"stops": {"x": ("a",)}, "opens": {"x": ("d",)}, "moves_to": {"a": {"d": 1.0}}},
        {"opens": {"x": ("d",)}},
        {"stops": {"y": ("a", "b")}, "opens": {"y": ("d",)}},
        {"stops": {"gone": ("a",)}},
        {"stops": {"x": ("a",), "y": ("a",)}, "moves_to": {"a": {"b": 1.0}}},
    ],
)
def test_sound_scenario_has_no_faults(settings: dict[str, object]) -> None:
    scenario = Scenario("s", **settings)

    assert list(scenario_faults(scenario, INTERVENTIONS, HOSPITALS)) == []


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({}, [("stops", None)]),
        ({"stops": {"x": ()}}, [("stops", None)]),
        ({"stops": {"z": ("a",)}}, [("stops", "z")]),
        ({"stops": {"x": ("a", "a")}}, [("stops.x", "a")]),
        ({"stops": {"x": ("d",)}}, [("stops.x", "d")]),
        ({"stops": {"y": ("a", "b")}}, [("stops.y", "all 2 providers")]),
        ({"opens": {"x": ("z",)}}, [("opens.x", "z")]),
        ({"opens": {"x": ("a",)}}, [("opens.x", "a")]),
        ({"stops": {"x": ("a",)}, "moves_to": {"b": {"c": 1.0}}}, [("moves_to", "b")]),
        ({"stops": {"x": ("a", "b")}, "moves_to": {"a": {"b": 1.0}}}, [("moves_to.a", "b")]),
        ({"stops": {"x": ("a",)}, "moves_to": {"a": {"a": 1.0}}}, [("moves_to.a", "a")]),
        ({"stops": {"x": ("a",)}, "moves_to": {"a": {"d": 1.0}}}, [("moves_to.a", "d")]),
        (
            {"stops": {"x": ("a",)}, "moves_to": {"a": {"b": 0.5, "c": 0.4}}},
            [("moves_to.a", "shares that add to 0.9")],
        ),
        (
            {"stops": {"x": ("a",)}, "moves_to": {"a": {}}},
            [("moves_to.a", "shares that add to 0")],
        ),
        (
            {"stops": {"x": ("a",)}, "moves_to": {"a": {"b": 1.5, "c": -0.5}}},
            [("moves_to.a", {"b": 1.5, "c": -0.5})],
        ),
        # c performs x but not y
        (
            {"stops": {"x": ("a",), "y": ("a",)}, "moves_to": {"a": {"c": 1.0}}},
            [("moves_to.a", "c")],
        ),
    ],
)
def test_fault_of_a_scenario(settings: dict[str, object], faults: list[tuple[str, object]]) -> None:
    scenario = Scenario("s", **settings)
    found = scenario_faults(scenario, INTERVENTIONS, HOSPITALS)

    assert [(key, value) for key, value, *_ in found] == faults
