"""slides.pptx: the answer, a slide per treatment, the comparison and the method.

Shapes are PowerPoint's own and can be edited; the chart holds the figures of the run in full.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import TYPE_CHECKING, Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Emu, Inches, Pt

from impact.outputs.appendix.blocks import printable
from impact.outputs.appendix.content import document_title
from impact.outputs.pages.a4 import case_row, sheet_cases, sheet_notes
from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.outputs.pictures.static_map import base_map, static_map
from impact.outputs.text import texts
from impact.outputs.text.answer import answer_sentences, unanswered
from impact.outputs.text.norms import MARGIN
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.wording import map_attribution, titled_scenario, whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pptx.presentation import Presentation as Deck
    from pptx.shapes.autoshape import Shape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame

    from impact.analysis.result import CaseView, Result
    from impact.outputs.pictures.static_map import BaseMap
    from impact.outputs.text import Texts

_WIDTH, _HEIGHT, _EDGE = Inches(13.333), Inches(7.5), Inches(0.6)
_TITLE_PAGE, _TITLE_ONLY = 0, 5
"""Layouts of the template that python-pptx ships."""
_INK, _BLUE, _SOFT, _TINT, _ORANGE = (
    RGBColor.from_string(each) for each in ("16212B", "1F4E79", "4A5866", "F1F5F8", "E08214")
)
_TOP = 5
"""Municipalities on a slide."""
_MOST_BARS = 12
"""Cases in one chart; a longer comparison goes on on the next slide."""


def write_slides(result: Result, path: Path, *, lang: str = "nl", margin: float = MARGIN) -> None:
    """Write a run as slides.

    Parameters
    ----------
    result
        From `impact.analysis.run.run_study`.
    path
        Of the presentation.
    lang
        ``nl`` or ``en``.
    margin
        Share by which the smallest volume must exceed the norm to be called ample.
    """
    t = texts(lang)
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDTH, _HEIGHT
    head = document_title(result, t)
    created = dt.datetime.fromisoformat(str(result.manifest["created"])).astimezone(dt.UTC)
    about = deck.core_properties
    about.title = printable(f"{head[0]} – {head[1]}")[:255]
    about.author = str(result.manifest["program"])
    about.language = {"nl": "nl-NL", "en": "en-GB"}[lang]
    about.created = about.modified = created.replace(tzinfo=None)
    cases = sheet_cases(result)
    _add_title(deck, head, result, t)
    _add_answer(deck, result, t)
    shown = drawn_by_pc4(result)
    base = base_map(shown, t)
    for line in cases:
        _add_case(deck, line, (shown, base), margin, t)
    for start in range(0, len(cases), _MOST_BARS):
        _add_comparison(deck, cases[start : start + _MOST_BARS], result, t)
    _add_method(deck, result, margin, t)
    deck.save(str(path))


def _add_title(deck: Deck, head: Sequence[str], result: Result, t: Texts) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_PAGE])
    title, subtitle = slide.shapes.title, slide.placeholders[1]
    _place(title, (_EDGE, Inches(2.2), _WIDTH - 2 * _EDGE, Inches(1.5)))
    _place(subtitle, (_EDGE, Inches(3.8), _WIDTH - 2 * _EDGE, Inches(2.2)))
    _write(title.text_frame, [head[1]], 40, colour=_BLUE, bold=True)
    made = t("slides.made", program=result.manifest["program"], version=result.manifest["version"])
    _write(subtitle.text_frame, [head[0], head[2], made], 20, colour=_SOFT)


def _add_answer(deck: Deck, result: Result, t: Texts) -> None:
    slide = _new(deck, t("report.h_answer"))
    first, *others = answer_sentences(result, t)
    box = _box(slide, (_EDGE, Inches(1.4), _WIDTH - 2 * _EDGE, Inches(2.3)), fill=_TINT)
    _write(box.text_frame, [first], 28, bold=True)
    rest = _box(slide, (_EDGE, Inches(3.9), _WIDTH - 2 * _EDGE, Inches(3.2)))
    _write(rest.text_frame, [*others, unanswered(result, t)], 20)


def _add_case(
    deck: Deck, line: CaseView, drawn: tuple[Result, BaseMap], margin: float, t: Texts
) -> None:
    """Add the slide of one case: what changes, the map, three numbers, who is hit."""
    row = case_row(line, t, margin)
    slide = _new(deck, row.intervention)
    said = f"{row.badge}. {row.case}. {row.changes}" if row.case else f"{row.badge}. {row.changes}"
    lines = [row.plain, f"{said}. {row.caveat}" if row.caveat else said]
    about = _box(slide, (_EDGE, Inches(1.05), _WIDTH - 2 * _EDGE, Inches(0.8)))
    _write(about.text_frame, lines, 14, colour=_SOFT)
    shown, base = drawn
    case = next(each.case for each in shown.principal if each.key == line.key)
    picture = slide.shapes.add_picture(
        io.BytesIO(static_map(shown, case, base, t)), _EDGE, Inches(1.95), width=Inches(7.3)
    )
    title = titled_scenario(t, line.result, line.case)
    _describe(picture, t("report.map_label", name=row.intervention, scenario=title))
    left, wide = Inches(8.2), Inches(4.53)
    top_of = (1.95, 3.2, 4.0)
    for top, tall, (value, label) in zip(top_of, (1.2, 0.75, 0.75), _numbers(line, t), strict=True):
        box = _box(slide, (left, Inches(top), wide, Inches(tall)), fill=_TINT)
        _write(box.text_frame, [value], 17, colour=_BLUE, bold=True)
        _add_text(box.text_frame, label, 12, _SOFT)
    _add_hit(slide, line, (left, Inches(4.85), wide), t)


def _numbers(line: CaseView, t: Texts) -> tuple[tuple[str, str], ...]:
    """Return the three numbers of a case with what they are; dashes where nobody believes them."""
    row = case_row(line, t, MARGIN)
    mean, tenth = ("–", "–") if line.case.doubtful else (row.mean, row.tenth)
    people = f"{row.people}; {row.bound}" if row.bound else row.people
    return (
        (people, t("slides.people")),
        (mean, t("slides.mean")),
        (tenth, t("slides.tenth")),
    )


def _add_hit(slide: Slide, line: CaseView, at: tuple[Emu, Emu, Emu], t: Texts) -> None:
    """Add the table of municipalities hit hardest."""
    rows = line.hardest_hit.head(0 if line.case.doubtful else _TOP)
    left, top, wide = at
    if rows.empty:
        _write(_box(slide, (left, top, wide, Inches(0.8))).text_frame, [t("slides.nobody")], 14)
        return
    shape = slide.shapes.add_table(
        len(rows) + 1, 3, left, top, wide, Inches(0.34 * (len(rows) + 1))
    )
    table = shape.table
    widths = (0.39, 0.36, 0.25)
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Emu(int(wide * share))
    texts_of_rows = [
        (t("report.c_municipality"), t("slides.now_then"), t("slides.extra")),
        *(
            (
                str(name),
                t(
                    "a4.from_to",
                    before=whole_text(t, each["mean_before"]),
                    after=whole_text(t, each["mean_after"]),
                ),
                whole_text(t, each["mean_extra_moved"]),
            )
            for name, each in zip(rows.index, rows.to_dict("records"), strict=True)
        ),
    ]
    for place, cells in enumerate(texts_of_rows):
        for column, text in enumerate(cells):
            cell = table.cell(place, column)
            cell.margin_top = cell.margin_bottom = Emu(20000)
            _write(cell.text_frame, [text], 12, bold=place == 0, colour=None)


def _add_comparison(deck: Deck, lines: Sequence[CaseView], result: Result, t: Texts) -> None:
    """Add a chart in which the cases stand beside each other."""
    slide = _new(deck, t("slides.h_comparison"))
    known = [
        line
        for line in lines
        if not line.case.doubtful and math.isfinite(line.row["mean_extra_moved"])
    ]
    absent = [line.case.intervention.name for line in lines if line not in known]
    foot = [t("slides.comparison_note"), map_attribution(t, result.manifest["roads"])]
    if absent:
        foot.insert(0, t("slides.comparison_without", names="; ".join(absent)))
    if known:
        data = CategoryChartData(number_format="0")
        # with a number in front no name is a formula to the spreadsheet behind the chart
        data.categories = [
            printable(f"{place}. {_short(line, known, t)}") for place, line in enumerate(known, 1)
        ]
        data.add_series(t("slides.mean"), [float(x.row["mean_extra_moved"]) for x in known])
        data.add_series(t("slides.tenth"), [rounded_down(x.row["p90_extra"]) for x in known])
        frame = slide.shapes.add_chart(
            XL_CHART_TYPE.BAR_CLUSTERED,
            *(_EDGE, Inches(1.1), _WIDTH - 2 * _EDGE, Inches(5.4)),
            data,
        )
        _describe(frame, t("slides.comparison_note"))
        _style_chart(frame.chart)
    box = _box(slide, (_EDGE, Inches(6.55), _WIDTH - 2 * _EDGE, Inches(0.8)))
    _write(box.text_frame, foot, 12, colour=_SOFT)


def _style_chart(chart: Any) -> None:  # noqa: ANN401 (python-pptx's own type)
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    chart.font.size = Pt(12)
    chart.category_axis.reverse_order = True
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 60, 0
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0", False
    plot.data_labels.font.size = Pt(12)
    for series, colour in zip(plot.series, (_BLUE, _ORANGE), strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = colour


def _short(line: CaseView, lines: Sequence[CaseView], t: Texts) -> str:
    """Name of a treatment, with the scenario where it has several."""
    name = line.case.intervention.name
    if sum(each.case.intervention.name == name for each in lines) == 1:
        return name
    return t("map.layer", intervention=name, scenario=t.scenario(line.case.scenario))


def _add_method(deck: Deck, result: Result, margin: float, t: Texts) -> None:
    slide = _new(deck, t("appendix.h_method"))
    said = [
        t("slides.method_minutes", one_way=t.one_way(result.manifest["roads"]["kind"])),
        t("slides.method_people"),
        t("slides.method_who"),
        sheet_notes(result, t, margin),
        map_attribution(t, result.manifest["roads"]),
    ]
    box = _box(slide, (_EDGE, Inches(1.2), _WIDTH - 2 * _EDGE, Inches(5.8)))
    _write(box.text_frame, said, 15)


def _new(deck: Deck, title: str) -> Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    shape = slide.shapes.title
    _place(shape, (_EDGE, Inches(0.3), _WIDTH - 2 * _EDGE, Inches(0.75)))
    _write(shape.text_frame, [title], 28, colour=_BLUE, bold=True)
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    return slide


def _box(slide: Slide, at: tuple[int, int, int, int], *, fill: RGBColor | None = None) -> Shape:
    box = slide.shapes.add_textbox(*(Emu(each) for each in at))
    if fill is not None:
        box.fill.solid()
        box.fill.fore_color.rgb = fill
    return box


def _place(shape: Any, at: tuple[int, int, int, int]) -> None:  # noqa: ANN401 (python-pptx's own)
    shape.left, shape.top, shape.width, shape.height = (Emu(each) for each in at)


def _write(
    frame: TextFrame,
    paragraphs: Sequence[str],
    size: float,
    *,
    colour: RGBColor | None = _INK,
    bold: bool = False,
) -> None:
    """Fill a frame with paragraphs, left out where they are empty."""
    frame.word_wrap = True
    first = True
    for text in filter(None, paragraphs):
        _add_text(frame, text, size, colour, bold=bold, first=first)
        first = False


def _add_text(
    frame: TextFrame,
    text: str,
    size: float,
    colour: RGBColor | None,
    *,
    bold: bool = False,
    first: bool = False,
) -> None:
    paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
    run = paragraph.add_run()
    run.text = printable(text)
    run.font.size, run.font.bold = Pt(size), bold
    if colour is not None:
        run.font.color.rgb = colour
    if not first:
        paragraph.space_before = Pt(size / 3)


def _describe(shape: Any, alt: str) -> None:  # noqa: ANN401 (python-pptx's own type)
    """Give a picture or chart the text that is read to who cannot see it."""
    shape._element._nvXxPr.cNvPr.set("descr", printable(alt))  # noqa: SLF001
