"""The travel table of the published impact analyses, beside our own measures.

With x = minutes after less minutes before, and n the patients of a row, over rows with x ≠ 0 only:

    mean before = sum n · before / sum n,    mean extra = sum n · x / sum n,    weight = sum n

Whoever happens to have the same (whole) minutes does not count, and whoever is nearer to a new
location counts with a negative x. Our own measures (`impact.model.measures`) count
everybody whose provider stops. The two are never mixed: every name here starts with ``published``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

BAND_EDGES = (5, 10, 15, 20, 25, 30, 45)
"""Minutes at which the bands above 0 part; a band holds its lower edge, not its upper one."""

LESS = "published_less"
SAME = "published_0"
_BELOW = f"published_below_{BAND_EDGES[0]}"
BANDS = (
    LESS,
    SAME,
    _BELOW,
    *(f"published_{low}_{high}" for low, high in pairwise(BAND_EDGES)),
    f"published_{BAND_EDGES[-1]}_more",
)
"""Names of the bands of x, from less than 0 upward."""


def travel_table(
    flows: pd.DataFrame, *, zero_rule: bool = True, fold_less: bool = False
) -> dict[str, float]:
    """Work out the published travel figures of one set of flows.

    Parameters
    ----------
    flows
        Of one treatment, scenario and network, with everybody who lives in the catchments of its
        members: minutes_before, minutes_after, demand.
    zero_rule
        Whether the means are 0 where no row has x ≠ 0, as published, or NaN.
    fold_less
        Whether who travels less counts in the band below 5, as published, or in one of its own.

    Returns
    -------
    dict of str to float
        published_mean_before, published_mean_extra (minutes, over x ≠ 0), published_weight (their
        demand), published_greatest_after, published_greatest_extra (over all demand; NaN without
        any), demand per band of x (`BANDS`), and published_no_route: demand without minutes
        before or after, which is in none of the others.

    Examples
    --------
    >>> import pandas as pd
    >>> flows = pd.DataFrame(
    ...     {
    ...         "minutes_before": [10.0, 12.0, 20.0],
    ...         "minutes_after": [22.0, 12.0, 16.0],
    ...         "demand": [30.0, 50.0, 10.0],
    ...     }
    ... )
    >>> table = travel_table(flows)
    >>> table["published_mean_extra"], table["published_weight"], table["published_0"]
    (8.0, 40.0, 50.0)
    """
    demand = flows["demand"].to_numpy(np.float64)
    before = flows["minutes_before"].to_numpy(np.float64)
    after = flows["minutes_after"].to_numpy(np.float64)
    counted = demand > 0.0
    reached = counted & np.isfinite(before) & np.isfinite(after)
    lost = float(demand[counted & ~reached].sum())
    n, before, after = demand[reached], before[reached], after[reached]
    extra = after - before
    changed = extra != 0.0
    weight = float(n[changed].sum())
    nothing = 0.0 if zero_rule else np.nan
    some = weight > 0.0
    band = np.searchsorted((0.0, *BAND_EDGES), extra, side="right") + 1
    band[extra < 0.0] = BANDS.index(LESS)
    band[extra == 0.0] = BANDS.index(SAME)
    totals = np.bincount(band, weights=n, minlength=len(BANDS))
    if fold_less:
        totals[BANDS.index(_BELOW)] += totals[BANDS.index(LESS)]
        totals[BANDS.index(LESS)] = 0.0
    return {
        "published_mean_before": float((n * before)[changed].sum()) / weight if some else nothing,
        "published_mean_extra": float((n * extra)[changed].sum()) / weight if some else nothing,
        "published_weight": weight,
        "published_greatest_after": float(after.max()) if len(after) else np.nan,
        "published_greatest_extra": float(extra.max()) if len(extra) else np.nan,
        **dict(zip(BANDS, totals.tolist(), strict=True)),
        "published_no_route": lost,
    }
