"""scripts/bench_engines.py and the network that it measures on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.network import JoinRule, RoadNetwork
from impact.network.npz import write_network
from impact.network.speeds import SpeedProfile
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield {
            name: load(name) for name in ("_tiling", "_contenders", "_measuring", "bench_engines")
        }


def town(size: int = 12) -> RoadNetwork:
    """Streets in a square: `size` x `size` junctions a kilometre or so apart, all two-way."""
    random = np.random.default_rng(7)
    row, column = np.divmod(np.arange(size * size), size)
    east, north = np.flatnonzero(column < size - 1), np.flatnonzero(row < size - 1)
    one, other = np.r_[east, north], np.r_[east + 1, north + size]
    tail, head = np.r_[one, other], np.r_[other, one]
    km = np.tile(random.uniform(0.5, 2.0, len(one)), 2)
    profile = SpeedProfile("toy", (("local", 60.0, 30.0),))
    nodes, edges = size * size, len(tail)
    return RoadNetwork(
        node=np.arange(nodes),
        lat=52.0 + (row + random.uniform(-0.2, 0.2, nodes)) * 0.009,
        lon=5.0 + (column + random.uniform(-0.2, 0.2, nodes)) * 0.015,
        urban=np.zeros(nodes),
        joinable=np.ones(nodes, dtype=bool),
        zone=np.full(nodes, "", dtype=object),
        zone_marker=np.zeros(nodes, dtype=bool),
        tail=tail,
        head=head,
        km=km,
        road_class=np.full(edges, "local", dtype=object),
        edge_urban=np.zeros(edges),
        given_minutes=np.full(edges, np.nan),
        minutes=km,
        profile=profile,
        join=JoinRule(kind="edge", limit_km=2.0),
        about={"name": "town", "kind": "street"},
    )


def test_a_seam_carries_as_many_roads_as_cross_the_line(scripts: dict[str, ModuleType]) -> None:
    tiling, real = scripts["_tiling"], town()
    one, _ = tiling.tiled(real, 1, 1)
    two, seams = tiling.tiled(real, 2, 1)
    box = tiling.busiest_box(real)

    # the square of junctions within the borders, twice, and its streets that cross the east border
    assert len(two.node) == 2 * len(one.node)
    over = tiling.crossings(real, "lon", box.east)
    inside = (real.lat >= box.south) & (real.lat < box.north)
    crossing = int(
        inside[
            np.where(real.lon[real.tail[over]] < box.east, real.tail[over], real.head[over])
        ].sum()
    )
    between = (two.tail < len(one.node)) != (two.head < len(one.node))
    assert between.sum() == 2 * crossing
    assert seams.east_west <= crossing
    assert seams.meridians > 0


def test_a_seam_is_a_mirror(scripts: dict[str, ModuleType]) -> None:
    tiling = scripts["_tiling"]
    two, _ = tiling.tiled(town(), 2, 2)
    size = len(two.node) // 4
    # tiles 0 and 1 lie side by side: junctions and their images lie as far from the border
    middle = (two.lon[:size] + two.lon[size : 2 * size]) / 2
    np.testing.assert_allclose(middle, middle[0])
    np.testing.assert_allclose(two.lat[:size], two.lat[size : 2 * size])
    # so that the minutes between images are those between the junctions
    here = tiling.points_on(two, np.array([3, 7]), prefix="p")
    there = tiling.points_on(two, np.array([3, 7]) + size, prefix="q")
    times = travel_times(two, here, here).minutes
    np.testing.assert_allclose(travel_times(two, there, there).minutes, times)


def test_everything_reaches_everything(scripts: dict[str, ModuleType]) -> None:
    real = town()
    # a one-way street that leads out, and never back
    one_way = replace(real, tail=real.tail, minutes=real.minutes.copy())
    keep = ~((real.head == 66) & (real.tail != 65))
    edges = ("tail", "head", "km", "road_class", "edge_urban", "given_minutes", "minutes")
    cut = replace(
        one_way, **{name: getattr(one_way, name)[keep & (real.head != 66)] for name in edges}
    )
    network, _ = scripts["_tiling"].tiled(cut, 2, 2)
    graph = sparse.coo_array((np.ones(len(network.tail)), (network.tail, network.head)))

    assert csgraph.connected_components(graph, connection="strong")[0] == 1
    assert network.minutes.min() > 0


def test_the_benchmark_runs_and_all_give_the_same_minutes(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_network(town(), tmp_path / "town.impact")
    picture = tmp_path / "deep" / "engines.png"
    options = [
        "--quick",
        "--here",
        "--nodes",
        "400",
        "--only",
        "scipy",
        "networkx",
        "--plot",
        picture,
    ]

    assert (
        scripts["bench_engines"].main([str(each) for each in (tmp_path / "town.impact", *options)])
        == 0
    )
    shown = capsys.readouterr().out
    assert "roads cross a border between two" in shown
    assert "\n| scipy |" in shown
    assert "\n| networkx |" in shown
    assert "differs" not in shown
    assert picture.stat().st_size > 10_000


def test_what_does_not_fit_in_memory_is_left_out_and_said(
    scripts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    bench = scripts["bench_engines"]
    monkeypatch.setattr(bench, "_free_bytes", lambda: 400 * bench._BYTES_PER_NODE)
    monkeypatch.setattr(bench, "_MOST_SCIPY", 3_000)
    options = ["town.impact", "--here", "--rounds", "1", "--only", "scipy", "contracted"]
    sizes = ["--sizes", "300", "500", "--destinations", "5", "20"]
    grown = bench._growth(town(), bench._options([*options, *sizes]))

    assert "left out: 500 junctions ask for more memory" in capsys.readouterr().out
    junctions = {nodes for _, _, nodes, _ in grown}
    assert len(junctions) == 1
    assert {count for name, _, _, count in grown if name == "contracted"} == {5, 20}
    assert {count for name, _, _, count in grown if name == "scipy"} == {5}


def test_a_contender_that_differs_is_named(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "made_scipy.npy", np.array([[1.0, 2.0]]))
    np.save(tmp_path / "made_networkx.npy", np.array([[1.5]]))
    scripts["_measuring"].check(tmp_path, ["scipy", "networkx"])

    assert capsys.readouterr().out == "! networkx differs from scipy by 0.5 minutes\n"


def test_a_peer_that_fails_is_left_out_and_ours_is_not(
    scripts: dict[str, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    measuring = scripts["_measuring"]
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nTypeError: no such thing\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)

    assert measuring.run_apart("routingkit-cch", Path(), 1) is None
    assert capsys.readouterr().out == (
        "left out: routingkit-cch failed (TypeError: no such thing)\n"
    )
    with pytest.raises(RuntimeError, match="no such thing"):
        measuring.run_apart("scipy", Path(), 1)
