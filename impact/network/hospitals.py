"""Hospitals in an OpenStreetMap extract, and which of ours they are.

What counts is ``amenity=hospital`` or ``healthcare=hospital``; a ``building=hospital`` is a part of
one. Three passes over the file, filtered in compiled code: the hospitals themselves, the ways of
their relations, the nodes of all these ways.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from impact.errors import Fault, InputError, why
from impact.geodesy import great_circle_km
from impact.messages import said
from impact.network.osm.newest import newest
from impact.notes import Note
from impact.storage import replacing
from impact.tables.text import read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from impact.tables.places import Bounds

HOSPITAL_TAGS = (("amenity", "hospital"), ("healthcare", "hospital"))
"""Tags of a hospital; one is enough."""

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
"""What must be named beside anything that is made of an extract."""

_FOUND_COLUMNS = {
    "operator": "operator",
    "city": "addr:city",
    "emergency": "emergency",
    "amenity": "amenity",
    "healthcare": "healthcare",
}
_NAMES = ("name", "official_name", "alt_name")
_AREA_ROLES = {"", "outer", "inner"}
_DECIMALS = 7
"""Of a degree: as OpenStreetMap rounds coordinates."""

Place = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True)
class _Hospital:
    """One object and what its place is made of: `place` of a node, `nodes` and `ways` of others."""

    reference: str
    tags: Mapping[str, str]
    place: Place | None = None
    nodes: tuple[int, ...] = ()
    ways: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return next((self.tags[key] for key in _NAMES if self.tags.get(key)), "")


@dataclass(frozen=True)
class _Extract:
    """What three passes over a file found."""

    hospitals: list[_Hospital]
    lines: Mapping[int, list[int]]
    places: Mapping[int, Place]
    date: str
    bounds: Bounds | None


def find_hospitals(path: Path | str) -> gpd.GeoDataFrame:
    """Find the hospitals of an OpenStreetMap extract."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        read_bytes(path)  # says what is wrong with it
    try:
        extract = _read(path)
    except RuntimeError as error:
        # pyosmium has no errors of its own
        expected = said(
            "a whole OpenStreetMap file, such as region.osm.pbf ({reason})", reason=why(error)
        )
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    shapes = [_shape(each, extract) for each in extract.hospitals]
    placed = [
        (each, shape)
        for each, shape in zip(extract.hospitals, shapes, strict=True)
        if not shape.is_empty
    ]
    if not placed:
        tags = ", ".join("=".join(pair) for pair in HOSPITAL_TAGS)
        expected = said(
            "at least one object with one of the tags {tags} (an extract of roads alone has none)",
            tags=tags,
        )
        raise InputError(Fault(path.name, "", "", None, expected))
    out = _frame(placed)
    around = shapely.box(*out.total_bounds)
    if extract.bounds is not None:
        around = around.union(shapely.box(*extract.bounds))
    out.attrs = {
        "source": path.name,
        "date": extract.date,
        "bounds": around.bounds,
        "notes": [
            Note.of("no_nodes", name=f"{each.reference} {each.name}")
            for each, shape in zip(extract.hospitals, shapes, strict=True)
            if shape.is_empty
        ],
    }
    return out


def _read(path: Path) -> _Extract:
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        header = reader.header()
    with newest(path) as (file, _):
        return _found(file, header)


def _found(path: Path, header: osmium.io.Header) -> _Extract:
    """Hospitals with the ways and nodes that they are drawn with."""
    box, bounds = header.box(), None
    if box.valid():
        low, high = box.bottom_left, box.top_right
        bounds = (low.lon, low.lat, high.lon, high.lat)
    tagged = osmium.filter.TagFilter(*HOSPITAL_TAGS)
    hospitals = []
    for found in osmium.FileProcessor(str(path)).with_filter(tagged):
        if isinstance(found, osmium.osm.Node):
            hospitals.append(_node(found))
        elif isinstance(found, osmium.osm.Way):
            nodes = tuple(node.ref for node in found.nodes)
            hospitals.append(_Hospital(f"way {found.id}", dict(found.tags), nodes=nodes))
        elif isinstance(found, osmium.osm.Relation):
            hospitals.append(_relation(found))
    ways = {way for each in hospitals for way in each.ways}
    lines = {
        each.id: [node.ref for node in each.nodes]
        for each in _with_ids(path, osmium.osm.WAY, ways)
        if isinstance(each, osmium.osm.Way)
    }
    wanted = {node for each in hospitals for node in each.nodes}
    wanted |= {node for line in lines.values() for node in line}
    places = {
        each.id: (each.location.lon, each.location.lat)
        for each in _with_ids(path, osmium.osm.NODE, wanted)
        if isinstance(each, osmium.osm.Node)
    }
    date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return _Extract(hospitals, lines, places, date, bounds)


def _node(node: osmium.osm.Node) -> _Hospital:
    place = (node.location.lon, node.location.lat)
    return _Hospital(f"node {node.id}", dict(node.tags), place=place)


def _relation(relation: osmium.osm.Relation) -> _Hospital:
    members = [member for member in relation.members if member.role in _AREA_ROLES]
    return _Hospital(
        f"relation {relation.id}",
        dict(relation.tags),
        nodes=tuple(member.ref for member in members if member.type == "n"),
        ways=tuple(member.ref for member in members if member.type == "w"),
    )


def _with_ids(
    path: Path, kind: osmium.osm.osm_entity_bits, numbers: Collection[int]
) -> Iterator[object]:
    """Objects of one kind by identifier; no pass over the file where there are none to find."""
    if numbers:
        wanted = osmium.filter.IdFilter(numbers)
        yield from osmium.FileProcessor(str(path), kind).with_filter(wanted)


def _shape(hospital: _Hospital, extract: _Extract) -> shapely.Geometry:
    """Area where the lines close, else lines, else points; empty where nothing is in the extract.

    An extract that cuts a hospital in two, or a relation of buildings, still has a place.
    """
    if hospital.place is not None:
        return shapely.Point(hospital.place)
    known = extract.places
    parts = [hospital.nodes] if hospital.reference.startswith("way") else []
    parts += [tuple(extract.lines.get(way, ())) for way in hospital.ways]
    runs = [[known[node] for node in part if node in known] for part in parts]
    lines = [shapely.LineString(run) for run in runs if len(run) > 1]
    area = shapely.build_area(shapely.GeometryCollection(lines))
    if not area.is_empty:
        return area
    if lines:
        return shapely.MultiLineString(lines)
    loose = [place for run in runs for place in run]
    loose += [known[node] for node in hospital.nodes if node in known]
    return shapely.MultiPoint(loose)


def _frame(placed: Sequence[tuple[_Hospital, shapely.Geometry]]) -> gpd.GeoDataFrame:
    """One row per hospital; what lies inside one and has its name or none is a part of it."""
    largest_first = sorted(placed, key=lambda pair: (-pair[1].area, pair[0].reference))
    kept: list[tuple[_Hospital, shapely.Geometry, list[str]]] = []
    for hospital, shape in largest_first:
        for other, around, merged in kept:
            same = hospital.name in {"", other.name}
            if same and around.area > 0.0 and around.covers(shape.representative_point()):
                merged.append(hospital.reference)
                break
        else:
            kept.append((hospital, shape, []))
    names = Counter(hospital.name for hospital, _, _ in kept)
    centres = [shape.centroid for _, shape, _ in kept]
    columns: dict[str, list[object]] = {
        "name": [
            each.name if each.name and names[each.name] == 1 else _with_reference(each)
            for each, _, _ in kept
        ],
        "osm": [each.reference for each, _, _ in kept],
        **{
            column: [each.tags.get(key, "") for each, _, _ in kept]
            for column, key in _FOUND_COLUMNS.items()
        },
        "merged": ["; ".join(sorted(merged)) for _, _, merged in kept],
        "lat": [round(centre.y, _DECIMALS) for centre in centres],
        "lon": [round(centre.x, _DECIMALS) for centre in centres],
    }
    frame = pd.DataFrame(columns).set_index("name").sort_index()
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
    return gpd.GeoDataFrame(frame, geometry=points)


def _with_reference(hospital: _Hospital) -> str:
    return f"{hospital.name or 'hospital without a name'} ({hospital.reference})"


STATES = ("same", "renamed", "moved", "new", "gone")
"""What can be said of a hospital, from reassuring to worth a look."""

NEAR_KM = 1.0
"""Within this distance a hospital with a like name is the same: a large site, another entrance."""

SITE_KM = 0.3
"""Within this distance it is the same whatever its name."""

MOVED_KM = 5.0
"""Within this distance a hospital with nearly the same name has moved."""

_ALIKE, _NEARLY_EQUAL = 0.6, 0.85
_GENERIC = {
    *("ziekenhuis", "hospital", "medisch", "medical", "centrum", "center", "centre", "mc"),
    *("locatie", "stichting", "sint", "st", "het", "de", "van", "en", "gasthuis"),
}
_WRITTEN_OUT = {"universitair medisch centrum": "umc", "academisch ziekenhuis": "umc"}
_MATCH_COLUMNS = ["state", "found", "known", "km", "likeness", "osm"]


def match_hospitals(found: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each hospital whether it is the same, renamed, moved, new or gone.

    Notes
    -----
    One to one, the surest first: near with a like name, then on the same site, then moved; of
    equally sure ones the shortest distance, then names. Words that any hospital may carry do not
    count, nor does the place where another word is left.
    """
    pairs = _pairs(found, known)
    rows: list[tuple[object, ...]] = []
    left_found, left_known = set(found.index), set(known.index)
    for _, km, name, other, state, likeness in sorted(pairs):
        if name in left_found and other in left_known:
            left_found.remove(name)
            left_known.remove(other)
            rows.append((state, name, other, round(km, 3), round(likeness, 2), found["osm"][name]))
    rows += [("new", name, "", None, None, found["osm"][name]) for name in left_found]
    west, south, east, north = found.attrs["bounds"]
    rows += [
        ("gone", "", name, None, None, "")
        for name in left_known
        if known["status"][name] in {"", "open"}
        and west <= known["lon"][name] <= east
        and south <= known["lat"][name] <= north
    ]
    out = pd.DataFrame(rows, columns=_MATCH_COLUMNS)
    out["state"] = pd.Categorical(out["state"], categories=STATES, ordered=True)
    out = out.sort_values(["state", "found", "known"], ignore_index=True)
    return out.astype({"state": object, "km": float, "likeness": float})


def write_candidates(found: gpd.GeoDataFrame, report: pd.DataFrame, path: Path | str) -> None:
    """Write the hospitals of an extract as a file that a study can name."""
    of = report[report["found"] != ""].set_index("found")
    kept = ("city", "emergency", "osm", "amenity", "healthcare", "merged")
    features = [
        {
            "type": "Feature",
            "properties": {
                "name": name,
                "organisation": row["operator"],
                **{column: row[column] for column in kept},
                "state": of["state"][name],
                "known": of["known"][name],
                "km": None if pd.isna(of["km"][name]) else float(of["km"][name]),
                "source": ATTRIBUTION,
                "year": found.attrs["date"],
            },
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        }
        for name, row in found.iterrows()
    ]
    collection = {
        "type": "FeatureCollection",
        "gone": report.loc[report["state"] == "gone", "known"].tolist(),
        "features": features,
    }
    text = json.dumps(collection, ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(Path(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def likeness(names: Iterable[str], others: Iterable[str], city: str = "") -> float:
    """How like two hospitals are by name.

    Examples
    --------
    >>> likeness(["Universitair Medisch Centrum Groningen"], ["UMC Groningen"], "Groningen")
    1.0
    >>> likeness(["Martini Ziekenhuis"], ["UMC Groningen"], "Groningen") < 0.5
    True
    """
    place = _words(city)
    left = [words for name in names if (words := _telling(name, place))]
    right = [words for name in others if (words := _telling(name, place))]
    return max((_alike(one, other) for one in left for other in right), default=0.0)


def _pairs(
    found: gpd.GeoDataFrame, known: gpd.GeoDataFrame
) -> list[tuple[int, float, str, str, str, float]]:
    """List possible matches: how sure (0 is surest), km, names, state, likeness."""
    pairs = []
    for name, row in found.iterrows():
        km = great_circle_km(row["lat"], row["lon"], known["lat"], known["lon"])
        for place in (km <= MOVED_KM).nonzero()[0]:
            other = known.iloc[place]
            alike = likeness(
                [str(name), row["operator"]],
                [str(other.name), other["organisation"]],
                other["city"] or row["city"],
            )
            if km[place] <= NEAR_KM and alike >= _ALIKE:
                sure, state = 0, "same"
            elif km[place] <= SITE_KM:
                sure, state = 1, "renamed"
            elif alike >= _NEARLY_EQUAL:
                sure, state = 2, "moved"
            else:
                continue
            pairs.append((sure, float(km[place]), str(name), str(other.name), state, alike))
    return pairs


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for long, short in _WRITTEN_OUT.items():
        plain = plain.replace(long, short)
    return re.findall(r"[a-z0-9]+", plain)


def _telling(name: str, place: Sequence[str]) -> list[str]:
    """Words that tell a hospital from others; at least one, where it has any."""
    words = _words(name)
    own = [word for word in words if word not in _GENERIC and word not in place]
    return sorted(set(own or [word for word in words if word not in _GENERIC] or words))


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    shared = len({*one} & {*other}) / len({*one} | {*other})
    return max(shared, SequenceMatcher(None, " ".join(one), " ".join(other)).ratio())
