"""Which candidates of a sweep the rules of the policy documents point at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.concentration.candidates import stops_asked
from impact.concentration.cases import make_case
from impact.concentration.rules import (
    STOPPING_RULES,
    rule_candidates,
    rule_volumes,
    rules_of,
)
from impact.concentration.sweep import median_candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.concentration.inputs import Inputs
    from impact.concentration.result import Case
    from impact.concentration.rules import Ruling
    from impact.study import Intervention, Study

MEDIAN_RULE = "median"
"""Marks the candidate in the middle, which a run displays where no scenario is named."""


def rulings_of(
    intervention: Intervention,
    baseline: Case,
    registered: Mapping[str, float] | None,
    unit: str,
) -> Mapping[str, Ruling]:
    """Ask the rules of the policy documents which providers stop.

    Parameters
    ----------
    intervention
        Its providers, norm and locks.
    baseline
        The case in which nobody stops.
    registered
        Location -> registered count.
    unit
        Of the demand.

    Returns
    -------
    dict of str to Ruling
    """
    demand = baseline.flows.groupby("provider_before")["demand"].sum()
    now = {str(name): float(value) for name, value in demand.items()}
    volumes, kind = rule_volumes(intervention, registered, unit, now)
    return rule_candidates(intervention, volumes, kind)


def displayed_ruling(
    intervention: Intervention, inputs: Inputs, registered: Mapping[str, float] | None
) -> Ruling | None:
    """Ask the rule that a study names for its displayed candidate.

    Parameters
    ----------
    intervention
        With its rule, `candidates`.
    inputs
        Times and demand.
    registered
        Location -> registered count.

    Returns
    -------
    Ruling or None
        `None` where the study names no rule.
    """
    if intervention.candidates == "all":
        return None
    baseline = make_case(intervention, inputs, name="", stops=())
    unit = inputs.demand.unit_of(intervention.name)
    return rulings_of(intervention, baseline, registered, unit)[intervention.candidates]


def ruling_notes(rulings: Mapping[str, Ruling], study: Study) -> list[str]:
    """Say on what the rules of a study rest, or why one is not followed.

    Parameters
    ----------
    rulings
        Intervention -> what its rule says.
    study
        That names the rules.

    Returns
    -------
    list of str
    """
    out = []
    for name, ruling in rulings.items():
        rule = study.intervention(name).candidates
        if ruling.changes:
            said = f"rests on {ruling.kind} volumes"
        else:
            why = ruling.reason or f"lets nobody stop, by {ruling.kind} volumes"
            said = f"{why}; the median candidate is displayed instead"
        out.append(f"{name}: the rule {rule!r} {said}")
    return out


def rule_names(
    intervention: Intervention,
    table: pd.DataFrame,
    sets: Sequence[tuple[str, ...]],
    rulings: Mapping[str, Ruling],
) -> list[str]:
    """Name the rules that point at each candidate; none of them opens a location.

    Parameters
    ----------
    intervention
        What was swept.
    table
        Candidates by their means.
    sets
        Who stops in the candidates without openings, which come first.
    rulings
        From `rulings_of`.

    Returns
    -------
    list of str
        Per candidate names joined by "; ", `MEDIAN_RULE` among them.
    """
    out = [rules_of(rulings, stops) for stops in sets]
    asked = stops_asked(intervention)
    same = [place for place, stops in enumerate(sets) if len(stops) == asked]
    if same:
        middle = same[median_candidate(table.iloc[same].reset_index(drop=True))]
        out[middle] = (*out[middle], MEDIAN_RULE)
    return ["; ".join(names) for names in out] + [""] * (len(table) - len(sets))


def other_rules(
    intervention: Intervention,
    inputs: Inputs,
    sets: Sequence[tuple[str, ...]],
    rulings: Mapping[str, Ruling],
) -> list[Case]:
    """Give what rules point at outside the candidates, such as another number that stops.

    Parameters
    ----------
    intervention, sets, rulings
        See `rule_names`.
    inputs
        Times and demand.

    Returns
    -------
    list of Case
        Named after the rules.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for name in STOPPING_RULES:
        stops = rulings[name].stops
        if stops is not None and stops not in sets:
            found.setdefault(stops, []).append(name)
    return [
        make_case(intervention, inputs, name="; ".join(names), stops=stops)
        for stops, names in found.items()
    ]
