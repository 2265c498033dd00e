"""Figures of a claim: where everybody goes before and after one change.

`impact.evidence.claims.figures` does the same for a study of the user's own.

They are those of `impact run`: the same flows, by the rules and the demand of the study.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from impact.analysis.cases import case_flows
from impact.evidence.claims.claim import NOTHING, Change
from impact.evidence.published.rows import Matrix, flows, ratio, sums
from impact.evidence.published.world import Assumptions, residents
from impact.model.allocation_rule import HUFF, NEAREST
from impact.model.candidates import candidates, locations_before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.evidence.published.rows import Sweeps
    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention


@dataclass(frozen=True, eq=False)
class Flows:
    """Demand by postcode, provider before and provider after.

    Attributes
    ----------
    row : ndarray of int64, shape (n_flows,)
        Place of the postcode.
    demand, late, extra : ndarray of float, shape (n_flows,)
        How many, their minutes after the change, and those less the minutes before. Minutes
        after are infinite for who finds no way any more; extra is NaN for who had none before.
    goes : ndarray of bool, shape (n_flows,)
        Whether the provider before stops.
    """

    row: NDArray[np.int64]
    demand: NDArray[np.float64]
    late: NDArray[np.float64]
    extra: NDArray[np.float64]
    goes: NDArray[np.bool_]

    @property
    def moved(self) -> float:
        """Demand that must go elsewhere."""
        return float(self.demand[self.goes].sum())

    def mean(self, of: str) -> float:
        """Mean extra minutes of the moved or of all; NaN where nobody is."""
        return self._mean(self._who(of))

    def greatest(self) -> tuple[float, int]:
        """Most extra minutes of anybody moved, and which flow; NaN and -1 without any.

        Infinite where somebody finds no way any more: that is beyond every limit.
        """
        counted = np.flatnonzero(self.goes & (self.demand > 0.0) & ~np.isnan(self.extra))
        if not len(counted):
            return np.nan, -1
        place = int(counted[int(np.argmax(self.extra[counted]))])
        return float(self.extra[place]), place

    def within(self, limit: float, of: str) -> float:
        """Share with at most so many minutes after the change, of the moved or of all."""
        counted = self._who(of)
        total = float(self.demand[counted].sum())
        inside = float(self.demand[counted & (self.late <= limit)].sum())
        return inside / total if total > 0.0 else np.nan

    def extra_of(self, rows: NDArray[np.int64]) -> float:
        """Mean extra minutes of everybody in some postcodes, who stays included."""
        return self._mean(np.isin(self.row, rows))

    def _who(self, of: str) -> NDArray[np.bool_]:
        return self.goes if of == "moved" else np.ones(len(self.row), dtype=bool)

    def _mean(self, counted: NDArray[np.bool_]) -> float:
        counted = counted & np.isfinite(self.extra)
        total = float(self.demand[counted].sum())
        return float(self.extra[counted] @ self.demand[counted] / total) if total > 0.0 else np.nan


def flows_of_rows(rows: pd.DataFrame, postcodes: Sequence[str]) -> Flows:
    """Take the flows of a case of a study."""
    return Flows(
        pd.Index(postcodes).get_indexer(pd.Index(rows["postcode"])).astype(np.int64),
        rows["demand"].to_numpy(np.float64),
        rows["minutes_after"].to_numpy(np.float64),
        rows["extra_minutes"].to_numpy(np.float64),
        rows["moved"].to_numpy(bool),
    )


PEOPLE_COLUMNS = ("municipality", "residents")


class Basis(Protocol):
    """Figures under one set of assumptions; treatments go by their key."""

    def subjects(self) -> Sequence[tuple[str, str]]:
        """Region and treatment of everything that claims can be about."""

    def standing(self, region: str, treatment: str, pick: str) -> Change:
        """Return the change that stands for a treatment where a claim names none.

        `pick` is ``median`` (the default), ``least`` or ``greatest``; `NOTHING` where nobody can
        stop.
        """

    def means(self, region: str, pick: str) -> dict[str, float]:
        """Mean extra minutes of the moved per treatment; those without are absent."""

    def flows(self, region: str, treatment: str, change: Change) -> Flows:
        """Who goes where under a change."""

    def mean(self, region: str, treatment: str, change: Change, of: str) -> float:
        """Mean extra minutes under a change, of the ``moved`` or of ``all``."""

    def choice(self, region: str, treatment: str) -> tuple[float, float]:
        """Minutes that the choice of who stops makes, and that one more or fewer makes."""

    def people(self, region: str) -> pd.DataFrame:
        """`PEOPLE_COLUMNS` by postcode, in the order of the rows of flows; NaN: not known."""


@dataclass(frozen=True, eq=False)
class RegionBasis:
    """The shipped regions under a setting.

    Attributes
    ----------
    sweeps
        What was swept so far.
    setting
        Assumptions.
    """

    sweeps: Sweeps
    setting: Assumptions

    def subjects(self) -> list[tuple[str, str]]:
        """See `Basis`."""
        return [
            (study.region, each.treatment)
            for study in self.sweeps.shipped.studies
            for each in study.interventions
        ]

    def standing(self, region: str, treatment: str, pick: str) -> Change:
        """See `Basis`: the median candidate, or the least or greatest."""
        swept = self.sweeps.of(region, self._intervention(region, treatment), self.setting)
        place = swept.median
        if place is None:
            return NOTHING
        if pick != "median":
            take = np.nanargmin if pick == "least" else np.nanargmax
            place = int(take(swept.means))
        return Change(swept.stops[place])

    def means(self, region: str, pick: str) -> dict[str, float]:
        """See `Basis`; candidates are picked anew."""
        if pick == "median":
            return self.sweeps.medians(region, self.setting)
        take = np.nanmin if pick == "least" else np.nanmax
        swept = {
            each.treatment: self.sweeps.of(region, each, self.setting)
            for each in self.sweeps.shipped.study(region).interventions
        }
        return {key: float(take(e.means)) for key, e in swept.items() if e.median is not None}

    def flows(self, region: str, treatment: str, change: Change) -> Flows:
        """See `Basis`."""
        given = self._matrix(region, treatment)
        how = {"stops": change.stops, "moves_to": change.moves_to}
        return flows_of_rows(flows(given, self.setting, **how), given.times.origins)

    def mean(self, region: str, treatment: str, change: Change, of: str) -> float:
        """See `Basis`; by sums over sets, which is faster, where nobody is sent anywhere."""
        if change.moves_to:
            return self.flows(region, treatment, change).mean(of)
        given = self._matrix(region, treatment)
        members = np.isin(given.providers, change.stops)[None]
        moved, minutes = sums(given, members, self.setting)
        demand = moved if of == "moved" else given.weights.sum(keepdims=True)
        return float(ratio(minutes, demand)[0])

    def choice(self, region: str, treatment: str) -> tuple[float, float]:
        """See `Basis`."""
        intervention = self._intervention(region, treatment)
        return choice_against_number(intervention, self._matrix(region, treatment), self.setting)

    def people(self, region: str) -> pd.DataFrame:
        """See `Basis`."""
        shipped = self.sweeps.shipped
        rows = residents(shipped, region, self.setting)
        here = shipped.postcodes.iloc[rows]
        people = shipped.weights["population"][rows]
        return pd.DataFrame({"municipality": here["municipality"], "residents": people})

    def _matrix(self, region: str, treatment: str) -> Matrix:
        return self.sweeps.matrix(region, self._intervention(region, treatment), self.setting)

    def _intervention(self, region: str, treatment: str) -> Intervention:
        every = self.sweeps.shipped.study(region).interventions
        return next(each for each in every if each.treatment == treatment)


@dataclass(frozen=True, eq=False)
class StudyBasis:
    """A study under one set of inputs.

    Attributes
    ----------
    region
        Of the study.
    interventions
        By name.
    inputs
        Times, demand, rules of allocation.
    standing_for
        (Intervention, ``median``, ``least`` or ``greatest``) -> the change that stands for it.
    """

    region: str
    interventions: Mapping[str, Intervention]
    inputs: Inputs
    standing_for: Mapping[tuple[str, str], Change]
    _means: dict[str, dict[str, float]] = field(default_factory=dict)

    def subjects(self) -> list[tuple[str, str]]:
        """See `impact.evidence.claims.figures.Basis`."""
        return [(self.region, name) for name in self.interventions]

    def standing(self, region: str, treatment: str, pick: str) -> Change:  # noqa: ARG002
        """See `impact.evidence.claims.figures.Basis`."""
        return self.standing_for.get((treatment, pick), NOTHING)

    def means(self, region: str, pick: str) -> dict[str, float]:
        """See `impact.evidence.claims.figures.Basis`; the change stays the same."""
        if pick not in self._means:
            changes = {name: self.standing(region, name, pick) for name in self.interventions}
            self._means[pick] = {
                name: self.mean(region, name, change, "moved")
                for name, change in changes.items()
                if change != NOTHING
            }
        return self._means[pick]

    def flows(self, region: str, treatment: str, change: Change) -> Flows:  # noqa: ARG002
        """See `impact.evidence.claims.figures.Basis`."""
        rows = case_flows(
            self.interventions[treatment],
            self.inputs,
            stops=change.stops,
            opens=change.opens,
            moves_to=change.moves_to,
            quotas=change.quotas,
        )
        return flows_of_rows(rows, self.inputs.times.origins)

    def mean(self, region: str, treatment: str, change: Change, of: str) -> float:
        """See `impact.evidence.claims.figures.Basis`."""
        return self.flows(region, treatment, change).mean(of)

    def choice(self, region: str, treatment: str) -> tuple[float, float]:  # noqa: ARG002
        """See `impact.evidence.claims.figures`; counts and attributes of locations are not known.

        Neither are postcodes without a way, and locks do not hold: NaN where that would matter.
        """
        intervention, choice = (
            self.interventions[treatment],
            self.inputs.allocation_rules[treatment],
        )
        locked = intervention.must_stay or intervention.must_stop
        if locked or choice.rule not in {NEAREST, HUFF} or any(choice.utility.values()):
            return np.nan, np.nan
        times = self.inputs.times
        providers = tuple(sorted(intervention.providers))
        before = locations_before(intervention, self.inputs.outside[treatment])
        beyond = [name for name in before if name not in providers]
        given = Matrix(
            providers,
            tuple(beyond),
            times.to(providers),
            times.to(beyond),
            self.inputs.demand.weights[treatment],
        )
        if not (np.isfinite(given.minutes).all() and np.isfinite(given.elsewhere).all()):
            return np.nan, np.nan
        setting = Assumptions()
        if choice.rule == HUFF:
            setting = Assumptions(baseline="huff", beta=choice.beta)
        return choice_against_number(intervention, given, setting)

    def people(self, region: str) -> pd.DataFrame:  # noqa: ARG002
        """See `impact.evidence.claims.figures.Basis`."""
        postcodes = self.inputs.postcodes
        unknown = pd.Series(np.nan, index=postcodes.index)
        return pd.DataFrame(
            {
                "municipality": postcodes["municipality"],
                "residents": postcodes.get("population", unknown),
            }
        )


def standing_cases(result: Result) -> dict[str, Case]:
    """Give the case of each intervention that the range of the study is taken from."""
    return {
        case.intervention.name: case for case in result.cases if case.in_range and case.principal
    }


def standing_changes(result: Result) -> dict[tuple[str, str], Change]:
    """Say which change stands for an intervention where a claim names none."""
    out = {
        (name, "median"): Change(case.stops, case.moves_to, case.opens, case.quotas)
        for name, case in standing_cases(result).items()
    }
    for each in result.study.interventions:
        means = result.candidates[each.name]["mean_extra_moved"].to_numpy(np.float64)
        if np.isnan(means).all():
            continue
        found = candidates(each)
        out[each.name, "least"] = Change(found[int(np.nanargmin(means))])
        out[each.name, "greatest"] = Change(found[int(np.nanargmax(means))])
    return out


def choice_against_number(
    intervention: Intervention, given: Matrix, setting: Assumptions
) -> tuple[float, float]:
    """Minutes that the choice of who stops makes, and that one hospital more or fewer makes."""
    count, providers = intervention.stop_count, len(given.providers)
    if count is None or count >= providers:
        return np.nan, np.nan
    sets = _sets_by_count(providers)
    around = [sets[each] for each in range(count - 1, min(count + 2, providers))]
    means = sums(given, np.concatenate(around), setting)[1] / float(given.weights.sum())
    # nobody travels further where nobody stops
    by_count = np.split(means, np.cumsum([len(each) for each in around])[:-1])
    here = by_count[1]
    if len(here) < 2:  # noqa: PLR2004 (a choice takes two)
        return np.nan, np.nan
    middle = [float(np.median(each)) for each in by_count]
    spread = float(here.max() - here.min())
    return spread, max(abs(middle[1] - other) for other in (middle[0], *middle[2:]))


@lru_cache(maxsize=32)
def _sets_by_count(providers: int) -> list[NDArray[np.bool_]]:
    """Every set of providers that can stop, by how many they are."""
    every = np.arange(1 << providers)[:, None] >> np.arange(providers) & 1 == 1
    count = every.sum(axis=1)
    return [every[count == each] for each in range(providers + 1)]
