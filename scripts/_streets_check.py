"""Hold the shipped streets against all streets, and what crosses water against bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.network.osm.tag_tables import read_osm_tables
from impact.network.shipped import FERRIES, STREETS, read_ferries, street_network
from impact.network.streets import PER_DEGREE, read_streets
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.network.streets import Streets

MEAN_MINUTES = 0.5
CLOSE_MINUTES = 2.0
CLOSE_SHARE = 0.99
SAME_NEAREST = 0.985
_OTHER_PLACES = 4000
_SEED = 20210806
_NEAR_POSTCODE = 0.02
_HOME = ("residential", "living_street", "unclassified")


def check_streets(out: Path, everything: Path, report: Callable[[str], None] = print) -> None:
    """Compare minutes from postcodes, and from places in any street, to all hospitals.

    Parameters
    ----------
    out
        Folder of the shipped tables.
    everything
        All streets, as `write_shipped_streets` wrote them.
    report
        Receives a line of text per figure.

    Raises
    ------
    InputError
        When the shipped streets differ by more than what is promised.
    """
    ferries, tables = read_ferries(out / "roads" / FERRIES), read_osm_tables()
    whole_streets = read_streets(everything)
    whole = street_network(whole_streets, ferries, tables=tables)
    shipped = street_network(read_streets(out / "roads" / STREETS), ferries, tables=tables)
    postcodes, hospitals = read_postcodes(), read_hospitals()
    hospitals = hospitals[hospitals["status"] == "open"]
    found = _compared(whole, shipped, postcodes, hospitals)
    people = postcodes["population"].to_numpy(np.float64)
    same = float(people[found["same"]].sum() / people.sum())
    report(f"check   postcodes: {_line(found)}; same nearest hospital for {same:.4f} of residents")
    other = places_in_streets(whole_streets, postcodes)
    elsewhere = _compared(whole, shipped, other, hospitals)
    share = float(elsewhere["same"].mean())
    report(f"check   any street: {_line(elsewhere)}; same nearest hospital for {share:.4f}")
    limits = (
        ("mean difference, minutes", found["mean"] <= MEAN_MINUTES, found["mean"]),
        ("share within two minutes", found["close"] >= CLOSE_SHARE, found["close"]),
        ("same nearest hospital", same >= SAME_NEAREST, same),
    )
    faults = [
        Fault(STREETS, "", name, f"{value:.4f}", "what is promised")
        for name, ok, value in limits
        if not ok
    ]
    if faults:
        raise InputError(faults)


def places_in_streets(streets: Streets, postcodes: pd.DataFrame) -> pd.DataFrame:
    """Draw places in the built-up streets of the Netherlands, as a table of points has them."""
    town = np.array([name in _HOME and setting != "rural" for name, setting in streets.kinds])
    chance = np.random.default_rng(_SEED)
    links = chance.choice(np.flatnonzero(town[streets.kind]), 4 * _OTHER_PLACES, replace=False)
    lat, lon = (
        (axis[streets.tail[links]] + axis[streets.head[links]]) / 2.0 / PER_DEGREE
        for axis in (streets.lat, streets.lon)
    )
    away = np.hypot(
        lat[:, None] - postcodes["lat"].to_numpy(), lon[:, None] - postcodes["lon"].to_numpy()
    ).min(axis=1)
    home = np.flatnonzero(away < _NEAR_POSTCODE)[:_OTHER_PLACES]
    index = [f"place {each}" for each in range(len(home))]
    return pd.DataFrame({"lat": lat[home], "lon": lon[home]}, index=index)


def _compared(
    whole: RoadNetwork, shipped: RoadNetwork, origins: pd.DataFrame, hospitals: pd.DataFrame
) -> dict[str, NDArray[np.float64]]:
    exact = travel_times(whole, origins, hospitals).minutes
    found = travel_times(shipped, origins, hospitals)
    legs = found.legs["straight_km"].to_numpy()[: len(origins)]
    away = np.abs(found.minutes - exact)
    return {
        "mean": away.mean(),
        "close": (away <= CLOSE_MINUTES).mean(),
        "high": np.percentile(away, 99),
        "same": found.minutes.argmin(axis=1) == exact.argmin(axis=1),
        "leg": np.percentile(legs, 99),
    }


def _line(found: dict[str, NDArray[np.float64]]) -> str:
    return (
        f"mean difference {found['mean']:.3f} minutes, {found['close']:.4f} within "
        f"{CLOSE_MINUTES:g}, 99 % within {found['high']:.2f}; access legs: 99 % below "
        f"{found['leg']:.2f} km"
    )
