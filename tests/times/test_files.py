"""A matrix of the user's own, and one of ours, as a file."""

from __future__ import annotations

import contextlib
import itertools
import math
import unicodedata
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from impact.errors import InputError, OutputError
from impact.times.files import read_times, write_times
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

WIDE = "origin,Noord,West\n9712,5,50.5\n8911,52,inf\n"
LONG = "origin,destination,minutes\n9712,Noord,5\n9712,West,50.5\n8911,Noord,52\n8911,West,inf\n"
EXPECTED = {
    ("9712", "Noord"): 5.0,
    ("9712", "West"): 50.5,
    ("8911", "Noord"): 52.0,
    ("8911", "West"): math.inf,
}


def pairs(times: TravelTimes) -> dict[tuple[str, str], float]:
    keys = itertools.product(times.origins, times.destinations)
    return dict(zip(keys, times.minutes.ravel().tolist(), strict=True))


def read(folder: Path, text: str) -> TravelTimes:
    path = folder / "own.csv"
    path.write_bytes(text.encode())
    return read_times(path)


@pytest.mark.parametrize(
    "text",
    [
        WIDE,
        LONG,
        WIDE.replace("origin", "postcode"),
        "\ufeff" + WIDE,
        WIDE.replace("\n", "\r\n"),
        WIDE.replace(",", ";").replace(".", ","),
        LONG.replace(",", ";").replace(".", ","),
        LONG.replace("minutes", "minutes,km")
        .replace("5\n", "5,1\n")
        .replace("2\n", "2,1\n")
        .replace("inf\n", "inf,1\n"),
        "\n".join([LONG.splitlines()[0], *LONG.splitlines()[:0:-1]]),
    ],
)
def test_wide_and_long_hold_the_same(tmp_path: Path, text: str) -> None:
    times = read(tmp_path, text)

    assert pairs(times) == EXPECTED
    assert times.manifest["roads"] == {"name": "own.csv", "kind": "own matrix"}


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    wide = pd.DataFrame({"origin": [9712, 8911], "Noord": [5.0, 52.0], "West": [50.5, np.inf]})
    long = wide.melt("origin", var_name="destination", value_name="minutes")
    for frame in (wide, long):
        frame.to_parquet(tmp_path / "own.parquet")
        assert pairs(read_times(tmp_path / "own.parquet")) == EXPECTED


def test_postcodes_of_six_characters_are_written_one_way(tmp_path: Path) -> None:
    for text in (WIDE, LONG):
        times = read(tmp_path, text.replace("9712", "9712 cp"))
        assert set(times.origins) == {"9712CP", "8911"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            WIDE.replace("5,50", ",50"),
            "own.csv, row 2, Noord: expected a number of 0 or more, or inf where",
        ),
        (WIDE.replace("5,50", "-5,50"), "own.csv, row 2, Noord: found '-5'"),
        (WIDE.replace("5,50", "NaN,50"), "own.csv, row 2, Noord: found 'NaN'"),
        (WIDE.replace("5,50", "five,50"), "own.csv, row 2, Noord: found 'five'"),
        (WIDE.replace("5,50", "1e999,50"), "own.csv, row 2, Noord: found '1e999'"),
        (
            WIDE.replace("8911", "9712"),
            ("own.csv, row 3, origin: found '9712', expected each origin"),
        ),
        (WIDE.replace("8911", ""), "own.csv, row 3, origin: expected a value"),
        (WIDE.replace("West", "Noord"), "own.csv, header, Noord: found 'Noord'"),
        (WIDE.replace("origin", "from"), "own.csv, header, origin: expected a column 'origin'"),
        (LONG.replace("Noord,5\n", "Noord,\n"), "own.csv, row 2, minutes: expected a number"),
        (LONG.replace("Noord,5\n", "Noord,-5\n"), "own.csv, row 2, minutes: found '-5'"),
        (LONG.replace("Noord,5\n", "Noord,nan\n"), "own.csv, row 2, minutes: found 'nan'"),
        (LONG.replace("Noord,5\n", ",5\n"), "own.csv, row 2, destination: expected a value"),
        (LONG.replace("9712,West", "9712,Noord"), "own.csv, row 3, origin, destination: found"),
        (
            LONG.replace("9712,West,50.5\n", ""),
            "own.csv, minutes: expected minutes for every pair; 1 are missing (9712 - West)",
        ),
        (LONG.replace("minutes", "seconds"), "own.csv, header, minutes: expected a column"),
        ("", "own.csv: expected a table; the file is empty"),
        ("origin\n9712\n", ""),
    ],
)
def test_what_a_matrix_lacks_is_told(tmp_path: Path, text: str, fault: str) -> None:
    if not fault:
        assert read(tmp_path, text).minutes.shape == (1, 0)
        return
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)

    assert str(caught.value).startswith(fault)


def test_pairs_are_counted_and_a_huge_square_is_never_made(tmp_path: Path) -> None:
    rows = "".join(f"o{number:05},d{number:05},1\n" for number in range(20_000))

    with pytest.raises(InputError, match=r"399980000 are missing \(o00000 - d00001; o00000 - "):
        read(tmp_path, "origin,destination,minutes\n" + rows)


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (pd.DataFrame(), "expected at least one row and one column"),
        (pd.DataFrame({"origin": [], "Noord": []}), "expected at least one row and one column"),
        (
            pd.DataFrame({"origin": ["a"], "Noord": [np.nan]}),
            "row 1, Noord: expected a number of 0 or more, or inf where there is no route",
        ),
        (
            pd.DataFrame({"origin": ["a"], "Noord": pd.array([None], dtype="Int64")}),
            "row 1, Noord: expected a number of 0 or more, or inf where there is no route",
        ),
        (pd.DataFrame({"origin": ["a"], "Noord": [-1]}), "row 1, Noord: found '-1'"),
        (pd.DataFrame({"origin": ["a"], "Noord": [True]}), "row 1, Noord: found 'True'"),
    ],
)
def test_fault_in_parquet_is_told(tmp_path: Path, frame: pd.DataFrame, fault: str) -> None:
    frame.to_parquet(tmp_path / "own.parquet")

    with pytest.raises(InputError) as caught:
        read_times(tmp_path / "own.parquet")

    assert fault in str(caught.value)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" * 100, WIDE.encode()])
def test_unreadable_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.parquet").write_bytes(content)

    with pytest.raises(InputError, match=r"own\.parquet: expected a readable Parquet file"):
        read_times(tmp_path / "own.parquet")


def test_parquet_with_a_column_twice_is_told(tmp_path: Path) -> None:
    columns = [pa.array(["a"]), pa.array([1.0]), pa.array([2.0])]
    parquet.write_table(pa.table(columns, names=["origin", "x", "x"]), tmp_path / "own.parquet")

    with pytest.raises(InputError, match=r"own\.parquet"):
        read_times(tmp_path / "own.parquet")


TIMES = TravelTimes(
    ("8911", "9712"), ('"a" & b', "c;d"), np.array([[1.005, math.inf], [0.0, 1234.5]])
)


@pytest.mark.parametrize("ending", ["csv", "parquet", "CSV"])
def test_what_is_written_comes_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "deep" / f"own.{ending}"
    write_times(TIMES, path)

    times = read_times(path)

    assert (times.origins, times.destinations) == (TIMES.origins, TIMES.destinations)
    tolerance = 0.0 if ending == "parquet" else 0.005
    np.testing.assert_allclose(times.minutes, TIMES.minutes, rtol=0, atol=tolerance + 1e-12)


@pytest.mark.parametrize("km", [False, True])
def test_a_csv_file_is_what_pandas_would_write(tmp_path: Path, *, km: bool) -> None:
    odd = ('"a" & b', "c;d", "e,f", "100% g", "%s", "", " h", "i\nj")
    minutes = np.array([0.0, math.inf, 1.005, 0.125, 2.675, 1e9, 0.004999, 99.995])
    table = np.add.outer(np.arange(8.0), minutes)
    times = TravelTimes(odd, odd, table, table[::-1] if km else None)
    write_times(times, tmp_path / "m.csv")
    expected = times.to_frame().to_csv(index=False, float_format="%.2f", lineterminator="\n")
    assert (tmp_path / "m.csv").read_bytes() == expected.encode()


def test_km_are_written_where_known(tmp_path: Path) -> None:
    km = np.ones((2, 2))
    write_times(
        TravelTimes(TIMES.origins, TIMES.destinations, TIMES.minutes, km), tmp_path / "m.csv"
    )

    assert list(pd.read_csv(tmp_path / "m.csv")) == ["origin", "destination", "minutes", "km"]


def test_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a name ending in one of \.csv, \.parquet, \.npy"):
        write_times(TIMES, tmp_path / "m.xlsx")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_times(TIMES, tmp_path / "file" / "m.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]),
            min_size=1,
            max_size=5,
            # names are composed wherever they are read
        ).map(partial(unicodedata.normalize, "NFC")),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    st.data(),
)
def test_any_matrix_survives_parquet(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject
) -> None:
    number = st.floats(0, 4320) | st.just(math.inf)
    rows = st.lists(number, min_size=len(names), max_size=len(names))
    minutes = np.array(data.draw(st.lists(rows, min_size=2, max_size=2)))
    times = TravelTimes(("1000", "2000"), tuple(names), minutes)
    path = tmp_path_factory.getbasetemp() / "any.parquet"

    write_times(times, path)

    assert pairs(read_times(path)) == pairs(times)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text('origindestamu,;\n"59.-é ', max_size=30), max_size=4).map("\n".join))
def test_any_text_gives_a_matrix_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for head in ("origin,destination,minutes\n", "origin;a;b\n", ""):
        with contextlib.suppress(InputError):
            assert (read(folder, head + text).minutes >= 0).all()
