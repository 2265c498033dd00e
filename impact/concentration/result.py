"""What a run gives: cases, tables and the manifest, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from impact.concentration.locations import locations_before, locations_joining
from impact.concentration.sensitivity import NOT_VARIED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from impact.concentration.sensitivity import Sensitivity
    from impact.study import Intervention, Study
    from impact.times import TravelTimes


@dataclass(frozen=True, eq=False)
class Case:
    """One intervention under one scenario (or displayed candidate) and one recipient rule.

    Attributes
    ----------
    intervention
        What is concentrated.
    scenario
        Name of the scenario, or `MEDIAN`.
    kind
        ``scenario`` (named in the study) or ``candidate`` (displayed in its absence).
    recipients
        ``named``, ``nearest``, or ``split`` where volumes are divided.
    stops, opens, stays
        Locations, sorted; `stays` are providers before and after.
    outside
        Locations outside the region that demand may go to.
    in_range
        Whether the range `interventions` takes its figure here.
    principal
        False for the second reading of a scenario with named recipients (nearest instead).
    flows
        One row per postcode and pair of providers; see `impact.concentration.allocation.flows`.
    figures
        See `impact.concentration.measures.measures`.
    start, status, source
        Of a named scenario.
    moves_to
        Provider that stops -> recipient -> share, where recipients are named.
    quotas
        Provider that stays -> its volume after the change, where volumes are divided.
    """

    intervention: Intervention
    scenario: str
    kind: str
    recipients: str
    stops: tuple[str, ...]
    opens: tuple[str, ...]
    stays: tuple[str, ...]
    outside: tuple[str, ...]
    in_range: bool
    principal: bool
    flows: pd.DataFrame
    figures: Mapping[str, float]
    start: dt.date | None = None
    status: str = ""
    source: str = ""
    moves_to: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)

    @property
    def before(self) -> tuple[str, ...]:
        """Locations that demand may be at before the change."""
        return locations_before(self.intervention, self.outside)

    @property
    def joining(self) -> tuple[str, ...]:
        """Locations that demand may go to only after the change."""
        stopping = len(self.stops)
        return locations_joining(
            self.intervention, self.outside, stopping=stopping, opens=self.opens
        )

    @property
    def outside_incomplete(self) -> bool:
        """Whether providers outside the region come from the register, which may lack nearer ones.

        The register lists a treatment only in regions where providers fall short of its norm.
        """
        return bool(self.outside) and not self.intervention.outside


@dataclass(frozen=True, eq=False)
class Result:
    """Everything that outputs are made from.

    Attributes
    ----------
    study
        What was asked.
    unit
        ``residents``, ``residents 65+``, ``residents 75+``, ``patients``, or ``weight: ...``;
        ``mixed`` where interventions differ.
    postcodes
        Demand points of the region: index postcode; lat, lon, municipality, island,
        visitor_cars, demand, ferry (as in flows.csv), geometry.
    hospitals
        All known locations, index name.
    times
        Minutes from these postcodes to the locations that matter here.
    cases
        In the order of intervention, kind, scenario; the second reading of a scenario with named
        recipients follows the first.
    candidates
        Intervention -> every candidate by its means.
    summary, flows, postcode_rows, municipalities, volumes, ranges, providers
        The tables that a run writes (`impact.outputs.tables`), with numbers in full.
    manifest
        Plain values: inputs with hashes, parameters, versions, notes, counts.
    from_cache
        Whether the matrix had been made before.
    weights
        Intervention -> demand of each postcode, in the order of `postcodes`.
    outside
        Intervention -> locations outside the region that its demand may go to.
    registered
        Intervention -> location -> registered count per year, where the study has counts.
    units
        Intervention -> its unit; empty where all have `unit`.
    sensitivity
        How sure the figures are, where that was asked for.
    """

    study: Study
    unit: str
    postcodes: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    times: TravelTimes
    cases: tuple[Case, ...]
    candidates: Mapping[str, pd.DataFrame]
    summary: pd.DataFrame
    flows: pd.DataFrame
    postcode_rows: pd.DataFrame
    municipalities: pd.DataFrame
    volumes: pd.DataFrame
    ranges: pd.DataFrame
    providers: pd.DataFrame
    manifest: Mapping[str, Any]
    from_cache: bool = False
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    registered: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sensitivity: Sensitivity | None = None

    @property
    def sensitivity_rows(self) -> pd.DataFrame:
        """One row per figure and variation; none where sensitivity was not asked for."""
        return NOT_VARIED if self.sensitivity is None else self.sensitivity.rows

    def choices(self, intervention: str) -> int:
        """Count the possible choices of an intervention: its candidates, as `impact sweep` counts.

        A displayed case that is none of them (with an opening, or agreed recipients) adds none.
        """
        return len(self.candidates[intervention])

    def unit_of(self, intervention: str) -> str:
        """Return the unit in which the demand of an intervention is counted."""
        return self.units.get(intervention, self.unit)
