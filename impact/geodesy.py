"""Distance on the Earth, without anything but numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


def stretch_km(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    other_lat: NDArray[np.float64],
    other_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Great-circle distance (haversine formula) between pairs of places.

    Examples
    --------
    >>> groningen, maastricht = (np.array([53.2194, 6.5665]), np.array([50.8514, 5.6910]))
    >>> round(float(stretch_km(*groningen, *maastricht)))
    270
    """
    phi, other_phi = np.radians(lat), np.radians(other_lat)
    half = np.sin((other_phi - phi) / 2.0) ** 2
    turn = np.sin(np.radians(other_lon - lon) / 2.0) ** 2
    chord = half + np.cos(phi) * np.cos(other_phi) * turn
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0))))


def great_circle_km(
    lat: NDArray[np.float64] | float,
    lon: NDArray[np.float64] | float,
    other_lat: NDArray[np.float64] | float,
    other_lon: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Distance along the Earth's surface (haversine formula).

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
