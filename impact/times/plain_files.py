"""Read a long matrix quickly where nothing in it needs a second look.

The careful reader goes cell by cell, to say of every fault where it stands; on fifty million pairs
that takes far too long. Here pyarrow reads a file whose every cell is plain, and the first sign
that one is not (an empty or padded name, a number that is none, a pair twice or left out, a
byte-order mark, another separator, quotes in odd places) leaves the whole file to the careful
reader. So this module decides nothing: what it returns is what the careful reader would return.
"""

from __future__ import annotations

import codecs
import hashlib
import mmap
import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from impact.places import normal_postcode

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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
    """Read a long matrix in which every cell is plain.

    Parameters
    ----------
    path
        ``.parquet``, or CSV with commas.

    Returns
    -------
    PlainMatrix or None
        `None` for everything else, absent files included: the careful reader says what it is.
    """
    try:
        is_parquet = path.suffix.lower() == ".parquet"
        table = _parquet(path) if is_parquet else _csv(path)
        return None if table is None else _matrix(table, file_hash(path, text=not is_parquet))
    except (OSError, ValueError, pa.ArrowException):
        # whatever it is, the careful reader meets it again and says where
        return None


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
    """Hash of a file, read in pieces.

    Parameters
    ----------
    path
        The file.
    text
        Whether it must be UTF-8.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits.

    Raises
    ------
    UnicodeDecodeError
        For a file of text that is none.
    """
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
    if len(set(names)) != len(names) or any(not each or each != each.strip() for each in found):
        return None
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return tuple(names[each] for each in order), place[encoded.indices.to_numpy()]
