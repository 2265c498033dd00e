"""Notes: what was adapted, filled in or ignored, as a key with fields.

Loaders return them. A note gets its words where it is shown, from the catalogue ``notes.toml`` of
the reader's language; manifests keep its key, its fields and its English sentence.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from impact.messages import CATALOGUES

_ENGLISH = CATALOGUES / "en" / "notes.toml"
_MILLION = 1e6

Number = Callable[[float, int], str]
"""Writes a number with so many decimals."""

_Value = TypeVar("_Value")


class Note(NamedTuple):
    """One thing that a reader of the results should know of an input or a rule.

    Attributes
    ----------
    key
        Of its sentence in ``notes.toml``.
    fields
        Name -> text, number, another note, or a tuple of texts or notes.

    Examples
    --------
    >>> note = Note.of("columns", file="a.csv", count=2, names=("mayor", "colour"))
    >>> str(note)
    'a.csv: 2 columns not used: mayor, colour'
    >>> note.record()["fields"]
    {'file': 'a.csv', 'count': 2, 'names': ['mayor', 'colour']}
    """

    key: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, key: str, **fields: object) -> Note:
        """Return a note of these fields."""
        return cls(key, fields)

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Note:
        """Return the note of which a manifest holds the record."""
        return cls(record["key"], {name: _read(each) for name, each in record["fields"].items()})

    def record(self) -> dict[str, Any]:
        """Return key, fields and the English sentence as plain values, for a manifest."""
        fields = {name: _plain(each) for name, each in self.fields.items()}
        return {"key": self.key, "fields": fields, "text": str(self)}

    def words(self, sentences: Mapping[str, str], number: Number) -> str:
        """Return the sentence, from a catalogue and in its way of writing numbers."""
        filled = {name: _said(each, sentences, number) for name, each in self.fields.items()}
        return sentences[self.key].format(**filled)

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.words(_english(), lambda value, decimals: f"{value:,.{decimals}f}")


class Loaded(NamedTuple, Generic[_Value]):
    """What a loader read, with what it noticed.

    Attributes
    ----------
    value
        What was asked for.
    notes
        What was adapted, filled in or ignored.
    sources
        Name and hash of every file that was read.
    """

    value: _Value
    notes: tuple[Note, ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()


def distinct_sources(*parts: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    """Return every file once, in the order in which they were read first.

    Examples
    --------
    >>> one, other = {"name": "a.csv", "sha256": "1"}, {"name": "b.csv", "sha256": "2"}
    >>> [each["name"] for each in distinct_sources(one, other, dict(one))]
    ['a.csv', 'b.csv']
    """
    return tuple({(each["name"], each["sha256"]): each for each in parts}.values())


class _Figure(float):
    """A number that `str.format` writes as a reader does."""

    number: Number

    def __format__(self, spec: str) -> str:
        value = float(self)
        if math.isnan(value):
            return self.number(value, 0)
        # a count of people is never written as 1.2e+06
        text = format(value, spec or ("g" if abs(value) < _MILLION else ".0f"))
        return self.number(float(text), len(text.partition(".")[2]))


def _said(value: object, sentences: Mapping[str, str], number: Number) -> object:
    if isinstance(value, Note):
        return value.words(sentences, number)
    if isinstance(value, tuple):
        apart = "; " if any(isinstance(each, Note) for each in value) else ", "
        return apart.join(str(_said(each, sentences, number)) for each in value)
    if isinstance(value, int | float):
        figure = _Figure(value)
        figure.number = number
        return figure
    return value


def _plain(value: object) -> object:
    if isinstance(value, Note):
        return value.record()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    # JSON has no NaN
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(value: object) -> object:
    if isinstance(value, dict):
        return Note.read(value)
    if isinstance(value, list):
        return tuple(map(_read, value))
    return math.nan if value is None else value


@cache
def _english() -> dict[str, str]:
    return tomllib.loads(_ENGLISH.read_text(encoding="utf-8"))
