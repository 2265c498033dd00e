"""What claims are held against: views of the same data, one per definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.readings import Reading


@dataclass(frozen=True, eq=False)
class View:
    """A claim under one definition.

    Attributes
    ----------
    reading
        How the claim is read.
    basis
        What its figures are computed on.
    ends
        Of a range, where they are no means of a change: low, high and the treatment at the top.
        Such ends have no margin.
    """

    reading: Reading
    basis: Basis
    ends: tuple[float, float, str] | None = None


class Source(Protocol):
    """Shipped regions, or a study."""

    def views(self, claim: Claim) -> Sequence[View]:
        """Every definition that a claim can be held under, the default first."""

    def margins(self, claim: Claim, view: View) -> Sequence[Basis]:
        """Vary what nobody knows exactly, one thing at a time; speeds aside."""

    def draws(self, view: View) -> Sequence[Basis]:
        """Take random speed tables."""
