"""What a run gives: cases, tables and the manifest, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.model.candidates import locations_before, locations_joining
from impact.model.measures import by_place

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from impact.study.model import Intervention, Study
    from impact.times.matrix import TravelTimes

COLUMNS = (
    "intervention",
    "scenario",
    "recipients",
    "factor",
    "kind",
    "value",
    "mean_extra_moved",
    "moved",
    "beyond_60_after",
)
NOT_VARIED = pd.DataFrame(columns=list(COLUMNS))
"""The table of a run for which sensitivity was not asked."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What was varied, and what came out.

    Attributes
    ----------
    rows
        One row per case and variation: intervention, scenario, recipients, factor, kind (``choice``
        or ``margin``), value, mean_extra_moved, moved, beyond_60_after. Of the draws of speeds
        only percentiles of the mean are among them.
    draws : ndarray of float, shape (n_members, n_cases)
        Mean extra minutes of the moved per draw of speeds; no row where there are no roads.
    spans
        Per case, in the order of the run: factor, kind, low, high, low_value, high_value; widest
        first, the figure itself lies in every span.
    margins
        Per case: the margin of calculation in minutes, from least to greatest.
    orders
        One row per pair of scenarios of one intervention: intervention, better, worse, agree (in
        how many computations), of (how many).
    members, spread, seed
        Of the draws.
    """

    rows: pd.DataFrame
    draws: NDArray[np.float64]
    spans: tuple[pd.DataFrame, ...]
    margins: tuple[tuple[float, float], ...]
    orders: pd.DataFrame
    members: int
    spread: float
    seed: int


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
        One row per postcode and pair of providers; see `impact.model.allocation.flows`.
    figures
        See `impact.model.measures.measures`.
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
        The tables that a run writes (`impact.outputs.files.columns`), with numbers in full.
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


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below one another.

    Parameters
    ----------
    parts
        With the same columns; none gives an empty table.

    Returns
    -------
    pandas.DataFrame
    """
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def stacked(
    cases: Sequence[Case],
    rows_of: Callable[[Case], pd.DataFrame],
    remarks: pd.Series[str],
) -> pd.DataFrame:
    """Put the rows of every case in one table, with the ferry remark behind.

    Parameters
    ----------
    cases
        In the order of the rows.
    rows_of
        `flow_rows` or `postcode_rows`.
    remarks
        Ferry remark per postcode.

    Returns
    -------
    pandas.DataFrame
    """
    out = joined([rows_of(case) for case in cases])
    return out.assign(ferry=remarks.reindex(out["postcode"]).to_numpy())


def flow_rows(case: Case) -> pd.DataFrame:
    """Give the flows of a case, named.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    pandas.DataFrame
        Columns of flows.csv but ``ferry``.
    """
    rows = case.flows.drop(columns="moved")
    rows.insert(1, "intervention", case.intervention.name)
    rows.insert(2, "scenario", case.scenario)
    return rows


def postcode_rows(case: Case) -> pd.DataFrame:
    """Sum the flows of a case per postcode.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    pandas.DataFrame
        Columns of postcodes.csv but ``ferry``.
    """
    places = by_place(case.flows, case.flows["postcode"]).drop(columns="max_extra")
    # the largest flow names the provider; flows are sorted, so of equals the first by name
    largest = case.flows.sort_values("demand", ascending=False, kind="stable")
    largest = largest.drop_duplicates("postcode").set_index("postcode")
    places["nearest_before"] = largest["provider_before"]
    places["nearest_after"] = largest["provider_after"]
    places.insert(0, "intervention", case.intervention.name)
    places.insert(1, "scenario", case.scenario)
    return places.rename_axis("postcode").reset_index()
