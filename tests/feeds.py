"""Small feeds drawn by hand.

Places lie on a line from south to north, 100 m apart, so that a walk is counted on the fingers: at
3.6 km/h a step takes 100 s (times the detour of a straight line).
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from impact.transit.rules import TransitRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

STEP = 0.09999 / 111.19508
"""Degrees of latitude per step: 100 m less a hair, so that rounding up gives whole hundreds."""

SOUTH, EAST = 52.0, 5.0
STEP_SECONDS = 100.0
TUESDAY, SUNDAY = "2026-12-08", "2026-12-13"
RULES = TransitRules(
    appointments=(36000,),
    visit=3600,
    limit=5400,
    changes=3,
    change=60,
    walk=520,
    change_walk=260,
    speed=3.6 * 1.3,
    last_from=55800,
    last_until=90000,
    last_step=300,
)
"""One step takes 100 s: straight lines count 1.3 times, and one walks 1.3 times as fast."""

Trip = tuple[str, "Sequence[tuple[str, str, str]]"]
"""Service, and (stop, arrival, departure) one after the other."""


def place(step: float) -> tuple[float, float]:
    """Latitude and longitude of a place on the line."""
    return round(SOUTH + step * STEP, 9), EAST


def points(steps: Mapping[str, float]) -> pd.DataFrame:
    """Origins or destinations on the line."""
    return pd.DataFrame(
        [place(step) for step in steps.values()], index=list(steps), columns=["lat", "lon"]
    )


def table(header: str, rows: Iterable[Sequence[object]]) -> str:
    """Text of a table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split())
    writer.writerows(rows)
    return out.getvalue()


CALENDAR = "service_id monday tuesday wednesday thursday friday saturday sunday start_date end_date"
STOP_TIMES = "trip_id arrival_time departure_time stop_id stop_sequence"


@dataclass
class Drawn:
    """A feed as tables of text, to be changed before it is written."""

    tables: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path, *, folder: str = "") -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in self.tables.items():
                packed.writestr(f"{folder}{name}.txt", text)
        return path

    def change(self, name: str, old: str, new: str) -> Drawn:
        assert old in self.tables[name], (old, self.tables[name])
        return Drawn({**self.tables, name: self.tables[name].replace(old, new, 1)})

    def with_table(self, name: str, text: str) -> Drawn:
        return Drawn({**self.tables, name: text})

    def without(self, name: str) -> Drawn:
        return Drawn({key: text for key, text in self.tables.items() if key != name})


def drawn(stops: Mapping[str, float], trips: Sequence[Trip], *, zone: str = "") -> Drawn:
    """Draw a feed; services: ``week`` (Monday to Friday), ``saturday``, ``daily``."""
    days = {"week": "1111100", "saturday": "0000010", "daily": "1111111"}
    numbered = [(f"t{number}", *trip) for number, trip in enumerate(trips)]
    return Drawn(
        {
            "agency": table(
                "agency_id agency_name agency_url agency_timezone",
                [("a", "Streekbus", "http://localhost", zone or "Europe/Amsterdam")],
            ),
            "stops": table(
                "stop_id stop_name stop_lat stop_lon",
                [(name, f"Halte {name}", *place(step)) for name, step in stops.items()],
            ),
            "routes": table(
                "route_id agency_id route_short_name route_type",
                [(f"r{name}", "a", name, 3) for name, _, _ in numbered],
            ),
            "trips": table(
                "route_id service_id trip_id",
                [(f"r{name}", service, name) for name, service, _ in numbered],
            ),
            "stop_times": table(
                STOP_TIMES,
                [
                    (name, arrival, departure, stop, number)
                    for name, _, calls in numbered
                    for number, (stop, arrival, departure) in enumerate(calls, start=1)
                ],
            ),
            "calendar": table(
                CALENDAR,
                [(name, *runs, "20261201", "20261231") for name, runs in days.items()],
            ),
        }
    )


def at(clock: str, *stops: str, minutes: int = 5, service: str = "daily") -> Trip:
    """Draw a trip that leaves at a time and takes as many minutes to every next stop."""
    hours, rest = clock.split(":")
    begin = int(hours) * 60 + int(rest)
    times = [
        f"{(begin + n * minutes) // 60:02d}:{(begin + n * minutes) % 60:02d}:00"
        for n in range(len(stops))
    ]
    return service, [(stop, time, time) for stop, time in zip(stops, times, strict=True)]
