"""Read and write matrices: CSV or Parquet, long or wide. A user's own enters here."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from impact.errors import Fault, InputError
from impact.places import normal_postcode
from impact.reading import cell_text, read_bytes, read_table
from impact.storage import replacing
from impact.table import Table
from impact.times.matrix import TravelTimes
from impact.times.npy_files import read_npy, write_npy
from impact.times.plain_files import LONG, file_hash, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OWN_MATRIX = "own matrix"
"""Kind of roads, and profile, of minutes that the user brought."""

_LONGEST = 4320.0
"""Minutes: three days, which is longer than it takes to walk across the country."""

_SHOWN = 5
_PAIRS = 1_000_000
"""Pairs per block when writing: in long form a matrix takes many times its own memory."""


def write_times(times: TravelTimes, path: Path | str) -> None:
    """Write a matrix: in long form (origin, destination, minutes[, km]), or as a NumPy file.

    Parameters
    ----------
    times
        What to write; minutes with two decimals in CSV, in full elsewhere, ``inf`` where no
        route exists.
    path
        Ending in ``.csv``, ``.parquet`` or ``.npy`` (see `impact.times.npy_files`; without km).

    Raises
    ------
    InputError
        For another ending, or kilometres in a NumPy file.
    OutputError
        When the folder cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        if times.km is not None:
            raise InputError(Fault(path.name, "", "km", None, "a .csv or .parquet file for km"))
        write_npy(path, times.minutes, times.origins, times.destinations, times.manifest)
        return
    check_ending(path, (*_WRITERS, ".npy"))
    if path.suffix.lower() == ".csv":
        with (
            replacing(path) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            file.writelines(_csv_lines(times))
        return
    step = max(1, _PAIRS // max(1, len(times.destinations)))
    starts = range(0, max(1, len(times.origins)), step)
    write_long((times.part(start, start + step).to_frame() for start in starts), path)


def _csv_lines(times: TravelTimes) -> Iterator[str]:
    """Give the header, then the lines of an origin at a time: one format for all its numbers.

    The text is that of `pandas.DataFrame.to_csv`, in a fifth of the time.
    """
    tables = [times.minutes] if times.km is None else [times.minutes, times.km]
    yield ",".join(["origin", "destination", "minutes", "km"][: 2 + len(tables)]) + "\n"
    numbers = ",%.2f" * len(tables) + "\n"
    ends = ["," + _cell(name).replace("%", "%%") + numbers for name in times.destinations]
    for row, name in enumerate(times.origins):
        figures = np.column_stack([table[row] for table in tables])
        origin = _cell(name).replace("%", "%%")
        yield origin.join(["", *ends]) % tuple(figures.ravel().tolist())


def _cell(text: str) -> str:
    """Text of a cell, in quotes where it needs them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([text, ""])
    return line.getvalue().removesuffix(",\n")


def write_long(frames: Iterator[pd.DataFrame], path: Path) -> None:
    """Write tables in long form, one below the other.

    Parameters
    ----------
    frames
        With the same columns; at least one.
    path
        Ending in ``.csv`` (two decimals) or ``.parquet``.

    Raises
    ------
    InputError
        For another ending.
    OutputError
        When the folder cannot be written.
    """
    check_ending(path, tuple(_WRITERS))
    with replacing(path) as temporary:
        _WRITERS[path.suffix.lower()](frames, temporary)


def check_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file whose ending says that it is something else.

    Parameters
    ----------
    path
        The file.
    endings
        In small letters, with the point.

    Raises
    ------
    InputError
        Naming the endings.
    """
    if path.suffix.lower() not in endings:
        expected = "a name ending in " + " or ".join([", ".join(endings[:-1]), endings[-1]])
        raise InputError(Fault(path.name, "", "", path.suffix, expected))


def _write_csv(frames: Iterator[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            header = number == 0
            frame.to_csv(file, index=False, header=header, float_format="%.2f", lineterminator="\n")


def _write_parquet(frames: Iterator[pd.DataFrame], path: Path) -> None:
    first = pa.Table.from_pandas(next(frames), preserve_index=False)
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for frame in frames:
            file.write_table(pa.Table.from_pandas(frame, first.schema, preserve_index=False))


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}


def read_times(path: Path | str) -> TravelTimes:
    """Read a matrix that the user owns.

    Long form has the columns ``origin``, ``destination``, ``minutes`` (and perhaps ``km``); wide
    form has ``origin`` (or ``postcode``) first and a column of minutes per destination. ``inf``
    says that there is no route; an empty cell is an error, because it could mean anything.

    Parameters
    ----------
    path
        CSV or Parquet, or a NumPy file of ours (mapped into memory).

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        For missing, negative or non-numeric minutes, minutes of more than three days (a sign for
        'no route', or seconds), a pair given twice, or pairs left out.
    """
    path = Path(path)
    times = _read_times(path)
    _check_longest(times, path.name)
    return times


def _read_times(path: Path) -> TravelTimes:
    if path.suffix.lower() == ".npy":
        origins, destinations, minutes, manifest = read_npy(path)
        about = {**_about(path.name, file_hash(path), ()), "made": manifest}
        return TravelTimes(origins, destinations, minutes, manifest=about)
    plain = read_plain(path)
    if plain is not None:
        return TravelTimes(
            plain.origins,
            plain.destinations,
            plain.minutes,
            manifest=_about(path.name, plain.sha256, ()),
        )
    table = _read_parquet(path) if path.suffix.lower() == ".parquet" else read_table(path)
    columns = [str(name) for name in table.frame.columns]
    if table.frame.empty:
        raise InputError(Fault(table.name, "", "", None, "at least one row and one column"))
    wide = "destination" not in columns and columns[0] in {"origin", "postcode"}
    if not wide:
        table.require(LONG)
    manifest = _about(table.name, table.sha256, table.notes)
    return _from_wide(table, columns, manifest) if wide else _from_long(table, manifest)


def _check_longest(times: TravelTimes, name: str) -> None:
    longest = np.max(times.minutes, where=np.isfinite(times.minutes), initial=0.0)
    if longest <= _LONGEST:
        return
    origin, destination = np.argwhere(times.minutes == longest)[0]
    found = f"{longest:g} ({times.origins[origin]} - {times.destinations[destination]})"
    expected = f"at most {_LONGEST:g} minutes (three days), or inf where there is no route"
    raise InputError(Fault(name, "", "minutes", found, expected))


def _about(name: str, sha256: str, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "roads": {"name": name, "kind": OWN_MATRIX},
        "profile": OWN_MATRIX,
        "sha256": sha256,
        "notes": list(notes),
    }


def _from_wide(table: Table, columns: list[str], manifest: dict[str, Any]) -> TravelTimes:
    table = _with_normal_postcodes(table, columns[0])
    origins, faults = table.texts(columns[0])
    faults += table.unique(columns[0])
    minutes = np.empty((len(origins), len(columns) - 1))
    for place, name in enumerate(columns[1:]):
        minutes[:, place], found = table.numbers(name, minimum=0.0, infinite=True)
        faults += found
    if faults:
        raise InputError(faults)
    return TravelTimes(tuple(origins), tuple(columns[1:]), minutes, manifest=manifest)


def _from_long(table: Table, manifest: dict[str, Any]) -> TravelTimes:
    table = _with_normal_postcodes(table, "origin")
    origin, faults = table.texts("origin")
    destination, more = table.texts("destination")
    minutes, wrong = table.numbers("minutes", minimum=0.0, infinite=True)
    faults += more + wrong
    if faults:
        raise InputError(faults)
    pairs = pd.MultiIndex.from_arrays([origin, destination])
    twice = np.flatnonzero(pairs.duplicated())
    if len(twice):
        raise InputError(
            [
                Fault(
                    table.name,
                    table.where(table.rows[place]),
                    "origin, destination",
                    f"{origin.iloc[place]} - {destination.iloc[place]}",
                    "each pair once",
                )
                for place in twice.tolist()
            ]
        )
    _check_complete(pairs, table.name)
    wide = pd.Series(minutes, index=pairs).unstack()  # noqa: PD010 (there are no gaps to hide)
    return TravelTimes(
        tuple(map(str, wide.index)),
        tuple(map(str, wide.columns)),
        wide.to_numpy(np.float64),
        manifest=manifest,
    )


def _check_complete(pairs: pd.MultiIndex, name: str) -> None:
    """Refuse gaps by counting: a square of far too many pairs is never made."""
    origins, destinations = (sorted(set(pairs.get_level_values(level))) for level in (0, 1))
    missing = len(origins) * len(destinations) - len(pairs)
    if missing:
        known = set(pairs)
        gaps = (pair for pair in product(origins, destinations) if pair not in known)
        shown = "; ".join(f"{here} - {there}" for here, there in islice(gaps, _SHOWN))
        expected = f"minutes for every pair; {missing} are missing ({shown})"
        raise InputError(Fault(name, "", "minutes", None, expected))


def _with_normal_postcodes(table: Table, column: str) -> Table:
    """Write postcodes as the postcode table does, so that they meet."""
    return replace(
        table, frame=table.frame.assign(**{column: table.frame[column].map(normal_postcode)})
    )


def _read_parquet(path: Path) -> Table:
    content = read_bytes(path)
    try:
        frame = pd.read_parquet(path)
    except Exception as error:
        # pyarrow raises its own family of errors; to a user they all mean an unreadable file
        expected = "a readable Parquet file"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    cells = {str(name): [cell_text(value) for value in frame[name]] for name in frame.columns}
    rows = pd.RangeIndex(1, len(frame) + 1, name="row")
    digest = hashlib.sha256(content).hexdigest()
    return Table(path.name, pd.DataFrame(cells, index=rows, dtype=object), digest)
