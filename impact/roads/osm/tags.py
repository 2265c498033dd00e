"""What the tags of a way mean for a private car."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.roads.osm.conditional import off_peak
from impact.roads.osm.limits import parse_limit, setting_of
from impact.roads.osm.tables import CLOSED, DESTINATION, OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.roads.osm.tables import OsmTables

ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""The most specific first: the first that is there decides."""

_TYPE_KEYS = ("source:maxspeed", "maxspeed:type", "zone:maxspeed", "zone:traffic")
_DIRECTIONS = ("forward", "backward")
WAY_KEYS = (
    "highway",
    "route",
    "oneway",
    "junction",
    "maxspeed",
    "service",
    "area",
    *ACCESS_KEYS,
    "oneway:motorcar",
    "oneway:motor_vehicle",
    "maxspeed:forward",
    "maxspeed:backward",
    "maxspeed:conditional",
    *_TYPE_KEYS,
    "motor_vehicle:forward",
    "motor_vehicle:backward",
    "vehicle:forward",
    "vehicle:backward",
    *(f"{key}:conditional" for key in ACCESS_KEYS),
)
"""Tags that can change how a car drives; all others are left unread."""

_ROUNDABOUTS = frozenset({"roundabout", "circular", "mini_roundabout"})
SOURCES = ("signed", "by day", "implicit", "table")
"""Where a speed comes from: `WayKind.source` counts in this."""


@dataclass(frozen=True)
class WayKind:
    """Ways with the same tags, as far as driving goes.

    Attributes
    ----------
    road_class
        Value of ``highway``; ``ferry`` for ferries.
    forward, backward
        Whether a car may drive along, and against, the way.
    limit
        Limit along and against it, km/h; `None` where unknown.
    source
        Position in `SOURCES` of that limit, per direction.
    setting
        1 inside, 0 outside a built-up area; `None` where the tags do not say.
    roundabout
        Whether it is part of one.
    destination
        Open only to those who must be there.
    conditional
        Whether it is open or closed to cars at times that are not modelled.
    """

    road_class: str
    forward: bool
    backward: bool
    limit: tuple[float | None, float | None] = (None, None)
    source: tuple[int, int] = (3, 3)
    setting: int | None = None
    roundabout: bool = False
    destination: bool = False
    conditional: bool = False


def classify(tags: Mapping[str, str], tables: OsmTables) -> WayKind | str:
    """Say what a way is to a car.

    Parameters
    ----------
    tags
        Of the way; keys outside `WAY_KEYS` are not looked at.
    tables
        What is open, and which limits are implicit.

    Returns
    -------
    WayKind or str
        Text says why a car may not drive here.

    Examples
    --------
    >>> from impact.roads.osm.tables import read_osm_tables
    >>> tables = read_osm_tables()
    >>> classify({"highway": "residential", "oneway": "-1", "maxspeed": "30"}, tables).backward
    True
    >>> classify({"highway": "service", "access": "private"}, tables)
    'access=private'
    """
    road_class = _road_class(tags["highway"], tables)
    if road_class is None:
        return f"highway={tags['highway']}"
    said, word = _access(tags, tables)
    refused = _refused(tags, road_class, said, word, tables)
    if refused:
        return refused
    roundabout = tags.get("junction") in _ROUNDABOUTS
    directions = _directions(tags, road_class, tables, roundabout=roundabout)
    if isinstance(directions, str):
        return directions
    limits = [_limit(tags, direction, tables) for direction in _DIRECTIONS]
    return WayKind(
        road_class,
        *directions,
        limit=(limits[0][0], limits[1][0]),
        source=(limits[0][1], limits[1][1]),
        setting=_setting(tags),
        roundabout=roundabout,
        destination=word == DESTINATION,
        conditional=any(
            f"{key}:conditional" in tags and off_peak(tags[f"{key}:conditional"]) is None
            for key in ACCESS_KEYS
        ),
    )


def _refused(
    tags: Mapping[str, str], road_class: str, said: str, word: str, tables: OsmTables
) -> str:
    """Why no car may drive here; empty where it may."""
    if tags.get("area") == "yes":
        return "area=yes"
    if word == CLOSED:
        return said
    if not said and road_class in tables.tagged_only:
        return f"highway={road_class}"
    kind = tags.get("service", "")
    if not said and road_class == "service" and tables.access.get(("service", kind)) != OPEN:
        return f"service={kind}"
    return ""


def _road_class(value: str, tables: OsmTables) -> str | None:
    """Class of a road; of a list, as simplified graphs have, the one of lowest standing."""
    values = [value]
    if value.startswith("["):
        try:
            values = [str(each) for each in ast.literal_eval(value)]
        except (SyntaxError, ValueError):
            return None
    elif ";" in value:
        values = [each.strip() for each in value.split(";")]
    known = [each for each in values if each in tables.rank]
    return max(known, key=lambda each: (tables.rank[each], each)) if known else None


def _access(tags: Mapping[str, str], tables: OsmTables) -> tuple[str, str]:
    """Tag that decides over cars, and its word; no tag is open."""
    for key in ACCESS_KEYS:
        name, value = f"{key}:conditional", off_peak(tags.get(f"{key}:conditional", ""))
        if value is None:
            name, value = key, tags.get(key)
        if value is None:
            continue
        words = [tables.access.get(("access", each.strip()), CLOSED) for each in value.split(";")]
        for word in (OPEN, DESTINATION):
            if word in words:
                return f"{name}={value}", word
        return f"{name}={value}", CLOSED
    return "", OPEN


def _directions(
    tags: Mapping[str, str], road_class: str, tables: OsmTables, *, roundabout: bool
) -> tuple[bool, bool] | str:
    value = next(
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway") if key in tags),
        "yes" if roundabout or road_class == "motorway" else "no",
    )
    if value == "reversible":
        return f"oneway={value}"
    forward, backward = True, True
    if value in {"yes", "true", "1", "True"}:
        backward = False
    elif value in {"-1", "reverse"}:
        forward = False
    for key in ("motor_vehicle", "vehicle"):
        shut = [
            tables.access.get(("access", tags.get(f"{key}:{each}", "yes")), CLOSED) == CLOSED
            for each in _DIRECTIONS
        ]
        forward, backward = forward and not shut[0], backward and not shut[1]
    return (forward, backward) if forward or backward else "closed both ways"


def _limit(tags: Mapping[str, str], direction: str, tables: OsmTables) -> tuple[float | None, int]:
    """Limit in one direction and where it comes from, in `SOURCES`."""
    conditional = tags.get("maxspeed:conditional")
    if conditional is not None:
        value = off_peak(conditional)
        kmh = None if value is None else parse_limit(value, tables.limits)
        if kmh is not None:
            return kmh, 1
    for key in (f"maxspeed:{direction}", "maxspeed"):
        value = tags.get(key)
        if value is not None:
            kmh = parse_limit(value, tables.limits)
            if kmh is not None:
                return kmh, 2 if ":" in value else 0
    for key in _TYPE_KEYS:
        value = tags.get(key)
        if value is not None and value != "sign":
            kmh = parse_limit(value, tables.limits)
            if kmh is not None:
                return kmh, 2
    return None, 3


def _setting(tags: Mapping[str, str]) -> int | None:
    for key in (*_TYPE_KEYS, "maxspeed"):
        value = tags.get(key)
        if value is not None:
            setting = setting_of(value)
            if setting is not None:
                return setting
    return None
