"""Text of an input file: its bytes, UTF-8, one Unicode form, and no characters that hide."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names, why
from impact.messages import said

if TYPE_CHECKING:
    from pathlib import Path

_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters but those between words and lines, and what turns the direction of writing."""


_MOST_UNPACKED = 1 << 30
"""Bytes of a packed table at most."""


def read_bytes(path: Path) -> bytes:
    """Content of a file that must exist and hold something."""
    try:
        content = path.read_bytes()
    except OSError as error:
        beside = [each.name for each in path.parent.glob("*") if each.is_file()]
        expected = said("a readable file ({reason})", reason=why(error))
        near = nearest_names(path.name, beside, count=1)
        raise InputError(Fault(str(path), "", "", None, expected, near)) from error
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(Fault(path.name, "", "", None, "a table; the file is empty"))
    return content


def unpacked(name: str, content: bytes) -> bytes:
    """Content of a file packed with gzip."""
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            out = packed.read(_MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        expected = said("a file packed with gzip ({error})", error=error)
        raise InputError(Fault(name, "", "", None, expected)) from error
    if len(out) > _MOST_UNPACKED:
        raise InputError(Fault(name, "", "", None, "a table of at most 1 GB, unpacked"))
    return out


def decode(name: str, content: bytes) -> str:
    """Text of bytes that must be UTF-8, each letter in the one Unicode form (NFC)."""
    expected = said("UTF-8 text (in a spreadsheet: save as 'CSV UTF-8')")
    if content.startswith(_ZIP):
        found = said("a zipped file, such as a workbook")
        raise InputError(Fault(name, "", "", found, "text (in a spreadsheet: save as 'CSV UTF-8')"))
    if content.startswith(_GZIP):
        found, expected = said("a file packed with gzip"), said("{text}, unpacked", text=expected)
        raise InputError(Fault(name, "", "", found, expected))
    if content.startswith(_UTF16):
        raise InputError(Fault(name, "", "", said("text in UTF-16"), expected))
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = said("byte {code}", code=f"0x{content[error.start]:02x}")
        where = said("line {n}", n=line)
        raise InputError(Fault(name, where, "", found, expected)) from error


def hidden_character(text: str) -> str | None:
    r"""Return the code of a character that a screen does not show or obeys; `None` without one.

    Examples
    --------
    >>> hidden_character("\x1b[31mRED"), hidden_character("Curaçao")
    ('U+001B', None)
    """
    match = _HIDDEN.search(text)
    return None if match is None else f"U+{ord(match[0]):04X}"


def visible(text: str) -> str:
    r"""Write what a screen would not show or would obey as its code; whole text otherwise.

    Examples
    --------
    >>> visible("\x1b[31mRED"), visible("Curaçao")
    ('<U+001B>[31mRED', 'Curaçao')
    """
    return _HIDDEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
