"""An axis of minutes on a page, and minutes with their sign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from impact.outputs.text import Texts


def signed(t: Texts, value: float) -> str:
    """Write a difference in whole minutes with its sign."""
    rounded = round(value) if math.isfinite(value) else 0
    if not math.isfinite(value):
        return "–"
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{t.number(abs(rounded))}"


_STEP = 10
_MOST_LINES = 8


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

    Examples
    --------
    >>> axis_of([4.0, 17.3, float("nan")])
    Axis(low=0, high=20)
    """
    known = [value for value in values if math.isfinite(value)]
    low = _STEP * math.floor(min(0.0, *known) / _STEP) if known else 0
    high = _STEP * math.ceil(max(float(_STEP), *known) / _STEP) if known else _STEP
    return Axis(low, high)
