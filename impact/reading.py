"""Read text tables safely: nothing is guessed in silence, every fault has its place.

What can be read without doubt is read and reported (a byte-order mark, semicolons, decimal
commas, Windows line ends); what cannot is refused with file, row, field and value.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.table import COMMA_NUMBER, POINT_NUMBER, Table

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence


_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_ZIP = b"PK\x03\x04"
_SPATIAL_SUFFIXES = {".geojson", ".json", ".gpkg"}


def read_table(path: Path | str) -> Table:
    """Read a CSV, GeoJSON or GeoPackage file as text cells.

    Points of spatial files become the columns ``lat`` and ``lon`` (degrees, WGS84).

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        When the file is absent, empty, not UTF-8, ragged, or holds other shapes than points.
    """
    path = Path(path)
    content = read_bytes(path)
    if path.suffix.lower() in _SPATIAL_SUFFIXES:
        if path.suffix.lower() != ".gpkg":
            decode(path.name, content)
        from impact.spatial import read_points  # noqa: PLC0415 (only spatial files need GDAL)

        return read_points(path, hashlib.sha256(content).hexdigest())
    return _read_text(path.name, content)


def cell_text(value: object) -> str:
    """Text of one value of a typed file; empty for nothing.

    Parameters
    ----------
    value
        Number, text or nothing.

    Returns
    -------
    str
        Whole floats without a point, as a postcode that passed through a spreadsheet needs.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def read_bytes(path: Path) -> bytes:
    """Content of a file that must exist and hold something.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        When it is absent, a folder, unreadable or empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        beside = [each.name for each in path.parent.glob("*") if each.is_file()]
        raise InputError(
            Fault(
                str(path),
                "",
                "",
                None,
                f"a readable file ({reason.lower()})",
                nearest_names(path.name, beside, count=1),
            )
        ) from error
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(Fault(path.name, "", "", None, "a table; the file is empty"))
    return content


def _read_text(name: str, content: bytes) -> Table:
    notes = []
    text = decode(name, content)
    if text.startswith("\ufeff"):
        text = text[1:]
        notes.append(f"{name}: byte-order mark skipped")
    if "\r\n" in text:
        notes.append(f"{name}: Windows line ends")
    header_line = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    if delimiter != "," and header_line.count(delimiter):
        notes.append(f"{name}: columns separated by {_DELIMITERS[delimiter]}s")
    records = list(_records(name, text, delimiter))
    header = [cell.strip() for cell in records[0]]
    faults = _header_faults(name, header)
    rows, numbers = [], []
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            shown = delimiter.join(record)
            expected = f"{len(header)} cells like the header; this row has {len(record)}"
            faults.append(Fault(name, f"row {number}", "", shown, expected))
            continue
        rows.append([cell.strip() for cell in record])
        numbers.append(number)
    if faults:
        raise InputError(faults)
    if not rows:
        raise InputError(Fault(name, "row 2", "", None, "at least one row below the header"))
    frame = pd.DataFrame(rows, columns=header, index=pd.Index(numbers, name="row"), dtype=object)
    # with commas and points side by side, 10.010 could be ten or ten thousand: commas are refused
    decimal_comma = (
        delimiter == ";" and _has_number(rows, COMMA_NUMBER) and not _has_number(rows, POINT_NUMBER)
    )
    if decimal_comma:
        notes.append(f"{name}: numbers with a decimal comma")
    digest = hashlib.sha256(content).hexdigest()
    return Table(name, frame, digest, tuple(notes), decimal_comma)


def decode(name: str, content: bytes) -> str:
    """Text of bytes that must be UTF-8.

    Parameters
    ----------
    name
        File name, for the message.
    content
        The bytes.

    Returns
    -------
    str

    Raises
    ------
    InputError
        With the line and the offending byte, or for a workbook.
    """
    if content.startswith(_ZIP):
        found = "a zipped file, such as a workbook"
        raise InputError(Fault(name, "", "", found, "text (in a spreadsheet: save as 'CSV UTF-8')"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            Fault(
                name,
                f"line {line}",
                "",
                f"byte 0x{content[error.start]:02x}",
                "UTF-8 text (in a spreadsheet: save as 'CSV UTF-8')",
            )
        ) from error


def _records(name: str, text: str, delimiter: str) -> Iterable[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(
            Fault(name, f"line {reader.line_num}", "", None, f"a well-formed CSV row ({error})")
        ) from error


def _header_faults(name: str, header: Sequence[str]) -> list[Fault]:
    counts = Counter(header)
    return [
        Fault(name, "header", column, column, "a name for every column, each once")
        for column, count in counts.items()
        if count > 1 or not column
    ]


def _has_number(rows: Sequence[Sequence[str]], pattern: re.Pattern[str]) -> bool:
    """Whether any cell is a number with this decimal mark."""
    return any(pattern.fullmatch(cell) for row in rows for cell in row)
