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
"""Nothing is reachable; drawn hatched."""

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
