"""Worksheets in one style: tables whose headers stay and filter, and that print without a cut.

Numbers are numbers with a format, dates are dates, and text is always text: nothing that a data
file says becomes a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, SHARE, TEXT, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xlsxwriter.worksheet import Worksheet

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

PROSE, DATE, TITLE, INSTEAD = "prose", "date", "title", "instead"
"""Kinds of cell beside those of the tables: text that wraps, a date, a heading, and what stands
in a column of numbers instead of one.
"""

WIDTHS = {TEXT: 22, PROSE: 40, DEMAND: 14, MINUTES: 14, NUMBER: 12, SHARE: 12, DATE: 12}
"""Widths of columns in characters."""

_RIGHT: dict[str, object] = {"align": "right", "indent": 1}
_FORMATS: dict[str, dict[str, object]] = {
    TEXT: {},
    PROSE: {"text_wrap": True},
    INSTEAD: {"text_wrap": True, **_RIGHT},
    DEMAND: {"num_format": "#,##0", **_RIGHT},
    MINUTES: {"num_format": "0.0", **_RIGHT},
    NUMBER: {"num_format": "#,##0", **_RIGHT},
    SHARE: {"num_format": "0%", **_RIGHT},
    DATE: {"num_format": "yyyy-mm-dd", "align": "left"},
    TITLE: {"bold": True, "font_size": 16, "text_wrap": True},
    "header": {"bold": True, "text_wrap": True, "bg_color": "#DCE6EE", "bottom": 1},
}
_A4 = 9
_FOOTER = "&L&A&R&P / &N"
_LINE_HEIGHT, _MOST_HEIGHT = 15, 405
"""Of rows, in points; a spreadsheet knows none higher."""
_BOLD = 0.88
"""Characters of a bold text in a width of one, of a wide font."""
_TITLE_HEIGHT = 24
_NOTE_WIDTH = 120
"""Characters over which a note above a table runs, where its columns are as wide."""
_PAGE_WIDTH = 200
"""Characters on one printed page, at about half size; a wider table takes more pages beside one
another, each with the columns that name its rows.
"""
_KEYS_WIDTH = 90


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


@dataclass(frozen=True)
class Cell:
    """A value of another kind than its column."""

    value: object
    kind: str


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
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(_FOOTER)
        return sheet

    def chart_sheet(self, name: str, chart: Any) -> None:  # noqa: ANN401 (xlsxwriter has no types)
        """Add a sheet that is a chart, of one printed page."""
        sheet = self._workbook.add_chartsheet(name)
        sheet.set_chart(chart)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_footer(_FOOTER)

    def title(self, sheet: Worksheet, text: str, headers: Sequence[Header]) -> None:
        """Write the heading of a sheet in its first row, over the first columns of its table."""
        self._over(sheet, 0, text, headers, TITLE)

    def note(self, sheet: Worksheet, row: int, text: str, headers: Sequence[Header]) -> None:
        """Write a sentence above a table, over its first columns and as many lines as it takes."""
        self._over(sheet, row, text, headers, PROSE)

    def _over(
        self, sheet: Worksheet, row: int, text: str, headers: Sequence[Header], kind: str
    ) -> None:
        last, width = _note_columns(headers)
        if last:
            sheet.merge_range(row, 0, row, last, "", self._styles[kind])
        self.cell(sheet, row, 0, text, kind)
        larger = _TITLE_HEIGHT / _LINE_HEIGHT if kind == TITLE else 1.0
        sheet.set_row(row, math.ceil(larger * _height([(text, int(width / larger))])))

    def too_long(self, sheet: Worksheet, t: Texts, rows: int, name: str) -> None:
        """Say on an empty sheet that its table is too long for one, and which file has it."""
        headers = [Header("", PROSE, _NOTE_WIDTH)]
        sheet.set_column(0, 0, _NOTE_WIDTH)
        self.note(sheet, 0, t("tables.too_long", rows=t.number(rows), name=name), headers)

    def cell(self, sheet: Worksheet, row: int, column: int, value: object, kind: str) -> None:
        """Write one cell; missing and infinite values stay empty."""
        style = self._styles[kind]
        if isinstance(value, dt.date):
            sheet.write_datetime(row, column, value, style)
        elif kind in {TEXT, PROSE, TITLE, INSTEAD}:
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
        keys: int = 0,
    ) -> None:
        """Write a table: its header is frozen, repeated in print, and has a filter.

        So are the first columns, as many as there are `keys`.
        """
        widths = [header.characters for header in headers]
        for column, header in enumerate(headers):
            sheet.set_column(column, column, widths[column])
            sheet.write_string(top, column, plain_text(header.text), self._styles["header"])
        bold = [int(_BOLD * width) for width in widths]
        sheet.set_row(top, _height(zip((header.text for header in headers), bold, strict=True)))
        # a neighbour would cut text that does not wrap
        kinds = [PROSE if header.kind == TEXT else header.kind for header in headers]
        last = top
        for last, values in enumerate(rows, start=top + 1):
            height = _LINE_HEIGHT
            for column, (value, kind, width) in enumerate(zip(values, kinds, widths, strict=True)):
                if isinstance(value, Cell):
                    self.cell(sheet, last, column, value.value, value.kind)
                    continue
                self.cell(sheet, last, column, value, kind)
                text = plain_text(value) if kind == PROSE else ""
                if len(text) > width or "\n" in text:
                    height = max(height, _height([(text, width)]))
            if height > _LINE_HEIGHT:
                sheet.set_row(last, height)
        sheet.freeze_panes(top + 1, keys)
        sheet.repeat_rows(top)
        sheet.autofilter(top, 0, last, len(headers) - 1)
        _print_wide(sheet, headers)


def _height(said: Iterable[tuple[str, int]]) -> int:
    """Height of a row of texts that wrap, each in a width: no spreadsheet works it out itself."""
    lines = max((_lines(text, width) for text, width in said), default=1)
    return min(_LINE_HEIGHT * lines, _MOST_HEIGHT)


@lru_cache(maxsize=10_000)
def _lines(text: str, width: int) -> int:
    """Lines that a text takes when it is broken between words."""
    if len(text) <= width and "\n" not in text:
        return 1
    return sum(max(1, len(textwrap.wrap(part, width))) for part in text.splitlines())


def _key_columns(headers: Sequence[Header]) -> int:
    """Count the columns that name the rows of a table that is wider than a page; 0 if none is."""
    widths = [header.characters for header in headers]
    keys = 0
    if sum(widths) > _PAGE_WIDTH:
        while headers[keys].kind in {TEXT, PROSE} and sum(widths[: keys + 1]) <= _KEYS_WIDTH:
            keys += 1
    return keys


def _note_columns(headers: Sequence[Header]) -> tuple[int, int]:
    """Last column of a note, and its width; it stays inside what every page of a table repeats."""
    so_far = list(accumulate(header.characters for header in headers))
    columns = _key_columns(headers) or bisect_left(so_far, _NOTE_WIDTH) + 1
    last = min(columns, len(headers)) - 1
    return last, so_far[last]


def _print_wide(sheet: Worksheet, headers: Sequence[Header]) -> None:
    """Print a table that is wider than a page on several, each with what names its rows."""
    keys = _key_columns(headers)
    named = sum(header.characters for header in headers[:keys])
    rest = sum(header.characters for header in headers[keys:])
    sheet.fit_to_pages(math.ceil(rest / (_PAGE_WIDTH - named)), 0)
    if keys:
        sheet.repeat_columns(0, keys - 1)
