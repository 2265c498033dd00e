"""What the figures of claims about a study of the user's own are computed on.

They are those of `impact run`: the same flows, by the rules and the demand of the study.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.candidates import candidates
from impact.concentration.cases import case_flows
from impact.concentration.choice import HUFF, NEAREST
from impact.concentration.locations import locations_before
from impact.evidence.claims.choice import choice_against_number
from impact.evidence.claims.claim import NOTHING, Change
from impact.evidence.claims.flows import flows_of_rows
from impact.evidence.reproduce.rows import Matrix
from impact.evidence.reproduce.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.concentration.inputs import Inputs
    from impact.concentration.result import Case, Result
    from impact.evidence.claims.flows import Flows
    from impact.study import Intervention


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
        """See `impact.evidence.claims.basis.Basis`."""
        return [(self.region, name) for name in self.interventions]

    def standing(self, region: str, treatment: str, pick: str) -> Change:  # noqa: ARG002
        """See `impact.evidence.claims.basis.Basis`."""
        return self.standing_for.get((treatment, pick), NOTHING)

    def means(self, region: str, pick: str) -> dict[str, float]:
        """See `impact.evidence.claims.basis.Basis`; the change stays the same."""
        if pick not in self._means:
            changes = {name: self.standing(region, name, pick) for name in self.interventions}
            self._means[pick] = {
                name: self.flows(region, name, change).mean_moved()
                for name, change in changes.items()
                if change != NOTHING
            }
        return self._means[pick]

    def flows(self, region: str, treatment: str, change: Change) -> Flows:  # noqa: ARG002
        """See `impact.evidence.claims.basis.Basis`."""
        rows = case_flows(
            self.interventions[treatment],
            self.inputs,
            stops=change.stops,
            opens=change.opens,
            moves_to=change.moves_to,
            quotas=change.quotas,
        )
        return flows_of_rows(rows, self.inputs.times.origins)

    def choice(self, region: str, treatment: str) -> tuple[float, float]:  # noqa: ARG002
        """See `impact.evidence.claims.choice`; counts and attributes of locations are not known.

        Neither are postcodes without a way, and locks do not hold: NaN where that would matter.
        """
        intervention, choice = self.interventions[treatment], self.inputs.choices[treatment]
        locked = intervention.must_stay or intervention.must_stop
        if locked or choice.rule not in {NEAREST, HUFF} or any(choice.utility.values()):
            return np.nan, np.nan
        times = self.inputs.times
        providers = tuple(sorted(intervention.providers))
        before = locations_before(intervention, self.inputs.outside[treatment])
        beyond = [name for name in before if name not in providers]
        given = Matrix(
            providers,
            times.to(providers),
            times.to(beyond),
            self.inputs.demand.weights[treatment],
        )
        if not (np.isfinite(given.minutes).all() and np.isfinite(given.elsewhere).all()):
            return np.nan, np.nan
        setting = Setting()
        if choice.rule == HUFF:
            setting = Setting(baseline="huff", beta=choice.beta)
        return choice_against_number(intervention, given, setting)

    def people(self, region: str) -> pd.DataFrame:  # noqa: ARG002
        """See `impact.evidence.claims.basis.Basis`."""
        postcodes = self.inputs.postcodes
        unknown = pd.Series(np.nan, index=postcodes.index)
        return pd.DataFrame(
            {
                "municipality": postcodes["municipality"],
                "residents": postcodes.get("population", unknown),
            }
        )


def standing_cases(result: Result) -> dict[str, Case]:
    """Give the case of each intervention that the range of the study is taken from.

    Parameters
    ----------
    result
        Of a run.

    Returns
    -------
    dict of str to Case
        By intervention; those without one are absent.
    """
    return {
        case.intervention.name: case for case in result.cases if case.in_range and case.principal
    }


def standing_changes(result: Result) -> dict[tuple[str, str], Change]:
    """Say which change stands for an intervention where a claim names none.

    Parameters
    ----------
    result
        Of a run.

    Returns
    -------
    dict of (str, str) to Change
        By intervention and pick. ``median`` is what the range of the study is taken from: its
        scenario that stops as many as fall short, else what its rule says, else the median
        candidate; ``least`` and ``greatest`` are candidates. What there is not, is absent.
    """
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
