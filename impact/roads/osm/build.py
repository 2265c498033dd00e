"""From an OpenStreetMap file to a `RoadNetwork`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.roads.network import FERRY, EdgeShapes, JoinRule, RoadNetwork
from impact.roads.osm.account import account
from impact.roads.osm.component import largest_part
from impact.roads.osm.ferries import divided
from impact.roads.osm.junctions import junctions
from impact.roads.osm.landings import islands
from impact.roads.osm.pieces import pieces, split_at_barriers
from impact.roads.osm.restrictions import honour
from impact.roads.osm.scan import scan
from impact.roads.osm.simplify import simplify
from impact.roads.osm.stretches import kind_columns, stretches, timed
from impact.roads.osm.surroundings import REACH_KM
from impact.roads.osm.tables import read_osm_tables
from impact.spans import ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impact.roads.osm.clip import Clip
    from impact.roads.osm.component import Kept
    from impact.roads.osm.pieces import Lines, Pieces
    from impact.roads.osm.scan import OsmRoads
    from impact.roads.osm.stretches import Stretches
    from impact.roads.osm.tables import OsmTables

STREET_JOIN = JoinRule(count=1, limit_km=2.0, detour=1.3, coincident_m=10.0, kind="edge")
"""Points join the nearest edge within two kilometres."""

DEFAULT_PROFILE = "dal"
_FAST_RANK = 0


def build_network(
    path: Path | str,
    *,
    clip: Clip | None = None,
    profile: str = DEFAULT_PROFILE,
    tables: OsmTables | None = None,
    shapes: bool = True,
    turns: bool = True,
    say: Callable[[str], None] | None = None,
) -> RoadNetwork:
    """Build a routable network for cars.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``, or ``.graphml`` of OSMnx.
    clip
        Area of which the roads are wanted; all by default.
    profile
        ``vrij``, ``dal`` or ``spits``; the minutes of all three are kept.
    tables
        What is drivable and how fast; the shipped tables by default.
    shapes
        Whether to keep the course of the edges, for maps and for joining points.
    turns
        Whether to honour turn restrictions.
    say
        Receives a line of text per step.

    Returns
    -------
    RoadNetwork
        Node identifiers are those of OpenStreetMap; copies of a node (at a barrier or a turn
        restriction) have identifiers below zero.

    Raises
    ------
    InputError
        When the file is damaged or no OpenStreetMap, or no road lies in the area.

    Notes
    -----
    Time and memory grow in proportion to the roads, not to the file: other objects are passed over
    by osmium.
    """
    tables = read_osm_tables() if tables is None else tables
    say = say or (lambda _: None)
    roads = _roads(Path(path), tables, say)
    kinds = kind_columns(roads, tables)
    wide = None if clip is None else clip.inside(roads.lon, roads.lat, extra_km=2.0 * REACH_KM)
    each = stretches(roads, kinds, tables, near=wide)
    roads = replace(roads, ferries=divided(roads.ferries, _ferry_km(roads, each)))
    say(f"timing {len(each.km)} stretches of road")
    met = junctions(roads, kinds, each)
    times = timed(roads, kinds, tables, each, met)
    if clip is not None:
        # delays and surroundings were taken from a wider area, so that the clip changes neither
        near = clip.inside(roads.lon, roads.lat)
        stays = near[each.first] | near[each.last]
        each = each.part(stays)
        times = ((name, direction, minutes[stays]) for name, direction, minutes in times)
    if len(each.km) == 0:
        where = "this file" if clip is None else clip.label
        expected = f"roads that a car may use in {where}"
        raise InputError(Fault(str(roads.about["file"]), "", "", None, expected))
    first, last, barrier_copies = split_at_barriers(each, roads.blocked)
    edges, lines = pieces(roads, kinds, each, (first, last), times)
    facts = account(roads, kinds, tables, each)
    origin = np.concatenate([np.arange(len(roads.node)), barrier_copies])
    say("joining pieces")
    if turns:
        edges, turned, honoured = honour(edges, roads.restrictions, roads.node[origin])
        origin = np.concatenate([origin, origin[turned]])
        facts["turn_restrictions"] = vars(honoured)
    kept = largest_part(edges, roads.lon[origin], roads.lat[origin])
    facts["dropped"] = kept.dropped
    if clip is not None:
        facts["clip"] = f"{clip.label}, and {clip.buffer_km:g} km around it"
    return _network(
        roads, tables, (edges, lines, origin, kept), facts, profile=profile, shapes=shapes
    )


def _ferry_km(roads: OsmRoads, each: Stretches) -> dict[int, float]:
    """Length of the ferries that carry cars, by way."""
    water = roads.kind >= len(roads.kinds)
    km = np.bincount(each.way, each.km, minlength=len(water))
    return dict(zip(roads.way[water].tolist(), km[water].tolist(), strict=True))


def _roads(path: Path, tables: OsmTables, say: Callable[[str], None]) -> OsmRoads:
    if path.suffix.lower() == ".graphml":
        from impact.roads.osm.graphml import scan_graphml  # noqa: PLC0415 (only graphs need it)

        return scan_graphml(path, tables)
    return scan(path, tables, say=say)


def _network(
    roads: OsmRoads,
    tables: OsmTables,
    made: tuple[Pieces, Lines, NDArray[np.int64], Kept],
    facts: dict[str, Any],
    *,
    profile: str,
    shapes: bool,
) -> RoadNetwork:
    """Simplify what is kept and lay it out as a network."""
    edges, lines, origin, kept = made
    part = edges.take(kept.edges)
    used, place = np.unique(np.concatenate([part.tail, part.head]), return_inverse=True)
    part = replace(
        part,
        tail=place[: len(part.tail)].astype(np.int32),
        head=place[len(part.tail) :].astype(np.int32),
    )
    water = part.road_class == len(tables.classes)
    landing = np.zeros(len(used), dtype=bool)
    landing[part.tail[water]] = landing[part.head[water]] = True
    joined, order, start = simplify(part, len(used), landing)
    ends, place = np.unique(np.concatenate([joined.tail, joined.head]), return_inverse=True)
    tail, head = place[: len(joined.tail)], place[len(joined.tail) :]
    node = _identifiers(roads.node, used[ends], origin)
    names = np.array([*tables.classes, FERRY], dtype=object)
    rank = np.array([*tables.rank.values(), -1])
    fast = (rank == _FAST_RANK) | (rank < 0)
    urban = np.divide(joined.urban_km, joined.km, out=np.zeros_like(joined.km), where=joined.km > 0)
    ferry = joined.road_class == len(tables.classes)
    chosen = next(iter(tables.profiles)) if profile not in tables.profiles else profile
    network = RoadNetwork(
        node=node,
        lat=roads.lat[origin[used[ends]]],
        lon=roads.lon[origin[used[ends]]],
        urban=_means(urban, joined.km, tail, head, len(ends)),
        joinable=~_only(fast[joined.road_class], tail, head, len(ends)),
        zone=np.full(len(ends), "", dtype=object),
        zone_marker=np.zeros(len(ends), dtype=bool),
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        km=joined.km,
        road_class=names[joined.road_class],
        edge_urban=urban,
        given_minutes=np.where(ferry, joined.minutes[chosen], np.nan),
        minutes=joined.minutes[chosen],
        profile=tables.profiles[chosen],
        join=STREET_JOIN,
        about={
            **facts,
            "junctions": len(node),
            "edges": len(tail),
            "ferries": islands(
                facts["car_ferries"], joined.way, joined.km, ferry, (tail, head), node
            ),
        },
        profiles=dict(tables.profiles),
        profile_minutes=dict(joined.minutes),
        shapes=_shapes(roads, lines, part, joined, (order, start)) if shapes else None,
    )
    return network.with_profile(profile)


def _identifiers(
    node: NDArray[np.int64], used: NDArray[np.int64], origin: NDArray[np.int64]
) -> NDArray[np.int64]:
    """OpenStreetMap's numbers; copies count down from below the lowest."""
    copies = np.flatnonzero(used >= len(node))
    out = node[origin[used]]
    out[copies] = min(0, int(node.min())) - 1 - (used[copies] - len(node))
    return out


def _means(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    size: int,
) -> NDArray[np.float64]:
    """Weighted mean, per node, over its edges."""
    ends = np.concatenate([tail, head])
    total = np.bincount(ends, np.tile(weight, 2), minlength=size)
    summed = np.bincount(ends, np.tile(weight * value, 2), minlength=size)
    return np.divide(summed, total, out=np.zeros(size), where=total > 0.0)


def _only(
    chosen: NDArray[np.bool_], tail: NDArray[np.int64], head: NDArray[np.int64], size: int
) -> NDArray[np.bool_]:
    """Nodes all edges of which are chosen."""
    out = np.ones(size, dtype=bool)
    out[tail[~chosen]] = out[head[~chosen]] = False
    return out


def _shapes(
    roads: OsmRoads,
    lines: Lines,
    part: Pieces,
    joined: Pieces,
    chains: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> EdgeShapes:
    """Draw the joined lines through the nodes of their pieces."""
    order, start = chains
    line, backward = part.line[order], part.backward[order]
    begin, end = lines.begin[line], lines.end[line]
    # a piece begins where the one before it ended: that node is drawn once
    goes_on = np.ones(len(order), dtype=bool)
    goes_on[start[:-1]] = False
    places, bounds = ranges(begin + (goes_on & ~backward), end - (goes_on & backward))
    length = np.diff(bounds)
    turned = np.repeat(backward, length)
    mirrored = np.repeat(begin + end - 1 - (goes_on & backward), length)
    places = np.where(turned, mirrored - places, places)
    drawn = roads.ref[places]
    return EdgeShapes(
        line=joined.line,
        backward=joined.backward,
        start=bounds[start],
        lon=roads.lon[drawn],
        lat=roads.lat[drawn],
    )
