"""Read and write matrices: CSV, Parquet or NumPy, long or wide. A user's own enters here.

``times.npy`` holds minutes, origins by destinations; ``times.npy.json`` the names of both and what
made them. Reading takes no time and no memory, however many pairs there are.

The careful reader goes cell by cell, to say of every fault where it stands; on fifty million pairs
that takes far too long. Here pyarrow reads a file whose every cell is plain, and the first sign
that one is not (an empty or padded name, a number that is none, a pair twice or left out, a
byte-order mark, another separator, quotes in odd places) leaves the whole file to the careful
reader. So this module decides nothing: what it returns is what the careful reader would return.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import mmap
import re
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from impact.errors import Fault, InputError, why
from impact.manifest import DISTRIBUTION, created, manifest_json
from impact.messages import said
from impact.notes import Note
from impact.storage import read_json, replacing
from impact.tables.places import normal_postcode
from impact.tables.text import hidden_character, read_bytes
from impact.tables.text_table import Table, cell_text, read_table, unused_columns
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray


_FORMAT = "impact travel times 1"
_CELLS = 2**22


def beside(path: Path) -> Path:
    """Return the file that goes with a matrix: its name with ``.json`` behind it."""
    return path.with_name(path.name + ".json")


def write_npy(
    path: Path,
    minutes: NDArray[np.float64],
    origins: tuple[str, ...],
    destinations: tuple[str, ...],
    manifest: Mapping[str, Any],
) -> None:
    """Write minutes and names."""
    about = {
        "format": _FORMAT,
        "origins": list(origins),
        "destinations": list(destinations),
        "manifest": dict(manifest),
    }
    text = json.dumps(about, ensure_ascii=False, indent=1, default=str) + "\n"
    with replacing(beside(path)) as names:
        names.write_text(text, encoding="utf-8")
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                np.lib.format.write_array_header_2_0(
                    file, {"descr": "<f8", "fortran_order": False, "shape": minutes.shape}
                )
                step = max(1, _CELLS // max(1, minutes.shape[1]))
                for start in range(0, len(minutes), step):
                    np.asarray(minutes[start : start + step], dtype="<f8").tofile(file)
            # names of another matrix are never beside this one, whenever we are interrupted
            beside(path).unlink(missing_ok=True)


def read_npy(
    path: Path,
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64], dict[str, Any]]:
    """Map minutes into memory and read the names."""
    expected = said("a matrix that impact wrote, with its names in {name}", name=beside(path).name)
    try:
        about = read_json(beside(path).read_text(encoding="utf-8"))
        minutes = np.load(path, mmap_mode="r", allow_pickle=False)
        names = [tuple(map(str, about[each])) for each in ("origins", "destinations")]
        manifest = dict(about["manifest"])
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise InputError(
            Fault(
                path.name,
                "",
                "",
                None,
                said("{expected} ({reason})", expected=expected, reason=why(error)),
            )
        ) from error
    fits = minutes.shape == (len(names[0]), len(names[1])) and minutes.dtype == np.float64
    if about.get("format") != _FORMAT or not fits:
        found = f"{minutes.dtype} {minutes.shape}"
        raise InputError(Fault(path.name, "", "", found, expected))
    return names[0], names[1], minutes, manifest


LONG = ("origin", "destination", "minutes")
"""Columns of the long form."""

_ODD = set('";\t')
"""Not in a plain header: quotes, and what might separate columns instead of commas."""

_CHUNK = 2**24
_NAMES = pa.dictionary(pa.int32(), pa.string())
_QUOTED = re.compile(rb'(?m)(?:^|,)"(?:[^"\n]|"")*"(?=,|$)')
_LARGE_EXPONENT = re.compile(rb"[eE]\+?\d{3}")
"""Such a number may be infinite to one reader and too large to another."""


@dataclass(frozen=True, eq=False)
class PlainMatrix:
    """A matrix as it was read.

    Attributes
    ----------
    origins, destinations
        Sorted.
    minutes : ndarray of float, shape (n_origins, n_destinations)
        Infinite where the file says so.
    sha256
        Hash of the file.
    """

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    minutes: NDArray[np.float64]
    sha256: str


def read_plain(path: Path) -> PlainMatrix | None:
    """Read a long matrix in which every cell is plain."""
    try:
        is_parquet = path.suffix.lower() == ".parquet"
        table = _parquet(path) if is_parquet else _csv(path)
        return None if table is None else _matrix(table, file_hash(path, text=not is_parquet))
    except (OSError, ValueError, pa.ArrowException):
        # whatever it is, the careful reader meets it again and says where
        return None


def _columns(path: Path) -> list[str]:
    """Names of the columns of a plain file, without the rows of a data frame."""
    if path.suffix.lower() == ".parquet":
        return [name for name in pq.read_schema(path).names if not name.startswith("__index_")]
    with path.open("rb") as file:
        header = file.readline().decode("ascii")
    return [name.strip('"') for name in header.rstrip("\n").split(",")]


def _csv(path: Path) -> pa.Table | None:
    with (
        path.open("rb") as file,
        closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as raw,
    ):
        header = raw.readline().decode("ascii").rstrip("\n").split(",")
        plain = (
            set(LONG) <= set(header)
            and len(set(header)) == len(header)
            and all(name == name.strip() and name.isprintable() for name in header)
            and not any(not name or set(name) & _ODD for name in header)
            and raw.find(b"\r") < 0
            and _well_quoted(raw)
            and not _LARGE_EXPONENT.search(raw)
        )
    if not plain:
        return None
    with pa.memory_map(str(path)) as content:
        return pc.read_csv(
            content,
            convert_options=pc.ConvertOptions(
                include_columns=list(LONG),
                column_types={"origin": _NAMES, "destination": _NAMES, "minutes": pa.float64()},
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def _well_quoted(raw: mmap.mmap) -> bool:
    """Whether every quote belongs to a field that is quoted by the book, on one line."""
    if raw.find(b'"') < 0:
        return True
    every = sum(raw[at : at + _CHUNK].count(b'"') for at in range(0, len(raw), _CHUNK))
    return every == sum(each[0].count(b'"') for each in _QUOTED.finditer(raw))


def _parquet(path: Path) -> pa.Table | None:
    schema = pq.read_schema(path)
    names = schema.names
    if not set(LONG) <= set(names) or len(set(names)) != len(names):
        return None
    texts = all(
        pa.types.is_string(schema.field(each).type)
        or pa.types.is_large_string(schema.field(each).type)
        for each in LONG[:2]
    )
    if not texts or not pa.types.is_floating(schema.field("minutes").type):
        return None
    return pq.read_table(path, columns=list(LONG), read_dictionary=list(LONG[:2]))


def file_hash(path: Path, *, text: bool = False) -> str:
    """Hash of a file, read in pieces."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if text:
                decoder.decode(chunk)
    decoder.decode(b"", final=True)
    return digest.hexdigest()


def _matrix(table: pa.Table, sha256: str) -> PlainMatrix | None:
    if not len(table) or any(table[each].null_count for each in LONG):
        return None
    minutes = table["minutes"].to_numpy().astype(np.float64, copy=False)
    if not np.all(minutes >= 0.0):
        return None
    named = [_names(table[each], postcodes=each == "origin") for each in LONG[:2]]
    if None in named:
        return None
    (origins, row), (destinations, column) = (each for each in named if each is not None)
    if len(origins) * len(destinations) != len(minutes):
        return None
    cell = row
    cell *= len(destinations)
    cell += column
    seen = np.zeros(len(minutes), dtype=bool)
    seen[cell] = True
    if not seen.all():
        return None
    out = np.empty(len(minutes))
    out[cell] = minutes
    return PlainMatrix(origins, destinations, out.reshape(len(origins), -1), sha256)


def _names(
    column: pa.ChunkedArray, *, postcodes: bool
) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
    """Sorted names, and the place of each cell's name among them."""
    encoded = column.unify_dictionaries().combine_chunks()
    found = encoded.dictionary.to_pylist()
    names = [normal_postcode(each) for each in found] if postcodes else found
    if len(set(names)) != len(names) or any(each != cell_text(each) for each in found):
        return None
    if not all(found) or hidden_character("".join(found)):
        return None
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return tuple(names[each] for each in order), place[encoded.indices.to_numpy()]


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a matrix beside it, with ``.json`` behind its name."""
    about = {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "file": {"name": path.name, "sha256": file_hash(path)},
        **manifest,
    }
    text = manifest_json(about)
    with replacing(beside(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")


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
        Ending in ``.csv``, ``.parquet`` or ``.npy`` (see `impact.times.files`; without km).

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
    """Write tables in long form, one below the other."""
    check_ending(path, tuple(_WRITERS))
    with replacing(path) as temporary:
        _WRITERS[path.suffix.lower()](frames, temporary)


def check_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file whose ending says that it is something else."""
    if path.suffix.lower() not in endings:
        expected = said("a name ending in one of {names}", names=", ".join(endings))
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
            manifest=_about(
                path.name, plain.sha256, unused_columns(path.name, _columns(path), LONG)
            ),
        )
    table = _read_parquet(path) if path.suffix.lower() == ".parquet" else read_table(path)
    columns = [str(name) for name in table.frame.columns]
    if table.frame.empty:
        raise InputError(Fault(table.name, "", "", None, "at least one row and one column"))
    start = next((name for name in ("origin", "postcode") if name in columns), "")
    wide = start and not {"destination", "minutes"} & set(columns)
    if not wide:
        table = _with_our_headers(table)
        table.require(LONG)
        notes = (*table.notes, *table.unused(LONG))
        return _from_long(table, _about(table.name, table.sha256, notes))
    columns = [start, *(name for name in columns if name != start)]
    return _from_wide(table, columns, _about(table.name, table.sha256, table.notes))


_TOOLS = {
    "r5r or r5py": ("from_id", "to_id", ("travel_time", "travel_time_p50")),
    "ArcGIS": ("OriginName", "DestinationName", ("Total_TravelTime", "Total_Minutes")),
}
"""Tool -> its headers of origin, destination and minutes."""

_UNCLEAR = {
    "total_cost": "QNEAT3 writes total_cost in seconds or metres: rename origin_id, entry_id and "
    "destination_id, and write minutes",
    "DURATION_H": "ORS Tools writes hours in DURATION_H: rename FROM_ID and TO_ID, and write "
    "minutes, 60 times as many",
}
"""Header of a tool whose unit is another -> what to do."""


def _with_our_headers(table: Table) -> Table:
    """Read the headers of other tools as ours, where their unit is minutes."""
    found = [str(name) for name in table.frame.columns]
    if set(LONG) <= set(found):
        return table
    for header, words in _UNCLEAR.items():
        if header in found:
            expected = said("columns origin, destination, minutes ({words})", words=words)
            raise InputError(Fault(table.name, "header", header, None, expected))
    for tool, (origin, destination, several) in _TOOLS.items():
        minutes = next((name for name in several if name in found), None)
        if minutes is None or not {origin, destination} <= set(found):
            continue
        names = dict(zip((origin, destination, minutes), LONG, strict=True))
        note = Note.of("headers", file=table.name, tool=tool, names=tuple(names))
        frame = table.frame.rename(columns=names)
        return replace(table, frame=frame, notes=(*table.notes, note))
    return table


def _check_longest(times: TravelTimes, name: str) -> None:
    longest = np.max(times.minutes, where=np.isfinite(times.minutes), initial=0.0)
    if longest <= _LONGEST:
        return
    origin, destination = np.argwhere(times.minutes == longest)[0]
    found = f"{longest:g} ({times.origins[origin]} - {times.destinations[destination]})"
    expected = said(
        "at most {most:g} minutes (three days), or inf where there is no route", most=_LONGEST
    )
    raise InputError(Fault(name, "", "minutes", found, expected))


def _about(name: str, sha256: str, notes: Sequence[Note]) -> dict[str, Any]:
    return {
        "roads": {"name": name, "kind": OWN_MATRIX},
        "profile": OWN_MATRIX,
        "sha256": sha256,
        "notes": [note.record() for note in notes],
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
        expected = said(
            "minutes for every pair; {missing} are missing ({shown})", missing=missing, shown=shown
        )
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
    if any(name is not None for name in frame.index.names):
        # a data frame keeps its origins there
        frame = frame.reset_index()
    cells = {str(name): [cell_text(value) for value in frame[name]] for name in frame.columns}
    rows = pd.RangeIndex(1, len(frame) + 1, name="row")
    digest = hashlib.sha256(content).hexdigest()
    return Table(path.name, pd.DataFrame(cells, index=rows, dtype=object), digest)
