"""Rules of a trip by public transport: appointments, limits and walking, from tables to edit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_NAMES = {
    "appointments": "times such as 10:00 13:00 15:30, at most 24:00",
    "visit": "minutes, a number of 0 or more",
    "limit": "minutes, a number above 0",
    "changes": "a whole number from 0 to 9",
    "change": "minutes, a number above 0",
    "walk": "minutes, a number above 0",
    "change_walk": "minutes, a number of 0 or more",
    "speed": "km/h, a number above 0",
    "last_from": "a time such as 15:30",
    "last_until": "a time such as 25:00, after last_from",
    "last_step": "minutes, a whole number of 1 or more",
}
_MOST_CHANGES = 9
_MOST = 10_000.0
_LEAST = {
    "visit": (0.0, False),
    "changes": (0.0, True),
    "change_walk": (0.0, False),
    "last_step": (1.0, True),
}
"""Rule -> its least value, and whether it must be whole; others are above zero."""


@dataclass(frozen=True)
class TransitRules:
    """What counts as a connection. Times are seconds, as on the clock of the timetable.

    Attributes
    ----------
    appointments
        Times of day by which one must be at the hospital.
    visit
        How long an appointment lasts; after it one goes home.
    limit
        Longest trip, door to door: from leaving home to the appointment, and from leaving the
        hospital to home.
    changes
        Most changes of one trip.
    change
        Least time that a change takes, beside the walk between its stops.
    walk
        Longest walk to the first stop, from the last one, or all the way.
    change_walk
        Longest walk between two vehicles.
    speed
        Walking speed, km/h.
    last_from, last_until, last_step
        When the last way home is looked for, and how finely.
    source
        File that the rules are from, with its hash.
    """

    appointments: tuple[int, ...] = (36000, 46800, 55800)
    visit: int = 3600
    limit: int = 5400
    changes: int = 3
    change: int = 120
    walk: int = 1200
    change_walk: int = 600
    speed: float = 4.0
    last_from: int = 55800
    last_until: int = 90000
    last_step: int = 300
    source: tuple[tuple[str, str], ...] = ()


def clock_seconds(text: str) -> int | None:
    """Seconds of a time of day; `None` for what is none.

    Examples
    --------
    >>> clock_seconds("15:30"), clock_seconds("half vier")
    (55800, None)
    """
    match = _CLOCK.fullmatch(text)
    return None if match is None else int(match[1]) * 3600 + int(match[2]) * 60


def clock(seconds: float) -> str:
    """Time of day of seconds, rounded down to the minute; past midnight it goes on from 24.

    Examples
    --------
    >>> clock(55800), clock(88259)
    ('15:30', '24:30')
    """
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours:02d}:{rest // 60:02d}"


def read_rules(path: Path | None = None) -> TransitRules:
    """Read a table of rules.

    Parameters
    ----------
    path
        Columns ``rule`` and ``value``; by default the shipped one. A rule that is left out is as
        shipped.

    Returns
    -------
    TransitRules

    Raises
    ------
    InputError
        Naming each rule that is unknown, given twice, or has a value that it cannot have.

    Examples
    --------
    >>> rules = read_rules()
    >>> rules.limit / 60, rules.changes
    (90.0, 3)
    """
    table = read_table(data_path("transit/rules.csv") if path is None else path)
    table.require(["rule", "value"])
    faults = table.unique("rule")
    values: dict[str, object] = {}
    for row, name, text in zip(
        table.frame.index, table.frame["rule"], table.frame["value"], strict=True
    ):
        where = table.where(row)
        if name not in _NAMES:
            near = nearest_names(name, _NAMES)
            faults.append(Fault(table.name, where, "rule", name, "a rule of this table", near))
            continue
        value = _value(name, text)
        if value is None:
            faults.append(Fault(table.name, where, name, text, _NAMES[name]))
        else:
            values[name] = value
    if faults:
        raise InputError(faults)
    return _checked(table.name, values, table.sha256)


def _checked(name: str, values: Mapping[str, object], sha256: str) -> TransitRules:
    rules = TransitRules(**values, source=((name, sha256),))  # type: ignore[arg-type]
    if rules.last_until <= rules.last_from:
        found = clock(rules.last_until)
        raise InputError(Fault(name, "", "last_until", found, _NAMES["last_until"]))
    return rules


def _value(name: str, text: str) -> object | None:
    """Value of one rule; `None` for what it cannot be."""
    if name in {"last_from", "last_until"}:
        return clock_seconds(text)
    if name == "appointments":
        moments = [clock_seconds(each) for each in text.split()]
        known = [each for each in moments if each is not None and each <= 24 * 3600]
        return tuple(sorted(set(known))) if moments and len(known) == len(moments) else None
    number = _number(text)
    least, whole = _LEAST.get(name, (np.nextafter(0.0, 1.0), False))
    highest = _MOST_CHANGES if name == "changes" else _MOST
    if not least <= number <= highest or (whole and not number.is_integer()):
        return None
    if name == "changes":
        return int(number)
    return number if name == "speed" else round(number * 60)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
