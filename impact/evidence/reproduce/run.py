"""Reproduce the published table: every row, every definition, every step, one manifest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.evidence.reproduce.definitions import PROFILES, definitions, region_range
from impact.evidence.reproduce.lower_ends import reach
from impact.evidence.reproduce.manifest import reproduction_manifest
from impact.evidence.reproduce.plausibility import PRIORS
from impact.evidence.reproduce.published import published_ranges, treatment_names
from impact.evidence.reproduce.scores import scores
from impact.evidence.reproduce.sweeps import Sweeps
from impact.evidence.reproduce.treatment_table import treatment_table
from impact.evidence.reproduce.treatments import treatments
from impact.evidence.reproduce.uncertainty import spreads
from impact.evidence.reproduce.waterfall import waterfalls
from impact.evidence.reproduce.world import load_world
from impact.study import BUNDLED
from impact.times.engines import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.evidence.reproduce.definitions import Definition
    from impact.evidence.reproduce.lower_ends import Reach
    from impact.evidence.reproduce.published import PublishedRange
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.treatments import Treatment
    from impact.evidence.reproduce.uncertainty import Spread
    from impact.evidence.reproduce.waterfall import Waterfall
    from impact.evidence.reproduce.world import World

SEED = 2025
SETS = 200
DRAWS = 2000

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
    world
        What it was computed from.
    published
        Region -> published range, only of the regions that were asked for.
    rows
        One per region and treatment.
    definitions
        Every definition tried, the default first.
    ranges, treatments, candidates, scores
        Tables; numbers in full.
    waterfalls, spreads, reach
        Per region and end.
    manifest
        Plain values.
    """

    asked: Setting
    world: World
    published: Mapping[str, PublishedRange]
    rows: tuple[Treatment, ...]
    definitions: tuple[Definition, ...]
    ranges: pd.DataFrame
    treatments: pd.DataFrame
    candidates: pd.DataFrame
    scores: pd.DataFrame
    waterfalls: tuple[Waterfall, ...]
    spreads: tuple[Spread, ...]
    reach: tuple[Reach, ...]
    manifest: Mapping[str, Any]

    def score(self, definition: str) -> dict[str, Any]:
        """Errors of one definition: a row of `scores`."""
        row = self.scores[self.scores["definition"] == definition].to_dict("records")[0]
        return {str(key): value for key, value in row.items()}

    def of(self, region: str) -> list[Treatment]:
        """Rows of one region."""
        return [row for row in self.rows if row.region == region]


def reproduce(
    asked: Setting,
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
        Of the Monte Carlo.
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
    world = load_world(roads=roads, profiles=profiles, **loading)  # type: ignore[arg-type]
    sweeps = Sweeps(world)
    other = None
    if roads != BUNDLED:
        other = Sweeps(load_world(roads=BUNDLED, profiles=profiles, **loading))  # type: ignore[arg-type]
    ranges = {key: each for key, each in published_ranges().items() if region in {None, key}}
    rows = treatments(sweeps, ranges, asked, sets=sets, draws=draws, seed=seed)
    tried = definitions(asked)
    table = _ranges(rows, ranges, tried, sweeps, asked)
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
        world=world,
        published=ranges,
        rows=rows,
        definitions=tried,
        ranges=table,
        treatments=treatment_table(rows, sweeps, asked),
        candidates=_candidates(rows),
        scores=scores(table),
        waterfalls=tuple(found_waterfalls),
        spreads=tuple(found_spreads),
        reach=tuple(
            each
            for name, said in ranges.items()
            for each in reach(said, per_region[name], sweeps, asked)
        ),
        manifest=reproduction_manifest(
            world, asked, rows, tried, roads=roads, sets=sets, draws=draws, seed=seed
        ),
    )


def _ranges(
    rows: Sequence[Treatment],
    published: Mapping[str, PublishedRange],
    tried: Sequence[Definition],
    sweeps: Sweeps,
    asked: Setting,
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
