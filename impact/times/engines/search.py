"""`UpwardSearch`: what the engines ``contracted`` and ``hierarchy`` share.

Both contract nodes, customise the links and answer with a climb and a sweep. Where nodes are left
uncontracted, Dijkstra's algorithm runs over this core between the two.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.times.engines.arcs import no_way
from impact.times.engines.climb import climb
from impact.times.engines.core_search import core_of, search_core
from impact.times.engines.customisation import LinkCosts, customise
from impact.times.engines.stored import digest, kept
from impact.times.engines.sweep import select, sweep
from impact.times.engines.upward import links_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.arcs import Arcs
    from impact.times.engines.core_search import Core
    from impact.times.engines.protocol import Places, Query, Setup
    from impact.times.engines.sweep import Selection
    from impact.times.engines.upward import Upward

_ROW = 32
"""Destinations side by side in a sweep: enough to fill the processor's registers and caches."""

_BYTES = 2**30
"""For the costs of all selected ranks in a block, whatever the number of workers."""

_BYTES_PER_COST = 16
"""Of minutes and kilometres."""


@dataclass(frozen=True, eq=False)
class UpwardSearch:
    """A contracted topology with the places between which costs are wanted.

    Attributes
    ----------
    arcs, places, setup
        As given to the engine.
    up
        Contracted topology.
    link : ndarray of int64, shape (n_arcs,)
        Link that each arc follows.
    selection
        Of the wanted nodes.
    key
        Hash of `up`, where customised costs may be kept.
    """

    arcs: Arcs
    places: Places
    setup: Setup
    up: Upward
    link: NDArray[np.int64]
    selection: Selection
    key: str = ""

    @classmethod
    def of(
        cls, arcs: Arcs, places: Places, setup: Setup, up: Upward, *, key: str = ""
    ) -> UpwardSearch:
        """Find the links of the arcs, and what lies above the wanted nodes.

        Parameters
        ----------
        arcs, places, setup, up, key
            See the attributes.

        Returns
        -------
        UpwardSearch
        """
        link = links_of(up, arcs.tail, arcs.head)
        return cls(arcs, places, setup, up, link, select(up, places.wanted), key)

    @property
    def block(self) -> int:
        """Destinations at a time: a row for each worker, as far as the memory allows."""
        fit = _BYTES // (_BYTES_PER_COST * max(1, len(self.selection.rank)))
        return max(1, min(fit, _ROW * self.setup.workers))

    def weighed(
        self, arc_cost: NDArray[Any], leg_cost: NDArray[Any], *, keep: bool = False
    ) -> Query:
        """Customise; see `impact.times.engines.protocol.Search`.

        Parameters
        ----------
        arc_cost, leg_cost, keep
            See there.

        Returns
        -------
        Query
        """
        costs = self._customised(arc_cost, keep=keep)
        ready = _Ready(
            self.places,
            self.up,
            self.selection,
            costs,
            costs.rising[self.selection.link],
            leg_cost,
            core_of(self.up, costs),
        )
        workers = self.setup.workers

        def query(destinations: NDArray[np.int64]) -> NDArray[Any]:
            parts = np.array_split(destinations, min(workers, max(len(destinations), 1)))
            with ThreadPoolExecutor(workers) as pool:
                return np.concatenate(list(pool.map(ready.costs_to, parts)))

        return query

    def _customised(self, arc_cost: NDArray[Any], *, keep: bool) -> LinkCosts:
        def make() -> dict[str, NDArray[Any]]:
            ends, workers = (self.arcs.tail, self.arcs.head), self.setup.workers
            return vars(customise(self.up, *ends, self.link, arc_cost, workers=workers))

        if not (keep and self.key):
            return LinkCosts(**make())
        return LinkCosts(**kept("costs", digest(self.key, arc_cost), self.setup, make))


@dataclass(frozen=True, eq=False)
class _Ready:
    """Customised, for queries."""

    places: Places
    up: Upward
    selection: Selection
    links: LinkCosts
    rising: NDArray[Any]
    leg_cost: NDArray[Any]
    core: Core

    def costs_to(self, destinations: NDArray[np.int64]) -> NDArray[Any]:
        """Costs from the wanted nodes to some destinations, shape (n_destinations, n_wanted)."""
        up, selection, dtype = self.up, self.selection, self.leg_cost.dtype
        nowhere = no_way(dtype)
        costs = np.full((len(selection.rank), len(destinations)), nowhere, dtype=dtype)
        label = np.full(len(up.rank), nowhere, dtype=dtype)
        seen = np.zeros(len(up.rank), dtype=np.bool_)
        passed = np.empty(len(up.rank), dtype=np.int32)
        leg_rank = up.rank[self.places.node]
        core_rows = int(np.searchsorted(-selection.rank, -up.core, side="right"))
        core_ranks = selection.rank[:core_rows]
        heap = _heap(self.core, dtype)
        bounds = np.searchsorted(self.places.point, [destinations, destinations + 1])
        for column, (begin, end) in enumerate(bounds.T.tolist()):
            ways = up.core, up.first, up.head, self.links.falling
            count = climb(begin, end, leg_rank, self.leg_cost, *ways, label, seen, passed)
            ranks = passed[:count]
            if up.core < len(up.rank):
                seeds = ranks[ranks >= up.core] - np.int32(up.core)
                ways_back = self.core.first, self.core.node, self.core.cost
                search_core(*ways_back, label[up.core :], seeds, *heap)
                costs[:core_rows, column] = label[core_ranks]
                label[up.core :] = nowhere
                ranks = ranks[ranks < up.core]
            rows = selection.row[ranks]
            costs[rows[rows >= 0], column] = label[ranks[rows >= 0]]
            label[ranks] = nowhere
        sweep(selection.first, selection.head, self.rising, costs)
        return np.ascontiguousarray(costs[selection.wanted].T)


def _heap(core: Core, dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    room = len(core.node) + len(core.first)
    return np.empty(room, dtype=dtype), np.empty(room, dtype=np.int32)
