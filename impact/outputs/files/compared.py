"""compare.csv, compare_municipalities.csv and compare.xlsx: a column per side."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from impact.analysis.compare import ENDS, SAME, WITHOUT_ROUTE
from impact.outputs.files.columns import (
    BOTH_SIDES,
    DEMAND,
    KINDS,
    MINUTES,
    TEXT,
    compared_columns,
    compared_municipality_columns,
    write_csv,
)
from impact.outputs.files.sheets import OPTIONS, PROSE, Cell, Header, Sheets
from impact.outputs.pages.compare import side_texts, side_title
from impact.outputs.text import texts
from impact.outputs.text.groups import group_label
from impact.outputs.text.wording import known_text, names_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from impact.analysis.compare import Comparison, Match
    from impact.outputs.text import Texts


def write_comparison_tables(comparison: Comparison, folder: Path, *, lang: str = "nl") -> None:
    """Write the tables of a comparison and its workbook."""
    write_comparison(comparison, folder / "compare.csv")
    write_compared_municipalities(comparison, folder / "compare_municipalities.csv")
    write_comparison_workbook(comparison, folder / "compare.xlsx", lang=lang)


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write compare.csv."""
    result = comparison.sides[0].result
    rows = [
        {
            **_compared(match),
            "unit": result.unit_of(match.intervention),
            "measure": comparison.measure,
        }
        for match in comparison.matches
    ]
    columns = compared_columns(comparison.letters)
    write_csv(pd.DataFrame(rows, columns=[each.name for each in columns]), columns, path)


def write_compared_municipalities(comparison: Comparison, path: Path) -> None:
    """Write compare_municipalities.csv: a column per side."""
    columns = compared_municipality_columns(comparison.letters)
    towns = comparison.sides[0].result.postcodes["municipality"]
    frames = [
        match.municipalities(towns).reset_index().assign(intervention=match.intervention)
        for match in comparison.matches
    ]
    write_csv(pd.concat(frames)[[each.name for each in columns]], columns, path)


def _compared(match: Match) -> dict[str, object]:
    """Row of compare.csv: each side under its letter."""
    row: dict[str, object] = {
        "intervention": match.intervention,
        "demand": float(match.postcodes["demand"].sum()),
        "same": match.people(SAME),
        "no_route": match.people(WITHOUT_ROUTE),
    }
    for side, scenario, case, figures in zip(
        match.letters, match.scenarios, match.cases, match.rows, strict=True
    ):
        row |= {
            f"scenario_{side}": scenario,
            f"stops_{side}": "; ".join(case.stops) if case else "",
            f"opens_{side}": "; ".join(case.opens) if case else "",
            f"better_{side}": match.people(side),
            f"gain_{side}": match.gain(side),
            f"worse_{side}": match.worse(side),
            f"loss_{side}": match.loss(side),
        }
        row |= {f"{name}_{side}": float(figures.get(name, math.nan)) for name in BOTH_SIDES}
    return row


def write_comparison_workbook(comparison: Comparison, path: Path, *, lang: str = "nl") -> None:
    """Write compare.xlsx: figures, municipalities and groups, each with a column per side."""
    t = texts(lang)
    with xlsxwriter.Workbook(path, OPTIONS) as workbook:
        book = Sheets(workbook)
        for name, headers, rows in (
            ("sides", *_sides(comparison, t)),
            ("figures", *_figures(comparison, t)),
            ("places", *_places(comparison, t)),
            ("groups", *_groups(comparison, t)),
        ):
            keys = 0 if name == "sides" else 2
            book.grid(book.add(t(f"compare.sheet_{name}")), headers, rows, keys=keys)


_ENDS = tuple(chain.from_iterable(ENDS.values()))
_Grid = tuple[list[Header], list[list[Any]]]


def _sides_in_columns(comparison: Comparison, t: Texts) -> list[Header]:
    """Return a column per side, called by its letter, its name and its status."""
    return [
        Header(f"{each.letter}. {side_title(each, t)}", MINUTES, 24)
        for each in side_texts(comparison, t)
    ]


def _sides(comparison: Comparison, t: Texts) -> _Grid:
    headers = [
        Header(t("compare.c_letter")),
        Header(t("compare.f_scenario"), PROSE, 60),
        Header(t("compare.c_made_of"), PROSE, 100),
    ]
    return headers, [[each.letter, each.short, each.long] for each in side_texts(comparison, t)]


def _figures(comparison: Comparison, t: Texts) -> _Grid:
    """Rows of figures, the kinds of cell being those of the run: whole numbers, or minutes."""
    headers = [
        Header(t("compare.c_intervention"), TEXT, 40),
        Header(t("compare.c_figure"), TEXT, 50),
        *_sides_in_columns(comparison, t),
    ]
    rows: list[list[Any]] = []
    for match in comparison.matches:
        unit = t.unit(comparison.sides[0].result.said_unit(match.intervention))
        rows += [
            [match.intervention, t(f"tables.col_{name}", unit=unit)]
            + [Cell(float(row.get(name, math.nan)), KINDS[name]) for row in match.rows]
            for name in BOTH_SIDES
            if match.hidden or name not in _ENDS
        ]
        worse = t("compare.c_worse")
        rows.append(
            [
                match.intervention,
                worse,
                *(Cell(match.worse(each), DEMAND) for each in match.letters),
            ]
        )
    return headers, rows


def _places(comparison: Comparison, t: Texts) -> _Grid:
    headers = [
        Header(t("compare.c_intervention"), TEXT, 40),
        Header(t("compare.c_municipality"), TEXT, 26),
        Header(t("compare.c_people"), DEMAND),
        Header(t("compare.c_now"), MINUTES),
        *_sides_in_columns(comparison, t),
        Header(t("compare.c_better_off"), TEXT),
    ]
    towns = comparison.sides[0].result.postcodes["municipality"]
    rows = [
        [match.intervention, name, row["demand"], row["before"]]
        + [row[f"after_{letter}"] for letter in match.letters]
        + [_better(t, str(row["better"]))]
        for match in comparison.matches
        for name, row in match.municipalities(towns).iterrows()
    ]
    return headers, rows


def _better(t: Texts, better: str) -> str:
    return t("compare.c_same") if better == SAME else names_text(t, list(better.upper()))


def _groups(comparison: Comparison, t: Texts) -> _Grid:
    headers = [
        Header(t("compare.c_intervention"), TEXT, 40),
        Header(t("compare.c_group"), TEXT, 30),
        Header(t("tables.col_by"), TEXT, 26),
        Header(t("compare.c_people"), DEMAND),
        Header(t("compare.c_figure"), TEXT, 44),
        *_sides_in_columns(comparison, t),
    ]
    return headers, [
        row for match in comparison.matches for row in _group_rows(comparison, match, t)
    ]


def _group_rows(comparison: Comparison, match: Match, t: Texts) -> Iterator[list[Any]]:
    for row in comparison.groups(match).to_dict("records"):
        by, group, unit = str(row["by"]), str(row["group"]), t.unit(str(row["unit"]))
        named = [group_label(t, by, group), known_text(t, "groups.by", by.replace("+", ""))]
        for figure, text in (
            ("moved", "moved"),
            ("mean_extra_all", "mean_extra_group"),
            ("extra_over_30", "extra_over_30"),
        ):
            yield [
                match.intervention,
                *named,
                float(row["demand"]),
                t(f"tables.col_{text}", unit=unit),
                *(Cell(float(row[f"{figure}_{x}"]), KINDS[figure]) for x in match.letters),
            ]
