"""Check claims about a study of the user's own: the figures are those of `impact run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.inputs import load_inputs
from impact.concentration.run import run_study
from impact.evidence.claims.check import DRAWS, Checked, margin_of, most_computed
from impact.evidence.claims.judging import judged
from impact.evidence.claims.study_basis import standing_cases, standing_changes
from impact.evidence.claims.study_source import StudySource
from impact.evidence.sensitivity import SPREAD, random_speeds
from impact.evidence.variations import MARGIN, variations
from impact.manifest import described
from impact.times.engines import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from impact.concentration.ground import Ground
    from impact.concentration.result import Case, Result
    from impact.evidence.claims.claim import Claims
    from impact.study import Study


def check_study(
    claims: Claims,
    study: Study,
    *,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    ground: Ground | None = None,
) -> Checked:
    """Check claims about a study.

    Parameters
    ----------
    claims
        Read with `impact.evidence.claims.known.known_study` of the same study.
    study
        From `impact.study_file.read_study`.
    engine
        Shortest-path engine.
    draws, spread, seed
        Random speed tables for the margin: how many (0: none), how far, which.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.
    ground
        What the study is laid on, where it was read before.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        Whatever is wrong with an input of the study.
    """
    inputs = load_inputs(
        study, engine=engine, progress=progress, use_cache=use_cache, ground=ground
    )
    result = run_study(study, inputs=inputs)
    varied = tuple(variations(study, inputs, engine=engine, seed=seed))
    many = random_speeds(inputs, draws, spread, seed, engine) if draws else None
    drawn = () if many is None else tuple(many)
    source = StudySource(study, inputs, standing_changes(result), varied, drawn)
    outcomes = tuple(judged(each, source) for each in claims.claims)
    over = dict.fromkeys(each.factor for each in varied if each.kind == MARGIN)
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
    profile = str(result.manifest["parameters"]["profile"])
    return Checked(claims, profile, result.unit, outcomes, _treatments(result), manifest)


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
