"""How long those who must go elsewhere travel, before and after: bars of five minutes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.measures import weighted_percentile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.result import Case

BIN = 5.0
"""Minutes."""
LIMITS = (30, 45, 60)
_NEARLY_ALL = 0.99
_WHEN = ("minutes_before", "minutes_after")


@dataclass(frozen=True)
class TravelBars:
    """Shares of the moved by their minutes.

    Attributes
    ----------
    starts : ndarray of float, shape (n_bars,)
        Minutes at which each bar begins.
    before, after : ndarray of float, shape (n_bars,)
        Per cent of the moved that have a route.
    """

    starts: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def last(self) -> float:
        """Minutes beyond which everybody stands in the last bar."""
        return float(self.starts[-1])

    @property
    def limits(self) -> tuple[int, ...]:
        """Limits of 30, 45 and 60 minutes that lie within the bars."""
        return tuple(limit for limit in LIMITS if limit < self.last + BIN)


def travel_bars(case: Case) -> TravelBars | None:
    """Count who travels how long, before and after.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    TravelBars or None
        `None` where nobody of the moved has a route both before and after.

    Notes
    -----
    The last bar holds the farthest hundredth: a few on islands would squeeze all the others.
    """
    flows = case.flows[case.flows["moved"]]
    flows = flows[np.isfinite(flows["minutes_before"]) & np.isfinite(flows["minutes_after"])]
    weight = flows["demand"].to_numpy(np.float64)
    if not weight.sum() > 0.0:
        return None
    minutes = [flows[each].to_numpy(np.float64) for each in _WHEN]
    far = [weighted_percentile(each, weight, _NEARLY_ALL) for each in minutes]
    last = BIN * math.ceil(max(*far, 1.0) / BIN)
    edges = np.arange(0.0, last + 2.0 * BIN, BIN)
    shares = [
        100.0
        * np.histogram(np.minimum(each, last + BIN / 2.0), bins=edges, weights=weight)[0]
        / weight.sum()
        for each in minutes
    ]
    return TravelBars(edges[:-1], shares[0], shares[1])
