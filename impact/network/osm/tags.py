"""What the tags of ways and nodes mean for a private car: access, speed, direction."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.network.osm.tag_tables import CLOSED, DESTINATION, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from impact.network.osm.tag_tables import OsmTables

NO_LIMIT_KMH = 150.0
"""Stands for ``none``: above every cap."""

_KMH_PER_MPH = 1.609344
_KMH_PER_KNOT = 1.852
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?", re.IGNORECASE)
_COUNTRY = re.compile(r"(([A-Z]{2})(?:-[A-Z]{2,3})?)[:_](.+)")
_ZONE = re.compile(r"(?:zone|maxspeed|speed)?[:_]?(\d+)")
_SLOWEST_KMH, _FASTEST_KMH = 3.0, 160.0


def parse_limit(text: str, codes: Mapping[str, float]) -> float | None:
    """Speed limit behind a value of ``maxspeed`` or a tag of its kind.

    Examples
    --------
    >>> codes = {"urban": 50.0, "rural": 80.0, "DE:rural": 100.0, "walk": 7.0}
    >>> [parse_limit(each, codes) for each in ("NL:rural", "DE:rural", "30;50", "NL:zone30")]
    [80.0, 100.0, 30.0, 30.0]
    >>> round(parse_limit("30 mph", codes)), parse_limit("signals", codes)
    (48, None)
    """
    parts = [part.strip(" '\"") for part in re.split(r"[;,|]", text.strip("[] "))]
    found = [limit for part in parts if (limit := _one(part, codes)) is not None]
    return min(found) if found else None


def _one(text: str, codes: Mapping[str, float]) -> float | None:
    number = _NUMBER.fullmatch(text)
    if number:
        unit = {"mph": _KMH_PER_MPH, "knots": _KMH_PER_KNOT}.get((number[2] or "").lower(), 1.0)
        kmh = float(number[1]) * unit
        return kmh if _SLOWEST_KMH <= kmh <= _FASTEST_KMH else None
    if text == "none":
        return NO_LIMIT_KMH
    if text in codes:
        return codes[text]
    country = _COUNTRY.fullmatch(text)
    if country is None:
        zone = _ZONE.fullmatch(text)
        return float(zone[1]) if zone else None
    name = country[3].lower()
    for code in (f"{country[1]}:{name}", f"{country[2]}:{name}", name):
        if code in codes:
            return codes[code]
    zone = _ZONE.fullmatch(name)
    return float(zone[1]) if zone else None


def setting_of(text: str) -> int | None:
    """Built-up or not, where a value such as ``NL:urban`` says so."""
    name = text.rpartition(":")[2].lower()
    if name in {"urban", "living_street"}:
        return 1
    if name in {"rural", "motorway", "nsl_single", "nsl_dual"}:
        return 0
    return None


_CLAUSE = re.compile(r"([^@;]+)@\s*(\([^)]*\)|[^;]+)")
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = f"(?:{'|'.join(_DAYS)}|PH|SH)"
_SPAN = f"{_DAY}(?:\\s*-\\s*{_DAY})?"
_DAY_LIST = re.compile(f"{_SPAN}(?:\\s*,\\s*{_SPAN})*")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\+?")
_WORKING_DAYS = frozenset(_DAYS[:5])
_BEGIN, _END = 9 * 60 + 30, 15 * 60 + 30
"""Off-peak: from half past nine to half past three."""


def off_peak(text: str) -> str | None:
    """Value that a conditional tag has all through a working day outside the peak.

    Examples
    --------
    >>> off_peak("100 @ (06:00-19:00)"), off_peak("30 @ (22:00-06:00)")
    ('100', None)
    >>> off_peak("destination @ (06:30-08:30); no @ (Mo-Fr 00:00-24:00)")
    'no'
    """
    for value, condition in _CLAUSE.findall(text):
        if any(_covers(each.strip()) for each in condition.strip("() ").split(";")):
            return str(value).strip()
    return None


def _covers(condition: str) -> bool:
    """Whether some days and hours cover the off-peak of every working day."""
    if condition == "24/7":
        return True
    days = _DAY_LIST.match(condition)
    if days is not None and not _working_days(days[0]):
        return False
    hours = condition[days.end() :].strip(" ,:") if days else condition
    if not hours:
        return days is not None
    return any(_covers_hours(each.strip()) for each in hours.split(","))


def _working_days(text: str) -> bool:
    """Whether a list of days and spans of days holds all working days."""
    found = set[str]()
    for each in text.split(","):
        first, _, last = (part.strip() for part in each.partition("-"))
        if first in _DAYS and (last in _DAYS or not last):
            begin, end = _DAYS.index(first), _DAYS.index(last or first)
            found.update((_DAYS * 2)[begin : (end if end >= begin else end + len(_DAYS)) + 1])
    return found >= _WORKING_DAYS


def _covers_hours(text: str) -> bool:
    window = _HOURS.fullmatch(text)
    if window is None:
        return False
    begin, end = (int(window[i]) * 60 + int(window[i + 1]) for i in (1, 3))
    if begin < end:
        return begin <= _BEGIN and end >= _END
    # over midnight
    return begin <= _BEGIN or end >= _END


NODE_KEYS = ("highway", "barrier", "railway", "traffic_calming", "crossing")
"""A node without any of these is a bend or a plain junction."""

EVENTS = (
    "",
    "crossing",
    "calming",
    "mini_roundabout",
    "give_way",
    "signals_crossing",
    "stop",
    "level_crossing",
    "barrier",
    "toll",
    "signals",
)
"""What may stand on a node, the least delay first; each but the first is a line of the table."""

_PLACE = {name: place for place, name in enumerate(EVENTS)}
_BY_HIGHWAY = {
    "traffic_signals": "signals",
    "crossing": "crossing",
    "mini_roundabout": "mini_roundabout",
    "stop": "stop",
    "give_way": "give_way",
}
_BY_BARRIER = {"gate": "barrier", "lift_gate": "barrier", "swing_gate": "barrier"}
_WAY = {"forward": 1, "backward": 2}
_FREE_CROSSINGS = ("no", "informal")


def node_event(tags: Any, tables: OsmTables) -> tuple[int, int, bool] | None:  # noqa: ANN401
    """Say what stands on a node.

    Examples
    --------
    >>> from impact.network.osm.tag_tables import read_osm_tables
    >>> node_event({"barrier": "bollard"}, read_osm_tables())
    (0, 0, True)
    >>> node_event({"barrier": "bollard", "motor_vehicle": "yes"}, read_osm_tables()) is None
    True
    """
    barrier, highway = tags.get("barrier"), tags.get("highway")
    name, blocked = "", False
    if barrier is not None and barrier != "nan":
        blocked = not _opens(tags, barrier, tables) or _impassable(tags) != ""
        name = "toll" if barrier == "toll_booth" else _BY_BARRIER.get(barrier, "")
    if highway is not None:
        name = _BY_HIGHWAY.get(highway, name)
        crossing = tags.get("crossing")
        if name == "crossing" and crossing == "traffic_signals":
            name = "signals_crossing"
        elif name == "crossing" and crossing in _FREE_CROSSINGS:
            name = ""
    if not name and tags.get("railway") == "level_crossing":
        name = "level_crossing"
    if not name and tags.get("traffic_calming") not in {None, "no", "nan"}:
        name = "calming"
    if not name and not blocked:
        return None
    said = tags.get("traffic_signals:direction") or tags.get("direction")
    return _PLACE[name], _WAY.get(said, 0), blocked


def _opens(tags: Any, barrier: str, tables: OsmTables) -> bool:  # noqa: ANN401
    if tags.get("locked") == "yes":
        return False
    for key in ACCESS_KEYS:
        value = off_peak(tags.get(f"{key}:conditional") or "") or tags.get(key)
        if value is not None:
            return tables.access.get(("access", value), CLOSED) != CLOSED
    return tables.access.get(("barrier", barrier), CLOSED) != CLOSED


_SIZES = {"maxheight": 1.7, "maxwidth": 1.8}
"""Metres that a car needs: an assumption."""
_METRES = re.compile(r"(\d+(?:[.,]\d+)?)\s*m?")


def _impassable(tags: Any) -> str:  # noqa: ANN401
    """Tag by which no car gets through; empty where one does."""
    if tags.get("smoothness") == "impassable":
        return "smoothness=impassable"
    for key, least in _SIZES.items():
        found = _METRES.fullmatch((tags.get(key) or "").strip())
        if found and float(found[1].replace(",", ".")) < least:
            return f"{key}={found[0]}"
    return ""


ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""The most specific first: the first that is there decides."""

_TYPE_KEYS = ("source:maxspeed", "maxspeed:type", "zone:maxspeed", "zone:traffic")
_DIRECTIONS = ("forward", "backward")
_LIMIT_KEYS = (
    *(f":motorcar:{each}" for each in _DIRECTIONS),
    *(f":{each}" for each in _DIRECTIONS),
    ":motorcar",
    ":both",
    ":conditional",
)
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
    "oneway:conditional",
    *(f"maxspeed{key}" for key in _LIMIT_KEYS),
    *_TYPE_KEYS,
    *(f"{key}:{each}" for key in ACCESS_KEYS for each in _DIRECTIONS),
    *(f"{key}:{each}:conditional" for key in ACCESS_KEYS for each in _DIRECTIONS),
    *(f"{key}:conditional" for key in ACCESS_KEYS),
    *_SIZES,
    "smoothness",
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

    Examples
    --------
    >>> from impact.network.osm.tag_tables import read_osm_tables
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
        destination=word == DESTINATION or road_class in tables.ends_only,
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
    if barred := _impassable(tags):
        return barred
    if word == CLOSED:
        return said
    kind = tags.get("service", "")
    if not said and road_class in tables.tagged_only:
        return f"highway={road_class}"
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
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle") if key in tags),
        off_peak(tags.get("oneway:conditional", "")) or tags.get("oneway"),
    ) or ("yes" if roundabout or road_class == "motorway" else "no")
    if value == "reversible":
        return f"oneway={value}"
    forward, backward = True, True
    if value in {"yes", "true", "1", "True"}:
        backward = False
    elif value in {"-1", "reverse"}:
        forward = False
    shut = [_shut(tags, each, tables) for each in _DIRECTIONS]
    forward, backward = forward and not shut[0], backward and not shut[1]
    return (forward, backward) if forward or backward else "closed both ways"


def _shut(tags: Mapping[str, str], direction: str, tables: OsmTables) -> bool:
    """Whether access in one direction is closed; the most specific tag decides."""
    for key in ACCESS_KEYS:
        name = f"{key}:{direction}"
        value = off_peak(tags.get(f"{name}:conditional", "")) or tags.get(name)
        if value is not None:
            return tables.access.get(("access", value), CLOSED) == CLOSED
    return False


def _limit(tags: Mapping[str, str], direction: str, tables: OsmTables) -> tuple[float | None, int]:
    """Limit in one direction and where it comes from, in `SOURCES`."""
    conditional = tags.get("maxspeed:conditional")
    if conditional is not None:
        value = off_peak(conditional)
        kmh = None if value is None else parse_limit(value, tables.limits)
        if kmh is not None:
            return kmh, 1
    for key in (f":motorcar:{direction}", f":{direction}", ":motorcar", ":both", ""):
        found = _signed(tags.get(f"maxspeed{key}", ""), tables)
        if found is not None:
            return found
    for key in _TYPE_KEYS:
        value = tags.get(key)
        if value is not None and value != "sign":
            kmh = parse_limit(value, tables.limits)
            if kmh is not None:
                return kmh, 2
    return None, 3


def _signed(value: str, tables: OsmTables) -> tuple[float, int] | None:
    """Limit in a value, and where it comes from; conditions may stand in the value itself."""
    by_day = off_peak(value) if "@" in value else None
    for text, source in ((by_day, 1), (_CLAUSE.sub("", value), 2 if ":" in value else 0)):
        kmh = None if text is None else parse_limit(text, tables.limits)
        if kmh is not None:
            return kmh, source
    return None


def _setting(tags: Mapping[str, str]) -> int | None:
    for key in (*_TYPE_KEYS, "maxspeed"):
        value = tags.get(key)
        if value is not None:
            setting = setting_of(value)
            if setting is not None:
                return setting
    return None


RESTRICTION_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
"""The most specific first."""


_CARS = frozenset({"motorcar", "motor_vehicle", "vehicle"})


@dataclass(frozen=True)
class Restriction:
    """One turn restriction, over a node or over ways.

    Attributes
    ----------
    origin, target
        Ways (identifiers) from and to which the turn leads.
    via
        Node (identifier); 0 where the restriction runs over ways.
    over
        Those ways, in the order of driving.
    only
        Whether the turn is the only one allowed; else it is forbidden.
    """

    origin: int
    target: int
    via: int
    over: tuple[int, ...]
    only: bool


def restriction_of(
    tags: Mapping[str, str], members: Iterable[tuple[str, int, str]]
) -> Restriction | None:
    """Read a relation that is perhaps a turn restriction for cars.

    Examples
    --------
    >>> tags = {"type": "restriction", "restriction": "no_left_turn"}
    >>> restriction_of(tags, [("w", 12, "from"), ("n", 5, "via"), ("w", 13, "to")])
    Restriction(origin=12, target=13, via=5, over=(), only=False)
    """
    kind = next((tags[key] for key in RESTRICTION_KEYS if tags.get(key)), "")
    spared = _CARS & set(tags.get("except", "").replace(" ", "").split(";"))
    if tags.get("type") != "restriction" or not kind.startswith(("no_", "only_")) or spared:
        return None
    ends: dict[tuple[str, str], list[int]] = defaultdict(list)
    for member, number, role in members:
        ends[role, member].append(number)
    origin, target, node = ends["from", "w"], ends["to", "w"], ends["via", "n"]
    over = tuple(ends["via", "w"])
    if len(origin) != 1 or len(target) != 1 or not (over or len(node) == 1):
        return None
    via = 0 if over else node[0]
    return Restriction(origin[0], target[0], via, over, kind.startswith("only_"))
