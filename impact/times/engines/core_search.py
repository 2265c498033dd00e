"""Dijkstra's algorithm over the core that contraction left, backwards from a destination.

The queue is a heap in which every node has four children and knows its place, so that a node whose
cost drops moves up instead of entering again: in a core, where a node has some twenty neighbours,
costs drop often.

Sources: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959);
Johnson, Efficient algorithms for shortest paths in sparse networks, Journal of the ACM 24 (1977).

Complexity: O(m log n) for n nodes and m links of the core. Invariant: entries of the heap are no
less than their parent's; a node is settled once, at its least cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.compiled import compiled
from impact.times.engines.arcs import no_way
from impact.times.engines.costs import less

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.customisation import LinkCosts
    from impact.times.engines.upward import Upward

_CHILDREN = 4


@dataclass(frozen=True, eq=False)
class Core:
    """Ways of the core, reversed: from each node to those that lead there.

    Attributes
    ----------
    first : ndarray of int64, shape (n_core + 1,)
        Ways of core node i are ``node[first[i]:first[i + 1]]``.
    node : ndarray of int32, shape (n_ways,)
        Core nodes (rank less the number contracted).
    cost : ndarray, shape (n_ways,)
        From that node.
    """

    first: NDArray[np.int64]
    node: NDArray[np.int32]
    cost: NDArray[Any]


def core_of(up: Upward, costs: LinkCosts) -> Core:
    """Take the core out of a customised hierarchy.

    Parameters
    ----------
    up
        Contracted topology.
    costs
        From `customise`.

    Returns
    -------
    Core
    """
    links = slice(up.first[up.core], None)
    low, high = up.tail[links] - up.core, up.head[links] - up.core
    into, node = np.concatenate([high, low]), np.concatenate([low, high])
    cost = np.concatenate([costs.rising[links], costs.falling[links]])
    order = np.argsort(into, kind="stable")
    order = order[cost.real[order] < no_way(cost.real.dtype)]
    first = np.searchsorted(into[order], np.arange(len(up.rank) - up.core + 1))
    return Core(first, node[order].astype(np.int32), cost[order])


@compiled
def search_core(
    first: NDArray[np.int64],
    node: NDArray[np.int32],
    cost: NDArray[Any],
    label: NDArray[Any],
    seeds: NDArray[np.int32],
    heap_cost: NDArray[Any],
    heap_node: NDArray[np.int32],
    place_of: NDArray[np.int32],
) -> None:
    """Lower the labels of all core nodes to the least cost.

    Parameters
    ----------
    first, node, cost
        Of `Core`.
    label : ndarray, shape (n_core,)
        Costs of the seeds, no way elsewhere; then the least costs of all.
    seeds : ndarray of int32, shape (n_seeds,)
        Nodes with a label.
    heap_cost, heap_node : ndarray, shape (n_core,)
        Room for the heap.
    place_of : ndarray of int32, shape (n_core,)
        Place of each node in the heap; -1, for not there, before and after.
    """
    size = 0
    for seed in seeds:
        _rise(heap_cost, heap_node, place_of, size, label[seed], seed)
        size += 1
    while size:
        least, here = heap_cost[0], heap_node[0]
        size -= 1
        _sink(heap_cost, heap_node, place_of, size)
        place_of[here] = -1
        for way in range(first[here], first[here + 1]):
            before = node[way]
            over = least + cost[way]
            if less(over, label[before]):
                label[before] = over
                place = place_of[before]
                if place < 0:
                    place = size
                    size += 1
                _rise(heap_cost, heap_node, place_of, place, over, before)


@compiled
def _rise(
    heap_cost: NDArray[Any],
    heap_node: NDArray[np.int32],
    place_of: NDArray[np.int32],
    place: int,
    cost: Any,  # noqa: ANN401
    node: int,
) -> None:
    """Put a node at a place, or as far above it as its cost asks for."""
    while place > 0:
        parent = (place - 1) // _CHILDREN
        if not less(cost, heap_cost[parent]):
            break
        heap_cost[place], heap_node[place] = heap_cost[parent], heap_node[parent]
        place_of[heap_node[place]] = place
        place = parent
    heap_cost[place], heap_node[place] = cost, node
    place_of[node] = place


@compiled
def _sink(
    heap_cost: NDArray[Any], heap_node: NDArray[np.int32], place_of: NDArray[np.int32], size: int
) -> None:
    """Take the first away: the entry behind the others comes in its place, or as far below it."""
    cost, node = heap_cost[size], heap_node[size]
    place, child = 0, 1
    while child < size:
        for other in range(child + 1, min(child + _CHILDREN, size)):
            if less(heap_cost[other], heap_cost[child]):
                child = other
        if not less(heap_cost[child], cost):
            break
        heap_cost[place], heap_node[place] = heap_cost[child], heap_node[child]
        place_of[heap_node[place]] = place
        place, child = child, _CHILDREN * child + 1
    heap_cost[place], heap_node[place] = cost, node
    place_of[node] = place
