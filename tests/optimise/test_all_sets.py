"""The values of all sets at once, held against the plain definition of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact.optimise.all_sets import MOST_LOCATIONS, AllSets
from impact.optimise.problem import Problem
from impact.optimise.solve import optimise, plain_value

NAMES = tuple("ABCDEF")


def problem(objective: str, *, fixed: bool = False, seed: int = 3) -> Problem:
    generator = np.random.default_rng(seed)
    minutes = generator.uniform(5.0, 90.0, (40, len(NAMES)))
    # two that nobody tells apart
    minutes[:, 3] = minutes[:, 2]
    return Problem(
        names=NAMES,
        minutes=minutes,
        demand=generator.integers(0, 50, 40).astype(float),
        counted=np.ones(len(NAMES), dtype=bool),
        open=np.array([fixed and name == "B" for name in NAMES]),
        closed=np.array([fixed and name == "E" for name in NAMES]),
        least=1,
        most=len(NAMES),
        minimum=0.0,
        capacity=np.full(len(NAMES), np.inf),
        group=generator.integers(0, 5, 40),
        objective=objective,
        limit=45.0,
        unit="residents",
    )


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("objective", ["minutes", "beyond", "worst"])
def test_every_set_has_its_plain_value(objective: str, fixed: bool) -> None:  # noqa: FBT001
    asked = problem(objective, fixed=fixed)
    sets = AllSets.of(asked)
    assert sets is not None
    for place, value in enumerate(sets.value.tolist()):
        is_open = asked.open.copy()
        is_open[sets.free] = place >> np.arange(len(sets.free)) & 1 == 1
        if is_open.any():
            assert value == pytest.approx(plain_value(asked, is_open), abs=1e-9)
        else:
            assert value == np.inf
        assert sets.number[place] == is_open.sum()


@pytest.mark.parametrize("objective", ["minutes", "beyond", "worst"])
def test_the_best_of_a_part_is_what_the_program_finds(objective: str) -> None:
    asked = problem(objective)
    sets = AllSets.of(asked)
    assert sets is not None
    for number in range(1, len(NAMES) + 1):
        part = replace(problem(objective, fixed=True), least=number, most=number)
        found, program = sets.best(part), optimise(part, explain=False)
        assert found.status == program.status
        assert found.open == program.open or found.value == pytest.approx(program.value)


def test_volumes_and_many_locations_are_left_to_programs() -> None:
    asked = problem("minutes")
    assert AllSets.of(replace(asked, minimum=1.0)) is None
    assert AllSets.of(replace(asked, capacity=np.full(len(NAMES), 1e6))) is None
    many = MOST_LOCATIONS + 1
    wide = replace(
        asked,
        names=tuple(map(str, range(many))),
        minutes=np.tile(asked.minutes[:, :1], many),
        counted=np.ones(many, dtype=bool),
        open=np.zeros(many, dtype=bool),
        closed=np.zeros(many, dtype=bool),
        capacity=np.full(many, np.inf),
    )
    assert AllSets.of(wide) is None
