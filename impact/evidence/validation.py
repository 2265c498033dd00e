"""Roads held against travel times that are known: agreement by class, distance and region."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.evidence.known_times import (
    DRAWS,
    KINDS,
    KNOWN_COLUMNS,
    SEED,
    KnownTimes,
    Thinning,
    fact_places,
    public_facts,
    read_known,
    shipped_facts,
    thin,
)
from impact.geodesy import stretch_km
from impact.manifest import DISTRIBUTION, created, described
from impact.model.inputs import access_notes, load_roads
from impact.model.measures import weighted_percentile
from impact.notes import Note
from impact.study.model import BUNDLED, Study
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.cache import cached_travel_times
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.tables.places import Bounds
    from impact.times.matrix import TravelTimes

CLOSE_MINUTES = 2.0
"""Minutes from the limit of a class within which a trip still counts as close."""

DISTANCES = ("0-10", "10-20", "20-30", "30-50", "50+")
"""Bands of kilometres as the crow flies; the upper end is in the next."""

NO_ROUTE = "no route"
"""In the column ``agrees``: there is nothing to compare."""

ROW_COLUMNS = [
    *KNOWN_COLUMNS,
    *("ours", "error", "agrees", "close", "distance", "band", "region"),
]
"""Columns of `compare`."""

SUMMARY_COLUMNS = [
    "kind",
    "by",
    "group",
    "pairs",
    "unreachable",
    "bias",
    "mae",
    "p90",
    "agree",
    "close",
]
"""Columns of `summarise`."""

_PLACES = (("distance", "band", ("distance",)), ("region", "region", ("region",)))
_GROUPS = {
    "minutes": _PLACES,
    "class": (("class", "known", ("high", "low")), *_PLACES),
    "km": _PLACES,
}
_STEPS = np.array([10.0, 20.0, 30.0, 50.0])
_P90 = 0.9


def compare(known: KnownTimes, times: TravelTimes, regions: pd.Series[str]) -> pd.DataFrame:
    """Put our figure beside every known one.

    Parameters
    ----------
    known
        From `impact.evidence.known_times.read_known`.
    times
        From its origins to its destinations; with kilometres where any are known.
    regions
        Region of each postcode; other origins have none.

    Returns
    -------
    pandas.DataFrame
        Rows of `known`, with ours (infinite without a route), error (ours minus known; for a class
        the minutes outside it, negative below), agrees (yes, no, `NO_ROUTE`, or empty where no
        tolerance says when minutes or kilometres agree), close (of a class: within
        `CLOSE_MINUTES` of it), distance (km as the crow flies), band (of `DISTANCES`) and region.
    """
    rows = known.frame
    origin = pd.Index(times.origins).get_indexer(pd.Index(rows["from"]))
    destination = pd.Index(times.destinations).get_indexer(pd.Index(rows["to"]))
    ours = times.minutes[origin, destination]
    kind = rows["kind"].to_numpy()
    if times.km is not None:
        ours = np.where(kind == "km", times.km[origin, destination], ours)
    routed, classes = np.isfinite(ours), kind == "class"
    value, low, high = (rows[each].to_numpy(np.float64) for each in ("value", "low", "high"))
    error = np.full(len(rows), np.inf)
    error[routed] = np.where(
        classes[routed],
        _outside(ours[routed], low[routed], high[routed]),
        ours[routed] - value[routed],
    )
    here, there = known.origins.loc[rows["from"]], known.destinations.loc[rows["to"]]
    crow = stretch_km(
        *(each[axis].to_numpy(np.float64) for each in (here, there) for axis in ("lat", "lon"))
    )
    return rows.assign(
        ours=ours,
        error=error,
        agrees=_agrees(error, classes, rows["tolerance"].to_numpy(np.float64)),
        close=classes & (np.abs(error) <= CLOSE_MINUTES),
        distance=crow,
        band=np.array(DISTANCES, dtype=object)[np.searchsorted(_STEPS, crow, side="right")],
        region=regions.reindex(rows["from"]).fillna("").to_numpy(),
    )


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Summarise errors per kind: over all, by class, by distance and by region of the origin.

    Notes
    -----
    Each pair counts once, whoever lives there.
    """
    out = []
    for kind in KINDS:
        own = rows[rows["kind"] == kind]
        if own.empty:
            continue
        out.append({"kind": kind, "by": "all", "group": "", **errors(own)})
        for by, column, order in _GROUPS[kind]:
            # classes by their limits, distances by their kilometres, regions by name
            for group, part in own.sort_values([*order]).groupby(column, sort=False):
                if group:
                    out.append({"kind": kind, "by": by, "group": group, **errors(part)})
    return pd.DataFrame(out, columns=SUMMARY_COLUMNS)


def errors(rows: pd.DataFrame) -> dict[str, float]:
    """Sum up the errors of some rows."""
    routed = np.isfinite(rows["ours"].to_numpy(np.float64))
    error = rows["error"].to_numpy(np.float64)[routed]
    size = np.abs(error)
    judged = rows["agrees"].isin(["yes", "no"])
    classes = rows["kind"] == "class"
    agree, close = rows.loc[judged, "agrees"] == "yes", rows.loc[judged & classes, "close"]
    return {
        "pairs": len(rows),
        "unreachable": int((~routed).sum()),
        "bias": float(error.mean()) if len(error) else np.nan,
        "mae": float(size.mean()) if len(error) else np.nan,
        "p90": weighted_percentile(size, np.ones(len(size)), _P90),
        "agree": float(agree.mean()) if len(agree) else np.nan,
        "close": float(close.mean()) if len(close) else np.nan,
    }


def worst(rows: pd.DataFrame, *, kind: str, count: int = 10) -> pd.DataFrame:
    """Pick the trips of a kind with the largest errors."""
    own = rows[(rows["kind"] == kind) & np.isfinite(rows["ours"]) & (rows["error"] != 0.0)]
    ranked: pd.DataFrame = own.assign(size=own["error"].abs()).sort_values(
        ["size", "from", "to"], ascending=[False, True, True], kind="stable"
    )
    return ranked.head(count).drop(columns="size")


def _outside(
    minutes: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Minutes by which a trip misses its class; never 0 for a trip outside."""
    tiny = np.finfo(np.float64).tiny
    below = np.minimum(minutes - low, -tiny)
    return np.where(minutes <= low, below, np.where(minutes > high, minutes - high, 0.0))


def _agrees(
    error: NDArray[np.float64], classes: NDArray[np.bool_], tolerance: NDArray[np.float64]
) -> NDArray[np.object_]:
    out = np.full(len(error), "", dtype=object)
    limit = np.where(classes, 0.0, tolerance)
    judged = ~np.isnan(limit)
    out[judged] = np.where(np.abs(error[judged]) <= limit[judged], "yes", "no")
    out[np.isinf(error)] = NO_ROUTE
    return out


NOT_NATIONAL = Note.of("not_national")
"""Note where only a user's own table can be held against the roads."""

_MARGIN = 0.5
"""Degrees around the roads in which points may lie; those far from the roads are listed."""
_BORDER = 0.1
"""Degrees by which hospitals and postcodes of a covered country may lie outside its roads."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Roads beside what is known.

    Attributes
    ----------
    rows : pandas.DataFrame
        From `impact.evidence.validation.compare`; none without a table of the user's.
    summary : pandas.DataFrame
        From `impact.evidence.validation.summarise`.
    facts : pandas.DataFrame or None
        From `impact.evidence.known_times.public_facts`; `None` where the roads do not cover the
        Netherlands.
    thinned : dict of str to Thinning
        ``minutes`` and ``km``; empty where the roads do not cover the Netherlands.
    manifest
        What made it, in plain values.
    """

    rows: pd.DataFrame
    summary: pd.DataFrame
    facts: pd.DataFrame | None
    thinned: Mapping[str, Thinning] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)


def validate(
    known: Path | str | None = None,
    *,
    roads: str = BUNDLED,
    profile: str = "dal",
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Hold roads against known travel times and against the shipped public facts.

    Parameters
    ----------
    known
        Table of the user's own; see `impact.evidence.known_times.read_known`.
    roads
        ``bundled`` or a network file.
    profile
        Speed profile.
    engine
        Shortest-path engine.
    draws
        Orders in which hospitals close at random.
    progress
        Called with (destinations done, all destinations).

    Returns
    -------
    Validation

    Raises
    ------
    InputError
        For roads or a table that cannot be used, listing every fault.
    """
    network = load_roads(Study("", "", (), roads=roads, profile=profile))
    postcodes, hospitals = read_postcodes(), read_hospitals()
    how: dict[str, Any] = {"engine": engine, "progress": progress}
    facts = None
    rows = pd.DataFrame(columns=ROW_COLUMNS)
    thinned: dict[str, Thinning] = {}
    notes: list[Note] = []
    used = [postcodes.attrs, hospitals.attrs]
    made: list[TravelTimes] = []
    if known is not None:
        said = read_known(
            known, postcodes=postcodes, hospitals=hospitals, bounds=_around(network, _MARGIN)
        )
        rows, times = against_known(network, said, postcodes, **how)
        made.append(times)
        notes += said.notes
        used.append({"source": said.name, "sha256": said.sha256})
    if _covers(network, postcodes) and _covers(network, hospitals):
        table = shipped_facts()
        places = fact_places(table, postcodes, hospitals)
        made.append(cached_travel_times(network, postcodes, places, km=True, **how)[0])
        thinned = national_thinning(made[-1], postcodes, hospitals, draws=draws)
        shortest, _ = cached_travel_times(network.by_length(), postcodes, places, **how)
        facts = public_facts(
            table, made[-1], postcodes, hospitals, thinned["minutes"], shortest=shortest
        )
        used.append({"source": table.name, "sha256": table.sha256})
    else:
        notes.append(NOT_NATIONAL)
    for times in made:
        notes += [note for note in access_notes(times, network) if note not in notes]
    about = {"draws": draws, "seed": SEED, "engine": engine}
    manifest = _manifest(network, made, used, notes=notes, rows=rows, parameters=about)
    return Validation(rows, summarise(rows), facts, thinned, manifest)


def against_known(
    network: RoadNetwork,
    known: KnownTimes,
    postcodes: pd.DataFrame,
    **how: Any,  # noqa: ANN401
) -> tuple[pd.DataFrame, TravelTimes]:
    """Make the minutes of known trips and compare them."""
    km = bool((known.frame["kind"] == "km").any())
    times, _ = cached_travel_times(network, known.origins, known.destinations, km=km, **how)
    return compare(known, times, _regions(known, postcodes)), times


def national_thinning(
    times: TravelTimes, postcodes: pd.DataFrame, hospitals: pd.DataFrame, *, draws: int = DRAWS
) -> dict[str, Thinning]:
    """Thin the open hospital locations of the country, in minutes and in kilometres."""
    names = hospitals.index[hospitals["status"] == "open"]
    chosen = pd.Index(times.destinations).get_indexer(names)
    weights = postcodes["population"].to_numpy(np.float64)
    costs = {"minutes": times.minutes, "km": times.km}
    return {
        name: thin(each[:, chosen], weights, draws=draws)
        for name, each in costs.items()
        if each is not None
    }


def _regions(known: KnownTimes, postcodes: pd.DataFrame) -> pd.Series[str]:
    """Oncology region of each shipped postcode that stands where the user says it does."""
    shared = known.origins.index.intersection(postcodes.index)
    same = (known.origins.loc[shared, ["lat", "lon"]] == postcodes.loc[shared, ["lat", "lon"]]).all(
        axis=1
    )
    found: pd.Series[str] = postcodes.loc[shared, "region"][same]
    return found


def _around(network: RoadNetwork, margin: float) -> Bounds:
    west, south, east, north = network.bounds
    return (west - margin, south - margin, east + margin, north + margin)


def _covers(network: RoadNetwork, points: pd.DataFrame) -> bool:
    west, south, east, north = _around(network, _BORDER)
    inside = points["lat"].between(south, north) & points["lon"].between(west, east)
    return bool(inside.all())


def _manifest(
    network: RoadNetwork,
    made: list[TravelTimes],
    used: list[dict[str, Any]],
    *,
    notes: Sequence[Note],
    rows: pd.DataFrame,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for kind in rows["kind"].unique():
        own = errors(rows[rows["kind"] == kind])
        counts[str(kind)] = {name: own[name] for name in ("pairs", "unreachable")}
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "roads": {"name": "", "kind": network.kind, **network.about},
        "roads_sha256": network.fingerprint(),
        "profile": network.profile.name,
        "profile_status": network.profile.status,
        "fixed_minutes": network.profile.fixed_minutes,
        "engines": sorted({str(times.manifest["engine"]) for times in made}),
        "parameters": {**parameters, "direction": "one way, by car, door to door"},
        "inputs": [described({"name": each["source"], "sha256": each["sha256"]}) for each in used],
        "counts": counts,
        "notes": [note.record() for note in notes],
    }
