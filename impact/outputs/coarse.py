"""Many demand points on a map and in a report: drawn per PC4, counted per point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.rows import flow_rows, postcode_rows, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from impact.concentration.result import Case, Result

MOST_DRAWN = 12_000
"""Demand points up to which each is drawn: three times the postcodes of the Netherlands."""

_PC6 = r"\d{4} ?[A-Za-z]{1,2}"
_PC4_CHARACTERS = 4


def drawn_by_pc4(result: Result, *, most: int = MOST_DRAWN) -> Result:
    """Sum the demand points of a run per PC4, where they are too many to draw.

    Parameters
    ----------
    result
        Of a run.
    most
        Points up to which nothing is summed.

    Returns
    -------
    Result
        With fewer postcodes and flows; minutes are means weighted by demand. Summary, ranges and
        candidates are those of the points, and the manifest says under ``drawn`` what was summed.
        The same result where the points are few, or are no PC5 or PC6.
    """
    places, cases = cases_by_pc4(result.postcodes, result.cases, most=most)
    if places is result.postcodes:
        return result
    principal = [case for case in cases if case.principal]
    drawn = {"points": len(result.postcodes), "areas": len(places), "by": "PC4"}
    return replace(
        result,
        postcodes=places,
        cases=cases,
        flows=stacked(principal, flow_rows, places["ferry"]),
        postcode_rows=stacked(principal, postcode_rows, places["ferry"]),
        manifest={**result.manifest, "drawn": drawn},
    )


def cases_by_pc4(
    points: gpd.GeoDataFrame, cases: Sequence[Case], *, most: int = MOST_DRAWN
) -> tuple[gpd.GeoDataFrame, tuple[Case, ...]]:
    """Sum demand points and the flows of cases per PC4, where they are too many to draw.

    Parameters
    ----------
    points
        Postcodes, with their demand.
    cases
        With their flows.
    most
        Points up to which nothing is summed.

    Returns
    -------
    tuple
        Places and cases; the same where the points are few, or are no PC5 or PC6.
    """
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
