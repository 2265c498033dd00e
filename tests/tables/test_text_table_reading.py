from __future__ import annotations

import contextlib
import unicodedata
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.errors import InputError
from impact.tables.text import read_bytes
from impact.tables.text_table import cell_text, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from impact.tables.text_table import Table

PLAIN = "name,lat\nNoord,53.2\nZuid,52.7\n"


def read(folder: Path, content: str | bytes) -> Table:
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path)


def fault_of(folder: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (PLAIN, []),
        ("\ufeff" + PLAIN, ["byte-order mark skipped"]),
        (PLAIN.replace("\n", "\r\n"), ["Windows line ends"]),
        (PLAIN.replace("\n", "\r"), []),
        (PLAIN.rstrip("\n"), []),
        (PLAIN + "\n\n,\n", []),
        (PLAIN.replace(",", " ,\t "), []),
        (PLAIN.replace(",", ";"), ["columns separated by semicolons"]),
        (PLAIN.replace(",", "\t"), ["columns separated by tabs"]),
        (
            PLAIN.replace(",", ";").replace(".", ","),
            ["columns separated by semicolons", "numbers with a decimal comma"],
        ),
        (PLAIN.replace("Noord", '"Noord"'), []),
    ],
)
def test_what_is_safe_is_read_and_told(tmp_path: Path, content: str, notes: list[str]) -> None:
    table = read(tmp_path, content)

    assert list(table.frame) == ["name", "lat"]
    assert table.frame["name"].tolist() == ["Noord", "Zuid"]
    values, faults = table.numbers("lat")
    np.testing.assert_array_equal(values, [53.2, 52.7])
    assert faults == []
    assert list(map(str, table.notes)) == [f"a.csv: {note}" for note in notes]


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    table = read(tmp_path, 'name,note\n\nNoord,"two\nlines"\n\nZuid,one\n')

    assert table.rows == [3, 5]
    assert table.frame.loc[3, "note"] == "two lines"


def test_cells_keep_separators_quotes_and_markup(tmp_path: Path) -> None:
    table = read(tmp_path, 'name,note\n"a, ""b"" <i>",=1+1\n')

    assert table.frame.iloc[0].tolist() == ['a, "b" <i>', "=1+1"]


@pytest.mark.parametrize("content", ["", "  \n\t\n", "\ufeff", "\ufeff\n \n"])
def test_file_without_anything_is_empty(tmp_path: Path, content: str) -> None:
    assert fault_of(tmp_path, content) == "a.csv: expected a table; the file is empty"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("name,lat\n", "a.csv, row 2: expected at least one row below the header"),
        (PLAIN + "Oost\n", "a.csv, row 4: found 'Oost', expected 2 cells like the header"),
        ("name,name\na,b\n", "a.csv, header, name: found 'name', expected a name for every column"),
        ("name,\na,b\n", "a.csv, header: found '', expected a name for every column"),
        ('name,lat\n"a,1\n', "a.csv, line 2: expected a well-formed CSV row"),
        ("\n\n" + PLAIN, "a.csv, row 3: found 'name,lat', expected 0 cells"),
        (b"name,lat\nCaf\xe9,1\n", "a.csv, line 2: found 'byte 0xe9', expected UTF-8 text"),
        (PLAIN.encode("utf-16"), "a.csv: found 'text in UTF-16', expected UTF-8 text"),
    ],
)
def test_what_is_not_safe_is_refused(tmp_path: Path, content: str | bytes, text: str) -> None:
    assert fault_of(tmp_path, content).startswith(text)


def test_commas_beside_points_are_no_numbers(tmp_path: Path) -> None:
    # 10.010 inhabitants could be ten or ten thousand
    table = read(tmp_path, "postcode;lat;population\n9712;53,2;10.010\n")

    assert not table.decimal_comma
    _, faults = table.numbers("lat")
    assert [fault.value for fault in faults] == ["53,2"]


def test_absent_file_is_told_with_the_one_that_looks_like_it(tmp_path: Path) -> None:
    (tmp_path / "hospitals.csv").write_text(PLAIN, encoding="utf-8")

    with pytest.raises(InputError, match=r"no such file.*nearest known: 'hospitals\.csv'"):
        read_table(tmp_path / "hospital.csv")


@pytest.mark.parametrize("name", [".", "no/such/folder.csv", "x" * 5000])
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected a readable file"):
        read_bytes(tmp_path / name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9712, "9712"),
        (9712.0, "9712"),
        (12.5, "12.5"),
        (" 9712 ", "9712"),
        (None, ""),
        (float("nan"), ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (float("inf"), "inf"),
        (np.float64(3.0), "3"),
        (np.int64(3), "3"),
    ],
)
def test_text_of_a_typed_value(value: object, text: str) -> None:
    assert cell_text(value) == text


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        table = read_table(path)
        assert table.frame.shape[0] > 0
        assert all(isinstance(cell, str) for cell in table.frame.to_numpy().ravel())


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=',;"'),
    min_size=1,
    max_size=6,
).map(partial(unicodedata.normalize, "NFC"))
"""Composed, as cells are read."""


@settings(deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=5
        )
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_table_written_in_any_dialect_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    mark: bool,  # noqa: FBT001
) -> None:
    header = [f"column{place}" for place in range(len(rows[0]))]
    lines = [
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [header, *rows]
    ]
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    text = ("\ufeff" if mark else "") + line_end.join(lines) + line_end
    path.write_bytes(text.encode())

    table = read_table(path)

    assert list(table.frame) == header
    assert table.frame.to_numpy().tolist() == rows
