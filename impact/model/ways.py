"""The other ways of a trip: home again, and in the peak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.model.inputs import timed
from impact.times.back import back_minutes
from impact.times.cache import cached_matrices
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.model.inputs import Inputs
    from impact.times.matrix import TravelTimes

PEAK = "spits"
"""The speed profile of the peak."""


@dataclass(frozen=True, eq=False)
class OtherWays:
    """Minutes beside those of a study, between the same points; `None`: not computed.

    Attributes
    ----------
    back
        From every location home to every postcode, at the hour of the study.
    peak
        Towards the locations in the peak; `None` where the study itself is about the peak.
    """

    back: TravelTimes | None = None
    peak: TravelTimes | None = None


def other_ways(inputs: Inputs, *, engine: str, use_cache: bool = True) -> OtherWays:
    """Compute the trips home and those in the peak, from the cache where they were made before.

    Parameters
    ----------
    inputs
        Of a study.
    engine
        Shortest-path engine.
    use_cache
        Whether matrices may come from, and go to, the cache.

    Returns
    -------
    OtherWays
        Neither where the study brings minutes of its own.
    """
    network, times = inputs.data.network, inputs.times
    if network is None:
        return OtherWays()
    homes = inputs.postcodes.loc[list(times.origins)]
    places = inputs.hospitals.loc[list(times.destinations)]
    busy = timed(network, PEAK)
    has_peak = busy.profile.name != network.profile.name

    def make() -> Iterator[TravelTimes]:
        yield replace(times, minutes=back_minutes(network, homes, places, engine=engine))
        if has_peak:
            yield travel_times(busy, homes, places, engine=engine)

    made_of = ("back", PEAK if has_peak else "", times.manifest["key"])
    found = cached_matrices(times, made_of, make, use_cache=use_cache)
    return OtherWays(found[0], found[1] if has_peak else None)
