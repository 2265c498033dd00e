"""The parts of a claim: each one a figure with a test, for one treatment or one end of a range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.claims.claim import NOTHING, OF, Change
from impact.evidence.reproduce.sweeps import ends

if TYPE_CHECKING:
    import pandas as pd

    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.flows import Flows
    from impact.evidence.claims.readings import Reading

AT_MOST, AT_LEAST, ABOUT, BELOW, SAME = "at_most", "at_least", "about", "below", "same"


@dataclass(frozen=True)
class Part:
    """One figure of a claim, and when it bears the claim out.

    Attributes
    ----------
    measure
        ``low``, ``high``, ``peak``, ``greatest``, ``within``, ``place``, ``difference``,
        ``choice`` or ``mean``.
    region, treatment
        Whose.
    change, versus
        What stops; fixed while the margin is computed.
    of
        ``moved`` or ``all``.
    pick
        Which candidates a range is taken over: ``median``, ``least`` or ``greatest``.
    test, claimed, tolerance
        How the figure is held against the claim.
    """

    measure: str
    region: str
    treatment: str = ""
    change: Change = NOTHING
    versus: Change = NOTHING
    of: str = "moved"
    pick: str = "median"
    test: str = AT_MOST
    claimed: float = 0.0
    tolerance: float = 0.0

    def holds(self, figure: float) -> bool:
        """Whether a figure bears the claim out."""
        if self.test == ABOUT:
            return abs(figure - self.claimed) <= self.tolerance
        if self.test == AT_LEAST:
            return figure >= self.claimed
        if self.test == BELOW:
            return figure < self.claimed
        return figure <= self.claimed


def parts(claim: Claim, basis: Basis, reading: Reading) -> tuple[Part, ...]:
    """Divide a claim into figures.

    Parameters
    ----------
    claim
        Read and checked.
    basis
        For the change that stands for a treatment where the claim names none.
    reading
        Its `pick`, `of` and `agreed`.

    Returns
    -------
    tuple of Part
    """
    if claim.kind == "range":
        return _range_parts(claim, reading)
    out: list[Part] = []
    for region, treatment in basis.subjects():
        if claim.region not in {"", region} or claim.treatment not in {"", treatment}:
            continue
        change, versus = claim.change, claim.versus
        if change == NOTHING:
            change = basis.standing(region, treatment, reading.pick)
        if not reading.agreed:
            change, versus = (replace(each, moves_to={}) for each in (change, versus))
        plain = Part("", region, treatment, change, versus, pick=reading.pick)
        for of in _of(claim, reading):
            out += _of_kind(claim, replace(plain, of=of))
    return tuple(out)


def _range_parts(claim: Claim, reading: Reading) -> tuple[Part, ...]:
    plain = Part("", claim.region, pick=reading.pick)
    end = replace(plain, test=ABOUT, tolerance=claim.tolerance)
    found = (
        replace(end, measure="low", claimed=claim.low),
        replace(end, measure="high", claimed=claim.high),
    )
    return (*found, replace(plain, measure="peak", test=SAME)) if claim.peaks else found


def _of(claim: Claim, reading: Reading) -> tuple[str, ...]:
    if claim.kind not in {"share_within", "better", "minimal"}:
        return ("moved",)
    if reading.of:
        return (reading.of,)
    if claim.of:
        return (claim.of,)
    return OF if claim.kind == "minimal" else ("all",)


def _of_kind(claim: Claim, plain: Part) -> list[Part]:
    at_most = {"test": AT_MOST, "claimed": claim.minutes}
    if claim.kind == "nobody_more":
        return [replace(plain, measure="greatest", **at_most)]  # type: ignore[arg-type]
    if claim.kind == "minimal":
        return [replace(plain, measure="mean", **at_most)]  # type: ignore[arg-type]
    if claim.kind == "share_within":
        return [replace(plain, measure="within", test=AT_LEAST, claimed=claim.share)]
    if claim.kind == "place_longer":
        tolerance = claim.tolerance
        said = replace(plain, measure="place", claimed=claim.minutes, tolerance=tolerance)
        return [replace(said, test=claim.compare)]
    if claim.kind == "better":
        return [replace(plain, measure="difference", test=BELOW)]
    return [replace(plain, measure="choice", of="all", test=AT_LEAST)]


def figure(part: Part, claim: Claim, basis: Basis) -> float:
    """Compute the figure of a part.

    Parameters
    ----------
    part, claim
        What is asked.
    basis
        Under which speeds and assumptions.

    Returns
    -------
    float
        Minutes, or a share for ``within``; NaN where nothing is known. Of a peak: 1 where it is
        one of those claimed, else 0.
    """
    if part.measure in {"low", "high", "peak"}:
        low, high, _, peak = ends(basis.means(part.region, part.pick))
        return {"low": low, "high": high, "peak": float(peak in claim.peaks)}[part.measure]
    if part.measure == "choice":
        spread, number = basis.choice(part.region, part.treatment)
        return spread - number
    if part.change == NOTHING:
        return float("nan")
    found = basis.flows(part.region, part.treatment, part.change)
    if part.measure == "difference":
        versus = basis.flows(part.region, part.treatment, part.versus)
        return _mean(found, part.of) - _mean(versus, part.of)
    if part.measure == "place":
        return found.extra_of(_rows_of_place(claim, basis.people(part.region)))
    return _of_flows(part, claim, found)


def _of_flows(part: Part, claim: Claim, found: Flows) -> float:
    if part.measure == "greatest":
        return found.greatest()[0]
    if part.measure == "within":
        return found.within(claim.minutes, part.of)
    return _mean(found, part.of)


def _mean(found: Flows, of: str) -> float:
    return found.mean_moved() if of == "moved" else found.mean_all()


def _rows_of_place(
    claim: Claim, people: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the place that a claim is about."""
    if claim.postcode:
        return np.flatnonzero(people.index == claim.postcode)
    return np.flatnonzero((people["municipality"] == claim.municipality).to_numpy())
