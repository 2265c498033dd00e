"""What a figure hangs on, varied one thing at a time: each variation is a study of its own.

Two kinds. A *choice* is something that could be decided or defined otherwise (peak hours, whether
other regions take part, who takes over). A *margin* is something that we do not know exactly
(where in the postcode people live, how fast one drives, how many are old). Choices make a figure
another figure; margins make it less sharp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from impact.bundled import data_path
from impact.concentration.choice import BYPASS_BETAS, HUFF, NEAREST, Choice
from impact.concentration.demand import PATIENTS
from impact.concentration.inputs import load_inputs, with_overrides
from impact.concentration.study_roads import load_roads
from impact.register import outside_providers
from impact.study import BUNDLED, WEIGHTS
from impact.times import travel_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.concentration.inputs import Inputs
    from impact.study import Study

CHOICE, MARGIN = "choice", "margin"
PROFILE, WEIGHTS_OF, POINT, ROADS = "profile", "weights", "point", "roads"
BYPASS, ALTERNATIVES = "bypass", "alternatives"
PROFILES = ("vrij", "dal", "spits")
DRAWN_POINTS = 10
"""Draws of a point per postcode."""


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
    study: Study, inputs: Inputs, *, engine: str, seed: int, other_roads: Sequence[str] = ()
) -> Iterator[Variation]:
    """Make every variation that the data of a study allow.

    Parameters
    ----------
    study, inputs
        The study and its own inputs.
    engine
        Shortest-path engine.
    seed
        Of the points that are drawn.
    other_roads
        Networks to compare with, as in a study.

    Yields
    ------
    Variation
        Profiles and points only where there are roads; weights only where residents are counted;
        bypassing only where the rule is ``nearest``; alternatives only where the register knows
        providers elsewhere.
    """
    if not study.times:
        yield from _roads(study, engine=engine, other_roads=other_roads)
    if study.demand in WEIGHTS and PATIENTS not in inputs.demand.units.values():
        yield from _weights(study, inputs, engine=engine)
    if study.postcodes == BUNDLED and not study.times:
        yield from _points(study, inputs, engine=engine, seed=seed)
    if any(choice.rule == NEAREST for choice in inputs.choices.values()):
        for beta in BYPASS_BETAS:
            choices = {
                name: Choice(HUFF, beta=beta) if choice.rule == NEAREST else choice
                for name, choice in inputs.choices.items()
            }
            yield Variation(BYPASS, CHOICE, f"{beta:g}", replace(inputs, choices=choices))
    yield from _alternatives(study, inputs, engine=engine)


def _roads(study: Study, *, engine: str, other_roads: Sequence[str]) -> Iterator[Variation]:
    for profile in PROFILES:
        if profile != study.profile:
            other = load_inputs(with_overrides(study, profile=profile), engine=engine)
            yield Variation(PROFILE, CHOICE, profile, other)
    for roads in other_roads:
        other = load_inputs(with_overrides(study, roads=roads), engine=engine)
        yield Variation(ROADS, MARGIN, str(other.times.manifest["roads"]["name"]), other)


def _weights(study: Study, inputs: Inputs, *, engine: str) -> Iterator[Variation]:
    known = WEIGHTS.values() if study.postcodes == BUNDLED else inputs.postcodes.columns
    for name, column in WEIGHTS.items():
        if name != study.demand and column in known:
            other = load_inputs(with_overrides(study, demand=name), engine=engine)
            yield Variation(WEIGHTS_OF, MARGIN, name, other)


def _points(study: Study, inputs: Inputs, *, engine: str, seed: int) -> Iterator[Variation]:
    """Move the point of each postcode inside its polygon; where there is none it stays."""
    polygons = gpd.read_file(data_path("postcodes/pc4_polygons.geojson")).set_index("postcode")
    shapes = polygons.geometry.reindex(inputs.postcodes.index)
    known = shapes.notna().to_numpy()
    network = load_roads(study)
    locations = inputs.hospitals.loc[list(inputs.times.destinations)]
    generator = np.random.default_rng(seed)
    inside = gpd.GeoSeries(shapes[known].to_numpy(), crs=polygons.crs)
    drawn = inside.sample_points(DRAWN_POINTS, rng=generator).explode(index_parts=False)
    draws = [("centroid", inside.representative_point())]
    draws += [
        (f"drawn {number + 1}", drawn.groupby(level=0).nth(number))
        for number in range(DRAWN_POINTS)
    ]
    for value, points in draws:
        moved = inputs.postcodes.copy()
        moved.loc[known, "lat"] = points.y.to_numpy()
        moved.loc[known, "lon"] = points.x.to_numpy()
        times = travel_times(network, moved, locations, engine=engine)
        yield Variation(POINT, MARGIN, value, replace(inputs, times=times))


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
        other = load_inputs(replace(study, interventions=changed), engine=engine)
        yield Variation(ALTERNATIVES, CHOICE, value, other, alternatives=value)
