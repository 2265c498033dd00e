"""A study of the user's own under every definition, for claims about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.analysis.ranges import DEFAULT
from impact.evidence.claims.claim import BY, NOTHING
from impact.evidence.claims.figures import StudyFigures
from impact.evidence.claims.hidden import hidden_ends
from impact.evidence.claims.judge import View, own_definitions, says_who
from impact.evidence.published.definitions import Definition
from impact.evidence.sensitivity import ALTERNATIVES, BYPASS, MARGIN, PROFILE, WEIGHTS_OF
from impact.model.study_catchments import with_catchments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.evidence.claims.claim import Change, Claim
    from impact.evidence.claims.judge import ClaimTest, Studies
    from impact.evidence.sensitivity import Variation
    from impact.model.inputs import Inputs
    from impact.study.model import Study
    from impact.times.matrix import TravelTimes
    from impact.transit.times import TransitTimes

_NAMES = {
    PROFILE: "profile",
    WEIGHTS_OF: "weights",
    ALTERNATIVES: "alternatives",
    BYPASS: "baseline huff",
}
"""Factor -> its word in the name of a definition, as for the shipped regions."""


@dataclass(frozen=True, eq=False)
class StudySource:
    """A study of the user's own.

    Attributes
    ----------
    study, inputs
        What is asked, and everything it is computed with.
    standing_for
        From `impact.evidence.claims.figures.standing_changes`.
    registered
        Intervention -> location -> volume, for catchments.
    variations
        From `impact.evidence.sensitivity.variations`.
    drawn
        Times under random speed tables.
    engine
        Shortest-path engine.
    transit
        Trips by public transport, where the study has them.
    """

    study: Study
    inputs: Inputs
    standing_for: Mapping[tuple[str, str], Change]
    registered: Mapping[str, Mapping[str, float]]
    variations: Sequence[Variation]
    drawn: Sequence[TravelTimes]
    engine: str
    transit: TransitTimes | None = None

    def has_transit(self) -> bool:
        """See `impact.evidence.claims.judge.Source`."""
        return self.transit is not None

    def views(self, claim: Claim) -> list[View]:
        """See `impact.evidence.claims.judge.Source`; a variation is a definition."""
        counted = self._counted(claim)
        own = self._studies(claim, counted)
        kind = "nobody_more" if claim.kind == "range" else claim.kind
        change = claim.change
        known = own_definitions(kind, named=bool(change.stops), agreed=bool(change.moves_to))
        out = [View(each, own) for each in known]
        for each in self.variations:
            if each.factor not in _NAMES or (says_who(claim) and each.factor == WEIGHTS_OF):
                continue
            inputs = each.inputs
            if claim.weights:
                inputs = replace(inputs, demand=counted.demand)
            if not self._covers(claim, inputs):
                continue
            studies = self._studies(claim, inputs, each.alternatives)
            out.append(View(Definition(f"{DEFAULT}, {_NAMES[each.factor]} {each.value}"), studies))
        return out

    def margins(self, claim: Claim, view: View) -> list[Studies]:  # noqa: ARG002
        """See `impact.evidence.claims.judge.Source`; weights unless the claim says who counts."""
        own = self._counted(claim)
        out: list[Studies] = []
        for each in self.variations:
            if each.kind == MARGIN and each.factor != WEIGHTS_OF:
                if claim.by != BY[0]:
                    # other minutes by car vary no timetable
                    continue
                out.append(self._studies(claim, replace(own, times=each.inputs.times)))
            elif each.factor == WEIGHTS_OF and not says_who(claim):
                out.append(self._studies(claim, each.inputs))
        return out

    def hidden(self, claim: Claim, part: ClaimTest) -> list[Studies]:
        """See `impact.evidence.claims.judge.Source`; by the known totals of the study."""
        transit = None if claim.by == BY[0] else self.transit
        asked = {
            each.name: (each, changes)
            for each in self.study.interventions
            if part.treatment in {"", each.name}
            for changes in [self._changes(each.name, part)]
        }
        ends = hidden_ends(self._counted(claim), asked, claim, part, transit)
        return [self._studies(claim, each) for each in ends]

    def _changes(self, name: str, part: ClaimTest) -> list[Change]:
        """Say which changes the figure of a part is the mean of, or the difference of two."""
        standing = self.standing_for.get((name, part.pick), NOTHING)
        changes = [part.change if part.treatment else standing]
        if part.measure == "difference":
            changes.append(part.versus)
        return [] if NOTHING in changes else changes

    def draws(self, claim: Claim, view: View) -> list[Studies]:  # noqa: ARG002
        """See `impact.evidence.claims.judge.Source`; only definitions of the study are meant."""
        if claim.by != BY[0]:
            return []
        own = self._counted(claim)
        # equal whole minutes are told apart by the distances of the study
        drawn = [replace(times, km=own.times.km) for times in self.drawn]
        return [self._studies(claim, replace(own, times=times)) for times in drawn]

    def _counted(self, claim: Claim) -> Inputs:
        """Count whom a claim says."""
        for each in self.variations:
            if each.factor == WEIGHTS_OF and each.value == claim.weights:
                return each.inputs
        return self.inputs

    def _covers(self, claim: Claim, inputs: Inputs) -> bool:
        """Whether there are trips to every location that inputs can send people to."""
        if claim.by == BY[0] or self.transit is None:
            return True
        return set(inputs.times.destinations) <= set(self.transit.destinations)

    def _studies(self, claim: Claim, inputs: Inputs, alternatives: str = "") -> Studies:
        interventions = {
            each.name: replace(each, alternatives=alternatives) if alternatives else each
            for each in self.study.interventions
        }
        divided = with_catchments(self.study, inputs, self.registered, engine=self.engine)
        transit = None if claim.by == BY[0] else self.transit
        figures = StudyFigures(
            interventions, lambda _: divided, None, self.standing_for, transit=transit
        )
        return {self.study.region: figures}
