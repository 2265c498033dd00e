"""What a run gives: cases, tables and the manifest, as frozen dataclasses."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.groups import GROUP_COLUMNS
from impact.errors import Fault, InputError, nearest_names
from impact.manifest import DISTRIBUTION, created, described
from impact.model.measures import by_place, hardest_hit, place_bands
from impact.study.register import performing, provider_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.notes import Note
    from impact.study.model import Study
    from impact.times.matrix import TravelTimes
    from impact.transit.times import TransitTimes

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
        One row per pair of scenarios of one intervention: intervention, better (fewer extra minutes
        over everybody), worse, agree (in how many computations), of (how many).
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
    transit
        Trips by public transport between these postcodes and locations, where the study has a
        timetable (or a matrix); `impact.analysis.transit.transit_flows` joins them to a case.
    transit_table
        The rows of transit.csv: car and public transport side by side, per case.
    travel
        The published travel table, of a run by catchments (`impact.analysis.travel`).
    facilities, effects, combinations, exclusions
        What the scenarios mean for the hospitals (`impact.analysis.hospitals.HospitalImpact`).
    groups
        The same measures per group of residents (`impact.analysis.groups`).
    back, peak
        Minutes home from every location to every postcode, and towards the locations in the peak,
        between the points of `times`; `None`: not computed.
    """

    study: Study
    unit: str
    postcodes: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    times: TravelTimes
    cases: tuple[Case, ...]
    candidates: Mapping[str, pd.DataFrame]
    providers: pd.DataFrame
    manifest: Mapping[str, Any]
    summary: pd.DataFrame = field(default_factory=pd.DataFrame)
    flows: pd.DataFrame = field(default_factory=pd.DataFrame)
    postcode_rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    municipalities: pd.DataFrame = field(default_factory=pd.DataFrame)
    volumes: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranges: pd.DataFrame = field(default_factory=pd.DataFrame)
    from_cache: bool = False
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    registered: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sensitivity: Sensitivity | None = None
    travel: pd.DataFrame = field(default_factory=pd.DataFrame)
    transit: TransitTimes | None = None
    transit_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    combinations: pd.DataFrame = field(default_factory=pd.DataFrame)
    exclusions: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=GROUP_COLUMNS))
    back: TravelTimes | None = None
    peak: TravelTimes | None = None

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

    def kind_of(self, intervention: str) -> str:
        """Return how patients are known: ``registered``, ``modelled``, or empty for residents."""
        return str(self.manifest["parameters"]["patients"].get(intervention, ""))

    def said_unit(self, intervention: str = "") -> str:
        """Return the unit, of an intervention or of all, with how patients are known.

        Examples
        --------
        >>> from impact.study.read import read_study
        >>> from impact.analysis.run import run_study
        >>> run_study(read_study("noordoost")).said_unit("Longresecties")
        'patients modelled'
        """
        unit = self.unit_of(intervention) if intervention else self.unit
        names = [intervention] if intervention else [each.name for each in self.study.interventions]
        kinds = {kind for kind in map(self.kind_of, names) if kind}
        return f"{unit} {kinds.pop()}" if len(kinds) == 1 else unit

    @cached_property
    def views(self) -> tuple[CaseView, ...]:
        """Every case with its rows, in the order of `cases`."""
        return tuple(CaseView(self, case) for case in self.cases)

    @cached_property
    def principal(self) -> tuple[CaseView, ...]:
        """One view per intervention and scenario: the first reading of each."""
        return tuple(view for view in self.views if view.case.principal)

    def case(self, intervention: str, scenario: str, recipients: str = "") -> CaseView:
        """One case with its rows of every table.

        Parameters
        ----------
        intervention, scenario
            Names.
        recipients
            ``named``, ``nearest`` or ``split``; by default the first reading of the scenario.

        Returns
        -------
        CaseView

        Raises
        ------
        InputError
            Where the result has no such case.

        Examples
        --------
        >>> from impact.study.read import read_study
        >>> from impact.analysis.run import run_study
        >>> result = run_study(read_study("noordoost"))
        >>> view = result.case("Longresecties", "displayed candidate")
        >>> view.case.kind, len(view.postcodes)
        ('candidate', 1437)
        """
        views = self.views if recipients else self.principal
        for view in views:
            if view.key == (intervention, scenario) and recipients in {"", view.case.recipients}:
                return view
        known = [" | ".join(view.key) for view in views]
        asked = f"{intervention} | {scenario}"
        expected = "a case of this result (intervention | scenario)"
        raise InputError(Fault("case", "", "", asked, expected, nearest_names(asked, known)))

    @cached_property
    def _places(self) -> dict[str, dict[Any, NDArray[np.int64]]]:
        """Table -> intervention and scenario -> its rows."""
        return {
            name: getattr(self, name).groupby(["intervention", "scenario"], sort=False).indices
            for name in ("flows", "postcode_rows", "municipalities", "volumes")
        }

    @cached_property
    def _everyone(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Intervention, scenario and recipients -> the row of the summary for everybody."""
        rows = self.summary[self.summary["group"] == EVERYONE].to_dict("records")
        return {
            (row["intervention"], row["scenario"], row["recipients"]): {
                str(name): value for name, value in row.items()
            }
            for row in rows
        }

    def _rows(self, table: str, key: tuple[str, str]) -> pd.DataFrame:
        frame = getattr(self, table)
        rows: pd.DataFrame = frame.iloc[self._places[table].get(key, [])]
        return rows


EVERYONE = "all"
"""Group of the summary that is everybody."""


@dataclass(frozen=True, eq=False)
class CaseView:
    """One case of a result with its rows, so that nobody searches the tables for them.

    Tables hold the first reading of a scenario only; of a second one (`Case.principal` is false)
    there are the case and its row of the summary.

    Attributes
    ----------
    result
        Where it is from.
    case
        What stops, and the flows.
    """

    result: Result
    case: Case

    @property
    def key(self) -> tuple[str, str]:
        """Names of intervention and scenario."""
        return self.case.intervention.name, self.case.scenario

    @cached_property
    def row(self) -> Mapping[str, Any]:
        """Column of summary.csv -> value for everybody, numbers in full."""
        return self.result._everyone[(*self.key, self.case.recipients)]  # noqa: SLF001 (part of it)

    @property
    def destinations(self) -> tuple[tuple[str, float], ...]:
        """Where the moved go: location (empty: no route) and share, the largest first."""
        return self.case.destinations

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Rows of flows.csv."""
        return self._table("flows")

    @cached_property
    def postcodes(self) -> pd.DataFrame:
        """Rows of postcodes.csv by postcode, in the order of the postcodes of the result.

        One in the catchments of another treatment only has no demand and no minutes here.
        """
        rows = self._table("postcode_rows").set_index("postcode")
        here = rows.reindex(self.result.postcodes.index)
        absent = ~here.index.isin(rows.index)
        if absent.any():
            here.loc[absent, ["demand", "moved"]] = 0.0
            here.loc[absent, ["nearest_before", "nearest_after", "ferry"]] = ""
            here.loc[absent, ["intervention", "scenario"]] = self.key
        return here

    @cached_property
    def municipalities(self) -> pd.DataFrame:
        """Rows of municipalities.csv by municipality."""
        return self._table("municipalities").set_index("municipality")

    @cached_property
    def volumes(self) -> pd.DataFrame:
        """Rows of volumes.csv by location."""
        return self._table("volumes").set_index("location")

    def _table(self, name: str) -> pd.DataFrame:
        if not self.case.principal:
            msg = f"{name} holds the first reading of {' | '.join(self.key)} only"
            raise LookupError(msg)
        return self.result._rows(name, self.key)  # noqa: SLF001 (part of it)

    @cached_property
    def bands(self) -> NDArray[np.int64]:
        """Band of each postcode of the result, as its place in `LEGEND`."""
        names = ("mean_before", "mean_after", "mean_extra_moved", "demand")
        return place_bands(*(self.postcodes[name].to_numpy(np.float64) for name in names))

    @cached_property
    def hardest_hit(self) -> pd.DataFrame:
        """Municipalities whose moved get minutes, the most first."""
        return hardest_hit(self.municipalities)

    def span(self, kind: str) -> tuple[float, float] | None:
        """Low and high end of a band of the summary; none where it was not computed.

        ``extra`` is the margin of calculation, ``mean`` what not knowing who goes where today does.
        """
        low, high = float(self.row[f"{kind}_low"]), float(self.row[f"{kind}_high"])
        return (low, high) if np.isfinite(low) and np.isfinite(high) else None


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
    notes: Sequence[Note],
    sources: Sequence[Mapping[str, Any]],
    swept: Mapping[str, pd.DataFrame] | None = None,
    providers: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Describe a run; its providers are those of the register unless they are at hand."""
    times = inputs.times
    swept = {} if swept is None else swept
    if providers is None:
        providers = provider_rows(study, inputs.register)
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
        "kept": dict(case.kept),
        "volumes_by": case.volumes_by,
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
