"""Roads laid where a file is known to have a hole between two bare ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.geodesy import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from impact.network.osm.read import OsmRoads
    from impact.network.osm.tag_tables import Mend

_EXACT_KM = 0.005
"""An end of a road lies within so much of where the table says that it lies."""


def mended(roads: OsmRoads, mends: Iterable[Mend]) -> OsmRoads:
    """Lay the pieces that are missing."""
    used = np.bincount(roads.ref, minlength=len(roads.node))
    first, last = roads.ref[roads.start[:-1]], roads.ref[roads.start[1:] - 1]
    laid = []
    for mend in mends:
        before = _way_at(roads, last, used, mend.start)
        after = _way_at(roads, first, used, mend.end)
        if before is not None and after is not None:
            laid.append((before, last[before], first[after]))
    if not laid:
        return roads
    kind = roads.kind[[before for before, _, _ in laid]]
    added = 2 * np.arange(1, len(laid) + 1)
    lowest = min(0, int(roads.way.min()))
    return replace(
        roads,
        way=np.concatenate([roads.way, lowest - np.arange(1, len(laid) + 1)]),
        kind=np.concatenate([roads.kind, kind]),
        start=np.concatenate([roads.start, roads.start[-1] + added]),
        ref=np.concatenate([roads.ref, np.array([ends for _, *ends in laid]).ravel()]),
        about={**roads.about, "mends": len(laid)},
    )


def _way_at(
    roads: OsmRoads,
    end: NDArray[np.int32],
    used: NDArray[np.int64],
    place: tuple[float, float],
) -> int | None:
    """Way whose bare end lies at a place; `None` where there is none."""
    bare = np.flatnonzero(used[end] == 1)
    if len(bare) == 0:
        return None
    node = end[bare]
    km = np.nan_to_num(great_circle_km(*place, roads.lat[node], roads.lon[node]), nan=np.inf)
    nearest = int(np.argmin(km))
    return int(bare[nearest]) if km[nearest] <= _EXACT_KM else None
