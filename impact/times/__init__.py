"""Travel times: access legs, engines, the matrix and its cache."""

from impact.times.cache import cached_travel_times
from impact.times.files import read_times, write_times
from impact.times.matrix import TravelTimes, travel_times
from impact.times.prepared import PreparedTimes, prepare

__all__ = [
    "PreparedTimes",
    "TravelTimes",
    "cached_travel_times",
    "prepare",
    "read_times",
    "travel_times",
    "write_times",
]
