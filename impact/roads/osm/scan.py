"""Read an OpenStreetMap file: the drivable ways first, then only the nodes that they use.

osmium does the scanning and filtering in C++; Python sees a road once, a node only where it
carries a tag that matters. Everything is kept in flat arrays: no object per node.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
from osmium.osm import RELATION, WAY

from impact.errors import Fault, InputError
from impact.roads.osm.ferries import FERRY_KEYS, FerryWay, ferry_way
from impact.roads.osm.nodes import read_nodes
from impact.roads.osm.restrictions import Restriction, restriction_of
from impact.roads.osm.tags import WAY_KEYS, WayKind, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.tables import OsmTables

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml")
_FERRY_OR_NONE = "no highway"
_REF = attrgetter("ref")
_EMPTY_VALUES = frozenset({"nan", "None", ""})
"""What tools write into a tag that a road does not have."""


@dataclass(frozen=True, eq=False)
class OsmRoads:
    """Drivable ways and their nodes.

    Attributes
    ----------
    way : ndarray of int64, shape (n_ways,)
        Identifiers.
    kind : ndarray of int32, shape (n_ways,)
        Position in `kinds`; ferries come after them: ``len(kinds) + position in ferries``.
    start : ndarray of int64, shape (n_ways + 1,)
        Nodes of way i are ``start[i]:start[i + 1]`` of `ref`.
    ref : ndarray of int32, shape (n_refs,)
        Positions in `node`.
    node : ndarray of int64, shape (n_nodes,)
        Identifiers, sorted.
    lon, lat : ndarray of float, shape (n_nodes,)
        Degrees; NaN where the file lacks the node.
    event, event_way : ndarray of int8, shape (n_nodes,)
        What stands there (position in `impact.roads.osm.nodes.EVENTS`; 0: nothing), and for
        which direction of the way: 0 both, 1 along, 2 against.
    blocked : ndarray of bool, shape (n_nodes,)
        Whether a barrier stops cars there.
    kinds, ferries, restrictions
        Kinds of way, ferries that carry cars, turn restrictions.
    left_out : Counter of str
        Ways not taken, by reason.
    about
        Date, generator and notes of the file.
    """

    way: NDArray[np.int64]
    kind: NDArray[np.int32]
    start: NDArray[np.int64]
    ref: NDArray[np.int32]
    node: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    event: NDArray[np.int8]
    event_way: NDArray[np.int8]
    blocked: NDArray[np.bool_]
    kinds: tuple[WayKind, ...]
    ferries: tuple[FerryWay, ...]
    restrictions: tuple[Restriction, ...]
    left_out: Counter[str]
    about: Mapping[str, Any]


@dataclass
class _Ways:
    """What the first pass collects."""

    way: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("i"))
    count: array[int] = field(default_factory=lambda: array("q"))
    ref: array[int] = field(default_factory=lambda: array("q"))
    kinds: list[WayKind] = field(default_factory=list)
    ferries: list[FerryWay] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    newest: str = ""


def scan(
    path: Path | str, tables: OsmTables, *, say: Callable[[str], None] | None = None
) -> OsmRoads:
    """Read the drivable roads of a file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    tables
        What is drivable.
    say
        Receives a line of text per step.

    Returns
    -------
    OsmRoads

    Raises
    ------
    InputError
        When the file is absent, damaged, no OpenStreetMap, or holds no road for cars.
    """
    path = Path(path)
    if not str(path).lower().endswith(SUFFIXES):
        raise InputError(
            Fault(path.name, "", "", path.suffix, "one of " + ", ".join((*SUFFIXES, ".graphml")))
        )
    if not path.is_file():
        raise InputError(Fault(str(path), "", "", None, "a readable file (no such file)"))
    say = say or _silent
    try:
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
        say("reading ways")
        ways = _read_ways(str(path), tables)
        if not ways.way:
            refused = sum(ways.left_out.values())
            expected = f"roads that a car may use ({refused} other ways with a road or ferry tag)"
            raise InputError(Fault(path.name, "", "highway", None, expected))
        say(f"reading the nodes of {len(ways.way)} ways")
        node, ref = np.unique(np.frombuffer(ways.ref, dtype=np.int64), return_inverse=True)
        columns = read_nodes(path, node, tables, sorted_ids=_is_sorted(header))
    except (RuntimeError, OSError, zlib.error, EOFError) as error:
        expected = f"a whole OpenStreetMap file ({_reason(error)})"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    return OsmRoads(
        way=np.frombuffer(ways.way, dtype=np.int64),
        kind=_with_ferries(np.frombuffer(ways.kind, dtype=np.int32), len(ways.kinds)),
        start=np.concatenate([[0], np.cumsum(np.frombuffer(ways.count, dtype=np.int64))]),
        ref=ref.astype(np.int32),
        node=node,
        **columns,
        kinds=tuple(ways.kinds),
        ferries=tuple(ways.ferries),
        restrictions=tuple(ways.restrictions),
        left_out=ways.left_out,
        about=_about(path, header, ways),
    )


def _read_ways(path: str, tables: OsmTables) -> _Ways:
    """First pass: ways with a tag of a road or ferry, and turn restrictions."""
    out = _Ways()
    known: dict[tuple[str | None, ...], int | str] = {}
    objects: Iterable[Any] = osmium.FileProcessor(path, WAY | RELATION).with_filter(
        osmium.filter.KeyFilter("highway", "route", "restriction")
    )
    for each in objects:
        if each.is_relation():
            found = restriction_of(each)
            if found is not None:
                out.restrictions.append(found)
            continue
        get = each.tags.get
        highway = get("highway")
        if highway is not None and highway not in tables.rank and highway.isalpha():
            # footpaths and the like are half of a real file: no need to look at them closer
            out.left_out[f"highway={highway}"] += 1
            continue
        values = tuple(map(get, WAY_KEYS))
        kind = known.get(values)
        if kind is None:
            kind = known[values] = _kind_of(values, tables, out)
        if isinstance(kind, str):
            if kind != _FERRY_OR_NONE:
                out.left_out[kind] += 1
                continue
            ferry = ferry_way(each.id, {key: each.tags.get(key) for key in FERRY_KEYS}, tables)
            if ferry is None:
                continue
            out.ferries.append(ferry)
            if not ferry.carries_cars:
                continue
            # negative until the number of kinds is known
            kind = -len(out.ferries)
        before = len(out.ref)
        out.ref.extend(map(_REF, each.nodes))
        out.count.append(len(out.ref) - before)
        out.way.append(each.id)
        out.kind.append(kind)
    return out


def _kind_of(values: tuple[str | None, ...], tables: OsmTables, out: _Ways) -> int | str:
    tags = {
        key: value
        for key, value in zip(WAY_KEYS, values, strict=True)
        if value is not None and value not in _EMPTY_VALUES
    }
    if "highway" not in tags:
        return _FERRY_OR_NONE
    kind = classify(tags, tables)
    if isinstance(kind, str):
        return kind
    out.kinds.append(kind)
    return len(out.kinds) - 1


def _with_ferries(kind: NDArray[np.int32], kinds: int) -> NDArray[np.int32]:
    return np.where(kind < 0, kinds - 1 - kind, kind).astype(np.int32)


def _about(path: Path, header: osmium.io.Header, ways: _Ways) -> dict[str, Any]:
    date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "date": date or "not stated in the file",
        "generator": header.get("generator") or "not stated in the file",
        "ways": len(ways.way),
    }


def _is_sorted(header: osmium.io.Header) -> bool:
    return bool(header.get("sorting") == "Type_then_ID")


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] or type(error).__name__


def _silent(_: str) -> None:
    """Say nothing."""
