"""Polygons of postcodes, municipalities and provinces: simplified, and still valid coverages.

Simplification keeps some of the vertices and moves none, so the plane in which it measures may be
rough: degrees scaled to metres at the middle of the country. A datum transformation there and back
would only add noise that depends on the version of PROJ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from _sources import feature, refuse, write_features

from impact.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from _sources import Sources
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

_MIDDLE_LATITUDE = 52.2
_METRES_PER_DEGREE = 111_195.0
_SCALE = np.array([np.cos(np.radians(_MIDDLE_LATITUDE)), 1.0]) * _METRES_PER_DEGREE

# coverage_simplify drops vertices whose triangle is smaller than about the square of this
_POSTCODE_TOLERANCE_M = 200.0
_MUNICIPALITY_TOLERANCE_M = 270.0

# at five decimals (1 m) a handful of narrow postcodes cross themselves
_POSTCODE_DECIMALS = 6
_MUNICIPALITY_DECIMALS = 5

_SLIVER_M2 = 1000.0
"""Below this a polygon is a remnant of digitising: the postcode lives elsewhere."""

_WITHOUT_POSTCODE = {"5028"}
"""Polygons of 2020 whose postcode no longer exists."""


def write_postcode_shapes(sources: Sources, out: Path, postcodes: pd.Index) -> set[str]:
    """Write ``postcodes/pc4_polygons.geojson``.

    Parameters
    ----------
    sources, out
        Files to read, folder to write into.
    postcodes
        PC4 that exist.

    Returns
    -------
    set of str
        Postcodes that have a polygon; the others are listed.

    Raises
    ------
    InputError
        When a polygon has no postcode, or the shapes are no valid coverage.
    """
    name = "pc4_polygons.geojson"
    frame = gpd.read_file(sources.folder / name)
    codes = frame["pc4"].astype(str)
    sources.report(f"read    {name}: {len(frame)} features")
    refuse(
        [
            Fault(name, f"feature {row}", "pc4", code, "a postcode of pc4.csv")
            for row, code in enumerate(codes, start=1)
            if code not in postcodes and code not in _WITHOUT_POSTCODE
        ]
        + [
            Fault(name, "", "pc4", code, "each postcode once")
            for code in sorted(codes[codes.duplicated()])
        ]
    )
    metric = shapely.transform(np.asarray(frame.geometry), lambda xy: xy * _SCALE)
    slivers = shapely.area(metric) < _SLIVER_M2
    kept = codes.isin(postcodes).to_numpy() & ~slivers
    order = np.flatnonzero(kept)[np.argsort(codes[kept].to_numpy())]
    shapes = _simplified(name, metric[order], _POSTCODE_TOLERANCE_M, _POSTCODE_DECIMALS)
    found = codes.iloc[order].tolist()
    write_features(
        out / "postcodes" / name,
        [
            feature({"postcode": code}, shapely.geometry.mapping(shape))
            for code, shape in zip(found, shapes, strict=True)
        ],
    )
    missing = ", ".join(sorted(set(postcodes) - set(found)))
    sources.report(
        f"shapes  {len(found)} postcode polygons; slivers dropped: "
        f"{', '.join(sorted(codes[slivers])) or 'none'}; without polygon: {missing}"
    )
    return set(found)


def write_boundaries(sources: Sources, out: Path, postcodes: pd.DataFrame) -> None:
    """Write ``boundaries/municipalities.geojson`` and ``boundaries/provinces.geojson``.

    Parameters
    ----------
    sources, out
        Files to read, folder to write into.
    postcodes
        Columns ``municipality``, ``gm_code`` and ``province``: each municipality has one.

    Raises
    ------
    InputError
        When municipalities and postcodes do not match, or the shapes are no valid coverage.
    """
    name = "municipalities_2023.geojson"
    frame = gpd.read_file(sources.folder / name).sort_values("gm_code", ignore_index=True)
    sources.report(f"read    {name}: {len(frame)} features")
    keys = set(zip(frame["gm_code"], frame["municipality"], strict=True))
    known = set(zip(postcodes["gm_code"], postcodes["municipality"], strict=True))
    refuse(
        [
            Fault(
                name, "", "gm_code, municipality", ", ".join(key), "one with postcodes in pc4.csv"
            )
            for key in sorted(keys - known)
        ]
        + [
            Fault("pc4.csv", "", "gm_code, municipality", ", ".join(key), f"one of {name}")
            for key in sorted(known - keys)
        ]
    )
    metric = shapely.transform(np.asarray(frame.geometry), lambda xy: xy * _SCALE)
    shapes = _simplified(name, metric, _MUNICIPALITY_TOLERANCE_M, _MUNICIPALITY_DECIMALS)
    write_features(
        out / "boundaries" / "municipalities.geojson",
        [
            feature(
                {"municipality": str(cells["municipality"]), "gm_code": str(cells["gm_code"])},
                shapely.geometry.mapping(shape),
            )
            for (_, cells), shape in zip(frame.iterrows(), shapes, strict=True)
        ],
    )
    province_of = dict(zip(postcodes["gm_code"], postcodes["province"], strict=True))
    provinces = frame["gm_code"].map(province_of).to_numpy()
    _write_provinces(out, {name: shapes[provinces == name] for name in sorted(set(provinces))})
    sources.report(f"shapes  {len(frame)} municipalities, {len(set(provinces))} provinces")


def _write_provinces(out: Path, members: Mapping[str, Shapes]) -> None:
    outlines = {
        province: shapely.orient_polygons(shapely.coverage_union_all(shapes))
        for province, shapes in members.items()
    }
    _check("provinces.geojson", np.array(list(outlines.values()), dtype=object))
    write_features(
        out / "boundaries" / "provinces.geojson",
        [
            feature({"province": province}, shapely.geometry.mapping(shape))
            for province, shape in outlines.items()
        ],
    )


def _simplified(name: str, metric: Shapes, tolerance: float, decimals: int) -> Shapes:
    """Fewer vertices, in rounded degrees, exterior rings counter-clockwise."""
    _check(name, metric)
    simple = shapely.coverage_simplify(metric, tolerance)
    degrees = shapely.transform(simple, lambda xy: np.round(xy / _SCALE, decimals))
    shapes: Shapes = shapely.orient_polygons(degrees)
    _check(f"{name}, simplified to {tolerance:g} m", shapes)
    return shapes


def _check(name: str, shapes: Shapes) -> None:
    """Refuse shapes that vanished, are invalid or overlap."""
    empty = int(shapely.is_empty(shapes).sum())
    invalid = int((~shapely.is_valid(shapes)).sum())
    if empty or invalid or not shapely.coverage_is_valid(shapes):
        value = f"{empty} empty and {invalid} invalid of {len(shapes)} shapes"
        refuse([Fault(name, "", "geometry", value, "a valid coverage")])
