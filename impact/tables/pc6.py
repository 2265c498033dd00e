"""Postcodes of CBS, of six characters (PC6) or four (PC4): demand points; weighted PC4 points.

The table of CBS (Kerncijfers per postcode) has one row per postcode, of one kind; it is read in
pieces, and only the columns that are needed. What is accepted, whatever the case and with or
without underscores:

==================  ===========================================================================
postcode            ``postcode6``, ``pc6``, ``postcode``, ``postcode4``, ``pc4``
population          ``aantal_inwoners``, ``inwoners``, ``inwoner``, ``population``
population_65plus   ``aantal_inwoners_65_jaar_en_ouder``, ``inw_65pl``, ``population_65plus``
point               the geometry (a point, or of an area its centroid if that lies inside), else
                    ``lat``, ``lon`` (degrees), else ``x``, ``y`` (Dutch grid, EPSG:28992, metres)
==================  ===========================================================================

CBS hides counts below five as -99997, and those not yet published as -99995.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.geodesy import great_circle_km
from impact.messages import said
from impact.notes import Note
from impact.storage import replacing
from impact.tables.expected import row_place
from impact.tables.places import NETHERLANDS, normal_postcode, read_postcodes
from impact.tables.text import read_bytes
from impact.tables.text_table import inner_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

NAMES: Mapping[str, tuple[str, ...]] = {
    "postcode": ("postcode6", "pc6", "postcode", "postcode4", "pc4"),
    "population": ("aantalinwoners", "inwoners", "inwoner", "population"),
    "population_65plus": ("aantalinwoners65jaarenouder", "inw65pl", "population65plus"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "longitude"),
    "x": ("x", "xcoord", "rdx"),
    "y": ("y", "ycoord", "rdy"),
}
"""Our names, and those in tables: in lower case, without underscores and spaces."""

_ROWS = 50_000
"""Rows per piece."""

_DUTCH_GRID = 28992
_EMPTY = ["", ".", "NA", "null"]
_SPATIAL = {".gpkg", ".geojson", ".json"}


@dataclass(frozen=True)
class Pieces:
    """A table in pieces.

    Attributes
    ----------
    name
        File name, for messages.
    sha256
        Hash of its bytes.
    row_word
        What a row is called in messages.
    frames
        Each with ``postcode`` (text), ``lat``, ``lon`` and the counts (floats, NaN where empty);
        the index is the number of the row.
    """

    name: str
    sha256: str
    row_word: str
    frames: Iterable[pd.DataFrame]


def pieces(path: Path | str) -> Pieces:
    """Open a table of postcodes."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        read_bytes(path)  # says what is wrong with it
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    word = "row" if path.suffix.lower() == ".csv" else "feature"
    return Pieces(path.name, sha256, word, _frames(path))


def _frames(path: Path) -> Iterator[pd.DataFrame]:
    with _unpacked(path) as inside:
        read = _spatial if inside.suffix.lower() in _SPATIAL else _text
        try:
            yield from read(inside)
        except InputError:
            raise
        except Exception as error:
            # pandas, pyogrio and GDAL have families of errors; to a user all mean the same
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            expected = said("a readable CSV or GeoPackage ({reason})", reason=reason)
            raise InputError(Fault(inside.name, "", "", None, expected)) from error


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """Table inside a zip file, in a temporary folder; any other file as it is."""
    if path.suffix.lower() != ".zip":
        yield path
        return
    if not zipfile.is_zipfile(path):
        raise InputError(Fault(path.name, "", "", None, "a whole zip file"))
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="impact-") as folder:
        inside = [name for name in archive.namelist() if not name.endswith("/")]
        for suffix in (".gpkg", ".csv"):
            tables = [name for name in inside if name.lower().endswith(suffix)]
            if len(tables) == 1:
                target = Path(folder) / Path(tables[0]).name
                with archive.open(tables[0]) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
                yield target
                return
        shown = ", ".join(inside[:10])
        raise InputError(Fault(path.name, "", "", shown, "a zip file with one GeoPackage or CSV"))


def _text(path: Path) -> Iterator[pd.DataFrame]:
    with path.open(encoding="utf-8-sig") as file:
        header_line = file.readline()
    delimiter = max(",;\t", key=header_line.count)
    header = [cell.strip().strip('"') for cell in header_line.strip().split(delimiter)]
    used = _columns(path.name, header, geometry=False)
    reader = pd.read_csv(
        path,
        sep=delimiter,
        decimal="," if delimiter == ";" else ".",
        encoding="utf-8-sig",
        usecols=[header.index(column) for column in used.values()],
        dtype={column: str for name, column in used.items() if name == "postcode"},
        keep_default_na=False,
        na_values={column: _EMPTY for name, column in used.items() if name != "postcode"},
        skipinitialspace=True,
        chunksize=_ROWS,
    )
    with reader:
        for piece in reader:
            named = piece.rename(columns={column: name for name, column in used.items()})
            named.index = pd.RangeIndex(piece.index[0] + 2, piece.index[0] + 2 + len(piece))
            yield _with_points(path.name, named)


def _spatial(path: Path) -> Iterator[pd.DataFrame]:
    layer, first = _layer(path)
    used = _columns(path.name, [str(name) for name in first.columns], geometry=True)
    start = 0
    while True:
        rows = slice(start, start + _ROWS)
        piece = gpd.read_file(path, layer=layer, columns=list(used.values()), rows=rows)
        if piece.empty:
            return
        if piece.crs is None:
            raise InputError(Fault(path.name, "", "crs", None, "a coordinate reference system"))
        points = gpd.GeoSeries(inner_points(piece.geometry), crs=piece.crs).to_crs(4326)
        named = pd.DataFrame({name: piece[column].to_numpy() for name, column in used.items()})
        named["lat"], named["lon"] = points.y.to_numpy(), points.x.to_numpy()
        named.index = pd.RangeIndex(start + 1, start + 1 + len(piece))
        yield _with_points(path.name, named)
        start += len(piece)


def _layer(path: Path) -> tuple[str | None, gpd.GeoDataFrame]:
    """First layer that has shapes and a column of postcodes, with its first row."""
    seen = []
    for layer in gpd.list_layers(path)["name"]:
        first = gpd.read_file(path, layer=layer, rows=slice(0, 1))
        seen += [str(name) for name in first.columns]
        if isinstance(first, gpd.GeoDataFrame) and _find(first.columns, "postcode"):
            return str(layer), first
    expected = said(
        "a layer of shapes with one of the columns {names}", names=", ".join(NAMES["postcode"])
    )
    raise InputError(Fault(path.name, "", "", ", ".join(seen), expected))


def _columns(source: str, header: list[str], *, geometry: bool) -> dict[str, str]:
    """Our names of the columns that are used, and theirs."""
    found = {name: column for name in NAMES if (column := _find(header, name))}
    pairs = (("lat", "lon"), ("x", "y"))
    if geometry:
        place: tuple[str, ...] = ()
    else:
        place = next((pair for pair in pairs if set(pair) <= set(found)), pairs[0])
    needed = ("postcode", "population", *place)
    faults = [
        Fault(
            source,
            "header",
            name,
            None,
            said("one of the columns {names}", names=", ".join(NAMES[name])),
        )
        for name in needed
        if name not in found
    ]
    if faults:
        raise InputError(faults)
    kept = (*needed, "population_65plus")
    return {name: column for name, column in found.items() if name in kept}


def _find(header: Iterable[object], name: str) -> str:
    """Column of a table that goes by one of our names; the surest first."""
    plain = {str(each).casefold().replace("_", "").replace(" ", ""): str(each) for each in header}
    return next((plain[each] for each in NAMES[name] if each in plain), "")


def _with_points(source: str, piece: pd.DataFrame) -> pd.DataFrame:
    """Coordinates in degrees, and numbers as numbers."""
    faults = []
    for name in piece.columns.drop("postcode"):
        numbers = pd.to_numeric(piece[name], errors="coerce")
        wrong = numbers.isna() & piece[name].notna()
        faults += [
            Fault(source, row_place("row", row), name, str(value), "a number")
            for row, value in piece.loc[wrong, name].items()
        ]
        piece = piece.assign(**{name: numbers.astype(np.float64)})
    if faults:
        raise InputError(faults)
    if "x" in piece:
        grid = gpd.GeoSeries.from_xy(piece["x"], piece["y"], crs=_DUTCH_GRID).to_crs(4326)
        piece = piece.assign(lat=grid.y.to_numpy(), lon=grid.x.to_numpy())
    return piece.assign(postcode=piece["postcode"].fillna("").astype(str))


COUNTS = ("population", "population_65plus")
"""Columns of residents, where the table has them; the first must be there."""

_KINDS = {
    "PC6": re.compile(r"[1-9]\d{3}[A-Z]{2}"),
    "PC4": re.compile(r"[1-9]\d{3}"),
}
_EXAMPLES = {"PC6": "9712CP", "PC4": "9712"}
_HIDDEN = -99_990.0
"""CBS marks what it does not tell with numbers below this one."""

_REGIONAL = ("municipality", "province", "region", "place", "island", "visitor_cars")
_SHOWN = 5


def read_pc6(path: Path | str, *, hidden: float = 0.0) -> pd.DataFrame:
    """Read a table of PC6 in pieces, or one of PC4; ``attrs["kind"]`` says which."""
    stream = pieces(path)
    kind = ""
    parts, faults, unknown = [], [], dict.fromkeys(COUNTS, 0)
    for piece in stream.frames:
        out = piece[["lat", "lon"]].astype(np.float64)
        out.index = pd.Index([normal_postcode(code.strip()) for code in piece["postcode"]])
        rows = piece.index.to_numpy()
        kind = kind or _kind_of(out.index)
        faults += _code_faults(stream.name, stream.row_word, rows, out.index, kind)
        faults += _point_faults(stream.name, stream.row_word, rows, out)
        for name in COUNTS:
            if name not in piece:
                continue
            count = piece[name].to_numpy(np.float64)
            told = ~np.isnan(count) & (count > _HIDDEN)
            unknown[name] += int((~told).sum())
            out[name] = np.where(told, count, hidden)
            faults += [
                Fault(stream.name, row_place(stream.row_word, row), name, f"{value:g}", "0 or more")
                for row, value in zip(rows[told], count[told], strict=True)
                if value < 0.0
            ]
        parts.append(out)
    frame = pd.concat(parts).rename_axis("postcode")
    twice = frame.index[frame.index.duplicated()].unique()
    once = said("each {kind} once", kind=kind)
    faults += [Fault(stream.name, "", "postcode", str(code), once) for code in twice]
    if faults:
        raise InputError(faults)
    frame = frame.sort_index()
    notes = [
        Note.of("hidden", file=stream.name, count=count, total=len(frame), name=name, value=hidden)
        for name, count in unknown.items()
        if count
    ]
    frame.attrs = {"source": stream.name, "sha256": stream.sha256, "notes": notes, "kind": kind}
    return frame


def pc4_points(pc6: pd.DataFrame) -> pd.DataFrame:
    """Gather PC6 into PC4 points, weighted by residents.

    Examples
    --------
    >>> here = pd.DataFrame({"lat": [52.0, 52.1], "lon": [5.0, 5.0], "population": [30.0, 10.0]},
    ...                     index=["1234AB", "1234AC"])
    >>> round(float(pc4_points(here).loc["1234", "lat"]), 3)
    52.025
    """
    group = pd.Index(pc6.index.str[:4], name="postcode")
    weight = pc6["population"].to_numpy(np.float64)
    empty = pd.Series(weight).groupby(np.asarray(group)).transform("sum").to_numpy() == 0.0
    weight = np.where(empty, 1.0, weight)
    by = pd.Series(weight, index=pc6.index).groupby(np.asarray(group))
    total = by.sum()
    columns = {
        name: (pc6[name] * weight).groupby(np.asarray(group)).sum() / total
        for name in ("lat", "lon")
    }
    out = pd.DataFrame(columns).rename_axis("postcode")
    sums = [name for name in COUNTS if name in pc6]
    out[sums] = pc6[sums].groupby(np.asarray(group)).sum()
    out["pc6"] = by.size()
    middle = out.loc[group, ["lat", "lon"]].to_numpy()
    gap = great_circle_km(pc6["lat"].to_numpy(), pc6["lon"].to_numpy(), *middle.T)
    out["spread_km"] = pd.Series(gap * weight).groupby(np.asarray(group)).sum() / total
    return out


def with_regions(points: pd.DataFrame) -> pd.DataFrame:
    """Add region, municipality and the like: those of the shipped PC4 that a code begins with."""
    shipped = read_postcodes(weights=())[list(_REGIONAL)]
    short = points.index.str[:4]
    lost = sorted(set(short) - set(shipped.index))
    out = points.copy()
    out[list(_REGIONAL)] = shipped.reindex(short).fillna("").to_numpy(dtype=object)
    if lost:
        shown = (*lost[:_SHOWN], *(["..."] if len(lost) > _SHOWN else []))
        note = Note.of("pc4", count=len(lost), names=shown)
        out.attrs["notes"] = [*points.attrs.get("notes", ()), note]
    return out


def write_points(points: pd.DataFrame, path: Path) -> None:
    """Write demand points as a CSV that a study can name as its ``postcodes``."""
    with replacing(path) as temporary:
        points.round(6).to_csv(temporary, lineterminator="\n")


def _kind_of(codes: pd.Index[str]) -> str:
    """Return which kind most postcodes of a table are of."""
    return "PC4" if 2 * sum(map(len, codes)) < 10 * len(codes) else "PC6"


def _code_faults(
    source: str, word: str, rows: NDArray[np.int64], codes: pd.Index[str], kind: str
) -> list[Fault]:
    expected = said("a {kind} such as {example}", kind=kind, example=_EXAMPLES[kind])
    return [
        Fault(source, row_place(word, row), "postcode", code, expected)
        for row, code in zip(rows, codes, strict=True)
        if not _KINDS[kind].fullmatch(code)
    ]


def _point_faults(
    source: str, word: str, rows: Sequence[int] | NDArray[np.int64], points: pd.DataFrame
) -> list[Fault]:
    west, south, east, north = NETHERLANDS
    inside = points["lat"].between(south, north) & points["lon"].between(west, east)
    return [
        Fault(
            source,
            row_place(word, row),
            "lat, lon",
            f"{lat:g}, {lon:g}",
            "a point in the Netherlands",
        )
        for row, (lat, lon) in zip(
            np.asarray(rows)[~inside.to_numpy()],
            points.loc[~inside.to_numpy(), ["lat", "lon"]].to_numpy(),
            strict=True,
        )
    ]
