"""`Upward`: nodes in the order of their contraction with links to later ones, and their costs.

The rank of a node is its place in that order. Link k joins rank ``tail[k]`` to the higher rank
``head[k]`` and may be driven both ways, at a cost each way. The *parent* of a node is its lowest
upward neighbour; parents make the elimination tree, and all upward neighbours of a contracted node
are ancestors of it, because contraction joined them to each other.

Invariants: heads of a tail ascend; any two upward neighbours of a contracted node are linked;
contracted ranks lie in postorder, so that a subtree is a run of ranks (good for the processor's
caches, and subtrees can be worked on side by side).

Source: Liu, The role of elimination trees in sparse factorization, SIAM J. Matrix Anal. Appl. 11
(1990).

The idea. A link between two upward neighbours of a contracted node v must cost no more than the way
over v: with cost(a, b) = min(cost(a, b), cost(a, v) + cost(v, b)) over all lower triangles v, a, b,
in ascending order of v, every link costs the least way over lower ranks. Then some least-cost path
between any two nodes first only climbs and then only descends. New speeds need this step alone, not
a new order.

Source: Dibbelt, Strasser and Wagner, Customizable contraction hierarchies, ACM JEA 21 (2016).

Complexity: the number of triangles. Invariant: when rank a is customised, all links of lower ranks
are final; only links of a are written.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.compiled import compiled
from impact.times.engines.graph import no_way

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.order import Lists


@compiled
def less(one: Any, other: Any) -> bool:  # noqa: ANN401 (float or complex)
    """Whether one cost is less: fewer minutes or, of equal minutes, fewer kilometres."""
    return bool(one.real < other.real or (one.real == other.real and one.imag < other.imag))


@dataclass(frozen=True, eq=False)
class Upward:
    """Contracted nodes first, then the core that is left (perhaps none).

    Attributes
    ----------
    core
        Ranks from here on are not contracted.
    rank : ndarray of int32, shape (n_nodes,)
        Of each node.
    first : ndarray of int64, shape (n_nodes + 1,)
        Links of rank r are ``first[r]:first[r + 1]``.
    tail, head : ndarray of int32, shape (n_links,)
        Ranks.
    down_first : ndarray of int64, shape (n_nodes + 1,)
        Links that lead to rank r are ``down[down_first[r]:down_first[r + 1]]``.
    down : ndarray of int32, shape (n_links,)
        Links, by head, then by tail.
    """

    core: int
    rank: NDArray[np.int32]
    first: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    down_first: NDArray[np.int64]
    down: NDArray[np.int32]


def upward(order: NDArray[np.int32], links: Lists, core: int) -> Upward:
    """Rank nodes, and list the links of each rank upward."""
    size = len(order)
    place = np.empty(size, dtype=np.int64)
    place[order] = np.arange(size)
    owner = np.repeat(np.arange(size), np.diff(links.first))
    head = place[links.node]
    # the parent of a contracted node, where it is contracted too
    parent = np.full(size, size, dtype=np.int64)
    filled = links.first[:-1] < links.first[1:]
    parent[filled] = np.minimum.reduceat(head, links.first[:-1][filled]) if len(head) else 0
    new = np.arange(size)
    weight = np.ones(core, dtype=np.int64)
    _weigh(np.minimum(parent[:core], core), weight)
    _postorder(np.minimum(parent[:core], core), weight, np.empty_like(weight), new[:core])
    rank = new[place].astype(np.int32)
    count = np.empty(size, dtype=np.int64)
    count[new] = np.diff(links.first)
    low, high = new[owner].astype(np.int32), new[head].astype(np.int32)
    first = np.concatenate([[0], np.cumsum(count)])
    down_first = np.concatenate([[0], np.cumsum(np.bincount(high, minlength=size))])
    ends = [np.empty(len(low), dtype=np.int32) for _ in range(3)]
    starts = down_first[:-1].copy(), first[:-1].copy(), down_first[:-1].copy()
    _sort_links(low, high, down_first, *starts, *ends)
    return Upward(core, rank, first, ends[0], ends[1], down_first, ends[2])


def links_of(up: Upward, tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the link that an arc follows."""
    one, other = up.rank[tail], up.rank[head]
    link = np.empty(len(tail), dtype=np.int64)
    _find(up.first, up.head, np.minimum(one, other), np.maximum(one, other), link)
    return link


def subtrees(up: Upward, most: int) -> list[tuple[int, int]]:
    """Cut the elimination tree into runs of whole subtrees, which do not touch each other."""
    size = up.core
    parent = np.full(size, size, dtype=np.int64)
    filled = np.flatnonzero(up.first[:size] < up.first[1 : size + 1])
    parent[filled] = np.minimum(up.head[up.first[filled]], size)
    weight = np.ones(size, dtype=np.int64)
    _weigh(parent, weight)
    above = np.append(weight, most + 1)[parent]
    root = np.flatnonzero((weight <= most) & (above > most))
    runs: list[tuple[int, int]] = []
    for begin, end in zip((root - weight[root] + 1).tolist(), (root + 1).tolist(), strict=True):
        if runs and runs[-1][1] == begin and end - runs[-1][0] <= most:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((begin, end))
    return runs


@compiled
def _weigh(parent: NDArray[np.int64], weight: NDArray[np.int64]) -> None:
    """Count the nodes of each subtree."""
    for here in range(len(parent)):
        if parent[here] < len(parent):
            weight[parent[here]] += weight[here]


@compiled
def _postorder(
    parent: NDArray[np.int64],
    weight: NDArray[np.int64],
    free: NDArray[np.int64],
    new: NDArray[np.int64],
) -> None:
    """Give numbers to a forest so that each subtree is a run that ends with its root."""
    size = len(parent)
    next_root = 0
    for here in range(size - 1, -1, -1):
        if parent[here] < size:
            begin = free[parent[here]]
            free[parent[here]] += weight[here]
        else:
            begin = next_root
            next_root += weight[here]
        free[here] = begin
        new[here] = begin + weight[here] - 1


@compiled
def _sort_links(
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    down_first: NDArray[np.int64],
    free_down: NDArray[np.int64],
    free: NDArray[np.int64],
    free_again: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    down: NDArray[np.int32],
) -> None:
    """Sort links by tail and head, and by head and tail: each pass puts the last one in order."""
    for link in range(len(low)):
        down[free_down[high[link]]] = low[link]
        free_down[high[link]] += 1
    for here in range(len(free)):
        for place in range(down_first[here], down_first[here + 1]):
            below = down[place]
            tail[free[below]] = below
            head[free[below]] = here
            free[below] += 1
    for link in range(len(low)):
        down[free_again[head[link]]] = link
        free_again[head[link]] += 1


@compiled
def _find(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    link: NDArray[np.int64],
) -> None:
    for arc in range(len(low)):
        begin, end = first[low[arc]], first[low[arc] + 1]
        while end - begin > 1:
            middle = (begin + end) // 2
            if head[middle] <= high[arc]:
                begin = middle
            else:
                end = middle
        link[arc] = begin


_TASKS_PER_WORKER = 8
"""Subtrees are cut so small that the workers finish at about the same time."""


@dataclass(frozen=True, eq=False)
class LinkCosts:
    """Costs of links.

    Attributes
    ----------
    rising, falling : ndarray of float64 or complex128, shape (n_links,)
        From the lower rank to the higher, and back.
    """

    rising: NDArray[Any]
    falling: NDArray[Any]


def customise(
    up: Upward,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    link: NDArray[np.int64],
    arc_cost: NDArray[Any],
    *,
    workers: int,
) -> LinkCosts:
    """Cost of every link: the least way over lower ranks."""
    rising = np.full(len(up.head), no_way(arc_cost.dtype), dtype=arc_cost.dtype)
    falling = rising.copy()
    rises = up.rank[tail] < up.rank[head]
    rising[link[rises]] = arc_cost[rises]
    falling[link[~rises]] = arc_cost[~rises]
    size = len(up.rank)
    runs = subtrees(up, size // (_TASKS_PER_WORKER * workers) + 1)

    def work(run: tuple[int, int]) -> None:
        place = np.empty(size, dtype=np.int64)
        _customise(
            *run,
            up.core,
            up.first,
            up.tail,
            up.head,
            up.down_first,
            up.down,
            place,
            rising,
            falling,
        )

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, runs))
    covered = np.zeros(size, dtype=bool)
    for begin, end in runs:
        covered[begin:end] = True
    gaps = np.flatnonzero(np.diff(np.concatenate([[True], covered, [True]]).astype(np.int8)))
    for begin, end in gaps.reshape(-1, 2).tolist():
        work((begin, end))
    return LinkCosts(rising, falling)


@compiled
def _customise(
    begin: int,
    end: int,
    core: int,
    first: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    down_first: NDArray[np.int64],
    down: NDArray[np.int32],
    place: NDArray[np.int64],
    rising: NDArray[Any],
    falling: NDArray[Any],
) -> None:
    for here in range(begin, end):
        for link in range(first[here], first[here + 1]):
            place[head[link]] = link
        for below in range(down_first[here], down_first[here + 1]):
            link = down[below]
            if tail[link] >= core:
                break
            descent, ascent = falling[link], rising[link]
            for other in range(link + 1, first[tail[link] + 1]):
                across = place[head[other]]
                forth, back = descent + rising[other], falling[other] + ascent
                if less(forth, rising[across]):
                    rising[across] = forth
                if less(back, falling[across]):
                    falling[across] = back
