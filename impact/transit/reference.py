"""Reference for the connection scan: the plainest search for a trip, for tests and benchmarks.

Nothing is pruned or kept. Round r knows when one can board at each stop after r
rides; every vehicle is tried in every round. `impact.transit.scan` must give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ride = tuple[str, str, int, int, int]
"""From, to, departure, arrival, number of the trip: one hop of a vehicle."""


def earliest(
    rides: Sequence[Ride],
    near: Mapping[tuple[str, str], int],
    start: Mapping[str, int],
    end: Mapping[str, int],
    moment: int,
    most_rides: int,
    change: int,
) -> float:
    """Return the earliest arrival, by trying every vehicle at every stop, round after round.

    Parameters
    ----------
    rides
        Every hop.
    near
        (stop, stop) -> seconds of walks between stops; a stop itself takes 0.
    start, end
        Stop -> seconds of the walk to it from home, and from it to the end.
    moment
        When one leaves home.
    most_rides
        One more than the changes.
    change
        Least seconds of a change, beside the walk.

    Returns
    -------
    float
        Infinite where no vehicle brings one there.

    Examples
    --------
    >>> rides = [("A", "B", 60, 120, 1), ("B", "C", 200, 260, 2)]
    >>> earliest(rides, {("B", "B"): 0}, {"A": 50}, {"C": 10}, 0, 2, 60)
    270
    """
    vehicles: dict[int, list[Ride]] = {}
    for ride in sorted(rides, key=lambda ride: (ride[2], ride[3])):
        vehicles.setdefault(ride[4], []).append(ride)
    ready = {stop: moment + seconds for stop, seconds in start.items()}
    best = np.inf
    for _ in range(most_rides):
        alight: dict[str, int] = {}
        for hops in vehicles.values():
            aboard = False
            for here, there, departure, arrival, _ in hops:
                aboard = aboard or ready.get(here, 10**9) <= departure
                if aboard:
                    alight[there] = min(alight.get(there, 10**9), arrival)
        best = min([best, *(alight[stop] + end[stop] for stop in alight if stop in end)])
        ready = {}
        for (here, there), seconds in near.items():
            if here in alight:
                time = alight[here] + seconds + change
                ready[there] = min(ready.get(there, 10**9), time)
    return best
