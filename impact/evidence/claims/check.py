"""Check every claim of a file against the shipped regions or a study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.run import run_study, study_transit
from impact.evidence import published
from impact.evidence.claims.claim import BY, DRAWS, MARGIN_SEED
from impact.evidence.claims.figures import standing_cases, standing_changes
from impact.evidence.claims.hidden import named_hidden
from impact.evidence.claims.judge import (
    judged,
)
from impact.evidence.claims.own_study import StudySource
from impact.evidence.claims.shipped import ShippedSource, judged_ranges, margin_of, narrowed
from impact.evidence.published.definitions import PROFILES
from impact.evidence.published.rows import Sweeps
from impact.evidence.published.table import published_ranges
from impact.evidence.published.treatments import treatment_table, treatments
from impact.evidence.published.world import load_shipped
from impact.evidence.sensitivity import (
    MARGIN,
    random_speeds,
    variations,
)
from impact.manifest import DISTRIBUTION, created, described
from impact.model.demand import unit_of
from impact.model.inputs import load_inputs
from impact.network.random_speeds import SPREAD
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.analysis.result import Result
    from impact.evidence.claims.claim import Claims
    from impact.evidence.claims.judge import Outcome
    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.model.case import Case
    from impact.model.inputs import StudyData
    from impact.study.model import Study


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
        Who counts: a unit of `impact.model.demand`, with how patients are known.
    outcomes
        One per claim.
    treatments
        Rows of treatments.csv: as `impact reproduce` writes them, or of a study.
    manifest
        Plain values.
    study, cases
        Where a study was asked: it, and the cases that stand for its treatments.
    published
        The published ranges of the shipped regions that claims name, judged as claims are; in no
        table.
    """

    claims: Claims
    profile: str
    unit: str
    outcomes: tuple[Outcome, ...]
    treatments: pd.DataFrame
    manifest: Mapping[str, Any]
    study: Study | None = None
    cases: tuple[Case, ...] = ()
    published: tuple[Outcome, ...] = ()


def check(
    claims: Claims,
    asked: Assumptions,
    *,
    roads: str = BUNDLED,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = MARGIN_SEED,
    sets: int = published.SETS,
    volumes: int = published.DRAWS,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Checked:
    """Check claims.

    Parameters
    ----------
    claims
        From `impact.evidence.claims.read.read_claims`.
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
    whole = load_shipped(
        roads=roads, profiles=profiles, engine=engine, progress=progress, use_cache=use_cache
    )
    said = {each.region for each in claims.claims}
    regions = [each.region for each in whole.studies if "" in said or each.region in said]
    shipped = narrowed(whole, regions)
    sweeps = Sweeps(shipped)
    rows = treatments(sweeps, regions, asked, sets=sets, draws=volumes, seed=published.SEED)
    source = ShippedSource(sweeps, asked, rows, engine, draws, spread, seed, use_cache)
    outcomes = tuple(judged(each, source) for each in claims.claims)
    table = treatment_table(rows, sweeps, asked)
    manifest = _manifest(claims, shipped, asked, roads, outcomes)
    manifest["margin"] = source.margin
    unit = unit_of(asked.weights)
    also = _also_published(claims, source)
    return Checked(claims, asked.profile, unit, outcomes, table, manifest, published=also)


def _also_published(claims: Claims, source: ShippedSource) -> tuple[Outcome, ...]:
    """Judge the published range of each region that is named, unless that is what is claimed."""
    named = {each.region for each in claims.claims}
    claimed = {(each.region, each.low, each.high) for each in claims.claims if each.kind == "range"}
    return judged_ranges(
        source,
        [
            each
            for region, each in published_ranges().items()
            if region in named and (region, each.low, each.high) not in claimed
        ],
    )


def most_computed(outcomes: Sequence[Outcome]) -> int:
    """Count the computations behind the figure that has most."""
    return max((each.computed for outcome in outcomes for each in outcome.figures), default=0)


def _manifest(
    claims: Claims,
    shipped: ShippedStudies,
    asked: Assumptions,
    roads: str,
    outcomes: Sequence[Outcome],
) -> dict[str, Any]:
    times = shipped.times[asked.profile]
    files = [{"name": claims.source, "sha256": claims.sha256}]
    files += [{"name": study.source, "sha256": study.sha256} for study in shipped.studies]
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
            "regions": len(shipped.studies),
            "postcodes": len(shipped.postcodes),
            "computed": most_computed(outcomes),
        },
        "notes": [note.record() for note in shipped.notes],
    }


def check_study(
    claims: Claims,
    study: Study,
    *,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = MARGIN_SEED,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    data: StudyData | None = None,
) -> Checked:
    """Check claims about a study.

    Parameters
    ----------
    claims
        Read with `impact.evidence.claims.read.known_study` of the same study.
    study
        From `impact.study.read.read_study`.
    engine
        Shortest-path engine.
    draws, spread, seed
        Random speed tables for the margin: how many (0: none), how far, which.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.
    data
        What the study is laid on, where it was read before.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        Whatever is wrong with an input of the study.
    """
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache, data=data)
    result = run_study(study, inputs=inputs, tables=False)
    varied = tuple(variations(study, inputs, engine=engine, seed=seed))
    many = random_speeds(inputs, draws, spread, seed, engine) if draws else None
    drawn = () if many is None else tuple(many)
    asked = any(each.by != BY[0] for each in claims.claims)
    transit = study_transit(study, inputs, use_cache=use_cache) if asked else None
    source = StudySource(
        study,
        inputs,
        standing_changes(result),
        result.registered,
        varied,
        drawn,
        engine,
        None if transit is None else transit.value,
    )
    outcomes = tuple(judged(each, source) for each in claims.claims)
    over = dict.fromkeys(each.factor for each in varied if each.kind == MARGIN)
    measures = {figure.part.measure for each in outcomes for figure in each.figures}
    over.update(dict.fromkeys(named_hidden(inputs, measures)))
    about = described({"name": claims.source, "sha256": claims.sha256})
    own = described({"name": study.source, "sha256": study.sha256})
    times = result.manifest["times"]
    manifest = {
        **result.manifest,
        "claims": claims.title,
        "roads_sha256": times.get("roads_sha256", times.get("sha256")),
        "inputs": [about, own, *result.manifest["inputs"]],
        "counts": {
            **result.manifest["counts"],
            "claims": len(outcomes),
            "computed": most_computed(outcomes),
        },
        "margin": margin_of(tuple(over), draws=len(drawn), spread=spread, seed=seed),
    }
    if transit is not None:
        manifest["transit"] = dict(transit.value.manifest)
        manifest["inputs"] += [described(each) for each in transit.sources]
        manifest["notes"] = [*manifest["notes"], *(note.record() for note in transit.notes)]
    profile = str(result.manifest["parameters"]["profile"])
    cases = tuple(standing_cases(result).values())
    table = _treatments(result)
    unit = result.said_unit()
    return Checked(claims, profile, unit, outcomes, table, manifest, study, cases)


def _treatments(result: Result) -> pd.DataFrame:
    """One row per intervention: its candidates, and what stands for it."""
    standing = standing_cases(result)
    rows = []
    for each in result.study.interventions:
        means = result.candidates[each.name]["mean_extra_moved"].dropna()
        case = standing.get(each.name)
        rows.append(
            {
                "region": result.study.region,
                "treatment": each.name,
                "below_norm": np.nan if each.stop_count is None else each.stop_count,
                "providing": len(each.providers),
                "candidates": len(result.candidates[each.name]),
                "mean_extra_min": means.min(),
                "mean_extra_median": means.median(),
                "mean_extra_max": means.max(),
                "chosen_candidate": "" if case is None else "; ".join(case.stops),
                "mean_extra_chosen": _figure(case, "mean_extra_moved"),
                "treatment_id": each.name,
                "moved": _figure(case, "moved"),
                "mean_extra_all": _figure(case, "mean_extra_all"),
                "scenario": "" if case is None else case.scenario,
                "unit": result.unit_of(each.name),
            }
        )
    return pd.DataFrame(rows)


def _figure(case: Case | None, name: str) -> float:
    return np.nan if case is None else case.figures[name]
