"""What a car meets where a stretch ends: signals, roundabouts, roads of higher rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.roads.osm.events import EVENTS
from impact.roads.osm.surroundings import cells, sums_around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.scan import OsmRoads
    from impact.roads.osm.stretches import KindColumns, Stretches

MEETINGS = ("", "priority", "equal", "minor", "side", "slip", "roundabout")
"""What the ranks of the roads that meet mean for the one that arrives."""

_PRIORITY, _EQUAL, _MINOR, _SIDE, _SLIP, _ROUNDABOUT = range(1, len(MEETINGS))
_SERVICE_RANK = 5
_MAIN_RANK = 3
_RANKS = 6
_JUNCTION_ARMS = 3
_SIGNALS = EVENTS.index("signals")
_SHARED_SIGNALS = len(EVENTS)
"""One of several signals of the same junction, of which a car passes two on average."""
_SIGNAL_CELL = 2.0 * np.pi / 2**20
"""38 m at the equator, 23 m at 52 degrees: signals in neighbouring cells are one junction."""


@dataclass(frozen=True, eq=False)
class Junctions:
    """What each stretch meets at its last node, and against the way at its first.

    Attributes
    ----------
    meeting : ndarray of int8, shape (2, n_stretches)
        Positions in `MEETINGS`, by direction.
    event : ndarray of int8, shape (2, n_stretches)
        Positions in `impact.roads.osm.events.EVENTS`.
    """

    meeting: NDArray[np.int8]
    event: NDArray[np.int8]

    def minutes(self, direction: int, delay: Mapping[str, float]) -> NDArray[np.float64]:
        """Delay of every stretch: that of the meeting or the event, whichever is more.

        Parameters
        ----------
        direction
            0 along, 1 against the way.
        delay
            Event or meeting -> minutes.

        Returns
        -------
        ndarray of float, shape (n_stretches,)
        """
        by_meeting = np.array([delay[name] if name else 0.0 for name in MEETINGS])
        by_event = np.array(
            [*(delay[name] if name else 0.0 for name in EVENTS), delay["signals"] / 2.0]
        )
        meeting, event = by_meeting[self.meeting[direction]], by_event[self.event[direction]]
        return np.asarray(np.maximum(meeting, event))


def junctions(roads: OsmRoads, kinds: KindColumns, each: Stretches) -> Junctions:
    """Find what every stretch meets.

    Parameters
    ----------
    roads, kinds, each
        The stretches and what they are.

    Returns
    -------
    Junctions
    """
    size, kind = len(roads.node), roads.kind[each.way]
    rank, slip, around = kinds.rank[kind], kinds.slip[kind], kinds.roundabout[kind]
    arms = np.zeros((_RANKS, size), dtype=np.int16)
    for level in range(_RANKS):
        chosen = (rank == level) & ~slip
        arms[level] = _ends(each, chosen, size)
    slips = _ends(each, slip & (rank >= 0), size)
    one_way = ~(kinds.forward & kinds.backward)[kind] & (rank < _SERVICE_RANK) & (rank >= 0)
    one_way_arms = _ends(each, one_way, size)
    on_roundabout = _ends(each, around, size) > 0
    real = arms[:_SERVICE_RANK].sum(axis=0) + slips
    best = np.where(arms[:_SERVICE_RANK].any(axis=0), (arms > 0).argmax(axis=0), _SERVICE_RANK)
    # where a carriageway splits in two nobody gives way
    split = (real == _JUNCTION_ARMS) & (one_way_arms >= _JUNCTION_ARMS - 1)
    event = _shared_signals(roads)
    out = Junctions(
        np.zeros((2, len(each.km)), dtype=np.int8), np.zeros((2, len(each.km)), dtype=np.int8)
    )
    for direction, node in enumerate((each.last, each.first)):
        top, crossing = best[node], real[node] >= _JUNCTION_ARMS
        own = arms[np.clip(rank, 0, None), node]
        step = rank - top
        meeting = np.select(
            [
                kinds.ferry[kind] | around,
                on_roundabout[node],
                slip,
                (rank == 0) | ~(crossing | (rank == _SERVICE_RANK)) | split[node],
                rank == _SERVICE_RANK,
                step <= 0,
                step == 1,
            ],
            [
                0,
                _ROUNDABOUT,
                np.where(crossing & (top >= 1) & ~split[node], _SLIP, 0),
                0,
                np.where(real[node] > 1, np.where(top <= _MAIN_RANK, _SIDE, _MINOR), 0),
                np.where(own >= _JUNCTION_ARMS, _EQUAL, _PRIORITY),
                _MINOR,
            ],
            _SIDE,
        )
        out.meeting[direction] = meeting
        meant = roads.event_way[node]
        against = 1 if direction else 2
        out.event[direction] = np.where((meant == against) | kinds.ferry[kind], 0, event[node])
    return out


def _ends(each: Stretches, chosen: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """How many ends of chosen stretches lie at every node."""
    count = np.bincount(each.first[chosen], minlength=size)
    return count + np.bincount(each.last[chosen], minlength=size)


def _shared_signals(roads: OsmRoads) -> NDArray[np.int8]:
    """Events per node, with signals that stand close together marked as shared."""
    event = roads.event.copy()
    signals = np.flatnonzero((event == _SIGNALS) & np.isfinite(roads.lon))
    if len(signals):
        column, row = cells(roads.lon[signals], roads.lat[signals], _SIGNAL_CELL)
        near = sums_around(column, row, np.ones(len(signals)), reach=1)
        event[signals[near > 1.0]] = _SHARED_SIGNALS
    return event
