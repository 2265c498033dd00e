"""PC6: demand points and weighted PC4 points from a table such as that of CBS."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import typer
from typer.testing import CliRunner

from impact.analysis.run import run_study
from impact.commands.fetch import demand_points as command
from impact.errors import InputError
from impact.study.read import read_study
from impact.tables import pc6 as pc6_files
from impact.tables.pc6 import pc4_points, read_pc6, with_regions, write_points
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from pathlib import Path

CBS = """postcode6,aantal_inwoners,aantal_inwoners_65_jaar_en_ouder,dichtheid,lat,lon
9712CP,30,10,5,53.22,6.56
9711 ab,-99997,-99997,7,53.21,6.57
9712CR,10,-99997,2,53.23,6.56
"""


def table(path: Path, text: str = CBS) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def shapes(frame: pd.DataFrame, size: float = 100.0) -> gpd.GeoDataFrame:
    """Give points the squares that CBS would draw, in the Dutch grid."""
    points = gpd.GeoSeries.from_xy(frame["lon"], frame["lat"], crs=4326).to_crs(28992)
    squares = points.buffer(size, cap_style="square")
    return gpd.GeoDataFrame(frame.drop(columns=["lat", "lon"]), geometry=squares, crs=28992)


def test_only_what_is_needed_is_read_and_what_is_hidden_is_counted(tmp_path: Path) -> None:
    found = read_pc6(table(tmp_path / "cbs.csv"))
    assert found.index.tolist() == ["9711AB", "9712CP", "9712CR"]
    assert found.columns.tolist() == ["lat", "lon", "population", "population_65plus"]
    assert found["population"].tolist() == [0, 30, 10]
    assert found["population_65plus"].tolist() == [0, 10, 0]
    assert list(map(str, found.attrs["notes"])) == [
        "cbs.csv: 1 of 3 counts of population are hidden or empty; each counts as 0",
        "cbs.csv: 2 of 3 counts of population_65plus are hidden or empty; each counts as 0",
    ]
    assert read_pc6(tmp_path / "cbs.csv", hidden=2)["population"].tolist() == [2, 30, 10]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("PC6,INWONER,lat,lon", "9712CP,30,53.22,6.56"),
        ("postcode;inwoners;latitude;longitude", "9712CP;30;53,22;6,56"),
        ("Postcode6\tAantal inwoners\tLat\tLng", "9712CP\t30\t53.22\t6.56"),
        ('"pc6","population","lat","lon"', '"9712CP","30","53.22","6.56"'),
    ],
)
def test_names_and_marks_of_several_editions_are_known(
    header: str, row: str, tmp_path: Path
) -> None:
    found = read_pc6(table(tmp_path / "x.csv", f"\ufeff{header}\n{row}\n"))
    assert found.loc["9712CP"].tolist() == [53.22, 6.56, 30]


def test_metres_of_the_dutch_grid_become_degrees(tmp_path: Path) -> None:
    # the origin of the grid: the tower of Amersfoort
    text = "pc6,inwoners,x,y\n3811AA,5,155000,463000\n"
    found = read_pc6(table(tmp_path / "x.csv", text))
    assert found.loc["3811AA", ["lat", "lon"]].tolist() == pytest.approx(
        [52.15517, 5.38721], abs=2e-5
    )


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "zip"])
def test_areas_give_the_point_inside(ending: str, tmp_path: Path) -> None:
    plain = read_pc6(table(tmp_path / "cbs.csv"))
    frame = shapes(pd.read_csv(tmp_path / "cbs.csv"))
    path = tmp_path / f"cbs.{ending}"
    if ending == "zip":
        frame.to_file(tmp_path / "inside.gpkg")
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "inside.gpkg", "map/inside.gpkg")
            archive.writestr("leesmij.txt", "CBS")
    else:
        (frame if ending == "gpkg" else frame.to_crs(4326)).to_file(path)
    found = read_pc6(path)
    assert found.index.tolist() == plain.index.tolist()
    np.testing.assert_allclose(found, plain, atol=2e-5)


def test_the_point_of_a_hollow_area_lies_in_it(tmp_path: Path) -> None:
    ring = shapely.box(100_000, 450_000, 101_000, 451_000).difference(
        shapely.box(100_100, 450_100, 100_900, 451_000)
    )
    frame = gpd.GeoDataFrame(
        {"postcode6": ["2801AA"], "aantal_inwoners": [5]}, geometry=[ring], crs=28992
    )
    frame.to_file(tmp_path / "x.gpkg")
    found = read_pc6(tmp_path / "x.gpkg")
    point = gpd.GeoSeries.from_xy(found["lon"], found["lat"], crs=4326).to_crs(28992)
    assert ring.buffer(1).contains(point.iloc[0])


def test_pieces_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "cbs.csv")
    shapes(pd.read_csv(path)).to_file(tmp_path / "cbs.gpkg")
    whole = [read_pc6(path), read_pc6(tmp_path / "cbs.gpkg")]
    monkeypatch.setattr(pc6_files, "_ROWS", 2)
    for before, after in zip(whole, [read_pc6(path), read_pc6(tmp_path / "cbs.gpkg")], strict=True):
        pd.testing.assert_frame_equal(before, after)
    table(path, CBS + "97,5,5,5,53.2,6.5\n")
    with pytest.raises(InputError, match="row 5, postcode: found '97'"):
        read_pc6(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("9712CP", "9712", "row 2, postcode: found '9712', expected a PC6 such as 9712CP"),
        ("9712CR", "9712CP", "found '9712CP', expected each PC6 once"),
        ("53.23", "6.56", "row 4, lat, lon: found '6.56, 6.56', expected a point in the Nether"),
        ("53.23", "", "row 4, lat, lon: found 'nan, 6.56'"),
        ("30,10", "-3,10", "row 2, population: found '-3', expected 0 or more"),
        ("30,10", "dertig,10", "row 2, population: found 'dertig', expected a number"),
        ("aantal_inwoners,", "mensen,", "header, population: expected one of the columns aantal"),
        ("lat,lon", "noord,oost", "header, lat: expected one of the columns lat, latitude"),
        ("53.22,6.56", "53.22,6.56,9,9", "a readable CSV or GeoPackage"),
        (CBS, "", "the file is empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        read_pc6(table(tmp_path / "cbs.csv", CBS.replace(old, new)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.csv", "a readable file"),
        ("noise.gpkg", "a readable CSV or GeoPackage"),
        ("noise.zip", "a whole zip file"),
        ("text.zip", "a zip file with one GeoPackage or CSV"),
        ("plain.gpkg", r"a layer of shapes with one of the columns postcode6, pc6"),
    ],
)
def test_files_that_hold_no_such_table_are_refused(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "noise.gpkg").write_bytes(b"noise" * 100)
    (tmp_path / "noise.zip").write_bytes(b"noise" * 100)
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.writestr("leesmij.txt", "CBS")
    point = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(5, 52)], crs=4326)
    point.to_file(tmp_path / "plain.gpkg")
    with pytest.raises(InputError, match=message):
        read_pc6(tmp_path / name)


def test_pc4_points_lie_where_people_live(tmp_path: Path) -> None:
    found = pc4_points(read_pc6(table(tmp_path / "cbs.csv")))
    # 30 residents at 53.22 and 10 at 53.23; nobody in 9711, whose point is its only PC6
    assert found["lat"].to_dict() == pytest.approx({"9711": 53.21, "9712": 53.2225})
    assert found["population"].to_dict() == {"9711": 0, "9712": 40}
    assert found["pc6"].to_dict() == {"9711": 1, "9712": 2}
    # 0.0025 degrees for three quarters of them, 0.0075 for the others
    kilometres = 0.00375 * 6371.0088 * np.pi / 180
    assert found["spread_km"].to_dict() == pytest.approx({"9711": 0, "9712": kilometres}, abs=1e-6)


def test_regions_are_those_of_the_pc4(tmp_path: Path) -> None:
    text = CBS + "9999ZZ,5,5,5,53.4,6.5\n1000AA,5,5,5,52.4,4.9\n"
    found = with_regions(read_pc6(table(tmp_path / "cbs.csv", text)))
    assert found.loc["9712CP", ["municipality", "region"]].tolist() == [
        *("Groningen", "Noordoost-Nederland")
    ]
    assert found.loc["1000AA", "region"] == ""
    assert str(found.attrs["notes"][-1]) == (
        "1 PC4 are not in the shipped table and get no region: 1000"
    )


def test_a_study_can_name_the_points(tmp_path: Path) -> None:
    # nine PC6 around each of forty PC4 of the region; residents are divided evenly
    shipped = read_postcodes()
    some = shipped[shipped["region"] == "Noordoost-Nederland"].iloc[::20].head(40)
    letters = ["AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AJ"]
    rows = [
        (f"{code}{tail}", row["population"] / 9, row["lat"], row["lon"] + (k - 4) * 1e-3)
        for code, row in some.iterrows()
        for k, tail in enumerate(letters)
    ]
    frame = pd.DataFrame(rows, columns=["postcode6", "aantal_inwoners", "lat", "lon"])
    frame.to_csv(tmp_path / "cbs.csv", index=False)
    write_points(with_regions(read_pc6(tmp_path / "cbs.csv")), tmp_path / "pc6.csv")
    text = """
[study]
title = "PC6"
region = "Noordoost-Nederland"
postcodes = "pc6.csv"

[[intervention]]
name = "Pancreasresecties"
providers = ["UMC Groningen", "Isala Zwolle", "Medisch Spectrum Twente"]
stop_count = 1
"""
    result = run_study(read_study(table(tmp_path / "study.toml", text)), use_cache=False)
    assert len(result.postcodes) == 360
    assert set(result.postcodes.index) == set(frame["postcode6"])
    people = result.summary["demand"].astype(float)
    assert people.to_numpy() == pytest.approx(some["population"].sum(), rel=1e-5)


@pytest.fixture
def app() -> typer.Typer:
    out = typer.Typer()
    out.command()(command)
    return out


def test_the_command_writes_both_tables(tmp_path: Path, app: typer.Typer) -> None:
    source = table(tmp_path / "cbs.csv")
    arguments = [str(source), "--out", str(tmp_path / "pc6.csv"), "--pc4", str(tmp_path / "4.csv")]
    done = CliRunner().invoke(app, [*arguments, "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "3 PC6 with 40 residents" in done.output
    assert "1 of 3 counts of population are hidden" in done.output.replace("\n", " ")
    six, four = (read_postcodes(tmp_path / name) for name in ("pc6.csv", "4.csv"))
    assert (len(six), len(four)) == (3, 2)
    assert six["population"].sum() == four["population"].sum() == 40
    assert CliRunner().invoke(app, [*arguments, "--quiet"]).output == ""


def test_a_failing_command_writes_nothing(tmp_path: Path, app: typer.Typer) -> None:
    source = table(tmp_path / "cbs.csv", "a,b\n1,2\n")
    done = CliRunner().invoke(app, [str(source), "--out", str(tmp_path / "pc6.csv")])
    assert isinstance(done.exception, InputError)
    assert [path.name for path in tmp_path.iterdir()] == ["cbs.csv"]


PC4 = """postcode,aantal_inwoners,aantal_inwoners_65_jaar_en_ouder,gemiddelde_woz_waarde,lat,lon
9712,2000,300,-99997,53.2195,6.5642
8911,1000,-99995,-99997,53.2014,5.7977
7811,-99997,-99997,-99997,52.788,6.8936
"""


@pytest.mark.parametrize("ending", ["csv", "gpkg"])
def test_pc4_as_published_become_demand_points(
    ending: str, tmp_path: Path, app: typer.Typer
) -> None:
    path = table(tmp_path / "cbs_pc4.csv", PC4)
    if ending == "gpkg":
        path = tmp_path / "cbs_pc4.gpkg"
        # the published file has areas in the Dutch grid, and postcodes as numbers
        shapes(pd.read_csv(tmp_path / "cbs_pc4.csv")).to_file(path)
    out = tmp_path / "points.csv"
    done = CliRunner().invoke(app, [str(path), "--out", str(out), "--lang", "en"])
    assert "3 PC4 with 3,000 residents" in done.output
    assert "1 of 3 counts of population are hidden" in " ".join(done.output.split())
    points = read_postcodes(out)
    assert points["population"].to_dict() == {"7811": 0.0, "8911": 1000.0, "9712": 2000.0}
    assert points.loc["9712", ["lat", "lon"]].tolist() == pytest.approx([53.2195, 6.5642], abs=2e-5)
    assert points.loc["9712", "municipality"] == "Groningen"
    gathered = ["--pc4", str(tmp_path / "pc4.csv")]
    refused = CliRunner().invoke(app, [str(path), "--out", str(tmp_path / "other.csv"), *gathered])
    assert "a table of PC6 to gather; this one is of PC4" in str(refused.exception)
    assert not (tmp_path / "other.csv").exists()


def test_a_table_holds_one_kind_of_postcodes(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", PC4 + "9712CP,5,1,1,53.22,6.56\n")
    with pytest.raises(InputError, match="row 5, postcode: found '9712CP', expected a PC4"):
        read_pc6(path)


def test_a_study_says_what_reads_a_table_of_cbs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`impact postcodes`, which reads 'aantal_inwoners'"):
        read_postcodes(table(tmp_path / "cbs_pc4.csv", PC4))
