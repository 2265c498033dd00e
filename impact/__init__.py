"""Who travels how much longer when hospital care is concentrated.

Examples
--------
>>> import impact
>>> impact.__version__
'0.1.0'
"""

from impact.errors import ImpactError, InputError
from impact.places import bundled_hospitals, bundled_postcodes, read_hospitals, read_postcodes
from impact.roads import from_networkx, read_main_roads, to_networkx
from impact.times import TravelTimes, read_times, travel_times

__version__ = "0.1.0"

__all__ = [
    "ImpactError",
    "InputError",
    "TravelTimes",
    "bundled_hospitals",
    "bundled_postcodes",
    "from_networkx",
    "read_hospitals",
    "read_main_roads",
    "read_postcodes",
    "read_times",
    "to_networkx",
    "travel_times",
]
