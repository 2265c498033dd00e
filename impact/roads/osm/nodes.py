"""Read the nodes that roads use: where they lie and what stands on them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
from osmium.osm import NODE

from impact.roads.osm.events import NODE_KEYS, node_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.roads.osm.tables import OsmTables

_CHUNK = 1_000_000
_FEW_BYTES = 100_000_000
_BYTES_PER_PACKED = 15
"""XML is about this many times larger than the same data packed."""
_NOWHERE = np.iinfo(np.int32).min
_FACTOR = 1e7
_ANY_WAY = b"w1 Nn1\n"


def read_nodes(path: Path, node: NDArray[np.int64], tables: OsmTables) -> dict[str, NDArray[Any]]:
    """Read the wanted nodes of a file.

    Parameters
    ----------
    path
        The file.
    node : ndarray of int64, shape (n_nodes,)
        Identifiers of the wanted ones, sorted.
    tables
        Which barriers stop cars.

    Returns
    -------
    dict of str to ndarray
        ``lon``, ``lat``, ``event``, ``event_way`` and ``blocked`` of `OsmRoads`.
    """
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
