"""TOML held against a schema: lines, words, near names, and every fault at once."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from impact.errors import InputError
from impact.study.schema import PatientsTable
from impact.study.toml import (
    Amount,
    Count,
    Expecting,
    Listed,
    Names,
    NotNegative,
    PathText,
    Prose,
    Switch,
    Table,
    Text,
    TomlReader,
    Words,
    key_lines,
    one_of,
    published_schema,
    read_toml,
)

pytestmark = pytest.mark.own_words

TEXT = """\
[study]
title = "x"

[[intervention]]
name = "one"
"stop_count" = 5

[[intervention]]
name = "two"
providers = [
    "a",
]
[intervention.patients]
national = 5
"""


class Inner(Table):
    """A table in a table."""

    beta: NotNegative | None = None


class Sample(Table):
    """One of everything."""

    text: Text = "t"
    words: Words = ""
    prose: Prose = ""
    path: PathText = ""
    listed: Listed = ()
    names: Names = ()
    choice: Annotated[str, one_of(("a", "b"), "a")] = "a"
    perhaps: Annotated[str, one_of(("a", "b"))] = ""
    amount: Amount | None = None
    count: Count | None = None
    switch: Switch = True
    by_name: Annotated[dict[str, Names], Expecting("names by name", dict)] = Field({}, alias="by")
    day: Annotated[dt.date, Expecting("a date")] | None = None
    inner: Annotated[Inner, Expecting("inner = { ... }")] | None = None
    rows: Annotated[
        tuple[Annotated[Inner, Expecting("a table [[rows]]")], ...],
        Field(strict=False),
        Expecting("tables headed [[rows]]", tuple),
    ] = ()


class Needed(Table):
    """What may not be missing."""

    text: Text
    names: Annotated[Names, Expecting("a list of names", tuple)]


@pytest.fixture(name="reader")
def _reader() -> TomlReader:
    return TomlReader("study.toml", key_lines(TEXT))


def test_lines_of_keys() -> None:
    assert key_lines(TEXT) == {
        "study": 1,
        "study.title": 2,
        "intervention[1]": 4,
        "intervention[1].name": 5,
        "intervention[1].stop_count": 6,
        "intervention[2]": 8,
        "intervention[2].name": 9,
        "intervention[2].providers": 10,
        "intervention[2].patients": 13,
        "intervention[2].patients.national": 14,
    }


@given(st.text(st.sampled_from('[]a.b_"=\n # '), max_size=60))
def test_lines_exist(text: str) -> None:
    assert all(1 <= line <= len(text.splitlines()) for line in key_lines(text).values())


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("intervention[1].stop_count", "line 6"),
        ("intervention[2].stop_count", "line 8"),
        ("intervention[2].providers[1]", "line 10"),
        ("intervention[2].patients.rates.65+", "line 13"),
        ("scenario", ""),
        ("[", ""),
    ],
)
def test_fault_has_the_line_of_its_key_or_of_the_table_above(
    reader: TomlReader, path: str, where: str
) -> None:
    reader.fault(path, 5, "something else")

    fault = reader.faults[0]
    assert (fault.source, fault.where, fault.field, fault.value) == ("study.toml", where, path, "5")


@pytest.mark.parametrize(
    ("key", "value", "taken"),
    [
        ("text", " x ", "x"),
        ("text", "Curac\u0327ao", "Cura\u00e7ao"),
        ("words", "", ""),
        ("prose", "one\n\ttwo", "one\n\ttwo"),
        ("path", "C:/data/x.csv", "C:/data/x.csv"),
        ("listed", ["b", "a"], ("b", "a")),
        ("names", ["b", "a"], ("a", "b")),
        ("choice", "b", "b"),
        ("perhaps", "", ""),
        ("amount", 50, 50.0),
        ("count", 3, 3),
        ("by", {"x": ["b", "a"]}, {"x": ("a", "b")}),
        ("day", dt.date(2027, 1, 1), dt.date(2027, 1, 1)),
        ("inner", {"beta": 0}, Inner(beta=0.0)),
        ("rows", [{}, {"beta": 1.5}], (Inner(), Inner(beta=1.5))),
    ],
)
def test_value_is_taken(reader: TomlReader, key: str, value: object, taken: object) -> None:
    found = reader.check(Sample, {key: value})
    assert found.model_dump(by_alias=True, exclude_unset=True).keys() == {key}
    assert getattr(found, "by_name" if key == "by" else key) == taken
    assert reader.faults == []


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("text", [5, "", "  ", ["x"], True], "a text that is not empty"),
        ("text", ["\x1b[31mRED", "a\u202eb", "\x9b"], "a text without control characters (U+"),
        ("prose", ["a\x07"], "a text without control characters (U+0007)"),
        ("text", ["a\tb", "a\nb"], "a text on one line"),
        ("path", ["C:\temp\\x.csv", "a\nb"], "a path with / between folders, or in single quotes"),
        ("listed", ["x", {"a": 1}, 5], "a list of names"),
        ("listed", [[1], ["a", None]], "a name"),
        ("choice", ["c", 1, ["a"], {}, ""], "one of a, b"),
        ("amount", [0.5, "5", True, math.nan, math.inf, 10**400, [5]], "a number of 1 or more"),
        ("count", [0, -1, 1.5, "1", True, [1]], "a whole number of 1 or more"),
        ("switch", [0, "yes"], "true or false"),
        ("by", [[], "x"], "names by name"),
        ("by", [{"a": "x"}], "a list of names"),
        ("day", ["2027", dt.datetime(2027, 1, 1, 1), 5], "a date"),  # noqa: DTZ001
        ("inner", [5, [1]], "inner = { ... }"),
        ("inner", [{"beta": -1}], "a number of 0 or more"),
        ("rows", [{"beta": 1}, "x"], "tables headed [[rows]]"),
        ("rows", [[5]], "a table [[rows]]"),
    ],
)
def test_wrong_value_is_one_fault(
    reader: TomlReader, key: str, values: list[object], expected: str
) -> None:
    for number, value in enumerate(values, start=1):
        reader.check(Sample, {key: value})
        assert len(reader.faults) == number, value
        assert reader.faults[-1].expected.startswith(expected)
        assert reader.faults[-1].field.startswith(key)


def test_every_fault_is_found_at_once_and_the_rest_is_read(reader: TomlReader) -> None:
    document: dict[str, Any] = {
        "count": 0,
        "rows": [{"beta": 1}, {"bta": 2}, 5],
        "listed": [1, "b"],
    }
    found = reader.check(Sample, document, "intervention[1]")
    assert [str(fault) for fault in reader.faults] == [
        (
            "study.toml, line 4, intervention[1].rows[2].bta: found 'bta', expected one of the "
            "keys beta; nearest known: 'beta'"
        ),
        "study.toml, line 4, intervention[1].listed[1]: found '1', expected a name",
        (
            "study.toml, line 4, intervention[1].count: found '0', expected a whole number of 1 or "
            "more"
        ),
        "study.toml, line 4, intervention[1].rows[3]: found '5', expected a table [[rows]]",
    ]
    assert (found.count, found.listed, found.rows) == (None, ("b",), (Inner(beta=1.0), Inner()))
    assert document["count"] == 0


def test_what_is_missing_is_told_and_stood_in_for(reader: TomlReader) -> None:
    found = reader.check(Needed, {})
    assert (found.text, found.names) == ("", ())
    assert [(fault.field, fault.value, fault.expected) for fault in reader.faults] == [
        ("text", None, "a text that is not empty"),
        ("names", None, "a list of names"),
    ]


def test_whole_number_without_end_is_told(reader: TomlReader) -> None:
    # written in hexadecimal TOML lets it pass, but Python does not write it out
    reader.check(Sample, {"count": -(16**5000)})

    assert "too long to show" in str(reader.faults[0])


def test_unknown_key_suggests_the_nearest(reader: TomlReader) -> None:
    reader.check(Sample, {"txet": "x", "by_name": {}})

    assert [fault.field for fault in reader.faults] == ["txet", "by_name"]
    assert reader.faults[0].nearest[0] == "text"


def test_name_twice_is_told_once_per_repeat(reader: TomlReader) -> None:
    reader.repeated(["a", "b", "a", "", ""], "intervention")

    assert [fault.field for fault in reader.faults] == ["intervention[3].name"]


@pytest.mark.parametrize(
    ("written", "faults"), [("2.400", 1), ("12.400", 1), ("2.4", 0), ("2400.000", 0), ("2400", 0)]
)
def test_a_thousand_with_a_point_is_asked_about(
    reader: TomlReader, written: str, faults: int
) -> None:
    document, _ = read_toml("a.toml", f"amount = {written}".encode())
    reader.check(Sample, document)
    assert len(reader.faults) == faults
    if faults:
        plain = written.replace(".", "")
        assert f"found '{written}', expected {plain} if a thousand is" in str(reader.faults[0])


def test_a_thousand_is_asked_about_where_a_word_may_stand_too(reader: TomlReader) -> None:
    document, _ = read_toml("a.toml", b"national = 2.400")
    reader.check(PatientsTable, document)
    assert "found '2.400', expected 2400 if a thousand is meant" in str(reader.faults[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rb'x = "C:\data\x.csv"', "write a Windows path with / or in single quotes"),
        (b"x = ", "TOML syntax"),
        ("x = 1".encode("utf-16"), "a.toml: found 'text in UTF-16', expected UTF-8 text"),
        (b"x = 1" + b"[" * 5000, "TOML syntax"),
    ],
)
def test_what_is_no_toml_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_toml("a.toml", content)
    assert message in str(caught.value)


def test_the_published_schema_has_what_toml_can_say() -> None:
    schema = published_schema(Sample, name="sample")
    assert schema["title"] == "sample"
    assert schema["additionalProperties"] is False
    fields = schema["properties"]
    assert fields["amount"] == {"minimum": 1.0, "type": "number"}
    assert fields["choice"]["enum"] == ["a", "b"]
    assert "by" in fields
    assert schema["$defs"]["Inner"]["properties"]["beta"] == {"minimum": 0.0, "type": "number"}
    assert "null" not in str(schema)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
KEYS = [field.alias or name for name, field in Sample.model_fields.items()]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), VALUE, max_size=5))
def test_any_value_gives_a_usable_one(document: dict[str, object]) -> None:
    reader = TomlReader("study.toml", {})
    found = reader.check(Sample, document)

    assert isinstance(found.text, str)
    assert all(isinstance(each, str) for each in (*found.listed, *found.names))
    assert found.choice in {"a", "b"}
    assert found.amount is None or found.amount >= 1.0
    assert found.count is None or found.count > 0
    assert all(isinstance(each, Inner) for each in found.rows if each is not None)
