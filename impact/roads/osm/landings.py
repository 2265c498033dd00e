"""Where ferries land: which places a car reaches over water only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.roads.osm.component import parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def islands(
    ferries: Sequence[dict[str, Any]],
    way: NDArray[np.int64],
    km: NDArray[np.float64],
    water: NDArray[np.bool_],
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    node: NDArray[np.int64],
) -> list[dict[str, Any]]:
    """List the ferries without which an island cannot be reached.

    Parameters
    ----------
    ferries
        Car ferries, as in the manifest.
    way : ndarray of int64, shape (n_edges,)
        Identifier of the way of every edge.
    km : ndarray of float, shape (n_edges,)
        Length; the body of land with most road is the mainland.
    water : ndarray of bool, shape (n_edges,)
        Whether it is a ferry.
    ends
        Tail and head of every edge: positions in `node`.
    node : ndarray of int64, shape (n_nodes,)
        Identifiers.

    Returns
    -------
    list of dict
        island (name of the ferry), port, island_node, crossing_minutes, wait_minutes and
        visitor_cars, as `impact.roads.islands.ferries` reads them. A ferry over a river, with the
        same body of land on both sides, is not among them.
    """
    tail, head = ends
    dry = np.zeros(len(node), dtype=bool)
    dry[tail[~water]] = dry[head[~water]] = True
    if not water.any() or not dry.any():
        return []
    land = parts_of(tail[~water], head[~water], len(node))
    mainland = int(np.bincount(land[tail[~water]], km[~water]).argmax())
    out = []
    for ferry in ferries:
        here = water & (way == ferry["way"])
        landings = np.unique(np.concatenate([tail[here], head[here]]))
        away = landings[dry[landings] & (land[landings] != mainland)]
        out += [
            {
                "island": ferry["name"] or str(ferry["way"]),
                "port": "",
                "island_node": int(node[place]),
                "crossing_minutes": ferry["crossing_minutes"],
                "wait_minutes": ferry["wait_minutes"],
                "visitor_cars": ferry["visitor_cars"],
            }
            for place in away.tolist()
        ]
    return out
