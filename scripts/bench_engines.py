"""Time our engines beside their peers in one run: processor seconds / by the clock, medians.

1. A matrix on a network of Dutch size, made of a real one (see `_tiling`): for the first time,
   again, with other speeds, and by a later process that finds what the first one kept.
2. How the cost grows with the network and with the destinations.
3. A real extract, against NetworkX.

Nothing is asserted but that all give the same minutes: machines differ. docs/benchmarks.md holds
figures with the machine that they are of. ``--quick`` does the same in small, in under two minutes.

Example::

    python scripts/bench_engines.py rhein_neckar.osm.pbf --plot docs/images/engines.png
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _contenders import PEERS
from _measuring import (
    both,
    measure,
    median,
    report_run,
    run_apart,
    table,
    write_points,
    write_roads,
)
from _plotting import draw_growth
from _tiling import Seams, tiled

from impact.network.npz import read_network
from impact.network.osm.build import build_network
from impact.times.engines.protocol import ENGINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _plotting import Grown

    from impact.network.network import RoadNetwork

_DUTCH = 1_100_000
_SIZES = (100_000, 300_000, _DUTCH, 4_000_000)
_ORIGINS = 4071
_HOSPITALS = 111
_SLOW = ("networkx",)
"""Engines that only run as peers, a few trees at a time, on large networks."""

_MOST_SCIPY = 4.5e8
"""Junctions times destinations: about two minutes. More is left out of the growth."""

_BYTES_PER_NODE = 1500
"""Of memory, to make a network and its hierarchy."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurements and print tables.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0.
    """
    options = _options(arguments)
    if options.run:
        report_run(options.run, options.source, options.rounds)
        return 0
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"load {os.getloadavg()[0]:.1f}; seconds of the processor / by the clock, ", end="")
    print(f"medians of {options.rounds}")
    print(", ".join(_versions(options.only)) + "\n")
    real = _network(options.source)
    _dutch(real, options)
    grown = _growth(real, options)
    if options.plot:
        draw_growth(grown, options.plot)
    _real(real, options)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("source", type=Path, help="an extract, or a network that impact built")
    parser.add_argument("--quick", action="store_true", help="the same in small")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-rounds", type=int, default=3, help="of peers on the large network")
    parser.add_argument("--nodes", type=int, default=_DUTCH, help="size of the large network")
    parser.add_argument("--sizes", type=int, nargs="*", default=[*_SIZES])
    parser.add_argument("--destinations", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--only", nargs="*", default=[*ENGINES, *PEERS], help="contenders")
    parser.add_argument("--plot", type=Path, help="write the growth as a picture")
    parser.add_argument("--no-compile", action="store_true", help="leave compile times out")
    parser.add_argument("--here", action="store_true", help="without a process per contender")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds = options.peer_rounds = 1
        options.nodes = min(options.nodes, 90_000)
        options.sizes, options.destinations = [options.nodes // 4, options.nodes], [10, 40]
    return options


def _versions(only: Sequence[str]) -> list[str]:
    packages = {"impact-reistijd", "numpy", "scipy", "networkx"}
    packages |= {
        PEERS[name][1] for name in only if name in PEERS and util.find_spec(PEERS[name][0])
    }
    packages |= {name for name in ("numba", "pymetis") if util.find_spec(name)}
    return [f"{name} {metadata.version(name)}" for name in sorted(packages)]


def _network(source: Path) -> RoadNetwork:
    return read_network(source) if source.suffix == ".impact" else build_network(source)


def _grid(real: RoadNetwork, nodes: int) -> tuple[RoadNetwork, Seams]:
    """Lay tiles until the network is large enough, about as wide as it is high."""
    one, _ = tiled(real, 1, 1)
    tiles = max(1, round(nodes / len(one.node)))
    width = float(np.ptp(one.lon) * np.cos(np.radians(real.lat.mean())))
    columns = max(1, round(np.sqrt(tiles * float(np.ptp(one.lat)) / max(width, 1e-9))))
    return tiled(real, columns, -(-tiles // columns))


def _dutch(real: RoadNetwork, options: argparse.Namespace) -> None:
    network, seams = _grid(real, options.nodes)
    print(f"## A network of Dutch size: {_size(network)}\n")
    print(
        f"Mirrored tiles: {seams.east_west} and {seams.north_south} roads cross a border between "
        f"two (median over lines across the real network: {seams.meridians:.0f} north-south, "
        f"{seams.parallels:.0f} east-west){_bisection(network)}.\n"
    )
    counts = (300, 10) if options.quick else (_ORIGINS, _HOSPITALS)
    names = [name for name in options.only if name in PEERS or name not in _SLOW]
    with tempfile.TemporaryDirectory() as folder:
        write_roads(Path(folder), network, whole=True)
        write_points(Path(folder), network, *counts)
        _compile(real, [name for name in names if name not in PEERS], options)
        found = _found(Path(folder), names, options)
    print(f"{counts[0]} origins x {counts[1]} destinations, seconds:\n")
    table(found)


def _growth(real: RoadNetwork, options: argparse.Namespace) -> Grown:
    names = [name for name in options.only if name in ENGINES and name not in _SLOW]
    print(
        "## Growth: processor seconds for the first matrix / the next with other speeds; peak; ",
        end="",
    )
    print("one run each\n")
    print("| junctions | destinations | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 2) + "|")
    grown: Grown = {}
    for nodes in options.sizes:
        if nodes * _BYTES_PER_NODE > _free_bytes():
            print(f"left out: {nodes:,} junctions ask for more memory than is free")
            continue
        network, _ = _grid(real, nodes)
        with tempfile.TemporaryDirectory() as folder:
            write_roads(Path(folder), network, whole=True)
            for count in options.destinations:
                write_points(Path(folder), network, _ORIGINS, count)
                _grow(grown, Path(folder), (len(network.node), count), names, options)
    print()
    return grown


def _grow(
    grown: Grown,
    folder: Path,
    size: tuple[int, int],
    names: Sequence[str],
    options: argparse.Namespace,
) -> None:
    """Measure one row, print it and add it to what is known."""
    work = size[0] * size[1]
    able = [name for name in names if name != "scipy" or work <= _MOST_SCIPY]
    # every first matrix starts without what the row before kept
    shutil.rmtree(folder / "cache", ignore_errors=True)
    found = measure(folder, able, 1, peer_rounds=1, here=options.here)
    cells = []
    for name in names:
        made = found.get(name, {})
        first, speeds = (float(median(made, each)[0]) for each in ("first", "speeds"))
        steps = {"first matrix": first, "other speeds": speeds}
        grown |= {
            (name, step, *size): seconds for step, seconds in steps.items() if not np.isnan(seconds)
        }
        shown = " / ".join(f"{each:.2f}" for each in steps.values() if not np.isnan(each))
        cells.append(f"{shown}; {made['mb'] / 1024:.1f} GB" if "mb" in made else shown)
    print(f"| {size[0]:,} | {size[1]:,} | " + " | ".join(cells) + " |", flush=True)


def _free_bytes() -> float:
    """Memory that a process can still have; without limit where nothing says so."""
    about = Path("/proc/meminfo")
    if not about.exists():
        return float("inf")
    lines = about.read_text("ascii").splitlines()
    return 1024.0 * int(next(line for line in lines if "MemAvailable" in line).split()[1])


def _real(real: RoadNetwork, options: argparse.Namespace) -> None:
    names = [name for name in options.only if name in ENGINES]
    counts = (50, 5) if options.quick else (500, 40)
    counts = (min(counts[0], len(real.node)), min(counts[1], len(real.node)))
    print(f"## The real extract: {_size(real)}, {counts[0]} origins x {counts[1]} destinations\n")
    with tempfile.TemporaryDirectory() as folder:
        write_roads(Path(folder), real, whole=False)
        write_points(Path(folder), real, *counts)
        found = _found(Path(folder), names, options)
    table(found)


def _found(
    folder: Path, names: Sequence[str], options: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    rounds = {"rounds": options.rounds, "peer_rounds": options.peer_rounds}
    return measure(folder, names, **rounds, here=options.here)


def _compile(real: RoadNetwork, names: Sequence[str], options: argparse.Namespace) -> None:
    """Time a first matrix on one tile with an empty cache of compiled code, and again."""
    if options.here or options.no_compile:
        return
    network, _ = tiled(real, 1, 1)
    print(f"The first matrix on one tile ({_size(network)}), as a process, seconds:\n")
    print("| engine | nothing compiled yet | compiled |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        write_roads(Path(folder), network, whole=True)
        write_points(Path(folder), network, 50, 5)
        for name in names:
            compiled = str(Path(folder) / f"compiled_{name}")
            environment = {**os.environ, "NUMBA_CACHE_DIR": compiled}
            runs = [run_apart(name, Path(folder), 0, environment) for _ in range(2)]
            cold, warm = (both(median(made or {}, "first")) for made in runs)
            print(f"| {name} | {cold} | {warm} |", flush=True)
    print()


def _size(network: RoadNetwork) -> str:
    return f"{len(network.node):,} junctions, {len(network.tail):,} arcs"


def _bisection(network: RoadNetwork) -> str:
    """Say how many roads METIS must cut to halve the network, where it is installed."""
    if not util.find_spec("pymetis"):
        return ""
    import pymetis  # noqa: PLC0415

    ends = np.r_[network.tail, network.head], np.r_[network.head, network.tail]
    pair = np.unique(ends[0] * len(network.node) + ends[1])
    start = np.searchsorted(pair // len(network.node), np.arange(len(network.node) + 1))
    graph = pymetis.CSRAdjacency(start, pair % len(network.node))
    cut, _ = pymetis.part_graph(2, adjacency=graph)
    return f"; METIS cuts {cut} roads to halve it"


if __name__ == "__main__":
    sys.exit(main())
