"""``hierarchy``: a customisable contraction hierarchy, for many matrices on one topology.

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

from impact.times.engines.dissection import dissection_order, filled
from impact.times.engines.elimination import MOST_NEIGHBOURS, Lists, eliminate, neighbours
from impact.times.engines.search import UpwardSearch
from impact.times.engines.stored import digest, kept
from impact.times.engines.upward import Upward, upward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.arcs import Arcs
    from impact.times.engines.protocol import Places, Setup


def prepare(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Order and contract all nodes; see `impact.times.engines.protocol.Engine`.

    Parameters
    ----------
    arcs, places, setup
        See there.

    Returns
    -------
    UpwardSearch
    """
    key = digest("hierarchy", MOST_NEIGHBOURS, arcs.size, arcs.tail, arcs.head)

    def make() -> dict[str, NDArray[Any]]:
        arrays = dict(vars(contract(arcs)))
        del arrays["core"]
        return arrays

    up = Upward(arcs.size, **kept("order", key, setup, make))
    return UpwardSearch.of(arcs, places, setup, up, key=key)


def contract(arcs: Arcs) -> Upward:
    """Contract all nodes.

    Parameters
    ----------
    arcs
        Topology.

    Returns
    -------
    Upward
        Without a core.
    """
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    order = dissection_order(gone.core)
    rest = filled(gone.core, order)
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + rest.first[1:]])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[rest.node]]))
    return upward(np.concatenate([gone.order, gone.left[order]]), links, arcs.size)
