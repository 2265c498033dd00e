"""Bytes over HTTP into half a file, with patience."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from impact.fetch.partial import Part

_CHUNK = 1 << 16
"""Bytes at a time; of a connection that breaks off, less than so many are lost."""

_BUSY = (429, 500, 502, 503, 504)
_OK, _PART, _UNCHANGED, _ERROR, _NO_SUCH_RANGE = 200, 206, 304, 400, 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_MD5 = re.compile(r"([0-9a-fA-F]{32})\b")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, and how often to try again.

    Attributes
    ----------
    connect_seconds, silent_seconds
        Longest wait for a connection, and for the next bytes: a server that keeps sending is never
        too slow.
    attempts
        Failures in a row, without a byte more than before, after which to give up.
    pause_seconds
        Before the second attempt; doubled before each further one.
    """

    connect_seconds: float = 15.0
    silent_seconds: float = 60.0
    attempts: int = 5
    pause_seconds: float = 1.0


class _BrokenError(Exception):
    """The transfer broke off; another attempt may mend it."""


_MENDABLE = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    _BrokenError,
)


def open_session(patience: Patience) -> requests.Session:
    """Open a session that tries again while a server is busy or cannot be reached.

    Parameters
    ----------
    patience
        How often.

    Returns
    -------
    requests.Session
        With the proxies of the environment variables.
    """
    retry = Retry(
        total=patience.attempts - 1,
        status_forcelist=_BUSY,
        backoff_factor=patience.pause_seconds,
        allowed_methods=["GET"],
        raise_on_status=False,
        respect_retry_after_header=False,  # it may say a day; the message then says 429 or 503
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    # compressed on the way, the bytes of a range would be others than those of the file
    session.headers["Accept-Encoding"] = "identity"
    return session


def announced_md5(session: requests.Session, url: str, patience: Patience) -> str:
    """Read the checksum that is published beside a file.

    Parameters
    ----------
    session
        From `open_session`.
    url
        Of a text that begins with 32 hexadecimal digits.
    patience
        How long to wait.

    Returns
    -------
    str
        In lower case.

    Raises
    ------
    InputError
        When it cannot be had, or is something else.
    """
    timeout = (patience.connect_seconds, patience.silent_seconds)
    try:
        answer = session.get(url, timeout=timeout)
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    _check_status(answer)
    found = _MD5.match(answer.text.lstrip())
    if found is None:
        start = answer.text[:80]
        raise InputError(Fault(url, "", "", start, "an MD5 checksum of 32 hexadecimal digits"))
    return found[1].lower()


def fill(
    session: requests.Session,
    url: str,
    part: Part,
    *,
    patience: Patience,
    unless: str = "",
    needs_length: bool = True,
    progress: Callable[[int, int | None], None] | None = None,
) -> bool:
    """Bring a part up to the whole file, resuming where it breaks off.

    Parameters
    ----------
    session
        From `open_session`.
    url
        Of the file.
    part
        What is there already, perhaps nothing.
    patience
        How long to wait and how often to try.
    unless
        Edition that need not be sent again.
    needs_length
        Whether the server must say how long the file is, because nothing else tells half a file
        from a whole one.
    progress
        Called with (bytes so far, all bytes or `None`).

    Returns
    -------
    bool
        False where the server still has the edition `unless`.

    Raises
    ------
    InputError
        When the server refuses, is something else than a file server, or keeps breaking off.
    """
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
        if failures >= patience.attempts:
            kept = f"; {part.size:,} bytes are kept for next time" if part.edition(url) else ""
            expected = f"the whole file: it broke off {failures} times ({_plain(cause)}){kept}"
            raise InputError(Fault(url, "", "", None, expected)) from cause
        time.sleep(patience.pause_seconds * 2.0 ** (failures - 1))


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
    timeout = (patience.connect_seconds, patience.silent_seconds)
    with session.get(url, stream=True, timeout=timeout, headers=headers) as answer:
        if answer.status_code == _UNCHANGED and unless and not edition:
            return False
        start, total = _begin(answer, part, start if edition else 0)
        chunked = "chunked" in answer.headers.get("Transfer-Encoding", "").lower()
        if total is None and needs_length and not chunked:
            expected = "a length or a checksum: without either half a file passes for a whole one"
            raise InputError(Fault(url, "", "Content-Length", None, expected))
        part.note(url, _edition(answer))
        with part.path.open("ab" if start else "wb") as file:
            done = start
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
        if total is not None and done != total:
            msg = f"{done:,} of {total:,} bytes came"
            raise _BrokenError(msg)
    return True


def _begin(answer: requests.Response, part: Part, asked: int) -> tuple[int, int | None]:
    """Byte at which the answer begins, and the length of the whole file where it says so."""
    if answer.status_code == _NO_SUCH_RANGE and asked:
        part.remove()
        msg = "the server has less than was fetched before"
        raise _BrokenError(msg)
    _check_status(answer)
    if answer.status_code != _PART:
        said = answer.headers.get("Content-Length", "")
        return 0, int(said) if said.isdigit() else None
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
        expected = "a file, not a web page (the address may have changed, or the network asks for"
        raise InputError(Fault(answer.url, "", "Content-Type", kind, f"{expected} a login)"))


def _edition(answer: requests.Response) -> str:
    """Say with what a range may be asked for; empty where the server gives nothing."""
    tag = answer.headers.get("ETag", "")
    if tag.startswith('"'):  # a weak one (W/) does not promise the same bytes
        return tag
    return answer.headers.get("Last-Modified", "")


def _unreachable(url: str, error: requests.RequestException) -> InputError:
    return InputError(Fault(url, "", "", None, f"an address that answers ({_plain(error)})"))


def _plain(error: Exception) -> str:
    """Say what went wrong without the innards of the library."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or a connection that broke off"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    return str(error) or type(error).__name__
