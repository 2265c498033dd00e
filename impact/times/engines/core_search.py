"""Dijkstra's algorithm over the core that contraction left, backwards from a destination.

The queue is a binary heap in two arrays. A node whose cost drops enters the heap again and its old
entry is passed over when it comes up, which is simpler than moving it and no slower on roads.

Sources: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959);
Williams, Heapsort, Communications of the ACM 7 (1964).

Complexity: O(m log m) for m links of the core. Invariant: entries of the heap are no less than
their parent's; a node is settled once, at its least cost.
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
    heap_cost, heap_node : ndarray, shape (n_ways + n_core,)
        Room for the heap.
    """
    size = 0
    for seed in seeds:
        size = _push(heap_cost, heap_node, size, label[seed], seed)
    while size:
        least, here = heap_cost[0], heap_node[0]
        size = _pop(heap_cost, heap_node, size)
        if less(label[here], least):
            continue
        for way in range(first[here], first[here + 1]):
            before = node[way]
            over = least + cost[way]
            if less(over, label[before]):
                label[before] = over
                size = _push(heap_cost, heap_node, size, over, before)


@compiled
def _push(
    heap_cost: NDArray[Any],
    heap_node: NDArray[np.int32],
    size: int,
    cost: Any,  # noqa: ANN401
    node: int,
) -> int:
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if not less(cost, heap_cost[parent]):
            break
        heap_cost[place], heap_node[place] = heap_cost[parent], heap_node[parent]
        place = parent
    heap_cost[place], heap_node[place] = cost, node
    return size + 1


@compiled
def _pop(heap_cost: NDArray[Any], heap_node: NDArray[np.int32], size: int) -> int:
    size -= 1
    cost, node = heap_cost[size], heap_node[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and less(heap_cost[child + 1], heap_cost[child]):
            child += 1
        if not less(heap_cost[child], cost):
            break
        heap_cost[place], heap_node[place] = heap_cost[child], heap_node[child]
        place = child
    heap_cost[place], heap_node[place] = cost, node
    return size
