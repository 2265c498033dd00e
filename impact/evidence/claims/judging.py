"""Judge one claim: under its own definition with margins, under the others without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from impact.evidence.claims.claim import BY, NOTHING
from impact.evidence.claims.margins import alone, with_margin
from impact.evidence.claims.outcome import Other, Outcome
from impact.evidence.claims.parts import figure, parts
from impact.evidence.claims.verdicts import UNDECIDED, verdict
from impact.evidence.claims.worst_off import worst_off

if TYPE_CHECKING:
    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.outcome import Figure
    from impact.evidence.claims.parts import Part
    from impact.evidence.claims.source import Source, View


def judged(claim: Claim, source: Source) -> Outcome:
    """Compute the figures of a claim and say whether they bear it out.

    Parameters
    ----------
    claim
        One of a file.
    source
        What it is held against.

    Returns
    -------
    Outcome
        Without figures where the claim is about travel by public transport.
    """
    if claim.by != BY[0]:
        return Outcome(claim, UNDECIDED, "", (), (), None)
    views = source.views(claim)
    chosen = next((each for each in views if each.reading.name == claim.definition), views[0])
    figures = _with_margins(claim, source, chosen)
    others = []
    for other in views:
        if other is chosen or other.reading.of == (claim.of or "all"):
            continue
        found = [alone(part, _value(part, claim, other)) for part in _parts(claim, other)]
        values = tuple(each.value for each in found)
        others.append(Other(other.reading.name, verdict([e.verdict for e in found]), values))
    moved = claim if claim.kind != "range" else replace(claim, kind="minimal", of="moved")
    stopping = parts(moved, chosen.basis, chosen.reading)
    return Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.reading.name,
        figures=figures,
        others=tuple(others),
        worst=worst_off([each for each in stopping if each.change != NOTHING], chosen.basis),
    )


def _with_margins(claim: Claim, source: Source, view: View) -> tuple[Figure, ...]:
    asked = _parts(claim, view)
    if view.ends is not None:
        return tuple(alone(part, _value(part, claim, view)) for part in asked)
    others, drawn = source.margins(claim, view), source.draws(view)
    return tuple(with_margin(part, claim, view.basis, others, drawn) for part in asked)


def _parts(claim: Claim, view: View) -> tuple[Part, ...]:
    return parts(claim, view.basis, view.reading)


def _value(part: Part, claim: Claim, view: View) -> float:
    if view.ends is None:
        return figure(part, claim, view.basis)
    low, high, peak = view.ends
    return {"low": low, "high": high, "peak": float(peak in claim.peaks)}[part.measure]
