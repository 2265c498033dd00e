"""What a document is made of, whatever it is written as: Word, HTML or anything else.

A block holds text as a reader sees it and numbers as numbers; the writers of documents decide how
they look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.outputs.files.columns import MINUTES, SHARE, TEXT
from impact.outputs.files.sheets import PROSE
from impact.outputs.text.wording import share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from impact.outputs.files.sheets import Header
    from impact.outputs.text import Texts

NORMAL, LEAD, WARNING, NOTE, FORMULA = "normal", "lead", "warning", "note", "formula"
"""Kinds of paragraph."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Heading:
    """A heading; of level 1 it begins a chapter.

    Attributes
    ----------
    level, text
        From 1.
    landscape
        Whether the pages of the chapter lie on their side, for a wide table.
    front
        Whether it stands before the table of contents: then it begins no page, and is not in it.
    key
        Name to link to; empty where nobody does.
    """

    level: int
    text: str
    landscape: bool = False
    front: bool = False
    key: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Text; `lang` where it is not in the language of the document."""

    text: str
    kind: str = NORMAL
    lang: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Bar:
    """A cell with a bar beside its text: from `start` to `end`, in shares of the widest.

    Attributes
    ----------
    text
        What the bar says; a document for paper shows it alone.
    start, end
        From 0 to 1.
    kind
        Of the bar, for its look.
    mark
        Where a line stands in it; `None` without.
    """

    text: str
    start: float
    end: float
    kind: str = ""
    mark: float | None = None


@dataclass(frozen=True)
class Grid:
    """A table: rows of values in the order of its headers, each as its header's kind.

    Attributes
    ----------
    caption, headers, rows
        A text of several lines has its figure in the first; text of another language is a
        `Paragraph`.
    folded
        Whether a screen shows it on request; on paper it always stands there.
    ticks
        Minutes above a column of bars, and where they stand, from 0 to 1.
    stacked
        Whether a phone shows each row as a block, so that no figure is out of sight.
    """

    caption: str
    headers: tuple[Header, ...]
    rows: tuple[tuple[object, ...], ...]
    folded: bool = False
    ticks: tuple[tuple[int, float], ...] = ()
    stacked: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture with what stands beneath it, and what it says to who cannot see it.

    Attributes
    ----------
    caption, alt
        Text.
    png
        Draws it for paper; only a document for paper asks.
    markup
        Draws it for a page.
    """

    caption: str
    alt: str
    png: Callable[[], bytes]
    markup: Callable[[], Markup]


@dataclass(frozen=True)
class Contents:
    """Where the table of contents goes."""

    title: str


Block = Heading | Paragraph | Bullets | Grid | Picture | Contents


def lines_of(*parts: str) -> str:
    r"""Put what there is to say in a cell below each other.

    Examples
    --------
    >>> lines_of("43", "", "over 10.900")
    '43\nover 10.900'
    """
    return "\n".join(filter(None, parts))


def cell_text(t: Texts, value: object, kind: str) -> str:
    """Write a value of a table as a reader sees it, without decimals.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> cell_text(t, 1234.5, "demand"), cell_text(t, float("nan"), "minutes"), cell_text(t, "x", "")
    ('1.234', '–', 'x')
    """
    if isinstance(value, (Bar, Paragraph)):
        return printable(value.text)
    if kind in {TEXT, PROSE} or not isinstance(value, (int, float)):
        return "" if value is None else printable(str(value))
    number = float(value)
    if abs(number) == float("inf"):
        return t("common.no_route") if kind == MINUTES else "–"
    return share_text(t, number) if kind == SHARE else whole_text(t, number)


def printable(text: str) -> str:
    """Leave out control characters that no document can hold.

    Examples
    --------
    >>> printable("a" + chr(0) + "b")
    'ab'
    """
    return _NOT_IN_XML.sub("", text)
