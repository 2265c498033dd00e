"""``contracted`` and ``hierarchy``: the engines that contract nodes before they search.

Three steps, each needed less often than the next. The order of contraction depends on the topology
alone: nodes of few neighbours first, the rest by nested dissection (`impact.times.engines.order`).
Customisation gives the links their costs under one table of speeds
(`impact.times.engines.upward`). Queries climb from the destinations and sweep down to the wanted
nodes. ``contracted`` orders nothing beforehand and leaves a core of few nodes, in which Dijkstra's
algorithm runs between climb and sweep: the quickest way to a single matrix on a large network.

Climb. On a customised hierarchy some least-cost path from any node to the destination first climbs
and then descends. The part that descends lies among the ancestors of the destination in the
elimination tree, so that they alone are looked at, in ascending order: when a rank is passed, its
cost from above is final. Complexity: the links of the ancestors. Invariant: `label` holds no way
between two climbs.

Core. The queue is a heap in which every node has four children and knows its place, so that a node
whose cost drops moves up instead of entering again: in a core costs drop often. Complexity:
O(m log n) for n nodes and m links of the core. Invariant: entries of the heap are no less than
their parent's; a node is settled once, at its least cost.

Sweep. Once the costs from all higher ranks to the destinations are known, those of a rank are the
least over its upward links of cost(link) + cost(head): one pass over ranks in descending order.
Ranks that are no ancestor of a wanted node play no part: the *selection* holds the others only.
Each link is read once for `ABREAST` destinations, whose costs lie side by side in memory, so that
the processor adds and compares several in one instruction. Complexity: selected links times
destinations. Invariant: the heads of a selected rank are selected.

Sources: Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959);
Johnson, Efficient algorithms for shortest paths in sparse networks, Journal of the ACM 24 (1977);
Geisberger, Sanders, Schultes and Delling, Contraction hierarchies, WEA 2008; Delling, Goldberg,
Nowatzyk and Werneck, PHAST: hardware-accelerated shortest path trees, IPDPS 2011; Delling, Goldberg
and Werneck, Faster batched shortest paths in road networks (RPHAST), ATMOS 2011; Dibbelt, Strasser
and Wagner, Customizable contraction hierarchies, ACM JEA 21 (2016).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.compiled import compiled
from impact.segments import ranges
from impact.times.engines.graph import no_way
from impact.times.engines.order import (
    MOST_NEIGHBOURS,
    Lists,
    dissection_order,
    eliminate,
    filled,
    neighbours,
)
from impact.times.engines.stored import digest, kept
from impact.times.engines.upward import LinkCosts, Upward, customise, less, links_of, upward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.times.engines.graph import Arcs
    from impact.times.engines.protocol import Places, Query, Setup


@compiled
def climb(
    begin: int,
    end: int,
    leg_rank: NDArray[np.int32],
    leg_cost: NDArray[Any],
    core: int,
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    falling: NDArray[Any],
    label: NDArray[Any],
    seen: NDArray[np.bool_],
    passed: NDArray[np.int32],
) -> int:
    """Label the ancestors of a destination with their costs to it."""
    count = 0
    for leg in range(begin, end):
        here = leg_rank[leg]
        if less(leg_cost[leg], label[here]):
            label[here] = leg_cost[leg]
        count = _ancestors(here, core, first, head, seen, passed, count)
    # heads of a contracted rank are its ancestors: passed already, or in the core
    contracted = count
    _sort(passed, contracted)
    for place in range(contracted):
        here = passed[place]
        if here >= core:
            continue
        for link in range(first[here], first[here + 1]):
            above = head[link]
            cost = label[here] + falling[link]
            if less(cost, label[above]):
                label[above] = cost
            if not seen[above]:
                seen[above] = True
                passed[count] = above
                count += 1
    for place in range(count):
        seen[passed[place]] = False
    return count


@compiled
def _ancestors(
    here: int,
    core: int,
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    seen: NDArray[np.bool_],
    passed: NDArray[np.int32],
    count: int,
) -> int:
    """Add a rank and its ancestors, up to the core."""
    while not seen[here]:
        seen[here] = True
        passed[count] = here
        count += 1
        if here >= core or first[here] == first[here + 1]:
            break
        here = head[first[here]]
    return count


@compiled
def _sort(values: NDArray[np.int32], count: int) -> None:
    """Sort the first values: ascending runs, one per leg, merged by insertion from behind."""
    for place in range(1, count):
        value = values[place]
        gap = place
        while gap > 0 and values[gap - 1] > value:
            values[gap] = values[gap - 1]
            gap -= 1
        values[gap] = value


_CHILDREN = 4


@dataclass(frozen=True, eq=False)
class Core:
    """Ways of the core, reversed: from each node to those that lead there.

    Attributes
    ----------
    first : ndarray of int64, shape (n_core + 1,)
        Ways of core node i are ``node[first[i]:first[i + 1]]``.
    node : ndarray of int32, shape (n_ways,)
        Core nodes (rank less the number contracted).
    cost : ndarray, shape (n_ways,)
        From that node.
    """

    first: NDArray[np.int64]
    node: NDArray[np.int32]
    cost: NDArray[Any]


def core_of(up: Upward, costs: LinkCosts) -> Core:
    """Take the core out of a customised hierarchy."""
    links = slice(up.first[up.core], None)
    low, high = up.tail[links] - up.core, up.head[links] - up.core
    into, node = np.concatenate([high, low]), np.concatenate([low, high])
    cost = np.concatenate([costs.rising[links], costs.falling[links]])
    order = np.argsort(into, kind="stable")
    order = order[cost.real[order] < no_way(cost.real.dtype)]
    first = np.searchsorted(into[order], np.arange(len(up.rank) - up.core + 1))
    return Core(first, node[order].astype(np.int32), cost[order])


@compiled
def search_core(
    first: NDArray[np.int64],
    node: NDArray[np.int32],
    cost: NDArray[Any],
    label: NDArray[Any],
    seeds: NDArray[np.int32],
    heap_cost: NDArray[Any],
    heap_node: NDArray[np.int32],
    place_of: NDArray[np.int32],
) -> None:
    """Lower the labels of all core nodes to the least cost."""
    size = 0
    for seed in seeds:
        _rise(heap_cost, heap_node, place_of, size, label[seed], seed)
        size += 1
    while size:
        least, here = heap_cost[0], heap_node[0]
        size -= 1
        _sink(heap_cost, heap_node, place_of, size)
        place_of[here] = -1
        for way in range(first[here], first[here + 1]):
            before = node[way]
            over = least + cost[way]
            if less(over, label[before]):
                label[before] = over
                place = place_of[before]
                if place < 0:
                    place = size
                    size += 1
                _rise(heap_cost, heap_node, place_of, place, over, before)


@compiled
def _rise(
    heap_cost: NDArray[Any],
    heap_node: NDArray[np.int32],
    place_of: NDArray[np.int32],
    place: int,
    cost: Any,  # noqa: ANN401
    node: int,
) -> None:
    """Put a node at a place, or as far above it as its cost asks for."""
    while place > 0:
        parent = (place - 1) // _CHILDREN
        if not less(cost, heap_cost[parent]):
            break
        heap_cost[place], heap_node[place] = heap_cost[parent], heap_node[parent]
        place_of[heap_node[place]] = place
        place = parent
    heap_cost[place], heap_node[place] = cost, node
    place_of[node] = place


@compiled
def _sink(
    heap_cost: NDArray[Any], heap_node: NDArray[np.int32], place_of: NDArray[np.int32], size: int
) -> None:
    """Take the first away: the entry behind the others comes in its place, or as far below it."""
    cost, node = heap_cost[size], heap_node[size]
    place, child = 0, 1
    while child < size:
        for other in range(child + 1, min(child + _CHILDREN, size)):
            if less(heap_cost[other], heap_cost[child]):
                child = other
        if not less(heap_cost[child], cost):
            break
        heap_cost[place], heap_node[place] = heap_cost[child], heap_node[child]
        place_of[heap_node[place]] = place
        place, child = child, _CHILDREN * child + 1
    heap_cost[place], heap_node[place] = cost, node
    place_of[node] = place


ABREAST = 8
"""Destinations in a sweep: their costs fill a line of the cache, the least of them its registers.

Fixed when this is compiled, so that the loops over them need no counting."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The part of an `Upward` above the wanted nodes, the highest rank first.

    Attributes
    ----------
    rank : ndarray of int32, shape (n_selected,)
        Ranks, descending.
    row : ndarray of int32, shape (n_nodes,)
        Place of each rank among them; -1 where it is not selected.
    first : ndarray of int64, shape (n_selected + 1,)
        Links of row i are ``link[first[i]:first[i + 1]]``; none for the core.
    link : ndarray of int64, shape (n_selected_links,)
        Links of the `Upward`.
    head : ndarray of int32, shape (n_selected_links,)
        Rows that they lead to.
    wanted : ndarray of int32, shape (n_wanted,)
        Rows of the wanted nodes.
    """

    rank: NDArray[np.int32]
    row: NDArray[np.int32]
    first: NDArray[np.int64]
    link: NDArray[np.int64]
    head: NDArray[np.int32]
    wanted: NDArray[np.int32]


def select(up: Upward, wanted: NDArray[np.int64]) -> Selection:
    """Find all that lies above some nodes."""
    size = len(up.rank)
    above = np.zeros(size, dtype=np.bool_)
    above[up.rank[wanted]] = True
    _mark(up.core, up.first, up.head, above)
    rank = np.flatnonzero(above)[::-1]
    row = np.full(size, -1, dtype=np.int32)
    row[rank] = np.arange(len(rank))
    count = np.where(rank < up.core, up.first[rank + 1] - up.first[rank], 0)
    link, first = ranges(up.first[rank], up.first[rank] + count)
    head = row[up.head[link]]
    return Selection(rank.astype(np.int32), row, first, link, head, row[up.rank[wanted]])


@compiled
def _mark(
    core: int, first: NDArray[np.int64], head: NDArray[np.int32], above: NDArray[np.bool_]
) -> None:
    """Mark the heads of marked ranks."""
    for here in range(core):
        if above[here]:
            for link in range(first[here], first[here + 1]):
                above[head[link]] = True


@compiled
def sweep(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    rising: NDArray[Any],
    costs: NDArray[Any],
) -> None:
    """Fill in the costs of all selected ranks."""
    least = np.empty(ABREAST, dtype=costs.dtype)
    for row in range(len(first) - 1):
        for column in range(ABREAST):
            least[column] = costs[row, column]
        for link in range(first[row], first[row + 1]):
            above, cost = head[link], rising[link]
            for column in range(ABREAST):
                over = cost + costs[above, column]
                known = least[column]
                least[column] = over if less(over, known) else known
        for column in range(ABREAST):
            costs[row, column] = least[column]


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
        """Find the links of the arcs, and what lies above the wanted nodes."""
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
        """Customise; see `impact.times.engines.protocol.Search`."""
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


def prepare_contracted(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Contract; see `impact.times.engines.protocol.Engine`."""
    return UpwardSearch.of(arcs, places, setup, contract_few(arcs))


def contract_few(arcs: Arcs) -> Upward:
    """Contract nodes of few neighbours."""
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    owner = np.repeat(np.arange(len(gone.left)), np.diff(gone.core.first))
    once = gone.core.node > owner
    count = np.bincount(owner[once], minlength=len(gone.left))
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + np.cumsum(count)])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[gone.core.node[once]]]))
    return upward(np.concatenate([gone.order, gone.left]), links, len(gone.order))


def prepare_hierarchy(arcs: Arcs, places: Places, setup: Setup) -> UpwardSearch:
    """Order and contract all nodes; see `impact.times.engines.protocol.Engine`."""
    key = digest("hierarchy", MOST_NEIGHBOURS, arcs.size, arcs.tail, arcs.head)

    def make() -> dict[str, NDArray[Any]]:
        arrays = dict(vars(contract_all(arcs)))
        del arrays["core"]
        return arrays

    up = Upward(arcs.size, **kept("order", key, setup, make))
    return UpwardSearch.of(arcs, places, setup, up, key=key)


def contract_all(arcs: Arcs) -> Upward:
    """Contract all nodes."""
    gone = eliminate(neighbours(arcs.size, arcs.tail, arcs.head))
    order = dissection_order(gone.core)
    rest = filled(gone.core, order)
    first = np.concatenate([gone.upward.first, gone.upward.first[-1] + rest.first[1:]])
    links = Lists(first, np.concatenate([gone.upward.node, gone.left[rest.node]]))
    return upward(np.concatenate([gone.order, gone.left[order]]), links, arcs.size)
