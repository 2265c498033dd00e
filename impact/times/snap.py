"""Access legs: how points join the road network.

On a network of nodes a point joins its nearest joinable nodes (`JoinRule.count` of them at most,
within `JoinRule.limit_km`), never across a water barrier; the leg is straight line x detour at the
local speed. A point that lies on a joinable node is that node. A point without a joinable node
within the limit joins the nearest one and is flagged: nothing is snapped far in silence.

On a street-level network it joins the nearest point on the nearest usable edge; see
`impact.times.edge_join`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.times.edge_join import courses, edges_of_lines, find_spots, leg_edges
from impact.times.node_join import NodeIndex, join_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.edge_join import EdgesOfLines, Spots


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
    spots, edges
        Where the points join edges, and the edges there are; `None` on a network of nodes.
    spot_minutes, spot_km : ndarray of float, shape (n_points,)
        From each point to its spot; empty on a network of nodes.
    """

    point: NDArray[np.int64]
    node: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]
    straight_km: NDArray[np.float64]
    far: NDArray[np.bool_]
    spots: Spots | None = None
    edges: EdgesOfLines | None = None
    spot_minutes: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    spot_km: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def access_legs(network: RoadNetwork, points: pd.DataFrame, *, outward: bool = True) -> AccessLegs:
    """Join points to a network by its rule.

    Parameters
    ----------
    network
        Declares the rule and the barriers.
    points
        Columns ``lat`` and ``lon`` in degrees.
    outward
        Whether the points are left (origins) or reached (destinations). It matters on edges, which
        have a direction.

    Returns
    -------
    AccessLegs
        At least one leg per point.
    """
    if network.join.kind == "edge":
        edges, spots = _joined(network, points)
        return _edge_legs(network, edges, spots, outward=outward)
    return _node_legs(NodeIndex.of(network), points)


def legs_both_ways(
    network: RoadNetwork, origins: pd.DataFrame, destinations: pd.DataFrame
) -> tuple[AccessLegs, AccessLegs]:
    """Join origins and destinations; what lies in the network is sorted and searched once.

    Parameters
    ----------
    network
        Declares the rule and the barriers.
    origins, destinations
        Columns ``lat`` and ``lon`` in degrees.

    Returns
    -------
    access, egress : AccessLegs
        Away from the origins, and to the destinations.
    """
    if network.join.kind != "edge":
        index = NodeIndex.of(network)
        return _node_legs(index, origins), _node_legs(index, destinations)
    places = pd.concat([each[["lat", "lon"]] for each in (origins, destinations)])
    edges, spots = _joined(network, places)
    return (
        _edge_legs(network, edges, spots.part(slice(len(origins))), outward=True),
        _edge_legs(network, edges, spots.part(slice(len(origins), None)), outward=False),
    )


def _joined(network: RoadNetwork, points: pd.DataFrame) -> tuple[EdgesOfLines, Spots]:
    """Usable edges by line, and where points join them."""
    shapes = courses(network)
    edges = edges_of_lines(network, shapes)
    return edges, find_spots(network, shapes, edges, points)


def _node_legs(index: NodeIndex, points: pd.DataFrame) -> AccessLegs:
    """Legs to the nearest joinable nodes."""
    lat, lon = points["lat"].to_numpy(np.float64), points["lon"].to_numpy(np.float64)
    point, node, km, straight, far = join_nodes(index, lat, lon)
    network = index.network
    minutes = network.profile.access_minutes(km, network.urban[node])
    return AccessLegs(point, node, minutes, km, straight, far)


def _edge_legs(
    network: RoadNetwork, edges: EdgesOfLines, spots: Spots, *, outward: bool
) -> AccessLegs:
    """Legs over the parts of the nearest edge, each after the way from the point to it."""
    point, node, minutes, km = leg_edges(network, edges, spots, outward=outward)
    spot_km = spots.straight_km * network.join.detour
    urban = network.edge_urban[edges.edge[edges.start[spots.line]]]
    spot_minutes = network.profile.access_minutes(spot_km, urban)
    return AccessLegs(
        point,
        node,
        minutes + spot_minutes[point],
        km + spot_km[point],
        spots.straight_km,
        spots.straight_km > network.join.limit_km,
        spots,
        edges,
        spot_minutes,
        spot_km,
    )


def leg_report(kind: str, points: pd.DataFrame, legs: AccessLegs) -> pd.DataFrame:
    """List the access leg of every point.

    Parameters
    ----------
    kind
        ``origin`` or ``destination``.
    points
        As given to `access_legs`.
    legs
        What it returned.

    Returns
    -------
    pandas.DataFrame
        kind, point, straight_km (to the nearest node used, or to the edge), far.
    """
    return pd.DataFrame(
        {
            "kind": kind,
            "point": points.index.astype(str),
            "straight_km": legs.straight_km,
            "far": legs.far,
        }
    )


def both_reports(
    origins: pd.DataFrame, access: AccessLegs, destinations: pd.DataFrame, egress: AccessLegs
) -> pd.DataFrame:
    """List the access legs of origins, then those of destinations.

    Parameters
    ----------
    origins, destinations
        As given to `access_legs`.
    access, egress
        What it returned.

    Returns
    -------
    pandas.DataFrame
        See `leg_report`.
    """
    reports = [
        leg_report("origin", origins, access),
        leg_report("destination", destinations, egress),
    ]
    return pd.concat(reports, ignore_index=True)


def far_points(legs: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    """Name the points that lie beyond the limit, and how far.

    Parameters
    ----------
    legs
        From `leg_report`.

    Returns
    -------
    tuple of (str, float)
        Identifier and straight-line kilometres.
    """
    far = legs[legs["far"]]
    return tuple(zip(far["point"].tolist(), far["straight_km"].tolist(), strict=True))
