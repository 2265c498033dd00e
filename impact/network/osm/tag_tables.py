"""The tables by which tags become roads, speeds and delays: ``data/roads/osm_*.csv``.

Read with the standard library only, so that a network can be built without loading pandas.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError, why
from impact.messages import said
from impact.network.speeds import LOCAL, SpeedProfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OPEN, DESTINATION, CLOSED = "open", "destination", "closed"
SETTINGS = ("rural", "urban", "dense")


@dataclass(frozen=True)
class Mend:
    """One missing piece of road.

    Attributes
    ----------
    road
        Its number, for people.
    start, end
        Latitude and longitude of the bare ends, in the direction of traffic.
    """

    road: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True)
class FerryLine:
    """One line of the ferry table.

    Attributes
    ----------
    match
        Text in the name, or the number of the way; empty for any ferry.
    longest_km
        Longest crossing that the line is for.
    wait_minutes, kmh
        Mean wait; speed where no duration is tagged.
    cars
        ``yes`` or ``no`` overrules the tags; empty does not.
    visitor_cars
        ``no`` for ferries that take no cars of visitors.
    """

    match: str
    longest_km: float
    wait_minutes: float
    kmh: float
    cars: str
    visitor_cars: str


@dataclass(frozen=True, eq=False)
class OsmTables:
    """Everything that is decided by table.

    Attributes
    ----------
    rank
        Class of road -> rank, 0 (motorway) to 5 (service).
    tagged_only
        Classes that a car may use only where a tag says so.
    ends_only
        Those of them that it uses only where a trip begins or ends.
    access
        (access, service or barrier; value) -> open, destination or closed.
    limits
        Code (``urban``, ``DE:rural``, ...) -> km/h.
    profiles
        Name -> profile, for access legs and fixed minutes.
    classes
        Rows of `speed`.
    speed : mapping of str to ndarray of float, shape (n_classes, 3, 3)
        Per profile: class x `SETTINGS` x (km/h without limit, share of limit, cap).
    delay : mapping of str to mapping of str to float
        Per profile: event -> minutes.
    ferries
        Lines of the ferry table.
    mends
        Roads that some file lacks.
    """

    rank: Mapping[str, int]
    tagged_only: frozenset[str]
    ends_only: frozenset[str]
    access: Mapping[tuple[str, str], str]
    limits: Mapping[str, float]
    profiles: Mapping[str, SpeedProfile]
    classes: tuple[str, ...]
    speed: Mapping[str, NDArray[np.float64]]
    delay: Mapping[str, Mapping[str, float]]
    ferries: tuple[FerryLine, ...]
    mends: tuple[Mend, ...] = ()


def read_osm_tables(folder: Path | None = None, *, ferries: Path | str | None = None) -> OsmTables:
    """Read the tables.

    Examples
    --------
    >>> tables = read_osm_tables()
    >>> tables.limits["DE:rural"], tables.access["barrier", "bollard"]
    (100.0, 'closed')
    """
    folder = data_path("roads") if folder is None else folder
    classes = _rows(folder / "osm_classes.csv", ["highway", "rank", "drive"])
    access = _rows(folder / "osm_access.csv", ["tag", "value", "drive"])
    limits = _rows(folder / "osm_limits.csv", ["code", "kmh"])
    heads = _rows(folder / "osm_profiles.csv", ["profile", "fixed_minutes", "status", "source"])
    names = [row["profile"] for row in heads]
    delays = _rows(folder / "osm_delays.csv", ["event", *names])
    rank = {row["highway"]: int(_number(row, "rank")) for row in classes}
    speed = _speeds(folder / "osm_speeds.csv", names, (*rank, LOCAL))
    return OsmTables(
        rank=rank,
        tagged_only=frozenset(
            row["highway"] for row in classes if row["drive"] in {"tagged", "ends"}
        ),
        ends_only=frozenset(row["highway"] for row in classes if row["drive"] == "ends"),
        access={(row["tag"], row["value"]): row["drive"] for row in access},
        limits={row["code"]: _number(row, "kmh") for row in limits},
        profiles={row["profile"]: _profile(row, rank, speed) for row in heads},
        classes=tuple(rank),
        speed={name: speed[name][:-1] for name in names},
        delay={name: {row["event"]: _number(row, name) / 60.0 for row in delays} for name in names},
        ferries=_ferry_lines(folder / "osm_ferries.csv" if ferries is None else Path(ferries)),
        mends=_mends(folder / "osm_mends.csv"),
    )


def _speeds(
    path: Path, profiles: Sequence[str], classes: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Speeds per profile: class x setting x (unsigned, share, cap)."""
    out = {name: np.full((len(classes), len(SETTINGS), 3), np.nan) for name in profiles}
    columns = ["unsigned_kmh", "share_of_limit", "cap_kmh"]
    for row in _rows(path, ["profile", "class", "setting", *columns]):
        place = (classes.index(row["class"]), SETTINGS.index(row["setting"]))
        out[row["profile"]][place] = [_number(row, column) for column in columns]
    for name, numbers in out.items():
        if not np.all(numbers > 0.0):
            expected = said("speeds above 0 for all of {names}", names=", ".join(classes))
            raise InputError(Fault(path.name, "", "profile", name, expected))
    return out


def _profile(
    row: Mapping[str, str], rank: Mapping[str, int], speed: Mapping[str, NDArray[np.float64]]
) -> SpeedProfile:
    unsigned = speed[row["profile"]][:, :, 0]
    rows = zip((*rank, LOCAL), unsigned.tolist(), strict=True)
    return SpeedProfile(
        row["profile"],
        tuple(sorted((name, rural, urban) for name, (rural, urban, _) in rows)),
        _number(row, "fixed_minutes"),
        row["status"],
        row["source"],
    )


def _ferry_lines(path: Path) -> tuple[FerryLine, ...]:
    columns = ["match", "longest_km", "wait_minutes", "kmh", "cars", "visitor_cars"]
    rows = _rows(path, columns)
    allowed = {"cars": ("yes", "no", ""), "visitor_cars": ("yes", "no")}
    faults = [
        Fault(
            path.name,
            said("row {row}", row=row["#"]),
            column,
            row[column],
            said("one of {names}", names=", ".join(map(repr, words))),
        )
        for row in rows
        for column, words in allowed.items()
        if row[column] not in words
    ]
    if faults:
        raise InputError(faults)
    return tuple(
        FerryLine(
            row["match"].casefold(),
            _number(row, "longest_km"),
            _number(row, "wait_minutes"),
            _number(row, "kmh"),
            row["cars"],
            row["visitor_cars"],
        )
        for row in rows
    )


def _mends(path: Path) -> tuple[Mend, ...]:
    columns = ["road", "from_lat", "from_lon", "to_lat", "to_lon"]
    return tuple(
        Mend(
            row["road"],
            (_number(row, "from_lat"), _number(row, "from_lon")),
            (_number(row, "to_lat"), _number(row, "to_lon")),
        )
        for row in _rows(path, columns)
    )


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a small CSV; ``#`` holds the row number and ``file`` the file name."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Fault(str(path), "", "", None, said("a readable CSV ({reason})", reason=why(error)))
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        expected = said("the columns {names}", names=", ".join(columns))
        raise InputError(
            Fault(
                path.name, "header", "", said("{names} missing", names=", ".join(missing)), expected
            )
        )
    return [
        {**{key: (row[key] or "").strip() for key in columns}, "#": str(number), "file": path.name}
        for number, row in enumerate(reader, start=2)
    ]


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = np.nan
    if not 0.0 <= value < np.inf:
        raise InputError(
            Fault(
                row["file"],
                said("row {row}", row=row["#"]),
                column,
                row[column],
                "a number of 0 or more",
            )
        )
    return value
