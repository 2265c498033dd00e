"""What is varied where the roads or the matrix of a study hold a part of the country."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from clipped import STUDY, a_part
from worlds import write_world

from impact.evidence.sensitivity import ALTERNATIVES, variations
from impact.model.inputs import load_inputs
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path


def alternatives(path: Path) -> list[str]:
    """Vary a study; what demand was let do."""
    study = read_study(path)
    inputs = load_inputs(study, engine="scipy", use_cache=False)
    found = variations(study, inputs, engine="scipy", seed=1)
    return [each.value for each in found if each.factor == ALTERNATIVES]


@pytest.mark.parametrize(("outside", "varied"), [("Ver", []), ("Oost", ["all"])])
def test_demand_leaves_the_region_where_the_roads_reach_all_who_could_take_it(
    tmp_path: Path, outside: str, varied: list[str]
) -> None:
    text = STUDY + f'alternatives = "inside"\noutside = ["{outside}"]\n'
    assert alternatives(a_part(tmp_path, text)) == varied


@pytest.mark.parametrize(("minutes", "varied"), [("", []), (",9", ["all"])])
def test_a_matrix_need_not_hold_who_is_in_no_part_of_the_study(
    tmp_path: Path, minutes: str, varied: list[str]
) -> None:
    def with_outside(parts: list[str]) -> list[str]:
        more = 'alternatives = "inside"\noutside = ["E"]\n'
        return [part + more if part.startswith("[[intervention]]") else part for part in parts]

    def with_minutes(lines: list[str]) -> list[str]:
        return [lines[0] + (",E" if minutes else ""), *(line + minutes for line in lines[1:])]

    path = write_world(
        tmp_path,
        study=with_outside,
        times=with_minutes,
        hospitals=lambda lines: [*lines, "E,52.5,5.5"],
    )
    assert alternatives(path) == varied
