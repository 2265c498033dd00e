"""What a claim can be about: regions, treatments, places; of the shipped studies or of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.bundled import study_paths
from impact.concentration.inputs import residents_of
from impact.evidence.reproduce.published import treatment_names
from impact.places import read_postcodes
from impact.study import BUNDLED, WEIGHTS
from impact.study_file import read_study

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from impact.concentration.ground import Ground
    from impact.study import Intervention, Study


@dataclass(frozen=True, eq=False)
class Known:
    """What a claim can be about.

    Attributes
    ----------
    studies
        Region -> its study.
    interventions
        Region -> key of a treatment -> the treatment as the region has it.
    names
        Key of a treatment, or a name of it -> its key.
    shown
        Names of treatments, for messages.
    postcodes
        Index postcode; region, municipality.
    weights
        Who may be counted.
    own
        Whether this is a study of the user's own.
    """

    studies: Mapping[str, Study]
    interventions: Mapping[str, Mapping[str, Intervention]]
    names: Mapping[str, str]
    shown: tuple[str, ...]
    postcodes: gpd.GeoDataFrame
    weights: tuple[str, ...] = tuple(WEIGHTS)
    own: bool = False

    def intervention(self, region: str, treatment: str) -> Intervention | None:
        """Return the treatment as the region has it; `None` where it does not fall short there."""
        return self.interventions[region].get(treatment)


def known_data() -> Known:
    """Read what claims about the shipped regions are held against.

    Returns
    -------
    Known
    """
    studies = {each.region: each for each in map(read_study, study_paths().values())}
    names = {key: key for key in treatment_names("nl")}
    for lang in ("nl", "en"):
        names |= {name: key for key, name in treatment_names(lang).items()}
    return Known(
        studies,
        {
            region: {each.treatment: each for each in study.interventions}
            for region, study in studies.items()
        },
        names,
        tuple(treatment_names("nl").values()),
        read_postcodes(),
    )


def known_study(study: Study, ground: Ground) -> Known:
    """Say what claims about one study are held against.

    Parameters
    ----------
    study
        Its treatments go by their names.
    ground
        What it is laid on.

    Returns
    -------
    Known

    Raises
    ------
    InputError
        For a region that the postcodes do not know.
    """
    interventions = {each.name: each for each in study.interventions}
    postcodes = residents_of(ground.postcodes, study, [])
    patients = any(each.patients or each.flows for each in study.interventions)
    columns = WEIGHTS.values() if study.postcodes == BUNDLED else postcodes.columns
    counted = () if patients or study.demand not in WEIGHTS else tuple(WEIGHTS)
    return Known(
        {study.region: study},
        {study.region: interventions},
        {name: name for name in interventions},
        tuple(interventions),
        postcodes.assign(region=study.region),
        tuple(name for name in counted if WEIGHTS[name] in columns),
        own=True,
    )
