"""What became of a claim: its figures, other definitions, and who is worst off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.parts import Part


@dataclass(frozen=True)
class Figure:
    """A part with its figure.

    Attributes
    ----------
    part
        What was asked.
    value, low, high
        The figure and its margin of calculation.
    verdict
        Of this part alone.
    better, computed
        In how many of the computations the figure bears the claim out, and how many there were.
    """

    part: Part
    value: float
    low: float
    high: float
    verdict: str
    better: int
    computed: int


@dataclass(frozen=True)
class Other:
    """The claim under another definition.

    Attributes
    ----------
    definition
        Its name.
    verdict
        Of the figures without a margin.
    figures
        Per part, in their order.
    """

    definition: str
    verdict: str
    figures: tuple[float, ...]


@dataclass(frozen=True)
class WorstOff:
    """Where the extra minutes are most.

    Attributes
    ----------
    postcode, municipality
        The place.
    treatment, stops
        In which change.
    before, after, extra
        Minutes one way.
    residents
        Of the postcode.
    """

    postcode: str
    municipality: str
    treatment: str
    stops: tuple[str, ...]
    before: float
    after: float
    extra: float
    residents: float


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes
    ----------
    claim, verdict
        The claim and the verdict.
    definition
        Under which it was read.
    figures
        One per part; none where the data cannot say.
    others
        The other definitions.
    worst
        Who is worst off; `None` where nobody travels.
    """

    claim: Claim
    verdict: str
    definition: str
    figures: tuple[Figure, ...]
    others: tuple[Other, ...]
    worst: WorstOff | None

    @property
    def leading(self) -> Figure | None:
        """The figure that says most: that of the worst part; `None` where there is none."""
        known = [each for each in self.figures if not np.isnan(each.value)]
        if not known:
            return None
        if self.claim.kind == "range":
            ends = [each for each in known if each.part.measure != "peak"]
            return max(ends, key=lambda each: abs(each.value - each.part.claimed))
        least = self.claim.kind in {"share_within", "which_not_how_many"}
        return (min if least else max)(known, key=lambda each: each.value)
