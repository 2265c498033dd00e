"""What a run gives: cases, tables and the manifest, as frozen dataclasses."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.manifest import DISTRIBUTION, created, described
from impact.model.measures import by_place
from impact.study.register import performing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.notes import Note
    from impact.study.model import Study
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
    """Put tables below one another."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def stacked(
    cases: Sequence[Case],
    rows_of: Callable[[Case], pd.DataFrame],
    remarks: pd.Series[str],
) -> pd.DataFrame:
    """Put the rows of every case in one table, with the ferry remark behind."""
    out = joined([rows_of(case) for case in cases])
    return out.assign(ferry=remarks.reindex(out["postcode"]).to_numpy())


def flow_rows(case: Case) -> pd.DataFrame:
    """Give the flows of a case, named."""
    rows = case.flows.drop(columns="moved")
    rows.insert(1, "intervention", case.intervention.name)
    rows.insert(2, "scenario", case.scenario)
    return rows


def postcode_rows(case: Case) -> pd.DataFrame:
    """Sum the flows of a case per postcode."""
    places = by_place(case.flows, case.flows["postcode"]).drop(columns="max_extra")
    # the largest flow names the provider; flows are sorted, so of equals the first by name
    largest = case.flows.sort_values("demand", ascending=False, kind="stable")
    largest = largest.drop_duplicates("postcode").set_index("postcode")
    places["nearest_before"] = largest["provider_before"]
    places["nearest_after"] = largest["provider_after"]
    places.insert(0, "intervention", case.intervention.name)
    places.insert(1, "scenario", case.scenario)
    return places.rename_axis("postcode").reset_index()


_PACKAGES = ("geopandas", "networkx", "numpy", "pandas", "scipy", "shapely")


def run_manifest(
    study: Study,
    inputs: Inputs,
    *,
    cases: Sequence[Case],
    swept: Mapping[str, pd.DataFrame],
    providers: pd.DataFrame,
    notes: Sequence[Note],
    sources: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Describe a run."""
    times = inputs.times
    weight = inputs.demand.weights[study.interventions[0].name]
    cut_off = np.flatnonzero(~np.isfinite(times.minutes).any(axis=1))
    unreachable = [times.origins[place] for place in cut_off.tolist()]
    statuses = performing(providers)["status"].value_counts().sort_index()
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "study": {
            "title": study.title,
            "region": study.region,
            "file": study.source,
            "sha256": study.sha256,
        },
        "roads": dict(times.manifest["roads"]),
        "times": {k: v for k, v in times.manifest.items() if k not in {"roads", "notes"}},
        "parameters": {
            "profile": times.manifest["profile"],
            "demand": study.demand,
            "unit": inputs.demand.unit,
            "units": dict(inputs.demand.units),
            "patients": dict(inputs.demand.kinds),
            "groups": list(study.groups),
            "direction": "one way, from the postcode to the hospital",
            "allocation": {
                name: {"rule": choice.rule, **choice.about}
                for name, choice in inputs.allocation_rules.items()
            },
            "procedures_per_patient": 1,
            "visits_per_patient": 1,
        },
        "inputs": [described(each) for each in sources],
        "overrides": [asdict(each) for each in study.overrides],
        "cases": [_case(case) for case in cases],
        "counts": {
            "postcodes": len(inputs.postcodes),
            "demand": float(weight.sum()),
            "demands": {name: float(each.sum()) for name, each in inputs.demand.weights.items()},
            "locations": len(times.destinations),
            "cases": len(cases),
            "candidates": {name: len(table) for name, table in swept.items()},
            "pairs_without_route": int((~np.isfinite(times.minutes)).sum()),
            "postcodes_without_route": unreachable,
            "access_legs": _access(times.legs),
            "far_points": [[name, round(km, 2)] for name, km in times.far_points],
            "drawn_by_openings": {
                f"{case.intervention.name} | {case.scenario}": case.figures["drawn"]
                for case in cases
                if case.opens
            },
            "provider_status": {str(key): int(value) for key, value in statuses.items()},
            "postcodes_over_ferry": int((inputs.ferry != "").sum()),
            "postcodes_without_visitor_cars": int((inputs.ferry == "no visitor cars").sum()),
        },
        "notes": [note.record() for note in notes],
        "packages": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def _case(case: Case) -> dict[str, Any]:
    """Which hospitals stop and open in a case, and who takes over."""
    return {
        "intervention": case.intervention.name,
        "scenario": case.scenario,
        "kind": case.kind,
        "recipients": case.recipients,
        "stops": list(case.stops),
        "opens": list(case.opens),
        "moves_to": {giver: dict(takers) for giver, takers in case.moves_to.items()},
        "in_range": case.in_range,
        "from": None if case.start is None else case.start.isoformat(),
        "status": case.status,
        "source": case.source,
    }


def _access(legs: pd.DataFrame | None) -> dict[str, Any]:
    """How far points lie from the roads; empty for a matrix of the user's own."""
    if legs is None:
        return {}
    farthest = legs.iloc[int(legs["straight_km"].to_numpy().argmax())]
    return {
        "points": len(legs),
        "median_km": round(float(legs["straight_km"].median()), 3),
        "greatest_km": round(float(farthest["straight_km"]), 3),
        "farthest": str(farthest["point"]),
    }
