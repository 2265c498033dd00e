"""Download a file: resumable, checked, never half a file."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import requests
import urllib3

from impact.errors import Fault, InputError, OutputError, why
from impact.manifest import created
from impact.messages import said
from impact.storage import read_json, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
        """Name the part of a file."""
        return cls(whole.with_name(whole.name + ".part"))

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def edition(self, url: str) -> str:
        """Say of which edition (ETag or date) this is a part."""
        try:
            stated = read_json(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        known = isinstance(stated, dict) and stated.get("url") == url and self.size > 0
        return str(stated.get("edition", "")) if known else ""

    def note(self, url: str, edition: str) -> None:
        """Write down what the bytes that follow are a part of."""
        with replacing(self._note) as temporary:
            temporary.write_text(json.dumps({"url": url, "edition": edition}), encoding="utf-8")

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def move_to(self, whole: Path) -> None:
        """Put it in place of the whole, in one step."""
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
    """Hash a part that is whole."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with part.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
    edition = part.edition(url)
    return Record(url, part.size, sha256.hexdigest(), md5.hexdigest(), checked, edition, created())


def write_record(record: Record, whole: Path) -> None:
    """Write ``name.source.json`` beside a file."""
    with replacing(_record_path(whole)) as temporary:
        temporary.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def read_record(whole: Path, url: str | None = None) -> Record | None:
    """Read what is known of a file that is there, from anywhere or from one address."""
    try:
        record = Record(**read_json(_record_path(whole).read_text(encoding="utf-8")))
        size = whole.stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    known = record.size == size and url in {None, record.url}
    return record if known else None


def _record_path(whole: Path) -> Path:
    return whole.with_name(whole.name + ".source.json")


_BLOCK = 1 << 16
"""Bytes at a time; of a connection that breaks off, less than so many are lost."""

_BUSY = (429, 500, 502, 503, 504)
_OK, _PART, _UNCHANGED, _ERROR, _NO_SUCH_RANGE = 200, 206, 304, 400, 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_CHECKSUM = "an MD5 checksum of 32 hexadecimal digits"
_CHECKSUM_BYTES = 4096
_UNPACKABLE = ("gzip", "x-gzip", "deflate")
_UNPACKED = 50
"""Times the bytes that were sent: tables become twenty times smaller, what grows more is a trap."""

_MD5 = re.compile(r"([0-9a-fA-F]{32})\b")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, how often to try again, and how much to take of it.

    Attributes
    ----------
    connect_seconds, silent_seconds
        Longest wait for a connection, and for the next bytes: a server that keeps sending is never
        too slow.
    attempts
        Failures in a row, without a byte more than before, after which to give up.
    pause_seconds
        Before the second attempt; doubled before each further one.
    most_untold
        Bytes that are taken of a body of which no length is told: it may have no end. The largest
        file of the shipped sources is less than half of it.
    """

    connect_seconds: float = 15.0
    silent_seconds: float = 60.0
    attempts: int = 5
    pause_seconds: float = 1.0
    most_untold: int = 4_000_000_000


class _BrokenError(Exception):
    """The transfer broke off; another attempt may mend it."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def open_session() -> requests.Session:
    """Open a session that asks for files as they are."""
    session = requests.Session()
    # compressed on the way, the bytes of a range would be others than those of the file
    session.headers["Accept-Encoding"] = "identity"
    return session


class _BusyError(Exception):
    """The server has no time now."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(f"{answer.status_code} {answer.reason}")
        self.url = answer.url


_MENDABLE = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    _BrokenError,
    _BusyError,
)


def announced_md5(
    session: requests.Session,
    url: str,
    patience: Patience,
    retrying: Callable[[str, float], None] | None = None,
) -> str:
    """Read the checksum that is published beside a file."""
    failures = 0
    while True:
        try:
            with _answer(session, url, patience) as answer:
                _check_status(answer)
                if _packed(answer):
                    raise InputError(
                        Fault(
                            url,
                            "",
                            "",
                            None,
                            said("{checksum}, not compressed", checksum=_CHECKSUM),
                        )
                    )
                text = answer.raw.read(_CHECKSUM_BYTES, decode_content=False)
            break
        except (*_MENDABLE, urllib3.exceptions.HTTPError) as error:
            failures += 1
            _give_up_or_wait(error, url, failures, patience, retrying)
    start = text.decode("ascii", "replace").lstrip()
    found = _MD5.match(start)
    if found is None:
        raise InputError(Fault(url, "", "", start[:80], _CHECKSUM))
    return found[1].lower()


def _answer(
    session: requests.Session,
    url: str,
    patience: Patience,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Ask for a file; of the answer only the headers have come."""
    timeout = (patience.connect_seconds, patience.silent_seconds)
    try:
        answer = session.get(url, stream=True, timeout=timeout, headers=headers)
    except _MENDABLE:
        raise
    except (requests.RequestException, ValueError) as error:
        # a redirect may lead to what is no address: the parsers of addresses say ValueError
        raise _unreachable(url, error) from error
    if answer.status_code in _BUSY:
        answer.close()
        raise _BusyError(answer)
    return answer


def _give_up_or_wait(
    cause: Exception,
    url: str,
    failures: int,
    patience: Patience,
    retrying: Callable[[str, float], None] | None,
) -> None:
    """Wait before another attempt, longer each time; after the last one say why."""
    if failures >= patience.attempts:
        if isinstance(cause, _BusyError):
            expected = "200 OK and a file"
            raise InputError(Fault(cause.url, "", "status", str(cause), expected)) from cause
        raise _unreachable(url, cause) from cause
    seconds = patience.pause_seconds * 2.0 ** (failures - 1)
    if retrying is not None:
        retrying(_plain(cause), seconds)
    time.sleep(seconds)


def fill(
    session: requests.Session,
    url: str,
    part: Part,
    *,
    patience: Patience,
    unless: str = "",
    needs_length: bool = True,
    progress: Callable[[int, int | None], None] | None = None,
    retrying: Callable[[str, float], None] | None = None,
) -> bool:
    """Bring a part up to the whole file, resuming where it breaks off."""
    failures, most = 0, part.size
    cause: Exception
    while True:
        try:
            return _attempt(session, url, part, patience, unless, needs_length, progress)
        except _MENDABLE as error:
            cause = error
        except requests.RequestException as error:
            raise _unreachable(url, error) from error
        failures = 1 if part.size > most else failures + 1
        most = max(most, part.size)
        if failures >= patience.attempts and not isinstance(cause, _BusyError):
            kept = (
                said("; {size:,} bytes are kept for next time", size=part.size)
                if part.edition(url)
                else ""
            )
            expected = said(
                "the whole file: it broke off {failures} times ({reason}){kept}",
                failures=failures,
                reason=_plain(cause),
                kept=kept,
            )
            raise InputError(Fault(url, "", "", None, expected)) from cause
        _give_up_or_wait(cause, url, failures, patience, retrying)


def _attempt(
    session: requests.Session,
    url: str,
    part: Part,
    patience: Patience,
    unless: str,
    needs_length: bool,  # noqa: FBT001 (passed on as it came)
    progress: Callable[[int, int | None], None] | None,
) -> bool:
    edition, start = part.edition(url), part.size
    headers = {}
    if edition:
        headers = {"Range": f"bytes={start}-", "If-Range": edition}
    elif unless:
        headers = {"If-None-Match" if '"' in unless else "If-Modified-Since": unless}
    with _answer(session, url, patience, headers) as answer:
        if answer.status_code == _UNCHANGED and unless and not edition:
            return False
        start, total = _begin(answer, part, start if edition else 0)
        chunked = "chunked" in answer.headers.get("Transfer-Encoding", "").lower()
        if total is None and needs_length and not chunked:
            expected = "a length or a checksum: without either half a file passes for a whole one"
            raise InputError(Fault(url, "", "Content-Length", None, expected))
        packed = _packed(answer)
        # of what is compressed on the way a range is another than that of the file
        part.note(url, "" if packed else _edition(answer))
        with part.path.open("ab" if start else "wb") as file:
            done = start
            for chunk in answer.iter_content(_BLOCK):
                file.write(chunk)
                done += len(chunk)
                if packed and done > _BLOCK + _UNPACKED * answer.raw.tell():
                    part.remove()
                    expected = said(
                        "at most {times} times as many bytes as were sent", times=_UNPACKED
                    )
                    raise InputError(Fault(url, "", "Content-Encoding", packed, expected))
                if total is None and done > patience.most_untold:
                    part.remove()
                    expected = said(
                        "a length: without one at most {most:,} bytes are taken; nothing was kept",
                        most=patience.most_untold,
                    )
                    raise InputError(Fault(url, "", "Content-Length", None, expected))
                if progress is not None:
                    progress(done, None if packed else total)
        came = answer.raw.tell() if packed else done
        if total is not None and came != total:
            msg = said("{came:,} of {total:,} bytes came", came=came, total=total)
            raise _BrokenError(msg)
    return True


def _packed(answer: requests.Response) -> str:
    """Return how a body is compressed on the way although it was asked for as it is, or nothing."""
    stated = answer.headers.get("Content-Encoding", "").strip().lower()
    if stated in {"", "identity"}:
        return ""
    if stated not in _UNPACKABLE or answer.status_code == _PART:
        expected = "the bytes of the file as they are, as was asked for"
        raise InputError(Fault(answer.url, "", "Content-Encoding", stated, expected))
    return stated


def _begin(answer: requests.Response, part: Part, asked: int) -> tuple[int, int | None]:
    """Byte at which the answer begins, and the length of the whole file where it says so."""
    if answer.status_code == _NO_SUCH_RANGE and asked:
        part.remove()
        msg = "the server has less than was fetched before"
        raise _BrokenError(msg)
    _check_status(answer)
    if answer.status_code != _PART:
        stated = answer.headers.get("Content-Length", "")
        return 0, int(stated) if stated.isdigit() else None
    place = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if place is None or not asked or int(place[1]) != asked:
        part.remove()
        msg = "the server sent another range than it was asked for"
        raise _BrokenError(msg)
    return asked, None if place[2] == "*" else int(place[2])


def _check_status(answer: requests.Response) -> None:
    """Refuse errors, and pages that some networks and sites send in the place of a file."""
    if answer.status_code not in {_OK, _PART}:
        found = f"{answer.status_code} {answer.reason}"
        raise InputError(Fault(answer.url, "", "status", found, "200 OK and a file"))
    kind = answer.headers.get("Content-Type", "")
    if kind.lower().startswith("text/html"):
        expected = (
            "a file, not a web page (the address may have changed, or the network asks for a login)"
        )
        raise InputError(Fault(answer.url, "", "Content-Type", kind, expected))


def _edition(answer: requests.Response) -> str:
    """Say with what a range may be asked for; empty where the server gives nothing."""
    tag = answer.headers.get("ETag", "")
    if tag.startswith('"'):  # a weak one (W/) does not promise the same bytes
        return tag
    return answer.headers.get("Last-Modified", "")


def _unreachable(url: str, error: Exception) -> InputError:
    return InputError(
        Fault(url, "", "", None, said("an address that answers ({reason})", reason=_plain(error)))
    )


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (requests.Timeout, "no answer in time"),
    (urllib3.exceptions.TimeoutError, "no answer in time"),
    (requests.exceptions.ProxyError, "the proxy does not answer"),
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.ConnectionError, "no connection, or a connection that broke off"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke off"),
)
"""Error of a library -> what went wrong; the first that fits."""


def _plain(error: Exception) -> str:
    """Say what went wrong without the innards of the library."""
    if isinstance(error, _BrokenError):
        return error.said
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return str(error) or type(error).__name__


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
    retrying: Callable[[str, float], None] | None = None,
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
    retrying
        Called with (why, seconds until then) before each further attempt.

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
        msg = said(
            "{path}: was not fetched from {url}; move it away, or use --refresh to replace it",
            path=path,
            url=url,
        )
        raise OutputError(msg)
    if kept is not None and not refresh and sha256 in {"", kept.sha256}:
        return Download(path, kept, fresh=False)
    part = Part.beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_session() as session:
            while True:
                md5 = announced_md5(session, md5_url, patience, retrying) if md5_url else ""
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
                    retrying=retrying,
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
        msg = said(
            "{path}: cannot be written ({reason})",
            path=path,
            reason=why(error),
        )
        raise OutputError(msg) from error


def _mismatch(record: Record, md5: str, sha256: str) -> Fault | None:
    for name, found, wanted in (("md5", record.md5, md5), ("sha256", record.sha256, sha256)):
        if wanted and found != wanted:
            return Fault(
                record.url,
                "",
                name,
                found,
                said("{wanted}, as announced; nothing was kept", wanted=wanted),
            )
    if not record.size:
        return Fault(record.url, "", "length", "0", "a file that is not empty; nothing was kept")
    return None
