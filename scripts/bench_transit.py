"""Time public transport: a timetable of Dutch size on the Dutch streets, and the plain reference.

The timetable is made up: some 40,000 stops along the shipped streets, lines from hubs outward
once an hour, and fast lines between hubs twice an hour. It is as large as
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
from impact.transit.reference import earliest
from impact.transit.rules import read_rules
from impact.transit.times import prepare_searches, transit_times
from impact.transit.timetable import read_stops, read_timetable
from impact.transit.walking import places, walk_network, walks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.transit.feed import Feed
    from impact.transit.rules import TransitRules
    from impact.transit.times import Search
    from impact.transit.walking import WalkNetwork

DAY = dt.date(2026, 12, 8)
_KM = 111.2
_NARROW = 0.616
"""Of a degree of longitude in the Netherlands beside one of latitude."""
_CALLS, _HOPS = 20, 8
_BUS, _TRAIN = 24.0, 90.0
_NEAREST = 12


def generate(roads: RoadNetwork, path: Path, *, stops: int, hubs: int, seed: int = 1) -> int:
    """Write a feed on some roads; return how many stop times it has on a working day."""
    rng = np.random.default_rng(seed)
    weight = 0.05 + roads.urban
    node = rng.choice(len(roads.lat), size=stops, replace=False, p=weight / weight.sum())
    lat, lon = roads.lat[node], roads.lon[node]
    hub = rng.choice(stops, size=hubs, replace=False)
    slow, fast = _lines(lat, lon, hub), _fast_lines(lat, lon, hub)
    lines = [*slow, *fast]
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
                speed = _TRAIN if line >= len(slow) else _BUS
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
    return float(np.hypot(lat[one] - lat[other], (lon[one] - lon[other]) * _NARROW) * _KM)


def _lines(
    lat: NDArray[np.float64], lon: NDArray[np.float64], hub: NDArray[np.int64]
) -> list[tuple[list[int], int]]:
    """Lines from each hub outward, one per direction, through the stops that are nearest to it."""
    east, north = lon * _KM * _NARROW, lat * _KM
    _, own = cKDTree(np.column_stack([east[hub], north[hub]])).query(np.column_stack([east, north]))
    lines = []
    for place, centre in enumerate(hub.tolist()):
        stops = np.flatnonzero(own == place)
        away = np.hypot(east[stops] - east[centre], north[stops] - north[centre])
        bearing = np.arctan2(north[stops] - north[centre], east[stops] - east[centre])
        sectors = max(1, round(len(stops) / _CALLS))
        sector = ((bearing / (2.0 * np.pi) + 0.5) * sectors).astype(int) % sectors
        for each in range(sectors):
            chosen = stops[sector == each][np.argsort(away[sector == each])]
            line = [centre, *(stop for stop in chosen.tolist() if stop != centre)]
            if len(line) > 1:
                lines.append((line, 60))
    return lines


def _fast_lines(
    lat: NDArray[np.float64], lon: NDArray[np.float64], hub: NDArray[np.int64]
) -> list[tuple[list[int], int]]:
    """Fast lines from each hub straight on, in one of four directions, by hubs that are near."""
    plane = np.column_stack([lon[hub] * _KM * _NARROW, lat[hub] * _KM])
    near = cKDTree(plane).query(plane, _NEAREST)[1]
    lines = []
    for begin in range(len(hub)):
        turn = begin % 4 * np.pi / 2.0
        ahead = np.array([np.cos(turn), np.sin(turn)])
        line = [begin]
        while len(line) < _HOPS:
            onward = [e for e in near[line[-1]] if (plane[e] - plane[line[-1]]) @ ahead > 0.0]
            if not onward:
                break
            line.append(int(onward[0]))
        if len(line) > 1:
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
            count = generate(roads, path, stops=size, hubs=size // 130)
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
        best = int(times.connected.sum(axis=0).argmax())
        paired([feed], network, postcodes, hospitals.iloc[[best]], rules)


def paired(
    feeds: Sequence[Feed],
    network: WalkNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    rules: TransitRules,
) -> None:
    """Put one search before ours and the plain reference, which must agree."""
    stops = read_stops(feeds)
    table, _ = read_timetable(feeds, stops, DAY)
    joined = [
        places(network, part["lat"].to_numpy(), part["lon"].to_numpy())
        for part in (origins, destinations)
    ]
    at_stops = places(network, stops.lat, stops.lon)
    (search,), _ = prepare_searches(
        [table], stops, network, (joined[0], joined[1], at_stops), rules
    )
    moment = 39600
    search.trips(0, moment)
    begin = time.process_time()
    ours = search.trips(0, moment).seconds
    quick = time.process_time() - begin
    near = walks(network, at_stops, at_stops, limit=rules.change_walk, speed=rules.speed)
    pairs = zip(near.source.tolist(), near.to.tolist(), near.seconds.tolist(), strict=True)
    between = {(str(a), str(b)): seconds for a, b, seconds in pairs}
    window = (table.dep >= moment) & (table.dep <= moment + rules.limit)
    columns = (table.dep_stop, table.arr_stop, table.dep, table.arr, table.vehicle)
    rides = [
        (str(a), str(b), leaves, arrives, trip)
        for a, b, leaves, arrives, trip in zip(
            *(each[window].tolist() for each in columns), strict=True
        )
    ]
    here = slice(*search.here.start[:2])
    start = _named(search.here.to[here], search.here.seconds[here])
    reached = [each for each in np.flatnonzero(np.isfinite(ours)).tolist() if _legs(search, each)]
    asked = reached[:: max(1, len(reached) // 5)]
    begin = time.process_time()
    theirs = [
        earliest(
            rides, between, start, _legs(search, each), moment, rules.changes + 1, rules.change
        )
        - moment
        for each in asked
    ]
    slow = time.process_time() - begin
    walked = dict(zip(search.direct.to.tolist(), search.direct.seconds.tolist(), strict=True))
    differ = [
        each
        for each, found in zip(asked, theirs, strict=True)
        if min(found, walked.get(each, np.inf)) != ours[each]
    ]
    print(f"one hospital to {len(ours):,} postcodes: {quick * 1000:.1f} ms with the scan")
    print(f"to {len(asked)} of them: {slow:.1f} s with the reference, {len(differ)} differ")


def _legs(search: Search, row: int) -> dict[str, int]:
    legs = slice(*search.there.start[row : row + 2])
    return _named(search.there.to[legs], search.there.seconds[legs])


def _named(stops: NDArray[np.int32], seconds: NDArray[np.int32]) -> dict[str, int]:
    return {str(stop): int(each) for stop, each in zip(stops, seconds, strict=True)}


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
