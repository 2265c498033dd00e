from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from three_towns import files_in, impact
from toy import EMMEN, EMMEN_OPENS, GRONINGEN, KIDNEY, LEEUWARDEN, PANCREAS, toy_result

from impact.outputs.files.folder import GEOPACKAGE, GEOPARQUET, write_run
from impact.outputs.files.gis import AREAS, CASES, FLOWS, HOSPITALS, POINTS, layers, write_gpkg

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def package(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gis") / "results.gpkg"
    write_gpkg(layers(noordoost_result), path, created=str(noordoost_result.manifest["created"]))
    return path


def test_geopandas_reads_the_figures_of_every_case(package: Path, noordoost_result: Result) -> None:
    areas = gpd.read_file(package, layer=AREAS).set_index("postcode")
    points = gpd.read_file(package, layer=POINTS).set_index("postcode")
    assert areas.crs == points.crs == "EPSG:4326"
    assert set(points.geometry.geom_type) == {"Point"}
    assert set(areas.geometry.dropna().geom_type) == {"MultiPolygon"}
    for number, view in enumerate(noordoost_result.principal, start=1):
        rows = view.postcodes
        for name in ("demand", "moved", "mean_extra_moved"):
            for frame in (areas, points):
                ours = frame.loc[rows.index, f"case{number}_{name}"]
                assert np.allclose(ours, rows[name], equal_nan=True)
    # an area lies around its point, or beside it where that is in water
    known = areas.index[areas.geometry.notna()]
    apart = shapely.distance(areas.geometry[known].array, points.geometry[known].array)
    assert (apart < 0.02).mean() > 0.99


def test_pyogrio_reads_who_goes_where(package: Path, noordoost_result: Result) -> None:
    assert set(pyogrio.list_layers(package)[:, 0]) == {AREAS, POINTS, HOSPITALS, FLOWS, CASES}
    flows = pyogrio.read_dataframe(package, layer=FLOWS)
    cases = pyogrio.read_dataframe(package, layer=CASES).set_index("case")
    hospitals = pyogrio.read_dataframe(package, layer=HOSPITALS).set_index("name")
    assert len(flows) == len(noordoost_result.flows)
    moved = flows[flows["moved"]].groupby("case")["demand"].sum()
    assert np.allclose(moved, cases.loc[moved.index, "moved"])
    line = flows[flows["moved"]].iloc[0]
    end = hospitals.geometry[line["provider_after"]]
    assert line.geometry.coords[-1] == (end.x, end.y)
    for number, view in enumerate(noordoost_result.principal, start=1):
        stops = hospitals.index[hospitals[f"case{number}_role"] == "stops"]
        assert set(stops) == set(view.case.stops)


def test_the_same_run_gives_the_same_bytes(toy: Result, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_gpkg(layers(toy), tmp_path / name, created=str(toy.manifest["created"]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_a_route_there_is_no_line_and_no_minute(toy: Result) -> None:
    made = layers(toy)
    points = made[POINTS].set_index("postcode")
    assert points["no_route"].to_dict() == {
        "7811": False,
        "8899": True,
        "8911": False,
        "9166": False,
        "9712": False,
    }
    assert np.isnan(points.loc["8899", "case1_mean_after"])
    flows = made[FLOWS]
    assert flows.geometry.isna().equals(flows["postcode"] == "8899")
    number = list(made[CASES]["scenario"]).index(EMMEN_OPENS) + 1
    roles = made[HOSPITALS].set_index("name")[f"case{number}_role"]
    assert roles[[LEEUWARDEN, EMMEN, GRONINGEN]].tolist() == ["stops", "opens", "stays"]
    assert set(made[CASES]["intervention"]) == {PANCREAS, KIDNEY}


def test_the_command_writes_it_and_a_new_run_takes_it_away(toy: Result, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_run(toy, folder)
    before = files_in(folder)
    outcome = impact("report", folder, "--gpkg", "--geoparquet")
    assert outcome.code == 0, outcome.err
    assert files_in(folder) - before == {GEOPACKAGE, *GEOPARQUET.values()}
    read = gpd.read_parquet(folder / GEOPARQUET[FLOWS])
    assert len(read) == len(toy.flows)
    assert len(pd.read_parquet(folder / GEOPARQUET[CASES])) == len(toy.principal)
    write_run(toy, folder)
    assert files_in(folder) == before
