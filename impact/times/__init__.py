"""Travel times: access legs, engines, the matrix and its cache.

Names are loaded when they are first used: who reads a matrix needs no engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impact.times.cache import cached_travel_times
    from impact.times.files import read_times, write_times
    from impact.times.matrix import PreparedTimes, TravelTimes, prepare, travel_times

__all__ = [
    "PreparedTimes",
    "TravelTimes",
    "cached_travel_times",
    "prepare",
    "read_times",
    "travel_times",
    "write_times",
]

_HOME = {
    "PreparedTimes": "matrix",
    "TravelTimes": "matrix",
    "cached_travel_times": "cache",
    "prepare": "matrix",
    "read_times": "files",
    "travel_times": "matrix",
    "write_times": "files",
}


def __getattr__(name: str) -> object:
    """Load a name from the module that holds it."""
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the names, loaded or not."""
    return sorted({*globals(), *__all__})
