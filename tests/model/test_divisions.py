"""Postcodes put in classes, by a column as it is or at fifths of the residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.divisions import CHARACTERISTICS, UNKNOWN, is_weight, read_divisions
from impact.study.model import Intervention, Study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.model.divisions import Division

CODES = [str(code) for code in range(1011, 1021)]
ONE = (Intervention("x", ("A",)),)


def divided(
    tmp_path: Path, values: list[str], people: list[float] | None = None
) -> tuple[Division, list[str]]:
    rows = "\n".join(f"{code},{value}" for code, value in zip(CODES, values, strict=True))
    (tmp_path / "mine.csv").write_text(f"postcode,mine\n{rows}\n", encoding="utf-8")
    study = Study("t", "r", ONE, postcodes="mine.csv", groups=("mine",), folder=tmp_path)
    weights = None if people is None else np.array(people)
    frame = pd.DataFrame(index=pd.Index(CODES, name="postcode"))
    found = read_divisions(study, tmp_path / "mine.csv", frame, weights)
    return found.value[0], [note.key for note in found.notes]


def test_numbers_are_cut_at_fifths_of_the_residents(tmp_path: Path) -> None:
    division, notes = divided(tmp_path, [str(each) for each in range(10, 110, 10)])
    assert division.classes == ("≤ 20", "20–40", "40–60", "60–80", "> 80")
    assert division.place.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert notes == ["groups_cut"]
    # where four in five live in the first postcode, a fifth ends there
    many, _ = divided(tmp_path, [str(each) for each in range(10, 110, 10)], [36.0] + [1.0] * 9)
    assert many.classes == ("≤ 10", "> 10")


def test_few_numbers_and_text_stay_as_they_are(tmp_path: Path) -> None:
    division, notes = divided(tmp_path, ["3", "1", "2", "10", "3", "1", "2", "10", "3", "1"])
    assert division.classes == ("1", "2", "3", "10")
    assert division.place.tolist() == [2, 0, 1, 3, 2, 0, 1, 3, 2, 0]
    assert notes == []
    text, _ = divided(tmp_path, ["north", "south"] * 5)
    assert text.classes == ("north", "south")


@pytest.mark.parametrize("missing", ["", "-99997"])
def test_who_has_no_value_is_a_group_and_counted(tmp_path: Path, missing: str) -> None:
    division, notes = divided(tmp_path, ["north", missing, "south", missing, *["north"] * 6])
    assert division.classes == ("north", "south", UNKNOWN)
    assert division.place.tolist()[:4] == [0, 2, 1, 2]
    assert notes == ["groups_missing"]


def test_the_note_names_the_fifths_and_not_who_has_no_value(tmp_path: Path) -> None:
    rows = "\n".join(f"{code},{code if code != '1020' else ''}" for code in CODES)
    (tmp_path / "mine.csv").write_text(f"postcode,mine\n{rows}\n", encoding="utf-8")
    study = Study("t", "r", ONE, postcodes="mine.csv", groups=("mine",), folder=tmp_path)
    frame = pd.DataFrame(index=pd.Index(CODES, name="postcode"))
    found = read_divisions(study, tmp_path / "mine.csv", frame, None)
    assert found.value[0].classes[-1] == UNKNOWN
    cut, missing = found.notes
    assert cut.fields["classes"] == found.value[0].classes[:-1]
    assert missing.fields["count"] == 1


def test_a_column_that_no_table_has_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame(index=pd.Index(CODES, name="postcode"))
    study = Study("t", "r", ONE, groups=("urbanty",), source="study.toml", folder=tmp_path)
    with pytest.raises(InputError, match=r"study\.groups: found 'urbanty'.*urbanity"):
        read_divisions(study, tmp_path, frame, None)


def test_too_many_words_are_refused(tmp_path: Path) -> None:
    many = [str(code) for code in range(1011, 1026)]
    rows = "\n".join(f"{code},place {code}" for code in many)
    (tmp_path / "mine.csv").write_text(f"postcode,mine\n{rows}\n", encoding="utf-8")
    study = Study("t", "r", ONE, postcodes="mine.csv", groups=("mine",), folder=tmp_path)
    frame = pd.DataFrame(index=pd.Index(many, name="postcode"))
    with pytest.raises(InputError, match=r"mine\.csv.*15 different values"):
        read_divisions(study, tmp_path / "mine.csv", frame, None)


def test_shipped_postcodes_are_always_divided() -> None:
    frame = pd.DataFrame(index=pd.Index(["9711", "9712CP"], name="postcode"))
    found = read_divisions(Study("t", "r", ONE), None, frame, None).value  # type: ignore[arg-type]
    assert tuple(each.by for each in found) == CHARACTERISTICS
    for each in found:
        assert len(each.place) == 2
        assert each.place.max() < len(each.classes)


def test_a_weight_is_no_property() -> None:
    assert [is_weight(each) for each in ("65+", "population_x", "urbanity", "mine")] == [
        True,
        True,
        False,
        False,
    ]
