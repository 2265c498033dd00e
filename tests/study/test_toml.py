from __future__ import annotations

import math
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.study.toml import TomlReader, key_lines

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """\
# a study
[study]
title = "x"
"region" = "y"

[[intervention]]
name = "a"
providers = [
  "one",
]

[[ intervention ]]
name = "b"
"""


@pytest.fixture
def reader() -> TomlReader:
    return TomlReader("study.toml", key_lines(TEXT))


def test_lines_of_keys_are_found() -> None:
    assert key_lines(TEXT) == {
        "study": 2,
        "study.title": 3,
        "study.region": 4,
        "intervention[1]": 6,
        "intervention[1].name": 7,
        "intervention[1].providers": 8,
        "intervention[2]": 12,
        "intervention[2].name": 13,
    }


@given(st.text())
def test_lines_of_any_text_are_inside_it(text: str) -> None:
    assert all(1 <= line <= len(text.splitlines()) for line in key_lines(text).values())


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("intervention[2].name", "line 13"),
        ("intervention[2].stop_count", "line 12"),
        ("intervention[1].providers.extra", "line 8"),
        ("scenario", ""),
    ],
)
def test_fault_has_the_line_of_its_key_or_of_the_table_above(
    reader: TomlReader, path: str, where: str
) -> None:
    reader.fault(path, 5, "something else")

    fault = reader.faults[0]
    assert (fault.source, fault.where, fault.field, fault.value) == ("study.toml", where, path, "5")


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda r, t: r.text(t, "k", "p"), " x ", "x"),
        (lambda r, t: r.text(t, "k", "p", default="d"), "", ""),
        (lambda r, t: r.text(t, "other", "p", default="d"), "", "d"),
        (lambda r, t: r.texts(t, "k", "p"), ["a", "b"], ("a", "b")),
        (lambda r, t: r.texts(t, "other", "p", default=()), [], ()),
        (lambda r, t: r.choice(t, "k", "p", ("a", "b"), ""), "b", "b"),
        (lambda r, t: r.choice(t, "other", "p", ("a", "b"), "a"), "", "a"),
        (lambda r, t: r.number(t, "k", "p", minimum=1), 50, 50.0),
        (lambda r, t: r.number(t, "other", "p", minimum=1), 50, None),
        (lambda r, t: r.count(t, "k", "p"), 3, 3),
        (lambda r, t: r.locations(t, "k", "p"), {"x": ["b", "a"]}, {"x": ("a", "b")}),
        (
            lambda r, t: r.shares(t, "k", "p"),
            {"x": {"b": 1, "a": 0.0}},
            {"x": {"a": 0.0, "b": 1.0}},
        ),
    ],
)
def test_value_is_taken(
    reader: TomlReader,
    read: Callable[[TomlReader, dict[str, object]], object],
    value: object,
    expected: object,
) -> None:
    assert read(reader, {"k": value}) == expected
    assert reader.faults == []


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (lambda r, t: r.text(t, "k", "p"), [5, "", "  ", ["x"], None, True]),
        (lambda r, t: r.texts(t, "k", "p"), ["x", [1], {"a": 1}, None]),
        (lambda r, t: r.choice(t, "k", "p", ("a", "b"), ""), ["c", 1, ["a"], {}]),
        (
            lambda r, t: r.number(t, "k", "p", minimum=1),
            [0.5, "5", True, math.nan, math.inf, 10**400, [5]],
        ),
        (lambda r, t: r.count(t, "k", "p"), [0, -1, 1.5, "1", True, [1]]),
        (lambda r, t: r.locations(t, "k", "p"), [[], "x", {"a": "x"}, {"a": [1]}]),
        (
            lambda r, t: r.shares(t, "k", "p"),
            [[], {"a": "b"}, {"a": {"b": "1"}}, {"a": {"b": math.nan}}, {"a": {"b": True}}],
        ),
        (lambda r, t: r.table(t, "k"), [5, [1], None]),
        (lambda r, t: r.tables(t, "k"), [5, [1], {"a": 1}, "x"]),
    ],
)
def test_wrong_value_is_one_fault(
    reader: TomlReader,
    read: Callable[[TomlReader, dict[str, object]], object],
    values: list[object],
) -> None:
    for number, value in enumerate(values, start=1):
        read(reader, {"k": value})
        assert len(reader.faults) == number, value


def test_whole_number_without_end_is_told(reader: TomlReader) -> None:
    # written in hexadecimal TOML lets it pass, but Python does not write it out
    reader.count({"k": -(16**5000)}, "k", "p")

    assert "too long to show" in str(reader.faults[0])


def test_unknown_key_suggests_the_nearest(reader: TomlReader) -> None:
    reader.unknown_keys({"titel": "x", "region": "y"}, ("title", "region"), "study")

    assert [(fault.field, fault.nearest) for fault in reader.faults] == [
        ("study.titel", ("title",))
    ]


def test_name_twice_is_told_once_per_repeat(reader: TomlReader) -> None:
    reader.repeated(["a", "b", "a", "", ""], "intervention")

    assert [fault.field for fault in reader.faults] == ["intervention[3].name"]


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(VALUE)
def test_any_value_gives_a_usable_one(value: object) -> None:
    reader = TomlReader("study.toml", {})
    table = {"k": value}

    assert isinstance(reader.text(table, "k", "p"), str)
    assert all(isinstance(each, str) for each in reader.texts(table, "k", "p"))
    assert reader.choice(table, "k", "p", ("a",), "a") == "a"
    number = reader.number(table, "k", "p", minimum=0.0)
    assert number is None or math.isfinite(number)
    count = reader.count(table, "k", "p")
    assert count is None or count > 0
    assert all(isinstance(each, tuple) for each in reader.locations(table, "k", "p").values())
    assert all(isinstance(each, dict) for each in reader.shares(table, "k", "p").values())
    assert isinstance(reader.table(table, "k"), dict)
    assert isinstance(reader.tables(table, "k"), list)
    assert all(str(fault) for fault in reader.faults)


def test_example_is_toml() -> None:
    assert len(tomllib.loads(TEXT)["intervention"]) == 2
