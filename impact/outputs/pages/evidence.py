"""What the pages of evidence share: their paper trail, an axis, signed minutes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.outputs.pages.page import environment, template_text
from impact.outputs.text.assumptions import input_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from impact.outputs.text import Texts


def write_evidence_page(
    path: Path, name: str, t: Texts, *, manifest: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    """Write the page of a piece of evidence, with its paper trail.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    roads = {**manifest["roads"], "sha256": manifest["roads_sha256"]}
    page = (
        environment()
        .get_template(f"{name}.html.j2")
        .render(
            t=t,
            manifest=manifest,
            sources=input_sources(roads, manifest["inputs"]),
            css=template_text("report.css") + template_text(f"{name}.css"),
            **shown,
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")


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
