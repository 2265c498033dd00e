"""Ferries: which carry cars, how long they take, how long one waits."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.network.osm.tag_tables import CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from impact.network.osm.tag_tables import OsmTables

_CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle")
_ROAD_KEYS = ("ferry", "highway")
"""Say of which road a ferry is the continuation."""
_ROUTE_KEYS = ("duration", "name", *_CAR_KEYS, *_ROAD_KEYS)
"""Tags of a route that its ways have too, where they do not say otherwise."""
_SHUT = frozenset({"no", "private"})
_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?")
_ISO = re.compile(r"P?T?(?:(\d+)H)?(?:(\d+)M(?:IN)?)?(?:(\d+)S)?", re.IGNORECASE)
_PLAIN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:min(?:utes)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class FerryWay:
    """One ferry of the extract.

    Attributes
    ----------
    way, name
        As in the extract.
    carries_cars
        As its tags, or the table, say.
    said
        Tag that says so.
    minutes
        Crossing as tagged; `None` where it is not.
    route
        Relation of which `minutes` are the whole crossing; 0 where they are those of the way.
    """

    way: int
    name: str
    carries_cars: bool
    said: str
    minutes: float | None
    route: int = 0


@dataclass(frozen=True)
class FerryRoute:
    """A relation that describes ferries.

    Attributes
    ----------
    relation
        Its identifier.
    tags
        Its tags.
    ways
        Its members.
    """

    relation: int
    tags: Mapping[str, str]
    ways: frozenset[int]


def with_routes(
    ferries: Mapping[int, Mapping[str, str]], routes: Iterable[FerryRoute]
) -> dict[int, tuple[dict[str, str], int]]:
    """Add to the tags of ferries what only the routes over them say."""
    out = {way: (dict(tags), 0) for way, tags in ferries.items()}
    for route in routes:
        for way in sorted(route.ways & out.keys()):
            tags, timed_by = out[way]
            fresh = {key: route.tags[key] for key in _ROUTE_KEYS if key in route.tags}
            if "duration" in fresh and "duration" not in tags:
                timed_by = route.relation
            out[way] = ({**fresh, **tags}, timed_by)
    return out


def divided(ferries: Iterable[FerryWay], km: Mapping[int, float]) -> tuple[FerryWay, ...]:
    """Divide the duration of a route over its ways, by length."""
    ferries = tuple(ferries)
    total: dict[int, float] = defaultdict(float)
    for each in ferries:
        total[each.route] += km.get(each.way, 0.0)
    return tuple(
        replace(each, minutes=each.minutes * km[each.way] / total[each.route])
        if each.route and each.minutes is not None and km.get(each.way, 0.0) > 0.0
        else each
        for each in ferries
    )


def ferry_way(way: int, tags: Mapping[str, str], tables: OsmTables, *, route: int = 0) -> FerryWay:
    """Read a ferry."""
    name = tags.get("name") or ""
    said, cars = "no tag for cars", False
    for key in (*_CAR_KEYS, *_ROAD_KEYS):
        value = tags.get(key, "")
        if key in _CAR_KEYS and value:
            said, cars = f"{key}={value}", tables.access.get(("access", value), CLOSED) != CLOSED
            break
        if key in _ROAD_KEYS and value in tables.rank and value not in tables.tagged_only:
            said, cars = f"{key}={value}", tags.get("access") not in _SHUT
            break
    if tags.get("access") in _SHUT and not cars:
        said = f"access={tags['access']}"
    named = [each for each in tables.ferries if _names(each.match, way, name)]
    for each in named:
        if each.cars:
            said, cars = "the ferry table", each.cars == "yes"
    return FerryWay(way, name, cars, said, duration_minutes(tags.get("duration")), route)


def duration_minutes(text: str | None) -> float | None:
    """Minutes behind a value of ``duration``.

    Examples
    --------
    >>> [duration_minutes(each) for each in ("01:30", "00:04:30", "PT20M", "15", "often")]
    [90.0, 4.5, 20.0, 15.0, None]
    """
    if not text:
        return None
    clock, plain, iso = (form.fullmatch(text.strip()) for form in (_CLOCK, _PLAIN, _ISO))
    if clock:
        return int(clock[1]) * 60 + int(clock[2]) + int(clock[3] or 0) / 60.0
    if plain:
        return float(plain[1])
    if iso and any(iso.groups()):
        hours, minutes, seconds = (int(each or 0) for each in iso.groups())
        return hours * 60 + minutes + seconds / 60.0
    return None


def crossing_and_wait(ferry: FerryWay, km: float, tables: OsmTables) -> tuple[float, float, str]:
    """Minutes of crossing and of waiting, and whether visitors may bring a car."""
    fitting = [
        each
        for each in tables.ferries
        if km <= each.longest_km and (not each.match or _names(each.match, ferry.way, ferry.name))
    ]
    if not fitting:
        fitting = [max(tables.ferries, key=lambda each: each.longest_km)]
    line = min(fitting, key=lambda each: (-len(each.match), each.longest_km))
    crossing = km / line.kmh * 60.0 if ferry.minutes is None else ferry.minutes
    return crossing, line.wait_minutes, line.visitor_cars


def _names(match: str, way: int, name: str) -> bool:
    return bool(match) and (match == str(way) or match in name.casefold())
