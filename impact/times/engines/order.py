"""The order of contraction: nodes of few neighbours first, the rest by nested dissection.

The idea. A node is *contracted* (eliminated) by joining its neighbours to each other; a way over
the node then has an equal way past it, so that distances among the nodes left do not change. With
d neighbours that takes at most d (d - 1) / 2 new links. In a road network nearly all nodes have
four or fewer, and contracting those of at most five leaves a small dense core.

The neighbours that a node has when it goes are its *upward* neighbours: all go later than itself,
or stay. Upward links are what queries climb (`impact.times.engines.hierarchy`). Speeds play no part
here, only which nodes are joined, so that the work is done once per topology.

Sources: Parter, The use of linear graphs in Gauss elimination, SIAM Review 3 (1961); Geisberger,
Sanders, Schultes and Delling, Contraction hierarchies, WEA 2008; Dibbelt, Strasser and Wagner,
Customizable contraction hierarchies, ACM JEA 21 (2016).

Complexity: O(n d**3) for the highest degree d contracted. Invariant: the lists of neighbours of the
nodes left are symmetric, hold no node twice and no node that went.

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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pymetis

from impact.compiled import compiled
from impact.segments import owners, ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NEIGHBOURS = 24
"""Measured on a network of Dutch size: with five a seventh of the nodes is left, with 24 a
fiftieth, for a third more links; contracting yet more costs more than it saves."""

_FEW = 0.98
"""When more nodes than this share stay in a round, those of one more neighbour may go too."""

_ROOM = 1024
"""Least number of places by which a full pool grows."""


@dataclass(frozen=True, eq=False)
class Lists:
    """A list of nodes per node, one behind the other.

    Attributes
    ----------
    first : ndarray of int64, shape (n + 1,)
        The list of node i is ``node[first[i]:first[i + 1]]``.
    node : ndarray of int32, shape (n_links,)
        Positions of nodes.
    """

    first: NDArray[np.int64]
    node: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Eliminated:
    """What contraction leaves.

    Attributes
    ----------
    order : ndarray of int32, shape (n_gone,)
        Nodes in the order in which they went.
    upward
        Upward neighbours of each of them, in that order.
    left : ndarray of int32, shape (n_left,)
        Nodes of the core, ascending.
    core
        Neighbours of each of them within the core.
    """

    order: NDArray[np.int32]
    upward: Lists
    left: NDArray[np.int32]
    core: Lists


def neighbours(size: int, tail: NDArray[np.int64], head: NDArray[np.int64]) -> Lists:
    """List the neighbours of each node, whatever the direction of the arcs."""
    out_first, in_first = (
        np.concatenate([[0], np.cumsum(np.bincount(end, minlength=size))]) for end in (tail, head)
    )
    into, node = np.empty(len(tail), dtype=np.int32), np.empty(2 * len(tail), dtype=np.int32)
    first = np.zeros(size + 1, dtype=np.int64)
    _neighbours(tail, head, out_first, in_first, in_first[:-1].copy(), into, first, node)
    return Lists(first, node[: first[-1]].copy())


def eliminate(graph: Lists, most: int = MOST_NEIGHBOURS) -> Eliminated:
    """Contract nodes of few neighbours, those of fewest first.

    Notes
    -----
    In rounds: no two neighbours go in the same round, which keeps the hierarchy low.
    """
    size = len(graph.first) - 1
    left = np.arange(size, dtype=np.int32)
    order, first = np.empty(size, dtype=np.int32), np.zeros(size + 1, dtype=np.int64)
    upward = np.empty(most * size, dtype=np.int32)
    pool = np.concatenate([graph.node, np.empty_like(graph.node)])
    lists = np.column_stack([graph.first[:-1], np.diff(graph.first), np.diff(graph.first)])
    touched = np.zeros(size, dtype=np.int32)
    used, gone, limit, number = len(graph.node), 0, 1, 0
    while limit <= most:
        number += 1
        candidates = len(left)
        stay, gone, used, full = _round(
            pool, used, lists, touched, number, limit, left, order, first, upward, gone
        )
        left = left[:stay]
        if full:
            pool = np.concatenate([pool, np.empty(len(pool) + _ROOM, dtype=np.int32)])
        elif stay >= _FEW * candidates:
            limit += 1
    place = np.full(size, -1, dtype=np.int32)
    place[left] = np.arange(len(left))
    core = _listed(pool, lists[left, 0], lists[left, 1])
    return Eliminated(
        order[:gone].copy(),
        Lists(first[: gone + 1].copy(), upward[: first[gone]].copy()),
        left.copy(),
        Lists(core.first, place[core.node]),
    )


def _listed(pool: NDArray[np.int32], begin: NDArray[np.int64], length: NDArray[np.int64]) -> Lists:
    """Take lists out of a pool, each sorted."""
    places, first = ranges(begin, begin + length)
    node = pool[places]
    return Lists(first, node[np.lexsort((node, owners(first)))])


@compiled
def _neighbours(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    out_first: NDArray[np.int64],
    in_first: NDArray[np.int64],
    end: NDArray[np.int64],
    into: NDArray[np.int32],
    first: NDArray[np.int64],
    node: NDArray[np.int32],
) -> None:
    """Merge, for each node, where arcs lead to and where they come from."""
    # arcs are sorted by tail: what leads to a node is put in order of tail by counting
    for arc in range(len(tail)):
        into[end[head[arc]]] = tail[arc]
        end[head[arc]] += 1
    size = len(first) - 1
    kept = 0
    for here in range(size):
        one, other = out_first[here], in_first[here]
        while one < out_first[here + 1] or other < in_first[here + 1]:
            ahead = head[one] if one < out_first[here + 1] else size
            behind = into[other] if other < in_first[here + 1] else size
            nearest = min(ahead, behind)
            node[kept] = nearest
            kept += 1
            one += ahead == nearest
            other += behind == nearest
        first[here + 1] = kept


@compiled
def _round(
    pool: NDArray[np.int32],
    used: int,
    lists: NDArray[np.int64],
    touched: NDArray[np.int32],
    number: int,
    limit: int,
    left: NDArray[np.int32],
    order: NDArray[np.int32],
    first: NDArray[np.int64],
    upward: NDArray[np.int32],
    gone: int,
) -> tuple[int, int, int, bool]:
    """Contract nodes of at most `limit` neighbours, no two of them neighbours of each other.

    The neighbours of v are ``pool[begin:begin + length]`` with room for more, where begin, length
    and room are ``lists[v]``. Ends before its time when the pool is full.
    """
    stay, full = 0, False
    for candidate in range(len(left)):
        here = left[candidate]
        begin, length = lists[here, 0], lists[here, 1]
        need = 0
        if length <= limit and touched[here] != number:
            for place in range(begin, begin + length):
                need += 2 * (lists[pool[place], 1] + limit)
        full |= used + need > len(pool)
        if full or length > limit or touched[here] == number:
            left[stay] = here
            stay += 1
            continue
        start, end = first[gone], first[gone] + length
        for place in range(length):
            upward[start + place] = pool[begin + place]
        order[gone] = here
        gone += 1
        first[gone] = end
        for place in range(start, end):
            one = upward[place]
            touched[one] = number
            _drop(pool, lists, one, here)
            if lists[one, 1] + limit > lists[one, 2]:
                used = _move(pool, lists, one, used, limit)
            for another in range(start, end):
                if another != place:
                    _add(pool, lists, one, upward[another])
    return stay, gone, used, full


@compiled
def _drop(pool: NDArray[np.int32], lists: NDArray[np.int64], one: int, here: int) -> None:
    """Take `here` out of the list of `one`."""
    last = lists[one, 0] + lists[one, 1] - 1
    place = lists[one, 0]
    while pool[place] != here:
        place += 1
    pool[place] = pool[last]
    lists[one, 1] -= 1


@compiled
def _add(pool: NDArray[np.int32], lists: NDArray[np.int64], one: int, other: int) -> None:
    """Put `other` into the list of `one`, unless it is there."""
    end = lists[one, 0] + lists[one, 1]
    for place in range(lists[one, 0], end):
        if pool[place] == other:
            return
    pool[end] = other
    lists[one, 1] += 1


@compiled
def _move(pool: NDArray[np.int32], lists: NDArray[np.int64], one: int, used: int, more: int) -> int:
    """Move the list of `one` to the end of the pool, where it has room to grow."""
    begin, length = lists[one, 0], lists[one, 1]
    for place in range(length):
        pool[used + place] = pool[begin + place]
    lists[one, 0] = used
    room = 2 * int(length + more)
    lists[one, 2] = room
    return used + room


def dissection_order(graph: Lists) -> NDArray[np.int32]:
    """Order nodes by nested dissection.

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
    """Upward neighbours of each node if all are contracted in this order."""
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
