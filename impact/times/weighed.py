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
    from impact.times.engines import Query
    from impact.times.snap import AccessLegs


@dataclass(frozen=True, eq=False)
class WeighedTimes:
    """Roads and points under one set of speeds.

    Attributes
    ----------
    network, access, egress
        Roads and legs, timed.
    km
        Whether kilometres are known too.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    _query: Query = field(repr=False)
    _block: int = field(repr=False)
    _column: NDArray[np.int64] = field(repr=False)
    km: bool = False

    def fill(
        self,
        part: slice | None = None,
        *,
        out: NDArray[Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Find the paths, and add the legs and the fixed minutes.

        Parameters
        ----------
        part
            Consecutive destinations, by position; all by default.
        out : ndarray of float, shape (n_origins, size of the part)
            Where to put the minutes; in memory by default.
        progress
            Called with (destinations done, all destinations).

        Returns
        -------
        minutes, km : ndarray of float, shape (n_origins, size of the part)
            Infinite where no route exists; `km` is empty where not asked for.
        """
        access = self.access
        part = slice(0, len(self.egress.straight_km)) if part is None else part
        shape = len(access.straight_km), part.stop - part.start
        minutes, km = room_for(shape, out), np.empty(shape if self.km else (0, 0))
        leg_cost = cost_of(access.minutes, access.km if self.km else None)
        fixed = self.network.profile.fixed_minutes
        blocks = leg_blocks(access.point)
        for start in range(0, shape[1], self._block):
            stop = min(start + self._block, shape[1])
            trees = self._query(np.arange(part.start + start, part.start + stop))
            for legs in blocks:
                rows = slice(access.point[legs.start], access.point[legs.stop - 1] + 1)
                total = (trees[:, self._column[legs]] + leg_cost[legs]).T
                # complex numbers are compared by minutes first, then by kilometres
                best = np.minimum.reduceat(total, first_legs(access.point[legs]), axis=0)
                minutes[rows, start:stop] = best.real + fixed
                if self.km:
                    km[rows, start:stop] = best.imag
            if progress is not None:
                progress(stop, shape[1])
        _along_one_edge(self, part, minutes, km if self.km else None)
        return minutes, km


def _along_one_edge(
    weighed: WeighedTimes, part: slice, minutes: NDArray[Any], km: NDArray[np.float64] | None
) -> None:
    """Let pairs on the same edge drive along it, where that is faster than over its ends."""
    access, egress = weighed.access, weighed.egress
    if access.spots is None or access.edges is None or egress.spots is None:
        return
    pairs = direct_pairs(weighed.network, access.edges, access.spots, egress.spots)
    here = (pairs[1] >= part.start) & (pairs[1] < part.stop)
    origin, destination, along, length = (each[here] for each in pairs)
    direct = on_grid(along + access.spot_minutes[origin] + egress.spot_minutes[destination])
    direct += weighed.network.profile.fixed_minutes
    direct_km = on_grid(length + access.spot_km[origin] + egress.spot_km[destination])
    destination = destination - part.start
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
