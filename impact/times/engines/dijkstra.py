"""``networkx``, the reference, and ``scipy``: Dijkstra's algorithm, a tree per destination.

Source: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959).
One tree per destination grows backwards, over the reversed graph, from an extra node that stands
for the destination: O((n + m) log n) each, in Python. Short and obvious; the others are held to it.

`scipy.sparse.csgraph.dijkstra` grows one tree per destination over the reversed graph, each from an
extra node that stands for the destination and from which paths only lead away:
O((n + m) log n) per tree. From fewer nodes than there are destinations, trees grow forward instead.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from impact.times.engines.graph import no_way, tight_arcs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx
    from numpy.typing import NDArray

    from impact.times.engines.graph import Arcs
    from impact.times.engines.protocol import Places, Query, Setup

_BLOCK = 16


@dataclass(frozen=True, eq=False)
class _NetworkxSearch:
    arcs: Arcs
    places: Places
    block: int = _BLOCK

    def weighed(
        self,
        arc_cost: NDArray[Any],
        leg_cost: NDArray[Any],
        *,
        keep: bool = False,  # noqa: ARG002
    ) -> Query:
        arcs, places = self.arcs, self.places
        roads = _backward(arcs.tail, arcs.head, arc_cost.real)

        def query(destinations: NDArray[np.int64]) -> NDArray[Any]:
            shape = (len(destinations), len(places.wanted))
            out = np.full(shape, no_way(arc_cost.dtype), dtype=arc_cost.dtype)
            for row, destination in enumerate(destinations):
                _, legs = places.legs_of(np.array([destination]))
                tail, head = places.node[legs], np.full(len(legs), arcs.size)
                with _joined(roads, tail, leg_cost[legs].real, arcs.size):
                    tree = _tree(roads, arcs.size)
                out[row].real = tree[places.wanted]
                if arc_cost.dtype.kind == "c":
                    tail, head = np.append(arcs.tail, tail), np.append(arcs.head, head)
                    cost = np.append(arc_cost, leg_cost[legs])
                    tight = tight_arcs(tail, head, cost.real, tree)
                    fastest = _backward(tail[tight], head[tight], cost.imag[tight])
                    out[row].imag = _tree(fastest, arcs.size)[places.wanted]
            return out

        return query


def prepare_networkx(arcs: Arcs, places: Places, setup: Setup) -> _NetworkxSearch:  # noqa: ARG001
    """Prepare nothing; see `impact.times.engines.protocol.Engine`."""
    return _NetworkxSearch(arcs, places)


def _backward(
    tail: NDArray[np.int64], head: NDArray[np.int64], weight: NDArray[np.float64]
) -> nx.DiGraph[int]:
    """Reverse arcs."""
    import networkx as nx

    backward: nx.DiGraph[int] = nx.DiGraph()
    arcs = zip(head.tolist(), tail.tolist(), weight.tolist(), strict=True)
    backward.add_weighted_edges_from(arcs)
    return backward


@contextmanager
def _joined(
    roads: nx.DiGraph[int], node: NDArray[np.int64], weight: NDArray[np.float64], target: int
) -> Iterator[None]:
    """Join a destination to reversed roads, for a while."""
    legs = zip(node.tolist(), weight.tolist(), strict=True)
    roads.add_node(target)
    roads.add_weighted_edges_from((target, each, minutes) for each, minutes in legs)
    yield
    roads.remove_node(target)


def _tree(backward: nx.DiGraph[int], target: int) -> NDArray[np.float64]:
    """Least sum of weights from every node to the target, which is the last node."""
    import networkx as nx

    out = np.full(target + 1, np.inf)
    if target in backward:
        reached = nx.single_source_dijkstra_path_length(backward, target, weight="weight")
        out[list(reached)] = list(reached.values())
    return out


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
        if cost.dtype.kind != "c" and len(self.places.wanted) < min(self.places.count, _BLOCK):
            return self._from_few(cost)
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

    def _from_few(self, cost: NDArray[np.float64]) -> Query:
        """Grow trees forward, from the wanted nodes, where they are fewer than destinations."""
        size = self.arcs.size + self.places.count
        graph = sparse.coo_array((cost, (self.tail, self.head)), shape=(size, size)).tocsr()
        trees = csgraph.dijkstra(graph, indices=self.places.wanted)

        def query(destinations: NDArray[np.int64]) -> NDArray[Any]:
            minutes: NDArray[Any] = trees[:, self.arcs.size + destinations].T
            return minutes

        return query

    def _backward(
        self, weight: NDArray[np.float64], which: NDArray[np.int64]
    ) -> sparse.csr_array[np.float64]:
        size = self.arcs.size + self.places.count
        ends = (self.head[which], self.tail[which])
        return sparse.coo_array((weight, ends), shape=(size, size)).tocsr()


def prepare_scipy(arcs: Arcs, places: Places, setup: Setup) -> _ScipySearch:  # noqa: ARG001
    """Add the egress legs to the roads; see `impact.times.engines.protocol.Engine`."""
    tail = np.concatenate([arcs.tail, places.node])
    head = np.concatenate([arcs.head, arcs.size + places.point])
    return _ScipySearch(arcs, places, tail, head)
