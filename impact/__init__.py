"""Who travels how much longer when hospital care is concentrated.

Examples
--------
>>> import impact
>>> result = impact.run_study(impact.read_study("noordoost"))
>>> result.unit
'residents'
"""

from impact.concentration.run import run_study
from impact.errors import ImpactError
from impact.outputs.folder import write_run
from impact.places import read_hospitals, read_postcodes
from impact.roads import from_networkx, read_main_roads, to_networkx
from impact.study_file import read_study
from impact.times import TravelTimes, read_times, travel_times

__version__ = "0.1.0"

__all__ = [
    "ImpactError",
    "TravelTimes",
    "from_networkx",
    "read_hospitals",
    "read_main_roads",
    "read_postcodes",
    "read_study",
    "read_times",
    "run_study",
    "to_networkx",
    "travel_times",
    "write_run",
]
