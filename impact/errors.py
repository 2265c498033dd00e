"""Errors: one family, each also the nearest builtin.

A user of the command line sees the message and exit code 2; a user of the library catches
`ImpactError`, or the builtin that fits.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from impact.messages import Said, Verbatim, in_words, recognised, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SHOWN_FAULTS = 20
_STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys instead of showing, but for ends of lines."""
_REFUSED = "{path}: cannot be used ({reason})"
_LEAST_PART = 3
"""Characters that say something where they occur inside a longer name."""

_REASONS = {
    errno.ENOENT: "no such file or directory",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.EISDIR: "is a directory",
    errno.ENOTDIR: "not a directory",
    errno.ENOTEMPTY: "directory not empty",
    errno.EEXIST: "file exists",
    errno.ENOSPC: "no space left on device",
    errno.EROFS: "read-only file system",
    errno.ENAMETOOLONG: "file name too long",
    errno.ELOOP: "too many levels of symbolic links",
    errno.EIO: "input/output error",
    errno.EMFILE: "too many open files",
}
"""Why the system cannot do something with a file; the words are the keys of translations."""


_OF_LIBRARIES = (
    "File is not a zip file",
    "Bad CRC-32 for file {name}",
    "PBF error: unexpected EOF",
    "PBF error: {what}",
    "XML parsing error at line {line}, column {column}: {what}",
    "not well-formed (invalid token): line {line}, column {column}",
    "unclosed token: line {line}, column {column}",
)
"""What libraries say of a file that they cannot read, as wordings that can be translated."""


class ImpactError(Exception):
    """Root of everything that this package raises on purpose."""

    def words(self, catalogue: Mapping[str, str]) -> str:
        """Say what is wrong in the language of a catalogue of `impact.messages`."""
        text = "\n".join(in_words(line, catalogue) for line in self.lines())
        # a path or an option may hold anything
        return _STEERS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

    def lines(self) -> tuple[str, ...]:
        """Return what is wrong, line by line."""
        return tuple(each if isinstance(each, str) else str(each) for each in self.args[:1])


@dataclass(frozen=True)
class Fault:
    r"""One thing that is wrong with an input, and where.

    Attributes
    ----------
    source
        File (or argument) that holds the fault.
    where
        Row, line or key path inside it; empty when the whole file is meant.
    field
        Column or key; empty when none applies.
    value
        What was found, as text; `None` when nothing was found. One that we say ourselves is `Said`.
    expected
        What would have been right.
    nearest
        Known names that look like the value.

    Examples
    --------
    >>> print(Fault("pc4.csv", "row 3", "lat", "north", "a number of degrees"))
    pc4.csv, row 3, lat: found 'north', expected a number of degrees
    >>> print(Fault("study.toml", "", "\x1b[31mred", None, "a known key"))
    study.toml, \x1b[31mred: expected a known key
    """

    source: str
    where: str
    field: str
    value: str | None
    expected: str
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.message())

    def message(self) -> Said:
        """Return what is wrong in English, for `impact.messages.in_words` to translate."""
        field = Verbatim(_printable(self.field))
        place: str = ""
        for part in (_printable(self.source), _printable(self.where), field):
            if part:
                place = said("{place}, {part}", place=place, part=part) if place else part
        said_of = {"place": place, "expected": self.expected}
        text = said("{place}: expected {expected}", **said_of)
        if self.value is not None:
            found = repr(_shorten(self.value))
            if isinstance(self.value, Said):
                found = said("'{value}'", value=self.value)
            text = said("{place}: found {found}, expected {expected}", found=found, **said_of)
        if not self.nearest:
            return text
        names = ", ".join(repr(name) for name in self.nearest)
        return said("{text}; nearest known: {names}", text=text, names=names)


def _printable(text: str) -> str:
    """Write what steers a terminal or turns the direction of writing as its code."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class InputError(ImpactError, ValueError):
    """An input that cannot be used; lists every fault at once.

    Parameters
    ----------
    faults
        What is wrong; at least one.
    """

    def __init__(self, faults: Fault | Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> tuple[str, ...]:
        """Return the first faults, and how many more there are."""
        shown = tuple(fault.message() for fault in self.faults[:_SHOWN_FAULTS])
        hidden = len(self.faults) - len(shown)
        if hidden <= 0:
            return shown
        return (*shown, said("and {count} more of the same kind", count=hidden))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Fault, ...]]]:
        """Pickle the faults rather than the message, which may come from another process."""
        return type(self), (self.faults,)


class MissingDataError(ImpactError, LookupError):
    """Something that was asked for is not in the data."""


class OutputError(ImpactError, OSError):
    """A result cannot be written where it was asked for."""


def why(error: Exception) -> str:
    """Say why the system, or a library, cannot do something with a file.

    Examples
    --------
    >>> why(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    if isinstance(error, KeyError):
        return said("{name} is missing", name=str(error))
    if not isinstance(error, OSError) or not error.strerror:
        line = next(iter(str(error).splitlines()), type(error).__name__)
        return recognised(line, _OF_LIBRARIES)
    reason = error.strerror
    return _REASONS.get(error.errno or 0, reason.lower())


_OF_THE_SYSTEM = {
    errno.EACCES,
    errno.EPERM,
    errno.ENOSPC,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EIO,
    errno.EMFILE,
}
_LOOP = "Symlink loop from {path}"
"""What `pathlib` says of links that lead to themselves."""


def refused_by_system(error: BaseException) -> OutputError | None:
    """Return what the system refuses whoever asked for it; `None` for any other error."""
    loop = recognised(str(error), [_LOOP]) if isinstance(error, RuntimeError) else None
    if isinstance(loop, Said):
        reason = _REASONS[errno.ELOOP]
        return OutputError(said(_REFUSED, path=loop.fields["path"], reason=reason))
    if isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM and error.filename:
        return OutputError(said(_REFUSED, path=str(error.filename), reason=why(error)))
    return None


def nearest_names(name: str, known: Iterable[str], *, count: int = 3) -> tuple[str, ...]:
    """Known names that look most like `name`, best first.

    Examples
    --------
    >>> nearest_names("UMC Gronigen", ["UMC Groningen", "UMC Utrecht", "Isala Zwolle"], count=1)
    ('UMC Groningen',)
    """
    by_folded: dict[str, str] = {}
    for candidate in sorted(known):
        by_folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(name.casefold(), by_folded, n=count, cutoff=0.5)
    part = name.casefold()
    inside = [key for key in by_folded if part in key and key not in matches]
    if len(part) < _LEAST_PART:
        inside = []
    return tuple(by_folded[key] for key in [*matches, *inside][:count])
