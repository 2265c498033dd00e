"""Speed limits in every form in which OpenStreetMap writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_LIMIT_KMH = 150.0
"""Stands for ``none``: above every cap."""

_KMH_PER_MPH = 1.609344
_KMH_PER_KNOT = 1.852
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?", re.IGNORECASE)
_COUNTRY = re.compile(r"([A-Z]{2})[:_](.+)")
_ZONE = re.compile(r"(?:zone|maxspeed|speed)?[:_]?(\d+)")
_SLOWEST_KMH, _FASTEST_KMH = 3.0, 160.0


def parse_limit(text: str, codes: Mapping[str, float]) -> float | None:
    """Speed limit behind a value of ``maxspeed`` or a tag of its kind.

    Parameters
    ----------
    text
        Such as ``50``, ``30 mph``, ``NL:urban``, ``none``, ``walk``, ``100;130`` or
        ``['30', '50']``.
    codes
        Implicit limits, from `impact.roads.osm.tables.OsmTables`.

    Returns
    -------
    float or None
        km/h; of a list the lowest; `None` where the value says nothing (``signals``, ``variable``).

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
    name = country[2].lower()
    for code in (f"{country[1]}:{name}", name):
        if code in codes:
            return codes[code]
    zone = _ZONE.fullmatch(name)
    return float(zone[1]) if zone else None


def setting_of(text: str) -> int | None:
    """Built-up or not, where a value such as ``NL:urban`` says so.

    Parameters
    ----------
    text
        Value of ``source:maxspeed``, ``maxspeed:type``, ``zone:traffic``, ``zone:maxspeed`` or
        ``maxspeed``.

    Returns
    -------
    int or None
        1 inside, 0 outside a built-up area.
    """
    name = text.rpartition(":")[2].lower()
    if name in {"urban", "living_street"}:
        return 1
    if name in {"rural", "motorway", "nsl_single", "nsl_dual"}:
        return 0
    return None
