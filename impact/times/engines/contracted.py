"""``contracted``: exact contraction of nodes of few neighbours, then Dijkstra over the core.

Nothing is ordered beforehand, so that this is the quickest way to a single matrix on a large
network: contraction leaves a seventh of the nodes, and only there a tree is grown per destination.

Sources: see `impact.times.engines.elimination` and `impact.times.engines.core_search`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.times.engines.elimination import Lists, eliminate, neighbours
from impact.times.engines.search import UpwardSearch
from impact.times.engines.upward import upward

if TYPE_CHECKING:
    from impact.times.engines.arcs import Arcs
    from impact.times.engines.protocol import Places, Setup
    from impact.times.engines.upward import Upward


def prepare(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Contract; see `impact.times.engines.protocol.Engine`.

    Parameters
    ----------
    arcs, places, setup
        See there.

    Returns
    -------
    UpwardSearch
    """
    return UpwardSearch.of(arcs, places, setup, contract(arcs))


def contract(arcs: Arcs) -> Upward:
    """Contract nodes of few neighbours.

    Parameters
    ----------
    arcs
        Topology.

    Returns
    -------
    Upward
        With a core of all others.
    """
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    owner = np.repeat(np.arange(len(gone.left)), np.diff(gone.core.first))
    once = gone.core.node > owner
    count = np.bincount(owner[once], minlength=len(gone.left))
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + np.cumsum(count)])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[gone.core.node[once]]]))
    return upward(np.concatenate([gone.order, gone.left]), links, len(gone.order))
