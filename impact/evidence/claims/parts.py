"""The parts of a claim: each one a figure with a test, for one treatment or one end of a range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.claims.choice import choice_against_number
from impact.evidence.claims.claim import NOTHING, OF, Change
from impact.evidence.claims.flows import flows
from impact.evidence.reproduce.residents import residents
from impact.evidence.reproduce.sweeps import ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.flows import Flows
    from impact.evidence.claims.readings import Reading
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.study import Intervention

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
    test, claimed, tolerance
        How the figure is held against the claim.
    """

    measure: str
    region: str
    treatment: str = ""
    change: Change = NOTHING
    versus: Change = NOTHING
    of: str = "moved"
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


def parts(
    claim: Claim, sweeps: Sweeps, setting: Setting, reading: Reading | None = None
) -> tuple[Part, ...]:
    """Divide a claim into figures.

    Parameters
    ----------
    claim
        Read and checked.
    sweeps, setting
        For the candidate that stands for a treatment where the claim names none.
    reading
        Its `pick` and `of`; the default without.

    Returns
    -------
    tuple of Part
    """
    if claim.kind == "range":
        return _range_parts(claim)
    out: list[Part] = []
    for region, intervention in _subjects(claim, sweeps):
        treatment = intervention.treatment
        pick = "median" if reading is None else reading.pick
        change = claim.change
        if not change.stops:
            change = Change(_picked(sweeps, region, intervention, setting, pick))
        plain = Part("", region, treatment, change, claim.versus)
        for of in _of(claim, reading):
            out += _of_kind(claim, replace(plain, of=of))
    return tuple(out)


def _range_parts(claim: Claim) -> tuple[Part, ...]:
    both = {"region": claim.region, "test": ABOUT, "tolerance": claim.tolerance}
    found = (
        Part("low", claimed=claim.low, **both),  # type: ignore[arg-type]
        Part("high", claimed=claim.high, **both),  # type: ignore[arg-type]
    )
    return (*found, Part("peak", claim.region, test=SAME)) if claim.peaks else found


def _subjects(claim: Claim, sweeps: Sweeps) -> Iterator[tuple[str, Intervention]]:
    """Regions and treatments that a claim is about."""
    for study in sweeps.world.studies:
        if claim.region in {"", study.region}:
            for each in study.interventions:
                if claim.treatment in {"", each.treatment}:
                    yield study.region, each


def _picked(
    sweeps: Sweeps, region: str, intervention: Intervention, setting: Setting, pick: str
) -> tuple[str, ...]:
    """Who stops in the median, least or greatest candidate; nobody where nobody is moved."""
    swept = sweeps.of(region, intervention, setting)
    place = swept.median
    if place is None:
        return ()
    if pick != "median":
        take = np.nanargmin if pick == "least" else np.nanargmax
        place = int(take(swept.means))
    return swept.stops[place]


def _of(claim: Claim, reading: Reading | None) -> tuple[str, ...]:
    if claim.kind not in {"share_within", "better", "minimal"}:
        return ("moved",)
    if reading is not None and reading.of:
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


def figure(part: Part, claim: Claim, sweeps: Sweeps, setting: Setting) -> float:
    """Compute the figure of a part.

    Parameters
    ----------
    part, claim
        What is asked.
    sweeps, setting
        Under which speeds and assumptions.

    Returns
    -------
    float
        Minutes, or a share for ``within``; NaN where nothing is known. Of a peak: 1 where it is
        one of those claimed, else 0.
    """
    if part.measure in {"low", "high", "peak"}:
        low, high, _, peak = ends(sweeps.medians(part.region, setting))
        return {"low": low, "high": high, "peak": float(peak in claim.peaks)}[part.measure]
    intervention = intervention_of(sweeps, part)
    given = sweeps.matrix(part.region, intervention, setting)
    if part.measure == "choice":
        spread, number = choice_against_number(intervention, given, setting)
        return spread - number
    if not part.change.stops:
        return float("nan")
    found = flows(given, part.change, setting)
    if part.measure == "difference":
        return _mean(found, part.of) - _mean(flows(given, part.versus, setting), part.of)
    if part.measure == "place":
        return found.extra_of(_rows_of_place(claim, sweeps, part.region, setting))
    return _of_flows(part, claim, found)


def _of_flows(part: Part, claim: Claim, found: Flows) -> float:
    if part.measure == "greatest":
        return found.greatest()[0]
    if part.measure == "within":
        return found.within(claim.minutes, part.of)
    return _mean(found, part.of)


def intervention_of(sweeps: Sweeps, part: Part) -> Intervention:
    """Return the treatment of a part as its region has it."""
    every = sweeps.world.study(part.region).interventions
    return next(each for each in every if each.treatment == part.treatment)


def _mean(found: Flows, of: str) -> float:
    return found.mean_moved() if of == "moved" else found.mean_all()


def _rows_of_place(
    claim: Claim, sweeps: Sweeps, region: str, setting: Setting
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows, among the residents of the region, of the place that a claim is about."""
    here = sweeps.world.postcodes.iloc[residents(sweeps.world, region, setting)]
    if claim.postcode:
        return np.flatnonzero(here.index == claim.postcode)
    return np.flatnonzero((here["municipality"] == claim.municipality).to_numpy())
