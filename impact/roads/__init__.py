"""Roads: the network, its speeds, its files."""

from impact.roads.exchange import from_networkx, to_networkx
from impact.roads.main_roads import bundled_profiles, read_main_roads
from impact.roads.network import EdgeShapes, JoinRule, RoadNetwork
from impact.roads.speeds import SpeedProfile, read_profiles
from impact.roads.store import read_network, write_network

__all__ = [
    "EdgeShapes",
    "JoinRule",
    "RoadNetwork",
    "SpeedProfile",
    "bundled_profiles",
    "from_networkx",
    "read_main_roads",
    "read_network",
    "read_profiles",
    "to_networkx",
    "write_network",
]
