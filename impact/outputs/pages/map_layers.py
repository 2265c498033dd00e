"""Layers and shapes of maps: what each postcode and each hospital shows.

Coordinates are written as steps of 0.0001 degree (about 10 m) from point to point, which keeps the
file small; neighbours are rounded alike, so that they still share their borders.

Plain lists and numbers, ready for JSON; the page draws every layer on the same shapes.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from impact.analysis.result import CaseView, flow_rows, postcode_rows, stacked
from impact.bundled import data_path
from impact.model.measures import LEGEND, bands_of
from impact.model.volumes import SUPPRESSED
from impact.outputs.pages.towns import towns_within
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import listing_statuses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.outputs.pages.towns import Town
    from impact.study.model import Study
    from impact.times.matrix import TravelTimes


MOST_DRAWN = 12_000
"""Demand points up to which each is drawn: three times the postcodes of the Netherlands."""

_PC6 = r"\d{4} ?[A-Za-z]{1,2}"
_PC4_CHARACTERS = 4


def drawn_by_pc4(result: Result, *, most: int = MOST_DRAWN) -> Result:
    """Take the demand points of a run together per PC4, where they are too many to draw."""
    places, cases = cases_by_pc4(result.postcodes, result.cases, most=most)
    if places is result.postcodes:
        return result
    principal = [case for case in cases if case.principal]
    drawn = {"points": len(result.postcodes), "areas": len(places), "by": "PC4"}
    names = [str(code) for code in places.index]
    row = _row_of(result, names)
    weights = {
        name: np.asarray(np.bincount(row, values, len(places)), dtype=np.float64)
        for name, values in result.weights.items()
    }

    def means(times: TravelTimes | None) -> TravelTimes | None:
        return None if times is None else _times(result, times, names)

    return replace(
        result,
        postcodes=places,
        times=_times(result, result.times, names),
        back=means(result.back),
        peak=means(result.peak),
        weights=weights,
        cases=cases,
        flows=stacked(principal, flow_rows, places["ferry"]),
        postcode_rows=stacked(principal, postcode_rows, places["ferry"]),
        manifest={**result.manifest, "drawn": drawn},
    )


def _row_of(result: Result, places: Sequence[str]) -> NDArray[np.int64]:
    """Position of the PC4 of every demand point."""
    number = {place: row for row, place in enumerate(places)}
    return np.array([number[str(point)[:_PC4_CHARACTERS]] for point in result.times.origins])


def _times(result: Result, times: TravelTimes, places: Sequence[str]) -> TravelTimes:
    """Return mean minutes per PC4."""
    row = _row_of(result, places)
    demand = result.postcodes["demand"].to_numpy(np.float64)
    total = np.bincount(row, demand, len(places))
    # a place without demand still has a travel time
    weight = np.where(total[row] > 0.0, demand, 1.0)
    columns = []
    for minutes in times.minutes.T:
        reached = np.where(np.isfinite(minutes), weight, 0.0)
        sums = np.bincount(row, np.where(reached > 0.0, minutes, 0.0) * reached, len(places))
        counted = np.bincount(row, reached, len(places))
        mean = np.full(len(places), np.inf)
        np.divide(sums, counted, out=mean, where=counted > 0.0)
        columns.append(mean)
    minutes = np.column_stack(columns)
    return replace(times, origins=tuple(map(str, places)), minutes=minutes, km=None)


def inputs_by_pc4(
    study: Study, inputs: Inputs, cases: Sequence[Case]
) -> tuple[gpd.GeoDataFrame, tuple[Case, ...]]:
    """Take the points of a study that is no run together, and cases on them, by PC4."""
    weight = inputs.demand.weights[study.interventions[0].name]
    return cases_by_pc4(inputs.postcodes.assign(demand=weight, ferry=inputs.ferry), cases)


def cases_by_pc4(
    points: gpd.GeoDataFrame, cases: Sequence[Case], *, most: int = MOST_DRAWN
) -> tuple[gpd.GeoDataFrame, tuple[Case, ...]]:
    """Sum demand points and the flows of cases per PC4, where they are too many to draw."""
    index = points.index.astype(str)
    if len(index) <= most or not index.str.fullmatch(_PC6).all():
        return points, tuple(cases)
    return _places(points), tuple(replace(case, flows=_flows(case)) for case in cases)


def _places(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row per PC4: sums, the middle of the demand, and the words of its largest point."""
    code = points.index.astype(str).str[:_PC4_CHARACTERS]
    largest = points.assign(_code=code).sort_values("demand", ascending=False, kind="stable")
    places = largest.drop_duplicates("_code").set_index("_code").sort_index()
    places.index.name = points.index.name
    for column in points.select_dtypes("number"):
        if column in {"lat", "lon"}:
            places[column] = _means(points[column], points["demand"], [code])
        else:
            places[column] = points[column].groupby(code).sum()
    # a coordinate is a place: the middle of the demand, no longer that of one point
    middle = type(points.geometry).from_xy(places["lon"], places["lat"], crs=points.crs)
    return places.set_geometry(middle)


def _flows(case: Case) -> pd.DataFrame:
    """Flows of a case per PC4; those with and without a route stay apart."""
    flows = case.flows
    minutes = ["minutes_before", "minutes_after", "extra_minutes"]
    finite = [np.isfinite(flows[name]).rename(f"{name}_finite") for name in minutes]
    code = flows["postcode"].astype(str).str[:_PC4_CHARACTERS]
    keys = [code, flows["provider_before"], flows["provider_after"], flows["moved"], *finite]
    out = flows["demand"].groupby(keys, dropna=False).sum().to_frame()
    for name in minutes:
        out[name] = _means(flows[name], flows["demand"], keys)
    return out.reset_index()[list(flows.columns)]


def _means(values: pd.Series, weight: pd.Series, keys: list[object]) -> pd.Series:
    """Mean per group weighted by demand; plain where a group has none."""
    total = weight.groupby(keys, dropna=False).sum()
    weighted = values.where(np.isfinite(values), 0.0).mul(weight)
    mean = weighted.groupby(keys, dropna=False).sum() / total.where(total > 0.0)
    plain = values.groupby(keys, dropna=False).mean()
    # within a group all minutes are finite, or none are and the plain mean says which
    return mean.where(np.isfinite(plain) & (total > 0.0), plain)


STEPS_PER_DEGREE = 10_000
_ON_THE_MAP_DEGREES = 0.1
"""A polygon farther from its postcode's point belongs to another country's postcode."""
_AT_A_GAP_DEGREES = 0.03
"""A gap this near to a postcode without a polygon is its area: the source left only that out."""
_AROUND_DEGREES = 0.05
"""Half the width that a postcode without polygon counts for."""
_BESIDE_DEGREES = 0.4
"""Provinces this near to the region are drawn around it."""
_TOWNS_BESIDE_DEGREES = 0.1
"""Towns this near to the region get a name too."""
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
    ringed
        Places in `postcodes` of those whose area is not known, where that is the exception: their
        points get a ring.
    towns
        Those around the region and whether each lies in it: these first, and the largest first.
    outline
        Of the region.
    municipalities, provinces
        Those in, and around, the region.
    bounds
        South, west, north, east (degrees) of the region.
    """

    postcodes: list[list[Rings]]
    ringed: list[int]
    towns: list[tuple[Town, bool]]
    outline: list[Rings]
    municipalities: list[NamedShape]
    provinces: list[NamedShape]
    bounds: tuple[float, float, float, float]


def map_shapes(postcodes: pd.DataFrame) -> MapShapes:
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
    points = (postcodes["lat"].to_numpy(np.float64), postcodes["lon"].to_numpy(np.float64))
    return _map_shapes(tuple(map(str, postcodes.index)), *(each.tobytes() for each in points))


@lru_cache(maxsize=4)
def _map_shapes(codes: tuple[str, ...], lat: bytes, lon: bytes) -> MapShapes:
    """Find the shapes once for all pages of a run."""
    lats, lons = np.frombuffer(lat), np.frombuffer(lon)
    found, shipped = postcode_shapes(codes, lats, lons), shipped_areas(*POSTCODES)
    unknown = [place for place, code in enumerate(codes) if code not in shipped]
    drawn = ~shapely.is_empty(found)
    around = [coordinate[~drawn] for coordinate in (lons, lats)]
    boxes = shapely.box(
        *(coordinate - _AROUND_DEGREES for coordinate in around),
        *(coordinate + _AROUND_DEGREES for coordinate in around),
    )
    # neighbours share their corners, so that their inner borders vanish without being intersected
    region = shapely.coverage_union_all(found[drawn])
    west, south, east, north = shapely.total_bounds([region, *boxes]).tolist()
    inside = shapely.union_all([region, *boxes]).buffer(-_TOUCHING_DEGREES)
    beside = shapely.box(west, south, east, north).buffer(_BESIDE_DEGREES)
    return MapShapes(
        postcodes=[encoded(shape) for shape in found],
        ringed=unknown if len(unknown) < len(codes) / 2 else [],
        towns=_towns(shapely.union_all([region, *boxes])),
        outline=encoded(_without_holes(region)),
        municipalities=_named(MUNICIPALITIES, inside),
        provinces=_named(PROVINCES, beside),
        bounds=(south, west, north, east),
    )


POSTCODES, MUNICIPALITIES, PROVINCES = (
    ("postcodes/pc4_polygons.geojson", "postcode"),
    ("boundaries/municipalities.geojson", "municipality"),
    ("boundaries/provinces.geojson", "province"),
)
"""Shipped areas: file, and the property that names each."""


@cache
def shipped_areas(name: str, key: str) -> dict[str, shapely.Geometry]:
    """Name -> area of a shipped GeoJSON file.

    Examples
    --------
    >>> len(shipped_areas(*PROVINCES))
    12
    """
    text = data_path(name).read_text(encoding="utf-8")
    # properties apart from geometry: GEOS reads the corners ten times faster than we can
    names = re.findall(rf'"{key}":\s*("(?:[^"\\]|\\.)*")', text)
    areas = shapely.get_parts(shapely.from_geojson(text))
    return dict(zip(map(json.loads, names), areas, strict=True))


def postcode_shapes(
    codes: Sequence[str], lats: NDArray[np.float64], lons: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Shapes of postcodes; empty where none is known, or it is the one of another country."""
    known, empty = shipped_areas(*POSTCODES), shapely.Polygon()
    shapes = np.array([known.get(code, empty) for code in codes], dtype=object)
    west, south, east, north = shapely.bounds(shapes).T
    off = np.max([west - lons, lons - east, south - lats, lats - north], axis=0)
    shapes[off > _ON_THE_MAP_DEGREES] = empty
    missing = np.flatnonzero(shapely.is_empty(shapes))
    if len(missing):
        _fill_holes(shapes, missing, shapely.points(lons, lats))
    return shapes


def _fill_holes(
    shapes: NDArray[np.object_], missing: NDArray[np.int64], points: NDArray[np.object_]
) -> None:
    """Give a postcode without a polygon the gap between its neighbours, where it lies at one."""
    around = shapely.get_parts(shapely.coverage_union_all(np.delete(shapes, missing)))
    holes = [shapely.polygons(ring) for part in around for ring in list(_rings(part))[1:]]
    if not holes:
        return
    apart = shapely.distance(points[missing][:, None], np.array(holes)[None, :])
    for hole, nearest in enumerate(apart.argmin(axis=0).tolist()):
        # the gap nearest to it, and it the postcode nearest to the gap: else a lake would be filled
        if apart[nearest, hole] < _AT_A_GAP_DEGREES and apart[nearest].argmin() == hole:
            shapes[missing[nearest]] = holes[hole]


def encoded(shape: shapely.Geometry) -> list[Rings]:
    """Write polygons as whole steps.

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


def geometry(polygons: list[Rings]) -> dict[str, Any] | None:
    """GeoJSON geometry of polygons that were written as steps; none of none.

    Examples
    --------
    >>> geometry([[[60010, 530000, 0, 20, -10, 0, 0, -20]]])["coordinates"][0][0][1]
    [6.001, 53.002]
    """
    if not polygons:
        return None
    corners = [
        [(np.reshape(ring, (-1, 2)).cumsum(axis=0) / STEPS_PER_DEGREE).tolist() for ring in rings]
        for rings in polygons
    ]
    closed = [[[*ring, ring[0]] for ring in rings] for rings in corners]
    return {"type": "MultiPolygon", "coordinates": closed}


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


def _towns(region: shapely.Geometry) -> list[tuple[Town, bool]]:
    west, south, east, north = shapely.bounds(region).tolist()
    beside = _TOWNS_BESIDE_DEGREES
    towns = towns_within((south - beside, west - beside, north + beside, east + beside))
    inside = shapely.contains_xy(region, [t.lon for t in towns], [t.lat for t in towns]).tolist()
    # a stable sort keeps the largest first
    return sorted(zip(towns, inside, strict=True), key=lambda each: not each[1])


def _named(areas: tuple[str, str], near: shapely.Geometry) -> list[NamedShape]:
    shapes = []
    shapely.prepare(near)
    for name, shape in shipped_areas(*areas).items():
        if not near.intersects(shape):
            continue
        point = max(shapely.get_parts(shape), key=shapely.area).representative_point()
        shapes.append(NamedShape(name, encoded(shape), round(point.y, 4), round(point.x, 4)))
    return shapes


def base_data(result: Result) -> dict[str, Any]:
    """Collect what every map of a run draws: areas, bands, and postcodes with their names."""
    frame, shapes = result.postcodes, map_shapes(result.postcodes)
    south, west, north, east = shapes.bounds
    columns = [
        frame.index.astype(str).tolist(),
        frame["place"].tolist(),
        frame["municipality"].tolist(),
        frame["ferry"].tolist(),
        *(frame[name].astype(float).round(4).tolist() for name in ("lat", "lon")),
        shapes.postcodes,
    ]
    return {
        "stepsPerDegree": STEPS_PER_DEGREE,
        "bounds": [[south, west], [north, east]],
        "outline": shapes.outline,
        "municipalities": _by_demand(shapes.municipalities, frame, "municipality"),
        "provinces": _by_demand(shapes.provinces, frame, "province"),
        "bands": [band.key for band in LEGEND],
        "postcodes": [list(row) for row in zip(*columns, strict=True)],
        "few": few_residents(result).nonzero()[0].tolist(),
        "ringed": shapes.ringed,
        "towns": [[each.name, each.lat, each.lon, inside] for each, inside in shapes.towns],
        "islands": _islands(frame),
    }


def _islands(postcodes: gpd.GeoDataFrame) -> list[list[Any]]:
    """Islands where visitors bring no car: name and middle."""
    without = postcodes[postcodes["visitor_cars"] == "no"]
    middles = without.groupby("island")[["lat", "lon"]].mean().round(4)
    return [
        [str(name), *point]
        for name, point in zip(middles.index, middles.to_numpy().tolist(), strict=True)
    ]


def _by_demand(
    shapes: list[NamedShape], postcodes: gpd.GeoDataFrame, column: str
) -> list[list[Any]]:
    """Name, point and polygons; where most demand is comes first, and gets its name first."""
    weight = postcodes.groupby(column)["demand"].sum()
    ordered = sorted(shapes, key=lambda each: (-float(weight.get(each.name, 0.0)), each.name))
    return [[each.name, each.lat, each.lon, each.polygons] for each in ordered]


_NOWHERE = -1
_ROLES = ("stops", "opens", "stays", "outside")
_SOME = 0.1
"""Stands for what is more than nothing but rounds to it: the page says 'less than 1'."""
_MORE = 0.5
"""Demand above which a hospital counts as receiving more."""
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_LABEL_LENGTH = 34
_SIZES = (0.7, 1.5)
"""Least and greatest size of a symbol, times the plain one."""

FlowRow = list[int | float | None]


@dataclass(frozen=True)
class Layer:
    """What one layer shows.

    Attributes
    ----------
    case
        The case behind it.
    bands
        Per postcode the place of its band in `LEGEND`.
    demand
        Per postcode, of this intervention.
    flows
        Per postcode its flows: [before, minutes] where nothing changes, else rows of [before,
        after, minutes before, minutes after, extra minutes, share in percent]. Hospitals by their
        number, -1 where none can be reached; minutes are whole, `None` where there is no route;
        a share is `None` where there is one flow.
    markers
        Hospitals: number, role, more (whether it receives more), before, after (demand), size
        (times the plain symbol: 1 where volumes are not known), status (see
        `impact.outputs.text.wording.listing_status`; empty where the register says nothing).
    """

    case: Case
    bands: list[int]
    demand: list[float]
    flows: list[list[FlowRow]]
    markers: list[dict[str, Any]]


def opening(cases: Sequence[Case]) -> int:
    """Choose the case that a page opens on: what is decided, else what is named, else the first."""
    named = [place for place, each in enumerate(cases) if each.kind == "scenario"]
    decided = [place for place in named if cases[place].status == "decided"]
    return next(iter((*decided, *named)), 0)


def used_locations(result: Result) -> list[str]:
    """Hospitals that any layer shows."""
    return sorted(
        {name for view in result.principal for role in _ROLES for name in getattr(view.case, role)}
    )


def layer(result: Result, case: Case, locations: list[str]) -> Layer:
    """Make one layer."""
    number = {name: place for place, name in enumerate(locations)}
    shown = CaseView(result, case)
    flows = _flow_rows(case.flows, number)
    return Layer(
        case=case,
        bands=shown.bands.tolist(),
        demand=shown.postcodes["demand"].astype(float).round(2).tolist(),
        flows=[flows.get(code, []) for code in result.postcodes.index],
        markers=_markers(shown, number),
    )


def short_name(name: str) -> str:
    """Name of a hospital as a label on the map.

    Examples
    --------
    >>> short_name("Frisius MC Leeuwarden (MCL)")
    'Frisius MC Leeuwarden'
    """
    label = _IN_BRACKETS.sub("", name) or name
    return label if len(label) <= _LABEL_LENGTH else label[: _LABEL_LENGTH - 1] + "…"


def _flow_rows(flows: pd.DataFrame, number: dict[str, int]) -> dict[str, list[FlowRow]]:
    of, codes = pd.factorize(flows["postcode"])
    demand = flows["demand"].to_numpy(np.float64)
    total = np.bincount(of, demand, len(codes))[of]
    alone = (np.bincount(of, minlength=len(codes)) == 1)[of]
    with np.errstate(invalid="ignore"):
        percent = np.where(total > 0.0, np.rint(100.0 * demand / total), np.nan)
    rows: dict[str, list[FlowRow]] = {str(code): [] for code in codes}
    for postcode, before, after, was, will_be, extra, share, single in zip(
        flows["postcode"].tolist(),
        [number.get(name, _NOWHERE) for name in flows["provider_before"].tolist()],
        [number.get(name, _NOWHERE) for name in flows["provider_after"].tolist()],
        whole_minutes(flows["minutes_before"]),
        whole_minutes(flows["minutes_after"]),
        whole_minutes(flows["extra_minutes"]),
        [None if math.isnan(each) else int(each) for each in percent.tolist()],
        alone.tolist(),
        strict=True,
    ):
        if single and before == after:
            rows[postcode].append([before, was])
        else:
            rows[postcode].append([before, after, was, will_be, extra, None if single else share])
    return rows


def whole_minutes(minutes: pd.Series[float]) -> list[float | None]:
    """Whole minutes, but never zero for what is not zero; none without a route.

    Examples
    --------
    >>> whole_minutes(pd.Series([5.6, 0.2, -0.3, 0.001, np.inf]))
    [6, 0.1, -0.1, 0, None]
    """
    values = np.asarray(minutes, dtype=np.float64)
    bands = bands_of(values)
    finite = np.isfinite(values)
    out: list[float | None] = np.rint(np.where(finite, values, 0.0)).astype(int).tolist()
    for place in np.flatnonzero(finite & (bands != 0)).tolist():
        out[place] = out[place] or math.copysign(_SOME, values[place])
    for place in np.flatnonzero(~finite).tolist():
        out[place] = None
    return out


def _people(demand: float) -> float:
    return round(demand) or (_SOME if demand > 0.0 else 0)


def _markers(shown: CaseView, number: dict[str, int]) -> list[dict[str, Any]]:
    case, providers = shown.case, shown.result.providers
    before = case.flows.groupby("provider_before")["demand"].sum()
    after = case.flows.groupby("provider_after")["demand"].sum()
    listed = providers[providers["intervention"] == case.intervention.name]
    status = dict(zip(listed["location"], listing_statuses(listed), strict=True))
    sizes, volumes = symbol_sizes(shown), shown.volumes.to_dict("index")
    markers = []
    for role in _ROLES:
        for name in getattr(case, role):
            had, has = float(before.get(name, 0.0)), float(after.get(name, 0.0))
            markers.append(
                {
                    "at": number[name],
                    "role": role,
                    "more": bool(has > had + _MORE and role in {"stays", "outside"}),
                    "before": _people(had),
                    "after": _people(has),
                    "size": sizes.get(name, 1.0),
                    "status": status.get(name, ""),
                    **_ends(volumes.get(name, {})),
                }
            )
    return markers


def _ends(volumes: Mapping[Any, Any]) -> dict[str, list[float]]:
    """Bounds that hidden counts leave of the patients of a location, now and then."""
    found = {}
    for when in ("before", "after") if volumes.get("kind") == SUPPRESSED else ():
        low, high = (float(volumes[f"volume_{when}_{end}"]) for end in ("low", "high"))
        if low < high:
            found[f"{when}Ends"] = [rounded_down(low), rounded_up(high)]
    return found


def symbol_sizes(shown: CaseView) -> dict[str, float]:
    """Size of the symbols of hospitals by volume, where volumes are known."""
    rows = shown.volumes
    stops = rows.index.isin(shown.case.stops)
    volume = rows["volume_before"].where(stops, rows["volume_after"]).to_numpy(float)
    if not len(volume) or not np.isfinite(volume).all() or not volume.max() > 0.0:
        return {}
    low, high = _SIZES
    sizes = np.clip(high * np.sqrt(volume / volume.max()), low, high).round(2)
    return dict(zip(rows.index, sizes.tolist(), strict=True))


FEW_RESIDENTS = 100
"""Fewer are hatched on maps: their colour covers ground, not people."""


def few_residents(result: Result) -> NDArray[np.bool_]:
    """Tell which postcodes have few residents; none where residents are not known."""
    counted = result.unit.startswith("residents")
    column = "population" if "population" in result.postcodes else "demand"
    residents = result.postcodes[column].to_numpy(np.float64)
    few: NDArray[np.bool_] = residents < FEW_RESIDENTS
    return few if counted or column == "population" else np.zeros_like(few)
