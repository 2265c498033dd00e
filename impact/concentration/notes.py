"""What a reader of a result must know about its inputs, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from impact.roads import RoadNetwork
    from impact.study import Study
    from impact.times import TravelTimes

_DOUBTFUL_MINUTES = 600.0


def outside_notes(study: Study, outside: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Say where the shipped register, which is not complete, decides about other regions.

    Parameters
    ----------
    study
        Its interventions.
    outside
        Intervention -> locations outside the region that its demand may go to.

    Returns
    -------
    list of str
        One note per intervention for which the study names no such locations itself.
    """
    return [
        f"{each.name}: the register lists this treatment only in regions where providers fall "
        f"short of the norm; outside {study.region} it knows {', '.join(outside[each.name])}, and "
        "a nearer provider may be missing, so these extra minutes may be too high"
        for each in study.interventions
        if outside[each.name] and not each.outside
    ]


def long_trips(times: TravelTimes) -> list[str]:
    """Doubt minutes that could be seconds.

    Parameters
    ----------
    times
        A user's own matrix.

    Returns
    -------
    list of str
        Empty where no trip takes more than ten hours.
    """
    finite = times.minutes[np.isfinite(times.minutes)]
    count = int((finite > _DOUBTFUL_MINUTES).sum())
    if not count:
        return []
    note = (
        f"{count} travel times are longer than {_DOUBTFUL_MINUTES:g} minutes (the longest is "
        f"{finite.max():g}): are they minutes?"
    )
    return [note]


def outpatient_notes(hospitals: gpd.GeoDataFrame) -> list[str]:
    """Name the providers that are listed as outpatient clinics.

    Parameters
    ----------
    hospitals
        Locations that a study uses.

    Returns
    -------
    list of str
    """
    return [
        f"{name} is listed as an outpatient clinic, whose status nobody checked since 2016"
        for name in hospitals.index[hospitals["status"] == "outpatient"]
    ]


def access_notes(times: TravelTimes, network: RoadNetwork) -> list[str]:
    """Name the points that lie far from the roads.

    Parameters
    ----------
    times
        With its far points.
    network
        Whose join rule sets the limit.

    Returns
    -------
    list of str
    """
    limit = network.join.limit_km
    return [
        f"{name} lies {km:.1f} km from the roads, beyond the limit of {limit:g} km: "
        "its minutes are rough"
        for name, km in times.far_points
    ]
