"""The shipped street network, from the extract: what is kept of it, and how it is contracted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from _fill_in import FERRY, STREET, filled_in, nearest_ends, origins, with_joins, with_links
from _reach import far_reaching
from scipy import sparse
from scipy.sparse import csgraph

from impact.errors import Fault, InputError
from impact.network.osm.component import largest_part
from impact.network.osm.edges import MEETINGS, Pieces, junctions, kind_columns, pieces, stretches
from impact.network.osm.read import mended, scan
from impact.network.osm.simplify import simplify
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables
from impact.network.shipped import FERRIES, STREETS, read_ferries, street_network
from impact.network.streets import (
    BACKWARD,
    FORWARD,
    PER_DEGREE,
    Streets,
    sorted_streets,
    write_streets,
)
from impact.segments import ranges
from impact.times.snap_edges import edges_of_lines, find_spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from _sources import Sources
    from numpy.typing import NDArray

    from impact.network.osm.edges import Junctions, Lines, Stretches
    from impact.network.osm.read import OsmRoads
    from impact.network.osm.tag_tables import OsmTables

EXTRACT = "osm/netherlands_2021.osm.pbf"
_MET = "met"
"""Name under which counts of what is met go through the steps that add up minutes."""
_DIGIT = 8
"""Bits per count: sums of whole numbers below 2**53 are exact, and no count reaches 256."""
_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, eq=False)
class Country:
    """All roads of the extract, with what fills in.

    Attributes
    ----------
    edges
        Directed pieces; `minutes` holds the counts of what is met.
    lines
        Courses, as positions in `ref`; ferries have none.
    lat, lon : ndarray of float, shape (n_nodes,)
        Degrees.
    ref : ndarray of int32
        Nodes of the courses.
    origin : ndarray of int8, shape (n_lines,)
        See `impact.network.streets.ORIGINS`.
    ferries : tuple of str
        Names of the last lines.
    tables
        Speeds and delays.
    """

    edges: Pieces
    lines: Lines
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    ref: NDArray[np.int32]
    origin: NDArray[np.int8]
    ferries: tuple[str, ...]
    tables: OsmTables


def write_shipped_streets(
    sources: Sources,
    out: Path,
    points: pd.DataFrame,
    choices: Mapping[str, Any],
    *,
    full: Path | None = None,
) -> None:
    """Write ``roads/streets.npz``.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into; it holds ``roads/car_ferries.csv``.
    points
        Columns ``lat`` and ``lon``: postcodes and hospitals, whose streets stay.
    choices
        ``streets.toml``.
    full
        Where to write all streets in the same format, to compare.
    """
    country = read_country(sources, out / "roads" / FERRIES, choices)
    everything, dropped = contracted(country, np.ones(len(country.origin), dtype=bool), choices)
    sources.report(f"streets {dropped['parts']} loose parts of {dropped['km']:.0f} km dropped")
    ferries = read_ferries(out / "roads" / FERRIES)
    if full is not None:
        write_streets(everything.streets, full)
        sources.report(f"streets all: {_counts(everything.streets)}")
    kept = thinned(country, everything, ferries, points, choices)
    shipped, _ = contracted(country, kept, choices)
    write_streets(shipped.streets, out / "roads" / STREETS)
    size = (out / "roads" / STREETS).stat().st_size
    sources.report(f"streets shipped: {_counts(shipped.streets)}, {size / 1e6:.2f} MB")


def _counts(streets: Streets) -> str:
    km = (streets.metres.sum() + streets.more_metres.sum()) / 1000.0
    return (
        f"{len(streets.lat)} junctions, {len(streets.tail)} links, {km:.0f} km, "
        f"{len(streets.bend_lat)} bends"
    )


def read_country(sources: Sources, ferries: Path, choices: Mapping[str, Any]) -> Country:
    """Read the extract, with ferries from their table and lengths of what fills in.

    Parameters
    ----------
    sources
        Holds the extract and the main roads.
    ferries
        The table of car ferries.
    choices
        ``streets.toml``.

    Returns
    -------
    Country

    Raises
    ------
    InputError
        When no road ends near the landing of a ferry or an end of a join.
    """
    tables = read_osm_tables()
    path = sources.folder / EXTRACT
    roads = mended(scan(path, tables), tables.mends)
    kinds = kind_columns(roads, tables)
    each = stretches(roads, kinds, tables)
    each = each.part(~kinds.ferry[roads.kind[each.way]])
    met = junctions(roads, kinds, each)
    edges, lines = pieces(roads, kinds, each, (each.first, each.last), _made_of(each, met))
    size = int(edges.line.max()) + 1
    origin = origins(path, edges, size)
    edges = filled_in(sources, edges, origin, roads, choices["fill_in"])
    edges, origin = with_joins(edges, origin, roads, tables, choices["fill_in"]["join"])
    water = len(tables.classes)
    edges, names = _with_ferries(edges, roads, read_ferries(ferries), choices, water, len(origin))
    origin = np.concatenate([origin, np.full(len(names), FERRY, dtype=np.int8)])
    return Country(edges, lines, roads.lat, roads.lon, roads.ref, origin, names, tables)


def _made_of(each: Stretches, met: Junctions) -> Iterator[tuple[str, int, NDArray[np.float64]]]:
    """Give what minutes are made of, in the place of minutes: all of it adds up along a road.

    What a stretch meets is one number with a digit per meeting.
    """
    value = np.array([0.0, *(2.0 ** (_DIGIT * place) for place in range(len(MEETINGS) - 1))])
    for direction in (0, 1):
        yield _MET, direction, value[met.meeting[direction]]
        for place, name in enumerate(SETTINGS[1:], start=1):
            yield name, direction, np.where(each.setting == place, each.km, 0.0)


def _with_ferries(
    edges: Pieces,
    roads: OsmRoads,
    ferries: Mapping[str, Mapping[str, str]],
    choices: Mapping[str, Any],
    water: int,
    size: int,
) -> tuple[Pieces, tuple[str, ...]]:
    """Add an edge each way per ferry, between the nearest ends of roads."""
    landings = np.array(
        [
            [[float(row[f"{axis}_{end}"]) for axis in ("lat", "lon")] for end in "ab"]
            for row in ferries.values()
        ]
    )
    node, gap = nearest_ends(edges, roads, landings)
    limit = choices["ferries"]["landing_km"]
    faults = [
        Fault(
            FERRIES,
            name,
            f"landing {'ab'[end]}",
            f"{gap[row, end]:.2f} km",
            f"a road within {limit} km",
        )
        for row, name in enumerate(ferries)
        for end in (0, 1)
        if gap[row, end] > limit
    ]
    if faults:
        raise InputError(faults)
    km = np.array([float(row["km"]) for row in ferries.values()])
    return with_links(edges, node, km, np.full(len(ferries), water), size), tuple(ferries)


@dataclass(frozen=True, eq=False)
class Contracted:
    """Streets, and of which lines of the country every link is made.

    Attributes
    ----------
    streets
        In the order of the file.
    link : ndarray of int64, shape (n_lines,)
        Link of every line of the country; -1 for lines that are not there.
    """

    streets: Streets
    link: NDArray[np.int64]


def contracted(
    country: Country, kept: NDArray[np.bool_], choices: Mapping[str, Any]
) -> tuple[Contracted, dict[str, Any]]:
    """Take the largest part of the lines that are kept and join them over nodes of degree two.

    Parameters
    ----------
    country
        All roads.
    kept : ndarray of bool, shape (n_lines,)
        Lines that stay.
    choices
        ``streets.toml``.

    Returns
    -------
    contracted : Contracted
    dropped
        Number of loose parts, their length in km, and the largest.

    Notes
    -----
    Lengths by class and setting and counts of what is met add up, so that minutes between the
    nodes that are left are the same under any table of speeds. Nodes where roads of different
    origin meet stay.
    """
    edges = country.edges.take(kept[country.edges.line])
    part = largest_part(edges, country.lon, country.lat)
    edges = edges.take(part.edges)
    used, place = np.unique(np.concatenate([edges.tail, edges.head]), return_inverse=True)
    old_line, line = np.unique(edges.line, return_inverse=True)
    edges = replace(
        edges,
        tail=place[: len(edges.tail)].astype(np.int32),
        head=place[len(edges.tail) :].astype(np.int32),
        line=line.astype(np.int32),
    )
    special = country.origin[old_line][edges.line] != STREET
    stay = np.zeros(len(used), dtype=bool)
    stay[edges.tail[special]] = stay[edges.head[special]] = True
    joined, order, start = simplify(edges, len(used), stay)
    lines = _Chains(old_line[edges.line[order]], edges.backward[order], start, edges, order)
    streets, rank = _as_streets(country, joined, lines, used, choices)
    link = np.full(len(country.origin), -1, dtype=np.int64)
    link[lines.line] = rank[np.repeat(np.arange(len(start) - 1), np.diff(start))]
    _add_other_carriageways(link, old_line[edges.line], edges, joined)
    return Contracted(streets, link), part.dropped


def _add_other_carriageways(
    link: NDArray[np.int64], line: NDArray[np.int64], edges: Pieces, joined: Pieces
) -> None:
    """Find the links of lines that are not drawn: those of the way back where it is another line.

    Both directions of a link pass through the same nodes, and no other link does.
    """
    size = int(max(edges.tail.max(), edges.head.max())) + 1
    passed = np.ones(size, dtype=bool)
    passed[joined.tail] = passed[joined.head] = False
    through = np.full(size, -1, dtype=np.int64)
    drawn = link[line] >= 0
    for end in (edges.tail, edges.head):
        inside = drawn & passed[end]
        through[end[inside]] = link[line[inside]]
    link[line[~drawn]] = np.maximum(through[edges.tail[~drawn]], through[edges.head[~drawn]])


@dataclass(frozen=True, eq=False)
class _Chains:
    """Lines of the country, in the order in which the links run through them."""

    line: NDArray[np.int64]
    backward: NDArray[np.bool_]
    start: NDArray[np.int64]
    edges: Pieces
    order: NDArray[np.int64]


def _as_streets(
    country: Country,
    joined: Pieces,
    chains: _Chains,
    used: NDArray[np.int64],
    choices: Mapping[str, Any],
) -> tuple[Streets, NDArray[np.int32]]:
    """Lay joined edges out as streets; also say where each joined line went."""
    size = int(joined.line.max()) + 1
    ends, place = np.unique(np.concatenate([joined.tail, joined.head]), return_inverse=True)
    tail_of, head_of = place[: len(joined.tail)], place[len(joined.tail) :]
    tail, head = np.zeros((2, size), dtype=np.int32)
    ways = np.zeros(size, dtype=np.uint8)
    met = np.zeros((len(MEETINGS) - 1, 2, size), dtype=np.uint8)
    digits = joined.minutes[_MET].astype(np.int64)
    for direction, chosen in enumerate((~joined.backward, joined.backward)):
        line = joined.line[chosen]
        begin, end = (tail_of, head_of) if direction == 0 else (head_of, tail_of)
        tail[line], head[line] = begin[chosen], end[chosen]
        ways[line] |= (FORWARD, BACKWARD)[direction]
        for meeting in range(len(MEETINGS) - 1):
            met[meeting, direction, line] = digits[chosen] >> (_DIGIT * meeting) & 255
    ferry = np.flatnonzero(country.origin[chains.line[chains.start[:-1]]] == FERRY)
    first_ferry = len(country.origin) - len(country.ferries)
    lat, lon = (
        np.rint(axis[used[ends]] * PER_DEGREE).astype(np.int32)
        for axis in (country.lat, country.lon)
    )
    bends = _bends(country, chains, choices["thinning"]["bend_metres"])
    parts = _parts(country, chains, size)
    streets = Streets(
        lat=lat,
        lon=lon,
        tail=tail,
        head=head,
        open=ways,
        origin=country.origin[chains.line[chains.start[:-1]]].astype(np.uint8),
        **parts,
        met=met,
        **bends,
        ferry=ferry.astype(np.int32),
        kinds=tuple((name, setting) for name in country.tables.classes for setting in SETTINGS),
        meetings=MEETINGS[1:],
        ferries=tuple(
            country.ferries[each - first_ferry] for each in chains.line[chains.start[ferry]]
        ),
        about=choices["about"],
    )
    marked = replace(
        streets,
        more_link=np.arange(size, dtype=np.int32),
        more_kind=np.zeros(size, dtype=np.uint8),
        more_metres=np.arange(size, dtype=np.int32),
    )
    went = sorted_streets(marked)
    rank = np.empty(size, dtype=np.int32)
    rank[went.more_metres] = went.more_link
    return sorted_streets(streets), rank


def _parts(country: Country, chains: _Chains, size: int) -> dict[str, NDArray[Any]]:
    """Metres of every link by class and setting: the longest part, and the others."""
    edges, order = chains.edges, chains.order
    link = np.repeat(np.arange(size), np.diff(chains.start))
    place = np.minimum(edges.road_class[order].astype(np.int64), len(country.tables.classes) - 1)
    km = np.array([edges.minutes[name][order] for name in SETTINGS[1:]])
    km = np.vstack([edges.km[order] - km.sum(axis=0), km])
    kinds = len(SETTINGS) * len(country.tables.classes)
    key = link * kinds + len(SETTINGS) * place + np.arange(len(SETTINGS))[:, None]
    found, where = np.unique(key, return_inverse=True)
    metres = np.rint(np.bincount(where.ravel(), km.ravel()) * 1000.0)
    of_link, of_kind = np.divmod(found, kinds)
    by_length = np.lexsort((of_kind, -metres, of_link))
    of_link, of_kind, metres = of_link[by_length], of_kind[by_length], metres[by_length]
    first = np.concatenate([[True], of_link[1:] != of_link[:-1]])
    rest = ~first & (metres > 0)
    return {
        "kind": of_kind[first].astype(np.uint8),
        "metres": metres[first].astype(np.int32),
        "more_link": of_link[rest].astype(np.int32),
        "more_kind": of_kind[rest].astype(np.uint8),
        "more_metres": metres[rest].astype(np.int32),
    }


def _bends(country: Country, chains: _Chains, tolerance: float) -> dict[str, NDArray[Any]]:
    """Points between the ends of every link, as few as the tolerance allows (Douglas-Peucker)."""
    road = chains.line < len(country.lines.begin)
    line = np.where(road, chains.line, 0)
    begin, end = country.lines.begin[line], country.lines.end[line]
    end = np.where(road, end, begin)
    goes_on = np.ones(len(line), dtype=bool)
    goes_on[chains.start[:-1]] = False
    places, bounds = ranges(
        begin + (goes_on & ~chains.backward & road), end - (goes_on & chains.backward & road)
    )
    turned = np.repeat(chains.backward, np.diff(bounds))
    mirrored = np.repeat(begin + end - 1 - (goes_on & chains.backward & road), np.diff(bounds))
    drawn = country.ref[np.where(turned, mirrored - places, places)]
    lat, lon = country.lat[drawn], country.lon[drawn]
    of = bounds[chains.start]
    owner = np.repeat(np.arange(len(of) - 1), np.diff(of))
    # a ferry is drawn as a straight line
    plain = np.column_stack([lon * np.cos(np.radians(52.2)), lat]) * _METRES_PER_DEGREE
    count = np.diff(of)
    several = np.flatnonzero(count > 2)  # noqa: PLR2004 (ends)
    number = np.cumsum(count > 2) - 1  # noqa: PLR2004
    chosen = (count > 2)[owner]  # noqa: PLR2004
    shapes = shapely.linestrings(plain[chosen], indices=number[owner[chosen]])
    simple = shapely.simplify(shapes, tolerance, preserve_topology=False)
    points, index = shapely.get_coordinates(simple, return_index=True)
    inner = np.ones(len(index), dtype=bool)
    new = index[1:] != index[:-1]
    inner[:1] = inner[-1:] = False
    inner[1:][new] = inner[:-1][new] = False
    start = np.zeros(len(count) + 1, dtype=np.int64)
    np.cumsum(np.bincount(several[index[inner]], minlength=len(count)), out=start[1:])
    back = points[inner] / _METRES_PER_DEGREE
    return {
        "start": start,
        "bend_lat": np.rint(back[:, 1] * PER_DEGREE).astype(np.int32),
        "bend_lon": np.rint(back[:, 0] / np.cos(np.radians(52.2)) * PER_DEGREE).astype(np.int32),
    }


def thinned(
    country: Country,
    everything: Contracted,
    ferries: Mapping[str, Mapping[str, str]],
    points: pd.DataFrame,
    choices: Mapping[str, Any],
) -> NDArray[np.bool_]:
    """Choose the lines of the country that stay.

    Parameters
    ----------
    country, everything
        All roads, and the same contracted.
    ferries
        Table of car ferries.
    points
        Columns ``lat`` and ``lon``: their streets stay, and the fastest ways from and to them.
    choices
        ``streets.toml``: table ``[thinning]``.

    Returns
    -------
    ndarray of bool, shape (n_lines,)

    Notes
    -----
    What stays: roads of the higher classes; streets of enough reach (`_reach`); what fills in;
    streets of points. Then short dead ends go, and ways are added back until no junction lies
    farther by road than the limit from a street that stays, so that a point of which the own
    street is gone joins another one nearby.
    """
    rule = choices["thinning"]
    streets = everything.streets
    network = street_network(streets, ferries, tables=country.tables)
    shapes = network.shapes
    own = np.zeros(len(streets.tail), dtype=bool)
    own[find_spots(network, shapes, edges_of_lines(network, shapes), points).line] = True
    own |= streets.origin != STREET
    ends = np.zeros(len(network.node), dtype=bool)
    ends[streets.tail[own]] = ends[streets.head[own]] = True
    stays = own.copy()
    # from everywhere, and against the traffic from where trips end
    for tail, head, every in (
        (network.tail, network.head, True),
        (network.head, network.tail, False),
    ):
        far = far_reaching(tail, head, network.minutes, ends, rule["reach_minutes"], every=every)
        stays[shapes.line[far]] = True
    rank = np.array([country.tables.rank[name] for name, _ in streets.kinds])
    stays |= rank[streets.kind] <= rule["highest_rank"]
    stays = _without_dead_ends(streets, stays, own, rule["dead_end_km"])
    stays = _within_reach(streets, stays, rule["street_km"])
    return np.asarray((everything.link >= 0) & stays[everything.link])


def _without_dead_ends(
    streets: Streets, stays: NDArray[np.bool_], own: NDArray[np.bool_], limit: float
) -> NDArray[np.bool_]:
    """Take dead ends away whose tip is within a limit by road, unless a point lies on them."""
    size = len(streets.lat)
    tail, head = streets.tail.astype(np.int64), streets.head.astype(np.int64)
    km = streets.metres / 1000.0
    stays, depth = stays.copy(), np.zeros(size)
    loop = stays & (tail == head) & ~own & (km <= 2.0 * limit)
    np.maximum.at(depth, tail[loop], km[loop] / 2.0)
    stays &= ~loop
    while True:
        degree = np.bincount(tail[stays], minlength=size) + np.bincount(head[stays], minlength=size)
        gone = np.zeros_like(stays)
        for tip, root in ((tail, head), (head, tail)):
            ends = stays & ~own & ~gone & (degree[tip] == 1) & (depth[tip] + km <= limit)
            np.maximum.at(depth, root[ends], (depth[tip] + km)[ends])
            gone |= ends
        if not gone.any():
            return stays
        stays &= ~gone


def _within_reach(streets: Streets, stays: NDArray[np.bool_], limit: float) -> NDArray[np.bool_]:
    """Add ways back until no junction lies farther by road from what stays than the limit."""
    size = len(streets.lat)
    tail, head = streets.tail.astype(np.int64), streets.head.astype(np.int64)
    km = np.maximum(streets.metres, 1) / 1000.0
    order = np.lexsort((km, np.maximum(tail, head), np.minimum(tail, head)))
    low, high = np.minimum(tail, head)[order], np.maximum(tail, head)[order]
    first = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])]) & (
        low != high
    )
    link = order[first]
    graph = sparse.coo_array((km[link], (tail[link], head[link])), shape=(size, size)).tocsr()
    key = low[first] * size + high[first]
    stays = stays.copy()
    while True:
        touched = np.zeros(size, dtype=bool)
        touched[tail[stays]] = touched[head[stays]] = True
        away, before, _ = csgraph.dijkstra(
            graph,
            directed=False,
            indices=np.flatnonzero(touched),
            min_only=True,
            return_predecessors=True,
        )
        far = np.flatnonzero((away > limit) & np.isfinite(away))
        if len(far) == 0:
            return stays
        # of every square of half a kilometre the farthest place
        cell = streets.lat[far].astype(np.int64) // 450 * 100_000 + streets.lon[far] // 730
        far = far[np.lexsort((-away[far], cell))]
        cell = streets.lat[far].astype(np.int64) // 450 * 100_000 + streets.lon[far] // 730
        node = far[np.concatenate([[True], cell[1:] != cell[:-1]])].astype(np.int64)
        while len(node):
            back = before[node].astype(np.int64)
            pair = np.minimum(node, back) * size + np.maximum(node, back)
            stays[link[np.searchsorted(key, pair)]] = True
            node = np.unique(back[~touched[back]])
            touched[node] = True
