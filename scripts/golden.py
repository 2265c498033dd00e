"""Keep what every command writes as text, and hold another recording beside it.

``golden.toml`` lists the commands and the small worlds that they run on; ``PYTHONPATH`` decides
which checkout is measured. What cannot be the same twice (times, hashes, versions, paths) is
replaced by a word and never removed.

Example::

    python scripts/golden.py record before --quick
    python scripts/golden.py compare before after --digits 9
"""

from __future__ import annotations

import argparse
import csv
import difflib
import io
import itertools
import math
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from _golden_texts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LIST = Path(__file__).with_name("golden.toml")
_MARK = "recorded.txt"
_SCREEN, _HELP = "400", "100"
_WORDS = (
    # whether the matrix was in the cache depends on which command came first
    (
        re.compile(
            r"^(Reistijden|Travel times): (uit de cache|from the cache|.*(berekend|computed))\.\n"
            r"((Rekenwijze|Engine): .*\n)?",
            re.MULTILINE,
        ),
        "<matrix>\n",
    ),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (
        re.compile(
            r"\b(impact-reistijd|python|geopandas|networkx|numpy|pandas|scipy|shapely) [\d.]+\d"
        ),
        r"\1 <version>",
    ),
)
_FLOAT = re.compile(r"[-+]?\d+\.\d+(?:e[-+]?\d+)?|[-+]?\d+e[-+]?\d+", re.IGNORECASE)
_MANY = 4_000_000

Line = tuple[int, str]
"""Its number, from one, and what it says."""


@dataclass(frozen=True)
class Command:
    """Lines of the command line that belong together, in a folder of their own."""

    name: str
    steps: tuple[str, ...]
    files: dict[str, str]
    quick: bool = False
    extract: str = ""


@dataclass(frozen=True)
class Difference:
    """What stands at one place of two recordings."""

    place: str
    was: str
    now: str


def commands(chosen: Sequence[str] | None, *, quick: bool) -> list[Command]:
    """Read the list of commands, or those of it that are asked for."""
    table = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    found = []
    for each in table["command"]:
        files = dict(table["world"][each["world"]]) if "world" in each else {}
        files |= each.get("files", {})
        for name, before, after in each.get("changes", ()):
            if files[name].count(before) != 1:
                msg = f"{each['name']}: {before!r} does not stand once in {name}"
                raise ValueError(msg)
            files[name] = files[name].replace(before, after)
        rest = {key: each[key] for key in ("quick", "extract") if key in each}
        found.append(Command(each["name"], tuple(each["steps"]), files, **rest))
    unknown = set(chosen or ()) - {each.name for each in found}
    if unknown:
        known = ", ".join(each.name for each in found)
        msg = f"no command {', '.join(sorted(unknown))}; known: {known}"
        raise SystemExit(msg)
    return [
        each for each in found if (not quick or each.quick) and (not chosen or each.name in chosen)
    ]


def tidy(text: str, paths: dict[str, str]) -> str:
    """Replace paths, times and hashes by a word each."""
    for path, word in paths.items():
        text = text.replace(path, word)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    for day in {datetime.now(tz=UTC).date(), datetime.now().astimezone().date()}:
        text = re.sub(rf"{day}([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?", "<time>", text)
        for form in (f"{day.day}-{day.month}-{day.year}", f"{day.day} {day:%B %Y}"):
            text = text.replace(form, "<today>")
    return text


def run_command(command: Command, base: Path, target: Path, paths: dict[str, str]) -> str:
    """Run the steps of a command in a folder below `base`; keep what they say and write."""
    folder = base / command.name
    folder.mkdir()
    shutil.rmtree(target / command.name, ignore_errors=True)
    kept = target / command.name
    kept.mkdir()
    extract = Path(os.environ.get("IMPACT_SHARED", "")) / "osm" / command.extract
    if command.extract and not ("IMPACT_SHARED" in os.environ and extract.is_file()):
        why = f"left out: no {command.extract} below IMPACT_SHARED"
        (kept / "screen.txt").write_text(why + "\n", encoding="utf-8")
        return why
    for name, text in command.files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    own = {path.resolve() for path in folder.iterdir()}
    paths = {str(folder): "<folder>", **paths}
    if command.extract:
        paths[str(extract)] = "<extract>"
    began = time.monotonic()
    said = []
    for step in command.steps:
        words = [str(extract) if word == "EXTRACT" else word for word in shlex.split(step)]
        width = _HELP if "--help" in words else _SCREEN
        done = subprocess.run(
            [sys.executable, "-m", "impact", *words],
            cwd=folder,
            env=_environment(base) | {"COLUMNS": width},
            capture_output=True,
            text=True,
            check=False,
        )
        said += [f"$ impact {step}", done.stdout, done.stderr, f"exit {done.returncode}", ""]
    (kept / "screen.txt").write_text(tidy("\n".join(said), paths), encoding="utf-8")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve() not in own:
            text = text_of(path.name, path.read_bytes())
            place = kept / path.relative_to(folder).with_name(f"{path.name}.txt")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(tidy(text, paths), encoding="utf-8", newline="")
    shutil.rmtree(folder)
    return f"{time.monotonic() - began:.1f} s"


def _environment(base: Path) -> dict[str, str]:
    """Environment of a command: a cache of its own, one thread per library, no colours."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(str(Path(path).resolve()) for path in paths if path)
    own = {"XDG_CACHE_HOME": str(base / "cache"), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    return os.environ | own | ({"PYTHONPATH": absolute} if absolute else {})


def record(target: Path, chosen: list[Command]) -> int:
    """Run the commands, two at a time, and write what they give below `target`."""
    if target.is_dir() and any(target.iterdir()) and not (target / _MARK).is_file():
        print(f"{target} holds files that are no recording: name another folder")
        return 2
    target.mkdir(parents=True, exist_ok=True)
    (target / _MARK).write_text("Written by golden.py.\n", encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="golden") as name:
        base = Path(name).resolve()
        where = "import impact, pathlib; print(pathlib.Path(impact.__file__).parents[1])"
        asked = [sys.executable, "-c", where]
        found = subprocess.check_output(asked, cwd=base, env=_environment(base), text=True).strip()
        print(f"measured: {found}")
        paths = {str(base): "<base>", found: "<checkout>"}
        job = partial(run_command, base=base, target=target, paths=paths)
        with ThreadPoolExecutor(2) as pool:
            for each, outcome in zip(chosen, pool.map(job, chosen), strict=True):
                print(f"{each.name:24} {outcome}", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor seconds of the commands: {used.ru_utime + used.ru_stime:.0f}")
    return 0


def same(was: str, now: str, digits: int | None) -> bool:
    """Whether two texts are equal, or equal but for floats that agree to so many digits."""
    if was == now:
        return True
    if digits is None or _FLOAT.split(was) != _FLOAT.split(now):
        return False
    pairs = zip(_FLOAT.findall(was), _FLOAT.findall(now), strict=True)
    close = partial(math.isclose, rel_tol=0.5 * 10.0 ** (1 - digits))
    return all(close(float(a), float(b)) for a, b in pairs)


def differences(was: str, now: str, digits: int | None, *, table: bool) -> Iterator[Difference]:
    """Differences between two texts, line by line; of a table cell by cell."""
    before, after = was.split("\n"), now.split("\n")
    columns, others = (
        next(csv.reader(lines[:1]), []) if table else [] for lines in (before, after)
    )
    if set(columns) != set(others) and len(set(columns) & set(others)) > 1:
        gone, new = (
            ", ".join(name for name in one if name not in two)
            for one, two in ((columns, others), (others, columns))
        )
        yield Difference("columns that only one has", gone, new)
        columns = [name for name in columns if name in others]
        before, after = (_only(columns, text) for text in (was, now))
    for old, new_line in _aligned(before, after, digits):
        if old is None or new_line is None:
            at = f"row {(new_line if old is None else old)[0]}"  # type: ignore[index]
            yield Difference(at, *(_cut(each and each[1]) for each in (old, new_line)))
        elif not same(old[1], new_line[1], digits):
            yield from _in_line(old, new_line[1], columns, digits)


def _in_line(old: Line, now: str, columns: list[str], digits: int | None) -> Iterator[Difference]:
    row, was = old
    cells = [next(csv.reader([line]), []) for line in (was, now)]
    if row > 1 and len(columns) == len(cells[0]) == len(cells[1]) > 1:
        for column, left, right in zip(columns, *cells, strict=True):
            if not same(left, right, digits):
                yield Difference(f"row {row}, {column}", _cut(left), _cut(right))
    else:
        at = max(_shared(was, now) - 40, 0)
        yield Difference(f"row {row}", _cut(was, at), _cut(now, at))


def _only(columns: list[str], text: str) -> list[str]:
    """Keep the lines of a table, with these columns alone."""
    kept = io.StringIO()
    table = csv.DictWriter(kept, columns, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(csv.DictReader(io.StringIO(text, newline="")))
    return kept.getvalue().split("\n")


def _aligned(
    before: list[str], after: list[str], digits: int | None
) -> Iterator[tuple[Line | None, Line | None]]:
    """Pair the lines of two texts; a line that only one has is paired with nothing."""
    first, second = (list(enumerate(side, 1)) for side in (before, after))
    if len(first) == len(second):
        yield from zip(first, second, strict=True)
        return
    start = _shared(before, after)
    rest = [side[start:] for side in (before, after)]
    end = _shared(rest[0][::-1], rest[1][::-1])
    rest = [side[: len(side) - end] for side in rest]
    if len(rest[0]) * len(rest[1]) > _MANY:
        yield from itertools.zip_longest(first[start:], second[start:])
        return
    if digits is not None:
        shape = f".{digits}g"
        rest = [[_FLOAT.sub(lambda m: f"{float(m[0]):{shape}}", x) for x in side] for side in rest]
    for _, a, b, c, d in difflib.SequenceMatcher(None, *rest, autojunk=False).get_opcodes():
        pairs = (first[start + a : start + b], second[start + c : start + d])
        yield from itertools.zip_longest(*pairs)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """How long two texts, or two lists of lines, are the same from their beginning."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _cut(text: str | None, at: int = 0, width: int = 160) -> str:
    if text is None:
        return "(no such row)"
    return ("…" if at else "") + text[at : at + width] + ("…" if len(text) > at + width else "")


def compare(
    first: Path, second: Path, chosen: set[str] | None, digits: int | None, cap: int
) -> int:
    """Print every difference between two recordings, at most `cap` per file; 1 if any."""
    sides = [
        {
            str(path.relative_to(side)): path
            for path in side.rglob("*.txt")
            if path.name != _MARK and (not chosen or path.relative_to(side).parts[0] in chosen)
        }
        for side in (first, second)
    ]
    wrong = total = 0
    for name in sorted(sides[0].keys() | sides[1].keys()):
        if name not in sides[0] or name not in sides[1]:
            print(f"{name}: only in {first if name in sides[0] else second}")
            wrong += 1
            continue
        was, now = (side[name].read_bytes().decode() for side in sides)
        found = list(differences(was, now, digits, table=name.endswith(".csv.txt")))
        if found:
            wrong, total = wrong + 1, total + len(found)
            print(f"{name}: {len(found)} differences")
            for each in found[:cap]:
                print(f"  {each.place}\n    was {each.was}\n    is  {each.now}")
            if len(found) > cap:
                print(f"  and {len(found) - cap} more")
    files = len(sides[0].keys() | sides[1].keys())
    print(f"{files} files compared, {wrong} differ, in {total} places")
    return int(wrong > 0 or files == 0)


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    recording = parts.add_parser("record", help="run the commands and keep what they write")
    recording.add_argument("folder", type=Path)
    comparing = parts.add_parser("compare", help="print every difference; exit 1 if any")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    comparing.add_argument("--digits", type=int, help="floats agree to so many; default: as text")
    comparing.add_argument("--cap", type=int, default=20, help="differences printed per file")
    for each in (recording, comparing):
        each.add_argument("--only", nargs="+", metavar="NAME", help="these commands alone")
        each.add_argument("--quick", action="store_true", help="a small set")
    asked = parser.parse_args()
    chosen = commands(asked.only, quick=asked.quick)
    if asked.part == "record":
        return record(asked.folder, chosen)
    names = {each.name for each in chosen} if asked.only or asked.quick else None
    return compare(asked.first, asked.second, names, asked.digits, asked.cap)


if __name__ == "__main__":
    sys.exit(main())
