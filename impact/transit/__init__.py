"""Public transport: feeds, the walk to and from stops, connections, and what they mean for people.

Names are loaded when they are first used: the car needs nothing of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.on_demand import on_demand

if TYPE_CHECKING:
    from impact.transit.feed import Feed, read_feed
    from impact.transit.files import read_transit, write_transit
    from impact.transit.rules import TransitRules, read_rules
    from impact.transit.times import TransitTimes, transit_times
    from impact.transit.walking import WalkNetwork, walk_network

__all__ = [
    "Feed",
    "TransitRules",
    "TransitTimes",
    "WalkNetwork",
    "read_feed",
    "read_rules",
    "read_transit",
    "transit_times",
    "walk_network",
    "write_transit",
]

_HOME = {
    "Feed": "impact.transit.feed",
    "TransitRules": "impact.transit.rules",
    "TransitTimes": "impact.transit.times",
    "WalkNetwork": "impact.transit.walking",
    "read_feed": "impact.transit.feed",
    "read_rules": "impact.transit.rules",
    "read_transit": "impact.transit.files",
    "transit_times": "impact.transit.times",
    "walk_network": "impact.transit.walking",
    "write_transit": "impact.transit.files",
}

__getattr__, __dir__ = on_demand(__name__, _HOME)
