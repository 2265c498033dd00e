"""Load what a study names: demand points, locations, roads or a matrix, travel times.

Whoever varies an assumption reads none of it again: another demand, other alternatives or other
speeds leave it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.geodesy import great_circle_km
from impact.messages import said
from impact.model.allocation_rule import OBSERVED, allocation_rules, observed_flows
from impact.model.catchment import WHOLE_MINUTES
from impact.model.demand import Demand, patients, weights_of
from impact.model.divisions import Division, read_divisions
from impact.model.known_totals import check_totals
from impact.model.travel_modes import minutes_by_mode
from impact.model.volumes import exact_totals
from impact.network.islands import CAR_FERRY, NO_VISITOR_CARS
from impact.network.main_roads import bundled_profiles, read_main_roads
from impact.network.npz import kept_network, read_network
from impact.network.shipped import FERRIES, STREETS, read_street_network
from impact.network.speeds import choose_profile
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import BUNDLED, CATCHMENT, MAIN, SHIPPED_ROADS
from impact.study.register import (
    corrected_register,
    goes_outside,
    outside_notes,
    outside_providers,
    read_register,
    without_holes,
)
from impact.tables.places import (
    ANYWHERE,
    NETHERLANDS,
    check_region,
    outside_faults,
    read_hospitals,
    read_postcodes,
)
from impact.tables.text import read_bytes
from impact.times.cache import cached_ferry_remarks, cached_travel_times
from impact.times.files import read_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from impact.model.allocation_rule import AllocationRule
    from impact.model.catchment_case import StudyCatchments
    from impact.model.observed import Observed
    from impact.network.network import RoadNetwork
    from impact.study.model import Study
    from impact.tables.places import Bounds
    from impact.times.matrix import TravelTimes


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
        return _streets(study.profile)
    if study.roads == MAIN:
        return read_main_roads(profile=study.profile)
    path = study.path(study.roads)
    if path.is_dir():
        return read_main_roads(path, profile=study.profile)
    return timed(read_network(path), study.profile)


def _streets(profile: str) -> RoadNetwork:
    """Take the shipped streets from the cache, where they lie timed for every profile."""
    folder = data_path("roads")
    made_of = [folder / STREETS, folder / FERRIES, *sorted(folder.glob("osm_*.csv"))]
    network = kept_network([read_bytes(each) for each in made_of], read_street_network)
    if profile not in network.profiles:
        # says which there are
        return read_street_network(profile=profile)
    return network.with_profile(profile)


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


_MARGIN_DEGREES = 0.5


@dataclass(frozen=True, eq=False)
class StudyData:
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
        """Where points that are used must lie: west, south, east, north in degrees."""
        return bounds_of(self.network)


def read_study_data(study: Study) -> StudyData:
    """Read the roads and tables of a study.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.

    Returns
    -------
    StudyData

    Raises
    ------
    InputError
        Whatever is wrong with a file.
    """
    network = None if study.times else load_roads(study)
    bounds = table_bounds(study, network)
    return StudyData(
        network,
        read_postcodes(postcode_path(study), weights=weights_of(study), bounds=bounds),
        read_hospitals(_path(study, study.hospitals, "hospitals.geojson"), bounds=bounds),
        corrected_register(read_register(), study.overrides),
    )


def postcode_path(study: Study) -> Path:
    """Return the file of demand points of a study."""
    return _path(study, study.postcodes, "postcodes/pc4.csv")


def table_bounds(study: Study, network: RoadNetwork | None) -> Bounds:
    """Return where every point of a table must lie.

    Parameters
    ----------
    study
        Its `roads`.
    network
        `None` beside a matrix of the user's own.

    Returns
    -------
    tuple of float
        Anywhere beside roads of the user's own, which may cover less than a table does: there
        `load_inputs` looks at the points that the study uses.
    """
    own = network is not None and study.roads not in SHIPPED_ROADS
    return ANYWHERE if own else bounds_of(network)


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


_DOUBTFUL_MINUTES = 600.0
_FASTEST_KMH = 200.0
"""As the crow flies; nobody is driven faster."""

_OPEN = ("", "open", "active")
"""What a table of hospitals says of those that treat patients."""


def matrix_notes(
    times: TravelTimes, residents: gpd.GeoDataFrame, hospitals: gpd.GeoDataFrame
) -> list[Note]:
    """Doubt minutes of a user's own: seconds, zeros, or those of other points.

    Parameters
    ----------
    times
        From the residents to the hospitals.
    residents, hospitals
        With `lat` and `lon` (degrees).

    Returns
    -------
    list of Note
    """
    notes = long_trips(times)
    finite = np.isfinite(times.minutes)
    if finite.any() and not times.minutes[finite].any():
        return [*notes, Note.of("all_zero")]
    lat, lon = (residents[axis].to_numpy(np.float64)[:, None] for axis in ("lat", "lon"))
    to_lat, to_lon = (hospitals[axis].to_numpy(np.float64)[None, :] for axis in ("lat", "lon"))
    km = great_circle_km(lat, lon, to_lat, to_lon)
    least = km / _FASTEST_KMH * 60.0
    wrong = np.argwhere(finite & (times.minutes < least))
    if not len(wrong):
        return notes
    origin, destination = wrong[0]
    first = f"{times.origins[origin]} - {times.destinations[destination]}"
    return [*notes, Note.of("impossible", count=len(wrong), name=first)]


def long_trips(times: TravelTimes) -> list[Note]:
    """Doubt minutes that could be seconds.

    Parameters
    ----------
    times
        A user's own matrix.

    Returns
    -------
    list of Note
        Empty where no trip takes more than ten hours.
    """
    finite = times.minutes[np.isfinite(times.minutes)]
    count = int((finite > _DOUBTFUL_MINUTES).sum())
    if not count:
        return []
    longest = float(finite.max())
    return [Note.of("long_trips", count=count, low=_DOUBTFUL_MINUTES, high=longest)]


def outpatient_notes(hospitals: gpd.GeoDataFrame) -> list[Note]:
    """Name the providers that are listed as outpatient clinics, or as anything but open.

    Parameters
    ----------
    hospitals
        Locations that a study uses.

    Returns
    -------
    list of Note
    """
    stated = hospitals["status"][~hospitals["status"].isin(_OPEN)]
    return [
        Note.of("outpatient", name=name)
        if status == "outpatient"
        else Note.of("status", name=name, status=status)
        for name, status in stated.items()
    ]


def same_point_notes(hospitals: gpd.GeoDataFrame) -> list[Note]:
    """Name locations on one point: people choose by minutes, and these tie.

    Parameters
    ----------
    hospitals
        Locations that a study uses.

    Returns
    -------
    list of Note
    """
    return [
        Note.of("same_point", file=hospitals.attrs["source"], names=tuple(sorted(map(str, names))))
        for names in hospitals.groupby(["lat", "lon"]).groups.values()
        if len(names) > 1
    ]


def access_notes(times: TravelTimes, network: RoadNetwork) -> list[Note]:
    """Name the points that lie far from the roads.

    Parameters
    ----------
    times
        With its far points.
    network
        Whose join rule sets the limit.

    Returns
    -------
    list of Note
    """
    limit = network.join.limit_km
    return [Note.of("far", name=name, km=km, low=limit) for name, km in times.far_points]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything that a run computes with.

    Attributes
    ----------
    postcodes
        Residents of the region only, index postcode.
    hospitals
        All known locations, index name.
    demand
        Weights per intervention, unit, groups.
    times
        Minutes from `postcodes` to every location that the study can use.
    outside
        Intervention -> locations outside the region that its demand may go to.
    register
        The provider register.
    sources
        Name and hash of every file that was read.
    notes
        What was adapted, filled or ignored.
    from_cache
        Whether the matrix had been made before.
    ferry
        Per postcode ``"car ferry"``, ``"no visitor cars"`` or empty.
    allocation_rules
        Intervention -> the rule by which its demand is allotted.
    observed
        Intervention -> the counts of its patients, where the study has them.
    data
        What all of it was read from.
    catchments
        Intervention -> its catchments, where they say where demand goes.
    divisions
        Postcodes by class, for groups side by side.
    """

    postcodes: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    demand: Demand
    times: TravelTimes
    outside: Mapping[str, tuple[str, ...]]
    register: pd.DataFrame
    sources: tuple[Mapping[str, str], ...]
    notes: tuple[Note, ...]
    from_cache: bool
    ferry: pd.Series[str]
    allocation_rules: Mapping[str, AllocationRule]
    observed: Mapping[str, Observed]
    data: StudyData
    catchments: Mapping[str, StudyCatchments] = field(default_factory=dict)
    divisions: tuple[Division, ...] = ()


def load_inputs(
    study: Study,
    *,
    engine: str,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    data: StudyData | None = None,
) -> Inputs:
    """Read and join everything that a study names.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    engine
        Shortest-path engine, used where the matrix was not made before.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.
    data
        Roads and tables, where they were read before for a study with the same; read by default.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        Whatever is wrong with a file, or missing from the matrix.
    """
    data = read_study_data(study) if data is None else data
    network, postcodes = data.network, data.postcodes
    hospitals, register = data.hospitals, data.register
    notes = [*postcodes.attrs["notes"], *hospitals.attrs["notes"]]
    sources: list[Mapping[str, str]] = [
        {"name": each.attrs["source"], "sha256": each.attrs["sha256"]}
        for each in (postcodes, hospitals, register)
    ]
    residents, found, _ = residents_of(postcodes, study)
    notes += found
    outside = {
        each.name: outside_providers(each, study.region_names, register)
        if goes_outside(each) or each.allocation == CATCHMENT
        else ()
        for each in study.interventions
    }
    _check_outside(study, outside, hospitals)
    outside, holes = without_holes(study, outside, register)
    notes += holes
    known = list(map(str, hospitals.index))
    notes += check_totals(study)
    observed, found, read = observed_flows(
        study,
        residents=list(residents.index),
        municipalities=postcodes["municipality"],
        hospitals=known,
        registered=exact_totals(study, known),
    )
    notes += found
    sources += read
    wanted = _locations(study, outside, observed)
    if network is None:
        own = read_times(study.path(study.times))
        name = own.manifest["roads"]["name"]
        times, from_cache = own.select(list(residents.index), wanted, source=name), False
        notes += map(Note.read, own.manifest["notes"])
        notes += matrix_notes(times, residents, hospitals.loc[wanted])
        sources.append({"name": name, "sha256": own.manifest["sha256"]})
    else:
        _check_within(data, residents, hospitals.loc[wanted])
        times, from_cache = cached_travel_times(
            network,
            residents,
            hospitals.loc[wanted],
            engine=engine,
            km=any(each.rounding == WHOLE_MINUTES for each in study.interventions),
            progress=progress,
            use_cache=use_cache,
        )
        notes += access_notes(times, network)
    chosen = minutes_by_mode(
        study, times, residents, hospitals.loc[wanted], network, use_cache=use_cache
    )
    times = chosen.value
    notes += chosen.notes
    sources += chosen.sources
    notes += outside_notes(study, outside) + outpatient_notes(hospitals.loc[wanted])
    notes += same_point_notes(hospitals.loc[wanted])
    counted = {
        each.name: observed[each.name].totals
        for each in study.interventions
        if each.allocation == OBSERVED
    }
    demand, found, read = patients(study, residents, municipalities=postcodes["municipality"])
    divisions = read_divisions(study, postcode_path(study), residents, demand.residents)
    rules = allocation_rules(study, times, observed)
    for more in (found, divisions.notes, rules.notes):
        notes += more
    for each in (read, divisions.sources, rules.sources):
        sources += each
    return Inputs(
        postcodes=residents,
        hospitals=hospitals,
        demand=demand.with_patients(counted),
        times=times,
        outside=outside,
        register=register,
        sources=distinct_sources(*sources),
        notes=tuple(notes),
        from_cache=from_cache,
        ferry=_ferry_of(residents, network, use_cache=use_cache),
        allocation_rules=rules.value,
        observed=observed,
        data=data,
        divisions=divisions.value,
    )


def residents_of(postcodes: gpd.GeoDataFrame, study: Study) -> Loaded[gpd.GeoDataFrame]:
    """Take the demand points of the region: by the column `region`, or all without one.

    Parameters
    ----------
    postcodes
        All of a table.
    study
        Its region.

    Returns
    -------
    Loaded
        Of a geopandas.GeoDataFrame; with a note where all count.

    Raises
    ------
    InputError
        For a region that the table does not know.
    """
    notes = []
    known = sorted(set(postcodes["region"]) - {""})
    if any(each.allocation == CATCHMENT for each in study.interventions):
        # catchments know no border; who is in none of the region is left out later
        chosen = postcodes
    elif not known:
        notes.append(Note.of("no_region", count=len(postcodes)))
        chosen = postcodes
    else:
        source = str(postcodes.attrs["source"])
        for name in study.region_names:
            check_region(
                name, known, source=source, where=said("region of {source}", source=study.source)
            )
        chosen = postcodes[postcodes["region"].isin(study.region_names)]
    out: gpd.GeoDataFrame = chosen.copy()
    out.attrs = {}
    return Loaded(out, tuple(notes))


def _check_within(
    data: StudyData, residents: gpd.GeoDataFrame, locations: gpd.GeoDataFrame
) -> None:
    """Refuse points that are used and lie where the roads do not come."""
    faults = [
        fault
        for points, table in ((residents, data.postcodes), (locations, data.hospitals))
        for fault in outside_faults(points, data.bounds, source=str(table.attrs["source"]))
    ]
    if faults:
        raise InputError(faults)


def locations_within_reach(study: Study, data: StudyData) -> frozenset[str]:
    """Name the locations to which the roads or the matrix of a study have minutes."""
    names = frozenset(map(str, data.hospitals.index))
    if data.network is None:
        return names & frozenset(read_times(study.path(study.times)).destinations)
    west, south, east, north = data.bounds
    return frozenset(map(str, data.hospitals.cx[west:east, south:north].index))


def _check_outside(
    study: Study, outside: Mapping[str, tuple[str, ...]], hospitals: gpd.GeoDataFrame
) -> None:
    faults = []
    for each in study.interventions:
        where = said("intervention {name}", name=each.name)
        if goes_outside(each) and not outside[each.name]:
            expected = "providers in other regions: a treatment that the register knows, or outside"
            faults.append(Fault(study.source, where, "alternatives", None, expected))
        faults += [
            Fault(
                study.source,
                where,
                "providers",
                name,
                "a hospital",
                nearest_names(name, map(str, hospitals.index)),
            )
            for name in (*each.providers, *outside[each.name])
            if name not in hospitals.index
        ]
    if faults:
        raise InputError(faults)


def _locations(
    study: Study, outside: Mapping[str, tuple[str, ...]], observed: Mapping[str, Observed]
) -> list[str]:
    """Every location that demand goes to or can go to, sorted."""
    names = {name for found in observed.values() for name in found.elsewhere}
    for intervention in study.interventions:
        names |= {*intervention.providers, *outside[intervention.name], *intervention.may_open}
    for scenario in study.scenarios:
        for locations in scenario.opens.values():
            names |= set(locations)
    return sorted(names)


def _ferry_of(
    residents: gpd.GeoDataFrame, network: RoadNetwork | None, *, use_cache: bool
) -> pd.Series[str]:
    """Ferry remark per postcode: from the network, or from the table where there is none."""
    if network is None:
        stated = pd.Series("", index=residents.index, dtype=object)
        stated[residents["island"] != ""] = CAR_FERRY
        stated[residents["visitor_cars"] == "no"] = NO_VISITOR_CARS
        return stated
    remarks = cached_ferry_remarks(network, residents, use_cache=use_cache)
    return pd.Series(remarks, index=residents.index, dtype=object)


def with_overrides(study: Study, **overrides: Any) -> Study:  # noqa: ANN401
    """Return a study with some of its settings replaced, as the command line asks.

    Parameters
    ----------
    study
        What to start from.
    **overrides
        Fields of `Study`; `None` keeps what the study says.

    Returns
    -------
    Study
    """
    return replace(study, **{key: value for key, value in overrides.items() if value is not None})
