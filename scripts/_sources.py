"""Read the source tables, check joins between them, write tables that never differ by chance."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from impact.tables.text_table import Table

MEMBER = "lid"
"""Role of the membership that counts: by it, every organisation has one region."""

DITTO = "idem"
"""How the sources say: as in the row above, or of the same organisation."""

_CORRECTIONS = Path(__file__).with_name("corrections.toml")

KPMG = "KPMG, De samenwerkingsspagaat (November 2025)"
KPMG_YEAR = "2025"


@dataclass(frozen=True)
class Sources:
    """The folder of source tables.

    Attributes
    ----------
    folder
        Holds ``pc4.csv``, ``hospitals.csv`` and the others.
    report
        Called with a line of text for everything that is filled, dropped or counted.
    """

    folder: Path
    report: Callable[[str], None]

    def table(self, name: str, columns: Sequence[str]) -> Table:
        """Read one table, check its columns and apply the corrections in ``corrections.toml``.

        Parameters
        ----------
        name
            Path inside the folder.
        columns
            What the header must hold, no more and no less.

        Returns
        -------
        Table

        Raises
        ------
        InputError
            When the file is absent, its columns differ, or there is nothing left to correct.
        """
        table = read_table(self.folder / name)
        table.require(columns)
        extra = [str(column) for column in table.frame.columns if column not in columns]
        if extra:
            raise InputError(Fault(name, "header", extra[0], None, f"only {', '.join(columns)}"))
        self.report(f"read    {name}: {len(table.frame)} rows")
        self._correct(table)
        return table

    def _correct(self, table: Table) -> None:
        entries = tomllib.loads(_CORRECTIONS.read_text(encoding="utf-8"))["correction"]
        faults = []
        keys = table.frame.iloc[:, 0].copy()
        for entry in entries:
            if entry["table"] != table.name:
                continue
            row, column, found, right = (entry[x] for x in ("row", "column", "found", "right"))
            here = (keys == row) & (table.frame[column] == found)
            if here.sum() != 1:
                expected = f"one row of {table.name} with {column} {found!r} to correct"
                faults.append(Fault(_CORRECTIONS.name, row, column, right, expected))
            table.frame.loc[here, column] = right
            self.report(f"correct {table.name}, {row}: {column} {right!r}, {entry['reason']}")
        refuse(faults)


def rows_of(table: Table) -> list[tuple[int, dict[str, str]]]:
    """Rows of a table with their numbers.

    Parameters
    ----------
    table
        As read.

    Returns
    -------
    list of (int, dict)
        Row number as a spreadsheet shows it, and the cells by column.
    """
    columns = [str(column) for column in table.frame.columns]
    records = table.frame.itertuples(index=False, name=None)
    return [
        (row, dict(zip(columns, cells, strict=True)))
        for row, cells in zip(table.rows, records, strict=True)
    ]


def unknown(
    table: Table, column: str, known: Collection[str], expected: str, *, empty: bool = False
) -> list[Fault]:
    """Faults for values of a column that do not occur elsewhere.

    Parameters
    ----------
    table
        Holds the column.
    column
        Its name.
    known
        Values that exist.
    expected
        What they are, for the message.
    empty
        Whether an empty cell is fine.

    Returns
    -------
    list of Fault
    """
    return [
        Fault(table.name, table.where(row), column, value, expected, nearest_names(value, known))
        for row, value in zip(table.frame.index, table.frame[column], strict=True)
        if value not in known and (value or not empty)
    ]


def repeated(table: Table, columns: Sequence[str]) -> list[Fault]:
    """Faults for rows whose key occurs before.

    Parameters
    ----------
    table
        Holds the columns.
    columns
        Together they are the key.

    Returns
    -------
    list of Fault
    """
    seen: dict[tuple[str, ...], int] = {}
    faults = []
    for row, cells in rows_of(table):
        key = tuple(cells[column] for column in columns)
        if key in seen:
            expected = f"each key once (it is also in row {seen[key]})"
            faults.append(
                Fault(table.name, table.where(row), ", ".join(columns), "; ".join(key), expected)
            )
        seen.setdefault(key, row)
    return faults


def refuse(faults: Sequence[Fault]) -> None:
    """Stop the build when there is a fault.

    Parameters
    ----------
    faults
        What was found; may be empty.

    Raises
    ------
    InputError
        Listing all of them.
    """
    if faults:
        raise InputError(faults)


def write_csv(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, sort: Sequence[str]
) -> None:
    """Write a table: UTF-8, commas, newlines only, sorted rows.

    Parameters
    ----------
    path
        Where to; its folder is made.
    columns
        Header, in this order.
    rows
        Cells as text; cells of other columns are left out.
    sort
        Columns to sort by; whole numbers sort by value, in a column that holds nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [tuple(row[column] for column in columns) for row in rows]
    places = [columns.index(key) for key in sort]
    whole = {place for place in places if all(record[place].isdecimal() for record in records)}
    records.sort(
        key=lambda record: (
            [int(record[place]) if place in whole else record[place] for place in places],
            record,
        )
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(records)


def write_features(path: Path, features: Iterable[Mapping[str, object]]) -> None:
    """Write GeoJSON, one feature a line.

    Parameters
    ----------
    path
        Where to; its folder is made.
    features
        Sorted, coordinates rounded already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(feature, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        for feature in features
    ]
    head = f'{{"type":"FeatureCollection","name":{json.dumps(path.stem)},"features":[\n'
    path.write_text(head + ",\n".join(lines) + "\n]}\n", encoding="utf-8", newline="\n")


def feature(properties: Mapping[str, object], geometry: Mapping[str, object]) -> dict[str, object]:
    """One GeoJSON feature.

    Parameters
    ----------
    properties
        Values by name.
    geometry
        GeoJSON geometry.

    Returns
    -------
    dict
    """
    return {"type": "Feature", "properties": dict(properties), "geometry": dict(geometry)}
