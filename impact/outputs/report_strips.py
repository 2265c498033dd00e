"""The picture of the report: two kinds of variation, two marks, one row per intervention.

A tick is a possible choice (the mean of one candidate); a dot is one in a hundred of the people
who must go to another hospital. They never share a bar: a choice is not a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.measures import weighted_percentile
from impact.outputs.overview import choices, displayed, extremes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.concentration.result import Result
    from impact.outputs.overview import Line

WIDTH = 1000
"""Units from the left to the right end of the axis; rows are stretched to the page."""

LANE = 30
"""Height of the lane of dots, in units (which are pixels, vertically)."""

_PEOPLE = 100
_DOT = 4.0
_STEP = 10
_LEAST_AXIS = 20
_TICK_MINUTES = 0.25
_BIN_SHARE = 0.0075


@dataclass(frozen=True)
class Strip:
    """One row of the picture.

    Attributes
    ----------
    line
        The displayed case.
    ticks, dots
        Paths in units: candidates by their mean, people by their extra minutes.
    mark
        Where the displayed case lies, per cent of the axis; `None` without a mean.
    least, greatest
        Means of the least and the greatest possible choice, the displayed case among them.
    """

    line: Line
    ticks: str
    dots: str
    mark: float | None
    least: float
    greatest: float


@dataclass(frozen=True)
class Strips:
    """The whole picture.

    Attributes
    ----------
    rows
        The greatest mean first.
    axis
        Minutes of the grid lines, and where they lie (per cent).
    """

    rows: tuple[Strip, ...]
    axis: tuple[tuple[int, float], ...]


def strips(result: Result) -> Strips:
    """Lay out the picture.

    Parameters
    ----------
    result
        What a run gave.

    Returns
    -------
    Strips
    """
    shown = displayed(result)
    means_of = [np.array(choices(result, line)) for line in shown]
    people = [_people(line) for line in shown]
    known = np.concatenate([np.zeros(1), *means_of, *people])
    low = _STEP * math.floor(min(0.0, known.min()) / _STEP)
    high = max(_LEAST_AXIS, _STEP * math.ceil(known.max() / _STEP))
    rows = []
    for line, means, extra in zip(shown, means_of, people, strict=True):
        mean = float(line.row["mean_extra_moved"])
        least, greatest = extremes(result, line)
        rows.append(
            Strip(
                line=line,
                ticks=_ticks(means, low, high),
                dots=_dots(extra, low, high),
                mark=None if math.isnan(mean) else 100.0 * (mean - low) / (high - low),
                least=least,
                greatest=greatest,
            )
        )
    axis = [(minutes, 100.0 * (minutes - low) / (high - low)) for minutes in _grid(low, high)]
    return Strips(tuple(rows), tuple(axis))


def _grid(low: int, high: int) -> Sequence[int]:
    return range(low, high + 1, _STEP if high - low <= 10 * _STEP else 3 * _STEP)


def _people(line: Line) -> NDArray[np.float64]:
    """Extra minutes of every hundredth of the moved: the middle of each hundredth."""
    flows = line.case.flows
    counted = flows[flows["moved"] & np.isfinite(flows["extra_minutes"]) & (flows["demand"] > 0)]
    if counted.empty:
        return np.empty(0)
    extra = counted["extra_minutes"].to_numpy(np.float64)
    weight = counted["demand"].to_numpy(np.float64)
    shares = (np.arange(_PEOPLE) + 0.5) / _PEOPLE
    return np.array([weighted_percentile(extra, weight, float(share)) for share in shares])


def _ticks(means: NDArray[np.float64], low: float, high: float) -> str:
    """One tick for candidates that nobody could tell apart."""
    places = np.unique(np.round(means / _TICK_MINUTES)) * _TICK_MINUTES
    return "".join(f"M{_x(place, low, high)} 0v14" for place in places)


def _dots(extra: NDArray[np.float64], low: float, high: float) -> str:
    """Dots piled up per bin, from the floor of the lane; a full lane piles more tightly."""
    width = _BIN_SHARE * (high - low)
    bins, counts = np.unique(np.floor(extra / width), return_counts=True)
    parts = []
    for place, count in zip(bins, counts, strict=True):
        gap = min(_DOT, (LANE - _DOT) / max(1, int(count) - 1))
        x = _x((place + 0.5) * width, low, high)
        parts += [f"M{x} {LANE - _DOT / 2 - gap * level:.4g}h0" for level in range(int(count))]
    return "".join(parts)


def _x(minutes: float, low: float, high: float) -> str:
    return f"{WIDTH * (minutes - low) / (high - low):.4g}"
