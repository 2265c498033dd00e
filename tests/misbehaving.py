"""A server on loopback that behaves badly, as told."""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Behaviour:
    """What the server has, and how badly it serves it.

    `failures` are statuses that it gives before it serves; `cuts` are numbers of bytes after which
    it hangs up, one per answer; `pause` seconds pass before each piece of an answer; `packed`
    answers are compressed.
    """

    content: bytes = bytes(range(256)) * 400
    tag: str = '"one"'
    date: str = ""
    failures: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    cut_always: int | None = None
    pause: float = 0.0
    pieces: int = 4
    ranges: bool = True
    wrong_range: bool = False
    length: bool = True
    chunked: bool = False
    redirect: bool = False
    loop: bool = False
    location: str = "/moved/file.pbf"
    packed: bool = False
    kind: str = "application/octet-stream"
    md5: str | None = None
    checksum: bytes = b""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """Range of each request for the file; empty for the whole."""
        return [headers.get("Range", "") for path, headers in self.requests if "md5" not in path]


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """Serve on a free port of loopback; gives the address without a path."""

    class Handler(_Handler):
        told = behaviour

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # an answer that goes on after its test would write into the next

    def handle_error(self, request: object, client_address: object) -> None:
        """Bear with clients that hang up; say what else is wrong."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    told: Behaviour
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = self.told
        told.requests.append((self.path, dict(self.headers)))
        self.close_connection = True
        if self.path.endswith(".md5"):
            content = hashlib.md5(told.content, usedforsecurity=False).hexdigest()
            self._send(200, told.checksum or f"{told.md5 or content}  file.pbf\n".encode())
        elif self.path.endswith("absent"):
            self._send(404, b"no")
        elif told.loop or (told.redirect and "moved" not in self.path):
            self._send(302, b"", {"Location": told.location})
        elif told.failures:
            self._send(told.failures.pop(0), b"busy")
        else:
            self._serve()

    def _serve(self) -> None:
        told, start = self.told, 0
        headers = {"ETag": told.tag} if told.tag else {}
        headers |= {"Last-Modified": told.date} if told.date else {}
        known = [each for each in (told.tag, told.date) if each]
        if self.headers.get("If-None-Match", "") in known or (
            told.date and self.headers.get("If-Modified-Since") == told.date
        ):
            self._send(304, b"", headers)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        status = 200
        if asked and told.ranges and self.headers.get("If-Range") in known:
            start, status = int(asked[1]), 206
            if start >= len(told.content):
                self._send(416, b"", {"Content-Range": f"bytes */{len(told.content)}"})
                return
            shown = start + 1 if told.wrong_range else start
            last = len(told.content) - 1
            headers["Content-Range"] = f"bytes {shown}-{last}/{len(told.content)}"
        self._send(status, told.content[start:], headers, whole=False)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        whole: bool = True,
    ) -> None:
        told = self.told
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if told.packed:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Connection", "close")
        self.send_header("Content-Type", "text/plain" if whole else told.kind)
        chunked = told.chunked and not whole
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif told.length or whole:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if whole:
            self.wfile.write(body)
            return
        cut = told.cuts.pop(0) if told.cuts else told.cut_always
        sent = body if cut is None else body[:cut]
        step = max(1, len(sent) // told.pieces)
        for first in range(0, len(sent), step):
            time.sleep(told.pause)
            piece = sent[first : first + step]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()
        if chunked and cut is None:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
