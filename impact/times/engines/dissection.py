"""Order the core by nested dissection, and find the links that contracting it makes.

The idea. A *separator* is a small set of nodes without which the graph falls apart into halves. Put
it last, treat the halves alike: then contracting a node never joins anything across a separator,
and a node has at most the separators above it as ancestors. Road networks have separators of about
the cube root of their size, so that ancestors are few. METIS finds the separators.

Which links contraction makes is then found without carrying it out: the upward neighbours of a node
are its own, and those of its children in the elimination tree, without itself.

Sources: George, Nested dissection of a regular finite element mesh, SIAM J. Numer. Anal. 10 (1973);
Karypis and Kumar, A fast and high quality multilevel scheme for partitioning irregular graphs, SIAM
J. Sci. Comput. 20 (1998); Dibbelt, Strasser and Wagner, Customizable contraction hierarchies, ACM
JEA 21 (2016).

Complexity of the links: linear in their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pymetis

from impact.compiled import compiled
from impact.times.engines.elimination import Lists

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dissection_order(graph: Lists) -> NDArray[np.int32]:
    """Order nodes by nested dissection.

    Parameters
    ----------
    graph
        Neighbours of each node.

    Returns
    -------
    ndarray of int32, shape (n,)
        Nodes, those to be contracted first first.

    Notes
    -----
    METIS starts from a fixed seed: the same graph gives the same order.
    """
    if len(graph.node) == 0:
        return np.arange(len(graph.first) - 1, dtype=np.int32)
    adjacency = pymetis.CSRAdjacency(graph.first.astype(np.int32), graph.node)
    order, _ = pymetis.nested_dissection(adjacency)
    return np.array(order, dtype=np.int32)


def filled(graph: Lists, order: NDArray[np.int32]) -> Lists:
    """Upward neighbours of each node if all are contracted in this order.

    Parameters
    ----------
    graph
        Neighbours of each node.
    order : ndarray of int32, shape (n,)
        From `dissection_order`.

    Returns
    -------
    Lists
        In that order, of nodes; not sorted within a list.
    """
    size = len(order)
    place = np.empty(size, dtype=np.int32)
    place[order] = np.arange(size)
    count = np.diff(graph.first)[order]
    first = np.concatenate([[0], np.cumsum(count)])
    owner = np.repeat(np.arange(size), count)
    within = np.arange(len(owner)) - first[owner]
    around = place[graph.node[graph.first[order][owner] + within]]
    out = np.empty(4 * len(around), dtype=np.int32)
    out_first = np.zeros(size + 1, dtype=np.int64)
    child, sibling = (np.full(size, -1, dtype=np.int32) for _ in range(2))
    seen = np.full(size, -1, dtype=np.int32)
    done = 0
    while True:
        done = _fill(done, first, around, out_first, out, child, sibling, seen)
        if done == size:
            break
        out = np.concatenate([out, np.empty(len(out) + size, dtype=np.int32)])
    return Lists(out_first, order[out[: out_first[-1]]])


@compiled
def _fill(
    done: int,
    first: NDArray[np.int64],
    around: NDArray[np.int32],
    out_first: NDArray[np.int64],
    out: NDArray[np.int32],
    child: NDArray[np.int32],
    sibling: NDArray[np.int32],
    seen: NDArray[np.int32],
) -> int:
    """List the upward neighbours from node `done` on; give back where room ran out."""
    size = len(child)
    for here in range(done, size):
        end = out_first[here]
        if end + size - here > len(out):
            return here
        seen[here] = here
        for place in range(first[here], first[here + 1]):
            other = around[place]
            if other > here and seen[other] != here:
                seen[other] = here
                out[end] = other
                end += 1
        below = child[here]
        while below >= 0:
            for place in range(out_first[below], out_first[below + 1]):
                other = out[place]
                if seen[other] != here:
                    seen[other] = here
                    out[end] = other
                    end += 1
            below = sibling[below]
        parent = size
        for place in range(out_first[here], end):
            parent = min(parent, out[place])
        if parent < size:
            sibling[here] = child[parent]
            child[parent] = here
        out_first[here + 1] = end
    return size
