"""Towns for maps: where each lies, and which get their names first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from impact.tables.places import read_postcodes

_LEAST_RESIDENTS = 2_000
_MOST_TOWNS = 160


@dataclass(frozen=True)
class Town:
    """A place with a name.

    Attributes
    ----------
    name
        As in the shipped postcodes.
    lat, lon
        Middle of its residents, degrees.
    residents
        Of all its postcodes; towns are ranked by them.
    """

    name: str
    lat: float
    lon: float
    residents: float


@cache
def shipped_towns() -> tuple[Town, ...]:
    """Towns of the Netherlands, the largest first.

    Examples
    --------
    >>> [town.name for town in shipped_towns()[:3]]
    ['Amsterdam', 'Rotterdam', 'Den Haag']
    """
    codes = read_postcodes()
    codes = codes[(codes["place"] != "") & (codes["population"] > 0.0)]
    residents = codes["population"]
    summed = (
        codes[["place", "municipality"]]
        .assign(lat=codes["lat"] * residents, lon=codes["lon"] * residents, residents=residents)
        .groupby(["place", "municipality"])
        .sum()
    )
    summed = summed[summed["residents"] >= _LEAST_RESIDENTS]
    summed = summed.sort_values("residents", ascending=False, kind="stable")
    middles = summed[["lat", "lon"]].div(summed["residents"], axis=0).round(4)
    return tuple(
        Town(str(name), lat, lon, count)
        for (name, _), lat, lon, count in zip(
            summed.index,
            middles["lat"].tolist(),
            middles["lon"].tolist(),
            summed["residents"].tolist(),
            strict=True,
        )
    )


def towns_within(
    bounds: tuple[float, float, float, float], *, most: int = _MOST_TOWNS
) -> tuple[Town, ...]:
    """Towns within south, west, north, east (degrees), the largest first.

    Examples
    --------
    >>> [town.name for town in towns_within((52.9, 5.6, 53.5, 6.2), most=2)]
    ['Leeuwarden', 'Drachten']
    """
    south, west, north, east = bounds
    inside = (
        town for town in shipped_towns() if south <= town.lat <= north and west <= town.lon <= east
    )
    return tuple(town for town, _ in zip(inside, range(most), strict=False))
