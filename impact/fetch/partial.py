"""Half a file that can be resumed, and the record beside a whole one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from impact.manifest import created
from impact.storage import replacing

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """The half of a file that came over so far, beside the place of the whole.

    Attributes
    ----------
    path
        ``name.part``; ``name.part.json`` says of which edition of which address it is a part.
    """

    path: Path

    @classmethod
    def beside(cls, whole: Path) -> Part:
        """Name the part of a file.

        Parameters
        ----------
        whole
            Where the file will go.

        Returns
        -------
        Part
        """
        return cls(whole.with_name(whole.name + ".part"))

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def edition(self, url: str) -> str:
        """Say of which edition (ETag or date) this is a part.

        Parameters
        ----------
        url
            Where the rest would come from.

        Returns
        -------
        str
            Empty where it cannot be resumed from there.
        """
        try:
            said = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        known = isinstance(said, dict) and said.get("url") == url and self.size > 0
        return str(said.get("edition", "")) if known else ""

    def note(self, url: str, edition: str) -> None:
        """Write down what the bytes that follow are a part of.

        Parameters
        ----------
        url, edition
            Address and validator.
        """
        with replacing(self._note) as temporary:
            temporary.write_text(json.dumps({"url": url, "edition": edition}), encoding="utf-8")

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def move_to(self, whole: Path) -> None:
        """Put it in place of the whole, in one step.

        Parameters
        ----------
        whole
            Where the file goes.
        """
        self.path.replace(whole)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")


@dataclass(frozen=True)
class Record:
    """What is known of a whole file.

    Attributes
    ----------
    url
        Where it came from.
    size
        Bytes.
    sha256, md5
        Hashes of them.
    checked
        Against what they were checked: ``md5``, ``sha256`` or ``length``.
    edition
        Validator (ETag or date) that the server gave.
    fetched
        When, in UTC.
    """

    url: str
    size: int
    sha256: str
    md5: str
    checked: str
    edition: str
    fetched: str


def describe_part(part: Part, url: str, checked: str) -> Record:
    """Hash a part that is whole.

    Parameters
    ----------
    part
        All bytes of the file.
    url, checked
        For the record.

    Returns
    -------
    Record
    """
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with part.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
    edition = part.edition(url)
    return Record(url, part.size, sha256.hexdigest(), md5.hexdigest(), checked, edition, created())


def write_record(record: Record, whole: Path) -> None:
    """Write ``name.source.json`` beside a file.

    Parameters
    ----------
    record
        What is known of it.
    whole
        The file.
    """
    with replacing(_record_path(whole)) as temporary:
        temporary.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def read_record(whole: Path, url: str) -> Record | None:
    """Read what is known of a file that is there.

    Parameters
    ----------
    whole
        The file.
    url
        Where it should have come from.

    Returns
    -------
    Record or None
        `None` where there is no file, no record, or either is not of the other.
    """
    try:
        record = Record(**json.loads(_record_path(whole).read_text(encoding="utf-8")))
        size = whole.stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    return record if (record.url, record.size) == (url, size) else None


def _record_path(whole: Path) -> Path:
    return whole.with_name(whole.name + ".source.json")
