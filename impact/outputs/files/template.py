"""The workbook that a hospital fills in: values per patient and yearly totals; and reading it.

No value ships as a fact: they are the hospitals'. The sheets that are filled in hold an example of
hospitals that do not exist, and say so; they are never read with the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import pandas as pd
import xlsxwriter

from impact.errors import Fault, InputError, nearest_names
from impact.model.facilities import (
    NATIONAL,
    QUANTITIES,
    TOTAL_COLUMNS,
    VALUE_COLUMNS,
)
from impact.outputs.files.columns import NUMBER, TEXT
from impact.outputs.files.xlsx import OPTIONS, PROSE, TITLE, Header, Sheets
from impact.outputs.text import LANGUAGES, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

    from impact.outputs.text import Texts

TREATMENTS, VALUES, TOTALS = "treatments", "values", "totals"
SHEETS = (TREATMENTS, VALUES, TOTALS)
_KEYS = {
    TREATMENTS: ("intervention", "specialism"),
    VALUES: ("intervention", "organisation"),
    TOTALS: ("organisation", "site", "specialism"),
}
_MUST = {TREATMENTS: ("intervention",), VALUES: ("intervention",), TOTALS: ("organisation",)}
_TOP = 2
"""Row of the header, from 0: a title and an explanation stand above it."""

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


@dataclass(frozen=True)
class FacilityTables:
    """What a filled-in workbook says.

    Attributes
    ----------
    per_patient, per_year
        Values and totals as `impact.model.facilities` takes them; a cell that is empty is NaN.
    specialisms
        Intervention -> specialism, where filled in.
    unknown
        Empty cells, per sheet.
    """

    per_patient: pd.DataFrame
    per_year: pd.DataFrame
    specialisms: Mapping[str, str]
    unknown: Mapping[str, int]


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


def read_template(
    path: Path,
    *,
    interventions: Sequence[str],
    sites: Mapping[str, Sequence[str]],
    example: bool = False,
) -> FacilityTables:
    """Read a filled-in workbook, in whichever language it is."""
    sheets = _read_sheets(path)
    found: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for name in SHEETS:
        title, frame = _table(path.name, sheets, name, example=example)
        faults += _cell_faults(path.name, title, frame, name)
        if not example:
            faults += _name_faults(path.name, title, frame, interventions, sites)
        found[name] = frame
    if faults:
        raise InputError(faults)
    national = {texts(lang)("template.national") for lang in LANGUAGES}
    values = found[VALUES]
    values["organisation"] = values["organisation"].where(
        ~values["organisation"].isin(national), NATIONAL
    )
    known = found[TREATMENTS]
    known = known[known["specialism"] != ""]
    return FacilityTables(
        per_patient=_long(values, VALUES, "value", VALUE_COLUMNS),
        per_year=_long(found[TOTALS], TOTALS, "total", TOTAL_COLUMNS),
        specialisms=dict(zip(known["intervention"], known["specialism"], strict=True)),
        unknown={
            name: int(found[name][list(QUANTITIES)].isna().to_numpy().sum())
            for name in (VALUES, TOTALS)
        },
    )


def _head(t: Texts, name: str) -> str:
    """Return the header of a column, with its unit."""
    return t(f"template.{name}")


def _several(sites: Sequence[str]) -> Sequence[str]:
    """Sites of an organisation; none where the organisation is its only site."""
    return sorted(sites) if len(sites) > 1 else ()


def _columns(name: str) -> tuple[str, ...]:
    return _KEYS[name] if name == TREATMENTS else (*_KEYS[name], *QUANTITIES)


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
            TEXT if column in _KEYS[name] else NUMBER,
            30 * (column in _KEYS[name]),
        )
        for column in _columns(name)
    ]
    book.grid(sheet, headers, rows, top=_TOP)
    return sheet


def _validate(sheet: Worksheet, t: Texts, name: str) -> None:
    """Let the spreadsheet itself refuse what is no number of zero or more."""
    if name == TREATMENTS:
        return
    first = len(_KEYS[name])
    rule = {
        "validate": "decimal",
        "criteria": ">=",
        "value": 0,
        "error_message": t("template.only_numbers"),
    }
    sheet.data_validation(_TOP + 1, first, _LAST, len(_columns(name)) - 1, rule)


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


def _read_sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the cells of every sheet, by its title."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        expected = "a workbook that 'impact template --xlsx' made"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    try:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    finally:
        book.close()


def _table(
    file: str, sheets: Mapping[str, list[tuple[Any, ...]]], name: str, *, example: bool
) -> tuple[str, pd.DataFrame]:
    """Find a sheet and its columns; a row keeps its number, empty rows go."""
    titles = {_title(texts(lang), name, example=example): texts(lang) for lang in LANGUAGES}
    title = next((title for title in titles if title in sheets), None)
    if title is None:
        expected = "a sheet " + " or ".join(map(repr, titles))
        near = nearest_names(next(iter(titles)), sheets)
        raise InputError(Fault(file, "", "", None, expected, near))
    t, rows = titles[title], sheets[title]
    header = [str(cell or "").strip() for cell in (rows[_TOP] if len(rows) > _TOP else ())]
    places = {column: _head(t, column) for column in _columns(name)}
    missing = [
        Fault(
            file,
            f"sheet {title}, row {_TOP + 1}",
            "",
            None,
            f"a column {head!r}",
            nearest_names(head, filter(None, header)),
        )
        for head in places.values()
        if head not in header
    ]
    if missing:
        raise InputError(missing)
    wanted = {column: header.index(head) for column, head in places.items()}
    cells = {
        number: {
            column: row[place] if place < len(row) else None for column, place in wanted.items()
        }
        for number, row in enumerate(rows[_TOP + 1 :], start=_TOP + 2)
        if any(cell not in {None, ""} for cell in row)
    }
    frame = pd.DataFrame.from_dict(cells, orient="index", columns=list(wanted), dtype=object)
    for key in _KEYS[name]:
        frame[key] = [_text(cell) for cell in frame[key]]
    return title, frame


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124 (NaN)


def _cell_faults(file: str, title: str, frame: pd.DataFrame, name: str) -> list[Fault]:
    """Faults of numbers that are none, of keys that are empty, and of rows that come twice."""
    faults = []
    for column in _columns(name)[len(_KEYS[name]) :]:
        for row, cell in frame[column].items():
            expected = ""
            if cell is None or _text(cell) == "":
                continue
            if isinstance(cell, bool) or not isinstance(cell, (int, float)):
                expected = "a number, or an empty cell where it is not known"
            elif not math.isfinite(cell) or cell < 0:
                expected = "a number of 0 or more"
            if expected:
                shown = str(cell) if isinstance(cell, (str, bool)) else f"{cell:g}"
                faults.append(Fault(file, f"sheet {title}, row {row}", column, shown, expected))
    for key in _MUST[name]:
        faults += [
            Fault(file, f"sheet {title}, row {row}", key, None, "a name")
            for row in frame.index[frame[key] == ""]
        ]
    keys = list(_KEYS[name] if name != TREATMENTS else ("intervention",))
    for row in frame.index[frame[keys].duplicated()]:
        value = "; ".join(frame.loc[row, keys])
        faults.append(Fault(file, f"sheet {title}, row {row}", "", value, "each row once"))
    return faults


def _name_faults(
    file: str,
    title: str,
    frame: pd.DataFrame,
    interventions: Sequence[str],
    sites: Mapping[str, Sequence[str]],
) -> list[Fault]:
    """Faults of names that nobody knows, with the nearest that are."""
    national = [texts(lang)("template.national") for lang in LANGUAGES]

    def faults(column: str, known: Callable[[Any], Sequence[str]], expected: str) -> list[Fault]:
        if column not in frame:
            return []
        return [
            Fault(
                file,
                f"sheet {title}, row {row}",
                column,
                cells[column],
                expected,
                nearest_names(cells[column], known(cells)),
            )
            for row, cells in zip(frame.index, frame.to_dict("records"), strict=True)
            if cells[column] and cells[column] not in known(cells)
        ]

    return [
        *faults("intervention", lambda _: interventions, "a treatment of the study"),
        *faults("organisation", lambda _: [*sites, *national], "an organisation of the study"),
        *faults(
            "site",
            lambda cells: sites.get(cells["organisation"], ()),
            "a location of this organisation",
        ),
    ]


def _long(frame: pd.DataFrame, name: str, figure: str, columns: Sequence[str]) -> pd.DataFrame:
    """Turn a column per quantity into a row per quantity."""
    numbers = frame[list(QUANTITIES)].apply(pd.to_numeric)
    wide = pd.concat([frame[list(_KEYS[name])], numbers], axis=1)
    long = wide.melt(id_vars=list(_KEYS[name]), var_name="quantity", value_name=figure)
    out: pd.DataFrame = long[list(columns)].astype({figure: "float64"})
    return out
