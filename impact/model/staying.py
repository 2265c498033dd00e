"""Who stays unless a study says otherwise, and which candidate is displayed.

What is shown without being asked for must be plausible. The rule `UNIVERSITY_STAYS` (on unless the
study has ``[rules]`` ``university_hospitals_stay = false``) keeps K(t), the providers of treatment
t that are

- a university or categorical hospital (``type`` ``umc`` or ``categoraal`` in the hospitals), or
- a declared centre: named as the taker in a decision about t that is done, decided or agreed
  (``to_location`` in ``decisions.csv``),

and that the study does not name under ``must_stop``. A scenario stops whom it names.

With v(h) the volume of provider h, the displayed candidate is the set of stopping providers S, out
of all candidates of the treatment, that is first by

    ( |S ∩ K|,  sum of v(h) over h in S,  mean extra minutes of the moved,  names ),

candidates without a mean (nobody moves, or nobody who does has a route) after all others. That is:
as few of K as the number that stops allows; then those with the least volume, so that those which
stay reach the norm soonest; only between equals the minutes decide. Volumes are
registered counts, else modelled patients, else (`RESIDENTS`) the demand that is nearest to each
provider stands in for them: then it is said that volumes are not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.model.policy_rules import rule_volumes
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from impact.study.model import Intervention

UNIVERSITY_STAYS = "university_hospitals_stay"
"""Name of the rule."""

UNIVERSITY, CENTRE = "university", "centre"
"""Why the rule keeps a provider."""

RESIDENTS = "residents"
"""Kind of volumes where none are known: the demand nearest to each provider stands in."""

_TYPES = ("umc", "categoraal")
_MADE = ("done", "decided", "agreed")


@dataclass(frozen=True)
class Display:
    """On what the displayed candidate of an intervention rests.

    Attributes
    ----------
    kept
        Provider -> why the rule keeps it (`UNIVERSITY` or `CENTRE`), sorted by name.
    kind
        What volumes decided: ``registered``, ``modelled`` or `RESIDENTS`.
    volumes
        Provider -> that volume.
    """

    kept: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    volumes: Mapping[str, float] = field(default_factory=dict)

    def given_up(self, stops: Iterable[str]) -> tuple[str, ...]:
        """Return those of the kept that stop all the same: too few others could."""
        return tuple(sorted(set(self.kept) & set(stops)))


def kept_by_rule(
    intervention: Intervention, hospitals: pd.DataFrame, *, switched_on: bool = True
) -> dict[str, str]:
    """Find the providers that stay unless a study says otherwise.

    Parameters
    ----------
    intervention
        Its providers, treatment and ``must_stop``.
    hospitals
        Index name, with ``type``; from `impact.tables.places.read_hospitals`.
    switched_on
        Whether the study has the rule.

    Returns
    -------
    dict of str to str
        Provider -> `UNIVERSITY` or `CENTRE`, sorted by name.

    Examples
    --------
    >>> from impact.study.read import read_study
    >>> from impact.tables.places import read_hospitals
    >>> kept_by_rule(read_study("noordoost").intervention("Pancreasresecties"), read_hospitals())
    {'Isala Zwolle': 'centre', 'UMC Groningen': 'university'}
    """
    if not switched_on:
        return {}
    kinds = dict(hospitals["type"].items()) if "type" in hospitals else {}
    centres = _declared_centres().get(intervention.treatment, frozenset())
    out = {}
    for name in sorted(set(intervention.providers) - set(intervention.must_stop)):
        if kinds.get(name, "") in _TYPES:
            out[name] = UNIVERSITY
        elif name in centres:
            out[name] = CENTRE
    return out


@cache
def _declared_centres() -> dict[str, frozenset[str]]:
    """Read treatment -> takers of decisions that were made."""
    table = read_table(data_path("decisions.csv"))
    table.require(["treatment_ids", "to_location", "status"])
    out: dict[str, set[str]] = {}
    rows = table.frame[table.frame["status"].isin(_MADE)]
    for treatments, takers in zip(rows["treatment_ids"], rows["to_location"], strict=True):
        for treatment in _parts(treatments):
            out.setdefault(treatment, set()).update(_parts(takers))
    return {treatment: frozenset(names) for treatment, names in out.items()}


def _parts(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def display_of(
    intervention: Intervention,
    kept: Mapping[str, str],
    registered: Mapping[str, float] | None,
    unit: str,
    baseline: Mapping[str, float],
) -> Display:
    """Say on what the displayed candidate of an intervention rests.

    Parameters
    ----------
    intervention
        Its providers.
    kept
        From `kept_by_rule`.
    registered
        Location -> count per year, where the study has registered counts; those that do not hold
        every provider decide nothing.
    unit
        Of the demand.
    baseline
        Provider -> demand in the baseline, by the allocation rule.

    Returns
    -------
    Display

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> two = Intervention("x", ("A", "B"))
    >>> display_of(two, {}, {"A": 9.0}, "residents", {"A": 4.0, "B": 7.0})
    Display(kept={}, kind='residents', volumes={'A': 4.0, 'B': 7.0})
    """
    complete = registered is not None and set(intervention.providers) <= set(registered)
    volumes, kind = rule_volumes(intervention, registered if complete else None, unit, baseline)
    if volumes is None:
        volumes, kind = baseline, RESIDENTS
    known = {name: float(volumes.get(name, 0.0)) for name in intervention.providers}
    return Display(kept, kind, known)


def displayed_candidate(
    sets: Sequence[tuple[str, ...]], means: Sequence[float], display: Display
) -> int:
    """Choose the candidate that is displayed; the formula stands at the head of this module.

    Parameters
    ----------
    sets
        Providers that stop in each candidate, at least one candidate.
    means
        Mean extra minutes of the moved in each; NaN where nobody can go elsewhere: those come last.
    display
        Whom the rule keeps, and the volumes.

    Returns
    -------
    int
        Position.

    Examples
    --------
    The smallest is a university hospital and stays; so the next smallest stops:

    >>> rests = Display({"U": UNIVERSITY}, "modelled", {"U": 20.0, "A": 30.0, "B": 60.0})
    >>> displayed_candidate([("A",), ("B",), ("U",)], [12.0, 3.0, 9.0], rests)
    0
    """
    volumes, kept = display.volumes, frozenset(display.kept)

    def rank(place: int) -> tuple[bool, int, float, float, tuple[str, ...]]:
        stops, mean = sets[place], float(means[place])
        unknown = math.isnan(mean)
        # exact sums: equal volumes stay equal whatever the order of the names
        volume = math.fsum(volumes[name] for name in stops)
        return unknown, len(kept.intersection(stops)), volume, 0.0 if unknown else mean, stops

    return min(range(len(sets)), key=rank)
