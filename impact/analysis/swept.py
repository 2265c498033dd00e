"""Every candidate of a study by its means, from the cache where the same were computed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.model.allocation_rule import EVERYBODY_NEAREST
from impact.model.candidates import candidates
from impact.storage import cache_folder, source_hash
from impact.sweep.means import MEANS, candidate_table, sweep_means
from impact.times.engines.protocol import Setup
from impact.times.engines.stored import digest, kept

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from impact.model.inputs import Inputs
    from impact.study.model import Study


def swept_candidates(
    study: Study, inputs: Inputs, *, use_cache: bool = True
) -> dict[str, pd.DataFrame]:
    """Return intervention -> its candidates, from `impact.sweep.means.sweep_means`."""

    def make() -> dict[str, NDArray[np.float64]]:
        return {
            f"means_{number}": sweep_means(
                each,
                inputs.times,
                inputs.demand.weights[each.name],
                outside=inputs.outside[each.name],
                choice=inputs.allocation_rules[each.name],
            )[list(MEANS)].to_numpy()
            for number, each in enumerate(study.interventions)
        }

    # rules other than the nearest hold counts and fits of their own
    plain = all(rule is EVERYBODY_NEAREST for rule in inputs.allocation_rules.values())
    setup = Setup(1, cache_folder() if use_cache and plain else None)
    key = digest(
        source_hash("sweep", "model"),
        *map(repr, study.interventions),
        *(repr(inputs.outside[each.name]) for each in study.interventions),
        *(inputs.demand.weights[each.name] for each in study.interventions),
        repr(inputs.times.destinations),
        inputs.times.minutes,
    )
    found = kept("candidates", key, setup, make)
    return {
        each.name: candidate_table(candidates(each), found[f"means_{number}"])
        for number, each in enumerate(study.interventions)
    }
