"""``scipy``: the same trees as the reference, in compiled code that is not ours.

`scipy.sparse.csgraph.dijkstra` grows one tree per destination over the reversed graph, each from an
extra node that stands for the destination and from which paths only lead away:
O((n + m) log n) per tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.times.engines.tight import tight_arcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.arcs import Arcs
    from impact.times.engines.protocol import Places, Query, Setup

_BLOCK = 16
"""Trees at a time, each of all nodes."""


@dataclass(frozen=True, eq=False)
class _ScipySearch:
    """Reversed roads; node ``arcs.size + d`` stands for destination d."""

    arcs: Arcs
    places: Places
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    block: int = _BLOCK

    def weighed(
        self,
        arc_cost: NDArray[Any],
        leg_cost: NDArray[Any],
        *,
        keep: bool = False,  # noqa: ARG002
    ) -> Query:
        cost = np.concatenate([arc_cost, leg_cost])
        graph = self._backward(cost.real, np.arange(len(cost)))

        def query(destinations: NDArray[np.int64]) -> NDArray[Any]:
            sources = self.arcs.size + destinations
            trees = csgraph.dijkstra(graph, indices=sources)
            if cost.dtype.kind != "c":
                minutes: NDArray[Any] = trees[:, self.places.wanted]
                return minutes
            out = np.empty((len(destinations), len(self.places.wanted)), dtype=cost.dtype)
            for row, source in enumerate(sources):
                tight = tight_arcs(self.tail, self.head, cost.real, trees[row])
                lengths = self._backward(cost.imag[tight], tight)
                km = csgraph.dijkstra(lengths, indices=source)
                out[row].real = trees[row, self.places.wanted]
                out[row].imag = km[self.places.wanted]
            return out

        return query

    def _backward(
        self, weight: NDArray[np.float64], which: NDArray[np.int64]
    ) -> sparse.csr_array[np.float64]:
        size = self.arcs.size + self.places.count
        ends = (self.head[which], self.tail[which])
        return sparse.coo_array((weight, ends), shape=(size, size)).tocsr()


def prepare(arcs: Arcs, places: Places, setup: Setup) -> _ScipySearch:  # noqa: ARG001
    """Add the egress legs to the roads; see `impact.times.engines.protocol.Engine`."""
    tail = np.concatenate([arcs.tail, places.node])
    head = np.concatenate([arcs.head, arcs.size + places.point])
    return _ScipySearch(arcs, places, tail, head)
