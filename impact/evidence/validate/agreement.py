"""Our minutes and kilometres beside the known ones: errors per trip, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.measures import weighted_percentile
from impact.evidence.validate.known import KINDS, KNOWN_COLUMNS
from impact.roads.distance import stretch_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.validate.known import KnownTimes
    from impact.times import TravelTimes

CLOSE_MINUTES = 2.0
"""Minutes from the limit of a class within which a trip still counts as close."""

DISTANCES = ("0-10", "10-20", "20-30", "30-50", "50+")
"""Bands of kilometres as the crow flies; the upper end is in the next."""

NO_ROUTE = "no route"
"""In the column ``agrees``: there is nothing to compare."""

ROW_COLUMNS = [
    *KNOWN_COLUMNS,
    *("ours", "error", "agrees", "close", "distance", "band", "region"),
]
"""Columns of `compare`."""

SUMMARY_COLUMNS = [
    "kind",
    "by",
    "group",
    "pairs",
    "unreachable",
    "bias",
    "mae",
    "p90",
    "agree",
    "close",
]
"""Columns of `summarise`."""

_PLACES = (("distance", "band", ("distance",)), ("region", "region", ("region",)))
_GROUPS = {
    "minutes": _PLACES,
    "class": (("class", "known", ("high", "low")), *_PLACES),
    "km": _PLACES,
}
_STEPS = np.array([10.0, 20.0, 30.0, 50.0])
_P90 = 0.9


def compare(known: KnownTimes, times: TravelTimes, regions: pd.Series[str]) -> pd.DataFrame:
    """Put our figure beside every known one.

    Parameters
    ----------
    known
        From `impact.evidence.validate.known.read_known`.
    times
        From its origins to its destinations; with kilometres where any are known.
    regions
        Region of each postcode; other origins have none.

    Returns
    -------
    pandas.DataFrame
        Rows of `known`, with ours (infinite without a route), error (ours minus known; for a class
        the minutes outside it, negative below), agrees (yes, no, `NO_ROUTE`, or empty where no
        tolerance says when minutes or kilometres agree), close (of a class: within
        `CLOSE_MINUTES` of it), distance (km as the crow flies), band (of `DISTANCES`) and region.
    """
    rows = known.frame
    origin = pd.Index(times.origins).get_indexer(pd.Index(rows["from"]))
    destination = pd.Index(times.destinations).get_indexer(pd.Index(rows["to"]))
    ours = times.minutes[origin, destination]
    kind = rows["kind"].to_numpy()
    if times.km is not None:
        ours = np.where(kind == "km", times.km[origin, destination], ours)
    routed, classes = np.isfinite(ours), kind == "class"
    value, low, high = (rows[each].to_numpy(np.float64) for each in ("value", "low", "high"))
    error = np.full(len(rows), np.inf)
    error[routed] = np.where(
        classes[routed],
        _outside(ours[routed], low[routed], high[routed]),
        ours[routed] - value[routed],
    )
    here, there = known.origins.loc[rows["from"]], known.destinations.loc[rows["to"]]
    crow = stretch_km(
        *(each[axis].to_numpy(np.float64) for each in (here, there) for axis in ("lat", "lon"))
    )
    return rows.assign(
        ours=ours,
        error=error,
        agrees=_agrees(error, classes, rows["tolerance"].to_numpy(np.float64)),
        close=classes & (np.abs(error) <= CLOSE_MINUTES),
        distance=crow,
        band=np.array(DISTANCES, dtype=object)[np.searchsorted(_STEPS, crow, side="right")],
        region=regions.reindex(rows["from"]).fillna("").to_numpy(),
    )


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Summarise errors per kind: over all, by class, by distance and by region of the origin.

    Parameters
    ----------
    rows
        From `compare`.

    Returns
    -------
    pandas.DataFrame
        `SUMMARY_COLUMNS`: pairs, unreachable among them, and over the others bias (mean error), mae
        (mean absolute error), p90 (of the absolute error, the smallest that nine in ten do not
        exceed), agree and close (shares; of rows that can agree). NaN where there are none.

    Notes
    -----
    Each pair counts once, whoever lives there.
    """
    out = []
    for kind in KINDS:
        own = rows[rows["kind"] == kind]
        if own.empty:
            continue
        out.append({"kind": kind, "by": "all", "group": "", **errors(own)})
        for by, column, order in _GROUPS[kind]:
            # classes by their limits, distances by their kilometres, regions by name
            for group, part in own.sort_values([*order]).groupby(column, sort=False):
                if group:
                    out.append({"kind": kind, "by": by, "group": group, **errors(part)})
    return pd.DataFrame(out, columns=SUMMARY_COLUMNS)


def errors(rows: pd.DataFrame) -> dict[str, float]:
    """Sum up the errors of some rows.

    Parameters
    ----------
    rows
        From `compare`, of one kind.

    Returns
    -------
    dict of str to float
        pairs, unreachable, bias, mae, p90, agree, close; see `summarise`.
    """
    routed = np.isfinite(rows["ours"].to_numpy(np.float64))
    error = rows["error"].to_numpy(np.float64)[routed]
    size = np.abs(error)
    judged = rows["agrees"].isin(["yes", "no"])
    classes = rows["kind"] == "class"
    agree, close = rows.loc[judged, "agrees"] == "yes", rows.loc[judged & classes, "close"]
    return {
        "pairs": len(rows),
        "unreachable": int((~routed).sum()),
        "bias": float(error.mean()) if len(error) else np.nan,
        "mae": float(size.mean()) if len(error) else np.nan,
        "p90": weighted_percentile(size, np.ones(len(size)), _P90),
        "agree": float(agree.mean()) if len(agree) else np.nan,
        "close": float(close.mean()) if len(close) else np.nan,
    }


def worst(rows: pd.DataFrame, *, kind: str, count: int = 10) -> pd.DataFrame:
    """Pick the trips of a kind with the largest errors.

    Parameters
    ----------
    rows
        From `compare`.
    kind
        Of `impact.evidence.validate.known.KINDS`.
    count
        How many at most.

    Returns
    -------
    pandas.DataFrame
        The largest first, of equals by names; trips without a route or an error are left out.
    """
    own = rows[(rows["kind"] == kind) & np.isfinite(rows["ours"]) & (rows["error"] != 0.0)]
    ranked: pd.DataFrame = own.assign(size=own["error"].abs()).sort_values(
        ["size", "from", "to"], ascending=[False, True, True], kind="stable"
    )
    return ranked.head(count).drop(columns="size")


def _outside(
    minutes: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Minutes by which a trip misses its class; never 0 for a trip outside."""
    tiny = np.finfo(np.float64).tiny
    below = np.minimum(minutes - low, -tiny)
    return np.where(minutes <= low, below, np.where(minutes > high, minutes - high, 0.0))


def _agrees(
    error: NDArray[np.float64], classes: NDArray[np.bool_], tolerance: NDArray[np.float64]
) -> NDArray[np.object_]:
    out = np.full(len(error), "", dtype=object)
    limit = np.where(classes, 0.0, tolerance)
    judged = ~np.isnan(limit)
    out[judged] = np.where(np.abs(error[judged]) <= limit[judged], "yes", "no")
    out[np.isinf(error)] = NO_ROUTE
    return out
