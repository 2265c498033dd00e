"""Take away nodes where a car can only drive on, and change nothing by it.

Times and lengths are there before and are added up. Parallel edges stay: of two roads between the
same junctions a point may lie on the slower one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.network.osm.edges import Pieces
from impact.segments import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = -1
_TWO = 2


def simplify(
    pieces: Pieces, size: int, keep: NDArray[np.bool_] | None = None
) -> tuple[Pieces, NDArray[np.int64], NDArray[np.int64]]:
    """Join edges over nodes where nothing branches off."""
    ends = _dead_ends(pieces, size)
    order, start = chains(pieces.tail, pieces.head, size, ends if keep is None else keep | ends)
    if len(order) == 0:
        return pieces, order, np.zeros(1, dtype=np.int64)
    end = np.concatenate([start[1:], [len(order)]])
    chain = np.repeat(np.arange(len(start)), end - start)
    longest = np.lexsort((-pieces.km[order], chain))[start]
    first, last = order[start], order[end - 1]
    line, backward, drawn = _joined_lines(pieces, first, last, end - start)
    out = Pieces(
        tail=pieces.tail[first],
        head=pieces.head[last],
        km=np.add.reduceat(pieces.km[order], start),
        urban_km=np.add.reduceat(pieces.urban_km[order], start),
        road_class=pieces.road_class[order][longest],
        way=pieces.way[order][longest],
        line=line,
        backward=backward,
        minutes={
            name: np.add.reduceat(each[order], start) for name, each in pieces.minutes.items()
        },
    )
    places, bounds = ranges(start[drawn], end[drawn])
    return out, order[places], bounds


def chains(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    size: int,
    keep: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Order edges into the longest chains over nodes where nothing branches off.

    Notes
    -----
    The place of an edge in its chain is found by doubling jumps, in O(n log n).
    """
    follower = _followers(tail, head, size, keep)
    before = np.full(len(tail), _NONE, dtype=np.int64)
    linked = np.flatnonzero(follower != _NONE)
    before[follower[linked]] = linked
    rank, root = _ranks(before)
    ring = before[root] != _NONE
    if ring.any():
        # a ring that nothing joins has no begin: one node of it must stay
        lowest = np.zeros(size, dtype=bool) if keep is None else keep.copy()
        lowest[_one_per_ring(tail, head, ring)] = True
        return chains(tail, head, size, lowest)
    order = np.lexsort((rank, root))
    return order, np.flatnonzero(rank[order] == 0)


def _followers(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    size: int,
    keep: NDArray[np.bool_] | None,
) -> NDArray[np.int64]:
    """Find the one edge by which a car drives on; -1 where there is a choice."""
    leaving = np.argsort(tail, kind="stable")
    out_low, out_high, out_count = _two_ends(tail[leaving], head[leaving], size)
    entering = np.argsort(head, kind="stable")
    in_low, in_high, in_count = _two_ends(head[entering], tail[entering], size)
    one_way = (in_count == 1) & (out_count == 1) & (in_low != out_low)
    both_ways = (
        (in_count == _TWO)
        & (out_count == _TWO)
        & (in_low == out_low)
        & (in_high == out_high)
        & (in_low != in_high)
    )
    here = np.arange(size)
    passed = (one_way | both_ways) & (in_low != here) & (in_high != here)
    passed &= (out_low != here) & (out_high != here)
    if keep is not None:
        passed &= ~keep
    first = np.searchsorted(tail[leaving], head)
    follower = np.full(len(tail), _NONE, dtype=np.int64)
    going = np.flatnonzero(passed[head])
    ahead = leaving[first[going]]
    back = (head[ahead] == tail[going]) & both_ways[head[going]]
    other = leaving[np.minimum(first[going] + 1, len(tail) - 1)]
    follower[going] = np.where(back, other, ahead)
    return follower


def _two_ends(
    node: NDArray[np.int32], other: NDArray[np.int32], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lowest and highest neighbour of every node, and the number of edges to neighbours."""
    count = np.bincount(node, minlength=size)
    low, high = np.full(size, _NONE, dtype=np.int64), np.full(size, _NONE, dtype=np.int64)
    begin = np.flatnonzero(np.concatenate([[True], node[1:] != node[:-1]]))
    if len(node):
        low[node[begin]] = np.minimum.reduceat(other, begin)
        high[node[begin]] = np.maximum.reduceat(other, begin)
    return low, high, count


def _ranks(before: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the edges before each edge in its chain, and find the first of that chain."""
    rank = (before != _NONE).astype(np.int64)
    root = np.where(before == _NONE, np.arange(len(before)), before)
    for _ in range(max(1, len(before)).bit_length()):
        moving = np.flatnonzero(rank[root] > 0)
        if len(moving) == 0:
            break
        # both read before either is written: a jump doubles at every step
        ahead = root[moving]
        more, further = rank[ahead], root[ahead]
        rank[moving] += more
        root[moving] = further
    return rank, root


def _one_per_ring(
    tail: NDArray[np.int32], head: NDArray[np.int32], ring: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Lowest node of every ring: spread the lowest number around until nothing changes."""
    ends = tail[ring], head[ring]
    nodes, place = np.unique(np.concatenate(ends), return_inverse=True)
    one, other = np.split(place, 2)
    lowest = np.arange(len(nodes))
    while True:
        spread = lowest.copy()
        np.minimum.at(spread, one, lowest[other])
        np.minimum.at(spread, other, lowest[one])
        spread = spread[spread]
        if np.array_equal(spread, lowest):
            return np.asarray(nodes[np.unique(lowest)])
        lowest = spread


def _dead_ends(pieces: Pieces, size: int) -> NDArray[np.bool_]:
    """Nodes where the way in is the way out, even if it leads to another copy of a junction."""
    enters = np.bincount(pieces.head, minlength=size)
    leaves = np.bincount(pieces.tail, minlength=size)
    line_in, line_out = np.zeros((2, size), dtype=np.int32)
    line_in[pieces.head], line_out[pieces.tail] = pieces.line, pieces.line
    return np.asarray((enters == 1) & (leaves == 1) & (line_in == line_out))


def _joined_lines(
    pieces: Pieces,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    count: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64]]:
    """Line of every chain; both directions share one, drawn in the direction of the first."""
    one, other = pieces.line[first].astype(np.int64), pieces.line[last].astype(np.int64)
    pair = np.minimum(one, other) << 32 | np.maximum(one, other)
    _, drawn, line = np.unique(pair, return_index=True, return_inverse=True)
    leader = drawn[line]
    flipped = pieces.backward[first] != pieces.backward[first][leader]
    backward = np.where(count == 1, flipped, one != one[leader])
    return line.astype(np.int32), backward, drawn
