"""One set of assumptions under which the whole table is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.concentration.choice import BYPASS_BETAS
from impact.errors import Fault, InputError
from impact.study import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

BASELINES = ("nearest", "huff")
RECIPIENTS = ("rule", "nearest")
LOCATIONS = ("listed", "organisation")
EDGES = ("member", "narrow", "wide")

STRONGEST_BETA = 1.0
"""Per minute; anything stronger is ``nearest`` in all but name."""

EDGE_MINUTES = 5.0
"""A postcode is at the edge where two regions' nearest member locations differ by less."""


@dataclass(frozen=True)
class Setting:
    """Assumptions; each can be changed alone.

    Attributes
    ----------
    profile
        Speed profile.
    weights
        ``population``, ``65+`` or ``75+``: who counts.
    alternatives
        ``inside`` the region, or ``all``: known providers of other regions too.
    baseline
        ``nearest``: everybody goes to the nearest provider today; ``huff``: shares proportional
        to exp(-beta x minutes).
    beta
        Decay per minute, for ``huff``.
    recipients
        ``rule``: those who must go elsewhere choose as they did before; ``nearest``: they go to
        the nearest that is left, whatever the baseline.
    locations
        ``listed``: a provider is the location that the register lists; ``organisation``: any
        full location of its organisation that is not listed itself.
    edge
        Whose residents: ``member``: those of the postcode table (nearest member location);
        ``narrow``: without those to whom another region is less than `EDGE_MINUTES` further;
        ``wide``: with those of other regions to whom this one is.

    Examples
    --------
    >>> Setting().baseline, Setting(weights="65+").weights
    ('nearest', '65+')
    """

    profile: str = "dal"
    weights: str = "population"
    alternatives: str = "inside"
    baseline: str = "nearest"
    beta: float = BYPASS_BETAS[1]
    recipients: str = "rule"
    locations: str = "listed"
    edge: str = "member"

    def __post_init__(self) -> None:
        """Refuse what no setting knows, all faults at once."""
        faults = [
            *_one_of("--weights", self.weights, tuple(WEIGHTS)),
            *_one_of("--alternatives", self.alternatives, ALTERNATIVES),
            *_one_of("--baseline", self.baseline, BASELINES),
            *_one_of("recipients", self.recipients, RECIPIENTS),
            *_one_of("locations", self.locations, LOCATIONS),
            *_one_of("edge", self.edge, EDGES),
        ]
        if not 0.0 < self.beta <= STRONGEST_BETA:
            expected = f"a number above zero and at most {STRONGEST_BETA:g} (per minute)"
            faults.append(Fault("--beta", "", "", f"{self.beta:g}", expected))
        if faults:
            raise InputError(faults)


def _one_of(source: str, value: str, known: Sequence[str]) -> list[Fault]:
    if value in known:
        return []
    return [Fault(source, "", "", value, "one of " + ", ".join(known))]
