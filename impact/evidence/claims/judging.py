"""Judge one claim: under its own definition with margins, under the others without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from impact.evidence.claims.claim import BY
from impact.evidence.claims.margins import with_margin
from impact.evidence.claims.outcome import Figure, Other, Outcome
from impact.evidence.claims.parts import figure, parts
from impact.evidence.claims.readings import range_definitions, readings
from impact.evidence.claims.verdicts import UNDECIDED, part_verdict, verdict
from impact.evidence.claims.worst_off import worst_off
from impact.evidence.reproduce.definitions import region_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.claim import Claim
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.evidence.reproduce.treatments import Treatment


def judged(
    claim: Claim,
    sweeps: Sweeps,
    asked: Setting,
    rows: Sequence[Treatment],
    drawn: Sequence[Sweeps],
) -> Outcome:
    """Compute the figures of a claim and say whether they bear it out.

    Parameters
    ----------
    claim
        One of a file.
    sweeps, asked
        What is computed on, and the assumptions of the run.
    rows
        Treatments of the regions, for claims about a range.
    drawn
        From `impact.evidence.claims.margins.random_speeds`.

    Returns
    -------
    Outcome
        Without figures where the claim is about travel by public transport.
    """
    base = replace(asked, weights=claim.weights or asked.weights)
    if claim.by != BY[0]:
        return Outcome(claim, UNDECIDED, "", (), (), None)
    if claim.kind == "range":
        return _judged_range(claim, sweeps, base, rows, drawn)
    known = readings(base, claim.kind, named=bool(claim.change.stops))
    chosen = next((each for each in known if each.name == claim.definition), known[0])
    setting = replace(base, **chosen.changes)
    asked_parts = parts(claim, sweeps, setting, chosen)
    figures = tuple(with_margin(each, claim, sweeps, setting, drawn) for each in asked_parts)
    others = []
    for other in known:
        if other == chosen or other.of == (claim.of or "all") != "":
            continue
        again = replace(base, **other.changes)
        values, verdicts = [], []
        for part in parts(claim, sweeps, again, other):
            value = figure(part, claim, sweeps, again)
            values.append(value)
            verdicts.append(part_verdict(part, value, value, value))
        others.append(Other(other.name, verdict(verdicts), tuple(values)))
    return Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.name,
        figures=figures,
        others=tuple(others),
        worst=worst_off([each.part for each in figures], sweeps, setting),
    )


def _judged_range(
    claim: Claim,
    sweeps: Sweeps,
    base: Setting,
    rows: Sequence[Treatment],
    drawn: Sequence[Sweeps],
) -> Outcome:
    """Check a range: the default has a margin, others are as `impact reproduce` computes them."""
    known = range_definitions(base)
    chosen = next((each for each in known if each.name == claim.definition), known[0])
    own = [row for row in rows if row.region == claim.region]
    asked_parts = parts(claim, sweeps, base)
    found = {}
    for each in known:
        low, high, _, peak = region_range(each, claim.region, own, sweeps, base)
        values = {"low": low, "high": high, "peak": float(peak in claim.peaks)}
        found[each.name] = tuple(values[part.measure] for part in asked_parts)
    figures = []
    setting = replace(base, **chosen.changes)
    for part, value in zip(asked_parts, found[chosen.name], strict=True):
        if chosen.statistic == "median":
            figures.append(with_margin(part, claim, sweeps, setting, drawn))
        else:
            alone = part_verdict(part, value, value, value)
            figures.append(Figure(part, value, value, value, alone, 0, 0))
    others = [
        Other(
            name,
            verdict(
                [
                    part_verdict(part, value, value, value)
                    for part, value in zip(asked_parts, values, strict=True)
                ]
            ),
            values,
        )
        for name, values in found.items()
        if name != chosen.name
    ]
    candidates = [
        part
        for part in parts(replace(claim, kind="minimal", of="moved"), sweeps, setting)
        if part.change.stops
    ]
    return Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.name,
        figures=tuple(figures),
        others=tuple(others),
        worst=worst_off(candidates, sweeps, setting),
    )
