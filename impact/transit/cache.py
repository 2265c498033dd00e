"""Keep trips between runs, named by the hash of everything that made them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.notes import Note
from impact.storage import cache_folder, read_json, source_hash
from impact.times.engines.protocol import Setup
from impact.times.engines.stored import kept
from impact.transit.times import TransitTimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_MEASURES = ("minutes", "share", "changes", "minutes_home", "last_home")


def cached_trips(made_of: tuple[object, ...], make: Callable[[], TransitTimes]) -> TransitTimes:
    """Return trips from the cache where the same were made before.

    Parameters
    ----------
    made_of
        Feeds with hashes, rules, day, roads and points.
    make
        Makes them.

    Returns
    -------
    TransitTimes
        A damaged or unwritable cache is not an error: they are made anew.
    """
    code = source_hash("network", "times", "transit")
    named = hashlib.sha256(repr((made_of, code)).encode()).hexdigest()
    found = kept("transit", named, Setup(1, cache_folder()), lambda: _arrays(make()))
    about = read_json(str(found["about"]))
    return TransitTimes(
        tuple(about["origins"]),
        tuple(about["destinations"]),
        minutes=found["minutes"],
        share=found["share"],
        changes=found["changes"],
        minutes_home=found["minutes_home"],
        last_home=found["last_home"],
        manifest=about["manifest"],
        notes=tuple(map(Note.read, about["notes"])),
    )


def _arrays(times: TransitTimes) -> dict[str, NDArray[Any]]:
    about = {
        "origins": times.origins,
        "destinations": times.destinations,
        "manifest": dict(times.manifest),
        "notes": [each.record() for each in times.notes],
    }
    arrays: dict[str, NDArray[Any]] = {name: getattr(times, name) for name in _MEASURES}
    return {**arrays, "about": np.array(json.dumps(about, ensure_ascii=False))}
