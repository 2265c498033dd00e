"""Keep matrices between runs, named by the hash of everything that made them."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import OutputError
from impact.network.islands import ferry_remarks
from impact.network.network import FERRY
from impact.storage import cache_folder, read_json, replacing, source_hash
from impact.times.engines.protocol import DEFAULT_ENGINE, Setup, choose_engine
from impact.times.engines.stored import kept
from impact.times.matrix import (
    TravelTimes,
    code_hash,
    describe,
    travel_times,
)
from impact.times.snap import access_legs, far_points, first_legs, points_hash, separate_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork


def cached_travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    km: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
    use_cache: bool = True,
) -> tuple[TravelTimes, bool]:
    """Travel times as `travel_times`, from the cache where the same were made before.

    Parameters
    ----------
    network, origins, destinations, engine, km, workers, progress
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
    how: dict[str, Any] = {"engine": engine, "km": km, "workers": workers, "progress": progress}
    if not use_cache:
        return travel_times(network, origins, destinations, **how), False
    choice = choose_engine(engine, nodes=len(network.node), destinations=len(destinations))
    about = describe(network, origins, destinations, engine=choice.name, km=km) | choice.notes
    folder = cache_folder() if folder is None else folder
    path = folder / f"{about['key']}.npz"
    found = _read(path, about)
    if found is not None:
        return found, True
    times = travel_times(network, origins, destinations, folder=folder, **how)
    try:
        _write(times, path)
    except OutputError as error:
        note = f"the matrix was not kept for next time: {error}"
        return replace(times, manifest={**times.manifest, "cache": note}), False
    return times, False


def cached_matrices(
    base: TravelTimes,
    made_of: tuple[object, ...],
    make: Callable[[], Iterable[TravelTimes]],
    *,
    use_cache: bool = True,
) -> list[TravelTimes]:
    """Many matrices between the points of one, from the cache where they were made before."""

    def minutes() -> dict[str, NDArray[np.float64]]:
        return {"minutes": np.stack([each.minutes for each in make()])}

    code = source_hash("network", "times", "evidence")
    setup = Setup(1, cache_folder() if use_cache else None)
    named = hashlib.sha256(repr((made_of, code)).encode()).hexdigest()
    return [replace(base, minutes=each) for each in kept("many", named, setup, minutes)["minutes"]]


def cached_ferry_remarks(
    network: RoadNetwork, points: pd.DataFrame, *, use_cache: bool = True
) -> list[str]:
    """Return what each point says of ferries, from the cache where it was found before."""
    crossings = np.flatnonzero(network.road_class == FERRY).tolist()
    roads = (network.fingerprint(), crossings, network.about.get("ferries"))
    made_of = (roads, points_hash(points), code_hash())
    path = cache_folder() / f"ferries-{hashlib.sha256(repr(made_of).encode()).hexdigest()}.json"
    if use_cache and path.is_file():
        with suppress(OSError, ValueError):
            found = read_json(path.read_text(encoding="utf-8"))
            if isinstance(found, list) and len(found) == len(points):
                return list(map(str, found))
    legs = access_legs(network, points)
    remarks: list[str] = ferry_remarks(network)[legs.node[first_legs(legs.point)]].tolist()
    if use_cache:
        with suppress(OutputError), replacing(path) as temporary:
            temporary.write_text(json.dumps(remarks), encoding="utf-8")
    return remarks


def _write(times: TravelTimes, path: Path) -> None:
    legs = pd.DataFrame() if times.legs is None else times.legs
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            origins=np.array(times.origins, dtype=str),
            destinations=np.array(times.destinations, dtype=str),
            minutes=times.minutes,
            **({} if times.km is None else {"km": times.km}),
            leg_km=legs["straight_km"].to_numpy(np.float64),
            leg_far=legs["far"].to_numpy(bool),
            leg_separate=legs["separate"].to_numpy(bool),
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
                    "separate": kept["leg_separate"],
                }
            )
            return TravelTimes(
                tuple(origins),
                tuple(destinations),
                kept["minutes"],
                kept["km"] if about["km"] else None,
                manifest={**about, **separate_points(legs)},
                far_points=far_points(legs),
                legs=legs,
            )
    except Exception:  # noqa: BLE001
        # whatever is wrong with a file that we made ourselves, making it again is the remedy
        return None
