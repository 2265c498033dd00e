"""OpenStreetMap files drawn in a test: places on a grid of metres, ways by the places they pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.osm.build import build_network
from impact.network.osm.tag_tables import read_osm_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.network.network import RoadNetwork
    from impact.network.osm.tag_tables import OsmTables

METRE = 180.0 / (np.pi * 6371008.8)
"""Degrees of latitude; near the equator, where these places lie, of longitude as well."""

Tags = dict[str, str]


def osm_xml(
    places: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[Sequence[int], Tags]],
    *,
    nodes: Mapping[int, Tags] | None = None,
    turns: Sequence[tuple[int, int | tuple[int, ...], int, str]] = (),
    routes: Sequence[tuple[Sequence[int], Tags]] = (),
) -> str:
    """Text of a file: places in metres east and north, ways that count from 101, restrictions
    and routes over ways."""
    lines = ['<osm version="0.6">']
    for number, (east, north) in places.items():
        tags = _tags((nodes or {}).get(number, {}))
        lat, lon = f"{north * METRE:.7f}", f"{east * METRE:.7f}"
        lines.append(f'<node id="{number}" lat="{lat}" lon="{lon}">{tags}</node>')
    for number, (passes, tags) in enumerate(ways, start=101):
        refs = "".join(f'<nd ref="{each}"/>' for each in passes)
        lines.append(f'<way id="{number}">{refs}{_tags(tags)}</way>')
    for number, (origin, via, target, kind) in enumerate(turns, start=1001):
        over = [("way", each) for each in via] if isinstance(via, tuple) else [("node", via)]
        members = (
            f'<member type="way" ref="{origin}" role="from"/>'
            + "".join(f'<member type="{kind}" ref="{ref}" role="via"/>' for kind, ref in over)
            + f'<member type="way" ref="{target}" role="to"/>'
        )
        said = _tags({"type": "restriction", "restriction": kind})
        lines.append(f'<relation id="{number}">{members}{said}</relation>')
    for number, (passes, tags) in enumerate(routes, start=2001):
        members = "".join(f'<member type="way" ref="{each}" role=""/>' for each in passes)
        lines.append(f'<relation id="{number}">{members}{_tags(tags)}</relation>')
    return "\n".join([*lines, "</osm>"])


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def plain_tables(kmh: float = 60.0) -> OsmTables:
    """The shipped tables, but one speed on every road and no delay anywhere."""
    tables = read_osm_tables()
    speed = np.full_like(tables.speed["dal"], kmh)
    speed[:, :, 1] = 1000.0
    return replace(
        tables,
        speed=dict.fromkeys(tables.profiles, speed),
        delay={name: dict.fromkeys(each, 0.0) for name, each in tables.delay.items()},
    )


def built(folder: Path, text: str, *, tables: OsmTables | None = None) -> RoadNetwork:
    path = folder / "drawn.osm"
    path.write_text(text, encoding="utf-8")
    return build_network(path, tables=tables)


def minutes_between(network: RoadNetwork, origin: int, destination: int) -> float:
    """Fastest drive between two nodes by number, and their copies in the same place."""
    minutes = all_minutes(network)
    places = np.ix_(_places(network, origin), _places(network, destination))
    return float(minutes[places].min())


def all_minutes(network: RoadNetwork) -> np.ndarray:
    keep = network.fastest_edges()
    graph = sparse.coo_array(
        (network.minutes[keep], (network.tail[keep], network.head[keep])),
        shape=(len(network.node),) * 2,
    )
    return np.asarray(csgraph.dijkstra(graph.tocsr()))


def _places(network: RoadNetwork, number: int) -> np.ndarray:
    (place,) = np.flatnonzero(network.node == number)
    return np.flatnonzero((network.lat == network.lat[place]) & (network.lon == network.lon[place]))


def has(network: RoadNetwork, number: int) -> bool:
    return bool((network.node == number).any())
