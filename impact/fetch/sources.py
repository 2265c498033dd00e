"""Where files come from: ``data/sources.toml``, or a file of the user's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.study.toml import TomlReader, key_lines
from impact.tables.text_table import decode, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS = ("roads", "postcodes", "boundaries")
"""Kinds of files that can be fetched."""

_KEYS = (
    *("group", "name", "title", "url", "file", "md5_url", "sha256", "size_mb", "year"),
    *("licence", "attribution", "page", "source", "note"),
)


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
    text = decode(path.name, read_bytes(path))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(path.name, "", "", None, f"valid TOML ({error})")) from error
    reader = TomlReader(path.name, key_lines(text))
    reader.unknown_keys(document, ("source",), "")
    sources = tuple(
        _source(reader, table, f"source[{number}]")
        for number, table in enumerate(reader.tables(document, "source"), start=1)
    )
    reader.repeated([f"{each.group} {each.name}".strip() for each in sources], "source")
    if not sources and not reader.faults:
        reader.fault("source", None, "tables headed [[source]]")
    if reader.faults:
        raise InputError(reader.faults)
    return sources


def choose_source(
    sources: tuple[Source, ...], group: str, name: str | None, *, where: str = "fetch"
) -> Source:
    """Pick one source of a group."""
    known = {each.name: each for each in sources if each.group == group}
    if not known:
        raise InputError(Fault(where, "", "group", group, f"a [[source]] of the group {group!r}"))
    if name is None:
        return next(iter(known.values()))
    if name not in known:
        expected = "one of " + ", ".join(known)
        raise InputError(Fault(where, "", group, name, expected, nearest_names(name, known)))
    return known[name]


def _source(reader: TomlReader, table: Mapping[str, Any], path: str) -> Source:
    reader.unknown_keys(table, _KEYS, path)
    words = {
        key: reader.text(table, key, path)
        for key in ("group", "name", "title", "url", "licence", "attribution", "source")
    }
    words |= {
        key: reader.text(table, key, path, default="")
        for key in ("file", "md5_url", "sha256", "year", "page", "note")
    }
    if words["group"]:
        reader.one_of(words["group"], GROUPS, f"{path}.group")
    for key in ("url", "md5_url"):
        if words[key] and urlsplit(words[key]).scheme not in {"http", "https"}:
            reader.fault(f"{path}.{key}", words[key], "an address that begins with https://")
    words["file"] = words["file"] or urlsplit(words["url"]).path.rpartition("/")[2]
    if not words["file"] or Path(words["file"]).name != words["file"]:
        reader.fault(f"{path}.file", words["file"], "a file name without folders")
    words["sha256"] = words["sha256"].lower()
    size = reader.number(table, "size_mb", path, minimum=0.0)
    return Source(**words, size_mb=size)
