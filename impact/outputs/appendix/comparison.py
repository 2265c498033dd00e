"""Chapters that compare: three kinds of difference, ranges, and how sure the figures are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import (
    Bar,
    Bullets,
    Grid,
    Heading,
    Paragraph,
    lines_of,
)
from impact.outputs.files.columns import MINUTES, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.pictures import charts
from impact.outputs.pictures.charts import TORNADO_WIDTH, order_texts
from impact.outputs.text.ranges import published, range_without, shown_ranges
from impact.outputs.text.wording import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.appendix.illustrations import Illustrations
    from impact.outputs.text import Texts
    from impact.outputs.text.ranges import Published, ShownRange


def difference_chapter(result: Result, drawn: Illustrations, t: Texts) -> Iterator[Block]:
    """Show the displayed cases among every possible choice, and among people."""
    yield Heading(1, t("report.h_strips"), key="strips")
    margin = t("sensitivity.key_main" if result.sensitivity else "report.key_margin")
    yield Paragraph(f"{t('report.strips_intro')} {margin}")
    yield drawn.strips()


def range_chapter(result: Result, t: Texts) -> Iterator[Block]:
    """Give every range with its definition, and compare it with the published one."""
    shown, beside = shown_ranges(result, t), published(result, t)
    yield Heading(1, t("report.h_ranges"), key="ranges")
    yield Paragraph(t("report.ranges_intro"))
    main, others = ([each for each in shown if each.main is kind] for kind in (True, False))
    yield _ranges(main, t("report.ranges_caption"), t, beside=beside)
    if without := range_without(result, t):
        yield Paragraph(without)
    if beside is not None:
        yield Heading(2, t("report.h_published"))
        yield Bullets(beside.sentences)
    yield _ranges(others, t("report.more_ranges"), t, folded=True)


def _ranges(
    shown: Sequence[ShownRange],
    caption: str,
    t: Texts,
    *,
    beside: Published | None = None,
    folded: bool = False,
) -> Grid:
    headers = (
        Header(t("report.c_definition"), TEXT, 60),
        Header(t("report.c_range"), MINUTES, 16),
        Header(t("report.c_low_from"), TEXT, 34),
        Header(t("report.c_high_from"), TEXT, 34),
    )
    rows = [
        (
            lines_of(each.definition, t("report.doubtful") if each.doubtful else ""),
            each.span,
            each.low_from,
            each.high_from,
        )
        for each in shown
    ]
    if beside is not None:
        unknown = t("report.not_said")
        peaks = names_text(t, sorted(beside.peaks)) if beside.peaks else unknown
        span = t("report.from_to", low=beside.low, high=beside.high)
        source = t("report.published_range", source=beside.source)
        rows.append((source, span, unknown, peaks))
    return Grid(caption, headers, tuple(rows), folded=folded)


def sensitivity_chapter(result: Result, t: Texts) -> Iterator[Block]:
    """Say how sure the figures are; nothing where that was not asked for."""
    found = result.sensitivity
    if found is None:
        return
    yield Heading(1, t("sensitivity.h"), key="sure")
    said = {"members": t.number(found.members), "spread": t.number(100.0 * found.spread)}
    key = "sensitivity.intro" if found.members else "sensitivity.intro_own"
    yield Paragraph(t(key, **said))
    if sentences := order_texts(result, t):
        yield Heading(2, t("sensitivity.h_order"))
        yield Bullets(sentences)
    yield Heading(2, t("appendix.h_margins"))
    kinds = {kind: t(f"sensitivity.key_{kind}") for kind in ("margin", "choice")}
    headers = (
        Header(t("appendix.c_factor"), TEXT, 30),
        Header(t("appendix.c_kind"), TEXT, 24),
        Header(t("appendix.c_span"), MINUTES, 50),
    )
    ticks = tuple((minutes, place / TORNADO_WIDTH) for minutes, place in charts.axis_ticks(found))
    for each in charts.tornados(result, t):
        named = {"name": each.intervention, "scenario": each.scenario, "margin": each.margin}
        mark = each.mark / TORNADO_WIDTH
        rows = tuple(
            (
                bar.label,
                kinds[bar.kind],
                Bar(
                    bar.text,
                    bar.x / TORNADO_WIDTH,
                    (bar.x + bar.width) / TORNADO_WIDTH,
                    bar.kind,
                    mark,
                ),
            )
            for bar in each.bars
        )
        yield Grid(t("appendix.spans_caption", **named), headers, rows, ticks=ticks)
