"""Hold travel times against what is known: driving bands and public facts.

A band says that a trip takes at most 25, 25 to 30, or more than 30 minutes. Agreement is the share
of pairs in the same band; a pair within a tolerance of the limit counts as close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.concentration.measures import weighted_mean
from impact.reading import read_table
from impact.times import travel_times

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from impact.roads import RoadNetwork

BANDS = ("<=25", "25-30", ">30")
"""Driving bands, in minutes."""

_LIMITS = np.array([25.0, 30.0])
_NEAR_KM = 30.0


@dataclass(frozen=True)
class BandAgreement:
    """Agreement of minutes with driving bands.

    Attributes
    ----------
    pairs
        How many were compared.
    same
        Share in the same band.
    close
        Share in the same band, or within the tolerance of its limit.
    same_near
        Share in the same band below 30 km as the crow flies; NaN where distances are unknown.
    recall
        Band -> share of its pairs that the minutes put in it; NaN for a band without pairs.
    """

    pairs: int
    same: float
    close: float
    same_near: float
    recall: dict[str, float]


def band_agreement(
    minutes: NDArray[np.float64],
    bands: NDArray[np.object_],
    *,
    crow_km: NDArray[np.float64] | None = None,
    tolerance: float = 2.0,
) -> BandAgreement:
    """Compare minutes with the band that each pair is known to lie in.

    Parameters
    ----------
    minutes : ndarray of float, shape (n,)
        Ours.
    bands : ndarray of str, shape (n,)
        One of `BANDS` each.
    crow_km : ndarray of float, shape (n,), optional
        Straight-line distances.
    tolerance
        Minutes from a limit that still count as close.

    Returns
    -------
    BandAgreement

    Examples
    --------
    >>> ours = np.array([20.0, 26.0, 31.0, 50.0])
    >>> known = np.array(["<=25", "<=25", "25-30", ">30"], dtype=object)
    >>> found = band_agreement(ours, known)
    >>> found.same, found.close
    (0.5, 1.0)
    """
    number = {name: place for place, name in enumerate(BANDS)}
    known = np.array([number[name] for name in bands])
    ours = np.searchsorted(_LIMITS, minutes, side="left")
    lower = np.array([-np.inf, *_LIMITS])[known] - tolerance
    upper = np.array([*_LIMITS, np.inf])[known] + tolerance
    same = ours == known
    near = np.zeros(len(same), dtype=bool) if crow_km is None else crow_km < _NEAR_KM
    return BandAgreement(
        pairs=len(same),
        same=float(same.mean()),
        close=float((same | ((minutes >= lower) & (minutes <= upper))).mean()),
        same_near=float(same[near].mean()) if near.any() else np.nan,
        recall={
            name: float(same[known == place].mean()) if (known == place).any() else np.nan
            for name, place in number.items()
        },
    )


def public_facts(
    network: RoadNetwork, postcodes: gpd.GeoDataFrame, hospitals: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Hold a network of the Netherlands against the shipped public facts.

    Parameters
    ----------
    network
        Timed roads.
    postcodes
        All PC4 with `population`.
    hospitals
        Shipped locations, with ``status`` ``open`` or ``outpatient``.

    Returns
    -------
    pandas.DataFrame
        One row per fact of the kinds ``trip`` and ``national``: kind, fact, value, unit,
        tolerance, ours, holds, source.

    Notes
    -----
    A trip from several postcodes is their plain mean. A trip to a postcode has that postcode as its
    destination. National means are weighted with residents, over the road length of the fastest
    route to the hospital that is nearest by road.
    """
    facts = read_table(data_path("validation_public.csv"))
    values, _ = facts.numbers("value")
    tolerances, _ = facts.numbers("tolerance")
    rows = []
    for place, (_, fact) in enumerate(facts.frame.iterrows()):
        if fact["kind"] == "trip":
            ours = _trip(network, postcodes, hospitals, fact)
        elif fact["kind"] == "national":
            chosen = hospitals["status"] == "open"
            if "including outpatient" in str(fact["to"]):
                chosen |= hospitals["status"] == "outpatient"
            ours = _mean_km(network, postcodes, hospitals[chosen])
        else:
            continue
        value, tolerance = float(values[place]), float(tolerances[place])
        rows.append(
            {
                "kind": fact["kind"],
                "fact": f"{fact['from']} -> {fact['to']}: {fact['quantity']}",
                "value": value,
                "unit": fact["unit"],
                "tolerance": tolerance,
                "ours": ours,
                "holds": abs(ours - value) <= tolerance,
                "source": fact["source"],
            }
        )
    return pd.DataFrame(rows)


def _trip(
    network: RoadNetwork,
    postcodes: gpd.GeoDataFrame,
    hospitals: gpd.GeoDataFrame,
    fact: pd.Series[str],
) -> float:
    """Mean minutes or road kilometres of one trip of the facts."""
    codes = fact["from_pc4"].removesuffix(" (mean)").split("-")
    first, last = codes[0], codes[-1]
    origins = postcodes[(postcodes.index >= first) & (postcodes.index <= last)]
    target = fact["to_place"].removeprefix("hospital ")
    known = hospitals if target in hospitals.index else postcodes
    times = travel_times(network, origins, known.loc[[target]], km=True)
    km = times.km
    if fact["unit"] == "km" and km is not None:
        return float(km.mean())
    return float(times.minutes.mean())


def _mean_km(
    network: RoadNetwork, postcodes: gpd.GeoDataFrame, hospitals: gpd.GeoDataFrame
) -> float:
    """Mean road kilometres of residents to the hospital that is nearest by road."""
    times = travel_times(network, postcodes, hospitals, km=True)
    weights = postcodes["population"].to_numpy(np.float64)
    nearest = np.full(len(postcodes), np.inf) if times.km is None else times.km.min(axis=1)
    return weighted_mean(nearest, weights)
