"""Door to door by public transport: to an appointment, and home after it.

A trip is a walk to a stop, rides with changes between them, and a walk from the last stop; or a
walk all the way. With appointment A, latest departure D(A) from home so that one is at the hospital
by A, and earliest arrival home H(A + visit) of who leaves the hospital after the visit,

    minutes there = A - D(A)                  (with the wait before the appointment)
    minutes home  = H(A + visit) - (A + visit)

There is a connection at an appointment where both are at most the limit, with at most so many
changes. Over the appointments of a working day and of a Saturday,

    share   = appointments with a connection / appointments
    minutes = median of minutes there, over appointments with a connection

Where there is none at all, minutes are infinite: *no connection* is counted in people, and never
enters a mean as a large number.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from impact.errors import Fault, InputError
from impact.messages import said
from impact.notes import Note
from impact.times.selection import places_of
from impact.transit.feed import no_service
from impact.transit.rules import TransitRules, clock, clock_seconds
from impact.transit.timetable import change_walks, read_stops, read_timetable
from impact.transit.walking import outside_note, places, walks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.transit.feed import Feed
    from impact.transit.timetable import Stops, Timetable
    from impact.transit.walking import Places, WalkNetwork, Walks

    _Floats = NDArray[np.float64]

SATURDAY = 5
WORKING_DAYS = 5
NOT_INSTALLED = "numba, for public transport: pip install 'impact-reistijd[transit]'"


@dataclass(frozen=True, eq=False)
class TransitTimes:
    """Trips by public transport from origins to destinations and back.

    Attributes
    ----------
    origins, destinations
        Identifiers, unique.
    minutes : ndarray of float, shape (n_origins, n_destinations)
        Median minutes there, from leaving home to the appointment; infinite without a connection.
    share : ndarray of float, same shape
        Of the appointments at which there is a connection, there and home; 0 to 1.
    changes : ndarray of float, same shape
        Median number of changes on the way there (the higher of two); NaN without a connection or
        where not known.
    minutes_home : ndarray of float, same shape
        Median minutes home; infinite without a connection, NaN where not known.
    last_home : ndarray of float, same shape
        Seconds of the working day: the latest moment to leave the hospital and be home within the
        limit; NaN where there is none after ``last_from``, or where not known.
    manifest
        Feeds with hashes and dates, walking network, rules.
    notes
        What was filled in, skipped, or lies outside.
    """

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    minutes: NDArray[np.float64]
    share: NDArray[np.float64]
    changes: NDArray[np.float64]
    minutes_home: NDArray[np.float64]
    last_home: NDArray[np.float64]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def connected(self) -> NDArray[np.bool_]:
        """Whether there is a connection at any appointment."""
        return np.isfinite(self.minutes)

    @property
    def last_until(self) -> int:
        """Second of the day up to which the last way home was looked for."""
        stated = self.manifest.get("rules", {}).get("last_home")
        found = None if stated is None else clock_seconds(str(stated[1]))
        return TransitRules.last_until if found is None else found

    def select(
        self, origins: Sequence[str], destinations: Sequence[str], *, source: str = "transit"
    ) -> TransitTimes:
        """Return the part for some origins and destinations, in that order.

        Parameters
        ----------
        origins, destinations
            What is needed.
        source
            Name of the matrix, for messages.

        Returns
        -------
        TransitTimes

        Raises
        ------
        InputError
            Naming what is lacking, and the nearest names there are.
        """
        known = (self.origins, self.destinations)
        square = places_of(known, (origins, destinations), source)
        return replace(
            self,
            origins=tuple(origins),
            destinations=tuple(destinations),
            minutes=self.minutes[square],
            share=self.share[square],
            changes=self.changes[square],
            minutes_home=self.minutes_home[square],
            last_home=self.last_home[square],
        )


class Trips(NamedTuple):
    """Trips between origins and one destination, at one moment.

    Attributes
    ----------
    seconds : ndarray of float, shape (n_origins,)
        Door to door; infinite beyond the limit.
    changes : ndarray of float, shape (n_origins,)
        Of the fastest trip, the fewest; NaN without one.
    """

    seconds: _Floats
    changes: _Floats


@dataclass(frozen=True, eq=False)
class Search:
    """One timetable with the walks of its stops, ready to be searched from a destination.

    Attributes
    ----------
    table
        Connections; mirrored for trips towards the destination.
    change
        What changing takes, from stop to stop; turned around for a mirrored table.
    here
        Walks from destinations to stops.
    there
        Walks from origins to stops.
    direct
        Walks from destinations to origins.
    rules
        Limits.
    """

    table: Timetable
    change: Walks
    here: Walks
    there: Walks
    direct: Walks
    rules: TransitRules

    def trips(self, destination: int, moment: int) -> Trips:
        """Find the trips from a destination that begin at a moment of the table.

        Parameters
        ----------
        destination
            Its place.
        moment
            Seconds on the clock of the table, negative in a mirrored one.

        Returns
        -------
        Trips
        """
        from impact.transit.scan import NEVER, scan

        rules, table = self.rules, self.table
        ready = np.full(len(self.change.start) - 1, NEVER, dtype=np.int32)
        legs = slice(*self.here.start[destination : destination + 2])
        ready[self.here.to[legs]] = moment + self.here.seconds[legs]
        alight = scan(
            table.dep_stop,
            table.arr_stop,
            table.dep,
            table.arr,
            table.vehicle,
            table.enter,
            table.leave,
            self.change.start,
            self.change.to,
            self.change.seconds,
            ready,
            int(np.searchsorted(table.dep, moment)),
            moment + rules.limit,
            rules.changes + 1,
            table.vehicles,
        )
        count = len(self.there.start) - 1
        by_ride = np.full((rules.changes + 2, count), np.inf)
        walked = slice(*self.direct.start[destination : destination + 2])
        by_ride[0, self.direct.to[walked]] = self.direct.seconds[walked]
        filled = np.flatnonzero(np.diff(self.there.start))
        if len(filled):
            arrival = alight[:, self.there.to].astype(np.float64)
            arrival[arrival == NEVER] = np.inf
            ends = arrival + self.there.seconds - moment
            by_ride[1:, filled] = np.minimum.reduceat(ends, self.there.start[filled], axis=1)
        by_ride[by_ride > rules.limit] = np.inf
        fewest = by_ride.argmin(axis=0)
        seconds = by_ride.min(axis=0)
        changes = np.maximum(fewest - 1.0, 0.0)
        return Trips(seconds, np.where(np.isfinite(seconds), changes, np.nan))


def check_engine() -> None:
    """Refuse to begin where what computes is not installed.

    Raises
    ------
    InputError
        Naming the package and how to install it.
    """
    try:
        import impact.transit.scan  # noqa: F401 (whether it can be loaded)
    except ImportError as error:
        raise InputError(Fault("--mode transit", "", "", str(error), NOT_INSTALLED)) from error


def working_day(today: dt.date) -> dt.date:
    """Return the next Tuesday: a working day like others.

    Parameters
    ----------
    today
        From which on.

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> working_day(dt.date(2026, 11, 30))
    datetime.date(2026, 12, 1)
    """
    return today + dt.timedelta(days=(1 - today.weekday()) % 7)


def transit_times(
    feeds: Sequence[Feed],
    network: WalkNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    day: dt.date,
    rules: TransitRules | None = None,
    asked_with: str = "--date",
    progress: Callable[[int, int], None] | None = None,
) -> TransitTimes:
    """Compute the trips from origins to destinations, and home.

    Parameters
    ----------
    feeds
        From `impact.transit.feed.read_feed`, at least one.
    network
        From `impact.transit.walking.walk_network`.
    origins, destinations
        Index: identifiers; columns ``lat`` and ``lon`` (degrees).
    day
        A working day; the Saturday is the one after it.
    rules
        Appointments and limits; the shipped ones by default.
    asked_with
        Option or key that named the day, for messages.
    progress
        Called with (destinations done, all destinations).

    Returns
    -------
    TransitTimes

    Raises
    ------
    InputError
        For a day that a feed does not cover, a feed given twice, stop times that are wrong, and a
        network that no stop lies near.
    """
    check_engine()
    rules = TransitRules() if rules is None else rules
    days = _days(feeds, day, asked_with)
    stops = read_stops(feeds)
    tables, notes = [], [note for feed in feeds for note in feed.notes]
    for each in days:
        table, found = read_timetable(feeds, stops, each)
        tables.append(table)
        notes += [note for note in found if note not in notes]
    if not len(tables[0].dep):
        raise InputError(no_service(feeds, days[0], asked_with))
    if not len(tables[1].dep):
        notes.append(Note.of("transit_no_saturday", day=str(days[1])))
    used = np.unique(np.concatenate([part for each in tables for part in _ends(each)]))
    stops = stops.part(used.astype(np.int64))
    tables = [_renumbered(each, used) for each in tables]
    here, hospitals = (
        places(network, part["lat"].to_numpy(np.float64), part["lon"].to_numpy(np.float64))
        for part in (origins, destinations)
    )
    at_stops = places(network, stops.lat, stops.lon)
    notes += _outside(stops, at_stops, (origins, destinations), (here, hospitals), network)
    forward, backward = prepare_searches(tables, stops, network, (here, hospitals, at_stops), rules)
    moments = [(which, each) for which in range(len(days)) for each in rules.appointments]
    shape = (len(origins), len(destinations))
    out = {name: np.full(shape, np.nan) for name in ("minutes", "share", "changes", "home", "last")}
    for column in range(len(destinations)):
        there = [backward[which].trips(column, -each) for which, each in moments]
        home = [forward[which].trips(column, each + rules.visit) for which, each in moments]
        for name, values in _measured(there, home).items():
            out[name][:, column] = values
        out["last"][:, column] = _last_home(forward[0], column)
        if progress is not None:
            progress(column + 1, len(destinations))
    return TransitTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        out["minutes"],
        out["share"],
        out["changes"],
        out["home"],
        out["last"],
        _manifest(feeds, network, rules, days, tables),
        tuple(notes),
    )


def _days(feeds: Sequence[Feed], day: dt.date, asked_with: str) -> tuple[dt.date, dt.date]:
    """Return the working day and the Saturday, which every feed must cover."""
    hashes = [each.sha256 for each in feeds]
    for place, feed in enumerate(feeds):
        if feed.sha256 in hashes[:place]:
            twin = feeds[hashes.index(feed.sha256)].name
            raise InputError(
                Fault(feed.name, "", "", None, said("another feed than {twin}", twin=twin))
            )
    if day.weekday() >= WORKING_DAYS:
        expected = "a day from Monday to Friday; the Saturday after it is taken too"
        raise InputError(Fault("", "", asked_with, str(day), expected))
    saturday = day + dt.timedelta(days=SATURDAY - day.weekday())
    for each in (day, saturday):
        absent = [feed for feed in feeds if not feed.dates[0] <= each <= feed.dates[1]]
        if absent:
            raise InputError(no_service(absent, each, asked_with))
    return day, saturday


def _ends(table: Timetable) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return table.dep_stop, table.arr_stop


def _renumbered(table: Timetable, used: NDArray[np.int32]) -> Timetable:
    """Return a timetable whose stops are numbered by their place among the used ones."""
    here, there = (np.searchsorted(used, each).astype(np.int32) for each in _ends(table))
    return replace(table, dep_stop=here, arr_stop=there)


def _outside(
    stops: Stops,
    at_stops: Places,
    points: tuple[pd.DataFrame, pd.DataFrame],
    joined: Sequence[Places],
    network: WalkNetwork,
) -> list[Note]:
    """Note what lies too far from the walking network; a network that no stop is near is wrong."""
    far = at_stops.outside
    if far.all():
        box = [network.lat.min(), network.lon.min(), network.lat.max(), network.lon.max()]
        place = f"{stops.lat[0]:.3f}, {stops.lon[0]:.3f}"
        south, west, north, east = (f"{each:.3f}" for each in box)
        expected = said(
            "stops inside the walking network ({south}, {west} to {north}, {east})",
            south=south,
            west=west,
            north=north,
            east=east,
        )
        name = str(network.about.get("name", "roads"))
        raise InputError(Fault(name, "", "stops.txt", place, expected))
    notes = []
    if far.any():
        notes.append(outside_note("stops", tuple(map(str, stops.name[far]))))
    kinds = ("origins", "destinations")
    for kind, part, place_of in zip(kinds, points, joined, strict=True):
        if place_of.outside.any():
            notes.append(outside_note(kind, tuple(map(str, part.index[place_of.outside]))))
    return notes


def prepare_searches(
    tables: Sequence[Timetable],
    stops: Stops,
    network: WalkNetwork,
    joined: tuple[Places, Places, Places],
    rules: TransitRules,
) -> tuple[list[Search], list[Search]]:
    """Prepare the searches of some days.

    Parameters
    ----------
    tables
        A timetable per day, its stops numbered as in `stops`.
    stops
        Of the timetables.
    network
        That people walk along.
    joined
        Origins, destinations and stops, joined to the network.
    rules
        Limits.

    Returns
    -------
    list of Search, list of Search
        Per day: home from the destinations, and towards them.
    """
    origins, destinations, at_stops = joined
    how = {"speed": rules.speed}
    near = walks(network, at_stops, at_stops, limit=rules.change_walk, **how)
    change = change_walks(stops, near, rules.change)
    here, there = (
        _with_exits(walks(network, each, at_stops, limit=rules.walk, **how), stops)
        for each in (destinations, origins)
    )
    direct = walks(network, destinations, origins, limit=rules.walk, **how)
    turned = change.turned(len(stops.lat))
    forward = [Search(each, change, here, there, direct, rules) for each in tables]
    backward = [Search(each.mirrored(), turned, here, there, direct, rules) for each in tables]
    return forward, backward


def _with_exits(legs: Walks, stops: Stops) -> Walks:
    """Add the way through the station to walks to its platforms."""
    return replace(legs, seconds=legs.seconds + stops.exit[legs.to])


def _measured(there: Sequence[Trips], home: Sequence[Trips]) -> dict[str, _Floats]:
    """Work out the measures of the module over all appointments."""
    out = np.array([each.seconds for each in there])
    back = np.array([each.seconds for each in home])
    both = np.isfinite(out) & np.isfinite(back)
    some = both.any(axis=0)
    changes = np.array([each.changes for each in there])
    median = {"minutes": (out / 60.0, np.inf), "home": (back / 60.0, np.inf)}
    found = {"share": both.mean(axis=0)}
    for name, (values, nothing) in {**median, "changes": (changes, np.nan)}.items():
        result = np.full(len(some), nothing)
        result[some] = np.nanmedian(np.where(both, values, np.nan)[:, some], axis=0)
        found[name] = result
    found["changes"] = np.ceil(found["changes"])
    return found


def _last_home(search: Search, destination: int) -> _Floats:
    """Seconds of the day at which one leaves for home at the latest, on the grid of the rules."""
    rules = search.rules
    last = np.full(len(search.there.start) - 1, np.nan)
    walked = slice(*search.direct.start[destination : destination + 2])
    # who can walk home always can
    last[search.direct.to[walked]] = rules.last_until
    waiting = np.flatnonzero(np.diff(search.there.start))
    for moment in range(rules.last_until, rules.last_from - 1, -rules.last_step):
        waiting = waiting[np.isnan(last[waiting])]
        if not len(waiting):
            break
        reached = np.isfinite(search.trips(destination, moment).seconds[waiting])
        last[waiting[reached]] = moment
    return last


def _manifest(
    feeds: Sequence[Feed],
    network: WalkNetwork,
    rules: TransitRules,
    days: tuple[dt.date, dt.date],
    tables: Sequence[Timetable],
) -> dict[str, Any]:
    """Say what trips were made of, in plain values."""
    return {
        "mode": "transit",
        "feeds": [
            {
                "name": each.name,
                "sha256": each.sha256,
                "first_day": str(each.dates[0]),
                "last_day": str(each.dates[1]),
                "publisher": "; ".join(
                    filter(None, each.tables["feed_info"]["feed_publisher_name"])
                ),
                "version": "; ".join(filter(None, each.tables["feed_info"]["feed_version"])),
                "time_zone": each.zone,
                **_terms(each),
            }
            for each in feeds
        ],
        "working_day": str(days[0]),
        "saturday": str(days[1]),
        "connections": [len(each.dep) for each in tables],
        "walking": dict(network.about),
        "rules": {
            "appointments": [clock(each) for each in rules.appointments],
            "visit_minutes": rules.visit / 60,
            "limit_minutes": rules.limit / 60,
            "changes": rules.changes,
            "change_minutes": rules.change / 60,
            "walk_minutes": rules.walk / 60,
            "change_walk_minutes": rules.change_walk / 60,
            "walking_kmh": rules.speed,
            "last_home": [clock(rules.last_from), clock(rules.last_until), rules.last_step // 60],
            "table": [{"name": name, "sha256": sha256} for name, sha256 in rules.source],
        },
    }


def _terms(feed: Feed) -> dict[str, str]:
    """Where a feed was downloaded from, when, and under which licence; nothing where not known."""
    from impact.fetch.download import read_record
    from impact.fetch.sources import read_sources

    record = read_record(feed.path)
    if record is None or record.sha256 != feed.sha256:
        return {}
    known = [each for each in read_sources() if each.url == record.url]
    terms = {"licence": known[0].licence, "attribution": known[0].attribution} if known else {}
    return {"url": record.url, "fetched": record.fetched, **terms}
