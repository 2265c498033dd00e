"""Reproduce the published table: every row, every definition, every step, one manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.ranges import DEFAULT
from impact.bundled import data_path
from impact.evidence.claims.shipped import ShippedSource, judged_ranges, narrowed
from impact.evidence.published import DRAWS, SEED, SETS
from impact.evidence.published.definitions import PROFILES, definitions, region_range, scores
from impact.evidence.published.explain import STEPS, reach, spreads, waterfalls
from impact.evidence.published.readings import published_method
from impact.evidence.published.rows import Sweeps
from impact.evidence.published.table import published_ranges, treatment_names
from impact.evidence.published.treatments import PRIORS, treatment_table, treatments
from impact.evidence.published.world import load_shipped
from impact.manifest import DISTRIBUTION, created, described
from impact.study.model import BUNDLED
from impact.tables.text_table import read_table
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.evidence.claims.judge import Outcome
    from impact.evidence.published.definitions import Definition
    from impact.evidence.published.explain import Reach, Spread, Waterfall
    from impact.evidence.published.readings import PublishedMethod
    from impact.evidence.published.table import PublishedRange
    from impact.evidence.published.treatments import Treatment
    from impact.evidence.published.world import Assumptions, ShippedStudies

_TABLES = (
    "hospitals.geojson",
    "networks.csv",
    "norms.csv",
    "postcodes/pc4.csv",
    "providers.csv",
    "published_extra_minutes.csv",
    "published_norm_shortfalls.csv",
    "regions.csv",
    "treatments.csv",
    "volumes_published.csv",
)


def reproduction_manifest(
    shipped: ShippedStudies,
    asked: Assumptions,
    rows: Sequence[Treatment],
    tried: Sequence[Definition],
    method: PublishedMethod,
    *,
    roads: str,
    sets: int,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Describe a reproduction."""
    times = shipped.times[asked.profile]
    statuses: dict[str, int] = {}
    for row in rows:
        for status, count in row.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    tables = [read_table(data_path(name)) for name in _TABLES]
    files = [{"name": table.name, "sha256": table.sha256} for table in tables]
    files += [{"name": study.source, "sha256": study.sha256} for study in shipped.studies]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "roads": dict(times.manifest["roads"]),
        "roads_asked": roads,
        "roads_sha256": times.manifest["roads_sha256"],
        "profile_status": times.manifest["profile_status"],
        "fixed_minutes": times.manifest["fixed_minutes"],
        "parameters": {
            **asdict(asked),
            "direction": "one way, from the postcode to the hospital",
            "provider_sets": sets,
            "draws": draws,
            "seed": seed,
        },
        "priors": [asdict(prior) for prior in PRIORS],
        "waterfall": {name: dict(changes) for name, changes in STEPS.items()},
        "definitions": [
            {"name": each.name, "statistic": each.statistic, "changes": dict(each.changes)}
            for each in tried
        ]
        + [each.record() for each in method.tried],
        "inputs": [described(each) for each in files],
        "counts": {
            "regions": len({row.region for row in rows}),
            "treatments": len(rows),
            "candidates": sum(len(row.swept.stops) for row in rows),
            "provider_sets_tried": sum(len(row.sets.sets) for row in rows),
            "definitions": len(tried) + len(method.tried),
            "published_readings": len(method.tried) // len(method.roads),
            "road_networks": len(method.roads),
            "postcodes": len(times.origins),
            "locations": len(times.destinations),
            "provider_status": statuses,
        },
        "notes": [note.record() for note in shipped.notes],
    }


RANGE_COLUMNS = (
    "region",
    "definition",
    "published_low",
    "published_high",
    "ours_low",
    "ours_high",
    "peak_published",
    "peak_ours",
    "error_low",
    "error_high",
    "low_from",
    "high_from",
    "peak_same",
    "low_id",
    "high_id",
    "profile",
    "weights",
    "alternatives",
    "baseline",
    "locations",
    "edge",
)
CANDIDATE_COLUMNS = (
    "region",
    "treatment",
    "stops",
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    "plausibility",
    "chosen",
)


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The published table, computed.

    Attributes
    ----------
    asked
        Assumptions of the run.
    shipped
        What it was computed from.
    published
        Region -> published range, only of the regions that were asked for.
    outcomes
        The verdict on each published range, as `impact check` gives it.
    rows
        One per region and treatment.
    definitions
        Every definition tried, the default first.
    ranges, treatments, candidates, scores
        Tables; numbers in full. Those of our definitions.
    method
        The same ends by the published method.
    method_ranges, method_scores
        As `ranges` and `scores`, of every reading of `method`.
    waterfalls, spreads, reach
        Per region and end.
    manifest
        Plain values.
    """

    asked: Assumptions
    shipped: ShippedStudies
    published: Mapping[str, PublishedRange]
    outcomes: tuple[Outcome, ...]
    rows: tuple[Treatment, ...]
    definitions: tuple[Definition, ...]
    ranges: pd.DataFrame
    treatments: pd.DataFrame
    candidates: pd.DataFrame
    scores: pd.DataFrame
    method: PublishedMethod
    method_ranges: pd.DataFrame
    method_scores: pd.DataFrame
    waterfalls: tuple[Waterfall, ...]
    spreads: tuple[Spread, ...]
    reach: tuple[Reach, ...]
    manifest: Mapping[str, Any]

    def score(self, definition: str) -> dict[str, Any]:
        """Errors of one definition: a row of `scores`."""
        row = self.scores[self.scores["definition"] == definition].to_dict("records")[0]
        return {str(key): value for key, value in row.items()}

    def method_steps(self) -> pd.DataFrame:
        """From our default to the published method; see `PublishedMethod.steps`."""
        return self.method.steps(self.ranges[self.ranges["definition"] == DEFAULT])

    def of(self, region: str) -> list[Treatment]:
        """Rows of one region."""
        return [row for row in self.rows if row.region == region]


def reproduce(
    asked: Assumptions,
    *,
    region: str | None = None,
    roads: str = BUNDLED,
    engine: str = DEFAULT_ENGINE,
    sets: int = SETS,
    draws: int = DRAWS,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> Reproduction:
    """Compute the published table.

    Parameters
    ----------
    asked
        Assumptions.
    region
        Only this one; all seven by default.
    roads
        ``bundled`` or a network file.
    engine
        Shortest-path engine.
    sets
        Provider sets per treatment at most; above that a sample.
    draws, seed
        Of the Monte Carlo; the margin of a verdict has its own, which do not vary.
    progress
        Called with (destinations done, all destinations).
    use_cache
        Whether matrices may be taken from, and kept in, the cache.

    Returns
    -------
    Reproduction

    Raises
    ------
    InputError
        For an unknown region, or roads that cannot be read.
    """
    profiles = tuple(dict.fromkeys((asked.profile, *PROFILES)))
    loading = {"engine": engine, "region": region, "progress": progress, "use_cache": use_cache}
    loading["km"] = True
    made = {
        each: load_shipped(roads=each, profiles=profiles, **loading)  # type: ignore[arg-type]
        for each in dict.fromkeys([roads, BUNDLED])
    }
    shipped = made[roads]
    sweeps = Sweeps(shipped)
    other = None if roads == BUNDLED else Sweeps(made[BUNDLED])
    ranges = {key: each for key, each in published_ranges().items() if region in {None, key}}
    rows = treatments(sweeps, ranges, asked, sets=sets, draws=draws, seed=seed)
    tried = definitions(asked)
    table = _ranges(rows, ranges, tried, sweeps, asked)
    method = published_method(
        asked, made, ranges, engine=engine, progress=progress, use_cache=use_cache
    )
    method_table = _method_ranges(method, ranges, asked)
    source = ShippedSource(
        Sweeps(narrowed(shipped, [*ranges])), asked, rows, engine, use_cache=use_cache
    )
    manifest = reproduction_manifest(
        shipped, asked, rows, tried, method, roads=roads, sets=sets, draws=draws, seed=seed
    )
    per_region = {name: [row for row in rows if row.region == name] for name in ranges}
    found_spreads = [
        spread
        for name, own in per_region.items()
        for spread in spreads(name, own, sweeps, asked, draws=draws, seed=seed, other_roads=other)
    ]
    found_waterfalls = [
        each
        for name, said in ranges.items()
        for each in waterfalls(name, said, sweeps, asked, other_roads=other)
    ]
    return Reproduction(
        asked=asked,
        shipped=shipped,
        published=ranges,
        outcomes=judged_ranges(source, ranges.values()),
        rows=rows,
        definitions=tried,
        ranges=table,
        treatments=treatment_table(rows, sweeps, asked),
        candidates=_candidates(rows),
        scores=scores(table),
        method=method,
        method_ranges=method_table,
        method_scores=scores(method_table),
        waterfalls=tuple(found_waterfalls),
        spreads=tuple(found_spreads),
        reach=tuple(
            each
            for name, said in ranges.items()
            for each in reach(said, per_region[name], sweeps, asked)
        ),
        manifest={**manifest, "margin": source.margin},
    )


def _ranges(
    rows: Sequence[Treatment],
    published: Mapping[str, PublishedRange],
    tried: Sequence[Definition],
    sweeps: Sweeps,
    asked: Assumptions,
) -> pd.DataFrame:
    names = treatment_names("nl")
    out = []
    for definition in tried:
        setting = replace(asked, **definition.changes)
        for region, said in published.items():
            own = [row for row in rows if row.region == region]
            low, high, low_from, high_from = region_range(definition, region, own, sweeps, asked)
            out.append(
                (
                    region,
                    definition.name,
                    said.low,
                    said.high,
                    low,
                    high,
                    "; ".join(names[each] for each in said.peaks),
                    names.get(high_from, ""),
                    low - said.low,
                    high - said.high,
                    names.get(low_from, ""),
                    names.get(high_from, ""),
                    high_from in said.peaks,
                    low_from,
                    high_from,
                    setting.profile,
                    setting.weights,
                    setting.alternatives,
                    setting.baseline if setting.baseline == "nearest" else f"huff {setting.beta:g}",
                    setting.locations,
                    setting.edge,
                )
            )
    return pd.DataFrame(out, columns=RANGE_COLUMNS)


def _method_ranges(
    method: PublishedMethod, published: Mapping[str, PublishedRange], asked: Assumptions
) -> pd.DataFrame:
    """Rows of reproduction.csv by the published method: national catchments, known providers."""
    names = treatment_names("nl")
    out = method.ends.rename(columns={"low": "ours_low", "high": "ours_high"})
    for end in ("low", "high"):
        out[f"error_{end}"] = out[f"ours_{end}"] - out[f"published_{end}"]
        place = out[f"{end}_from"].str.partition(", ")
        out[f"{end}_id"] = place[0]
        named = place[0].map(lambda each: names.get(each, each))
        out[f"{end}_from"] = named + place[1] + place[2]
    return out.assign(
        peak_published=[
            "; ".join(names[each] for each in published[region].peaks) for region in out["region"]
        ],
        peak_ours=[names.get(each, "") for each in out["high_id"]],
        peak_same=[
            each in published[region].peaks
            for region, each in zip(out["region"], out["high_id"], strict=True)
        ],
        profile=asked.profile,
        weights=asked.weights,
        alternatives="inside",
        baseline="nearest",
        locations="listed",
        edge="member",
    )[list(RANGE_COLUMNS)]


def _candidates(rows: Sequence[Treatment]) -> pd.DataFrame:
    parts = []
    for row in rows:
        chosen = np.zeros(len(row.swept.stops), dtype=bool)
        if row.swept.median is not None:
            chosen[row.swept.median] = True
        parts.append(
            pd.DataFrame(
                {
                    "region": row.region,
                    "treatment": row.intervention.name,
                    "stops": ["; ".join(stops) for stops in row.swept.stops],
                    "moved": row.swept.moved,
                    "mean_extra_moved": row.swept.means,
                    "mean_extra_all": row.swept.means_all,
                    "plausibility": row.weights[PRIORS[0].name],
                    "chosen": np.where(chosen, "yes", "no"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(CANDIDATE_COLUMNS)]
