"""Write files and folders so that an interrupted run leaves the old ones or none."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from platformdirs import user_cache_path

from impact.errors import OutputError
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SHOWN = 3
_BLOCK = 1 << 20
_LEVELS = 2
"""Folders above a file in which a command may have written it: its own, and that of ``data/``."""

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
    taken = {path.resolve() for path in read}
    for path in written:
        if path is None:
            continue
        if path.is_dir():
            raise OutputError(said("{path}: cannot be written (it is a folder)", path=str(path)))
        if path.resolve() in taken:
            wording = "{path}: expected another file, this one is read or written here already"
            raise OutputError(said(wording, path=str(path)))
        taken.add(path.resolve())
        if path.exists() and _file_writer(path) != command:
            _check_file(path, command, force=force)


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
    for folder in path.resolve().parents[:_LEVELS]:
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
        kept = json.loads(_record(path).read_bytes())
        return str(kept["command"]) if kept["state"] == _state(path) else ""
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""


def _record(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    return cache_folder() / "written" / f"{name}.json"


def _state(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


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
        wording = (
            "{folder}: holds what `impact {writer}` wrote, which no other command replaces; "
            "expected another folder"
        )
        raise OutputError(said(wording, folder=str(folder), writer=writer))


def writing_command(folder: Path) -> str:
    """Return the command that wrote a folder, by its manifest; empty where that does not say."""
    try:
        about = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    if not isinstance(about, dict):
        return ""
    # those of older runs do not name it, and no other command lists the hashes of its files
    return str(about.get("command", "run" if "files" in about else ""))


def _check_output_folder(folder: Path, known: Sequence[str], *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        msg = f"{folder}: expected a folder to write into, found a file"
        raise OutputError(msg)
    if folder.is_dir():
        foreign = sorted(_foreign(folder, known))
        if foreign and not force:
            shown = ", ".join(foreign[:_SHOWN]) + (
                f", … of {len(foreign)}" if len(foreign) > _SHOWN else ""
            )
            msg = (
                f"{folder}: holds what is not ours ({shown}); expected an empty or new folder, "
                "or use --force to write beside it"
            )
            raise OutputError(msg)
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        msg = f"{folder}: cannot be written ({existing} is read-only or no folder)"
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
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, PermissionError) and path.is_file():
        reason += "; is it open in another program?"
    return OutputError(f"{path}: cannot be written ({reason})")
