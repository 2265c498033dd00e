"""The shipped streets as a `RoadNetwork`, timed by the tables of speeds, delays and ferries."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.network.network import FERRY, EdgeShapes, JoinRule, RoadNetwork
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables
from impact.network.streets import (
    ATTRIBUTION,
    BACKWARD,
    FORWARD,
    ORIGINS,
    PER_DEGREE,
    Streets,
    read_streets,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.network.osm.tag_tables import OsmTables

STREETS = "streets.npz"
FERRIES = "car_ferries.csv"
DEFAULT_PROFILE = "dal"
_FERRY_COLUMNS = ("ferry", "island", "lat_b", "lon_b", "crossing_minutes", "wait_minutes")
_MINUTES_PER_METRE = 60.0 / 1000.0
"""At one km/h."""
STREET_JOIN = JoinRule(count=1, limit_km=2.0, detour=1.3, coincident_m=10.0, kind="edge")
"""Points join the nearest edge within two kilometres."""


@dataclass(frozen=True, eq=False)
class StreetNetwork(RoadNetwork):
    """Roads that know where each of them comes from.

    Attributes
    ----------
    origin : ndarray of uint8, shape (n_edges,)
        Position in `impact.network.streets.ORIGINS`: a route over roads that fill in can be named.
    """

    origin: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))


def read_street_network(
    folder: Path | str | None = None,
    *,
    profile: str = DEFAULT_PROFILE,
    tables: OsmTables | None = None,
) -> StreetNetwork:
    """Read the streets of a folder, timed."""
    folder = data_path("roads") if folder is None else Path(folder)
    return street_network(
        read_streets(folder / STREETS),
        read_ferries(folder / FERRIES),
        tables=read_osm_tables() if tables is None else tables,
        profile=profile,
    )


def read_ferries(path: Path | str) -> dict[str, dict[str, str]]:
    """Read the table of car ferries."""
    from impact.tables.text_table import read_table

    table = read_table(Path(path))
    table.require([*_FERRY_COLUMNS, "visitor_cars"])
    faults = table.unique("ferry")
    for column in ("crossing_minutes", "wait_minutes"):
        faults += table.numbers(column, minimum=0.0)[1]
    for column in ("lat_b", "lon_b"):
        faults += table.numbers(column, minimum=-180.0, maximum=180.0)[1]
    if faults:
        raise InputError(faults)
    names = [str(column) for column in table.frame.columns]
    rows = (
        dict(zip(names, map(str, cells), strict=True))
        for cells in table.frame.itertuples(index=False, name=None)
    )
    return {row["ferry"]: row for row in rows}


def street_network(
    streets: Streets,
    ferries: Mapping[str, Mapping[str, str]],
    *,
    tables: OsmTables,
    profile: str = DEFAULT_PROFILE,
) -> StreetNetwork:
    """Time streets and lay them out as a network."""
    ahead = np.flatnonzero(streets.open & FORWARD)
    back = np.flatnonzero(streets.open & BACKWARD)
    link = np.concatenate([ahead, back])
    urban_kind = np.array([setting != SETTINGS[0] for _, setting in streets.kinds])
    metres = streets.metres.astype(np.float64)
    urban = np.where(urban_kind[streets.kind], metres, 0.0)
    length = metres.copy()
    np.add.at(length, streets.more_link, streets.more_metres)
    np.add.at(
        urban, streets.more_link, np.where(urban_kind[streets.more_kind], streets.more_metres, 0)
    )
    share = np.divide(urban, length, out=np.zeros_like(urban), where=length > 0.0)
    names = np.array([*(name for name, _ in streets.kinds), FERRY], dtype=object)
    kind = streets.kind.astype(np.int64)
    kind[streets.ferry] = len(names) - 1
    given = _ferry_minutes(streets, ferries)
    minutes = {
        name: _minutes(streets, tables, name, given)[
            np.concatenate([ahead, back + len(streets.tail)])
        ]
        for name in tables.profiles
    }
    tail = np.concatenate([streets.tail[ahead], streets.head[back]]).astype(np.int64)
    head = np.concatenate([streets.head[ahead], streets.tail[back]]).astype(np.int64)
    lat, lon, bounds = streets.course()
    size = len(streets.lat)
    if profile not in minutes:
        near = nearest_names(profile, minutes)
        raise InputError(
            Fault(
                "profile", "", "", profile, said("one of {names}", names=", ".join(minutes)), near
            )
        )
    return StreetNetwork(
        node=np.arange(size, dtype=np.int64),
        lat=streets.lat / PER_DEGREE,
        lon=streets.lon / PER_DEGREE,
        urban=_node_urban(streets, share, length),
        joinable=np.ones(size, dtype=bool),
        zone=np.full(size, "", dtype=object),
        zone_marker=np.zeros(size, dtype=bool),
        tail=tail,
        head=head,
        km=length[link] / 1000.0,
        road_class=names[kind[link]],
        edge_urban=share[link],
        given_minutes=given[link],
        minutes=minutes[profile],
        profile=tables.profiles[profile],
        join=STREET_JOIN,
        about=_about(streets, ferries),
        profiles=dict(tables.profiles),
        profile_minutes=minutes,
        shapes=EdgeShapes(
            line=link.astype(np.int32),
            backward=np.arange(len(link)) >= len(ahead),
            start=bounds,
            lon=lon / PER_DEGREE,
            lat=lat / PER_DEGREE,
        ),
        origin=streets.origin[link],
    )


def _minutes(
    streets: Streets, tables: OsmTables, profile: str, given: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Minutes of every link forward, then backward: parts at their speed, and what is met."""
    classes = list(tables.classes)
    pace = np.array(
        [
            _MINUTES_PER_METRE
            / tables.speed[profile][classes.index(name), SETTINGS.index(setting), 0]
            for name, setting in streets.kinds
        ]
    )
    driven = streets.metres * pace[streets.kind]
    np.add.at(driven, streets.more_link, streets.more_metres * pace[streets.more_kind])
    delay = np.array([tables.delay[profile][name] for name in streets.meetings])
    total = np.concatenate([driven, driven])
    for place, each in enumerate(streets.met.reshape(len(delay), -1)):
        total += delay[place] * each
    crossing = np.concatenate([given, given])
    return np.where(np.isnan(crossing), total, crossing)


def _ferry_minutes(
    streets: Streets, ferries: Mapping[str, Mapping[str, str]]
) -> NDArray[np.float64]:
    """Crossing and wait of ferry links; NaN for roads."""
    missing = [name for name in streets.ferries if name not in ferries]
    if missing:
        raise InputError(
            [
                Fault(
                    FERRIES,
                    "",
                    "ferry",
                    None,
                    said("a row for {name!r}", name=name),
                    nearest_names(name, ferries),
                )
                for name in missing
            ]
        )
    given = np.full(len(streets.tail), np.nan)
    given[streets.ferry] = [
        float(ferries[name]["crossing_minutes"]) + float(ferries[name]["wait_minutes"])
        for name in streets.ferries
    ]
    return given


def _node_urban(
    streets: Streets, share: NDArray[np.float64], length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean urban share of the links of every node, by length."""
    ends = np.concatenate([streets.tail, streets.head])
    size = len(streets.lat)
    total = np.bincount(ends, np.tile(length, 2), minlength=size)
    summed = np.bincount(ends, np.tile(length * share, 2), minlength=size)
    return np.divide(summed, total, out=np.zeros(size), where=total > 0.0)


def _about(streets: Streets, ferries: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Describe the streets for manifests, with the ferries to islands by their node there."""
    islands = []
    for link, name in zip(streets.ferry.tolist(), streets.ferries, strict=True):
        row = ferries[name]
        if not row["island"]:
            continue
        ends = [int(streets.tail[link]), int(streets.head[link])]
        gaps = [
            abs(streets.lat[end] / PER_DEGREE - float(row["lat_b"]))
            + abs(streets.lon[end] / PER_DEGREE - float(row["lon_b"]))
            for end in ends
        ]
        islands.append({**row, "port": "", "island_node": ends[int(np.argmin(gaps))]})
    return {
        **streets.about,
        "kind": "street",
        "attribution": ATTRIBUTION,
        "junctions": len(streets.lat),
        "edges": int(np.count_nonzero(streets.open & FORWARD))
        + int(np.count_nonzero(streets.open & BACKWARD)),
        "ferries": islands,
        "origins": {
            name: int(np.count_nonzero(streets.origin == place))
            for place, name in enumerate(ORIGINS)
        },
    }
