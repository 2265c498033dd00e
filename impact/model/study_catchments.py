"""The published method in a study: `allocation = "catchment"`, within networks, filled up or not.

Every postcode of the table belongs to its nearest provider of the country; those of the study (and
of its networks) are kept, and each registered volume is spread over its catchment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.catchment import EXACT, WHOLE_MINUTES, Nearness
from impact.model.catchment_case import StudyCatchments, locations_shown
from impact.model.networks import REGION, locations_within, read_networks, resolve_within
from impact.notes import Note
from impact.study.model import CATCHMENT
from impact.tables.places import read_regions
from impact.times.cache import cached_travel_times
from impact.times.files import read_times

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.model.fill import Filling
    from impact.model.inputs import Inputs
    from impact.study.model import Intervention, Study


def with_catchments(
    study: Study,
    inputs: Inputs,
    registered: Mapping[str, Mapping[str, float]],
    *,
    engine: str,
) -> Inputs:
    """Give the inputs of a study its catchments, and leave out postcodes that are in none of them.

    Parameters
    ----------
    study
        With ``allocation = "catchment"`` everywhere or nowhere; in the latter case nothing changes.
    inputs
        Of the study, with every postcode of the table.
    registered
        Intervention -> location -> volume.
    engine
        For the times from location to location.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        For a network that does not exist or whose members are not known, and a network's provider
        without a volume beside others that have one.
    """
    if not by_catchment(study):
        return inputs
    networks = {each.name: study_networks(study, each, inputs) for each in study.interventions}
    kept = np.zeros(len(inputs.times.origins), dtype=bool)
    for each in study.interventions:
        near = _nearness(each, inputs)
        names = locations_shown(each, networks[each.name])
        kept |= np.isin(near.nearest(_everywhere(each, inputs)), near.times.columns(names))
    postcodes = inputs.postcodes[kept]
    times = inputs.times.select([str(code) for code in postcodes.index], inputs.times.destinations)
    some = replace(
        inputs,
        postcodes=postcodes,
        times=times,
        ferry=inputs.ferry[kept],
        demand=inputs.demand.part(kept),
        divisions=tuple(replace(each, place=each.place[kept]) for each in inputs.divisions),
    )
    own: dict[str, StudyCatchments] = {}
    counted: dict[str, NDArray[np.float64]] = {}
    shown: dict[str, NDArray[np.float64]] = {}
    for each in study.interventions:
        volumes = registered.get(each.name)
        own[each.name] = StudyCatchments(
            _nearness(each, some),
            _between(study, each, some, engine) if each.fill else None,
            _everywhere(each, some),
            networks[each.name],
            some.demand.weights[each.name],
            None if volumes is None else _volumes(each, some, networks[each.name], volumes),
        )
        found = own[each.name].found()
        inside = found["provider"].isin(locations_shown(each, networks[each.name]))
        amount = found["demand"].where(inside, 0.0).to_numpy(np.float64)
        (shown if volumes is None else counted)[each.name] = amount
    demand = replace(some.demand, weights={**some.demand.weights, **shown})
    return replace(some, demand=demand.with_patients(counted), catchments=own)


def by_catchment(study: Study) -> bool:
    """Whether a study allots demand by catchments."""
    return any(each.allocation == CATCHMENT for each in study.interventions)


def inside_networks(study: Study, inputs: Inputs) -> tuple[Study, list[Note]]:
    """Keep providers that no network names from stopping: nothing says where patients would go.

    Parameters
    ----------
    study
        Any; one that does not go by catchments is returned as it is.
    inputs
        From `with_catchments`.

    Returns
    -------
    tuple
        The study with such providers in `must_stay`, and a note on each intervention that has any.

    Raises
    ------
    InputError
        For a location that may open, or must stop, outside all networks.
    """
    if not by_catchment(study):
        return study, []
    changed, notes, faults = [], [], []
    for each in study.interventions:
        networks = inputs.catchments[each.name].networks.values()
        members = {name for names in networks for name in names}
        faults += [
            Fault(
                study.source,
                said("intervention {name}", name=each.name),
                field,
                name,
                "a location of the networks that within names",
                nearest_names(name, members),
            )
            for field, names in (("may_open", each.may_open), ("must_stop", each.must_stop))
            for name in names
            if name not in members
        ]
        stay = tuple(sorted({*each.providers} - members - {*each.must_stay}))
        if stay:
            notes.append(Note.of("outside_networks", name=each.name, names=stay))
        changed.append(replace(each, must_stay=(*each.must_stay, *stay)))
    if faults:
        raise InputError(faults)
    return replace(study, interventions=tuple(changed)), notes


def check_closest(study: Study) -> None:
    """Refuse what of the published method is not 'everybody to the nearest of the network'.

    Parameters
    ----------
    study
        Any.

    Raises
    ------
    InputError
        Where a best choice is looked for by catchments in whole minutes, with a part that stays, or
        with filling up: there it would not be the best of what a run computes.
    """
    faults = []
    for each in study.interventions:
        if each.allocation != CATCHMENT:
            continue
        reasons = {
            "rounding": (each.rounding, EXACT, "'exact': equal whole minutes have no best choice"),
            "moves_share": (each.moves_share, 1.0, "1: of who stays behind no location is closed"),
            "fill": (each.fill, "", "no fill: it sends patients past the nearest that is open"),
        }
        faults += [
            Fault(
                study.source,
                said("intervention {name}", name=each.name),
                key,
                value if isinstance(value, str) else f"{value:g}",
                said("{reason} (impact sweep computes every choice as it is)", reason=reason),
            )
            for key, (value, plain, reason) in reasons.items()
            if value != plain
        ]
    if faults:
        raise InputError(faults)


def study_networks(
    study: Study, intervention: Intervention, inputs: Inputs
) -> dict[str, tuple[str, ...]]:
    """Networks within which patients of an intervention are redistributed, with their locations.

    Parameters
    ----------
    study
        Its region, and the locations that its scenarios open.
    intervention
        Its `within`: ``region``: all providers of the study; a list: locations, or organisations.
    inputs
        With the hospitals.

    Returns
    -------
    dict of str to tuple of str
        Only locations that perform the treatment, or begin.
    """
    opens = {name for each in study.scenarios for name in each.opens.get(intervention.name, ())}
    opens |= {*intervention.may_open}
    within = intervention.within
    if within == REGION:
        return {study.region: tuple(sorted({*intervention.providers, *opens}))}
    known = {*_everywhere(intervention, inputs), *opens}
    if not isinstance(within, str) and set(within) <= set(map(str, inputs.hospitals.index)):
        found = {" + ".join(within): tuple(within)}
    else:
        networks = read_networks(read_regions())
        where = said("intervention {name}", name=intervention.name)
        members: dict[str, tuple[str, ...]] = {}
        for region in study.region_names:
            members |= resolve_within(
                within, networks, region=region, source=study.source, where=where
            )
        found = locations_within(members, inputs.hospitals["organisation"].to_dict())
    out = {
        name: tuple(each for each in locations if each in known)
        for name, locations in found.items()
    }
    if not any(out.values()):
        raise InputError(
            Fault(
                study.source,
                said("intervention {name}", name=intervention.name),
                "within",
                str(within),
                "a network with at least one location that performs the treatment",
            )
        )
    return {name: locations for name, locations in out.items() if locations}


def filling_notes(
    intervention: str, scenario: str, filling: Filling, minutes: Mapping[str, float]
) -> list[Note]:
    """Say who stays below the norm after filling up, and what the published way costs.

    Parameters
    ----------
    intervention, scenario
        Which case.
    filling, minutes
        Of its `CatchmentFlows`.

    Returns
    -------
    list of Note
    """
    about = {"name": intervention, "scenario": scenario}
    short = [f"{row.location} ({row.shortage:.0f})" for row in filling.shortages.itertuples()]
    notes = [Note.of("stays_short", names=tuple(short), **about)] if short else []
    if len(filling.shipments):
        costs = {key: minutes[key] for key in ("filling", "filling_least")}
        count = float(filling.shipments["demand"].sum())
        notes.append(Note.of("filled_up", count=count, **costs, **about))
    return notes


def _everywhere(intervention: Intervention, inputs: Inputs) -> tuple[str, ...]:
    return tuple(sorted({*intervention.providers, *inputs.outside[intervention.name]}))


def _nearness(intervention: Intervention, inputs: Inputs) -> Nearness:
    return Nearness(inputs.times, intervention.rounding)


def _between(study: Study, intervention: Intervention, inputs: Inputs, engine: str) -> Nearness:
    names = list(inputs.times.destinations)
    if inputs.data.network is not None:
        places = inputs.hospitals.loc[names]
        whole = intervention.rounding == WHOLE_MINUTES
        times, _ = cached_travel_times(inputs.data.network, places, places, engine=engine, km=whole)
        return Nearness(times, intervention.rounding)
    own = read_times(study.path(study.times))
    times = own.select(names, names, source=own.manifest["roads"]["name"])
    return Nearness(times, intervention.rounding)


def _volumes(
    intervention: Intervention,
    inputs: Inputs,
    networks: Mapping[str, Sequence[str]],
    volumes: Mapping[str, float],
) -> dict[str, float]:
    """Volume of every provider; those whose catchments do not count have none."""
    everywhere = _everywhere(intervention, inputs)
    needed = [name for name in locations_shown(intervention, networks) if name in everywhere]
    faults = [
        Fault(
            intervention.volumes,
            said("intervention {name}", name=intervention.name),
            "location",
            name,
            "a volume of every provider of its networks",
            nearest_names(name, volumes),
        )
        for name in needed
        if name not in volumes
    ]
    if faults:
        raise InputError(faults)
    return {name: volumes[name] if name in needed else 0.0 for name in everywhere}
