"""Keep what hangs together, within the area that is asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError, why
from impact.geodesy import EARTH_RADIUS_KM
from impact.messages import said
from impact.segments import ranges
from impact.storage import read_json

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray

    from impact.network.osm.edges import Lines, Pieces
    from impact.network.osm.read import OsmRoads

_WORTH_NAMING_KM = 1.0
_NAMED = 20
_APART_KM = 0.25
_SEPARATE_KM = 2.0


@dataclass(frozen=True, eq=False)
class Kept:
    """What stays, and what does not.

    Attributes
    ----------
    edges : ndarray of bool, shape (n_edges,)
        Edges of the network that stays.
    dropped
        Number of parts, their length in km, and the largest by place.
    """

    edges: NDArray[np.bool_]
    dropped: dict[str, Any]


def largest_part(
    pieces: Pieces,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> Kept:
    """Find the largest strongly connected part of the mainland and of islands with ferries."""
    tail, head, size = pieces.tail, pieces.head, len(lon)
    edges = np.zeros(len(tail), dtype=bool)
    if len(tail):
        part = strong_part(tail, head, size, int(np.bincount(tail).argmax()))
        edges = part[tail] & part[head]
        if 2.0 * pieces.km[edges].sum() < pieces.km.sum():
            # less than half of the roads: another part may be larger
            number = strong_parts(tail, head, size)
            inside = number[tail] == number[head]
            km = np.bincount(number[tail][inside], pieces.km[inside], minlength=1)
            edges = inside & (number[tail] == int(km.argmax()))
    return Kept(edges, _dropped(pieces, lon, lat, edges))


def separate(
    pieces: Pieces, kept: Kept, lines: Lines, roads: OsmRoads, origin: NDArray[np.int64]
) -> tuple[Kept, list[dict[str, Any]]]:
    """Keep the parts that lie apart from all other roads, as islands do.

    Notes
    -----
    A loose part beside the network is a gate or a gap in the data: points join the road next to
    it. One that comes nowhere within a quarter of a kilometre is where its residents live, and no
    car gets from there to the rest: it stays, so that points join it and have no route.
    """
    lon, lat, size = roads.lon[origin], roads.lat[origin], len(origin)
    rest = np.flatnonzero(~kept.edges)
    loose = parts_of(pieces.tail[rest], pieces.head[rest], size)[pieces.tail[rest]]
    both_ways = np.bincount(loose, pieces.km[rest], minlength=1)
    rest = rest[both_ways[loose] >= _SEPARATE_KM]
    if len(rest) == 0:
        return kept, []
    part = strong_parts(pieces.tail[rest], pieces.head[rest], size)
    rest = rest[part[pieces.tail[rest]] == part[pieces.head[rest]]]
    number = part[pieces.tail[rest]]
    _, first = np.unique(pieces.line[rest], return_index=True)
    km = np.bincount(number[first], pieces.km[rest[first]], minlength=1)
    drawn = np.unique(pieces.line[kept.edges])
    places, _ = ranges(lines.begin[drawn], lines.end[drawn])
    near = roads.ref[places]
    stays, found = kept.edges.copy(), []
    for each in np.flatnonzero(km >= _SEPARATE_KM).tolist():
        here = rest[number == each]
        places, _ = ranges(lines.begin[pieces.line[here]], lines.end[pieces.line[here]])
        own = roads.ref[places]
        if _apart(roads.lon[own], roads.lat[own], roads.lon[near], roads.lat[near]):
            stays[here] = True
            node = int(pieces.tail[here[0]])
            found.append({"km": round(float(km[each]), 1), **_place(lon[node], lat[node])})
    return Kept(stays, _dropped(pieces, lon, lat, stays)), found


def _apart(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    others_lon: NDArray[np.float64],
    others_lat: NDArray[np.float64],
) -> bool:
    """Whether places are all farther than `_APART_KM` from others."""
    from scipy.spatial import KDTree

    per_km = float(np.degrees(1.0 / EARTH_RADIUS_KM))
    narrow = float(np.cos(np.radians(lat.mean())))
    reach = _APART_KM * per_km
    close = (others_lat >= lat.min() - reach) & (others_lat <= lat.max() + reach)
    close &= (others_lon >= lon.min() - reach / narrow) & (others_lon <= lon.max() + reach / narrow)
    if not close.any():
        return True
    others = KDTree(np.column_stack([others_lon[close] * narrow, others_lat[close]]))
    away, _ = others.query(np.column_stack([lon * narrow, lat]))
    return bool(np.min(away) > reach)


def _place(lon: float, lat: float) -> dict[str, float]:
    return {"lon": round(float(lon), 5), "lat": round(float(lat), 5)}


def strong_parts(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
) -> NDArray[np.int32]:
    """Give a number to every part of a graph in which every node reaches every other."""
    from scipy import sparse
    from scipy.sparse import csgraph

    graph = sparse.coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size)).tocsr()
    _, part = csgraph.connected_components(graph, directed=True, connection="strong")
    return np.asarray(part, dtype=np.int32)


def strong_part(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
    place: int,
) -> NDArray[np.bool_]:
    """Find the nodes that a node reaches and that reach it.

    Notes
    -----
    Two breadth-first searches, a level at a time: O(n + m) and one step of NumPy per level.
    """
    return _reached(tail, head, size, place) & _reached(head, tail, size, place)


def _reached(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
    place: int,
) -> NDArray[np.bool_]:
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(size + 1))
    ahead = head[order]
    seen = np.zeros(size, dtype=bool)
    seen[place] = True
    mark = np.empty(size, dtype=np.int64)
    front = np.array([place])
    while len(front):
        places, _ = ranges(start[front], start[front + 1])
        found = ahead[places]
        found = found[~seen[found]]
        seen[found] = True
        # of several edges to the same node one is followed
        here = np.arange(len(found))
        mark[found] = here
        front = found[mark[found] == here]
    return seen


def parts_of(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
) -> NDArray[np.int64]:
    """Name every part of a graph that hangs together, whatever the direction of its edges.

    Notes
    -----
    Lowest numbers spread over edges and jump to the number of their number, which halves what is
    left at every step.
    """
    lowest = np.arange(size)
    while True:
        low = np.minimum(lowest[tail], lowest[head])
        spread = lowest.copy()
        for ends in (tail, head):
            np.minimum.at(spread, lowest[ends], low)
            np.minimum.at(spread, ends, low)
        spread = spread[spread]
        if np.array_equal(spread, lowest):
            return lowest
        lowest = spread


def _dropped(
    pieces: Pieces,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    edges: NDArray[np.bool_],
) -> dict[str, Any]:
    """Count lines of which no direction stays, by the part that they form."""
    stays = np.zeros(int(pieces.line.max(initial=-1)) + 1, dtype=bool)
    stays[pieces.line[edges]] = True
    gone = np.flatnonzero(~stays[pieces.line])
    _, first = np.unique(pieces.line[gone], return_index=True)
    lost = gone[first]
    part = parts_of(pieces.tail[lost], pieces.head[lost], len(lon))
    parts, place = np.unique(part[pieces.tail[lost]], return_inverse=True)
    km = np.bincount(place, pieces.km[lost], minlength=len(parts))
    largest = np.argsort(-km, kind="stable")[:_NAMED]
    example = {int(place[i]): int(pieces.tail[lost[i]]) for i in range(len(lost))}
    return {
        "parts": len(parts),
        "km": round(float(km.sum()), 1),
        "largest": [
            {"km": round(float(km[i]), 1), **_place(lon[example[i]], lat[example[i]])}
            for i in largest.tolist()
            if km[i] >= _WORTH_NAMING_KM
        ],
    }


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

    @property
    def whole_label(self) -> str:
        """Name of the area with its buffer."""
        return f"{self.label}, and {self.buffer_km:g} km around it"

    def inside(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], *, extra_km: float = 0.0
    ) -> NDArray[np.bool_]:
        """Say which places lie inside."""
        import shapely

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

    Examples
    --------
    >>> bounding_box("6.5,53.1,6.7,53.3").area.bounds
    (6.5, 53.1, 6.7, 53.3)
    """
    import shapely

    expected = "west,south,east,north in degrees, such as 6.5,53.1,6.7,53.3"
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError as error:
        raise InputError(Fault("--bbox", "", "", text, expected)) from error
    ordered = -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0  # noqa: PLR2004
    if not ordered:
        raise InputError(Fault("--bbox", "", "", text, expected))
    return Clip(
        shapely.box(west, south, east, north),
        _checked(buffer_km),
        said("the box {text}", text=text),
    )


def polygon(path: Path | str, *, buffer_km: float = DEFAULT_BUFFER_KM) -> Clip:
    """Read a polygon."""
    import shapely

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        area = _from_poly(text) if path.suffix.lower() == ".poly" else _from_geojson(text)
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        expected = said("a polygon in degrees, as GeoJSON or .poly ({reason})", reason=why(error))
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    west, south, east, north = area.bounds
    degrees = west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0  # noqa: PLR2004
    if area.area == 0.0 or not area.is_valid or not degrees:
        reason = shapely.is_valid_reason(area)
        expected = said(
            "a valid polygon in degrees ({reason}, from {west:g} to {east:g} degrees)",
            reason=reason,
            west=west,
            east=east,
        )
        raise InputError(Fault(path.name, "", "", area.geom_type, expected))
    return Clip(area, _checked(buffer_km), said("the polygon {name}", name=path.name))


def _from_geojson(text: str) -> shapely.Geometry:
    import shapely

    document = read_json(text)
    if document["type"] == "FeatureCollection":
        shapes = [each["geometry"] for each in document["features"]]
    else:
        shapes = [document["geometry"] if document["type"] == "Feature" else document]
    return shapely.union_all([shapely.from_geojson(json.dumps(each)) for each in shapes])


def _from_poly(text: str) -> shapely.Geometry:
    """Rings of the ``.poly`` format; those marked ``!`` are holes."""
    import shapely

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
