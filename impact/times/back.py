"""Trips home: from every location back to every postcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.times.matrix import prepare, travel_times
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork


def back_minutes(
    network: RoadNetwork, homes: pd.DataFrame, places: pd.DataFrame, *, engine: str
) -> NDArray[np.float64]:
    """Compute the minutes home from a few places to many homes.

    Parameters
    ----------
    network
        Roads, timed for one profile.
    homes, places : pandas.DataFrame
        Points with ``lat`` and ``lon`` (degrees).
    engine
        Shortest-path engine.

    Returns
    -------
    ndarray of float, shape (n_homes, n_places)
        Infinite where no route exists.

    Notes
    -----
    One tree per place on roads turned around, between the legs of the trip home: as
    `travel_times` from the places to the homes, which takes a tree per home. Where both join the
    same line of the network, which is one way or not, it is asked.
    """
    egress, access = legs_both_ways(network, places, homes)
    prepared = prepare(network.backward(), access, egress, engine=engine)
    minutes = prepared.minutes()
    if access.spots is not None and egress.spots is not None:
        beside = np.flatnonzero(np.isin(access.spots.line, egress.spots.line))
        if len(beside):
            found = travel_times(network, places, homes.iloc[beside], engine=engine)
            minutes[beside] = found.minutes.T
    return minutes
