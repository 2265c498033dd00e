"""Who makes the matrix of a benchmark: our engines, and peers where they are installed.

Every contender gets the same arrays and is timed from there: building its graph from them counts.
Ours gets the points too and joins them to the roads, which is timed apart; peers are told the
nodes. Weights are whole milliseconds, so that all can give the same minutes. Each contender runs in
a process of its own.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.network.npz import read_network
from impact.times.matrix import PreparedTimes, prepare
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

MS = 60_000
"""Milliseconds in a minute."""

KEEPS = ("contracted", "hierarchy")
"""Engines that keep something between matrices; the others start from nothing every time."""

_TREES = 2
"""NetworkX trees per round on a large network."""

_SMALL = 50_000
_BLOCK = 16


@dataclass(frozen=True)
class Problem:
    """A network, the points between which minutes are wanted, and other speeds."""

    network: RoadNetwork
    origins: pd.DataFrame
    destinations: pd.DataFrame
    other: NDArray[np.float64]
    cache: Path

    @classmethod
    def read(cls, folder: Path) -> Problem:
        """Read what `bench_engines` wrote."""
        points = [
            pd.read_parquet(folder / f"{each}.parquet") for each in ("origins", "destinations")
        ]
        other = np.load(folder / "other.npy")
        return cls(read_network(folder / "roads.impact"), *points, other, folder / "cache")

    def nodes(self, points: pd.DataFrame) -> list[int]:
        """Nodes on which points lie."""
        return [int(each) for each in points["node"]]

    def ms(self, minutes: NDArray[np.float64]) -> NDArray[np.int64]:
        """Whole milliseconds."""
        return np.round(minutes * MS).astype(np.int64)

    def fastest(self, minutes: NDArray[np.float64]) -> tuple[NDArray[np.int64], ...]:
        """Tail, head and milliseconds of the fastest edge of every pair of nodes."""
        network = self.network
        order = np.lexsort((minutes, network.head, network.tail))
        tail, head = network.tail[order], network.head[order]
        first = np.r_[True, (np.diff(tail) > 0) | (np.diff(head) != 0)]
        return tail[first], head[first], self.ms(minutes)[order][first]


@dataclass
class Timings:
    """Seconds per step, as often as it was taken, and the last matrix.

    Seconds come in pairs: of the processor, of all threads together, and by the clock. The first
    hang far less on what else the machine does; on a quiet machine two busy threads take half as
    long by the clock.
    """

    seconds: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    minutes: NDArray[np.float64] | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def timing(self, step: str) -> Iterator[None]:
        """Note what a block takes under the name of a step."""
        start = _now()
        yield
        self.seconds.setdefault(step, []).append(_now() - start)

    def total(self, step: str) -> NDArray[np.float64]:
        """Seconds of all blocks of a step."""
        return np.sum(self.seconds[step], axis=0)


def _now() -> NDArray[np.float64]:
    return np.array([time.process_time(), time.perf_counter()])


def ours(problem: Problem, engine: str, rounds: int) -> Timings:
    """Time one of our engines: first, by a later process, again, and with other speeds."""
    out = Timings()
    with out.timing("join"):
        access, egress = legs_both_ways(problem.network, problem.origins, problem.destinations)
    keep = problem.cache / engine

    def made() -> PreparedTimes:
        return prepare(problem.network, access, egress, engine=engine, matrices=3, folder=keep)

    with out.timing("first"):
        prepared = made()
        out.minutes = prepared.minutes()
    out.notes = {key: str(value) for key, value in prepared.notes.items()}
    for _ in range(rounds if engine in KEEPS else 0):
        # as a later process would find it, with what the first one kept on disk
        with out.timing("later"):
            prepared = made()
            weighed = prepared.weighed()
            later, _ = weighed.fill()
        with out.timing("repeat"):
            again, _ = weighed.fill()
        with out.timing("speeds"):
            prepared.minutes(problem.other)
        if not np.array_equal(again, out.minutes) or not np.array_equal(later, out.minutes):
            msg = f"{engine}: the same question gave other minutes"
            raise AssertionError(msg)
    return out


def networkx(problem: Problem, rounds: int) -> Timings:
    """Time a few sources and extrapolate: every tree costs about the same."""
    import networkx as nx  # noqa: PLC0415

    out = Timings()
    with out.timing("first"):
        graph: nx.DiGraph[int] = nx.DiGraph()
        edges = (each.tolist() for each in problem.fastest(problem.network.minutes))
        graph.add_weighted_edges_from(
            (head, tail, ms) for tail, head, ms in zip(*edges, strict=True)
        )
    wanted = problem.nodes(problem.origins)
    columns = []
    targets = problem.nodes(problem.destinations)
    for node in targets[: len(targets) if len(graph) < _SMALL else _TREES * rounds]:
        with out.timing("tree"):
            reached = nx.single_source_dijkstra_path_length(graph, node, weight="weight")
            columns.append([reached.get(each, np.inf) for each in wanted])
    trees = out.total("tree") / len(columns) * len(targets)
    out.seconds["first"] = [out.total("first") + trees]
    out.seconds["repeat"] = [trees]
    if len(columns) < len(targets):
        out.notes = {"extrapolated": f"from {len(columns)} of {len(targets)} trees"}
    out.minutes = np.array(columns, dtype=np.float64).T / MS
    return out


def routingkit(problem: Problem, rounds: int) -> Timings:
    """RoutingKit's customisable contraction hierarchies: an inertial order, batched queries."""
    import routingkit_cch as rk  # noqa: PLC0415

    out = Timings()
    wanted, targets = problem.nodes(problem.origins), problem.nodes(problem.destinations)
    network = problem.network
    with out.timing("order"):
        tail, head, ms = problem.fastest(network.minutes)
        arcs = tail.astype(np.uint32).tolist(), head.astype(np.uint32).tolist()
        where = network.lat.astype(np.float32).tolist(), network.lon.astype(np.float32).tolist()
        order = rk.compute_order_inertial(len(network.node), *arcs, *where)
        hierarchy = rk.CCH(order, *arcs, False)  # noqa: FBT003 (positional only)

    def matrix(metric: Any) -> NDArray[np.float64]:  # noqa: ANN401
        ask = rk.CCHManyToOne(metric, wanted)
        columns = [[np.inf if ms is None else ms for ms in ask.distances_to(t)] for t in targets]
        return np.array(columns, dtype=np.float64).T / MS

    for _ in range(rounds):
        with out.timing("later"):
            metric = rk.CCHMetric(hierarchy, ms.tolist())
            out.minutes = matrix(metric)
        with out.timing("repeat"):
            matrix(metric)
        # the pairs of nodes keep their places; only the weights are other
        with out.timing("speeds"):
            metric.reset(problem.fastest(problem.other)[2].tolist())
            matrix(metric)
    out.seconds["first"] = [out.total("order") + each for each in out.seconds["later"]]
    return out


def networkit(problem: Problem, rounds: int) -> Timings:
    """Networkit: one Dijkstra per destination on the reversed graph, in parallel."""
    import networkit as nk  # noqa: PLC0415

    out = Timings()
    wanted, targets = problem.nodes(problem.origins), problem.nodes(problem.destinations)
    with out.timing("build"):
        tail, head, ms = problem.fastest(problem.network.minutes)
        graph = nk.GraphFromCoo(
            (ms.astype(np.float64), (head.astype(np.uint64), tail.astype(np.uint64))),
            n=len(problem.network.node),
            weighted=True,
            directed=True,
        )
    for _ in range(rounds):
        with out.timing("repeat"):
            blocks = []
            for start in range(0, len(targets), _BLOCK):
                search = nk.distance.SPSP(graph, targets[start : start + _BLOCK])
                search.run()
                blocks.append(np.asarray(search.getDistances(asarray=True))[:, wanted])
            out.minutes = np.vstack(blocks).T / MS
    out.seconds["first"] = [out.total("build") + each for each in out.seconds["repeat"]]
    return out


def igraph(problem: Problem, rounds: int) -> Timings:
    """Igraph: Dijkstra from the destinations, against the arcs."""
    import igraph as ig  # noqa: PLC0415

    out = Timings()
    wanted, targets = problem.nodes(problem.origins), problem.nodes(problem.destinations)
    with out.timing("build"):
        tail, head, ms = problem.fastest(problem.network.minutes)
        ends = np.column_stack([tail, head]).tolist()
        graph = ig.Graph(n=len(problem.network.node), edges=ends, directed=True)
        weights = ms.tolist()
    for _ in range(rounds):
        with out.timing("repeat"):
            found = graph.distances(targets, wanted, weights=weights, mode="in")
            out.minutes = np.array(found, dtype=np.float64).T / MS
    out.seconds["first"] = [out.total("build") + each for each in out.seconds["repeat"]]
    return out


def pandana(problem: Problem, rounds: int) -> Timings:
    """Pandana: a contraction hierarchy, then pair by pair."""
    import pandana as pd_  # noqa: PLC0415

    out = Timings()
    network = problem.network
    wanted, targets = problem.nodes(problem.origins), problem.nodes(problem.destinations)
    with out.timing("build"):
        tail, head, ms = problem.fastest(network.minutes)
        x, y = pd.Series(network.lon), pd.Series(network.lat)
        weights = pd.DataFrame({"ms": ms.astype(np.float64)})
        graph = pd_.Network(x, y, pd.Series(tail), pd.Series(head), weights, twoway=False)
    for _ in range(rounds):
        with out.timing("repeat"):
            pairs = np.repeat(wanted, len(targets)), np.tile(targets, len(wanted))
            found = graph.shortest_path_lengths(*pairs)
            out.minutes = np.array(found, dtype=np.float64).reshape(len(wanted), -1) / MS
    out.seconds["first"] = [out.total("build") + each for each in out.seconds["repeat"]]
    return out


PEERS: dict[str, tuple[str, str, Callable[[Problem, int], Timings]]] = {
    "networkx": ("networkx", "networkx", networkx),
    "networkit": ("networkit", "networkit", networkit),
    "igraph": ("igraph", "igraph", igraph),
    "pandana": ("pandana", "pandana", pandana),
    "routingkit-cch": ("routingkit_cch", "routingkit-cch", routingkit),
}
"""Module, distribution and contender, by name."""
