"""How figures are rounded in sentences, so that no sentence is false of the unrounded figure.

| said | rounded |
|---|---|
| 'gemiddeld 5', 'ongeveer 5' | to the nearest: half a minute off at most |
| 'minstens 5', '1 op de 10 minstens 5' | down |
| 'hooguit 5' | up |
| 'tussen 5 en 8' | the low end down, the high end up |
| '5 nu, 8 straks, 3 erbij' | the difference is that of the rounded numbers beside it |

The 90th percentile is the least minutes that nine tenths do not exceed: at least one in ten gets it
or more, and often far fewer than one in ten get more, because minutes cluster.
`explorer_words.js` does the same in a browser.
"""

from __future__ import annotations

import math

_CLOSE = 1e-9
"""Sums of floating point may miss a whole number by so much."""


def rounded_down(value: float) -> float:
    """Round so that 'at least' is true; NaN stays NaN.

    Examples
    --------
    >>> rounded_down(32.7), rounded_down(32.0 - 1e-12), rounded_down(-0.5)
    (32.0, 32.0, -1.0)
    """
    return float(math.floor(value + _CLOSE)) if math.isfinite(value) else value


def rounded_up(value: float) -> float:
    """Round so that 'at most' is true; NaN stays NaN.

    Examples
    --------
    >>> rounded_up(32.1), rounded_up(32.0 + 1e-12), rounded_up(-0.5)
    (33.0, 32.0, 0.0)
    """
    return 0.0 - rounded_down(-value)


def rounded_difference(before: float, after: float) -> float:
    """Difference of two numbers as they are printed, for beside them; NaN where either is.

    Examples
    --------
    >>> rounded_difference(79.4, 122.6)
    44.0
    """
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.nan
    return float(round(after) - round(before))
