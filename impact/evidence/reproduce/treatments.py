"""Each of the 55 rows: its candidates, and what every assumption does to its figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import nearest
from impact.concentration.choice import BYPASS_BETAS
from impact.evidence.reproduce.hypotheses import hypothesis_means, provider_sets
from impact.evidence.reproduce.plausibility import PRIORS, national_counts, plausibility
from impact.evidence.reproduce.rows import leaving, matrix, membership, sweep
from impact.register import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from impact.evidence.reproduce.hypotheses import ProviderSets
    from impact.evidence.reproduce.published import PublishedRow
    from impact.evidence.reproduce.rows import Swept
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.study import Intervention


@dataclass(frozen=True, eq=False)
class Treatment:
    """One row of the published table, computed.

    Attributes
    ----------
    region, intervention
        What it is.
    published
        k of n.
    swept
        Every candidate with the register's providers.
    weights
        Name of a prior -> plausibility of each candidate, adding to one.
    statuses
        Status of a listing -> how many of the n have it.
    sets
        Hypotheses about who provides it.
    hypotheses
        One row per set: providers, least, median, greatest.
    sisters
        Mean of the median candidate with one provider at another location of its organisation,
        by that location.
    outside
        Number of providers of other regions that the register knows.
    leaves_region
        Mean extra minutes if the treatment leaves the region; NaN where that is not asked.
    """

    region: str
    intervention: Intervention
    published: PublishedRow
    swept: Swept
    weights: Mapping[str, NDArray[np.float64]]
    statuses: Mapping[str, int]
    sets: ProviderSets
    hypotheses: pd.DataFrame
    sisters: Mapping[str, float]
    outside: int
    leaves_region: float

    @property
    def chosen(self) -> float:
        """Mean extra minutes of the moved in the median candidate; NaN where nobody is moved."""
        place = self.swept.median
        return float("nan") if place is None else float(self.swept.means[place])

    def expected(self, prior: str) -> float:
        """Mean over candidates, weighted by plausibility; NaN where nobody is moved.

        Parameters
        ----------
        prior
            Its name.

        Returns
        -------
        float
        """
        means = self.swept.means
        known = ~np.isnan(means)
        weight = self.weights[prior][known]
        return float(np.average(means[known], weights=weight)) if weight.sum() > 0.0 else np.nan


def treatment(
    sweeps: Sweeps,
    region: str,
    intervention: Intervention,
    published: PublishedRow,
    setting: Setting,
    *,
    sets: int,
    draws: int,
    seed: int,
) -> Treatment:
    """Compute one row of the table.

    Parameters
    ----------
    sweeps
        What was swept so far.
    region, intervention, published
        What it is.
    setting
        Under which assumptions.
    sets
        Provider sets at most; above that a sample.
    draws
        Of volumes.
    seed
        Of both.

    Returns
    -------
    Treatment
    """
    world = sweeps.world
    rows = world.register[
        (world.register["region"] == region)
        & (world.register["treatment_id"] == intervention.treatment)
    ]
    counts = rows["status"].value_counts()
    found = provider_sets(world, region, intervention, most=sets, seed=seed)
    all_fail = published.below == published.providing
    return Treatment(
        region=region,
        intervention=intervention,
        published=published,
        swept=sweeps.of(region, intervention, setting),
        weights=_weights(sweeps, region, intervention, setting, draws=draws, seed=seed),
        statuses={status: int(counts.get(status, 0)) for status in STATUSES},
        sets=found,
        hypotheses=hypothesis_means(world, region, intervention, setting, found),
        sisters=_sisters(sweeps, region, intervention, setting),
        outside=len(world.outside[region, intervention.treatment]),
        leaves_region=leaving(matrix(world, region, intervention, setting, leaves=True))
        if all_fail
        else np.nan,
    )


def _weights(
    sweeps: Sweeps,
    region: str,
    intervention: Intervention,
    setting: Setting,
    *,
    draws: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    world = sweeps.world
    given = sweeps.matrix(region, intervention, setting)
    catchment = np.bincount(nearest(given.minutes), given.weights, len(given.providers)).astype(
        np.float64
    )
    kinds = world.hospitals.loc[list(given.providers), "type"].to_numpy()
    members = membership(intervention)[1]
    everybody = float(world.weights[setting.weights].sum())
    counts = national_counts()
    total = None
    if intervention.treatment in counts:
        total = counts[intervention.treatment] * float(given.weights.sum()) / everybody
    return {
        prior.name: plausibility(
            catchment,
            kinds == "umc",
            members,
            prior,
            norm_count=intervention.norm,
            expected_total=total,
            all_below=intervention.stop_count == len(intervention.providers),
            draws=draws,
            seed=seed,
        )
        for prior in PRIORS
    }


def _sisters(
    sweeps: Sweeps, region: str, intervention: Intervention, setting: Setting
) -> dict[str, float]:
    world, out = sweeps.world, {}
    for name in intervention.providers:
        for sister in world.sisters[name]:
            if sister in intervention.providers:
                continue
            names = tuple(sorted({*intervention.providers, sister} - {name}))
            given = matrix(world, region, intervention, setting, providers=names)
            swept = sweep(replace(intervention, providers=names), given, setting)
            if swept.median is not None:
                out[sister] = float(swept.means[swept.median])
    return out


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


def treatment_row(row: Treatment, sweeps: Sweeps, setting: Setting) -> dict[str, object]:
    """Row of treatments.csv.

    Parameters
    ----------
    row
        Computed.
    sweeps, setting
        For what other assumptions give.

    Returns
    -------
    dict
        Keys `TREATMENT_COLUMNS`.
    """
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
    return {name: out[name] for name in TREATMENT_COLUMNS}


def _or_nan(values: NDArray[np.float64], share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")
