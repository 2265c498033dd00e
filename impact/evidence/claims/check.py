"""Check every claim of a file against the model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.demand import unit_of
from impact.evidence.claims.judging import judged
from impact.evidence.claims.margins import PERCENTILES
from impact.evidence.claims.region_source import MARGIN_OVER, RegionSource
from impact.evidence.reproduce.definitions import PROFILES
from impact.evidence.reproduce.sweeps import Sweeps
from impact.evidence.reproduce.treatment_table import treatment_table
from impact.evidence.reproduce.treatments import treatments
from impact.evidence.reproduce.world import load_world
from impact.evidence.sensitivity import SPREAD
from impact.manifest import DISTRIBUTION, created, described
from impact.study import BUNDLED
from impact.times.engines import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from impact.evidence.claims.claim import Claims
    from impact.evidence.claims.outcome import Outcome
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.world import World

DRAWS = 20
"""Random speed tables for the margin of calculation."""

_SETS, _VOLUMES, _SEED = 200, 2000, 2025


@dataclass(frozen=True, eq=False)
class Checked:
    """Every claim of a file, checked.

    Attributes
    ----------
    claims
        As read.
    profile
        Speed profile.
    unit
        Who counts: a unit of `impact.concentration.demand`.
    outcomes
        One per claim.
    treatments
        Rows of treatments.csv: as `impact reproduce` writes them, or of a study.
    manifest
        Plain values.
    """

    claims: Claims
    profile: str
    unit: str
    outcomes: tuple[Outcome, ...]
    treatments: pd.DataFrame
    manifest: Mapping[str, Any]


def check(
    claims: Claims,
    asked: Setting,
    *,
    roads: str = BUNDLED,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 1,
    sets: int = _SETS,
    volumes: int = _VOLUMES,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Checked:
    """Check claims.

    Parameters
    ----------
    claims
        From `impact.evidence.claims.claims_file.read_claims`.
    asked
        Assumptions of the run.
    roads
        ``bundled`` or a network file.
    engine
        Shortest-path engine.
    draws, spread, seed
        Random speed tables for the margin: how many (0: none), how far, which.
    sets, volumes
        Provider sets and draws of volumes, for treatments.csv.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        For an unknown profile, or roads that cannot be read.
    """
    profiles = tuple(dict.fromkeys((asked.profile, *PROFILES)))
    whole = load_world(
        roads=roads, profiles=profiles, engine=engine, progress=progress, use_cache=use_cache
    )
    said = {each.region for each in claims.claims}
    regions = [each.region for each in whole.studies if "" in said or each.region in said]
    world = narrowed(whole, regions)
    sweeps = Sweeps(world)
    rows = treatments(sweeps, regions, asked, sets=sets, draws=volumes, seed=_SEED)
    source = RegionSource(sweeps, asked, rows, engine, draws, spread, seed)
    outcomes = tuple(judged(each, source) for each in claims.claims)
    table = treatment_table(rows, sweeps, asked)
    manifest = _manifest(claims, world, asked, roads, outcomes)
    manifest["margin"] = margin_of(MARGIN_OVER, draws=draws, spread=spread, seed=seed)
    return Checked(claims, asked.profile, unit_of(asked.weights), outcomes, table, manifest)


def margin_of(over: Sequence[str], *, draws: int, spread: float, seed: int) -> dict[str, Any]:
    """Describe the margin of calculation, for the manifest.

    Parameters
    ----------
    over
        What it is over, speeds aside.
    draws, spread, seed
        Random speed tables.

    Returns
    -------
    dict
    """
    return {
        "draws": draws,
        "spread": spread,
        "seed": seed,
        "percentiles": list(PERCENTILES),
        "over": [*over, *(["speeds"] if draws else [])],
    }


def narrowed(world: World, regions: Sequence[str]) -> World:
    """Keep the studies and residents of some regions, and the locations that they can use.

    Parameters
    ----------
    world
        Of the whole country.
    regions
        To keep.

    Returns
    -------
    World
    """
    places = [world.place(name) for name in regions]
    kept = np.isin(world.home, places)
    return replace(
        world,
        studies=tuple(each for each in world.studies if each.region in regions),
        postcodes=world.postcodes[kept],
        home=world.home[kept],
        weights={name: each[kept] for name, each in world.weights.items()},
        times={
            name: replace(
                each,
                origins=tuple(np.array(each.origins)[kept].tolist()),
                minutes=each.minutes[kept],
            )
            for name, each in world.times.items()
        },
        reach={name: each[kept] for name, each in world.reach.items()},
    )


def most_computed(outcomes: Sequence[Outcome]) -> int:
    """Count the computations behind the figure that has most."""
    return max((each.computed for outcome in outcomes for each in outcome.figures), default=0)


def _manifest(
    claims: Claims, world: World, asked: Setting, roads: str, outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    times = world.times[asked.profile]
    files = [{"name": claims.source, "sha256": claims.sha256}]
    files += [{"name": study.source, "sha256": study.sha256} for study in world.studies]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "claims": claims.title,
        "roads": dict(times.manifest["roads"]),
        "roads_asked": roads,
        "roads_sha256": times.manifest["roads_sha256"],
        "profile_status": times.manifest["profile_status"],
        "parameters": {**asdict(asked), "direction": "one way, from the postcode to the hospital"},
        "inputs": [described(each) for each in files],
        "counts": {
            "claims": len(outcomes),
            "regions": len(world.studies),
            "postcodes": len(world.postcodes),
            "computed": most_computed(outcomes),
        },
        "notes": list(world.notes),
    }
