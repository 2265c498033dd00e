"""Postcodes of six characters (PC6): demand points, and PC4 points weighted by residents.

The table of CBS (Kerncijfers per postcode) has one row per PC6; it is read in pieces, and only the
columns that are needed. What is accepted, whatever the case and with or without underscores:

==================  ===========================================================================
postcode            ``postcode6``, ``pc6``, ``postcode``
population          ``aantal_inwoners``, ``inwoners``, ``inwoner``, ``population``
population_65plus   ``aantal_inwoners_65_jaar_en_ouder``, ``inw_65pl``, ``population_65plus``
point               the geometry (a point, or of an area its centroid if that lies inside), else
                    ``lat``, ``lon`` (degrees), else ``x``, ``y`` (Dutch grid, EPSG:28992, metres)
==================  ===========================================================================

CBS hides counts below five as -99997, and those not yet published as -99995.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.pc6_files import pieces
from impact.places import NETHERLANDS, normal_postcode, read_postcodes
from impact.roads.distance import great_circle_km
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

COUNTS = ("population", "population_65plus")
"""Columns of residents, where the table has them; the first must be there."""

_CODE = re.compile(r"[1-9]\d{3}[A-Z]{2}")
_HIDDEN = -99_990.0
"""CBS marks what it does not tell with numbers below this one."""

_REGIONAL = ("municipality", "province", "region", "place", "island", "visitor_cars")
_SHOWN = 5


def read_pc6(path: Path | str, *, hidden: float = 0.0) -> pd.DataFrame:
    """Read a table of PC6 in pieces.

    Parameters
    ----------
    path
        CSV, GeoPackage, GeoJSON, or a ``.zip`` that holds one GeoPackage or CSV.
    hidden
        Residents that a hidden or empty count stands for (CBS hides 1 to 4).

    Returns
    -------
    pandas.DataFrame
        Index ``postcode`` (such as ``9712CP``, sorted), columns ``lat``, ``lon`` (degrees),
        ``population`` and, where the table has it, ``population_65plus``. ``attrs`` hold
        ``source``, ``sha256`` and ``notes``.

    Raises
    ------
    InputError
        Listing every fault with its row: no PC6, a PC6 twice, a point that is missing or outside
        the Netherlands, a negative count; or the columns that are missing.
    """
    stream = pieces(path)
    parts, faults, unknown = [], [], dict.fromkeys(COUNTS, 0)
    for piece in stream.frames:
        out = piece[["lat", "lon"]].astype(np.float64)
        out.index = pd.Index([normal_postcode(code.strip()) for code in piece["postcode"]])
        rows = piece.index.to_numpy()
        faults += _code_faults(stream.name, stream.row_word, rows, out.index)
        faults += _point_faults(stream.name, stream.row_word, rows, out)
        for name in COUNTS:
            if name not in piece:
                continue
            count = piece[name].to_numpy(np.float64)
            told = ~np.isnan(count) & (count > _HIDDEN)
            unknown[name] += int((~told).sum())
            out[name] = np.where(told, count, hidden)
            faults += [
                Fault(stream.name, f"{stream.row_word} {row}", name, f"{value:g}", "0 or more")
                for row, value in zip(rows[told], count[told], strict=True)
                if value < 0.0
            ]
        parts.append(out)
    frame = pd.concat(parts).rename_axis("postcode")
    twice = frame.index[frame.index.duplicated()].unique()
    faults += [Fault(stream.name, "", "postcode", str(code), "each PC6 once") for code in twice]
    if faults:
        raise InputError(faults)
    frame = frame.sort_index()
    notes = [
        f"{stream.name}: {count} of {len(frame)} counts of {name} are hidden or empty; "
        f"each counts as {hidden:g}"
        for name, count in unknown.items()
        if count
    ]
    frame.attrs = {"source": stream.name, "sha256": stream.sha256, "notes": notes}
    return frame


def pc4_points(pc6: pd.DataFrame) -> pd.DataFrame:
    """Gather PC6 into PC4 points, weighted by residents.

    Parameters
    ----------
    pc6
        From `read_pc6`.

    Returns
    -------
    pandas.DataFrame
        Index ``postcode`` (four digits, sorted); ``lat``, ``lon`` (the mean of its PC6, weighted
        by residents; unweighted where nobody lives), the sums of the counts, ``pc6`` (how many),
        and ``spread_km``: the mean distance of residents to the point, which is what a PC4 hides.

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
    """Add region, municipality and the like: those of the shipped PC4 that a code begins with.

    Parameters
    ----------
    points
        From `read_pc6` or `pc4_points`.

    Returns
    -------
    pandas.DataFrame
        With ``municipality``, ``province``, ``region``, ``place``, ``island`` and
        ``visitor_cars``; empty where the shipped table lacks the PC4, which a note says.
    """
    shipped = read_postcodes(weights=())[list(_REGIONAL)]
    short = points.index.str[:4]
    lost = sorted(set(short) - set(shipped.index))
    out = points.copy()
    out[list(_REGIONAL)] = shipped.reindex(short).fillna("").to_numpy(dtype=object)
    if lost:
        shown = ", ".join(lost[:_SHOWN]) + (", ..." if len(lost) > _SHOWN else "")
        note = f"{len(lost)} PC4 are not in the shipped table and get no region: {shown}"
        out.attrs["notes"] = [*points.attrs.get("notes", ()), note]
    return out


def write_points(points: pd.DataFrame, path: Path) -> None:
    """Write demand points as a CSV that a study can name as its ``postcodes``.

    Parameters
    ----------
    points
        From one of the functions above.
    path
        The file.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    with replacing(path) as temporary:
        points.round(6).to_csv(temporary, lineterminator="\n")


def _code_faults(
    source: str, word: str, rows: NDArray[np.int64], codes: pd.Index[str]
) -> list[Fault]:
    return [
        Fault(source, f"{word} {row}", "postcode", code, "a PC6 such as 9712CP")
        for row, code in zip(rows, codes, strict=True)
        if not _CODE.fullmatch(code)
    ]


def _point_faults(
    source: str, word: str, rows: Sequence[int] | NDArray[np.int64], points: pd.DataFrame
) -> list[Fault]:
    west, south, east, north = NETHERLANDS
    inside = points["lat"].between(south, north) & points["lon"].between(west, east)
    return [
        Fault(
            source, f"{word} {row}", "lat, lon", f"{lat:g}, {lon:g}", "a point in the Netherlands"
        )
        for row, (lat, lon) in zip(
            np.asarray(rows)[~inside.to_numpy()],
            points.loc[~inside.to_numpy(), ["lat", "lon"]].to_numpy(),
            strict=True,
        )
    ]
