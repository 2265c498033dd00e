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
from impact.outputs.report_markers import Marker, markers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


@dataclass(frozen=True)
class _Drawn:
    """Postcodes as drawn: the polygon of each, or its disc where it has none."""

    polygons: NDArray[np.object_]
    discs: NDArray[np.object_]
    is_disc: NDArray[np.bool_]

    def land(self, chosen: NDArray[np.bool_]) -> shapely.Geometry:
        """Merge polygons; they are a coverage, so their shared borders vanish."""
        return shapely.coverage_union_all(self.polygons[chosen & ~self.is_disc])

    def path(self, chosen: NDArray[np.bool_]) -> str:
        parts = shapely.get_parts(self.land(chosen))
        return _path(shapely.get_rings(parts)) + _path(
            shapely.get_rings(self.discs[chosen & self.is_disc])
        )


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
    cases = [case for case in result.cases if case.principal]
    return case_maps(cases, result.postcodes, result.hospitals, result.postcode_rows)


def case_maps(
    cases: Sequence[Case], places: pd.DataFrame, hospitals: pd.DataFrame, rows: pd.DataFrame
) -> Atlas:
    """Draw maps of some cases.

    Parameters
    ----------
    cases
        Each told apart by its intervention and scenario.
    places
        Postcodes, with lat, lon and municipality.
    hospitals
        Index name; lat and lon.
    rows
        Of every case per postcode; see `impact.concentration.rows.postcode_rows`.

    Returns
    -------
    Atlas
    """
    shapes = _shapes(places)
    points = np.column_stack([places["lon"], places["lat"]]).astype(np.float64)
    at = _hospital_points(cases, hospitals)
    bounds = shapely.total_bounds([*shapes, *shapely.points(np.vstack([points, at]))])
    west, south, east, north = (float(each) for each in bounds)
    stretch = float(np.cos(np.radians((south + north) / 2.0)))
    # a region of one point still needs a width
    span = max((east - west) * stretch, 1e-3)
    frame = _Frame(west, north, (WIDTH - 2 * _MARGIN) / span, stretch)
    discs = shapely.buffer(shapely.points(frame(points)), _DOT, quad_segs=2)
    drawn = _Drawn(shapely.transform(shapes, frame), discs, shapely.is_empty(shapes))
    height = round((north - south) * frame.scale) + 2 * _MARGIN
    maps = [
        CaseMap(
            case,
            tuple(_bands(rows, case, places.index, drawn)),
            markers(hospitals, case, frame, height),
        )
        for case in cases
    ]
    towns = _municipalities(places["municipality"])
    borders = shapely.get_parts(shapely.boundary(shapely.transform(towns, frame)))
    # around the land only: gaps inside it get no line of their own
    outline = shapely.get_exterior_ring(
        shapely.get_parts(drawn.land(np.ones(len(places), dtype=bool)))
    )
    return Atlas(height, _path(borders), _path(outline), tuple(maps))


def _shapes(places: pd.DataFrame) -> NDArray[np.object_]:
    """Polygons of postcodes, empty where there is none."""
    frame = gpd.read_file(data_path("postcodes/pc4_polygons.geojson"))
    known = dict(zip(frame["postcode"], frame.geometry, strict=True))
    empty = shapely.Polygon()
    return np.array([known.get(code, empty) for code in places.index], dtype=object)


def _municipalities(names: pd.Series[str]) -> NDArray[np.object_]:
    frame = gpd.read_file(data_path("boundaries/municipalities.geojson"))
    return np.asarray(frame.geometry[frame["municipality"].isin(set(names))], dtype=object)


def _hospital_points(cases: Sequence[Case], hospitals: pd.DataFrame) -> NDArray[np.float64]:
    names = {name for case in cases for name in (*case.stops, *case.opens, *case.stays)}
    found = hospitals.loc[sorted(names)]
    return np.column_stack([found["lon"], found["lat"]]).astype(np.float64)


def _bands(
    rows: pd.DataFrame, case: Case, postcodes: pd.Index, drawn: _Drawn
) -> Iterator[tuple[str, str]]:
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    rows = rows[here].set_index("postcode").reindex(postcodes)
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
        chosen = keys == band.key
        if chosen.any():
            yield band.key, drawn.path(chosen)


def _path(lines: NDArray[np.object_]) -> str:
    """SVG path in whole units, with relative steps; lines that shrink to a point are left out."""
    parts = []
    for line in lines:
        points = np.round(shapely.get_coordinates(line)).astype(np.int64)
        points = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
        if len(points) > 2:  # noqa: PLR2004 (fewer enclose nothing)
            steps = " ".join(f"{x} {y}" for x, y in np.diff(points, axis=0).tolist())
            x, y = points[0].tolist()
            parts.append(f"M{x} {y}l{steps}")
    return "".join(parts).replace(" -", "-")
