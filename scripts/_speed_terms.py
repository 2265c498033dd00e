"""Driving minutes as a sum of terms: kilometres per class and setting, junctions per kind.

Every term is built as a profile of its own, so that the network itself says how many kilometres or
junctions of that term each of its edges holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.network.network import FERRY
from impact.network.osm.build import build_network
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables
from impact.network.speeds import LOCAL, SpeedProfile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.network.osm.tag_tables import OsmTables

GROUPS: Mapping[str, tuple[str, ...]] = {
    "motorway": ("motorway",),
    "motorway_link": ("motorway_link",),
    "trunk": ("trunk",),
    "primary": ("primary",),
    "secondary": ("secondary",),
    "tertiary": ("tertiary",),
    "link": ("trunk_link", "primary_link", "secondary_link", "tertiary_link"),
    "unclassified": ("unclassified",),
    "residential": ("residential", "road"),
}
"""Classes that share their speeds; all others keep those of the table."""

MEETINGS = ("priority", "equal", "minor", "side", "slip")
"""Delays that are fitted; the file has no signs that would tell of others."""

REST = "rest"
"""Minutes of everything that is not fitted."""

_NO_TIME = 1e12
_ONE_KM_PER_MINUTE = 60.0


@dataclass(frozen=True, eq=False)
class Terms:
    """What the edges of a network consist of.

    Attributes
    ----------
    network
        Roads with the course of their edges.
    names
        ``class setting``, meetings, and `REST`.
    amount : ndarray of float32, shape (n_edges, n_terms)
        Kilometres, junctions, and minutes.
    """

    network: RoadNetwork
    names: tuple[str, ...]
    amount: NDArray[np.float32]


def build_terms(path: Path, tables: OsmTables | None = None) -> Terms:
    """Build a network with the terms of every edge."""
    tables = read_osm_tables() if tables is None else tables
    out: list[NDArray[np.float32]] = []
    made: dict[str, SpeedProfile] = {}
    network = build_network(path, tables=_as_terms(tables, made), profile=REST)
    water = network.road_class == FERRY
    for name, minutes in network.profile_minutes.items():
        amount = minutes.astype(np.float32)
        if name != REST:
            amount[water] = 0.0
        out.append(amount)
    return Terms(
        replace(network, profiles={}, profile_minutes={}), tuple(made), np.column_stack(out)
    )


def _as_terms(tables: OsmTables, made: dict[str, SpeedProfile]) -> OsmTables:
    """Tables with a profile per term."""
    dal, delay = tables.speed["dal"], tables.delay["dal"]
    nothing = np.full_like(dal, _NO_TIME)
    speed, delays = {}, {}
    fitted = np.zeros(len(tables.classes), dtype=bool)
    for group, classes in GROUPS.items():
        members = np.isin(tables.classes, classes)
        fitted |= members
        for place, setting in enumerate(SETTINGS):
            numbers = nothing.copy()
            numbers[members, place] = _ONE_KM_PER_MINUTE
            speed[f"{group} {setting}"] = numbers
    for name in MEETINGS:
        speed[name], delays[name] = nothing, dict.fromkeys(delay, 0.0) | {name: 1.0}
    rest = dal.copy()
    rest[fitted] = _NO_TIME
    speed[REST] = rest
    delays[REST] = {**delay, **dict.fromkeys(MEETINGS, 0.0)}
    legs = ((LOCAL, _ONE_KM_PER_MINUTE, _ONE_KM_PER_MINUTE),)
    made.update({name: SpeedProfile(name, legs) for name in speed})
    zero = dict.fromkeys(delay, 0.0)
    return replace(
        tables, profiles=made, speed=speed, delay={name: delays.get(name, zero) for name in speed}
    )
