"""What a document is made of, whatever it is written as: Word, HTML or anything else.

A block holds text as a reader sees it and numbers as numbers; the writers of documents decide how
they look.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.outputs.files.columns import MINUTES, SHARE, TEXT
from impact.outputs.files.sheets import PROSE
from impact.outputs.pages.page import environment, template_text
from impact.outputs.text.wording import share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.outputs.files.sheets import Header
    from impact.outputs.text import Texts

NORMAL, LEAD, WARNING, NOTE, FORMULA = "normal", "lead", "warning", "note", "formula"
"""Kinds of paragraph."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Heading:
    """A heading; of level 1 it begins a new page, which may lie on its side for a wide table."""

    level: int
    text: str
    landscape: bool = False


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
class Grid:
    """A table: rows of values in the order of its headers, each as its header's kind."""

    caption: str
    headers: tuple[Header, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture (PNG) with what stands beneath it, and what it says to who cannot see it."""

    caption: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Contents:
    """Where the table of contents goes."""

    title: str


Block = Heading | Paragraph | Bullets | Grid | Picture | Contents


def cell_text(t: Texts, value: object, kind: str) -> str:
    """Write a value of a table as a reader sees it, without decimals.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> cell_text(t, 1234.5, "demand"), cell_text(t, float("nan"), "minutes"), cell_text(t, "x", "")
    ('1.234', '–', 'x')
    """
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


def write_html(blocks: Sequence[Block], head: Sequence[str], path: Path, t: Texts) -> None:
    """Write a document as one page that needs nothing else, and prints well."""
    page = environment().get_template("appendix.html.j2")
    text = page.render(
        t=t,
        head=head,
        blocks=[(type(block).__name__, block) for block in blocks],
        contents=[each.text for each in blocks if isinstance(each, Heading) and each.level == 1],
        cell=lambda value, kind: cell_text(t, value, kind),
        is_text=lambda kind: kind in {TEXT, PROSE},
        data=lambda png: "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        css=template_text("appendix.css"),
    )
    path.write_text(text, encoding="utf-8", newline="\n")
