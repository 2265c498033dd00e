"""Geometry of the pictures of a validation, in units of one drawing that scales with the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.outputs.reproduction_pictures import Axis, axis_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.evidence.thinning import Thinning

LEFT, TOP, WIDTH, HEIGHT = 72.0, 14.0, 430.0, 330.0
"""Where the plot lies in a drawing of `SIZE`."""

SIZE = (520, 410)
"""Width and height of a drawing."""

_LANE = 46
_TICK = 30
_MINUTE_TICKS = (1, 2, 5, 10, 20, 40, 80, 160)
_ROOM = 1.15


@dataclass(frozen=True)
class Scatter:
    """Known against ours.

    Attributes
    ----------
    axis
        Shared by both directions.
    dots
        Path: a dot per trip; equal ones fall together.
    across, up
        Grid: (number, place in units).
    """

    axis: Axis
    dots: str
    across: list[tuple[int, float]]
    up: list[tuple[int, float]]


def scatter(rows: pd.DataFrame) -> Scatter:
    """Lay out known minutes or kilometres against ours.

    Parameters
    ----------
    rows
        From `impact.evidence.validate.agreement.compare`, of the kind minutes or km.

    Returns
    -------
    Scatter
        Trips without a route are left out.
    """
    shown = rows[np.isfinite(rows["ours"])]
    known, ours = (shown[name].to_numpy(np.float64) for name in ("value", "ours"))
    axis = axis_of([*known, *ours])
    x, y = (np.array([axis.place(float(each)) for each in one]) for one in (known, ours))
    return Scatter(
        axis,
        _dots(_across(x), _up(y)),
        [(number, float(_across(place))) for number, place in axis.grid],
        [(number, float(_up(place))) for number, place in axis.grid],
    )


@dataclass(frozen=True)
class Lane:
    """Trips of one known class.

    Attributes
    ----------
    known
        The class, as written.
    middle
        Place from the top, in units.
    start, width
        Of the class on the axis, in units.
    ticks
        Path: a tick per trip.
    count
        Trips with a route.
    """

    known: str
    middle: float
    start: float
    width: float
    ticks: str
    count: int


def lanes(rows: pd.DataFrame) -> tuple[Axis, list[Lane], list[tuple[int, float]]]:
    """Lay out our minutes per known class.

    Parameters
    ----------
    rows
        From `impact.evidence.validate.agreement.compare`, of the kind class.

    Returns
    -------
    axis, lanes, grid
        Classes by their limits; trips without a route are left out.
    """
    shown = rows[np.isfinite(rows["ours"])].sort_values(["high", "low"])
    limits = shown[["low", "high"]].to_numpy(np.float64)
    axis = axis_of([*shown["ours"], *limits[np.isfinite(limits)]])
    out = []
    for number, (known, own) in enumerate(shown.groupby("known", sort=False)):
        top = TOP + number * _LANE
        start, end = (
            float(_across(axis.place(float(own[name].iloc[0])))) for name in ("low", "high")
        )
        x = _across(np.array([axis.place(float(each)) for each in own["ours"]]))
        places = np.unique(np.round(2.0 * x)) / 2.0
        ticks = "".join(f"M{place:g} {top + (_LANE - _TICK) / 2:g}v{_TICK}" for place in places)
        out.append(Lane(str(known), top + _LANE / 2, start, end - start, ticks, len(own)))
    return axis, out, [(number, float(_across(place))) for number, place in axis.grid]


@dataclass(frozen=True)
class LawPicture:
    """Mean minutes to the nearest by locations left, both on logarithmic axes.

    Attributes
    ----------
    line, law
        Paths: measured mean, and the square-root law from the same start.
    bars
        Path: the middle 95 % of the draws at each size.
    points
        Places of the means.
    across, up
        Grid: (number, place in units).
    """

    line: str
    law: str
    bars: str
    points: list[tuple[float, float]]
    across: list[tuple[int, float]]
    up: list[tuple[int, float]]


def law_picture(thinned: Thinning) -> LawPicture:
    """Lay out how mean travel grows when locations close.

    Parameters
    ----------
    thinned
        Of minutes.

    Returns
    -------
    LawPicture
    """
    left = thinned.left.astype(np.float64)
    means = thinned.means.mean(axis=0)
    law = means[0] * np.sqrt(left[0] / left)
    bands = [thinned.band(each) for each in thinned.means.T]
    ends = [*(end for pair in bands for end in pair), *law]
    low, high = math.log(min(ends) / _ROOM), math.log(max(ends) * _ROOM)

    def up(value: float) -> float:
        return round(TOP + HEIGHT * (high - math.log(value)) / (high - low), 1)

    x = [
        round(LEFT + WIDTH * float(np.log(left[0] / each) / np.log(left[0] / left[-1])), 1)
        for each in left
    ]
    bars = "".join(
        f"M{place:g} {up(least):g}V{up(most):g}"
        for place, (least, most) in zip(x, bands, strict=True)
    )
    return LawPicture(
        _path(x, [up(float(each)) for each in means]),
        _path(x, [up(float(each)) for each in law]),
        bars,
        [(place, up(float(mean))) for place, mean in zip(x, means, strict=True)],
        [(int(each), place) for each, place in zip(thinned.left[::2], x[::2], strict=True)],
        [(each, up(each)) for each in _MINUTE_TICKS if low <= math.log(each) <= high],
    )


def lanes_bottom(count: int) -> float:
    """Place of the lower edge of so many lanes, in units from the top."""
    return TOP + count * _LANE


def _across(percent: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.round(LEFT + WIDTH * np.asarray(percent) / 100.0, 1)


def _up(percent: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.round(TOP + HEIGHT * (1.0 - np.asarray(percent) / 100.0), 1)


def _dots(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Dots that fall together at half a unit are drawn once: thousands of trips stay small."""
    places = np.unique(np.round(2.0 * np.column_stack([x, y])), axis=0) / 2.0
    return "".join(f"M{across:g} {up:g}h0" for across, up in places)


def _path(x: list[float], y: list[float]) -> str:
    return "M" + "L".join(f"{across:g} {up:g}" for across, up in zip(x, y, strict=True))
