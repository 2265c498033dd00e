"""``contracted`` and ``hierarchy``: the engines that contract nodes before they search.

Nothing is ordered beforehand, so that this is the quickest way to a single matrix on a large
network: contraction leaves a seventh of the nodes, and only there a tree is grown per destination.

Sources: see `impact.times.engines.order` and `impact.times.engines.query`.

Three steps, each needed less often than the next. The order of contraction depends on the topology
alone: nodes of few neighbours first, the rest by nested dissection. Customisation gives the links
their costs under one table of speeds. Queries climb from the destinations and sweep down to the
wanted nodes.

Sources: Geisberger, Sanders, Schultes and Delling, Contraction hierarchies, WEA 2008; Delling,
Goldberg, Nowatzyk and Werneck, PHAST, IPDPS 2011; Dibbelt, Strasser and Wagner, Customizable
contraction hierarchies, ACM JEA 21 (2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.times.engines.order import (
    MOST_NEIGHBOURS,
    Lists,
    dissection_order,
    eliminate,
    filled,
    neighbours,
)
from impact.times.engines.query import UpwardSearch
from impact.times.engines.stored import digest, kept
from impact.times.engines.upward import Upward, upward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.graph import Arcs
    from impact.times.engines.protocol import Places, Setup


def prepare_contracted(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Contract; see `impact.times.engines.protocol.Engine`."""
    return UpwardSearch.of(arcs, places, setup, contract_few(arcs))


def contract_few(arcs: Arcs) -> Upward:
    """Contract nodes of few neighbours."""
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    owner = np.repeat(np.arange(len(gone.left)), np.diff(gone.core.first))
    once = gone.core.node > owner
    count = np.bincount(owner[once], minlength=len(gone.left))
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + np.cumsum(count)])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[gone.core.node[once]]]))
    return upward(np.concatenate([gone.order, gone.left]), links, len(gone.order))


def prepare_hierarchy(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Order and contract all nodes; see `impact.times.engines.protocol.Engine`."""
    key = digest("hierarchy", MOST_NEIGHBOURS, arcs.size, arcs.tail, arcs.head)

    def make() -> dict[str, NDArray[Any]]:
        arrays = dict(vars(contract_all(arcs)))
        del arrays["core"]
        return arrays

    up = Upward(arcs.size, **kept("order", key, setup, make))
    return UpwardSearch.of(arcs, places, setup, up, key=key)


def contract_all(arcs: Arcs) -> Upward:
    """Contract all nodes."""
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    order = dissection_order(gone.core)
    rest = filled(gone.core, order)
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + rest.first[1:]])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[rest.node]]))
    return upward(np.concatenate([gone.order, gone.left[order]]), links, arcs.size)
