"""Minutes in 16 bits, for pages that hold many."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_ROUTE = 0xFFFF
_PER_MINUTE = 100


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
