"""Who travels how much longer when hospital care is concentrated.

Names are loaded when they are first used, so that a command loads only what it needs.

Examples
--------
>>> import impact
>>> result = impact.run_study(impact.read_study("noordoost"))
>>> result.units["Pancreasresecties"]
'patients'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.on_demand import on_demand

if TYPE_CHECKING:
    from impact.analysis.run import run_study
    from impact.errors import ImpactError
    from impact.network.main_roads import read_main_roads
    from impact.network.networkx import from_networkx, to_networkx
    from impact.network.shipped import read_street_network
    from impact.outputs.files.folder import write_run
    from impact.outputs.pages.map import folium_map
    from impact.study.read import read_study
    from impact.tables.places import read_hospitals, read_postcodes
    from impact.times.files import read_times
    from impact.times.matrix import TravelTimes, travel_times

__version__ = "0.1.0"

__all__ = [
    "ImpactError",
    "TravelTimes",
    "folium_map",
    "from_networkx",
    "read_hospitals",
    "read_main_roads",
    "read_postcodes",
    "read_street_network",
    "read_study",
    "read_times",
    "run_study",
    "to_networkx",
    "travel_times",
    "write_run",
]

_HOME = {
    "ImpactError": "impact.errors",
    "TravelTimes": "impact.times.matrix",
    "folium_map": "impact.outputs.pages.map",
    "from_networkx": "impact.network.networkx",
    "read_hospitals": "impact.tables.places",
    "read_main_roads": "impact.network.main_roads",
    "read_postcodes": "impact.tables.places",
    "read_street_network": "impact.network.shipped",
    "read_study": "impact.study.read",
    "read_times": "impact.times.files",
    "run_study": "impact.analysis.run",
    "to_networkx": "impact.network.networkx",
    "travel_times": "impact.times.matrix",
    "write_run": "impact.outputs.files.folder",
}

__getattr__, __dir__ = on_demand(__name__, _HOME)
