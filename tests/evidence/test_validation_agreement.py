"""Errors by hand.

```
    A --- 10 min, 8 km --- X        B --- 30 min, 30 km --- X        C   no road to X
```
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.evidence.known_times import KnownTimes, class_limits
from impact.evidence.validation import compare, errors, summarise, worst
from impact.times.matrix import TravelTimes

PLACES = pd.DataFrame({"lat": [52.0, 52.0, 52.0], "lon": [5.0, 5.3, 5.6]}, index=[*"ABC"])
TARGET = pd.DataFrame({"lat": [52.0], "lon": [5.1]}, index=["X"])
TIMES = TravelTimes(
    ("A", "B", "C"),
    ("X",),
    np.array([[10.0], [30.0], [np.inf]]),
    np.array([[8.0], [30.0], [np.inf]]),
)
REGIONS = pd.Series({"A": "West", "B": "Oost"})


def known(*trips: tuple[str, str, str, float]) -> KnownTimes:
    """Make a table of (from, kind, known, tolerance)."""
    rows = []
    for start, kind, said, tolerance in trips:
        low, high = (class_limits(said) or (np.nan, np.nan)) if kind == "class" else (np.nan,) * 2
        value = np.nan if kind == "class" else float(said)
        rows.append((start, "X", kind, said, value, low, high, tolerance, ""))
    names = ["from", "to", "kind", "known", "value", "low", "high", "tolerance", "source"]
    return KnownTimes(pd.DataFrame(rows, columns=names), PLACES, TARGET, "known.csv", "")


def compared(*trips: tuple[str, str, str, float]) -> pd.DataFrame:
    return compare(known(*trips), TIMES, REGIONS)


def test_errors_are_ours_minus_known() -> None:
    rows = compared(
        ("A", "minutes", "12", 2.0),
        ("B", "minutes", "25", 2.0),
        ("B", "minutes", "30", np.nan),
        ("A", "km", "7.5", 1.0),
    )
    assert rows["ours"].tolist() == [10.0, 30.0, 30.0, 8.0]
    assert rows["error"].tolist() == [-2.0, 5.0, 0.0, 0.5]
    assert rows["agrees"].tolist() == ["yes", "no", "", "yes"]
    # 0.1 and 0.2 degrees of longitude at 52 north: 6.8 and 13.7 km
    assert rows["distance"].round(1).tolist() == [6.8, 13.7, 13.7, 6.8]
    assert rows["band"].tolist() == ["0-10", "10-20", "10-20", "0-10"]
    assert rows["region"].tolist() == ["West", "Oost", "Oost", "West"]
    summed = errors(rows[rows["kind"] == "minutes"])
    assert summed["bias"] == pytest.approx(1.0)
    assert summed["mae"] == pytest.approx(7 / 3)
    assert summed["p90"] == 5.0
    assert summed["agree"] == 0.5


def test_a_class_is_missed_by_the_minutes_outside_it() -> None:
    rows = compared(
        ("A", "class", "<=25", np.nan),
        ("A", "class", "12-20", np.nan),
        ("B", "class", "25-30", np.nan),
        ("B", "class", ">30", np.nan),
        ("B", "class", "<=25", np.nan),
    )
    assert rows["agrees"].tolist() == ["yes", "no", "yes", "no", "no"]
    # 30 minutes is not above 30: outside by nothing, and yet outside
    np.testing.assert_allclose(rows["error"], [0.0, -2.0, 0.0, 0.0, 5.0], atol=1e-12)
    assert rows["close"].tolist() == [True, True, True, True, False]
    assert worst(rows, kind="class")["error"].tolist()[:2] == [5.0, -2.0]


def test_trips_without_a_route_are_counted_apart() -> None:
    rows = compared(
        ("A", "minutes", "10", 1.0), ("C", "minutes", "50", 1.0), ("C", "class", ">30", np.nan)
    )
    assert rows["agrees"].tolist() == ["yes", "no route", "no route"]
    table = summarise(rows).set_index(["kind", "by", "group"])
    minutes = table.loc[("minutes", "all", "")]
    assert (minutes["pairs"], minutes["unreachable"], minutes["mae"]) == (2, 1, 0.0)
    nothing = table.loc[("class", "all", "")]
    assert nothing["unreachable"] == 1
    assert nothing[["bias", "mae", "p90", "agree", "close"]].isna().all()
    assert worst(rows, kind="minutes").empty


def test_groups_come_in_their_own_order() -> None:
    rows = compared(
        ("B", "class", ">30", np.nan),
        ("B", "class", "25-30", np.nan),
        ("A", "class", "<=25", np.nan),
        ("C", "class", ">30", np.nan),
    )
    table = summarise(rows)
    groups = {by: part["group"].tolist() for by, part in table.groupby("by")}
    assert groups == {
        "all": [""],
        "class": ["<=25", "25-30", ">30"],
        "distance": ["0-10", "10-20", "30-50"],
        "region": ["Oost", "West"],
    }


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 90)), min_size=1, max_size=20))
def test_no_group_is_worse_than_its_worst_trip(trips: list[tuple[str, int]]) -> None:
    rows = compared(*((start, "minutes", str(said), 1.0) for start, said in trips))
    summed = errors(rows)
    greatest = rows["error"].abs().max()
    assert abs(summed["bias"]) <= summed["mae"] + 1e-9 <= greatest + 2e-9
    assert summed["p90"] <= greatest
    parts = summarise(rows)
    for by in ("distance", "region"):
        assert parts.loc[parts["by"] == by, "pairs"].sum() == len(trips)
