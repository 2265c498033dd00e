"""One object per number: the newest version, and none that was deleted.

Extracts that were joined hold objects twice, histories hold all versions, and what an editor saves
holds what was deleted, marked as such. OpenStreetMap's own extracts hold none of these, and to see
that of a country costs as much as reading its roads, so that large packed files are gone through
only where their ways give cause for it (see `out_of_order`).
"""

from __future__ import annotations

import bz2
import gzip
import re
import tempfile
from array import array
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import osmium

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_SMALL_BYTES = 5_000_000
"""Packed files up to this size are gone through without cause: about two seconds."""

_CHUNK = 1 << 24
_TAG = re.compile(rb"<(node|way|relation)\s([^>]*)>")
_DELETED = re.compile(rb"""\baction\s*=\s*["']delete["']""")
_NUMBER = re.compile(rb"""(?:^|\s)id\s*=\s*["'](-?\d+)["']""")


def out_of_order(numbers: NDArray[np.int64]) -> bool:
    """Whether objects occur twice or not in the order in which extracts are written."""
    return bool((np.diff(numbers) <= 0).any())


@contextmanager
def newest(path: Path, *, doubted: bool = False) -> Iterator[tuple[Path, dict[str, int]]]:
    """Give a file with one visible object per number, and what was left out of the given one."""
    packed = path.suffix.lower() == ".pbf"
    if packed and not doubted and path.stat().st_size > _SMALL_BYTES:
        yield path, {}
        return
    gone = {} if packed else _deleted(path)
    keep, left_out = _kept(path, gone)
    if keep.all():
        yield path, {}
        return
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        clean = Path(folder) / "newest.osm.pbf"
        objects: Iterable[Any] = osmium.FileProcessor(str(path))
        with osmium.SimpleWriter(str(clean)) as writer:
            for each, wanted in zip(objects, keep.tolist(), strict=True):
                if wanted:
                    writer.add(each)
        yield clean, left_out


def _kept(path: Path, gone: dict[str, set[int]]) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Say of every object in a file whether it stays; count those that do not."""
    kind, number, version, seen = array("b"), array("q"), array("q"), array("b")
    objects: Iterable[Any] = osmium.FileProcessor(str(path))
    for each in objects:
        letter = each.type_str()
        kind.append(ord(letter))
        number.append(each.id)
        version.append(each.version)
        seen.append(each.visible and each.id not in gone.get(letter, ()))
    kinds, numbers = np.frombuffer(kind, np.int8), np.frombuffer(number, np.int64)
    versions, visible = np.frombuffer(version, np.int64), np.frombuffer(seen, np.int8) == 1
    place = np.arange(len(kinds))
    # of the same version the last in the file, which a merge wrote over the others
    order = np.lexsort((place, versions, numbers, kinds))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (np.diff(numbers[order]) != 0) | (np.diff(kinds[order]) != 0)
    latest = np.zeros(len(order), dtype=bool)
    latest[order[last]] = True
    newer = np.zeros(len(order), dtype=np.int64)
    group = np.concatenate([[0], np.cumsum(last)])[:-1]
    newer[order] = versions[order[last]][group] if len(order) else 0
    keep = latest & visible
    return keep, {
        "repeated": int((~latest & (versions == newer)).sum()),
        "outdated": int((versions < newer).sum()),
        "deleted": int((latest & ~visible).sum()),
    }


def _deleted(path: Path) -> dict[str, set[int]]:
    """Numbers that an editor marked as deleted, by kind: osmium does not read these marks."""
    found: dict[str, set[int]] = {}
    with _opened(path) as file:
        rest = b""
        while block := file.read(_CHUNK):
            text = rest + block
            end = text.rfind(b">") + 1
            rest = text[end:]
            if b"delete" not in text:
                continue
            for kind, said in _TAG.findall(text[:end]):
                number = _NUMBER.search(said)
                if number and _DELETED.search(said):
                    found.setdefault(kind[:1].decode(), set()).add(int(number[1]))
    return found


def _opened(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path))
    return bz2.open(path) if path.suffix.lower() == ".bz2" else path.open("rb")
