"""Read an OpenStreetMap file: the drivable ways first, then only the nodes that they use.

An object of osmium's Python binding costs microseconds per tag and per node, a line of text a few
splits. osmium filters the file and writes what passes in its own format OPL
(https://osmcode.org/opl-file-format/), all of it in C++::

    w12 Thighway=primary,name=Laan%20%van%20%Meerdervoort Nn3,n4,n5
    r7 Ttype=restriction,restriction=no_left_turn Mw12@from,n5@via,w13@to

osmium does the scanning and filtering in C++; Python sees a road as a line of text, a node only
where it carries a tag that matters. Everything is kept in flat arrays: no object per node.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zlib
from array import array
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
from osmium.osm import NODE, RELATION, WAY

from impact.errors import Fault, InputError, OutputError, why
from impact.geodesy import great_circle_km
from impact.messages import said
from impact.network.osm.ferries import FerryRoute, FerryWay, ferry_way, with_routes
from impact.network.osm.newest import newest, out_of_order
from impact.network.osm.tags import (
    NODE_KEYS,
    RESTRICTION_KEYS,
    WAY_KEYS,
    Restriction,
    WayKind,
    classify,
    node_event,
    restriction_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.network.osm.tag_tables import Mend, OsmTables

_ESCAPED = re.compile("%([0-9a-fA-F]+)%")
_LARGEST = {".pbf": 2.5, ".gz": 8.0, ".bz2": 12.0}
"""Text per byte of a file that holds nothing but roads; as XML it is the shorter of the two."""


def read_lines(path: Path, keys: Sequence[str]) -> Iterator[tuple[str, str, str, bool]]:
    """Read the ways and relations that have one of some tags, and whether each is deleted."""
    with tempfile.TemporaryDirectory(prefix="impact-") as folder:
        _check_room(path, Path(folder))
        lines = Path(folder) / "ways.opl"
        with (
            osmium.io.Reader(str(path), WAY | RELATION) as reader,
            osmium.SimpleWriter(osmium.io.File(str(lines), "opl,add_metadata=version")) as writer,
        ):
            osmium.apply(reader, osmium.filter.KeyFilter(*keys), writer)
        with lines.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                name, _, visible, tags, members = line[:-1].split(" ")
                yield name, tags[1:], members[1:], visible == "dD"


def _check_room(path: Path, folder: Path) -> None:
    """Refuse a disk that may fill up: osmium would end the whole process there and then."""
    need = path.stat().st_size * _LARGEST.get(path.suffix.lower(), 1.0)
    free = shutil.disk_usage(folder).free
    if free < need:
        msg = said(
            "{parent}: expected {need:.1f} GB of room for temporary files, found "
            "{free:.1f}; the environment variable TMPDIR names another folder",
            parent=folder.parent,
            need=need / 1e9,
            free=free / 1e9,
        )
        raise OutputError(msg)


def tags_of(text: str) -> dict[str, str]:
    """Tags behind their text.

    Examples
    --------
    >>> tags_of("highway=primary,name=Lange%20%Voorhout")["name"]
    'Lange Voorhout'
    """
    pairs = [each.split("=", 1) for each in text.split(",") if each]
    return {plain(key): plain(value) for key, value in reversed(pairs)} if pairs else {}


def plain(text: str) -> str:
    """Text with its escapes replaced by what they stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def members_of(text: str) -> list[tuple[str, int, str]]:
    """Members behind their text.

    Examples
    --------
    >>> members_of("w12@from,n5@via")
    [('w', 12, 'from'), ('n', 5, 'via')]
    """
    parts = [each.partition("@") for each in text.split(",") if each]
    return [(name[0], int(name[1:]), plain(role)) for name, _, role in parts]


def node_numbers(texts: Sequence[str]) -> NDArray[np.int64]:
    """Give the identifiers of the nodes of some ways, end to end.

    Examples
    --------
    >>> node_numbers(["n3,n4,n-5", "n4,n7"]).tolist()
    [3, 4, -5, 4, 7]
    """
    return np.fromstring(",".join(texts).replace("n", ""), dtype=np.int64, sep=",")


_CHUNK = 1_000_000
_FEW_BYTES = 100_000_000
_BYTES_PER_PACKED = 15
"""XML is about this many times larger than the same data packed."""
_NOWHERE = np.iinfo(np.int32).min
_FACTOR = 1e7
_ANY_WAY = b"w1 Nn1\n"


def read_nodes(path: Path, node: NDArray[np.int64], tables: OsmTables) -> dict[str, NDArray[Any]]:
    """Read the wanted nodes of a file."""
    tagged: dict[int, tuple[int, int, bool]] = {}
    lon = np.full(len(node), _NOWHERE, dtype=np.int32)
    lat = lon.copy()
    if node[0] <= 0:
        _look_at_all(path, node, (lon, lat), tagged, tables)
    else:
        index = osmium.index.create_map("sparse_mem_array")
        locations = osmium.NodeLocationsForWays(index)
        locations.ignore_errors()
        filters = [] if _holds_few(path) else [_wanted_only(node)]
        with osmium.io.Reader(str(path), NODE) as reader:
            osmium.apply(
                reader,
                *filters,
                locations,
                osmium.filter.KeyFilter(*NODE_KEYS),
                _TaggedNodes(tagged, tables),
            )
        # looking up is by bisection; a way makes the index sort itself, if the file is out of order
        osmium.apply(osmium.io.FileBuffer(_ANY_WAY, "opl"), locations)
        for begin in range(0, len(node), _CHUNK):
            _look_up(index.get, node[begin : begin + _CHUNK].tolist(), begin, (lon, lat))
    gone = lon == _NOWHERE
    lon_lat = {"lon": lon / _FACTOR, "lat": lat / _FACTOR}
    for each in lon_lat.values():
        each[gone] = np.nan
    return {**lon_lat, **_events(node, tagged)}


def _holds_few(path: Path) -> bool:
    """Whether all nodes of a file may be kept for a moment: a set of wanted ones takes 1.2 GB."""
    packed = path.suffix.lower() in {".pbf", ".gz", ".bz2"}
    return path.stat().st_size < _FEW_BYTES * (1 if packed else _BYTES_PER_PACKED)


def _wanted_only(node: NDArray[np.int64]) -> osmium.filter.IdFilter:
    # numbers are handed over a million at a time: a list of all would be larger than the array
    blocks = (node[begin : begin + _CHUNK].tolist() for begin in range(0, len(node), _CHUNK))
    return osmium.filter.IdFilter(chain.from_iterable(blocks))


def _look_up(
    get: Callable[[int], Any],
    numbers: list[int],
    begin: int,
    out: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> None:
    lon, lat = out
    for place, number in enumerate(numbers, start=begin):
        try:
            location = get(number)
        except KeyError:
            continue  # the extract was cut here
        lon[place], lat[place] = location.x, location.y


class _TaggedNodes(osmium.SimpleHandler):
    """Notes what stands on the nodes that it is given."""

    def __init__(self, tagged: dict[int, tuple[int, int, bool]], tables: OsmTables) -> None:
        super().__init__()
        self._tagged = tagged
        self._tables = tables

    def node(self, each: osmium.osm.Node) -> None:
        found = node_event(each.tags, self._tables)
        if found is not None:
            self._tagged[each.id] = found


def _look_at_all(
    path: Path,
    node: NDArray[np.int64],
    out: tuple[NDArray[np.int32], NDArray[np.int32]],
    tagged: dict[int, tuple[int, int, bool]],
    tables: OsmTables,
) -> None:
    """Read a file with identifiers below zero, which osmium's index does not hold."""
    position = {number: place for place, number in enumerate(node.tolist())}
    objects: Iterable[Any] = osmium.FileProcessor(str(path), NODE)
    for each in objects:
        place = position.get(each.id)
        if place is None:
            continue
        out[0][place], out[1][place] = each.location.x, each.location.y
        found = node_event(each.tags, tables)
        if found is not None:
            tagged[each.id] = found


def _events(
    node: NDArray[np.int64], tagged: Mapping[int, tuple[int, int, bool]]
) -> dict[str, NDArray[Any]]:
    event = np.zeros(len(node), dtype=np.int8)
    event_way = np.zeros(len(node), dtype=np.int8)
    blocked = np.zeros(len(node), dtype=bool)
    if tagged:
        numbers = np.array(list(tagged), dtype=np.int64)
        places = np.minimum(np.searchsorted(node, numbers), len(node) - 1)
        on_road = node[places] == numbers
        for array_, column in zip(
            (event, event_way, blocked), zip(*tagged.values(), strict=True), strict=True
        ):
            array_[places[on_road]] = np.array(column)[on_road]
    return {"event": event, "event_way": event_way, "blocked": blocked}


_FERRY = "route=ferry"
_BLOCK = 10_000
"""Ways whose nodes are turned into numbers at a time."""
_EMPTY_VALUES = frozenset({"nan", "None", ""})
"""What tools write into a tag that a road does not have."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Drivable ways.

    Attributes
    ----------
    doubtful
        Whether the file holds ways that were deleted, twice, or out of order.
    way : ndarray of int64, shape (n_ways,)
        Identifiers; ferries come last.
    kind : ndarray of int32, shape (n_ways,)
        Position in `kinds`; for ferries ``len(kinds)`` and their number among those that carry
        cars.
    start : ndarray of int64, shape (n_ways + 1,)
        Nodes of way i are ``ref[start[i]:start[i + 1]]``.
    ref : ndarray of int64, shape (n_refs,)
        Identifiers of nodes.
    kinds, ferries, restrictions
        Kinds of way, ferries of all sorts, turn restrictions.
    left_out : Counter of str
        Ways not taken, by reason.
    """

    way: NDArray[np.int64]
    kind: NDArray[np.int32]
    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    kinds: tuple[WayKind, ...]
    ferries: tuple[FerryWay, ...]
    restrictions: tuple[Restriction, ...]
    left_out: Counter[str]
    doubtful: bool = False


def read_ways(path: Path, tables: OsmTables) -> Ways:
    """Read the ways that a car may drive."""
    keys, known = frozenset(WAY_KEYS), dict[tuple[str, ...], int | str]()
    kinds: list[WayKind] = []
    restrictions: list[Restriction] = []
    routes: list[FerryRoute] = []
    crossings: dict[int, tuple[str, str]] = {}
    left_out: Counter[str] = Counter()
    taken = _Taken()
    numbers, deleted = array("q"), False
    for name, text, members, gone in read_lines(path, ("highway", "route", *RESTRICTION_KEYS)):
        deleted |= gone
        if name[0] == "r":
            if "restriction" in text:
                found = restriction_of(tags_of(text), members_of(members))
                restrictions += [] if found is None else [found]
            elif _FERRY in text.split(","):
                ways = (number for kind, number, _ in members_of(members) if kind == "w")
                routes.append(FerryRoute(int(name[1:]), _filled(tags_of(text)), frozenset(ways)))
            continue
        numbers.append(int(name[1:]))
        stated = tuple(each for each in text.split(",") if each.partition("=")[0] in keys)
        if _FERRY in stated:
            crossings[int(name[1:])] = (text, members)
            continue
        kind = known.get(stated)
        if kind is None:
            # a country has millions of ways, but only thousands of kinds
            made = _kind(stated, tables)
            kind = known[stated] = made if isinstance(made, str) else len(kinds)
            kinds += [] if isinstance(made, str) else [made]
        if isinstance(kind, int):
            taken.add(int(name[1:]), kind, members)
        elif kind:
            left_out[kind] += 1
    said_of = with_routes(
        {way: _filled(tags_of(text)) for way, (text, _) in crossings.items()}, routes
    )
    ferries = [ferry_way(way, tags, tables, route=route) for way, (tags, route) in said_of.items()]
    carried = (each.way for each in ferries if each.carries_cars)
    for number, way in enumerate(carried, start=len(kinds)):
        taken.add(way, number, crossings[way][1])
    return Ways(
        **taken.columns(),
        kinds=tuple(kinds),
        ferries=tuple(ferries),
        restrictions=tuple(restrictions),
        left_out=left_out,
        doubtful=deleted or out_of_order(np.frombuffer(numbers, dtype=np.int64)),
    )


class _Taken:
    """Ways taken so far, in flat arrays: no object per node."""

    def __init__(self) -> None:
        self._way, self._kind, self._count = array("q"), array("i"), array("q")
        self._texts: list[str] = []
        self._refs: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]

    def add(self, way: int, kind: int, nodes: str) -> None:
        """Take a way; one without nodes is no road."""
        if not nodes:
            return
        self._way.append(way)
        self._kind.append(kind)
        self._count.append(nodes.count(",") + 1)
        self._texts.append(nodes)
        if len(self._texts) == _BLOCK:
            self._convert()

    def _convert(self) -> None:
        self._refs.append(node_numbers(self._texts))
        self._texts.clear()

    def columns(self) -> dict[str, Any]:
        """Give the arrays of `Ways`."""
        self._convert()
        count = np.frombuffer(self._count, dtype=np.int64)
        return {
            "way": np.frombuffer(self._way, dtype=np.int64),
            "kind": np.frombuffer(self._kind, dtype=np.int32),
            "start": np.concatenate([[0], np.cumsum(count)]),
            "ref": np.concatenate(self._refs),
        }


def _kind(stated: Sequence[str], tables: OsmTables) -> WayKind | str:
    """Say what a way is to a car; empty where it is no road."""
    tags = _filled(tags_of(",".join(stated)))
    return classify(tags, tables) if "highway" in tags else ""


def _filled(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if value not in _EMPTY_VALUES}


SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml")


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
        What stands there (position in `impact.network.osm.read.EVENTS`; 0: nothing), and for
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


def scan(
    path: Path | str, tables: OsmTables, *, say: Callable[[str], None] | None = None
) -> OsmRoads:
    """Read the drivable roads of a file."""
    path = Path(path)
    if not str(path).lower().endswith(SUFFIXES):
        raise InputError(
            Fault(
                path.name,
                "",
                "",
                path.suffix,
                said("one of {names}", names=", ".join((*SUFFIXES, ".graphml"))),
            )
        )
    if not path.is_file():
        raise InputError(
            Fault(
                str(path),
                "",
                "",
                None,
                said("a readable file ({reason})", reason="no such file or directory"),
            )
        )
    say = say or _silent
    try:
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            header = reader.header()
        say("reading ways")
        with newest(path) as (file, left_out):
            ways, read = _read(file, path.name, tables, say)
        if ways.doubtful and not left_out:
            say("looking for objects that occur twice")
            with newest(path, doubted=True) as (file, left_out):
                ways, read = _read(file, path.name, tables, say)
    except OutputError:
        raise
    except (RuntimeError, OSError, zlib.error, EOFError) as error:
        expected = said("a whole OpenStreetMap file ({reason})", reason=why(error))
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    return OsmRoads(
        way=ways.way,
        kind=ways.kind,
        start=ways.start,
        **read,
        kinds=ways.kinds,
        ferries=ways.ferries,
        restrictions=ways.restrictions,
        left_out=ways.left_out,
        about={**_about(path, header, ways), "left_out": left_out},
    )


def _read(
    path: Path, name: str, tables: OsmTables, say: Callable[[str], None]
) -> tuple[Ways, dict[str, NDArray[Any]]]:
    """Read ways, then columns of the nodes that they use."""
    ways = read_ways(path, tables)
    if len(ways.way) == 0:
        refused = sum(ways.left_out.values())
        expected = said(
            "roads that a car may use ({refused} other ways with a road or ferry tag)",
            refused=refused,
        )
        raise InputError(Fault(name, "", "highway", None, expected))
    say(said("reading the nodes of {count} ways", count=len(ways.way)))
    node, ref = np.unique(ways.ref, return_inverse=True)
    return ways, {"ref": ref.astype(np.int32), "node": node, **read_nodes(path, node, tables)}


def _about(path: Path, header: osmium.io.Header, ways: Ways) -> dict[str, Any]:
    date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "date": date or "not stated in the file",
        "generator": header.get("generator") or "not stated in the file",
        "ways": len(ways.way),
    }


def _silent(_: str) -> None:
    """Say nothing."""


_EXACT_KM = 0.005
"""An end of a road lies within so much of where the table says that it lies."""


def mended(roads: OsmRoads, mends: Iterable[Mend]) -> OsmRoads:
    """Lay roads where a file is known to have a hole between two bare ends."""
    used = np.bincount(roads.ref, minlength=len(roads.node))
    first, last = roads.ref[roads.start[:-1]], roads.ref[roads.start[1:] - 1]
    laid = []
    for mend in mends:
        before = _way_at(roads, last, used, mend.start)
        after = _way_at(roads, first, used, mend.end)
        if before is not None and after is not None:
            laid.append((before, last[before], first[after]))
    if not laid:
        return roads
    kind = roads.kind[[before for before, _, _ in laid]]
    added = 2 * np.arange(1, len(laid) + 1)
    lowest = min(0, int(roads.way.min()))
    return replace(
        roads,
        way=np.concatenate([roads.way, lowest - np.arange(1, len(laid) + 1)]),
        kind=np.concatenate([roads.kind, kind]),
        start=np.concatenate([roads.start, roads.start[-1] + added]),
        ref=np.concatenate([roads.ref, np.array([ends for _, *ends in laid]).ravel()]),
        about={**roads.about, "mends": len(laid)},
    )


def _way_at(
    roads: OsmRoads,
    end: NDArray[np.int32],
    used: NDArray[np.int64],
    place: tuple[float, float],
) -> int | None:
    """Way whose bare end lies at a place; `None` where there is none."""
    bare = np.flatnonzero(used[end] == 1)
    if len(bare) == 0:
        return None
    node = end[bare]
    km = np.nan_to_num(great_circle_km(*place, roads.lat[node], roads.lon[node]), nan=np.inf)
    nearest = int(np.argmin(km))
    return int(bare[nearest]) if km[nearest] <= _EXACT_KM else None
