"""verdicts.html, 'Klopt het?': the same page for claims and for published ranges.

Finding, picture, table, how we know. `impact.outputs.pages.claims` and
`impact.outputs.pages.reproduction` give what stands in the last part.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.evidence.claims.judge import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    NOT_SUPPORTED,
    PARTLY,
    SUPPORTED,
    UNDECIDED,
    VERDICTS,
)
from impact.outputs.pages.axis import Axis, axis_of
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.text import texts
from impact.outputs.text.claims import (
    definition_text,
    figure_text,
    part_text,
    said_text,
    says_change,
    treatment_text,
    verdict_text,
)
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.evidence.claims.judge import Figure, Outcome
    from impact.outputs.text import Texts

PAGE = "verdicts.html"

SYMBOLS = {SUPPORTED: "✓", PARTLY: "◐", NOT_SUPPORTED: "✗", UNDECIDED: "?"}
"""So that no verdict is told by its colour alone."""

CLAIMS, RANGES = "claims", "ranges"
"""What a page is about: its part on how we know differs."""

_FEW = 3
"""Figures of a statement that stand in the table one by one; of more the leading one does."""


@dataclass(frozen=True)
class Badge:
    """A verdict as a word and a symbol."""

    code: str
    symbol: str
    word: str


@dataclass(frozen=True)
class Number:
    """One figure of a statement in the table.

    Attributes
    ----------
    badge
        Verdict of this figure; `None` where it stands for many.
    label, text
        What it is of, and the figure with its margin.
    where, plain
        Treatment and region, and what that treatment is in plain words; empty where not one.
    """

    badge: Badge | None
    label: str
    text: str
    where: str
    plain: str


@dataclass(frozen=True)
class Statement:
    """A row of the table.

    Attributes
    ----------
    anchor
        Where the page says how we know.
    name, said
        The statement, and the number in it.
    badge
        Its verdict.
    numbers
        What was computed.
    counted
        For how many figures it holds, where there are many.
    definition
        In words.
    """

    anchor: str
    name: str
    said: str
    badge: Badge
    numbers: tuple[Number, ...]
    counted: str
    definition: str


def badge(t: Texts, verdict: str) -> Badge:
    """Return the word and the symbol of a verdict."""
    return Badge(verdict.replace(" ", "-"), SYMBOLS[verdict], verdict_text(t, verdict))


def statement(t: Texts, number: int, outcome: Outcome, *, name: str, own: bool) -> Statement:
    """Lay out one statement as a row of the table."""
    figures = outcome.figures
    few = len(figures) <= _FEW
    leading = outcome.leading
    shown = figures if few else () if leading is None else (leading,)
    counted = ""
    if not few:
        holds = sum(each.verdict == SUPPORTED for each in figures)
        total = sum(each.verdict != UNDECIDED for each in figures)
        counted = t("verdicts.holds_for", holds=holds, total=total)
    return Statement(
        anchor=f"statement-{number}",
        name=name,
        said=said_text(t, outcome.claim),
        badge=badge(t, outcome.verdict),
        numbers=tuple(_number(t, outcome, each, single=few) for each in shown),
        counted=counted,
        definition=definition_text(t, outcome.definition, own=own, named=says_change(outcome))
        if outcome.definition
        else "",
    )


def statements(
    t: Texts, outcomes: Sequence[Outcome], names: Sequence[str], *, own: bool = False
) -> list[Statement]:
    """Lay out every statement, in order."""
    return [
        statement(t, number, outcome, name=name, own=own)
        for number, (outcome, name) in enumerate(zip(outcomes, names, strict=True), start=1)
    ]


def _number(t: Texts, outcome: Outcome, each: Figure, *, single: bool) -> Number:
    part = each.part
    treatment = treatment_text(t, part.treatment) if part.treatment else ""
    label = part_text(t, outcome, each, named=False)
    return Number(
        badge=badge(t, each.verdict) if single and len(outcome.figures) > 1 else None,
        label=label if single else t("verdicts.furthest", label=label),
        text=figure_text(t, each),
        where=f"{treatment}, {part.region}" if treatment else "",
        plain=plain_treatment(t, treatment) if treatment else "",
    )


def finding(t: Texts, outcomes: Sequence[Outcome], rows: Sequence[Statement]) -> list[str]:
    """Say in at most three sentences what holds."""
    said = [_counted(t, outcomes)] if len(outcomes) > 1 else _only(t, outcomes[0], rows[0])
    figures = [each for outcome in outcomes for each in outcome.figures]
    ends = Counter(each.verdict for each in figures if each.part.measure in {"low", "high"})
    if ends:
        said.append(t("verdicts.ends", hit=ends[SUPPORTED], count=ends.total()))
    peaks = [each for each in figures if each.part.measure == "peak"]
    if peaks:
        same = sum(each.verdict == SUPPORTED for each in peaks)
        said.append(t("verdicts.peaks", same=same, count=len(peaks)))
    return said


def _only(t: Texts, outcome: Outcome, row: Statement) -> list[str]:
    """Say the verdict on a single statement, and its number."""
    said = [t("verdicts.only", name=row.name, verdict=row.badge.word)]
    leading = outcome.leading
    if leading is not None and outcome.claim.kind != "range":
        figure = figure_text(t, leading)
        said.append(t("verdicts.only_figure", said=row.said, figure=figure))
    return said


def _counted(t: Texts, outcomes: Sequence[Outcome]) -> str:
    found = Counter(each.verdict for each in outcomes)
    parts = []
    for verdict in VERDICTS:
        count = found[verdict]
        if count or verdict == SUPPORTED:
            amount = ("none", "one")[count] if count < 2 else "many"  # noqa: PLR2004
            parts.append(t(f"verdicts.tally_{amount}_{verdict.replace(' ', '_')}", count=count))
    return t("verdicts.counted", count=len(outcomes), counted=names_text(t, parts))


@dataclass(frozen=True)
class Lane:
    """One statement in the picture; places are per cent from the left.

    Attributes
    ----------
    statement
        Whose.
    text
        What was computed, from least to greatest.
    said
        From where to where the statement holds.
    ours
        From the least to the greatest figure.
    margins
        Of the least and the greatest figure, from where to where.
    ticks
        Every figure, where there are many.
    """

    statement: Statement
    text: str
    said: tuple[float, float]
    ours: tuple[float, float]
    margins: tuple[tuple[float, float], ...]
    ticks: tuple[float, ...]

    @property
    def mark(self) -> str:
        """What the figures are drawn as: ``ticks``, a ``bar`` or a ``dot``."""
        if self.ticks:
            return "ticks"
        return "bar" if self.ours[1] > self.ours[0] else "dot"


@dataclass(frozen=True)
class Chart:
    """Statements with one unit on one axis."""

    unit: str
    axis: Axis
    lanes: tuple[Lane, ...]


MINUTES, SHARE = "minutes", "share"


def charts(t: Texts, outcomes: Sequence[Outcome], rows: Sequence[Statement]) -> list[Chart]:
    """Lay out the picture: minutes and shares apart, in the order of the table."""
    out = []
    for unit in (MINUTES, SHARE):
        own = [
            (outcome, row, drawn)
            for outcome, row in zip(outcomes, rows, strict=True)
            if (drawn := _drawn(outcome)) and (drawn[0].part.measure == "within") == (unit == SHARE)
        ]
        if not own:
            continue
        scale = 100.0 if unit == SHARE else 1.0
        ends = [
            scale * value
            for _, _, figures in own
            for each in figures
            for value in (each.low, each.high, each.value, *_limits(each))
        ]
        axis = axis_of(ends)
        lanes = tuple(_lane(t, row, figures, axis, scale) for _, row, figures in own)
        out.append(Chart(unit, axis, lanes))
    return out


def _drawn(outcome: Outcome) -> list[Figure]:
    """Figures of a statement that can be drawn, from least to greatest."""
    known = [
        each
        for each in outcome.figures
        if each.part.measure != "peak" and math.isfinite(each.value)
    ]
    return sorted(known, key=lambda each: each.value)


def _limits(each: Figure) -> tuple[float, ...]:
    return (each.part.claimed,) if math.isfinite(each.part.claimed) else ()


def _lane(t: Texts, row: Statement, figures: list[Figure], axis: Axis, scale: float) -> Lane:
    least, greatest = figures[0], figures[-1]
    place = [axis.place(scale * each.value) for each in figures]
    outer = (least,) if least is greatest else (least, greatest)
    return Lane(
        statement=row,
        text=_span_text(t, scale * least.value, scale * greatest.value, scale),
        said=_said_span(figures, axis, scale),
        ours=(place[0], place[-1]),
        margins=tuple(
            (axis.place(scale * each.low), axis.place(scale * each.high)) for each in outer
        ),
        ticks=tuple(sorted(set(place))) if len(figures) > _FEW else (),
    )


def _said_span(figures: list[Figure], axis: Axis, scale: float) -> tuple[float, float]:
    """From where to where a statement holds: a range, a number, or everything up to or from it."""
    said = [axis.place(scale * each.part.claimed) for each in figures]
    test = figures[0].part.test
    if test in {AT_MOST, BELOW}:
        return (0.0, said[0])
    if test in {AT_LEAST, ABOVE}:
        return (said[0], 100.0)
    return (min(said), max(said))


def _span_text(t: Texts, low: float, high: float, scale: float) -> str:
    if scale == 1.0:
        ends = [f"{'−' if each < 0.0 else ''}{whole_text(t, abs(each))}" for each in (low, high)]
    else:
        ends = [share_text(t, each / scale) for each in (low, high)]
    return ends[0] if ends[0] == ends[1] else t("report.from_to", low=ends[0], high=ends[1])


def write_verdicts_page(
    path: Path,
    outcomes: Sequence[Outcome],
    rows: Sequence[Statement],
    *,
    about: str,
    title: str,
    unit: str,
    lead: str,
    manifest: Mapping[str, Any],
    how: Mapping[str, Any],
    lang: str,
) -> None:
    """Write verdicts.html.

    Parameters
    ----------
    path
        File to write.
    outcomes
        Statements, judged: those that the page is about.
    rows
        Of the table, from `statements`; behind those of the outcomes others may stand.
    about
        `CLAIMS` or `RANGES`.
    title, unit, lead
        Head of the page, who counts, and what the minutes are.
    manifest
        Plain values.
    how
        What the part on how we know fills in.
    lang
        Language.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    asked = rows[: len(outcomes)]
    drawn = charts(t, outcomes, asked)
    pictured = {lane.statement.anchor for chart in drawn for lane in chart.lanes}
    definitions = {row.definition for row in rows if row.definition}
    shown = {
        "about": about,
        "title": title,
        "unit": t.unit(unit),
        "lead": lead,
        "finding": finding(t, outcomes, asked),
        "charts": drawn,
        "undrawn": [row for row in asked if row.anchor not in pictured],
        "asked": asked,
        "also": rows[len(outcomes) :],
        "definition": definitions.pop() if len(definitions) == 1 else "",
        "badges": [badge(t, verdict) for verdict in VERDICTS],
        "marks": {lane.mark for chart in drawn for lane in chart.lanes},
        **how,
    }
    write_evidence_page(path, "verdicts", t, manifest=manifest, shown=shown)
