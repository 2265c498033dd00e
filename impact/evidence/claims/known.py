"""What a claim can be about: regions, treatments, places, and the shipped studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.bundled import study_paths
from impact.evidence.reproduce.published import treatment_names
from impact.places import read_postcodes
from impact.study_file import read_study

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from impact.study import Intervention, Study


@dataclass(frozen=True, eq=False)
class Known:
    """What a claim can be about.

    Attributes
    ----------
    studies
        Region -> its shipped study.
    names
        Treatment id, or name in Dutch or English -> treatment id.
    postcodes
        Index postcode; region, municipality, population.
    """

    studies: Mapping[str, Study]
    names: Mapping[str, str]
    postcodes: gpd.GeoDataFrame

    def intervention(self, region: str, treatment: str) -> Intervention | None:
        """Return the treatment as the region has it; `None` where it does not fall short there."""
        for each in self.studies[region].interventions:
            if each.treatment == treatment:
                return each
        return None


def known_data() -> Known:
    """Read what claims are held against.

    Returns
    -------
    Known
    """
    studies = {each.region: each for each in map(read_study, study_paths().values())}
    names = {key: key for key in treatment_names("nl")}
    for lang in ("nl", "en"):
        names |= {name: key for key, name in treatment_names(lang).items()}
    return Known(studies, names, read_postcodes())
