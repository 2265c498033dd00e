"""Places that a car reaches over a ferry only, found in the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.roads.network import FERRY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork

CAR_FERRY = "car ferry"
NO_VISITOR_CARS = "no visitor cars"


def ferry_remarks(network: RoadNetwork) -> NDArray[np.object_]:
    """Say per node whether it lies on an island of the ferry table.

    Parameters
    ----------
    network
        Its `about` holds ``ferries``: island, island_node, visitor_cars.

    Returns
    -------
    ndarray of str, shape (n_nodes,)
        ``"car ferry"``, ``"no visitor cars"`` (the island's ferries take no cars of visitors:
        its minutes are then those of a resident's car), or empty.

    Notes
    -----
    An island is the part of the network that hangs together without ferries and holds the island
    terminal.
    """
    size = len(network.node)
    dry = network.road_class != FERRY
    roads = sparse.coo_array(
        (np.ones(int(dry.sum())), (network.tail[dry], network.head[dry])), shape=(size, size)
    )
    _, part = csgraph.connected_components(roads.tocsr(), directed=False)
    position = {int(name): place for place, name in enumerate(network.node)}
    remarks = np.full(size, "", dtype=object)
    for ferry in ferries(network):
        here = part == part[position[int(ferry["island_node"])]]
        remarks[here] = CAR_FERRY if ferry["visitor_cars"] == "yes" else NO_VISITOR_CARS
    return remarks


def ferries(network: RoadNetwork) -> Iterable[dict[str, Any]]:
    """List the ferries that a network knows by name.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    list of dict
        island, port, island_node, crossing_minutes, wait_minutes, visitor_cars; empty where the
        network has no ferry table.
    """
    listed = network.about.get("ferries", [])
    return listed if isinstance(listed, list) else []
