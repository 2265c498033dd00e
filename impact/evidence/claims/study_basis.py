"""What the figures of claims about a study of the user's own are computed on.

They are those of `impact run`: the same flows, by the rules and the demand of the study.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.candidates import candidates
from impact.concentration.cases import make_case
from impact.concentration.sweep import sweep_means
from impact.evidence.claims.claim import NOTHING, Change
from impact.evidence.claims.flows import flows_of_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.concentration.inputs import Inputs
    from impact.concentration.result import Case
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
    displayed
        Intervention -> the change that the range of the study is taken from: its scenario that
        stops as many as fall short, else what its rule says, else the median candidate.
    """

    region: str
    interventions: Mapping[str, Intervention]
    inputs: Inputs
    displayed: Mapping[str, Change]

    def subjects(self) -> list[tuple[str, str]]:
        """See `impact.evidence.claims.basis.Basis`."""
        return [(self.region, name) for name in self.interventions]

    def standing(self, region: str, treatment: str, pick: str) -> Change:  # noqa: ARG002
        """See `impact.evidence.claims.basis.Basis`."""
        if pick == "median":
            return self.displayed.get(treatment, NOTHING)
        intervention = self.interventions[treatment]
        means = self._swept(intervention)["mean_extra_moved"].to_numpy(np.float64)
        if np.isnan(means).all():
            return NOTHING
        place = int((np.nanargmin if pick == "least" else np.nanargmax)(means))
        return Change(candidates(intervention)[place])

    def means(self, region: str, pick: str) -> dict[str, float]:
        """See `impact.evidence.claims.basis.Basis`; the change stays the same."""
        found = {}
        for name in self.interventions:
            change = self.standing(region, name, pick)
            if change != NOTHING:
                found[name] = self.flows(region, name, change).mean_moved()
        return found

    def flows(self, region: str, treatment: str, change: Change) -> Flows:  # noqa: ARG002
        """See `impact.evidence.claims.basis.Basis`."""
        case = make_case(
            self.interventions[treatment],
            self.inputs,
            name="",
            stops=change.stops,
            opens=change.opens,
            moves_to=change.moves_to,
            quotas=change.quotas,
        )
        return flows_of_rows(case.flows, self.inputs.times.origins)

    def choice(self, region: str, treatment: str) -> tuple[float, float]:  # noqa: ARG002
        """See `impact.evidence.claims.choice.choice_against_number`; locks of the study hold."""
        intervention = self.interventions[treatment]
        count, total = intervention.stop_count, len(intervention.providers)
        if count is None or count >= total:
            return np.nan, np.nan
        here = self._means_all(intervention, count)
        if len(here) < 2:  # noqa: PLR2004 (a choice takes two)
            return np.nan, np.nan
        others = []
        for other in (count - 1, count + 1):
            found = np.zeros(1) if other == 0 else self._means_all(intervention, other)
            if other < total and len(found):
                others.append(abs(float(np.median(here)) - float(np.median(found))))
        return float(here.max() - here.min()), max(others)

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

    def _means_all(
        self, intervention: Intervention, count: int
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if not len(intervention.must_stop) <= count:
            return np.empty(0)
        swept = self._swept(replace(intervention, stop_count=count, all_fail=""))
        means = swept["mean_extra_all"].to_numpy(np.float64)
        return np.asarray(means[~np.isnan(means)])

    def _swept(self, intervention: Intervention) -> pd.DataFrame:
        name = intervention.name
        return sweep_means(
            intervention,
            self.inputs.times,
            self.inputs.demand.weights[name],
            outside=self.inputs.outside[name],
            choice=self.inputs.choices[name],
        )


def displayed_changes(cases: tuple[Case, ...]) -> dict[str, Change]:
    """Take from the cases of a run the change that stands for each intervention.

    Parameters
    ----------
    cases
        Of a run.

    Returns
    -------
    dict of str to Change
        By name of the intervention; those without such a case are absent.
    """
    return {
        case.intervention.name: Change(case.stops, case.moves_to, case.opens, case.quotas)
        for case in cases
        if case.in_range and case.principal
    }
