"""Corrections of the provider register by a study: read, checked, and put into effect.

Whoever sits at the table knows better than a register who performs what. A correction names who
says so and why; both follow it into every output.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.study.model import ProviderOverride
from impact.study.register import STATUSES, read_register
from impact.study.schema import ProviderTable
from impact.tables.places import read_regions
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.study.model import Intervention

_KEYS = tuple(ProviderTable.model_fields)
_FACTS = ("status", "source", "year", "note")
_PERFORMS = {"yes": True, "true": True, "": True, "no": False, "false": False}
_Row = dict[str, Any]


def inline_rows(tables: Sequence[ProviderTable], source: str) -> list[_Row]:
    """Return the [[provider]] tables of a study as rows."""
    return [
        {**dict(table), "year": str(table.year), "place": (source, f"provider[{number}]")}
        for number, table in enumerate(tables, start=1)
    ]


def file_rows(path: Path) -> tuple[list[_Row], list[Fault]]:
    """Read corrections from a table with the columns of the shipped register, and two more."""
    try:
        table = read_table(path)
        table.require(["location"])
        if "intervention" not in table.frame:
            table.require(["treatment_id"])
    except InputError as error:
        return [], list(error.faults)
    register = read_register()
    keys = ["region", "treatment_id", "location", *_FACTS]
    known = set(map(tuple, register[keys].to_numpy().tolist()))
    rows, faults = [], []
    for number, record in zip(table.rows, table.frame.to_dict("records"), strict=True):
        text = {str(key): str(value) for key, value in record.items()}
        performs = text.get("performs", "").lower()
        if performs not in _PERFORMS:
            where = table.where(number)
            faults.append(Fault(table.name, where, "performs", performs, "yes or no"))
            continue
        row: _Row = {key: text.get(key, "") for key in _KEYS}
        row["treatment"] = text.get("treatment_id", "")
        row["performs"] = _PERFORMS[performs]
        row["place"] = (table.name, table.where(number))
        same = tuple(text.get(key, "") for key in keys) in known
        if not (same and row["performs"]):
            rows.append(row)
    return rows, faults


def checked_overrides(
    rows: Sequence[_Row],
    interventions: Sequence[Intervention],
    regions: Sequence[str],
    hospitals: Sequence[str],
) -> tuple[tuple[ProviderOverride, ...], list[Fault]]:
    """Check corrections against the study and give one override per row and intervention."""
    faults: list[Fault] = []
    found: dict[tuple[str, str, str], ProviderOverride] = {}
    for row in rows:
        targets = _targets(row, interventions, regions, faults)
        faults += _row_faults(row, hospitals)
        for target in targets:
            override = _override(row, target, _region(row, regions))
            key = (override.region, override.intervention or override.treatment, row["location"])
            if key in found:
                faults.append(_fault(row, "location", row["location"], "each correction once"))
            found[key] = override
            if target is not None and not row["performs"]:
                faults += _absent_faults(row, target)
    keys = sorted(found)
    return tuple(found[key] for key in keys), faults


def with_provider_overrides(
    interventions: Sequence[Intervention], overrides: Sequence[ProviderOverride]
) -> list[Intervention]:
    """Return the interventions with the providers that the corrections leave or add.

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> no = ProviderOverride("Noord", "", "x", "B", False, "the board", "stopped in May")
    >>> with_provider_overrides([Intervention("x", ("A", "B"))], [no])[0].providers
    ('A',)
    """
    out = []
    for each in interventions:
        own = [override for override in overrides if override.intervention == each.name]
        listed = list(each.providers)
        added = {x.location for x in own if x.performs} - set(listed)
        gone = {x.location for x in own if not x.performs}
        # names that the study lists twice stay so: that is a fault of its own
        providers = sorted([*(name for name in listed if name not in gone), *added])
        out.append(replace(each, providers=tuple(providers)))
    return out


def _targets(
    row: _Row, interventions: Sequence[Intervention], regions: Sequence[str], faults: list[Fault]
) -> list[Intervention | None]:
    """Interventions of the study that a row speaks of; `None` stands for another region."""
    if row["region"] and row["region"] not in regions:
        known = sorted(set(read_regions()["region"]))
        if row["region"] not in known:
            faults.append(_fault(row, "region", row["region"], "a region", known))
        if not row["treatment"]:
            faults.append(_fault(row, "treatment", None, "a treatment, for another region"))
        return [None]
    if row["intervention"]:
        names = [each.name for each in interventions]
        if row["intervention"] not in names:
            expected = "an intervention of the study"
            faults.append(_fault(row, "intervention", row["intervention"], expected, names))
        return [each for each in interventions if each.name == row["intervention"]]
    same = [each for each in interventions if each.treatment == row["treatment"] != ""]
    treatments = sorted(set(read_register()["treatment_id"]))
    if not row["treatment"] or (not same and row["treatment"] not in treatments):
        expected = "an intervention of the study, or the treatment of one"
        faults.append(
            _fault(row, "treatment", row["treatment"] or None, expected, treatments),
        )
    # a treatment that the register knows and the study does not ask about changes nothing
    return list(same)


def _row_faults(row: _Row, hospitals: Sequence[str]) -> list[Fault]:
    faults = []
    if not row["location"] or (hospitals and row["location"] not in hospitals):
        expected = "the name of a hospital location"
        faults.append(_fault(row, "location", row["location"] or None, expected, hospitals))
    if row["status"] and row["status"] not in STATUSES:
        expected = said("one of {names}", names=", ".join(STATUSES))
        faults.append(_fault(row, "status", row["status"], expected, STATUSES))
    for key, expected in (("by", "who corrects the register"), ("reason", "why")):
        if not row[key]:
            faults.append(_fault(row, key, None, expected))
    return faults


def _absent_faults(row: _Row, intervention: Intervention) -> list[Fault]:
    if row["location"] in intervention.providers:
        return []
    expected = said(
        "a provider of '{name}', where it is said to perform it no more", name=intervention.name
    )
    return [_fault(row, "location", row["location"], expected, intervention.providers)]


def _region(row: _Row, regions: Sequence[str]) -> str:
    """Return whose row it is: of several regions the one in which the register has the location."""
    if row["region"] or len(regions) == 1:
        return str(row["region"]) or regions[0]
    register = read_register()
    here = register["region"].isin(regions) & (register["location"] == row["location"])
    listed = register.loc[here, "region"]
    return regions[0] if listed.empty else str(listed.iloc[0])


def _override(row: _Row, target: Intervention | None, region: str) -> ProviderOverride:
    return ProviderOverride(
        region=region,
        treatment=row["treatment"] if target is None else target.treatment,
        intervention="" if target is None else target.name,
        location=row["location"],
        performs=row["performs"],
        by=row["by"],
        reason=row["reason"],
        status=row["status"] or "unverified",
        source=row["source"],
        year=row["year"],
        note=row["note"],
    )


def _fault(
    row: _Row, key: str, value: str | None, expected: str, known: Sequence[str] = ()
) -> Fault:
    source, where = row["place"]
    return Fault(source, where, key, value, expected, nearest_names(value or "", known))
