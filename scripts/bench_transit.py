"""Time public transport: a timetable of Dutch size on the Dutch streets, and the plain reference.

The timetable is made up: some 40,000 stops along the shipped streets, lines from each stop to its
neighbours twice an hour to once in seventy minutes, and fast lines between hubs. It is as large as
the Dutch one on a day (1.2 million stop times), not as good. Everything but generating it counts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from impact.network.shipped import read_street_network
from impact.tables.places import read_hospitals, read_postcodes
from impact.transit.feed import read_feed
from impact.transit.rules import read_rules
from impact.transit.times import transit_times
from impact.transit.walking import walk_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

DAY = dt.date(2026, 12, 8)
_KM = 111.2
_CALLS, _HOPS = 20, 6
_BUS, _TRAIN = 24.0, 90.0
_NEAREST = 25
_FARTHEST_KM = 3.0


def generate(roads: RoadNetwork, path: Path, *, stops: int, hubs: int, seed: int = 1) -> int:
    """Write a feed on some roads; return how many stop times it has on a working day."""
    rng = np.random.default_rng(seed)
    weight = 0.05 + roads.urban
    node = rng.choice(len(roads.lat), size=stops, replace=False, p=weight / weight.sum())
    lat, lon = roads.lat[node], roads.lon[node]
    lines = [*_lines(lat, lon, rng), *_fast_lines(lat, lon, hubs, rng)]
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:

        def write(name: str, header: str, rows: Iterator[Sequence[object]]) -> int:
            number = 0
            with packed.open(f"{name}.txt", "w", force_zip64=True) as file:
                file.write((header + "\n").encode())
                for number, row in enumerate(rows, start=1):  # noqa: B007 (the last one is the count)
                    file.write((",".join(map(str, row)) + "\n").encode())
            return number

        write("agency", "agency_name,agency_timezone", iter([("made up", "Europe/Amsterdam")]))
        write(
            "stops",
            "stop_id,stop_name,stop_lat,stop_lon",
            (
                (n, f"stop {n}", f"{a:.6f}", f"{b:.6f}")
                for n, (a, b) in enumerate(zip(lat, lon, strict=True))
            ),
        )
        write("routes", "route_id,route_type", ((n, 3) for n in range(len(lines))))
        calendar = [("week", *"1111100"), ("saturday", *"0000010"), ("sunday", *"0000001")]
        write(
            "calendar",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            ((*row, "20261201", "20261231") for row in calendar),
        )
        runs = [
            (line, direction, service, begin)
            for line, (_, every) in enumerate(lines)
            for direction in (1, -1)
            for service, times in (("week", 1.0), ("saturday", 1.5), ("sunday", 2.0))
            for begin in np.arange(6 * 60 + line % 60, 23 * 60, every * times).astype(int)
        ]
        write(
            "trips",
            "route_id,service_id,trip_id",
            ((line, service, n) for n, (line, _, service, _) in enumerate(runs)),
        )

        def stop_times() -> Iterator[Sequence[object]]:
            nonlocal count
            for n, (line, direction, service, begin) in enumerate(runs):
                calls = lines[line][0][::direction]
                speed = _TRAIN if line >= len(lines) - hubs else _BUS
                moment = float(begin)
                for place, stop in enumerate(calls):
                    if place:
                        before = calls[place - 1]
                        moment += 0.5 + _km(lat, lon, before, stop) / speed * 60 * 1.2
                    clock = f"{int(moment) // 60:02d}:{int(moment) % 60:02d}:00"
                    count += service == "week"
                    yield n, clock, clock, stop, place

        write(
            "stop_times", "trip_id,arrival_time,departure_time,stop_id,stop_sequence", stop_times()
        )
    return count


def _km(lat: NDArray[np.float64], lon: NDArray[np.float64], one: int, other: int) -> float:
    return float(np.hypot(lat[one] - lat[other], (lon[one] - lon[other]) * 0.616) * _KM)


def _lines(
    lat: NDArray[np.float64], lon: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[list[int], int]]:
    """Lines from stop to the nearest stop that no line has yet."""
    plane = np.column_stack([lat * _KM, lon * _KM * 0.616])
    distance, near = cKDTree(plane).query(plane, _NEAREST)
    free = np.ones(len(lat), dtype=np.bool_)
    lines = []
    for begin in rng.permutation(len(lat)).tolist():
        if not free[begin]:
            continue
        line = [begin]
        free[begin] = False
        while len(line) < _CALLS:
            here = line[-1]
            onward = near[here][free[near[here]] & (distance[here] < _FARTHEST_KM)]
            if not len(onward):
                break
            line.append(int(onward[0]))
            free[onward[0]] = False
        if len(line) > 1:
            lines.append((line, 60))
    return lines


def _fast_lines(
    lat: NDArray[np.float64], lon: NDArray[np.float64], count: int, rng: np.random.Generator
) -> list[tuple[list[int], int]]:
    """Fast lines that go on from hub to a near hub."""
    hub = rng.choice(len(lat), size=count, replace=False)
    plane = np.column_stack([lat[hub] * _KM, lon[hub] * _KM * 0.616])
    near = cKDTree(plane).query(plane, 6)[1]
    lines = []
    for begin in range(count):
        line = [begin]
        while len(line) < _HOPS:
            onward = [each for each in near[line[-1]] if each not in line]
            if not onward:
                break
            line.append(int(onward[rng.integers(len(onward))]))
        lines.append(([int(hub[each]) for each in line], 30))
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--limit", type=int, default=90, help="longest trip in minutes")
    parser.add_argument("--keep", type=Path, help="write the feed here, and use one that is there")
    asked = parser.parse_args()
    roads = read_street_network()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.keep or Path(folder) / "feed.zip"
        if not path.exists():
            size = 4_000 if asked.quick else 40_000
            count = generate(roads, path, stops=size, hubs=size // 200)
            print(f"made up: {size:,} stops, {count:,} stop times on a working day")
        postcodes = read_postcodes(weights=())
        hospitals = read_hospitals()
        hospitals = hospitals[hospitals["status"] == "open"].iloc[::4].head(20)
        clock = _Clock()
        feed = read_feed(path)
        clock.lap("feed read and checked")
        network = walk_network(roads)
        clock.lap(f"walking network, {len(network.lat):,} nodes")
        rules = replace(read_rules(), limit=asked.limit * 60)
        times = transit_times([feed], network, postcodes, hospitals, day=DAY, rules=rules)
        clock.lap(f"{times.minutes.size:,} pairs, 12 searches each, and the last way home")
        connections = times.manifest["connections"]
        print(f"connections: {connections[0]:,} on the working day, {connections[1]:,} on Saturday")
        print(f"pairs with a connection in {asked.limit} minutes: {times.connected.sum():,}")
    print(f"all: {clock.all:.0f} s of processor time, {_peak():.1f} GB at most")


class _Clock:
    """Processor time since the last lap."""

    def __init__(self) -> None:
        self._begin = self._last = time.process_time()

    @property
    def all(self) -> float:
        return self._last - self._begin

    def lap(self, what: str) -> None:
        now = time.process_time()
        print(f"{now - self._last:7.1f} s  {what}")
        self._last = now


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
