from __future__ import annotations

import contextlib
import json
import warnings
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from impact.errors import InputError
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from pathlib import Path

ZWOLLE = (6.1243, 52.5146)


def collection(*geometries: dict[str, object] | None) -> str:
    features = [
        {"type": "Feature", "properties": {"name": f"h{place}"}, "geometry": geometry}
        for place, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def point(*coordinates: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": list(coordinates)}


def fault_of(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["geojson", "json", "gpkg"])
def test_points_become_lat_and_lon(tmp_path: Path, ending: str) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["Isala", "Deventer"], "beds": [900, None], "code": [8025.0, 7416.0]},
        geometry=[Point(ZWOLLE), Point(6.19, 52.26)],
        crs=4326,
    )
    path = tmp_path / f"h.{ending}"
    frame.to_file(path, driver="GPKG" if ending == "gpkg" else "GeoJSON")

    table = read_table(path)

    assert table.where(table.rows[0]) == "feature 1"
    assert table.frame["name"].tolist() == ["Isala", "Deventer"]
    assert table.frame["beds"].tolist() == ["900", ""]
    assert table.frame["code"].tolist() == ["8025", "7416"]
    assert table.numbers("lat")[0] == pytest.approx([ZWOLLE[1], 52.26])
    assert table.numbers("lon")[0] == pytest.approx([ZWOLLE[0], 6.19])


def test_other_coordinate_systems_are_turned_into_degrees(tmp_path: Path) -> None:
    degrees = gpd.GeoDataFrame({"name": ["Isala"]}, geometry=[Point(ZWOLLE)], crs=4326)
    path = tmp_path / "h.gpkg"
    degrees.to_crs(28992).to_file(path)

    table = read_table(path)

    assert table.numbers("lat")[0] == pytest.approx([ZWOLLE[1]], abs=1e-6)
    assert table.numbers("lon")[0] == pytest.approx([ZWOLLE[0]], abs=1e-6)


def test_the_geometry_counts_and_a_property_lat_is_told(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["Isala"], "lat": [1.0]}, geometry=[Point(ZWOLLE)], crs=4326)
    path = tmp_path / "h.geojson"
    frame.to_file(path)

    table = read_table(path)

    assert table.numbers("lat")[0].tolist() == [ZWOLLE[1]]
    assert [str(note) for note in table.notes] == [
        "h.geojson: property 'lat' ignored, the geometry counts"
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hello", "h.geojson: expected a file that can be read, such as CSV"),
        ('{"type": "FeatureCollection", "fea', "h.geojson: expected a file that can be read"),
        (collection(), "h.geojson: expected at least one feature with a geometry"),
        (collection(point(6, 53), None), "h.geojson, feature 2, geometry: found 'none'"),
        (
            collection({"type": "LineString", "coordinates": [[6, 53], [7, 53]]}),
            "h.geojson, feature 1, geometry: found 'LineString', expected a Point",
        ),
        (
            b'{"type": "FeatureCollection",\n "name": "\xe9"}',
            "h.geojson, line 2: found 'byte 0xe9'",
        ),
        ("", "h.geojson: expected a table; the file is empty"),
    ],
)
def test_unusable_geojson_is_refused(tmp_path: Path, content: str | bytes, text: str) -> None:
    path = tmp_path / "h.geojson"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert fault_of(path).startswith(text)


def test_file_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + bytes(200))

    assert "expected a file that can be read, such as CSV" in fault_of(path)


def test_geopackage_without_coordinate_system_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(ZWOLLE)]).to_file(path)

    assert fault_of(path) == "h.gpkg, crs: expected a coordinate reference system"


def test_table_without_geometry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.gpkg"
    lines = gpd.GeoDataFrame({"name": ["a"]}, geometry=[LineString([(6, 53), (7, 53)])], crs=4326)
    lines.to_file(path)

    assert "found 'LineString', expected a Point" in fault_of(path)


def test_second_layer_is_told(tmp_path: Path) -> None:
    path = tmp_path / "h.gpkg"
    for layer in ("one", "two"):
        frame = gpd.GeoDataFrame({"name": [layer]}, geometry=[Point(ZWOLLE)], crs=4326)
        frame.to_file(path, layer=layer)

    table = read_table(path)

    assert table.frame["name"].tolist() == ["one"]
    assert any("More than one layer" in str(note) for note in table.notes)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(JSON, JSON)
@example(None, [0.0, float("inf")])
def test_any_json_gives_a_table_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, properties: object, coordinates: object
) -> None:
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": coordinates},
    }
    path = tmp_path_factory.getbasetemp() / "any.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    with contextlib.suppress(InputError):
        assert len(read_table(path).frame) == 1


def test_packed_shapes_parquet_and_kml_are_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["Noord"]}, geometry=gpd.points_from_xy([6.5], [53.2]), crs=4326
    )
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_file(tmp_path / "a.kml", driver="KML")
    frame.to_file(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for ending in ("shp", "shx", "dbf", "prj", "cpg"):
            packed.write(tmp_path / f"a.{ending}", f"a.{ending}")
    for ending in ("parquet", "kml", "zip"):
        found = read_table(tmp_path / f"a.{ending}").frame
        row = found.iloc[0]
        assert (row["name"], float(row["lat"]), float(row["lon"])) == ("Noord", 53.2, 6.5)
