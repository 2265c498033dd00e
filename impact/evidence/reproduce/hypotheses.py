"""Who provides what, where nobody knows: every plausible set of providers is a hypothesis.

A listing with a source stays. For the others any of the region's hospitals could stand: those
that the register lists without a good source, and the member organisations that it does not list
for this treatment, each at the location where the register has it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.evidence.reproduce.rows import Matrix, matrix, median_place, membership, ratio, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.world import World
    from impact.study import Intervention

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
    world: World, region: str, intervention: Intervention, *, most: int, seed: int
) -> ProviderSets:
    """Enumerate or sample the plausible provider sets of one treatment.

    Parameters
    ----------
    world
        With the register and the members of the region.
    region, intervention
        What is asked.
    most
        Number of sets above which a sample is drawn.
    seed
        Of the sample.

    Returns
    -------
    ProviderSets
    """
    rows = world.register[
        (world.register["region"] == region)
        & (world.register["treatment_id"] == intervention.treatment)
    ]
    listed = tuple(sorted(intervention.providers))
    fixed = tuple(sorted(set(rows.loc[rows["status"] == SURE, "location"]) & set(listed)))
    organisation = world.hospitals["organisation"]
    taken = {organisation[name] for name in listed}
    others = [
        world.mains[each]
        for each in world.members[region]
        if each not in taken and each in world.mains
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


def hypothesis_means(
    world: World, region: str, intervention: Intervention, setting: Setting, sets: ProviderSets
) -> pd.DataFrame:
    """Least, median and greatest candidate under every hypothesis.

    Parameters
    ----------
    world, region, intervention, setting
        What is asked, under which assumptions; the baseline is the setting's.
    sets
        From `provider_sets`.

    Returns
    -------
    pandas.DataFrame
        One row per set: providers (joined by "; "), least, median, greatest (minutes).
    """
    everyone = tuple(sorted({*sets.fixed, *sets.free}))
    # one matrix for all sets: a set is a choice of its columns
    whole = matrix(world, region, intervention, setting, providers=everyone)
    column = {name: place for place, name in enumerate(everyone)}
    out, members = [], None
    for names in sets.sets:
        places = [column[name] for name in names]
        part = Matrix(names, whole.minutes[:, places], whole.elsewhere, whole.weights)
        if members is None:
            # names are sorted, so who stops is the same by position in every set
            members = membership(replace(intervention, providers=names))[1]
        means = ratio(*reversed(sums(part, members, setting)))
        out.append(("; ".join(names), *_three(means, median_place(means))))
    return pd.DataFrame(out, columns=["providers", "least", "median", "greatest"])


def _three(means: NDArray[np.float64], median: int | None) -> tuple[float, float, float]:
    if median is None:
        return (np.nan, np.nan, np.nan)
    return (float(np.nanmin(means)), float(means[median]), float(np.nanmax(means)))
