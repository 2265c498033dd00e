"""Time every subset of 16 hospitals by all measures: compiled, in NumPy, and with NetworkX.

Nothing is asserted: machines differ. docs/benchmarks.md holds figures with the machine they are of.
NumPy and NetworkX are measured on a sample of the candidates and extrapolated, and that is printed.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from impact import read_hospitals, read_main_roads, read_postcodes, to_networkx, travel_times
from impact.model.candidates import stop_sets
from impact.study.model import Intervention
from impact.sweep.arrays import FIGURES, SweepArrays
from impact.sweep.figures import has_compiler, sweep_all, sweep_arrays
from impact.sweep.reference import plain_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_SITES = 16
_RUNS = 5
_SAMPLE = 200
_GRAPH_SAMPLE = 2


def main() -> None:
    """Run every benchmark and print a table."""
    postcodes, hospitals = read_postcodes(), read_hospitals()
    some = hospitals[hospitals["region"] == "Noordoost-Nederland"].iloc[:_SITES]
    network = read_main_roads()
    times = travel_times(network, postcodes, some)
    asked = Intervention("x", tuple(sorted(times.destinations)))
    arrays = sweep_arrays(
        asked,
        times,
        postcodes["population"].to_numpy(np.float64),
        municipality=postcodes["municipality"],
    )
    sets = list(stop_sets(asked, every_subset=True))
    chosen = np.random.default_rng(2026).choice(len(sets), _SAMPLE, replace=False)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{_SITES} sites x {len(postcodes)} postcodes, {len(sets)} subsets, {len(FIGURES)} figures"
    )
    if not has_compiler():
        print("numba is not installed: nothing to compare")
        return
    start = time.perf_counter()
    sweep_all(asked, arrays, every_subset=True)
    print(f"first call, with what is left to compile: {time.perf_counter() - start:.1f} s")
    ours, loops, processor = [], [], []
    for _ in range(_RUNS):
        start = time.process_time()
        ours.append(_seconds(lambda: sweep_all(asked, arrays, every_subset=True)))
        processor.append(time.process_time() - start)
        plain = _seconds(lambda: plain_figures(arrays, [sets[row] for row in chosen]))
        loops.append(plain / _SAMPLE * len(sets))
    ratios = [loop / mine for mine, loop in zip(ours, loops, strict=True)]
    mine = statistics.median(ours)
    print(
        f"compiled: median {mine:.2f} s, {len(sets) / mine:,.0f} candidates a second "
        f"({statistics.median(processor):.2f} s of processor time over all cores)"
    )
    print(
        f"plain NumPy loop: median {statistics.median(loops):.0f} s "
        f"(extrapolated from {_SAMPLE} candidates drawn at random)"
    )
    print(f"NumPy / compiled: median {statistics.median(ratios):.0f} over {_RUNS} paired runs")
    bound = one_pass(arrays)
    print(
        f"one pass over the postcodes: {1e6 * bound:.2f} microseconds; a candidate takes "
        f"{1e6 * mine / len(sets):.2f}, {mine / len(sets) / bound:.1f} times as long"
    )
    graph = _graph_seconds(to_networkx(network), arrays, sets, chosen[:_GRAPH_SAMPLE])
    print(
        f"shortest paths anew with NetworkX: {graph:.1f} s per candidate, "
        f"{graph * len(sets) / 3600:,.0f} hours for all (extrapolated from {_GRAPH_SAMPLE}); "
        f"NetworkX / compiled: {graph * len(sets) / mine:,.0f}"
    )


def one_pass(arrays: SweepArrays) -> float:
    """Seconds to read every postcode's weight and minutes once and add them up: the bound."""
    minutes = np.ascontiguousarray(arrays.minutes[:, 0])
    repeats = 20_000
    seconds = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        for _ in range(repeats):
            minutes.dot(arrays.demand)
        seconds.append((time.perf_counter() - start) / repeats)
    return statistics.median(seconds)


def _graph_seconds(
    graph: nx.MultiDiGraph,
    arrays: SweepArrays,
    sets: Sequence[tuple[str, ...]],
    chosen: NDArray[np.int64],
) -> float:
    """Seconds per candidate of one Dijkstra from all hospitals that are left, and no figures."""
    backwards = graph.reverse(copy=False)
    nodes = list(graph)[:: max(1, graph.number_of_nodes() // len(arrays.names))]
    start = time.perf_counter()
    for row in chosen:
        left = len(arrays.names) - len(sets[row])
        nx.multi_source_dijkstra_path_length(backwards, set(nodes[:left]), weight="travel_time")
    return (time.perf_counter() - start) / len(chosen)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
