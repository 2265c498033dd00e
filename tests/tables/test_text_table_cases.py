"""Inputs that people have: hidden counts, thousands, first lines of spreadsheets, areas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from impact.errors import InputError
from impact.tables.places import normal_postcode, pc6_faults, read_hospitals, read_postcodes
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from impact.tables.text_table import Table

POSTCODES = "postcode,lat,lon,population\n9712,53.21,6.56,{}\n8911,53.20,5.79,20\n"


def table(folder: Path, text: str, name: str = "a.csv") -> Table:
    (folder / name).write_text(text, encoding="utf-8")
    return read_table(folder / name)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        table(folder, text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cell", "bounds"),
    [
        ("12", (12.0, 12.0)),
        ("<10", (1.0, 9.0)),
        ("< 5", (1.0, 4.0)),
        ("≤5", (1.0, 5.0)),
        ("<=5", (1.0, 5.0)),
        ("1-9", (1.0, 9.0)),
        ("1 – 9", (1.0, 9.0)),
        ("-99997", (0.0, 4.0)),
    ],
)
def test_a_hidden_count_is_the_middle_of_its_bounds(
    tmp_path: Path, cell: str, bounds: tuple[float, float]
) -> None:
    counts, faults = table(tmp_path, f"postcode,patients\n9712,{cell}\n8911,3\n").counts("patients")
    assert faults == []
    assert (counts.low[0], counts.high[0]) == bounds
    assert counts.middle.tolist() == [sum(bounds) / 2.0, 3.0]
    # a hidden middle is more than a fifth of these few
    expected = ["suppressed", "mostly_hidden"] if bounds[0] < bounds[1] else []
    assert [note.key for note in counts.notes("a.csv")] == expected


@pytest.mark.parametrize("cell", ["*", ".", "x", "<1", "<0", "9-1", "-5", "-99995"])
def test_a_count_hidden_without_bounds_is_asked_about(tmp_path: Path, cell: str) -> None:
    _, (fault,) = table(tmp_path, f"postcode,patients\n9712,{cell}\n").counts("patients")
    assert fault.value == cell
    assert "a hidden count with its bounds, such as <10, ≤5 or 1-9" in fault.expected


@pytest.mark.parametrize("cell", ["NA", "null", "NaN", "n/a", "-"])
def test_what_is_not_known_is_not_filled_in(tmp_path: Path, cell: str) -> None:
    _, (fault,) = table(tmp_path, f"a,b\n{cell},1\n").numbers("a", minimum=0.0, infinite=True)
    assert fault.expected == (
        "a number of 0 or more, or inf where there is no route; nothing is filled in for what is "
        "not known"
    )


def test_a_point_beside_semicolons_is_asked_about_in_counts_alone(tmp_path: Path) -> None:
    found = table(tmp_path, "postcode;lat;patients\n9712;53.211;1.250\n8911;53.201;12.5\n")
    counts, (fault,) = found.counts("patients")
    assert (fault.where, fault.value) == ("row 2", "1.250")
    assert fault.expected.startswith("1250 if a thousand is meant, or 1.25 if not")
    assert counts.middle[1] == 12.5
    assert found.numbers("lat")[1] == []
    # in a file with commas a point is a decimal mark, and beside decimal commas it is refused
    assert table(tmp_path, "postcode,patients\n9712,1.250\n").counts("patients")[1] == []
    mixed = table(tmp_path, "postcode;patients;x\n9712;1.250;1,5\n")
    assert len(mixed.counts("patients")[1]) == 1


def test_counts_of_residents_may_be_hidden_and_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(POSTCODES.format("<10"), encoding="utf-8")
    found = read_postcodes(path)
    assert found.loc["9712", "population"] == 5.0
    assert [note.key for note in found.attrs["notes"]] == ["suppressed"]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_the_line_for_a_spreadsheet_is_passed_over(tmp_path: Path, mark: str) -> None:
    found = table(tmp_path, f"sep={mark}\na{mark}b\n1{mark}x\n")
    assert list(found.frame.columns) == ["a", "b"]
    assert found.rows == [3]
    assert "separator_line" in [note.key for note in found.notes]
    assert "a header" in refusal(tmp_path, f"sep={mark}\n")


def test_one_name_in_two_unicode_forms_is_one_name(tmp_path: Path) -> None:
    found = table(tmp_path, "name,b\nCurac\u0327ao,1\n")
    assert found.frame["name"].tolist() == ["Cura\u00e7ao"]


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\u202e", "\x00", "\x7f"])
def test_characters_that_a_screen_obeys_are_refused(tmp_path: Path, character: str) -> None:
    said = refusal(tmp_path, f"name,b\nNoord,1\nWe{character}st,2\n")
    assert f"a.csv, row 3, name: found 'U+{ord(character):04X}'" in said
    assert "a.csv, header: found" in refusal(tmp_path, f"na{character}me,b\nNoord,1\n")
    feature = {
        "type": "Feature",
        "properties": {"name": f"We{character}st"},
        "geometry": {"type": "Point", "coordinates": [6.5, 53.2]},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    if character != "\x00":  # GDAL ends a text there
        with pytest.raises(InputError, match="feature 1, name: found 'U"):
            table(tmp_path, content, "h.geojson")


def test_the_middle_of_an_area_counts_as_its_point(tmp_path: Path) -> None:
    square = [[6.0, 53.0], [6.2, 53.0], [6.2, 53.2], [6.0, 53.2], [6.0, 53.0]]
    shapes = {
        "Polygon": [square],
        "MultiPoint": [[6.5, 53.5]],
        "Point": [6.7, 53.6],
    }
    features = [
        {
            "type": "Feature",
            "properties": {"name": kind},
            "geometry": {"type": kind, "coordinates": coordinates},
        }
        for kind, coordinates in shapes.items()
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features})
    found = table(tmp_path, content, "h.geojson")
    assert found.frame["lat"].astype(float).tolist() == pytest.approx([53.1, 53.5, 53.6])
    assert found.frame["lon"].astype(float).tolist() == pytest.approx([6.1, 6.5, 6.7])
    assert [str(note) for note in found.notes] == [
        "h.geojson: 1 areas; the middle of each counts as its point"
    ]


def test_several_points_in_one_are_refused(tmp_path: Path) -> None:
    shape = {"type": "MultiPoint", "coordinates": [[6.5, 53.5], [6.6, 53.5]]}
    feature = {"type": "Feature", "properties": {"name": "x"}, "geometry": shape}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    with pytest.raises(InputError, match="found 'MultiPoint', expected a Point, or an area"):
        table(tmp_path, content, "h.geojson")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv.gz", b"\x1f\x8b\x08more", "expected a file packed with gzip"),
        ("a.csv", b"\x1f\x8b\x08more", "found 'a file packed with gzip', expected UTF-8 text"),
        ("a.csv", "a,b".encode("utf-16"), "found 'text in UTF-16', expected UTF-8 text"),
        (
            "a.shp",
            b"no shapes",
            "expected a file that can be read, such as CSV (UTF-8, also .csv.gz), ",
        ),
    ],
)
def test_a_kind_of_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / name)
    assert message in str(caught.value)


def test_a_shapefile_is_read(tmp_path: Path) -> None:
    hospitals = gpd.GeoDataFrame(
        {"name": ["Noord"]}, geometry=gpd.points_from_xy([6.5], [53.2]), crs=4326
    )
    hospitals.to_file(tmp_path / "h.shp")
    assert read_hospitals(tmp_path / "h.shp").loc["Noord", "lat"] == 53.2


def test_a_postcode_with_a_decimal_is_the_postcode(tmp_path: Path) -> None:
    assert normal_postcode("9712.0") == "9712"
    assert normal_postcode("9712.5") == "9712.5"
    path = tmp_path / "p.csv"
    path.write_text(POSTCODES.format(10).replace("9712,", "9712.0,"), encoding="utf-8")
    assert list(read_postcodes(path).index) == ["8911", "9712"]


def test_rows_of_six_characters_beside_four_digits_are_explained(tmp_path: Path) -> None:
    found = table(tmp_path, "postcode,patients\n9712CP,5\n8911,1\n1011AB,2\n")
    (fault,) = pc6_faults(found, ["9712", "8911"])
    assert (fault.where, fault.value) == ("row 2", "9712CP")
    assert "four digits, as in the postcodes of the study" in fault.expected
    assert pc6_faults(found, ["9712CP", "8911"]) == []


def test_a_column_that_is_not_used_is_noted_with_what_it_looks_like(tmp_path: Path) -> None:
    found = table(tmp_path, "postcode,patients,Intervention,mayor\n9712,5,x,y\n")
    (note,) = found.unused(("postcode", "patients"), known=("intervention",))
    assert str(note) == "a.csv: 2 columns not used: Intervention (intervention?), mayor"
    assert found.unused(found.frame.columns) == ()


def test_a_feature_without_a_name_is_told_what_to_do(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": each, "geometry": {"type": "Point", "coordinates": at}}
        for each, at in (({"name": "Noord"}, [6.57, 53.22]), ({"amenity": "hospital"}, [6.9, 52.7]))
    ]
    path = tmp_path / "hospitals.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    expected = "give this feature a name in the file, or delete it there"
    with pytest.raises(InputError, match=expected) as caught:
        read_hospitals(path)
    assert str(caught.value).startswith("hospitals.geojson, feature 2, name")
