"""Copies of junctions, each entered by the one edge for which it was made.

What leads on from a copy is chosen when it is made, so that a shortest path cannot take the turns
that were left out. Edges and nodes are numbered on after those of the network.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from impact.roads.osm.pieces import Pieces


class Splits:
    """Edges near some junctions, and the copies made so far.

    Parameters
    ----------
    pieces
        All edges.
    size
        Number of nodes.
    near : ndarray of bool, shape (n_edges,)
        Edges that may be asked for.
    """

    def __init__(self, pieces: Pieces, size: int, near: NDArray[np.bool_]) -> None:
        self._pieces, self._size = pieces, size
        self._source: list[int] = []
        self._copied: list[int] = []
        self._tail: dict[int, int] = {}
        self._head: dict[int, int] = {}
        self._way: dict[int, int] = {}
        self._course: dict[int, tuple[int, bool]] = {}
        self.leaving: dict[int, list[int]] = defaultdict(list)
        self.entering: dict[int, list[int]] = defaultdict(list)
        self.along: dict[int, list[int]] = defaultdict(list)
        places = np.flatnonzero(near)
        columns = (pieces.tail, pieces.head, pieces.way, pieces.line, pieces.backward)
        for edge, tail, head, way, line, backward in zip(
            places.tolist(), *(each[places].tolist() for each in columns), strict=True
        ):
            self._add(edge, tail, head, way, (line, backward))

    def _add(self, edge: int, tail: int, head: int, way: int, course: tuple[int, bool]) -> None:
        self._tail[edge], self._head[edge] = tail, head
        self._way[edge], self._course[edge] = way, course
        self.leaving[tail].append(edge)
        self.entering[head].append(edge)
        self.along[way].append(edge)

    def way(self, edge: int) -> int:
        """Give the identifier of the way of an edge."""
        return self._way[edge]

    def original(self, node: int) -> int:
        """Give the node of the network of which a node is a copy; itself where it is none."""
        return node if node < self._size else self._copied[node - self._size]

    def ahead(self, edge: int) -> list[int]:
        """List the edges onto which a car can drive from an edge, without turning back."""
        line, backward = self._course[edge]
        return [
            other
            for other in self.leaving[self._head[edge]]
            if self._course[other] != (line, not backward)
        ]

    def split(self, edge: int, allowed: Iterable[int]) -> list[int]:
        """Let an edge end in a copy of its last node.

        Parameters
        ----------
        edge
            Any edge.
        allowed
            Edges that lead on from there.

        Returns
        -------
        list of int
            Copies of those, from the new node.
        """
        node, head = self._size + len(self._copied), self._head[edge]
        self._copied.append(self.original(head))
        self.entering[head].remove(edge)
        self.entering[node].append(edge)
        self._head[edge] = node
        out = []
        for other in allowed:
            number = len(self._pieces.tail) + len(self._source)
            self._source.append(self._source_of(other))
            self._add(number, node, self._head[other], self._way[other], self._course[other])
            out.append(number)
        return out

    def _source_of(self, edge: int) -> int:
        count = len(self._pieces.tail)
        return edge if edge < count else self._source[edge - count]

    def joined(self) -> tuple[Pieces, NDArray[np.int64]]:
        """Give the edges with the copies behind them, and the original of each copied node."""
        count = len(self._pieces.tail)
        again = np.array(self._source, dtype=np.int64)
        out = self._pieces.take(np.concatenate([np.arange(count), again]))
        edges = np.array(list(self._head), dtype=np.int64)
        tail, head = out.tail.copy(), out.head.copy()
        tail[edges] = list(self._tail.values())
        head[edges] = list(self._head.values())
        return replace(out, tail=tail, head=head), np.array(self._copied, dtype=np.int64)
