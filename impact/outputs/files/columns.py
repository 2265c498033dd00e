"""The columns of every table, in one schema, and how they are written as CSV.

Spreadsheets open these files, so text that would start a formula gets an apostrophe; numbers are
never touched. Frames keep their numbers in full: rounding happens on the way out.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.transit import TRANSIT_COLUMNS
from impact.analysis.travel import TRAVEL_COLUMNS
from impact.model.measures import LIMITS
from impact.sweep.openings import WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep

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
        ``text``, ``demand``, ``minutes``, ``number`` (of locations or patients), ``share`` (0 to 1)
        or ``fraction`` (a small one).
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
        Attribute that holds it: of `impact.analysis.result.Result`, or of one intervention of a
        sweep (`impact.analysis.sweep.Swept`).
    columns
        In the order of the file.
    sort
        Columns that order the rows; empty where the order of the result tells a story.
    """

    name: str
    frame: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...] = ()


def _kinds() -> dict[str, str]:
    """Kind of every column that holds numbers, by its name: the same name is the same kind."""
    when = ("before", "after")
    names = {
        DEMAND: "demand moved moved_low moved_high unreachable drawn newly_reached beyond_60_moved"
        " patients_moved patients_low patients_high residents_moved extra_over_30 extra_over_45"
        " shorter",
        MINUTES: "mean_extra_moved mean_extra_all mean_extra_longer p10_extra p50_extra p90_extra"
        " mean_extra_residents max_extra mean_before mean_after extra_low extra_high mean_low"
        " mean_high low high"
        " minutes_before minutes_after extra_minutes worst_municipality_extra minutes_saved"
        " mean_saved_all mean_saved_drawn",
        NUMBER: "moved_bound locations_before locations_after lowest_volume below_norm norm"
        " volume_before volume_after volume_before_low volume_before_high volume_after_low"
        " volume_after_high lowest_volume_low lowest_volume_high beaten_by step limit value_today"
        " bound minimum least most",
        SHARE: "share_shorter gap relative_own relative_national",
    }
    kinds = {name: kind for kind, words in names.items() for name in words.split()}
    limits = [("beyond", limit) for limit in LIMITS] + [("within", limit) for limit in WITHIN]
    return kinds | {f"{side}_{limit}_{at}": DEMAND for (side, limit), at in product(limits, when)}


KINDS = _kinds()


def columns_of(names: str, **kinds: str) -> tuple[Column, ...]:
    """Return columns by name; ``name:key`` gives one a text, and a keyword a kind, of its own.

    Examples
    --------
    >>> [column.kind for column in columns_of("postcode moved value", value=NUMBER)]
    ['text', 'demand', 'number']
    """
    known = KINDS | kinds
    parts = [word.partition(":") for word in names.split()]
    return tuple(Column(name, known.get(name, TEXT), text or name) for name, _, text in parts)


SUMMARY = OutputTable(
    "summary",
    "summary",
    columns_of(
        "study intervention scenario region group allocation recipients profile roads unit demand"
        " moved moved_bound mean_extra_moved mean_extra_all mean_extra_longer share_shorter"
        " p10_extra p50_extra p90_extra max_extra mean_before mean_after"
        " beyond_30_before beyond_30_after beyond_45_before beyond_45_after beyond_60_before"
        " beyond_60_after beyond_60_moved unreachable locations_before locations_after"
        " lowest_volume below_norm"
        " extra_low extra_high band mean_low mean_high mean_over moved_low moved_high direction"
        " patients_kind:kind patients_moved patients_low patients_high residents_moved"
        " mean_extra_residents"
        " extra_over_30 extra_over_45"
    ),
)
FLOWS = OutputTable(
    "flows",
    "flows",
    columns_of(
        "postcode intervention scenario provider_before provider_after demand minutes_before"
        " minutes_after extra_minutes ferry"
    ),
    ("intervention", "scenario", "postcode", "provider_before", "provider_after"),
)
POSTCODES = OutputTable(
    "postcodes",
    "postcode_rows",
    columns_of(
        "postcode intervention scenario demand moved mean_before:place_before"
        " mean_after:place_after mean_extra_moved nearest_before nearest_after ferry"
    ),
    ("intervention", "scenario", "postcode"),
)
MUNICIPALITIES = OutputTable(
    "municipalities",
    "municipalities",
    columns_of(
        "intervention scenario municipality demand moved mean_before:place_before"
        " mean_after:place_after mean_extra_moved max_extra ferry"
    ),
    ("intervention", "scenario", "municipality"),
)
VOLUMES = OutputTable(
    "volumes",
    "volumes",
    columns_of(
        "intervention scenario location volume_before volume_after norm meets_norm kind"
        " volume_before_low volume_before_high volume_after_low volume_after_high"
    ),
    ("intervention", "scenario", "location"),
)
RANGES = OutputTable(
    "ranges", "ranges", columns_of("region definition low high low_from high_from")
)
PROVIDERS = OutputTable(
    "providers",
    "providers",
    columns_of("intervention location status source year note performs overridden_by reason"),
    ("intervention", "location"),
)
GROUPS = OutputTable(
    "groups",
    "groups",
    columns_of(
        "intervention scenario by group unit demand moved mean_extra_moved p90_extra"
        " mean_extra_all:mean_extra_group extra_over_30 shorter"
    ),
)
SENSITIVITY = OutputTable(
    "sensitivity",
    "sensitivity_rows",
    columns_of(
        "intervention scenario recipients factor kind:varied value mean_extra_moved moved"
        " beyond_60_after"
    ),
)
TABLES = (
    SUMMARY,
    RANGES,
    GROUPS,
    MUNICIPALITIES,
    POSTCODES,
    VOLUMES,
    PROVIDERS,
    SENSITIVITY,
    FLOWS,
)
"""Those of a run, in the order in which a reader needs them."""

CSV_FILES = tuple(f"{table.name}.csv" for table in TABLES)

_PUBLISHED_MINUTES = tuple(
    f"published_{name}"
    for name in ("mean_before", "mean_extra", "greatest_after", "greatest_extra")
)
PUBLISHED = tuple(name for name in TRAVEL_COLUMNS if name.startswith("published"))
TRAVEL = OutputTable(
    "travel_table",
    "travel",
    columns_of(
        f"intervention scenario network rounding fill less demand {' '.join(PUBLISHED)}",
        **{name: DEMAND for name in PUBLISHED if name not in _PUBLISHED_MINUTES},
        **dict.fromkeys(_PUBLISHED_MINUTES, MINUTES),
    ),
)
FACILITIES = OutputTable(
    "facilities",
    "facilities",
    columns_of(
        "scenario intervention organisation site specialism quantity total:year_total own"
        " relative_own known_own unknown_own national relative_national known_national"
        " unknown_national kind",
        **dict.fromkeys(["total", "own", "known_own", "unknown_own", "national"], NUMBER),
        **dict.fromkeys(["known_national", "unknown_national"], NUMBER),
    ),
)
COMBINATIONS = OutputTable(
    "combinations",
    "combinations",
    columns_of(
        "institution region:region_network region_scenario subregion subregion_scenario vascular"
        " vascular_scenario scenarios quantity total:year_total own relative_own national"
        " relative_national",
        **dict.fromkeys(["scenarios", "total", "own", "national"], NUMBER),
    ),
)
EXCLUSIONS = OutputTable(
    "exclusions",
    "exclusions",
    columns_of(
        "first_layer first_network first_scenario second_layer second_network second_scenario"
        " reason:excluding institutions treatments"
    ),
)
_CHANGES = ("changes_mean_before", "changes_mean_after")
_RIDDEN = tuple(name for name in TRANSIT_COLUMNS if name.startswith(("car_", "transit_")))
_PEOPLE = tuple(
    name
    for name in TRANSIT_COLUMNS
    if name.endswith("connection") or "no_connection" in name or name == "compared"
)
TRANSIT = OutputTable(
    "transit",
    "transit_table",
    columns_of(
        " ".join(TRANSIT_COLUMNS),
        **dict.fromkeys(_CHANGES, NUMBER),
        **dict.fromkeys(_RIDDEN, MINUTES),
        **dict.fromkeys(_PEOPLE, DEMAND),
    ),
)
SOMETIMES = (TRAVEL, FACILITIES, COMBINATIONS, EXCLUSIONS, TRANSIT)
"""Those of a run that has rows of them: by catchments, with a workbook of the hospitals, with
scenarios that can be combined, with a timetable of public transport."""

SOMETIMES_FILES = tuple(f"{table.name}.csv" for table in SOMETIMES)

_SWEPT = (
    "moved mean_extra_moved mean_extra_all p50_extra p90_extra max_extra beyond_30_after"
    " beyond_45_after beyond_60_after locations_after lowest_volume below_norm"
)
_SWEPT_LATER = (
    "p10_extra unreachable worst_municipality worst_municipality_extra unit extra_over_30"
)
CANDIDATES = OutputTable(
    "candidates",
    "table",
    columns_of(f"intervention stops {_SWEPT} on_front rules opens {_SWEPT_LATER}"),
)
FRONT = OutputTable(
    "front",
    "front",
    columns_of(
        f"intervention kind name recipients stops opens {_SWEPT} beaten_by {_SWEPT_LATER}"
        " lowest_volume_low lowest_volume_high"
    ),
)
SWEPT_MUNICIPALITIES = OutputTable(
    "municipalities",
    "municipalities",
    columns_of(
        "intervention scenario stops opens municipality demand moved mean_extra_moved max_extra"
        " unit"
    ),
)
OPENING = OutputTable(
    "opening",
    "openings",
    columns_of(
        "intervention kind step location drawn minutes_saved mean_saved_all mean_saved_drawn"
        " newly_reached within_15_before within_15_after within_20_before within_20_after"
        " within_30_before within_30_after unit"
    ),
)

BOTH_SIDES = [
    "moved",
    "moved_low",
    "moved_high",
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
    "lowest_volume_low",
    "lowest_volume_high",
    "below_norm",
]
"""Columns of summary.csv, and bounds, that stand in compare.csv for both sides."""


def compared_columns(letters: str) -> tuple[Column, ...]:
    """Columns of compare.csv: each side under its letter.

    Of two sides who is better off there; of more, who is worse off than in the best of them.
    """

    def each(*names: str) -> list[str]:
        return [f"{name}_{letter}" for name in names for letter in letters]

    who, minutes = ("better", "gain") if len(letters) == len("ab") else ("worse", "loss")
    numbers = [*each(who), "same", "no_route", *each(minutes, *BOTH_SIDES)]
    named = ["intervention", *each("scenario", "stops", "opens"), "unit", "demand", "measure"]
    return columns_of(" ".join([*named, *numbers]), **dict.fromkeys(["demand", *numbers], NUMBER))


def compared_municipality_columns(letters: str) -> tuple[Column, ...]:
    """Columns of compare_municipalities.csv: mean minutes now, and a column per side."""
    minutes = ["before", *(f"after_{letter}" for letter in letters)]
    names = ["intervention", "municipality", "demand", *minutes, "better"]
    return columns_of(" ".join(names), **dict.fromkeys(["demand", *minutes], NUMBER))


def ordered(table: OutputTable, result: Result) -> pd.DataFrame:
    """Rows and columns of a table in the order of its file."""
    frame: pd.DataFrame = getattr(result, table.frame)
    frame = frame[[column.name for column in table.columns]]
    if table.sort:
        return frame.sort_values(list(table.sort), kind="stable", ignore_index=True)
    return frame.reset_index(drop=True)


def write_tables(result: Result, folder: Path) -> None:
    """Write every table of a run as CSV."""
    for table in (*TABLES, *with_rows(result)):
        write_csv(ordered(table, result), table.columns, folder / f"{table.name}.csv")


def with_rows(result: Result) -> tuple[OutputTable, ...]:
    """Tables that this run has beside those of every run."""
    return tuple(table for table in SOMETIMES if len(getattr(result, table.frame)))


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
    """Text of every cell; what stands in many is written once."""
    if kind == TEXT:
        if pd.api.types.infer_dtype(values) == "string":
            return _each_once(values, plain_text)
        return [plain_text(value) for value in values]
    decimals = _DECIMALS[kind]
    numbers = pd.to_numeric(values).astype(float)
    return _each_once(numbers, lambda value: number_text(value, decimals))


def _each_once(values: pd.Series[Any], write: Callable[[Any], str]) -> list[str]:
    codes, known = pd.factorize(values)
    # the code of what is missing is that of the last
    texts = np.array([*map(write, known.tolist()), ""], dtype=object)
    written: list[str] = texts[codes].tolist()
    return written


FORMATS = ("csv", "parquet")


def sweep_files(sweep: StudySweep, file_format: str) -> dict[str, OutputTable]:
    """Tables that a sweep writes, by the name of their file."""
    tables = {
        f"candidates.{file_format}": CANDIDATES,
        "front.csv": FRONT,
        "municipalities.csv": SWEPT_MUNICIPALITIES,
    }
    if any(each.intervention.may_open for each in sweep.swept):
        tables["opening.csv"] = OPENING
    return tables


def candidates_frame(sweep: StudySweep) -> pd.DataFrame:
    """Every candidate of every intervention, with the columns of candidates.csv."""
    frame = _stack(sweep, CANDIDATES)
    return frame.assign(on_front=frame["on_front"].map({True: "yes", False: "no"}))


def write_sweep_tables(sweep: StudySweep, folder: Path, *, file_format: str = "csv") -> None:
    """Write the tables of a sweep."""
    for name, table in sweep_files(sweep, file_format).items():
        frame = candidates_frame(sweep) if table is CANDIDATES else _stack(sweep, table)
        if name.endswith(".parquet"):
            frame.to_parquet(folder / name, index=False)
        else:
            write_csv(frame, table.columns, folder / name)


def _stack(sweep: StudySweep, table: OutputTable) -> pd.DataFrame:
    """Rows of every intervention below each other; also where there is none."""
    parts = [
        getattr(each, table.frame).assign(intervention=each.intervention.name, unit=each.unit)
        for each in sweep.swept
        if len(getattr(each, table.frame))
    ]
    names = [column.name for column in table.columns]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
