"""Ranges: what 'extra travel time lies between a and b minutes' can mean.

The published sentence defines nothing, so a range never stands without its definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from impact.concentration.sweep import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from impact.concentration.result import Case

COLUMNS = ("region", "definition", "low", "high", "low_from", "high_from")
DEFAULT = "interventions"
LEAST = "interventions, least candidate"
GREATEST = "interventions, greatest candidate"

_Point = tuple[float, str]


def ranges(region: str, cases: Sequence[Case], swept: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Ranges of a study under every definition that a run can give.

    Parameters
    ----------
    region
        Of the study.
    cases
        From `impact.concentration.cases.study_cases`.
    swept
        Intervention -> its candidates.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. `interventions` is over the interventions of the mean extra minutes of
        the moved in one case each; beside it the same with the least and the greatest candidate of
        each intervention (the displayed case counts among them). `candidates: X` is over all
        candidates of X; `postcodes P10-P90: X | S` and `postcodes min-max: X | S` are over the
        moved demand of one case.
    """
    out = [
        _over(region, DEFAULT, ((_mean(case), _label(case)) for case in cases if case.in_range)),
        _over(region, LEAST, _ends(swept, cases, least=True)),
        _over(region, GREATEST, _ends(swept, cases, least=False)),
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
    """Least or greatest of the candidates and the displayed case, per intervention.

    A displayed case with named recipients is no candidate, and may lie beyond them all.
    """
    for name, table in swept.items():
        points = [
            (float(mean), f"{name}: {stops}")
            for mean, stops in zip(table["mean_extra_moved"], table["stops"], strict=True)
        ]
        points += [
            (_mean(case), _label(case))
            for case in cases
            if case.in_range and case.intervention.name == name
        ]
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
