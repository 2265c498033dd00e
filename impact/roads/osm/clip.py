"""Clip to a bounding box or a polygon, with a buffer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError
from impact.roads.distance import EARTH_RADIUS_KM

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray

DEFAULT_BUFFER_KM = 5.0
"""Roads this far outside the area still serve trips that start and end in it."""


@dataclass(frozen=True)
class Clip:
    """Area of which the roads are wanted.

    Attributes
    ----------
    area
        Degrees.
    buffer_km
        Roads this far outside stay.
    label
        For the manifest.
    """

    area: shapely.Geometry
    buffer_km: float
    label: str

    def inside(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], *, extra_km: float = 0.0
    ) -> NDArray[np.bool_]:
        """Say which places lie inside.

        Parameters
        ----------
        lon, lat : ndarray of float, shape (n,)
            Degrees; NaN lies outside.
        extra_km
            On top of the buffer.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        import shapely  # noqa: PLC0415 (only clips need it)

        middle = (self.area.bounds[1] + self.area.bounds[3]) / 2.0
        per_km = np.degrees(1.0 / EARTH_RADIUS_KM)
        # on a plane where both axes have the scale of the latitude, a buffer is round
        narrow = np.cos(np.radians(middle))
        plane = shapely.transform(self.area, lambda xy: xy * np.array([narrow, 1.0]))
        wide = plane.buffer((self.buffer_km + extra_km) * per_km)
        shapely.prepare(wide)
        return np.asarray(shapely.contains_xy(wide, lon * narrow, lat))


def bounding_box(text: str, *, buffer_km: float = DEFAULT_BUFFER_KM) -> Clip:
    """Read a bounding box.

    Parameters
    ----------
    text
        ``west,south,east,north`` in degrees.
    buffer_km
        Roads this far outside stay.

    Returns
    -------
    Clip

    Raises
    ------
    InputError
        When it is none.

    Examples
    --------
    >>> bounding_box("6.5,53.1,6.7,53.3").area.bounds
    (6.5, 53.1, 6.7, 53.3)
    """
    import shapely  # noqa: PLC0415 (only clips need it)

    expected = "west,south,east,north in degrees, such as 6.5,53.1,6.7,53.3"
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError as error:
        raise InputError(Fault("--bbox", "", "", text, expected)) from error
    ordered = -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0  # noqa: PLR2004
    if not ordered:
        raise InputError(Fault("--bbox", "", "", text, expected))
    return Clip(shapely.box(west, south, east, north), _checked(buffer_km), f"box {text}")


def polygon(path: Path | str, *, buffer_km: float = DEFAULT_BUFFER_KM) -> Clip:
    """Read a polygon.

    Parameters
    ----------
    path
        GeoJSON (polygons in degrees) or the ``.poly`` format of Osmosis.
    buffer_km
        Roads this far outside stay.

    Returns
    -------
    Clip

    Raises
    ------
    InputError
        When the file is absent or holds no valid polygon.
    """
    import shapely  # noqa: PLC0415 (only clips need it)

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        area = _from_poly(text) if path.suffix.lower() == ".poly" else _from_geojson(text)
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        expected = f"a polygon in degrees, as GeoJSON or .poly ({error})"
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    west, south, east, north = area.bounds
    degrees = west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0  # noqa: PLR2004
    if area.area == 0.0 or not area.is_valid or not degrees:
        reason = shapely.is_valid_reason(area)
        expected = f"a valid polygon in degrees ({reason}, from {west:g} to {east:g} degrees)"
        raise InputError(Fault(path.name, "", "", area.geom_type, expected))
    return Clip(area, _checked(buffer_km), f"polygon {path.name}")


def _from_geojson(text: str) -> shapely.Geometry:
    import shapely  # noqa: PLC0415 (only clips need it)

    document = json.loads(text)
    if document["type"] == "FeatureCollection":
        shapes = [each["geometry"] for each in document["features"]]
    else:
        shapes = [document["geometry"] if document["type"] == "Feature" else document]
    return shapely.union_all([shapely.from_geojson(json.dumps(each)) for each in shapes])


def _from_poly(text: str) -> shapely.Geometry:
    """Rings of the ``.poly`` format; those marked ``!`` are holes."""
    import shapely  # noqa: PLC0415 (only clips need it)

    area, ring, hole = shapely.Polygon(), [], False
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) == 2:  # noqa: PLR2004 (longitude and latitude)
            ring.append((float(words[0]), float(words[1])))
        elif words == ["END"] and ring:
            shape = shapely.Polygon(ring)
            area = area.difference(shape) if hole else area.union(shape)
            ring = []
        elif words:
            hole = words[0].startswith("!")
    return area


def _checked(buffer_km: float) -> float:
    if not 0.0 <= buffer_km <= 1000.0:  # noqa: PLR2004 (beyond it a clip is none)
        raise InputError(Fault("--buffer", "", "", f"{buffer_km:g}", "kilometres, from 0 to 1000"))
    return buffer_km
