"""What would have to hold for the published lower ends: per region, per treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.choice import BYPASS_BETAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.reproduce.published import PublishedRange
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.evidence.reproduce.treatments import Treatment

ROUNDING = 0.5
"""A published whole minute stands for anything within half a minute."""


@dataclass(frozen=True)
class Reach:
    """Whether one treatment can be as low as the published lower end.

    Attributes
    ----------
    region, treatment
        Which; the treatment's id.
    published
        Lower end.
    ours
        Mean extra minutes in the median candidate.
    least
        In the least candidate.
    share
        Share of the candidates at or below the published figure, rounding allowed.
    plausible
        The same, weighted by plausibility.
    stops
        Who stops in the candidate nearest to the published figure.
    nearest
        Its mean.
    sets
        Share of the provider sets whose median candidate is at or below the published figure.
    sets_least
        Median candidate under the set of providers that gives the least.
    providers
        That set.
    sister
        Least with one provider at another location of its organisation; NaN without sisters.
    bypassing
        Least over the strengths of bypassing, median candidate.
    """

    region: str
    treatment: str
    published: float
    ours: float
    least: float
    share: float
    plausible: float
    stops: tuple[str, ...]
    nearest: float
    sets: float
    sets_least: float
    providers: str
    sister: float
    bypassing: float

    @property
    def within(self) -> bool:
        """Whether some candidate of the register's providers is that low."""
        return self.least <= self.published + ROUNDING


def reach(
    published: PublishedRange, rows: Sequence[Treatment], sweeps: Sweeps, asked: Setting
) -> tuple[Reach, ...]:
    """Ask of every treatment of a region whether it can be as low as the published lower end.

    Parameters
    ----------
    published
        Range of the region.
    rows
        Its treatments.
    sweeps
        What was swept so far.
    asked
        Assumptions of the run.

    Returns
    -------
    tuple of Reach
        The lowest first; treatments in which nobody is moved are left out.
    """
    found = [
        _one(published.low, row, sweeps, asked) for row in rows if row.swept.median is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.ours, each.treatment)))


def _one(low: float, row: Treatment, sweeps: Sweeps, asked: Setting) -> Reach:
    means = row.swept.means
    known = np.flatnonzero(~np.isnan(means))
    below = means[known] <= low + ROUNDING
    weight = next(iter(row.weights.values()))[known]
    near = known[np.argmin(np.abs(means[known] - low))]
    sets = row.hypotheses.dropna(subset="median")
    lowest = sets.iloc[int(sets["median"].to_numpy().argmin())]
    passing = []
    for beta in BYPASS_BETAS:
        again = sweeps.of(row.region, row.intervention, replace(asked, baseline="huff", beta=beta))
        if again.median is not None:
            passing.append(float(again.means[again.median]))
    return Reach(
        region=row.region,
        treatment=row.intervention.treatment,
        published=low,
        ours=row.chosen,
        least=float(means[known].min()),
        share=float(below.mean()),
        plausible=float(weight[below].sum() / weight.sum()) if weight.sum() > 0.0 else np.nan,
        stops=row.swept.stops[near],
        nearest=float(means[near]),
        sets=float((sets["median"] <= low + ROUNDING).mean()),
        sets_least=float(lowest["median"]),
        providers=str(lowest["providers"]),
        sister=min(row.sisters.values(), default=np.nan),
        bypassing=min(passing, default=np.nan),
    )
