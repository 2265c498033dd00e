"""The timetable of one day: every connection between two stops, from one or more feeds.

What feeds leave open is filled by the rules of GTFS: an empty time lies between those around it by
the distance along the trip, a frequency stands for its trips, a day has the early hours of the next
and the late ones of the day before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.geodesy import stretch_km
from impact.messages import said
from impact.notes import Note
from impact.transit.feed import BLANK, Feed, of_some_trips, seconds_of
from impact.transit.walking import Walks, walks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_Seconds = TypeVar("_Seconds")

DAY = 24 * 3600
LATEST = 32 * 3600
"""Departures after it are of no use to who goes home today."""

_SHOWN = 5
_NO_CHANGE = "3"
_LEAST = "2"
_PATH_SPEED = 1.0
"""Metres per second inside a station, where the feed gives a length only."""


@dataclass(frozen=True, eq=False)
class Stops:
    """Stops of all feeds together.

    Attributes
    ----------
    name : ndarray of str, shape (n,)
    lat, lon : ndarray of float, shape (n,)
        Degrees; of what has no place of its own, that of its station.
    exit : ndarray of int32, shape (n,)
        Seconds along the pathways of the station between a platform and the street; 0 without.
    paths
        (from, to) -> seconds along the pathways between platforms of a station.
    changes
        (from, to) -> seconds that the feed sets for a change; `None` where it forbids it.
    """

    name: NDArray[np.object_]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    exit: NDArray[np.int32]
    paths: Mapping[tuple[int, int], int]
    changes: Mapping[tuple[int, int], int | None]

    def part(self, used: NDArray[np.int64]) -> Stops:
        """Return some of the stops.

        Parameters
        ----------
        used : ndarray of int64
            Their places, sorted.

        Returns
        -------
        Stops
        """
        place = {old: new for new, old in enumerate(used.tolist())}

        def kept(pairs: Mapping[tuple[int, int], _Seconds]) -> dict[tuple[int, int], _Seconds]:
            return {
                (place[here], place[there]): each
                for (here, there), each in pairs.items()
                if here in place and there in place
            }

        return Stops(
            self.name[used],
            self.lat[used],
            self.lon[used],
            self.exit[used],
            kept(self.paths),
            kept(self.changes),
        )


@dataclass(frozen=True, eq=False)
class Timetable:
    """Connections of one day, sorted by departure.

    Attributes
    ----------
    dep_stop, arr_stop : ndarray of int32
        Places in `Stops`.
    dep, arr : ndarray of int32
        Seconds of the day.
    vehicle : ndarray of int32
        Trip of a day, counted over all feeds.
    enter, leave : ndarray of bool
        Whether one may board at `dep_stop`, and alight at `arr_stop`.
    vehicles
        How many trips there are.
    """

    dep_stop: NDArray[np.int32]
    arr_stop: NDArray[np.int32]
    dep: NDArray[np.int32]
    arr: NDArray[np.int32]
    vehicle: NDArray[np.int32]
    enter: NDArray[np.bool_]
    leave: NDArray[np.bool_]
    vehicles: int

    def mirrored(self) -> Timetable:
        """Return the timetable that runs backwards: times are negative, ways turned around.

        An earliest arrival in it is a latest departure in this one.

        Returns
        -------
        Timetable
        """
        order = np.lexsort((np.arange(len(self.dep))[::-1], -self.dep, -self.arr))
        return Timetable(
            dep_stop=self.arr_stop[order],
            arr_stop=self.dep_stop[order],
            dep=-self.arr[order],
            arr=-self.dep[order],
            vehicle=self.vehicle[order],
            enter=self.leave[order],
            leave=self.enter[order],
            vehicles=self.vehicles,
        )


def read_stops(feeds: Sequence[Feed]) -> Stops:
    """Put the stops of feeds together.

    Parameters
    ----------
    feeds
        From `impact.transit.feed.read_feed`; identifiers of one mean nothing in another.

    Returns
    -------
    Stops
    """
    names, lats, lons, exits = [], [], [], []
    changes: dict[tuple[int, int], int | None] = {}
    paths: dict[tuple[int, int], int] = {}
    offset = 0
    for feed in feeds:
        stops = feed.tables["stops"]
        place = {name: offset + row for row, name in enumerate(stops["stop_id"])}
        parent = stops["parent_station"].map(place)
        lat = pd.to_numeric(stops["stop_lat"].replace("", "nan")).to_numpy(np.float64, copy=True)
        lon = pd.to_numeric(stops["stop_lon"].replace("", "nan")).to_numpy(np.float64, copy=True)
        lacking = np.flatnonzero(np.isnan(lat) & parent.notna().to_numpy())
        above = parent.to_numpy()[lacking].astype(np.int64) - offset
        lat[lacking], lon[lacking] = lat[above], lon[above]
        names.append(stops["stop_name"].where(stops["stop_name"] != "", stops["stop_id"]))
        lats.append(lat)
        lons.append(lon)
        out, inside = _pathways(feed, place)
        exits.append(out)
        paths |= inside
        changes |= _transfers(feed, place)
        offset += len(stops)
    return Stops(
        np.concatenate([each.to_numpy(dtype=object) for each in names]),
        np.concatenate(lats),
        np.concatenate(lons),
        np.concatenate(exits),
        paths,
        changes,
    )


def _transfers(feed: Feed, place: Mapping[str, int]) -> dict[tuple[int, int], int | None]:
    """Return changes that a feed forbids or gives a least time; of a station, on all platforms."""
    table, stops = feed.tables["transfers"], feed.tables["stops"]
    within: dict[str, list[int]] = {name: [each] for name, each in place.items()}
    for name, parent in zip(stops["stop_id"], stops["parent_station"], strict=True):
        if parent:
            within[parent].append(place[name])
    table = table[~of_some_trips(table)]
    rows = zip(
        table["from_stop_id"],
        table["to_stop_id"],
        table["transfer_type"],
        table["min_transfer_time"],
        strict=True,
    )
    changes: dict[tuple[int, int], int | None] = {}
    for here, there, kind, least in rows:
        if not here or not there:
            continue
        if kind == _NO_CHANGE or (kind == _LEAST and least.isdigit()):
            seconds = None if kind == _NO_CHANGE else int(least)
            for pair in product(within[here], within[there]):
                changes[pair] = seconds
    return changes


def _pathways(
    feed: Feed, place: Mapping[str, int]
) -> tuple[NDArray[np.int32], dict[tuple[int, int], int]]:
    """Seconds from each platform to the street, and between platforms of a station."""
    stops, table = feed.tables["stops"], feed.tables["pathways"]
    out = np.zeros(len(stops), dtype=np.int32)
    if not len(table):
        return out, {}
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for row in table.to_dict("records"):
        seconds = pd.to_numeric(row["traversal_time"] or "nan", errors="coerce")
        if np.isnan(seconds):
            length = pd.to_numeric(row["length"] or "nan", errors="coerce")
            seconds = 0.0 if np.isnan(length) else length / _PATH_SPEED
        ends = row["from_stop_id"], row["to_stop_id"]
        graph.add_edge(*ends, seconds=seconds)
        if row["is_bidirectional"] == "1":
            graph.add_edge(*ends[::-1], seconds=seconds)
    kinds = dict(zip(stops["stop_id"], stops["location_type"], strict=True))
    first = min(place.values())
    inside: dict[tuple[int, int], int] = {}
    for name in graph:
        if kinds[name] not in {"", "0"}:
            continue
        took = nx.single_source_dijkstra_path_length(graph, name, weight="seconds")
        doors = [seconds for other, seconds in took.items() if kinds[other] == "2"]
        if doors:
            out[place[name] - first] = int(np.ceil(min(doors)))
        for other, seconds in took.items():
            if other != name and kinds[other] in {"", "0"}:
                inside[place[name], place[other]] = int(np.ceil(seconds))
    return out, inside


def read_timetable(
    feeds: Sequence[Feed], stops: Stops, day: dt.date
) -> tuple[Timetable, tuple[Note, ...]]:
    """Read the connections of a day.

    Parameters
    ----------
    feeds
        As for `read_stops`.
    stops
        From `read_stops`.
    day
        That the timetable is of.

    Returns
    -------
    Timetable
        Nothing in it where no feed runs on that day.
    tuple of Note
        What was filled in, or skipped.

    Raises
    ------
    InputError
        Listing what is wrong with the stop times of these trips.
    """
    parts, notes = [], []
    offset = 0
    for feed in feeds:
        rows, found = _of_feed(feed, stops, offset, day, feeds[0].zone)
        parts.append(rows)
        notes += found
        offset += len(feed.tables["stops"])
    twice = _overlap(feeds, parts)
    if twice is not None:
        notes.append(twice)
    together = pd.concat(parts, ignore_index=True)
    vehicle = pd.factorize(pd.MultiIndex.from_frame(together[["feed", "vehicle"]]))[0]
    order = np.lexsort((together["sequence"], together["arr"], together["dep"]))
    whole = {
        name: together[name].to_numpy(np.int32)[order]
        for name in ("dep_stop", "arr_stop", "dep", "arr")
    }
    allowed = {name: together[name].to_numpy(np.bool_)[order] for name in ("enter", "leave")}
    table = Timetable(
        **whole,
        **allowed,
        vehicle=vehicle[order].astype(np.int32),
        vehicles=int(vehicle.max()) + 1 if len(vehicle) else 0,
    )
    return table, tuple(notes)


def _of_feed(
    feed: Feed, stops: Stops, offset: int, day: dt.date, zone: str
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the connections of one feed on one day, on the clock of a zone."""
    around = [day + dt.timedelta(days=shift) for shift in (-1, 0, 1)]
    trips = [feed.trips(each) for each in around]
    every = pd.unique(np.concatenate(trips))
    times = feed.stop_times(every)
    times["stop"] += offset
    times, notes = _filled(feed, times, stops, day)
    without = len(every) - times["trip"].nunique()
    if without:
        notes.append(Note.of("transit_empty_trips", file=feed.name, day=str(day), count=without))
    place = pd.Series(np.arange(len(every)), index=every)
    runs = pd.concat(
        [
            _runs(feed, each, place, shift * DAY)
            for each, shift in zip(trips, (-1, 0, 1), strict=True)
        ],
        ignore_index=True,
    )
    runs["shift"] += _clock_difference(feed.zone, zone, day)
    rides = _rides(times).merge(runs, on="trip")
    often = (rides["start"] - rides["begin"]).fillna(0.0).astype(np.int64)
    for each in ("dep", "arr"):
        rides[each] += rides["shift"] + often
    rides = rides[(rides["dep"] >= 0) & (rides["dep"] <= LATEST)]
    return rides.drop(columns=["trip", "shift", "start", "begin"]).assign(feed=offset), notes


def _runs(
    feed: Feed, trips: NDArray[np.object_], place: pd.Series[int], shift: int
) -> pd.DataFrame:
    """Every run of trips on a day: those of a frequency as often as it says."""
    often = feed.tables["frequencies"]
    often = often[often["trip_id"].isin(trips)]
    plain = place.loc[[each for each in trips if each not in set(often["trip_id"])]]
    rows = [(trip, shift, np.nan) for trip in plain]
    for row in often.to_dict("records"):
        begin, end = seconds_of(row["start_time"]), seconds_of(row["end_time"])
        starts = np.arange(begin, end, float(row["headway_secs"]))
        rows += [(place[row["trip_id"]], shift, start) for start in starts]
    runs = pd.DataFrame(rows, columns=["trip", "shift", "start"])
    return runs.assign(vehicle=[f"{shift} {number}" for number in range(len(runs))])


def _clock_difference(zone: str, other: str, day: dt.date) -> int:
    """Seconds by which the clock of another zone is ahead at noon of a day."""
    if zone == other:
        return 0
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(zone))
    mine, theirs = noon.utcoffset(), noon.astimezone(ZoneInfo(other)).utcoffset()
    if mine is None or theirs is None:  # pragma: no cover (zones of the database have an offset)
        return 0
    return int((theirs - mine).total_seconds())


def _filled(
    feed: Feed, times: pd.DataFrame, stops: Stops, day: dt.date
) -> tuple[pd.DataFrame, list[Note]]:
    """Sort the stop times of each trip and fill in what is empty."""
    where = f"{feed.name}: stop_times.txt"
    times = times.sort_values(["trip", "sequence"], kind="stable", ignore_index=True)
    trip = times["trip"].to_numpy()
    first = np.ones(len(times), dtype=np.bool_)
    first[1:] = trip[1:] != trip[:-1]
    last = np.roll(first, -1) if len(times) else first
    arrival = times["arrival"].to_numpy(np.float64, copy=True)
    departure = times["departure"].to_numpy(np.float64, copy=True)
    arrival = np.where(arrival == BLANK, departure, arrival)
    departure = np.where(departure == BLANK, arrival, departure)
    blank = arrival == BLANK
    rows = times["row"].to_numpy()
    faults = [
        Fault(
            where,
            said("row {row}", row=rows[place]),
            "departure_time",
            None,
            "a time at both ends of a trip",
        )
        for place in np.flatnonzero(blank & (first | last))[:_SHOWN]
    ]
    sequence = times["sequence"].to_numpy()
    same = ~first[1:] & (sequence[1:] == sequence[:-1])
    expected = "each stop_sequence of a trip once"
    faults += [
        Fault(
            where,
            said("row {row}", row=rows[place + 1]),
            "stop_sequence",
            str(sequence[place + 1]),
            expected,
        )
        for place in np.flatnonzero(same)[:_SHOWN]
    ]
    if faults:
        raise InputError(faults)
    if blank.any():
        along = _along(times, first, stops)
        known = ~blank
        arrival[blank] = np.interp(along[blank], along[known], arrival[known])
        departure[blank] = arrival[blank]
    back = np.zeros(len(times), dtype=np.bool_)
    back[1:] = ~first[1:] & (arrival[1:] < departure[:-1])
    back |= departure < arrival
    if back.any():
        expected = "times that never go back along a trip"
        raise InputError(
            [
                Fault(
                    where,
                    said("row {row}", row=rows[place]),
                    "arrival_time",
                    _time(arrival[place]),
                    expected,
                )
                for place in np.flatnonzero(back)[:_SHOWN]
            ]
        )
    notes = []
    if blank.any():
        filled = int(blank.sum())
        notes.append(Note.of("transit_filled", file=feed.name, day=str(day), count=filled))
    if times["on_call"].any():
        count = int(times["on_call"].sum())
        notes.append(Note.of("transit_on_call", file=feed.name, day=str(day), count=count))
    alone = int((first & last).sum())
    if alone:
        notes.append(Note.of("transit_single_stops", file=feed.name, day=str(day), count=alone))
    whole = times.assign(
        arrival=np.round(arrival).astype(np.int32),
        departure=np.round(departure).astype(np.int32),
        first=first,
    )
    return whole, notes


def _along(times: pd.DataFrame, first: NDArray[np.bool_], stops: Stops) -> NDArray[np.float64]:
    """Distance along all trips end to end, by which empty times lie between others."""
    stop = times["stop"].to_numpy()
    lat, lon = stops.lat[stop], stops.lon[stop]
    step = np.zeros(len(times))
    step[1:] = stretch_km(lat[:-1], lon[:-1], lat[1:], lon[1:])
    given = times["distance"].to_numpy(np.float64)
    between = np.full(len(times), np.nan)
    between[1:] = given[1:] - given[:-1]
    # a trip goes by its own distances only where it has all of them
    usable = first | (between >= 0.0)
    whole = pd.Series(usable).groupby(times["trip"].to_numpy()).transform("all").to_numpy()
    step = np.where(whole & ~first, between, step)
    step[first] = 1.0
    return np.cumsum(step + 1e-9)


def _time(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _rides(times: pd.DataFrame) -> pd.DataFrame:
    """One row per ride from a stop to the next, of each trip as the feed writes it."""
    onward = np.flatnonzero(~times["first"].to_numpy()[1:]) if len(times) else np.zeros(0, int)
    begin = times["departure"].where(times["first"]).ffill()
    columns = {
        "trip": times["trip"].to_numpy()[onward],
        "sequence": times["sequence"].to_numpy()[onward],
        "dep_stop": times["stop"].to_numpy()[onward],
        "arr_stop": times["stop"].to_numpy()[onward + 1],
        "dep": times["departure"].to_numpy(np.int64)[onward],
        "arr": times["arrival"].to_numpy(np.int64)[onward + 1],
        "enter": times["enter"].to_numpy(np.bool_)[onward],
        "leave": times["leave"].to_numpy(np.bool_)[onward + 1],
        "begin": begin.to_numpy(np.int64)[onward] if len(times) else onward,
    }
    return pd.DataFrame(columns)


def _overlap(feeds: Sequence[Feed], parts: Sequence[pd.DataFrame]) -> Note | None:
    """Note rides that two feeds both have, between stops of the same name at the same times."""
    if len(feeds) == 1:
        return None
    offset, keys = 0, []
    for feed, rows in zip(feeds, parts, strict=True):
        stops = feed.tables["stops"]
        here = stops["stop_name"].to_numpy()[rows["dep_stop"].to_numpy() - offset]
        there = stops["stop_name"].to_numpy()[rows["arr_stop"].to_numpy() - offset]
        key = pd.DataFrame({"a": here, "b": there, "dep": rows["dep"], "arr": rows["arr"]})
        keys.append(key.drop_duplicates())
        offset += len(stops)
    together = pd.concat(keys, ignore_index=True)
    both = int(together.duplicated().sum())
    names = tuple(feed.name for feed in feeds)
    return Note.of("transit_overlap", count=both, names=names) if both else None


def change_walks(stops: Stops, near: Walks, change: int) -> Walks:
    """Return what changing takes between stops: the walk and the least time, or what a feed sets.

    Parameters
    ----------
    stops
        With the changes that feeds set.
    near
        Walks between stops.
    change
        Least time of a change, seconds.

    Returns
    -------
    Walks
        Also from every stop to itself, unless a feed forbids it.
    """
    count = len(stops.lat)
    itself = np.arange(count)
    source = np.concatenate([near.source, itself])
    to = np.concatenate([near.to, itself]).astype(np.int64)
    seconds = np.concatenate([near.seconds, np.zeros(count)])
    apart = source != to
    seconds = seconds + np.where(apart, stops.exit[source] + stops.exit[to], 0) + change
    along = {pair: each + change for pair, each in stops.paths.items()}
    stated: dict[tuple[int, int], int | None] = {**along, **stops.changes}
    if stated:
        set_apart = np.array(list(stated), dtype=np.int64)
        keys = source * count + to
        kept = ~np.isin(keys, set_apart[:, 0] * count + set_apart[:, 1])
        ruled = [(*pair, each) for pair, each in stated.items() if each is not None]
        more = np.array(ruled, dtype=np.int64).reshape(-1, 3)
        source = np.concatenate([source[kept], more[:, 0]])
        to = np.concatenate([to[kept], more[:, 1]])
        seconds = np.concatenate([seconds[kept], np.maximum(more[:, 2], 1)])
    return walks_of(source, to, seconds, count)
