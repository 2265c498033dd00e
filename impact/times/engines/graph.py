"""`Arcs`: the topology that engines search, and the exact grid on which costs lie.

A cost is either minutes (float64), or minutes and kilometres as the real and the imaginary part of
a complex number. Both kinds are added part by part and compared by their real part first, so that
the least cost is the fastest path and, of equally fast paths, the shortest: one definition of a tie
for every engine, and one text of every algorithm for both kinds.

An arc (u, v) is *tight* for a destination if minutes(u) = minutes(arc) + minutes(v). A path is
fastest exactly when all its arcs are tight: summed along the path the differences cancel. So the
kilometres of the shortest among the fastest paths are shortest-path lengths, in kilometres, over
tight arcs alone. Equality is exact because minutes lie on a grid (`impact.times.engines.graph`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

_PER_UNIT = 2.0**32
"""Steps of the grid per minute (14 nanoseconds), and per kilometre."""


def on_grid(amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to whole multiples of 2**-32, once, before anything is added up.

    Float64 adds such numbers without any rounding as long as sums stay below 2**21 (four years in
    minutes). So it does not matter in which order an engine adds: all give the same bits, and ties
    are ties everywhere. A path of a thousand edges moves by less than 1.2e-7 minutes.

    Examples
    --------
    >>> one, two, three = on_grid(np.array([0.1, 0.2, 0.3]))
    >>> bool((one + two) + three == one + (two + three))
    True
    """
    rounded: NDArray[np.float64] = np.rint(np.asarray(amount) * _PER_UNIT) / _PER_UNIT
    return rounded


def cost_of(minutes: NDArray[np.float64], km: NDArray[np.float64] | None) -> NDArray[Any]:
    """Costs on the grid: minutes, or minutes and kilometres.

    Examples
    --------
    >>> cost_of(np.array([1.5]), np.array([2.0])).tolist()
    [(1.5+2j)]
    """
    if km is None:
        return on_grid(minutes)
    # assigned by part: 1j * inf would not be a number
    cost = np.empty(np.shape(minutes), dtype=np.complex128)
    cost.real = on_grid(minutes)
    cost.imag = np.where(np.isfinite(cost.real), on_grid(km), np.inf)
    return cost


def no_way(dtype: np.dtype[Any]) -> Any:  # noqa: ANN401 (float or complex)
    """Cost of what cannot be reached."""
    return complex(np.inf, np.inf) if dtype.kind == "c" else np.inf


@dataclass(frozen=True, eq=False)
class Groups:
    """Things that count as one, of which the least counts: parallel edges, legs to one node.

    Attributes
    ----------
    order : ndarray of int64, shape (n_used,)
        Positions of things, sorted by group.
    start : ndarray of int64, shape (n_groups,)
        Where each group begins in `order`.
    """

    order: NDArray[np.int64]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, key: NDArray[np.int64], used: NDArray[np.bool_] | None = None) -> Groups:
        """Group by key, ascending."""
        order = np.argsort(key)  # the order within a group does not matter, and speed does
        order = order if used is None else order[used[order]]
        first = np.ones(len(order), dtype=bool)
        first[1:] = key[order[1:]] != key[order[:-1]]
        return cls(order, np.flatnonzero(first))

    @property
    def first(self) -> NDArray[np.int64]:
        """One thing of each group."""
        return self.order[self.start]

    def least(self, cost: NDArray[Any]) -> NDArray[Any]:
        """Least cost of each group.

        Examples
        --------
        >>> Groups.of(np.array([7, 3, 7])).least(np.array([5.0, 1.0, 4.0])).tolist()
        [1.0, 4.0]
        """
        if len(self.start) == len(self.order):
            return cost[self.order]
        least: NDArray[Any] = np.minimum.reduceat(cost[self.order], self.start)
        return least


@dataclass(frozen=True, eq=False)
class Arcs:
    """One arc per ordered pair of nodes that any edge joins, without loops.

    Attributes
    ----------
    size
        Number of nodes.
    tail, head : ndarray of int64, shape (n_arcs,)
        Positions of nodes, sorted by tail, then head; an arc leads from tail to head.
    edges
        Edges of the network, grouped by arc.
    """

    size: int
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    edges: Groups

    @classmethod
    def of(cls, network: RoadNetwork) -> Arcs:
        """Take the topology of a network."""
        size = len(network.node)
        edges = Groups.of(network.tail * size + network.head, network.tail != network.head)
        return cls(size, network.tail[edges.first], network.head[edges.first], edges)


def tight_arcs(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    minutes: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Find the arcs that lie on fastest paths.

    Examples
    --------
    >>> tail, head = np.array([0, 1, 0]), np.array([1, 2, 2])
    >>> tight_arcs(tail, head, np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 0.0])).tolist()
    [0, 1]
    """
    return np.flatnonzero(np.isfinite(tree[tail]) & (tree[tail] == minutes + tree[head]))
