"""The quick reader of long matrices: what the careful one says, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impact.errors import InputError
from impact.times import files
from impact.times.files import PlainMatrix, read_plain, read_times, write_times
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

LONG = "origin,destination,minutes\n9712,Noord,5\n9712,West,50.5\n8911,Noord,52\n8911,West,inf\n"


def quick(folder: Path, text: str | bytes) -> PlainMatrix | None:
    path = folder / "own.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_plain(path)


def read(path: Path) -> TravelTimes | None:
    """What the program makes of it; nothing where it refuses."""
    try:
        return read_times(path)
    except InputError:
        return None


def careful(path: Path) -> TravelTimes | None:
    """What the careful reader alone makes of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "read_plain", lambda _: None)
        return read(path)


def same(one: PlainMatrix, other: TravelTimes | None) -> bool:
    return (
        other is not None
        and (one.origins, one.destinations) == (other.origins, other.destinations)
        and np.array_equal(one.minutes, other.minutes)
        and one.sha256 == other.manifest["sha256"]
    )


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        LONG.rstrip("\n"),
        LONG.replace("\n", "\n\n"),
        LONG.replace("9712,", "9712 cp,"),
        LONG.replace("minutes", "minutes,km")
        .replace("5\n", "5,1\n")
        .replace("2\n", "2,é\n")
        .replace("inf\n", "inf,1\n"),
        LONG.replace("West", '"West, ""oud"""'),
        LONG.replace("Noord", "Sint Ánna"),
        LONG.replace("52", "5.2e1"),
    ],
)
def test_a_plain_file_is_read_as_the_careful_reader_does(tmp_path: Path, text: str) -> None:
    found = quick(tmp_path, text)

    assert found is not None
    assert same(found, careful(tmp_path / "own.csv"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff" + LONG,
        LONG.replace("\n", "\r\n"),
        LONG.replace(",", ";"),
        LONG.replace("origin", "from"),
        LONG.replace("minutes", "minutes,minutes"),
        LONG.replace("9712", " 9712"),
        LONG.replace("9712", ""),
        LONG.replace("9712,W", "9712 cp,W").replace("9712,N", "9712CP,N"),
        LONG.replace("50.5", ""),
        LONG.replace("50.5", "-1"),
        LONG.replace("50.5", "nan"),
        LONG.replace("50.5", "1e999"),
        LONG.replace("50.5", "50,5"),
        LONG.replace("West,50.5", "Noord,50.5"),
        LONG.replace("9712,West,50.5\n", ""),
        LONG.replace("West", '"We"st'),
        LONG.replace("West", '"West'),
        LONG.encode("latin-1").replace(b"West", b"W\xe9st"),
        "origin,destination,minutes\n",
    ],
)
def test_anything_else_is_left_to_the_careful_reader(tmp_path: Path, text: str | bytes) -> None:
    assert quick(tmp_path, text) is None


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.lists(st.text("ab\",;1 \r\n'é\x00", max_size=4), min_size=2, max_size=2).map(",".join),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.sampled_from(["1", "inf", "-0", "1e5", " 2", "+3", ".5", "x"]), min_size=3),
)
@example(names=["a,b"], minutes=["1e5", "1", "1"])
def test_the_quick_reader_never_says_anything_else(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], minutes: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    rows = (f"{pair},{each}" for pair, each in zip(names, minutes, strict=False))
    found = quick(folder, "\n".join(["origin,destination,minutes", *rows]))

    if found is not None:
        # minutes of more than three days are refused behind both readers
        slowly = careful(folder / "own.csv")
        assert (read(folder / "own.csv") is None) == (slowly is None)
        assert slowly is None or same(found, slowly)


def test_parquet_is_read_as_the_careful_reader_does(tmp_path: Path) -> None:
    times = TravelTimes(
        ("8911", "9712"), ('"a" & b', "c;d"), np.array([[1.005, np.inf], [0.0, 1234.5]])
    )
    path = tmp_path / "own.parquet"
    write_times(times, path)
    found = read_plain(path)

    assert found is not None
    assert same(found, careful(path))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": [1, 1, 2, 2]},
        {"origin": ["a", "a", "b ", "b "]},
        {"origin": ["a", "a", "b", None]},
        {"minutes": [1.0, 2.0, 3.0, np.nan]},
        {"minutes": [1, 2, 3, 4]},
        {"destination": ["x", "y", "x", "x"]},
    ],
)
def test_other_parquet_is_left_to_the_careful_reader(
    tmp_path: Path, change: dict[str, list[object]]
) -> None:
    columns = {"origin": list("aabb"), "destination": list("xyxy"), "minutes": [1.0, 2, 3, 4]}
    pd.DataFrame(columns | change).to_parquet(tmp_path / "own.parquet")

    assert read_plain(tmp_path / "own.parquet") is None


def test_many_pairs_come_back_in_their_places(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    times = TravelTimes(
        tuple(f"{number:05}" for number in range(2000)),
        tuple(f"h{number:02}" for number in range(50)),
        random.uniform(0, 300, (2000, 50)).round(2),
    )
    for ending in ("csv", "parquet"):
        write_times(times, tmp_path / f"m.{ending}")
        found = read_plain(tmp_path / f"m.{ending}")
        assert found is not None
        assert np.array_equal(found.minutes, times.minutes)
