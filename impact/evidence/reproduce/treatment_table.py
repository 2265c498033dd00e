"""The table of treatments: every row with its candidates and what each assumption does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.choice import BYPASS_BETAS
from impact.evidence.reproduce.plausibility import PRIORS
from impact.register import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.evidence.reproduce.treatments import Treatment

TREATMENT_COLUMNS = (
    "region",
    "treatment",
    "below_norm",
    "providing",
    "providers_known",
    "candidates",
    "mean_extra_min",
    "mean_extra_median",
    "mean_extra_max",
    "chosen_candidate",
    "mean_extra_chosen",
    "treatment_id",
    "named_in_source",
    *STATUSES,
    "moved",
    "mean_extra_all",
    *(f"expected_{prior.name}" for prior in PRIORS),
    "provider_sets",
    "provider_sets_tried",
    "sets_lowest",
    "sets_p10",
    "sets_median",
    "sets_p90",
    "sets_highest",
    "sister_lowest",
    "sister_highest",
    "organisation",
    "alternatives_all",
    "outside_known",
    "leaves_region",
    *(f"bypassing_{beta:g}" for beta in BYPASS_BETAS),
)
"""DESIGN's columns first. ``providers_known`` counts listings with a source (or inferred from one).
``mean_extra_median`` is the plain median over candidates (the mean of two in the middle);
``mean_extra_chosen`` is that of the displayed candidate, the lower of the two."""


def treatment_table(rows: Sequence[Treatment], sweeps: Sweeps, setting: Setting) -> pd.DataFrame:
    """Rows of treatments.csv.

    Parameters
    ----------
    rows
        From `impact.evidence.reproduce.treatments.treatments`.
    sweeps, setting
        For what other assumptions give.

    Returns
    -------
    pandas.DataFrame
        Columns `TREATMENT_COLUMNS`.
    """
    found = [_row(row, sweeps, setting) for row in rows]
    return pd.DataFrame(found, columns=list(TREATMENT_COLUMNS))


def _row(row: Treatment, sweeps: Sweeps, setting: Setting) -> dict[str, object]:
    swept, place = row.swept, row.swept.median
    means = swept.means[~np.isnan(swept.means)]
    medians = row.hypotheses["median"].dropna().to_numpy()
    others = {
        "organisation": replace(setting, locations="organisation"),
        "alternatives_all": replace(setting, alternatives="all"),
        **{
            f"bypassing_{beta:g}": replace(setting, baseline="huff", beta=beta)
            for beta in BYPASS_BETAS
        },
    }
    out: dict[str, object] = {
        "region": row.region,
        "treatment": row.intervention.name,
        "below_norm": row.published.below,
        "providing": row.published.providing,
        "providers_known": row.statuses["sourced"],
        "candidates": len(swept.stops),
        "mean_extra_min": _or_nan(means, 0.0),
        "mean_extra_median": float(np.median(means)) if len(means) else np.nan,
        "mean_extra_max": _or_nan(means, 1.0),
        "chosen_candidate": "" if place is None else "; ".join(swept.stops[place]),
        "mean_extra_chosen": row.chosen,
        "treatment_id": row.intervention.treatment,
        "named_in_source": "yes" if row.published.named else "no",
        **row.statuses,
        "moved": np.nan if place is None else float(swept.moved[place]),
        "mean_extra_all": np.nan if place is None else float(swept.means_all[place]),
        **{f"expected_{prior.name}": row.expected(prior.name) for prior in PRIORS},
        "provider_sets": row.sets.possible,
        "provider_sets_tried": len(row.sets.sets),
        "sets_lowest": _or_nan(medians, 0.0),
        "sets_p10": _or_nan(medians, 0.1),
        "sets_median": _or_nan(medians, 0.5),
        "sets_p90": _or_nan(medians, 0.9),
        "sets_highest": _or_nan(medians, 1.0),
        "sister_lowest": min(row.sisters.values(), default=np.nan),
        "sister_highest": max(row.sisters.values(), default=np.nan),
        "outside_known": row.outside,
        "leaves_region": row.leaves_region,
    }
    for name, other in others.items():
        again = sweeps.of(row.region, row.intervention, other)
        out[name] = np.nan if again.median is None else float(again.means[again.median])
    return out


def _or_nan(values: NDArray[np.float64], share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")
