"""Sheets of a workbook with a column per scenario: figures, municipalities, postcodes, a chart."""

from __future__ import annotations

import math
from itertools import chain, cycle
from typing import TYPE_CHECKING

from impact.analysis.side_by_side import MUNICIPALITY, POSTCODE, compared, side_by_side
from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.files.sheets import INSTEAD, PROSE, SHEET_ROWS, Cell, Header
from impact.outputs.text.wording import status_badge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from impact.analysis.result import CaseView, Result
    from impact.analysis.side_by_side import SideBySide
    from impact.outputs.files.sheets import Sheets
    from impact.outputs.text import Texts

_COMPARED = {
    "mean_extra_moved": MINUTES,
    "moved": DEMAND,
    "residents_moved": DEMAND,
    "p90_extra": MINUTES,
    "mean_extra_all": MINUTES,
    "extra_over_30": DEMAND,
    "extra_over_45": DEMAND,
    "beyond_30_after": DEMAND,
    "beyond_45_after": DEMAND,
    "beyond_60_after": DEMAND,
    "locations_after": NUMBER,
    "lowest_volume": NUMBER,
    "below_norm": NUMBER,
}
"""Columns of the summary that are set side by side."""
_CHARTED = next(iter(_COMPARED))
_COLOURS = ("#1f4e79", "#e08214", "#1b7837", "#b5176f", "#5b3f96", "#6b6200")
_NOBODY = "–"


def scenario_sheets(book: Sheets, result: Result, t: Texts) -> None:
    """Add sheets with a column per scenario, of treatments for which there are two or more."""
    views = compared(result)
    if not views:
        return
    cases = [view.case for each in views.values() for view in each]
    titles: dict[str, str] = {}
    for name in dict.fromkeys(case.scenario for case in cases):
        badges = dict.fromkeys(status_badge(t, case) for case in cases if case.scenario == name)
        titles[name] = t("map.marked", name=t.scenario(name), mark=", ".join(badges))
    _compared_figures(book, views, titles, result, t)
    for places in (MUNICIPALITY, POSTCODE):
        _compared_places(book, views, titles, result, t, places)


def _compared_figures(
    book: Sheets,
    views: Mapping[str, Sequence[CaseView]],
    titles: Mapping[str, str],
    result: Result,
    t: Texts,
) -> None:
    sheet, unit = book.add(t("side_by_side.sheet_figures")), t.unit(result.said_unit())
    headers = [
        Header(t("side_by_side.c_figure"), PROSE, 44),
        Header(t("tables.col_intervention"), TEXT, 34),
        *(Header(title, MINUTES, 20) for title in titles.values()),
    ]
    row_of = {view.key: view.row for each in views.values() for view in each}
    rows = [
        [
            t(f"tables.col_{name}", unit=unit),
            intervention,
            *(Cell(row_of.get((intervention, each), {}).get(name), kind) for each in titles),
        ]
        for name, kind in _COMPARED.items()
        for intervention in views
        if any(math.isfinite(view.row[name]) for view in views[intervention])
    ]
    book.note(sheet, 0, t("side_by_side.note_figures"), headers)
    book.grid(sheet, headers, rows, top=2, keys=2)
    charted = [name for name in views if any(math.isfinite(x.row[_CHARTED]) for x in views[name])]
    if not charted:
        return
    first, last = 3, 2 + len(charted)
    chart, name = book.chart("bar"), sheet.get_name()
    for column, colour in zip(range(2, 2 + len(titles)), cycle(_COLOURS), strict=False):
        chart.add_series(
            {
                "name": [name, 2, column],
                "categories": [name, first, 1, last, 1],
                "values": [name, first, column, last, column],
                "fill": {"color": colour},
                "data_labels": {"value": True, "num_format": "0"},
            }
        )
    chart.set_title({"name": t("side_by_side.chart"), "name_font": {"size": 12}})
    chart.set_x_axis({"num_format": "0"})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "top"})
    book.chart_sheet(t("side_by_side.sheet_chart"), chart)


def _compared_places(
    book: Sheets,
    views: Mapping[str, Sequence[CaseView]],
    titles: Mapping[str, str],
    result: Result,
    t: Texts,
    places: str,
) -> None:
    sheet = book.add(t(f"side_by_side.sheet_{places}"))
    found = {name: side_by_side(each, places) for name, each in views.items()}
    total = sum(len(each.before) for each in found.values())
    if total >= SHEET_ROWS:
        book.too_long(sheet, t, total, places)
        return
    unit = t.unit(result.said_unit())
    town = result.postcodes["municipality"]
    named = [Header(t("tables.col_postcode"), TEXT, 10)] if places == POSTCODE else []
    headers = [
        Header(t("tables.col_intervention"), TEXT, 34),
        *named,
        Header(t("tables.col_municipality"), TEXT, 24),
        Header(t("tables.col_demand", unit=unit), DEMAND),
        Header(t("tables.col_place_before"), MINUTES, 16),
        *(
            header
            for title in titles.values()
            for header in (
                Header(t("side_by_side.c_extra", scenario=title), MINUTES, 20),
                Header(t("side_by_side.c_moved", scenario=title, unit=unit), DEMAND, 20),
            )
        ),
    ]
    rows = (
        [
            name,
            place,
            *([town.get(place)] if named else []),
            each.demand.loc[place],
            each.before.loc[place],
            *chain.from_iterable(cells.get(title, (None, None)) for title in titles),
        ]
        for name, each in found.items()
        for place, cells in _cells(each, [view.case.scenario for view in views[name]], t)
    )
    book.note(sheet, 0, t("side_by_side.note_places", none=_NOBODY), headers)
    book.grid(sheet, headers, rows, top=2, keys=2 + len(named))


def _cells(
    found: SideBySide, scenarios: Sequence[str], t: Texts
) -> Iterator[tuple[str, dict[str, tuple[object, object]]]]:
    """Return place and scenario -> minutes and people, or what stands there instead."""
    nobody, no_route = Cell(_NOBODY, INSTEAD), Cell(t("common.no_route"), INSTEAD)
    for place, extra, moved in zip(
        found.before.index, found.extra.to_numpy(), found.moved.to_numpy(), strict=True
    ):
        yield (
            place,
            {
                name: (nobody, nobody)
                if math.isnan(x)
                else (no_route if math.isinf(x) else x, people)
                for name, x, people in zip(scenarios, extra, moved, strict=True)
            },
        )
