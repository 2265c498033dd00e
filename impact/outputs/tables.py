"""The tables of a result, and how they are written as CSV.

Spreadsheets open these files, so text that would start a formula gets an apostrophe; numbers are
never touched. Frames keep their numbers in full: rounding happens on the way out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.outputs.cells import number_text, plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.concentration.result import Result

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
        Attribute of `impact.concentration.result.Result` that holds it.
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
    """Rows and columns of a table in the order of its file.

    Parameters
    ----------
    table
        Which table.
    result
        What a run gave.

    Returns
    -------
    pandas.DataFrame
        Numbers in full; index 0, 1, ...
    """
    frame: pd.DataFrame = getattr(result, table.frame)
    frame = frame[[column.name for column in table.columns]]
    if table.sort:
        return frame.sort_values(list(table.sort), kind="stable", ignore_index=True)
    return frame.reset_index(drop=True)


def write_tables(result: Result, folder: Path) -> None:
    """Write every table as CSV: UTF-8, comma, point as decimal mark, one line per row.

    Parameters
    ----------
    result
        What a run gave.
    folder
        Existing folder; gets `CSV_FILES`.
    """
    for table in TABLES:
        write_csv(ordered(table, result), table.columns, folder / f"{table.name}.csv")


def write_csv(frame: pd.DataFrame, columns: Sequence[Column], path: Path) -> None:
    """Write one table: UTF-8, comma, point as decimal mark, one line per row.

    Parameters
    ----------
    frame
        Rows in the order of the file; numbers in full.
    columns
        Those to write, in order.
    path
        The file.
    """
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
