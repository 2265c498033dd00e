"""Postcodes, hospitals and regions: read, check, return frames.

Each reader returns a GeoDataFrame (WGS84 points) whose ``attrs`` hold ``source`` (file name),
``sha256`` and ``notes`` (what was adapted or ignored: `impact.notes.Note`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import Verbatim, said
from impact.tables.text_table import read_plain_points, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from impact.notes import Note
    from impact.tables.text_table import Table

Bounds = tuple[float, float, float, float]
_EDGES = ("west", "south", "east", "north")

NETHERLANDS: Bounds = (3.0, 50.5, 7.5, 53.8)
"""West, south, east and north (degrees) of the European Netherlands, with a margin."""

ANYWHERE: Bounds = (-180.0, -90.0, 180.0, 90.0)
"""The whole world, where the roads are the user's own."""

_DUTCH_PC6 = re.compile(r"([1-9]\d{3})\s*([A-Za-z]{2})")
_WHOLE_NUMBER = re.compile(r"[1-9]\d{3}\.0")
_COUNTED = ("population", "population_65plus", "population_75plus")
_POSTCODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]*")
_TEXT_COLUMNS = ("municipality", "province", "region", "place", "island", "visitor_cars")
_DESCRIPTIVE = {
    "postcode",
    "emergency_24_7_2019",
    "gm_code",
    "share_65plus",
    "share_75plus",
    "population_65plus",
    "population_75plus",
    "shares_filled",
    "polygon",
    "coord_source",
    "year_age",
    "year",
}
"""Columns of the shipped tables that describe and are not computed with."""

_HOSPITAL_COLUMNS = (
    "organisation",
    "city",
    "type",
    "location_type",
    "status",
    "region",
    "source",
    "year",
    "unverified",
    "note",
)


_CBS = "aantal_inwoners"
"""Column of residents in the tables of CBS."""


def read_postcodes(
    path: Path | str | None = None,
    *,
    weights: Sequence[str] = ("population",),
    bounds: Bounds = NETHERLANDS,
) -> gpd.GeoDataFrame:
    """Read demand points.

    Parameters
    ----------
    path
        CSV, GeoJSON or GeoPackage with ``postcode``, ``lat``, ``lon`` (degrees) and the weights;
        the shipped PC4 by default.
    weights
        Columns that must hold numbers of zero or more, such as ``population`` (residents).
    bounds
        West, south, east, north (degrees) in which points must lie.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``postcode`` (text, sorted), columns ``lat``, ``lon``, the weights as floats,
        ``municipality``, ``province``, ``region``, ``place``, ``island``, ``visitor_cars``
        as text (empty where the file has none), and ``geometry``.

    Raises
    ------
    InputError
        Listing every fault with its row: a postcode twice, coordinates outside the bounds
        (swapped, perhaps), a missing or negative weight, a missing column.

    Examples
    --------
    >>> frame = read_postcodes()
    >>> len(frame), frame.loc["9712", "municipality"]
    (4071, 'Groningen')
    """
    table = _table(path, "postcodes/pc4.csv")
    if "population" in weights and "population" not in table.frame and _CBS in table.frame:
        expected = said(
            "a table of `impact postcodes`, which reads '{column}' as CBS publishes it", column=_CBS
        )
        raise InputError(Fault(table.name, "header", "population", None, expected))
    table.require(["postcode", "lat", "lon", *weights])
    codes, faults = table.texts("postcode")
    codes = codes.map(normal_postcode)
    faults += [
        Fault(table.name, table.where(row), "postcode", code, "a postcode such as 9712 or 9712 CP")
        for row, code in codes.items()
        if code and not _POSTCODE.fullmatch(code)
    ]
    columns, point_faults = _points(table, bounds)
    hidden: list[Note] = []
    normal = replace(table, frame=table.frame.assign(postcode=codes))
    faults += normal.unique("postcode") + point_faults
    for weight in weights:
        counts, weight_faults = table.counts(weight)
        columns[weight] = counts.middle
        hidden += counts.notes(table.name)
        faults += weight_faults
    if faults:
        raise InputError(faults)
    columns |= {name: _optional(table, name) for name in _TEXT_COLUMNS}
    index = pd.Index(codes.to_numpy(dtype=object), name="postcode")
    used = ["postcode", "lat", "lon", *columns]
    return _geoframe(table, columns, index, used=used, notes=hidden)


def read_hospitals(
    path: Path | str | None = None, *, bounds: Bounds = NETHERLANDS
) -> gpd.GeoDataFrame:
    """Read hospital locations.

    Parameters
    ----------
    path
        CSV, GeoJSON or GeoPackage with ``name``, ``lat`` and ``lon`` (degrees); the shipped
        locations by default.
    bounds
        West, south, east, north (degrees) in which points must lie.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``name`` (sorted), columns ``lat``, ``lon``, ``organisation``, ``city``, ``type``,
        ``location_type``, ``status``, ``region``, ``source``, ``year``, ``unverified``, ``note``
        as text (empty where the file has none), and ``geometry``.

    Raises
    ------
    InputError
        Listing every fault: a name twice or empty, coordinates outside the bounds.
    """
    table = _table(path, "hospitals.geojson")
    table.require(["name", "lat", "lon"])
    names, faults = table.texts("name")
    columns, point_faults = _points(table, bounds)
    faults += table.unique("name") + point_faults
    if faults:
        raise InputError(faults)
    columns |= {name: _optional(table, name) for name in _HOSPITAL_COLUMNS}
    index = pd.Index(names.to_numpy(dtype=object), name="name")
    used = ["name", "lat", "lon", *columns]
    return _geoframe(table, columns, index, used=used, notes=[])


def read_regions(path: Path | str | None = None) -> pd.DataFrame:
    """Read which organisations belong to which oncology region.

    Examples
    --------
    >>> regions = read_regions()
    >>> sorted(regions["region"].unique())[0]
    'Midden-Nederland'
    """
    table = read_table(data_path("regions.csv") if path is None else path)
    table.require(["region", "organisation", "role"])
    members = table.frame[table.frame["role"] == "lid"]
    twice = members[members["organisation"].duplicated()]
    faults = [
        Fault(table.name, table.where(row), "organisation", name, "one region per member")
        for row, name in twice["organisation"].items()
    ]
    if faults:
        raise InputError(faults)
    return table.frame.reset_index(drop=True)


def check_region(region: str, known: Sequence[str], *, source: str, where: str = "") -> None:
    """Check a region name against the known ones."""
    if region not in known:
        expected = said("a region: {names}", names=", ".join(known))
        raise InputError(
            Fault(source, where, "region", region, expected, nearest_names(region, known))
        )


def _table(path: Path | str | None, shipped: str) -> Table:
    """Read a table; a shipped one once per process."""
    known = data_path(shipped)
    if path is not None and Path(path) != known:
        return read_table(path)
    return _shipped_table(known, known.stat().st_mtime_ns)


@cache
def _shipped_table(path: Path, changed: int) -> Table:  # noqa: ARG001 (part of the key)
    return read_plain_points(path) if path.suffix == ".geojson" else read_table(path)


def normal_postcode(code: str) -> str:
    """Write a postcode of six characters without a space and in capitals.

    Examples
    --------
    >>> normal_postcode("9712 cp"), normal_postcode("9712.0"), normal_postcode("SW1A 1AA")
    ('9712CP', '9712', 'SW1A 1AA')
    """
    if _WHOLE_NUMBER.fullmatch(code):
        # as a spreadsheet or a data frame writes a column of numbers
        return code.partition(".")[0]
    match = _DUTCH_PC6.fullmatch(code)
    return f"{match[1]}{match[2].upper()}" if match else code


def pc6_faults(table: Table, known: Iterable[str]) -> list[Fault]:
    """Fault postcodes of six characters where those of a study have four digits."""
    codes = set(known)
    if any(_DUTCH_PC6.fullmatch(code) for code in codes):
        return []
    expected = (
        "a postcode of four digits, as in the postcodes of the study: add up the rows of each, "
        "or use postcodes of six characters there"
    )
    return [
        Fault(table.name, table.where(row), "postcode", code, expected)
        for row, code in zip(table.rows, table.frame["postcode"], strict=True)
        if _DUTCH_PC6.fullmatch(code) and code[:4] in codes
    ]


def _optional(table: Table, column: str) -> object:
    """Text column of a table, empty where the table lacks it."""
    return table.frame[column].to_numpy(dtype=object) if column in table.frame else ""


def _points(table: Table, bounds: Bounds) -> tuple[dict[str, object], list[Fault]]:
    west, south, east, north = bounds
    hint = " degrees (WGS84); metres, such as of RD, can come in a GeoPackage"
    lat, lat_faults = table.numbers("lat", minimum=-90, maximum=90, hint=hint)
    lon, lon_faults = table.numbers("lon", minimum=-180, maximum=180, hint=hint)
    faults = lat_faults + lon_faults
    outside = ~((south <= lat) & (lat <= north) & (west <= lon) & (lon <= east))
    for row, y, x, wrong in zip(table.rows, lat, lon, outside, strict=True):
        if wrong and y == y and x == x:  # noqa: PLR0124 (NaN marks a fault that is listed already)
            faults.append(_outside(table.name, table.where(row), (y, x), bounds))
    return {"lat": lat, "lon": lon}, faults


def _outside(source: str, where: str, point: tuple[float, float], bounds: Bounds) -> Fault:
    west, south, east, north = bounds
    y, x = point
    swapped = south <= x <= north and west <= y <= east
    expected: str = said(
        "a latitude from {south} to {north} and a longitude from {west} to {east}",
        **{name: f"{each:g}" for name, each in zip(_EDGES, bounds, strict=True)},
    )
    if swapped:
        expected = said("{expected}; latitude and longitude look swapped", expected=expected)
    return Fault(
        source,
        where,
        "lat, lon",
        f"{y:g}, {x:g}",
        expected,
    )


def outside_faults(points: pd.DataFrame, bounds: Bounds, *, source: str) -> list[Fault]:
    """Fault the points of a study that lie where its roads do not come."""
    west, south, east, north = bounds
    inside = points["lat"].between(south, north) & points["lon"].between(west, east)
    outside = points.loc[~inside, ["lat", "lon"]]
    return [
        _outside(
            source,
            said("{column} {name}", column=points.index.name, name=Verbatim(name)),
            (float(y), float(x)),
            bounds,
        )
        for name, y, x in outside.itertuples()
    ]


def _geoframe(
    table: Table,
    columns: dict[str, object],
    index: pd.Index[str],
    *,
    used: Sequence[str],
    notes: Sequence[Note],
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(columns, index=index)
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
    out = gpd.GeoDataFrame(frame, geometry=points).sort_index()
    unused = table.unused({*used, *_DESCRIPTIVE}, known=(*_TEXT_COLUMNS, *_COUNTED))
    found = [*table.notes, *notes, *unused]
    out.attrs = {"source": table.name, "sha256": table.sha256, "notes": found}
    return out
