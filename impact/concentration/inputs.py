"""Load what a study names: demand points, locations, roads or a matrix, travel times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.concentration.choice import OBSERVED
from impact.concentration.choice_inputs import choices_of, observed_flows
from impact.concentration.demand import Demand, patients
from impact.concentration.ground import Ground, read_ground
from impact.concentration.notes import (
    access_notes,
    long_trips,
    outpatient_notes,
    outside_notes,
)
from impact.errors import Fault, InputError, nearest_names
from impact.places import check_region
from impact.register import goes_outside, outside_providers
from impact.roads.islands import CAR_FERRY, NO_VISITOR_CARS, ferry_remarks
from impact.times import cached_travel_times, read_times
from impact.times.snap import access_legs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from impact.concentration.choice import Choice
    from impact.concentration.observed import Observed
    from impact.roads import RoadNetwork
    from impact.study import Study
    from impact.times import TravelTimes


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
        What was adapted, filled or ignored, in plain words.
    from_cache
        Whether the matrix had been made before.
    ferry
        Per postcode ``"car ferry"``, ``"no visitor cars"`` or empty.
    choices
        Intervention -> the rule by which its demand is allotted.
    observed
        Intervention -> the counts of its patients, where the study has them.
    ground
        What all of it was read from.
    """

    postcodes: gpd.GeoDataFrame
    hospitals: gpd.GeoDataFrame
    demand: Demand
    times: TravelTimes
    outside: Mapping[str, tuple[str, ...]]
    register: pd.DataFrame
    sources: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]
    from_cache: bool
    ferry: pd.Series[str]
    choices: Mapping[str, Choice]
    observed: Mapping[str, Observed]
    ground: Ground


def load_inputs(
    study: Study,
    *,
    engine: str,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    ground: Ground | None = None,
) -> Inputs:
    """Read and join everything that a study names.

    Parameters
    ----------
    study
        From `impact.study_file.read_study`.
    engine
        Shortest-path engine, used where the matrix was not made before.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.
    ground
        Roads and tables, where they were read before for a study with the same; read by default.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        Whatever is wrong with a file, or missing from the matrix.
    """
    ground = read_ground(study) if ground is None else ground
    network, postcodes = ground.network, ground.postcodes
    hospitals, register = ground.hospitals, ground.register
    notes = [*postcodes.attrs["notes"], *hospitals.attrs["notes"]]
    sources = [
        {"name": each.attrs["source"], "sha256": each.attrs["sha256"]}
        for each in (postcodes, hospitals, register)
    ]
    residents = _residents(postcodes, study, notes)
    outside = {
        each.name: outside_providers(each, study.region, register) if goes_outside(each) else ()
        for each in study.interventions
    }
    _check_outside(study, outside, hospitals)
    observed = observed_flows(
        study,
        residents=list(residents.index),
        postcodes=list(postcodes.index),
        hospitals=list(map(str, hospitals.index)),
        notes=notes,
        sources=sources,
    )
    wanted = _locations(study, outside, observed)
    if network is None:
        own = read_times(study.path(study.times))
        name = own.manifest["roads"]["name"]
        times, from_cache = own.select(list(residents.index), wanted, source=name), False
        notes += own.manifest["notes"] + long_trips(times)
        sources.append({"name": name, "sha256": own.manifest["sha256"]})
    else:
        times, from_cache = cached_travel_times(
            network,
            residents,
            hospitals.loc[wanted],
            engine=engine,
            progress=progress,
            use_cache=use_cache,
        )
        notes += access_notes(times, network)
    notes += outside_notes(study, outside) + outpatient_notes(hospitals.loc[wanted])
    counted = {
        each.name: observed[each.name].totals
        for each in study.interventions
        if each.allocation == OBSERVED
    }
    demand = patients(study, residents, notes, sources).with_patients(counted)
    choices = choices_of(study, times, observed, notes, sources)
    return Inputs(
        postcodes=residents,
        hospitals=hospitals,
        demand=demand,
        times=times,
        outside=outside,
        register=register,
        sources=tuple(sources),
        notes=tuple(notes),
        from_cache=from_cache,
        ferry=_ferry_of(residents, network),
        choices=choices,
        observed=observed,
        ground=ground,
    )


def _residents(postcodes: gpd.GeoDataFrame, study: Study, notes: list[str]) -> gpd.GeoDataFrame:
    """Demand points of the region: by the column `region`, or all where the file has none."""
    known = sorted(set(postcodes["region"]) - {""})
    if not known:
        notes.append(f"no column 'region': all {len(postcodes)} postcodes count as residents")
        chosen = postcodes
    else:
        source = str(postcodes.attrs["source"])
        check_region(study.region, known, source=source, where=f"region of {study.source}")
        chosen = postcodes[postcodes["region"] == study.region]
    out: gpd.GeoDataFrame = chosen.copy()
    out.attrs = {}
    return out


def _check_outside(
    study: Study, outside: Mapping[str, tuple[str, ...]], hospitals: gpd.GeoDataFrame
) -> None:
    faults = []
    for each in study.interventions:
        if goes_outside(each) and not outside[each.name]:
            expected = "providers in other regions: a treatment that the register knows, or outside"
            faults.append(
                Fault(study.source, f"intervention {each.name}", "alternatives", None, expected)
            )
        faults += [
            Fault(
                study.source,
                f"intervention {each.name}",
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


def _ferry_of(residents: gpd.GeoDataFrame, network: RoadNetwork | None) -> pd.Series[str]:
    """Ferry remark per postcode: from the network, or from the table where there is none."""
    if network is None:
        said = pd.Series("", index=residents.index, dtype=object)
        said[residents["island"] != ""] = CAR_FERRY
        said[residents["visitor_cars"] == "no"] = NO_VISITOR_CARS
        return said
    legs = access_legs(network, residents)
    first = np.flatnonzero(np.r_[True, legs.point[1:] != legs.point[:-1]])
    return pd.Series(ferry_remarks(network)[legs.node[first]], index=residents.index)


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
