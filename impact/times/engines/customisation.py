"""Give the links of an `Upward` their costs, so that climbing finds the least.

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
from impact.times.engines.arcs import no_way
from impact.times.engines.costs import less
from impact.times.engines.upward import subtrees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.upward import Upward

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
    """Cost of every link: the least way over lower ranks.

    Parameters
    ----------
    up
        Contracted topology.
    tail, head : ndarray of int64, shape (n_arcs,)
        Nodes that each arc joins.
    link : ndarray of int64, shape (n_arcs,)
        From `links_of`.
    arc_cost : ndarray, shape (n_arcs,)
        Of each arc.
    workers
        Threads; subtrees of the elimination tree are independent of each other.

    Returns
    -------
    LinkCosts
    """
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
