"""results.xlsx: an overview in front, a sheet per table, and the paper trail behind.

Numbers are numbers with a format, dates are dates, and text is always text: nothing that a data
file says becomes a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import xlsxwriter

from impact.outputs.files.columns import (
    DEMAND,
    MINUTES,
    NUMBER,
    SENSITIVITY,
    SHARE,
    TABLES,
    TEXT,
    Column,
    OutputTable,
    ordered,
    plain_text,
    with_rows,
)
from impact.outputs.text import texts
from impact.outputs.text.answer import unanswered
from impact.outputs.text.assumptions import assumptions, sources
from impact.outputs.text.facilities import quantity_text
from impact.outputs.text.overview import lines
from impact.outputs.text.wording import (
    definition_texts,
    destination_text,
    ferry_text,
    known_text,
    listing_statuses,
    names_text,
    origin_text,
    outside_caveat,
    remark_text,
    roads_text,
    source_text,
    status_badge,
    status_text,
    unconfirmed_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

SHEET_ROWS = 10_000
"""Rows up to which a table stands on its worksheet: nobody scrolls further, and the postcodes of a
region in every scenario took most of the time of a run. The sheet says which CSV file has them.
"""

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""For `xlsxwriter.Workbook`: what comes in as text stays text."""

PROSE, DATE, TITLE = "prose", "date", "title"
"""Kinds of cell beside those of the tables: text that wraps, a date, a heading."""

WIDTHS = {TEXT: 22, PROSE: 40, DEMAND: 14, MINUTES: 14, NUMBER: 12, SHARE: 12, DATE: 12}
"""Widths of columns in characters."""

_FORMATS: dict[str, dict[str, object]] = {
    TEXT: {},
    PROSE: {"text_wrap": True},
    DEMAND: {"num_format": "#,##0"},
    MINUTES: {"num_format": "0.0"},
    NUMBER: {"num_format": "#,##0"},
    SHARE: {"num_format": "0%"},
    DATE: {"num_format": "yyyy-mm-dd", "align": "left"},
    TITLE: {"bold": True, "font_size": 16},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#DCE6EE", "bottom": 1},
}
_A4 = 9
_LINE_HEIGHT = 15
_CHARACTERS_PER_WIDTH = 0.85


@dataclass(frozen=True)
class Header:
    """The head of a column.

    Attributes
    ----------
    text
        As a reader sees it, with its unit.
    kind
        Kind of its cells.
    width
        In characters; 0 takes that of the kind.
    """

    text: str
    kind: str = TEXT
    width: int = 0

    @property
    def characters(self) -> int:
        """Width of the column."""
        return self.width or WIDTHS[self.kind]


class Sheets:
    """Adds worksheets to a workbook, all in one style.

    Parameters
    ----------
    workbook
        An open `xlsxwriter.Workbook`.
    """

    def __init__(self, workbook: Any) -> None:  # noqa: ANN401 (xlsxwriter has no types)
        self._workbook = workbook
        self._styles = {
            kind: workbook.add_format({"valign": "top", **look}) for kind, look in _FORMATS.items()
        }

    def chart(self, kind: str) -> Any:  # noqa: ANN401 (xlsxwriter has no types)
        """Make a chart, to be put on a sheet."""
        return self._workbook.add_chart({"type": kind})

    def add(self, name: str) -> Worksheet:
        """Add an empty sheet that prints on A4, as wide as the page."""
        sheet = self._workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def cell(self, sheet: Worksheet, row: int, column: int, value: object, kind: str) -> None:
        """Write one cell; missing and infinite values stay empty."""
        style = self._styles[kind]
        if isinstance(value, dt.date):
            sheet.write_datetime(row, column, value, style)
        elif kind in {TEXT, PROSE, TITLE}:
            text = plain_text(value)
            if text:
                sheet.write_string(row, column, text, style)
        elif isinstance(value, (int, float)) and math.isfinite(value):
            sheet.write_number(row, column, value, style)

    def grid(
        self,
        sheet: Worksheet,
        headers: Sequence[Header],
        rows: Iterable[Sequence[object]],
        *,
        top: int = 0,
    ) -> None:
        """Write a table: its header is frozen, repeated in print, and has a filter."""
        for column, header in enumerate(headers):
            sheet.set_column(column, column, header.characters)
            sheet.write_string(top, column, header.text, self._styles["header"])
        sheet.set_row(top, _LINE_HEIGHT * max(_lines(header) for header in headers))
        last = top
        for last, values in enumerate(rows, start=top + 1):
            for column, (value, header) in enumerate(zip(values, headers, strict=True)):
                self.cell(sheet, last, column, value, header.kind)
        sheet.freeze_panes(top + 1, 0)
        sheet.repeat_rows(top)
        sheet.autofilter(top, 0, last, len(headers) - 1)


def _lines(header: Header) -> int:
    """Lines that a header takes when it wraps, bold and broken between words."""
    return math.ceil(len(header.text) / (_CHARACTERS_PER_WIDTH * header.characters))


_WIDTHS = {
    "intervention": 40,
    "scenario": 44,
    "study": 32,
    "roads": 40,
    "unit": 30,
    "location": 34,
    "municipality": 26,
    "provider_before": 34,
    "provider_after": 34,
    "nearest_before": 34,
    "nearest_after": 34,
    "ferry": 40,
    "definition": 90,
    "low_from": 60,
    "high_from": 60,
    "source": 60,
    "note": 60,
    "organisation": 30,
    "institution": 30,
    "quantity": 34,
    "network": 30,
    "region_scenario": 36,
    "subregion_scenario": 36,
    "vascular_scenario": 36,
    "first_scenario": 36,
    "second_scenario": 36,
    "institutions": 50,
    "treatments": 40,
}
_OVERVIEW_FIGURES = {
    "moved": DEMAND,
    "moved_bound": NUMBER,
    "mean_extra_moved": MINUTES,
    "p90_extra": MINUTES,
    "mean_extra_all": MINUTES,
    "demand": DEMAND,
    "extra_over_30": DEMAND,
    "extra_over_45": DEMAND,
    "beyond_60_before": DEMAND,
    "beyond_60_after": DEMAND,
    "locations_before": NUMBER,
    "locations_after": NUMBER,
}


def write_workbook(
    result: Result,
    path: Path,
    *,
    lang: str = "nl",
    extra: Callable[[Sheets], None] | None = None,
) -> None:
    """Write results.xlsx.

    Notes
    -----
    The same result gives the same bytes: the only time inside is that of the manifest.
    """
    t = texts(lang)
    created = dt.datetime.fromisoformat(str(result.manifest["created"])).astimezone(dt.UTC)
    with xlsxwriter.Workbook(str(path), OPTIONS) as workbook:
        workbook.set_properties(
            {
                "title": plain_text(result.study.title),
                "comments": f"{result.manifest['program']} {result.manifest['version']}",
                "created": created.replace(tzinfo=None),
            }
        )
        book = Sheets(workbook)
        _overview(book, result, t, created.date())
        if extra is not None:
            extra(book)
        for table in _shown(result):
            _table(book, table, result, t)
        _assumptions(book, result, t)
        _sources(book, result, t)
        _columns(book, result, t)


def _shown(result: Result) -> tuple[OutputTable, ...]:
    """Tables with a sheet of their own: what was not varied has none."""
    varied = result.sensitivity is not None
    always = (table for table in TABLES if varied or table is not SENSITIVITY)
    return (*always, *with_rows(result))


def _overview(book: Sheets, result: Result, t: Texts, day: dt.date) -> None:
    sheet = book.add(t("tables.sheet_overview"))
    book.cell(sheet, 0, 0, t("tables.overview_title"), TITLE)
    kind = result.manifest["roads"]["kind"]
    note = t("tables.overview_note", one_way=t.one_way(kind))
    about = [result.study.title, result.study.region, note]
    if roads := roads_text(t, result.manifest["roads"]):
        about.append(roads)
    about.append(unconfirmed_text(t, result.providers))
    about += [text for text in [unanswered(result, t)] if text]
    for row, text in enumerate(about, start=1):
        book.cell(sheet, row, 0, text, TEXT)
    below = len(about) + 1
    book.cell(sheet, below, 0, t("tables.created"), TEXT)
    book.cell(sheet, below, 1, day, DATE)
    unit = t.unit(result.said_unit())
    headers = [
        Header(t("tables.col_intervention"), TEXT, 40),
        Header(t("tables.col_scenario"), PROSE, 44),
        Header(t("tables.overview_stops"), PROSE, 44),
        Header(t("tables.overview_to"), PROSE, 44),
        Header(t("tables.col_recipients"), TEXT, 24),
        Header(t("tables.overview_start"), DATE),
        *(
            Header(t(f"tables.col_{name}", unit=unit), kind)
            for name, kind in _OVERVIEW_FIGURES.items()
        ),
    ]
    rows = [
        [
            line.case.intervention.name,
            _case_text(t, line.case),
            names_text(t, line.case.stops),
            destination_text(t, line),
            known_text(t, "tables.value", line.case.recipients),
            line.case.start,
            *(line.row[name] for name in _OVERVIEW_FIGURES),
        ]
        for line in lines(result)
    ]
    book.grid(sheet, headers, rows, top=below + 2)


def _case_text(t: Texts, case: Case) -> str:
    """Name of a case, with what a reader must know before using its minutes."""
    name = t.scenario(case.scenario)
    parts = [t("map.marked", name=name, mark=status_badge(t, case))]
    parts += filter(None, [outside_caveat(t, case)])
    return " ".join(parts)


def _table(book: Sheets, table: OutputTable, result: Result, t: Texts) -> None:
    sheet = book.add(t(f"tables.sheet_{table.name}"))
    frame = ordered(table, result)
    if len(frame) >= SHEET_ROWS:
        rows = t.number(len(frame))
        book.cell(sheet, 0, 0, t("tables.too_long", rows=rows, name=table.name), TEXT)
        return
    worded = _worded(result, t)
    if "status" in frame:
        frame = frame.assign(status=listing_statuses(frame))
    cells: list[list[Any]] = []
    for column in table.columns:
        values = frame[column.name].tolist()
        words = worded.get(column.name) or worded.get(column.text)
        cells.append([words(str(value)) for value in values] if words else values)
    headers = table_headers(table, t, unit=t.unit(result.said_unit()))
    book.grid(sheet, headers, zip(*cells, strict=True))


def table_headers(table: OutputTable, t: Texts, *, unit: str = "") -> list[Header]:
    """Heads of the columns of a table, as its sheet has them."""
    return [
        Header(t(f"tables.col_{column.text}", unit=unit), column.kind, _WIDTHS.get(column.name, 0))
        for column in table.columns
    ]


def _worded(result: Result, t: Texts) -> Mapping[str, Callable[[str], str]]:
    """Columns that hold codes -> their words."""
    definitions = definition_texts(t, result)
    out: dict[str, Callable[[str], str]] = {
        "scenario": t.scenario,
        "unit": t.unit,
        "ferry": lambda value: ferry_text(t, value),
        "status": lambda value: status_text(t, value),
        "source": lambda value: source_text(t, value),
        "note": lambda value: remark_text(t, value),
        "profile": lambda value: known_text(t, "common.profile", value),
        "definition": lambda value: definitions[value],
        "low_from": lambda value: origin_text(t, result, value),
        "high_from": lambda value: origin_text(t, result, value),
    }
    for name in ("factor", "value"):
        out[name] = partial(known_text, t, f"sensitivity.{name}")
    out["intervention"] = lambda value: value or t("facilities.all_treatments")
    out["quantity"] = lambda value: quantity_text(t, value)
    codes = (
        "band group allocation recipients meets_norm kind year performs mean_over direction"
        " rounding fill less first_layer second_layer excluding"
    )
    for name in codes.split():
        out[name] = lambda value: known_text(t, "tables.value", value)
    return out


def _assumptions(book: Sheets, result: Result, t: Texts) -> None:
    headers = [Header(t("tables.subject"), TEXT, 34), Header(t("tables.assumption"), PROSE, 120)]
    rows = [(each.subject, each.text) for each in assumptions(result, t)]
    book.grid(book.add(t("tables.sheet_assumptions")), headers, rows)


def _sources(book: Sheets, result: Result, t: Texts) -> None:
    headers = [
        Header(t("tables.source_name"), TEXT, 34),
        Header(t("tables.source_origin"), PROSE, 80),
        Header(t("tables.source_year"), TEXT, 30),
        Header(t("tables.source_licence"), PROSE, 34),
        Header(t("tables.source_hash"), TEXT, 68),
    ]
    rows = [
        (each.name, each.origin, each.year, each.licence, each.sha256)
        for each in sources(result, t)
    ]
    book.grid(book.add(t("tables.sheet_sources")), headers, rows)


def _columns(book: Sheets, result: Result, t: Texts) -> None:
    """Write a key to the columns: what each means, and its name in the CSV files."""
    unit, one_way = t.unit(result.said_unit()), t.one_way(result.manifest["roads"]["kind"])
    headers = [
        Header(t("tables.columns_sheet"), TEXT, 22),
        Header(t("tables.columns_header"), PROSE, 60),
        Header(t("tables.columns_name"), TEXT, 22),
        Header(t("tables.columns_about"), PROSE, 110),
    ]
    rows = [
        (
            t(f"tables.sheet_{table.name}"),
            t(f"tables.col_{column.text}", unit=unit),
            column.name,
            t(f"tables.about_{_about(column)}", one_way=one_way),
        )
        for table in _shown(result)
        for column in table.columns
    ]
    sheet = book.add(t("tables.sheet_columns"))
    book.cell(sheet, 0, 0, t("tables.columns_note"), TEXT)
    book.grid(sheet, headers, rows, top=2)


def _about(column: Column) -> str:
    """Limits differ only by their number, which the header says."""
    beyond = column.text.startswith("beyond_") and not column.text.endswith("_moved")
    return "beyond" if beyond else column.text
