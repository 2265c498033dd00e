"""The 55 rows: who provides, how plausible each candidate is, and the table of treatments.

'k of n are below the norm N' means: the k smallest volumes are below N, the others are not. The
volumes themselves are not public, so they are drawn: volume of h = T x(h) / sum x, with x(h) =
catchment(h) x exp(sigma z), z standard normal. The total T is lognormal around the region's share
of the national count, or, where no count is published, flat in its logarithm. For each draw of x
the chance that exactly the k smallest are below N is known in closed form; it is the weight of
the candidate in which those k stop.

A listing with a source stays. For the others any of the region's hospitals could stand: those
that the register lists without a good source, and the member organisations that it does not list
for this treatment, each at the location where the register has it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from impact.bundled import data_path
from impact.evidence.published.rows import (
    leaving,
    matrix,
    median_place,
    membership,
    ratio,
    rule_of,
    sums,
    sweep,
)
from impact.evidence.published.table import published_rows
from impact.model.allocation import nearest
from impact.model.allocation_rule import BYPASS_BETAS
from impact.study.register import STATUSES
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.published.rows import CandidateMeans, Sweeps
    from impact.evidence.published.table import PublishedRow
    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.study.model import Intervention

NATIONAL = {
    "aortic_surgery": ("AAA (alle, primair)",),
    "lung_resections": ("anatomische longresectie",),
    "oesophagus_stomach_resections": ("slokdarmresectie (carcinoom)", "maagresectie (carcinoom)"),
    "pancreas_ercp": ("ERCP",),
    "pancreas_resections": ("pancreaschirurgie",),
}
"""Treatment -> rows of the published volumes that add up to what its norm counts, more or less."""

_COUNTS = ("procedures", "patients")
_TOTAL_SPREAD = 0.3
"""Of the logarithm of the region's total: other years, and care across the edge of the region."""

_LEAST_SHARE = 0.01
"""Part of the demand, divided over all providers, that keeps a catchment from being empty."""


@dataclass(frozen=True)
class Prior:
    """What is believed of volumes before any is known.

    Attributes
    ----------
    name
        Key of its text.
    sigma
        Spread of the logarithm of a volume around the catchment.
    by_catchment
        Whether volumes follow catchments; else all providers are alike.
    by_total
        Whether the total lies near the region's share of the national count.
    university
        Factor for university hospitals, which draw from further.
    """

    name: str
    sigma: float = 0.5
    by_catchment: bool = True
    by_total: bool = True
    university: float = 1.0


PRIORS = (
    Prior("catchment"),
    Prior("equal", by_catchment=False),
    Prior("no_total", by_total=False),
    Prior("narrow", sigma=0.25),
    Prior("broad", sigma=1.0),
    Prior("university", university=2.0),
)
"""The first is the one that is used; the others show its effect."""


@cache
def national_counts() -> dict[str, float]:
    """National counts per year, where they are published.

    Examples
    --------
    >>> national_counts()["lung_resections"]
    2782.0
    """
    frame = read_table(data_path("volumes_published.csv")).frame
    frame = frame[(frame["hospital"] == "national") & frame["metric"].isin(_COUNTS)]
    latest = frame.drop_duplicates("intervention", keep="last").set_index("intervention")["count"]
    return {
        treatment: float(sum(float(latest[name]) for name in names))
        for treatment, names in NATIONAL.items()
    }


def plausibility(
    catchment: NDArray[np.float64],
    university: NDArray[np.bool_],
    members: NDArray[np.bool_],
    prior: Prior,
    *,
    norm_count: float | None,
    expected_total: float | None,
    all_below: bool,
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Weight of every candidate.

    Examples
    --------
    The smaller of two is by far the likelier to be the one below the norm:

    >>> weights = plausibility(
    ...     np.array([100.0, 900.0]), np.zeros(2, bool), np.eye(2, dtype=bool), PRIORS[0],
    ...     norm_count=50.0, expected_total=None, all_below=False, draws=400, seed=1)
    >>> bool(weights[0] > 0.95)
    True
    """
    providers = len(catchment)
    stop = int(members[0].sum())
    base = catchment + _LEAST_SHARE * max(float(catchment.sum()), 1.0) / providers
    size = np.where(university, prior.university, 1.0) * (base if prior.by_catchment else 1.0)
    spread = np.random.default_rng(seed).standard_normal((draws, providers))
    relative = size * np.exp(prior.sigma * spread)
    relative /= relative.sum(axis=1, keepdims=True)
    order = np.argsort(relative, axis=1, kind="stable")
    ranked = np.take_along_axis(relative, order, axis=1)
    known_total = expected_total if prior.by_total else None
    weight = _fit(ranked, stop, norm_count, known_total, all_below=all_below)
    powers = np.left_shift(np.int64(1), np.arange(providers, dtype=np.int64))
    drawn = powers[order[:, :stop]].sum(axis=1)
    candidate = members @ powers
    total = _sums(drawn, weight)
    found = np.array([total.get(int(number), 0.0) for number in candidate])
    if not found.sum() > 0.0:
        return np.full(len(members), 1.0 / len(members))
    return np.asarray(found / found.sum())


def _fit(
    ranked: NDArray[np.float64],
    stop: int,
    norm_count: float | None,
    expected_total: float | None,
    *,
    all_below: bool,
) -> NDArray[np.float64]:
    """Chance, per draw, that the total puts the norm between the last that stops and the next.

    The largest that stops is below the norm N: T < N / x(k); the least that stays is not:
    T >= N / x(k + 1), unless all are below it.
    """
    last = ranked.shape[1] - 1
    if all_below:
        if norm_count is None or expected_total is None:
            return np.ones(len(ranked))
        return _below(norm_count / ranked[:, last], expected_total)
    above, below = ranked[:, stop], ranked[:, stop - 1]
    if norm_count is None or expected_total is None:
        return np.asarray(np.log(above / below))
    return _below(norm_count / below, expected_total) - _below(norm_count / above, expected_total)


def _below(total: NDArray[np.float64], expected: float) -> NDArray[np.float64]:
    return np.asarray(ndtr(np.log(total / expected) / _TOTAL_SPREAD))


def _sums(keys: NDArray[np.int64], weights: NDArray[np.float64]) -> Mapping[int, float]:
    found, place = np.unique(keys, return_inverse=True)
    return dict(zip(found.tolist(), np.bincount(place, weights, len(found)).tolist(), strict=True))


SURE = "sourced"
"""Listings of this status are in every hypothesis."""


@dataclass(frozen=True)
class ProviderSets:
    """Hypotheses about the providers of one treatment.

    Attributes
    ----------
    fixed
        In every set.
    free
        Who could fill the other places.
    size
        n, as published.
    possible
        Number of sets of that size.
    sets
        All of them, or a sample with a fixed seed; the register's own set comes first.
    """

    fixed: tuple[str, ...]
    free: tuple[str, ...]
    size: int
    possible: int
    sets: tuple[tuple[str, ...], ...]


def provider_sets(
    shipped: ShippedStudies, region: str, intervention: Intervention, *, most: int, seed: int
) -> ProviderSets:
    """Enumerate or sample the plausible provider sets of one treatment."""
    rows = shipped.register[
        (shipped.register["region"] == region)
        & (shipped.register["treatment_id"] == intervention.treatment)
    ]
    listed = tuple(sorted(intervention.providers))
    fixed = tuple(sorted(set(rows.loc[rows["status"] == SURE, "location"]) & set(listed)))
    organisation = shipped.hospitals["organisation"]
    taken = {organisation[name] for name in listed}
    others = [
        shipped.mains[each]
        for each in shipped.members[region]
        if each not in taken and each in shipped.mains
    ]
    free = tuple(sorted({*listed, *others} - set(fixed)))
    return ProviderSets(
        fixed=fixed,
        free=free,
        size=len(listed),
        possible=comb(len(free), len(listed) - len(fixed)),
        sets=_sets(listed, fixed, free, most=most, seed=seed),
    )


def _sets(
    listed: Sequence[str], fixed: Sequence[str], free: Sequence[str], *, most: int, seed: int
) -> tuple[tuple[str, ...], ...]:
    places = len(listed) - len(fixed)
    own = tuple(listed)
    if comb(len(free), places) <= most:
        every = {tuple(sorted((*fixed, *some))) for some in combinations(free, places)}
        return (own, *sorted(every - {own}))
    random = np.random.default_rng(seed)
    found = {own}
    # each draw is one more chance; a set that comes twice counts once
    for _ in range(most * 4):
        if len(found) == most:
            break
        chosen = random.choice(len(free), size=places, replace=False)
        found.add(tuple(sorted((*fixed, *(free[place] for place in chosen)))))
    return (own, *sorted(found - {own}))


_SETS_AT_ONCE = 50
"""Sets of providers whose matrices lie on each other: bounds the memory."""


def hypothesis_means(
    shipped: ShippedStudies,
    region: str,
    intervention: Intervention,
    setting: Assumptions,
    sets: ProviderSets,
) -> pd.DataFrame:
    """Least, median and greatest candidate under every hypothesis."""
    everyone = tuple(sorted({*sets.fixed, *sets.free}))
    # one matrix for all sets: a set is a choice of its columns
    whole = matrix(shipped, region, intervention, setting, providers=everyone)
    column = {name: place for place, name in enumerate(everyone)}
    # names are sorted, so who stops is the same by position in every set
    members = membership(replace(intervention, providers=sets.sets[0]))[1]
    out = []
    for start in range(0, len(sets.sets), _SETS_AT_ONCE):
        some = sets.sets[start : start + _SETS_AT_ONCE]
        inside = np.stack([whole.minutes[:, [column[name] for name in each]] for each in some])
        beyond = np.broadcast_to(whole.elsewhere, (len(some), *whole.elsewhere.shape))
        stack = replace(whole, providers=some[0], minutes=inside, elsewhere=beyond)
        for names, part in zip(some, stack.layers(), strict=True):
            means = ratio(*reversed(sums(part, members, rule_of(part, setting))))
            out.append(("; ".join(names), *_three(means, median_place(means))))
    return pd.DataFrame(out, columns=["providers", "least", "median", "greatest"])


def _three(means: NDArray[np.float64], median: int | None) -> tuple[float, float, float]:
    if median is None:
        return (np.nan, np.nan, np.nan)
    return (float(np.nanmin(means)), float(means[median]), float(np.nanmax(means)))


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
    swept: CandidateMeans
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
        """Mean over candidates, weighted by plausibility; NaN where nobody is moved."""
        means = self.swept.means
        known = ~np.isnan(means)
        weight = self.weights[prior][known]
        return float(np.average(means[known], weights=weight)) if weight.sum() > 0.0 else np.nan


def treatment(
    sweeps: Sweeps,
    region: str,
    intervention: Intervention,
    published: PublishedRow,
    setting: Assumptions,
    *,
    sets: int,
    draws: int,
    seed: int,
) -> Treatment:
    """Compute one row of the table."""
    shipped = sweeps.shipped
    rows = shipped.register[
        (shipped.register["region"] == region)
        & (shipped.register["treatment_id"] == intervention.treatment)
    ]
    counts = rows["status"].value_counts()
    found = provider_sets(shipped, region, intervention, most=sets, seed=seed)
    all_fail = published.below == published.providing
    return Treatment(
        region=region,
        intervention=intervention,
        published=published,
        swept=sweeps.of(region, intervention, setting),
        weights=_weights(sweeps, region, intervention, setting, draws=draws, seed=seed),
        statuses={status: int(counts.get(status, 0)) for status in STATUSES},
        sets=found,
        hypotheses=hypothesis_means(shipped, region, intervention, setting, found),
        sisters=_sisters(sweeps, region, intervention, setting),
        outside=len(shipped.outside[region, intervention.treatment]),
        leaves_region=leaving(matrix(shipped, region, intervention, setting, leaves=True))
        if all_fail
        else np.nan,
    )


def treatments(
    sweeps: Sweeps,
    regions: Iterable[str],
    setting: Assumptions,
    *,
    sets: int,
    draws: int,
    seed: int,
) -> tuple[Treatment, ...]:
    """Compute every row of some regions."""
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
        for each in sweeps.shipped.study(region).interventions
    )


def _weights(
    sweeps: Sweeps,
    region: str,
    intervention: Intervention,
    setting: Assumptions,
    *,
    draws: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    shipped = sweeps.shipped
    given = sweeps.matrix(region, intervention, setting)
    catchment = np.bincount(nearest(given.minutes), given.weights, len(given.providers)).astype(
        np.float64
    )
    kinds = shipped.hospitals.loc[list(given.providers), "type"].to_numpy()
    members = membership(intervention)[1]
    everybody = float(shipped.weights[setting.weights].sum())
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
    sweeps: Sweeps, region: str, intervention: Intervention, setting: Assumptions
) -> dict[str, float]:
    shipped, out = sweeps.shipped, {}
    for name in intervention.providers:
        for sister in shipped.sisters[name]:
            if sister in intervention.providers:
                continue
            names = tuple(sorted({*intervention.providers, sister} - {name}))
            given = matrix(shipped, region, intervention, setting, providers=names)
            swept = sweep(replace(intervention, providers=names), given, rule_of(given, setting))
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


def treatment_table(
    rows: Sequence[Treatment], sweeps: Sweeps, setting: Assumptions
) -> pd.DataFrame:
    """Rows of treatments.csv."""
    found = [_row(row, sweeps, setting) for row in rows]
    return pd.DataFrame(found, columns=list(TREATMENT_COLUMNS))


def _row(row: Treatment, sweeps: Sweeps, setting: Assumptions) -> dict[str, object]:
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
