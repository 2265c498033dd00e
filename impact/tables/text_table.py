"""Tables as text cells: read CSV and files of points, check cells, turn them into values.

What can be read without doubt is read and reported (a byte-order mark, semicolons, decimal
commas, Windows line ends); what cannot is refused with file, row, field and value.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.notes import Note
from impact.tables.text import decode, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_DELIMITERS = {",": "", ";": "semicolons", "\t": "tabs"}
"""Delimiter -> key of the note on it."""
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

        return read_points(path, hashlib.sha256(content).hexdigest())
    return _read_text(path.name, content)


def cell_text(value: object) -> str:
    """Text of one value of a typed file; empty for nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _read_text(name: str, content: bytes) -> Table:
    notes = []
    text = decode(name, content)
    if text.startswith("\ufeff"):
        text = text[1:]
        notes.append(Note.of("bom", file=name))
    if "\r\n" in text:
        notes.append(Note.of("line_ends", file=name))
    header_line = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    if delimiter != "," and header_line.count(delimiter):
        notes.append(Note.of(_DELIMITERS[delimiter], file=name))
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
        notes.append(Note.of("decimal_comma", file=name))
    digest = hashlib.sha256(content).hexdigest()
    return Table(name, frame, digest, tuple(notes), decimal_comma)


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


def read_points(path: Path, sha256: str) -> Table:
    """Read a file of points as text cells, with the columns ``lat`` and ``lon``."""
    notes = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            frame = gpd.read_file(path)
        notes += [
            Note.of("library", file=path.name, text=str(warning.message)) for warning in caught
        ]
    except Exception as error:
        # pyogrio raises its own DataSourceError and passes on GDAL's; all mean the same to a user
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        expected = f"a readable GeoJSON or GeoPackage file ({reason})"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise InputError(Fault(path.name, "", "", None, "at least one feature with a geometry"))
    if frame.crs is None:
        expected = "a coordinate reference system"
        raise InputError(Fault(path.name, "", "crs", None, expected))
    rows = pd.RangeIndex(1, len(frame) + 1, name="row")
    kinds = frame.geometry.geom_type.fillna("none")
    faults = [
        Fault(path.name, f"feature {row}", "geometry", str(kind), "a Point")
        for row, kind in zip(rows, kinds, strict=True)
        if kind != "Point"
    ]
    if faults:
        raise InputError(faults)
    points = frame.geometry.to_crs(4326)
    cells = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    out = pd.DataFrame(
        {str(name): [cell_text(value) for value in cells[name]] for name in cells}, index=rows
    )
    # the geometry decides; a lat or lon among the properties would be a second truth
    replaced = [name for name in ("lat", "lon") if name in out]
    out["lat"], out["lon"] = [repr(float(y)) for y in points.y], [repr(float(x)) for x in points.x]
    notes += [Note.of("property", file=path.name, name=name) for name in replaced]
    return Table(path.name, out, sha256, tuple(notes), row_word="feature")


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN_CHARACTERS = set("0123456789.+-")
COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
"""A number with a decimal comma and no thousands separators."""

POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
"""A number with a decimal point."""


@dataclass(frozen=True, eq=False)
class Table:
    """A file as text cells, with what was noticed while reading.

    Attributes
    ----------
    name
        File name, for messages.
    frame
        Text cells, stripped; the index is the row number as a spreadsheet shows it (header = 1).
    notes
        What was adapted to.
    sha256
        Hash of the bytes.
    decimal_comma
        Whether numbers are written with a comma.
    row_word
        What a row is called in messages.
    """

    name: str
    frame: pd.DataFrame
    sha256: str
    notes: tuple[Note, ...] = field(default=())
    decimal_comma: bool = False
    row_word: str = "row"

    @property
    def rows(self) -> list[int]:
        """Row numbers, in order."""
        return [int(row) for row in self.frame.index.to_numpy()]

    def where(self, row: object) -> str:
        """Place of a row, for messages."""
        return f"{self.row_word} {row}"

    def part(self, chosen: NDArray[np.bool_]) -> Table:
        """Return the rows that are chosen, with their own row numbers."""
        return replace(self, frame=self.frame[chosen])

    def require(self, columns: Iterable[str]) -> None:
        """Check that columns are there.

        Parameters
        ----------
        columns
            Names that must occur.

        Raises
        ------
        InputError
            Naming every missing column and the ones that look like it.
        """
        found = [str(column) for column in self.frame.columns]
        faults = [
            Fault(
                self.name,
                "header",
                column,
                None,
                f"a column {column!r} beside {', '.join(found)}",
                nearest_names(column, found, count=1),
            )
            for column in columns
            if column not in found
        ]
        if faults:
            raise InputError(faults)

    def unique(self, column: str) -> list[Fault]:
        """Faults for values of a column that occur twice."""
        first: dict[str, int] = {}
        faults = []
        for row, value in zip(self.rows, self.frame[column], strict=True):
            if first.setdefault(value, row) != row:
                expected = f"each {column} once (it is also in {self.where(first[value])})"
                faults.append(Fault(self.name, self.where(row), column, value, expected))
        return faults

    def texts(self, column: str) -> tuple[pd.Series[str], list[Fault]]:
        """Return a column of names that may not be empty, and the faults in it."""
        values = self.frame[column]
        faults = [
            Fault(self.name, self.where(row), column, None, "a value; the cell is empty")
            for row in values.index[values == ""]
        ]
        return values, faults

    def numbers(
        self,
        column: str,
        *,
        minimum: float = -math.inf,
        maximum: float = math.inf,
        hint: str = "",
        infinite: bool = False,
    ) -> tuple[NDArray[np.float64], list[Fault]]:
        """Return a column of numbers and the faults in it.

        Parameters
        ----------
        column
            Which one.
        minimum, maximum
            Limits, inclusive.
        hint
            Added to the message when a value lies outside the limits.
        infinite
            Whether ``inf`` is a value (an unreachable pair in a matrix).

        Returns
        -------
        values : ndarray of float, shape (n_rows,)
            NaN where a fault was found.
        faults : list of Fault
            Empty cells, text, and values outside the limits.
        """
        plain = self._plain_numbers(column)
        inside = plain is not None and (plain >= minimum) & (plain <= maximum) & np.isfinite(plain)
        if plain is not None and np.all(inside):
            return plain, []
        out = np.full(len(self.frame), np.nan)
        faults = []
        expected = _describe_limits(minimum, maximum)
        for position, (row, text) in enumerate(self.frame[column].items()):
            where = self.where(row)
            if text == "":
                faults.append(Fault(self.name, where, column, None, f"{expected}; it is empty"))
                continue
            if infinite and text.lower() in {"inf", "+inf", "infinity"}:
                out[position] = np.inf
                continue
            number = parse_number(text, decimal_comma=self.decimal_comma)
            if number is None:
                mark = ""
                if COMMA_NUMBER.fullmatch(text):
                    mark = (
                        ", with a point as decimal mark (or commas in every number of a file "
                        "with semicolons, and no points for thousands)"
                    )
                faults.append(Fault(self.name, where, column, text, expected + mark))
            elif not minimum <= number <= maximum or math.isinf(number):
                faults.append(Fault(self.name, where, column, text, expected + hint))
            else:
                out[position] = number
        return out, faults

    def _plain_numbers(self, column: str) -> NDArray[np.float64] | None:
        """Return the whole column at once where every cell is an ordinary number."""
        cells = self.frame[column].to_numpy()
        if not set("".join(cells)) <= _PLAIN_CHARACTERS:
            return None
        try:
            return np.array(cells, dtype=np.float64)
        except ValueError:
            return None


def parse_number(text: str, *, decimal_comma: bool = False) -> float | None:
    """Read one number, or `None` where the text is none.

    Examples
    --------
    >>> parse_number("12.5"), parse_number("12,5"), parse_number("12,5", decimal_comma=True)
    (12.5, None, 12.5)
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if decimal_comma and COMMA_NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    return None


def _describe_limits(minimum: float, maximum: float) -> str:
    if math.isfinite(minimum) and math.isfinite(maximum):
        return f"a number from {minimum:g} to {maximum:g}"
    if math.isfinite(minimum):
        return f"a number of {minimum:g} or more"
    return "a number"
