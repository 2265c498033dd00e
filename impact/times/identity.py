"""What determines a matrix, for its manifest and its key in the cache."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from impact.roads.network import RoadNetwork


def describe(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str,
    km: bool,
) -> dict[str, Any]:
    """Everything that determines a matrix, for its manifest and its cache key.

    Parameters
    ----------
    network, origins, destinations, engine, km
        As given to `travel_times`.

    Returns
    -------
    dict
        Plain values; ``key`` is the hash of all the others.
    """
    about: dict[str, Any] = {
        "roads": {"name": "", "kind": network.kind, **network.about},
        "roads_sha256": network.fingerprint(),
        "profile": network.profile.name,
        "profile_status": network.profile.status,
        "fixed_minutes": network.profile.fixed_minutes,
        "join": repr(network.join),
        "engine": engine,
        "km": km,
        "origins": len(origins),
        "origins_sha256": _points_hash(origins),
        "destinations": len(destinations),
        "destinations_sha256": _points_hash(destinations),
        "code_sha256": code_hash(),
    }
    return {**about, "key": hashlib.sha256(repr(sorted(about.items())).encode()).hexdigest()}


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the source files that make a matrix (roads and times)."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent.parent
    for folder in ("roads", "times"):
        for path in sorted((package / folder).rglob("*.py")):
            name = path.relative_to(package).as_posix()
            digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def _points_hash(points: pd.DataFrame) -> str:
    digest = hashlib.sha256("\x1f".join(map(str, points.index)).encode())
    digest.update(points[["lat", "lon"]].to_numpy(np.float64).tobytes())
    return digest.hexdigest()
