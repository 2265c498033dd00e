"""Which streets carry traffic from farther away: the reach of a road (Gutman, ALENEX 2004).

A road has a reach of r minutes if some fastest path uses it at least r minutes from both its ends.
Roads of less reach matter to trips that begin or end near them only. A path that shows the reach of
a road need begin no more than one road before r minutes of it, and end no more than r minutes after
it: trees from every junction that go on until then find all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def far_reaching(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    minutes: NDArray[np.float64],
    ends: NDArray[np.bool_],
    reach: float,
    *,
    every: bool,
) -> NDArray[np.bool_]:
    """Find the edges of at least so much reach, and those by which some nodes are left.

    Parameters
    ----------
    tail, head : ndarray of int64, shape (n_edges,)
        Positions of nodes.
    minutes : ndarray of float, shape (n_edges,)
        Of every edge.
    ends : ndarray of bool, shape (n_nodes,)
        Nodes at which trips begin: the fastest paths from them stay whole.
    reach
        Minutes.
    every
        Whether to look from every node, or from those ends only.

    Returns
    -------
    ndarray of bool, shape (n_edges,)

    Notes
    -----
    A Dijkstra tree of little more than ``2 * reach`` minutes per node: linear in the size of the
    country.
    """
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(len(ends) + 1))
    roots = np.arange(len(ends)) if every else np.flatnonzero(ends)
    found = _far_reaching(start, head[order], minutes[order], roots, ends, reach)
    out = np.zeros(len(tail), dtype=bool)
    out[order] = found
    return out


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _far_reaching(  # noqa: C901, PLR0912, PLR0915 (one loop, compiled)
    start: NDArray[np.int64],
    head: NDArray[np.int64],
    minutes: NDArray[np.float64],
    roots: NDArray[np.int64],
    ends: NDArray[np.bool_],
    reach: float,
) -> NDArray[np.bool_]:
    size, room = len(start) - 1, len(head) + 1
    out = np.zeros(len(head), np.bool_)
    reached = np.full(size, np.inf)
    by = np.full(size, -1, np.int64)
    parent = np.full(size, -1, np.int64)
    height, first, limit = np.zeros(size), np.zeros(size), np.zeros(size)
    done = np.zeros(size, np.bool_)
    key, item = np.empty(room), np.empty(room, np.int64)
    settled, touched = np.empty(size, np.int64), np.empty(size, np.int64)
    for root in roots:
        reached[root], limit[root] = 0.0, np.inf
        touched[0], touches, settles = root, 1, 0
        key[0], item[0], heap = 0.0, root, 1
        while heap > 0:
            now, node = key[0], item[0]
            heap -= 1
            last_key, last_item, place = key[heap], item[heap], 0
            while 2 * place + 1 < heap:
                child = 2 * place + 1
                if child + 1 < heap and key[child + 1] < key[child]:
                    child += 1
                if key[child] >= last_key:
                    break
                key[place], item[place] = key[child], item[child]
                place = child
            key[place], item[place] = last_key, last_item
            if done[node]:
                continue
            done[node] = True
            settled[settles] = node
            settles += 1
            if now >= limit[node]:
                continue
            for edge in range(start[node], start[node + 1]):
                other, later = head[edge], now + minutes[edge]
                if later < reached[other]:
                    if reached[other] == np.inf:
                        touched[touches] = other
                        touches += 1
                    reached[other], parent[other], by[other] = later, node, edge
                    # after the first road, r minutes, one more road, and r minutes again
                    first[other] = minutes[edge] if node == root else first[node]
                    limit[other] = limit[node]
                    if limit[node] == np.inf and later - first[other] >= reach:
                        limit[other] = later + reach
                    place = heap
                    heap += 1
                    while place > 0 and key[(place - 1) // 2] > later:
                        above = (place - 1) // 2
                        key[place], item[place] = key[above], item[above]
                        place = above
                    key[place], item[place] = later, other
        for step in range(settles - 1, 0, -1):
            node = settled[step]
            before, edge = parent[node], by[node]
            if (ends[root] or reached[before] >= reach) and height[node] >= reach:
                out[edge] = True
            height[before] = max(height[before], height[node] + minutes[edge])
        for step in range(touches):
            node = touched[step]
            reached[node], by[node], parent[node] = np.inf, -1, -1
            height[node], done[node] = 0.0, False
    return out
