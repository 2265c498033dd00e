"""Figures in hundredths, for pages that hold many."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NO_ROUTE = 0xFFFF
_PER_MINUTE = 100
_HALF = 0.5


def base64_hundredths(minutes: NDArray[np.float64]) -> str:
    """Write minutes in hundredths, which round to the same whole minutes.

    Examples
    --------
    >>> base64_hundredths(np.array([0.01, 2.56, np.inf]))
    'AQAAAf//'
    """
    exact = np.where(np.isfinite(minutes), minutes * _PER_MINUTE, float(_NO_ROUTE))
    whole = np.rint(exact)
    # half a minute is told apart from what is just below or above it
    half = whole % _PER_MINUTE == _PER_MINUTE // 2
    whole = np.minimum(np.where(half, whole + np.sign(exact - whole), whole), _NO_ROUTE)
    return base64.b64encode(whole.astype("<u2").tobytes()).decode("ascii")


def short_numbers(values: ArrayLike) -> list[float | None]:
    """Write figures with two decimals that round to the same whole numbers.

    Those without decimals have no point; what is not known is `None`.

    Examples
    --------
    >>> short_numbers([12.0, 2.496, 2.504, np.nan])
    [12, 2.49, 2.51, None]
    """
    given = np.asarray(values, dtype=np.float64)
    exact = np.where(np.isfinite(given), given, np.nan)
    rounded = np.round(exact, 2)
    half = (rounded % 1.0 == _HALF) & (rounded != exact)
    told = np.where(half, rounded + np.sign(exact - rounded) / _PER_MINUTE, rounded)
    return [
        None if math.isnan(value) else int(value) if value.is_integer() else value
        for value in np.round(told, 2).tolist()
    ]
