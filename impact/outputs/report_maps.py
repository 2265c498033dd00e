"""Small static maps for the report: one per principal case, drawn from the shipped polygons.

Postcodes of one band are merged into one shape, which keeps the report small; the interactive map
has them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from impact.bundled import data_path
from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER, band_of
from impact.outputs.map_labels import Marker, markers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from impact.concentration.result import Case, Result

WIDTH = 1000
"""Units of a map from west to east."""

_MARGIN = 30
_DOT = 5.0
_COUNT_SHOWN = (*BANDS, SHORTER, NOBODY, NO_ROUTE)


@dataclass(frozen=True)
class CaseMap:
    """One map.

    Attributes
    ----------
    case
        What it shows.
    bands
        Key of a band -> path of the postcodes in it.
    markers
        Hospitals of this intervention.
    """

    case: Case
    bands: tuple[tuple[str, str], ...]
    markers: tuple[Marker, ...]


@dataclass(frozen=True)
class Atlas:
    """Every map, and what they share.

    Attributes
    ----------
    height
        Units from north to south.
    borders
        Path of the municipal borders.
    outline
        Path around the region.
    maps
        One per principal case.
    """

    height: int
    borders: str
    outline: str
    maps: tuple[CaseMap, ...]


@dataclass(frozen=True)
class _Frame:
    """From degrees to units: as wide as a degree is at the middle of the region."""

    west: float
    north: float
    scale: float
    stretch: float

    def __call__(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        x = (degrees[:, 0] - self.west) * self.stretch * self.scale + _MARGIN
        y = (self.north - degrees[:, 1]) * self.scale + _MARGIN
        return np.column_stack([x, y])


def atlas(result: Result) -> Atlas:
    """Draw the maps of a run.

    Parameters
    ----------
    result
        What a run gave.

    Returns
    -------
    Atlas
        Postcodes without a polygon are drawn as discs.
    """
    places = result.postcodes
    shapes = _shapes(places)
    points = np.column_stack([places["lon"], places["lat"]]).astype(np.float64)
    hospitals = _hospital_points(result)
    bounds = shapely.total_bounds([*shapes, *shapely.points(np.vstack([points, hospitals]))])
    west, south, east, north = (float(each) for each in bounds)
    stretch = float(np.cos(np.radians((south + north) / 2.0)))
    # a region of one point still needs a width
    span = max((east - west) * stretch, 1e-3)
    frame = _Frame(west, north, (WIDTH - 2 * _MARGIN) / span, stretch)
    drawn = np.where(
        shapely.is_empty(shapes),
        shapely.buffer(shapely.points(frame(points)), _DOT),
        shapely.transform(shapes, frame),
    )
    height = round((north - south) * frame.scale) + 2 * _MARGIN
    maps = [
        CaseMap(case, tuple(_bands(result, case, drawn)), markers(result, case, frame, height))
        for case in result.cases
        if case.principal
    ]
    towns = _municipalities(places["municipality"])
    borders = shapely.boundary(shapely.transform(towns, frame)) if len(towns) else towns
    outline = shapely.boundary(shapely.unary_union(drawn))
    return Atlas(height, "".join(map(_path, borders)), _path(outline), tuple(maps))


def _shapes(places: pd.DataFrame) -> NDArray[np.object_]:
    """Polygons of postcodes, empty where there is none."""
    frame = gpd.read_file(data_path("postcodes/pc4_polygons.geojson"))
    known = dict(zip(frame["postcode"], frame.geometry, strict=True))
    empty = shapely.Polygon()
    return np.array([known.get(code, empty) for code in places.index], dtype=object)


def _municipalities(names: pd.Series[str]) -> NDArray[np.object_]:
    frame = gpd.read_file(data_path("boundaries/municipalities.geojson"))
    return np.asarray(frame.geometry[frame["municipality"].isin(set(names))], dtype=object)


def _hospital_points(result: Result) -> NDArray[np.float64]:
    names = {name for each in result.study.interventions for name in each.providers}
    found = result.hospitals.loc[sorted(names)]
    return np.column_stack([found["lon"], found["lat"]]).astype(np.float64)


def _bands(result: Result, case: Case, drawn: NDArray[np.object_]) -> Iterator[tuple[str, str]]:
    rows = result.postcode_rows
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    rows = rows[here].set_index("postcode").reindex(result.postcodes.index)
    extra = rows["mean_extra_moved"].to_numpy(np.float64)
    reached = np.isfinite(rows["mean_after"].to_numpy(np.float64))
    moved = np.isfinite(extra)
    keys = np.array(
        [
            (band_of(value) if goes else NOBODY if arrives else NO_ROUTE).key
            for value, goes, arrives in zip(extra, moved, reached, strict=True)
        ]
    )
    for band in _COUNT_SHOWN:
        chosen = drawn[keys == band.key]
        if len(chosen):
            yield band.key, _path(shapely.unary_union(chosen))


def _path(shape: shapely.Geometry) -> str:
    """SVG path in whole units, with relative steps; parts that shrink to a point are left out."""
    parts = []
    for piece in shapely.get_parts(shape):
        rings = shapely.get_rings(piece) if piece.geom_type == "Polygon" else [piece]
        for ring in rings:
            points = np.round(shapely.get_coordinates(ring)).astype(np.int64)
            keep = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
            points = points[keep]
            if len(points) > 2:  # noqa: PLR2004 (fewer enclose nothing)
                steps = " ".join(f"{x} {y}" for x, y in np.diff(points, axis=0).tolist())
                x, y = points[0].tolist()
                parts.append(f"M{x} {y}l{steps}")
    return "".join(parts).replace(" -", "-")
