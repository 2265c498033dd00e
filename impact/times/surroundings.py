"""The roads around one point: all that a fastest trip from it can take, under many speed tables.

Let a table slow every edge down by a factor between a and b, and let D(v) be the minutes from the
point to node v under the plain table, legs aside. A fastest trip under the other table takes at
most b X, with X the plain minutes of the same trip, legs included; it reaches v after at least
a D(v). So it only passes nodes with D(v) <= X b / a. Whoever draws many tables searches those.
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
    network: RoadNetwork, access: AccessLegs, egress: AccessLegs, *, unevenness: float
) -> NDArray[np.bool_]:
    """Tell which nodes a fastest trip can pass.

    Parameters
    ----------
    network
        Roads whose points join edges.
    access, egress
        Legs of one origin, and of the destinations.
    unevenness
        Most of b / a over the tables.

    Returns
    -------
    ndarray of bool, shape (n_nodes,)
        Those, and the ends of every edge that a point joins.
    """
    arcs = Arcs.of(network)
    cost, shape = arcs.edges.least(network.minutes), (arcs.size, arcs.size)
    graph = sparse.coo_array((cost, (arcs.tail, arcs.head)), shape=shape).tocsr()
    tree = csgraph.dijkstra(graph, indices=np.unique(access.node), min_only=True)
    there = np.minimum.reduceat(tree[egress.node] + egress.minutes, first_legs(egress.point))
    near: NDArray[np.bool_] = tree <= (access.minutes.max() + there.max()) * unevenness * _ROUNDING
    for legs in (access, egress):
        near[legs.node] = True
        if legs.spots is not None and network.shapes is not None:
            joined = np.isin(network.shapes.line, legs.spots.line)
            near[network.tail[joined]] = near[network.head[joined]] = True
    return near
