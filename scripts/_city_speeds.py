"""Mean speed of short trips within cities, beside published averages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _speed_routes import FIXED, Router, Trips

from impact.geodesy import great_circle_km

if TYPE_CHECKING:
    from pathlib import Path

    from _speed_terms import Terms
    from numpy.typing import NDArray

CITIES = "city_speeds_tomtom_2025.csv"
_RADIUS_KM = 5.0
_SHORTEST_KM = 1.0
_DESTINATIONS = 8
_LONGEST = 45.0


def city_speeds(
    folder: Path, postcodes: pd.DataFrame, terms: Terms, tables: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    """Mean speed of trips between the postcodes of each city.

    Parameters
    ----------
    folder
        Holds the published averages.
    postcodes
        All PC4.
    terms
        Roads.
    tables
        Minutes per unit of every term, by name.

    Returns
    -------
    pandas.DataFrame
        city, published, and a column per table: km/h without the fixed minutes, over trips of one
        kilometre or more as the crow flies between postcodes within five of the centre.
    """
    cities = pd.read_csv(folder / CITIES)
    lat, lon = (postcodes[each].to_numpy(np.float64) for each in ("lat", "lon"))
    origins, destinations, number = [], [], []
    for place, city in cities.iterrows():
        inside = np.flatnonzero(great_circle_km(city["lat"], city["lon"], lat, lon) <= _RADIUS_KM)
        ends = inside[np.linspace(0, len(inside) - 1, _DESTINATIONS).astype(int)]
        origin, destination = (each.ravel() for each in np.meshgrid(inside, ends, indexing="ij"))
        crow = great_circle_km(lat[origin], lon[origin], lat[destination], lon[destination])
        far = crow >= _SHORTEST_KM
        origins.append(origin[far])
        destinations.append(destination[far])
        number.append(np.full(far.sum(), place))
    ends, column = np.unique(np.concatenate(destinations), return_inverse=True)
    trips = Trips(postcodes, postcodes.iloc[ends], np.concatenate(origins), column)
    router, which = Router(terms, trips), np.concatenate(number)
    long = np.array([" " in name for name in router.names])
    driven = np.array([name != FIXED for name in router.names])
    out = cities[["city"]].assign(published=cities["avg_kmh"])
    for name, minutes in tables.items():
        amount = router.amounts(minutes, longest=_LONGEST)
        amount = np.where(np.isfinite(amount[:, :1]), amount, 0.0)
        km = np.bincount(which, amount[:, long].sum(axis=1))
        out[name] = 60.0 * km / np.bincount(which, (amount * driven) @ minutes)
    return out
