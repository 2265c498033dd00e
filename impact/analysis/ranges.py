"""What 'extra minutes lie between a and b' can mean, and how far a mean could be off.

The published sentence defines nothing, so a range never stands without its definition.

Two bands, each with the words for what it is over:

- Without flows everybody is taken to go to the nearest, before and after. Many pass their nearest
  hospital; which way that moves the figure is not known beforehand. So the same closure is computed
  under Huff's rule for a few values of beta, before and after.
- Counts with suppressed cells: every cell at its least or at its most, whichever gives the least
  and the greatest mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.allocation import baseline
from impact.model.allocation_rule import BYPASS_BETAS, HUFF, NEAREST, AllocationRule
from impact.sweep.means import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.flow_ends import FlowEnds
    from impact.times.matrix import TravelTimes

COLUMNS = ("region", "definition", "low", "high", "low_from", "high_from")
DEFAULT = "interventions"
LEAST = "interventions, least candidate"
GREATEST = "interventions, greatest candidate"
EVERY = "interventions, every case"

_Point = tuple[float, str]


def ranges(region: str, cases: Sequence[Case], swept: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Ranges of a study under every definition that a run can give.

    Parameters
    ----------
    region
        Of the study.
    cases
        From `impact.analysis.cases.study_cases`.
    swept
        Intervention -> its candidates.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. `interventions` is over the interventions of the mean extra minutes of
        the moved in one case each; beside it the same with the least and the greatest candidate of
        each intervention (every case counts among them), and over every case: scenario by
        intervention. `candidates: X` is over all
        candidates of X; `postcodes P10-P90: X | S` and `postcodes min-max: X | S` are over the
        moved demand of one case.
    """
    out = [
        _over(region, DEFAULT, ((_mean(case), _label(case)) for case in cases if case.in_range)),
        _over(region, LEAST, _ends(swept, cases, least=True)),
        _over(region, GREATEST, _ends(swept, cases, least=False)),
        _over(region, EVERY, ((_mean(case), _label(case)) for case in cases)),
    ]
    for name, table in swept.items():
        points = zip(table["mean_extra_moved"], table["stops"], strict=True)
        out.append(_over(region, f"candidates: {name}", points))
    for case in cases:
        if not case.principal:
            continue
        name = f"{case.intervention.name} | {case.scenario}"
        for what, low, high in (
            ("P10-P90", "p10_extra", "p90_extra"),
            ("min-max", "min_extra", "max_extra"),
        ):
            row = (
                region,
                f"postcodes {what}: {name}",
                case.figures[low],
                case.figures[high],
                low.removesuffix("_extra"),
                high.removesuffix("_extra"),
            )
            out.append(dict(zip(COLUMNS, row, strict=True)))
    return pd.DataFrame(out, columns=COLUMNS)


def _mean(case: Case) -> float:
    return case.figures["mean_extra_moved"]


def _label(case: Case) -> str:
    return f"{case.intervention.name}: {'; '.join(case.stops)}"


def _ends(
    swept: Mapping[str, pd.DataFrame], cases: Sequence[Case], *, least: bool
) -> Iterable[_Point]:
    """Least or greatest of the candidates and the cases, per intervention.

    A scenario may stop more or others than the candidates do, and lie beyond them all.
    """
    for name, table in swept.items():
        points = [
            (float(mean), f"{name}: {stops}")
            for mean, stops in zip(table["mean_extra_moved"], table["stops"], strict=True)
        ]
        points += [(_mean(case), _label(case)) for case in cases if case.intervention.name == name]
        known = [point for point in points if not math.isnan(point[0])]
        if known:
            yield _end(known, least=least)


def _end(points: Iterable[_Point], *, least: bool) -> _Point:
    """Least or greatest; of equals the first by name, and the order of summation decides no tie."""
    sign = 1.0 if least else -1.0
    return min(points, key=lambda point: (sign * round(point[0], TIE_DECIMALS), point[1]))


def _over(region: str, definition: str, points: Iterable[_Point]) -> dict[str, object]:
    finite = [point for point in points if not math.isnan(point[0])]
    nothing = (math.nan, "")
    low, high = (_end(finite, least=least) if finite else nothing for least in (True, False))
    row = (region, definition, low[0], high[0], low[1], high[1])
    return dict(zip(COLUMNS, row, strict=True))


DIRECTION_UNKNOWN = "unknown"
BYPASSING = "bypassing"
"""Everybody to the nearest, and Huff's rule with every beta of `BYPASS_BETAS`."""

SUPPRESSED = "suppressed counts"
"""Every suppressed cell at its least or at its most."""


@dataclass(frozen=True)
class Band:
    """Bounds on the mean extra minutes of the moved, and on how many they are.

    Attributes
    ----------
    mean_low, mean_high
        Minutes; NaN where nothing was varied.
    mean_over
        What was varied: `BYPASSING` or `SUPPRESSED`.
    moved_low, moved_high
        Bounds on the moved demand; NaN where it is known.
    direction
        ``unknown`` where nobody knows on which side of the figure the truth lies.
    """

    mean_low: float = np.nan
    mean_high: float = np.nan
    mean_over: str = ""
    moved_low: float = np.nan
    moved_high: float = np.nan
    direction: str = ""


def band_of(
    case: Case,
    times: TravelTimes,
    demand: NDArray[np.float64],
    choice: AllocationRule,
    ends: FlowEnds | None = None,
) -> Band:
    """Band of one case; empty where neither kind applies.

    Parameters
    ----------
    case
        Its stops, openings and recipients.
    times
        Minutes from the postcodes to every location that matters.
    demand : ndarray of float, shape (n_postcodes,)
        As the case has it.
    choice
        The rule of the case.
    ends
        What hidden counts leave open of the flows.

    Returns
    -------
    Band
        Where hidden counts are not all that is not known, bounds of the mean hold both.
    """
    hidden = Band() if ends is None else count_bounds(case.flows, ends)
    if choice.rule != NEAREST or not case.stops:
        return hidden
    found = bypass_band(case, times, demand)
    if ends is None or not found.mean_over:
        return found if found.mean_over else hidden
    return replace(
        found,
        mean_low=min(found.mean_low, hidden.mean_low),
        mean_high=max(found.mean_high, hidden.mean_high),
        moved_low=hidden.moved_low,
        moved_high=hidden.moved_high,
    )


def bypass_band(case: Case, times: TravelTimes, demand: NDArray[np.float64]) -> Band:
    """Mean extra minutes of the moved when people pass their nearest provider, by Huff's rule."""
    before = sorted(set(case.before))
    after = sorted({*before, *case.joining} - set(case.stops))
    means = [case.figures["mean_extra_moved"]]
    means += [
        _mean_of_moved(case, times, demand, (before, after), AllocationRule(HUFF, beta=beta))
        for beta in BYPASS_BETAS
    ]
    known = [mean for mean in means if np.isfinite(mean)]
    if not known:
        return Band()
    return Band(min(known), max(known), BYPASSING, direction=DIRECTION_UNKNOWN)


def _mean_of_moved(
    case: Case,
    times: TravelTimes,
    demand: NDArray[np.float64],
    locations: tuple[list[str], list[str]],
    choice: AllocationRule,
) -> float:
    """Mean extra minutes of the moved, as from flows, without making a row for every flow."""
    before, after = locations
    at = baseline(times, demand, before, choice)
    minutes = times.to(after)
    spread = choice.shares(minutes, after)
    total, weight = 0.0, 0.0
    for name in case.stops:
        now = times.to([name])[:, 0]
        takers = case.moves_to.get(name)
        goes = [(spread[:, column], minutes[:, column]) for column in range(len(after))]
        if takers is not None:
            goes = [(np.array([share]), times.to([to])[:, 0]) for to, share in takers.items()]
        for share, then in goes:
            moved = at[:, before.index(name)] * share
            counted = (moved > 0.0) & np.isfinite(then)
            # only where there is a route: without one before and after the difference is no number
            total += float((moved[counted] * (then[counted] - now[counted])).sum())
            weight += float(moved[counted].sum())
    return total / weight if weight > 0.0 else np.nan


def count_bounds(rows: pd.DataFrame, ends: FlowEnds) -> Band:
    """Bounds that hidden counts leave for the moved and their mean extra minutes.

    Parameters
    ----------
    rows
        Flows of a case.
    ends
        What hidden counts leave open of them.

    Returns
    -------
    Band
        Exact for the flows as given without totals, or with totals of one level.
    """
    moved = (rows["moved"] & np.isfinite(rows["extra_minutes"])).to_numpy()
    mean_low, mean_high = ends.of_mean(rows["extra_minutes"].to_numpy(np.float64), moved)
    moved_low, moved_high = ends.of_sum(moved)
    return Band(
        mean_low=mean_low,
        mean_high=mean_high,
        mean_over=SUPPRESSED,
        moved_low=moved_low,
        moved_high=moved_high,
    )
