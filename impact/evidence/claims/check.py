"""Check every claim of a file against the shipped regions or a study."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.run import run_study, study_transit
from impact.bundled import data_path
from impact.evidence import published
from impact.evidence.claims.claim import BY, DRAWS
from impact.evidence.claims.figures import StudyFigures, standing_cases, standing_changes
from impact.evidence.claims.hidden import HIDDEN, hidden_counts
from impact.evidence.claims.judge import (
    PERCENTILES,
    View,
    claim_definitions,
    judged,
    range_definitions,
    says_who,
)
from impact.evidence.claims.own_study import StudySource
from impact.evidence.claims.reproduced import published_claim
from impact.evidence.published.definitions import PICKS, PROFILES, Definition, region_range
from impact.evidence.published.rows import Sweeps, study_inputs, study_rule
from impact.evidence.published.table import published_ranges
from impact.evidence.published.treatments import treatment_table, treatments
from impact.evidence.published.world import load_shipped
from impact.evidence.sensitivity import (
    FIXED,
    LEGS,
    MARGIN,
    POINT,
    POLYGONS,
    other_times,
    random_speeds,
    variations,
)
from impact.manifest import DISTRIBUTION, created, described
from impact.model.demand import unit_of
from impact.model.divisions import is_weight
from impact.model.inputs import load_inputs, timed
from impact.network.random_speeds import SPREAD
from impact.storage import cache_folder
from impact.study.model import BUNDLED, WEIGHTS
from impact.times.cache import cached_matrices
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from impact.analysis.result import Result
    from impact.evidence.claims.claim import Claim, Claims
    from impact.evidence.claims.judge import Outcome, Studies
    from impact.evidence.published.treatments import Treatment
    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.model.case import Case
    from impact.model.inputs import StudyData
    from impact.study.model import Study
    from impact.times.ensemble import Ensemble
    from impact.times.matrix import TravelTimes

MARGIN_OVER = (POINT, LEGS, FIXED, "weights")
"""What the margin of a claim about a shipped region is over, speeds aside."""


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
    members: int
    spread: float
    seed: int
    use_cache: bool = True
    others: bool = True
    _studies: dict[Assumptions, Studies] = field(default_factory=dict)
    _margins: dict[Assumptions, list[Studies]] = field(default_factory=dict)
    _draws: dict[Assumptions, list[Studies]] = field(default_factory=dict)
    _others: dict[tuple[str, str], list[ShippedStudies]] = field(default_factory=dict)
    _drawn: dict[tuple[str, str], list[ShippedStudies]] = field(default_factory=dict)
    _ensembles: dict[tuple[str, str], Ensemble] = field(default_factory=dict)

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
        """Return what the matrices of a setting hang on: roads, points and locations, seed."""
        return (times.manifest["key"], times.origins, times.destinations, self.seed)

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


@dataclass(frozen=True, eq=False)
class Checked:
    """Every claim of a file, checked.

    Attributes
    ----------
    claims
        As read.
    profile
        Speed profile.
    unit
        Who counts: a unit of `impact.model.demand`, with how patients are known.
    outcomes
        One per claim.
    treatments
        Rows of treatments.csv: as `impact reproduce` writes them, or of a study.
    manifest
        Plain values.
    study, cases
        Where a study was asked: it, and the cases that stand for its treatments.
    published
        The published ranges of the shipped regions that claims name, judged as claims are; in no
        table.
    """

    claims: Claims
    profile: str
    unit: str
    outcomes: tuple[Outcome, ...]
    treatments: pd.DataFrame
    manifest: Mapping[str, Any]
    study: Study | None = None
    cases: tuple[Case, ...] = ()
    published: tuple[Outcome, ...] = ()


def check(
    claims: Claims,
    asked: Assumptions,
    *,
    roads: str = BUNDLED,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 1,
    sets: int = published.SETS,
    volumes: int = published.DRAWS,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Checked:
    """Check claims.

    Parameters
    ----------
    claims
        From `impact.evidence.claims.read.read_claims`.
    asked
        Assumptions of the run.
    roads
        ``bundled`` or a network file.
    engine
        Shortest-path engine.
    draws, spread, seed
        Random speed tables for the margin: how many (0: none), how far, which.
    sets, volumes
        Provider sets and draws of volumes, for treatments.csv.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        For an unknown profile, or roads that cannot be read.
    """
    profiles = tuple(dict.fromkeys((asked.profile, *PROFILES)))
    whole = load_shipped(
        roads=roads, profiles=profiles, engine=engine, progress=progress, use_cache=use_cache
    )
    said = {each.region for each in claims.claims}
    regions = [each.region for each in whole.studies if "" in said or each.region in said]
    shipped = narrowed(whole, regions)
    sweeps = Sweeps(shipped)
    rows = treatments(sweeps, regions, asked, sets=sets, draws=volumes, seed=published.SEED)
    source = ShippedSource(sweeps, asked, rows, engine, draws, spread, seed, use_cache)
    outcomes = tuple(judged(each, source) for each in claims.claims)
    table = treatment_table(rows, sweeps, asked)
    manifest = _manifest(claims, shipped, asked, roads, outcomes)
    manifest["margin"] = margin_of(MARGIN_OVER, draws=draws, spread=spread, seed=seed)
    unit = unit_of(asked.weights)
    also = _also_published(claims, source)
    return Checked(claims, asked.profile, unit, outcomes, table, manifest, published=also)


def _also_published(claims: Claims, source: ShippedSource) -> tuple[Outcome, ...]:
    """Judge the published range of each region that is named, unless that is what is claimed."""
    named = {each.region for each in claims.claims}
    alone = replace(source, others=False)
    claimed = {(each.region, each.low, each.high) for each in claims.claims if each.kind == "range"}
    return tuple(
        judged(published_claim(each), alone)
        for region, each in published_ranges().items()
        if region in named and (region, each.low, each.high) not in claimed
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
            )
            for name, each in shipped.times.items()
        },
        reach={name: each[kept] for name, each in shipped.reach.items()},
        known_people={},
        known_divisions={},
    )


def most_computed(outcomes: Sequence[Outcome]) -> int:
    """Count the computations behind the figure that has most."""
    return max((each.computed for outcome in outcomes for each in outcome.figures), default=0)


def _manifest(
    claims: Claims,
    shipped: ShippedStudies,
    asked: Assumptions,
    roads: str,
    outcomes: Sequence[Outcome],
) -> dict[str, Any]:
    times = shipped.times[asked.profile]
    files = [{"name": claims.source, "sha256": claims.sha256}]
    files += [{"name": study.source, "sha256": study.sha256} for study in shipped.studies]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "claims": claims.title,
        "roads": dict(times.manifest["roads"]),
        "roads_asked": roads,
        "roads_sha256": times.manifest["roads_sha256"],
        "profile_status": times.manifest["profile_status"],
        "parameters": {**asdict(asked), "direction": "one way, from the postcode to the hospital"},
        "inputs": [described(each) for each in files],
        "counts": {
            "claims": len(outcomes),
            "regions": len(shipped.studies),
            "postcodes": len(shipped.postcodes),
            "computed": most_computed(outcomes),
        },
        "notes": [note.record() for note in shipped.notes],
    }


def check_study(
    claims: Claims,
    study: Study,
    *,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
    data: StudyData | None = None,
) -> Checked:
    """Check claims about a study.

    Parameters
    ----------
    claims
        Read with `impact.evidence.claims.read.known_study` of the same study.
    study
        From `impact.study.read.read_study`.
    engine
        Shortest-path engine.
    draws, spread, seed
        Random speed tables for the margin: how many (0: none), how far, which.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.
    data
        What the study is laid on, where it was read before.

    Returns
    -------
    Checked

    Raises
    ------
    InputError
        Whatever is wrong with an input of the study.
    """
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache, data=data)
    result = run_study(study, inputs=inputs, tables=False)
    varied = tuple(variations(study, inputs, engine=engine, seed=seed))
    many = random_speeds(inputs, draws, spread, seed, engine) if draws else None
    drawn = () if many is None else tuple(many)
    asked = any(each.by != BY[0] for each in claims.claims)
    transit = study_transit(study, inputs, use_cache=use_cache) if asked else None
    source = StudySource(
        study,
        inputs,
        standing_changes(result),
        result.registered,
        varied,
        drawn,
        engine,
        None if transit is None else transit.value,
    )
    outcomes = tuple(judged(each, source) for each in claims.claims)
    over = dict.fromkeys(each.factor for each in varied if each.kind == MARGIN)
    if hidden_counts(inputs):
        over[HIDDEN] = None
    about = described({"name": claims.source, "sha256": claims.sha256})
    own = described({"name": study.source, "sha256": study.sha256})
    times = result.manifest["times"]
    manifest = {
        **result.manifest,
        "claims": claims.title,
        "roads_sha256": times.get("roads_sha256", times.get("sha256")),
        "inputs": [about, own, *result.manifest["inputs"]],
        "counts": {
            **result.manifest["counts"],
            "claims": len(outcomes),
            "computed": most_computed(outcomes),
        },
        "margin": margin_of(tuple(over), draws=len(drawn), spread=spread, seed=seed),
    }
    if transit is not None:
        manifest["transit"] = dict(transit.value.manifest)
        manifest["inputs"] += [described(each) for each in transit.sources]
        manifest["notes"] = [*manifest["notes"], *(note.record() for note in transit.notes)]
    profile = str(result.manifest["parameters"]["profile"])
    cases = tuple(standing_cases(result).values())
    table = _treatments(result)
    unit = result.said_unit()
    return Checked(claims, profile, unit, outcomes, table, manifest, study, cases)


def _treatments(result: Result) -> pd.DataFrame:
    """One row per intervention: its candidates, and what stands for it."""
    standing = standing_cases(result)
    rows = []
    for each in result.study.interventions:
        means = result.candidates[each.name]["mean_extra_moved"].dropna()
        case = standing.get(each.name)
        rows.append(
            {
                "region": result.study.region,
                "treatment": each.name,
                "below_norm": np.nan if each.stop_count is None else each.stop_count,
                "providing": len(each.providers),
                "candidates": len(result.candidates[each.name]),
                "mean_extra_min": means.min(),
                "mean_extra_median": means.median(),
                "mean_extra_max": means.max(),
                "chosen_candidate": "" if case is None else "; ".join(case.stops),
                "mean_extra_chosen": _figure(case, "mean_extra_moved"),
                "treatment_id": each.name,
                "moved": _figure(case, "moved"),
                "mean_extra_all": _figure(case, "mean_extra_all"),
                "scenario": "" if case is None else case.scenario,
                "unit": result.unit_of(each.name),
            }
        )
    return pd.DataFrame(rows)


def _figure(case: Case | None, name: str) -> float:
    return np.nan if case is None else case.figures[name]
