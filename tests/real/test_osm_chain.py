"""The whole chain on roads from OpenStreetMap, with nothing but the roads changed.

The extract holds roads alone, so its hospitals are made up, like its residents.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.cli import main
from impact.network.network import NOT_JOINED
from impact.network.npz import read_network, write_network
from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

EXTRACT = "osm/rhein_neckar.osm.pbf"


@pytest.fixture(scope="module")
def roads(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roads") / "rhein_neckar.impact"
    write_network(build_network(shared_data / EXTRACT), path)
    return path


def places(network: RoadNetwork, count: int, *, seed: int) -> pd.DataFrame:
    """Points some fifty metres from junctions where people can live."""
    rng = np.random.default_rng(seed)
    closed = np.isin(network.road_class, sorted(NOT_JOINED))
    chosen = rng.choice(np.unique(network.tail[~closed]), count, replace=False)
    lat, lon = (
        axis[chosen] + rng.normal(0.0, 0.0005, count) for axis in (network.lat, network.lon)
    )
    return pd.DataFrame({"lat": lat, "lon": lon})


def demand_points(network: RoadNetwork, count: int) -> pd.DataFrame:
    points = places(network, count, seed=20261122)
    return points.assign(
        postcode=[f"P{number:03d}" for number in range(count)],
        population=np.random.default_rng(1).integers(100, 5000, count),
        municipality=np.where(points["lon"] < 8.5, "West", "Oost"),
    )


def test_a_study_runs_on_roads_of_an_extract(
    roads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = read_network(roads)
    names = [f"Klinik {letter}" for letter in "ABCDEF"]
    sites = places(network, len(names), seed=7)
    sites.assign(name=names).to_csv(tmp_path / "hospitals.csv", index=False)
    points = demand_points(network, 300)
    points.to_csv(tmp_path / "points.csv", index=False)
    (tmp_path / "study.toml").write_text(
        "[study]\n"
        'title = "Rhein-Neckar"\n'
        'region = "Rhein-Neckar"\n'
        'postcodes = "points.csv"\n'
        'hospitals = "hospitals.csv"\n'
        "[[intervention]]\n"
        'name = "Operation"\n'
        f"providers = {json.dumps(names, ensure_ascii=False)}\n"
        "stop_count = 2\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    command = ["impact", "run", str(tmp_path / "study.toml"), "--roads", str(roads)]
    monkeypatch.setattr("sys.argv", [*command, "--out", str(out), "--quiet", "--no-cache"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {0, None}
    summary = pd.read_csv(out / "data" / "summary.csv")
    assert summary["demand"].tolist() == [points["population"].sum()]
    assert summary["unreachable"].tolist() == [0]
    assert 0 < summary.loc[0, "mean_extra_moved"] < 45
    flows = pd.read_csv(out / "data" / "flows.csv")
    assert set(flows["postcode"]) == set(points["postcode"])
    assert flows["minutes_before"].between(0, 60).all()
    assert (flows["extra_minutes"] >= 0).all()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["roads"]["kind"] == "street"
    assert manifest["counts"]["far_points"] == []
    assert "verkennend netwerk" not in (out / "report.html").read_text(encoding="utf-8")
