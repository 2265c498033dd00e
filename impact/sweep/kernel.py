"""Walk over sets of providers that stop, touching only who must go elsewhere (needs numba).

Closing one more location changes the nearest provider of those who go there now, and of nobody
else. The walk goes depth first through the sets in their order: it closes a location, updates
sums for the postcodes in that location's list, writes the figures of the set, and takes everything
back on its way up. Percentiles come from an exact histogram over the ranks of all extra minutes
that can occur, in two levels; weights in it are whole numbers, so that taking back leaves nothing.

Sums of demand times minutes are kept per depth and never taken back by subtraction: the figures
of a set depend on the set alone, whatever block or machine computes it. Within a set they are
added to and subtracted from, so that a mean over a few people carries the rounding (1e-16) of the
greatest sum of minutes on the way: a billionth of a minute where weights differ a thousandfold.

All that the walk calls stands in this one file: numba keeps its results on disk until the file of
the function that is called changes, and looks at no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from impact.compiled import compiled
from impact.sweep.arrays import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.sweep.arrays import Pairs

_COARSE_BITS = 8
_ECDF_TOLERANCE = 1e-12
_MEAN_TOLERANCE = 1e-9
_NORM_TOLERANCE = 1e-9
_MOVED, _FINITE, _EVERYBODY, _BEYOND = 0, 1, 2, 3
"""Places in the whole sums: moved, moved with a route, all with a route, then classes of minutes
after (up to 30, 45, 60, more, no route)."""

_CLASSES = 5
_DRAWN = -1


class _State(NamedTuple):
    """Everything that the walk changes."""

    closed: NDArray[np.bool_]
    head: NDArray[np.int64]
    following: NDArray[np.int64]
    position: NDArray[np.int64]
    sums: NDArray[np.int64]
    gains: NDArray[np.float64]
    volumes: NDArray[np.float64]
    orphans: NDArray[np.int64]
    fine: NDArray[np.int64]
    coarse: NDArray[np.int64]
    place_gain: NDArray[np.float64]
    place_weight: NDArray[np.int64]
    log_row: NDArray[np.int64]
    log_position: NDArray[np.int64]
    log_gain: NDArray[np.float64]
    log_end: NDArray[np.int64]


@compiled
def _enter(pairs: Pairs, state: _State, row: int, position: int) -> None:
    """Count a moved postcode at a position of its list of locations."""
    weight = pairs.weight[row]
    rank = pairs.rank[row, position]
    state.fine[rank] += weight
    state.coarse[rank >> _COARSE_BITS] += weight
    state.place_gain[pairs.place[row]] += pairs.gain[row, position]
    state.place_weight[pairs.place[row]] += weight


@compiled
def _leave(pairs: Pairs, state: _State, row: int, position: int) -> None:
    """Take a moved postcode out of the histogram; minutes per place are put back from the log."""
    weight = pairs.weight[row]
    rank = pairs.rank[row, position]
    state.fine[rank] -= weight
    state.coarse[rank >> _COARSE_BITS] -= weight
    state.place_weight[pairs.place[row]] -= weight


@compiled
def _note(pairs: Pairs, state: _State, end: int, row: int, position: int) -> int:
    state.log_row[end] = row
    state.log_position[end] = position
    state.log_gain[end] = state.place_gain[pairs.place[row]]
    return end + 1


@compiled
def _close(pairs: Pairs, state: _State, location: int, depth: int) -> None:
    """Close one more location: everybody on its list goes to the next that is open."""
    # element by element: compiling the copy of a row takes seconds
    for place in range(state.sums.shape[1]):
        state.sums[depth, place] = state.sums[depth - 1, place]
    for place in range(state.volumes.shape[1]):
        state.volumes[depth, place] = state.volumes[depth - 1, place]
    state.orphans[depth] = state.orphans[depth - 1] + pairs.orphan[location]
    sums, volumes = state.sums[depth], state.volumes[depth]
    moved_gain, all_gain = state.gains[depth - 1, 0], state.gains[depth - 1, 1]
    state.closed[location] = True
    end = state.log_end[depth - 1]
    row = state.head[location]
    while row >= 0:
        after = state.following[row]
        old = state.position[row]
        weight, reach = pairs.weight[row], pairs.reach[row]
        new = old + 1
        while new < reach and state.closed[pairs.order[row, new]]:
            new += 1
        end = _note(pairs, state, end, row, old)
        sums[_BEYOND + pairs.beyond[row, old]] -= weight
        sums[_BEYOND + pairs.beyond[row, new]] += weight
        gained = -pairs.gain[row, old]
        if old == 0:
            sums[_MOVED] += weight
        else:
            sums[_FINITE] -= weight
            _leave(pairs, state, row, old)
            state.place_gain[pairs.place[row]] -= pairs.gain[row, old]
        if new < reach:
            gained += pairs.gain[row, new]
            sums[_FINITE] += weight
            _enter(pairs, state, row, new)
            taker = pairs.order[row, new]
            volumes[taker] += pairs.volume[row]
            state.following[row] = state.head[taker]
            state.head[taker] = row
        else:
            sums[_EVERYBODY] -= weight
        moved_gain += gained
        all_gain += gained
        state.position[row] = new
        row = after
    state.head[location] = -1
    for row in range(pairs.captured[location], pairs.captured[location + 1]):
        # went to a location that opens already; now that their own stops they count as moved
        end = _note(pairs, state, end, row, _DRAWN)
        sums[_MOVED] += pairs.weight[row]
        sums[_FINITE] += pairs.weight[row]
        moved_gain += pairs.gain[row, 0]
        _enter(pairs, state, row, 0)
    state.gains[depth, 0] = moved_gain
    state.gains[depth, 1] = all_gain
    state.log_end[depth] = end


@compiled
def _reopen(pairs: Pairs, state: _State, location: int, depth: int) -> None:
    """Take back the last closing; lists get their old order."""
    for entry in range(state.log_end[depth] - 1, state.log_end[depth - 1] - 1, -1):
        row, old = state.log_row[entry], state.log_position[entry]
        if old == _DRAWN:
            _leave(pairs, state, row, 0)
        else:
            new = state.position[row]
            if new < pairs.reach[row]:
                _leave(pairs, state, row, new)
                state.head[pairs.order[row, new]] = state.following[row]
            if old > 0:
                _enter(pairs, state, row, old)
            state.following[row] = state.head[location]
            state.head[location] = row
            state.position[row] = old
        state.place_gain[pairs.place[row]] = state.log_gain[entry]
    state.closed[location] = False


@compiled
def _percentile(pairs: Pairs, state: _State, target: float) -> float:
    """Smallest extra minutes at which the cumulative weight reaches a target."""
    total = 0
    coarse = 0
    while total + state.coarse[coarse] < target:
        total += state.coarse[coarse]
        coarse += 1
    rank = coarse << _COARSE_BITS
    total += state.fine[rank]
    while total < target:
        rank += 1
        total += state.fine[rank]
    return float(pairs.values[rank])


@compiled
def _weight_from(state: _State, rank: int) -> int:
    """Weight of the moved whose extra minutes have a rank or a later one."""
    total = 0
    coarse = rank >> _COARSE_BITS
    for place in range(rank, min((coarse + 1) << _COARSE_BITS, len(state.fine))):
        total += state.fine[place]
    for place in range(coarse + 1, len(state.coarse)):
        total += state.coarse[place]
    return total


@compiled
def _worst_place(state: _State, unit: float) -> int:
    """Place with the most extra minutes per moved resident, the first by name of equals."""
    greatest = -np.inf
    for place in range(len(state.place_weight)):
        weight = state.place_weight[place]
        if weight > 0:
            greatest = max(greatest, state.place_gain[place] / (weight * unit))
    for place in range(len(state.place_weight)):
        weight = state.place_weight[place]
        if weight > 0 and state.place_gain[place] >= (greatest - _MEAN_TOLERANCE) * weight * unit:
            return place
    return -1


@compiled
def _judge(pairs: Pairs, state: _State, depth: int, out: NDArray[np.float64]) -> None:
    """Write the lowest volume and how many locations stay below the norm."""
    lowest, below = np.inf, 0.0
    for location in range(len(pairs.judged)):
        if pairs.judged[location] and not state.closed[location]:
            volume = state.volumes[depth, location]
            if np.isnan(volume):
                return
            lowest = min(lowest, volume)
            below += volume < pairs.norm * (1.0 - _NORM_TOLERANCE)
    if np.isfinite(lowest) and state.orphans[depth] == 0:
        out[11] = lowest
        if not np.isnan(pairs.norm):
            out[12] = below


@compiled
def _figures(pairs: Pairs, state: _State, depth: int, out: NDArray[np.float64]) -> None:
    """Write the figures of the set that is closed now; see `pairs.FIGURES`."""
    sums, unit = state.sums[depth], pairs.unit
    for place in range(len(out)):
        out[place] = np.nan
    out[0] = sums[_MOVED] * unit
    finite = sums[_FINITE]
    # who finds no route any more is beyond every limit
    out[15] = (sums[_MOVED] - finite + _weight_from(state, pairs.over)) * unit
    if finite > 0:
        out[1] = state.gains[depth, 0] / (finite * unit)
        for place in range(len(pairs.shares)):
            target = pairs.shares[place] * float(finite) * (1.0 - _ECDF_TOLERANCE)
            out[3 + place] = _percentile(pairs, state, target)
        worst = _worst_place(state, unit)
        out[13] = worst
        out[14] = state.place_gain[worst] / (state.place_weight[worst] * unit)
    if sums[_EVERYBODY] > 0:
        out[2] = state.gains[depth, 1] / (sums[_EVERYBODY] * unit)
    beyond = 0
    for place in range(_CLASSES - 1, 0, -1):
        beyond += sums[_BEYOND + place]
        out[6 + place] = beyond * unit
    _judge(pairs, state, depth, out)


def _start(pairs: Pairs, most: int) -> _State:
    """Return the state in which nothing is closed; the lists are filled by the walk."""
    rows, locations = len(pairs.weight), len(pairs.judged)
    depths = most + len(pairs.fixed) + 1
    bins = (len(pairs.values) >> _COARSE_BITS) + 1
    state = _State(
        closed=np.zeros(locations, dtype=bool),
        head=np.full(locations, -1),
        following=np.full(rows, -1),
        position=np.zeros(rows, dtype=np.int64),
        sums=np.zeros((depths, _BEYOND + _CLASSES), dtype=np.int64),
        gains=np.zeros((depths, 2)),
        volumes=np.zeros((depths, locations)),
        orphans=np.zeros(depths, dtype=np.int64),
        fine=np.zeros(bins << _COARSE_BITS, dtype=np.int64),
        coarse=np.zeros(bins, dtype=np.int64),
        place_gain=np.zeros(pairs.places),
        place_weight=np.zeros(pairs.places, dtype=np.int64),
        log_row=np.zeros(rows * depths, dtype=np.int64),
        log_position=np.zeros(rows * depths, dtype=np.int64),
        log_gain=np.zeros(rows * depths),
        log_end=np.zeros(depths, dtype=np.int64),
    )
    state.sums[0] = pairs.sums
    state.gains[0, 1] = pairs.all_gain
    state.volumes[0] = pairs.volumes
    return state


@compiled
def _walk(
    pairs: Pairs,
    state: _State,
    first: NDArray[np.int64],
    least: int,
    most: int,
    out: NDArray[np.float64],
) -> None:
    for row in range(pairs.captured[0] - 1, -1, -1):
        location = pairs.order[row, 0]
        state.following[row] = state.head[location]
        state.head[location] = row
    free, base = len(pairs.free), len(pairs.fixed)
    for place in range(base):
        _close(pairs, state, pairs.fixed[place], place + 1)
    path = np.zeros(most + 1, np.int64)
    depth = 0
    for place in first:
        path[depth] = place
        depth += 1
        _close(pairs, state, pairs.free[place], base + depth)
    row = 0
    while row < len(out):
        if depth >= least:
            _figures(pairs, state, base + depth, out[row])
            row += 1
        place = path[depth - 1] + 1 if depth > 0 else 0
        # down where enough are left to reach the least; else up until there is a next one
        while depth == most or free - place < max(least - depth, 1):
            if depth == 0:
                return
            depth -= 1
            _reopen(pairs, state, pairs.free[path[depth]], base + depth + 1)
            place = path[depth] + 1
        path[depth] = place
        depth += 1
        _close(pairs, state, pairs.free[place], base + depth)


def walk(
    pairs: Pairs,
    first: Sequence[int],
    least: int,
    most: int,
    count: int,
) -> NDArray[np.float64]:
    """Figures of some sets of providers that stop, one after the other."""
    out = np.empty((count, len(FIGURES)))
    _walk(pairs, _start(pairs, most), np.array(first, dtype=np.int64), least, most, out)
    return out
