"""``networkx``, the reference: Dijkstra's algorithm in plain sight.

Source: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959).
One tree per destination grows backwards, over the reversed graph, from an extra node that stands
for the destination: O((n + m) log n) each, in Python. Short and obvious; the others are held to it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from impact.times.engines.arcs import no_way
from impact.times.engines.tight import tight_arcs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from impact.times.engines.arcs import Arcs
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


def prepare(arcs: Arcs, places: Places, setup: Setup) -> _NetworkxSearch:  # noqa: ARG001
    """Prepare nothing; see `impact.times.engines.protocol.Engine`."""
    return _NetworkxSearch(arcs, places)


def _backward(
    tail: NDArray[np.int64], head: NDArray[np.int64], weight: NDArray[np.float64]
) -> nx.DiGraph[int]:
    """Reverse arcs."""
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
    out = np.full(target + 1, np.inf)
    if target in backward:
        reached = nx.single_source_dijkstra_path_length(backward, target, weight="weight")
        out[list(reached)] = list(reached.values())
    return out
