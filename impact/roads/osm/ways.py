"""First pass over a file: the ways that a car may drive, ferries, and turn restrictions."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.roads.osm.ferries import FerryRoute, FerryWay, ferry_way, with_routes
from impact.roads.osm.opl import members_of, node_numbers, read_lines, tags_of
from impact.roads.osm.restrictions import RESTRICTION_KEYS, Restriction, restriction_of
from impact.roads.osm.tags import WAY_KEYS, WayKind, classify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.roads.osm.tables import OsmTables

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


def read_ways(path: Path, tables: OsmTables) -> Ways:
    """Read the ways that a car may drive.

    Parameters
    ----------
    path
        The file.
    tables
        What is drivable.

    Returns
    -------
    Ways

    Raises
    ------
    RuntimeError
        From osmium, for a damaged file.
    """
    keys, known = frozenset(WAY_KEYS), dict[tuple[str, ...], int | str]()
    kinds: list[WayKind] = []
    restrictions: list[Restriction] = []
    routes: list[FerryRoute] = []
    crossings: dict[int, tuple[str, str]] = {}
    left_out: Counter[str] = Counter()
    taken = _Taken()
    for name, text, members in read_lines(path, ("highway", "route", *RESTRICTION_KEYS)):
        if name[0] == "r":
            if "restriction" in text:
                found = restriction_of(tags_of(text), members_of(members))
                restrictions += [] if found is None else [found]
            elif _FERRY in text.split(","):
                ways = (number for kind, number, _ in members_of(members) if kind == "w")
                routes.append(FerryRoute(int(name[1:]), _filled(tags_of(text)), frozenset(ways)))
            continue
        said = tuple(each for each in text.split(",") if each.partition("=")[0] in keys)
        if _FERRY in said:
            crossings[int(name[1:])] = (text, members)
            continue
        kind = known.get(said)
        if kind is None:
            # a country has millions of ways, but only thousands of kinds
            made = _kind(said, tables)
            kind = known[said] = made if isinstance(made, str) else len(kinds)
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


def _kind(said: Sequence[str], tables: OsmTables) -> WayKind | str:
    """Say what a way is to a car; empty where it is no road."""
    tags = _filled(tags_of(",".join(said)))
    return classify(tags, tables) if "highway" in tags else ""


def _filled(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if value not in _EMPTY_VALUES}
