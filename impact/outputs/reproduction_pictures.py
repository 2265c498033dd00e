"""Geometry of the pictures of a reproduction: per cent across, so that pages of any width fit.

Three kinds of variation get three marks: a bar is a range under one definition, a tick is a
possible choice of who stops, a bracket is what other sets of providers would give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from impact.evidence.reproduce.run import Reproduction
    from impact.evidence.reproduce.treatments import Treatment
    from impact.evidence.reproduce.waterfall import Waterfall

WIDTH = 1000
"""Units from the left to the right end of a strip."""

_STEP = 10
_MOST_LINES = 8
_TICK_MINUTES = 0.25
_SETS = (0.1, 0.9)


@dataclass(frozen=True)
class Axis:
    """Minutes from left to right.

    Attributes
    ----------
    low, high
        Minutes at the ends.
    """

    low: float
    high: float

    def place(self, minutes: float) -> float:
        """Per cent from the left; what lies beyond is put at the end."""
        share = (minutes - self.low) / (self.high - self.low)
        return round(100.0 * min(1.0, max(0.0, share)), 2)

    @property
    def grid(self) -> list[tuple[int, float]]:
        """Whole minutes with a line, and where they lie."""
        step = _STEP
        while (self.high - self.low) / step > _MOST_LINES:
            step *= 2
        first = math.ceil(self.low / step) * step
        lines = range(first, int(self.high) + 1, step)
        return [(minutes, self.place(minutes)) for minutes in lines]


def axis_of(values: Iterable[float]) -> Axis:
    """Axis that holds all values and zero, ending at whole tens.

    Parameters
    ----------
    values
        Minutes; NaN does not count.

    Returns
    -------
    Axis

    Examples
    --------
    >>> axis_of([4.0, 17.3, float("nan")])
    Axis(low=0, high=20)
    """
    known = [value for value in values if math.isfinite(value)]
    low = _STEP * math.floor(min(0.0, *known) / _STEP) if known else 0
    high = _STEP * math.ceil(max(float(_STEP), *known) / _STEP) if known else _STEP
    return Axis(low, high)


@dataclass(frozen=True)
class Strip:
    """Possible choices of one treatment.

    Attributes
    ----------
    row
        The treatment.
    ticks
        Path: a tick per candidate mean; equal ones fall together.
    mark
        Where the chosen candidate lies, per cent.
    sets
        Where the bracket of provider sets begins and ends, per cent; `None` where there is one
        set only.
    least, greatest
        Means of the least and the greatest candidate.
    """

    row: Treatment
    ticks: str
    mark: float
    sets: tuple[float, float] | None
    least: float
    greatest: float


def strips(found: Reproduction, region: str, axis: Axis) -> list[Strip]:
    """Lay out the possible choices of a region's treatments, the greatest mean first.

    Parameters
    ----------
    found
        The reproduction.
    region
        Which.
    axis
        Shared with the bars.

    Returns
    -------
    list of Strip
        Treatments in which nobody is moved are left out.
    """
    rows = [row for row in found.of(region) if math.isfinite(row.chosen)]
    return [_strip(row, axis) for row in sorted(rows, key=lambda row: -row.chosen)]


def _strip(row: Treatment, axis: Axis) -> Strip:
    means = row.swept.means[~np.isnan(row.swept.means)]
    medians = row.hypotheses["median"].dropna().to_numpy(np.float64)
    bracket = None
    if len(medians) > 1:
        low, high = np.quantile(medians, _SETS)
        bracket = (axis.place(float(low)), axis.place(float(high)))
    places = np.unique(np.round(means / _TICK_MINUTES)) * _TICK_MINUTES
    ticks = "".join(f"M{WIDTH * axis.place(float(each)) / 100:.4g} 0v14" for each in places)
    return Strip(
        row, ticks, axis.place(row.chosen), bracket, float(means.min()), float(means.max())
    )


@dataclass(frozen=True)
class Fall:
    """One bar of a waterfall.

    Attributes
    ----------
    name
        Key of its text.
    start, width
        Per cent; a bar from before to after.
    change
        Minutes; `None` where it was not computed.
    after
        Minutes; `None` where it was not computed.
    alone
        The end with this change only; `None` for what is no single change.
    """

    name: str
    start: float
    width: float
    change: float | None
    after: float | None
    alone: float | None


def falls(waterfall: Waterfall, axis: Axis) -> list[Fall]:
    """Lay out one waterfall: plain, the steps, what is unexplained, published.

    Parameters
    ----------
    waterfall
        One end of one region.
    axis
        Shared by both ends.

    Returns
    -------
    list of Fall
    """
    out = [_whole("plain", waterfall.plain, axis)]
    for step in waterfall.steps:
        if step.after is None:
            out.append(Fall(step.name, 0.0, 0.0, None, None, None))
        else:
            out.append(_bar(step.name, step.before, step.after, axis, step.alone))
    out.append(_bar("unexplained", waterfall.reached, waterfall.published, axis, None))
    return [*out, _whole("published", waterfall.published, axis)]


def _whole(name: str, value: float, axis: Axis) -> Fall:
    bar = _bar(name, 0.0, value, axis, None)
    return Fall(name, bar.start, bar.width, None, value, None)


def _bar(name: str, before: float, after: float, axis: Axis, alone: float | None) -> Fall:
    left, right = sorted((axis.place(before), axis.place(after)))
    return Fall(name, left, round(right - left, 2), after - before, after, alone)


def waterfall_axis(pair: Iterable[Waterfall]) -> Axis:
    """Axis for both ends of one region.

    Parameters
    ----------
    pair
        Waterfalls.

    Returns
    -------
    Axis
    """
    values = []
    for each in pair:
        values += [each.plain, each.published, *(step.after or 0.0 for step in each.steps)]
    return axis_of(values)
