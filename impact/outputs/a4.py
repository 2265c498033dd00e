"""a4.html: one sheet of A4 for the table, with what matters most about every case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.outputs.a4_row import case_row
from impact.outputs.listings import listing_statuses, status_text
from impact.outputs.norms import MARGIN
from impact.outputs.overview import lines
from impact.outputs.pages import environment, template_text
from impact.outputs.report_answer import certain
from impact.outputs.texts import texts
from impact.outputs.tornado import order_texts
from impact.outputs.wording import known_text, whole_text
from impact.register import performing

if TYPE_CHECKING:
    from pathlib import Path

    from impact.concentration.result import Result
    from impact.outputs.a4_row import Row
    from impact.outputs.texts import Texts

FILE = "a4.html"
ROWS = 20
"""Rows that a sheet has room for; the report has the others."""

_LISTED = ("disputed", "unverified")


@dataclass(frozen=True)
class Listings:
    """Hospitals of an intervention of which it is not sure that they perform it."""

    intervention: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet.

    Attributes
    ----------
    certain
        What holds whatever is chosen: sentences.
    rows
        The first `ROWS` cases.
    left_out
        How many cases found no room.
    listings
        Per intervention the disputed and unverified listings.
    """

    certain: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int
    listings: tuple[Listings, ...]


def sheet(result: Result, t: Texts, *, margin: float = MARGIN) -> Sheet:
    """Put a run in words, on one sheet.

    Parameters
    ----------
    result, t
        Run and catalogue.
    margin
        Above the norm, to be called ample.

    Returns
    -------
    Sheet
    """
    cases = [line for line in lines(result) if line.case.principal]
    always = (*order_texts(result, t, always=True), *certain(result, t))
    return Sheet(
        always or (t("a4.certain_none"),),
        tuple(case_row(result, line, t, margin) for line in cases[:ROWS]),
        max(0, len(cases) - ROWS),
        tuple(_listings(result, t)),
    )


def write_a4(result: Result, path: Path, *, lang: str = "nl", margin: float = MARGIN) -> None:
    """Write a4.html: it prints on exactly one sheet.

    Parameters
    ----------
    result
        What a run gave.
    path
        File to write.
    lang
        ``nl`` or ``en``.
    margin
        Share above the norm from which it is called amply met.
    """
    t = texts(lang)
    manifest = result.manifest
    created = dt.datetime.fromisoformat(str(manifest["created"]))
    page = environment().get_template("a4.html.j2")
    text = page.render(
        t=t,
        title=result.study.title,
        lead=t(
            "a4.lead",
            region=result.study.region,
            count=whole_text(t, float(manifest["counts"]["demand"])),
            unit=t.unit(result.unit),
            one_way=t.one_way(manifest["roads"]["kind"]),
            profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
        ),
        sheet=sheet(result, t, margin=margin),
        unit=t.unit(result.unit),
        notes=sheet_notes(result, t, margin),
        bounded=bool(result.summary["moved_bound"].notna().any()),
        file=manifest["study"]["file"],
        made=t(
            "a4.made",
            program=manifest["program"],
            version=manifest["version"],
            date=f"{created.day}-{created.month}-{created.year}",
            sha256=str(manifest["study"]["sha256"])[:12],
        ),
        css=template_text("a4.css"),
        script=template_text("a4.js"),
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def sheet_notes(result: Result, t: Texts, margin: float) -> str:
    """Say how to read the sheet.

    Parameters
    ----------
    result, t
        Run and catalogue.
    margin
        As in `impact.outputs.norms.norm_verdict`.

    Returns
    -------
    str
    """
    parts = [t("a4.note", margin=t.number(100.0 * margin))]
    if result.sensitivity is None:
        parts.append(t("a4.no_margin"))
    if result.manifest["roads"]["kind"] == "screening":
        parts.append(t("common.screening_warning"))
    return " ".join(parts)


def _listings(result: Result, t: Texts) -> list[Listings]:
    out = []
    for name, rows in performing(result.providers).groupby("intervention", sort=True):
        status = listing_statuses(rows)
        parts = []
        for code in _LISTED:
            found = sorted(x for x, y in zip(rows["location"], status, strict=True) if y == code)
            if found:
                words = {"status": status_text(t, code), "names": ", ".join(found)}
                parts.append(t("a4.listing", **words))
        if parts:
            out.append(Listings(str(name), "; ".join(parts)))
    return out
