"""Make a network of any size out of a real one, without small separators at the seams.

A tile is a rectangle of the real network. Its neighbours are its mirror images, and every road that
crosses the rectangle goes on into the mirror image of where it came from: a seam carries as many
roads as the real network has across that line. Copies stitched by a few links would have far
smaller cuts than any real country, and an engine that lives by small cuts would look too good.

To be on the safe side the four borders are chosen, within the outer parts of the extract, where the
most roads cross.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.network import JoinRule, RoadNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OUTER = np.linspace(0.02, 0.15, 14)
"""Quantiles of the junctions between which a border may lie, from either side."""


class Box(NamedTuple):
    """Borders of a tile, in degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Seams:
    """How many roads cross what: lines across the tile, and the seams that were made.

    Attributes
    ----------
    meridians, parallels
        Median number of roads across a north-south, respectively east-west, line within the tile.
    east_west, north_south
        Roads across the seam between one tile and its eastern, respectively northern, neighbour
        (of the two kinds of seam that alternate the one with the fewest).
    """

    meridians: float
    parallels: float
    east_west: int
    north_south: int


def crossings(network: RoadNetwork, axis: str, line: float) -> NDArray[np.int64]:
    """Give one edge of every road that crosses a meridian (``lon``) or parallel (``lat``).

    Parameters
    ----------
    network
        Any.
    axis
        ``lon`` or ``lat``.
    line
        Degrees.

    Returns
    -------
    ndarray of int64
        Positions of edges; two directions and parallel edges between the same nodes count once.
    """
    side = getattr(network, axis) < line
    over = np.flatnonzero(side[network.tail] != side[network.head])
    low = np.minimum(network.tail[over], network.head[over])
    high = np.maximum(network.tail[over], network.head[over])
    return over[np.unique(low * len(network.node) + high, return_index=True)[1]]


def busiest_box(network: RoadNetwork) -> Box:
    """Choose borders in the outer parts of a network where the most roads cross."""
    sides = {}
    for axis in ("lon", "lat"):
        for name, shares in (("low", _OUTER), ("high", 1.0 - _OUTER)):
            lines = np.quantile(getattr(network, axis), shares)
            counts = [len(crossings(network, axis, line)) for line in lines.tolist()]
            sides[axis, name] = float(lines[int(np.argmax(counts))])
    return Box(*(sides[each, end] for end in ("low", "high") for each in ("lon", "lat")))


def tiled(network: RoadNetwork, columns: int, rows: int) -> tuple[RoadNetwork, Seams]:
    """Lay a network and its mirror images side by side.

    Parameters
    ----------
    network
        A real one.
    columns, rows
        Number of tiles.

    Returns
    -------
    network : RoadNetwork
        The largest part in which everything reaches everything; points join the nearest junction.
    seams : Seams
        Cut sizes, to be stated beside every figure.
    """
    box = busiest_box(network)
    inside = (
        (network.lon >= box.west)
        & (network.lon < box.east)
        & (network.lat >= box.south)
        & (network.lat < box.north)
    )
    kept = np.flatnonzero(inside[network.tail] & inside[network.head])
    place = np.full(len(network.node), -1)
    place[inside] = np.arange(inside.sum())
    size, tiles = int(inside.sum()), columns * rows
    number = np.arange(tiles)
    x, y = number % columns, number // columns
    first = number * size
    lon = np.where(
        (x % 2 == 0)[:, None], network.lon[inside] - box.west, box.east - network.lon[inside]
    )
    lat = np.where(
        (y % 2 == 0)[:, None], network.lat[inside] - box.south, box.north - network.lat[inside]
    )
    seams = {
        side: _seam(network, inside, *at)
        for side, at in {
            "west": ("lon", box.west),
            "east": ("lon", box.east),
            "south": ("lat", box.south),
            "north": ("lat", box.north),
        }.items()
    }
    tail, head = [(place[network.tail[kept]] + first[:, None]).ravel()], []
    head = [(place[network.head[kept]] + first[:, None]).ravel()]
    edge, twice = [np.tile(kept, tiles)], [np.ones(len(kept) * tiles)]
    for one in number.tolist():
        # the first tile is not mirrored: its eastern neighbour is, so they meet at the east border
        joins = []
        if x[one] + 1 < columns:
            joins.append((one + 1, "east" if x[one] % 2 == 0 else "west"))
        if y[one] + 1 < rows:
            joins.append((one + columns, "north" if y[one] % 2 == 0 else "south"))
        for other, side in joins:
            node, over, share = seams[side]
            here, there = place[node] + first[one], place[node] + first[other]
            tail += [here, there]
            head += [there, here]
            edge += [over, over]
            twice += [2.0 * share, 2.0 * share]
    source, factor = np.concatenate(edge), np.concatenate(twice)
    grid = replace(
        network,
        node=np.arange(size * tiles),
        lat=(lat + (y * (box.north - box.south))[:, None]).ravel() + 45.0,
        lon=(lon + (x * (box.east - box.west))[:, None]).ravel(),
        urban=np.tile(network.urban[inside], tiles),
        joinable=np.ones(size * tiles, dtype=bool),
        zone=np.full(size * tiles, "", dtype=object),
        zone_marker=np.zeros(size * tiles, dtype=bool),
        tail=np.concatenate(tail),
        head=np.concatenate(head),
        km=network.km[source] * factor,
        road_class=network.road_class[source],
        edge_urban=network.edge_urban[source],
        given_minutes=np.full(len(source), np.nan),
        minutes=network.minutes[source] * factor,
        barriers=frozenset(),
        join=JoinRule(count=1, limit_km=2.0),
        about={"name": f"{columns} x {rows} mirrored tiles", "kind": "street"},
        profile_minutes={
            name: minutes[source] * factor for name, minutes in network.profile_minutes.items()
        },
        shapes=None,
    )
    across = [("lon", box.west, box.east), ("lat", box.south, box.north)]
    medians = [
        float(np.median([len(_seam(network, inside, axis, at)[0]) for at in _lines(low, high)]))
        for axis, low, high in across
    ]
    sizes = {side: len(node) for side, (node, _, _) in seams.items()}
    return _largest_part(grid), Seams(
        medians[0],
        medians[1],
        min(sizes["east"], sizes["west"]),
        min(sizes["north"], sizes["south"]),
    )


def points_on(network: RoadNetwork, nodes: NDArray[np.int64], *, prefix: str) -> pd.DataFrame:
    """Points that lie on junctions."""
    return pd.DataFrame(
        {"lat": network.lat[nodes], "lon": network.lon[nodes]},
        index=pd.Index([f"{prefix}{number:06}" for number in range(len(nodes))]),
    )


def _lines(low: float, high: float) -> list[float]:
    return [float(each) for each in np.linspace(low, high, 22)[1:-1]]


def _seam(
    network: RoadNetwork, inside: NDArray[np.bool_], axis: str, line: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Node inside, edge and share of the edge up to the line, of every road that crosses it."""
    over = crossings(network, axis, line)
    over = over[inside[network.tail[over]] | inside[network.head[over]]]
    degrees = getattr(network, axis)
    start, end = degrees[network.tail[over]], degrees[network.head[over]]
    share = (line - start) / (end - start)
    from_tail = inside[network.tail[over]]
    node = np.where(from_tail, network.tail[over], network.head[over])
    return node, over, np.where(from_tail, share, 1.0 - share)


def _largest_part(network: RoadNetwork) -> RoadNetwork:
    size = len(network.node)
    graph = sparse.coo_array(
        (np.ones(len(network.tail), dtype=np.int8), (network.tail, network.head)), (size, size)
    )
    _, part = csgraph.connected_components(graph, connection="strong")
    keep = part == np.argmax(np.bincount(part))
    place = np.cumsum(keep) - 1
    edge = keep[network.tail] & keep[network.head]
    nodes = {
        name: getattr(network, name)[keep]
        for name in ("node", "lat", "lon", "urban", "joinable", "zone", "zone_marker")
    }
    edges = {
        name: getattr(network, name)[edge]
        for name in ("km", "road_class", "edge_urban", "given_minutes", "minutes")
    }
    return replace(
        network,
        **nodes,
        **edges,
        tail=place[network.tail[edge]],
        head=place[network.head[edge]],
        profile_minutes={name: each[edge] for name, each in network.profile_minutes.items()},
    )
