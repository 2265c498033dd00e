"""`WeighedTimes`: minutes from door to door, once engine and speeds are ready."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.times.edge_join import direct_pairs
from impact.times.engines import cost_of, on_grid
from impact.times.legs import first_legs, leg_blocks, room_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.edge_join import EdgesOfLines
    from impact.times.engines import Query
    from impact.times.snap import AccessLegs


@dataclass(frozen=True, eq=False)
class WeighedTimes:
    """Roads and points under one set of speeds.

    Attributes
    ----------
    network, access, egress
        Roads and legs, timed.
    edges
        Usable edges by line, on street-level networks.
    km
        Whether kilometres are known too.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    edges: EdgesOfLines | None
    _query: Query = field(repr=False)
    _block: int = field(repr=False)
    _column: NDArray[np.int64] = field(repr=False)
    km: bool = False

    def fill(
        self,
        *,
        out: NDArray[Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Find the paths, and add the legs and the fixed minutes.

        Parameters
        ----------
        out : ndarray of float, shape (n_origins, n_destinations)
            Where to put the minutes; in memory by default.
        progress
            Called with (destinations done, all destinations).

        Returns
        -------
        minutes, km : ndarray of float, shape (n_origins, n_destinations)
            Infinite where no route exists; `km` is empty where not asked for.
        """
        shape = len(self.access.straight_km), len(self.egress.straight_km)
        minutes, km = room_for(shape, out), np.empty(shape if self.km else (0, 0))
        self._put(minutes, km, 0, progress)
        return minutes, km

    def part(self, destinations: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find the paths to some consecutive destinations, so that nobody has to hold them all.

        Parameters
        ----------
        destinations
            Positions, from `start` to `stop`.

        Returns
        -------
        minutes, km : ndarray of float, shape (n_origins, size of the part)
            The same numbers as in the whole matrix.
        """
        shape = len(self.access.straight_km), destinations.stop - destinations.start
        minutes, km = np.empty(shape), np.empty(shape if self.km else (0, 0))
        self._put(minutes, km, destinations.start, None)
        return minutes, km

    def _put(
        self,
        minutes: NDArray[Any],
        km: NDArray[np.float64],
        first: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Fill arrays whose first column is the destination `first`."""
        access = self.access
        leg_cost = cost_of(access.minutes, access.km if self.km else None)
        fixed = self.network.profile.fixed_minutes
        parts = leg_blocks(access.point)
        width = minutes.shape[1]
        for start in range(0, width, self._block):
            stop = min(start + self._block, width)
            trees = self._query(np.arange(first + start, first + stop))
            for part in parts:
                rows = slice(access.point[part.start], access.point[part.stop - 1] + 1)
                total = (trees[:, self._column[part]] + leg_cost[part]).T
                # complex numbers are compared by minutes first, then by kilometres
                best = np.minimum.reduceat(total, first_legs(access.point[part]), axis=0)
                minutes[rows, start:stop] = best.real + fixed
                if self.km:
                    km[rows, start:stop] = best.imag
            if progress is not None:
                progress(stop, width)
        if self.edges is not None:
            _along_one_edge(self, self.edges, minutes, km if self.km else None, first)


def _along_one_edge(
    weighed: WeighedTimes,
    edges: EdgesOfLines,
    minutes: NDArray[Any],
    km: NDArray[np.float64] | None,
    first: int,
) -> None:
    """Let pairs on the same edge drive along it, where that is faster than over its ends."""
    access, egress = weighed.access, weighed.egress
    if access.spots is None or egress.spots is None:
        return
    pairs = direct_pairs(weighed.network, edges, access.spots, egress.spots)
    here = (pairs[1] >= first) & (pairs[1] < first + minutes.shape[1])
    origin, destination, along, length = (each[here] for each in pairs)
    direct = on_grid(along + access.spot_minutes[origin] + egress.spot_minutes[destination])
    direct += weighed.network.profile.fixed_minutes
    direct_km = on_grid(length + access.spot_km[origin] + egress.spot_km[destination])
    destination = destination - first
    found = minutes[origin, destination]
    better = direct < found
    if km is not None:
        better |= (direct == found) & (direct_km < km[origin, destination])
    # where several edges join a pair the best is written last
    order = np.lexsort((-direct_km, -direct))
    order = order[better[order]]
    minutes[origin[order], destination[order]] = direct[order]
    if km is not None:
        km[origin[order], destination[order]] = direct_km[order]
