"""From our figure to the published one: waterfall, lower ends, what the uncertainty is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.evidence.published.definitions import PROFILES
from impact.evidence.published.rows import ends
from impact.evidence.published.treatments import PRIORS
from impact.evidence.published.world import EDGES, LOCATIONS
from impact.model.allocation_rule import BYPASS_BETAS
from impact.study.model import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.published.rows import Sweeps
    from impact.evidence.published.table import PublishedRange
    from impact.evidence.published.treatments import Treatment
    from impact.evidence.published.world import Assumptions

STEPS: Mapping[str, Mapping[str, Any]] = {
    "bypassing": {"baseline": "huff", "beta": BYPASS_BETAS[1]},
    "recipient": {"recipients": "nearest"},
    "alternatives": {"alternatives": "all"},
    "location": {"locations": "organisation"},
    "weights": {"weights": "65+"},
    "profile": {"profile": "spits"},
}
"""In this order, fixed beforehand. A step that the run already assumes changes nothing."""

ROADS = "roads"
LOW, HIGH = "low", "high"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    name
        Key of its text.
    before, after
        The end of the range without and with it, all earlier steps made; `None` where it was not
        computed.
    alone
        The end with this change only; `None` where it was not computed.
    others
        The same with the other strengths of bypassing (alone); empty for other steps.
    """

    name: str
    before: float
    after: float | None
    alone: float | None
    others: tuple[float, ...] = ()


@dataclass(frozen=True)
class Waterfall:
    """One end of one region's range.

    Attributes
    ----------
    region, end
        Which: `LOW` or `HIGH`.
    plain, published
        Minutes.
    steps
        In order.
    """

    region: str
    end: str
    plain: float
    published: float
    steps: tuple[Step, ...]

    @property
    def reached(self) -> float:
        """The figure after all steps."""
        known = [step.after for step in self.steps if step.after is not None]
        return known[-1] if known else self.plain

    @property
    def unexplained(self) -> float:
        """Published less what all steps together reach."""
        return self.published - self.reached


def waterfalls(
    region: str,
    published: PublishedRange,
    sweeps: Sweeps,
    asked: Assumptions,
    *,
    other_roads: Sweeps | None = None,
) -> tuple[Waterfall, Waterfall]:
    """Both ends of a region's range, step by step.

    Notes
    -----
    A range is a minimum and a maximum over treatments, so the treatment at an end may change from
    one step to the next, and what a step adds depends on its place in the order; `Step.alone` is
    what it does by itself.
    """
    plain = _ends(region, sweeps, asked)
    found: list[tuple[str, tuple[float, float] | None, tuple[float, float] | None, list[Any]]] = []
    setting = asked
    for name, changes in STEPS.items():
        setting = replace(setting, **changes)
        alone = replace(asked, **changes)
        others = []
        if name == "bypassing":
            strengths = [beta for beta in BYPASS_BETAS if beta != alone.beta]
            others = [_ends(region, sweeps, replace(alone, beta=beta)) for beta in strengths]
        found.append((name, _ends(region, sweeps, setting), _ends(region, sweeps, alone), others))
    if other_roads is None:
        found.append((ROADS, None, None, []))
    else:
        found.append(
            (ROADS, _ends(region, other_roads, setting), _ends(region, other_roads, asked), [])
        )
    return (
        _one_end(region, LOW, plain[0], published.low, found, 0),
        _one_end(region, HIGH, plain[1], published.high, found, 1),
    )


def _ends(region: str, sweeps: Sweeps, setting: Assumptions) -> tuple[float, float]:
    low, high, _, _ = ends(sweeps.medians(region, setting))
    return (low, high)


def _one_end(
    region: str,
    end: str,
    plain: float,
    published: float,
    found: list[tuple[str, tuple[float, float] | None, tuple[float, float] | None, list[Any]]],
    place: int,
) -> Waterfall:
    steps, before = [], plain
    for name, after, alone, others in found:
        value = None if after is None else after[place]
        single = None if alone is None else alone[place]
        steps.append(Step(name, before, value, single, tuple(each[place] for each in others)))
        before = before if value is None else value
    return Waterfall(region, end, plain, published, tuple(steps))


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
    published: PublishedRange, rows: Sequence[Treatment], sweeps: Sweeps, asked: Assumptions
) -> tuple[Reach, ...]:
    """Ask of every treatment of a region whether it can be as low as the published lower end."""
    found = [
        _one_row(published.low, row, sweeps, asked) for row in rows if row.swept.median is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.ours, each.treatment)))


def _one_row(low: float, row: Treatment, sweeps: Sweeps, asked: Assumptions) -> Reach:
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
    asked: Assumptions,
    *,
    draws: int,
    seed: int,
    other_roads: Sweeps | None = None,
) -> tuple[Spread, ...]:
    """Vary each source of uncertainty alone."""
    random = np.random.default_rng(seed)
    known = [row for row in rows if row.swept.median is not None]
    found = {
        STOPS: (_drawn([_by_plausibility(row, random, draws) for row in known]), True),
        PROVIDERS: (_drawn([_by_set(row, random, draws) for row in known]), True),
    }
    variants: dict[str, list[Assumptions]] = {
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
