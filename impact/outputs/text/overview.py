"""Which cases a reader is shown first, and what the other choices of each could give."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.result import CaseView

if TYPE_CHECKING:
    from impact.analysis.result import Result

Line = CaseView
"""A case and its row of the summary."""


def lines(result: Result) -> tuple[Line, ...]:
    """Return the cases of a result with their rows."""
    return result.views


def displayed(result: Result) -> tuple[Line, ...]:
    """Return one line per intervention: where the range `interventions` takes its figure."""
    chosen: dict[str, Line] = {}
    for line in lines(result):
        name = line.case.intervention.name
        if line.case.in_range or (line.case.principal and name not in chosen):
            chosen[name] = line
    return tuple(sorted(chosen.values(), key=_greatest_first))


def judged(result: Result) -> tuple[Line, ...]:
    """Return the displayed lines whose minutes can carry a conclusion."""
    return tuple(line for line in displayed(result) if not line.case.outside_incomplete)


def left_out(result: Result) -> tuple[str, ...]:
    """Names of the interventions that `judged` leaves out, sorted."""
    shown = displayed(result)
    return tuple(
        sorted(line.case.intervention.name for line in shown if line.case.outside_incomplete)
    )


def extremes(result: Result, line: Line) -> tuple[float, float]:
    """Find the least and the greatest mean extra minutes that an intervention can get."""
    means = [*choices(result, line), float(line.row["mean_extra_moved"])]
    known = [mean for mean in means if math.isfinite(mean)]
    return (min(known), max(known)) if known else (math.nan, math.nan)


def choices(result: Result, line: Line) -> tuple[float, ...]:
    """Mean extra minutes of every candidate of the intervention of a line, where known."""
    means = result.candidates[line.case.intervention.name]["mean_extra_moved"].to_numpy(np.float64)
    return tuple(means[np.isfinite(means)].tolist())


def _greatest_first(line: Line) -> tuple[bool, float, str]:
    mean = float(line.row["mean_extra_moved"])
    unknown = mean != mean  # noqa: PLR0124 (NaN)
    return unknown, 0.0 if unknown else -mean, line.case.intervention.name
