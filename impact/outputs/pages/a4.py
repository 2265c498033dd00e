"""a4.html: one sheet of A4 for the table, with what matters most about every case."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.model.measures import SAME_MINUTES
from impact.outputs.pages.page import environment, template_text
from impact.outputs.pages.report import certain
from impact.outputs.pictures.charts import margin_text, order_texts
from impact.outputs.text import texts
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.norms import (
    BELOW,
    MARGIN,
    OPEN,
    UNKNOWN,
    norm_remark,
    norm_verdict,
)
from impact.outputs.text.overview import more_extra_text
from impact.outputs.text.people import amount_text
from impact.outputs.text.wording import (
    day_text,
    destination_text,
    known_text,
    listing_statuses,
    minutes_text,
    names_text,
    roads_text,
    status_text,
    tenth_text,
    titled_scenario,
    unconfirmed_text,
    whole_text,
)
from impact.study.register import performing

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

_TOP = 3


@dataclass(frozen=True)
class Row:
    """One case on the sheet, in words."""

    intervention: str
    scenario: str
    caveat: str
    moved: str
    bound: str
    mean: str
    tenth: str
    beyond: str
    norm: str
    verdict: str
    loses: str
    gains: str
    more: str


_UNKNOWN = dict.fromkeys(("mean", "tenth", "more", "beyond", "loses", "gains"), "–")


def case_row(line: CaseView, t: Texts, margin: float) -> Row:
    """Put one case in words."""
    result, case, row = line.result, line.case, line.row
    stops = t("a4.stops", names=names_text(t, case.stops)) if case.stops else ""
    opens = t("a4.opens", names=names_text(t, case.opens)) if case.opens else ""
    to = t("a4.to", names=destination_text(t, line)) if line.destinations else ""
    name = titled_scenario(t, result, case)
    said = ". ".join(part for part in (name, opens, stops) if part)
    bound = float(row["moved_bound"])
    loses, gains = _municipalities(line, t)
    norm, verdict = norm_text(result, case, t, margin)
    return Row(
        intervention=case.intervention.name,
        scenario=f"{said} {to}".strip(),
        caveat=_caveat(t, case),
        moved=counted_text(t, result, case.intervention.name, row["moved"]),
        bound=t("report.at_most", count=whole_text(t, bound)) if math.isfinite(bound) else "",
        mean=mean_text(line, t),
        tenth=tenth_text(t, row["p90_extra"]),
        beyond=t(
            "a4.from_to",
            before=amount_text(t, row["beyond_60_before"], result.kind_of(case.intervention.name)),
            after=amount_text(t, row["beyond_60_after"], result.kind_of(case.intervention.name)),
        ),
        norm=norm,
        verdict=verdict,
        loses=loses,
        gains=gains,
        more=more_extra_text(line, t),
    )


def _printed(row: Row, case: Case) -> Row:
    """Leave out the figures that nobody believes."""
    return replace(row, **_UNKNOWN) if case.doubtful else row


def counted_text(t: Texts, result: Result, intervention: str, count: float) -> str:
    """Write a number of people, with its unit where a run has more than one."""
    unit = result.said_unit(intervention)
    text = amount_text(t, count, result.kind_of(intervention))
    return text if unit == result.said_unit() else f"{text} {t.unit(unit)}"


def mean_text(line: CaseView, t: Texts) -> str:
    """Write the mean extra minutes of the moved, with the margin of calculation where known."""
    mean, low, high = (
        float(line.row[name]) for name in ("mean_extra_moved", "extra_low", "extra_high")
    )
    if math.isnan(mean):
        return "–"
    return minutes_text(t, mean) if math.isnan(low) else margin_text(t, mean, low, high)


def _caveat(t: Texts, case: Case) -> str:
    if case.not_calculable:
        return t("common.not_calculable")
    return t("report.doubtful") if case.doubtful else ""


def norm_text(result: Result, case: Case, t: Texts, margin: float) -> tuple[str, str]:
    """Say whether a case meets its norm, with what is doubtful about the norm itself."""
    found = norm_verdict(result, case, margin=margin)
    fields = {"norm": t.number(found.norm), "lowest": whole_text(t, found.lowest)}
    verdict = UNKNOWN if found.verdict == OPEN else found.verdict
    if found.modelled:
        # everybody to the nearest says nothing about what a hospital really does
        text = t("a4.norm_modelled", **fields)
    elif found.verdict == OPEN:
        text = t("norms.open", **fields)
    elif found.verdict == BELOW and math.isnan(found.below):
        text = t("a4.norm_some_below", **fields)
    else:
        text = t(f"a4.norm_{found.verdict}", below=whole_text(t, found.below), **fields)
    remark = norm_remark(t, case.intervention)
    return f"{text}; {remark}" if remark else text, verdict


def _municipalities(shown: CaseView, t: Texts) -> tuple[str, str]:
    """Who loses and who gains most, by mean minutes of the whole municipality."""
    rows = shown.municipalities
    with np.errstate(invalid="ignore"):
        change = (rows["mean_after"] - rows["mean_before"])[rows["demand"] > 0]
    found = [(str(name), each) for name, each in change.items() if math.isfinite(each)]
    loses = [(-each, name) for name, each in found if each >= SAME_MINUTES]
    gains = [(each, name) for name, each in found if each <= -SAME_MINUTES]
    return _named(loses, "plus", t), _named(gains, "minus", t)


def _named(places: list[tuple[float, str]], sign: str, t: Texts) -> str:
    if not places:
        return t("a4.nobody")
    shown = [
        t(f"a4.change_{sign}", name=name, minutes=t.number(-minutes))
        for minutes, name in sorted(places)[:_TOP]
    ]
    rest = len(places) - len(shown)
    return ", ".join(shown) + (t("a4.and_more", count=rest) if rest else "")


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
    """Put a run in words, on one sheet."""
    cases = result.principal
    always = (*order_texts(result, t, always=True), *certain(result, t))
    return Sheet(
        always or (t("a4.certain_none"),),
        tuple(_printed(case_row(line, t, margin), line.case) for line in cases[:ROWS]),
        max(0, len(cases) - ROWS),
        tuple(_listings(result, t)),
    )


def write_a4(result: Result, path: Path, *, lang: str = "nl", margin: float = MARGIN) -> None:
    """Write a4.html: it prints on exactly one sheet."""
    t = texts(lang)
    manifest = result.manifest
    page = environment().get_template("a4.html.j2")
    # one number stands for the page only where every treatment counts the same people
    totals = {float(each.sum()) for each in result.weights.values()}
    text = page.render(
        t=t,
        title=result.study.title,
        lead=t(
            "a4.lead" if len(totals) == 1 else "a4.lead_many",
            region=result.study.region,
            count=whole_text(t, float(manifest["counts"]["demand"])),
            unit=t.unit(result.said_unit()),
            one_way=t.one_way(manifest["roads"]["kind"]),
            profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
        ),
        sheet=sheet(result, t, margin=margin),
        unit=t.unit(result.said_unit()),
        notes=sheet_notes(result, t, margin),
        bounded=bool(result.summary["moved_bound"].notna().any()),
        file=manifest["study"]["file"],
        made=t(
            "a4.made",
            program=manifest["program"],
            version=manifest["version"],
            date=day_text(t, manifest["created"]),
            sha256=str(manifest["study"]["sha256"])[:12],
        ),
        css=template_text("a4.css"),
        script=template_text("a4.js"),
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def sheet_notes(result: Result, t: Texts, margin: float) -> str:
    """Say how to read the sheet."""
    parts = [t("a4.note", margin=t.number(100.0 * margin))]
    if result.sensitivity is None:
        parts.append(t("a4.no_margin"))
    parts += displayed_sentences(result.study, result.cases, t)
    if roads := roads_text(t, result.manifest["roads"]):
        parts.append(roads)
    parts.append(unconfirmed_text(t, result.providers))
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
