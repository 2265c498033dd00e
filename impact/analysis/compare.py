"""Two runs, or two scenarios of one run, side by side.

For every intervention that both sides have, postcode by postcode. Where both sides measured travel
time alike, the minutes after the change are compared; where roads or speeds differ, minutes of one
side mean something else than those of the other, and the extra minutes are compared instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.result import CaseView
from impact.errors import Fault, InputError, nearest_names
from impact.model.measures import SAME_MINUTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.analysis.result import Result
    from impact.model.case import Case

AFTER, EXTRA = "after", "extra"
"""What is compared: minutes after the change, or extra minutes."""

A, B, SAME, WITHOUT_ROUTE = "a", "b", "same", "no_route"
"""Which side is better for a postcode."""

_TIMES = ("profile", "roads_sha256", "sha256", "fixed_minutes", "join")
"""Keys of the travel times in a manifest that say what a minute means."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    Attributes
    ----------
    result
        The run.
    name
        Of its folder.
    scenario
        The scenario that is looked at; empty: whatever the run displays.
    """

    result: Result
    name: str
    scenario: str = ""


@dataclass(frozen=True, eq=False)
class Pair:
    """One intervention on both sides.

    Attributes
    ----------
    intervention
        Its name.
    cases
        Of A and of B; `None` where a scenario changes nothing for this intervention.
    scenarios
        Names, empty where nothing changes.
    rows
        Column of summary.csv -> value, of A and of B; empty where nothing changes.
    postcodes
        Index postcode; demand, before_a, after_a, before_b, after_b (minutes, infinite without a
        route), provider_a, provider_b, difference (minutes in A less those in B) and better (`A`,
        `B`, `SAME`, `WITHOUT_ROUTE`).
    """

    intervention: str
    cases: tuple[Case | None, Case | None]
    scenarios: tuple[str, str]
    rows: tuple[Mapping[str, Any], Mapping[str, Any]]
    postcodes: pd.DataFrame

    def people(self, better: str) -> float:
        """Demand of the postcodes that are better off on one side."""
        return float(self.postcodes.loc[self.postcodes["better"] == better, "demand"].sum())

    def gain(self, better: str) -> float:
        """Mean minutes that those who are better off on one side gain there; NaN where nobody."""
        rows = self.postcodes[self.postcodes["better"] == better]
        rows = rows[np.isfinite(rows["difference"]) & (rows["demand"] > 0)]
        if rows.empty:
            return math.nan
        return float(np.average(rows["difference"].abs(), weights=rows["demand"]))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that is written.

    Attributes
    ----------
    sides
        A and B.
    measure
        `AFTER` or `EXTRA`.
    pairs
        By intervention.
    alone
        (side, intervention, scenario) of cases without a counterpart.
    """

    sides: tuple[Side, Side]
    measure: str
    pairs: tuple[Pair, ...]
    alone: tuple[tuple[str, str, str], ...]


def compare(a: Side, b: Side) -> Comparison:
    """Lay two sides beside each other.

    Parameters
    ----------
    a, b
        Of one run with a scenario each, or of two runs.

    Returns
    -------
    Comparison
        Cases are paired by intervention and name of the scenario. Where a side names its scenario,
        that one is taken, and an intervention that it does not change stays as it is today. Where
        no names agree and each side has one case of an intervention, those are paired.

    Raises
    ------
    InputError
        Listing everything in which the runs are unlike: region, postcodes, demand, unit or
        interventions; or a scenario that a run does not have.
    """
    faults = [*_unlike(a, b), *_unknown(a), *_unknown(b)]
    if faults:
        raise InputError(faults)
    measure = AFTER if _clock(a.result) == _clock(b.result) else EXTRA
    pairs: list[Pair] = []
    alone: list[tuple[str, str, str]] = []
    for intervention in (each.name for each in a.result.study.interventions):
        mine, theirs = _cases(a, intervention), _cases(b, intervention)
        matched = _matched(mine, theirs, named=bool(a.scenario and b.scenario))
        pairs += [_pair(a, b, intervention, both, measure) for both in matched]
        taken = {id(case) for both in matched for case in both}
        alone += [(A, intervention, each.scenario) for each in mine if id(each) not in taken]
        alone += [(B, intervention, each.scenario) for each in theirs if id(each) not in taken]
    if not pairs:
        expected = (
            "at least one intervention for which each side has a case to set beside the other"
        )
        raise InputError(Fault(b.name, "", "scenario", None, expected))
    return Comparison((a, b), measure, tuple(pairs), tuple(alone))


def _unlike(a: Side, b: Side) -> list[Fault]:
    """Say in what two runs are about other things."""
    if a.result is b.result:
        return []
    one, other = a.result, b.result
    said = [
        ("region", one.study.region, other.study.region),
        ("unit", one.unit, other.unit),
        ("units", dict(one.units) or None, dict(other.units) or None),
        (
            "interventions",
            "; ".join(each.name for each in one.study.interventions),
            "; ".join(each.name for each in other.study.interventions),
        ),
    ]
    faults = [
        Fault(b.name, "", field, str(theirs), f"{mine!r}, as in {a.name}")
        for field, mine, theirs in said
        if mine != theirs
    ]
    here, there = one.postcodes["demand"], other.postcodes["demand"]
    if set(here.index) != set(there.index):
        only = sorted(set(there.index) ^ set(here.index))
        expected = (
            f"the {len(here)} postcodes of {a.name}; {len(only)} are on one side only, such as"
        )
        expected += f" {', '.join(only[:3])}"
        faults.append(Fault(b.name, "", "postcodes", f"{len(there)} postcodes", expected))
    elif not faults and not np.allclose(here, there.reindex(here.index)):
        found = f"{float(there.sum()):.0f} in all"
        expected = f"the same demand per postcode as in {a.name} ({float(here.sum()):.0f} in all)"
        faults.append(Fault(b.name, "", "demand", found, expected))
    return faults


def _unknown(side: Side) -> list[Fault]:
    known = sorted({case.scenario for case in side.result.cases})
    if not side.scenario or side.scenario in known:
        return []
    nearest = nearest_names(side.scenario, known)
    expected = f"a scenario of {side.name}"
    return [Fault("--scenarios", "", "", side.scenario, expected, nearest or tuple(known))]


def _clock(result: Result) -> list[Any]:
    """Tell what a minute means in a run."""
    times = result.manifest["times"]
    return [result.manifest["roads"]["name"], *(times.get(key) for key in _TIMES)]


def _cases(side: Side, intervention: str) -> list[Case]:
    return [
        view.case
        for view in side.result.principal
        if view.case.intervention.name == intervention and side.scenario in {"", view.case.scenario}
    ]


def _matched(
    mine: Sequence[Case], theirs: Sequence[Case], *, named: bool
) -> list[tuple[Case | None, Case | None]]:
    if named:
        if not mine and not theirs:
            return []
        return [(mine[0] if mine else None, theirs[0] if theirs else None)]
    others = {case.scenario: case for case in theirs}
    same = [(case, others[case.scenario]) for case in mine if case.scenario in others]
    if not same and len(mine) == len(theirs) == 1:
        same = [(mine[0], theirs[0])]
    return [*same]


def _pair(
    a: Side, b: Side, intervention: str, both: tuple[Case | None, Case | None], measure: str
) -> Pair:
    one, other = (
        _places(side, case, intervention) for side, case in zip((a, b), both, strict=True)
    )
    other = other.reindex(one.index)
    postcodes = pd.DataFrame(
        {
            "demand": one["demand"],
            "before_a": one["mean_before"],
            "after_a": one["mean_after"],
            "before_b": other["mean_before"],
            "after_b": other["mean_after"],
            "provider_a": one["nearest_after"],
            "provider_b": other["nearest_after"],
        }
    )
    postcodes["difference"] = _difference(postcodes, measure)
    postcodes["better"] = [_better(each) for each in postcodes["difference"]]
    return Pair(
        intervention,
        both,
        ("" if both[0] is None else both[0].scenario, "" if both[1] is None else both[1].scenario),
        (_row(a, both[0]), _row(b, both[1])),
        postcodes,
    )


def _places(side: Side, case: Case | None, intervention: str) -> pd.DataFrame:
    """Rows of postcodes.csv of a case; without one everything stays as it is today."""
    if case is not None:
        return CaseView(side.result, case).postcodes
    # today is the same in every case of an intervention
    views = side.result.principal
    some = next(view for view in views if view.case.intervention.name == intervention).postcodes
    return some.assign(mean_after=some["mean_before"], nearest_after=some["nearest_before"])


def _difference(postcodes: pd.DataFrame, measure: str) -> pd.Series[float]:
    """Minutes in A less those in B; infinite where one of them has no route, NaN where both."""
    mine, theirs = postcodes["after_a"], postcodes["after_b"]
    if measure == EXTRA:
        reached = np.isfinite(mine) & np.isfinite(theirs)
        mine = mine.where(~reached, mine - postcodes["before_a"])
        theirs = theirs.where(~reached, theirs - postcodes["before_b"])
    with np.errstate(invalid="ignore"):
        return mine - theirs


def _better(difference: float) -> str:
    if math.isnan(difference):
        return WITHOUT_ROUTE
    if abs(difference) < SAME_MINUTES:
        return SAME
    return A if difference < 0.0 else B


def _row(side: Side, case: Case | None) -> Mapping[str, Any]:
    return {} if case is None else CaseView(side.result, case).row
