"""What the uncertainty of each end of a range is made of: one thing varied at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.choice import BYPASS_BETAS
from impact.evidence.reproduce.definitions import PROFILES
from impact.evidence.reproduce.plausibility import PRIORS
from impact.evidence.reproduce.setting import EDGES, LOCATIONS
from impact.evidence.reproduce.sweeps import ends
from impact.study import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.evidence.reproduce.treatments import Treatment

STOPS, PROVIDERS = "stops", "providers"
_DRAWN = (0.1, 0.9)


@dataclass(frozen=True)
class Spread:
    """How far one source of uncertainty moves one end of a range.

    Attributes
    ----------
    region, end
        Which: ``low`` or ``high``.
    source
        Key of its text.
    low, high
        Of what was drawn 8 in 10 lie between; of listed alternatives the least and greatest.
    deviation
        Standard deviation over draws or alternatives, each counted the same.
    share
        Of the summed variance of all sources of this end, 0 to 1: a rough split, because each is
        varied alone.
    """

    region: str
    end: str
    source: str
    low: float
    high: float
    deviation: float
    share: float


def spreads(
    region: str,
    rows: Sequence[Treatment],
    sweeps: Sweeps,
    asked: Setting,
    *,
    draws: int,
    seed: int,
    other_roads: Sweeps | None = None,
) -> tuple[Spread, ...]:
    """Vary each source of uncertainty alone.

    Parameters
    ----------
    region
        Oncology region.
    rows
        Its treatments.
    sweeps
        What was swept so far.
    asked
        Assumptions of the run.
    draws, seed
        Of who stops (a candidate per treatment, by its plausibility) and who provides (a set per
        treatment, each counted the same).
    other_roads
        The same on the other network, where there is one.

    Returns
    -------
    tuple of Spread
        The greatest share first, low end before high end.
    """
    random = np.random.default_rng(seed)
    known = [row for row in rows if row.swept.median is not None]
    found = {
        STOPS: (_drawn([_by_plausibility(row, random, draws) for row in known]), True),
        PROVIDERS: (_drawn([_by_set(row, random, draws) for row in known]), True),
    }
    variants: dict[str, list[Setting]] = {
        "today": [
            replace(asked, baseline="nearest"),
            *(replace(asked, baseline="huff", beta=beta) for beta in BYPASS_BETAS),
        ],
        "alternatives": [replace(asked, alternatives=each) for each in ALTERNATIVES],
        "location": [replace(asked, locations=each) for each in LOCATIONS],
        "edge": [replace(asked, edge=each) for each in EDGES],
        "weights": [replace(asked, weights=each) for each in WEIGHTS],
        "speeds": [replace(asked, profile=each) for each in PROFILES],
    }
    for source, settings in variants.items():
        values = [ends(sweeps.medians(region, setting))[:2] for setting in settings]
        found[source] = (np.array(values), False)
    if other_roads is not None:
        both = [ends(each.medians(region, asked))[:2] for each in (sweeps, other_roads)]
        found["roads"] = (np.array(both), False)
    return tuple(
        spread
        for place, end in enumerate(("low", "high"))
        for spread in _shared(region, end, {key: (v[:, place], d) for key, (v, d) in found.items()})
    )


def _shared(
    region: str, end: str, found: dict[str, tuple[NDArray[np.float64], bool]]
) -> list[Spread]:
    total = sum(float(np.nanvar(values)) for values, _ in found.values())
    out = []
    for source, (values, drawn) in found.items():
        least, greatest = np.nanquantile(values, _DRAWN if drawn else (0.0, 1.0)).tolist()
        variance = float(np.nanvar(values))
        share = variance / total if total > 0.0 else 0.0
        out.append(Spread(region, end, source, least, greatest, variance**0.5, share))
    return sorted(out, key=lambda each: (-each.share, each.source))


def _by_plausibility(
    row: Treatment, random: np.random.Generator, draws: int
) -> NDArray[np.float64]:
    means = row.swept.means
    known = np.flatnonzero(~np.isnan(means))
    weight = row.weights[PRIORS[0].name][known]
    if not weight.sum() > 0.0:
        weight = np.ones(len(known))
    chosen = random.choice(known, size=draws, p=weight / weight.sum())
    return np.asarray(means[chosen])


def _by_set(row: Treatment, random: np.random.Generator, draws: int) -> NDArray[np.float64]:
    medians = row.hypotheses["median"].dropna().to_numpy(np.float64)
    return np.asarray(medians[random.integers(len(medians), size=draws)])


def _drawn(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Least and greatest over treatments of every draw, shape (n_draws, 2)."""
    table = np.column_stack(values)
    return np.column_stack([table.min(axis=1), table.max(axis=1)])
