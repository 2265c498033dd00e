"""Each of the 55 rows: its candidates, and how plausible each of them is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import nearest
from impact.evidence.reproduce.hypotheses import hypothesis_means, provider_sets
from impact.evidence.reproduce.plausibility import PRIORS, national_counts, plausibility
from impact.evidence.reproduce.published import published_rows
from impact.evidence.reproduce.rows import leaving, matrix, membership, sweep
from impact.register import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def treatments(
    sweeps: Sweeps,
    regions: Iterable[str],
    setting: Setting,
    *,
    sets: int,
    draws: int,
    seed: int,
) -> tuple[Treatment, ...]:
    """Compute every row of some regions.

    Parameters
    ----------
    sweeps
        What was swept so far.
    regions
        Of the published table.
    setting, sets, draws, seed
        See `treatment`.

    Returns
    -------
    tuple of Treatment
        Region after region, in the order of its study.
    """
    said = {(row.region, row.treatment): row for row in published_rows()}
    return tuple(
        treatment(
            sweeps,
            region,
            each,
            said[region, each.treatment],
            setting,
            sets=sets,
            draws=draws,
            seed=seed,
        )
        for region in regions
        for each in sweeps.world.study(region).interventions
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
