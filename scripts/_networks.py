"""Networks inside and across the oncology regions: who belongs where, and what is not known."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from _sources import refuse, repeated, rows_of, unknown, write_csv

from impact.errors import Fault, nearest_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from _sources import Sources

LAYERS = ("subregion", "vascular")
STATUSES = ("inferred", "sourced")
UNKNOWN = "unknown"
_TOGETHER = re.compile(r"members of (.+)")
_COLUMNS = ["layer", "network", "main_region", "member", "status", "source", "year", "note"]
_SCRIPTS = {"layer": "vascular", "status": UNKNOWN, "source": "SiRM scripts 3a", "year": "2025"}
_NO_MEMBERS = "named there without its members"
_MORE_MEMBERS = "further members are not known"
_NOT_KNOWN = (
    ("A9", "Noord-Holland/Flevoland", _NO_MEMBERS),
    ("Amsterdam", "Noord-Holland/Flevoland", _NO_MEMBERS),
    ("Groot-Rijnmond en Zeeland", "Zuidwest-Nederland", _MORE_MEMBERS),
    ("Midden-Nederland", "Midden-Nederland", _MORE_MEMBERS),
    ("West-Nederland", "West-Nederland", _NO_MEMBERS),
)
"""Vascular networks that the source names and whose members no source lists."""


def write_networks(
    sources: Sources, out: Path, regions: Collection[str], organisations: Collection[str]
) -> None:
    """Write ``networks.csv``: subregions and vascular networks with their members.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    regions, organisations
        Names that exist.

    Raises
    ------
    InputError
        When a region, member, layer or status is unknown, a row occurs twice, or "members of" does
        not name subregions.

    Notes
    -----
    "members of X and Y" becomes a row per member of the two subregions. A network whose members are
    not all known has a row without a member and with the status ``unknown``.
    """
    table = sources.table("networks.csv", _COLUMNS)
    cells_of = rows_of(table)
    refuse(
        unknown(table, "layer", LAYERS, "one of " + ", ".join(LAYERS))
        + unknown(table, "main_region", regions, "a region of region_members.csv")
        + unknown(table, "status", STATUSES, "one of " + ", ".join(STATUSES))
        + repeated(table, ["layer", "network", "member"])
    )
    rows: list[dict[str, str]] = []
    faults = []
    for row, cells in cells_of:
        together = _TOGETHER.fullmatch(cells["member"])
        names = together[1].split(" and ") if together else []
        parts = {name: _subregion(name, (each for _, each in cells_of)) for name in names}
        faults += [
            Fault(table.name, table.where(row), "member", name, "the last words of a subregion")
            for name, members in parts.items()
            if not members
        ]
        if together:
            note = f"listed as: {cells['member']}"
            members = [each for found in parts.values() for each in found]
            rows += [cells | {"member": each, "note": note} for each in members]
        elif cells["member"] in organisations:
            rows.append(dict(cells))
        else:
            expected, near = "an organisation", nearest_names(cells["member"], organisations)
            where = table.where(row)
            faults.append(Fault(table.name, where, "member", cells["member"], expected, near))
    refuse(faults)
    rows += [
        _SCRIPTS | {"network": network, "main_region": region, "member": "", "note": note}
        for network, region, note in _NOT_KNOWN
    ]
    counts = Counter(cells["status"] for cells in rows)
    shown = ", ".join(f"{counts[status]} {status}" for status in (*STATUSES, UNKNOWN))
    sources.report(f"networks {len(rows)} rows: {shown}")
    write_csv(out / "networks.csv", _COLUMNS, rows, sort=["layer", "network", "member"])


def _subregion(ending: str, rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Members of the subregions whose name ends in some words."""
    return [
        cells["member"]
        for cells in rows
        if cells["layer"] == "subregion" and cells["network"].endswith(ending)
    ]
