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
import unicodedata
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from impact.errors import Fault, InputError, nearest_names
from impact.messages import Verbatim, recognised, said
from impact.notes import Note
from impact.storage import read_json
from impact.tables.expected import (
    COMMA_NUMBER,
    CSV_ERRORS,
    limits,
    number_hint,
    row_place,
    thousand_or_number,
)
from impact.tables.text import decode, hidden_character, read_bytes, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from impact.messages import Said

_DELIMITERS = {",": "", ";": "semicolons", "\t": "tabs"}
"""Delimiter -> key of the note on it."""
_SPATIAL_SUFFIXES = {".geojson", ".json", ".gpkg", ".shp", ".shz", ".fgb", ".gml", ".kml"}
_SPATIAL_SUFFIXES |= {".parquet", ".zip"}
_TEXT_SUFFIXES = {".geojson", ".json", ".gml", ".kml"}
_READABLE = (
    "CSV (UTF-8, also .csv.gz), GeoJSON, GeoPackage, GeoParquet, shapefile (.shp, .shz, .zip), "
    "FlatGeobuf, GML or KML"
)
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""First line by which a spreadsheet is told what stands between columns."""

_BREAK = re.compile(r"\s*[\t\r\n]\s*")
_NEAR = 0.75
"""How much a column that is not used must look like one that could be."""


def read_table(path: Path | str) -> Table:
    """Read a CSV file, or one of points, as text cells.

    Points of spatial files, and the middles of their areas, become the columns ``lat`` and ``lon``
    (degrees, WGS84).

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
        When the file is absent, empty, not UTF-8, ragged, or holds lines or several points in one.
    """
    path = Path(path)
    content = read_bytes(path)
    if path.suffix.lower() in _SPATIAL_SUFFIXES:
        if path.suffix.lower() in _TEXT_SUFFIXES:
            decode(path.name, content)
        return read_points(path, hashlib.sha256(content).hexdigest())
    if path.suffix.lower() == ".gz":
        table = _read_text(path.name, unpacked(path.name, content))
        return replace(table, sha256=hashlib.sha256(content).hexdigest())
    return _read_text(path.name, content)


def cell_text(value: object) -> str:
    """Text of one value of a typed file; empty for nothing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _cell(str(value))


def _cell(text: str) -> str:
    """Return a cell without space around it, on one line, in the one Unicode form."""
    return _BREAK.sub(" ", unicodedata.normalize("NFC", text.strip()))


def _opened(name: str, content: bytes) -> tuple[str, str, int, list[Note]]:
    """Return the text, what stands between columns, the header's row, and what was adapted to."""
    notes = []
    text = decode(name, content)
    if text.startswith("\ufeff"):
        text = text[1:]
        notes.append(Note.of("bom", file=name))
    if "\r\n" in text:
        notes.append(Note.of("line_ends", file=name))
    first = 1
    separator = _SEPARATOR_LINE.match(text)
    if separator is not None:
        text, first = text[separator.end() :], 2
        notes.append(Note.of("separator_line", file=name))
    header_line = next(iter(text.splitlines()), "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    if separator is not None and separator[1] in _DELIMITERS:
        delimiter = separator[1]
    if delimiter != "," and header_line.count(delimiter):
        notes.append(Note.of(_DELIMITERS[delimiter], file=name))
    return text, delimiter, first, notes


def _read_text(name: str, content: bytes) -> Table:
    text, delimiter, first, notes = _opened(name, content)
    records = list(_records(name, text, delimiter))
    if not records:
        raise InputError(Fault(name, "", "", None, "a header; there is nothing below 'sep='"))
    header = [_cell(cell) for cell in records[0]]
    faults = _header_faults(name, header)
    rows, numbers = [], []
    for number, record in enumerate(records[1:], start=first + 1):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            shown = delimiter.join(record)
            expected = said(
                "{wanted} cells like the header; this row has {found}",
                wanted=len(header),
                found=len(record),
            )
            faults.append(Fault(name, row_place("row", number), "", shown, expected))
            continue
        rows.append([_cell(cell) for cell in record])
        numbers.append(number)
    if code := hidden_character(text):
        faults += _hidden_faults(name, "row", header, zip(numbers, rows, strict=True), code)
    if faults:
        raise InputError(faults)
    if not rows:
        raise InputError(
            Fault(name, row_place("row", 2), "", None, "at least one row below the header")
        )
    frame = pd.DataFrame(rows, columns=header, index=pd.Index(numbers, name="row"), dtype=object)
    # with commas and points side by side, 10.010 could be ten or ten thousand: commas are refused
    decimal_comma = (
        delimiter == ";" and _has_number(rows, COMMA_NUMBER) and not _has_number(rows, POINT_NUMBER)
    )
    if decimal_comma:
        notes.append(Note.of("decimal_comma", file=name))
    digest = hashlib.sha256(content).hexdigest()
    return Table(name, frame, digest, tuple(notes), decimal_comma, semicolons=delimiter == ";")


def _hidden_faults(
    name: str,
    word: str,
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    code: str,
) -> list[Fault]:
    """Fault the cells with characters that a screen obeys instead of showing."""
    expected = "text without control characters"
    places: list[tuple[str, str, str]] = [
        (row_place(word, number), column, found)
        for number, row in rows
        for column, cell in zip(header, row, strict=True)
        if (found := hidden_character(cell))
    ]
    return [
        Fault(name, where, column, found, expected)
        for where, column, found in places or [("header", "", code)]
    ]


def _records(name: str, text: str, delimiter: str) -> Iterable[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        where = said("line {n}", n=reader.line_num)
        expected = said("a well-formed CSV row ({error})", error=recognised(str(error), CSV_ERRORS))
        raise InputError(Fault(name, where, "", None, expected)) from error


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


def inner_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return points as they are; of areas the centroid, or else a point that lies inside."""
    values = np.asarray(shapes)
    middle = shapely.centroid(values)
    outside = (shapely.get_dimensions(values) > 0) & ~shapely.covers(values, middle)
    middle[outside] = shapely.point_on_surface(values[outside])
    return gpd.GeoSeries(middle, index=shapes.index, crs=shapes.crs)


def read_points(path: Path, sha256: str) -> Table:
    """Read a file of points as text cells, with the columns ``lat`` and ``lon``."""
    notes = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            packed = path.suffix.lower() == ".parquet"
            frame = gpd.read_parquet(path) if packed else gpd.read_file(path)
        notes += [
            Note.of("library", file=path.name, text=str(warning.message)) for warning in caught
        ]
    except Exception as error:
        # pyogrio raises its own DataSourceError and passes on GDAL's; all mean the same to a user
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        wording = "a file that can be read, such as {formats} ({reason})"
        expected = said(wording, formats=_READABLE, reason=reason)
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise InputError(Fault(path.name, "", "", None, "at least one feature with a geometry"))
    if frame.crs is None:
        raise InputError(Fault(path.name, "", "crs", None, "a coordinate reference system"))
    rows = pd.RangeIndex(1, len(frame) + 1, name="row")
    shapes = frame.geometry
    kinds = shapes.geom_type.fillna("none")
    area = kinds.isin(["Polygon", "MultiPolygon"]).to_numpy() & ~shapes.is_empty.to_numpy()
    single = (kinds == "MultiPoint").to_numpy() & (shapely.get_num_geometries(shapes.array) == 1)
    faults = [
        Fault(path.name, row_place("feature", row), "geometry", str(kind), "a Point, or an area")
        for row, kind, taken in zip(rows, kinds, area | single, strict=True)
        if kind != "Point" and not taken
    ]
    if faults:
        raise InputError(faults)
    if area.any():
        notes.append(Note.of("areas", file=path.name, count=int(area.sum())))
    points = inner_points(shapes).to_crs(4326)
    cells = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    out = pd.DataFrame(
        {str(name): [cell_text(value) for value in cells[name]] for name in cells}, index=rows
    )
    # the geometry decides; a lat or lon among the properties would be a second truth
    replaced = [name for name in ("lat", "lon") if name in out]
    out["lat"], out["lon"] = [repr(float(y)) for y in points.y], [repr(float(x)) for x in points.x]
    notes += [Note.of("property", file=path.name, name=name) for name in replaced]
    if "name" not in out and path.suffix.lower() == ".kml":
        out = out.rename(columns={"Name": "name"})
    header = list(map(str, out.columns))
    if faults := _hidden_cells(path.name, header, out):
        raise InputError(faults)
    return Table(path.name, out, sha256, tuple(notes), row_word="feature")


def read_plain_points(path: Path) -> Table:
    """Read points in degrees as `read_points` does, from GeoJSON that we wrote ourselves.

    Nothing is checked, and the libraries that read other formats are not loaded.
    """
    content = path.read_bytes()
    features = read_json(content)["features"]
    rows = pd.RangeIndex(1, len(features) + 1, name="row")
    cells = [each["properties"] for each in features]
    # the libraries write true as 1
    out = pd.DataFrame(
        {
            name: [cell_text(int(v) if isinstance(v := row[name], bool) else v) for row in cells]
            for name in cells[0]
        },
        index=rows,
    )
    points = [each["geometry"]["coordinates"] for each in features]
    out["lat"], out["lon"] = ([repr(float(point[axis])) for point in points] for axis in (1, 0))
    return Table(path.name, out, hashlib.sha256(content).hexdigest(), (), row_word="feature")


def _hidden_cells(name: str, header: Sequence[str], cells: pd.DataFrame) -> list[Fault]:
    code = hidden_character("".join(map("".join, cells.to_numpy().tolist())))
    if code is None:
        return []
    rows = zip(cells.index.tolist(), cells.to_numpy().tolist(), strict=True)
    return _hidden_faults(name, "feature", header, rows, code)


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN_CHARACTERS = set("0123456789.+-")
POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
"""A number with a decimal point."""


def unused_columns(
    file: str, columns: Iterable[str], used: Iterable[str], *, known: Iterable[str] = ()
) -> tuple[Note, ...]:
    """Note the columns of a file that are not used; see `Table.unused`."""
    used, columns = set(used), list(columns)
    absent = [name for name in known if name not in columns]
    names = []
    for name in columns:
        if name not in used:
            near = get_close_matches(name.casefold(), absent, n=1, cutoff=_NEAR)
            names.append(f"{name} ({near[0]}?)" if near else name)
    if not names:
        return ()
    return (Note.of("columns", file=file, count=len(names), names=tuple(names)),)


_BELOW = re.compile(r"<\s*(\d{1,9})", re.ASCII)
_AT_MOST = re.compile(r"(?:≤|<=)\s*(\d{1,9})", re.ASCII)
_BETWEEN = re.compile(r"(\d{1,9})\s*[-–]\s*(\d{1,9})", re.ASCII)
_CBS_HIDDEN = ("-99997", (0.0, 4.0))
"""How CBS writes a count below five."""


def _hidden_bounds(text: str) -> tuple[float, float] | None:
    """Return the least and the most that a hidden count can be; `None` for what is none.

    Examples
    --------
    >>> [_hidden_bounds(text) for text in ("<10", "≤5", "1-9", "12", "<1")]
    [(1.0, 9.0), (1.0, 5.0), (1.0, 9.0), None, None]
    """
    if text == _CBS_HIDDEN[0]:
        return _CBS_HIDDEN[1]
    if (match := _BELOW.fullmatch(text)) and float(match[1]) > 1.0:
        return 1.0, max(float(match[1]) - 1.0, 1.0)
    if (match := _AT_MOST.fullmatch(text)) and float(match[1]) >= 1.0:
        return 1.0, float(match[1])
    if (match := _BETWEEN.fullmatch(text)) and float(match[1]) <= float(match[2]):
        return float(match[1]), float(match[2])
    return None


MOSTLY_KNOWN = 0.2
"""Part of all counts that may be hidden before a reader is warned."""


class Counts(NamedTuple):
    """Counts and, of those that are hidden, their bounds.

    Attributes
    ----------
    middle, low, high : ndarray of float, shape (n_rows,)
        `low` and `high` differ where a count is hidden; `middle` is halfway.
    """

    middle: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def per_year(self, years: int) -> Counts:
        """Return counts over several years per year."""
        return Counts(*(each / years for each in self))

    def notes(self, file: str, years: int = 1) -> tuple[Note, ...]:
        """Note over how many years was counted, and what hidden counts leave open."""
        divided = (Note.of("years", file=file, years=years),) if years > 1 else ()
        count = int((self.low < self.high).sum())
        if not count:
            return divided
        sums = {"patients": self.middle, "low": self.low, "high": self.high}
        totals = {name: float(each.sum()) for name, each in sums.items()}
        notes = [*divided, Note.of("suppressed", file=file, count=count, **totals)]
        hidden = float(self.middle[self.low < self.high].sum())
        if hidden > MOSTLY_KNOWN * totals["patients"]:
            share = 100.0 * hidden / totals["patients"]
            notes.append(Note.of("mostly_hidden", file=file, share=share))
        return tuple(notes)


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
    semicolons
        Whether columns are separated by semicolons, as where a point may stand for a thousand.
    """

    name: str
    frame: pd.DataFrame
    sha256: str
    notes: tuple[Note, ...] = field(default=())
    decimal_comma: bool = False
    row_word: str = "row"
    semicolons: bool = False

    @property
    def rows(self) -> list[int]:
        """Row numbers, in order."""
        return [int(row) for row in self.frame.index.to_numpy()]

    def where(self, row: object) -> Said:
        """Place of a row, for messages."""
        return row_place(self.row_word, row)

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
                said("a column '{name}' beside {found}", name=column, found=", ".join(found)),
                nearest_names(column, found, count=1),
            )
            for column in columns
            if column not in found
        ]
        if faults:
            raise InputError(faults)

    def unused(self, used: Iterable[str], *, known: Iterable[str] = ()) -> tuple[Note, ...]:
        """Note the columns that are not used, each with what it may have been meant for.

        Parameters
        ----------
        used
            Columns that were read, or describe.
        known
            Columns that would have been read.

        Returns
        -------
        tuple of Note
            Empty where every column is used.
        """
        return unused_columns(self.name, map(str, self.frame.columns), used, known=known)

    def counts(self, column: str) -> tuple[Counts, list[Fault]]:
        """Return a column of counts, those that are hidden with their bounds, and the faults.

        Parameters
        ----------
        column
            Numbers of zero or more; a hidden one as ``<10``, ``≤5`` or ``1-9``, or as CBS does
            (-99997: below five).

        Returns
        -------
        counts : Counts
            A hidden count is the middle of its bounds.
        faults : list of Fault
            Those of `numbers`; in a file with semicolons also 1.250, which may be a thousand.
        """
        plain = self._plain_numbers(column)
        if (
            plain is not None
            and not self.semicolons
            and np.all((plain >= 0.0) & np.isfinite(plain))
        ):
            return Counts(plain, plain, plain), []
        cells = self.frame[column]
        bounds = [_hidden_bounds(text) for text in cells]
        hidden = np.array([each is not None for each in bounds], dtype=bool)
        values = np.zeros(len(cells))
        values[~hidden], faults = self.part(~hidden).numbers(
            column, minimum=0.0, hint="; a hidden count with its bounds, such as <10, ≤5 or 1-9"
        )
        low, high = values.copy(), values.copy()
        ends = np.array([each for each in bounds if each is not None]).reshape(-1, 2)
        low[hidden], high[hidden] = ends[:, 0], ends[:, 1]
        values[hidden] = ends.mean(axis=1)
        if self.semicolons and not self.decimal_comma:
            faults += [
                Fault(self.name, self.where(row), column, text, wanted)
                for row, text in cells.items()
                if (wanted := thousand_or_number(text))
            ]
        return Counts(values, low, high), faults

    def unique(self, column: str) -> list[Fault]:
        """Faults for values of a column that occur twice."""
        first: dict[str, int] = {}
        faults = []
        for row, value in zip(self.rows, self.frame[column], strict=True):
            if first.setdefault(value, row) != row:
                expected = said(
                    "each {column} once (it is also in {place})",
                    column=Verbatim(column),
                    place=self.where(first[value]),
                )
                faults.append(Fault(self.name, self.where(row), column, value, expected))
        return faults

    def texts(self, column: str) -> tuple[pd.Series[str], list[Fault]]:
        """Return a column of names that may not be empty, and the faults in it."""
        values = self.frame[column]
        expected = "a value; the cell is empty"
        if self.row_word == "feature":
            expected = said(
                "{expected}: give this feature a {column} in the file, or delete it there",
                expected=expected,
                column=Verbatim(column),
            )
        faults = [
            Fault(self.name, self.where(row), column, None, expected)
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
        expected = limits(minimum, maximum)
        if infinite:
            expected = said("{expected}, or inf where there is no route", expected=expected)
        for position, (row, text) in enumerate(self.frame[column].items()):
            where = self.where(row)
            if text == "":
                empty = said("{expected}; it is empty", expected=expected)
                faults.append(Fault(self.name, where, column, None, empty))
                continue
            if infinite and text.lower() in {"inf", "+inf", "infinity"}:
                out[position] = np.inf
                continue
            number = parse_number(text, decimal_comma=self.decimal_comma)
            if number is None:
                mark = number_hint(text, hint if minimum == 0.0 else "")
                wanted = said("{expected}{hint}", expected=expected, hint=mark)
                faults.append(Fault(self.name, where, column, text, wanted))
            elif not minimum <= number <= maximum or math.isinf(number):
                wanted = said("{expected}{hint}", expected=expected, hint=hint)
                faults.append(Fault(self.name, where, column, text, wanted))
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
