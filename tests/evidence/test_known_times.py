"""A user's table of known trips: what is read, and every fault at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.errors import InputError
from impact.evidence.known_times import KNOWN_COLUMNS, KnownTimes, class_limits, read_known

if TYPE_CHECKING:
    from pathlib import Path

POSTCODES = pd.DataFrame({"lat": [53.2, 53.1], "lon": [6.5, 5.7]}, index=["9712", "8911"])
HOSPITALS = pd.DataFrame({"lat": [53.22], "lon": [6.57]}, index=["UMC Groningen"])


def read(folder: Path, text: str) -> KnownTimes:
    path = folder / "known.csv"
    path.write_text(text, encoding="utf-8")
    bounds = (3.0, 50.0, 8.0, 54.0)
    return read_known(path, postcodes=POSTCODES, hospitals=HOSPITALS, bounds=bounds)


def test_a_row_may_hold_minutes_a_class_and_kilometres(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "from,to,minutes,class,km,source,tolerance\n"
        "9712,UMC Groningen,7.5,<=25,3,stopwatch,2\n"
        "8911,9712,,>30,,,\n",
    )
    assert list(found.frame.columns) == KNOWN_COLUMNS
    assert found.frame["kind"].tolist() == ["minutes", "class", "km", "class"]
    assert found.frame["from"].tolist() == ["9712", "9712", "9712", "8911"]
    assert found.frame["known"].tolist() == ["7.5", "<=25", "3", ">30"]
    # a class has limits of its own and no tolerance
    np.testing.assert_array_equal(found.frame["tolerance"], [2.0, np.nan, 2.0, np.nan])
    assert found.frame["source"].tolist() == ["stopwatch"] * 3 + [""]
    assert sorted(found.destinations.index) == ["9712", "UMC Groningen"]
    assert found.notes == ()


def test_points_of_ones_own_need_no_known_name(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "from,from_lat,from_lon,to,to_lat,to_lon,km,weather\n"
        "home,53,6,work,52.5,6.25,60,rain\n9712,,,work,52.5,6.25,80,sun\n",
    )
    assert found.origins.loc["home"].tolist() == [53.0, 6.0]
    assert found.origins.loc["9712"].tolist() == [53.2, 6.5]
    assert found.destinations.loc["work"].tolist() == [52.5, 6.25]
    assert list(map(str, found.notes)) == ["known.csv: 1 columns not used: weather"]


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, "from;to;minutes;class\n9712;8911;52,5;27,5-32,5\n")
    assert found.frame["value"].tolist()[0] == 52.5
    assert found.frame.loc[1, ["low", "high"]].tolist() == [27.5, 32.5]


def test_every_fault_is_named_at_once_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(
            tmp_path,
            "from,to,minutes,class,km,from_lat,from_lon\n"
            "9712,UMC Gronigen,10,,,,\n"
            "9999,9712,10,,,,\n"
            "9712,8911,ten,,,,\n"
            "9712,8911,,30-25,,,\n"
            "9712,8911,,,,,\n"
            "9712,8911,,,-4,,\n"
            "here,8911,10,,,53,\n"
            "there,8911,10,,,10,10\n"
            "9712,8911,10,,,53.9,6.5\n"
            ",8911,10,,,,\n",
        )
    faults = {(each.where, each.field): each for each in caught.value.faults}
    assert set(faults) == {
        ("row 2", "to"),
        ("row 3", "from"),
        ("row 4", "minutes"),
        ("row 5", "class"),
        ("row 6", "minutes, class, km"),
        ("row 7", "km"),
        ("row 8", "from_lat, from_lon"),
        ("row 9", "from_lat, from_lon"),
        ("row 10", "from"),
        ("row 11", "from"),
    }
    assert faults["row 2", "to"].nearest == ("UMC Groningen",)
    assert faults["row 3", "from"].value == "9999"
    assert faults["row 5", "class"].expected == "a class of minutes such as <=25, 25-30 or >30"
    assert "same point for '9712' as in row 2" in faults["row 10", "from"].expected


def test_a_table_without_anything_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one of the columns minutes, class, km"):
        read(tmp_path, "from,to,time\n9712,8911,50\n")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<=25", [0.0, 25.0], [25.001]),
        ("≤ 25", [25.0], [26.0]),
        ("<25", [24.999], [25.0]),
        ("25-30", [25.001, 30.0], [25.0, 30.001]),
        ("20–30", [21.0], [31.0]),
        (">30", [30.001], [30.0]),
        (">=30", [30.0], [29.999]),
    ],
)
def test_a_limit_belongs_to_the_lower_class(
    text: str, inside: list[float], outside: list[float]
) -> None:
    limits = class_limits(text)
    assert limits is not None
    low, high = limits
    assert all(low < each <= high for each in inside)
    assert not any(low < each <= high for each in outside)
    assert math.isinf(low) or math.isinf(high) or low < high


@pytest.mark.parametrize("text", ["", "25", "5-okt", "30-25", "25-25", "a-b", "1.2.3-4", "<"])
def test_what_is_no_class_is_none(text: str) -> None:
    assert class_limits(text) is None
