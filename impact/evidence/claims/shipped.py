"""The shipped regions under every definition, and the verdict on their published ranges.

A published range is a claim like any other: `impact check` and `impact reproduce` judge it by
`impact.evidence.claims.judge.judged` with the margin of `ShippedSource`, so that both say the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import data_path
from impact.evidence.claims.claim import DRAWS, MARGIN_SEED, Claim
from impact.evidence.claims.figures import StudyFigures
from impact.evidence.claims.judge import (
    PERCENTILES,
    View,
    claim_definitions,
    judged,
    range_definitions,
    says_who,
)
from impact.evidence.published.definitions import PICKS, region_range
from impact.evidence.published.rows import Sweeps, study_inputs, study_rule
from impact.evidence.sensitivity import FIXED, LEGS, POINT, POLYGONS, other_times
from impact.model.divisions import is_weight
from impact.model.inputs import timed
from impact.network.random_speeds import SPREAD
from impact.storage import cache_folder
from impact.study.model import WEIGHTS
from impact.times.cache import cached_matrices
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from impact.evidence.claims.judge import ClaimTest, Outcome, Studies
    from impact.evidence.published.definitions import Definition
    from impact.evidence.published.table import PublishedRange
    from impact.evidence.published.treatments import Treatment
    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.times.ensemble import Ensemble
    from impact.times.matrix import TravelTimes

MARGIN_OVER = (POINT, LEGS, FIXED, "weights")
"""What the margin of a claim about a shipped region is over, speeds aside."""

_MADE_OF = (
    "roads_sha256",
    "profile",
    "fixed_minutes",
    "join",
    "engine",
    "origins_sha256",
    "destinations_sha256",
    "code_sha256",
)
"""Entries of the manifest of a matrix that the matrices of its margin hang on."""


@dataclass(frozen=True, eq=False)
class ShippedSource:
    """The shipped studies.

    Attributes
    ----------
    sweeps
        What was swept so far.
    asked
        Assumptions of the run.
    rows
        Treatments of the regions, for claims about a range.
    engine
        Shortest-path engine.
    members, spread, seed
        Random speed tables: how many (0: none), how far they lie apart, which.
    use_cache
        Whether matrices may come from, and go to, the cache.
    others
        Whether a range is held under other definitions too.
    """

    sweeps: Sweeps
    asked: Assumptions
    rows: Sequence[Treatment]
    engine: str
    members: int = DRAWS
    spread: float = SPREAD
    seed: int = MARGIN_SEED
    use_cache: bool = True
    others: bool = True
    _studies: dict[Assumptions, Studies] = field(default_factory=dict)
    _margins: dict[Assumptions, list[Studies]] = field(default_factory=dict)
    _draws: dict[Assumptions, list[Studies]] = field(default_factory=dict)
    _others: dict[tuple[str, str], list[ShippedStudies]] = field(default_factory=dict)
    _drawn: dict[tuple[str, str], list[ShippedStudies]] = field(default_factory=dict)
    _ensembles: dict[tuple[str, str], Ensemble] = field(default_factory=dict)

    @property
    def margin(self) -> dict[str, Any]:
        """What the margin is over, for the manifest."""
        return margin_of(MARGIN_OVER, draws=self.members, spread=self.spread, seed=self.seed)

    def views(self, claim: Claim) -> list[View]:
        """See `impact.evidence.claims.judge.Source`.

        Ranges have the definitions of `impact reproduce` that need no draws of who stops.
        """
        base = self._base(claim)
        if claim.kind == "range":
            ranges = range_definitions(base)[: None if self.others else 1]
            return [self._range_view(claim, base, each) for each in ranges]
        change = claim.change
        known = claim_definitions(
            base,
            claim.kind,
            named=bool(change.stops),
            agreed=bool(change.moves_to),
            counted=is_weight(claim.group),
        )
        return [View(each, self._of(replace(base, **each.changes))) for each in known]

    def margins(self, claim: Claim, view: View) -> list[Studies]:
        """See `impact.evidence.claims.judge.Source`; weights unless the claim says who counts."""
        setting = replace(self._base(claim), **view.definition.changes)
        kinds = tuple(name for name in WEIGHTS if name != setting.weights)
        kinds = () if says_who(claim) else kinds
        if setting not in self._margins:
            self._margins[setting] = _beside(self._otherwise(setting), setting)
        return [self._of(replace(setting, weights=name)) for name in kinds] + self._margins[setting]

    def hidden(self, claim: Claim, part: ClaimTest) -> list[Studies]:  # noqa: ARG002
        """See `impact.evidence.claims.judge.Source`; everything that is shipped is known."""
        return []

    def draws(self, claim: Claim, view: View) -> list[Studies]:
        """See `impact.evidence.claims.judge.Source`; around the profile of the view."""
        setting = replace(self._base(claim), **view.definition.changes)
        if setting not in self._draws:
            self._draws[setting] = _beside(self._draw(setting), setting)
        return self._draws[setting]

    def has_transit(self) -> bool:
        """See `impact.evidence.claims.judge.Source`; no timetable is shipped."""
        return False

    def _base(self, claim: Claim) -> Assumptions:
        return replace(self.asked, weights=claim.weights or self.asked.weights)

    def _of(self, setting: Assumptions) -> Studies:
        if setting not in self._studies:
            self._studies[setting] = shipped_figures(self.sweeps, setting)
        return self._studies[setting]

    def _range_view(self, claim: Claim, base: Assumptions, definition: Definition) -> View:
        kind = definition.statistic
        studies = self._of(replace(base, **definition.changes))
        if kind in PICKS:
            return View(definition, studies)
        own = [row for row in self.rows if row.region == claim.region]
        low, high, _, peak = region_range(definition, claim.region, own, self.sweeps, base)
        return View(definition, studies, (low, high, peak))

    def _otherwise(self, setting: Assumptions) -> list[ShippedStudies]:
        key = (setting.profile, setting.alternatives)
        if key not in self._others:
            shipped, times = self.sweeps.shipped, self._times(setting)

            def make() -> Iterator[TravelTimes]:
                many = self._ensemble(setting)
                found = other_times(
                    times,
                    timed(shipped.network, setting.profile),
                    shipped.postcodes,
                    shipped.hospitals.loc[list(times.destinations)],
                    engine=self.engine,
                    seed=self.seed,
                    areas=True,
                    prepared=None if many is None else many.prepared,
                )
                return (each.times for each in found)

            polygons = data_path(POLYGONS).read_bytes()
            made_of = (*self._made_of(times), "other", hashlib.sha256(polygons).hexdigest())
            kept = cached_matrices(times, made_of, make, use_cache=self.use_cache)
            self._others[key] = self._with_times(setting, kept)
        return self._others[key]

    def _draw(self, setting: Assumptions) -> list[ShippedStudies]:
        key = (setting.profile, setting.alternatives)
        if self.members and key not in self._drawn:
            times = self._times(setting)
            made_of = (*self._made_of(times), "drawn", self.members, self.spread)
            kept = cached_matrices(
                times, made_of, lambda: self._ensemble(setting) or (), use_cache=self.use_cache
            )
            self._drawn[key] = self._with_times(setting, kept)
        return self._drawn.get(key, [])

    def _times(self, setting: Assumptions) -> TravelTimes:
        """Minutes to every location that these regions can be sent to."""
        times = self.sweeps.shipped.times[setting.profile]
        return times.select(times.origins, self._locations(setting))

    def _made_of(self, times: TravelTimes) -> tuple[object, ...]:
        """Return what the matrices of a setting hang on; whether kilometres are known does not."""
        about = (times.manifest[name] for name in _MADE_OF)
        return (*about, times.origins, times.destinations, self.seed)

    def _ensemble(self, setting: Assumptions) -> Ensemble | None:
        """Random speed tables around a profile; `None` where none are asked for."""
        key = (setting.profile, setting.alternatives)
        if self.members and key not in self._ensembles:
            shipped = self.sweeps.shipped
            self._ensembles[key] = ensemble(
                timed(shipped.network, setting.profile),
                shipped.postcodes,
                shipped.hospitals.loc[self._locations(setting)],
                members=self.members,
                spread=self.spread,
                seed=self.seed,
                engine=self.engine,
                folder=cache_folder() if self.use_cache else None,
            )
        return self._ensembles.get(key)

    def _with_times(
        self, setting: Assumptions, many: Iterable[TravelTimes]
    ) -> list[ShippedStudies]:
        shipped = self.sweeps.shipped
        return [replace(shipped, times={setting.profile: each}) for each in many]

    def _locations(self, setting: Assumptions) -> list[str]:
        """Every location that these regions can be sent to."""
        shipped = self.sweeps.shipped
        names: set[str] = set()
        for study in shipped.studies:
            for each in study.interventions:
                names |= {*each.providers}
                if setting.alternatives == "all":
                    names |= {*shipped.outside[study.region, each.treatment]}
        return sorted(names)


def shipped_figures(sweeps: Sweeps, setting: Assumptions) -> dict[str, StudyFigures]:
    """Region -> the figures of its shipped study under a setting."""
    return {
        study.region: StudyFigures(
            {
                each.treatment: replace(each, alternatives=setting.alternatives)
                for each in study.interventions
            },
            partial(study_inputs, sweeps, study.region, setting=setting),
            partial(sweeps.matrix, study.region, setting=setting),
            divisions_of=partial(sweeps.shipped.divisions, study.region, setting),
            rule_of=partial(study_rule, sweeps, study.region, setting=setting),
        )
        for study in sweeps.shipped.studies
    }


def _beside(many: Sequence[ShippedStudies], setting: Assumptions) -> list[Studies]:
    """Figures of the shipped studies under many matrices, summed together."""
    found = [shipped_figures(Sweeps(each), setting) for each in many]
    together: dict[str, list[StudyFigures]] = {}
    for studies in found:
        for region, each in studies.items():
            together.setdefault(region, []).append(each)
    return [
        {region: replace(each, together=together[region]) for region, each in studies.items()}
        for studies in found
    ]


def judged_ranges(source: ShippedSource, ranges: Iterable[PublishedRange]) -> tuple[Outcome, ...]:
    """Judge published ranges under the default definition."""
    alone = replace(source, others=False)
    return tuple(judged(published_claim(each), alone) for each in ranges)


def published_claim(published: PublishedRange) -> Claim:
    """Take a published range as a claim."""
    return Claim(
        name=published.region,
        kind="range",
        region=published.region,
        low=published.low,
        high=published.high,
        peaks=published.peaks,
        source=published.source,
    )


def margin_of(over: Sequence[str], *, draws: int, spread: float, seed: int) -> dict[str, Any]:
    """Describe the margin of calculation, for the manifest."""
    return {
        "draws": draws,
        "spread": spread,
        "seed": seed,
        "percentiles": list(PERCENTILES),
        "over": [*over, *(["speeds"] if draws else [])],
    }


def narrowed(shipped: ShippedStudies, regions: Sequence[str]) -> ShippedStudies:
    """Keep the studies and residents of some regions, and the locations that they can use."""
    places = [shipped.regions_by_name.index(name) for name in regions]
    kept = np.isin(shipped.home, places)
    return replace(
        shipped,
        studies=tuple(each for each in shipped.studies if each.region in regions),
        postcodes=shipped.postcodes[kept],
        home=shipped.home[kept],
        weights={name: each[kept] for name, each in shipped.weights.items()},
        times={
            name: replace(
                each,
                origins=tuple(np.array(each.origins)[kept].tolist()),
                minutes=each.minutes[kept],
                km=None if each.km is None else each.km[kept],
            )
            for name, each in shipped.times.items()
        },
        reach={name: each[kept] for name, each in shipped.reach.items()},
        known_people={},
        known_divisions={},
    )
