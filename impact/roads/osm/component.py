"""Keep what hangs together: every place reaches every other, over ferries where need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.spans import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.osm.pieces import Pieces

_WORTH_NAMING_KM = 1.0
_NAMED = 20


@dataclass(frozen=True, eq=False)
class Kept:
    """What stays, and what does not.

    Attributes
    ----------
    edges : ndarray of bool, shape (n_edges,)
        Edges of the network that stays.
    dropped
        Number of parts, their length in km, and the largest by place.
    """

    edges: NDArray[np.bool_]
    dropped: dict[str, Any]


def largest_part(
    pieces: Pieces,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> Kept:
    """Find the largest strongly connected part: of the mainland, and of islands that ferries join.

    Parameters
    ----------
    pieces
        Directed edges.
    lon, lat : ndarray of float, shape (n_nodes,)
        Degrees.

    Returns
    -------
    Kept
        "Largest" is by road length.
    """
    tail, head, size = pieces.tail, pieces.head, len(lon)
    edges = np.zeros(len(tail), dtype=bool)
    if len(tail):
        part = strong_part(tail, head, size, int(np.bincount(tail).argmax()))
        edges = part[tail] & part[head]
        if 2.0 * pieces.km[edges].sum() < pieces.km.sum():
            # less than half of the roads: another part may be larger
            number = strong_parts(tail, head, size)
            inside = number[tail] == number[head]
            km = np.bincount(number[tail][inside], pieces.km[inside], minlength=1)
            edges = inside & (number[tail] == int(km.argmax()))
    return Kept(edges, _dropped(pieces, lon, lat, edges))


def strong_parts(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
) -> NDArray[np.int32]:
    """Give a number to every part of a graph in which every node reaches every other.

    Parameters
    ----------
    tail, head : ndarray of int, shape (n_edges,)
        Directed edges.
    size
        Number of nodes.

    Returns
    -------
    ndarray of int32, shape (size,)
        Part of each node.
    """
    from scipy import sparse  # noqa: PLC0415 (rarely needed, and slow to load)
    from scipy.sparse import csgraph  # noqa: PLC0415

    graph = sparse.coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size)).tocsr()
    _, part = csgraph.connected_components(graph, directed=True, connection="strong")
    return np.asarray(part, dtype=np.int32)


def strong_part(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
    place: int,
) -> NDArray[np.bool_]:
    """Find the nodes that a node reaches and that reach it.

    Parameters
    ----------
    tail, head : ndarray of int, shape (n_edges,)
        Directed edges.
    size
        Number of nodes.
    place
        The node.

    Returns
    -------
    ndarray of bool, shape (size,)

    Notes
    -----
    Two breadth-first searches, a level at a time: O(n + m) and one step of NumPy per level.
    """
    return _reached(tail, head, size, place) & _reached(head, tail, size, place)


def _reached(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
    place: int,
) -> NDArray[np.bool_]:
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(size + 1))
    ahead = head[order]
    seen = np.zeros(size, dtype=bool)
    seen[place] = True
    mark = np.empty(size, dtype=np.int64)
    front = np.array([place])
    while len(front):
        places, _ = ranges(start[front], start[front + 1])
        found = ahead[places]
        found = found[~seen[found]]
        seen[found] = True
        # of several edges to the same node one is followed
        here = np.arange(len(found))
        mark[found] = here
        front = found[mark[found] == here]
    return seen


def parts_of(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
) -> NDArray[np.int64]:
    """Name every part of a graph that hangs together, whatever the direction of its edges.

    Parameters
    ----------
    tail, head : ndarray of int, shape (n_edges,)
        Edges.
    size
        Number of nodes.

    Returns
    -------
    ndarray of int64, shape (size,)
        The lowest node of the part of each node.

    Notes
    -----
    Lowest numbers spread over edges and jump to the number of their number, which halves what is
    left at every step.
    """
    lowest = np.arange(size)
    while True:
        low = np.minimum(lowest[tail], lowest[head])
        spread = lowest.copy()
        for ends in (tail, head):
            np.minimum.at(spread, lowest[ends], low)
            np.minimum.at(spread, ends, low)
        spread = spread[spread]
        if np.array_equal(spread, lowest):
            return lowest
        lowest = spread


def _dropped(
    pieces: Pieces,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    edges: NDArray[np.bool_],
) -> dict[str, Any]:
    """Count lines of which no direction stays, by the part that they form."""
    stays = np.zeros(int(pieces.line.max(initial=-1)) + 1, dtype=bool)
    stays[pieces.line[edges]] = True
    gone = np.flatnonzero(~stays[pieces.line])
    _, first = np.unique(pieces.line[gone], return_index=True)
    lost = gone[first]
    part = parts_of(pieces.tail[lost], pieces.head[lost], len(lon))
    parts, place = np.unique(part[pieces.tail[lost]], return_inverse=True)
    km = np.bincount(place, pieces.km[lost], minlength=len(parts))
    largest = np.argsort(-km, kind="stable")[:_NAMED]
    example = {int(place[i]): int(pieces.tail[lost[i]]) for i in range(len(lost))}
    return {
        "parts": len(parts),
        "km": round(float(km.sum()), 1),
        "largest": [
            {
                "km": round(float(km[i]), 1),
                "lon": round(float(lon[example[i]]), 5),
                "lat": round(float(lat[example[i]]), 5),
            }
            for i in largest.tolist()
            if km[i] >= _WORTH_NAMING_KM
        ],
    }
