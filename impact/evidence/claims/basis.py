"""What the figures of claims are computed on: the shipped regions, under one set of assumptions.

`impact.evidence.claims.study_basis` does the same for a study of the user's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from impact.evidence.claims.choice import choice_against_number
from impact.evidence.claims.claim import NOTHING, Change
from impact.evidence.claims.flows import flows
from impact.evidence.reproduce.residents import residents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.flows import Flows
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.study import Intervention

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
    setting: Setting

    def subjects(self) -> list[tuple[str, str]]:
        """See `Basis`."""
        return [
            (study.region, each.treatment)
            for study in self.sweeps.world.studies
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
            for each in self.sweeps.world.study(region).interventions
        }
        return {key: float(take(e.means)) for key, e in swept.items() if e.median is not None}

    def flows(self, region: str, treatment: str, change: Change) -> Flows:
        """See `Basis`."""
        given = self.sweeps.matrix(region, self._intervention(region, treatment), self.setting)
        return flows(given, change, self.setting)

    def choice(self, region: str, treatment: str) -> tuple[float, float]:
        """See `Basis`."""
        intervention = self._intervention(region, treatment)
        given = self.sweeps.matrix(region, intervention, self.setting)
        return choice_against_number(intervention, given, self.setting)

    def people(self, region: str) -> pd.DataFrame:
        """See `Basis`."""
        world = self.sweeps.world
        rows = residents(world, region, self.setting)
        here = world.postcodes.iloc[rows]
        people = world.weights["population"][rows]
        return pd.DataFrame({"municipality": here["municipality"], "residents": people})

    def _intervention(self, region: str, treatment: str) -> Intervention:
        every = self.sweeps.world.study(region).interventions
        return next(each for each in every if each.treatment == treatment)
