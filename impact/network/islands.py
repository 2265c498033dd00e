"""Places that a car reaches over a ferry only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.network.network import FERRY
from impact.network.osm.component import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork


def islands(
    ferries: Sequence[dict[str, Any]],
    way: NDArray[np.int64],
    km: NDArray[np.float64],
    water: NDArray[np.bool_],
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    node: NDArray[np.int64],
) -> list[dict[str, Any]]:
    """List the ferries without which an island cannot be reached."""
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


CAR_FERRY = "car ferry"
NO_VISITOR_CARS = "no visitor cars"
NO_ROUTE = "no route"


def separate_nodes(network: RoadNetwork) -> NDArray[np.bool_]:
    """Nodes of parts that no road or car ferry joins to the rest."""
    from scipy import sparse
    from scipy.sparse import csgraph

    size = len(network.node)
    if not network.about.get("separate"):
        return np.zeros(size, dtype=bool)
    edges = sparse.coo_array(
        (np.ones(len(network.tail)), (network.tail, network.head)), shape=(size, size)
    )
    _, part = csgraph.connected_components(edges.tocsr(), directed=False)
    return np.asarray(part != np.bincount(part).argmax())


def ferry_remarks(network: RoadNetwork) -> NDArray[np.object_]:
    """Say per node whether it lies on an island, and whether a car gets there.

    Notes
    -----
    An island is the part of the network that hangs together without ferries and holds the island
    terminal.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    size = len(network.node)
    dry = network.road_class != FERRY
    roads = sparse.coo_array(
        (np.ones(int(dry.sum())), (network.tail[dry], network.head[dry])), shape=(size, size)
    )
    _, part = csgraph.connected_components(roads.tocsr(), directed=False)
    position = {int(name): place for place, name in enumerate(network.node)}
    remarks = np.full(size, "", dtype=object)
    remarks[separate_nodes(network)] = NO_ROUTE
    for ferry in ferries(network):
        here = part == part[position[int(ferry["island_node"])]]
        remarks[here] = CAR_FERRY if ferry["visitor_cars"] == "yes" else NO_VISITOR_CARS
    return remarks


def ferries(network: RoadNetwork) -> Iterable[dict[str, Any]]:
    """List the ferries that a network knows by name."""
    listed = network.about.get("ferries", [])
    return listed if isinstance(listed, list) else []
