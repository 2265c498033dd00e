"""Travel times: access legs, engines, the matrix and its cache.

Names are loaded when they are first used: who reads a matrix needs no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.on_demand import on_demand

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
    "PreparedTimes": "impact.times.matrix",
    "TravelTimes": "impact.times.matrix",
    "cached_travel_times": "impact.times.cache",
    "prepare": "impact.times.matrix",
    "read_times": "impact.times.files",
    "travel_times": "impact.times.matrix",
    "write_times": "impact.times.files",
}

__getattr__, __dir__ = on_demand(__name__, _HOME)
