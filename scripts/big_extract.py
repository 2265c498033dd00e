"""Make a large extract out of a small one, to measure time and memory instead of guessing.

Copies of the roads lie side by side and are stitched together; around them lie buildings, which
make up most of a real file and which a builder must pass over. Identifiers are spread as widely as
those of OpenStreetMap.

Example::

    python scripts/big_extract.py rhein_neckar.osm.pbf big.osm.pbf --copies 35 --buildings 100000
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import osmium
from osmium.osm import mutable

from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LAST_ID = 12_000_000_000
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))
_SIDE = 1e-4
_PER_ROW = 8
_STITCHES = 6


@dataclass(frozen=True)
class _Source:
    """Roads of the small extract: nodes in the order of their numbers, ways by position."""

    nodes: list[tuple[float, float, dict[str, str]]]
    ways: list[tuple[list[int], dict[str, str]]]
    west: list[int]
    east: list[int]
    width: float
    height: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0.
    """
    parser = argparse.ArgumentParser(description="Make a large extract out of a small one.")
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--copies", type=int, default=35)
    parser.add_argument("--buildings", type=int, default=100_000, help="per copy")
    options = parser.parse_args(arguments)
    make(options.source, options.out, copies=options.copies, buildings=options.buildings)
    return 0


def make(source: Path, out: Path, *, copies: int, buildings: int) -> None:
    """Write the large extract.

    Parameters
    ----------
    source
        The small one.
    out
        The large one, replaced if it is there.
    copies
        How many times the roads.
    buildings
        Per copy, each of four nodes.
    """
    roads = _read(source)
    per_copy = len(roads.nodes) + len(_CORNERS) * buildings
    stride = _LAST_ID // (per_copy * copies + 1)
    header = osmium.io.Header()
    header.set("generator", "big_extract")
    header.set("sorting", "Type_then_ID")
    file = osmium.io.File(str(out))
    with osmium.SimpleWriter(file, header=header, overwrite=True) as writer:
        for copy in range(copies):
            for number, node in enumerate(_nodes(roads, copy, buildings)):
                lon, lat, tags = node
                identifier = (copy * per_copy + number + 1) * stride
                writer.add_node(mutable.Node(id=identifier, location=(lon, lat), tags=tags))
        way = 0
        for copy in range(copies):
            for refs, tags in _ways(roads, copy, copies, per_copy, buildings):
                way += 1
                numbers = [(ref + 1) * stride for ref in refs]
                writer.add_way(mutable.Way(id=way, nodes=numbers, tags=tags))


def _read(path: Path) -> _Source:
    position: dict[int, int] = {}
    nodes, ways = [], []
    for each in osmium.FileProcessor(str(path)):
        if each.is_node():
            position[each.id] = len(nodes)
            nodes.append((each.lon, each.lat, dict(each.tags)))
        elif each.is_way() and "highway" in each.tags:
            ways.append(([position[node.ref] for node in each.nodes], dict(each.tags)))
    network = build_network(path, shapes=False)
    inside = sorted(zip(network.lon.tolist(), network.node.tolist(), strict=True))
    ends = [position[number] for _, number in inside if number > 0]
    lons, lats = [each[0] for each in nodes], [each[1] for each in nodes]
    return _Source(
        nodes,
        ways,
        ends[:_STITCHES],
        ends[-_STITCHES:],
        max(lons) - min(lons),
        max(lats) - min(lats),
    )


def _nodes(
    roads: _Source, copy: int, buildings: int
) -> Iterator[tuple[float, float, dict[str, str]]]:
    east = copy % _PER_ROW * roads.width
    north = copy // _PER_ROW * roads.height
    for lon, lat, tags in roads.nodes:
        yield lon + east, lat + north, tags
    for number in range(buildings):
        lon, lat, _ = roads.nodes[number * 7919 % len(roads.nodes)]
        for x, y in _CORNERS:
            yield lon + east + x * _SIDE, lat + north + y * _SIDE, {}


def _ways(
    roads: _Source, copy: int, copies: int, per_copy: int, buildings: int
) -> Iterator[tuple[list[int], dict[str, str]]]:
    first = copy * per_copy
    for refs, tags in roads.ways:
        yield [first + ref for ref in refs], tags
    # east of the last copy of a row lies the first of the next: a long road, but a road
    if copy + 1 < copies:
        for here, there in zip(roads.east, roads.west, strict=True):
            yield [first + here, first + per_copy + there], {"highway": "primary"}
    corners = first + len(roads.nodes)
    for number in range(buildings):
        ring = [corners + len(_CORNERS) * number + corner for corner in (0, 1, 2, 3, 0)]
        yield ring, {"building": "yes", "addr:housenumber": str(number)}


if __name__ == "__main__":
    sys.exit(main())
