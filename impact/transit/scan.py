"""Connection scan: the earliest arrival at every stop, per number of rides (needs numba).

A connection is one ride from a stop to the next stop of the same vehicle. Scanned in the order of
their departures, each is looked at once (Dibbelt, Pajor, Strasser and Wagner, Connection Scan
Algorithm, 2018). With r rides taken before,

    a vehicle is boarded at stop u      if ready[r, u] <= departure,
    and then, at every later stop v,    alight[r + 1, v] = min(itself, arrival),
    and at every stop w near v,         ready[r + 1, w] = min(itself, arrival + change[v, w]),

where ``change`` is the walk from v to w and the least time that a change takes. The number of rides
is a dimension of its own, so that a limit on changes is exact: the fastest way with many changes
hides no slower one with few.

Arriving by a given time is the same search in a timetable that runs backwards
(`impact.transit.timetable.Timetable.mirrored`): one scan per hospital and appointment gives the
latest departure from every stop at once.

`near` finds the walks themselves: Dijkstra's algorithm up to a limit.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from impact.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = np.iinfo(np.int32).max
"""Time of what does not happen."""


@compiled
def scan(
    dep_stop: NDArray[np.int32],
    arr_stop: NDArray[np.int32],
    dep: NDArray[np.int32],
    arr: NDArray[np.int32],
    vehicle: NDArray[np.int32],
    enter: NDArray[np.bool_],
    leave: NDArray[np.bool_],
    foot_start: NDArray[np.int64],
    foot_stop: NDArray[np.int32],
    foot_seconds: NDArray[np.int32],
    first_ready: NDArray[np.int32],
    begin: int,
    last: int,
    rides: int,
    vehicles: int,
) -> NDArray[np.int32]:
    """Return the earliest arrival by vehicle, shape (rides, n_stops); see the module.

    `first_ready` is when one stands at each stop after the first walk; connections before the
    position `begin` are skipped, those that depart after `last` end the scan.
    """
    stops = len(first_ready)
    ready = np.full((rides, stops), NEVER, dtype=np.int32)
    ready[0] = first_ready
    alight = np.full((rides, stops), NEVER, dtype=np.int32)
    aboard = np.zeros((rides, vehicles), dtype=np.bool_)
    for each in range(begin, len(dep)):
        departure = dep[each]
        if departure > last:
            break
        here, there, of = dep_stop[each], arr_stop[each], vehicle[each]
        arrival = arr[each]
        for ride in range(rides):
            if not aboard[ride, of]:
                if not enter[each] or ready[ride, here] > departure:
                    continue
                aboard[ride, of] = True
            if not leave[each] or arrival >= alight[ride, there]:
                continue
            alight[ride, there] = arrival
            if ride + 1 < rides:
                for walk in range(foot_start[there], foot_start[there + 1]):
                    moment = arrival + foot_seconds[walk]
                    stop = foot_stop[walk]
                    ready[ride + 1, stop] = min(ready[ride + 1, stop], moment)
    return alight


@compiled
def near(
    start: NDArray[np.int64],
    head: NDArray[np.int32],
    seconds: NDArray[np.float32],
    sources: NDArray[np.int64],
    limits: NDArray[np.float64],
    marked: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (place of the source, node, seconds) of the marked nodes within each source's limit.

    The graph is in compressed rows: neighbours of node i are ``head[start[i]:start[i + 1]]``.
    """
    best = np.full(len(marked), np.inf)
    place = [np.int64(0) for _ in range(0)]
    found = [np.int64(0) for _ in range(0)]
    took = [0.0 for _ in range(0)]
    for each in range(len(sources)):
        source = sources[each]
        touched = [source]
        best[source] = 0.0
        queue = [(0.0, source)]
        while len(queue) > 0:
            distance, node = heappop(queue)
            if distance > best[node]:
                continue
            if marked[node]:
                place.append(np.int64(each))
                found.append(node)
                took.append(distance)
            for edge in range(start[node], start[node + 1]):
                onward = distance + seconds[edge]
                other = np.int64(head[edge])
                if onward <= limits[each] and onward < best[other]:
                    if best[other] == np.inf:
                        touched.append(other)
                    best[other] = onward
                    heappush(queue, (onward, other))
        for node in touched:
            best[node] = np.inf
    return np.array(place), np.array(found), np.array(took)
