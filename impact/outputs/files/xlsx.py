"""results.xlsx: an overview in front, a sheet per table, and the paper trail behind."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import xlsxwriter

from impact.outputs.files.columns import (
    DEMAND,
    MINUTES,
    NUMBER,
    SENSITIVITY,
    TABLES,
    TEXT,
    Column,
    OutputTable,
    ordered,
    plain_text,
    with_rows,
)
from impact.outputs.files.scenario_sheets import scenario_sheets
from impact.outputs.files.sheets import DATE, OPTIONS, PROSE, SHEET_ROWS, Header, Sheets
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
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

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
_ENDS = {"moved_low": DEMAND, "moved_high": DEMAND}


def hidden_ends(result: Result) -> Mapping[str, str]:
    """Columns of what hidden counts leave of the moved; none where nothing is hidden."""
    rows = result.summary
    return _ENDS if (rows["moved_low"] < rows["moved_high"]).any() else {}


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
        (extra or partial(scenario_sheets, result=result, t=t))(book)
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
    kind = result.manifest["roads"]["kind"]
    note = t("tables.overview_note", one_way=t.one_way(kind))
    about = [result.study.title, result.study.region, note]
    if roads := roads_text(t, result.manifest["roads"]):
        about.append(roads)
    about.append(unconfirmed_text(t, result.providers))
    about += [text for text in [unanswered(result, t)] if text]
    below = len(about) + 1
    unit = t.unit(result.said_unit())
    figures = {**_OVERVIEW_FIGURES, **hidden_ends(result)}
    headers = [
        Header(t("tables.col_intervention"), TEXT, 40),
        Header(t("tables.col_scenario"), PROSE, 44),
        Header(t("tables.overview_stops"), PROSE, 44),
        Header(t("tables.overview_to"), PROSE, 44),
        Header(t("tables.col_recipients"), TEXT, 24),
        Header(t("tables.overview_start"), DATE),
        *(Header(t(f"tables.col_{name}", unit=unit), kind) for name, kind in figures.items()),
    ]
    book.title(sheet, t("tables.overview_title"), headers)
    for row, text in enumerate(about, start=1):
        book.note(sheet, row, text, headers)
    book.cell(sheet, below, 0, t("tables.created"), TEXT)
    book.cell(sheet, below, 1, day, DATE)
    rows = [
        [
            line.case.intervention.name,
            _case_text(t, line.case),
            names_text(t, line.case.stops),
            destination_text(t, line),
            known_text(t, "tables.value", line.case.recipients),
            line.case.start,
            *(line.row[name] for name in figures),
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
        book.too_long(sheet, t, len(frame), table.name)
        return
    worded = _worded(result, t)
    if "status" in frame:
        frame = frame.assign(status=listing_statuses(frame))
    cells: list[list[Any]] = []
    for column in table.columns:
        values = frame[column.name].tolist()
        words = worded.get(column.name) or worded.get(column.text)
        if words:
            missing = frame[column.name].isna()
            values = ["" if no else words(str(x)) for x, no in zip(values, missing, strict=True)]
        cells.append(values)
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
    book.note(sheet, 0, t("tables.columns_note"), headers)
    book.grid(sheet, headers, rows, top=2)


def _about(column: Column) -> str:
    """Limits differ only by their number, which the header says."""
    beyond = column.text.startswith("beyond_") and not column.text.endswith("_moved")
    return "beyond" if beyond else column.text
