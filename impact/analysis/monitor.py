"""Care that is spread: how many live within reach of a location, and what changed since.

The other half of concentration: care that must stay near. For locations of any care that a user
lists, coverage within some minutes, mean and 90th percentile of the minutes to the nearest, and
locations per 100,000, of the whole, per region, municipality and group of residents. The figures of
a run are kept in one file, which a later run compares itself with; a plan states what they must be.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.geodesy import great_circle_km
from impact.messages import said
from impact.model.demand import BANDS
from impact.model.divisions import UNKNOWN, read_divisions
from impact.model.inputs import load_roads
from impact.model.measures import weighted_mean, weighted_percentile
from impact.notes import Note, distinct_sources
from impact.storage import read_json, why_no_json
from impact.study.model import BUNDLED, Study
from impact.tables.places import check_region, read_hospitals, read_postcodes, read_regions
from impact.tables.text_table import read_table
from impact.times.cache import cached_travel_times
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.times.files import file_hash, read_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

WITHIN = (10, 15, 20, 30, 45)
"""Minutes within which residents are counted."""

LEVELS = ("all", "region", "municipality", "65+", "75+", "urbanity")
"""What an area is: everybody, a place, or a group of residents."""

ALL = ""
"""Name of the one area of the level ``all``."""

FORMAT = 1
SAME_PLACE_KM = 0.5
"""Locations of one name, or this near, are the same in two runs."""

_PEOPLE = ("population", "population_65plus", "population_75plus")
_PER = 100_000.0
_SHARE = 0.9
INDICATORS = (*(f"within_{limit}" for limit in WITHIN), "mean", "p90", "locations_per_100000")
"""What a plan may set: shares within so many minutes (at least), minutes (at most), locations (at
least)."""

_LESS_IS_BETTER = ("mean", "p90")


@dataclass(frozen=True)
class Place:
    """A location: its name and where it stands, in degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed since an earlier run.

    Attributes
    ----------
    since
        Day of the earlier run.
    closed, opened
        Names of locations.
    areas
        As `Monitor.areas`, with ``_before`` and ``_change`` of every indicator.
    """

    since: dt.date
    closed: tuple[str, ...]
    opened: tuple[str, ...]
    areas: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Monitor:
    """Coverage of some care on a day.

    Attributes
    ----------
    care
        What it is, in the user's words.
    region
        Oncology region; empty for the whole country.
    made
        The day.
    locations
        Where it is done.
    areas
        A row per level and area: residents, reached, within_10 .. within_45 (shares), mean, p90,
        locations, locations_per_100000; the same with ``transit_`` where there is a second matrix.
    postcodes
        Index postcode: municipality, residents, nearest, minutes.
    changes
        Since an earlier run; `None` without one.
    plan
        A row per target: level, area, indicator, target, found, met.
    manifest
        Of the matrix.
    notes, sources
        As of any result.
    """

    care: str
    region: str
    made: dt.date
    locations: tuple[Place, ...]
    areas: pd.DataFrame
    postcodes: pd.DataFrame
    changes: Changes | None
    plan: pd.DataFrame
    manifest: Mapping[str, Any]
    notes: tuple[Note, ...]
    sources: tuple[Mapping[str, Any], ...]


def monitor(
    locations: Path,
    *,
    care: str,
    region: str = "",
    against: Path | None = None,
    plan: Path | None = None,
    transit: Path | None = None,
    roads: str = BUNDLED,
    profile: str = "dal",
    made: dt.date | None = None,
    engine: str = DEFAULT_ENGINE,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Monitor:
    """Measure how near some care is.

    Parameters
    ----------
    locations
        CSV or GeoJSON: name, lat, lon. Locations outside the region count for who lives in it.
    care
        What it is, in words.
    region
        An oncology region; the whole country by default.
    against
        ``monitor.json`` of an earlier run.
    plan
        CSV: level, area, indicator, target.
    transit
        A matrix by public transport: postcode, location, minutes.
    roads, profile, engine, progress, use_cache
        As in a study.
    made
        The day; today by default.

    Returns
    -------
    Monitor

    Raises
    ------
    InputError
        For faults in the tables, an earlier run of another care, and indicators that are not known.
    """
    study = Study(care, region, (), roads=roads, profile=profile)
    network = load_roads(study)
    west, south, east, north = network.bounds
    points = read_hospitals(locations, bounds=(west - 0.5, south - 0.5, east + 0.5, north + 0.5))
    places = read_postcodes(data_path("postcodes/pc4.csv"), weights=_PEOPLE)
    here = _homes(places, points)
    if region:
        check_region(region, sorted(set(read_regions()["region"])), source="--region")
        places, here = places[places["region"] == region], here[here["region"] == region]
    times, _ = cached_travel_times(
        network, places, points, engine=engine, progress=progress, use_cache=use_cache
    )
    minutes = times.to(list(points.index))
    notes: list[Note] = [*places.attrs.get("notes", ()), *points.attrs.get("notes", ())]
    sources: list[Mapping[str, Any]] = [{"name": locations.name, "sha256": file_hash(locations)}]
    divisions = read_divisions(study, data_path("postcodes/pc4.csv"), places, None)
    urbanity = next(each for each in divisions.value if each.by == "urbanity")
    sources += divisions.sources
    members = dict(_members(places, np.array([*urbanity.classes], dtype=object)[urbanity.place]))
    nearest = np.where(
        np.isfinite(minutes).any(axis=1), minutes.min(axis=1, initial=np.inf), np.inf
    )
    rows = _areas(members, nearest, here)
    if transit is not None:
        second, found = _by_transit(transit, places, list(points.index))
        notes += found
        more = _areas(members, second, here)
        kept = [*(f"within_{limit}" for limit in WITHIN), "mean", "p90", "reached"]
        rows = rows.join(more[kept].add_prefix("transit_"))
    order = np.argmin(minutes, axis=1)
    names = np.array(points.index, dtype=object)
    made = made or dt.datetime.now(tz=dt.UTC).date()
    now = Monitor(
        care=care,
        region=region,
        made=made,
        locations=tuple(
            Place(str(name), float(row["lat"]), float(row["lon"]))
            for name, row in points.iterrows()
        ),
        areas=rows,
        postcodes=pd.DataFrame(
            {
                "municipality": places["municipality"],
                "residents": places["population"],
                "nearest": np.where(np.isfinite(nearest), names[order], ""),
                "minutes": nearest,
            },
            index=places.index,
        ),
        changes=None,
        plan=pd.DataFrame(columns=["level", "area", "indicator", "target", "found", "met"]),
        manifest=times.manifest,
        notes=tuple(notes),
        sources=distinct_sources(*sources),
    )
    if against is not None:
        now = replace(now, changes=compare(now, read_earlier(against)))
    if plan is not None:
        now = replace(now, plan=_held(now, plan))
    return now


_Members = tuple[str, str, "NDArray[np.float64]"]


def _members(
    places: pd.DataFrame, urbanity: NDArray[np.object_]
) -> Iterator[tuple[tuple[str, str], NDArray[np.float64]]]:
    """Residents of every area: level and name -> people, shape (n_postcodes,)."""
    people = places["population"].to_numpy(np.float64)
    yield ("all", ALL), people
    for level in ("region", "municipality"):
        for name in sorted(set(places[level]) - {""}):
            yield (level, str(name)), np.where(places[level] == name, people, 0.0)
    for band in ("65+", "75+"):
        yield (band, band), places[BANDS[band][0]].to_numpy(np.float64)
    for name in dict.fromkeys(sorted(set(urbanity))):
        yield ("urbanity", str(name) or UNKNOWN), np.where(urbanity == name, people, 0.0)


def _homes(places: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Region and municipality of each location: those of the postcode whose middle is nearest."""
    lat, lon = places["lat"].to_numpy(np.float64), places["lon"].to_numpy(np.float64)
    nearest = [
        int(np.argmin(great_circle_km(lat, lon, float(row["lat"]), float(row["lon"]))))
        for _, row in points.iterrows()
    ]
    return places[["region", "municipality"]].iloc[nearest]


def _areas(
    members: Mapping[tuple[str, str], NDArray[np.float64]],
    minutes: NDArray[np.float64],
    homes: pd.DataFrame,
) -> pd.DataFrame:
    """Measure every area; groups of residents have no place, and so no locations."""
    rows = []
    for (level, name), people in members.items():
        count = np.nan
        if level == "all":
            count = float(len(homes))
        elif level in homes:
            count = float((homes[level] == name).sum())
        rows.append({"level": level, "area": name, **area_figures(minutes, people, count)})
    return pd.DataFrame(rows)


def area_figures(
    minutes: NDArray[np.float64], people: NDArray[np.float64], locations: float
) -> dict[str, float]:
    """Figures of one area.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes,)
        To the nearest location; infinite where there is no route.
    people : ndarray of float, shape (n_postcodes,)
        Residents of the area.
    locations
        In it.

    Returns
    -------
    dict
        Shares are of all residents of the area, mean and p90 of those who have a route.

    Examples
    --------
    >>> found = area_figures(np.array([5.0, 12.0, np.inf]), np.array([50.0, 40.0, 10.0]), 1.0)
    >>> found["within_10"], found["within_15"], found["reached"], found["locations_per_100000"]
    (0.5, 0.9, 90.0, 1000.0)
    """
    total, reached = float(people.sum()), np.isfinite(minutes)
    some = reached & (people > 0.0)
    out = {"residents": total, "reached": float(people[reached].sum())}
    for limit in WITHIN:
        near = float(people[minutes <= limit].sum())
        out[f"within_{limit}"] = near / total if total else np.nan
    out["mean"] = weighted_mean(minutes[some], people[some]) if some.any() else np.nan
    out["p90"] = weighted_percentile(minutes[some], people[some], _SHARE) if some.any() else np.nan
    out["locations"] = locations
    out["locations_per_100000"] = locations / total * _PER if total else np.nan
    return out


def _by_transit(
    path: Path, places: pd.DataFrame, names: Sequence[str]
) -> tuple[NDArray[np.float64], list[Note]]:
    """Read minutes to the nearest location by public transport; who is not in it has none."""
    times = read_times(path)
    missing = sorted(set(names) - set(times.destinations))
    if missing:
        near = nearest_names(missing[0], times.destinations)
        raise InputError(Fault(path.name, "", "", missing[0], "minutes to every location", near))
    least = pd.Series(times.to(list(names)).min(axis=1, initial=np.inf), index=times.origins)
    absent = len(set(places.index) - set(times.origins))
    notes = [Note.of("absent", file=path.name, count=absent)] if absent else []
    return least.reindex(places.index).fillna(np.inf).to_numpy(np.float64), notes


def monitor_json(found: Monitor) -> str:
    """Write what a later run compares itself with.

    Returns
    -------
    str
        JSON: care, region, day, locations and the figures of every area.
    """
    stated = {
        "format": FORMAT,
        "care": found.care,
        "region": found.region,
        "made": found.made.isoformat(),
        "locations": [asdict(each) for each in found.locations],
        "areas": [
            {key: None if value != value else value for key, value in row.items()}  # noqa: PLR0124
            for row in found.areas.to_dict("records")
        ],
    }
    return json.dumps(stated, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier run, as its file has it."""

    care: str
    region: str
    made: dt.date
    locations: tuple[Place, ...]
    areas: pd.DataFrame


def read_earlier(path: Path) -> Earlier:
    """Read the file of an earlier run.

    Raises
    ------
    InputError
        For a file that is none, or of another format.
    """
    try:
        stated = read_json(path.read_text(encoding="utf-8-sig"))
        if stated["format"] != FORMAT:
            expected: str = said(
                "format {format}: written by this version of impact", format=FORMAT
            )
            raise InputError(Fault(path.name, "", "format", str(stated["format"]), expected))
        return Earlier(
            str(stated["care"]),
            str(stated["region"]),
            dt.date.fromisoformat(stated["made"]),
            tuple(
                Place(str(each["name"]), float(each["lat"]), float(each["lon"]))
                for each in stated["locations"]
            ),
            _earlier_areas(stated["areas"]),
        )
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        expected = said(
            "monitor.json of an earlier run of `impact monitor` ({reason})",
            reason=why_no_json(error),
        )
        raise InputError(Fault(path.name, "", "", None, expected)) from error


def _earlier_areas(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Read the figures per area, each area once."""
    keys, figures = ["level", "area"], ["residents", *INDICATORS]
    kinds: dict[str, type] = dict.fromkeys(keys, str) | dict.fromkeys(figures, float)
    areas: pd.DataFrame = pd.DataFrame(records)[[*keys, *figures]].astype(kinds)
    if areas.duplicated(keys).any():
        msg = "an area that stands twice"
        raise ValueError(msg)
    return areas


def compare(now: Monitor, earlier: Earlier) -> Changes:
    """Hold a run against an earlier one of the same care and region.

    Raises
    ------
    InputError
        For another care or region.
    """
    for field, one, other in (
        ("care", earlier.care, now.care),
        ("region", earlier.region, now.region),
    ):
        if one != other:
            raise InputError(
                Fault("--against", "", field, one, said("{value!r}, as in this run", value=other))
            )
    keys = ["level", "area"]
    both = now.areas[[*keys, "residents", *INDICATORS]].merge(
        earlier.areas, on=keys, how="left", suffixes=("", "_before")
    )
    for name in INDICATORS:
        both[f"{name}_change"] = both[name] - both[f"{name}_before"]
    return Changes(
        since=earlier.made,
        closed=_without(earlier.locations, now.locations),
        opened=_without(now.locations, earlier.locations),
        areas=both,
    )


def _without(ones: Sequence[Place], others: Sequence[Place]) -> tuple[str, ...]:
    """Names of places of which the others have neither the name nor one that is near."""
    known = {each.name for each in others}
    lat, lon = (np.array([getattr(each, key) for each in others]) for key in ("lat", "lon"))
    return tuple(
        each.name
        for each in ones
        if each.name not in known
        and not (
            len(others) and (great_circle_km(lat, lon, each.lat, each.lon) <= SAME_PLACE_KM).any()
        )
    )


def _held(found: Monitor, path: Path) -> pd.DataFrame:
    """Hold the figures against a plan."""
    table = read_table(path)
    table.require(["level", "area", "indicator", "target"])
    targets, faults = table.numbers("target", minimum=0.0)
    areas = found.areas.set_index(["level", "area"])
    figures = {key: dict(row) for key, row in areas[list(INDICATORS)].iterrows()}
    rows = []
    for place, row in enumerate(table.rows):
        level, area, indicator = (
            str(table.frame.loc[row, name]) for name in ("level", "area", "indicator")
        )
        for field, value, known in (
            ("level", level, LEVELS),
            ("indicator", indicator, INDICATORS),
        ):
            if value not in known:
                near = nearest_names(value, known)
                expected: str = said("one of {names}", names=", ".join(known))
                faults.append(Fault(table.name, table.where(row), field, value, expected, near))
        if level in LEVELS and (level, area) not in areas.index:
            names = [str(name) for one, name in areas.index if one == level]
            near = nearest_names(area, names)
            expected = "an empty cell"
            if names != [ALL]:
                expected = said("an area of level {level!r}", level=level)
            faults.append(Fault(table.name, table.where(row), "area", area, expected, near))
        if faults:
            continue
        value = figures[level, area][indicator]
        less = indicator in _LESS_IS_BETTER
        met = value <= targets[place] if less else value >= targets[place]
        rows.append((level, area, indicator, float(targets[place]), value, bool(met)))
    if faults:
        raise InputError(faults)
    return pd.DataFrame(rows, columns=["level", "area", "indicator", "target", "found", "met"])
