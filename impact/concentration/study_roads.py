"""The roads of a study, under its speed profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.roads import read_main_roads, read_network
from impact.roads.main_roads import bundled_profiles
from impact.roads.speeds import choose_profile
from impact.study import BUNDLED

if TYPE_CHECKING:
    from impact.roads import RoadNetwork
    from impact.study import Study


def load_roads(study: Study) -> RoadNetwork:
    """Read the roads of a study, timed for its profile.

    Parameters
    ----------
    study
        Its `roads` and `profile`.

    Returns
    -------
    RoadNetwork
    """
    if study.roads == BUNDLED:
        return read_main_roads(profile=study.profile)
    path = study.path(study.roads)
    if path.is_dir():
        return read_main_roads(path, profile=study.profile)
    return timed(read_network(path), study.profile)


def timed(network: RoadNetwork, profile: str) -> RoadNetwork:
    """Return roads under another speed profile.

    Parameters
    ----------
    network
        Roads; those timed for nothing but a profile of their own stay as they are.
    profile
        One that the network was timed for, or else a shipped one.

    Returns
    -------
    RoadNetwork
    """
    if network.profile.name in {profile, "own"}:
        return network
    if network.profiles:
        return network.with_profile(profile)
    return network.with_profile(choose_profile(bundled_profiles(), profile))
