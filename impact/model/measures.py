"""Measures: weighted statistics of flows and minute bands, by the formulas of docs/methods.md.

An average over the moved and an average over all stand side by side, each with the number behind
it. Means and percentiles are over moved demand with finite minutes after; who became unreachable
is counted beside them and counts as beyond every limit. Where there is nothing to average the
figure is NaN, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Band:
    """One band of extra minutes.

    Attributes
    ----------
    key
        Text key in the common catalogue, without ``common.``.
    low, high
        Minutes; low < extra <= high, except that the band of zero holds exactly zero.
    colour
        Fill, from light to dark (a sequential scale that keeps its order in grey).
    """

    key: str
    low: float
    high: float
    colour: str


BANDS = (
    Band("band_0", 0.0, 0.0, "#ffffcc"),
    Band("band_0_5", 0.0, 5.0, "#d9f0a3"),
    Band("band_5_10", 5.0, 10.0, "#7fcdbb"),
    Band("band_10_20", 10.0, 20.0, "#41a0c4"),
    Band("band_20_30", 20.0, 30.0, "#2c5fa8"),
    Band("band_30", 30.0, float("inf"), "#10204f"),
)
SHORTER = Band("band_shorter", float("-inf"), 0.0, "#f4a582")
"""Moved, and travels less than before."""
NOBODY = Band("band_nobody", float("nan"), float("nan"), "#d4d4d4")
"""Nobody here is moved."""
NO_ROUTE = Band("no_route", float("nan"), float("nan"), "#ffffff")
"""Nothing is reachable; drawn as a net."""

_ZERO = 0.005
"""Minutes that count as none: half of the last digit that tables show."""


LEGEND = (*BANDS, SHORTER, NOBODY, NO_ROUTE)
"""Every band in the order of legends; arrays name a band by its place in it."""

_SHORTER, _NOBODY, _NO_ROUTE = (LEGEND.index(band) for band in (SHORTER, NOBODY, NO_ROUTE))
_HIGHS = np.array([band.high for band in BANDS[1:]])


def bands_of(extra: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bands of numbers of extra minutes.

    Parameters
    ----------
    extra : ndarray of float, shape (n,)
        Minutes of moved demand; NaN or infinite where there is no route.

    Returns
    -------
    ndarray of int, shape (n,)
        Places in `LEGEND`.

    Examples
    --------
    >>> [LEGEND[place].key for place in bands_of(np.array([0.0, 5.0, 30.1, -2.0, np.inf]))]
    ['band_0', 'band_0_5', 'band_30', 'band_shorter', 'no_route']
    """
    longer = 1 + np.searchsorted(_HIGHS, extra)
    found = np.where(extra < 0.0, _SHORTER, np.minimum(longer, len(BANDS) - 1))
    return np.where(np.isfinite(extra), np.where(np.abs(extra) < _ZERO, 0, found), _NO_ROUTE)


def place_bands(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    extra_moved: NDArray[np.float64],
    demand: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Bands in which places (or flows) are drawn and counted.

    Whoever has no route after the change is in `NO_ROUTE`; whoever is moved, in the band of the
    extra minutes; whoever is not moved but gets there sooner, because a location opens, in
    `SHORTER`; everybody else in `NOBODY`.

    Parameters
    ----------
    before, after : ndarray of float, shape (n,)
        Mean minutes of all demand; infinite without a route.
    extra_moved : ndarray of float, shape (n,)
        Mean extra minutes of the moved demand; NaN where nobody is moved.
    demand : ndarray of float, shape (n,)

    Returns
    -------
    ndarray of int, shape (n,)
        Places in `LEGEND`.

    Examples
    --------
    >>> nan, inf = np.nan, np.inf
    >>> before, after = np.array([6.0, 6.0, 48.0, 6.0]), np.array([52.0, 6.0, 5.0, inf])
    >>> extra, demand = np.array([46.0, nan, nan, 3.0]), np.full(4, 900.0)
    >>> [LEGEND[place].key for place in place_bands(before, after, extra, demand)]
    ['band_30', 'band_nobody', 'band_shorter', 'no_route']
    """
    with np.errstate(invalid="ignore"):
        change = bands_of(after - before)
    drawn = (demand > 0.0) & np.isfinite(before) & (change == _SHORTER)
    unmoved = np.where(drawn, _SHORTER, _NOBODY)
    found = np.where(np.isnan(extra_moved), unmoved, bands_of(extra_moved))
    return np.where(np.isinf(after), _NO_ROUTE, found)


def hardest_hit(places: pd.DataFrame) -> pd.DataFrame:
    """Places whose moved get minutes, the most first, of equals by name.

    Parameters
    ----------
    places
        From `by_place`: its moved and mean_extra_moved; the index names the places.

    Returns
    -------
    pandas.DataFrame
        The rows with moved demand that has a route.
    """
    hit = places[(places["moved"] > 0.0) & places["mean_extra_moved"].notna()]
    # the last digit of a mean decides no order
    key = -hit["mean_extra_moved"].round(9).to_numpy(np.float64)
    return hit.iloc[np.lexsort((hit.index.to_numpy(object), key))]


SAME_MINUTES = 1.0
"""Two scenarios that differ by less than this are called equal: it is well inside any margin."""

DIFFERENCES = (
    Band("difference_a_20", float("-inf"), -20.0, "#7f3b08"),
    Band("difference_a_10_20", -20.0, -10.0, "#b35806"),
    Band("difference_a_5_10", -10.0, -5.0, "#e08214"),
    Band("difference_a_1_5", -5.0, -SAME_MINUTES, "#fdb863"),
    Band("difference_same", -SAME_MINUTES, SAME_MINUTES, "#f2f2f2"),
    Band("difference_b_1_5", SAME_MINUTES, 5.0, "#cdc8e4"),
    Band("difference_b_5_10", 5.0, 10.0, "#a59bc9"),
    Band("difference_b_10_20", 10.0, 20.0, "#7a68ac"),
    Band("difference_b_20", 20.0, float("inf"), "#4d2f85"),
)
"""Minutes in A less those in B, from A much shorter to B much shorter; B is hatched on maps."""


def difference_of(minutes: float) -> Band:
    """Band of a difference between two scenarios.

    Parameters
    ----------
    minutes
        In A less in B: negative where A is shorter; infinite where one of them has no route.

    Returns
    -------
    Band
        `NO_ROUTE` for NaN: neither has a route.

    Examples
    --------
    >>> [difference_of(each).key for each in (-25.0, -1.0, -0.9, 0.0, 1.0, 5.0, 5.1)]
    ['difference_a_20', 'difference_a_1_5', 'difference_same', 'difference_same',
     'difference_b_1_5', 'difference_b_1_5', 'difference_b_5_10']
    """
    if minutes != minutes:  # noqa: PLR0124 (NaN: nothing to compare)
        return NO_ROUTE
    middle = len(DIFFERENCES) // 2
    size = abs(minutes)
    if size < SAME_MINUTES:
        return DIFFERENCES[middle]
    # the bands of A mirror those of B
    step = next(step for step in range(1, middle + 1) if size <= DIFFERENCES[middle + step].high)
    return DIFFERENCES[middle + step if minutes > 0.0 else middle - step]


LIMITS = (30, 45, 60)
"""Minutes, strict: beyond 30 means more than 30."""

EXTRA_LIMITS = (30, 45)
"""Minutes extra, strict."""

_ECDF_TOLERANCE = 1e-12


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Mean of values, each counted as often as its weight says.

    Parameters
    ----------
    values, weights : ndarray of float, shape (n,)
        Weights of zero or more.

    Returns
    -------
    float
        NaN where the weights add to zero.

    Examples
    --------
    >>> weighted_mean(np.array([10.0, 40.0]), np.array([2.0, 1.0]))
    20.0
    """
    counted = weights > 0.0
    if not counted.any():
        return np.nan
    return float((values[counted] * weights[counted]).sum() / weights[counted].sum())


def weighted_percentile(
    values: NDArray[np.float64], weights: NDArray[np.float64], share: float
) -> float:
    """Inverse of the weighted ECDF: the smallest value whose cumulative weight reaches a share.

    Parameters
    ----------
    values, weights : ndarray of float, shape (n,)
        Values without weight do not count.
    share
        0 to 1; 0 gives the least value.

    Returns
    -------
    float
        NaN where the weights add to zero.

    Examples
    --------
    >>> weighted_percentile(np.array([1.0, 2.0, 30.0]), np.array([5.0, 4.0, 1.0]), 0.9)
    2.0
    """
    return weighted_percentiles(values, weights, (share,))[0]


def weighted_percentiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], shares: Sequence[float]
) -> list[float]:
    """Several weighted percentiles of the same values.

    Parameters
    ----------
    values, weights, shares
        As of `weighted_percentile`.

    Returns
    -------
    list of float
        One per share.

    Examples
    --------
    >>> weighted_percentiles(np.array([1.0, 2.0, 30.0]), np.array([5.0, 4.0, 1.0]), (0.5, 1.0))
    [1.0, 30.0]
    """
    counted = weights > 0.0
    if not counted.any():
        return [np.nan] * len(shares)
    order = np.argsort(values[counted], kind="stable")
    cumulative = np.cumsum(weights[counted][order])
    targets = np.array(shares) * cumulative[-1] * (1.0 - _ECDF_TOLERANCE)
    found: list[float] = values[counted][order][np.searchsorted(cumulative, targets)].tolist()
    return found


UNKNOWN_WITHOUT_DESTINATION = (
    "mean_extra_all",
    *(f"beyond_{limit}_after" for limit in LIMITS),
    "beyond_60_moved",
    *(f"extra_over_{limit}" for limit in EXTRA_LIMITS),
    "unreachable",
)
"""Measures that say nothing where it is not known who takes over."""


def measures(flows: pd.DataFrame) -> dict[str, float]:
    """All measures of one set of flows.

    Parameters
    ----------
    flows
        From `impact.model.allocation.flows`.

    Returns
    -------
    dict of str to float
        demand, moved, mean_extra_moved, mean_extra_all, mean_extra_longer, share_shorter,
        p10_extra, p50_extra, p90_extra, min_extra, max_extra, mean_before, mean_after (of the
        moved), beyond_30_before and so on (numbers of all demand), beyond_60_moved, unreachable,
        extra_over_30 and extra_over_45 (see `extra_over`),
        and drawn (demand whose provider stays but that goes elsewhere, where locations open).
    """
    demand = flows["demand"].to_numpy(np.float64)
    before = flows["minutes_before"].to_numpy(np.float64)
    after = flows["minutes_after"].to_numpy(np.float64)
    extra = flows["extra_minutes"].to_numpy(np.float64)
    moved = flows["moved"].to_numpy(bool)
    finite = np.isfinite(extra)
    counted = moved & finite
    moved_extra, weight = extra[counted], demand[counted]
    longer, moved_weight = moved_extra > 0.0, float(weight.sum())
    out = {
        "demand": float(demand.sum()),
        "moved": float(demand[moved].sum()),
        "mean_extra_moved": weighted_mean(moved_extra, weight),
        "mean_extra_all": weighted_mean(extra[finite], demand[finite]),
        "mean_extra_longer": weighted_mean(moved_extra[longer], weight[longer]),
        "share_shorter": float(weight[moved_extra < 0.0].sum()) / moved_weight
        if moved_weight > 0.0
        else np.nan,
        **dict(
            zip(
                ("p10_extra", "p50_extra", "p90_extra", "min_extra", "max_extra"),
                weighted_percentiles(moved_extra, weight, (0.1, 0.5, 0.9, 0.0, 1.0)),
                strict=True,
            )
        ),
        "mean_before": weighted_mean(before[counted], weight),
        "mean_after": weighted_mean(after[counted], weight),
    }
    for limit in LIMITS:
        out[f"beyond_{limit}_before"] = float(demand[before > limit].sum())
        out[f"beyond_{limit}_after"] = float(demand[after > limit].sum())
    out["beyond_60_moved"] = float(demand[moved & (after > LIMITS[-1])].sum())
    out |= extra_over(flows)
    out["unreachable"] = float(demand[~np.isfinite(after)].sum())
    elsewhere = (flows["provider_before"] != flows["provider_after"]).to_numpy() & ~moved
    out["drawn"] = float(demand[elsewhere].sum())
    return out


def extra_over(flows: pd.DataFrame) -> dict[str, float]:
    """Count the moved who get more minutes extra than each of `EXTRA_LIMITS`.

    Not to be read as who travels so long in all: that is `beyond_30_after`.

    Parameters
    ----------
    flows
        From `impact.model.allocation.flows`.

    Returns
    -------
    dict of str to float
        ``extra_over_30`` and ``extra_over_45``. Who has a route today and none after the change is
        beyond every limit; who has none today counts in neither.
    """
    moved = flows[flows["moved"]]
    demand = moved["demand"].to_numpy(np.float64)
    before, after = (moved[f"minutes_{key}"].to_numpy(np.float64) for key in ("before", "after"))
    extra = np.where(np.isfinite(before), after, 0.0) - np.where(np.isfinite(before), before, 0.0)
    return {f"extra_over_{limit}": float(demand[extra > limit].sum()) for limit in EXTRA_LIMITS}


def by_place(flows: pd.DataFrame, key: pd.Series[str]) -> pd.DataFrame:
    """Demand and means per postcode, municipality or other place.

    Parameters
    ----------
    flows
        From `impact.model.allocation.flows`.
    key
        Place of each row of `flows`.

    Returns
    -------
    pandas.DataFrame
        Index: place, sorted. Columns demand, moved, mean_before and mean_after (of all demand of
        the place that has a route; infinite where none has), mean_extra_moved and max_extra (of
        its moved demand).
    """
    codes, places = pd.factorize(key.to_numpy(), sort=True)
    demand = flows["demand"].to_numpy(np.float64)
    extra = flows["extra_minutes"].to_numpy(np.float64)
    moved = flows["moved"].to_numpy(bool)
    total = np.bincount(codes, demand, len(places))
    # a place without residents still has a travel time, so that no map shows a hole
    weight = np.where(total[codes] > 0.0, demand, 1.0)
    counted = moved & np.isfinite(extra) & (demand > 0.0)
    greatest = np.full(len(places), -np.inf)
    np.maximum.at(greatest, codes[counted], extra[counted])
    return pd.DataFrame(
        {
            "demand": total,
            "moved": np.bincount(codes, np.where(moved, demand, 0.0), len(places)),
            "mean_before": _reached_means(flows["minutes_before"], codes, weight, len(places)),
            "mean_after": _reached_means(flows["minutes_after"], codes, weight, len(places)),
            "mean_extra_moved": _means(flows["extra_minutes"], codes, weight, counted, len(places)),
            "max_extra": np.where(np.isfinite(greatest), greatest, np.nan),
        },
        index=pd.Index(places),
    )


def _reached_means(
    minutes: pd.Series[float],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64],
    places: int,
) -> NDArray[np.float64]:
    """Mean minutes per place over who has a route; infinite where nobody has."""
    finite = np.isfinite(minutes.to_numpy(np.float64)) & (weight > 0.0)
    means = _means(minutes, codes, weight, finite, places)
    return np.where(np.isnan(means), np.inf, means)


def _means(
    values: pd.Series[float],
    codes: NDArray[np.int64],
    weight: NDArray[np.float64],
    counted: NDArray[np.bool_],
    places: int,
) -> NDArray[np.float64]:
    """Weighted mean per place over the rows that count; NaN where none does."""
    chosen, heavy = codes[counted], weight[counted]
    total = np.bincount(chosen, heavy, places)
    with np.errstate(invalid="ignore"):
        means = np.bincount(chosen, values.to_numpy(np.float64)[counted] * heavy, places) / total
    return np.where(total > 0.0, means, np.nan)
