"""Tables of cases: every scenario in front, and every reading of a treatment in its chapter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from impact.outputs.appendix.blocks import Grid, lines_of
from impact.outputs.files.columns import DEMAND, MINUTES, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.pages.a4 import changes_text
from impact.outputs.text.overview import more_extra
from impact.outputs.text.people import (
    amount_text,
    ends_text,
    hidden_text,
    people_ends,
    people_text,
    residents_text,
)
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    destination_text,
    known_text,
    names_text,
    outside_caveat,
    share_text,
    titled_scenario,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.text import Texts


def scenario_table(result: Result, t: Texts) -> Grid:
    """Put every scenario and displayed candidate in one row each, with the figures people ask."""
    headers = (
        Header(t("report.c_intervention"), TEXT, 27),
        Header(t("tables.col_scenario"), TEXT, 31),
        Header(t("a4.c_moved"), TEXT, 26),
        Header(t("a4.c_mean"), MINUTES, 11),
        Header(t("a4.c_tenth"), MINUTES, 11),
        Header(t("report.c_more"), TEXT, 24),
        Header(t("appendix.c_reading"), TEXT, 30),
        Header(t("people.residents_term"), DEMAND, 14),
    )
    rows, seen = [], set()
    for line in result.principal:
        name = line.case.intervention.name
        # what a treatment is stands where it is named first
        plain = "" if name in seen else plain_treatment(t, name)
        seen.add(name)
        rows.append(
            (
                lines_of(name, plain),
                _short_cell(line, t),
                lines_of(people_text(t, line), _bound(line, t), _once(line, t)),
                mean_cell(line, t),
                rounded_down(line.row["p90_extra"]),
                lines_of(*more_extra(line, t)),
                takers_cell(line, t),
                line.row["residents_moved"] if result.unit != "residents" else math.nan,
            )
        )
    caption = t("appendix.summary_caption", unit=t.unit(result.said_unit()))
    return _known(caption, headers, tuple(rows))


def case_table(result: Result, name: str, found: Sequence[CaseView], t: Texts) -> Grid:
    """Put every case of one treatment in a row, both readings of a scenario included."""
    unit = t.unit(result.said_unit(name))
    headers = (
        Header(t("tables.col_scenario"), TEXT, 32),
        Header(t("appendix.c_reading"), TEXT, 26),
        Header(t("a4.c_moved"), TEXT, 23),
        Header(t("a4.c_mean"), MINUTES, 14),
        Header(t("a4.c_tenth"), MINUTES, 11),
        Header(t("appendix.c_all"), MINUTES, 14),
        Header(t("a4.c_more"), TEXT, 24),
        Header(t("a4.c_beyond"), TEXT, 24),
        Header(t("report.c_locations"), DEMAND, 14),
    )
    rows = tuple(_case_row(line, t) for line in found)
    caption = t("appendix.cases_caption", name=name, unit=unit)
    return Grid(caption, headers, rows, stacked=True)


def _case_row(line: CaseView, t: Texts) -> tuple[object, ...]:
    row, kind = line.row, line.result.kind_of(line.case.intervention.name)
    moved, demand = (amount_text(t, row[each], kind) for each in ("moved", "demand"))
    far = [amount_text(t, row[f"beyond_60_{at}"], kind) for at in ("before", "after")]
    lost = row["unreachable"] > 0
    no_route = t("report.of_which_no_route", count=whole_text(t, row["unreachable"]))
    places = [whole_text(t, row[f"locations_{at}"]) for at in ("before", "after")]
    below = float(row["below_norm"])
    return (
        scenario_cell(line, t),
        takers_cell(line, t),
        lines_of(
            moved,
            between_text(line, t),
            share_text(t, row["moved"] / row["demand"]),
            residents_text(t, row),
            _at_most(row, t),
        ),
        mean_cell(line, t, over=moved),
        rounded_down(row["p90_extra"]),
        lines_of(whole_text(t, row["mean_extra_all"]), t("report.over", count=demand)),
        lines_of(*more_extra(line, t)),
        lines_of(t("a4.from_to", before=far[0], after=far[1]), no_route if lost else ""),
        lines_of(
            t("a4.from_to", before=places[0], after=places[1]),
            "" if math.isnan(below) else t("report.norm_below", count=whole_text(t, below)),
        ),
    )


def scenario_cell(line: CaseView, t: Texts) -> str:
    """Name a case with its status, everybody who stops or begins, and whether it is doubtful."""
    case = line.case
    if not case.principal:
        return lines_of(t("report.instead"), _doubt(case, t))
    changes = [
        t(key, names=names_text(t, names))
        for key, names in (("report.stops", case.stops), ("report.opens", case.opens))
        if names
    ]
    return lines_of(titled_scenario(t, line.result, case), *changes, _doubt(case, t))


def _short_cell(line: CaseView, t: Texts) -> str:
    """Name a case as `scenario_cell` does; of a long list of hospitals how many more there are."""
    case = line.case
    named = titled_scenario(t, line.result, case)
    return lines_of(named, changes_text(case, t), _doubt(case, t))


def _doubt(case: Case, t: Texts) -> str:
    return t("report.doubtful_short") if outside_caveat(t, case) else ""


def takers_cell(line: CaseView, t: Texts) -> str:
    """Say which reading a case is, and who takes over."""
    reading = known_text(t, "tables.value", line.case.recipients)
    return lines_of(reading, destination_text(t, line) if line.destinations else "")


def mean_cell(line: CaseView, t: Texts, *, over: str = "") -> str:
    """Write the mean extra minutes of the moved, with over whom and its bounds of hidden counts."""
    beside = t("report.over", count=over) if over else ""
    return lines_of(whole_text(t, line.row["mean_extra_moved"]), beside, hidden_text(t, line.row))


def between_text(line: CaseView, t: Texts) -> str:
    """Say between which ends hidden counts leave the number of the moved; empty without them."""
    ends = ends_text(t, float(line.row["moved_low"]), float(line.row["moved_high"]))
    return t("hidden.beside", **ends) if ends else ""


def _once(line: CaseView, t: Texts) -> str:
    """Say the same where the count of patients does not say so already."""
    return "" if people_ends(t, line.row) else between_text(line, t)


def _bound(line: CaseView, t: Texts) -> str:
    """Say how many patients it is at most, where the first line does not say so already."""
    said = float(line.row["moved_bound"]) < float(line.row["patients_moved"])
    return "" if said else _at_most(line.row, t)


def _at_most(row: Mapping[Any, Any], t: Texts) -> str:
    bound = float(row["moved_bound"])
    return "" if math.isnan(bound) else t("a4.at_most", count=t.number(bound))


def _known(caption: str, headers: tuple[Header, ...], rows: tuple[tuple[Any, ...], ...]) -> Grid:
    """Leave out columns of numbers in which nothing is known."""
    kept = [
        place
        for place, header in enumerate(headers)
        if header.kind == TEXT or any(row[place] == row[place] for row in rows)
    ]
    return Grid(
        caption,
        tuple(headers[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
        stacked=True,
    )
