"""The margin of calculation of a figure: random speeds, and who is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.study_roads import load_roads, timed
from impact.evidence.claims.outcome import Figure
from impact.evidence.claims.parts import figure
from impact.evidence.claims.verdicts import part_verdict
from impact.evidence.reproduce.sweeps import Sweeps
from impact.study import WEIGHTS
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.parts import Part
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.world import World

PERCENTILES = (5, 95)
"""Of the figures under random speeds: the ends of the margin."""


def random_speeds(
    world: World,
    asked: Setting,
    *,
    roads: str,
    engine: str,
    draws: int,
    spread: float,
    seed: int,
) -> list[Sweeps]:
    """Return the world under random speed tables around the profile that was asked for.

    Parameters
    ----------
    world
        With the shipped studies.
    asked
        Assumptions of the run.
    roads, engine
        ``bundled`` or a network file, and the shortest-path engine.
    draws, spread, seed
        How many tables (0: none), how far they lie apart, which.

    Returns
    -------
    list of Sweeps
        One per table.
    """
    if not draws:
        return []
    network = timed(
        load_roads(replace(world.studies[0], roads=roads, profile=asked.profile)), asked.profile
    )
    names = set()
    for study in world.studies:
        for each in study.interventions:
            names |= {*each.providers, *world.outside[study.region, each.treatment]}
    many = ensemble(
        network,
        world.postcodes,
        world.hospitals.loc[sorted(names)],
        members=draws,
        spread=spread,
        seed=seed,
        engine=engine,
    )
    return [Sweeps(replace(world, times={asked.profile: each})) for each in many]


def with_margin(
    part: Part, claim: Claim, sweeps: Sweeps, setting: Setting, drawn: Sequence[Sweeps]
) -> Figure:
    """Compute a part with its margin: random speeds, and who is counted where that is not said.

    Parameters
    ----------
    part, claim
        What is asked, and the claim that asks it.
    sweeps, setting
        What is computed on, under which assumptions.
    drawn
        The world under random speed tables; none: a margin over who is counted alone.

    Returns
    -------
    Figure
        A part without a number, or about a peak, has no margin.
    """
    value = figure(part, claim, sweeps, setting)
    if np.isnan(value) or part.measure == "peak":
        judged = part_verdict(part, value, value, value)
        return Figure(part, value, value, value, judged, 0, 0)
    kinds = () if claim.weights else tuple(name for name in WEIGHTS if name != setting.weights)
    others = [figure(part, claim, sweeps, replace(setting, weights=name)) for name in kinds]
    speeds = [figure(part, claim, each, setting) for each in drawn]
    every = np.array([value, *others, *speeds])
    ends = [value, *others]
    if speeds:
        ends += [float(each) for each in np.nanpercentile(speeds, PERCENTILES)]
    known = np.array(ends)[~np.isnan(ends)]
    low, high = float(known.min()), float(known.max())
    holds = sum(bool(part.holds(each)) for each in every[~np.isnan(every)])
    computed = int((~np.isnan(every)).sum())
    return Figure(part, value, low, high, part_verdict(part, value, low, high), holds, computed)
