"""The shipped street network: what its file holds, how it is packed, how it becomes roads.

A link is a piece of road between two junctions, both directions together. It keeps what minutes are
made of (kilometres by class and setting, and what a car meets on the way), not minutes: another
table of speeds needs no other file. Numbers are whole: 1e-5 degrees, metres, counts.

The file is a zip of NumPy arrays (``numpy.load`` reads it). Each column is turned into small whole
numbers first and cut into planes of one byte, so that plain deflate comes close to their entropy
and inflates fast.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.messages import said
from impact.storage import read_json, replacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
"""What every map, page and manifest says that was made with these streets."""

FORWARD, BACKWARD = 1, 2
"""Bits of `Streets.open`: from tail to head, and from head to tail."""

ORIGINS = ("OpenStreetMap", "main roads", "join", "ferry table")
"""What `Streets.origin` counts: streets; roads filled in from the main roads where the extract has
none; the joins between the two; ferries."""

PER_DEGREE = 100_000
_FORMAT = "impact streets 1"
_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
"""Steps by which the bits of a number are spread over the even places of one twice as long."""
_LOWEST = (-90 * PER_DEGREE, -180 * PER_DEGREE)
_METRES_LAT = 1.11195
"""Metres per 1e-5 degrees of latitude."""
_COSINE = (1.0, -0.49999, 0.04155)
"""Cosine as a polynomial in the square of the angle: no library's rounding decides a length."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Links between junctions, as whole numbers.

    Attributes
    ----------
    lat, lon : ndarray of int32, shape (n_nodes,)
        1e-5 degrees, along a space-filling curve.
    tail, head : ndarray of int32, shape (n_links,)
        Positions of nodes.
    open : ndarray of uint8, shape (n_links,)
        `FORWARD`, `BACKWARD`, or both.
    origin : ndarray of uint8, shape (n_links,)
        Position in `ORIGINS`.
    kind : ndarray of uint8, shape (n_links,)
        Position in `kinds` of the longest part.
    metres : ndarray of int32, shape (n_links,)
        Length of that part.
    more_link, more_kind, more_metres : ndarray of int32, uint8 and int32, shape (n_more,)
        The other parts of links that change class or setting on the way, sorted by link.
    met : ndarray of uint8, shape (n_meetings, 2, n_links)
        How often a car meets what (`meetings`), forward and backward.
    start : ndarray of int64, shape (n_links + 1,)
        Bends of link i, between its ends, are ``start[i]:start[i + 1]``.
    bend_lat, bend_lon : ndarray of int32, shape (n_bends,)
        1e-5 degrees.
    ferry : ndarray of int32, shape (n_ferry_links,)
        Links that are ferries, ascending.
    kinds : tuple of (str, str)
        Class and setting.
    meetings : tuple of str
        Lines of the table of delays.
    ferries : tuple of str
        Names in the ferry table, of each of `ferry`.
    about
        Source, date, licence, limits.
    """

    lat: NDArray[np.int32]
    lon: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    open: NDArray[np.uint8]
    origin: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    metres: NDArray[np.int32]
    more_link: NDArray[np.int32]
    more_kind: NDArray[np.uint8]
    more_metres: NDArray[np.int32]
    met: NDArray[np.uint8]
    start: NDArray[np.int64]
    bend_lat: NDArray[np.int32]
    bend_lon: NDArray[np.int32]
    ferry: NDArray[np.int32]
    kinds: tuple[tuple[str, str], ...]
    meetings: tuple[str, ...]
    ferries: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def course(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Return the points of every link, ends included."""
        bounds = self.start + 2 * np.arange(len(self.start))
        size = int(bounds[-1])
        first, last = bounds[:-1], bounds[1:] - 1
        inner = np.ones(size, dtype=bool)
        inner[first] = inner[last] = False
        out = []
        for ends, bends in ((self.lat, self.bend_lat), (self.lon, self.bend_lon)):
            axis = np.empty(size, dtype=np.int32)
            axis[first], axis[last], axis[inner] = ends[self.tail], ends[self.head], bends
            out.append(axis)
        return out[0], out[1], bounds


def write_streets(streets: Streets, path: Path | str) -> None:
    """Write streets to one file; nodes and links are put in the order of the file before."""
    code = _curve(streets.lat, streets.lon)
    forward, backward = streets.met[:, 0], streets.met[:, 1].astype(np.int32) - streets.met[:, 0]
    length = streets.metres + np.bincount(
        streets.more_link, streets.more_metres, minlength=len(streets.tail)
    ).astype(np.int64)
    lat, lon, bounds = streets.course()
    columns: dict[str, NDArray[Any]] = {
        "node": np.diff(code, prepend=np.uint64(0)).astype(np.int64),
        "degree": np.bincount(streets.tail, minlength=len(streets.lat)),
        "head": streets.head - streets.tail,
        "open": streets.open - FORWARD,
        "origin": streets.origin,
        "kind": streets.kind,
        # most roads are as long as their course
        "metres": _zigzag(length - _course_metres(lat, lon, bounds)),
        "more_link": np.diff(streets.more_link, prepend=0),
        "more_kind": streets.more_kind,
        "more_metres": streets.more_metres,
        **{f"met_{place}": each for place, each in enumerate(forward)},
        **{f"back_{place}": _zigzag(each) for place, each in enumerate(backward)},
        "bends": np.diff(streets.start),
        "bend_lat": _zigzag(np.diff(lat, prepend=0)[_inner(bounds)]),
        "bend_lon": _zigzag(np.diff(lon, prepend=0)[_inner(bounds)]),
        "ferry": np.diff(streets.ferry, prepend=0),
    }
    about = {
        "format": _FORMAT,
        "nodes": len(streets.lat),
        "links": len(streets.tail),
        "kinds": streets.kinds,
        "meetings": streets.meetings,
        "ferries": streets.ferries,
        "about": dict(streets.about),
    }
    text = json.dumps(about, ensure_ascii=False, sort_keys=True)
    members = {"about": np.array(text)} | {
        f"{name}.{plane}": part
        for name, column in columns.items()
        for plane, part in enumerate(_planes(column))
    }
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        _write_members(file, members)


def _write_members(file: Any, members: Mapping[str, NDArray[Any]]) -> None:  # noqa: ANN401
    """Write a zip of arrays that is the same every time."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, each in members.items():
            # without a date of its own a member has that of the day it was written
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with packed.open(entry, "w") as stream:
                np.lib.format.write_array(stream, each, allow_pickle=False)


def sorted_streets(streets: Streets) -> Streets:
    """Put nodes along a space-filling curve, and links by tail, head and course."""
    order = np.lexsort((streets.lat, _curve(streets.lat, streets.lon)))
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    tail, head = place[streets.tail], place[streets.head]
    turned = tail > head
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    bends = np.diff(streets.start)
    links = np.lexsort((streets.origin, streets.kind, bends, streets.metres, high, low))
    rank = np.empty(len(links), dtype=np.int32)
    rank[links] = np.arange(len(links), dtype=np.int32)
    swapped = np.array([0, BACKWARD, FORWARD, FORWARD | BACKWARD], dtype=np.uint8)
    met = np.where(turned, streets.met[:, ::-1], streets.met)
    more = np.lexsort((streets.more_kind, rank[streets.more_link]))
    start = np.concatenate([[0], np.cumsum(bends[links])])
    owner = np.repeat(links, bends[links])
    offset = np.arange(start[-1]) - np.repeat(start[:-1], bends[links])
    bend = np.where(
        turned[owner], streets.start[owner + 1] - 1 - offset, streets.start[owner] + offset
    )
    ferry = np.argsort(rank[streets.ferry])
    return replace(
        streets,
        lat=streets.lat[order],
        lon=streets.lon[order],
        tail=low[links],
        head=high[links],
        open=np.where(turned, swapped[streets.open], streets.open)[links],
        origin=streets.origin[links],
        kind=streets.kind[links],
        metres=streets.metres[links],
        more_link=rank[streets.more_link][more],
        more_kind=streets.more_kind[more],
        more_metres=streets.more_metres[more],
        met=met[:, :, links],
        start=start,
        bend_lat=streets.bend_lat[bend],
        bend_lon=streets.bend_lon[bend],
        ferry=rank[streets.ferry][ferry],
        ferries=tuple(streets.ferries[each] for each in ferry),
    )


def read_streets(path: Path | str) -> Streets:
    """Read streets that `write_streets` wrote."""
    path = Path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return _streets(stored)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "no such file or directory" if missing else "the file is damaged or something else"
        expected = said(
            "a street network of the format {format!r} ({reason})", format=_FORMAT, reason=reason
        )
        raise InputError(Fault(path.name, "", "", None, expected)) from error


def _streets(stored: Mapping[str, NDArray[Any]]) -> Streets:
    about = read_json(str(stored["about"]))
    if about["format"] != _FORMAT:
        msg = f"another format: {about['format']!r}"
        raise ValueError(msg)
    meetings = tuple(about["meetings"])
    columns = _joined(stored)
    _check(columns, about)
    lat, lon = _places(np.cumsum(columns["node"]).astype(np.uint64))
    tail = np.repeat(np.arange(len(lat), dtype=np.int32), columns["degree"])
    forward = np.array([columns[f"met_{place}"] for place in range(len(meetings))])
    back = np.array([_unzigzag(columns[f"back_{place}"]) for place in range(len(meetings))])
    bends = columns["bends"]
    start = np.zeros(len(tail) + 1, dtype=np.int64)
    np.cumsum(bends, out=start[1:])
    bare = Streets(
        lat=lat,
        lon=lon,
        tail=tail,
        head=(tail + columns["head"]).astype(np.int32),
        open=(columns["open"] + FORWARD).astype(np.uint8),
        origin=columns["origin"].astype(np.uint8),
        kind=columns["kind"].astype(np.uint8),
        metres=np.zeros(0, dtype=np.int32),
        more_link=np.cumsum(columns["more_link"]).astype(np.int32),
        more_kind=columns["more_kind"].astype(np.uint8),
        more_metres=columns["more_metres"].astype(np.int32),
        met=np.stack([forward, forward + back], axis=1).astype(np.uint8),
        start=start,
        bend_lat=np.zeros(int(start[-1]), dtype=np.int32),
        bend_lon=np.zeros(int(start[-1]), dtype=np.int32),
        ferry=np.cumsum(columns["ferry"]).astype(np.int32),
        kinds=tuple((name, setting) for name, setting in about["kinds"]),
        meetings=meetings,
        ferries=tuple(about["ferries"]),
        about=about["about"],
    )
    owner = np.repeat(np.arange(len(tail)), bends)
    bare = replace(
        bare,
        bend_lat=_bends(columns["bend_lat"], lat[tail], start, owner),
        bend_lon=_bends(columns["bend_lon"], lon[tail], start, owner),
    )
    other = np.bincount(bare.more_link, bare.more_metres, minlength=len(tail)).astype(np.int64)
    metres = _unzigzag(columns["metres"]) + _course_metres(*bare.course()) - other
    return replace(bare, metres=metres.astype(np.int32))


def _check(columns: Mapping[str, NDArray[np.int64]], about: Mapping[str, Any]) -> None:
    """Refuse columns that do not belong together."""
    nodes, links = int(about["nodes"]), int(about["links"])
    degree, bends = columns["degree"], columns["bends"]
    tail = np.repeat(np.arange(len(degree)), degree)
    more = [columns[f"more_{name}"] for name in ("link", "kind", "metres")]
    met = [f"{way}_{place}" for way in ("met", "back") for place in range(len(about["meetings"]))]
    of_links = [columns[name] for name in ("head", "open", "origin", "kind", "metres", *met)]
    fits = (
        len(columns["node"]) == len(degree) == nodes
        and all(len(each) == links for each in (tail, bends, *of_links))
        and len({len(each) for each in more}) == 1
        and all(len(columns[f"bend_{axis}"]) == bends.sum() for axis in ("lat", "lon"))
        and len(columns["ferry"]) == len(about["ferries"])
        and bool(np.all(tail + of_links[0] < max(nodes, 1)))
        and bool(np.all(of_links[1] < BACKWARD + FORWARD))
        and bool(np.all(of_links[2] < len(ORIGINS)))
        and all(bool(np.all(each < len(about["kinds"]))) for each in (of_links[3], more[1]))
        and all(int(each.sum()) < max(links, 1) for each in (more[0], columns["ferry"]))
    )
    if not fits:
        msg = "columns that do not belong together"
        raise ValueError(msg)


def _bends(
    steps: NDArray[np.int64],
    origin: NDArray[np.int32],
    start: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Add up the steps of every link from its tail on."""
    total = np.concatenate([[0], np.cumsum(_unzigzag(steps))])
    places = total[1:] - total[start[:-1]][owner] + origin[owner]
    return np.asarray(places, dtype=np.int32)


def _inner(bounds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Points that are no ends of their link."""
    inner = np.ones(int(bounds[-1]), dtype=bool)
    inner[bounds[:-1]] = inner[bounds[1:] - 1] = False
    return inner


def _course_metres(
    lat: NDArray[np.int32], lon: NDArray[np.int32], bounds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Length of courses in whole metres, by operations that every machine rounds alike."""
    north = np.diff(lat).astype(np.float64) * _METRES_LAT
    angle = (lat[1:] + lat[:-1]) * (np.pi / 180.0 / PER_DEGREE / 2.0)
    square = angle * angle
    narrow = _COSINE[0] + square * (_COSINE[1] + square * _COSINE[2])
    east = np.diff(lon) * narrow * _METRES_LAT
    # whole centimetres add up without rounding
    step = np.rint(np.sqrt(north * north + east * east) * 100.0).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(step)])
    # np.diff also steps from the last point of a link to the first of the next
    return np.asarray((total[bounds[1:] - 1] - total[bounds[:-1]] + 50) // 100)


def _curve(lat: NDArray[np.int32], lon: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Places along a Z-shaped curve: bits of latitude and longitude by turns (Morton)."""
    out = np.zeros(len(lat), dtype=np.uint64)
    for axis, lowest, shift in ((lat, _LOWEST[0], 0), (lon, _LOWEST[1], 1)):
        bits = (axis.astype(np.int64) - lowest).astype(np.uint64)
        for step, mask in _SPREAD:
            bits = (bits | (bits << np.uint64(step))) & np.uint64(mask)
        out |= bits << np.uint64(shift)
    return out


def _places(code: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Undo `_curve`."""
    out = []
    for lowest, shift in zip(_LOWEST, (0, 1), strict=True):
        bits = (code >> np.uint64(shift)) & np.uint64(_SPREAD[-1][1])
        masks = [*(mask for _, mask in _SPREAD[-2::-1]), 0xFFFFFFFF]
        for (step, _), mask in zip(_SPREAD[::-1], masks, strict=True):
            bits = (bits | (bits >> np.uint64(step))) & np.uint64(mask)
        out.append((bits.astype(np.int64) + lowest).astype(np.int32))
    return out[0], out[1]


def _zigzag(number: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers as numbers of zero and more, small where they are near zero."""
    wide = number.astype(np.int64)
    return (wide << 1) ^ (wide >> 63)


def _unzigzag(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Undo `_zigzag`."""
    return (number >> 1) ^ -(number & 1)


def _planes(column: NDArray[Any]) -> list[NDArray[np.uint8]]:
    """Cut numbers of zero and more into planes of a byte, the lowest first."""
    out = [column.astype(np.uint64)]
    top = int(column.max(initial=0))
    planes = max(1, (top.bit_length() + 7) // 8)
    return [
        ((out[0] >> np.uint64(8 * plane)) & np.uint64(255)).astype(np.uint8)
        for plane in range(planes)
    ]


def _joined(stored: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
    """Undo `_planes` for every column; a missing plane is a missing column."""
    out: dict[str, NDArray[np.int64]] = {}
    for member in sorted(stored):
        name, _, plane = member.rpartition(".")
        if name:
            part = stored[member].astype(np.int64) << (8 * int(plane))
            out[name] = part if plane == "0" else out[name] | part
    return out
