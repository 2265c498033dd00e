"""Maps of cases as SVG for pages: postcodes of a band are one shape, which keeps them small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from impact.model.measures import LEGEND, SHORTER, place_bands
from impact.outputs.pages.map_layers import (
    MUNICIPALITIES,
    map_shapes,
    postcode_shapes,
    shipped_areas,
)
from impact.outputs.pictures.lettering import Frame, Lettering, place_name, placed, squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.model.measures import Band

_MOST_TOWNS = 18
WIDTH = 1000
"""Units of a map from west to east."""

_MARGIN = 30
_DOT = 5.0
_SCREEN = Lettering(26.0, 0.57, 18.0)
_SCREEN_BOLD = Lettering(26.0, 0.63, 18.0)
"""Of hospitals that stop."""
_SCREEN_TOWN = Lettering(22.0, 0.57, 0.0)
_RADIUS = 15.0


@dataclass(frozen=True)
class Marker:
    """A hospital on a map, in its units; `anchor` is empty where its name found no room."""

    role: str
    name: str
    x: float
    y: float
    label_x: float = 0.0
    label_y: float = 0.0
    anchor: str = ""


@dataclass(frozen=True)
class CaseMap:
    """One map: key of a band -> path of the postcodes in it, the hospitals, and names of towns.

    Rings, as key of a band and place, are around postcodes of which the area is not known.
    """

    case: Case
    bands: tuple[tuple[str, str], ...]
    rings: tuple[tuple[str, float, float], ...]
    markers: tuple[Marker, ...]
    towns: tuple[Marker, ...]


@dataclass(frozen=True)
class Atlas:
    """Every map, and the paths that they share: municipal borders, and around the region."""

    height: int
    borders: str
    outline: str
    maps: tuple[CaseMap, ...]

    @property
    def ringed(self) -> bool:
        """Whether there are rings to explain."""
        return any(each.rings for each in self.maps)

    @property
    def legend(self) -> tuple[Band, ...]:
        """Bands to explain: who travels less only where somebody does."""
        drawn = {key for each in self.maps for key, _ in each.bands}
        return tuple(band for band in LEGEND if band is not SHORTER or SHORTER.key in drawn)


def atlas(result: Result) -> Atlas:
    """Draw the maps of a run."""
    cases = [case for case in result.cases if case.principal]
    return case_maps(cases, result.postcodes, result.hospitals, result.postcode_rows)


def case_maps(
    cases: Sequence[Case], places: pd.DataFrame, hospitals: pd.DataFrame, rows: pd.DataFrame
) -> Atlas:
    """Draw maps of some cases."""
    points = np.column_stack([places["lon"], places["lat"]]).astype(np.float64)
    shapes = postcode_shapes(tuple(places.index), points[:, 1], points[:, 0])
    names = {name for case in cases for name in (*case.stops, *case.opens, *case.stays)}
    at = hospitals.loc[sorted(names), ["lon", "lat"]].to_numpy(np.float64)
    bounds = shapely.total_bounds([*shapes, *shapely.points(np.vstack([points, at]))])
    west, south, east, north = (float(each) for each in bounds)
    frame = Frame.around((south, west, north, east), (WIDTH, math.inf), _MARGIN)
    discs = shapely.buffer(shapely.points(frame(points)), _DOT, quad_segs=2)
    polygons, is_disc = shapely.transform(shapes, frame), shapely.is_empty(shapes)
    height = round((north - south) * frame.scale) + 2 * _MARGIN

    def land(chosen: NDArray[np.bool_]) -> NDArray[np.object_]:
        # polygons are a coverage, so that their shared borders vanish
        merged = shapely.coverage_union_all(polygons[chosen & ~is_disc])
        return np.asarray(shapely.get_parts(merged), dtype=object)

    def bands(case: Case) -> Iterator[tuple[str, str]]:
        bands = _bands(rows, case, places.index)
        for place in np.unique(bands):
            chosen = bands == place
            path = _path(shapely.get_rings(land(chosen)))
            yield LEGEND[place].key, path + _path(shapely.get_rings(discs[chosen & is_disc]))

    drawn = map_shapes(places)
    ringed = frame(points[drawn.ringed]).round(1).tolist()

    def rings(case: Case) -> tuple[tuple[str, float, float], ...]:
        bands = _bands(rows, case, places.index)[drawn.ringed].tolist()
        return tuple((LEGEND[band].key, x, y) for band, (x, y) in zip(bands, ringed, strict=True))

    named = [(town.name, town.lon, town.lat) for town, inside in drawn.towns if inside]
    named_towns = placed(named[:_MOST_TOWNS], frame, _SCREEN_TOWN)
    maps = [
        CaseMap(
            case,
            tuple(bands(case)),
            rings(case),
            *_names(hospitals, case, frame, (WIDTH, height), named_towns, ringed),
        )
        for case in cases
    ]
    areas, wanted = shipped_areas(*MUNICIPALITIES).items(), set(places["municipality"])
    towns = np.array([area for name, area in areas if name in wanted], dtype=object)
    borders = shapely.get_parts(shapely.boundary(shapely.transform(towns, frame)))
    # around the land only: gaps inside it get no line of their own
    outline = shapely.get_exterior_ring(land(np.ones(len(places), dtype=bool)))
    return Atlas(height, _path(borders), _path(outline), tuple(maps))


def _names(
    hospitals: pd.DataFrame,
    case: Case,
    frame: Frame,
    room: tuple[float, float],
    towns: Sequence[tuple[str, tuple[float, float], Lettering]],
    ringed: Sequence[tuple[float, float]],
) -> tuple[tuple[Marker, ...], tuple[Marker, ...]]:
    """Place the hospitals of a case, and then the towns that leave room."""
    # in the order in which they get a name
    names = [(role, name) for role in ("stops", "opens", "stays") for name in getattr(case, role)]
    found = hospitals.loc[[name for _, name in names]]
    points = frame(found[["lon", "lat"]].to_numpy(np.float64)).tolist()
    taken = [*squares(points, _RADIUS), *squares(ringed, _DOT)]
    out = []
    for (role, name), (x, y) in zip(names, points, strict=True):
        lettering = _SCREEN_BOLD if role == "stops" else _SCREEN
        label = place_name(name, (x, y), lettering, taken, room)
        out.append(Marker(role, name, round(x, 1), round(y, 1), *label))
    placed = [
        Marker("town", name, x, y, *place_name(name, (x, y), style, taken, room))
        for name, (x, y), style in towns
    ]
    return tuple(reversed(out)), tuple(each for each in placed if each.anchor)


def _bands(rows: pd.DataFrame, case: Case, postcodes: pd.Index) -> NDArray[np.int64]:
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    rows = rows[here].set_index("postcode").reindex(postcodes)
    columns = ("mean_before", "mean_after", "mean_extra_moved", "demand")
    return place_bands(*(rows[name].to_numpy(np.float64) for name in columns))


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
