"""One postcode under a study: out and back, off-peak and in the peak, with the margin.

A trip back is a trip of its own, from the hospital to the postcode: never the trip out once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.evidence.sensitivity import PROFILES
from impact.model.inputs import load_roads, timed
from impact.network.network import NODES
from impact.network.random_speeds import (
    POSTCODE_TABLES,
    SPREAD,
    RandomSpeeds,
    SpeedVariation,
)
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.times.ensemble import ensemble
from impact.times.matrix import prepare, travel_times
from impact.times.snap import legs_both_ways
from impact.times.surroundings import surroundings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.network.network import RoadNetwork

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


def postcode_trips(
    result: Result,
    postcode: str,
    *,
    members: int = POSTCODE_TABLES,
    engine: str = DEFAULT_ENGINE,
    network: RoadNetwork | None = None,
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
    back: Minutes = {}
    peak: Minutes = {}
    drawn: list[Minutes] = []
    if not result.study.times and names:
        network = load_roads(result.study) if network is None else network
        here, there = result.postcodes.loc[[postcode]], result.hospitals.loc[names]
        back = _to_here(network, here, there, engine)
        busy = timed(network, PEAK)
        if busy.profile.name != network.profile.name:
            peak = _from_here(busy, here, there, engine)
        if members:
            drawn = _drawn(network, here, there, members, engine)
    return tuple(_trip(case, rows, out, back, peak, drawn) for case, rows in changed)


_ENDS = ("provider_before", "provider_after")


def _moved(case: Case, postcode: str) -> pd.DataFrame:
    rows = case.flows[case.flows["postcode"] == postcode]
    found: pd.DataFrame = rows[rows["provider_before"] != rows["provider_after"]]
    return found


def _minutes(result: Result, postcode: str) -> Minutes:
    row = result.times.minutes[result.times.origins.index(postcode)]
    return dict(zip(result.times.destinations, row.tolist(), strict=True))


def _to_here(
    network: RoadNetwork, here: gpd.GeoDataFrame, there: gpd.GeoDataFrame, engine: str
) -> Minutes:
    times = travel_times(network, there, here, engine=engine)
    return dict(zip(times.origins, times.minutes[:, 0].tolist(), strict=True))


def _from_here(
    network: RoadNetwork, here: gpd.GeoDataFrame, there: gpd.GeoDataFrame, engine: str
) -> Minutes:
    if network.join.kind == NODES:
        return _to_here(network.backward(), here, there, engine)
    times = travel_times(network, here, there, engine=engine)
    return dict(zip(times.destinations, times.minutes[0].tolist(), strict=True))


def _drawn(
    network: RoadNetwork,
    here: gpd.GeoDataFrame,
    there: gpd.GeoDataFrame,
    members: int,
    engine: str,
) -> list[Minutes]:
    """Minutes from here under each random speed table.

    Here is one point: where legs are the same both ways, the roads are searched backward instead of
    from every hospital; else only the roads around are searched.
    """
    names = list(map(str, there.index))
    if network.join.kind == NODES:
        how: dict[str, Any] = {"members": members, "spread": SPREAD, "engine": engine}
        many = ensemble(network.backward(), there, here, **how)
        rows = [each.minutes[:, 0] for each in many]
    else:
        tables = RandomSpeeds.of(network, SpeedVariation(SPREAD))
        legs = legs_both_ways(network, here, there)
        near = surroundings(network, *legs, unevenness=tables.unevenness(members))
        roads, edges = network.part(near)
        tables = tables.on_part(roads, edges)
        legs = legs_both_ways(roads, here, there)
        prepared = prepare(roads, *legs, engine=engine, matrices=members)
        draws = map(tables.draw, range(members))
        rows = [prepared.minutes(each.minutes, profile=each.profile)[0] for each in draws]
    return [dict(zip(names, row.tolist(), strict=True)) for row in rows]


def _trip(
    case: Case,
    rows: pd.DataFrame,
    out: Minutes,
    back: Minutes,
    peak: Minutes,
    drawn: list[Minutes],
) -> Trip:
    low = high = Spell(np.nan, np.nan)
    if drawn:
        spells = np.array([[spell.now, spell.then] for spell in (_spell(rows, m) for m in drawn)])
        low, high = (Spell(*np.percentile(spells, end, axis=0).tolist()) for end in (_LOW, _HIGH))
    near = sorted((out[name], name) for name in case.intervention.providers)
    return Trip(
        case=case,
        before=_names(rows, "provider_before"),
        after=_names(rows, "provider_after"),
        out=_spell(rows, out),
        back=_spell(rows, back),
        peak=_spell(rows, peak),
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
