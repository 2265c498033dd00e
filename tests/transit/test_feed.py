"""Feeds: what is read, what is filled in, and what each wrong one is told."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from feeds import TUESDAY, Drawn, at, drawn, table

from impact.errors import InputError
from impact.transit import archive
from impact.transit.feed import read_feed, seconds_of
from impact.transit.timetable import read_stops, read_timetable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = dt.date.fromisoformat(TUESDAY)
GOOD = drawn({"A": 0, "B": 10, "C": 20}, [at("09:00", "A", "B", "C"), at("10:00", "C", "A")])


def connections(folder: Path, feed: Drawn) -> list[tuple[str, str, int, int]]:
    """From, to, departure and arrival in minutes."""
    read = read_feed(feed.write(folder / "feed.zip"))
    stops = read_stops([read])
    rides, _ = read_timetable([read], stops, DAY)
    name = [each.removeprefix("Halte ") for each in stops.name]
    columns = zip(rides.dep_stop, rides.arr_stop, rides.dep, rides.arr, strict=True)
    return [
        (name[here], name[there], departure / 60, arrival / 60)
        for here, there, departure, arrival in columns
    ]


def test_connections_of_a_day(tmp_path: Path) -> None:
    assert connections(tmp_path, GOOD) == [
        ("A", "B", 540, 545),
        ("B", "C", 545, 550),
        ("C", "A", 600, 605),
    ]


def test_a_folder_of_tables_is_a_feed_too(tmp_path: Path) -> None:
    for name, text in GOOD.tables.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    assert read_feed(tmp_path).dates == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))


def test_a_byte_order_mark_spaces_and_other_columns_do_no_harm(tmp_path: Path) -> None:
    spaced = {
        name: GOOD.tables[name].replace(",", ", ") for name in ("stops", "stop_times", "trips")
    }
    odd = Drawn({**GOOD.tables, **spaced, "shapes": "shape_id,shape_pt_lat\n"})
    odd = odd.with_table("stops", "\ufeff" + odd.tables["stops"].replace("\n", "\r\n"))
    assert len(connections(tmp_path, odd)) == 3


def test_empty_times_lie_between_by_distance(tmp_path: Path) -> None:
    # A 0 --- B 10 --------- C 40: a quarter of the way
    stops = {"A": 0, "B": 10, "C": 40}
    trip = ("daily", [("A", "09:00:00", "09:00:00"), ("B", "", ""), ("C", "", "09:40:00")])
    assert connections(tmp_path, drawn(stops, [trip])) == [
        ("A", "B", 540, 550),
        ("B", "C", 550, 580),
    ]


def test_empty_times_go_by_the_distance_that_the_feed_gives(tmp_path: Path) -> None:
    stops = {"A": 0, "B": 10, "C": 40}
    rows = [
        ("t0", "09:00:00", "09:00:00", "A", 1, 0),
        ("t0", "", "", "B", 2, 5),
        ("t0", "09:40:00", "09:40:00", "C", 3, 10),
    ]
    header = "trip_id arrival_time departure_time stop_id stop_sequence shape_dist_traveled"
    feed = drawn(stops, [at("09:00", "A", "B", "C")]).with_table("stop_times", table(header, rows))
    assert connections(tmp_path, feed)[0] == ("A", "B", 540, 560)


def test_frequencies_stand_for_their_trips(tmp_path: Path) -> None:
    header = "trip_id start_time end_time headway_secs"
    often = table(header, [("t1", "12:00:00", "13:00:00", 1800)])
    assert connections(tmp_path, GOOD.with_table("frequencies", often))[2:] == [
        ("C", "A", 720, 725),
        ("C", "A", 750, 755),
    ]


def test_late_trips_of_yesterday_and_early_ones_of_tomorrow_belong_to_the_day(
    tmp_path: Path,
) -> None:
    feed = drawn({"A": 0, "B": 10}, [at("25:30", "A", "B"), at("06:00", "A", "B")])
    assert [ride[2] / 60 for ride in connections(tmp_path, feed)] == [1.5, 6, 25.5, 30]


def test_calendar_dates_add_and_take_away(tmp_path: Path) -> None:
    header = "service_id date exception_type"
    gone = GOOD.with_table("calendar_dates", table(header, [("daily", "20261208", 2)]))
    assert connections(tmp_path, gone) == []
    only = gone.without("calendar").with_table(
        "calendar_dates", table(header, [("daily", "20261208", 1)])
    )
    read = read_feed(only.write(tmp_path / "only.zip"))
    assert read.dates == (DAY, DAY)
    assert read.services(DAY) == {"daily"}


def test_where_nobody_may_board_or_alight(tmp_path: Path) -> None:
    header = "trip_id arrival_time departure_time stop_id stop_sequence pickup_type drop_off_type"
    rows = [
        ("t0", "09:00:00", "09:00:00", "A", 1, 1, 0),
        ("t0", "09:10:00", "09:10:00", "B", 2, 2, 1),
        ("t0", "09:20:00", "09:20:00", "C", 3, 0, 0),
    ]
    feed = GOOD.with_table("stop_times", table(header, rows))
    read = read_feed(feed.write(tmp_path / "feed.zip"))
    rides, notes = read_timetable([read], read_stops([read]), DAY)
    assert rides.enter.tolist() == [False, True]
    assert rides.leave.tolist() == [False, True]
    assert [note.fields["count"] for note in notes if note.key == "transit_on_call"] == [1]


def test_what_nobody_can_use_is_noted(tmp_path: Path) -> None:
    more = GOOD.change("routes", "rt1,a", "idle,a,never,3\nrt1,a")
    notes = read_feed(more.write(tmp_path / "feed.zip")).notes
    assert [str(note) for note in notes] == [
        "feed.zip: 1 routes without trips: idle",
        "feed.zip: 2 calendars without trips: saturday, week",
    ]
    never = GOOD.change("calendar", "week,1,1,1,1,1,0,0", "week,0,0,0,0,0,0,0")
    texts = [str(note) for note in read_feed(never.write(tmp_path / "never.zip")).notes]
    assert "never.zip: 1 calendars on which nothing ever runs: week" in texts


def test_trips_without_stop_times_are_noted(tmp_path: Path) -> None:
    feed = GOOD.change("trips", "rt1,daily,t1", "rt1,daily,t1\nrt1,daily,t2")
    read = read_feed(feed.write(tmp_path / "feed.zip"))
    _, notes = read_timetable([read], read_stops([read]), DAY)
    assert [str(note) for note in notes] == [
        "feed.zip, 2026-12-08: 1 trips without stop times, of no use to anybody"
    ]


def test_times_of_day() -> None:
    assert [seconds_of(each) for each in ("08:00:00", " 8:00:00", "24:00:01")] == [
        28800,
        28800,
        86401,
    ]
    assert np.isnan(
        [seconds_of(each) for each in ("8:60:00", "8:00", "-1:00:00", "73:00:00")]
    ).all()


WRONG: dict[str, tuple[Callable[[Drawn], Drawn], str]] = {
    "a table is missing": (
        lambda feed: feed.without("stop_times"),
        r"feed.zip: expected the tables stop_times.txt beside agency.txt, calendar.txt",
    ),
    "no calendar at all": (
        lambda feed: feed.without("calendar"),
        r"expected the tables calendar.txt / calendar_dates.txt beside",
    ),
    "a column is missing": (
        lambda feed: feed.change("stops", "stop_lat", "stop_latt"),
        r"stops.txt, header, stop_lat: expected a column 'stop_lat'; nearest known: 'stop_latt'",
    ),
    "an identifier twice": (
        lambda feed: feed.change("trips", "rt1,daily,t1", "rt1,daily,t0"),
        r"feed.zip: trips.txt, row 3, trip_id: found 't0', expected each trip_id once",
    ),
    "a route that nobody knows": (
        lambda feed: feed.change("trips", "rt1,", "r9,"),
        r"trips.txt, row 3, route_id: found 'r9', expected a known route_id",
    ),
    "a service without a calendar": (
        lambda feed: feed.change("trips", "rt1,daily", "rt1,summer"),
        r"trips.txt, row 3, service_id: found 'summer', expected a known service_id",
    ),
    "a trip that nobody knows": (
        lambda feed: feed.change("stop_times", "t0,09:05:00", "t9,09:05:00"),
        r"stop_times.txt, row 3, trip_id: found 't9', expected a known trip_id",
    ),
    "a stop that nobody knows": (
        lambda feed: feed.change("stop_times", "00,B,2", "00,Z,2"),
        r"stop_times.txt, row 3, stop_id: found 'Z', expected a known stop_id",
    ),
    "a stop without a place": (
        lambda feed: feed.change("stops", "52.0,5.0", ",5.0"),
        r"stops.txt, row 2, stop_lat: found '', expected degrees",
    ),
    "a stop in the sea off Africa": (
        lambda feed: feed.change("stops", "52.0,5.0", "0.0,0"),
        r"stops.txt, row 2, stop_lat: found '0.0', expected a place on land",
    ),
    "a time that is none": (
        lambda feed: feed.change("stop_times", "09:05:00", "09:65:00"),
        r"stop_times.txt, row 3, arrival_time: found '09:65:00', expected a time",
    ),
    "times that go back": (
        lambda feed: feed.change("stop_times", "09:05:00,09:05:00", "08:55:00,08:55:00"),
        r"stop_times.txt, row 3, arrival_time: found '08:55:00', expected times that never go back",
    ),
    "a trip that begins without a time": (
        lambda feed: feed.change("stop_times", "t0,09:00:00,09:00:00", "t0,,"),
        r"stop_times.txt, row 2, departure_time: expected a time at both ends of a trip",
    ),
    "a sequence twice": (
        lambda feed: feed.change("stop_times", "B,2", "B,1"),
        r"stop_times.txt, row 3, stop_sequence: found '1', expected each stop_sequence of a trip",
    ),
    "two time zones": (
        lambda feed: feed.change("agency", "Amsterdam", "Amsterdam\nb,Trein,http://x,Europe/Rome"),
        r"agency_timezone: found 'Europe/Amsterdam, Europe/Rome', expected one time zone",
    ),
    "a time zone that is none": (
        lambda feed: feed.change("agency", "Europe/Amsterdam", "Europe/Zwolle"),
        r"agency_timezone: found 'Europe/Zwolle', expected a time zone such as Europe/Amsterdam",
    ),
    "a date that is none": (
        lambda feed: feed.change("calendar", "20261201", "2026-12-01"),
        r"calendar.txt, row 2, start_date: found '2026-12-01', expected a date such as 20261208",
    ),
    "a calendar that ends before it begins": (
        lambda feed: feed.change("calendar", "20261201,20261231", "20261231,20261201"),
        r"calendar.txt, row 2, end_date: found '20261201', expected a day on or after start_date",
    ),
    "a frequency of nothing": (
        lambda feed: feed.with_table(
            "frequencies", "trip_id,start_time,end_time,headway_secs\nt0,06:00:00,07:00:00,0\n"
        ),
        r"frequencies.txt, row 2, headway_secs: found '0', expected a whole number of seconds",
    ),
    "a row that is too short": (
        lambda feed: feed.change("stop_times", ",B,2", ""),
        r"stop_times.txt: expected a table in UTF-8 \(.*",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_feed_is_told_what_is_wrong(tmp_path: Path, kind: str) -> None:
    change, message = WRONG[kind]
    with pytest.raises(InputError, match=message):
        connections(tmp_path, change(GOOD))


def test_what_is_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with pytest.raises(InputError, match=r"expected a feed: a .zip file or a folder"):
        read_feed(path)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(InputError, match=r"feed.zip: expected a feed in a whole .zip file"):
        read_feed(path)
    whole = GOOD.write(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"expected a feed in a whole .zip file"):
        read_feed(path)


def test_a_damaged_table(tmp_path: Path) -> None:
    path = GOOD.write(tmp_path / "feed.zip")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        begin = packed.getinfo("stops.txt").header_offset + 30 + len("stops.txt")
    content[begin + 5 : begin + 15] = b"\0" * 10
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"feed.zip, stops.txt: expected a table that can be read"):
        read_feed(path)


@pytest.mark.parametrize("name", ["../stops.txt", "/etc/stops.txt", "a\\stops.txt", "C:stops.txt"])
def test_hostile_names_are_refused(tmp_path: Path, name: str) -> None:
    path = GOOD.write(tmp_path / "feed.zip")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, "stop_id\n")
    with pytest.raises(InputError, match=r"expected names of tables such as stops.txt, no paths"):
        read_feed(path)


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feed.zip"
    GOOD.with_table("shapes", "0" * 25_000_000).write(path)
    with pytest.raises(InputError, match=r"shapes.txt: found '\d+ bytes that unpack to 25000000'"):
        read_feed(path)
    monkeypatch.setattr(archive, "_LARGEST", 100.0)
    with pytest.raises(InputError, match=r"expected tables of at most 0 GB together"):
        read_feed(GOOD.write(path))


def test_tables_in_a_folder_inside_the_zip(tmp_path: Path) -> None:
    path = GOOD.write(tmp_path / "feed.zip", folder="gtfs/")
    with pytest.raises(InputError, match=r"found 'gtfs/stops.txt', expected stops.txt and the"):
        read_feed(path)
