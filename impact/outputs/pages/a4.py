"""a4.html: one sheet of A4 for the table: in front what changes, on the back what is not sure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.model.measures import SAME_MINUTES, by_place
from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.outputs.pages.page import environment, template_text
from impact.outputs.pictures.atlas import WIDTH, case_maps
from impact.outputs.pictures.charts import margin_text, order_texts
from impact.outputs.text import texts
from impact.outputs.text.answer import certain
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.norms import (
    BELOW,
    MARGIN,
    MET,
    NO_NORM,
    OPEN,
    UNKNOWN,
    norm_remark,
    norm_verdict,
)
from impact.outputs.text.overview import answered
from impact.outputs.text.people import (
    count_text,
    counted_text,
    headline,
    hidden_text,
    people_text,
)
from impact.outputs.text.transit import transit_note
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    day_text,
    destination_text,
    known_text,
    listing_statuses,
    map_attribution,
    minutes_text,
    names_text,
    roads_text,
    status_badge,
    status_text,
    tenth_text,
    titled_scenario,
    unconfirmed_text,
    whole_text,
)
from impact.study.model import DISPLAYED
from impact.study.register import performing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.pictures.atlas import Atlas
    from impact.outputs.text import Texts

_TOP = 3
_NAMED = 5
"""Hospitals named in a row; a longer list says how many more there are."""


@dataclass(frozen=True)
class Row:
    """One case on the sheet, in words.

    Attributes
    ----------
    intervention, plain
        Name, and what it is in plain words; empty where nobody said.
    badge, case
        How sure the case is, and its name; a displayed candidate has none.
    changes, to
        Who begins and who stops; who takes over.
    caveat
        What makes its minutes doubtful.
    people, bound
        Who must go elsewhere: patients where known, else residents and at most how many patients.
    mean, tenth
        Minutes extra of the moved, and what 1 in 10 of them get at least.
    norm, verdict
        Whether the volume norm is met, in words and as a code.
    hit, gains
        Municipalities hit hardest, and those that get closer.
    """

    intervention: str
    plain: str
    badge: str
    case: str
    changes: str
    to: str
    caveat: str
    people: str
    bound: str
    mean: str
    hidden: str
    tenth: str
    norm: str
    verdict: str
    hit: str
    gains: str

    @property
    def scenario(self) -> str:
        """The case in one line."""
        title = f"{self.case} ({self.badge})" if self.case else self.badge
        return f"{title}. {self.changes} {self.to}".strip()


_UNKNOWN = {**dict.fromkeys(("mean", "tenth", "hit"), "–"), "hidden": "", "gains": ""}


def case_row(line: CaseView, t: Texts, margin: float) -> Row:
    """Put one case in words."""
    result, case, row = line.result, line.case, line.row
    norm, verdict = norm_text(result, case, t, margin)
    return Row(
        intervention=case.intervention.name,
        plain=plain_treatment(t, case.intervention.name),
        badge=status_badge(t, case),
        case="" if case.scenario == DISPLAYED else t.scenario(case.scenario),
        changes=changes_text(case, t),
        to=t("a4.to", names=destination_text(t, line)) if line.destinations else "",
        caveat=_caveat(t, case),
        people=people_text(t, line),
        bound=bound_text(t, line),
        mean=mean_text(line, t),
        hidden="" if math.isnan(row["mean_extra_moved"]) else hidden_text(t, row),
        tenth=tenth_text(t, row["p90_extra"]),
        norm=norm,
        verdict=verdict,
        hit=hit_text(line, t),
        gains=_gains(line, t),
    )


def bound_text(t: Texts, line: CaseView) -> str:
    """Say how many patients it is at most, where they are not known but for a norm."""
    bound, count = (float(line.row[name]) for name in ("moved_bound", "patients_moved"))
    return (
        "" if math.isnan(bound) or math.isfinite(count) else t("a4.at_most", count=t.number(bound))
    )


def changes_text(case: Case, t: Texts) -> str:
    """Say who begins and who stops; of a long list how many more there are."""
    said = [
        t(key, names=_names(t, names))
        for key, names in (("a4.opens", case.opens), ("a4.stops", case.stops))
        if names
    ]
    return ". ".join(said)


def _names(t: Texts, names: Sequence[str]) -> str:
    if len(names) <= _NAMED + 1:
        return names_text(t, names)
    return ", ".join(names[:_NAMED]) + t("a4.and_more", count=len(names) - _NAMED)


def _printed(row: Row, case: Case) -> Row:
    """Leave out the figures that nobody believes."""
    return replace(row, **_UNKNOWN) if case.doubtful else row


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
    lowest = count_text(t, found.lowest, *found.ends)
    fields = {"norm": t.number(found.norm), "lowest": lowest}
    verdict = UNKNOWN if found.verdict == OPEN else found.verdict
    if found.modelled:
        # everybody to the nearest says nothing about what a hospital really does
        text = t("a4.norm_modelled", **fields)
    elif found.verdict == OPEN:
        text = t("norms.open", **fields)
    elif found.verdict == BELOW and math.isnan(found.below):
        text = t("a4.norm_some_below", **fields)
    elif found.partly:
        text = t("a4.norm_partly", **fields)
    elif found.hidden and found.verdict in {BELOW, MET}:
        text = t(f"a4.norm_hidden_{found.verdict}", below=whole_text(t, found.below), **fields)
    else:
        text = t(f"a4.norm_{found.verdict}", below=whole_text(t, found.below), **fields)
    remark = norm_remark(t, case.intervention)
    return f"{text}; {remark}" if remark else text, verdict


def hit_text(line: CaseView, t: Texts) -> str:
    """Name the municipalities whose moved get most, with their minutes."""
    rows = line.hardest_hit["mean_extra_moved"]
    rows = rows[rows >= SAME_MINUTES]
    return _named([(str(name), float(each)) for name, each in rows.items()], "plus", t)


def _gains(line: CaseView, t: Texts) -> str:
    """Name the municipalities that get closer: of who must, and of who chooses what begins."""
    parts = []
    if must := _closer(line.municipalities["mean_extra_moved"]):
        parts.append(_named(must, "minus", t))
    if chosen := _closer(_chosen_extra(line)):
        parts.append(t("a4.chosen", names=_named(chosen, "minus", t)))
    return "; ".join(parts)


def _closer(means: pd.Series[float]) -> list[tuple[str, float]]:
    """Return the municipalities whose mean falls by a minute or more, the most first."""
    found = means[means <= -SAME_MINUTES]
    pairs = sorted((float(each), str(name)) for name, each in found.items())
    return [(name, each) for each, name in pairs]


def _chosen_extra(line: CaseView) -> pd.Series[float]:
    """Mean extra minutes per municipality of who goes elsewhere though nothing of theirs stops."""
    rows = line.case.flows
    elsewhere = (rows["provider_before"] != rows["provider_after"]) & ~rows["moved"]
    rows = rows[elsewhere].assign(moved=True)
    key = line.result.postcodes["municipality"].reindex(rows["postcode"])
    return by_place(rows, key)["mean_extra_moved"]


def _named(places: Sequence[tuple[str, float]], sign: str, t: Texts) -> str:
    if not places:
        return t("a4.nobody")
    shown = [
        t(f"a4.change_{sign}", name=name, minutes=whole_text(t, abs(minutes)))
        for name, minutes in places[:_TOP]
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
    headline
        Who travels most, in one or two sentences; empty where nobody can tell.
    certain
        What holds whatever is chosen: sentences.
    rows
        The first `ROWS` cases: of each treatment its scenarios, or else the displayed candidate.
    left_out, examples
        How many cases found no room, and how many displayed candidates stand behind a scenario.
    listings
        Per intervention the disputed and unverified listings.
    """

    headline: str
    certain: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int
    examples: int
    listings: tuple[Listings, ...]

    @property
    def judged(self) -> bool:
        """Whether any volume norm could be judged."""
        return any(row.verdict not in {UNKNOWN, NO_NORM} for row in self.rows)


def sheet(result: Result, t: Texts, *, margin: float = MARGIN) -> Sheet:
    """Put a run in words, on one sheet."""
    cases = sheet_cases(result)
    always = (*order_texts(result, t, always=True), *certain(result, t))
    return Sheet(
        _headline(result, t),
        always or (t("a4.certain_none"),),
        tuple(_printed(case_row(line, t, margin), line.case) for line in cases[:ROWS]),
        max(0, len(cases) - ROWS),
        len(result.principal) - len(cases),
        tuple(_listings(result, t)),
    )


def sheet_cases(result: Result) -> tuple[CaseView, ...]:
    """Return the scenarios of each treatment, or else its displayed candidate."""
    named = {line.case.intervention.name for line in result.principal if _is_named(line)}
    return tuple(
        line
        for line in result.principal
        if _is_named(line) or line.case.intervention.name not in named
    )


def _is_named(line: CaseView) -> bool:
    return line.case.kind == "scenario"


def _first(result: Result) -> CaseView | None:
    """Case of the sheet whose moved get most, of those that carry a conclusion."""
    shown = {id(line.case) for line in sheet_cases(result)}
    known = (
        line
        for line in answered(result)
        if id(line.case) in shown and math.isfinite(line.row["mean_extra_moved"])
    )
    return next(known, None)


def _headline(result: Result, t: Texts) -> str:
    line = _first(result)
    if line is None:
        return t("report.answer_none")
    scenario = titled_scenario(t, result, line.case)
    name = t("map.layer", intervention=line.case.intervention.name, scenario=scenario)
    return headline(t, line, name, most=len(sheet_cases(result)) > 1)


def write_a4(result: Result, path: Path, *, lang: str = "nl", margin: float = MARGIN) -> None:
    """Write a4.html: it prints on the front and back of one sheet, portrait, in 9 points or more.

    Notes
    -----
    On paper the script takes rows off the end that find no room, and says how many.
    """
    t = texts(lang)
    manifest = result.manifest
    line = _first(result)
    drawn = None if line is None else case_map(drawn_by_pc4(result), line.case)
    page = environment().get_template("a4.html.j2")
    text = page.render(
        t=t,
        title=result.study.title,
        lead=t(
            "a4.lead",
            region=result.study.region,
            counted=counted_text(t, result),
            one_way=t.one_way(manifest["roads"]["kind"]),
            profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
        ),
        sheet=sheet(result, t, margin=margin),
        atlas=drawn,
        bands=() if drawn is None else drawn.legend,
        map_width=WIDTH,
        map_caption=""
        if line is None
        else t(
            "a4.map_caption",
            name=line.case.intervention.name,
            scenario=titled_scenario(t, result, line.case),
            changes=changes_text(line.case, t),
        ),
        map_scenario="" if line is None else titled_scenario(t, result, line.case),
        source=map_attribution(t, manifest["roads"]),
        notes=sheet_notes(result, t, margin),
        contact=result.study.contact,
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


def case_map(shown: Result, case: Case) -> Atlas:
    """Draw one case of a run, whose postcodes may be taken together since."""
    same = next(
        view.case for view in shown.principal if view.key == (case.intervention.name, case.scenario)
    )
    return case_maps([same], shown.postcodes, shown.hospitals, shown.postcode_rows)


def sheet_notes(result: Result, t: Texts, margin: float) -> str:
    """Say how to read the sheet."""
    parts = [t("a4.note")]
    if sheet(result, t, margin=margin).judged:
        parts.append(t("a4.note_norm", margin=t.number(100.0 * margin)))
    if result.sensitivity is None:
        parts.append(t("a4.no_margin"))
    if ridden := transit_note(t, result):
        parts.append(ridden)
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
