"""Downloads from a server on loopback that misbehaves."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import numpy as np
import pytest
from misbehaving import Behaviour, serving

from impact.errors import InputError, OutputError
from impact.fetch import download as transfer
from impact.fetch.download import Download, Patience, download

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = Patience(connect_seconds=5.0, silent_seconds=5.0, attempts=3, pause_seconds=0.0)
OLD = b"the good file of last year"


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file of 100 kB be as a large one; what breaks off in these tests does so at a piece."""
    monkeypatch.setattr(transfer, "_BLOCK", 10_000)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def told() -> Behaviour:
    return Behaviour()


@pytest.fixture
def server(told: Behaviour) -> Iterator[str]:
    with serving(told) as address:
        yield address


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "file.pbf"


def get(server: str, target: Path, **options: object) -> Download:
    return download(f"{server}/file.pbf", target, patience=QUICK, **options)


def with_md5(server: str, target: Path, **options: object) -> Download:
    return get(server, target, md5_url=f"{server}/file.pbf.md5", **options)


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_comes_over_and_is_described(told: Behaviour, server: str, target: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    got = with_md5(server, target, progress=lambda *each: seen.append(each))
    assert target.read_bytes() == told.content
    assert (got.fresh, got.record.checked, got.record.size) == (True, "md5", len(told.content))
    assert got.record.sha256 == hashlib.sha256(told.content).hexdigest()
    assert seen[-1] == (len(told.content), len(told.content))
    assert left(target) == ["file.pbf", "file.pbf.source.json"]
    record = json.loads((target.parent / "file.pbf.source.json").read_text(encoding="utf-8"))
    assert record["url"] == f"{server}/file.pbf"


def test_what_is_there_is_not_fetched_again(told: Behaviour, server: str, target: Path) -> None:
    with_md5(server, target)
    told.content = b"newer"
    asked = len(told.requests)
    assert not with_md5(server, target).fresh
    assert len(told.requests) == asked


@pytest.mark.parametrize("validator", ["tag", "date", "md5"])
def test_refresh_asks_and_fetches_only_what_is_newer(
    validator: str, told: Behaviour, server: str, target: Path
) -> None:
    told.tag = '"one"' if validator == "tag" else ""
    told.date = "Sat, 01 Nov 2025 00:00:00 GMT" if validator == "date" else ""
    fetch = with_md5 if validator == "md5" else get
    fetch(server, target)
    before = target.stat().st_mtime_ns
    assert not fetch(server, target, refresh=True).fresh
    assert target.stat().st_mtime_ns == before
    told.content, told.tag, told.date = b"newer", '"two"', "Sun, 02 Nov 2025 00:00:00 GMT"
    assert fetch(server, target, refresh=True).fresh
    assert target.read_bytes() == b"newer"


def test_cut_off_half_way_it_goes_on_where_it_stopped(
    told: Behaviour, server: str, target: Path
) -> None:
    told.cuts = [50_000, 30_000]
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert told.asked == ["", "bytes=50000-", "bytes=80000-"]


def test_progress_resets_the_patience(told: Behaviour, server: str, target: Path) -> None:
    # ten breaks with three attempts: each time there was a bit more
    told.cuts = [10_000] * 10
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert len(told.asked) == 11


def test_a_later_call_resumes_too(told: Behaviour, server: str, target: Path) -> None:
    told.cuts, told.cut_always = [70_000], 0
    with pytest.raises(InputError, match=r"70,000 of 102,400|broke off 3 times.*70,000 bytes are"):
        with_md5(server, target)
    assert left(target) == ["file.pbf.part", "file.pbf.part.json"]
    told.cut_always = None
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert told.asked[-1] == "bytes=70000-"
    assert left(target) == ["file.pbf", "file.pbf.source.json"]


@pytest.mark.parametrize("validator", ["tag", "date", "weak tag", "none"])
def test_only_the_same_edition_is_resumed(
    validator: str, told: Behaviour, server: str, target: Path
) -> None:
    first = {"tag": '"one"', "weak tag": 'W/"one"'}.get(validator, "")
    told.tag = first
    told.date = "Sat, 01 Nov 2025 00:00:00 GMT" if validator == "date" else ""
    told.cuts, told.cut_always = [70_000], 0
    with pytest.raises(InputError):
        get(server, target)
    told.cut_always = None
    told.content = bytes(reversed(told.content))
    told.tag = first.replace("one", "two")
    told.date = "Sun, 02 Nov 2025 00:00:00 GMT" if validator == "date" else ""
    get(server, target)
    assert target.read_bytes() == told.content


def test_without_ranges_it_starts_again(told: Behaviour, server: str, target: Path) -> None:
    told.ranges, told.cuts = False, [60_000]
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert told.asked == ["", "bytes=60000-"]


def test_without_ranges_it_gives_up_in_the_end(told: Behaviour, server: str, target: Path) -> None:
    told.ranges, told.cut_always = False, 60_000
    with pytest.raises(InputError, match="the whole file: it broke off 3 times"):
        with_md5(server, target)
    assert not target.exists()


def test_another_range_than_asked_for_is_not_pasted_in(
    told: Behaviour, server: str, target: Path
) -> None:
    told.cuts, told.wrong_range = [60_000], True
    get(server, target)
    assert target.read_bytes() == told.content
    assert told.asked == ["", "bytes=60000-", ""]


def test_a_file_that_became_shorter_is_fetched_anew(
    told: Behaviour, server: str, target: Path
) -> None:
    told.cuts, told.cut_always = [70_000], 0
    with pytest.raises(InputError):
        get(server, target)
    told.cut_always, told.content = None, told.content[:1000]
    get(server, target)
    assert target.read_bytes() == told.content
    assert told.asked[-2:] == ["bytes=70000-", ""]


def test_a_slow_server_is_waited_for(told: Behaviour, server: str, target: Path) -> None:
    # longer in all than the longest silence that is borne
    told.pause, told.pieces = 0.1, 8
    patient = Patience(5.0, 0.5, 1, 0.0)
    download(f"{server}/file.pbf", target, patience=patient)
    assert target.read_bytes() == told.content


def test_a_silent_server_is_not(told: Behaviour, server: str, target: Path) -> None:
    told.pause = 0.2
    with pytest.raises(InputError, match="broke off 2 times"):
        download(f"{server}/file.pbf", target, patience=Patience(5.0, 0.05, 2, 0.0))
    assert not target.exists()


@pytest.mark.parametrize("failures", [[500], [503, 502], [429]])
def test_a_busy_server_is_asked_again(
    failures: list[int], told: Behaviour, server: str, target: Path
) -> None:
    told.failures = list(failures)
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert len(told.asked) == len(failures) + 1


def test_a_server_that_stays_busy_is_named(told: Behaviour, server: str, target: Path) -> None:
    told.failures = [503] * 9
    with pytest.raises(InputError, match=r"/file.pbf, status: found '503 Service Unavailable'"):
        get(server, target)
    assert len(told.asked) == QUICK.attempts


def test_not_found_is_said_at_once(told: Behaviour, server: str, target: Path) -> None:
    with pytest.raises(InputError, match="found '404 Not Found', expected 200 OK and a file"):
        download(f"{server}/absent", target, patience=QUICK)
    assert len(told.requests) == 1
    with pytest.raises(InputError, match=r"absent, status: found '404 Not Found'"):
        get(server, target, md5_url=f"{server}/absent")
    assert left(target) == []


def test_a_redirect_is_followed(told: Behaviour, server: str, target: Path) -> None:
    told.redirect, told.cuts = True, [50_000]
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert [path for path, _ in told.requests if "md5" not in path] == [
        *("/file.pbf", "/moved/file.pbf", "/file.pbf", "/moved/file.pbf")
    ]
    assert told.asked[-1] == "bytes=50000-"


def test_redirects_in_a_circle_end(told: Behaviour, server: str, target: Path) -> None:
    told.loop = True
    with pytest.raises(InputError, match="redirects"):
        get(server, target)


def test_a_wrong_checksum_leaves_the_old_file(told: Behaviour, server: str, target: Path) -> None:
    with_md5(server, target)
    old = target.read_bytes()
    told.content, told.tag, told.md5 = b"not what it should be", '"two"', "0" * 32
    with pytest.raises(InputError, match=r"md5: found '[0-9a-f]{32}', expected 0{32}, as announc"):
        with_md5(server, target, refresh=True)
    assert target.read_bytes() == old
    assert left(target) == ["file.pbf", "file.pbf.source.json"]


def test_a_known_sha256_counts(told: Behaviour, server: str, target: Path) -> None:
    with pytest.raises(InputError, match="sha256: found"):
        get(server, target, sha256="0" * 64)
    right = hashlib.sha256(told.content).hexdigest()
    assert get(server, target, sha256=right).record.checked == "sha256"


def test_a_spoilt_half_is_thrown_away_once(told: Behaviour, server: str, target: Path) -> None:
    told.cuts, told.cut_always = [70_000], 0
    with pytest.raises(InputError):
        with_md5(server, target)
    told.cut_always = None
    part = target.with_name("file.pbf.part")
    part.write_bytes(b"x" * 70_000)
    with_md5(server, target)
    assert target.read_bytes() == told.content
    assert told.asked[-2:] == ["bytes=70000-", ""]


def test_a_checksum_that_is_none_is_refused(server: str, told: Behaviour, target: Path) -> None:
    told.md5 = "<html>"
    with pytest.raises(InputError, match="an MD5 checksum of 32 hexadecimal digits"):
        with_md5(server, target)


def test_a_web_page_is_no_file(told: Behaviour, server: str, target: Path) -> None:
    told.kind = "text/html; charset=utf-8"
    with pytest.raises(InputError, match="a file, not a web page"):
        get(server, target)
    assert left(target) == []


def test_without_length_or_checksum_nothing_is_believed(
    told: Behaviour, server: str, target: Path
) -> None:
    told.length = False
    with pytest.raises(InputError, match="a length or a checksum"):
        get(server, target)
    assert with_md5(server, target).record.checked == "md5"
    assert target.read_bytes() == told.content


def test_chunks_say_themselves_when_they_end(told: Behaviour, server: str, target: Path) -> None:
    told.chunked, told.cuts = True, [40_000]
    get(server, target)
    assert target.read_bytes() == told.content


def test_a_failed_refresh_leaves_the_old_file(told: Behaviour, server: str, target: Path) -> None:
    get(server, target)
    old = target.read_bytes()
    told.content, told.tag, told.cut_always = b"n" * 9000, '"two"', 100
    told.ranges = False
    with pytest.raises(InputError, match="broke off"):
        get(server, target, refresh=True)
    assert target.read_bytes() == old


def test_a_file_that_was_not_fetched_is_left_alone(server: str, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(OLD)
    with pytest.raises(OutputError, match="was not fetched from"):
        get(server, target)
    assert target.read_bytes() == OLD
    assert get(server, target, refresh=True).fresh


def test_a_full_disk_leaves_nothing_half(
    server: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open

    def open_(self: Path, mode: str = "r", *rest: object, **named: object) -> object:
        file = opened(self, mode, *rest, **named)
        return Full(file) if self.suffix == ".part" and mode in {"ab", "wb"} else file

    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(OutputError, match=r"cannot be written \(no space left on device\)"):
        get(server, target)
    assert left(target) == []


def test_a_server_that_is_not_there_is_named(target: Path) -> None:
    with pytest.raises(InputError, match=r"127.0.0.1:9/file.pbf: expected the whole file"):
        get("http://127.0.0.1:9", target)
    with pytest.raises(InputError, match="an address that answers"):
        get("http://127.0.0.1:9", target, md5_url="http://127.0.0.1:9/file.pbf.md5")
    with pytest.raises(InputError, match="an address that answers"):
        get("ftp://127.0.0.1", target)


def test_the_proxy_of_the_environment_is_used(
    told: Behaviour, server: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server)
    download("http://extracts.invalid/file.pbf", target, patience=QUICK)
    assert target.read_bytes() == told.content
    # a proxy gets the whole address
    assert told.requests[0][0] == "http://extracts.invalid/file.pbf"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    get(server, target.with_name("direct.pbf"))
    assert told.requests[-1][0] == "/file.pbf"


def test_bytes_are_asked_for_as_they_are(told: Behaviour, server: str, target: Path) -> None:
    get(server, target)
    assert told.requests[0][1]["Accept-Encoding"] == "identity"


def test_large_files_pass_in_pieces(told: Behaviour, server: str, target: Path) -> None:
    seen: list[int] = []
    get(server, target, progress=lambda done, _: seen.append(done))
    assert target.read_bytes() == told.content
    assert seen == sorted(seen)
    assert len(seen) >= len(told.content) // 10_000


@pytest.mark.parametrize("location", ["http://[::1", "http://", "//", "http://\u0130/"])
def test_a_redirect_to_no_address_is_refused(
    location: str, told: Behaviour, server: str, target: Path
) -> None:
    told.redirect, told.location = True, location.encode("ascii", "ignore").decode()
    with pytest.raises(InputError, match=r"an address that answers|redirects|status"):
        get(server, target)
    assert left(target) == []


def test_what_is_compressed_on_the_way_arrives(told: Behaviour, server: str, target: Path) -> None:
    told.content = "".join(f"{each},{each % 977}\n" for each in range(1000, 9999)).encode()
    told.packed = True
    got = get(server, target)
    assert target.read_bytes() == told.content
    assert got.record.size == len(told.content)


def test_half_of_what_is_compressed_is_not_resumed(
    told: Behaviour, server: str, target: Path
) -> None:
    told.content = np.random.default_rng(1).bytes(100_000)
    told.packed, told.cuts = True, [70_000]
    get(server, target)
    assert target.read_bytes() == told.content
    assert told.asked == ["", ""]


def test_what_grows_without_end_is_refused(told: Behaviour, server: str, target: Path) -> None:
    told.content, told.packed = bytes(50_000_000), True
    with pytest.raises(InputError, match="Content-Encoding: found 'gzip', expected at most 50"):
        get(server, target)
    assert left(target) == []


def test_a_checksum_that_grows_is_refused(told: Behaviour, server: str, target: Path) -> None:
    told.checksum, told.packed = bytes(50_000_000), True
    with pytest.raises(InputError, match="an MD5 checksum of 32 hexadecimal digits, not compr"):
        with_md5(server, target)
    told.packed = False
    with pytest.raises(InputError, match="an MD5 checksum of 32 hexadecimal digits"):
        with_md5(server, target)


def test_an_empty_answer_is_no_file(told: Behaviour, server: str, target: Path) -> None:
    told.content = b""
    with pytest.raises(InputError, match="length: found '0', expected a file that is not empty"):
        get(server, target)
    assert left(target) == []


def test_another_attempt_is_announced(told: Behaviour, server: str, target: Path) -> None:
    said: list[tuple[str, float]] = []
    told.failures = [503]
    patience = Patience(5.0, 5.0, 3, 0.001)
    tell = {"retrying": lambda cause, seconds: said.append((cause, seconds))}
    download(f"{server}/file.pbf", target, patience=patience, **tell)
    assert said == [("503 Service Unavailable", 0.001)]

    said.clear()
    other = target.with_name("other.pbf")
    with pytest.raises(InputError, match="broke off 3 times"):
        download("http://127.0.0.1:9/file.pbf", other, patience=patience, **tell)
    # 25 attempts in silence, before
    assert [seconds for _, seconds in said] == [0.001, 0.002]
    url = "http://127.0.0.1:9/file.pbf"
    with pytest.raises(InputError, match="an address that answers"):
        download(url, other, md5_url=f"{url}.md5", patience=patience, **tell)
    assert len(said) == 4


def test_a_body_without_an_end_is_left_at_a_limit(
    told: Behaviour, server: str, target: Path
) -> None:
    told.chunked = True
    told.content = b"x" * 500_000
    few = Patience(pause_seconds=0.0, most_untold=200_000)
    with pytest.raises(InputError, match="without one at most 200,000 bytes are taken"):
        download(f"{server}/file.pbf", target, patience=few)
    assert left(target) == []
    # a length says where it ends
    told.chunked = False
    download(f"{server}/file.pbf", target, patience=few)
    assert target.read_bytes() == told.content
