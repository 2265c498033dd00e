"""Whose minutes count: the residents of a region, and where its edge lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.reproduce.setting import EDGE_MINUTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.world import World


def residents(world: World, region: str, setting: Setting) -> NDArray[np.int64]:
    """Postcodes that count as the region's, under a setting.

    Parameters
    ----------
    world
        With the region of every postcode.
    region
        Oncology region.
    setting
        Its `edge` and `profile`.

    Returns
    -------
    ndarray of int64
        Rows of ``world.postcodes``.
    """
    place = world.place(region)
    here = world.home == place
    if setting.edge == "member":
        return np.flatnonzero(here)
    reach = world.reach[setting.profile]
    inside, outside = reach[:, place], np.delete(reach, place, axis=1).min(axis=1)
    if setting.edge == "narrow":
        return np.flatnonzero(here & (outside - inside >= EDGE_MINUTES))
    return np.flatnonzero(here | (inside - outside < EDGE_MINUTES))
