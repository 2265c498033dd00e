"""A timetable feed (GTFS Schedule): read safely, and checked before use.

A feed is a zip file or a folder of text tables (https://gtfs.org/documentation/schedule/reference).
Nothing is unpacked to disk: tables are read from the zip by their known names. The large one,
``stop_times.txt``, is read in pieces and only for the trips that run on the days that are asked.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.notes import Note
from impact.transit.archive import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

COLUMNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "agency": (("agency_timezone",), ("agency_name",)),
    "stops": (
        ("stop_id", "stop_lat", "stop_lon"),
        ("stop_name", "location_type", "parent_station"),
    ),
    "routes": (("route_id",), ("route_short_name", "route_type")),
    "trips": (("route_id", "service_id", "trip_id"), ()),
    "stop_times": (
        ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
        ("pickup_type", "drop_off_type", "shape_dist_traveled"),
    ),
    "calendar": (
        (
            *("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
            *("sunday", "start_date", "end_date"),
        ),
        (),
    ),
    "calendar_dates": (("service_id", "date", "exception_type"), ()),
    "frequencies": (("trip_id", "start_time", "end_time", "headway_secs"), ()),
    "transfers": (
        ("from_stop_id", "to_stop_id"),
        (
            *("transfer_type", "min_transfer_time", "from_route_id", "to_route_id"),
            *("from_trip_id", "to_trip_id"),
        ),
    ),
    "pathways": (
        ("from_stop_id", "to_stop_id", "is_bidirectional"),
        ("traversal_time", "length"),
    ),
    "feed_info": ((), ("feed_publisher_name", "feed_version", "feed_start_date", "feed_end_date")),
}
"""Table -> columns that it must have, and others that are used."""

_REQUIRED = ("agency", "stops", "routes", "trips", "stop_times")
_CALENDARS = ("calendar", "calendar_dates")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNIQUE = {"stops": "stop_id", "routes": "route_id", "trips": "trip_id", "calendar": "service_id"}
_TIME = re.compile(r"\s*(\d{1,3}):([0-5]\d):([0-5]\d)\s*")
_LATEST = 72 * 3600
_SHOWN = 5
_WIDEST = (90.0, 180.0)
_BLOCK = 8_000_000
BLANK = -1
"""Time of a stop that the feed leaves out."""


@dataclass(frozen=True, eq=False)
class Feed:
    """One feed, checked but for its stop times.

    Attributes
    ----------
    name
        Of its file.
    path
        Zip file or folder.
    sha256
        Of the file; of a folder, of its tables.
    tables
        Name without ``.txt`` -> columns of text; tables that the feed lacks are empty.
    zone
        Time zone of its agencies.
    notes
        What is odd and harmless.
    """

    name: str
    path: Path
    sha256: str
    tables: Mapping[str, pd.DataFrame]
    zone: str
    notes: tuple[Note, ...] = field(default=())

    @property
    def dates(self) -> tuple[dt.date, dt.date]:
        """First and last day on which anything runs, by its calendars."""
        days = [day for first, last in self._spans() for day in (first, last)]
        return min(days), max(days)

    def _spans(self) -> Iterator[tuple[dt.date, dt.date]]:
        calendar = self.tables["calendar"]
        for first, last in zip(calendar["start_date"], calendar["end_date"], strict=True):
            yield _day(first), _day(last)
        added = self.tables["calendar_dates"]
        for day in added.loc[added["exception_type"] == "1", "date"].unique():
            yield _day(day), _day(day)

    def services(self, day: dt.date) -> frozenset[str]:
        """Return the services that run on a day.

        Parameters
        ----------
        day
            Of the timetable.

        Returns
        -------
        frozenset of str
            Their ``service_id``.
        """
        calendar, text = self.tables["calendar"], day.strftime("%Y%m%d")
        runs = (
            (calendar[_DAYS[day.weekday()]] == "1")
            & (calendar["start_date"] <= text)
            & (calendar["end_date"] >= text)
        )
        changed = self.tables["calendar_dates"]
        changed = changed[changed["date"] == text]
        added = changed.loc[changed["exception_type"] == "1", "service_id"]
        gone = changed.loc[changed["exception_type"] == "2", "service_id"]
        return frozenset((set(calendar.loc[runs, "service_id"]) | set(added)) - set(gone))

    def trips(self, day: dt.date) -> NDArray[np.object_]:
        """Return the trips that run on a day.

        Parameters
        ----------
        day
            Of the timetable.

        Returns
        -------
        ndarray of str
            Their ``trip_id``.
        """
        trips = self.tables["trips"]
        running = trips["service_id"].isin(self.services(day))
        return trips.loc[running, "trip_id"].to_numpy()

    def stop_times(self, trips: Sequence[str] | NDArray[np.object_]) -> pd.DataFrame:
        """Read the stop times of some trips.

        Parameters
        ----------
        trips
            Their ``trip_id``; those of others are skipped.

        Returns
        -------
        pandas.DataFrame
            trip (place in `trips`), stop (place in the table of stops), sequence, arrival and
            departure (seconds, `BLANK` where empty), enter, leave (whether one may), on_call,
            distance (as given; NaN where not), row (in the file).

        Raises
        ------
        InputError
            Listing unknown trips and stops, malformed times and sequences, with their rows.
        """
        every = self.tables["trips"]["trip_id"]
        known = pa.array(every, pa.string())
        wanted = np.full(len(every) + 1, -1)
        wanted[pd.Index(every).get_indexer(pd.Index(trips))] = np.arange(len(trips))
        stops = pa.array(self.tables["stops"]["stop_id"], pa.string())
        faults: list[Fault] = []
        parts, row = [], 2
        with Tables(self.path).open("stop_times") as file:
            for batch in _batches(self.name, "stop_times", file):
                name = pc.utf8_trim_whitespace(batch["trip_id"])
                place = pc.fill_null(pc.index_in(name, known), -1).to_numpy()
                rows = np.arange(row, row + batch.num_rows)
                row += batch.num_rows
                for odd in np.flatnonzero(place < 0)[:_SHOWN]:
                    found, expected = name[int(odd)].as_py(), "a known trip_id"
                    faults.append(
                        Fault(
                            self._where,
                            said("row {row}", row=rows[odd]),
                            "trip_id",
                            found,
                            expected,
                        )
                    )
                trip = wanted[place]
                part = batch.append_column("row", pa.array(rows)).append_column(
                    "trip", pa.array(trip)
                )
                kept = pa.array((trip >= 0) & (place >= 0))
                parts.append(_numbers(part.filter(kept), stops, self._where, faults))
                if len(faults) > _SHOWN * 4:
                    break
        if faults:
            raise InputError(faults)
        return pd.concat(parts, ignore_index=True)

    @property
    def _where(self) -> str:
        return f"{self.name}: stop_times.txt"


def read_feed(path: Path | str) -> Feed:
    """Read a feed and check it.

    Parameters
    ----------
    path
        A .zip file, or a folder of .txt tables.

    Returns
    -------
    Feed

    Raises
    ------
    InputError
        Listing what is wrong: no feed, a damaged or hostile zip, missing tables and columns,
        duplicate and unknown identifiers, coordinates, dates, time zones, headways.
    """
    path = Path(path)
    folder = Tables(path)
    missing = [f"{each}.txt" for each in _REQUIRED if each not in folder]
    if not any(each in folder for each in _CALENDARS):
        missing.append("calendar.txt / calendar_dates.txt")
    if missing:
        shown = ", ".join(folder.names[:20]) or "nothing"
        expected: str = said(
            "the tables {names} beside {shown}", names=", ".join(missing), shown=shown
        )
        raise InputError(Fault(path.name, "", "", None, expected))
    tables = {}
    for name in COLUMNS:
        if name == "stop_times":
            continue
        tables[name] = _table(path.name, name, folder) if name in folder else _empty(name)
    zone, faults = _zone(path.name, tables["agency"])
    faults += [
        *_identifier_faults(path.name, tables),
        *_point_faults(path.name, tables["stops"]),
        *_date_faults(path.name, tables),
        *_headway_faults(path.name, tables["frequencies"]),
    ]
    if faults:
        raise InputError(faults)
    feed = Feed(path.name, path, folder.sha256, tables, zone, tuple(_notes(path.name, tables)))
    if not any(True for _ in feed._spans()):  # noqa: SLF001 (part of it)
        expected = "a day on which a service runs"
        raise InputError(Fault(f"{path.name}: calendar.txt", "", "", None, expected))
    return feed


def _empty(name: str) -> pd.DataFrame:
    must, may = COLUMNS[name]
    return pd.DataFrame({column: pd.Series(dtype=object) for column in (*must, *may)})


def _table(feed: str, name: str, folder: Tables) -> pd.DataFrame:
    """Columns of a small table as text; those that it lacks are empty."""
    must, may = COLUMNS[name]
    with folder.open(name) as file:
        batches = list(_batches(feed, name, file))
    if not batches:
        return _empty(name)
    frame = pd.concat([each.to_pandas() for each in batches], ignore_index=True)
    out = pd.DataFrame(
        {
            column: frame[column].fillna("").str.strip() if column in frame else ""
            for column in (*must, *may)
        }
    )
    return out.astype(object)


def _batches(feed: str, name: str, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    """Pieces of a table as text."""
    where = f"{feed}: {name}.txt"
    must, _ = COLUMNS[name]
    try:
        head = file.readline()
        columns = [each.strip().strip('"') for each in head.decode("utf-8-sig").strip().split(",")]
        lacking = [each for each in must if each not in columns]
        if lacking:
            raise InputError(
                [
                    Fault(
                        where,
                        "header",
                        each,
                        None,
                        said("a column {name!r}", name=each),
                        nearest_names(each, columns, count=1),
                    )
                    for each in lacking
                ]
            )
        used = [each for part in COLUMNS[name] for each in part if each in columns]
        rest = file.read(1)
        if not rest.strip() and not file.peek(1):  # type: ignore[attr-defined]
            return
        reader = csv.open_csv(
            pa.PythonFile(_Rest(rest, file), mode="r"),
            read_options=csv.ReadOptions(column_names=columns, block_size=_BLOCK),
            parse_options=csv.ParseOptions(newlines_in_values=False),
            convert_options=csv.ConvertOptions(
                include_columns=used,
                column_types={each: pa.string() for each in columns},
                strings_can_be_null=False,
            ),
        )
        yield from reader
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise InputError(
            Fault(where, "", "", None, said("a table in UTF-8 ({error})", error=str(error)))
        ) from error


class _Rest:
    """A file of which some bytes were read before."""

    def __init__(self, before: bytes, file: IO[bytes]) -> None:
        self._before, self._file, self.closed = before, file, False

    def read(self, size: int = -1) -> bytes:
        before, self._before = self._before, b""
        return before + self._file.read(size - len(before) if size >= 0 else size)

    def close(self) -> None:
        self.closed = True


def _zone(feed: str, agency: pd.DataFrame) -> tuple[str, list[Fault]]:
    """Time zone of the agencies, which must have one and the same."""
    where = f"{feed}: agency.txt"
    zones = sorted(set(agency["agency_timezone"]))
    if len(zones) != 1:
        found = ", ".join(zones) or None
        return "", [Fault(where, "", "agency_timezone", found, "one time zone for all agencies")]
    try:
        ZoneInfo(zones[0])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        expected = "a time zone such as Europe/Amsterdam"
        return "", [Fault(where, said("row {row}", row=2), "agency_timezone", zones[0], expected)]
    return zones[0], []


def _rows(
    feed: str,
    table: str,
    column: str,
    values: pd.Series[str],
    wrong: pd.Series[bool],
    expected: str,
) -> list[Fault]:
    """Faults of the cells of a column that are wrong."""
    places = np.flatnonzero(wrong.to_numpy())
    shown = [
        Fault(
            f"{feed}: {table}.txt",
            said("row {row}", row=place + 2),
            column,
            str(values.iloc[place]),
            expected,
        )
        for place in places[:_SHOWN]
    ]
    if len(places) > _SHOWN:
        more = said(
            "{expected}; {count} more rows of this kind",
            expected=expected,
            count=len(places) - _SHOWN,
        )
        shown[-1] = Fault(shown[-1].source, shown[-1].where, column, shown[-1].value, more)
    return shown


def _identifier_faults(feed: str, tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Fault identifiers that occur twice, or nowhere."""
    faults = []
    for table, column in _UNIQUE.items():
        values = tables[table][column]
        faults += _rows(
            feed,
            table,
            column,
            values,
            values.duplicated(),
            said("each {column} once", column=column),
        )
        faults += _rows(feed, table, column, values, values == "", "a value; the cell is empty")
    services = pd.concat([tables[each]["service_id"] for each in _CALENDARS])
    for table, column, known in (
        ("trips", "route_id", tables["routes"]["route_id"]),
        ("trips", "service_id", services),
        ("stops", "parent_station", tables["stops"]["stop_id"]),
        ("frequencies", "trip_id", tables["trips"]["trip_id"]),
        ("transfers", "from_stop_id", tables["stops"]["stop_id"]),
        ("transfers", "to_stop_id", tables["stops"]["stop_id"]),
        ("pathways", "from_stop_id", tables["stops"]["stop_id"]),
        ("pathways", "to_stop_id", tables["stops"]["stop_id"]),
    ):
        values = tables[table][column]
        unknown = ~values.isin(known) & (values != "")
        faults += _rows(
            feed, table, column, values, unknown, said("a known {column}", column=column)
        )
    return faults


def _point_faults(feed: str, stops: pd.DataFrame) -> list[Fault]:
    """Fault platforms, stations and entrances without a place."""
    faults = []
    inside = stops["location_type"].isin(["3", "4"])
    for column, limit in zip(("stop_lat", "stop_lon"), _WIDEST, strict=True):
        number = pd.to_numeric(stops[column].where(stops[column] != "", "nan"), errors="coerce")
        wrong = ~(number.abs() <= limit) & ~(inside & (stops[column] == ""))
        faults += _rows(feed, "stops", column, stops[column], wrong, "degrees (WGS84)")
    nowhere = stops["stop_lat"].str.fullmatch(r"[-+]?0(\.0*)?") & stops["stop_lon"].str.fullmatch(
        r"[-+]?0(\.0*)?"
    )
    expected = "a place on land: 0, 0 is in the sea off Africa"
    return faults + _rows(feed, "stops", "stop_lat", stops["stop_lat"], nowhere, expected)


def _date_faults(feed: str, tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    faults = []
    for table, columns in (("calendar", ("start_date", "end_date")), ("calendar_dates", ("date",))):
        for column in columns:
            values = tables[table][column]
            wrong = ~values.map(_is_day).astype(bool)
            faults += _rows(feed, table, column, values, wrong, "a date such as 20261208")
    calendar = tables["calendar"]
    if not faults:
        turned = calendar["end_date"] < calendar["start_date"]
        expected = "a day on or after start_date"
        faults += _rows(feed, "calendar", "end_date", calendar["end_date"], turned, expected)
    kinds = tables["calendar_dates"]["exception_type"]
    wrong = ~kinds.isin(["1", "2"])
    return faults + _rows(feed, "calendar_dates", "exception_type", kinds, wrong, "1 or 2")


def _headway_faults(feed: str, frequencies: pd.DataFrame) -> list[Fault]:
    faults = []
    for column in ("start_time", "end_time"):
        values = frequencies[column]
        wrong = values.map(seconds_of).isna()
        faults += _rows(feed, "frequencies", column, values, wrong, "a time such as 06:30:00")
    headway = frequencies["headway_secs"]
    wrong = ~(pd.to_numeric(headway, errors="coerce") >= 1)
    expected = "a whole number of seconds, 1 or more"
    return faults + _rows(feed, "frequencies", "headway_secs", headway, wrong, expected)


def _notes(feed: str, tables: Mapping[str, pd.DataFrame]) -> Iterator[Note]:
    """Say what a feed holds that nobody can use."""
    trips = tables["trips"]
    idle = sorted(set(tables["routes"]["route_id"]) - set(trips["route_id"]))
    if idle:
        yield Note.of("transit_idle_routes", file=feed, count=len(idle), names=tuple(idle[:_SHOWN]))
    services = set(pd.concat([tables[each]["service_id"] for each in _CALENDARS]))
    unused = sorted(services - set(trips["service_id"]))
    if unused:
        names = tuple(unused[:_SHOWN])
        yield Note.of("transit_idle_services", file=feed, count=len(unused), names=names)
    calendar = tables["calendar"]
    added = tables["calendar_dates"]
    never = calendar.loc[~(calendar[list(_DAYS)] == "1").any(axis=1), "service_id"]
    idle = sorted(set(never) - set(added.loc[added["exception_type"] == "1", "service_id"]))
    if idle:
        names = tuple(idle[:_SHOWN])
        yield Note.of("transit_never_services", file=feed, count=len(idle), names=names)
    apart = int(of_some_trips(tables["transfers"]).sum())
    if apart:
        yield Note.of("transit_apart", file=feed, count=apart)
    if len(tables["frequencies"]):
        yield Note.of("transit_frequencies", file=feed, count=len(tables["frequencies"]))


def of_some_trips(transfers: pd.DataFrame) -> pd.Series[bool]:
    """Tell which changes hold for some lines or trips only, or are for who stays seated."""
    columns = ["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]
    return (transfers[columns] != "").any(axis=1) | transfers["transfer_type"].isin(["4", "5"])


def seconds_of(text: str) -> float:
    """Seconds of a time in a feed, which may lie past midnight; NaN for what is none.

    Examples
    --------
    >>> seconds_of("25:10:00"), seconds_of("9:05:30"), seconds_of("half ten")
    (90600.0, 32730.0, nan)
    """
    match = _TIME.fullmatch(text)
    seconds = np.nan if match is None else float(match[1]) * 3600 + float(match[2]) * 60
    seconds += 0.0 if match is None else float(match[3])
    return seconds if seconds <= _LATEST else np.nan


def _numbers(
    batch: pa.RecordBatch, stops: pa.Array, where: str, faults: list[Fault]
) -> pd.DataFrame:
    """Stop times as numbers; what is wrong is added to the faults."""
    rows = batch["row"].to_numpy()

    def fault(column: str, wrong: NDArray[np.bool_], expected: str) -> None:
        for place in np.flatnonzero(wrong)[:_SHOWN]:
            value = batch[column][int(place)].as_py()
            faults.append(Fault(where, said("row {row}", row=rows[place]), column, value, expected))

    stop = pc.fill_null(
        pc.index_in(pc.utf8_trim_whitespace(batch["stop_id"]), stops), -1
    ).to_numpy()
    fault("stop_id", stop < 0, "a known stop_id")
    times = {}
    for column in ("arrival_time", "departure_time"):
        coded = batch[column].dictionary_encode()
        known = np.array(
            [
                BLANK if not each.strip() else seconds_of(each)
                for each in coded.dictionary.to_pylist()
            ],
            dtype=np.float64,
        )
        found = known[coded.indices.to_numpy()]
        fault(column, np.isnan(found), "a time such as 08:05:00, or nothing")
        times[column] = np.nan_to_num(found, nan=BLANK).astype(np.int32)
    sequence = pd.to_numeric(batch["stop_sequence"].to_pandas(), errors="coerce").to_numpy(float)
    fault("stop_sequence", ~(sequence >= 0) | (sequence % 1 != 0), "a whole number of 0 or more")
    present = batch.schema.names
    may = {
        name: _allowed(batch[column].to_pandas()) if column in present else True
        for name, column in (("enter", "pickup_type"), ("leave", "drop_off_type"))
    }
    may["on_call"] = (
        (batch["pickup_type"].to_pandas().str.strip() == "2").to_numpy()
        if "pickup_type" in present
        else False
    )
    distance = (
        pd.to_numeric(batch["shape_dist_traveled"].to_pandas(), errors="coerce")
        if "shape_dist_traveled" in present
        else np.nan
    )
    return pd.DataFrame(
        {
            "trip": batch["trip"].to_numpy(),
            "stop": stop,
            "sequence": np.nan_to_num(sequence).astype(np.int64),
            "arrival": times["arrival_time"],
            "departure": times["departure_time"],
            **may,
            "distance": distance,
            "row": rows,
        }
    )


def _allowed(kinds: pd.Series[str]) -> NDArray[np.bool_]:
    """Whether one may get on or off at a stop, be it by telephone."""
    return (kinds.str.strip() != "1").to_numpy()


def _is_day(text: str) -> bool:
    try:
        _day(text)
    except ValueError:
        return False
    return True


def _day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a date has no zone)


def no_service(feeds: Sequence[Feed], day: dt.date, field_name: str) -> Fault:
    """Return the fault of a day that feeds do not cover, which says what days they do.

    Parameters
    ----------
    feeds
        All of them.
    day
        That was asked, or is today.
    field_name
        Option or key that it was asked with.

    Returns
    -------
    Fault
    """
    spans = [f"{each.name}: {each.dates[0]} – {each.dates[1]}" for each in feeds]
    expected = said("a day on which the timetable runs ({spans})", spans="; ".join(spans))
    return Fault(", ".join(each.name for each in feeds), "", field_name, str(day), expected)
