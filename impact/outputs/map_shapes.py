"""Shapes of a map: postcodes, the outline of the region, municipalities and provinces.

Coordinates are written as steps of 0.0001 degree (about 10 m) from point to point, which keeps the
file small; neighbours are rounded alike, so that they still share their borders.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from impact.bundled import data_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

STEPS_PER_DEGREE = 10_000
_ON_THE_MAP_DEGREES = 0.1
"""A polygon farther from its postcode's point belongs to another country's postcode."""
_AROUND_DEGREES = 0.05
"""Half the width that a postcode without polygon counts for."""
_BESIDE_DEGREES = 0.4
"""Provinces this near to the region are drawn around it."""
_TOUCHING_DEGREES = 0.005
_RING_POINTS = 3

Rings = list[list[int]]


@dataclass(frozen=True)
class NamedShape:
    """An area with a name.

    Attributes
    ----------
    name
        As in the source.
    polygons
        Per polygon its rings, see `encoded`.
    lat, lon
        A point inside, degrees.
    """

    name: str
    polygons: list[Rings]
    lat: float
    lon: float


@dataclass(frozen=True)
class MapShapes:
    """Everything that is drawn.

    Attributes
    ----------
    postcodes
        Per postcode, in the order that was given, its polygons; empty where it gets a point.
    outline
        Of the region.
    municipalities, provinces
        Those in, and around, the region.
    bounds
        South, west, north, east (degrees) of the region.
    """

    postcodes: list[list[Rings]]
    outline: list[Rings]
    municipalities: list[NamedShape]
    provinces: list[NamedShape]
    bounds: tuple[float, float, float, float]


def map_shapes(postcodes: gpd.GeoDataFrame) -> MapShapes:
    """Find the shapes of postcodes and of what lies around them.

    Parameters
    ----------
    postcodes
        Index postcode; lat, lon (degrees). A postcode that the shipped polygons do not have, or
        have somewhere else, gets a point.

    Returns
    -------
    MapShapes
    """
    known = dict(_features("postcodes/pc4_polygons.geojson", "postcode", set(postcodes.index)))
    lats, lons = postcodes["lat"].to_numpy(), postcodes["lon"].to_numpy()
    found = [
        _if_near(known.get(str(code)), lat, lon)
        for code, lat, lon in zip(postcodes.index, lats, lons, strict=True)
    ]
    areas = [
        shapely.box(
            lon - _AROUND_DEGREES,
            lat - _AROUND_DEGREES,
            lon + _AROUND_DEGREES,
            lat + _AROUND_DEGREES,
        )
        if shape is None
        else shape
        for shape, lat, lon in zip(found, lats, lons, strict=True)
    ]
    region = shapely.union_all([shape for shape in found if shape is not None])
    west, south, east, north = shapely.union_all(
        [shapely.box(*each.bounds) for each in areas]
    ).bounds
    inside = shapely.union_all(areas).buffer(-_TOUCHING_DEGREES)
    around = shapely.box(west, south, east, north).buffer(_BESIDE_DEGREES)
    return MapShapes(
        postcodes=[[] if shape is None else encoded(shape) for shape in found],
        outline=encoded(_without_holes(region)),
        municipalities=_named("boundaries/municipalities.geojson", "municipality", inside),
        provinces=_named("boundaries/provinces.geojson", "province", around),
        bounds=(south, west, north, east),
    )


def encoded(shape: shapely.Geometry) -> list[Rings]:
    """Write polygons as whole steps.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon, degrees.

    Returns
    -------
    list
        Per polygon its rings; a ring is x, y of its first point in steps of 0.0001 degree, then
        dx, dy to each next one. Rings are open; those that vanish are left out.

    Examples
    --------
    >>> encoded(shapely.box(6.0, 53.0, 6.001, 53.002))
    [[[60010, 530000, 0, 20, -10, 0, 0, -20]]]
    """
    polygons = []
    for part in shapely.get_parts(shape):
        rings = [ring for each in _rings(part) if (ring := _encoded_ring(each))]
        if rings:
            polygons.append(rings)
    return polygons


def _encoded_ring(ring: shapely.Geometry) -> list[int]:
    points = np.rint(shapely.get_coordinates(ring) * STEPS_PER_DEGREE).astype(np.int64)
    steps = np.diff(points, axis=0)
    steps = steps[steps.any(axis=1)][:-1]  # the last step closes the ring
    if len(steps) < _RING_POINTS - 1:
        return []
    return [int(each) for each in np.vstack([points[:1], steps]).ravel()]


def _rings(polygon: shapely.Geometry) -> Iterator[shapely.Geometry]:
    yield shapely.get_exterior_ring(polygon)
    for number in range(shapely.get_num_interior_rings(polygon)):
        yield shapely.get_interior_ring(polygon, number)


def _without_holes(region: shapely.Geometry) -> shapely.Geometry:
    """Outer borders: a hole is mostly a postcode that has a point instead of a polygon."""
    parts = shapely.get_parts(region)
    return shapely.multipolygons(shapely.polygons(shapely.get_exterior_ring(parts)))


def _if_near(shape: shapely.Geometry | None, lat: float, lon: float) -> shapely.Geometry | None:
    if shape is None:
        return None
    west, south, east, north = shape.bounds
    far = max(west - lon, lon - east, south - lat, lat - north) > _ON_THE_MAP_DEGREES
    return None if far else shape


def _named(name: str, key: str, area: shapely.Geometry) -> list[NamedShape]:
    shapes = []
    for label, shape in _features(name, key):
        if not shape.intersects(area):
            continue
        point = max(shapely.get_parts(shape), key=shapely.area).representative_point()
        shapes.append(NamedShape(label, encoded(shape), round(point.y, 4), round(point.x, 4)))
    return shapes


def _features(
    name: str, key: str, wanted: Sequence[str] | set[str] | None = None
) -> Iterator[tuple[str, shapely.Geometry]]:
    """Names and shapes of a shipped GeoJSON file."""
    document: dict[str, Any] = json.loads(data_path(name).read_text(encoding="utf-8"))
    for feature in document["features"]:
        label = str(feature["properties"][key])
        if wanted is None or label in wanted:
            yield label, shapely.geometry.shape(feature["geometry"])
