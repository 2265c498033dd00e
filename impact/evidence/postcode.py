"""One postcode under a study: out and back, off-peak and in the peak, with the margin.

A trip back is a trip of its own, from the hospital to the postcode: never the trip out once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.transit import ridden
from impact.evidence.sensitivity import PROFILES
from impact.model.inputs import load_roads, timed
from impact.network.network import NODES
from impact.network.random_speeds import (
    POSTCODE_TABLES,
    SPREAD,
    RandomSpeeds,
    SpeedVariation,
)
from impact.storage import cache_folder, source_hash
from impact.times.engines.protocol import DEFAULT_ENGINE, Setup
from impact.times.engines.stored import digest, kept
from impact.times.ensemble import ensemble
from impact.times.matrix import describe, prepare, travel_times
from impact.times.snap import legs_both_ways
from impact.times.surroundings import surroundings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.analysis.transit import Ride
    from impact.model.case import Case
    from impact.network.network import RoadNetwork
    from impact.times.matrix import TravelTimes

PEAK = PROFILES[-1]
_LOW, _HIGH = 5, 95

Minutes = dict[str, float]
"""Location -> minutes."""


@dataclass(frozen=True)
class Spell:
    """Minutes one way, now and then; NaN where not computed.

    Attributes
    ----------
    now, then
        Before and after the change.
    """

    now: float
    then: float


@dataclass(frozen=True)
class Trip:
    """What a case means for somebody who must go to another hospital.

    Attributes
    ----------
    case
        Whose.
    before, after
        Locations now and then.
    out, back
        Towards the hospital, and home again.
    peak
        Towards the hospital in the peak.
    low, high
        Margin of `out`: 5th and 95th percentile over random speeds.
    within
        Providers of today, nearest first, with their minutes.
    ride
        By public transport, where the result has it.
    """

    case: Case
    before: tuple[str, ...]
    after: tuple[str, ...]
    out: Spell
    back: Spell
    peak: Spell
    low: Spell
    high: Spell
    within: tuple[tuple[str, float], ...]
    ride: Ride | None = None


def postcode_trips(
    result: Result,
    postcode: str,
    *,
    members: int = POSTCODE_TABLES,
    engine: str = DEFAULT_ENGINE,
    network: RoadNetwork | None = None,
    use_cache: bool = True,
) -> tuple[Trip, ...]:
    """Work out the trips of one postcode.

    Parameters
    ----------
    result
        Of a study.
    postcode
        One of its residents' postcodes.
    members
        Random speed tables for the margin; 0: no margin.
    engine
        Shortest-path engine.
    network
        Roads of the study, where they were read before.
    use_cache
        Whether the minutes may come from, and go to, the cache.

    Returns
    -------
    tuple of Trip
        One per case in which somebody here must go to another hospital. With a matrix of the
        user's own there are no trips back, no peak and no margin.
    """
    changed = [(case, _moved(case, postcode)) for case in result.cases]
    changed = [(case, rows) for case, rows in changed if len(rows)]
    names = sorted(
        {str(name) for _, rows in changed for key in _ENDS for name in rows[key] if name}
    )
    out = _minutes(result, postcode)
    other = _OtherMinutes({}, {}, [])
    if not result.study.times and names:
        network = load_roads(result.study) if network is None else network
        here, there = result.postcodes.loc[[postcode]], result.hospitals.loc[names]
        other = _kept(network, here, there, members, engine, use_cache=use_cache)
    rides = [
        None if result.transit is None else ridden(rows, result.transit) for _, rows in changed
    ]
    return tuple(
        replace(_trip(case, rows, out, other), ride=ride)
        for (case, rows), ride in zip(changed, rides, strict=True)
    )


@dataclass(frozen=True)
class _OtherMinutes:
    """From one postcode, beside the minutes of the matrix: home again, in the peak, drawn."""

    back: Minutes
    peak: Minutes
    drawn: list[Minutes]


_ENDS = ("provider_before", "provider_after")


def _moved(case: Case, postcode: str) -> pd.DataFrame:
    rows = case.flows[case.flows["postcode"] == postcode]
    found: pd.DataFrame = rows[rows["provider_before"] != rows["provider_after"]]
    return found


def _minutes(result: Result, postcode: str) -> Minutes:
    row = result.times.minutes[result.times.origins.index(postcode)]
    return dict(zip(result.times.destinations, row.tolist(), strict=True))


def _busy(network: RoadNetwork) -> RoadNetwork | None:
    """Return the same roads in the peak; `None` where there is no other profile."""
    busy = timed(network, PEAK)
    return None if busy.profile.name == network.profile.name else busy


def _kept(
    network: RoadNetwork,
    here: gpd.GeoDataFrame,
    there: gpd.GeoDataFrame,
    members: int,
    engine: str,
    *,
    use_cache: bool,
) -> _OtherMinutes:
    """Search the roads, or take what was found for the same postcode before."""
    names = list(map(str, there.index))

    def make() -> dict[str, NDArray[np.float64]]:
        search = _by_nodes if network.join.kind == NODES else _by_edges
        found = search(network, here, there, members, engine)
        rows = {"back": [found.back], "peak": [found.peak] if found.peak else []}
        rows["drawn"] = found.drawn
        return {
            key: np.array([[each[name] for name in names] for each in kind]).reshape(-1, len(names))
            for key, kind in rows.items()
        }

    about = describe(network, here, there, engine=engine, km=False)
    key = digest(str(about["key"]), source_hash("evidence"), PEAK, members, repr(SPREAD))
    arrays = kept("trips", key, Setup(1, cache_folder() if use_cache else None), make)
    back, peak, drawn = (
        [dict(zip(names, row, strict=True)) for row in arrays[kind].tolist()]
        for kind in ("back", "peak", "drawn")
    )
    return _OtherMinutes(back[0], peak[0] if peak else {}, drawn)


def _by_nodes(
    network: RoadNetwork,
    here: gpd.GeoDataFrame,
    there: gpd.GeoDataFrame,
    members: int,
    engine: str,
) -> _OtherMinutes:
    """Search backward from here: legs to nodes are the same both ways."""
    drawn: list[Minutes] = []
    if members:
        how: dict[str, Any] = {"members": members, "spread": SPREAD, "engine": engine}
        drawn = [_towards(each) for each in ensemble(network.backward(), there, here, **how)]
    busy = _busy(network)
    peak = travel_times(busy.backward(), there, here, engine=engine) if busy is not None else None
    back = travel_times(network, there, here, engine=engine)
    return _OtherMinutes(_towards(back), {} if peak is None else _towards(peak), drawn)


def _towards(times: TravelTimes) -> Minutes:
    """Minutes of every origin to the one destination."""
    return dict(zip(times.origins, times.minutes[:, 0].tolist(), strict=True))


def _by_edges(
    network: RoadNetwork,
    here: gpd.GeoDataFrame,
    there: gpd.GeoDataFrame,
    members: int,
    engine: str,
) -> _OtherMinutes:
    """Search only the roads around."""
    names = list(map(str, there.index))
    tables, busy = RandomSpeeds.of(network, SpeedVariation(SPREAD)), _busy(network)
    uneven = tables.unevenness(members)
    if busy is not None:
        slower = busy.minutes[network.minutes > 0.0] / network.minutes[network.minutes > 0.0]
        uneven = max(uneven, float(slower.max() / slower.min()))
    near = surroundings(network, *legs_both_ways(network, here, there), unevenness=uneven)
    roads, edges = network.part(near)
    prepared = prepare(roads, *legs_both_ways(roads, here, there), engine=engine)
    peak: Minutes = {}
    if busy is not None:
        found = prepared.minutes(busy.minutes[edges], profile=busy.profile)
        peak = dict(zip(names, found[0].tolist(), strict=True))
    tables, drawn = tables.on_part(roads, edges), []
    for member in map(tables.draw, range(members)):
        found = prepared.minutes(member.minutes, profile=member.profile)
        drawn.append(dict(zip(names, found[0].tolist(), strict=True)))
    return _OtherMinutes(_towards(travel_times(roads, there, here, engine=engine)), peak, drawn)


def _trip(
    case: Case,
    rows: pd.DataFrame,
    out: Minutes,
    other: _OtherMinutes,
) -> Trip:
    low = high = Spell(np.nan, np.nan)
    if other.drawn:
        found = (_spell(rows, minutes) for minutes in other.drawn)
        spells = np.array([[spell.now, spell.then] for spell in found])
        low, high = (Spell(*np.percentile(spells, end, axis=0).tolist()) for end in (_LOW, _HIGH))
    near = sorted((out[name], name) for name in case.intervention.providers)
    return Trip(
        case=case,
        before=_names(rows, "provider_before"),
        after=_names(rows, "provider_after"),
        out=_spell(rows, out),
        back=_spell(rows, other.back),
        peak=_spell(rows, other.peak),
        low=low,
        high=high,
        within=tuple((name, minutes) for minutes, name in near),
    )


def _names(rows: pd.DataFrame, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for name in rows[key] if name))


def _spell(rows: pd.DataFrame, minutes: Minutes) -> Spell:
    """Minutes now and then; the mean by demand where there are several hospitals."""
    if not minutes:
        return Spell(np.nan, np.nan)
    share = rows["demand"].to_numpy(np.float64)
    share = share if share.sum() > 0.0 else np.ones(len(rows))
    ends = [
        np.average([minutes.get(str(name), np.inf) for name in rows[key]], weights=share)
        for key in _ENDS
    ]
    return Spell(*map(float, ends))
