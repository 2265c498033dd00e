"""Two or more runs, or scenarios of one run, side by side.

For every intervention that all sides have, postcode by postcode. Where the sides measured travel
time alike, the minutes after the change are compared; where roads or speeds differ, minutes of one
side mean something else than those of the other, and the extra minutes are compared instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.groups import GROUP_COLUMNS
from impact.analysis.result import CaseView
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.measures import SAME_MINUTES
from impact.model.volumes import LOWEST_ENDS, bounds_of_lowest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case

AFTER, EXTRA = "after", "extra"
"""What is compared: minutes after the change, or extra minutes."""

ENDS = {"moved": ("moved_low", "moved_high"), "lowest_volume": LOWEST_ENDS}
"""Figure -> what hidden counts leave of it at least and at most."""

LETTERS = "abcdef"
"""What the sides are called; so many fit on a page."""

A, B, SAME, WITHOUT_ROUTE = "a", "b", "same", "no_route"
"""Which side is better for a postcode; of three or more sides two may be as good: `ab`."""

_TIMES = ("profile", "roads_sha256", "sha256", "fixed_minutes", "join")
"""Keys of the travel times in a manifest that say what a minute means."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of those that stand side by side.

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
class Match:
    """One intervention on every side.

    Attributes
    ----------
    intervention
        Its name.
    cases
        Of each side; `None` where a scenario changes nothing for this intervention.
    scenarios
        Names, empty where nothing changes.
    rows
        Column of summary.csv, or of `ENDS` -> value, of each side; empty where nothing changes.
    postcodes
        Index postcode; demand; for each letter before_a and after_a (minutes, infinite without a
        route), provider_a and measured_a (what is compared); better (letters of the sides that are
        as good as the best, or `SAME` or `WITHOUT_ROUTE`); lead (minutes by which the next is
        longer, infinite where it has no route). Of two sides also difference: minutes in A less
        those in B.
    """

    intervention: str
    cases: tuple[Case | None, ...]
    scenarios: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    postcodes: pd.DataFrame

    @property
    def letters(self) -> str:
        """Letters of the sides."""
        return LETTERS[: len(self.cases)]

    @property
    def hidden(self) -> bool:
        """Whether hidden counts leave some figure open."""
        return any(
            float(row.get(low, math.nan)) < float(row.get(high, math.nan))
            for row in self.rows
            for low, high in ENDS.values()
        )

    def people(self, better: str) -> float:
        """Demand of the postcodes that are better off on one side."""
        return float(self.postcodes.loc[self.postcodes["better"] == better, "demand"].sum())

    def gain(self, better: str) -> float:
        """Mean minutes that those who are better off on one side gain there; NaN where nobody."""
        rows = self.postcodes[self.postcodes["better"] == better]
        rows = rows[np.isfinite(rows["lead"]) & (rows["demand"] > 0)]
        if rows.empty:
            return math.nan
        return float(np.average(rows["lead"], weights=rows["demand"]))

    def worse(self, letter: str) -> float:
        """Demand of the postcodes for which a side is not as good as the best."""
        return float(self.postcodes.loc[self._behind(letter) >= SAME_MINUTES, "demand"].sum())

    def loss(self, letter: str) -> float:
        """Mean minutes by which a side is longer than the best for those; NaN where nobody."""
        behind, demand = self._behind(letter), self.postcodes["demand"]
        rows = np.isfinite(behind) & (behind >= SAME_MINUTES) & (demand > 0)
        if not rows.any():
            return math.nan
        return float(np.average(behind[rows], weights=demand[rows]))

    def _behind(self, letter: str) -> pd.Series[float]:
        measured = self.postcodes[[f"measured_{each}" for each in self.letters]]
        with np.errstate(invalid="ignore"):
            return measured[f"measured_{letter}"] - measured.min(axis=1)

    @property
    def worst(self) -> list[str]:
        """Letter of the side that is longest, of each postcode.

        Empty where the two longest are as long; `SAME` and `WITHOUT_ROUTE` as in better.
        """
        measured = self.postcodes[[f"measured_{each}" for each in self.letters]].to_numpy()
        second, last = np.sort(measured, axis=1)[:, -2:].T
        with np.errstate(invalid="ignore"):
            clear = last - second >= SAME_MINUTES
        longest = [self.letters[each] for each in measured.argmax(axis=1)]
        return [
            better if better in {SAME, WITHOUT_ROUTE} else letter if alone else ""
            for better, letter, alone in zip(
                self.postcodes["better"], longest, clear.tolist(), strict=True
            )
        ]

    @property
    def mean_extra_all(self) -> tuple[float, ...]:
        """Mean extra minutes over everybody, of each side; 0 where nothing changes."""
        return tuple(float(row["mean_extra_all"]) if row else 0.0 for row in self.rows)

    @property
    def best(self) -> tuple[str, ...]:
        """Letters of the sides with the least mean extra minutes over everybody."""
        known = {
            letter: mean
            for letter, mean in zip(self.letters, self.mean_extra_all, strict=True)
            if math.isfinite(mean)
        }
        least = min(known.values(), default=math.nan)
        return tuple(letter for letter, mean in known.items() if mean == least)

    def municipalities(self, towns: pd.Series[str]) -> pd.DataFrame:
        """Mean minutes of each municipality, a column per side.

        Parameters
        ----------
        towns
            Postcode -> municipality.

        Returns
        -------
        pandas.DataFrame
            Index municipality, by name; demand, before (of the first side), after_a for each
            letter, over the postcodes that have a route on every side; better as of a postcode.
        """
        names = [f"after_{letter}" for letter in self.letters]
        rows = self.postcodes[self.postcodes["demand"] > 0]
        reached = rows[np.isfinite(rows[["before_a", *names]]).all(axis=1)]
        town = towns.reindex(reached.index).rename("municipality")
        columns = {"demand": reached["demand"], "before": reached["before_a"]}
        columns |= {name: reached[name] for name in names}
        measured = [f"measured_{letter}" for letter in self.letters]
        columns |= {name: reached[name] for name in measured}
        frame = pd.DataFrame(columns)
        means = frame.drop(columns="demand").mul(frame["demand"], axis=0).groupby(town).sum()
        demand = frame["demand"].groupby(town).sum()
        means = means.div(demand, axis=0)
        better, _ = _best(means[measured].to_numpy(np.float64))
        return means.drop(columns=measured).assign(demand=demand, better=better).sort_index()


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that is written.

    Attributes
    ----------
    sides
        In the order of their letters.
    measure
        `AFTER` or `EXTRA`.
    matches
        By intervention.
    alone
        (letter, intervention, scenario) of cases without a counterpart on every other side.
    """

    sides: tuple[Side, ...]
    measure: str
    matches: tuple[Match, ...]
    alone: tuple[tuple[str, str, str], ...]

    @property
    def letters(self) -> str:
        """Letters of the sides."""
        return LETTERS[: len(self.sides)]

    def groups(self, match: Match) -> pd.DataFrame:
        """Put the groups of residents of a match side by side.

        Returns
        -------
        pandas.DataFrame
            by, group, unit, demand (of the first side that changes something), and for each letter
            moved, mean_extra_all and extra_over_30; 0 where a scenario changes nothing. Empty
            where a side that changes something knows no groups.
        """
        keys = ["by", "group"]
        found: pd.DataFrame | None = None
        for letter, side, case in zip(self.letters, self.sides, match.cases, strict=True):
            if case is None:
                continue
            table = side.result.groups
            mine = table[
                (table["intervention"] == match.intervention) & (table["scenario"] == case.scenario)
            ]
            if mine.empty or "mean_extra_all" not in mine:
                return pd.DataFrame(columns=[*GROUP_COLUMNS])
            figures = mine.set_index(keys)[list(_GROUP_FIGURES)].add_suffix(f"_{letter}")
            found = mine.set_index(keys)[["unit", "demand"]] if found is None else found
            found = found.join(figures)
        if found is None:
            return pd.DataFrame(columns=[*GROUP_COLUMNS])
        for letter, case in zip(self.letters, match.cases, strict=True):
            if case is None:
                found = found.assign(**{f"{name}_{letter}": 0.0 for name in _GROUP_FIGURES})
        return found.reset_index()


_GROUP_FIGURES = ("moved", "mean_extra_all", "extra_over_30")


def compare(*sides: Side) -> Comparison:
    """Lay sides beside one another.

    Parameters
    ----------
    *sides
        Two to six: of one run with a scenario each, or of several runs.

    Returns
    -------
    Comparison
        Cases are matched by intervention and name of the scenario. Where every side names its
        scenario, that one is taken, and an intervention that it does not change stays as it is
        today. Where no names agree and each side has one case of an intervention, those are
        matched.

    Raises
    ------
    InputError
        Listing everything in which the runs are unlike: region, postcodes, demand, unit or
        interventions; or a scenario that a run does not have.
    """
    first, *others = sides
    faults = [fault for each in others for fault in _unlike(first, each)]
    faults += [fault for each in sides for fault in _unknown(each)]
    if not others or len(sides) > len(LETTERS):
        expected: str = said("two to {most} runs, or scenarios of one", most=len(LETTERS))
        faults.append(Fault("impact compare", "", "", f"{len(sides)}", expected))
    if faults:
        raise InputError(faults)
    clocks = [_clock(each.result) for each in sides]
    measure = AFTER if all(clock == clocks[0] for clock in clocks) else EXTRA
    matches: list[Match] = []
    alone: list[tuple[str, str, str]] = []
    named = all(each.scenario for each in sides)
    for intervention in (each.name for each in first.result.study.interventions):
        own = [_cases(each, intervention) for each in sides]
        matched = _matched(own, named=named)
        matches += [_match(sides, intervention, cases, measure) for cases in matched]
        taken = {id(case) for cases in matched for case in cases}
        alone += [
            (letter, intervention, each.scenario)
            for letter, cases in zip(LETTERS, own, strict=False)
            for each in cases
            if id(each) not in taken
        ]
    if not matches:
        expected = (
            "at least one intervention for which each side has a case to set beside the other"
        )
        raise InputError(Fault(others[0].name, "", "scenario", None, expected))
    return Comparison(tuple(sides), measure, tuple(matches), tuple(alone))


def _unlike(a: Side, b: Side) -> list[Fault]:
    """Say in what two runs are about other things."""
    if a.result is b.result:
        return []
    one, other = a.result, b.result
    stated = [
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
        Fault(
            b.name, "", field, str(theirs), said("{value!r}, as in {name}", value=mine, name=a.name)
        )
        for field, mine, theirs in stated
        if mine != theirs
    ]
    here, there = one.postcodes["demand"], other.postcodes["demand"]
    if set(here.index) != set(there.index):
        only = sorted(set(there.index) ^ set(here.index))
        expected = said(
            "the {count} postcodes of {name}; {apart} are on one side only, such as {names}",
            count=len(here),
            name=a.name,
            apart=len(only),
            names=", ".join(only[:3]),
        )
        faults.append(
            Fault(b.name, "", "postcodes", said("{count} postcodes", count=len(there)), expected)
        )
    elif not faults and not np.allclose(here, there.reindex(here.index)):
        found = said("{total:.0f} in all", total=float(there.sum()))
        expected = said(
            "the same demand per postcode as in {name} ({total:.0f} in all)",
            name=a.name,
            total=float(here.sum()),
        )
        faults.append(Fault(b.name, "", "demand", found, expected))
    return faults


def _unknown(side: Side) -> list[Fault]:
    known = sorted({case.scenario for case in side.result.cases})
    if not side.scenario or side.scenario in known:
        return []
    nearest = nearest_names(side.scenario, known)
    expected = said("a scenario of {name}", name=side.name)
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


def _matched(own: Sequence[Sequence[Case]], *, named: bool) -> list[tuple[Case | None, ...]]:
    if named:
        if not any(own):
            return []
        return [tuple(cases[0] if cases else None for cases in own)]
    by_name = [{case.scenario: case for case in cases} for cases in own]
    first, *others = by_name
    same: list[tuple[Case | None, ...]] = [
        tuple(cases[name] for cases in by_name)
        for name in first
        if all(name in cases for cases in others)
    ]
    if not same and all(len(cases) == 1 for cases in own):
        same = [tuple(cases[0] for cases in own)]
    return same


def _match(
    sides: Sequence[Side], intervention: str, cases: tuple[Case | None, ...], measure: str
) -> Match:
    every = [_places(side, case, intervention) for side, case in zip(sides, cases, strict=True)]
    index = every[0].index
    columns: dict[str, pd.Series[Any]] = {"demand": every[0]["demand"]}
    for letter, own in zip(LETTERS, every, strict=False):
        places = own.reindex(index)
        columns[f"before_{letter}"] = places["mean_before"]
        columns[f"after_{letter}"] = places["mean_after"]
        columns[f"provider_{letter}"] = places["nearest_after"]
        columns[f"measured_{letter}"] = _measured(places, measure)
    postcodes = pd.DataFrame(columns)
    measured = postcodes[[f"measured_{each}" for each in LETTERS[: len(sides)]]].to_numpy()
    postcodes["better"], postcodes["lead"] = _best(measured)
    if len(sides) == len((A, B)):
        with np.errstate(invalid="ignore"):
            postcodes["difference"] = measured[:, 0] - measured[:, 1]
    return Match(
        intervention,
        cases,
        tuple("" if case is None else case.scenario for case in cases),
        tuple(_row(side, case) for side, case in zip(sides, cases, strict=True)),
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


def _measured(places: pd.DataFrame, measure: str) -> pd.Series[float]:
    """Minutes that are compared; infinite where there is no route."""
    after: pd.Series[float] = places["mean_after"]
    if measure == AFTER:
        return after
    return after.where(~np.isfinite(after), after - places["mean_before"])


def _best(measured: NDArray[np.float64]) -> tuple[list[str], NDArray[np.float64]]:
    """Say of each row which columns are as good as the least, and by how much the next is more."""
    least = measured.min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        behind = measured - least
    good = behind < SAME_MINUTES
    lead = np.where(good | np.isnan(behind), np.inf, behind).min(axis=1)
    lead[good.all(axis=1) | ~good.any(axis=1)] = 0.0
    letters = LETTERS[: measured.shape[1]]
    better = [
        WITHOUT_ROUTE
        if not any(row)
        else SAME
        if all(row)
        else "".join(letter for letter, yes in zip(letters, row, strict=True) if yes)
        for row in good.tolist()
    ]
    return better, lead


def _row(side: Side, case: Case | None) -> Mapping[str, Any]:
    if case is None:
        return {}
    view = CaseView(side.result, case)
    return {**view.row, **bounds_of_lowest(view.volumes.reset_index(), case)}
