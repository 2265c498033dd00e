"""Public transport on real data: a published timetable, and a real extract.

The timetable is that of Cairns in 2014, which the source package of gtfs-kit ships as
``data/cairns_gtfs.zip``. No extract of Cairns is at hand, so people drive and walk along a grid of
streets there; walks along a real extract are those of Liechtenstein, with a bus line of our own.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feeds import at, drawn, table
from three_towns import impact

from impact.network.npz import write_network
from impact.network.osm.build import build_network
from impact.transit.feed import read_feed
from impact.transit.reference import earliest
from impact.transit.rules import TransitRules
from impact.transit.times import prepare_searches, transit_times
from impact.transit.timetable import read_stops, read_timetable
from impact.transit.walking import crow_flight, places, walk_network, walks

CAIRNS = Path(os.environ.get("IMPACT_GTFS", "")) / "cairns_gtfs.zip"
_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
EXTRACT = Path(os.environ.get("IMPACT_SHARED", _SHARED)) / "osm" / "liechtenstein.osm.pbf"
DAY = dt.date(2014, 6, 3)
HOSPITALS = {
    # about where they lie
    "Cairns Hospital": (-16.9123, 145.7686),
    "Smithfield": (-16.8290, 145.6920),
    "Gordonvale": (-17.0900, 145.7850),
}

needs_cairns = pytest.mark.skipif(
    not CAIRNS.is_file(), reason="no cairns_gtfs.zip in the folder that IMPACT_GTFS names"
)


def quarters() -> pd.DataFrame:
    """Squares of some two kilometres with stops in them, by the middle of those."""
    stops = read_feed(CAIRNS).tables["stops"]
    at_stops = stops[["stop_lat", "stop_lon"]].astype(float).set_axis(["lat", "lon"], axis=1)
    square = np.floor(at_stops / 0.02).astype(int)
    middle = at_stops.groupby([square["lat"], square["lon"]]).agg(["mean", "size"])
    return pd.DataFrame(
        {
            "postcode": [str(4000 + number) for number in range(len(middle))],
            "lat": middle["lat", "mean"].to_numpy(),
            "lon": middle["lon", "mean"].to_numpy(),
            "population": middle["lat", "size"].to_numpy() * 100,
            "municipality": "Cairns",
        }
    )


def grid(path: Path) -> Path:
    """Draw streets some 500 m apart all over the city, for those who drive and those who walk."""
    rows, columns = np.arange(-17.12, -16.72, 0.005), np.arange(145.66, 145.80, 0.005)
    number = np.arange(1, len(rows) * len(columns) + 1).reshape(len(rows), len(columns))
    nodes = [
        f'<node id="{number[row, column]}" lat="{lat:.6f}" lon="{lon:.6f}"/>'
        for row, lat in enumerate(rows)
        for column, lon in enumerate(columns)
    ]

    def refs(line: np.ndarray) -> str:
        return "".join(f'<nd ref="{each}"/>' for each in line)

    ways = [
        f'<way id="{way}">{refs(line)}<tag k="highway" v="residential"/></way>'
        for way, line in enumerate([*number, *number.T], start=1)
    ]
    path.write_text("\n".join(['<osm version="0.6">', *nodes, *ways, "</osm>"]), encoding="utf-8")
    return path


@needs_cairns
def test_a_study_on_a_published_timetable(tmp_path: Path) -> None:
    here = quarters()
    here.to_csv(tmp_path / "postcodes.csv", index=False)
    there = pd.DataFrame(HOSPITALS, index=["lat", "lon"]).T.rename_axis("name").reset_index()
    there.to_csv(tmp_path / "hospitals.csv", index=False)
    write_network(build_network(grid(tmp_path / "grid.osm")), tmp_path / "grid.impact")
    (tmp_path / "study.toml").write_text(
        f"""
[study]
title = "Cairns"
region = "Cairns"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
roads = "grid.impact"
transit = ["{CAIRNS}"]
transit_date = {DAY}

[[intervention]]
name = "Dialyse"
providers = {sorted(HOSPITALS)}
stop_count = 1

[[scenario]]
name = "Smithfield stopt"
stops = {{ "Dialyse" = ["Smithfield"] }}
""",
        encoding="utf-8",
    )
    outcome = impact("run", tmp_path / "study.toml", "--out", tmp_path / "out", "--quiet")
    assert outcome.code == 0, outcome.err
    (row,) = pd.read_csv(tmp_path / "out" / "data" / "transit.csv").to_dict("records")
    assert row["demand"] == here["population"].sum()
    assert row["moved"] > 0
    # who had a bus to Smithfield travels on to the city, and some have no connection at all
    assert row["transit_mean_extra"] > 0 < row["car_mean_extra"]
    assert row["transit_mean_before"] > row["car_mean_before"]
    assert row["no_connection_after"] >= row["no_connection_before"] > 0
    # the last bus to where they live goes earlier than midnight
    assert "15:30" <= row["last_home_after"] < "24:00"
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    by_bus, by_car = report.index('id="h-transit"'), report.index('id="h-hit"')
    # a map for either
    assert "<svg role=" in report[by_bus:by_car]
    assert "<svg role=" in report[by_car:]
    explorer = (tmp_path / "out" / "explorer.html").read_text(encoding="utf-8")
    assert '"transit": {' in explorer or '"transit":{' in explorer
    assert row["compared"] + row["moved_no_connection_after"] >= row["moved"] * 0.99
    assert 0 <= row["changes_mean_after"] <= 3
    assert (tmp_path / "out" / "report.html").is_file()


@needs_cairns
def test_the_scan_is_equal_to_the_reference_on_a_published_timetable() -> None:
    feed = read_feed(CAIRNS)
    rules = TransitRules(appointments=(36000,), limit=3600, changes=2)
    stops = read_stops([feed])
    whole, _ = read_timetable([feed], stops, DAY)
    network = crow_flight()
    here = quarters().iloc[::4]
    ends = [
        places(network, part["lat"].to_numpy(), part["lon"].to_numpy())
        for part in (here, pd.DataFrame(HOSPITALS, index=["lat", "lon"]).T)
    ]
    at_stops = places(network, stops.lat, stops.lon)
    searches, mirrored = prepare_searches([whole], stops, network, (*ends, at_stops), rules)
    names = list(map(str, range(len(stops.lat))))
    near = walks(network, at_stops, at_stops, limit=rules.change_walk, speed=rules.speed)
    pairs = zip(near.source, near.to, near.seconds, strict=True)
    walked = {(names[a], names[b]): int(seconds) for a, b, seconds in pairs}
    for search, moment in ((searches[0], 39600), (mirrored[0], -36000)):
        rides = [
            (names[a], names[b], int(leaves), int(arrives), int(trip))
            for a, b, leaves, arrives, trip in zip(
                *(search.table.dep_stop, search.table.arr_stop, search.table.dep),
                *(search.table.arr, search.table.vehicle),
                strict=True,
            )
            if moment <= leaves <= moment + rules.limit
        ]
        for column in range(len(HOSPITALS)):
            found = search.trips(column, moment).seconds
            legs: dict[int, dict[str, int]] = defaultdict(dict)
            for row, stop, seconds in zip(
                search.there.source, search.there.to, search.there.seconds, strict=True
            ):
                legs[int(row)][names[stop]] = int(seconds)
            begin = slice(*search.here.start[column : column + 2])
            start = {
                names[stop]: int(seconds)
                for stop, seconds in zip(
                    search.here.to[begin], search.here.seconds[begin], strict=True
                )
            }
            direct = slice(*search.direct.start[column : column + 2])
            straight = dict(
                zip(search.direct.to[direct], search.direct.seconds[direct], strict=True)
            )
            for row in range(0, len(here), 3):
                most = rules.changes + 1
                best = earliest(rides, walked, start, legs[row], moment, most, rules.change)
                best = min(best - moment, straight.get(row, np.inf))
                assert found[row] == (best if best <= rules.limit else np.inf)


@pytest.mark.skipif(not EXTRACT.is_file(), reason="no extract of Liechtenstein (IMPACT_SHARED)")
def test_a_bus_line_along_a_real_extract(tmp_path: Path) -> None:
    # the line along the Rhine; the hospital is in Vaduz
    line = {
        "Balzers": (47.0660, 9.5020),
        "Triesen": (47.1060, 9.5270),
        "Vaduz": (47.1392, 9.5228),
        "Schaan": (47.1650, 9.5100),
    }
    names = list(line)
    trips = [
        at(f"{hour:02d}:{minute:02d}", *way, minutes=8)
        for hour in range(6, 22)
        for minute in (0, 30)
        for way in (names, names[::-1])
    ]
    stops = [(name, name, *where) for name, where in line.items()]
    feed = drawn(dict.fromkeys(line, 0.0), trips).with_table(
        "stops", table("stop_id stop_name stop_lat stop_lon", stops)
    )
    network = walk_network(EXTRACT)
    homes = pd.DataFrame(line, index=["lat", "lon"]).T + 0.001
    hospital = pd.DataFrame({"lat": [47.1365], "lon": [9.5245]}, index=["Landesspital"])
    times = transit_times(
        [read_feed(feed.write(tmp_path / "feed.zip"))],
        network,
        homes,
        hospital,
        day=dt.date(2026, 12, 8),
    )
    minutes = dict(zip(times.origins, times.minutes[:, 0], strict=True))
    assert times.connected.all()
    assert minutes["Vaduz"] < minutes["Triesen"] < minutes["Balzers"] < 60
    # in Vaduz one walks, and always can
    assert times.changes[names.index("Vaduz"), 0] == 0
    assert times.share.min() == 1.0
