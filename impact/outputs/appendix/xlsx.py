"""report.xlsx: the workbook of a run, with the sheet for the table, the norm and candidates."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

from impact.errors import InputError
from impact.manifest import flat
from impact.model.measures import EXTRA_LIMITS
from impact.model.volumes import LOWEST_ENDS
from impact.outputs.appendix.time_plan import time_plan
from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, SHARE, TEXT
from impact.outputs.files.scenario_sheets import scenario_sheets
from impact.outputs.files.sheets import PROSE, SHEET_ROWS, Header, Sheets
from impact.outputs.files.xlsx import hidden_ends, write_workbook
from impact.outputs.pages.a4 import case_row, norm_text, sheet
from impact.outputs.text.norms import AMPLE, BELOW, MET, norm_verdict
from impact.outputs.text.overview import lines
from impact.outputs.text.wording import titled_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from impact.analysis.result import Result
    from impact.outputs.text import Texts

_MARGIN_CELL = "$B$1"
_MORE = tuple(f"extra_over_{limit}" for limit in EXTRA_LIMITS)


def write_xlsx(
    result: Result, path: Path, t: Texts, *, margin: float, files: Mapping[str, str]
) -> None:
    """Write the report as a workbook."""

    def extra(book: Sheets) -> None:
        chart = _a4(book, result, t, margin)
        _norm(book, result, t, margin)
        book.chart_sheet(t("side_by_side.sheet_chart_of_all"), chart)
        scenario_sheets(book, result, t)
        _plan(book, result, t)
        _candidates(book, result, t)
        _manifest(book, result, t, files)

    write_workbook(result, path, lang=t.lang, extra=extra)


def _a4(book: Sheets, result: Result, t: Texts, margin: float) -> Any:  # noqa: ANN401
    """Add the sheet for the table, and return its chart."""
    made = sheet(result, t, margin=margin)
    page = book.add(t("appendix.sheet_a4"))
    unit, ends = t.unit(result.said_unit()), hidden_ends(result)
    headers = [
        Header(t("report.c_intervention"), TEXT, 34),
        Header(t("a4.c_what"), PROSE, 60),
        Header(f"{t('a4.c_moved')} ({unit})", DEMAND, 18),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_tenth"), MINUTES),
        *(Header(t(f"tables.col_{name}", unit=unit), DEMAND, 18) for name in _MORE),
        Header(t("tables.col_beyond_60_before", unit=unit), DEMAND, 18),
        Header(t("tables.col_beyond_60_after", unit=unit), DEMAND, 18),
        Header(t("a4.c_norm"), PROSE, 30),
        Header(t("a4.c_hit"), PROSE, 40),
        Header(t("a4.c_gains"), PROSE, 30),
        *(Header(t(f"tables.col_{name}", unit=unit), kind, 18) for name, kind in ends.items()),
    ]
    rows = [
        (
            row.intervention,
            row.scenario,
            *(
                line.row[name]
                for name in (
                    "moved",
                    "mean_extra_moved",
                    "p90_extra",
                    *_MORE,
                    "beyond_60_before",
                    "beyond_60_after",
                )
            ),
            row.norm,
            row.hit,
            row.gains,
            *(line.row[name] for name in ends),
        )
        for line in result.principal
        for row in [case_row(line, t, margin)]
    ]
    book.title(page, result.study.title, headers)
    for row, text in enumerate(made.certain, start=1):
        book.note(page, row, text, headers)
    top = len(made.certain) + 2
    book.grid(page, headers, rows, top=top)
    return _chart(book, page.get_name(), t, (top + 1, top + len(rows)))


def _chart(book: Sheets, name: str, t: Texts, rows: tuple[int, int]) -> Any:  # noqa: ANN401
    """Make a chart of Excel's own of the rows of a sheet: who wants another look can change it."""
    chart = book.chart("bar")
    first, last = rows
    for column, colour in ((3, "#1f4e79"), (4, "#e08214")):
        chart.add_series(
            {
                "name": [name, first - 1, column],
                "categories": [name, first, 0, last, 0],
                "values": [name, first, column, last, column],
                "fill": {"color": colour},
                "data_labels": {"value": True, "num_format": "0"},
            }
        )
    chart.set_title({"name": t("appendix.chart")})
    chart.set_x_axis({"name": t("appendix.chart_minutes"), "num_format": "0"})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "top"})
    return chart


def _plan(book: Sheets, result: Result, t: Texts) -> None:
    """Add the time plan, where scenarios have days and agree on them."""
    with suppress(InputError):
        if (made := time_plan(result, t)) is not None:
            book.grid(book.add(t("appendix.sheet_plan")), made.headers, made.rows)


def _norm(book: Sheets, result: Result, t: Texts, margin: float) -> None:
    """Add a sheet in which the reader sets the margin, where there are volumes to judge."""
    verdicts = [
        (line, norm_verdict(result, line.case, margin=margin))
        for line in lines(result)
        if line.case.principal
    ]
    known = [(line, each) for line, each in verdicts if not math.isnan(each.lowest)]
    if not known:
        return
    page = book.add(t("appendix.sheet_norm"))
    hidden = any(each.ends[0] < each.ends[1] for _, each in known)
    book.cell(page, 0, 0, t("appendix.norm_margin"), TEXT)
    book.cell(page, 0, 1, margin, SHARE)
    headers = [
        Header(t("report.c_intervention"), TEXT, 40),
        Header(t("tables.col_scenario"), PROSE, 44),
        Header(t("tables.col_norm"), NUMBER),
        Header(t("tables.col_lowest_volume"), NUMBER, 16),
        Header(t("appendix.c_below_norm"), NUMBER),
        Header(t("appendix.norm_verdict"), TEXT, 24),
        *(Header(t(f"tables.col_{name}"), NUMBER, 16) for name in LOWEST_ENDS if hidden),
    ]
    rows = [
        (
            line.case.intervention.name,
            titled_scenario(t, result, line.case),
            each.norm,
            each.lowest,
            each.below,
            "",
            *(each.ends if hidden else ()),
        )
        for line, each in known
    ]
    top = 2
    book.grid(page, headers, rows, top=top)
    words = {each: t(f"appendix.norm_text_{each}") for each in (BELOW, MET, AMPLE)}
    for place, (line, each) in enumerate(known, start=top + 1):
        if each.verdict not in words or each.hidden or math.isnan(each.below):
            # no formula: no margin makes a modelled or hidden count certain
            book.cell(page, place, 5, norm_text(result, line.case, t, margin)[0], TEXT)
            continue
        row = place + 1
        formula = (
            f'=IF(D{row}<C{row},"{words["below"]}",'
            f'IF(ROUND(D{row}-C{row}*(1+{_MARGIN_CELL}),6)>=0,"{words["ample"]}","{words["met"]}"))'
        )
        page.write_formula(place, 5, formula, None, words[each.verdict])


def _candidates(book: Sheets, result: Result, t: Texts) -> None:
    total = sum(len(table) for table in result.candidates.values())
    page = book.add(t("appendix.sheet_candidates"))
    if total >= SHEET_ROWS:
        book.too_long(page, t, total, "candidates")
        return
    unit = t.unit(result.said_unit())
    headers = [
        Header(t("report.c_intervention"), TEXT, 40),
        Header(t("tables.overview_stops"), PROSE, 90),
        Header(t("tables.col_moved", unit=unit), DEMAND, 18),
        Header(t("tables.col_mean_extra_moved"), MINUTES, 20),
        Header(t("tables.col_mean_extra_all"), MINUTES, 20),
    ]
    rows = (
        (name, row["stops"], row["moved"], row["mean_extra_moved"], row["mean_extra_all"])
        for name, table in sorted(result.candidates.items())
        for row in table.to_dict("records")
    )
    book.grid(page, headers, rows)


def _manifest(book: Sheets, result: Result, t: Texts, files: Mapping[str, str]) -> None:
    headers = [Header(t("appendix.c_entry"), TEXT, 60), Header(t("appendix.c_value"), PROSE, 110)]
    rows = [*flat({**result.manifest, "files": dict(files)})]
    book.grid(book.add(t("appendix.sheet_manifest")), headers, rows)
