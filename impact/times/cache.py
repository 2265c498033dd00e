"""Keep matrices between runs, named by the hash of everything that made them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from platformdirs import user_cache_path

from impact.errors import OutputError
from impact.storage import replacing
from impact.times.engines.protocol import DEFAULT_ENGINE, choose_engine
from impact.times.matrix import TravelTimes, describe, travel_times
from impact.times.snap import far_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from impact.network.network import RoadNetwork


def cache_folder() -> Path:
    """Folder of the cached matrices."""
    named = os.environ.get("IMPACT_CACHE")
    return Path(named) if named else user_cache_path("impact-reistijd", appauthor=False)


def cached_travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
    use_cache: bool = True,
) -> tuple[TravelTimes, bool]:
    """Travel times as `travel_times`, from the cache where the same were made before.

    Parameters
    ----------
    network, origins, destinations, engine, workers, progress
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
        times = travel_times(
            network, origins, destinations, engine=engine, workers=workers, progress=progress
        )
        return times, False
    choice = choose_engine(engine, nodes=len(network.node), destinations=len(destinations))
    about = describe(network, origins, destinations, engine=choice.name, km=False) | choice.notes
    folder = cache_folder() if folder is None else folder
    path = folder / f"{about['key']}.npz"
    kept = _read(path, about)
    if kept is not None:
        return kept, True
    times = travel_times(
        network,
        origins,
        destinations,
        engine=engine,
        workers=workers,
        folder=folder,
        progress=progress,
    )
    try:
        _write(times, path)
    except OutputError as error:
        note = f"the matrix was not kept for next time: {error}"
        return replace(times, manifest={**times.manifest, "cache": note}), False
    return times, False


def _write(times: TravelTimes, path: Path) -> None:
    legs = pd.DataFrame() if times.legs is None else times.legs
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            origins=np.array(times.origins, dtype=str),
            destinations=np.array(times.destinations, dtype=str),
            minutes=times.minutes,
            leg_km=legs["straight_km"].to_numpy(np.float64),
            leg_far=legs["far"].to_numpy(bool),
        )


def _read(path: Path, about: dict[str, Any]) -> TravelTimes | None:
    try:
        if not path.is_file():
            return None
        # opened here: numpy leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            origins, destinations = kept["origins"].tolist(), kept["destinations"].tolist()
            kinds = ["origin"] * len(origins) + ["destination"] * len(destinations)
            legs = pd.DataFrame(
                {
                    "kind": kinds,
                    "point": [*origins, *destinations],
                    "straight_km": kept["leg_km"],
                    "far": kept["leg_far"],
                }
            )
            return TravelTimes(
                tuple(origins),
                tuple(destinations),
                kept["minutes"],
                manifest=about,
                far_points=far_points(legs),
                legs=legs,
            )
    except Exception:  # noqa: BLE001
        # whatever is wrong with a file that we made ourselves, making it again is the remedy
        return None
