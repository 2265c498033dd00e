"""The columns of every table, in one schema, and how they are written as CSV.

Spreadsheets open these files, so text that would start a formula gets an apostrophe; numbers are
never touched. Frames keep their numbers in full: rounding happens on the way out.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.run import WITHIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep
    from impact.outputs.pages.compare import Comparison, Pair

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_text(value: object) -> str:
    """Text of a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> plain_text("=1+1"), plain_text("Isala Zwolle"), plain_text(None)
    ("'=1+1", 'Isala Zwolle', '')
    """
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    text = "" if missing else str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def number_text(value: float, decimals: int) -> str:
    """Write a number with a point as decimal mark and no needless zeros.

    Examples
    --------
    >>> number_text(12.5, 2), number_text(1234567.0, 2), number_text(-0.001, 2)
    ('12.5', '1234567', '0')
    """
    if not math.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


A, B, SAME, WITHOUT_ROUTE = "a", "b", "same", "no_route"
"""Which side of a comparison is better for a postcode."""

TEXT, DEMAND, MINUTES, NUMBER, SHARE = "text", "demand", "minutes", "number", "share"
FRACTION = "fraction"
"""Kinds of column: what a cell holds decides how it is written."""

# modelled patients of one postcode are few: 1,400 of them must still add up to their total
_DECIMALS = {DEMAND: 4, MINUTES: 2, NUMBER: 2, SHARE: 4, FRACTION: 6}
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Column:
    """One column of an output table.

    Attributes
    ----------
    name
        As in the CSV file; a stable name, scripts depend on it.
    kind
        ``text``, ``demand``, ``minutes``, ``number`` (of locations or patients), or ``share``
        (0 to 1).
    text
        Key of its header and description in the catalogue of texts.
    """

    name: str
    kind: str
    text: str


@dataclass(frozen=True)
class OutputTable:
    """One output table.

    Attributes
    ----------
    name
        File name without its ending, and key of its texts.
    frame
        Attribute of `impact.analysis.result.Result` that holds it.
    columns
        In the order of the file.
    sort
        Columns that order the rows; empty where the order of the result tells a story.
    """

    name: str
    frame: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...] = ()


def _columns(names: str, **kinds: str) -> tuple[Column, ...]:
    """Make columns from kind -> names; ``name:key`` gives a column a text of its own."""
    out = []
    for word in names.split():
        name, _, text = word.partition(":")
        kind = next((kind for kind, of in kinds.items() if name in of.split()), TEXT)
        out.append(Column(name, kind, text or name))
    return tuple(out)


SUMMARY = OutputTable(
    "summary",
    "summary",
    _columns(
        "study intervention scenario region group allocation recipients profile roads unit demand"
        " moved moved_bound mean_extra_moved mean_extra_all mean_extra_longer share_shorter"
        " p10_extra p50_extra p90_extra max_extra mean_before mean_after beyond_30_before"
        " beyond_30_after beyond_45_before beyond_45_after beyond_60_before beyond_60_after"
        " beyond_60_moved unreachable locations_before locations_after lowest_volume below_norm"
        " extra_low extra_high band mean_low mean_high mean_over moved_low moved_high direction",
        demand="demand moved beyond_30_before beyond_30_after beyond_45_before beyond_45_after"
        " beyond_60_before beyond_60_after beyond_60_moved unreachable"
        " moved_low moved_high",
        minutes="mean_extra_moved mean_extra_all mean_extra_longer p10_extra p50_extra p90_extra"
        " max_extra mean_before mean_after extra_low extra_high mean_low mean_high",
        number="moved_bound locations_before locations_after lowest_volume below_norm",
        share="share_shorter",
    ),
)
FLOWS = OutputTable(
    "flows",
    "flows",
    _columns(
        "postcode intervention scenario provider_before provider_after demand minutes_before"
        " minutes_after extra_minutes ferry",
        demand="demand",
        minutes="minutes_before minutes_after extra_minutes",
    ),
    ("intervention", "scenario", "postcode", "provider_before", "provider_after"),
)
POSTCODES = OutputTable(
    "postcodes",
    "postcode_rows",
    _columns(
        "postcode intervention scenario demand moved mean_before:place_before"
        " mean_after:place_after mean_extra_moved nearest_before nearest_after ferry",
        demand="demand moved",
        minutes="mean_before mean_after mean_extra_moved",
    ),
    ("intervention", "scenario", "postcode"),
)
MUNICIPALITIES = OutputTable(
    "municipalities",
    "municipalities",
    _columns(
        "intervention scenario municipality demand moved mean_before:place_before"
        " mean_after:place_after mean_extra_moved max_extra ferry",
        demand="demand moved",
        minutes="mean_before mean_after mean_extra_moved max_extra",
    ),
    ("intervention", "scenario", "municipality"),
)
VOLUMES = OutputTable(
    "volumes",
    "volumes",
    _columns(
        "intervention scenario location volume_before volume_after norm meets_norm kind",
        number="volume_before volume_after norm",
    ),
    ("intervention", "scenario", "location"),
)
RANGES = OutputTable(
    "ranges",
    "ranges",
    _columns("region definition low high low_from high_from", minutes="low high"),
)
PROVIDERS = OutputTable(
    "providers",
    "providers",
    _columns("intervention location status source year note performs overridden_by reason"),
    ("intervention", "location"),
)
SENSITIVITY = OutputTable(
    "sensitivity",
    "sensitivity_rows",
    _columns(
        "intervention scenario recipients factor kind:varied value mean_extra_moved moved"
        " beyond_60_after",
        demand="moved beyond_60_after",
        minutes="mean_extra_moved",
    ),
)
TABLES = (SUMMARY, RANGES, MUNICIPALITIES, POSTCODES, VOLUMES, PROVIDERS, SENSITIVITY, FLOWS)
"""In the order in which a reader needs them."""

CSV_FILES = tuple(f"{table.name}.csv" for table in TABLES)


def ordered(table: OutputTable, result: Result) -> pd.DataFrame:
    """Rows and columns of a table in the order of its file."""
    frame: pd.DataFrame = getattr(result, table.frame)
    frame = frame[[column.name for column in table.columns]]
    if table.sort:
        return frame.sort_values(list(table.sort), kind="stable", ignore_index=True)
    return frame.reset_index(drop=True)


def write_tables(result: Result, folder: Path) -> None:
    """Write every table as CSV: UTF-8, comma, point as decimal mark, one line per row."""
    for table in TABLES:
        write_csv(ordered(table, result), table.columns, folder / f"{table.name}.csv")


def write_csv(frame: pd.DataFrame, columns: Sequence[Column], path: Path) -> None:
    """Write one table: UTF-8, comma, point as decimal mark, one line per row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        # some rows at a time: the text of a million is many times as large as their numbers
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            rows = frame.iloc[start : start + _ROWS_AT_ONCE]
            cells = [_cells(rows[column.name], column.kind) for column in columns]
            writer.writerows(zip(*cells, strict=True))


def _cells(values: pd.Series[Any], kind: str) -> list[str]:
    if kind == TEXT:
        return [plain_text(value) for value in values]
    decimals = _DECIMALS[kind]
    return [number_text(value, decimals) for value in pd.to_numeric(values).astype(float)]


FORMATS = ("csv", "parquet")

_KINDS = {
    **dict.fromkeys(
        (
            "moved",
            "demand",
            "unreachable",
            "beyond_30_after",
            "beyond_45_after",
            "beyond_60_after",
            "drawn",
            "newly_reached",
            *(f"within_{limit}_{when}" for limit in WITHIN for when in ("before", "after")),
        ),
        DEMAND,
    ),
    **dict.fromkeys(
        (
            "mean_extra_moved",
            "mean_extra_all",
            "p10_extra",
            "p50_extra",
            "p90_extra",
            "max_extra",
            "worst_municipality_extra",
            "minutes_saved",
            "mean_saved_all",
            "mean_saved_drawn",
        ),
        MINUTES,
    ),
    **dict.fromkeys(
        ("locations_after", "lowest_volume", "below_norm", "beaten_by", "step"), NUMBER
    ),
}


def _swept_columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, _KINDS.get(name, TEXT), name) for name in names.split())


CANDIDATES = _swept_columns(
    "intervention stops moved mean_extra_moved mean_extra_all p50_extra p90_extra max_extra"
    " beyond_30_after beyond_45_after beyond_60_after locations_after lowest_volume below_norm"
    " on_front rules opens p10_extra unreachable worst_municipality worst_municipality_extra unit"
)
FRONT = _swept_columns(
    "intervention kind name recipients stops opens moved mean_extra_moved mean_extra_all p50_extra"
    " p90_extra max_extra beyond_30_after beyond_45_after beyond_60_after locations_after"
    " lowest_volume below_norm beaten_by p10_extra unreachable worst_municipality"
    " worst_municipality_extra unit"
)
SWEPT_MUNICIPALITIES = _swept_columns(
    "intervention scenario stops opens municipality demand moved mean_extra_moved max_extra unit"
)
OPENINGS = _swept_columns(
    "intervention kind step location drawn minutes_saved mean_saved_all mean_saved_drawn"
    " newly_reached within_15_before within_15_after within_20_before within_20_after"
    " within_30_before within_30_after unit"
)


def sweep_files(sweep: StudySweep, file_format: str) -> tuple[str, ...]:
    """Names of the tables that a sweep writes."""
    opens = any(each.intervention.may_open for each in sweep.swept)
    names = (f"candidates.{file_format}", "front.csv", "municipalities.csv")
    return (*names, "opening.csv") if opens else names


def candidates_frame(sweep: StudySweep) -> pd.DataFrame:
    """Every candidate of every intervention, with the columns of candidates.csv."""
    frame = _stack(sweep, "table", CANDIDATES)
    return frame.assign(on_front=frame["on_front"].map({True: "yes", False: "no"}))


def write_sweep_tables(sweep: StudySweep, folder: Path, *, file_format: str = "csv") -> None:
    """Write the tables."""
    candidates = candidates_frame(sweep)
    if file_format == "parquet":
        candidates.to_parquet(folder / "candidates.parquet", index=False)
    else:
        write_csv(candidates, CANDIDATES, folder / "candidates.csv")
    others = {"front": FRONT, "municipalities": SWEPT_MUNICIPALITIES}
    if "opening.csv" in sweep_files(sweep, file_format):
        others["openings"] = OPENINGS
    for name, columns in others.items():
        file = "opening.csv" if name == "openings" else f"{name}.csv"
        write_csv(_stack(sweep, name, columns), columns, folder / file)


def _stack(sweep: StudySweep, name: str, columns: Sequence[Column]) -> pd.DataFrame:
    """Rows of every intervention below each other; also where there is none."""
    parts = [
        getattr(each, name).assign(intervention=each.intervention.name, unit=each.unit)
        for each in sweep.swept
        if len(getattr(each, name))
    ]
    names = [column.name for column in columns]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


FIGURES = (
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    "p90_extra",
    "max_extra",
    "mean_after",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "unreachable",
    "locations_after",
    "lowest_volume",
    "below_norm",
)
"""Columns of summary.csv that stand there for both sides."""

COLUMNS = (
    "intervention",
    "scenario_a",
    "scenario_b",
    "stops_a",
    "stops_b",
    "opens_a",
    "opens_b",
    "unit",
    "demand",
    "measure",
    "better_a",
    "better_b",
    "same",
    "no_route",
    "gain_a",
    "gain_b",
    *(f"{name}_{side}" for name in FIGURES for side in (A, B)),
)


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write compare.csv."""
    result = comparison.sides[0].result
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for pair in comparison.pairs:
            unit = result.unit_of(pair.intervention)
            writer.writerow(_compared_cells(pair, unit, comparison.measure))


def _compared_cells(pair: Pair, unit: str, measure: str) -> list[str]:
    texts: list[object] = [pair.intervention, *pair.scenarios]
    for name in ("stops", "opens"):
        texts += ["; ".join(getattr(case, name)) if case else "" for case in pair.cases]
    numbers = [pair.people(better) for better in (A, B, SAME, WITHOUT_ROUTE)]
    numbers += [pair.gain(A), pair.gain(B)]
    numbers += [float(row.get(name, math.nan)) for name in FIGURES for row in pair.rows]
    demand = float(pair.postcodes["demand"].sum())
    return [
        *map(plain_text, [*texts, unit]),
        number_text(demand, 2),
        measure,
        *(number_text(each, 2) for each in numbers),
    ]
