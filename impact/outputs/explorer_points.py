"""Demand points too many for a page: the explorer then computes per PC4."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from impact.concentration.result import Result


def computed_by_pc4(result: Result, shown: Result) -> Result:
    """Take the mean minutes and the sum of the demand of each PC4, where points are many.

    Parameters
    ----------
    result
        By demand point.
    shown
        The same run, as `impact.outputs.coarse.drawn_by_pc4` gives it.

    Returns
    -------
    Result
        With times and weights per PC4: minutes are means over the points that have a route,
        weighted by demand, and infinite where none has. Figures computed from them are near those
        of the points, not equal to them. `result` itself where nothing was summed.
    """
    if shown is result:
        return result
    places = list(shown.postcodes.index)
    width = len(places[0])
    number = {place: row for row, place in enumerate(places)}
    row = np.array([number[str(point)[:width]] for point in result.times.origins])
    demand = result.postcodes["demand"].to_numpy(np.float64)
    total = np.bincount(row, demand, len(places))
    # a place without demand still has a travel time
    weight = np.where(total[row] > 0.0, demand, 1.0)
    columns = []
    for minutes in result.times.minutes.T:
        reached = np.where(np.isfinite(minutes), weight, 0.0)
        sums = np.bincount(row, np.where(reached > 0.0, minutes, 0.0) * reached, len(places))
        counted = np.bincount(row, reached, len(places))
        mean = np.full(len(places), np.inf)
        np.divide(sums, counted, out=mean, where=counted > 0.0)
        columns.append(mean)
    times = replace(
        result.times, origins=tuple(map(str, places)), minutes=np.column_stack(columns), km=None
    )
    weights = {
        name: np.asarray(np.bincount(row, values, len(places)), dtype=np.float64)
        for name, values in result.weights.items()
    }
    return replace(shown, times=times, weights=weights)
