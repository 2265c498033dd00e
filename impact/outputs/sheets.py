"""Worksheets: typed cells, frozen headers, filters and widths, the same on every sheet.

Numbers are numbers with a format, dates are dates, and text is always text: nothing that a data
file says becomes a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.outputs.cells import plain_text
from impact.outputs.tables import DEMAND, MINUTES, NUMBER, SHARE, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 100_000
"""Rows up to which a table gets a worksheet: more takes minutes to write and nobody scrolls so far.

Excel's own end (1,048,576) is near then, and the CSV file holds them all.
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

    def add(self, name: str) -> Worksheet:
        """Add an empty sheet that prints on A4, as wide as the page.

        Parameters
        ----------
        name
            On its tab.

        Returns
        -------
        xlsxwriter.worksheet.Worksheet
        """
        sheet = self._workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def cell(self, sheet: Worksheet, row: int, column: int, value: object, kind: str) -> None:
        """Write one cell; missing and infinite values stay empty.

        Parameters
        ----------
        sheet
            Where.
        row, column
            From 0.
        value
            Text, number, date or nothing.
        kind
            Decides the format, and whether the value is text.
        """
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
        """Write a table: its header is frozen, repeated in print, and has a filter.

        Parameters
        ----------
        sheet
            Where.
        headers
            Of the columns.
        rows
            Values in the order of the headers.
        top
            Row of the header, from 0.
        """
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
