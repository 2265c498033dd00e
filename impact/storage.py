"""Write files and folders so that an interrupted run leaves the old ones or none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from platformdirs import user_cache_path

from impact.errors import OutputError, why
from impact.messages import recognised, said

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

_SHOWN = 3
_BLOCK = 1 << 20
_LEVELS = 2
"""Folders above a file in which a command may have written it: its own, and that of ``data/``."""
_TOO_DEEP = "lists in lists without end"
_TOO_LONG = "a number of {count} digits"
_HALF = "half of a character"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_IN_JSON = "{what}: line {line} column {column} (char {character})"
_JSON = (
    "Expecting value",
    "Expecting property name enclosed in double quotes",
    "Expecting ':' delimiter",
    "Expecting ',' delimiter",
    "Extra data",
    "Unterminated string starting at",
    "Invalid control character at",
    "Invalid \\escape",
    "Invalid \\uXXXX escape",
    "Illegal trailing comma before end of object",
    "Illegal trailing comma before end of array",
)
"""What Python says of a text that is no JSON."""
_DIGITS = 18
"""Of the largest whole number that every column of integers holds."""

MANIFEST = "manifest.json"
"""Name of the file beside what a command writes that says what made it."""


def cache_folder() -> Path:
    """Folder of what is kept between runs: matrices, roads, downloads."""
    named = os.environ.get("IMPACT_CACHE")
    return Path(named) if named else user_cache_path("impact-reistijd", appauthor=False)


@cache
def source_hash(*rooms: str) -> str:
    """Hash of the source files of some packages of this program: what they made goes by it."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent
    for room in rooms:
        for path in sorted((package / room).rglob("*.py")):
            name = path.relative_to(package).as_posix()
            digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def allocate(file: IO[bytes], size: int) -> None:
    """Give a file room on the disk for so many bytes, before it is mapped into memory.

    Where there is none this fails as any write does; written through a mapping, the system would
    end the whole process instead.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    file.seek(0, os.SEEK_END)
    while (left := size - file.tell()) > 0:
        file.write(bytes(min(left, _BLOCK)))
    file.flush()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path that takes the place of `path` when the block ends well."""
    absent: list[Path] = []
    try:
        absent = _absent(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".impact-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        _remove_empty(absent)
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OutputError:
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
        _remove_empty(absent)


@contextmanager
def replacing_files(
    folder: Path,
    known: Sequence[str],
    *,
    command: str = "",
    outdated: Sequence[str] = (),
    force: bool = False,
) -> Iterator[Path]:
    """Give a temporary folder whose files move into `folder` when the block ends well.

    Files in folders inside `folder` are named like ``data/summary.csv``; those that are `outdated`
    make way for the new ones.
    """
    known = (*known, *outdated)
    check_output_folder(folder, known, command=command, force=force)
    absent = _absent(folder.parent)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".impact-", dir=folder.parent))
    except OSError as error:
        _remove_empty(absent)
        raise _cannot_write(folder, error) from error
    new, old = temporary / "new", temporary / "old"
    try:
        new.mkdir()
        old.mkdir()
        yield new
        if folder.is_dir():
            _swap(new, folder, old, outdated)
        else:
            new.replace(folder)
    except OutputError:
        raise
    except OSError as error:
        raise _cannot_write(_held(folder, error), error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty(absent)


def check_files(
    written: Iterable[Path | None],
    read: Iterable[Path],
    *,
    command: str,
    force: bool = False,
) -> None:
    """Refuse targets of a command that writes single files, before any work is done.

    A target is no folder, is not read, is not written twice, and where it exists this command wrote
    it. Anything else is replaced by force only, and what stands in a folder that another command
    wrote not even then.
    """
    taken = {os.path.realpath(path) for path in read}
    for path in written:
        if path is None:
            continue
        try:
            _check_target(path, taken, command, force=force)
        except OutputError:
            raise
        except OSError as error:
            raise _cannot_write(path, error) from error
        taken.add(os.path.realpath(path))


def _check_target(path: Path, taken: Container[str], command: str, *, force: bool) -> None:
    if path.is_dir():
        raise OutputError(said("{path}: cannot be written (it is a folder)", path=path))
    if os.path.realpath(path) in taken:
        msg = said(
            "{path}: expected another file, this one is read or written here already", path=path
        )
        raise OutputError(msg)
    if path.exists() and _file_writer(path) != command:
        _check_file(path, command, force=force)
    _check_writable(path, path.parent)


def record_files(command: str, *written: Path | None) -> None:
    """Remember which command wrote files: it may replace them while nobody else changes them.

    The cache folder keeps that; where it cannot, or was emptied, `check_files` asks for force.
    """
    for path in written:
        if path is None:
            continue
        with suppress(OutputError), replacing(_record(path)) as temporary:
            text = json.dumps({"command": command, "state": _state(path)})
            temporary.write_text(text, encoding="utf-8")


def _check_file(path: Path, command: str, *, force: bool) -> None:
    for folder in Path(os.path.realpath(path)).parents[:_LEVELS]:
        if (writer := writing_command(folder)) not in {"", command}:
            wording = (
                "{path}: is among what `impact {writer}` wrote, which no other command replaces; "
                "expected another name"
            )
            raise OutputError(said(wording, path=str(path), writer=writer))
    if not force:
        wording = (
            "{path}: exists, and is not what `impact {command}` wrote; "
            "expected another name, or --force to replace it"
        )
        raise OutputError(said(wording, path=str(path), command=command))


def _file_writer(path: Path) -> str:
    """Return the command that wrote a file and that nobody touched since; empty if not known."""
    try:
        kept = read_json(_record(path).read_bytes())
        return str(kept["command"]) if kept["state"] == _state(path) else ""
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _record(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return cache_folder() / "written" / f"{name}.json"


def _state(path: Path) -> str:
    about = path.stat()
    return f"{about.st_size} {about.st_mtime_ns}"


def check_output_folder(
    folder: Path, known: Sequence[str], *, command: str = "", force: bool = False
) -> None:
    """Refuse an output folder before any work is done, and always that of another command."""
    try:
        if MANIFEST in known:
            _check_writer(folder, command)
        _check_output_folder(folder, known, force=force)
    except OutputError:
        raise
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _check_writer(folder: Path, command: str) -> None:
    writer = writing_command(folder)
    if writer not in {"", command}:
        msg = said(
            "{folder}: holds what `impact {writer}` wrote, which no other command replaces; "
            "expected another folder",
            folder=folder,
            writer=writer,
        )
        raise OutputError(msg)


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 (what a file holds)
    """Read JSON that others may have written; everything that is wrong with it is a `ValueError`.

    Raises
    ------
    ValueError
        For what is no JSON, is nested too deep, or holds a number that no column can hold or half
        of a character.

    Examples
    --------
    >>> read_json('{"minutes": [1, 2.5]}')
    {'minutes': [1, 2.5]}
    >>> read_json("1" + "0" * 400)
    Traceback (most recent call last):
    ValueError: a number of 401 digits
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    try:
        found = json.loads(text, parse_int=_integer)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except UnicodeEncodeError as error:
        raise ValueError(_HALF) from error
    return found


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(said(_TOO_LONG, count=len(text.lstrip("-"))))
    return int(text)


def why_no_json(error: Exception) -> str:
    """Say what is wrong with a JSON file that cannot be read, or that `read_json` refused.

    Examples
    --------
    >>> try:
    ...     read_json("[1,")
    ... except ValueError as error:
    ...     why_no_json(error).template
    '{what}: line {line} column {column} (char {character})'
    """
    if not isinstance(error, ValueError):
        return why(error)
    text = recognised(str(error), (_IN_JSON, _TOO_LONG, _TOO_DEEP, _HALF))
    fields = dict(getattr(text, "fields", {}))
    if "what" not in fields:
        return text
    what = recognised(str(fields.pop("what")), _JSON)
    return said(_IN_JSON, what=what, **fields)


def writing_command(folder: Path) -> str:
    """Return the command that wrote a folder, by its manifest; empty where that does not say."""
    try:
        found = read_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return ""
    if not isinstance(found, dict):
        return ""
    # those of older runs do not name it, and no other command lists the hashes of its files
    return str(found.get("command", "run" if "files" in found else ""))


def _check_output_folder(folder: Path, known: Sequence[str], *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        msg = said("{folder}: expected a folder to write into, found a file", folder=folder)
        raise OutputError(msg)
    if folder.is_dir():
        foreign = sorted(_foreign(folder, known))
        if foreign and not force:
            shown = ", ".join(foreign[:_SHOWN])
            if len(foreign) > _SHOWN:
                shown = said("{names}, … of {count}", names=shown, count=len(foreign))
            msg = said(
                "{folder}: holds what is not ours ({shown}); expected an empty or new folder, "
                "or use --force to write beside it",
                folder=folder,
                shown=shown,
            )
            raise OutputError(msg)
    _check_writable(folder, folder)


def _check_writable(path: Path, folder: Path) -> None:
    """Refuse what would come into a folder that is none, or in which nothing can be made."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        msg = said(
            "{folder}: cannot be written ({existing} is read-only or no folder)",
            folder=path,
            existing=existing,
        )
        raise OutputError(msg)


def _foreign(folder: Path, known: Sequence[str]) -> Iterator[str]:
    """Names of what is in a folder and was not written by us."""
    ours = {parent.as_posix() for name in known for parent in PurePosixPath(name).parents}
    for path in folder.iterdir():
        inside = [name.removeprefix(f"{path.name}/") for name in known if "/" in name]
        if path.name in ours and path.is_dir():
            yield from (f"{path.name}/{each}" for each in _foreign(path, inside))
        elif path.name not in known or path.is_dir():
            yield path.name


def _swap(new: Path, folder: Path, old: Path, outdated: Sequence[str]) -> None:
    """Move new files in place of those of an earlier run; an error puts the earlier ones back."""
    placed: list[Path] = []
    made = [path.relative_to(new) for path in sorted(new.rglob("*")) if path.is_file()]
    absent = [each for name in made for each in _absent((folder / name).parent)]
    try:
        for name in {*made, *map(Path, outdated)}:
            if (folder / name).is_file():
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).replace(old / name)
        for name in made:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(folder / name)
            placed.append(folder / name)
    except OSError:
        for target in placed:
            target.unlink()
        for kept in old.rglob("*"):
            if kept.is_file():
                kept.replace(folder / kept.relative_to(old))
        _remove_empty(absent)
        raise


def _absent(folder: Path) -> list[Path]:
    """Folders that making this one would make, the deepest first."""
    return [each for each in (folder, *folder.parents) if not each.exists()]


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _held(folder: Path, error: OSError) -> Path:
    """Return the file of a folder that an error is about, or else the folder."""
    path = Path(error.filename) if isinstance(error.filename, str) else folder
    return path if path.is_relative_to(folder) else folder


def _cannot_write(path: Path, error: OSError) -> OutputError:
    reason = why(error)
    if isinstance(error, PermissionError) and path.is_file():
        reason = said("{reason}; is it open in another program?", reason=reason)
    return OutputError(said("{path}: cannot be written ({reason})", path=path, reason=reason))
