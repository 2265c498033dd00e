"""Known travel times: a user's table of minutes, classes or kilometres between places."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.places import normal_postcode
from impact.reading import read_table
from impact.table import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from impact.places import Bounds
    from impact.table import Table

KINDS = ("minutes", "class", "km")
"""What can be known of a trip, each in the column of that name."""

KNOWN_COLUMNS = ["from", "to", "kind", "known", "value", "low", "high", "tolerance", "source"]
"""Columns of `KnownTimes.frame`."""

_CLASS = re.compile(r"(<=|≤|<|>=|≥|>)\s*([\d.,]+)|([\d.,]+)\s*[-–]\s*([\d.,]+)", re.ASCII)
_EXPECTED_CLASS = "a class of minutes such as <=25, 25-30 or >30"
_USED = {"from", "to", *KINDS, "tolerance", "source"}
_ENDS = ("from", "to")
_COORDINATES = ("lat", "lon")


@dataclass(frozen=True, eq=False)
class KnownTimes:
    """What somebody knows about trips.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per known figure: from, to, kind (of `KINDS`), known (as written), value (minutes or
        km; NaN for a class), low and high (minutes: above low, at most high; NaN but for a class),
        tolerance (minutes or km; NaN where none is given), source.
    origins, destinations : pandas.DataFrame
        Index: names as in `frame`; columns ``lat`` and ``lon`` (degrees).
    name, sha256
        Of the file.
    notes
        What was adapted or ignored, in plain words.
    """

    frame: pd.DataFrame
    origins: pd.DataFrame
    destinations: pd.DataFrame
    name: str
    sha256: str
    notes: tuple[str, ...] = ()


def read_known(
    path: Path | str, *, postcodes: pd.DataFrame, hospitals: pd.DataFrame, bounds: Bounds
) -> KnownTimes:
    """Read known travel times.

    Parameters
    ----------
    path
        Columns ``from`` (a postcode), ``to`` (a postcode or the name of a hospital) and at least
        one of ``minutes``, ``class`` and ``km``, of which each row fills in at least one. Optional:
        ``tolerance`` (within which minutes or kilometres agree), ``source``, and ``from_lat``,
        ``from_lon``, ``to_lat``, ``to_lon`` (degrees) for points of the user's own.
    postcodes, hospitals
        Known places: index name, columns ``lat`` and ``lon``.
    bounds
        West, south, east, north (degrees) in which points of the user's own must lie.

    Returns
    -------
    KnownTimes

    Raises
    ------
    InputError
        Listing every fault with its row: an unknown place with the nearest known names, a row
        without anything known, a number or class that cannot be read, half a point.
    """
    table = read_table(path)
    table.require(_ENDS)
    present = [kind for kind in KINDS if kind in table.frame]
    if not present:
        expected = f"at least one of the columns {', '.join(KINDS)}"
        raise InputError(
            Fault(table.name, "header", "", ", ".join(map(str, table.frame)), expected)
        )
    ends = {}
    faults: list[Fault] = []
    for end, known in zip(_ENDS, ((postcodes,), (postcodes, hospitals)), strict=True):
        ends[end] = _places(table, end, known, bounds)
        faults += ends[end].faults
    rows: list[dict[str, object]] = []
    tolerance, wrong = _filled_numbers(table, "tolerance")
    faults += wrong
    for kind in present:
        found, wrong = _classes(table) if kind == "class" else _figures(table, kind)
        faults += wrong
        rows += found
    nothing = (table.frame[present] == "").all(axis=1)
    faults += [
        Fault(table.name, table.where(row), ", ".join(present), None, "at least one filled in")
        for row in table.frame.index[nothing]
    ]
    if faults:
        raise InputError(faults)
    source = table.frame["source"] if "source" in table.frame else pd.Series("", table.frame.index)
    frame = pd.DataFrame(rows).sort_values("row", kind="stable")
    at = frame["row"].to_numpy()
    frame = frame.assign(
        **{end: ends[end].names.loc[at].to_numpy() for end in _ENDS},
        tolerance=np.where(frame["kind"] == "class", np.nan, tolerance.loc[at].to_numpy()),
        source=source.loc[at].to_numpy(),
    )
    return KnownTimes(
        frame[KNOWN_COLUMNS].reset_index(drop=True),
        ends["from"].points,
        ends["to"].points,
        table.name,
        table.sha256,
        (*table.notes, *_unused(table)),
    )


def class_limits(text: str, *, decimal_comma: bool = False) -> tuple[float, float] | None:
    """Read a class of minutes.

    Parameters
    ----------
    text
        Such as ``<=25``, ``<25``, ``25-30``, ``>30`` or ``>=30``.
    decimal_comma
        Whether ``12,5`` is a number.

    Returns
    -------
    (low, high) or None
        Minutes in the class are above low and at most high: a limit between two classes belongs to
        the lower one. `None` where the text is no class.

    Examples
    --------
    >>> class_limits("<=25"), class_limits("25-30"), class_limits(">30"), class_limits("30-25")
    ((-inf, 25.0), (25.0, 30.0), (30.0, inf), None)
    """
    match = _CLASS.fullmatch(text.strip())
    if match is None:
        return None
    sign, *limits = match.groups()
    numbers = [
        parse_number(limit, decimal_comma=decimal_comma) for limit in limits if limit is not None
    ]
    if any(number is None for number in numbers):
        return None
    first, last = float(numbers[0] or 0.0), float(numbers[-1] or 0.0)
    if sign is None:
        return (first, last) if first < last else None
    # the next number below a limit: that limit itself is then outside, or inside
    limit = math.nextafter(first, -math.inf) if sign in {"<", ">=", "≥"} else first
    return (-math.inf, limit) if sign in {"<=", "≤", "<"} else (limit, math.inf)


@dataclass(frozen=True, eq=False)
class _Places:
    """One end of every row: its name, the points behind the names, and what is wrong."""

    names: pd.Series[str]
    points: pd.DataFrame
    faults: list[Fault]


def _places(table: Table, end: str, known: tuple[pd.DataFrame, ...], bounds: Bounds) -> _Places:
    names, faults = table.texts(end)
    names = names.map(normal_postcode)
    own = [f"{end}_{axis}" for axis in _COORDINATES]
    (lats, lat_faults), (lons, lon_faults) = (
        _filled_numbers(table, name, minimum=-limit, maximum=limit)
        for name, limit in zip(own, (90.0, 180.0), strict=True)
    )
    faults += [*lat_faults, *lon_faults]
    given = np.array(
        [
            table.frame[name].to_numpy() != ""
            if name in table.frame
            else np.zeros(len(names), bool)
            for name in own
        ]
    )
    points: dict[str, tuple[float, float]] = {}
    first: dict[str, int] = {}
    places = {
        str(each): (float(lat), float(lon))
        for frame in known
        for each, lat, lon in zip(frame.index, frame["lat"], frame["lon"], strict=True)
    }
    west, south, east, north = bounds
    for position, (row, name) in enumerate(names.items()):
        where = table.where(row)
        if not name:
            continue
        if given[:, position].any():
            if not given[:, position].all():
                expected = f"{own[0]} and {own[1]}, both or neither"
                faults.append(Fault(table.name, where, ", ".join(own), None, expected))
                continue
            here = (float(lats.iloc[position]), float(lons.iloc[position]))
            if not np.isfinite(here).all():
                continue
            if not (south <= here[0] <= north and west <= here[1] <= east):
                expected = (
                    f"a latitude from {south:.4g} to {north:.4g} and a longitude from {west:.4g} "
                    f"to {east:.4g}: the roads lie there"
                )
                found = f"{here[0]:g}, {here[1]:g}"
                faults.append(Fault(table.name, where, ", ".join(own), found, expected))
                continue
        elif name in places:
            here = places[name]
        else:
            faults.append(_unknown(table, where, end, name, places))
            continue
        if points.setdefault(name, here) != here:
            expected = f"the same point for {name!r} as in {table.where(first[name])}"
            found = f"{here[0]:g}, {here[1]:g}"
            faults.append(Fault(table.name, where, end, found, expected))
        first.setdefault(name, int(str(row)))
    frame = pd.DataFrame.from_dict(points, orient="index", columns=list(_COORDINATES), dtype=float)
    return _Places(names, frame.rename_axis("name").sort_index(), faults)


def _unknown(table: Table, where: str, end: str, name: str, places: Iterable[str]) -> Fault:
    what = "a postcode such as 9712" + (" or the name of a hospital" if end == "to" else "")
    expected = f"{what} that is known, or {end}_lat and {end}_lon beside it"
    return Fault(table.name, where, end, name, expected, nearest_names(name, places))


def _filled_numbers(
    table: Table, column: str, *, minimum: float = 0.0, maximum: float = math.inf
) -> tuple[pd.Series[float], list[Fault]]:
    """Numbers of a column that may be absent or empty; NaN where it is."""
    out = pd.Series(np.nan, index=table.frame.index)
    if column not in table.frame:
        return out, []
    filled = table.frame[column].to_numpy() != ""
    values, faults = table.part(filled).numbers(column, minimum=minimum, maximum=maximum)
    out[filled] = values
    return out, faults


def _figures(table: Table, kind: str) -> tuple[list[dict[str, object]], list[Fault]]:
    values, faults = _filled_numbers(table, kind)
    nothing = {"low": np.nan, "high": np.nan}
    rows: list[dict[str, object]] = [
        {"row": row, "kind": kind, "known": text, "value": value, **nothing}
        for row, text, value in zip(table.rows, table.frame[kind], values, strict=True)
        if not math.isnan(value)
    ]
    return rows, faults


def _classes(table: Table) -> tuple[list[dict[str, object]], list[Fault]]:
    rows: list[dict[str, object]] = []
    faults = []
    read = {
        text: class_limits(text, decimal_comma=table.decimal_comma)
        for text in table.frame["class"].unique()
        if text
    }
    for row, text in table.frame["class"].items():
        limits = read.get(text)
        if limits is not None:
            low, high = limits
            rows.append(
                {
                    "row": row,
                    "kind": "class",
                    "known": text,
                    "value": np.nan,
                    "low": low,
                    "high": high,
                }
            )
        elif text:
            faults.append(Fault(table.name, table.where(row), "class", text, _EXPECTED_CLASS))
    return rows, faults


def _unused(table: Table) -> Iterator[str]:
    used = _USED | {f"{end}_{axis}" for end in _ENDS for axis in _COORDINATES}
    ignored = [str(name) for name in table.frame.columns if name not in used]
    if ignored:
        yield f"{table.name}: {len(ignored)} columns not used: {', '.join(ignored)}"
