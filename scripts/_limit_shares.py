"""Share of a signed limit that is driven: so that tags make roads neither faster nor slower."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.network.osm.edges import junctions, kind_columns, speeds, stretches
from impact.network.osm.read import scan
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from impact.network.osm.edges import Junctions
    from impact.network.osm.tag_tables import OsmTables

PROFILE = "dal"
_MINUTES_PER_HOUR = 60.0


def tagged_stretches(path: Path, tables: OsmTables | None = None) -> pd.DataFrame:
    """Minutes of the stretches with a limit, per direction, with tags and without.

    Parameters
    ----------
    path
        An extract with tags.
    tables
        The shipped tables by default.

    Returns
    -------
    pandas.DataFrame
        class, setting, km, limit (km/h), delay and bare_delay (minutes at the last node, with its
        signs and without), tagged and bare (minutes in all).

    Notes
    -----
    Without tags, the setting stays: what changes is the limit and what stands at the nodes.
    """
    tables = read_osm_tables() if tables is None else tables
    roads = scan(path, tables)
    kinds = kind_columns(roads, tables)
    each = stretches(roads, kinds, tables)
    met = junctions(roads, kinds, each)
    plain = replace(met, event=np.zeros_like(met.event))
    kind = roads.kind[each.way]
    unsigned = speeds(replace(kinds, limit=np.full_like(kinds.limit, np.nan)), tables, PROFILE)
    signed = speeds(kinds, tables, PROFILE)
    parts = []
    for direction, is_open in enumerate((kinds.forward, kinds.backward)):
        limit = kinds.limit[direction, kind]
        use = is_open[kind] & np.isfinite(limit) & ~kinds.ferry[kind]
        minutes = {
            name: each.km / kmh[direction, kind, each.setting] * _MINUTES_PER_HOUR
            for name, kmh in (("tagged", signed), ("bare", unsigned))
        }
        delay, bare_delay = (_delays(one, direction, tables) for one in (met, plain))
        part = {
            "class": np.array([*tables.classes, ""])[kinds.road_class[kind]],
            "setting": np.array(SETTINGS)[each.setting],
            "km": each.km,
            "limit": limit,
            "delay": delay,
            "bare_delay": bare_delay,
            "tagged": minutes["tagged"] + delay,
            "bare": minutes["bare"] + bare_delay,
        }
        parts.append(pd.DataFrame(part)[use])
    return pd.concat(parts, ignore_index=True)


def _delays(met: Junctions, direction: int, tables: OsmTables) -> np.ndarray:
    return met.minutes(direction, tables.delay[PROFILE])


def shares_of_limit(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Share of the limit by class and setting with which tagged and bare minutes are equal.

    Parameters
    ----------
    tables
        From `tagged_stretches`.

    Returns
    -------
    pandas.DataFrame
        class, setting, km, share.
    """
    rows = pd.concat(tables).assign(at_limit=lambda each: 60.0 * each["km"] / each["limit"])
    sums = rows.groupby(["class", "setting"])[
        ["km", "at_limit", "delay", "bare_delay", "bare"]
    ].sum()
    sums["share"] = sums["at_limit"] / (sums["bare"] - sums["delay"])
    return sums.reset_index()[["class", "setting", "km", "share"]]
