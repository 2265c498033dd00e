"""Which candidates of a sweep the rules of the policy documents point at, scored as the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.cases import make_case
from impact.model.candidates import stops_asked
from impact.model.hidden import volumes_of
from impact.model.measures import by_place, hardest_hit
from impact.model.policy_rules import STOPPING_RULES, rule_candidates, rule_volumes, rules_of
from impact.model.staying import displayed_candidate
from impact.model.volumes import judged
from impact.notes import Note
from impact.sweep.arrays import FIGURES
from impact.sweep.means import TIE_DECIMALS, median_candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.model.policy_rules import Ruling
    from impact.model.staying import Display
    from impact.study.model import Intervention, Study

MEDIAN_RULE = "median"
"""Marks the candidate in the middle, by mean extra minutes of the moved."""

DISPLAYED_RULE = "displayed"
"""Marks the candidate that a run displays where no scenario is named."""


def rulings_of(
    intervention: Intervention,
    baseline: Case,
    registered: Mapping[str, float] | None,
    unit: str,
) -> Mapping[str, Ruling]:
    """Ask the rules of the policy documents which providers stop."""
    demand = baseline.flows.groupby("provider_before")["demand"].sum()
    now = {str(name): float(value) for name, value in demand.items()}
    volumes, kind = rule_volumes(intervention, registered, unit, now)
    return rule_candidates(intervention, volumes, kind)


def displayed_ruling(
    intervention: Intervention, inputs: Inputs, registered: Mapping[str, float] | None
) -> Ruling | None:
    """Ask the rule that a study names for its displayed candidate."""
    if intervention.candidates == "all":
        return None
    baseline = make_case(intervention, inputs, name="", stops=())
    unit = inputs.demand.volume_unit_of(intervention.name)
    return rulings_of(intervention, baseline, registered, unit)[intervention.candidates]


def ruling_notes(rulings: Mapping[str, Ruling], study: Study) -> list[Note]:
    """Note on what the rules of a study rest, or why one is not followed."""
    out = []
    for name, ruling in rulings.items():
        fields: dict[str, object] = {"name": name, "rule": study.intervention(name).candidates}
        if ruling.reason is not None:
            out.append(Note.of("rule_undecided", why=ruling.reason, **fields))
        else:
            key = "rule_rests" if ruling.changes else "rule_nobody"
            out.append(Note.of(key, kind=Note.of(ruling.kind), **fields))
    return out


def lock_notes(study: Study) -> list[Note]:
    """Note every scenario that stops a provider of which the study says that it must stay."""
    return [
        Note.of("lock_broken", name=each.name, scenario=scenario.name, names=broken)
        for scenario in study.scenarios
        for each in study.interventions
        if (broken := tuple(sorted({*scenario.stops.get(each.name, ())} & {*each.must_stay})))
    ]


def rule_names(
    intervention: Intervention,
    table: pd.DataFrame,
    sets: Sequence[tuple[str, ...]],
    rulings: Mapping[str, Ruling],
    rests: Display,
) -> list[str]:
    """Name the rules that point at each candidate; none of them opens a location."""
    out = [rules_of(rulings, stops) for stops in sets]
    asked = stops_asked(intervention)
    same = [place for place, stops in enumerate(sets) if len(stops) == asked]
    if same:
        rows = table.iloc[same].reset_index(drop=True)
        middle = same[median_candidate(rows)]
        out[middle] = (*out[middle], MEDIAN_RULE)
        means = rows["mean_extra_moved"].round(TIE_DECIMALS).tolist()
        shown = same[displayed_candidate([sets[place] for place in same], means, rests)]
        out[shown] = (*out[shown], DISPLAYED_RULE)
    return ["; ".join(names) for names in out] + [""] * (len(table) - len(sets))


def other_rules(
    intervention: Intervention,
    inputs: Inputs,
    sets: Sequence[tuple[str, ...]],
    rulings: Mapping[str, Ruling],
) -> list[Case]:
    """Give what rules point at outside the candidates, such as another number that stops."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in STOPPING_RULES:
        stops = rulings[name].stops
        if stops is not None and stops not in sets:
            found.setdefault(stops, []).append(name)
    return [
        make_case(intervention, inputs, name="; ".join(names), stops=stops)
        for stops, names in found.items()
    ]


_MEAN_TOLERANCE = 1e-9


def case_figures(
    case: Case, inputs: Inputs, registered: Mapping[str, float] | None
) -> dict[str, object]:
    """Score one case as candidates are scored."""
    return figures_of(case, volumes_of(case, inputs, registered), hit_hardest(case, inputs))


def figures_of(case: Case, volumes: pd.DataFrame, hit: pd.DataFrame) -> dict[str, object]:
    """Score one case of known volumes, and `hit_hardest`, as candidates are scored."""
    found: dict[str, object] = {**case.figures, **judged(volumes, case), **_worst(hit)}
    return {
        "stops": "; ".join(case.stops),
        "opens": "; ".join(case.opens),
        **{name: found[name] for name in FIGURES},
        "locations_after": len(case.stays) + len(case.opens),
    }


def hit_hardest(case: Case, inputs: Inputs) -> pd.DataFrame:
    """Municipalities whose moved get minutes, the most first, then by name."""
    key = inputs.postcodes["municipality"].reindex(case.flows["postcode"])
    places = hardest_hit(by_place(case.flows, key)).rename_axis("municipality").reset_index()
    return places[["municipality", "demand", "moved", "mean_extra_moved", "max_extra"]]


def _worst(places: pd.DataFrame) -> dict[str, object]:
    if places.empty:
        return {"worst_municipality": "", "worst_municipality_extra": np.nan}
    means = places["mean_extra_moved"]
    first = places[means >= means.max() - _MEAN_TOLERANCE].sort_values("municipality").iloc[0]
    return {
        "worst_municipality": first["municipality"],
        "worst_municipality_extra": first["mean_extra_moved"],
    }
