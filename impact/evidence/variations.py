"""What a figure hangs on, varied one thing at a time: each variation is a study of its own.

Two kinds. A *choice* is something that could be decided or defined otherwise (peak hours, whether
other regions take part, who takes over). A *margin* is something that we do not know exactly
(where in the postcode people live, how fast one drives, how many are old). Choices make a figure
another figure; margins make it less sharp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from impact.concentration.choice import BYPASS_BETAS, HUFF, NEAREST, Choice
from impact.concentration.choice_inputs import choices_of
from impact.concentration.demand import PATIENTS, patients
from impact.concentration.ground import postcode_path
from impact.concentration.inputs import load_inputs, with_overrides
from impact.concentration.study_roads import timed
from impact.evidence.margins import other_times
from impact.places import read_postcodes
from impact.register import outside_providers
from impact.study import BUNDLED, WEIGHTS
from impact.times.prepared import prepare
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.concentration.inputs import Inputs
    from impact.roads import RoadNetwork
    from impact.study import Study
    from impact.times.prepared import PreparedTimes

CHOICE, MARGIN = "choice", "margin"
PROFILE, WEIGHTS_OF, ROADS = "profile", "weights", "roads"
BYPASS, ALTERNATIVES = "bypass", "alternatives"
PROFILES = ("vrij", "dal", "spits")


@dataclass(frozen=True, eq=False)
class Variation:
    """One thing that is otherwise.

    Attributes
    ----------
    factor
        What is varied.
    kind
        `CHOICE` or `MARGIN`.
    value
        What it is set to.
    inputs
        Times and demand under it.
    alternatives
        Whether demand may leave the region; empty: as the study says.
    """

    factor: str
    kind: str
    value: str
    inputs: Inputs
    alternatives: str = ""


def variations(
    study: Study,
    inputs: Inputs,
    *,
    engine: str,
    seed: int,
    other_roads: Sequence[str] = (),
    prepared: PreparedTimes | None = None,
) -> Iterator[Variation]:
    """Make every variation that the data of a study allow.

    Parameters
    ----------
    study, inputs
        The study and its own inputs; what a variation leaves alone is taken from these.
    engine
        Shortest-path engine.
    seed
        Of the points that are drawn.
    other_roads
        Networks to compare with, as in a study.
    prepared
        The roads and points of the study, where they were made ready before.

    Yields
    ------
    Variation
        Profiles, points, legs and fixed minutes only where there are roads; weights only where
        residents are counted; bypassing only where the rule is ``nearest``; alternatives only
        where the register knows providers elsewhere.
    """
    network = inputs.ground.network
    if network is not None:
        yield from _profiles(study, inputs, network, prepared, engine=engine)
        for roads in other_roads:
            other = load_inputs(with_overrides(study, roads=roads), engine=engine)
            yield Variation(ROADS, MARGIN, str(other.times.manifest["roads"]["name"]), other)
    if study.demand in WEIGHTS and PATIENTS not in map(inputs.demand.unit_of, inputs.choices):
        yield from _weights(study, inputs)
    if network is not None:
        for other_matrix in other_times(
            inputs.times,
            network,
            inputs.postcodes,
            inputs.hospitals.loc[list(inputs.times.destinations)],
            engine=engine,
            seed=seed,
            areas=study.postcodes == BUNDLED,
        ):
            varied = replace(inputs, times=other_matrix.times)
            yield Variation(other_matrix.factor, MARGIN, other_matrix.value, varied)
    if any(choice.rule == NEAREST for choice in inputs.choices.values()):
        for beta in BYPASS_BETAS:
            choices = {
                name: Choice(HUFF, beta=beta) if choice.rule == NEAREST else choice
                for name, choice in inputs.choices.items()
            }
            yield Variation(BYPASS, CHOICE, f"{beta:g}", replace(inputs, choices=choices))
    yield from _alternatives(study, inputs, engine=engine)


def _profiles(
    study: Study,
    inputs: Inputs,
    network: RoadNetwork,
    prepared: PreparedTimes | None,
    *,
    engine: str,
) -> Iterator[Variation]:
    """Take other speeds on the same roads; parameters estimated from minutes are estimated anew."""
    if prepared is None:
        locations = inputs.hospitals.loc[list(inputs.times.destinations)]
        legs = legs_both_ways(network, inputs.postcodes, locations)
        prepared = prepare(network, *legs, engine=engine, matrices=len(PROFILES) - 1)
    for name in PROFILES:
        other = timed(network, name)
        if other.profile.name == network.profile.name:
            continue
        minutes = prepared.minutes(other.minutes, profile=other.profile)
        times = replace(inputs.times, minutes=minutes)
        choices = choices_of(study, times, inputs.observed, [], [])
        yield Variation(PROFILE, CHOICE, name, replace(inputs, times=times, choices=choices))


def _weights(study: Study, inputs: Inputs) -> Iterator[Variation]:
    known = WEIGHTS.values() if study.postcodes == BUNDLED else inputs.postcodes.columns
    columns = {
        name: column for name, column in WEIGHTS.items() if name != study.demand and column in known
    }
    if not columns:
        return
    bounds = inputs.ground.bounds
    every = read_postcodes(postcode_path(study), weights=tuple(columns.values()), bounds=bounds)
    residents = every.loc[inputs.postcodes.index]
    for name in columns:
        demand = patients(replace(study, demand=name, groups=()), residents, [], [])
        yield Variation(WEIGHTS_OF, MARGIN, name, replace(inputs, demand=demand))


def _alternatives(study: Study, inputs: Inputs, *, engine: str) -> Iterator[Variation]:
    """Let demand leave the region where the study keeps it inside, and the other way round."""
    for value in ("inside", "all"):
        turned = [each for each in study.interventions if each.alternatives != value]
        if value == "all":
            known = inputs.register
            turned = [each for each in turned if outside_providers(each, study.region, known)]
        if not turned:
            continue
        names = {each.name for each in turned}
        changed = tuple(
            replace(each, alternatives=value) if each.name in names else each
            for each in study.interventions
        )
        turned_study = replace(study, interventions=changed)
        other = load_inputs(turned_study, engine=engine, ground=inputs.ground)
        yield Variation(ALTERNATIVES, CHOICE, value, other, alternatives=value)
