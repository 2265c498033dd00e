"""Matrices of public transport as files: ours, and those of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from impact.errors import InputError
from impact.transit.files import read_transit, write_transit
from impact.transit.times import TransitTimes

if TYPE_CHECKING:
    from pathlib import Path

TIMES = TransitTimes(
    ("8911", "9712"),
    ("Noord", "West"),
    np.array([[70.0, 20.0], [12.5, np.inf]]),
    np.array([[1.0, 0.5], [1.0, 0.0]]),
    np.array([[1.0, 0.0], [0.0, np.nan]]),
    np.array([[80.0, 25.0], [12.5, np.inf]]),
    np.array([[70800.0, 80100.0], [90000.0, np.nan]]),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_transit(TIMES, tmp_path / "ov.csv")
    read = read_transit(tmp_path / "ov.csv")
    for name in ("minutes", "share", "changes", "minutes_home", "last_home"):
        np.testing.assert_array_equal(getattr(read, name), getattr(TIMES, name), err_msg=name)
    assert (tmp_path / "ov.csv").read_text(encoding="utf-8").splitlines()[:3] == [
        "origin,destination,minutes,share,changes,minutes_home,last_home",
        "8911,Noord,70.00,1.00,1.00,80.00,19:40",
        "8911,West,20.00,0.50,0.00,25.00,22:15",
    ]


def test_three_columns_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "r5.csv"
    path.write_text("origin,destination,minutes\n8911,Noord,70\n9712,Noord,inf\n", encoding="utf-8")
    read = read_transit(path)
    assert read.share.tolist() == [[1.0], [0.0]]
    assert np.isnan(read.last_home).all()
    assert read.connected.tolist() == [[True], [False]]


def test_a_part_in_another_order() -> None:
    part = TIMES.select(["9712"], ["West", "Noord"])
    assert part.minutes.tolist() == [[np.inf, 12.5]]
    assert part.share.tolist() == [[0.0, 1.0]]
    with pytest.raises(InputError) as caught:
        TIMES.select(["9713"], ["Wst"])
    # all that is missing, in the words of a matrix by car
    first, second = caught.value.faults
    assert str(first).startswith("transit, origin: found '9713', expected a row for it")
    assert str(second) == (
        "transit, destination: found 'Wst', expected a row for it; nearest known: 'West'"
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("70,1.5,0,80,19:40", r"row 2, share: found '1.5', expected a number from 0 to 1"),
        ("70,1,none,80,19:40", r"row 2, changes: found 'none', expected a number of 0 or more"),
        ("70,1,0,80,late", r"row 2, last_home: found 'late', expected a time such as 19:40"),
        ("-1,1,0,80,19:40", r"row 2, minutes: found '-1'"),
    ],
)
def test_a_wrong_cell(tmp_path: Path, cells: str, message: str) -> None:
    path = tmp_path / "ov.csv"
    header = "origin,destination,minutes,share,changes,minutes_home,last_home"
    path.write_text(f"{header}\n8911,Noord,{cells}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_transit(path)
