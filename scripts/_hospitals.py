"""Hospital locations: those that are open, and outpatient clinics."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _sources import DITTO, feature, refuse, repeated, rows_of, write_features

from impact.errors import Fault
from impact.tables.places import NETHERLANDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from _sources import Sources

    from impact.tables.text_table import Table

OPEN, OUTPATIENT, CLOSED = "open", "outpatient", "closed"
_STATUS = {"open": OPEN, "niet nagegaan": OUTPATIENT, "gesloten": CLOSED}
_PC6 = re.compile(r"([1-9]\d{3}) ?([A-Z]{2})")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_EMERGENCY = {"True": True, "False": False, "": None}

# words of the Dutch note, and what they leave open in English
_DOUBTS = {
    "huidige status niet nagegaan": "current status not checked",
    "opening 2023/24 niet nagegaan": "opening in 2023 or 2024 not checked",
    "kennis": "change since 2016 by general knowledge",
    "coordinaat op ~300 m": "coordinate about 300 m off",
    "coordinaat = oude locatie": "coordinate of the old site, some hundreds of metres off",
    "verwacht": "planned move not checked",
}
_KNOWLEDGE = "knowledge"


@dataclass(frozen=True)
class Hospital:
    """One location, as far as other tables need it."""

    name: str
    organisation: str
    lat: float
    lon: float
    status: str
    properties: dict[str, object]


def read_hospitals(sources: Sources, postcodes: Collection[str]) -> list[Hospital]:
    """Read the locations that are open, and the outpatient clinics.

    Parameters
    ----------
    sources
        Tables to read.
    postcodes
        PC4 that exist.

    Returns
    -------
    list of Hospital
        Sorted by name. Closed locations are left out and counted.

    Raises
    ------
    InputError
        When a name occurs twice, a status is new, or an open location has an unknown postcode.
    """
    name = "hospitals.csv"
    columns = ["name", "organisation", "city", "lat", "lon", "type", "location_type"]
    columns += ["seh_24_7_2019", "postcode", "status_2025", "source", "note"]
    table = sources.table(name, columns)
    west, south, east, north = NETHERLANDS
    lat, faults = table.numbers("lat", minimum=south, maximum=north)
    lon, lon_faults = table.numbers("lon", minimum=west, maximum=east)
    table.frame["name"] = table.frame["name"].str.split().str.join(" ")
    refuse(faults + lon_faults + repeated(table, ["name"]))
    faults, found = [], []
    for (row, cells), y, x in zip(rows_of(table), lat, lon, strict=True):
        where = table.where(row)
        status = _STATUS.get(cells["status_2025"])
        if status is None:
            value, expected = cells["status_2025"], "one of " + ", ".join(_STATUS)
            faults.append(Fault(name, where, "status_2025", value, expected))
            continue
        postcode = _PC6.fullmatch(cells["postcode"])
        if cells["postcode"] and not postcode:
            expected = "a postcode such as 9712 CP"
            faults.append(Fault(name, where, "postcode", cells["postcode"], expected))
            continue
        outside = postcode is not None and postcode[1] not in postcodes
        if outside and status == OPEN:
            expected = "a postcode whose first four digits are in pc4.csv"
            faults.append(Fault(name, where, "postcode", cells["postcode"], expected))
        cells["postcode"] = f"{postcode[1]} {postcode[2]}" if postcode else ""
        cells["note"] = _spell_out(table, cells)
        doubts = _doubts(cells, status) + (["postcode not among the PC4 of 2024"] * outside)
        found.append(
            Hospital(
                cells["name"],
                cells["organisation"],
                round(float(y), 5),
                round(float(x), 5),
                status,
                _properties(cells, status, doubts),
            )
        )
    refuse(faults)
    counts = Counter(hospital.status for hospital in found)
    sources.report(
        f"hospitals {counts[OPEN]} open, {counts[OUTPATIENT]} outpatient, "
        f"{counts[CLOSED]} closed ones dropped"
    )
    return sorted((each for each in found if each.status != CLOSED), key=lambda each: each.name)


def write_hospitals(out: Path, hospitals: list[Hospital], region_of: Mapping[str, str]) -> None:
    """Write ``hospitals.geojson``.

    Parameters
    ----------
    out
        Folder to write into.
    hospitals
        Sorted by name.
    region_of
        Region by member organisation; given to open locations only.
    """
    write_features(
        out / "hospitals.geojson",
        [
            feature(
                each.properties
                | {"region": region_of.get(each.organisation) if each.status == OPEN else None},
                {"type": "Point", "coordinates": [each.lon, each.lat]},
            )
            for each in hospitals
        ],
    )


def _spell_out(table: Table, cells: Mapping[str, str]) -> str:
    """Return the note of a location; a ditto mark stands for that of its sister location."""
    if cells["note"] != DITTO:
        return cells["note"]
    sisters = table.frame[table.frame["organisation"] == cells["organisation"]]["note"]
    notes = [str(note) for note in sisters if note not in {"", DITTO}]
    if len(notes) != 1:
        expected = f"one other note of {cells['organisation']}, found {len(notes)}"
        refuse([Fault(table.name, cells["name"], "note", DITTO, expected)])
    return notes[0]


def _doubts(cells: Mapping[str, str], status: str) -> list[str]:
    """Say in English what is not verified about a location."""
    if status == OUTPATIENT:
        return ["status and organisation unchecked since 2016"]
    doubts = [doubt for words, doubt in _DOUBTS.items() if words in cells["note"]]
    return (["location by general knowledge"] * (cells["source"] == _KNOWLEDGE)) + doubts


def _properties(cells: Mapping[str, str], status: str, doubts: list[str]) -> dict[str, object]:
    year = _YEAR.search(cells["source"])
    return {
        "name": cells["name"],
        "organisation": cells["organisation"],
        "city": cells["city"],
        "postcode": cells["postcode"] or None,
        # "outpatient clinic" is no type of hospital; location_type and status say it
        "type": cells["type"] if status == OPEN else "",
        "location_type": cells["location_type"],
        "status": status,
        "region": None,
        "emergency_24_7_2019": _EMERGENCY[cells["seh_24_7_2019"]],
        "source": cells["source"],
        "year": int(year[0]) if year else None,
        "unverified": "; ".join(doubts),
        "note": cells["note"],
    }
