"""Who travels how much longer when hospital care is concentrated.

Names are loaded when they are first used, so that a command loads only what it needs.

Examples
--------
>>> import impact
>>> result = impact.run_study(impact.read_study("noordoost"))
>>> result.unit
'residents'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impact.concentration.run import run_study
    from impact.errors import ImpactError
    from impact.outputs.folder import write_run
    from impact.places import read_hospitals, read_postcodes
    from impact.roads.exchange import from_networkx, to_networkx
    from impact.roads.main_roads import read_main_roads
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

_HOME = {
    "ImpactError": "impact.errors",
    "TravelTimes": "impact.times",
    "from_networkx": "impact.roads.exchange",
    "read_hospitals": "impact.places",
    "read_main_roads": "impact.roads.main_roads",
    "read_postcodes": "impact.places",
    "read_study": "impact.study_file",
    "read_times": "impact.times",
    "run_study": "impact.concentration.run",
    "to_networkx": "impact.roads.exchange",
    "travel_times": "impact.times",
    "write_run": "impact.outputs.folder",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that holds it."""
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
