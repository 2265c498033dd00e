"""Public transport of a study: its matrix, or its feeds with the walk along its roads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError
from impact.notes import Loaded, Note
from impact.study.model import BUNDLED
from impact.times.files import file_hash
from impact.times.snap import points_hash
from impact.transit.cache import cached_trips
from impact.transit.feed import read_feed
from impact.transit.files import ENDING, read_transit
from impact.transit.rules import read_rules
from impact.transit.times import TransitTimes, transit_times, working_day
from impact.transit.walking import DETOUR, WalkNetwork, crow_flight, walk_network

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import pandas as pd

    from impact.network.network import RoadNetwork
    from impact.study.model import Study

SCREENING = "screening"
"""Kind of a network of main roads alone, along which nobody walks."""

STRAIGHT = "straight"
"""Roads: none; walks go as the crow flies, times a detour."""

_EXTRACTS = (".osm", ".pbf", ".bz2", ".gz")


def walking_for(roads: str) -> WalkNetwork:
    """Make the walking network of what an option names.

    Parameters
    ----------
    roads
        An OpenStreetMap extract, a network file, ``bundled`` (the shipped streets) or ``straight``.

    Returns
    -------
    WalkNetwork

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    if roads == STRAIGHT:
        return crow_flight()
    if roads == BUNDLED:
        from impact.network.shipped import read_street_network

        return walk_network(read_street_network())
    path = Path(roads)
    if not path.exists():
        expected = "an OpenStreetMap extract, a network file, 'bundled' or 'straight'"
        raise InputError(Fault("--roads", "", "", roads, expected))
    if path.suffix.lower() in _EXTRACTS:
        return walk_network(path)
    from impact.network.npz import read_network

    return walk_network(read_network(path))


def load_transit(
    study: Study,
    roads: RoadNetwork | None,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    today: dt.date,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Loaded[TransitTimes]:
    """Load the public transport of a study.

    Parameters
    ----------
    study
        Its `transit`, `transit_date` and `transit_rules`.
    roads
        Of the study, along whose streets people walk; as the crow flies without any (`None`), and
        beside main roads alone.
    origins, destinations
        Index: identifiers; columns ``lat`` and ``lon``.
    today
        From which on a working day is taken where the study names none.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether trips of the same feeds, rules, roads and points may come from, and go to, the
        cache.

    Returns
    -------
    Loaded of TransitTimes
        With the name and hash of every file.

    Raises
    ------
    InputError
        Whatever is wrong with a feed, or missing from a matrix.
    """
    paths = [study.path(each) for each in study.transit]
    if paths[0].suffix.lower() == ENDING:
        if len(paths) > 1:
            expected = "one matrix (.csv), or feeds (.zip)"
            raise InputError(Fault(study.source, "", "study.transit", str(paths[1]), expected))
        own = read_transit(paths[0])
        part = own.select(
            list(map(str, origins.index)), list(map(str, destinations.index)), source=paths[0].name
        )
        return Loaded(part, sources=(own.manifest["matrix"],))
    straight = roads is None or roads.kind == SCREENING
    rules = read_rules(study.path(study.transit_rules) if study.transit_rules else None)
    day = study.transit_date or working_day(today)

    def make() -> TransitTimes:
        return transit_times(
            [read_feed(each) for each in paths],
            crow_flight() if roads is None or straight else walk_network(roads),
            origins,
            destinations,
            day=day,
            rules=rules,
            asked_with="study.transit_date",
            progress=progress,
        )

    files = [
        {"name": each.name, "sha256": file_hash(each)} if each.is_file() else {} for each in paths
    ]
    if use_cache and all(files):
        along = None if roads is None or straight else roads.fingerprint()
        points = (points_hash(origins), points_hash(destinations))
        times = cached_trips((files, rules, day, along, points), make)
    else:
        times = make()
    files += [{"name": name, "sha256": sha256} for name, sha256 in rules.source]
    notes = (*times.notes, Note.of("transit_straight", detour=DETOUR)) if straight else times.notes
    return Loaded(times, notes, tuple(files))
