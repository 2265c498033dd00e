"""Read files of points (GeoJSON, GeoPackage) into the same form as text tables."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from impact.errors import Fault, InputError
from impact.reading import cell_text
from impact.table import Table

if TYPE_CHECKING:
    from pathlib import Path


def read_points(path: Path, sha256: str) -> Table:
    """Read a file of points as text cells, with the columns ``lat`` and ``lon``.

    Parameters
    ----------
    path
        GeoJSON or GeoPackage in any coordinate reference system.
    sha256
        Hash of its bytes.

    Returns
    -------
    Table
        Its rows are called features.

    Raises
    ------
    InputError
        When it cannot be read, is empty, has no coordinate reference system, or other shapes.
    """
    notes = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            frame = gpd.read_file(path)
        notes += [f"{path.name}: {warning.message}" for warning in caught]
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
    notes += [f"{path.name}: property {name!r} ignored, the geometry counts" for name in replaced]
    return Table(path.name, out, sha256, tuple(notes), row_word="feature")
