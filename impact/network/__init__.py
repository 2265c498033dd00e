"""The road network: its speeds, its files, and OpenStreetMap.

Names are loaded when they are first used: who builds a network needs no pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.on_demand import on_demand

if TYPE_CHECKING:
    from impact.network.main_roads import bundled_profiles, read_main_roads
    from impact.network.network import EdgeShapes, JoinRule, RoadNetwork
    from impact.network.networkx import from_networkx, to_networkx
    from impact.network.npz import read_network, write_network
    from impact.network.osm.build import build_network
    from impact.network.speeds import SpeedProfile, read_profiles

__all__ = [
    "EdgeShapes",
    "JoinRule",
    "RoadNetwork",
    "SpeedProfile",
    "build_network",
    "bundled_profiles",
    "from_networkx",
    "read_main_roads",
    "read_network",
    "read_profiles",
    "to_networkx",
    "write_network",
]

_HOME = {
    "EdgeShapes": "impact.network.network",
    "JoinRule": "impact.network.network",
    "RoadNetwork": "impact.network.network",
    "SpeedProfile": "impact.network.speeds",
    "build_network": "impact.network.osm.build",
    "bundled_profiles": "impact.network.main_roads",
    "from_networkx": "impact.network.networkx",
    "read_main_roads": "impact.network.main_roads",
    "read_network": "impact.network.npz",
    "read_profiles": "impact.network.speeds",
    "to_networkx": "impact.network.networkx",
    "write_network": "impact.network.npz",
}

__getattr__, __dir__ = on_demand(__name__, _HOME)
