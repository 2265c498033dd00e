from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.bundled import data_path
from impact.errors import InputError
from impact.tables.places import (
    check_region,
    normal_postcode,
    read_hospitals,
    read_postcodes,
    read_regions,
)
from impact.tables.text_table import read_plain_points, read_table

if TYPE_CHECKING:
    from pathlib import Path

POSTCODES = "postcode,lat,lon,population\n9712,53.2195,6.5642,200\n8911,53.2014,5.7977,100\n"
HOSPITALS = "name,lat,lon\nNoord,53.2216,6.5765\nWest,53.1877,5.7856\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_postcodes_are_sorted_points_with_weights(tmp_path: Path) -> None:
    frame = read_postcodes(write(tmp_path, POSTCODES))

    assert list(frame.index) == ["8911", "9712"]
    assert frame["population"].tolist() == [100.0, 200.0]
    assert frame.crs == 4326
    assert frame.geometry["9712"].coords[0] == (6.5642, 53.2195)
    assert set(frame["region"]) == {""}
    assert frame.attrs["source"] == "a.csv"
    assert frame.attrs["notes"] == []


@pytest.mark.parametrize(
    ("code", "normal"),
    [
        ("9712 CP", "9712CP"),
        ("9712cp", "9712CP"),
        ("9712", "9712"),
        ("0712 CP", "0712 CP"),
        ("9712  cp", "9712CP"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("B-1000", "B-1000"),
    ],
)
def test_postcode_of_six_characters_is_written_one_way(
    tmp_path: Path, code: str, normal: str
) -> None:
    assert normal_postcode(code) == normal
    frame = read_postcodes(write(tmp_path, POSTCODES.replace("9712", code)))
    assert normal in frame.index


@given(st.text(max_size=8))
def test_writing_a_postcode_one_way_twice_changes_nothing(code: str) -> None:
    assert normal_postcode(normal_postcode(code)) == normal_postcode(code)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            POSTCODES.replace("8911", "9712"),
            ["a.csv, row 3, postcode: found '9712', expected each postcode once"],
        ),
        (POSTCODES.replace("8911", "9712.5"), ["a.csv, row 3, postcode: found '9712.5'"]),
        (POSTCODES.replace("8911", ""), ["a.csv, row 3, postcode: expected a value"]),
        (
            POSTCODES.replace("53.2195,6.5642", "6.5642,53.2195"),
            ["a.csv, row 2, lat, lon: found '6.5642, 53.2195'"],
        ),
        (POSTCODES.replace("53.2195", "0"), ["a.csv, row 2, lat, lon: found '0, 6.5642'"]),
        (POSTCODES.replace("53.2195", "532195"), ["a.csv, row 2, lat: found '532195'"]),
        (POSTCODES.replace(",200", ",-1"), ["a.csv, row 2, population: found '-1'"]),
        (POSTCODES.replace(",200", ","), ["a.csv, row 2, population: expected a number"]),
        (
            POSTCODES.replace("53.2195", "x").replace("5.7977", "y").replace(",100", ",z"),
            [
                "a.csv, row 2, lat: found 'x'",
                "a.csv, row 3, lon: found 'y'",
                "a.csv, row 3, population: found 'z'",
            ],
        ),
        (POSTCODES.replace(",lat,", ",latitude,"), ["a.csv, header, lat: expected a column 'lat'"]),
    ],
)
def test_every_fault_of_postcodes_is_told(tmp_path: Path, text: str, faults: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_postcodes(write(tmp_path, text))

    told = str(caught.value).splitlines()
    assert len(told) == len(faults)
    for line, start in zip(told, faults, strict=True):
        assert line.startswith(start)


def test_weights_are_those_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, POSTCODES.replace("population", "births"))

    assert read_postcodes(path, weights=["births"])["births"].sum() == 300
    assert "births" not in read_postcodes(path, weights=[])
    with pytest.raises(InputError, match="expected a column 'population'"):
        read_postcodes(path)


def test_unused_columns_are_told(tmp_path: Path) -> None:
    text = "postcode,lat,lon,population,mayor,colour\n9712,53.2,6.5,1,x,y\n"

    notes = list(map(str, read_postcodes(write(tmp_path, text)).attrs["notes"]))

    assert notes == ["a.csv: 2 columns not used: mayor, colour"]


def test_other_countries_need_their_own_bounds(tmp_path: Path) -> None:
    path = write(tmp_path, "name,lat,lon\nVaduz,47.14,9.52\n")

    with pytest.raises(InputError, match=r"expected a latitude from 50\.5 to 53\.8"):
        read_hospitals(path)
    assert list(read_hospitals(path, bounds=(9.0, 47.0, 10.0, 48.0)).index) == ["Vaduz"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            HOSPITALS.replace("West", "Noord"),
            ("a.csv, row 3, name: found 'Noord', expected each name"),
        ),
        (HOSPITALS.replace("West", " "), "a.csv, row 3, name: expected a value; the cell is empty"),
        (HOSPITALS.replace("name", "naam"), "a.csv, header, name: expected a column 'name'"),
    ],
)
def test_fault_of_hospitals_is_told(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hospitals(write(tmp_path, text))

    assert str(caught.value).startswith(fault)


def test_csv_geojson_and_geopackage_give_the_same_hospitals(tmp_path: Path) -> None:
    path = write(
        tmp_path, "name,lat,lon,organisation,note\nNoord,53.2,6.5,Org,\nWest,53.1,5.7,,x\n"
    )
    plain = read_hospitals(path)
    columns = pd.read_csv(path)
    points = gpd.points_from_xy(columns.pop("lon"), columns.pop("lat"), crs=4326)
    spatial = gpd.GeoDataFrame(columns, geometry=points)

    for name in ("a.geojson", "a.gpkg"):
        spatial.to_file(tmp_path / name)
        pd.testing.assert_frame_equal(
            pd.DataFrame(read_hospitals(tmp_path / name)), pd.DataFrame(plain), check_like=True
        )


def test_order_of_the_file_changes_nothing(tmp_path: Path) -> None:
    header, *rows = POSTCODES.splitlines()
    first = read_postcodes(write(tmp_path, POSTCODES))
    second = read_postcodes(write(tmp_path, "\n".join([header, *rows[::-1]])))

    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(50.6, 53.7), st.floats(3.1, 7.4), st.floats(0, 1e5)),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_come_back_in_full(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float]]
) -> None:
    lines = [f"{1000 + place},{y!r},{x!r},{p!r}" for place, (y, x, p) in enumerate(rows)]
    text = "\n".join(["postcode,lat,lon,population", *lines])
    frame = read_postcodes(write(tmp_path_factory.getbasetemp(), text))

    found = list(frame[["lat", "lon", "population"]].itertuples(index=False, name=None))
    assert found == rows


def test_member_of_two_regions_is_told(tmp_path: Path) -> None:
    text = "region,organisation,role\nA,Org,lid\nB,Org,lid\nB,Org,partner\n"

    with pytest.raises(InputError, match="row 3, organisation: found 'Org', expected one region"):
        read_regions(write(tmp_path, text))


def test_partner_of_another_region_is_no_fault(tmp_path: Path) -> None:
    text = "region,organisation,role\nA,Org,lid\nB,Org,partner\n"

    assert len(read_regions(write(tmp_path, text))) == 2


def test_shipped_regions_are_seven() -> None:
    assert read_regions()["region"].nunique() == 7


def test_unknown_region_suggests_the_nearest() -> None:
    check_region("A", ["A", "B"], source="study.toml")
    with pytest.raises(
        InputError, match=r"x\.toml, line 3, region: found 'Oost-Nederland', expected"
    ):
        check_region("Oost-Nederland", ["Oost", "West"], source="x.toml", where="line 3")


def test_shipped_hospitals_are_read_alike_with_and_without_a_library() -> None:
    path = data_path("hospitals.geojson")
    plain, whole = read_plain_points(path), read_table(path)
    pd.testing.assert_frame_equal(plain.frame, whole.frame)
    assert (plain.name, plain.sha256, plain.notes) == (whole.name, whole.sha256, whole.notes)
    assert plain.where(3) == whole.where(3)
