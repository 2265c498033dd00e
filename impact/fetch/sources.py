"""Where files come from: ``data/sources.toml``, or a file of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.study.toml import (
    Expecting,
    NotNegative,
    Prose,
    Table,
    Text,
    TomlReader,
    Words,
    key_lines,
    one_of,
    read_toml,
)
from impact.tables.text import hidden_character, read_bytes

_LONGEST_NAME = 200
"""Bytes: systems allow 255, and ours get endings such as .source.json."""

GROUPS = ("roads", "postcodes", "boundaries", "timetable")
"""Kinds of files that can be fetched."""


class SourceTable(Table):
    """A ``[[source]]`` of sources.toml."""

    group: Annotated[str, one_of(GROUPS, GROUPS[0])]
    name: Text
    title: Text
    url: Text
    licence: Text
    attribution: Text
    source: Text
    file: Words = ""
    md5_url: Words = ""
    sha256: Words = ""
    size_mb: NotNegative | None = None
    year: Words = ""
    page: Words = ""
    note: Prose = ""


class SourcesFile(Table):
    """The file sources.toml."""

    source: Annotated[
        tuple[Annotated[SourceTable, Expecting("a table [[source]]")], ...],
        Field(strict=False),
        Expecting("tables headed [[source]]", tuple),
    ]


@dataclass(frozen=True)
class Source:
    """One file that can be fetched.

    Attributes
    ----------
    group
        One of `GROUPS`.
    name
        Unique in its group.
    title
        What it holds.
    url
        Where it is.
    file
        Name under which it is kept.
    md5_url
        Text with its MD5; empty where there is none.
    sha256
        Hash, where the edition never changes; else empty.
    size_mb
        About how large, or `None`.
    year
        What it describes; empty for what changes daily.
    licence, attribution
        Terms, and who must be named.
    page
        For people.
    source
        How we know the address.
    note
        What else to know.
    """

    group: str
    name: str
    title: str
    url: str
    file: str
    md5_url: str
    sha256: str
    size_mb: float | None
    year: str
    licence: str
    attribution: str
    page: str
    source: str
    note: str


def read_sources(path: Path | str | None = None) -> tuple[Source, ...]:
    """Read the table of sources.

    Examples
    --------
    >>> [each.name for each in read_sources() if each.group == "postcodes"]
    ['pc6', 'pc4']
    """
    path = data_path("sources.toml") if path is None else Path(path)
    document, text = read_toml(path.name, read_bytes(path))
    reader = TomlReader(path.name, key_lines(text))
    tables = reader.check(SourcesFile, document).source
    sources = tuple(
        _source(reader, table, f"source[{number}]") for number, table in enumerate(tables, start=1)
    )
    reader.repeated([f"{each.group} {each.name}".strip() for each in sources], "source")
    if reader.faults:
        raise InputError(reader.faults)
    return sources


def choose_source(
    sources: tuple[Source, ...], group: str, name: str | None, *, where: str = "fetch"
) -> Source:
    """Pick one source of a group."""
    known = {each.name: each for each in sources if each.group == group}
    if not known:
        expected = said("a [[source]] of the group {name!r}", name=group)
        near = nearest_names(group, {each.group for each in sources})
        raise InputError(Fault(where, "", "group", group, expected, near))
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        expected = said("one of {names}", names=", ".join(known))
        raise InputError(Fault(where, "", group, name, expected, nearest_names(name, known)))
    return known[name]


def _source(reader: TomlReader, table: SourceTable, path: str) -> Source:
    for key, address in (("url", table.url), ("md5_url", table.md5_url)):
        if address and _last_part(address) is None:
            reader.fault(f"{path}.{key}", address, "an address that begins with https://")
    file = table.file or _last_part(table.url) or ""
    if not file or Path(file).name != file or file.startswith("."):
        reader.fault(f"{path}.file", file, "a file name without folders, and no leading dot")
    elif len(file.encode()) > _LONGEST_NAME or hidden_character(file):
        expected = said(
            "a file name of at most {most} bytes, without control characters", most=_LONGEST_NAME
        )
        reader.fault(f"{path}.file", file, expected)
    return Source(**(dict(table) | {"file": file, "sha256": table.sha256.lower()}))


def _last_part(address: str) -> str | None:
    """Return what comes last in an address of the web; nothing where it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    known = parts.scheme in {"http", "https"} and parts.netloc
    return parts.path.rpartition("/")[2] if known else None
