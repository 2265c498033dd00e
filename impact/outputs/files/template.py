"""The workbook that hospitals fill in: values per patient and yearly totals.

No value ships as a fact: they are the hospitals'. The sheets that are filled in hold an example of
hospitals that do not exist, and say so; they are never read with the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xlsxwriter

from impact.model.facilities import QUANTITIES
from impact.model.facility_workbook import (
    KEYS,
    SHEETS,
    TOP,
    TOTALS,
    TREATMENTS,
    VALUES,
    sheet_columns,
)
from impact.outputs.files.columns import NUMBER, TEXT
from impact.outputs.files.sheets import OPTIONS, PROSE, TITLE, Header, Sheets
from impact.outputs.text import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

    from impact.outputs.text import Texts

_LAST = 2000
"""Rows in which the workbook checks what is typed."""

_EXAMPLE_TREATMENTS = (("A", "X"), ("B", "Y"))
_EXAMPLE_VALUES: tuple[tuple[str, str, tuple[float | None, ...]], ...] = (
    ("A", "", (3, 0.2, 8, 1.5, 6, 0, 12, 0, 7, 12, 7, 2, 48, 36, 3, 0, 20000, 18000)),
    ("A", "1", (4, 0.3, 9, 2, 7, 0, 14, 0, 8, 14, 8, 2, 54, 48, 4, 0, 21000, 19500)),
    ("B", "", (2, 0.1, 3, None, 2, 0, 4, 0, 2.5, 4, 2.5, 1, 18, None, 1, 0, 7000, 6500)),
)
_EXAMPLE_TOTALS: tuple[tuple[str, str, str, tuple[float | None, ...]], ...] = (
    (
        "1",
        "",
        "",
        (9e4, 2e4, 6e4, 4e3, 9e3, 2e3, 3e4, 4e3, 1e4, 2e4, 1e4, 8e3, 9e4, 3e4, 9e3, 4e3, 2e8, 2e8),
    ),
    ("1", "a", "", (5e4, 2e4, 4e4, 4e3, 6e3, *[None] * 13)),
    ("2", "", "X", (9e3, None, 6e3, 500, 1500, *[None] * 13)),
)


def write_template(
    path: Path,
    *,
    interventions: Sequence[str],
    sites: Mapping[str, Sequence[str]],
    lang: str = "nl",
) -> None:
    """Write the workbook to fill in."""
    t = texts(lang)
    example = _example(t)
    with xlsxwriter.Workbook(str(path), OPTIONS) as workbook:
        book = Sheets(workbook)
        sheet = book.add(t("template.sheet_read_me"))
        sheet.set_column(0, 0, 110)
        book.cell(sheet, 0, 0, t("template.title"), TITLE)
        for row in range(1, 8):
            book.cell(sheet, row, 0, t(f"template.read_me_{row}"), PROSE)
        for row, quantity in enumerate(QUANTITIES, start=9):
            book.cell(sheet, row, 0, _head(t, quantity), TEXT)
        organisations = sorted(sites)
        blank: list[object] = [None] * len(QUANTITIES)
        rows: dict[str, list[list[object]]] = {
            TREATMENTS: [[name, ""] for name in interventions],
            VALUES: [
                [name, organisation, *blank]
                for name in interventions
                for organisation in (t("template.national"), *organisations)
            ],
            TOTALS: [
                [organisation, site, "", *blank]
                for organisation in organisations
                for site in ("", *_several(sites[organisation]))
            ],
        }
        for name in SHEETS:
            sheet = _sheet(book, t, name, rows[name], t(f"template.about_{name}"))
            _validate(sheet, t, name)
        for name in SHEETS:
            sheet = _sheet(book, t, name, example[name], t("template.example"), example=True)
            sheet.set_tab_color("#C00000")


def _head(t: Texts, name: str) -> str:
    """Return the header of a column, with its unit."""
    return t(f"template.{name}")


def _several(sites: Sequence[str]) -> Sequence[str]:
    """Sites of an organisation; none where the organisation is its only site."""
    return sorted(sites) if len(sites) > 1 else ()


def _title(t: Texts, name: str, *, example: bool) -> str:
    title = t(f"template.sheet_{name}")
    return t("template.sheet_example", sheet=title) if example else title


def _sheet(
    book: Sheets,
    t: Texts,
    name: str,
    rows: Iterable[Sequence[object]],
    about: str,
    *,
    example: bool = False,
) -> Worksheet:
    sheet = book.add(_title(t, name, example=example))
    book.cell(sheet, 0, 0, _title(t, name, example=example), TITLE)
    book.cell(sheet, 1, 0, about, TEXT)
    headers = [
        Header(
            _head(t, column),
            TEXT if column in KEYS[name] else NUMBER,
            30 * (column in KEYS[name]),
        )
        for column in sheet_columns(name)
    ]
    book.grid(sheet, headers, rows, top=TOP)
    return sheet


def _validate(sheet: Worksheet, t: Texts, name: str) -> None:
    """Let the spreadsheet itself refuse what is no number of zero or more."""
    if name == TREATMENTS:
        return
    first = len(KEYS[name])
    rule = {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        "error_message": t("template.only_numbers"),
    }
    sheet.data_validation(TOP + 1, first, _LAST, len(sheet_columns(name)) - 1, rule)


def _example(t: Texts) -> dict[str, list[list[object]]]:
    """Fill in hospitals that do not exist."""
    treatment = {key: t("template.example_treatment", name=key) for key in "AB"}
    hospital = {key: t("template.example_hospital", name=key) for key in "12"}
    hospital[""] = t("template.national")
    specialism = {key: t("template.example_specialism", name=key) for key in "XY"} | {"": ""}
    site = {"a": t("template.example_site", name="a"), "": ""}
    return {
        TREATMENTS: [[treatment[a], specialism[b]] for a, b in _EXAMPLE_TREATMENTS],
        VALUES: [[treatment[a], hospital[b], *cells] for a, b, cells in _EXAMPLE_VALUES],
        TOTALS: [
            [hospital[a], site[b], specialism[c], *cells] for a, b, c, cells in _EXAMPLE_TOTALS
        ],
    }
