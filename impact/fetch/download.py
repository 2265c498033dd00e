"""Download one file: resumed where it broke off, checked, moved into place when it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, OutputError
from impact.fetch.partial import Part, Record, describe_part, read_record, write_record
from impact.fetch.transfer import Patience, announced_md5, fill, open_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Download:
    """A whole file.

    Attributes
    ----------
    path
        Where it is.
    record
        What is known of it; also in ``name.source.json`` beside it.
    fresh
        Whether it was downloaded now, not before.
    """

    path: Path
    record: Record
    fresh: bool


def download(
    url: str,
    path: Path,
    *,
    md5_url: str = "",
    sha256: str = "",
    refresh: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
    patience: Patience | None = None,
) -> Download:
    """Download a file, or find that it is there.

    Half a file is kept as ``name.part`` and resumed next time, if the server still has the same
    edition. Proxies are those of the usual environment variables (``HTTPS_PROXY``, ``NO_PROXY``).

    Parameters
    ----------
    url
        Of the file; redirects are followed.
    path
        Where it goes. What is there stays until the new file is whole and checked.
    md5_url
        Of a text that begins with the MD5 of the file, as Geofabrik gives beside each extract.
    sha256
        Hash that the file must have, where known.
    refresh
        Whether to ask for a newer edition of a file that is there.
    progress
        Called with (bytes so far, all bytes or `None`).
    patience
        How long to wait and how often to try.

    Returns
    -------
    Download

    Raises
    ------
    InputError
        When the server refuses, breaks off again and again, sends a web page, sends something with
        another checksum, or says neither length nor checksum.
    OutputError
        When the folder cannot be written, or holds a file of that name that was not fetched.
    """
    patience = patience or Patience()
    kept = read_record(path, url)
    if path.exists() and kept is None and not refresh:
        msg = f"{path}: was not fetched from {url}; move it away, or use --refresh to replace it"
        raise OutputError(msg)
    if kept is not None and not refresh and sha256 in {"", kept.sha256}:
        return Download(path, kept, fresh=False)
    part = Part.beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_session(patience) as session:
            while True:
                md5 = announced_md5(session, md5_url, patience) if md5_url else ""
                if kept is not None and md5 == kept.md5:
                    return Download(path, kept, fresh=False)
                resumed = bool(part.edition(url))
                changed = fill(
                    session,
                    url,
                    part,
                    patience=patience,
                    unless="" if kept is None else kept.edition,
                    needs_length=not (md5 or sha256),
                    progress=progress,
                )
                if kept is not None and not changed:
                    return Download(path, kept, fresh=False)
                record = describe_part(
                    part, url, "md5" if md5 else "sha256" if sha256 else "length"
                )
                fault = _mismatch(record, md5, sha256)
                if fault is None:
                    part.move_to(path)
                    write_record(record, path)
                    return Download(path, record, fresh=True)
                part.remove()
                # what was resumed may be half of another edition: once from the start, no more
                if not resumed:
                    raise InputError(fault)
    except OutputError:
        raise
    except OSError as error:
        part.remove()
        msg = f"{path}: cannot be written ({(error.strerror or str(error)).lower()})"
        raise OutputError(msg) from error


def _mismatch(record: Record, md5: str, sha256: str) -> Fault | None:
    for name, found, wanted in (("md5", record.md5, md5), ("sha256", record.sha256, sha256)):
        if wanted and found != wanted:
            return Fault(record.url, "", name, found, f"{wanted}, as announced; nothing was kept")
    return None
