"""Fastest routes between points and destinations, as amounts of every term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from impact.times.snap import access_legs

if TYPE_CHECKING:
    import pandas as pd
    from _speed_terms import Terms
    from numpy.typing import NDArray

    from impact.times.snap import AccessLegs

ACCESS = ("access rural", "access urban")
FIXED = "fixed"
_LONGEST = 90.0
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Trips:
    """Trips between points.

    Attributes
    ----------
    origins, destinations
        With ``lat`` and ``lon``.
    origin, destination : ndarray of int64, shape (n_trips,)
        Positions.
    """

    origins: pd.DataFrame
    destinations: pd.DataFrame
    origin: NDArray[np.int64]
    destination: NDArray[np.int64]


class Router:
    """Roads with points joined to them, for many tables of speeds."""

    def __init__(self, terms: Terms, trips: Trips) -> None:
        self.terms, self.trips = terms, trips
        network = terms.network
        self._size = len(network.node)
        self._out = _Legs.of(terms, access_legs(network, trips.origins), outward=True)
        self._in = _Legs.of(
            terms, access_legs(network, trips.destinations, outward=False), outward=False
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Terms of a trip: those of the roads, of the access legs, and the fixed minutes."""
        return (*self.terms.names, *ACCESS, FIXED)

    def amounts(
        self, minutes_each: NDArray[np.float64], *, longest: float = _LONGEST
    ) -> NDArray[np.float64]:
        """Amounts of every term along the fastest route of every trip; NaN without one.

        Parameters
        ----------
        minutes_each : ndarray of float, shape (n_terms,)
            Minutes per unit of each of `names`.
        longest
            Minutes on the road beyond which no route is looked for.
        """
        network, count = self.terms.network, len(self.terms.names)
        each = minutes_each[:count].astype(np.float32)
        minutes = np.maximum((self.terms.amount @ each).astype(np.float64), _TINY)
        # from the destination back to the origins: every edge is turned round
        order = np.lexsort((minutes, network.tail, network.head))
        key = network.head[order] * self._size + network.tail[order]
        kept = order[np.r_[True, key[1:] != key[:-1]]]
        key = np.unique(key)
        out = np.full((len(self.trips.origin), len(self.names)), np.nan)
        into = self._in.minutes(minutes)
        shape = (self._size + len(self.trips.destinations),) * 2
        graph = sparse.csr_matrix(
            (
                np.r_[minutes[kept], np.maximum(into, _TINY)],
                (
                    np.r_[network.head[kept], self._size + self._in.point],
                    np.r_[network.tail[kept], self._in.node],
                ),
            ),
            shape=shape,
        )
        for destination in np.unique(self.trips.destination):
            chosen = np.flatnonzero(self.trips.destination == destination)
            root = self._size + int(destination)
            reached, before = dijkstra(graph, indices=root, return_predecessors=True, limit=longest)
            total = reached[self._out.node] + self._out.minutes(minutes)
            leg = self._out.best(total)[self.trips.origin[chosen]]
            going = np.flatnonzero(np.isfinite(total[leg]))
            trip, pair, end = _walk(before, self._out.node[leg], going, root, self._size)
            edge = kept[np.searchsorted(key, pair)]
            entry = self._in.towards(int(destination), end[going], into)
            parts = (
                (trip, edge, np.ones(len(edge))),
                (going, self._out.edge[leg[going]], self._out.share[leg[going]]),
                (going, self._in.edge[entry], self._in.share[entry]),
            )
            out[chosen[going]] = 0.0
            out[chosen, :count] += self._summed(parts, len(chosen))
            legs = (
                (self._out, self.trips.origin[chosen]),
                (self._in, np.full(len(chosen), destination)),
            )
            for ends, point in legs:
                urban = ends.urban[point]
                out[chosen, count] += ends.spot_km[point] * (1.0 - urban)
                out[chosen, count + 1] += ends.spot_km[point] * urban
            out[chosen, -1] += 1.0
        return out

    def _summed(
        self,
        parts: tuple[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]], ...],
        size: int,
    ) -> NDArray[np.float64]:
        """Amounts of the edges of each trip."""
        trip, edge, share = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        real = edge >= 0
        used, place = np.unique(edge[real], return_inverse=True)
        weight = sparse.csr_matrix((share[real], (trip[real], place)), shape=(size, len(used)))
        return np.asarray(weight @ self.terms.amount[used].astype(np.float64))


@dataclass(frozen=True, eq=False)
class _Legs:
    """Access legs: the part of an edge, and the way to it."""

    point: NDArray[np.int64]
    node: NDArray[np.int64]
    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    spot_km: NDArray[np.float64]
    urban: NDArray[np.float64]

    @classmethod
    def of(cls, terms: Terms, legs: AccessLegs, *, outward: bool) -> _Legs:
        network, spots, edges = terms.network, legs.spots, legs.edges
        along = np.ones(len(spots.line), dtype=bool)
        along[spots.on_point] = False
        point, edge = edges.of(spots.line)
        point, edge = point[along[point]], edge[along[point]]
        share = np.where(edges.backward[edge], 1.0 - spots.share[point], spots.share[point])
        node = network.head[edge] if outward else network.tail[edge]
        none = np.full(len(spots.on_point), -1)
        order = np.argsort(np.r_[point, spots.on_point], kind="stable")
        columns = (
            np.r_[point, spots.on_point],
            np.r_[node, spots.on_node],
            np.r_[edge, none],
            np.r_[1.0 - share if outward else share, np.zeros(len(none))],
        )
        urban = network.edge_urban[edges.edge[edges.start[spots.line]]]
        return cls(*(each[order] for each in columns), legs.spot_km, urban)

    def minutes(self, edge_minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minutes along the part of the edge."""
        return self.share * np.where(self.edge >= 0, edge_minutes[self.edge], 0.0)

    def best(self, total: NDArray[np.float64]) -> NDArray[np.int64]:
        """Fastest leg of every point."""
        order = np.lexsort((total, self.point))
        first = np.r_[True, self.point[order][1:] != self.point[order][:-1]]
        return order[first]

    def towards(
        self, point: int, node: NDArray[np.int64], minutes: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Fastest leg of a point by the node at which it begins."""
        own = np.flatnonzero(self.point == point)
        own = own[np.argsort(minutes[own], kind="stable")]
        return own[np.argmax(self.node[own] == node[:, None], axis=1)]


def _walk(
    before: NDArray[np.int32],
    start: NDArray[np.int64],
    going: NDArray[np.int64],
    root: int,
    size: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Follow all trips to the root at once: trip and pair of nodes of every edge, last node."""
    at = start.copy()
    trips, pairs = [], []
    while len(going):
        ahead = before[at[going]].astype(np.int64)
        going, ahead = going[ahead != root], ahead[ahead != root]
        trips.append(going)
        pairs.append(ahead * size + at[going])
        at[going] = ahead
    return np.concatenate(trips), np.concatenate(pairs), at
