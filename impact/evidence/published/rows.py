"""One treatment of one region under one setting: its candidates and their means, each made once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.evidence.published.lattice import (
    Lattice,
    bypassing_sums,
    nearest_lattice,
    set_number,
    shared_lattice,
)
from impact.evidence.published.world import residents
from impact.model.allocation import flows
from impact.model.allocation_rule import EVERYBODY_NEAREST, HUFF, OBSERVED, AllocationRule
from impact.model.candidates import candidates, locations_before
from impact.model.demand import Demand, unit_of
from impact.model.inputs import Inputs, StudyData
from impact.model.observed import Observed
from impact.sweep.means import TIE_DECIMALS
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.study.model import Intervention


@dataclass(frozen=True, eq=False)
class Matrix:
    """Minutes and weights of one treatment.

    Attributes
    ----------
    providers
        Of the region, sorted.
    beyond
        Providers of other regions that may take people, now and after.
    minutes : ndarray of float, shape (n_postcodes, n_providers)
        To each of the region's.
    elsewhere : ndarray of float, shape (n_postcodes, n_outside)
        To each of the others.
    weights : ndarray of float, shape (n_postcodes,)
        Residents of the region.
    stack, layer
        Matrices whose minutes lie on each other, summed together, and which of them this is.
    """

    providers: tuple[str, ...]
    beyond: tuple[str, ...]
    minutes: NDArray[np.float64]
    elsewhere: NDArray[np.float64]
    weights: NDArray[np.float64]
    stack: Matrix | None = None
    layer: int = 0

    @cached_property
    def times(self) -> TravelTimes:
        """The minutes by name; postcodes by their place."""
        minutes = np.column_stack([self.minutes, self.elsewhere])
        origins = tuple(map(str, range(len(minutes))))
        return TravelTimes(origins, (*self.providers, *self.beyond), minutes)

    @property
    def nearest_elsewhere(self) -> NDArray[np.float64] | None:
        """Minutes to the nearest provider of another region; `None` where none may take people."""
        return self.elsewhere.min(axis=-1) if self.elsewhere.shape[-1] else None

    @cached_property
    def reached(self) -> bool:
        """Whether every provider can be reached from every postcode."""
        return bool(np.isfinite(self.minutes).all() and np.isfinite(self.elsewhere).all())

    @cached_property
    def lattice(self) -> Lattice:
        """Sum over every set that stops, where everybody goes to the nearest."""
        if self.stack is not None:
            every = self.stack.lattice
            return Lattice(every.moved[self.layer], every.minutes[self.layer])
        return nearest_lattice(self.minutes, self.weights, outside=self.nearest_elsewhere)

    @classmethod
    def of(cls, intervention: Intervention, inputs: Inputs) -> Matrix:
        """Take what a study has of one intervention."""
        providers = tuple(sorted(intervention.providers))
        before = locations_before(intervention, inputs.outside[intervention.name])
        beyond = tuple(name for name in before if name not in providers)
        inside, outside = (inputs.times.to(names) for names in (providers, beyond))
        return cls(providers, beyond, inside, outside, inputs.demand.weights[intervention.name])

    def flows(self, rule: AllocationRule, **change: Any) -> pd.DataFrame:  # noqa: ANN401
        """Work out who goes where under a change: see `impact.model.allocation.flows`."""
        providers = self.times.destinations
        return flows(self.times, self.weights, providers=providers, choice=rule, **change)

    def layers(self) -> list[Matrix]:
        """Take a stack apart."""
        pairs = zip(self.minutes, self.elsewhere, strict=True)
        return [
            Matrix(self.providers, self.beyond, inside, beyond, self.weights, self, layer)
            for layer, (inside, beyond) in enumerate(pairs)
        ]


@dataclass(frozen=True, eq=False)
class CandidateMeans:
    """Every candidate of one treatment under one setting.

    Attributes
    ----------
    stops
        Names that stop, per candidate, in the order of `impact.model.candidates`.
    moved, minutes : ndarray of float, shape (n_candidates,)
        Demand that must go elsewhere, and its extra minutes summed.
    demand
        Of all residents.
    """

    stops: tuple[tuple[str, ...], ...]
    moved: NDArray[np.float64]
    minutes: NDArray[np.float64]
    demand: float

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """Mean extra minutes of the moved; NaN where nobody is."""
        return ratio(self.minutes, self.moved)

    @property
    def means_all(self) -> NDArray[np.float64]:
        """Mean extra minutes over all demand."""
        return ratio(self.minutes, np.full(len(self.moved), self.demand))

    @cached_property
    def median(self) -> int | None:
        """Position of the median candidate: the lower of two, ties by name; `None` without."""
        return median_place(self.means)

    def place(self, pick: str) -> int | None:
        """Position of the ``median``, ``least`` or ``greatest`` candidate; `None` without."""
        if pick == "median" or self.median is None:
            return self.median
        take = np.nanargmin if pick == "least" else np.nanargmax
        return int(take(self.means))


def ratio(total: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide where there is something to divide by; NaN elsewhere."""
    out = np.full(len(total), np.nan)
    counted = weight > 0.0
    out[counted] = total[counted] / weight[counted]
    return out


def median_place(means: NDArray[np.float64]) -> int | None:
    """Position of the median by value: the lower of two, of equals the first.

    Examples
    --------
    >>> median_place(np.array([9.0, 1.0, np.nan, 5.0, 3.0]))
    4
    """
    counted = np.flatnonzero(~np.isnan(means))
    if not len(counted):
        return None
    order = counted[np.argsort(means[counted].round(TIE_DECIMALS), kind="stable")]
    return int(order[(len(order) - 1) // 2])


def treatment_of(intervention: Intervention) -> Intervention:
    """Return the intervention as the table has it: where all n fall short, one takes all."""
    if intervention.stop_count == len(intervention.providers):
        return replace(intervention, all_fail="one_takes_all")
    return intervention


@lru_cache(maxsize=512)
def membership(
    intervention: Intervention,
) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.bool_]]:
    """Every candidate: who stops by name, and by place among the providers."""
    place = {name: column for column, name in enumerate(sorted(intervention.providers))}
    stops = candidates(treatment_of(intervention))
    members = np.zeros((len(stops), len(place)), dtype=bool)
    row = np.repeat(np.arange(len(stops)), [len(each) for each in stops])
    members[row, [place[name] for each in stops for name in each]] = True
    return stops, members


def matrix(
    shipped: ShippedStudies,
    region: str,
    intervention: Intervention,
    setting: Assumptions,
    *,
    providers: Sequence[str] | None = None,
    leaves: bool = False,
) -> Matrix:
    """Minutes and weights of one treatment under a setting."""
    names = tuple(sorted(intervention.providers if providers is None else providers))
    rows = residents(shipped, region, setting)
    beyond: tuple[str, ...] = ()
    if leaves or setting.alternatives == "all":
        found = shipped.outside[region, intervention.treatment]
        beyond = tuple(name for name in found if name not in names)
    listed = {*names, *beyond}
    return Matrix(
        names,
        beyond,
        _to(shipped, names, rows, setting, listed),
        _to(shipped, beyond, rows, setting, listed),
        shipped.weights[setting.weights][rows],
    )


def _to(
    shipped: ShippedStudies,
    names: Sequence[str],
    rows: NDArray[np.int64],
    setting: Assumptions,
    listed: set[str],
) -> NDArray[np.float64]:
    """Minutes to providers; where organisations count, to the nearest of their own locations."""
    if setting.locations == "listed" or not names:
        return shipped.minutes(setting.profile, names, rows)
    columns = []
    for name in names:
        others = [each for each in shipped.sisters[name] if each not in listed]
        columns.append(shipped.minutes(setting.profile, [name, *others], rows).min(axis=1))
    return np.column_stack(columns)


def stacked(many: Sequence[Matrix]) -> list[Matrix]:
    """Let matrices of the same people and places be summed together."""
    inside, beyond = (
        np.stack([getattr(each, name) for each in many]) for name in ("minutes", "elsewhere")
    )
    return replace(many[0], minutes=inside, elsewhere=beyond).layers()


def sweep(intervention: Intervention, given: Matrix, rule: AllocationRule) -> CandidateMeans:
    """Every candidate of one treatment."""
    stops, members = membership(replace(intervention, providers=given.providers))
    moved, minutes = sums(given, members, rule)
    return CandidateMeans(stops, moved, minutes, float(given.weights.sum()))


def sums(
    given: Matrix, members: NDArray[np.bool_], rule: AllocationRule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum moved demand and its extra minutes for many sets of providers that stop."""
    if rule.rule == HUFF:
        everywhere = np.column_stack([given.minutes, given.elsewhere])
        return bypassing_sums(everywhere, given.weights, members, beta=rule.beta)
    if rule.observed is None:
        found = given.lattice
    else:
        at = rule.observed.table(given.providers)
        found = shared_lattice(given.minutes, at, outside=given.nearest_elsewhere)
    place = set_number(members)
    return found.moved[place], found.minutes[place]


def rule_of(given: Matrix, setting: Assumptions) -> AllocationRule:
    """Return the rule by which a setting allots demand."""
    if setting.baseline != HUFF:
        return EVERYBODY_NEAREST
    rule = AllocationRule(HUFF, beta=setting.beta)
    if setting.recipients == "rule":
        return rule
    # who goes where today is as good as counted, and only who must move goes to the nearest
    names = (*given.providers, *given.beyond)
    everywhere = np.column_stack([given.minutes, given.elsewhere])
    counts = given.weights[:, None] * rule.shares(everywhere, names)
    return AllocationRule(OBSERVED, observed=Observed(names, counts, counts, counts))


def leaving(given: Matrix) -> float:
    """Mean extra minutes where all providers stop and the treatment leaves the region."""
    if not given.elsewhere.shape[1]:
        return float("nan")
    extra = given.elsewhere.min(axis=1) - given.minutes.min(axis=1)
    return float(np.average(extra, weights=given.weights))


@dataclass(frozen=True, eq=False)
class Sweeps:
    """What was swept so far.

    Attributes
    ----------
    shipped
        What it is computed from.
    """

    shipped: ShippedStudies
    _swept: dict[tuple[str, str, Assumptions], CandidateMeans] = field(default_factory=dict)
    _matrices: dict[tuple[str, ...], Matrix] = field(default_factory=dict)
    _moved: dict[tuple[str, str, tuple[str, ...], Assumptions], pd.DataFrame] = field(
        default_factory=dict
    )

    def matrix(self, region: str, intervention: Intervention, setting: Assumptions) -> Matrix:
        """Minutes and weights of one treatment; see `impact.evidence.published.rows.matrix`."""
        # who goes where, which the other assumptions are about, is no part of them
        where = (setting.profile, setting.weights, setting.alternatives)
        key = (region, intervention.treatment, *where, setting.locations, setting.edge)
        if key not in self._matrices:
            self._matrices[key] = matrix(self.shipped, region, intervention, setting)
        return self._matrices[key]

    def of(self, region: str, intervention: Intervention, setting: Assumptions) -> CandidateMeans:
        """Every candidate of one treatment under a setting."""
        key = (region, intervention.treatment, setting)
        if key not in self._swept:
            given = self.matrix(region, intervention, setting)
            self._swept[key] = sweep(intervention, given, rule_of(given, setting))
        return self._swept[key]

    def moved(
        self, region: str, intervention: Intervention, stops: tuple[str, ...], setting: Assumptions
    ) -> pd.DataFrame:
        """Flows of those who must go elsewhere under one candidate."""
        key = (region, intervention.treatment, stops, setting)
        if key not in self._moved:
            given = self.matrix(region, intervention, setting)
            rows = given.flows(rule_of(given, setting), stops=stops)
            self._moved[key] = rows[rows["moved"]]
        return self._moved[key]

    def medians(self, region: str, setting: Assumptions) -> dict[str, float]:
        """Mean extra minutes of the moved in the median candidate, per treatment."""
        found = {}
        for each in self.shipped.study(region).interventions:
            swept = self.of(region, each, setting)
            if swept.median is not None:
                found[each.treatment] = float(swept.means[swept.median])
        return found


def study_rule(
    sweeps: Sweeps, region: str, intervention: Intervention, setting: Assumptions
) -> AllocationRule:
    """Give the rule of the demand of one treatment of a shipped study, under a setting."""
    return rule_of(sweeps.matrix(region, intervention, setting), setting)


def study_inputs(
    sweeps: Sweeps, region: str, intervention: Intervention, setting: Assumptions
) -> Inputs:
    """Give what a run of one treatment of a shipped study would read, under a setting."""
    shipped, given = sweeps.shipped, sweeps.matrix(region, intervention, setting)
    postcodes, origins, ferry = shipped.people(region, setting)
    name = intervention.name
    return Inputs(
        postcodes=postcodes,
        hospitals=shipped.hospitals,
        demand=Demand(unit_of(setting.weights), {name: given.weights}, {}),
        times=replace(given.times, origins=origins),
        outside={name: given.beyond},
        register=shipped.register,
        sources=(),
        notes=shipped.notes,
        from_cache=shipped.from_cache,
        ferry=ferry,
        allocation_rules={name: rule_of(given, setting)},
        observed={},
        data=StudyData(shipped.network, postcodes, shipped.hospitals, shipped.register),
    )


def ends(values: dict[str, float]) -> tuple[float, float, str, str]:
    """Least and greatest value, and whose they are.

    Examples
    --------
    >>> ends({"b": 4.0, "a": 4.0, "c": 9.0})
    (4.0, 9.0, 'a', 'c')
    """
    known = {key: value for key, value in values.items() if not np.isnan(value)}
    if not known:
        return (np.nan, np.nan, "", "")
    low = min(known, key=lambda key: (known[key], key))
    high = min(known, key=lambda key: (-known[key], key))
    return (known[low], known[high], low, high)


def middle(values: NDArray[np.float64]) -> float:
    """Median in the usual sense: the mean of two in the middle; NaN without any value."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
