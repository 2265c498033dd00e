"""Measures: weighted statistics of flows, by the formulas of docs/methods.md.

An average over the moved and an average over all stand side by side, each with the number behind
it. Means and percentiles are over moved demand with finite minutes after; who became unreachable
is counted beside them and counts as beyond every limit. Where there is nothing to average the
figure is NaN, not zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LIMITS = (30, 45, 60)
"""Minutes, strict: beyond 30 means more than 30."""

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


def measures(flows: pd.DataFrame) -> dict[str, float]:
    """All measures of one set of flows.

    Parameters
    ----------
    flows
        From `impact.concentration.allocation.flows`.

    Returns
    -------
    dict of str to float
        demand, moved, mean_extra_moved, mean_extra_all, mean_extra_longer, share_shorter,
        p10_extra, p50_extra, p90_extra, min_extra, max_extra, mean_before, mean_after (of the
        moved), beyond_30_before and so on (numbers of all demand), beyond_60_moved, unreachable,
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
    out["unreachable"] = float(demand[~np.isfinite(after)].sum())
    elsewhere = (flows["provider_before"] != flows["provider_after"]).to_numpy() & ~moved
    out["drawn"] = float(demand[elsewhere].sum())
    return out


def by_place(flows: pd.DataFrame, key: pd.Series[str]) -> pd.DataFrame:
    """Demand and means per postcode, municipality or other place.

    Parameters
    ----------
    flows
        From `impact.concentration.allocation.flows`.
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
