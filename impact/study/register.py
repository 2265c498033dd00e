"""The provider register: who performs what, who says so, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError
from impact.messages import said
from impact.notes import Note
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.study.model import Intervention, ProviderOverride, Study

SOURCED = "sourced"
STATUSES = (SOURCED, "page", "weak", "disputed", "unverified")
"""From well to badly supported; ``page``: a page offers it, no proof that it still does."""

UNVERIFIED_SOURCE = "general knowledge, unverified"

_FACTS = ("status", "source", "year", "note")
_COLUMNS = ("region", "treatment_id", "location", *_FACTS)


def read_register(path: Path | str | None = None) -> pd.DataFrame:
    """Read the provider register.

    Examples
    --------
    >>> register = read_register()
    >>> sorted(register["status"].unique())
    ['disputed', 'page', 'sourced', 'unverified', 'weak']
    """
    table = read_table(data_path("providers.csv") if path is None else path)
    table.require(_COLUMNS)
    expected = said("one of {names}", names=", ".join(STATUSES))
    faults = [
        Fault(table.name, table.where(row), "status", status, expected)
        for row, status in zip(table.rows, table.frame["status"], strict=True)
        if status not in STATUSES
    ]
    if faults:
        raise InputError(faults)
    out = table.frame.reset_index(drop=True)
    out.attrs = {"source": table.name, "sha256": table.sha256}
    return out


def goes_outside(intervention: Intervention) -> bool:
    """Whether demand of an intervention may go to providers of other regions."""
    leaves = intervention.all_fail == "leaves_region"
    return leaves or intervention.alternatives == "all"


def outside_providers(
    intervention: Intervention, regions: Sequence[str], register: pd.DataFrame
) -> tuple[str, ...]:
    """List the providers of other regions to which demand of an intervention may go."""
    if intervention.outside:
        return intervention.outside
    same = register["treatment_id"] == intervention.treatment
    rows = register[same & ~register["region"].isin(regions) & (intervention.treatment != "")]
    return tuple(sorted(set(rows["location"]) - set(intervention.providers)))


def unlisted_regions(intervention: Intervention, register: pd.DataFrame) -> tuple[str, ...]:
    """List the regions of which the register names nobody that performs an intervention.

    It lists a treatment only where providers fall short of its norm: an empty region is a hole, not
    a region without the treatment.
    """
    same = register["treatment_id"] == intervention.treatment
    return tuple(sorted(set(register["region"]) - set(register.loc[same, "region"]) - {""}))


def without_holes(
    study: Study, outside: Mapping[str, tuple[str, ...]], register: pd.DataFrame
) -> tuple[dict[str, tuple[str, ...]], list[Note]]:
    """Leave out destinations of a treatment that leaves its region, where the register has holes.

    Minutes to the few that happen to be listed would be far too high.

    Parameters
    ----------
    study
        Its interventions.
    outside
        Intervention -> providers of other regions.
    register
        Who performs what.

    Returns
    -------
    tuple
        The same without the providers of such interventions, and a note on each of them. Where a
        study names the providers outside, or demand may go to other regions anyway, they stay.
    """
    out, notes = dict(outside), []
    for each in study.interventions:
        if each.outside or each.alternatives == "all" or each.all_fail != "leaves_region":
            continue
        regions = unlisted_regions(each, register)
        if regions and outside[each.name]:
            about = {"name": each.name, "count": len(outside[each.name]), "names": regions}
            notes.append(Note.of("register_hole", **about))
            out[each.name] = ()
    return out, notes


def outside_notes(study: Study, outside: Mapping[str, tuple[str, ...]]) -> list[Note]:
    """Say where the shipped register, which is not complete, decides about other regions.

    Parameters
    ----------
    study
        Its interventions.
    outside
        Intervention -> locations outside the region that its demand may go to.

    Returns
    -------
    list of Note
        One per intervention for which the study names no such locations itself.
    """
    return [
        Note.of("register", name=each.name, region=study.region, names=outside[each.name])
        for each in study.interventions
        if outside[each.name] and not each.outside
    ]


def corrected_register(
    register: pd.DataFrame, overrides: Sequence[ProviderOverride]
) -> pd.DataFrame:
    """Put the corrections of a study into the register."""
    keys = ["region", "treatment_id", "location"]
    corrected = {(x.region, x.treatment, x.location): x for x in overrides if x.treatment}
    said = register[keys].apply(tuple, axis=1).isin(list(corrected))
    added = [
        dict.fromkeys(register.columns, "")
        | dict(zip(keys, key, strict=True))
        | {name: getattr(override, name) for name in _FACTS}
        for key, override in sorted(corrected.items())
        if override.performs
    ]
    parts = [register[~said], pd.DataFrame(added, columns=register.columns, dtype=object)]
    out = pd.concat(parts, ignore_index=True) if corrected else register.copy()
    out.attrs = dict(register.attrs)
    return out


def provider_rows(study: Study, register: pd.DataFrame) -> pd.DataFrame:
    """Say how sure it is that each provider of a study performs each intervention."""
    keys = ["region", "treatment_id", "location"]
    listed = register.drop_duplicates(keys)
    known = {
        (row["region"], row["treatment_id"], row["location"]): {
            name: str(row[name]) for name in _FACTS
        }
        for row in listed.to_dict("records")
    }
    corrected = {(x.intervention, x.location): x for x in study.overrides}
    rows = []
    for intervention in study.interventions:
        gone = [
            x.location
            for x in study.overrides
            if x.intervention == intervention.name and not x.performs
        ]
        for location in (*intervention.providers, *gone):
            own = {"status": "unverified", "source": study.source, "year": "", "note": ""}
            row = {"intervention": intervention.name, "location": location}
            for region in study.region_names:
                own = known.get((region, intervention.treatment, location), own)
            row |= own
            row |= {"performs": "yes", "overridden_by": "", "reason": ""}
            if override := corrected.get((intervention.name, location)):
                row |= {name: getattr(override, name) for name in _FACTS}
                row["performs"] = "yes" if override.performs else "no"
                row["overridden_by"] = override.by
                row["reason"] = override.reason
            rows.append(row)
    return pd.DataFrame(rows)


def performing(providers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `provider_rows` without those that a study took out."""
    return providers[providers["performs"] == "yes"]
