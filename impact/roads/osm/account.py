"""What went into a network, in kilometres: for the manifest and `impact roads info`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.roads.osm.events import EVENTS
from impact.roads.osm.ferries import crossing_and_wait
from impact.roads.osm.tags import SOURCES

if TYPE_CHECKING:
    from impact.roads.osm.scan import OsmRoads
    from impact.roads.osm.stretches import KindColumns, Stretches
    from impact.roads.osm.tables import OsmTables

_REASONS = 30
_LIMITS = [
    "Speeds and delays are assumptions by class of road, limit and surroundings, not measured.",
    "Roads that are open to destination traffic only are driven through as any other.",
    "Times of day are not modelled: what holds on working days between the peaks counts.",
]


def account(
    roads: OsmRoads, kinds: KindColumns, tables: OsmTables, each: Stretches
) -> dict[str, Any]:
    """Describe the roads before anything was simplified or dropped.

    Parameters
    ----------
    roads, kinds, tables, each
        The stretches and what they are.

    Returns
    -------
    dict
        Plain values, for `RoadNetwork.about`.
    """
    kind = roads.kind[each.way]
    km = np.bincount(kind, each.km, minlength=len(kinds.rank))
    urban = np.bincount(kind, np.where(each.urban, each.km, 0.0), minlength=len(kinds.rank))
    names = [*tables.classes, "ferry"]
    # the direction that is open; both have the same source but for a handful of roads
    source = np.where(kinds.forward, kinds.source[0], kinds.source[1])
    dry = ~kinds.ferry
    by_source = np.bincount(source[dry], km[dry], minlength=len(SOURCES))
    by_class = np.bincount(kinds.road_class, km, minlength=len(names))
    urban_by_class = np.bincount(kinds.road_class, urban, minlength=len(names))
    used = np.flatnonzero(by_class > 0.0).tolist()
    return {
        "name": f"OpenStreetMap, {roads.about['file']}",
        "kind": "street",
        "year": str(roads.about["date"])[:4],
        "source": "OpenStreetMap contributors",
        "licence": "ODbL 1.0",
        "limits": _LIMITS,
        "extract": dict(roads.about),
        "km_by_class": {names[i]: round(float(by_class[i]), 1) for i in used},
        "urban_km_by_class": {names[i]: round(float(urban_by_class[i]), 1) for i in used},
        "km_by_speed_source": {
            name: round(float(by_source[i]), 1) for i, name in enumerate(SOURCES)
        },
        "destination_km": round(float(km[kinds.destination].sum()), 1),
        "conditional_access_km": round(float(km[kinds.conditional].sum()), 1),
        "ways_left_out": dict(roads.left_out.most_common(_REASONS)),
        "nodes_missing": int(np.isnan(roads.lon).sum()),
        "barriers": int(roads.blocked.sum()),
        "signals": _signals(roads, each),
        **_ferries(roads, tables, each),
    }


def _signals(roads: OsmRoads, each: Stretches) -> int:
    on_road = np.zeros(len(roads.node), dtype=bool)
    on_road[each.first] = on_road[each.last] = True
    return int((on_road & (roads.event == EVENTS.index("signals"))).sum())


def _ferries(roads: OsmRoads, tables: OsmTables, each: Stretches) -> dict[str, Any]:
    """Car ferries with their minutes; the others by name."""
    taken, carried = [], [one for one in roads.ferries if one.carries_cars]
    for number, one in enumerate(carried):
        here = roads.kind[each.way] == len(roads.kinds) + number
        km = float(each.km[here].sum())
        if km == 0.0:
            continue
        crossing, wait, visitors = crossing_and_wait(one, km, tables)
        taken.append(
            {
                "way": one.way,
                "name": one.name,
                "km": round(km, 2),
                "crossing_minutes": round(crossing, 1),
                "wait_minutes": wait,
                "timed": "tag" if one.minutes is not None else "table",
                "visitor_cars": visitors,
                "said": one.said,
            }
        )
    passengers = [one for one in roads.ferries if not one.carries_cars]
    return {
        "car_ferries": taken,
        "passenger_ferries": [
            {"way": one.way, "name": one.name, "said": one.said} for one in passengers
        ],
    }
