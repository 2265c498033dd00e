from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.errors import InputError
from impact.tables.text_table import Table, parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence


def column(cells: Sequence[str], *, decimal_comma: bool = False) -> Table:
    rows = pd.RangeIndex(2, len(cells) + 2)
    frame = pd.DataFrame({"x": cells}, index=rows, dtype=object)
    return Table("a.csv", frame, "", decimal_comma=decimal_comma)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        (" 12.5 ", 12.5),
        ("-0.5", -0.5),
        ("+3", 3.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
    ],
)
def test_number_is_read(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "x", "12,5", "1 000", "1,000.5", "1.000.000", "nan", "inf", "1_000", "0x1f", "--1", "٣"],
)
def test_text_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("12,5", 12.5), ("-0,25", -0.25), ("12", 12.0)])
def test_decimal_comma_is_read_where_the_file_has_it(text: str, number: float) -> None:
    assert parse_number(text, decimal_comma=True) == number


@pytest.mark.parametrize("text", ["1.234,5", "1,2,3", ",5", "12,"])
def test_thousands_are_refused(text: str) -> None:
    assert parse_number(text, decimal_comma=True) is None


def test_numbers_of_a_column_and_every_fault_in_it() -> None:
    values, faults = column(["1", "", "x", "-1", "9", "1e999", "1,5"]).numbers(
        "x", minimum=0, maximum=5
    )

    np.testing.assert_array_equal(values, [1, *[np.nan] * 6])
    assert [str(fault) for fault in faults] == [
        "a.csv, row 3, x: expected a number from 0 to 5; it is empty",
        "a.csv, row 4, x: found 'x', expected a number from 0 to 5",
        "a.csv, row 5, x: found '-1', expected a number from 0 to 5",
        "a.csv, row 6, x: found '9', expected a number from 0 to 5",
        "a.csv, row 7, x: found '1e999', expected a number from 0 to 5",
        (
            "a.csv, row 8, x: found '1,5', expected a number from 0 to 5, with a point as decimal "
            "mark (or commas in every number of a file with semicolons, and no points for "
            "thousands)"
        ),
    ]


@pytest.mark.parametrize("text", ["inf", "Infinity", "+inf", "INF"])
def test_infinity_is_a_value_only_where_asked_for(text: str) -> None:
    values, faults = column([text]).numbers("x", minimum=0, infinite=True)
    assert (values.tolist(), faults) == ([math.inf], [])

    values, faults = column([text]).numbers("x", minimum=0)
    assert math.isnan(values[0])
    assert len(faults) == 1


def test_number_too_large_for_a_float_is_a_fault() -> None:
    for infinite in (False, True):
        values, faults = column(["9" * 400]).numbers("x", infinite=infinite)
        assert math.isnan(values[0])
        assert len(faults) == 1


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_numbers_written_by_python_come_back(numbers: list[float]) -> None:
    values, faults = column([repr(number) for number in numbers]).numbers("x")

    assert faults == []
    np.testing.assert_array_equal(values, numbers)


@settings(deadline=None)
@given(st.lists(st.text("0123456789.,-+e inf", max_size=8), min_size=1), st.booleans())
def test_column_at_once_equals_cell_by_cell(cells: list[str], decimal_comma: bool) -> None:  # noqa: FBT001
    table = column(cells, decimal_comma=decimal_comma)

    values, faults = table.numbers("x", minimum=0.0)

    for row, cell, value in zip(table.rows, cells, values, strict=True):
        number = parse_number(cell, decimal_comma=decimal_comma)
        wrong = number is None or number < 0 or math.isinf(number)
        assert wrong == any(fault.where == f"row {row}" for fault in faults)
        assert math.isnan(value) if wrong else value == number


def test_missing_columns_are_told_together_with_what_looks_like_them() -> None:
    with pytest.raises(InputError) as caught:
        column(["1"]).require(["x", "xx", "population"])

    assert [fault.field for fault in caught.value.faults] == ["xx", "population"]
    assert caught.value.faults[0].nearest == ("x",)
    assert caught.value.faults[1].nearest == ()


def test_values_twice_name_both_rows() -> None:
    faults = column(["a", "b", "a", "a"]).unique("x")

    assert [(fault.where, fault.value) for fault in faults] == [("row 4", "a"), ("row 5", "a")]
    assert "row 2" in faults[0].expected


def test_empty_cells_of_a_text_column_are_faults() -> None:
    values, faults = column(["a", ""]).texts("x")

    assert values.tolist() == ["a", ""]
    assert [fault.where for fault in faults] == ["row 3"]


def test_part_keeps_row_numbers() -> None:
    assert column(["a", "b", "c"]).part(np.array([True, False, True])).rows == [2, 4]
