"""What a study is laid on: roads, demand points, locations and the register, read once.

Whoever varies an assumption reads none of it again: another demand, other alternatives or other
speeds leave it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.concentration.demand import weights_of
from impact.concentration.study_roads import load_roads
from impact.places import NETHERLANDS, read_hospitals, read_postcodes
from impact.register import corrected_register, read_register
from impact.study import BUNDLED

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from impact.places import Bounds
    from impact.roads import RoadNetwork
    from impact.study import Study

_MARGIN_DEGREES = 0.5


@dataclass(frozen=True, eq=False)
class Ground:
    """Roads and tables of a study.

    Attributes
    ----------
    network
        Roads, timed for the profile of the study; `None` beside a matrix of the user's own.
    postcodes
        All of the table, index postcode, with the weights that the study needs.
    hospitals
        All known locations, index name.
    register
        The provider register, as the study corrects it.
    """

    network: RoadNetwork | None
    postcodes: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    register: pd.DataFrame

    @property
    def bounds(self) -> Bounds:
        """Where points must lie: west, south, east, north in degrees."""
        return bounds_of(self.network)


def read_ground(study: Study) -> Ground:
    """Read what a study is laid on.

    Parameters
    ----------
    study
        From `impact.study_file.read_study`.

    Returns
    -------
    Ground

    Raises
    ------
    InputError
        Whatever is wrong with a file.
    """
    network = None if study.times else load_roads(study)
    bounds = bounds_of(network)
    return Ground(
        network,
        read_postcodes(postcode_path(study), weights=weights_of(study), bounds=bounds),
        read_hospitals(_path(study, study.hospitals, "hospitals.geojson"), bounds=bounds),
        corrected_register(read_register(), study.overrides),
    )


def postcode_path(study: Study) -> Path:
    """Return the file of demand points of a study."""
    return _path(study, study.postcodes, "postcodes/pc4.csv")


def bounds_of(network: RoadNetwork | None) -> Bounds:
    """Return where points of a study may lie: around its roads, or in the Netherlands.

    Parameters
    ----------
    network
        `None` beside a matrix of the user's own.

    Returns
    -------
    tuple of float
        West, south, east, north in degrees.
    """
    if network is None:
        return NETHERLANDS
    west, south, east, north = network.bounds
    pad = _MARGIN_DEGREES
    return (west - pad, south - pad, east + pad, north + pad)


def _path(study: Study, name: str, bundled: str) -> Path:
    return data_path(bundled) if name == BUNDLED else study.path(name)
