"""Claims about a study of the user's own: its definitions and its margins, as `impact run` has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.concentration.ranges import DEFAULT
from impact.evidence.claims.readings import Reading, own_readings
from impact.evidence.claims.source import View
from impact.evidence.claims.study_basis import StudyBasis
from impact.evidence.variations import (
    ALTERNATIVES,
    BYPASS,
    MARGIN,
    PROFILE,
    WEIGHTS_OF,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.concentration.inputs import Inputs
    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.claim import Change, Claim
    from impact.evidence.variations import Variation
    from impact.study import Study
    from impact.times import TravelTimes

_NAMES = {
    PROFILE: "profile",
    WEIGHTS_OF: "weights",
    ALTERNATIVES: "alternatives",
    BYPASS: "baseline huff",
}
"""Factor -> its word in the name of a definition, as for the shipped regions."""


@dataclass(frozen=True, eq=False)
class StudySource:
    """A study.

    Attributes
    ----------
    study, inputs
        What is asked, and everything it is computed with.
    standing_for
        From `impact.evidence.claims.study_basis.standing_changes`.
    variations
        From `impact.evidence.variations.variations`.
    drawn
        Times under random speed tables.
    """

    study: Study
    inputs: Inputs
    standing_for: Mapping[tuple[str, str], Change]
    variations: Sequence[Variation]
    drawn: Sequence[TravelTimes]

    def views(self, claim: Claim) -> list[View]:
        """See `impact.evidence.claims.source.Source`; a variation is a definition."""
        own = self._basis(self._counted(claim))
        kind = "nobody_more" if claim.kind == "range" else claim.kind
        change = claim.change
        known = own_readings(kind, named=bool(change.stops), agreed=bool(change.moves_to))
        out = [View(each, own) for each in known]
        for each in self.variations:
            if each.factor not in _NAMES or (claim.weights and each.factor == WEIGHTS_OF):
                continue
            inputs = each.inputs
            if claim.weights:
                inputs = replace(inputs, demand=own.inputs.demand)
            basis = self._basis(inputs, each.alternatives)
            out.append(View(Reading(f"{DEFAULT}, {_NAMES[each.factor]} {each.value}"), basis))
        return out

    def margins(self, claim: Claim, view: View) -> list[Basis]:  # noqa: ARG002
        """See `impact.evidence.claims.source.Source`; weights unless the claim says who counts."""
        own = self._counted(claim)
        out: list[Basis] = []
        for each in self.variations:
            if each.kind == MARGIN and each.factor != WEIGHTS_OF:
                out.append(self._basis(replace(own, times=each.inputs.times)))
            elif each.factor == WEIGHTS_OF and not claim.weights:
                out.append(self._basis(each.inputs))
        return out

    def draws(self, view: View) -> list[Basis]:
        """See `impact.evidence.claims.source.Source`."""
        inputs = self.inputs
        if isinstance(view.basis, StudyBasis):
            inputs = view.basis.inputs
        return [self._basis(replace(inputs, times=times)) for times in self.drawn]

    def _counted(self, claim: Claim) -> Inputs:
        """Count whom a claim says."""
        for each in self.variations:
            if each.factor == WEIGHTS_OF and each.value == claim.weights:
                return each.inputs
        return self.inputs

    def _basis(self, inputs: Inputs, alternatives: str = "") -> StudyBasis:
        interventions = {
            each.name: replace(each, alternatives=alternatives) if alternatives else each
            for each in self.study.interventions
        }
        return StudyBasis(self.study.region, interventions, inputs, self.standing_for)
