"""``networkx``, the reference: Dijkstra's algorithm in plain sight.

Source: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959).
One tree per destination grows backwards, over the reversed graph, from an extra node that stands
for the destination: O((n + m) log n) each, in Python. Short and obvious; the others are held to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from impact.times.engines.arcs import no_way
from impact.times.engines.tight import tight_arcs

if TYPE_CHECKING:
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

        def query(destinations: NDArray[np.int64]) -> NDArray[Any]:
            shape = (len(destinations), len(places.wanted))
            out = np.full(shape, no_way(arc_cost.dtype), dtype=arc_cost.dtype)
            for row, destination in enumerate(destinations):
                _, legs = places.legs_of(np.array([destination]))
                tail = np.concatenate([arcs.tail, places.node[legs]])
                head = np.concatenate([arcs.head, np.full(len(legs), arcs.size)])
                cost = np.concatenate([arc_cost, leg_cost[legs]])
                tree = _tree(tail, head, cost.real, arcs.size)
                out[row].real = tree[places.wanted]
                if cost.dtype.kind == "c":
                    tight = tight_arcs(tail, head, cost.real, tree)
                    km = _tree(tail[tight], head[tight], cost.imag[tight], arcs.size)
                    out[row].imag = km[places.wanted]
            return out

        return query


def prepare(arcs: Arcs, places: Places, setup: Setup) -> _NetworkxSearch:  # noqa: ARG001
    """Prepare nothing; see `impact.times.engines.protocol.Engine`."""
    return _NetworkxSearch(arcs, places)


def _tree(
    tail: NDArray[np.int64], head: NDArray[np.int64], weight: NDArray[np.float64], target: int
) -> NDArray[np.float64]:
    """Least sum of weights from every node to the target, which is the last node."""
    backward: nx.DiGraph[int] = nx.DiGraph()
    backward.add_node(target)
    arcs = zip(head.tolist(), tail.tolist(), weight.tolist(), strict=True)
    backward.add_weighted_edges_from(arcs)
    reached = nx.single_source_dijkstra_path_length(backward, target, weight="weight")
    out = np.full(target + 1, np.inf)
    out[list(reached)] = list(reached.values())
    return out
