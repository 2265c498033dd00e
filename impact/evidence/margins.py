"""Minutes under what nobody knows exactly, speeds aside: points, ways to the roads, parking.

- the point of a postcode: in the middle of its area, and drawn at random within it;
- the way between a point and the roads: shorter and longer than the join rule takes it;
- the fixed minutes for start and parking: none, and twice as many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.times import travel_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.roads import RoadNetwork
    from impact.times import TravelTimes

POINT, LEGS, FIXED = "point", "legs", "fixed"

DRAWN_POINTS = 10
"""Draws of a point per postcode."""

DETOURS = (1.1, 1.5)
"""Road length of the way between a point and the roads over its straight line, beside the 1.3 of
the join rule. An assumption; source: general knowledge, unverified."""

FIXED_MINUTES = (0.0, 5.0)
"""Minutes per trip for start and parking, beside the 2.5 of the shipped profiles. An assumption:
none, and twice as many."""


@dataclass(frozen=True, eq=False)
class OtherTimes:
    """A matrix with one thing otherwise.

    Attributes
    ----------
    factor, value
        What is otherwise, and what it is set to.
    times
        The matrix.
    """

    factor: str
    value: str
    times: TravelTimes


def other_times(
    times: TravelTimes,
    network: RoadNetwork,
    postcodes: pd.DataFrame,
    locations: pd.DataFrame,
    *,
    engine: str,
    seed: int,
    areas: bool,
) -> Iterator[OtherTimes]:
    """Make the matrices, one thing otherwise at a time.

    Parameters
    ----------
    times
        The matrix as it is.
    network
        Its roads.
    postcodes, locations
        Its origins and destinations: columns ``lat`` and ``lon``.
    engine
        Shortest-path engine.
    seed
        Of the points that are drawn.
    areas
        Whether the postcodes are those of the shipped areas, in which points can be drawn.

    Yields
    ------
    OtherTimes
    """
    if areas:
        yield from _points(times, network, postcodes, locations, engine=engine, seed=seed)
    for detour in DETOURS:
        # the ways on both sides of a trip
        roads = replace(network, join=replace(network.join, detour=detour))
        minutes = travel_times(roads, postcodes, locations, engine=engine).minutes
        yield OtherTimes(LEGS, f"{detour:g}", replace(times, minutes=minutes))
    for fixed in FIXED_MINUTES:
        # they change who is within a limit, and no difference between two trips
        minutes = times.minutes + (fixed - network.profile.fixed_minutes)
        yield OtherTimes(FIXED, f"{fixed:g}", replace(times, minutes=minutes))


def _points(
    times: TravelTimes,
    network: RoadNetwork,
    postcodes: pd.DataFrame,
    locations: pd.DataFrame,
    *,
    engine: str,
    seed: int,
) -> Iterator[OtherTimes]:
    """Move the point of each postcode inside its polygon; where there is none it stays."""
    polygons = gpd.read_file(data_path("postcodes/pc4_polygons.geojson")).set_index("postcode")
    shapes = polygons.geometry.reindex(postcodes.index)
    known = shapes.notna().to_numpy()
    generator = np.random.default_rng(seed)
    inside = gpd.GeoSeries(shapes[known].to_numpy(), crs=polygons.crs)
    drawn = inside.sample_points(DRAWN_POINTS, rng=generator).explode(index_parts=False)
    draws = {"centroid": inside.representative_point()}
    for number in range(DRAWN_POINTS):
        draws[f"drawn {number + 1}"] = drawn.groupby(level=0).nth(number)
    moved = {}
    for value, points in draws.items():
        moved[value] = pd.DataFrame(postcodes[["lat", "lon"]])
        moved[value].loc[known, "lat"] = points.y.to_numpy()
        moved[value].loc[known, "lon"] = points.x.to_numpy()
    # one tree per location serves the points of all draws
    every = pd.concat([points.add_prefix(f"{value} ", axis=0) for value, points in moved.items()])
    found = travel_times(network, every, locations, engine=engine).minutes
    for value, minutes in zip(moved, np.split(found, len(moved)), strict=True):
        yield OtherTimes(POINT, value, replace(times, minutes=minutes))
