"""Shortest-path engines: one function each, all giving the same minutes.

The direction is towards the hospital, so each engine grows one tree per destination on the
reversed graph: the cost grows with the hospitals, not with the postcodes.

- ``networkx`` is the reference: Dijkstra's algorithm in plain sight, O((n + m) log n) per tree.
- ``scipy`` runs the same algorithm in compiled code (`scipy.sparse.csgraph.dijkstra`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.errors import Fault, InputError, nearest_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.snap import AccessLegs

DEFAULT_ENGINE = "scipy"


class Engine(Protocol):
    """Minutes from every node to each destination."""

    def __call__(
        self, network: RoadNetwork, egress: AccessLegs, destinations: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Grow one tree per destination.

        Parameters
        ----------
        network
            Timed roads.
        egress
            Legs between destinations and nodes.
        destinations : ndarray of int64, shape (n,)
            Positions of the wanted destinations.

        Returns
        -------
        ndarray of float, shape (n, n_nodes)
            Infinite where a node cannot reach the destination.
        """
        ...


def networkx_minutes(
    network: RoadNetwork, egress: AccessLegs, destinations: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Grow trees with `networkx.single_source_dijkstra_path_length`; see `Engine`."""
    reversed_roads: nx.DiGraph[int] = nx.DiGraph()
    keep = network.fastest_edges()
    reversed_roads.add_weighted_edges_from(
        zip(
            network.head[keep].tolist(),
            network.tail[keep].tolist(),
            network.minutes[keep].tolist(),
            strict=True,
        )
    )
    size = len(network.node)
    out = np.full((len(destinations), size), np.inf)
    for row, destination in enumerate(destinations):
        source = size
        legs = egress.point == destination
        reversed_roads.add_weighted_edges_from(
            (source, node, minutes)
            for node, minutes in zip(
                egress.node[legs].tolist(), egress.minutes[legs].tolist(), strict=True
            )
        )
        reached = nx.single_source_dijkstra_path_length(reversed_roads, source, weight="weight")
        reversed_roads.remove_node(source)
        del reached[source]
        out[row, list(reached)] = list(reached.values())
    return out


def scipy_minutes(
    network: RoadNetwork, egress: AccessLegs, destinations: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Grow trees with `scipy.sparse.csgraph.dijkstra`; see `Engine`."""
    graph, sources = _graph_with_destinations(network, egress, destinations)
    minutes: NDArray[np.float64] = csgraph.dijkstra(graph, indices=sources)
    return minutes[:, : len(network.node)]


def scipy_minutes_and_km(
    network: RoadNetwork, egress: AccessLegs, destinations: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Minutes as `scipy_minutes`, and the road length of the same fastest paths.

    Parameters
    ----------
    network, egress, destinations
        See `Engine`.

    Returns
    -------
    minutes, km : ndarray of float, shape (n, n_nodes)
        Kilometres are infinite where the minutes are.
    """
    graph, sources = _graph_with_destinations(network, egress, destinations)
    minutes, before = csgraph.dijkstra(graph, indices=sources, return_predecessors=True)
    lengths, _ = _graph_with_destinations(network, egress, destinations, of="km")
    size = len(network.node)
    km = np.empty_like(minutes)
    for row, source in enumerate(sources):
        km[row] = _tree_lengths(before[row], int(source), lengths)
    km[~np.isfinite(minutes)] = np.inf
    return minutes[:, :size], km[:, :size]


ENGINES: Mapping[str, Engine] = {"networkx": networkx_minutes, "scipy": scipy_minutes}
"""Engines by name."""


def choose_engine(name: str) -> Engine:
    """Pick an engine by name.

    Parameters
    ----------
    name
        ``networkx`` or ``scipy``.

    Returns
    -------
    Engine

    Raises
    ------
    InputError
        Naming the engines that exist.
    """
    if name not in ENGINES:
        expected = "one of " + ", ".join(ENGINES)
        raise InputError(Fault("engine", "", "", name, expected, nearest_names(name, ENGINES)))
    return ENGINES[name]


def _graph_with_destinations(
    network: RoadNetwork,
    egress: AccessLegs,
    destinations: NDArray[np.int64],
    *,
    of: str = "minutes",
) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    """Reversed roads with one extra node per destination, from which paths only lead away.

    `of` says what the edges weigh: ``minutes`` or ``km``.
    """
    size = len(network.node)
    keep = network.fastest_edges()
    place = np.full(int(egress.point.max()) + 1, -1)
    place[destinations] = np.arange(len(destinations))
    wanted = place[egress.point] >= 0
    rows = np.concatenate([network.head[keep], size + place[egress.point[wanted]]])
    columns = np.concatenate([network.tail[keep], egress.node[wanted]])
    weight = np.concatenate([getattr(network, of)[keep], getattr(egress, of)[wanted]])
    graph = sparse.coo_array((weight, (rows, columns)), shape=(size + len(destinations),) * 2)
    return graph.tocsr(), size + np.arange(len(destinations))


def _tree_lengths(
    before: NDArray[np.int32], source: int, lengths: sparse.csr_array
) -> NDArray[np.float64]:
    """Length from the source to every node of a tree, by doubling jumps towards the source."""
    jump = before.astype(np.int64)
    jump[(jump < 0) | (np.arange(len(jump)) == source)] = source
    nodes = np.arange(len(jump))
    km = np.asarray(lengths[jump, nodes]).ravel()
    km[source] = 0.0
    while np.any(jump != source):
        km = km + km[jump]
        jump = jump[jump]
    return km
