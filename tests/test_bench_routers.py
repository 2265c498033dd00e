"""scripts/bench_routers.py without a peer: what the peers are given."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import osmium
import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "bench_routers.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_routers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_routers"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A residential road there and back, with a bend, and a one-way road on from its end."""
    made = nx.MultiDiGraph(crs="epsg:4326")
    for name, x in (("1", 4.0), ("2", 4.1), ("3", 4.2)):
        made.add_node(name, x=str(x), y="52.0")
    made.nodes["2"]["highway"] = "traffic_signals"
    home = {"highway": "['residential', 'service']", "maxspeed": "30"}
    made.add_edge("1", "2", geometry="LINESTRING (4 52, 4.05 52.01, 4.1 52)", **home)
    made.add_edge("2", "1", geometry="LINESTRING (4.1 52, 4.05 52.01, 4 52)", **home)
    made.add_edge("2", "3", highway="tertiary")
    path = tmp_path / "graph.graphml"
    nx.write_graphml(made, path)
    return path


def test_peers_get_a_graph_as_roads(script: ModuleType, graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "graph.osm.pbf"
    script._write_graph(graph, out)
    ways = [
        (dict(way.tags), len(way.nodes))
        for way in osmium.FileProcessor(str(out)).with_filter(
            osmium.filter.EntityFilter(osmium.osm.WAY)
        )
    ]
    assert ways == [
        ({"highway": "residential", "maxspeed": "30", "oneway": "no"}, 3),
        ({"highway": "tertiary", "oneway": "yes"}, 2),
    ]
    nodes = [dict(each.tags) for each in osmium.FileProcessor(str(out), osmium.osm.NODE)]
    assert [tags for tags in nodes if tags] == [{"highway": "traffic_signals"}]


def test_points_come_from_junctions_of_residential_roads(
    script: ModuleType, graph: Path, tmp_path: Path
) -> None:
    out = tmp_path / "graph.osm.pbf"
    script._write_graph(graph, out)
    assert script._junctions(out).to_numpy().tolist() == [[52.0, 4.1]]


def test_a_file_that_no_peer_reads_is_refused(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        script.main(["roads.osm.gz"])
    assert "roads.osm.gz: expected .osm.pbf or .graphml" in capsys.readouterr().err
