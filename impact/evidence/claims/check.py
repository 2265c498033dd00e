"""Hold claims against the model: figures, margins, other definitions, who is worst off."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.concentration.inputs import load_roads, timed
from impact.evidence.claims.claim import BY
from impact.evidence.claims.flows import flows
from impact.evidence.claims.parts import figure, intervention_of, parts
from impact.evidence.claims.readings import range_definitions, readings
from impact.evidence.claims.verdicts import UNDECIDED, part_verdict, verdict
from impact.evidence.reproduce.definitions import PROFILES, region_range
from impact.evidence.reproduce.published import published_rows
from impact.evidence.reproduce.residents import residents
from impact.evidence.reproduce.sweeps import Sweeps
from impact.evidence.reproduce.treatments import TREATMENT_COLUMNS, treatment, treatment_row
from impact.evidence.reproduce.world import load_world
from impact.evidence.sensitivity import SPREAD
from impact.manifest import DISTRIBUTION, created, described
from impact.study import BUNDLED, WEIGHTS
from impact.times.engines import DEFAULT_ENGINE
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.evidence.claims.claim import Claim, Claims
    from impact.evidence.claims.parts import Part
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.treatments import Treatment
    from impact.evidence.reproduce.world import World

DRAWS = 20
"""Random speed tables for the margin of calculation."""

_SETS, _VOLUMES, _SEED = 200, 2000, 2025
_LOW, _HIGH = 5, 95


@dataclass(frozen=True)
class Figure:
    """A part with its figure.

    Attributes
    ----------
    part
        What was asked.
    value, low, high
        The figure and its margin of calculation.
    verdict
        Of this part alone.
    better, computed
        In how many of the computations the figure bears the claim out, and how many there were.
    """

    part: Part
    value: float
    low: float
    high: float
    verdict: str
    better: int
    computed: int


@dataclass(frozen=True)
class Other:
    """The claim under another definition.

    Attributes
    ----------
    definition
        Its name.
    verdict
        Of the figures without a margin.
    figures
        Per part, in their order.
    """

    definition: str
    verdict: str
    figures: tuple[float, ...]


@dataclass(frozen=True)
class WorstOff:
    """Where the extra minutes are most.

    Attributes
    ----------
    postcode, municipality
        The place.
    treatment, stops
        In which change.
    before, after, extra
        Minutes one way.
    residents
        Of the postcode.
    """

    postcode: str
    municipality: str
    treatment: str
    stops: tuple[str, ...]
    before: float
    after: float
    extra: float
    residents: float


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes
    ----------
    claim, verdict
        The claim and the verdict.
    definition
        Under which it was read.
    figures
        One per part; none where the data cannot say.
    others
        The other definitions.
    worst
        Who is worst off; `None` where nobody travels.
    """

    claim: Claim
    verdict: str
    definition: str
    figures: tuple[Figure, ...]
    others: tuple[Other, ...]
    worst: WorstOff | None

    @property
    def leading(self) -> Figure | None:
        """The figure that says most: that of the worst part; `None` where there is none."""
        known = [each for each in self.figures if not np.isnan(each.value)]
        if not known:
            return None
        if self.claim.kind == "range":
            ends = [each for each in known if each.part.measure != "peak"]
            return max(ends, key=lambda each: abs(each.value - each.part.claimed))
        least = self.claim.kind in {"share_within", "which_not_how_many"}
        return (min if least else max)(known, key=lambda each: each.value)


@dataclass(frozen=True, eq=False)
class Checked:
    """Every claim of a file, checked.

    Attributes
    ----------
    claims
        As read.
    asked
        Assumptions.
    outcomes
        One per claim.
    treatments
        Rows of treatments.csv, as `impact reproduce` writes them.
    manifest
        Plain values.
    """

    claims: Claims
    asked: Setting
    outcomes: tuple[Outcome, ...]
    treatments: pd.DataFrame
    manifest: Mapping[str, Any]


def check(
    claims: Claims,
    asked: Setting,
    *,
    roads: str = BUNDLED,
    engine: str = DEFAULT_ENGINE,
    draws: int = DRAWS,
    spread: float = SPREAD,
    seed: int = 1,
    sets: int = _SETS,
    volumes: int = _VOLUMES,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Checked:
    """Check claims.

    Parameters
    ----------
    claims
        From `impact.evidence.claims.claims_file.read_claims`.
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
    whole = load_world(
        roads=roads, profiles=profiles, engine=engine, progress=progress, use_cache=use_cache
    )
    said = {each.region for each in claims.claims}
    regions = [each.region for each in whole.studies if "" in said or each.region in said]
    world = narrowed(whole, regions)
    sweeps = Sweeps(world)
    rows = _rows(sweeps, asked, sets=sets, volumes=volumes)
    drawn = _drawn(world, asked, roads, engine, (draws, spread, seed))
    outcomes = tuple(_outcome(each, sweeps, asked, rows, drawn) for each in claims.claims)
    table = pd.DataFrame(
        [treatment_row(row, sweeps, asked) for row in rows], columns=list(TREATMENT_COLUMNS)
    )
    manifest = _manifest(claims, world, asked, roads, outcomes)
    manifest["margin"] = {
        "draws": draws,
        "spread": spread,
        "seed": seed,
        "percentiles": [_LOW, _HIGH],
        "weights": list(WEIGHTS),
    }
    return Checked(claims, asked, outcomes, table, manifest)


def narrowed(world: World, regions: Sequence[str]) -> World:
    """Keep the studies and residents of some regions, and the locations that they can use.

    Parameters
    ----------
    world
        Of the whole country.
    regions
        To keep.

    Returns
    -------
    World
    """
    places = [world.place(name) for name in regions]
    kept = np.isin(world.home, places)
    return replace(
        world,
        studies=tuple(each for each in world.studies if each.region in regions),
        postcodes=world.postcodes[kept],
        home=world.home[kept],
        weights={name: each[kept] for name, each in world.weights.items()},
        times={
            name: replace(
                each,
                origins=tuple(np.array(each.origins)[kept].tolist()),
                minutes=each.minutes[kept],
            )
            for name, each in world.times.items()
        },
        reach={name: each[kept] for name, each in world.reach.items()},
    )


def _rows(sweeps: Sweeps, asked: Setting, *, sets: int, volumes: int) -> list[Treatment]:
    said = {(row.region, row.treatment): row for row in published_rows()}
    return [
        treatment(
            sweeps,
            study.region,
            each,
            said[study.region, each.treatment],
            asked,
            sets=sets,
            draws=volumes,
            seed=_SEED,
        )
        for study in sweeps.world.studies
        for each in study.interventions
    ]


def _drawn(
    world: World, asked: Setting, roads: str, engine: str, drawn: tuple[int, float, int]
) -> list[Sweeps]:
    """Return the world under random speed tables around the profile that was asked for."""
    draws, spread, seed = drawn
    if not draws:
        return []
    network = timed(
        load_roads(replace(world.studies[0], roads=roads, profile=asked.profile)), asked.profile
    )
    names = set()
    for study in world.studies:
        for each in study.interventions:
            names |= {*each.providers, *world.outside[study.region, each.treatment]}
    many = ensemble(
        network,
        world.postcodes,
        world.hospitals.loc[sorted(names)],
        members=draws,
        spread=spread,
        seed=seed,
        engine=engine,
    )
    return [Sweeps(replace(world, times={asked.profile: each})) for each in many]


def _outcome(
    claim: Claim,
    sweeps: Sweeps,
    asked: Setting,
    rows: Sequence[Treatment],
    drawn: Sequence[Sweeps],
) -> Outcome:
    base = replace(asked, weights=claim.weights or asked.weights)
    if claim.by != BY[0]:
        return Outcome(claim, UNDECIDED, "", (), (), None)
    if claim.kind == "range":
        return _range_outcome(claim, sweeps, base, rows, drawn)
    known = readings(base, claim.kind, named=bool(claim.change.stops))
    chosen = next((each for each in known if each.name == claim.definition), known[0])
    setting = replace(base, **chosen.changes)
    asked_parts = parts(claim, sweeps, setting, chosen)
    figures = tuple(_figure(each, claim, sweeps, setting, drawn) for each in asked_parts)
    others = []
    for other in known:
        if other == chosen or other.of == (claim.of or "all") != "":
            continue
        again = replace(base, **other.changes)
        values, judged = [], []
        for part in parts(claim, sweeps, again, other):
            value = figure(part, claim, sweeps, again)
            values.append(value)
            judged.append(part_verdict(part, value, value, value))
        others.append(Other(other.name, verdict(judged), tuple(values)))
    return Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.name,
        figures=figures,
        others=tuple(others),
        worst=_worst([each.part for each in figures], sweeps, setting),
    )


def _range_outcome(
    claim: Claim,
    sweeps: Sweeps,
    base: Setting,
    rows: Sequence[Treatment],
    drawn: Sequence[Sweeps],
) -> Outcome:
    """Check a range: the default has a margin, others are as `impact reproduce` computes them."""
    known = range_definitions(base)
    chosen = next((each for each in known if each.name == claim.definition), known[0])
    own = [row for row in rows if row.region == claim.region]
    asked_parts = parts(claim, sweeps, base)
    found = {}
    for each in known:
        low, high, _, peak = region_range(each, claim.region, own, sweeps, base)
        values = {"low": low, "high": high, "peak": float(peak in claim.peaks)}
        found[each.name] = tuple(values[part.measure] for part in asked_parts)
    figures = []
    setting = replace(base, **chosen.changes)
    for part, value in zip(asked_parts, found[chosen.name], strict=True):
        if chosen.statistic == "median":
            figures.append(_figure(part, claim, sweeps, setting, drawn))
        else:
            judged = part_verdict(part, value, value, value)
            figures.append(Figure(part, value, value, value, judged, 0, 0))
    others = [
        Other(
            name,
            verdict(
                [
                    part_verdict(part, value, value, value)
                    for part, value in zip(asked_parts, values, strict=True)
                ]
            ),
            values,
        )
        for name, values in found.items()
        if name != chosen.name
    ]
    candidates = [
        part
        for part in parts(replace(claim, kind="minimal", of="moved"), sweeps, setting)
        if part.change.stops
    ]
    return Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.name,
        figures=tuple(figures),
        others=tuple(others),
        worst=_worst(candidates, sweeps, setting),
    )


def _figure(
    part: Part, claim: Claim, sweeps: Sweeps, setting: Setting, drawn: Sequence[Sweeps]
) -> Figure:
    """Compute a part with its margin: random speeds, and who is counted where that is not said."""
    value = figure(part, claim, sweeps, setting)
    if np.isnan(value) or part.measure == "peak":
        judged = part_verdict(part, value, value, value)
        return Figure(part, value, value, value, judged, 0, 0)
    kinds = () if claim.weights else tuple(name for name in WEIGHTS if name != setting.weights)
    others = [figure(part, claim, sweeps, replace(setting, weights=name)) for name in kinds]
    speeds = [figure(part, claim, each, setting) for each in drawn]
    every = np.array([value, *others, *speeds])
    ends = [value, *others]
    if speeds:
        ends += [float(each) for each in np.nanpercentile(speeds, [_LOW, _HIGH])]
    known = np.array(ends)[~np.isnan(ends)]
    low, high = float(known.min()), float(known.max())
    holds = sum(bool(part.holds(each)) for each in every[~np.isnan(every)])
    computed = int((~np.isnan(every)).sum())
    return Figure(part, value, low, high, part_verdict(part, value, low, high), holds, computed)


def _worst(asked: Sequence[Part], sweeps: Sweeps, setting: Setting) -> WorstOff | None:
    """Most extra minutes of anybody in the changes that a claim is about."""
    best: WorstOff | None = None
    world = sweeps.world
    for part in asked:
        if not part.change.stops or not part.treatment:
            continue
        intervention = intervention_of(sweeps, part)
        given = sweeps.matrix(part.region, intervention, setting)
        found = flows(given, part.change, setting)
        extra, row = found.greatest()
        if row < 0 or (best is not None and extra <= best.extra):
            continue
        place = residents(world, part.region, setting)[row]
        flow = int(np.flatnonzero((found.row == row) & (found.extra == extra))[0])
        after = float(found.late[flow])
        best = WorstOff(
            postcode=str(world.postcodes.index[place]),
            municipality=str(world.postcodes["municipality"].iloc[place]),
            treatment=part.treatment,
            stops=part.change.stops,
            before=after - extra,
            after=after,
            extra=extra,
            residents=float(world.weights["population"][place]),
        )
    return best


def _manifest(
    claims: Claims, world: World, asked: Setting, roads: str, outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    times = world.times[asked.profile]
    files = [{"name": claims.source, "sha256": claims.sha256}]
    files += [{"name": study.source, "sha256": study.sha256} for study in world.studies]
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
            "regions": len(world.studies),
            "postcodes": len(world.postcodes),
            "computed": max(
                (each.computed for outcome in outcomes for each in outcome.figures), default=0
            ),
        },
        "notes": list(world.notes),
    }
