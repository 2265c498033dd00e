"""The roads that fastest trips between a point and some places can take, under many speed tables.

Let a table slow every edge down by a factor between a and b. Let D(v) be the minutes from the point
to node v under the plain table, E(v) those from v to the nearest of the places, both without legs.
A fastest trip under the other table takes at most b X, with X the plain minutes of the longest of
these trips, legs included, and one over v at least a (D(v) + E(v)). So it only passes nodes with
D(v) + E(v) <= X b / a: whoever draws many tables searches those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.times.engines.graph import Arcs
from impact.times.snap import first_legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.times.snap import AccessLegs

_ROUNDING = 1.000001
"""Far more than rounding takes away anywhere."""


def surroundings(
    network: RoadNetwork, origins: AccessLegs, destinations: AccessLegs, *, unevenness: float
) -> NDArray[np.bool_]:
    """Tell which nodes a fastest trip can pass."""
    arcs = Arcs.of(network)
    cost, shape = arcs.edges.least(network.minutes), (arcs.size, arcs.size)
    ahead = sparse.coo_array((cost, (arcs.tail, arcs.head)), shape=shape).tocsr()
    after = _tree(ahead, origins)
    # as columns: the reversed roads
    before = _tree(ahead.T.tocsr(), destinations)
    longest = max(
        _longest(after, destinations) + origins.minutes.max(),
        _longest(before, origins) + destinations.minutes.max(),
    )
    near: NDArray[np.bool_] = after + before <= longest * unevenness * _ROUNDING
    for legs in (origins, destinations):
        near[legs.node] = True
        if legs.spots is not None and network.shapes is not None:
            joined = np.isin(network.shapes.line, legs.spots.line)
            near[network.tail[joined]] = near[network.head[joined]] = True
    return near


def _tree(graph: sparse.csr_array[np.float64], legs: AccessLegs) -> NDArray[np.float64]:
    """Minutes from the nearest node with a leg to every node."""
    tree: NDArray[np.float64] = csgraph.dijkstra(graph, indices=np.unique(legs.node), min_only=True)
    return tree


def _longest(tree: NDArray[np.float64], legs: AccessLegs) -> float:
    """Minutes to the farthest point."""
    return float(np.minimum.reduceat(tree[legs.node] + legs.minutes, first_legs(legs.point)).max())
