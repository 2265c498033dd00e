"""Hold our minutes beside those of Valhalla and OSRM, on the same extract and the same points.

300 points and 30 destinations, drawn with a seed from the junctions of residential roads as they
stand in the file, so by no router. The last column leaves out our fixed minutes for starting and
parking, which the peers do not count. A peer that is not installed is left out, and said to be. A
graph of OSMnx is written as OpenStreetMap for the peers, which read no GraphML.

Example::

    python scripts/bench_routers.py helsinki.osm.pbf delft.graphml
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from importlib import metadata, resources, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import shapely

from impact import travel_times
from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ORIGINS, _DESTINATIONS = 300, 30
_PROFILES = ("vrij", "dal")
_PEERS = {"valhalla": "pyvalhalla", "osrm": "osrm-bindings"}
_ROWS = 50
"""Origins per question to Valhalla, which answers at most 2,500 pairs at once."""
_DRIVABLE = {
    f"{name}{link}"
    for name in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
} | {"unclassified", "residential", "living_street"}
_GRAPH_TAGS = ("highway", "maxspeed", "junction", "access", "lanes", "name", "ref")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print a table.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0.
    """
    parser = argparse.ArgumentParser(description="Our minutes beside those of other routers.")
    parser.add_argument("extracts", nargs="+", type=Path, help=".osm.pbf, or .graphml of OSMnx")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    for extract in options.extracts:
        if extract.suffix not in (".pbf", ".graphml"):
            parser.error(f"{extract}: expected .osm.pbf or .graphml (the peers read no other)")
    present = [name for name in _PEERS if util.find_spec(name)]
    for name, package in _PEERS.items():
        said = metadata.version(package) if name in present else "left out: not installed"
        print(f"{name}: {said}")
    if not present:
        return 0
    print("\n| extract | profile | peer | pairs | no route | r | median ratio | of the drive |")
    print("|---|---|---|---|---|---|---|---|")
    for extract in options.extracts:
        with tempfile.TemporaryDirectory() as folder:
            _compare(extract, Path(folder), present, options.seed)
    return 0


def _compare(extract: Path, folder: Path, present: Sequence[str], seed: int) -> None:
    roads = extract
    if extract.suffix == ".graphml":
        roads = folder / "graph.osm.pbf"
        _write_graph(extract, roads)
    places = _junctions(roads)
    if len(places) < _ORIGINS + _DESTINATIONS:
        print(f"{extract.name}: left out, {len(places)} junctions of residential roads")
        return
    chosen = np.random.default_rng(seed).permutation(len(places))[: _ORIGINS + _DESTINATIONS]
    points = places.iloc[chosen]
    asked = {"valhalla": _valhalla, "osrm": _osrm}
    peers = {name: asked[name](roads, folder, points) for name in present}
    for profile in _PROFILES:
        network = build_network(extract, profile=profile)
        times = travel_times(network, points[:_ORIGINS], points[_ORIGINS:])
        ours, fixed = times.minutes, network.profile.fixed_minutes
        for name, theirs in peers.items():
            both = np.isfinite(ours) & np.isfinite(theirs) & (theirs > 0)
            r = np.corrcoef(ours[both], theirs[both])[0, 1]
            ratios = [np.median((ours - off)[both] / theirs[both]) for off in (0.0, fixed)]
            lost = f"{np.isinf(ours).sum()} ours, {np.isnan(theirs).sum()} theirs"
            row = (extract.name, profile, name, str(both.sum()), lost)
            figures = (f"{r:.3f}", *(f"{ratio:.2f}" for ratio in ratios))
            print(f"| {' | '.join((*row, *figures))} |", flush=True)


def _junctions(roads: Path) -> pd.DataFrame:
    """Places where a residential road meets another road or itself."""
    ways: Counter[int] = Counter()
    residential: set[int] = set()
    for way in osmium.FileProcessor(str(roads), osmium.osm.WAY):
        highway = way.tags.get("highway", "none")
        if highway in _DRIVABLE:
            nodes = [node.ref for node in way.nodes]
            ways.update(nodes)
            residential.update(nodes if highway == "residential" else ())
    wanted = sorted(node for node in residential if ways[node] > 1)
    found = {
        node.id: (node.location.lat, node.location.lon)
        for node in osmium.FileProcessor(str(roads), osmium.osm.NODE).with_filter(
            osmium.filter.IdFilter(wanted)
        )
    }
    index = [str(node) for node in wanted if node in found]
    return pd.DataFrame([found[int(node)] for node in index], index=index, columns=["lat", "lon"])


def _write_graph(graph: Path, out: Path) -> None:
    """Write a graph as ways, one for the two directions of a road; signals as nodes have them."""
    read = nx.read_graphml(graph, node_type=str, force_multigraph=True)
    places: dict[tuple[float, float], int] = {}
    lines: dict[tuple[tuple[float, float], ...], dict[str, str]] = {}
    for tail, head, edge in read.edges(data=True):
        ends = [tuple(float(read.nodes[node][key]) for key in "xy") for node in (tail, head)]
        bends = shapely.from_wkt(edge["geometry"]).coords[1:-1] if "geometry" in edge else []
        line = (ends[0], *bends, ends[1])
        if line[::-1] in lines:
            lines[line[::-1]]["oneway"] = "no"
            continue
        tags = {
            key: edge[key].strip("[]").split(",")[0].strip("'\" ")
            for key in _GRAPH_TAGS
            if key in edge
        }
        lines.setdefault(line, {**tags, "oneway": "yes"})
        for place in line:
            places.setdefault(place, len(places) + 1)
    signals = {
        places[float(node["x"]), float(node["y"])]: {"highway": node["highway"]}
        for _, node in read.nodes(data=True)
        if "highway" in node and (float(node["x"]), float(node["y"])) in places
    }
    with osmium.SimpleWriter(str(out)) as writer:
        for place, number in places.items():
            tags = signals.get(number, {})
            node = osmium.osm.mutable.Node(id=number, location=place, tags=tags, version=1)
            writer.add_node(node)
        for number, (line, tags) in enumerate(lines.items(), 1):
            nodes = [places[place] for place in line]
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags, version=1))


def _run(peer: str, program: str, *arguments: str) -> None:
    path = str(resources.files(peer) / "bin" / program)
    subprocess.run([path, *arguments], check=True, stdout=subprocess.DEVNULL)


def _valhalla(roads: Path, folder: Path, points: pd.DataFrame) -> NDArray[np.float64]:
    import valhalla  # noqa: PLC0415  (a peer that need not be installed)

    tiles = folder / "tiles"
    tiles.mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=str(tiles), verbose=False)
    config["mjolnir"]["concurrency"] = 1
    settings = folder / "valhalla.json"
    settings.write_text(json.dumps(config), encoding="utf-8")
    _run("valhalla", "valhalla_build_tiles", "-c", str(settings), str(roads))
    actor = valhalla.Actor(config)
    places = points[["lat", "lon"]].to_dict("records")
    rows: list[list[dict[str, Any]]] = []
    for start in range(0, _ORIGINS, _ROWS):
        sources = places[start : min(start + _ROWS, _ORIGINS)]
        question = {"sources": sources, "targets": places[_ORIGINS:], "costing": "auto"}
        rows += actor.matrix(question)["sources_to_targets"]
    seconds = [[np.nan if cell["time"] is None else cell["time"] for cell in row] for row in rows]
    return np.array(seconds, dtype=np.float64) / 60.0


def _osrm(roads: Path, folder: Path, points: pd.DataFrame) -> NDArray[np.float64]:
    import osrm  # noqa: PLC0415  (a peer that need not be installed)

    car = resources.files("osrm") / "share" / "profiles" / "car.lua"
    made = str(folder / "roads.osrm")
    quiet = ("-t", "1", "-l", "ERROR")
    _run("osrm", "osrm-extract", *quiet, "-p", str(car), "-o", made, str(roads))
    _run("osrm", "osrm-partition", *quiet, made)
    _run("osrm", "osrm-customize", *quiet, made)
    router = osrm.OSRM(algorithm="MLD", storage_config=made, use_shared_memory=False)
    question = osrm.TableParameters(
        coordinates=list(zip(points["lon"], points["lat"], strict=True)),
        sources=list(range(_ORIGINS)),
        destinations=list(range(_ORIGINS, len(points))),
    )
    rows = [list(row) for row in router.Table(question)["durations"]]
    return np.array(rows, dtype=np.float64) / 60.0


if __name__ == "__main__":
    sys.exit(main())
