"""Shortest-path engines: several algorithms, all giving the same minutes to the last bit.

| name | algorithm | for |
|---|---|---|
| ``networkx`` | Dijkstra's, in plain sight | the reference that the others are held to |
| ``scipy`` | the same in SciPy's compiled code | small networks; nothing else to install |
"""

from impact.times.engines.arcs import Arcs, Groups, cost_of, on_grid
from impact.times.engines.choice import DEFAULT_ENGINE, ENGINES, Choice, choose_engine
from impact.times.engines.protocol import Engine, Places, Query, Search, Setup

__all__ = [
    "DEFAULT_ENGINE",
    "ENGINES",
    "Arcs",
    "Choice",
    "Engine",
    "Groups",
    "Places",
    "Query",
    "Search",
    "Setup",
    "choose_engine",
    "cost_of",
    "on_grid",
]
