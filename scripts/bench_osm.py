"""Time and memory of building a network, beside the peers, in the same run.

Every contender gets a process of its own; medians of several rounds, taken in turns so that a busy
machine is busy for all. A peer that is not installed is left out, and said to be.

Example::

    python scripts/bench_osm.py rhein_neckar.osm.pbf liechtenstein.osm.pbf --rounds 3
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import osmium

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEASURE = """
import json, resource
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
# not ru_maxrss, which a process inherits from the one that started it
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({{"cpu": used.ru_utime + used.ru_stime, "mb": int(peak.split()[1]) / 1024}}))
"""
_CLASSES = {
    f"{name}{link}"
    for name in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
} | {"unclassified", "residential", "living_street", "service"}
_CONTENDERS = {
    "impact": (
        "osmium",
        """
from impact.network.osm.build import build_network
from impact.network.osm.build import build_manifest, write_built
network = build_network({pbf!r})
write_built(network, {out!r}, build_manifest(network, {pbf!r}))
""",
    ),
    "scan": (
        "osmium",
        """
import osmium
ways = osmium.FileProcessor({pbf!r}, osmium.osm.NODE | osmium.osm.WAY).with_locations()
for each in ways.with_filter(osmium.filter.KeyFilter("highway")):
    pass
""",
    ),
    "osmnx": (
        "osmnx",
        """
import osmnx
graph = osmnx.graph_from_xml({xml!r})
graph = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph))
""",
    ),
    "pyrosm": (
        "pyrosm",
        """
import pyrosm
osm = pyrosm.OSM({pbf!r})
nodes, edges = osm.get_network(network_type="driving", nodes=True)
graph = osm.to_graph(nodes, edges, graph_type="networkx")
""",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurements and print a table.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0.
    """
    parser = argparse.ArgumentParser(description="Build networks, ours and the peers'.")
    parser.add_argument("extracts", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    present = {name: each for name, each in _CONTENDERS.items() if util.find_spec(each[0])}
    print(f"{platform.machine()}, Python {platform.python_version()}, medians of {options.rounds}")
    versions = {each[0] for each in present.values()}
    print(", ".join(f"{name} {metadata.version(name)}" for name in sorted(versions)))
    for name in sorted(set(_CONTENDERS) - set(present)):
        print(f"left out: {name} is not installed")
    print("\n| extract | contender | CPU seconds | MB |\n|---|---|---|---|")
    for extract in options.extracts:
        for name, found in _measure(extract, present, options.rounds).items():
            cpu, size = (statistics.median(each[key] for each in found) for key in ("cpu", "mb"))
            print(f"| {extract.name} | {name} | {cpu:.2f} | {size:.0f} |")
    return 0


def _measure(
    extract: Path, present: dict[str, tuple[str, str]], rounds: int
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in present}
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "roads.osm"
        # OSMnx takes every way for a road, and keeps no car off a footpath: it gets main classes
        with osmium.BackReferenceWriter(str(xml), ref_src=str(extract)) as writer:
            for each in osmium.FileProcessor(str(extract), osmium.osm.WAY):
                if each.tags.get("highway", "none") in _CLASSES:
                    writer.add(each)
        paths = {"pbf": str(extract), "xml": str(xml), "out": str(Path(folder) / "roads.impact")}
        for _ in range(rounds):
            for name, (_, code) in present.items():
                script = _MEASURE.format(code=code.format(**paths))
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", script],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return found


if __name__ == "__main__":
    sys.exit(main())
