"""What made a reproduction, in plain values."""

from __future__ import annotations

from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path
from impact.evidence.reproduce.plausibility import PRIORS
from impact.evidence.reproduce.waterfall import STEPS
from impact.manifest import DISTRIBUTION, created, described
from impact.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.reproduce.definitions import Definition
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.treatments import Treatment
    from impact.evidence.reproduce.world import World

_TABLES = (
    "hospitals.geojson",
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
    world: World,
    asked: Setting,
    rows: Sequence[Treatment],
    tried: Sequence[Definition],
    *,
    roads: str,
    sets: int,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Describe a reproduction.

    Parameters
    ----------
    world, asked, rows, tried
        Of the run.
    roads
        As asked.
    sets, draws, seed
        Of the hypotheses and the Monte Carlo.

    Returns
    -------
    dict
        Plain values only, ready for JSON.
    """
    times = world.times[asked.profile]
    statuses: dict[str, int] = {}
    for row in rows:
        for status, count in row.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    tables = [read_table(data_path(name)) for name in _TABLES]
    files = [{"name": table.name, "sha256": table.sha256} for table in tables]
    files += [{"name": study.source, "sha256": study.sha256} for study in world.studies]
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
        ],
        "inputs": [described(each) for each in files],
        "counts": {
            "regions": len({row.region for row in rows}),
            "treatments": len(rows),
            "candidates": sum(len(row.swept.stops) for row in rows),
            "provider_sets_tried": sum(len(row.sets.sets) for row in rows),
            "definitions": len(tried),
            "postcodes": len(times.origins),
            "locations": len(times.destinations),
            "provider_status": statuses,
        },
        "notes": list(world.notes),
    }
