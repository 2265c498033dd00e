"""Validate roads: read what is known, make the matrices, compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.concentration.notes import access_notes
from impact.concentration.study_roads import load_roads
from impact.evidence.thinning import DRAWS, SEED, Thinning, thin
from impact.evidence.validate.agreement import ROW_COLUMNS, compare, errors, summarise
from impact.evidence.validate.facts import fact_places, public_facts, shipped_facts
from impact.evidence.validate.known import KnownTimes, read_known
from impact.manifest import DISTRIBUTION, created, described
from impact.places import read_hospitals, read_postcodes
from impact.study import BUNDLED, Study
from impact.times import travel_times
from impact.times.cache import cache_folder
from impact.times.engines import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from impact.places import Bounds
    from impact.roads import RoadNetwork
    from impact.times import TravelTimes

NOT_NATIONAL = "the roads do not cover the Netherlands: public facts and square-root law left out"
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
        From `impact.evidence.validate.agreement.compare`; none without a table of the user's.
    summary : pandas.DataFrame
        From `impact.evidence.validate.agreement.summarise`.
    facts : pandas.DataFrame or None
        From `impact.evidence.validate.facts.public_facts`; `None` where the roads do not cover the
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
        Table of the user's own; see `impact.evidence.validate.known.read_known`.
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
    how: dict[str, Any] = {"engine": engine, "progress": progress, "folder": cache_folder()}
    facts = None
    rows = pd.DataFrame(columns=ROW_COLUMNS)
    thinned: dict[str, Thinning] = {}
    notes: list[str] = []
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
        made.append(
            travel_times(
                network, postcodes, fact_places(table, postcodes, hospitals), km=True, **how
            )
        )
        thinned = national_thinning(made[-1], postcodes, hospitals, draws=draws)
        facts = public_facts(table, made[-1], postcodes, hospitals, thinned["minutes"])
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
    """Make the minutes of known trips and compare them.

    Parameters
    ----------
    network
        Timed roads.
    known
        From `impact.evidence.validate.known.read_known`.
    postcodes
        With `region`.
    **how
        Options of `impact.times.travel_times`.

    Returns
    -------
    rows : pandas.DataFrame
        From `impact.evidence.validate.agreement.compare`.
    times : TravelTimes
        With kilometres where any are known.
    """
    km = bool((known.frame["kind"] == "km").any())
    times = travel_times(network, known.origins, known.destinations, km=km, **how)
    return compare(known, times, _regions(known, postcodes)), times


def national_thinning(
    times: TravelTimes, postcodes: pd.DataFrame, hospitals: pd.DataFrame, *, draws: int = DRAWS
) -> dict[str, Thinning]:
    """Thin the open hospital locations of the country, in minutes and in kilometres.

    Parameters
    ----------
    times
        From all postcodes to at least all open locations, with kilometres.
    postcodes
        With `population`.
    hospitals
        With ``status``.
    draws
        Orders in which they close.

    Returns
    -------
    dict of str to Thinning
        ``minutes`` and ``km``, under the same draws.
    """
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
    notes: list[str],
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
        "notes": notes,
    }
