"""Keep what hangs together: every place reaches every other, over ferries where need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

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
    size = len(lon)
    part = components(pieces.tail, pieces.head, size, strong=True)
    inside = part[pieces.tail] == part[pieces.head]
    km = np.bincount(part[pieces.tail][inside], pieces.km[inside])
    edges = inside & (part[pieces.tail] == int(km.argmax())) if len(km) else inside
    return Kept(edges, _dropped(pieces, lon, lat, edges))


def components(
    tail: NDArray[np.int32] | NDArray[np.int64],
    head: NDArray[np.int32] | NDArray[np.int64],
    size: int,
    *,
    strong: bool,
) -> NDArray[np.int32]:
    """Give a number to every part of a graph that hangs together.

    Parameters
    ----------
    tail, head : ndarray of int, shape (n_edges,)
        Directed edges.
    size
        Number of nodes.
    strong
        Whether every node of a part must reach every other along the edges; else their direction
        does not count.

    Returns
    -------
    ndarray of int32, shape (size,)
        Part of each node.
    """
    graph = sparse.coo_array(
        (np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size)
    ).tocsr()
    _, part = csgraph.connected_components(
        graph, directed=True, connection="strong" if strong else "weak"
    )
    return np.asarray(part, dtype=np.int32)


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
    part = components(pieces.tail[lost], pieces.head[lost], len(lon), strong=False)
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
