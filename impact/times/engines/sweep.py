"""From the top of the hierarchy down to the wanted nodes, for many destinations at once.

The idea. Once the costs from all higher ranks to the destinations are known, those of a rank are
the least over its upward links of cost(link) + cost(head): one pass over ranks in descending order.
Two things make it fast. Ranks that are no ancestor of a wanted node play no part: the *selection*
holds the others only. And each link is read once for `ABREAST` destinations, whose costs lie side
by side in memory, so that the processor adds and compares several in one instruction.

Sources: Delling, Goldberg, Nowatzyk and Werneck, PHAST: hardware-accelerated shortest path trees,
IPDPS 2011; Delling, Goldberg and Werneck, Faster batched shortest paths in road networks (RPHAST),
ATMOS 2011.

Complexity: selected links times destinations. Invariant: the heads of a selected rank are selected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.compiled import compiled
from impact.spans import ranges
from impact.times.engines.costs import less

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.upward import Upward


ABREAST = 8
"""Destinations in a sweep: their costs fill a line of the cache, the least of them its registers.

Fixed when this is compiled, so that the loops over them need no counting."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The part of an `Upward` above the wanted nodes, the highest rank first.

    Attributes
    ----------
    rank : ndarray of int32, shape (n_selected,)
        Ranks, descending.
    row : ndarray of int32, shape (n_nodes,)
        Place of each rank among them; -1 where it is not selected.
    first : ndarray of int64, shape (n_selected + 1,)
        Links of row i are ``link[first[i]:first[i + 1]]``; none for the core.
    link : ndarray of int64, shape (n_selected_links,)
        Links of the `Upward`.
    head : ndarray of int32, shape (n_selected_links,)
        Rows that they lead to.
    wanted : ndarray of int32, shape (n_wanted,)
        Rows of the wanted nodes.
    """

    rank: NDArray[np.int32]
    row: NDArray[np.int32]
    first: NDArray[np.int64]
    link: NDArray[np.int64]
    head: NDArray[np.int32]
    wanted: NDArray[np.int32]


def select(up: Upward, wanted: NDArray[np.int64]) -> Selection:
    """Find all that lies above some nodes.

    Parameters
    ----------
    up
        Contracted topology.
    wanted : ndarray of int64, shape (n_wanted,)
        Nodes.

    Returns
    -------
    Selection
    """
    size = len(up.rank)
    above = np.zeros(size, dtype=np.bool_)
    above[up.rank[wanted]] = True
    _mark(up.core, up.first, up.head, above)
    rank = np.flatnonzero(above)[::-1]
    row = np.full(size, -1, dtype=np.int32)
    row[rank] = np.arange(len(rank))
    count = np.where(rank < up.core, up.first[rank + 1] - up.first[rank], 0)
    link, first = ranges(up.first[rank], up.first[rank] + count)
    head = row[up.head[link]]
    return Selection(rank.astype(np.int32), row, first, link, head, row[up.rank[wanted]])


@compiled
def _mark(
    core: int, first: NDArray[np.int64], head: NDArray[np.int32], above: NDArray[np.bool_]
) -> None:
    """Mark the heads of marked ranks."""
    for here in range(core):
        if above[here]:
            for link in range(first[here], first[here + 1]):
                above[head[link]] = True


@compiled
def sweep(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    rising: NDArray[Any],
    costs: NDArray[Any],
) -> None:
    """Fill in the costs of all selected ranks.

    Parameters
    ----------
    first, head
        Of `Selection`.
    rising : ndarray, shape (n_selected_links,)
        Cost from each row to that of the head.
    costs : ndarray, shape (n_selected, ABREAST)
        Labels of `climb` (and costs of the core); then the least costs.
    """
    least = np.empty(ABREAST, dtype=costs.dtype)
    for row in range(len(first) - 1):
        for column in range(ABREAST):
            least[column] = costs[row, column]
        for link in range(first[row], first[row + 1]):
            above, cost = head[link], rising[link]
            for column in range(ABREAST):
                over = cost + costs[above, column]
                known = least[column]
                least[column] = over if less(over, known) else known
        for column in range(ABREAST):
            costs[row, column] = least[column]
