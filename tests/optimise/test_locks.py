"""What locks cost, held against every set of open locations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from impact.optimise.locks import MUST_STAY, MUST_STOP, RULE, lock_costs, locks_of
from impact.optimise.problem import Problem
from impact.optimise.solve import optimise, plain_value

NAMES = tuple("ABCDE")


def problem(objective: str = "minutes", minimum: float = 0.0) -> Problem:
    """A must stay, E must stop, B and C are kept by the rule; three of five are open."""
    generator = np.random.default_rng(7)
    # those that are locked open lie far off, and the one that must stop is near
    far = np.array([40.0, 30.0, 20.0, 0.0, -4.0])
    return Problem(
        names=NAMES,
        minutes=generator.uniform(5.0, 90.0, (30, len(NAMES))) + far,
        demand=generator.integers(1, 50, 30).astype(float),
        counted=np.ones(len(NAMES), dtype=bool),
        open=np.isin(NAMES, ["A", "B", "C"]),
        closed=np.isin(NAMES, ["E"]),
        least=3,
        most=3,
        minimum=minimum,
        capacity=np.full(len(NAMES), np.inf),
        group=generator.integers(0, 4, 30),
        objective=objective,
    )


def least(asked: Problem, stay: set[str], stop: set[str]) -> float:
    """Least value over every set of three that holds the locks."""
    return min(
        plain_value(asked, np.isin(NAMES, names))
        for names in combinations(NAMES, 3)
        if stay <= set(names) and not stop & set(names)
    )


@pytest.mark.parametrize("objective", ["minutes", "worst", "beyond"])
def test_a_lock_costs_what_the_best_without_it_is_better(objective: str) -> None:
    asked = problem(objective)
    locks = locks_of(["A"], ["E"], ["B", "C"])
    costs, complete = lock_costs(asked, optimise(asked), locks)

    assert complete
    assert [(each.lock.kind, "".join(each.lock.names)) for each in costs] == [
        (MUST_STAY, "A"),
        (MUST_STOP, "E"),
        (RULE, "B"),
        (RULE, "C"),
        (RULE, "BC"),
    ]
    held = least(asked, {"A", "B", "C"}, {"E"})
    for each in costs:
        free = set(each.lock.names)
        without = least(asked, {"A", "B", "C"} - free, {"E"} - free)
        assert each.cost == pytest.approx(held - without, abs=1e-9)
        assert each.without.value == pytest.approx(without, abs=1e-9)
        assert each.cost >= 0.0
    assert max(each.cost for each in costs) > 0.0


def test_with_a_minimum_the_program_finds_the_same_as_with_a_tiny_one() -> None:
    # a minimum keeps the sets from being tried at once; one patient changes nothing
    locks = locks_of(["A"], ["E"], ["B"])
    plain, small = problem(), problem(minimum=1.0)
    first, _ = lock_costs(plain, optimise(plain), locks)
    second, complete = lock_costs(small, optimise(small), locks)
    assert complete
    assert [each.cost for each in first] == pytest.approx([each.cost for each in second], abs=1e-6)


def test_where_time_runs_out_it_is_said() -> None:
    asked = problem()
    costs, complete = lock_costs(asked, optimise(asked), locks_of(["A"], [], []), time_limit=0.0)
    assert (costs, complete) == ((), False)


def test_without_locks_nothing_is_asked() -> None:
    asked = replace(problem(), open=np.zeros(len(NAMES), dtype=bool))
    assert lock_costs(asked, optimise(asked), ()) == ((), True)
