"""Regions and their members, who performs what, decisions, and the few public counts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _sources import DITTO, MEMBER, refuse, repeated, rows_of, unknown, write_csv

from impact.errors import Fault
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from _hospitals import Hospital
    from _policy import Treatment
    from _sources import Sources

PROVIDER_STATUS = ("disputed", "page", "sourced", "unverified", "weak")
_PUBLISHED = "published_norm_shortfalls.csv"
STRENGTHS = ("direct list", "inference", "news", "page")
DECISION_STATUS = ("agreed", "decided", "done", "proposed")
NATIONAL = "national"
_KNOWLEDGE = "knowledge"
_YEAR_IN_BRACKETS = re.compile(r"\((\d{4})(?:-\d{2})?\)")
_YEAR = re.compile(r"\b((?:19|20)\d{2})\b")
_VALIDATION_COLUMNS = ["kind", "from", "to", "from_pc4", "to_place", "quantity", "value", "unit"]
_VALIDATION_COLUMNS += ["tolerance", "source"]


@dataclass(frozen=True)
class Memberships:
    """Organisations and oncology regions.

    Attributes
    ----------
    region_of
        The one region of each member organisation (``role == "lid"``).
    named
        Every (region, organisation) in the table, former and second members included.
    """

    region_of: dict[str, str]
    named: frozenset[tuple[str, str]]


def write_regions(sources: Sources, out: Path, organisations: Collection[str]) -> Memberships:
    """Write ``regions.csv``: which organisations make up which oncology region.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    organisations
        Those of ``hospitals.csv``.

    Returns
    -------
    Memberships

    Raises
    ------
    InputError
        When an organisation is unknown or a member of two regions, or a region has no member.
    """
    columns = ["region", "network", "member", "member_kind", "role", "source", "note"]
    table = sources.table("region_members.csv", columns)
    rows = rows_of(table)
    faults = unknown(table, "member", organisations, "an organisation of hospitals.csv")
    faults += repeated(table, ["region", "member"])
    regions: dict[str, str] = {}
    for row, cells in rows:
        if cells["role"] != MEMBER:
            continue
        other = regions.setdefault(cells["member"], cells["region"])
        if other != cells["region"]:
            expected = f"one region per member (it is also a member of {other})"
            faults.append(Fault(table.name, table.where(row), "member", cells["member"], expected))
    faults += [
        Fault(table.name, "", "region", region, f"a row with role {MEMBER!r}")
        for region in sorted(set(table.frame["region"]) - set(regions.values()))
    ]
    refuse(faults)
    by_knowledge = sum(cells["source"] == _KNOWLEDGE for _, cells in rows)
    sources.report(f"regions {by_knowledge} rows by general knowledge are marked unverified")
    write_csv(
        out / "regions.csv",
        ["region", "organisation", "role", "network", "source", "year", "status", "note"],
        [
            cells
            | {
                "organisation": cells["member"],
                "year": _first(_YEAR_IN_BRACKETS, cells["source"]),
                "status": "unverified" if cells["source"] == _KNOWLEDGE else "sourced",
            }
            for _, cells in rows
        ],
        sort=["region", "organisation"],
    )
    named = frozenset((cells["region"], cells["member"]) for _, cells in rows)
    return Memberships(regions, named)


def write_providers(
    sources: Sources,
    out: Path,
    hospitals: Mapping[str, Hospital],
    treatments: Mapping[str, Treatment],
    shortfalls: Mapping[tuple[str, str], tuple[int, int]],
    members: Memberships,
) -> dict[tuple[str, str], list[str]]:
    """Write ``providers.csv``: which locations perform each published row.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    hospitals
        Open locations by name.
    treatments
        By identifier.
    shortfalls
        Published (k, n) by region and treatment.
    members
        As `write_regions` returned them.

    Returns
    -------
    dict of (str, str) to list of str
        Locations, sorted, by region and treatment.

    Raises
    ------
    InputError
        When a name is unknown, or the number of providers differs from the published n.
    """
    name = "providers.csv"
    columns = ["region", "treatment_id", "treatment", "location", "organisation", "status"]
    table = sources.table(name, [*columns, "source", "note", "year"])
    regions = {region for region, _ in shortfalls}
    refuse(
        unknown(table, "region", regions, f"a region of {_PUBLISHED}")
        + unknown(table, "treatment_id", treatments, "a treatment_id of treatments.csv")
        + unknown(table, "location", hospitals, "an open location of hospitals.csv")
        + unknown(table, "status", PROVIDER_STATUS, "one of " + ", ".join(PROVIDER_STATUS))
        + repeated(table, ["region", "treatment_id", "location"])
    )
    rows = rows_of(table)
    faults = []
    found: dict[tuple[str, str], list[str]] = {key: [] for key in shortfalls}
    for row, cells in rows:
        where, organisation = table.where(row), hospitals[cells["location"]].organisation
        if cells["organisation"] != organisation:
            value = cells["organisation"]
            faults.append(Fault(name, where, "organisation", value, f"{organisation!r}"))
        elif (cells["region"], organisation) not in members.named:
            expected = f"an organisation that region_members.csv names for {cells['region']}"
            faults.append(Fault(name, where, "organisation", organisation, expected))
        key = (cells["region"], cells["treatment_id"])
        if key not in found:
            expected = f"a treatment with a published shortfall in {key[0]}"
            faults.append(Fault(name, where, "treatment_id", key[1], expected))
        found.setdefault(key, []).append(cells["location"])
    faults += [
        Fault(
            name,
            ", ".join(key),
            "location",
            f"{len(found[key])} providers",
            f"{n} as in {_PUBLISHED}",
        )
        for key, (_, n) in sorted(shortfalls.items())
        if len(found[key]) != n
    ]
    refuse(faults)
    counts = Counter(cells["status"] for _, cells in rows)
    shown = ", ".join(f"{counts[status]} {status}" for status in PROVIDER_STATUS)
    sources.report(f"providers {len(shortfalls)} published rows, n as published: {shown}")
    write_csv(
        out / name,
        [*columns, "source", "year", "note"],
        [cells | {"treatment": treatments[cells["treatment_id"]].name} for _, cells in rows],
        sort=["region", "treatment_id", "location"],
    )
    return {key: sorted(locations) for key, locations in found.items()}


def write_evidence(
    sources: Sources, out: Path, treatments: Mapping[str, Treatment], regions: Collection[str]
) -> None:
    """Write ``provider_evidence.csv``: the phrases behind the statuses of ``providers.csv``.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into; ``providers.csv`` is in it.
    treatments
        By identifier.
    regions
        Names that exist, besides "national".

    Raises
    ------
    InputError
        When a region or strength is unknown, or a provider rests on a page without a phrase.
    """
    name = "provider_evidence.csv"
    said = ["performs", "from_date", "to", "year", "source", "address", "quote", "strength"]
    columns = ["region", "hospital", "location", *said, "treatment_id"]
    table = sources.table(name, columns)
    faults = unknown(table, "region", {*regions, NATIONAL}, f"a known region, or {NATIONAL}")
    faults += unknown(table, "strength", STRENGTHS, "one of " + ", ".join(STRENGTHS))
    rows = rows_of(table)
    phrases = {(cells["region"], cells["treatment_id"], cells["address"]) for _, cells in rows}
    register = read_table(out / "providers.csv")
    faults += [
        Fault(register.name, register.where(row), "source", address, f"an address of {name}")
        for row, cells in rows_of(register)
        if cells["status"] == "page"
        for address in cells["source"].split("; ")
        if (cells["region"], cells["treatment_id"], address) not in phrases
    ]
    refuse(faults)
    sources.report(f"evidence {len(rows)} phrases, each page of {register.name} among them")
    write_csv(
        out / name,
        ["region", "treatment_id", "treatment_as_quoted", "hospital", "location_as_quoted", *said],
        [
            cells
            | {
                "treatment_id": quoted if quoted in treatments else "",
                "treatment_as_quoted": quoted,
                "location_as_quoted": cells["location"],
            }
            for _, cells in rows
            for quoted in [cells["treatment_id"]]
        ],
        sort=["region", "treatment_as_quoted", "hospital", "location_as_quoted", "quote"],
    )


def write_decisions(
    sources: Sources, out: Path, treatments: Mapping[str, Treatment], regions: Collection[str]
) -> list[dict[str, str]]:
    """Write ``decisions.csv``: redistribution decisions and plans as quoted from the press.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    treatments
        By identifier.
    regions
        Names that exist, besides "national".

    Returns
    -------
    list of dict
        The rows as written.

    Raises
    ------
    InputError
        When a region or status is unknown.
    """
    quoted = ["from_location", "to_location", "date", "status"]
    table = sources.table("decisions.csv", ["region", "treatment", *quoted, "source_url", "note"])
    refuse(
        unknown(table, "region", {*regions, NATIONAL}, f"a known region, or {NATIONAL}")
        + unknown(table, "status", DECISION_STATUS, "one of " + ", ".join(DECISION_STATUS))
    )
    rows = []
    for _, cells in rows_of(table):
        words = re.findall(r"\w+", cells["treatment"])
        rows.append(
            cells
            | {
                "treatment_ids": "; ".join(word for word in words if word in treatments),
                "treatment_as_quoted": cells["treatment"],
                "source": cells["source_url"],
                "year": _first(_YEAR, cells["date"]),
            }
        )
    joined = sum(bool(cells["treatment_ids"]) for cells in rows)
    sources.report(f"decisions {joined} of {len(rows)} name a known treatment")
    columns = ["region", "treatment_ids", "treatment_as_quoted", *quoted]
    write_csv(
        out / "decisions.csv",
        [*columns, "source", "note", "year"],
        rows,
        sort=["region", "treatment_as_quoted", "from_location", "date"],
    )
    return rows


def write_public_facts(sources: Sources, out: Path, hospitals: Mapping[str, Hospital]) -> None:
    """Write ``volumes_published.csv`` and ``validation_public.csv``.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    hospitals
        Open locations by name.

    Raises
    ------
    InputError
        When a hospital is unknown, or a figure is no number.
    """
    name = "volumes_published.csv"
    columns = ["intervention", "hospital", "year", "count", "metric", "source", "note"]
    volumes = sources.table(name, columns)
    known = {NATIONAL, *hospitals, *(each.organisation for each in hospitals.values())}
    rows, source = [], ""
    faults = volumes.numbers("count", minimum=0)[1]
    for row, cells in rows_of(volumes):
        faults += [
            Fault(name, volumes.where(row), "hospital", part, f"a hospital, or {NATIONAL}")
            for part in cells["hospital"].split(" + ")
            if part not in known
        ]
        # a ditto mark means the row above, which sorting would change
        source = source if cells["source"] == DITTO else cells["source"]
        rows.append(cells | {"source": source})
    checks = sources.table("validation_public.csv", _VALIDATION_COLUMNS)
    for column in ("value", "tolerance"):
        faults += checks.numbers(column, minimum=0)[1]
    refuse(faults)
    write_csv(out / name, columns, rows, sort=["intervention", "hospital", "year", "metric"])
    write_csv(
        out / "validation_public.csv",
        _VALIDATION_COLUMNS,
        [cells for _, cells in rows_of(checks)],
        sort=["kind", "from", "to", "quantity"],
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
