"""Nodes in the same place: a junction and its copies.

A street-level network holds a junction several times where a car may not turn as it likes, or
where a barrier parts it: each copy is entered by other roads. Whoever stands there is at all of
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.spans import equals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork


def nodes_in_place(
    network: RoadNetwork, node: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find all nodes with the coordinates of some nodes.

    Parameters
    ----------
    network
        Roads.
    node : ndarray of int64, shape (n,)
        Positions of nodes, not necessarily different.

    Returns
    -------
    which, found : ndarray of int64, shape (n_found,)
        Position in `node`, ascending, and position of a node in that place: itself and others.
    """
    if len(node) == 0:
        return node, node
    # most nodes are out at once: no other lies as far north
    known = np.sort(network.lat[node])
    at = np.minimum(np.searchsorted(known, network.lat), len(known) - 1)
    near = np.flatnonzero(known[at] == network.lat)
    key = network.lat[near] + 1j * network.lon[near]
    order = np.argsort(key, kind="stable")
    wanted = network.lat[node] + 1j * network.lon[node]
    which, found = equals(wanted, key[order])
    return which, near[order[found]]
