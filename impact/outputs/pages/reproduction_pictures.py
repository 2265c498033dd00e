"""Pictures of a reproduction: choices, definitions, redistribution, waterfalls.

Three kinds of variation get three marks: a bar is a range under one definition, a tick is a
possible choice of who stops, a bracket is what other sets of providers would give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.model.allocation_rule import BYPASS_BETAS
from impact.outputs.pages.axis import Axis, axis_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from impact.evidence.published.explain import Waterfall
    from impact.evidence.published.run import Reproduction
    from impact.evidence.published.treatments import Treatment

Rows = dict[str, dict[str, dict[str, Any]]]
"""Rows of reproduction.csv by definition and region."""

WIDTH = 1000
"""Units from the left to the right end of a strip."""

_TICK_MINUTES = 0.25
_SETS = (0.1, 0.9)


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
    """Lay out the possible choices of a region's treatments, the greatest mean first."""
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
    """Lay out one waterfall: plain, the steps, what is unexplained, published."""
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
    """Axis for both ends of one region."""
    values = []
    for each in pair:
        values += [each.plain, each.published, *(step.after or 0.0 for step in each.steps)]
    return axis_of(values)


_PICTURED = (
    DEFAULT,
    "interventions, mean of two middle candidates",
    "interventions, expected candidate",
    "interventions, median provider set",
    LEAST,
    GREATEST,
    *(f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS),
    "postcodes P10-P90",
    "profiles",
)
"""Definitions in the picture of each region; all of them stand in the annex."""


@dataclass(frozen=True)
class _Bar:
    """A range in the picture of a region."""

    text: str
    low: float
    high: float
    start: float
    width: float


def below_norm(found: Reproduction, region: str) -> dict[str, float]:
    """Count the combinations of hospital and treatment that are below the norm."""
    rows = found.of(region)
    below = sum(row.published.below for row in rows)
    pairs = sum(row.published.providing for row in rows)
    return {"below": below, "pairs": pairs, "share": below / pairs, "treatments": len(rows)}


def region_picture(
    found: Reproduction, region: str, words: dict[str, str], rows: Rows
) -> dict[str, Any]:
    """Lay out the definitions and the possible choices of one region on one axis."""
    said = found.published[region]
    wanted = [name for name in _PICTURED if name in words]
    ends = []
    for name in wanted:
        row = rows[name][region]
        ends.append((name, float(row["ours_low"]), float(row["ours_high"])))
    shown = [value for _, low, high in ends for value in (low, high)]
    axis = axis_of([said.low, said.high, *shown])
    start = axis.place(said.low)
    return {
        "axis": axis,
        "published": _Bar("", said.low, said.high, start, round(axis.place(said.high) - start, 2)),
        "bars": [_bar_of(words[name], low, high, axis) for name, low, high in ends],
        "strips": strips(found, region, axis),
    }


def _bar_of(text: str, low: float, high: float, axis: Axis) -> _Bar:
    start = axis.place(low)
    return _Bar(text, low, high, start, round(axis.place(high) - start, 2))


def redistribution(found: Reproduction, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Redistribution against travel time, the published figure made quantitative."""
    shares = {region: below_norm(found, region)["share"] for region in found.published}
    across = Axis(0.0, max(0.5, math.ceil(10.0 * max(shares.values())) / 10.0))
    ends = [float(row[key]) for row in rows.values() for key in ("ours_low", "ours_high")]
    ends += [end for said in found.published.values() for end in (said.low, said.high)]
    up = axis_of(ends)
    points = []
    order = sorted(found.published, key=lambda region: (shares[region], region))
    for number, region in enumerate(order, start=1):
        own = [row.chosen for row in found.of(region) if math.isfinite(row.chosen)]
        said, row = found.published[region], rows[region]
        points.append(
            {
                "number": number,
                "region": region,
                "share": shares[region],
                "mean": sum(own) / len(own),
                "x": across.place(shares[region]),
                "y": 100.0 - up.place(sum(own) / len(own)),
                "ours": [100.0 - up.place(float(row[key])) for key in ("ours_low", "ours_high")],
                "published": [100.0 - up.place(said.low), 100.0 - up.place(said.high)],
            }
        )
    tenths = [tenth / 10.0 for tenth in range(round(10 * across.high) + 1)]
    return {
        "points": points,
        "across": [(share, across.place(share)) for share in tenths],
        "up": [(minutes, 100.0 - place) for minutes, place in up.grid],
    }


def waterfall_picture(found: Reproduction, region: str) -> dict[str, Any]:
    """Lay out both waterfalls of one region on one axis."""
    own = [each for each in found.waterfalls if each.region == region]
    axis = waterfall_axis(own)
    return {
        "axis": axis,
        "ends": [
            {"end": each.end, "falls": falls(each, axis), "steps": each.steps} for each in own
        ],
    }
