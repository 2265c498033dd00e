"""Stretches of road between two neighbouring nodes of a way: length, setting, minutes.

Minutes are made here, before anything is simplified: the time along a stretch at the speed of its
way, and the delay of what it meets at the node where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.roads.distance import stretch_km
from impact.roads.osm.ferries import crossing_and_wait
from impact.roads.osm.surroundings import built_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from impact.roads.osm.junctions import Junctions
    from impact.roads.osm.scan import OsmRoads
    from impact.roads.osm.tables import OsmTables

_URBAN_LIMIT_KMH = 50.0
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
    urban : ndarray of bool, shape (n,)
        Whether it lies in a built-up area.
    """

    at: NDArray[np.int64]
    way: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    km: NDArray[np.float64]
    urban: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> Stretches:
        """Return some of them.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,)

        Returns
        -------
        Stretches
        """
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
        Position in `impact.roads.osm.tags.SOURCES`.
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
    """Lay the kinds of way out in columns.

    Parameters
    ----------
    roads, tables
        As scanned, and what decided.

    Returns
    -------
    KindColumns
    """
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
    """Cut ways into stretches between neighbouring nodes.

    Parameters
    ----------
    roads, kinds, tables
        As scanned.
    near : ndarray of bool, shape (n_nodes,), optional
        Nodes inside the clip: a stretch stays if one of its ends is.

    Returns
    -------
    Stretches
        Without those of which the file lacks a node.
    """
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
    bare = Stretches(at, way, first, last, km, np.zeros(len(at), dtype=bool))
    return replace(bare, urban=_urban(roads, kinds, tables, bare)) if len(at) else bare


def _urban(
    roads: OsmRoads, kinds: KindColumns, tables: OsmTables, each: Stretches
) -> NDArray[np.bool_]:
    """Built-up: as the tags say, else by a low limit on a through road, else by what is around."""
    kind = roads.kind[each.way]
    homes = [place for place, name in enumerate(tables.classes) if name in _RESIDENTIAL]
    residential = np.isin(kinds.road_class, homes)[kind]
    lon = (roads.lon[each.first] + roads.lon[each.last]) / 2.0
    lat = (roads.lat[each.first] + roads.lat[each.last]) / 2.0
    around = built_up(lon, lat, np.where(residential, each.km, 0.0))
    with np.errstate(invalid="ignore"):
        slow = np.nanmax(np.nan_to_num(kinds.limit, nan=999.0), axis=0) <= _URBAN_LIMIT_KMH
    slow &= (kinds.rank >= 1) & (kinds.rank <= 3) & ~kinds.slip  # noqa: PLR2004 (ranks: see table)
    said = kinds.setting[kind]
    return np.asarray(np.where(said >= 0, said == 1, around | slow[kind]), dtype=bool)


def speeds(kinds: KindColumns, tables: OsmTables, profile: str) -> NDArray[np.float64]:
    """Driven speed of every kind of way.

    Parameters
    ----------
    kinds, tables
        What drives how.
    profile
        Name of a profile.

    Returns
    -------
    ndarray of float, shape (2, n_kinds, 2)
        km/h: direction (along, against) x kind x (rural, urban); NaN for ferries.
    """
    numbers = np.full((len(tables.classes) + 1, 2, 3), np.nan)
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
    """Minutes of every stretch, one profile and direction at a time.

    Parameters
    ----------
    roads, kinds, tables, each
        The stretches and what they are.
    junctions
        What each stretch meets at either end.

    Yields
    ------
    profile : str
    direction : int
        0 along, 1 against the way.
    minutes : ndarray of float, shape (n,)
    """
    kind = roads.kind[each.way]
    urban = each.urban.astype(np.int8)
    ferry = np.flatnonzero(kinds.ferry[kind])
    crossing = _ferry_minutes(roads, kinds, tables, each, ferry)
    for profile in tables.profiles:
        kmh = speeds(kinds, tables, profile)
        for direction in (0, 1):
            minutes = each.km / kmh[direction, kind, urban] * _MINUTES_PER_HOUR
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
