"""Time our engine against NetworkX in the same run, and the candidates of the demo.

Nothing is asserted: machines differ. docs/benchmarks.md holds figures with the machine they are of.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from impact import read_hospitals, read_main_roads, read_postcodes, travel_times
from impact.bundled import study_paths
from impact.model.candidates import count_candidates
from impact.model.inputs import load_inputs
from impact.study.read import read_study
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame

    from impact.network.network import RoadNetwork

T = TypeVar("T")

_RUNS = 3


def main() -> None:
    """Run every benchmark and print a table."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    engines()
    sweep()


def engines() -> None:
    """Make the same matrix by both engines, in turn."""
    network, postcodes = read_main_roads(), read_postcodes()
    hospitals = read_hospitals()
    some = hospitals[(hospitals["region"] == "Noordoost-Nederland")]
    made = {}
    seconds: dict[str, list[float]] = {"scipy": [], "networkx": []}
    for _ in range(_RUNS):
        for engine, measured in seconds.items():
            call = _matrix_call(network, postcodes, some, engine)
            made[engine] = timed(call, measured)
    ratios = [slow / fast for fast, slow in zip(*seconds.values(), strict=True)]
    apart = np.abs(made["scipy"] - made["networkx"]).max()
    print(f"{len(some)} hospitals x {len(postcodes)} postcodes, {_RUNS} paired runs:")
    for engine, measured in seconds.items():
        print(f"  {engine}: median {statistics.median(measured):.2f} s")
    print(f"  networkx / scipy: median {statistics.median(ratios):.1f}")
    print(f"  greatest difference: {apart:.1e} minutes")
    everything: list[float] = []
    open_ = hospitals[hospitals["status"] == "open"]
    timed(_matrix_call(network, postcodes, open_, "scipy"), everything)
    print(f"  all {len(open_)} open locations, scipy: {everything[0]:.2f} s\n")


def _matrix_call(
    network: RoadNetwork, postcodes: GeoDataFrame, hospitals: GeoDataFrame, engine: str
) -> Callable[[], np.ndarray]:
    return lambda: travel_times(network, postcodes, hospitals, engine=engine).minutes


def sweep() -> None:
    """Every candidate of the largest intervention of the demo, by its means."""
    study = read_study(study_paths()["noordoost"])
    inputs = load_inputs(study, engine="scipy")
    largest = max(study.interventions, key=count_candidates)
    measured: list[float] = []
    weights = inputs.demand.weights[largest.name]
    for _ in range(_RUNS):
        swept = timed(lambda: sweep_means(largest, inputs.times, weights), measured)
    seconds = statistics.median(measured)
    print(
        f"{largest.name}: {len(swept)} candidates x {len(weights)} postcodes x "
        f"{len(largest.providers)} providers: {seconds:.2f} s, {len(swept) / seconds:,.0f} a second"
    )


def timed(call: Callable[[], T], measured: list[float]) -> T:
    """Call, and note how long it took."""
    start = time.perf_counter()
    out = call()
    measured.append(time.perf_counter() - start)
    return out


if __name__ == "__main__":
    main()
