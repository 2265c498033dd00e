"""Keep matrices between runs, named by the hash of everything that made them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from platformdirs import user_cache_path

from impact.errors import OutputError
from impact.storage import replacing
from impact.times.engines import DEFAULT_ENGINE
from impact.times.matrix import TravelTimes, describe, travel_times

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from impact.roads.network import RoadNetwork


def cache_folder() -> Path:
    """Folder of the cached matrices.

    Returns
    -------
    pathlib.Path
        The environment variable ``IMPACT_CACHE``, else the user's cache folder.
    """
    named = os.environ.get("IMPACT_CACHE")
    return Path(named) if named else user_cache_path("impact-reistijd", appauthor=False)


def cached_travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
    use_cache: bool = True,
) -> tuple[TravelTimes, bool]:
    """Travel times as `travel_times`, from the cache where the same were made before.

    Parameters
    ----------
    network, origins, destinations, engine, progress
        See `travel_times`.
    folder
        Where matrices are kept; `cache_folder` by default.
    use_cache
        Whether to look there and to keep the matrix there.

    Returns
    -------
    times : TravelTimes
    from_cache : bool
        A damaged or unwritable cache is not an error: the matrix is made anew.
    """
    if not use_cache:
        times = travel_times(network, origins, destinations, engine=engine, progress=progress)
        return times, False
    about = describe(network, origins, destinations, engine=engine, km=False)
    path = (cache_folder() if folder is None else folder) / f"{about['key']}.npz"
    kept = _read(path, about)
    if kept is not None:
        return kept, True
    times = travel_times(network, origins, destinations, engine=engine, progress=progress)
    try:
        _write(times, path)
    except OutputError as error:
        note = f"the matrix was not kept for next time: {error}"
        return replace(times, manifest={**times.manifest, "cache": note}), False
    return times, False


def _write(times: TravelTimes, path: Path) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            origins=np.array(times.origins, dtype=str),
            destinations=np.array(times.destinations, dtype=str),
            minutes=times.minutes,
            far_names=np.array([name for name, _ in times.far_points], dtype=str),
            far_km=np.array([km for _, km in times.far_points], dtype=np.float64),
        )


def _read(path: Path, about: dict[str, Any]) -> TravelTimes | None:
    try:
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as kept:
            far = zip(kept["far_names"].tolist(), kept["far_km"].tolist(), strict=True)
            return TravelTimes(
                tuple(kept["origins"].tolist()),
                tuple(kept["destinations"].tolist()),
                kept["minutes"],
                manifest=about,
                far_points=tuple(far),
            )
    except Exception:  # noqa: BLE001
        # whatever is wrong with a file that we made ourselves, making it again is the remedy
        return None
