"""Minute bands: the same on every map, told apart by the colour-blind and in grey print."""

from __future__ import annotations

from dataclasses import dataclass


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


def band_of(extra: float) -> Band:
    """Band of a number of extra minutes.

    Parameters
    ----------
    extra
        Minutes of moved demand; NaN or infinite where there is no route.

    Returns
    -------
    Band

    Examples
    --------
    >>> band_of(0.0).key, band_of(5.0).key, band_of(30.1).key, band_of(-2.0).key
    ('band_0', 'band_0_5', 'band_30', 'band_shorter')
    """
    if not -1e9 < extra < 1e9:  # noqa: PLR2004 (NaN and infinities)
        return NO_ROUTE
    if abs(extra) < _ZERO:
        return BANDS[0]
    if extra < 0.0:
        return SHORTER
    return next(band for band in BANDS[1:] if extra <= band.high)


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
