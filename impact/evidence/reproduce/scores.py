"""How far each definition lies from the fourteen published ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.evidence.reproduce.published import PublishedRange

SCORE_COLUMNS = (
    "definition",
    "ends",
    "mae",
    "mae_low",
    "mae_high",
    "bias_low",
    "bias_high",
    "r_low",
    "r_high",
    "equal_when_rounded",
    "peaks_same",
)
_LEAST_FOR_R = 3


def scores(ranges: pd.DataFrame) -> pd.DataFrame:
    """Errors of every definition over the regions.

    Parameters
    ----------
    ranges
        Rows of reproduction.csv.

    Returns
    -------
    pandas.DataFrame
        In the order of the definitions. Mean absolute error (minutes) over both ends, over the
        lower and over the upper ends; bias is ours less published; r is Pearson's; ends that
        agree when ours is rounded; regions in which the peak is among those published.
    """
    out = []
    for definition, rows in ranges.groupby("definition", sort=False):
        low = (rows["ours_low"] - rows["published_low"]).to_numpy(np.float64)
        high = (rows["ours_high"] - rows["published_high"]).to_numpy(np.float64)
        both = np.concatenate([low, high])
        out.append(
            (
                definition,
                int((~np.isnan(both)).sum()),
                _mean(np.abs(both)),
                _mean(np.abs(low)),
                _mean(np.abs(high)),
                _mean(low),
                _mean(high),
                _r(rows["ours_low"], rows["published_low"]),
                _r(rows["ours_high"], rows["published_high"]),
                int((np.rint(low) == 0).sum() + (np.rint(high) == 0).sum()),
                int(rows["peak_same"].sum()),
            )
        )
    return pd.DataFrame(out, columns=SCORE_COLUMNS)


def guesses(published: Sequence[PublishedRange]) -> dict[str, float]:
    """Error of somebody who knows only the averages of the published ends and computes nothing.

    Parameters
    ----------
    published
        The ranges.

    Returns
    -------
    dict of str to float
        ``low``, ``high`` and ``both``: mean absolute deviation from the mean, minutes.

    Examples
    --------
    >>> from impact.evidence.reproduce.published import published_ranges
    >>> {key: round(value, 1) for key, value in guesses([*published_ranges().values()]).items()}
    {'low': 2.8, 'high': 6.7, 'both': 4.7}
    """
    low = np.array([each.low for each in published])
    high = np.array([each.high for each in published])
    errors = [np.abs(values - values.mean()) for values in (low, high)]
    return {
        "low": float(errors[0].mean()),
        "high": float(errors[1].mean()),
        "both": float(np.concatenate(errors).mean()),
    }


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _r(ours: pd.Series[float], theirs: pd.Series[float]) -> float:
    known = ours.notna().to_numpy()
    if known.sum() < _LEAST_FOR_R or np.ptp(ours[known]) == 0.0 or np.ptp(theirs[known]) == 0.0:
        return float("nan")
    return float(np.corrcoef(ours[known], theirs[known])[0, 1])
