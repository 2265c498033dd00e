"""What stands beside the optimum, held against the ranking of every redistribution.

minutes   A    B    C     demand     mean, two open       mean, one open
1         5   10   30         60     A, B   7.2           B    9.2
2        20    6   15         50     B, C   8.1           A   16.7
3        30   12    8         40     A, C   9.1           C   19.1
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.analysis.optimise import by_number, next_best
from impact.optimise.problem import Problem
from impact.optimise.solve import optimise, plain_value

MINUTES = np.array([[5.0, 10.0, 30.0], [20.0, 6.0, 15.0], [30.0, 12.0, 8.0]])
DEMAND = np.array([60.0, 50.0, 40.0])


def problem(least: int, most: int, minimum: float = 0.0, *, seed: int | None = None) -> Problem:
    minutes, demand = MINUTES, DEMAND
    if seed is not None:
        random = np.random.default_rng(seed)
        minutes = random.uniform(1, 60, (9, 5))
        demand = random.integers(1, 90, 9).astype(float)
    count = minutes.shape[1]
    return Problem(
        names=tuple("ABCDE"[:count]),
        minutes=minutes,
        demand=demand,
        counted=np.ones(count, dtype=bool),
        open=np.zeros(count, dtype=bool),
        closed=np.zeros(count, dtype=bool),
        least=least,
        most=most,
        minimum=minimum,
        capacity=np.full(count, np.inf),
        group=np.arange(len(demand)),
    )


def ranking(asked: Problem) -> list[float]:
    """Values of all redistributions that fit, the best first."""
    values = []
    for size in range(max(1, asked.least), asked.most + 1):
        for places in combinations(range(len(asked.names)), size):
            is_open = np.isin(np.arange(len(asked.names)), places)
            chosen = np.where(is_open, asked.minutes, np.inf).argmin(axis=1)
            at = np.bincount(chosen, asked.brings, len(asked.names))
            if (at[is_open] >= asked.minimum).all():
                values.append(plain_value(asked, is_open))
    return sorted(values)


def test_on_paper() -> None:
    asked = problem(2, 2)
    after = next_best(asked, optimise(asked))
    assert [each.open for each in after.found] == [("B", "C"), ("A", "C")]
    assert [each.value for each in after.found] == pytest.approx([1220 / 150, 1370 / 150])
    assert after.complete
    numbers = by_number(asked)
    assert [each.open for each in numbers.found] == [("B",), ("A", "B"), ("A", "B", "C")]
    # with 50 each C can not be beside both others
    assert [each.open for each in by_number(problem(2, 2, 50.0)).found] == [("B",), ("A", "B")]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 60.0]))
def test_the_next_best_are_those_of_the_whole_ranking(seed: int, minimum: float) -> None:
    asked = problem(2, 3, minimum, seed=seed)
    best = optimise(asked)
    ranked = ranking(asked)
    if not ranked:
        assert best.open == ()
        return
    after = next_best(asked, best)
    assert [best.value, *(each.value for each in after.found)] == pytest.approx(ranked[:4])
    assert len({best.open, *(each.open for each in after.found)}) == len(ranked[:4])


def test_without_time_nothing_is_claimed() -> None:
    asked = problem(2, 2)
    assert not next_best(asked, optimise(asked), time_limit=0.0).complete
    assert not by_number(asked, time_limit=0.0).complete
