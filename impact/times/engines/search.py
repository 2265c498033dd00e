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
from impact.times.engines.sweep import ABREAST, select, sweep
from impact.times.engines.upward import links_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.arcs import Arcs
    from impact.times.engines.core_search import Core
    from impact.times.engines.protocol import Places, Query, Setup
    from impact.times.engines.sweep import Selection
    from impact.times.engines.upward import Upward

_SWEEPS = 8
"""Per worker between two reports of progress."""

_BYTES = 2**28
"""For the costs of the wanted nodes in a block; those who add the legs hold a few copies of it."""

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
        """Destinations at a time: full sweeps, as many as the memory allows."""
        fit = _BYTES // (_BYTES_PER_COST * max(1, len(self.places.wanted)))
        return max(1, min(fit // ABREAST, _SWEEPS * self.setup.workers)) * ABREAST

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
            self.up.rank[self.places.node],
            leg_cost,
            core_of(self.up, costs),
            int(np.searchsorted(-self.selection.rank, -self.up.core, side="right")),
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
    leg_rank: NDArray[np.int32]
    leg_cost: NDArray[Any]
    core: Core
    core_rows: int

    def costs_to(self, destinations: NDArray[np.int64]) -> NDArray[Any]:
        """Costs from the wanted nodes to some destinations, shape (n_destinations, n_wanted)."""
        selection, dtype = self.selection, self.leg_cost.dtype
        found = np.empty((len(destinations), len(selection.wanted)), dtype=dtype)
        costs = np.empty((len(selection.rank), ABREAST), dtype=dtype)
        room = _Room.of(len(self.up.rank), self.core, dtype)
        for start in range(0, len(destinations), ABREAST):
            part = destinations[start : start + ABREAST]
            costs.fill(no_way(dtype))
            for column, destination in enumerate(part.tolist()):
                self._label(destination, room, costs[:, column])
            sweep(selection.first, selection.head, self.rising, costs)
            found[start : start + ABREAST] = costs[selection.wanted, : len(part)].T
        return found

    def _label(self, destination: int, room: _Room, costs: NDArray[Any]) -> None:
        """Climb from a destination, search the core, and note the costs of selected ranks."""
        up, selection, label = self.up, self.selection, room.label
        begin, end = np.searchsorted(self.places.point, [destination, destination + 1]).tolist()
        ways = up.core, up.first, up.head, self.links.falling
        ends = begin, end, self.leg_rank, self.leg_cost
        count = climb(*ends, *ways, label, room.seen, room.passed)
        ranks = room.passed[:count]
        if up.core < len(up.rank):
            seeds = ranks[ranks >= up.core] - np.int32(up.core)
            ways_back = self.core.first, self.core.node, self.core.cost
            search_core(*ways_back, label[up.core :], seeds, *room.heap)
            in_core = selection.rank[: self.core_rows]
            costs[: self.core_rows] = label[in_core]
            label[up.core :] = no_way(label.dtype)
            ranks = ranks[ranks < up.core]
        rows = selection.row[ranks]
        costs[rows[rows >= 0]] = label[ranks[rows >= 0]]
        label[ranks] = no_way(label.dtype)


@dataclass(frozen=True, eq=False)
class _Room:
    """What a worker writes in; see `climb` and `search_core`."""

    label: NDArray[Any]
    seen: NDArray[np.bool_]
    passed: NDArray[np.int32]
    heap: tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]]

    @classmethod
    def of(cls, size: int, core: Core, dtype: np.dtype[Any]) -> _Room:
        label = np.full(size, no_way(dtype), dtype=dtype)
        seen, passed = np.zeros(size, dtype=np.bool_), np.empty(size, dtype=np.int32)
        room = len(core.first) - 1
        nowhere = np.full(room, -1, dtype=np.int32)
        heap = np.empty(room, dtype=dtype), np.empty(room, dtype=np.int32), nowhere
        return cls(label, seen, passed, heap)
