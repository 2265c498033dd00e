"""results.gpkg for a GIS, or GeoParquet: postcodes, hospitals, and lines of who goes where.

Cases are numbered: columns of case 1 begin with ``case1_``, and the table ``cases`` says which case
that is. Coordinates are WGS 84 (EPSG:4326), minutes are one way.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from impact.outputs.pages.map_layers import drawn_by_pc4, postcode_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from impact.analysis.result import CaseView, Result

CRS = "EPSG:4326"
CASES = "cases"
AREAS, POINTS, HOSPITALS, FLOWS = "postcodes", "postcode_points", "hospitals", "flows"
"""Layers: areas, the points that minutes are computed from, hospitals, and lines."""

_NUMBERS = ("demand", "moved", "mean_before", "mean_after", "mean_extra_moved")
_NAMES = ("nearest_before", "nearest_after")
_ABOUT = ("place", "municipality", "province", "island", "ferry")
_SUMMARY = ("demand", "moved", "mean_extra_moved", "p90_extra", "mean_extra_all")
_ROLES = ("stops", "opens", "stays", "outside")
_MOMENT = "OGR_CURRENT_DATE"


def layers(result: Result) -> dict[str, pd.DataFrame]:
    """Return every layer by its name, and the table of cases, of the first readings.

    Parameters
    ----------
    result
        From `impact.analysis.run.run_study`.

    Returns
    -------
    dict of str to DataFrame
        GeoDataFrames, except `CASES`. Minutes without a route are empty, and ``no_route`` is true.
    """
    drawn = drawn_by_pc4(result)
    columns = ("lat", "lon")
    lats, lons = (drawn.postcodes[each].to_numpy(np.float64) for each in columns)
    areas = postcode_shapes([str(each) for each in drawn.postcodes.index], lats, lons)
    out: dict[str, pd.DataFrame] = {}
    if not shapely.is_empty(areas).all():
        # a postcode without an area keeps its row
        areas[shapely.is_empty(areas)] = None
        out[AREAS] = _postcodes(drawn, _multi(areas))
    out[POINTS] = _postcodes(result, result.postcodes.geometry.to_numpy())
    out[HOSPITALS] = _hospitals(result)
    out[FLOWS] = _flows(result)
    out[CASES] = _cases(result)
    return out


def write_gpkg(made: Mapping[str, pd.DataFrame], path: Path, *, created: str) -> None:
    """Write layers into one GeoPackage; the same run gives the same bytes.

    Parameters
    ----------
    made
        From `layers`.
    path
        Of the GeoPackage; what it holds is replaced.
    created
        When the run was made, as in its manifest.
    """
    with TemporaryDirectory() as folder, _moment(created):
        # GDAL warns of a GeoPackage that is not called so
        file = Path(folder) / "results.gpkg"
        for place, (name, frame) in enumerate(made.items()):
            pyogrio.write_dataframe(frame, file, layer=name, driver="GPKG", append=place > 0)
        path.write_bytes(file.read_bytes())


def write_geoparquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a layer as GeoParquet, and the table of cases as Parquet."""
    frame.to_parquet(path, index=False)


@contextmanager
def _moment(created: str) -> Iterator[None]:
    """Let files say when the run was made, and not when they were."""
    before = pyogrio.get_gdal_config_option(_MOMENT)
    moment = pd.Timestamp(created).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({_MOMENT: moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_MOMENT: before})


def _multi(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return areas as of one kind."""
    return np.array(
        [None if x is None else shapely.multipolygons(shapely.get_parts(x)) for x in shapes],
        dtype=object,
    )


def _postcodes(result: Result, shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    places = result.postcodes
    columns: dict[str, object] = {"postcode": [str(each) for each in places.index]}
    columns |= {name: places[name].astype(str).to_numpy() for name in _ABOUT}
    columns["no_route"] = ~np.isfinite(result.times.minutes).any(axis=1)
    for number, view in enumerate(result.principal, start=1):
        rows = view.postcodes
        for name in _NUMBERS:
            columns[f"case{number}_{name}"] = _finite(rows[name])
        for name in _NAMES:
            columns[f"case{number}_{name}"] = rows[name].astype(str).to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _finite(values: pd.Series[float]) -> NDArray[np.float64]:
    """Return numbers, with those that are none or without end left empty."""
    numbers = values.to_numpy(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _hospitals(result: Result) -> gpd.GeoDataFrame:
    places = result.hospitals
    columns: dict[str, object] = {"name": [str(each) for each in places.index]}
    for name in ("organisation", "city", "region"):
        if name in places:
            columns[name] = places[name].astype(str).to_numpy()
    for number, view in enumerate(result.principal, start=1):
        roles = {name: role for role in _ROLES for name in getattr(view.case, role)}
        columns[f"case{number}_role"] = [roles.get(str(name), "") for name in places.index]
    shapes = shapely.points(places[["lon", "lat"]].to_numpy(np.float64))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _flows(result: Result) -> gpd.GeoDataFrame:
    """Lines from every postcode to the hospital where it goes; none where there is no route."""
    flows = result.flows
    number = {view.key: place for place, view in enumerate(result.principal, start=1)}
    keys = zip(flows["intervention"], flows["scenario"], strict=True)
    starts = result.postcodes.loc[flows["postcode"], ["lon", "lat"]].to_numpy(np.float64)
    ends = result.hospitals[["lon", "lat"]].reindex(flows["provider_after"]).to_numpy(np.float64)
    known = np.isfinite(ends).all(axis=1)
    lines = np.full(len(flows), None, dtype=object)
    lines[known] = shapely.linestrings(np.stack([starts[known], ends[known]], axis=1))
    minutes = {
        name: _finite(flows[name]) for name in ("minutes_before", "minutes_after", "extra_minutes")
    }
    frame = pd.DataFrame(
        {
            "case": [number[key] for key in keys],
            "intervention": flows["intervention"].astype(str).to_numpy(),
            "scenario": flows["scenario"].astype(str).to_numpy(),
            "postcode": flows["postcode"].astype(str).to_numpy(),
            "provider_before": flows["provider_before"].astype(str).to_numpy(),
            "provider_after": flows["provider_after"].astype(str).to_numpy(),
            "moved": np.concatenate([view.case.flows["moved"] for view in result.principal]),
            "demand": flows["demand"].to_numpy(np.float64),
            **minutes,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)


def _cases(result: Result) -> pd.DataFrame:
    return pd.DataFrame(
        [_case(number, view) for number, view in enumerate(result.principal, start=1)]
    )


def _case(number: int, view: CaseView) -> dict[str, object]:
    case = view.case
    figures = {name: float(view.row[name]) for name in _SUMMARY}
    return {
        "case": number,
        "intervention": case.intervention.name,
        "scenario": case.scenario,
        "kind": case.kind,
        "status": case.status,
        "stops": "; ".join(case.stops),
        "opens": "; ".join(case.opens),
        "unit": view.result.said_unit(case.intervention.name),
        **{name: value if np.isfinite(value) else np.nan for name, value in figures.items()},
    }
