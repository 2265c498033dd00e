"""From an OpenStreetMap file to a `RoadNetwork` with the manifest that says what made it."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError
from impact.manifest import DISTRIBUTION, created
from impact.messages import said
from impact.network.islands import islands
from impact.network.network import FERRY, NOT_JOINED, EdgeShapes, JoinRule, RoadNetwork
from impact.network.npz import read_network, write_network
from impact.network.osm.built_up import DENSITY_REACH_KM, REACH_KM
from impact.network.osm.component import largest_part, separate
from impact.network.osm.edges import (
    junctions,
    kind_columns,
    pieces,
    split_at_barriers,
    stretches,
    timed,
)
from impact.network.osm.ferries import crossing_and_wait, divided
from impact.network.osm.read import mended, scan
from impact.network.osm.restrictions import U_TURN, at_ends_only, honour, slow_u_turns
from impact.network.osm.simplify import simplify
from impact.network.osm.tag_tables import read_osm_tables
from impact.network.osm.tags import EVENTS, SOURCES
from impact.segments import ranges
from impact.storage import read_json, replacing, source_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from impact.network.osm.component import Clip
    from impact.network.osm.edges import KindColumns, Lines, Pieces, Stretches
    from impact.network.osm.read import OsmRoads
    from impact.network.osm.tag_tables import OsmTables
    from impact.network.osm.tags import Restriction

_REASONS = 30
_LIMITS = [
    "Speeds and delays go by class of road, limit and surroundings: off-peak fitted, else assumed.",
    "Roads for destination traffic only, and tracks, are used where a trip begins or ends.",
    "Times of day are not modelled: what holds on working days between the peaks counts.",
]


def account(
    roads: OsmRoads, kinds: KindColumns, tables: OsmTables, each: Stretches
) -> dict[str, Any]:
    """Describe the roads before anything was simplified or dropped."""
    kind = roads.kind[each.way]
    km = np.bincount(kind, each.km, minlength=len(kinds.rank))
    urban = np.bincount(kind, np.where(each.urban, each.km, 0.0), minlength=len(kinds.rank))
    names = [*tables.classes, "ferry"]
    # the direction that is open; both have the same source but for a handful of roads
    source = np.where(kinds.forward, kinds.source[0], kinds.source[1])
    dry = ~kinds.ferry
    by_source = np.bincount(source[dry], km[dry], minlength=len(SOURCES))
    by_class = np.bincount(kinds.road_class, km, minlength=len(names))
    urban_by_class = np.bincount(kinds.road_class, urban, minlength=len(names))
    used = np.flatnonzero(by_class > 0.0).tolist()
    date = str(roads.about["date"])
    return {
        "name": f"OpenStreetMap, {roads.about['file']}",
        "kind": "street",
        "year": date[:4] if date[:4].isdigit() else "",
        "source": "OpenStreetMap contributors",
        "licence": "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors, ODbL",
        "limits": _LIMITS,
        "extract": dict(roads.about),
        "km_by_class": {names[i]: round(float(by_class[i]), 1) for i in used},
        "urban_km_by_class": {names[i]: round(float(urban_by_class[i]), 1) for i in used},
        "km_by_speed_source": {
            name: round(float(by_source[i]), 1) for i, name in enumerate(SOURCES)
        },
        "destination_km": round(float(km[kinds.destination].sum()), 1),
        "conditional_access_km": round(float(km[kinds.conditional].sum()), 1),
        "ways_left_out": dict(roads.left_out.most_common(_REASONS)),
        "nodes_missing": int(np.isnan(roads.lon).sum()),
        "barriers": int(roads.blocked.sum()),
        "signals": _signals(roads, each),
        **_ferries(roads, tables, each),
    }


def _signals(roads: OsmRoads, each: Stretches) -> int:
    on_road = np.zeros(len(roads.node), dtype=bool)
    on_road[each.first] = on_road[each.last] = True
    return int((on_road & (roads.event == EVENTS.index("signals"))).sum())


def _ferries(roads: OsmRoads, tables: OsmTables, each: Stretches) -> dict[str, Any]:
    """Car ferries with their minutes; the others by name."""
    taken, carried = [], [one for one in roads.ferries if one.carries_cars]
    for number, one in enumerate(carried):
        here = roads.kind[each.way] == len(roads.kinds) + number
        km = float(each.km[here].sum())
        if km == 0.0:
            continue
        crossing, wait, visitors = crossing_and_wait(one, km, tables)
        taken.append(
            {
                "way": one.way,
                "name": one.name,
                "km": round(km, 2),
                "crossing_minutes": round(crossing, 1),
                "wait_minutes": wait,
                "timed": "tag" if one.minutes is not None else "table",
                "visitor_cars": visitors,
                "said": one.said,
            }
        )
    passengers = [one for one in roads.ferries if not one.carries_cars]
    return {
        "car_ferries": taken,
        "passenger_ferries": [
            {"way": one.way, "name": one.name, "said": one.said} for one in passengers
        ],
    }


COUNTRY_SECONDS, COUNTRY_GB = 55.0, 1.8
"""Rule of thumb: processor time and memory that building the whole of the Netherlands takes."""

_PACKAGES = ("numpy", "osmium")
_BLOCK = 1 << 20


def build_manifest(
    network: RoadNetwork, source: Path | str, *, ferries: Path | str | None = None
) -> dict[str, Any]:
    """Describe a build."""
    tables = sorted(data_path("roads").glob("osm_*.csv"))
    if ferries is not None:
        own = Path(ferries)
        tables = [own if each.name == "osm_ferries.csv" else each for each in tables]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "inputs": [{"name": Path(source).name, "sha256": _sha256(Path(source))}],
        "tables": [{"name": each.name, "sha256": _sha256(each)} for each in tables],
        "code": source_hash("network", "tables"),
        "shapes": network.shapes is not None,
        "profiles": {
            name: {
                "fixed_minutes": each.fixed_minutes,
                "status": each.status,
                "source": each.source,
            }
            for name, each in network.profiles.items()
        },
        "fingerprint": network.fingerprint(),
        "network": dict(network.about),
        "packages": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def write_built(network: RoadNetwork, path: Path | str, manifest: dict[str, Any]) -> None:
    """Write a network and, beside it, its manifest; an interrupted write leaves the old ones."""
    path = Path(path)
    beside = path.with_name(path.name + ".json")
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    with replacing(beside) as temporary:
        temporary.write_text(text, encoding="utf-8")
        write_network(network, path)


_SAME = ("program", "inputs", "tables", "code", "shapes", "packages")


def built_before(
    path: Path | str, source: Path | str, *, clip: Clip | None = None
) -> RoadNetwork | None:
    """Read a network that was built with all defaults of the same file by the same code."""
    path = Path(path)
    try:
        stored = read_json(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
        network = read_network(path)
    except (OSError, ValueError, InputError):
        return None
    wanted = build_manifest(network, source)
    same = (
        isinstance(stored, dict)
        and stored.get("fingerprint") == wanted["fingerprint"]
        and all(stored.get(key) == wanted[key] for key in _SAME)
        and network.shapes is not None
        and "turn_restrictions" in network.about
        and network.about.get("clip", "") == ("" if clip is None else clip.whole_label)
    )
    return network if same else None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


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
    roads = mended(_roads(Path(path), tables, say), tables.mends)
    kinds = kind_columns(roads, tables)
    reach = REACH_KM + DENSITY_REACH_KM
    wide = None if clip is None else clip.inside(roads.lon, roads.lat, extra_km=reach)
    each = stretches(roads, kinds, tables, near=wide)
    roads = replace(roads, ferries=divided(roads.ferries, _ferry_km(roads, each)))
    say(said("timing {count} stretches of road", count=len(each.km)))
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
        expected: str = said("roads that a car may use in {where}", where=where)
        raise InputError(Fault(str(roads.about["file"]), "", "", None, expected))
    first, last, barrier_copies = split_at_barriers(each, roads.blocked)
    edges, lines = pieces(roads, kinds, each, (first, last), times)
    facts = account(roads, kinds, tables, each)
    origin = np.concatenate([np.arange(len(roads.node)), barrier_copies])
    say("joining pieces")
    split = len(origin)
    if turns:
        edges, parted, honoured = honour(edges, roads.restrictions, roads.node[origin])
        origin = np.concatenate([origin, origin[parted]])
        facts["turn_restrictions"] = vars(honoured)
    kept = largest_part(edges, roads.lon[origin], roads.lat[origin])
    if not kept.edges.any():
        expected = "roads by which a car can go and come back (here every road leads one way only)"
        raise InputError(Fault(str(roads.about["file"]), "", "", None, expected))
    kept, facts["separate"] = separate(edges, kept, lines, roads, origin)
    facts["dropped"] = kept.dropped
    if clip is not None:
        facts["clip"] = clip.whole_label
    rules = roads.restrictions if turns and facts["turn_restrictions"]["honoured"] else ()
    destination = roads.way[kinds.destination[roads.kind]]
    edges, origin, near, turned = _with_copies(
        edges.take(kept.edges), destination, rules, (roads.node, origin, split), tables
    )
    if turns:
        facts["turn_restrictions"]["u_turns"] = turned
    return _network(
        roads, tables, (edges, lines, origin, near), facts, profile=profile, shapes=shapes
    )


def _with_copies(
    edges: Pieces,
    destination: NDArray[np.int64],
    rules: Sequence[Restriction],
    nodes: tuple[NDArray[np.int64], NDArray[np.int64], int],
    tables: OsmTables,
) -> tuple[Pieces, NDArray[np.int64], NDArray[np.bool_], int]:
    """Copy nodes at roads for destination traffic, and where turning round costs a delay."""
    number, origin, split = nodes
    at_split = np.arange(len(origin)) >= split
    edges, copied, near = at_ends_only(edges, np.isin(edges.way, destination), len(origin))
    origin = np.concatenate([origin, origin[copied]])
    if not rules:
        return edges, origin, near, 0
    at_split = np.concatenate([at_split, at_split[copied]])
    u_turn = {name: each[U_TURN] for name, each in tables.delay.items()}
    edges, copied, around = slow_u_turns(edges, rules, number[origin], at_split, u_turn)
    around[: len(near)] |= near
    return edges, np.concatenate([origin, origin[copied]]), around, len(copied)


def _ferry_km(roads: OsmRoads, each: Stretches) -> dict[int, float]:
    """Length of the ferries that carry cars, by way."""
    water = roads.kind >= len(roads.kinds)
    km = np.bincount(each.way, each.km, minlength=len(water))
    return dict(zip(roads.way[water].tolist(), km[water].tolist(), strict=True))


def _roads(path: Path, tables: OsmTables, say: Callable[[str], None]) -> OsmRoads:
    if path.suffix.lower() == ".graphml":
        from impact.network.osm.graphml import scan_graphml

        return scan_graphml(path, tables)
    return scan(path, tables, say=say)


def _network(
    roads: OsmRoads,
    tables: OsmTables,
    made: tuple[Pieces, Lines, NDArray[np.int64], NDArray[np.bool_]],
    facts: dict[str, Any],
    *,
    profile: str,
    shapes: bool,
) -> RoadNetwork:
    """Simplify what is kept and lay it out as a network."""
    part, lines, origin, near = made
    used, place = np.unique(np.concatenate([part.tail, part.head]), return_inverse=True)
    part = replace(
        part,
        tail=place[: len(part.tail)].astype(np.int32),
        head=place[len(part.tail) :].astype(np.int32),
    )
    names = np.array([*tables.classes, FERRY], dtype=object)
    closed = np.isin(names, list(NOT_JOINED))[part.road_class]
    # a stretch that points may join does not melt into one that they may not, or into a ferry
    ends = near[used] | _touched(part, part.road_class == len(tables.classes), len(used))
    ends |= _touched(part, closed, len(used)) & _touched(part, ~closed, len(used))
    joined, order, start = simplify(part, len(used), ends)
    ends, place = np.unique(np.concatenate([joined.tail, joined.head]), return_inverse=True)
    tail, head = place[: len(joined.tail)], place[len(joined.tail) :]
    node = _identifiers(roads.node, used[ends], origin)
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


def _touched(part: Pieces, chosen: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Nodes at the ends of some edges."""
    out = np.zeros(size, dtype=bool)
    out[part.tail[chosen]] = out[part.head[chosen]] = True
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
