"""Trips door to door: on paper, against a plain reference, and what must always hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from feeds import (
    RULES,
    STEP_SECONDS,
    SUNDAY,
    TUESDAY,
    at,
    drawn,
    points,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact.errors import InputError
from impact.transit.feed import read_feed
from impact.transit.reference import earliest
from impact.transit.times import TransitTimes, prepare_searches, transit_times, working_day
from impact.transit.timetable import read_stops, read_timetable
from impact.transit.walking import crow_flight, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from feeds import Drawn, Trip

    from impact.transit.rules import TransitRules

# home 0          A 2              B 40   C 42            D 90   hospital 92
#   |--- walk -----|----- bus ------|-walk-|----- bus ------|--- walk ----|
STOPS = {"A": 2, "B": 40, "C": 42, "D": 90}
HOME, HOSPITAL = {"home": 0}, {"hospital": 92}
MINUTE = 60.0


def computed(
    folder: Path, feed: Drawn, *, day: str = TUESDAY, rules: TransitRules = RULES, **ends: object
) -> TransitTimes:
    path = feed.write(folder / "feed.zip")
    home, hospital = ends.get("home", HOME), ends.get("hospital", HOSPITAL)
    return transit_times(
        [read_feed(path)],
        crow_flight(),
        points(home),
        points(hospital),
        day=dt.date.fromisoformat(day),
        rules=rules,
    )


def minutes_there(folder: Path, *trips: Trip, rules: TransitRules = RULES) -> float:
    """Minutes to an appointment at ten on a working day, with a bus home at noon."""
    home = [at("12:00", "D", "C"), at("12:20", "B", "A")]
    times = computed(folder, drawn(STOPS, [*trips, *home]), rules=rules)
    return float(times.minutes[0, 0])


def test_walk_wait_ride_change_walk(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "B"), at("09:10", "C", "D", minutes=10)]
    # leaves at 9:00 less a walk of two steps; the change takes a walk of two steps and a minute
    assert minutes_there(tmp_path, *trips) == pytest.approx(60 + 200 / MINUTE)


def test_a_change_that_is_missed_by_a_second_takes_the_bus_before(tmp_path: Path) -> None:
    early, late = at("08:40", "A", "B"), at("09:00", "A", "B")
    # 9:05 + 200 s + 60 s is 9:09:20
    in_time = ("daily", [("C", "09:09:20", "09:09:20"), ("D", "09:20:00", "09:20:00")])
    too_late = ("daily", [("C", "09:09:19", "09:09:19"), ("D", "09:20:00", "09:20:00")])
    assert minutes_there(tmp_path, early, late, in_time) == pytest.approx(60 + 200 / MINUTE)
    assert minutes_there(tmp_path, early, late, too_late) == pytest.approx(80 + 200 / MINUTE)


def test_a_bus_that_arrives_after_the_appointment_is_of_no_use(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "B"), at("09:50", "C", "D")]
    # 9:55 and a walk of 200 s is before ten; five minutes later it is not
    assert minutes_there(tmp_path, *trips) == pytest.approx(60 + 200 / MINUTE)
    assert minutes_there(tmp_path, trips[0], at("09:55", "C", "D")) == np.inf


def test_the_limit_on_changes_holds(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "B"), at("09:10", "C", "D", minutes=10)]
    assert minutes_there(tmp_path, *trips, rules=replace(RULES, changes=0)) == np.inf
    slow = at("08:40", "A", "D", minutes=70)
    times = [
        minutes_there(tmp_path, *trips, slow, rules=replace(RULES, changes=changes))
        for changes in (0, 1)
    ]
    # home needs a change as well, so that without changes there is no connection
    assert times == [np.inf, pytest.approx(60 + 200 / MINUTE)]


def test_no_service_on_sunday_and_none_on_saturday(tmp_path: Path) -> None:
    week = [
        at("09:00", "A", "B", service="week"),
        at("09:10", "C", "D", minutes=10, service="week"),
        at("11:30", "D", "A", minutes=30, service="week"),
    ]
    times = computed(tmp_path, drawn(STOPS, week))
    assert times.share[0, 0] == 0.5
    assert times.changes[0, 0] == 1
    assert [note.key for note in times.notes if "saturday" in note.key] == ["transit_no_saturday"]
    with pytest.raises(InputError, match=r"found '2026-12-13', expected a day from Monday"):
        computed(tmp_path, drawn(STOPS, week), day=SUNDAY)
    only = [at("09:00", "A", "D", service="saturday")]
    with pytest.raises(InputError, match=r"feed.zip: 2026-12-01 – 2026-12-31"):
        computed(tmp_path, drawn(STOPS, only))


def test_a_day_outside_the_timetable_says_which_days_there_are(tmp_path: Path) -> None:
    feed = drawn(STOPS, [at("09:00", "A", "D")])
    message = r"--date: found '2027-01-05', expected a day .*2026-12-01 – 2026-12-31"
    with pytest.raises(InputError, match=message):
        computed(tmp_path, feed, day="2027-01-05")
    # the Saturday after it counts too
    with pytest.raises(InputError, match=r"found '2027-01-02'"):
        computed(tmp_path, feed, day="2026-12-31")


def test_without_a_way_home_there_is_no_connection(tmp_path: Path) -> None:
    times = computed(tmp_path, drawn(STOPS, [at("09:00", "A", "D", minutes=30)]))
    assert times.share[0, 0] == 0.0
    assert times.minutes[0, 0] == np.inf
    assert not times.connected.any()


def test_the_last_way_home(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "D", minutes=30), at("11:30", "D", "A", minutes=30)]
    late = at("19:43", "D", "A", minutes=30)
    times = computed(tmp_path, drawn(STOPS, [*trips, late]))
    # the bus of 19:43 is reached from the hospital when one leaves by 19:39:40
    assert times.last_home[0, 0] == 19 * 3600 + 35 * 60
    times = computed(tmp_path, drawn(STOPS, trips))
    assert np.isnan(times.last_home[0, 0])


def test_trips_past_midnight_bring_people_home(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "D", minutes=30), at("11:30", "D", "A", minutes=30)]
    night = at("24:20", "D", "A", minutes=30)
    times = computed(tmp_path, drawn(STOPS, [*trips, night]))
    assert times.last_home[0, 0] == 24 * 3600 + 15 * 60
    # the same bus as the next day's timetable writes it
    morning = at("00:20", "D", "A", minutes=30)
    again = computed(tmp_path, drawn(STOPS, [*trips, morning]))
    assert again.last_home[0, 0] == times.last_home[0, 0]


def test_who_lives_next_door_walks(tmp_path: Path) -> None:
    feed = drawn(STOPS, [at("09:00", "A", "D", minutes=30)])
    times = computed(tmp_path, feed, home={"near": 90, "far": 0}, hospital={"hospital": 92})
    assert times.minutes[0, 0] == pytest.approx(200 / MINUTE)
    assert times.share[0, 0] == 1.0
    assert times.changes[0, 0] == 0


def test_two_time_zones_meet_on_one_clock(tmp_path: Path) -> None:
    here = drawn({"A": 2, "B": 40}, [at("09:00", "A", "B"), at("11:30", "B", "A")])
    # an hour behind: 8:10 there is 9:10 here
    there = drawn(
        {"C": 42, "D": 90},
        [at("08:10", "C", "D", minutes=10), at("10:10", "D", "C")],
        zone="Europe/London",
    )
    feeds = [read_feed(here.write(tmp_path / "a.zip")), read_feed(there.write(tmp_path / "b.zip"))]
    times = transit_times(
        feeds,
        crow_flight(),
        points(HOME),
        points(HOSPITAL),
        day=dt.date.fromisoformat(TUESDAY),
        rules=RULES,
    )
    assert times.minutes[0, 0] == pytest.approx(60 + 200 / MINUTE)
    assert times.share[0, 0] == 1.0


def test_a_feed_given_twice_is_refused_and_one_that_overlaps_is_noted(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "D", minutes=30), at("11:30", "D", "A", minutes=30)]
    one = read_feed(drawn(STOPS, trips).write(tmp_path / "a.zip"))
    more = drawn(STOPS, [*trips, at("15:00", "A", "D")])
    other = read_feed(more.write(tmp_path / "b.zip"))
    ask = {"day": dt.date.fromisoformat(TUESDAY), "rules": RULES}
    with pytest.raises(InputError, match=r"a.zip: expected another feed than a.zip"):
        transit_times([one, one], crow_flight(), points(HOME), points(HOSPITAL), **ask)
    alone = transit_times([one], crow_flight(), points(HOME), points(HOSPITAL), **ask)
    both = transit_times([one, other], crow_flight(), points(HOME), points(HOSPITAL), **ask)
    assert both.minutes == alone.minutes == pytest.approx(60 + 200 / MINUTE)
    (note,) = (note for note in both.notes if note.key == "transit_overlap")
    assert str(note).startswith("2 rides occur in more than one of the timetables")
    assert note.fields["names"] == ("a.zip", "b.zip")


def test_changes_that_a_feed_forbids_or_slows(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "B"), at("09:12", "B", "D"), at("11:30", "D", "A", minutes=30)]
    feed = drawn(STOPS, trips)
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    took = [
        computed(tmp_path, feed.with_table("transfers", header + row)).minutes[0, 0]
        for row in ("B,B,2,420", "B,B,2,421", "B,B,3,", "A,B,0,")
    ]
    possible = pytest.approx(60 + 200 / MINUTE)
    assert took == [possible, np.inf, np.inf, possible]


def test_changes_between_certain_lines_are_noted_and_bind_nobody_else(tmp_path: Path) -> None:
    trips = [at("09:00", "A", "B"), at("09:12", "B", "D"), at("11:30", "D", "A", minutes=30)]
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id\n"
    feed = drawn(STOPS, trips).with_table("transfers", header + "B,B,3,,t2\nB,B,4,,\n")
    times = computed(tmp_path, feed)
    assert times.minutes[0, 0] == pytest.approx(60 + 200 / MINUTE)
    assert [note.fields["count"] for note in times.notes if note.key == "transit_apart"] == [2]


def test_a_station_takes_time_to_walk_through(tmp_path: Path) -> None:
    feed = drawn(STOPS, [at("09:00", "A", "D", minutes=30), at("11:30", "D", "A", minutes=30)])
    stops = (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        + "".join(
            f"{line},,{'S' if line.startswith('A,') else ''}\n"
            for line in feed.tables["stops"].splitlines()[1:]
        )
        + "".join(
            f"{name},Station,{line},{kind},{above}\n"
            for name, kind, above in (("S", 1, ""), ("E", 2, "S"))
            for line in [",".join(feed.tables["stops"].splitlines()[1].split(",")[2:])]
        )
    )
    pathways = "from_stop_id,to_stop_id,is_bidirectional,traversal_time\nA,E,1,90\n"
    slow = feed.with_table("stops", stops).with_table("pathways", pathways)
    plain = computed(tmp_path, feed).minutes[0, 0]
    assert plain == pytest.approx(60 + 200 / MINUTE)
    assert computed(tmp_path, slow).minutes[0, 0] == pytest.approx(plain + 1.5)


def test_a_working_day_is_a_tuesday() -> None:
    monday = dt.date(2026, 11, 30)
    assert [str(working_day(monday + dt.timedelta(days=n))) for n in (0, 1, 2)] == [
        "2026-12-01",
        "2026-12-01",
        "2026-12-08",
    ]


# ---- random feeds on a line of nine stops, 300 m apart, against the reference

PLACES = {name: 3.0 * step for step, name in enumerate("ABCDEFGHI")}
ENDS = {"one": 0.0, "two": 8.0, "three": 17.0}


@st.composite
def lines(draw: st.DrawFn) -> list[Trip]:
    trips = []
    for _ in range(draw(st.integers(1, 7))):
        calls = draw(st.lists(st.sampled_from("ABCDEFGHI"), min_size=2, max_size=5, unique=True))
        clock = draw(st.integers(9 * 60, 9 * 60 + 50)) * 60
        times = []
        for stop in calls:
            arrival = clock
            clock += draw(st.sampled_from([0, 0, 90]))
            times.append((stop, _clock(arrival), _clock(clock)))
            clock += draw(st.integers(1, 8)) * 60
        trips.append(("daily", times))
    return trips


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _seconds(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _walk(here: float, there: float, limit: int) -> int | None:
    seconds = round(abs(here - there) * STEP_SECONDS)
    return seconds if seconds <= limit else None


def _near(
    here: Mapping[str, float], there: Mapping[str, float], limit: int
) -> dict[tuple[str, str], int]:
    found = {
        (one, other): _walk(a, b, limit) for one, a in here.items() for other, b in there.items()
    }
    return {pair: seconds for pair, seconds in found.items() if seconds is not None}


def reference(trips: Sequence[Trip], home: float, hospital: float, rules: TransitRules) -> float:
    """Seconds to the appointment, by the reference in the timetable that runs backwards."""
    rides = [
        (b[0], a[0], -_seconds(b[1]), -_seconds(a[2]), number)
        for number, (_, calls) in enumerate(trips)
        for a, b in pairwise(calls)
    ]
    start = {stop: each for (_, stop), each in _near({"": hospital}, PLACES, rules.walk).items()}
    end = {stop: each for (_, stop), each in _near({"": home}, PLACES, rules.walk).items()}
    near = _near(PLACES, PLACES, rules.change_walk)
    moment = -rules.appointments[0]
    found = earliest(rides, near, start, end, moment, rules.changes + 1, rules.change) - moment
    walked = _walk(home, hospital, rules.walk)
    found = found if walked is None else min(found, walked)
    return found if found <= rules.limit else np.inf


def searched(folder: Path, trips: Sequence[Trip], rules: TransitRules) -> np.ndarray:
    """Seconds to the appointment from every end to every other, by the search of ours."""
    feed = read_feed(drawn(PLACES, trips).write(folder / "random.zip"))
    stops = read_stops([feed])
    timetable, _ = read_timetable([feed], stops, dt.date.fromisoformat(TUESDAY))
    network = crow_flight()
    ends = points(ENDS)
    joined = places(network, ends["lat"].to_numpy(), ends["lon"].to_numpy())
    at_stops = places(network, stops.lat, stops.lon)
    _, (search,) = prepare_searches([timetable], stops, network, (joined, joined, at_stops), rules)
    return np.array(
        [search.trips(column, -rules.appointments[0]).seconds for column in range(len(ENDS))]
    ).T


FREE = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FREE
@given(trips=lines(), changes=st.integers(0, 3))
def test_the_scan_is_equal_to_the_reference(
    tmp_path: Path, trips: list[Trip], changes: int
) -> None:
    rules = replace(RULES, changes=changes)
    expected = [
        [reference(trips, home, hospital, rules) for hospital in ENDS.values()]
        for home in ENDS.values()
    ]
    np.testing.assert_allclose(searched(tmp_path, trips, rules), expected)


@FREE
@given(trips=lines(), later=st.integers(1, 1800))
def test_a_later_appointment_never_makes_the_departure_earlier(
    tmp_path: Path, trips: list[Trip], later: int
) -> None:
    unlimited = replace(RULES, limit=20000)
    moved = replace(unlimited, appointments=(RULES.appointments[0] + later,))
    departure = RULES.appointments[0] - searched(tmp_path, trips, unlimited)
    departure_later = moved.appointments[0] - searched(tmp_path, trips, moved)
    assert (departure_later >= departure).all()


@FREE
@given(trips=lines(), removed=st.integers(0, 6))
def test_removing_a_trip_never_shortens(tmp_path: Path, trips: list[Trip], removed: int) -> None:
    fewer = [trip for number, trip in enumerate(trips) if number != removed] or trips
    assert (searched(tmp_path, fewer, RULES) >= searched(tmp_path, trips, RULES)).all()


@FREE
@given(trips=lines())
def test_walking_all_the_way_bounds_every_trip(tmp_path: Path, trips: list[Trip]) -> None:
    far = replace(RULES, walk=2000)
    place = np.array(list(ENDS.values()))
    walked = np.abs(place[:, None] - place) * STEP_SECONDS
    assert (searched(tmp_path, trips, far) <= walked).all()


@FREE
@given(trips=lines(), changes=st.integers(0, 2))
def test_one_more_change_never_makes_longer(
    tmp_path: Path, trips: list[Trip], changes: int
) -> None:
    few, more = (replace(RULES, changes=each) for each in (changes, changes + 1))
    assert (searched(tmp_path, trips, more) <= searched(tmp_path, trips, few)).all()
