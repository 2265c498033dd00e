"""From ways to directed edges: stretches with length, setting and minutes, and junction delays.

Minutes are made here, before anything is simplified: the time along a stretch at the speed of its
way, and the delay of what it meets at the node where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.geodesy import stretch_km
from impact.network.osm.built_up import (
    DENSE_PER_KM2,
    built_up,
    cells,
    junctions_per_km2,
    sums_around,
    through_junctions,
)
from impact.network.osm.ferries import crossing_and_wait
from impact.network.osm.tag_tables import SETTINGS
from impact.network.osm.tags import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.network.osm.read import OsmRoads
    from impact.network.osm.tag_tables import OsmTables

RURAL, URBAN, DENSE = range(len(SETTINGS))
"""Positions in `impact.network.osm.tag_tables.SETTINGS`."""

_URBAN_LIMIT_KMH = 50.0
_THROUGH_RANK, _SERVICE_RANK = 3, 5
_RESIDENTIAL = ("residential", "living_street")
_MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, eq=False)
class Stretches:
    """Stretches of road, in the order of the ways.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Position in `OsmRoads.ref` of the first node; the last is the next one.
    way : ndarray of int32, shape (n,)
        Position in `OsmRoads.way`.
    first, last : ndarray of int32, shape (n,)
        Nodes: positions in `OsmRoads.node`.
    km : ndarray of float, shape (n,)
        Great-circle length.
    setting : ndarray of int8, shape (n,)
        `RURAL`, `URBAN` (in a built-up area) or `DENSE` (in a large city, built-up or not).
    """

    at: NDArray[np.int64]
    way: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    km: NDArray[np.float64]
    setting: NDArray[np.int8]

    @property
    def urban(self) -> NDArray[np.bool_]:
        """Whether each lies in a built-up area or a dense city."""
        return np.asarray(self.setting != RURAL)

    def part(self, chosen: NDArray[np.bool_]) -> Stretches:
        """Return some of them."""
        return Stretches(**{name: each[chosen] for name, each in vars(self).items()})


@dataclass(frozen=True, eq=False)
class KindColumns:
    """Kinds of way as columns; ferries follow the kinds of road.

    Attributes
    ----------
    road_class : ndarray of int16, shape (n_kinds,)
        Position in `OsmTables.classes`; ``len(classes)`` for ferries.
    rank : ndarray of int8, shape (n_kinds,)
        Rank of the class.
    slip, roundabout, ferry, forward, backward, destination, conditional : ndarray of bool
        Slip roads, roundabouts, ferries; directions open to cars; only for those who must be there;
        other rules at times that are not modelled. Each of shape (n_kinds,).
    limit : ndarray of float, shape (2, n_kinds)
        km/h along and against the way; NaN where unknown.
    source : ndarray of int8, shape (2, n_kinds)
        Position in `impact.network.osm.tags.SOURCES`.
    setting : ndarray of int8, shape (n_kinds,)
        1 inside, 0 outside a built-up area, -1 where the tags do not say.
    """

    road_class: NDArray[np.int16]
    rank: NDArray[np.int8]
    slip: NDArray[np.bool_]
    roundabout: NDArray[np.bool_]
    ferry: NDArray[np.bool_]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    destination: NDArray[np.bool_]
    conditional: NDArray[np.bool_]
    limit: NDArray[np.float64]
    source: NDArray[np.int8]
    setting: NDArray[np.int8]


def kind_columns(roads: OsmRoads, tables: OsmTables) -> KindColumns:
    """Lay the kinds of way out in columns."""
    kinds, ferries = roads.kinds, sum(each.carries_cars for each in roads.ferries)
    place = {name: number for number, name in enumerate(tables.classes)}
    names = [each.road_class for each in kinds]
    water = np.arange(len(kinds) + ferries) >= len(kinds)

    def padded(values: list[float] | list[bool] | list[int], fill: float) -> NDArray[np.float64]:
        return np.array([*values, *[fill] * ferries], dtype=np.float64)

    limits = [
        padded([np.nan if (kmh := each.limit[way]) is None else kmh for each in kinds], np.nan)
        for way in (0, 1)
    ]
    sources = [padded([each.source[way] for each in kinds], 0) for way in (0, 1)]
    settings = [-1 if each.setting is None else each.setting for each in kinds]
    return KindColumns(
        road_class=padded([place[name] for name in names], len(place)).astype(np.int16),
        rank=padded([tables.rank[name] for name in names], -1).astype(np.int8),
        slip=padded([name.endswith("_link") for name in names], 0) == 1,
        roundabout=padded([each.roundabout for each in kinds], 0) == 1,
        ferry=water,
        forward=padded([each.forward for each in kinds], 1) == 1,
        backward=padded([each.backward for each in kinds], 1) == 1,
        destination=padded([each.destination for each in kinds], 0) == 1,
        conditional=padded([each.conditional for each in kinds], 0) == 1,
        limit=np.array(limits),
        source=np.array(sources).astype(np.int8),
        setting=padded(settings, 0).astype(np.int8),
    )


def stretches(
    roads: OsmRoads,
    kinds: KindColumns,
    tables: OsmTables,
    *,
    near: NDArray[np.bool_] | None = None,
) -> Stretches:
    """Cut ways into stretches between neighbouring nodes."""
    way = np.repeat(np.arange(len(roads.way), dtype=np.int32), np.diff(roads.start))
    at = np.flatnonzero(way[1:] == way[:-1])
    first, last = roads.ref[at], roads.ref[at + 1]
    known = np.isfinite(roads.lon)
    stays = known[first] & known[last] & (first != last)
    if near is not None:
        stays &= near[first] | near[last]
    at, first, last = at[stays], first[stays], last[stays]
    way = way[at]
    km = stretch_km(roads.lat[first], roads.lon[first], roads.lat[last], roads.lon[last])
    bare = Stretches(at, way, first, last, km, np.zeros(len(at), dtype=np.int8))
    if len(at) == 0:
        return bare
    lon = (roads.lon[first] + roads.lon[last]) / 2.0
    lat = (roads.lat[first] + roads.lat[last]) / 2.0
    urban = _urban(roads, kinds, tables, bare, (lon, lat))
    dense = _dense(roads, kinds, bare, (lon, lat))
    setting = np.where(dense, DENSE, np.where(urban, URBAN, RURAL)).astype(np.int8)
    return replace(bare, setting=setting)


def _dense(
    roads: OsmRoads,
    kinds: KindColumns,
    each: Stretches,
    middle: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.bool_]:
    """In a large city: whatever the tags say, by the junctions of through roads around."""
    kind = roads.kind[each.way]
    rank, slip = kinds.rank[kind], kinds.slip[kind]
    street = (rank >= 0) & (rank < _SERVICE_RANK)
    found = through_junctions(
        each.first,
        each.last,
        street=street,
        through=street & (rank <= _THROUGH_RANK) & ~slip,
        size=len(roads.node),
    )
    return junctions_per_km2(*middle, roads.lon[found], roads.lat[found]) >= DENSE_PER_KM2


def _urban(
    roads: OsmRoads,
    kinds: KindColumns,
    tables: OsmTables,
    each: Stretches,
    middle: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.bool_]:
    """Built-up: as the tags say, else by a low limit on a through road, else by what is around."""
    kind = roads.kind[each.way]
    homes = [place for place, name in enumerate(tables.classes) if name in _RESIDENTIAL]
    residential = np.isin(kinds.road_class, homes)[kind]
    around = built_up(*middle, np.where(residential, each.km, 0.0))
    with np.errstate(invalid="ignore"):
        slow = np.nanmax(np.nan_to_num(kinds.limit, nan=999.0), axis=0) <= _URBAN_LIMIT_KMH
    slow &= (kinds.rank >= 1) & (kinds.rank <= 3) & ~kinds.slip  # noqa: PLR2004 (ranks: see table)
    said = kinds.setting[kind]
    return np.asarray(np.where(said >= 0, said == 1, around | slow[kind]), dtype=bool)


def speeds(kinds: KindColumns, tables: OsmTables, profile: str) -> NDArray[np.float64]:
    """Driven speed of every kind of way."""
    numbers = np.full((len(tables.classes) + 1, len(SETTINGS), 3), np.nan)
    numbers[:-1] = tables.speed[profile]
    unsigned, share, cap = np.moveaxis(numbers[kinds.road_class], 2, 0)
    limit = kinds.limit[:, :, None]
    return np.asarray(np.where(np.isnan(limit), unsigned, np.fmin(limit * share, cap)))


def timed(
    roads: OsmRoads,
    kinds: KindColumns,
    tables: OsmTables,
    each: Stretches,
    junctions: Junctions,
) -> Iterator[tuple[str, int, NDArray[np.float64]]]:
    """Minutes of every stretch, one profile and direction at a time."""
    kind = roads.kind[each.way]
    ferry = np.flatnonzero(kinds.ferry[kind])
    crossing = _ferry_minutes(roads, kinds, tables, each, ferry)
    for profile in tables.profiles:
        kmh = speeds(kinds, tables, profile)
        for direction in (0, 1):
            minutes = each.km / kmh[direction, kind, each.setting] * _MINUTES_PER_HOUR
            minutes += junctions.minutes(direction, tables.delay[profile])
            minutes[ferry] = crossing
            yield profile, direction, minutes


def _ferry_minutes(
    roads: OsmRoads,
    kinds: KindColumns,
    tables: OsmTables,
    each: Stretches,
    ferry: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Minutes on stretches of ferries: their share of the crossing, half the wait per landing."""
    if len(ferry) == 0:
        return np.zeros(0)
    dry = ~kinds.ferry[roads.kind[each.way]]
    land = np.zeros(len(roads.node), dtype=bool)
    land[each.first[dry]] = land[each.last[dry]] = True
    cars = [one for one in roads.ferries if one.carries_cars]
    out = np.zeros(len(ferry))
    for way in np.unique(each.way[ferry]).tolist():
        here = each.way[ferry] == way
        km = each.km[ferry[here]]
        one = cars[int(roads.kind[way]) - len(roads.kinds)]
        crossing, wait, _ = crossing_and_wait(one, float(km.sum()), tables)
        ends = land[each.first[ferry[here]]].astype(float) + land[each.last[ferry[here]]]
        out[here] = crossing * km / km.sum() + wait / 2.0 * ends
    return out


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
        Positions in `impact.network.osm.tags.EVENTS`.
    """

    meeting: NDArray[np.int8]
    event: NDArray[np.int8]

    def minutes(self, direction: int, delay: Mapping[str, float]) -> NDArray[np.float64]:
        """Delay of every stretch: that of the meeting or the event, whichever is more."""
        by_meeting = np.array([delay[name] if name else 0.0 for name in MEETINGS])
        by_event = np.array(
            [*(delay[name] if name else 0.0 for name in EVENTS), delay["signals"] / 2.0]
        )
        meeting, event = by_meeting[self.meeting[direction]], by_event[self.event[direction]]
        return np.asarray(np.maximum(meeting, event))


def junctions(roads: OsmRoads, kinds: KindColumns, each: Stretches) -> Junctions:
    """Find what every stretch meets."""
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


@dataclass(frozen=True, eq=False)
class Pieces:
    """Directed edges, each along one line.

    Attributes
    ----------
    tail, head : ndarray of int32, shape (n,)
        Nodes.
    km, urban_km : ndarray of float, shape (n,)
        Length, and how much of it lies in built-up areas.
    road_class : ndarray of int16, shape (n,)
        Position in `OsmTables.classes`; ``len(classes)`` for ferries.
    way : ndarray of int64, shape (n,)
        Identifier of the way; where ways were joined, of the first.
    line : ndarray of int32, shape (n,)
        Which line it follows.
    backward : ndarray of bool, shape (n,)
        Whether it follows the line from its end to its begin.
    minutes : mapping of str to ndarray of float, shape (n,)
        Per profile.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    km: NDArray[np.float64]
    urban_km: NDArray[np.float64]
    road_class: NDArray[np.int16]
    way: NDArray[np.int64]
    line: NDArray[np.int32]
    backward: NDArray[np.bool_]
    minutes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> Pieces:
        """Return some pieces, in a given order."""
        columns = {name: each[places] for name, each in vars(self).items() if name != "minutes"}
        minutes = {name: each[places] for name, each in self.minutes.items()}
        return Pieces(**columns, minutes=minutes)


def together(parts: Sequence[Pieces]) -> Pieces:
    """Pieces one after another."""
    names = [name for name in vars(parts[0]) if name != "minutes"]
    columns = {name: np.concatenate([getattr(each, name) for each in parts]) for name in names}
    minutes = {
        name: np.concatenate([each.minutes[name] for each in parts]) for name in parts[0].minutes
    }
    return Pieces(**columns, minutes=minutes)


@dataclass(frozen=True, eq=False)
class Lines:
    """Courses of the pieces, as positions in `OsmRoads.ref`.

    Attributes
    ----------
    begin, end : ndarray of int64, shape (n_lines,)
        Line i runs over the nodes ``ref[begin[i]:end[i]]``.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def split_at_barriers(
    each: Stretches, blocked: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Give every stretch that ends at a barrier an end of its own, so that nothing passes."""
    first, last = each.first.copy(), each.last.copy()
    copied: list[NDArray[np.int32]] = []
    count = len(blocked)
    for ends in (first, last):
        found = np.flatnonzero(blocked[ends])
        copied.append(ends[found])
        ends[found] = np.arange(count, count + len(found), dtype=np.int32)
        count += len(found)
    return first, last, np.concatenate(copied).astype(np.int64)


def pieces(
    roads: OsmRoads,
    kinds: KindColumns,
    each: Stretches,
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    times: Iterable[tuple[str, int, NDArray[np.float64]]],
) -> tuple[Pieces, Lines]:
    """Join the stretches of a way up to the next node where something branches off."""
    first, last = ends
    uses = np.bincount(first) if len(first) else np.zeros(1, dtype=np.int64)
    also = np.bincount(last, minlength=len(uses))
    uses = np.pad(uses, (0, len(also) - len(uses))) + also
    goes_on = (
        (each.way[1:] == each.way[:-1])
        & (each.at[1:] == each.at[:-1] + 1)
        & (first[1:] == last[:-1])
        & (uses[last[:-1]] == 2)  # noqa: PLR2004 (this stretch and the next)
    )
    begin = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    end = np.concatenate([begin[1:], [len(first)]]) - 1
    kind = roads.kind[each.way[begin]]
    open_ways = (np.flatnonzero(kinds.forward[kind]), np.flatnonzero(kinds.backward[kind]))
    chosen = np.concatenate(open_ways)
    backward = np.arange(len(chosen)) >= len(open_ways[0])
    km = np.add.reduceat(each.km, begin)
    urban_km = np.add.reduceat(np.where(each.urban, each.km, 0.0), begin)
    minutes: dict[str, NDArray[np.float64]] = {}
    for profile, direction, taken in times:
        total = minutes.setdefault(profile, np.empty(len(chosen)))
        total[backward == bool(direction)] = np.add.reduceat(taken, begin)[open_ways[direction]]
    tail, head = first[begin][chosen], last[end][chosen]
    out = Pieces(
        tail=np.where(backward, head, tail),
        head=np.where(backward, tail, head),
        km=km[chosen],
        urban_km=urban_km[chosen],
        road_class=kinds.road_class[kind][chosen],
        way=roads.way[each.way[begin]][chosen],
        line=chosen.astype(np.int32),
        backward=backward,
        minutes=minutes,
    )
    return out, Lines(each.at[begin], each.at[end] + 2)
