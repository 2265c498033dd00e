"""What one institution adds to a sealed study: its counts, in cells that may be told.

A contribution is one small readable file. It holds the number of patients per treatment, own
location and cell of municipalities, and nothing else: no postcodes, no minutes, no patient. It
names the seal of the study it belongs to and carries a hash of its own content.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.facilities import QUANTITIES
from impact.notes import Loaded, Note
from impact.sealed.study import FORMAT
from impact.sealed.suppression import Cell, areas_of, cells_of
from impact.storage import read_json, replacing, why_no_json
from impact.tables.places import normal_postcode
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from impact.sealed.study import SealedStudy
    from impact.tables.text_table import Table

PER_PATIENT, PER_YEAR = "per patient", "per year"
"""Kinds of the rows of a workbook."""

_MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Told:
    """Patients of one treatment at one location, by cell."""

    treatment: str
    location: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Contribution:
    """One institution's part.

    Attributes
    ----------
    institution
        Organisation.
    seal
        Of the study it belongs to.
    threshold
        Fewest patients in a cell.
    told
        Per treatment and location.
    template
        Rows of the institution's own workbook, where it was added: values per treatment and
        yearly totals.
    """

    institution: str
    seal: str
    threshold: int
    told: tuple[Told, ...]
    template: tuple[Mapping[str, Any], ...] = ()


def contribute(
    sealed: SealedStudy,
    institution: str,
    counts: Path,
    *,
    template: Sequence[Mapping[str, Any]] = (),
) -> Loaded[Contribution]:
    """Put an institution's counts into cells.

    Parameters
    ----------
    sealed
        The study.
    institution
        Organisation in it.
    counts
        CSV: postcode, patients; intervention where the study has several treatments, and provider
        where the institution has several locations.
    template
        Rows of its workbook.

    Returns
    -------
    Loaded of Contribution
        Patients who live outside the region are left out, and noted.

    Raises
    ------
    InputError
        For an institution, treatment or location that is not known, counts that are no whole
        numbers, and a row that stands twice.
    """
    known = sealed.institutions
    if institution not in known:
        near = nearest_names(institution, list(known))
        expected = "an organisation that performs a treatment of the study"
        raise InputError(Fault("--institution", "", "", institution, expected, near))
    table = read_table(counts)
    table.require(["postcode", "patients"])
    rows, faults = _rows(sealed, institution, table)
    if faults:
        raise InputError(faults)
    notes = [*table.notes, *table.unused(("postcode", "patients", "intervention", "provider"))]
    areas = sealed.postcodes["municipality"]
    inside = {code: str(area) for code, area in areas.items()}
    sums: dict[tuple[str, str], dict[str, int]] = {
        (each.name, name): {}
        for each in sealed.treatments
        for name in each.providers
        if sealed.organisations[name] == institution
    }
    outside = 0
    for treatment, location, code, patients in rows:
        if code not in inside:
            outside += patients
            continue
        here = sums[treatment, location]
        here[inside[code]] = here.get(inside[code], 0) + patients
    if outside:
        notes.append(Note.of("sealed_outside", file=table.name, count=outside))
    told = tuple(
        Told(treatment, location, cells_of(here, sealed.tree, sealed.threshold))
        for (treatment, location), here in sums.items()
    )
    made = Contribution(institution, sealed.seal, sealed.threshold, told, tuple(template))
    return Loaded(made, tuple(notes), ({"name": table.name, "sha256": table.sha256},))


def _rows(
    sealed: SealedStudy, institution: str, table: Table
) -> tuple[list[tuple[str, str, str, int]], list[Fault]]:
    names = [each.name for each in sealed.treatments]
    own = sealed.institutions[institution]
    performs = {each.name: set(each.providers) for each in sealed.treatments}
    frame = table.frame
    counts, faults = table.numbers("patients", minimum=0.0)
    seen: dict[tuple[str, str, str], int] = {}
    rows = []
    for number, row in enumerate(table.rows):
        where = table.where(row)
        treatment = str(frame.loc[row, "intervention"]) if "intervention" in frame else names[0]
        location = str(frame.loc[row, "provider"]) if "provider" in frame else own[0]
        code = normal_postcode(str(frame.loc[row, "postcode"]))
        for field, value, choices, several in (
            ("intervention", treatment, names, "intervention" not in frame and len(names) > 1),
            ("provider", location, list(own), "provider" not in frame and len(own) > 1),
        ):
            if several:
                expected = said(
                    "a column {field}: one of {names}", field=field, names=", ".join(choices)
                )
                faults.append(Fault(table.name, "", field, None, expected))
                return [], faults
            if value not in choices:
                near = nearest_names(value, choices)
                expected = said("one of {names}", names=", ".join(choices))
                faults.append(Fault(table.name, where, field, value, expected, near))
        if treatment in performs and location in own and location not in performs[treatment]:
            expected = said(
                "a location that performs {treatment!r} in the study", treatment=treatment
            )
            near = nearest_names(location, [name for name in own if name in performs[treatment]])
            faults.append(Fault(table.name, where, "provider", location, expected, near))
        value = counts[number]
        if np.isfinite(value) and value != round(value):
            faults.append(Fault(table.name, where, "patients", f"{value:g}", "whole patients"))
        key = treatment, location, code
        if key in seen:
            expected = said("each once (it is also in {where})", where=table.where(seen[key]))
            faults.append(Fault(table.name, where, "postcode", code, expected))
        seen[key] = row
        rows.append((*key, 0 if np.isnan(value) else round(float(value))))
    return rows, faults


def write_contribution(made: Contribution, path: Path) -> str:
    """Write a contribution, and return its hash."""
    content = _content(made)
    digest = _digest(content)
    text = json.dumps({**content, "sha256": digest}, ensure_ascii=False, indent=1)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")
    return digest


def _content(made: Contribution) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "institution": made.institution,
        "seal": made.seal,
        "threshold": made.threshold,
        "told": [asdict(each) for each in made.told],
        "template": list(made.template),
    }


def _digest(content: Mapping[str, Any]) -> str:
    told = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def read_contribution(path: Path, sealed: SealedStudy) -> Contribution:
    """Read a contribution, and refuse what does not fit the study.

    Raises
    ------
    InputError
        For another study or version, a hash that does not fit, an institution, treatment or
        location that is not in the study, and cells that are not of its tree.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            expected = "a contribution, which is small"
            raise InputError(Fault(path.name, "", "", said("{size} bytes", size=size), expected))
        stated = read_json(path.read_text(encoding="utf-8-sig"))
        digest = stated.pop("sha256")
        for field, found, wanted, expected in (
            ("format", stated["format"], FORMAT, "made by the same version of impact"),
            ("seal", stated["seal"], sealed.seal, "made for this study"),
            (
                "sha256",
                digest,
                _digest(stated),
                "the hash of its content: it was changed afterwards",
            ),
        ):
            if found != wanted:
                raise InputError(
                    Fault(
                        path.name,
                        "",
                        field,
                        str(found),
                        said("{wanted}: {expected}", wanted=wanted, expected=expected),
                    )
                )
        made = Contribution(
            str(stated["institution"]),
            str(stated["seal"]),
            int(stated["threshold"]),
            tuple(
                Told(
                    str(each["treatment"]),
                    str(each["location"]),
                    tuple(
                        Cell(tuple(cell["areas"]), int(cell["low"]), int(cell["high"]))
                        for cell in each["cells"]
                    ),
                )
                for each in stated["told"]
            ),
            tuple(stated["template"]),
        )
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        expected = said(
            "a contribution as `impact contribute` writes it ({reason})", reason=why_no_json(error)
        )
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    faults = [*_misfits(made, sealed, path.name), *_template_faults(made, sealed, path.name)]
    if faults:
        raise InputError(faults)
    return made


def _misfits(made: Contribution, sealed: SealedStudy, name: str) -> list[Fault]:
    own = sealed.institutions.get(made.institution, ())
    performs = {(each.name, location) for each in sealed.treatments for location in each.providers}
    everything = set(areas_of(sealed.tree))
    out = []
    if not own:
        expected = "an organisation of the study"
        near = nearest_names(made.institution, list(sealed.institutions))
        out.append(Fault(name, "", "institution", made.institution, expected, near))
    if made.threshold != sealed.threshold:
        out.append(Fault(name, "", "threshold", str(made.threshold), str(sealed.threshold)))
    wanted = {key for key in performs if key[1] in own}
    told = [(each.treatment, each.location) for each in made.told]
    if own and sorted(told) != sorted(wanted):
        found = "; ".join(f"{one} - {other}" for one, other in sorted(set(told) ^ wanted))
        expected = "every treatment at every location of the institution once"
        out.append(Fault(name, "", "told", found or said("one of them twice"), expected))
    for each in made.told:
        areas = [area for cell in each.cells for area in cell.areas]
        if sorted(areas) != sorted(everything):
            where = said(
                "{treatment}, {location}", treatment=each.treatment, location=each.location
            )
            out.append(Fault(name, where, "areas", None, "every municipality of the study once"))
        for cell in each.cells:
            told_few = cell.low == cell.high and cell.high < sealed.threshold
            bound = (cell.low, cell.high) == (0, sealed.threshold - 1) and len(each.cells) == 1
            if (told_few or cell.low != cell.high) and not bound:
                found = f"{cell.low}-{cell.high}"
                expected = said(
                    "{threshold} or more, or the bound of the whole", threshold=sealed.threshold
                )
                out.append(Fault(name, each.treatment, "cells", found, expected))
    return out


def _template_faults(made: Contribution, sealed: SealedStudy, source: str) -> Iterator[Fault]:
    """Find rows of a workbook that no institution could have sent along."""
    names = [each.name for each in sealed.treatments]
    sites = ("", *sealed.institutions.get(made.institution, ()))
    for number, row in enumerate(made.template, start=1):
        where = said("template {number}", number=number)
        kind = row.get("kind") if isinstance(row, dict) else None
        if kind not in {PER_PATIENT, PER_YEAR}:
            yield Fault(
                source,
                where,
                "kind",
                str(kind),
                said("'{first}' or '{second}'", first=PER_PATIENT, second=PER_YEAR),
            )
            continue
        known: dict[str, Sequence[str]] = {
            "organisation": (made.institution,),
            "quantity": QUANTITIES,
        }
        known |= {"intervention": names} if kind == PER_PATIENT else {"site": sites}
        for field, choices in known.items():
            stated = str(row.get(field))
            if stated not in choices:
                expected = said("one of {names}", names=", ".join(map(repr, choices)))
                yield Fault(source, where, field, stated, expected, nearest_names(stated, choices))
        field = "value" if kind == PER_PATIENT else "total"
        figure = row.get(field)
        number_like = isinstance(figure, (int, float)) and not isinstance(figure, bool)
        if not number_like or not 0.0 <= float(figure or 0.0) < np.inf:
            yield Fault(source, where, field, str(figure), "a number of 0 or more")
        if kind == PER_YEAR and not isinstance(row.get("specialism"), str):
            yield Fault(source, where, "specialism", str(row.get("specialism")), "a text")
