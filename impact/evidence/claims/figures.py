"""Figures of a claim: where everybody goes before and after one change of a study.

They are those of `impact run`: the same flows, by the rules and the demand of the study.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.cases import case_flows
from impact.analysis.groups import counted_groups
from impact.analysis.transit import ridden_flows
from impact.evidence.claims.claim import HIGHEST, LOWEST, NOTHING, Change
from impact.evidence.published.rows import Matrix, ratio, stacked, sums, sweep
from impact.model.allocation import nearest
from impact.model.allocation_rule import HUFF, NEAREST, OBSERVED
from impact.model.candidates import candidates
from impact.model.catchment_case import catchment_case
from impact.model.divisions import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.evidence.published.rows import CandidateMeans
    from impact.model.allocation_rule import AllocationRule
    from impact.model.case import Case
    from impact.model.catchment_case import StudyCatchments
    from impact.model.divisions import Division
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention
    from impact.transit.times import TransitTimes


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
        near = np.isfinite(self.late) & (self.late <= limit)
        if total > 0.0 and not self.demand[counted & ~near].any():
            # sums of the same people in another order differ in their last digit
            return 1.0
        return float(self.demand[counted & near].sum()) / total if total > 0.0 else np.nan

    def without(self, of: str) -> float:
        """Share without any way after the change, of the moved or of all; 0 without anybody."""
        return self._share(np.isinf(self.late), of)

    def lost(self, of: str) -> float:
        """Share that has a way before the change and none after; 0 without anybody."""
        # who had none before has no extra minutes
        return self._share(np.isinf(self.extra), of)

    def _share(self, who: NDArray[np.bool_], of: str) -> float:
        counted = self._who(of)
        total = float(self.demand[counted].sum())
        return float(self.demand[counted & who].sum()) / total if total > 0.0 else 0.0

    def extra_of(self, rows: NDArray[np.int64]) -> float:
        """Mean extra minutes of everybody in some postcodes, who stays included."""
        return self._mean(np.isin(self.row, rows))

    def part(self, kept: NDArray[np.bool_]) -> Flows:
        """Take some of the flows."""
        row, demand, late = self.row[kept], self.demand[kept], self.late[kept]
        return Flows(row, demand, late, self.extra[kept], self.goes[kept])

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


def nearest_flows(
    given: Matrix, stops: Sequence[str], people: NDArray[np.float64] | None = None
) -> Flows:
    """Send everybody, or some people, to the nearest that is left: all can reach everything.

    The flows of `impact.model.allocation.flows`, without their table.

    Examples
    --------
    >>> minutes = np.array([[5.0, 20.0], [30.0, 10.0]])
    >>> given = Matrix(("A", "B"), (), minutes, np.empty((2, 0)), np.array([9.0, 4.0]))
    >>> nearest_flows(given, ["A"]).extra.tolist()
    [15.0, 0.0]
    """
    names = np.array([*given.providers, *given.beyond])
    order = np.argsort(names, kind="stable")
    minutes = np.column_stack([given.minutes, given.elsewhere])[:, order]
    gone = np.isin(names[order], list(stops))
    rows = np.arange(len(minutes))
    at = nearest(minutes)
    before = minutes[rows, at]
    goes = gone[at]
    late = np.where(goes, minutes[:, ~gone].min(axis=1), before)
    return Flows(rows, given.weights if people is None else people, late, late - before, goes)


PEOPLE_COLUMNS = ("municipality", "residents")


@dataclass(frozen=True, eq=False)
class StudyFigures:
    """Figures of one study, shipped or the user's own, under one set of assumptions.

    Attributes
    ----------
    interventions
        By the key that claims name them with.
    inputs_of
        Intervention -> everything that a run of it computes with.
    matrix_of
        Intervention -> its minutes and weights, where they were laid together before.
    standing_for
        (Key, ``median``, ``least`` or ``greatest``) -> the change that stands for an intervention
        where a claim names none; `None`: a candidate, picked anew under these assumptions.
    divisions_of
        Postcodes by class, where the inputs have none.
    rule_of
        Intervention -> the rule of its demand, where that is known without its inputs; there are no
        catchments then.
    together
        The same people and places with other minutes, these among them: what is asked of one is
        likely to be asked of all, and is summed together.
    transit
        Trips that take the place of those by car, once it is known who goes where.
    """

    interventions: Mapping[str, Intervention]
    inputs_of: Callable[[Intervention], Inputs]
    matrix_of: Callable[[Intervention], Matrix] | None = None
    standing_for: Mapping[tuple[str, str], Change] | None = None
    divisions_of: Callable[[], tuple[Division, ...]] | None = None
    rule_of: Callable[[Intervention], AllocationRule] | None = None
    together: list[StudyFigures] = field(default_factory=list)
    transit: TransitTimes | None = None
    _inputs: dict[str, Inputs] = field(default_factory=dict)
    _rules: dict[str, AllocationRule] = field(default_factory=dict)
    _matrices: dict[str, Matrix] = field(default_factory=dict)
    _swept: dict[str, CandidateMeans] = field(default_factory=dict)
    _means: dict[str, dict[str, float]] = field(default_factory=dict)
    _flows: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Flows] = field(default_factory=dict)
    _sums: dict[tuple[str, tuple[str, ...]], tuple[NDArray[np.float64], NDArray[np.float64]]] = (
        field(default_factory=dict)
    )

    def standing(self, key: str, pick: str) -> Change:
        """Return the change that stands for an intervention; `NOTHING` where nobody can stop.

        `pick` is ``median`` (the default), ``least`` or ``greatest``.
        """
        if self.standing_for is not None:
            return self.standing_for.get((key, pick), NOTHING)
        swept = self._candidates(key)
        place = swept.place(pick)
        return NOTHING if place is None else Change(swept.stops[place])

    def means(self, pick: str) -> dict[str, float]:
        """Mean extra minutes of the moved per intervention; those without are absent."""
        if pick not in self._means:
            found = {key: self._standing_mean(key, pick) for key in self.interventions}
            self._means[pick] = {key: each for key, each in found.items() if each is not None}
        return self._means[pick]

    def flows(self, key: str, change: Change) -> Flows:
        """Who goes where under a change."""
        if change.moves_to or change.quotas:
            return self._flows_under(key, change)
        known = (key, change.stops, change.opens)
        if known not in self._flows:
            self._flows[known] = self._flows_under(key, change)
        return self._flows[known]

    def _flows_under(
        self, key: str, change: Change, people: NDArray[np.float64] | None = None
    ) -> Flows:
        """Who goes where, of the demand or of some people instead."""
        intervention, own = self.interventions[key], self._catchment(key)
        nearest_only = own is None and self._rule(key).rule == NEAREST
        if nearest_only and self._summed(key, change):
            return nearest_flows(self._matrix(key), change.stops, people)
        inputs = self.inputs(key)
        how: dict[str, Any] = {
            "stops": change.stops,
            "opens": change.opens,
            "moves_to": change.moves_to,
        }
        if own is not None:
            rows = catchment_case(intervention, own, group=people, **how).flows
        else:
            quotas = change.quotas
            rows = case_flows(intervention, inputs, weights=people, quotas=quotas, **how)
        if self.transit is not None:
            rows = ridden_flows(rows, self.transit)
        return flows_of_rows(rows, inputs.times.origins)

    def group_difference(self, key: str, change: Change, of: str, who: tuple[str, str]) -> float:
        """Mean extra minutes of a group less those of everybody else; NaN where one has none.

        As groups.csv has them: a column of people is counted instead of the demand; of a column
        that puts postcodes in classes everybody else is in another class, and who has no value is
        in neither.
        """
        part, rest = self._groups(key, change, who)
        return part.mean(of) - rest.mean(of)

    def _groups(self, key: str, change: Change, who: tuple[str, str]) -> tuple[Flows, Flows]:
        """Flows of a group, and of everybody else."""
        by, value = who
        inputs = self.inputs(key)
        counted = counted_groups(inputs)
        if by in counted:
            everybody = inputs.postcodes["population"].to_numpy(np.float64)
            rest = self._flows_under(key, change, everybody - counted[by])
            return self._flows_under(key, change, counted[by]), rest
        every = inputs.divisions if self.divisions_of is None else self.divisions_of()
        division = next(each for each in every if each.by == by)
        known = [each for each in division.classes if each != UNKNOWN]
        ends = {LOWEST: known[:1], HIGHEST: known[-1:]}
        at = [number for number, name in enumerate(known) if name in ends.get(value, [value])]
        found = self.flows(key, change)
        place = division.place[found.row]
        inside = np.isin(place, at)
        return found.part(inside), found.part(~inside & (place < len(known)))

    def mean(self, key: str, change: Change, of: str) -> float:
        """Mean extra minutes under a change, of the ``moved`` or of ``all``.

        By sums over sets, which is faster, where they say the same as flows.
        """
        if not self._summed(key, change):
            return self.flows(key, change).mean(of)
        given = self._matrix(key)
        if (key, change.stops) not in self._sums:
            members = np.isin(given.providers, change.stops)[None]
            self._sums[key, change.stops] = sums(given, members, self._rule(key))
        moved, minutes = self._sums[key, change.stops]
        demand = moved if of == "moved" else given.weights.sum(keepdims=True)
        return float(ratio(minutes, demand)[0])

    def choice(self, key: str) -> tuple[float, float]:
        """Minutes that the choice of who stops makes, and that one more or fewer makes.

        NaN where counts, attributes of locations, locks, catchments or postcodes without a way
        would matter.
        """
        intervention, rule = self.interventions[key], self._rule(key)
        locked = intervention.must_stay or intervention.must_stop
        if locked or rule.rule not in {NEAREST, HUFF} or any(rule.utility.values()):
            return np.nan, np.nan
        given = self._matrix(key)
        if not given.reached:
            return np.nan, np.nan
        return choice_against_number(intervention, given, rule)

    def people(self) -> pd.DataFrame:
        """`PEOPLE_COLUMNS` by postcode, in the order of the rows of flows; NaN: not known."""
        postcodes = self.inputs(next(iter(self.interventions))).postcodes
        unknown = pd.Series(np.nan, index=postcodes.index)
        return pd.DataFrame(
            {
                "municipality": postcodes["municipality"],
                "residents": postcodes.get("population", unknown),
            }
        )

    def inputs(self, key: str) -> Inputs:
        """Everything that an intervention is computed with."""
        if key not in self._inputs:
            self._inputs[key] = self.inputs_of(self.interventions[key])
        return self._inputs[key]

    def _standing_mean(self, key: str, pick: str) -> float | None:
        """Mean of what stands for an intervention; `None` where nobody can stop."""
        if self.standing_for is None:
            swept = self._candidates(key)
            place = swept.place(pick)
            return None if place is None else float(swept.means[place])
        change = self.standing(key, pick)
        return None if change == NOTHING else self.mean(key, change, "moved")

    def _rule(self, key: str) -> AllocationRule:
        if key not in self._rules:
            one = self.interventions[key]
            self._rules[key] = (
                self.inputs(key).allocation_rules[one.name]
                if self.rule_of is None
                else self.rule_of(one)
            )
        return self._rules[key]

    def _catchment(self, key: str) -> StudyCatchments | None:
        """Return what a study by catchments computes with; `None` for any other."""
        if self.rule_of is not None:
            return None
        return self.inputs(key).catchments.get(self.interventions[key].name)

    def _summed(self, key: str, change: Change) -> bool:
        """Whether sums over sets of providers say the minutes under a change."""
        if self.transit is not None:
            return False
        rule, intervention = self._rule(key), self.interventions[key]
        if change.moves_to or change.opens or change.quotas:
            return False
        if rule.rule not in {NEAREST, HUFF, OBSERVED} or any(rule.utility.values()):
            return False
        if rule.elsewhere or len(change.stops) == len(intervention.providers):
            return False
        return self._matrix(key).reached

    def _candidates(self, key: str) -> CandidateMeans:
        if key not in self._swept:
            given = self._matrix(key)
            self._swept[key] = sweep(self.interventions[key], given, self._rule(key))
        return self._swept[key]

    def _matrix(self, key: str) -> Matrix:
        if key not in self._matrices:
            every = self.together or [self]
            found = [each._own_matrix(key) for each in every]  # noqa: SLF001 (of the same class)
            found = stacked(found) if self.together else found
            for each, given in zip(every, found, strict=True):
                each._matrices[key] = given  # noqa: SLF001
        return self._matrices[key]

    def _own_matrix(self, key: str) -> Matrix:
        intervention = self.interventions[key]
        if self.matrix_of is not None:
            return self.matrix_of(intervention)
        return Matrix.of(intervention, self.inputs(key))


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
    intervention: Intervention, given: Matrix, rule: AllocationRule
) -> tuple[float, float]:
    """Minutes that the choice of who stops makes, and that one hospital more or fewer makes."""
    count, providers = intervention.stop_count, len(given.providers)
    if count is None or count >= providers:
        return np.nan, np.nan
    sets = _sets_by_count(providers)
    around = [sets[each] for each in range(count - 1, min(count + 2, providers))]
    means = sums(given, np.concatenate(around), rule)[1] / float(given.weights.sum())
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
