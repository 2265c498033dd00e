"""Access legs: how points join the road network.

A point joins its nearest joinable nodes (`JoinRule.count` of them at most, within
`JoinRule.limit_km`), never across a water barrier; the leg is straight line x detour at the local
speed. A point that lies on a joinable node is that node. A point without a joinable node within
the limit joins the nearest one and is flagged: nothing is snapped far in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, eq=False)
class AccessLegs:
    """Legs between points and nodes, sorted by point, then by length.

    Attributes
    ----------
    point : ndarray of int64, shape (n_legs,)
        Position of the point.
    node : ndarray of int64, shape (n_legs,)
        Position of the node.
    minutes, km : ndarray of float, shape (n_legs,)
        Road length of the leg and the time it takes at the local speed.
    straight_km : ndarray of float, shape (n_points,)
        Straight line from each point to its nearest node.
    far : ndarray of bool, shape (n_points,)
        Whether that is beyond the limit of the join rule.
    """

    point: NDArray[np.int64]
    node: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]
    straight_km: NDArray[np.float64]
    far: NDArray[np.bool_]


def great_circle_km(
    lat: NDArray[np.float64] | float,
    lon: NDArray[np.float64] | float,
    other_lat: NDArray[np.float64] | float,
    other_lon: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Distance along the Earth's surface (haversine formula).

    Parameters
    ----------
    lat, lon, other_lat, other_lon : float or ndarray of float
        Degrees; shapes broadcast.

    Returns
    -------
    ndarray of float
        Kilometres.

    Examples
    --------
    >>> round(float(great_circle_km(53.2194, 6.5665, 50.8514, 5.6910)))
    270
    """
    phi, other_phi = np.radians(lat), np.radians(other_lat)
    half = np.sin((other_phi - phi) / 2.0) ** 2
    turn = np.sin((np.radians(other_lon) - np.radians(lon)) / 2.0) ** 2
    chord = half + np.cos(phi) * np.cos(other_phi) * turn
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))


def access_legs(network: RoadNetwork, points: pd.DataFrame) -> AccessLegs:
    """Join points to a network by its rule.

    Parameters
    ----------
    network
        Declares the rule and the barriers.
    points
        Columns ``lat`` and ``lon`` in degrees.

    Returns
    -------
    AccessLegs
        At least one leg per point.
    """
    joinable = np.flatnonzero(network.joinable)
    nodes = _unit_vectors(network.lat[joinable], network.lon[joinable])
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    tree = KDTree(nodes)
    zones = _zones(network, lat, lon)
    rule = network.join
    vectors = _unit_vectors(lat, lon)
    chord = 2.0 * np.sin(rule.limit_km / (2.0 * EARTH_RADIUS_KM))
    within = tree.query_ball_point(vectors, chord)
    legs: list[tuple[int, int, float]] = []
    far = np.zeros(len(points), dtype=bool)
    straight = np.zeros(len(points))
    for place, found in enumerate(within):
        chosen = joinable[np.array(sorted(found), dtype=np.int64)]
        chosen = _not_across_water(network, chosen, zones[place])
        if len(chosen) == 0:
            far[place] = True
            dry = _not_across_water(network, joinable, zones[place])
            chosen = joinable if len(dry) == 0 else dry
            gap = great_circle_km(lat[place], lon[place], network.lat[chosen], network.lon[chosen])
            chosen = chosen[np.lexsort((network.node[chosen], gap))[:1]]
        km = great_circle_km(lat[place], lon[place], network.lat[chosen], network.lon[chosen])
        order = np.lexsort((network.node[chosen], km))[: rule.count]
        straight[place] = km[order[0]]
        same = km[order] * 1000.0 <= rule.coincident_m
        if same.any():
            order = order[same]
        for leg in order:
            length = 0.0 if same.any() else float(km[leg]) * rule.detour
            legs.append((place, int(chosen[leg]), length))
    point, node, km = (np.array(column) for column in zip(*legs, strict=True))
    minutes = network.profile.access_minutes(km, network.urban[node])
    return AccessLegs(point, node, minutes, km, straight, far)


def leg_report(points: pd.DataFrame, legs: AccessLegs) -> pd.DataFrame:
    """Length of the access leg of every point.

    Parameters
    ----------
    points
        As given to `access_legs`.
    legs
        What it returned.

    Returns
    -------
    pandas.DataFrame
        On the index of `points`: ``straight_km`` (to the nearest node used) and ``far``.
    """
    return pd.DataFrame({"straight_km": legs.straight_km, "far": legs.far}, index=points.index)


def _unit_vectors(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _zones(
    network: RoadNetwork, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Zone of each point: that of the nearest marker node; empty where there are no markers."""
    markers = np.flatnonzero(network.zone_marker)
    if not network.barriers or len(markers) == 0:
        return np.full(len(lat), "", dtype=object)
    tree = KDTree(_unit_vectors(network.lat[markers], network.lon[markers]))
    nearest = tree.query(_unit_vectors(lat, lon))[1]
    zones: NDArray[np.object_] = network.zone[markers[nearest]]
    return zones


def _not_across_water(
    network: RoadNetwork, chosen: NDArray[np.int64], zone: str
) -> NDArray[np.int64]:
    if not network.barriers:
        return chosen
    dry = [(zone, other) not in network.barriers for other in network.zone[chosen]]
    kept: NDArray[np.int64] = chosen[np.array(dry, dtype=bool)]
    return kept
