"""The tables of a feed in a zip file or a folder: no bombs, no hostile names, nothing unpacked."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names, why
from impact.messages import said
from impact.storage import ZIP_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 12e9
"""Bytes of all tables of a feed together; the Dutch feed has some 2e9."""
_MOST_PACKED = 200.0
"""Times that text shrinks in a zip; that of timetables 5 to 20."""
_SMALL = 20e6
"""Bytes below which that does not matter."""


class Tables:
    """The tables of a feed by name, in a zip file or a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inside: dict[str, str] = {}
        if path.is_dir():
            self._inside = {each.stem: each.name for each in path.glob("*.txt")}
        else:
            self._inside = _checked_zip(path)

    def __contains__(self, table: str) -> bool:
        return table in self._inside

    @property
    def names(self) -> tuple[str, ...]:
        """File names of the tables, sorted."""
        return tuple(sorted(self._inside.values()))

    @contextmanager
    def open(self, table: str) -> Iterator[IO[bytes]]:
        """Open a table for reading."""
        name = self._inside[table]
        try:
            if self.path.is_dir():
                with (self.path / name).open("rb") as file:
                    yield file
            else:
                with zipfile.ZipFile(self.path) as packed, packed.open(name) as file:
                    yield file
        except InputError:
            raise
        except ZIP_ERRORS as error:
            expected = said("a table that can be read ({reason})", reason=why(error))
            raise InputError(Fault(self.path.name, name, "", None, expected)) from error

    @property
    def sha256(self) -> str:
        """Hash of the file; of a folder, of its tables one after the other."""
        digest = hashlib.sha256()
        files = [self.path / name for name in self.names] if self.path.is_dir() else [self.path]
        for path in files:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def _checked_zip(path: Path) -> dict[str, str]:
    """Tables of a zip file by name; refused where it is none, or made to harm."""
    if not path.exists():
        near = nearest_names(path.name, [each.name for each in path.parent.glob("*")], count=1)
        expected = "a feed: a .zip file or a folder of .txt tables"
        raise InputError(Fault(str(path), "", "", None, expected, near))
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except ZIP_ERRORS as error:
        expected = said("a feed in a whole .zip file ({reason})", reason=why(error))
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    faults = [
        Fault(path.name, "", "name", each.filename, "names of tables such as stops.txt, no paths")
        for each in members
        if _hostile(each.filename)
    ]
    if sum(each.file_size for each in members) > _LARGEST:
        size = sum(each.file_size for each in members)
        found: str = said("{size:.0f} GB", size=size / 1e9)
        expected = said(
            "tables of at most {most:.0f} GB together when unpacked", most=_LARGEST / 1e9
        )
        faults.append(Fault(path.name, "", "", found, expected))
    for each in members:
        if each.file_size > _SMALL and each.file_size > _MOST_PACKED * max(each.compress_size, 1):
            found = said(
                "{packed} bytes that unpack to {unpacked}",
                packed=each.compress_size,
                unpacked=each.file_size,
            )
            faults.append(Fault(path.name, each.filename, "", found, "text, no zip bomb"))
        if each.flag_bits & 1:
            faults.append(Fault(path.name, each.filename, "", None, "no password"))
    if faults:
        raise InputError(faults)
    inside = {
        PurePosixPath(each.filename).stem: each.filename
        for each in members
        if "/" not in each.filename and each.filename.endswith(".txt")
    }
    deeper = next((each.filename for each in members if each.filename.endswith("/stops.txt")), "")
    if "stops" not in inside and deeper:
        expected = "stops.txt and the others in no folder inside the zip"
        raise InputError(Fault(path.name, "", "", deeper, expected))
    return inside


def _hostile(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        ".." in parts
        or name.startswith(("/", "~"))
        or "\\" in name
        or ":" in name
        or not name.isprintable()
    )
