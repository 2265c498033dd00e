"""Ways and relations as lines of text, written by osmium and split here.

An object of osmium's Python binding costs microseconds per tag and per node, a line of text a few
splits. osmium filters the file and writes what passes in its own format OPL
(https://osmcode.org/opl-file-format/), all of it in C++::

    w12 Thighway=primary,name=Laan%20%van%20%Meerdervoort Nn3,n4,n5
    r7 Ttype=restriction,restriction=no_left_turn Mw12@from,n5@via,w13@to
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
from osmium.osm import RELATION, WAY

from impact.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ESCAPED = re.compile("%([0-9a-fA-F]+)%")
_LARGEST = {".pbf": 2.5, ".gz": 8.0, ".bz2": 12.0}
"""Text per byte of a file that holds nothing but roads; as XML it is the shorter of the two."""


def read_lines(path: Path, keys: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Read the ways and relations that have one of some tags.

    Parameters
    ----------
    path
        A file that osmium can read.
    keys
        Of tags; an object passes with any of them.

    Yields
    ------
    name : str
        ``w`` or ``r`` and the identifier.
    tags : str
        For `tags_of`.
    members : str
        ``n3,n4`` for `node_numbers`, or the members of a relation for `members_of`.

    Raises
    ------
    OutputError
        When the folder for temporary files may be too small.
    RuntimeError
        From osmium, for a damaged file.
    """
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        _check_room(path, Path(folder))
        lines = Path(folder) / "ways.opl"
        with (
            osmium.io.Reader(str(path), WAY | RELATION) as reader,
            osmium.SimpleWriter(osmium.io.File(str(lines), "opl,add_metadata=none")) as writer,
        ):
            osmium.apply(reader, osmium.filter.KeyFilter(*keys), writer)
        with lines.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                name, tags, members = line[:-1].split(" ")
                yield name, tags[1:], members[1:]


def _check_room(path: Path, folder: Path) -> None:
    """Refuse a disk that may fill up: osmium would end the whole process there and then."""
    need = path.stat().st_size * _LARGEST.get(path.suffix.lower(), 1.0)
    free = shutil.disk_usage(folder).free
    if free < need:
        msg = (
            f"{folder.parent}: expected {need / 1e9:.1f} GB of room for temporary files, found "
            f"{free / 1e9:.1f}; the environment variable TMPDIR names another folder"
        )
        raise OutputError(msg)


def tags_of(text: str) -> dict[str, str]:
    """Tags behind their text.

    Parameters
    ----------
    text
        From `read_lines`, or some of the parts between its commas.

    Returns
    -------
    dict of str to str
        Of a key that occurs twice the first.

    Examples
    --------
    >>> tags_of("highway=primary,name=Lange%20%Voorhout")["name"]
    'Lange Voorhout'
    """
    pairs = [each.split("=", 1) for each in text.split(",") if each]
    return {plain(key): plain(value) for key, value in reversed(pairs)} if pairs else {}


def plain(text: str) -> str:
    """Text with its escapes replaced by what they stand for.

    Parameters
    ----------
    text
        Part of a line.

    Returns
    -------
    str
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def members_of(text: str) -> list[tuple[str, int, str]]:
    """Members behind their text.

    Parameters
    ----------
    text
        From `read_lines`, of a relation.

    Returns
    -------
    list of (str, int, str)
        ``n``, ``w`` or ``r``, identifier, and role.

    Examples
    --------
    >>> members_of("w12@from,n5@via")
    [('w', 12, 'from'), ('n', 5, 'via')]
    """
    parts = [each.partition("@") for each in text.split(",") if each]
    return [(name[0], int(name[1:]), plain(role)) for name, _, role in parts]


def node_numbers(texts: Sequence[str]) -> NDArray[np.int64]:
    """Give the identifiers of the nodes of some ways, end to end.

    Parameters
    ----------
    texts
        From `read_lines`, each of a way with nodes.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> node_numbers(["n3,n4,n-5", "n4,n7"]).tolist()
    [3, 4, -5, 4, 7]
    """
    return np.fromstring(",".join(texts).replace("n", ""), dtype=np.int64, sep=",")
