"""Hospitals of an OpenStreetMap extract, and how they match ours."""

from __future__ import annotations

import bz2
import gzip
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from impact.commands.roads import hospitals as command
from impact.errors import InputError
from impact.network.hospitals import find_hospitals, likeness, match_hospitals, write_candidates
from impact.tables.places import read_hospitals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOSPITAL = {"amenity": "hospital"}


def tags(**values: str) -> str:
    return "".join(f'<tag k="{k.replace("__", ":")}" v="{v}"/>' for k, v in values.items())


def node(number: int, lat: float, lon: float, **values: str) -> str:
    return f'<node id="{number}" version="1" lat="{lat}" lon="{lon}">{tags(**values)}</node>'


def way(number: int, nodes: Sequence[int], **values: str) -> str:
    refs = "".join(f'<nd ref="{each}"/>' for each in nodes)
    return f'<way id="{number}" version="1">{refs}{tags(**values)}</way>'


def relation(number: int, members: Sequence[tuple[str, int, str]], **values: str) -> str:
    inside = "".join(f'<member type="{t}" ref="{r}" role="{role}"/>' for t, r, role in members)
    return f'<relation id="{number}" version="1">{inside}{tags(**values)}</relation>'


def square(first: int, lat: float, lon: float, size: float) -> str:
    """Four nodes, the south-western one first, anticlockwise."""
    corners = [(0, 0), (0, size), (size, size), (size, 0)]
    return "".join(node(first + k, lat + y, lon + x) for k, (y, x) in enumerate(corners))


def extract(path: Path, *objects: str, bounds: str = "") -> Path:
    path.write_text(f'<osm version="0.6" generator="test">{bounds}{"".join(objects)}</osm>')
    return path


BOUNDS = '<bounds minlat="52.9" minlon="6" maxlat="53.5" maxlon="7"/>'

# A node; a closed way; a multipolygon of two half rings with a court in it; and no hospitals.
REGION = (
    node(1, 53.0, 6.5, **HOSPITAL, name="Noord", operator="Zorg &amp; Zo", emergency="yes"),
    square(10, 53.1, 6.1, 0.002),
    way(20, [10, 11, 12, 13, 10], healthcare="hospital", name="Zuid", addr__city="Stad"),
    square(30, 53.2, 6.2, 0.004),
    square(40, 53.203, 6.203, 0.001),
    way(50, [30, 31, 32]),
    way(51, [32, 33, 30]),
    way(52, [40, 41, 42, 43, 40]),
    relation(
        60,
        [("w", 50, "outer"), ("w", 51, "outer"), ("w", 52, "inner"), ("n", 1, "label")],
        type="multipolygon",
        **HOSPITAL,
        name="Oost",
    ),
    node(70, 53.0, 6.6, amenity="clinic", name="Poli"),
    way(71, [10, 11, 12, 10], building="hospital", name="Gebouw"),
)


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return extract(tmp_path / "region.osm", *REGION, bounds=BOUNDS)


def test_nodes_ways_and_relations_are_found_with_their_tags(region: Path) -> None:
    found = find_hospitals(region)
    assert found["osm"].to_dict() == {"Noord": "node 1", "Oost": "relation 60", "Zuid": "way 20"}
    assert found.loc["Noord", ["operator", "emergency"]].tolist() == ["Zorg & Zo", "yes"]
    assert found.loc["Zuid", ["city", "amenity", "healthcare"]].tolist() == [
        *("Stad", "", "hospital")
    ]
    assert found.loc["Zuid", ["lat", "lon"]].tolist() == pytest.approx([53.101, 6.101])
    assert found.attrs["bounds"] == pytest.approx((6, 52.9, 7, 53.5))
    assert found.crs.to_epsg() == 4326


def test_the_court_inside_moves_the_centroid(region: Path) -> None:
    # 16 parts with the middle at 2, less 1 part with the middle at 3.5 thousandths of a degree
    middle = (16 * 2.0 - 1 * 3.5) / 15 / 1000
    found = find_hospitals(region).loc["Oost", ["lat", "lon"]].tolist()
    assert found == pytest.approx([53.2 + middle, 6.2 + middle], abs=1e-7)


def test_compressed_extracts_are_the_same(region: Path) -> None:
    plain = find_hospitals(region)
    for ending, pack in (("gz", gzip.compress), ("bz2", bz2.compress)):
        packed = region.with_name(f"region.osm.{ending}")
        packed.write_bytes(pack(region.read_bytes()))
        pd.testing.assert_frame_equal(pd.DataFrame(find_hospitals(packed)), pd.DataFrame(plain))


def test_parts_of_a_hospital_merge_and_namesakes_do_not(tmp_path: Path) -> None:
    path = extract(
        tmp_path / "x.osm",
        square(10, 53.1, 6.1, 0.002),
        way(20, [10, 11, 12, 13, 10], **HOSPITAL, name="Zuid"),
        node(1, 53.101, 6.101, **HOSPITAL, name="Zuid"),
        node(2, 53.1015, 6.1015, **HOSPITAL),
        node(3, 53.1012, 6.1012, **HOSPITAL, name="Kinderziekenhuis"),
        node(4, 53.3, 6.1, **HOSPITAL, name="Zuid"),
        node(5, 53.4, 6.1, **HOSPITAL),
    )
    found = find_hospitals(path)
    assert found["merged"].to_dict() == {
        "Kinderziekenhuis": "",
        "Zuid (node 4)": "",
        "Zuid (way 20)": "node 1; node 2",
        "hospital without a name (node 5)": "",
    }
    # without a box in the header the hospitals themselves are the bounds
    assert found.attrs["bounds"] == pytest.approx((6.101, 53.101, 6.1012, 53.4), abs=2e-3)


def test_a_hospital_cut_by_the_border_keeps_a_place(tmp_path: Path) -> None:
    path = extract(
        tmp_path / "x.osm",
        node(10, 53.0, 6.0),
        node(11, 53.0, 6.2),
        way(20, [10, 11, 999, 10], **HOSPITAL, name="Half"),
        way(21, [998, 997], **HOSPITAL, name="Weg"),
        relation(30, [("w", 555, "outer"), ("n", 11, "")], **HOSPITAL, name="Rest"),
    )
    found = find_hospitals(path)
    assert found.loc["Half", ["lat", "lon"]].tolist() == pytest.approx([53.0, 6.1])
    assert found.loc["Rest", ["lat", "lon"]].tolist() == pytest.approx([53.0, 6.2])
    assert list(map(str, found.attrs["notes"])) == [
        "way 21 Weg: left out, none of its nodes is in the extract"
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.osm", None, "a readable file"),
        ("empty.osm", b"", "the file is empty"),
        ("page.osm", b"<html></html>", "a whole OpenStreetMap file"),
        ("noise.osm.pbf", b"not a protocol buffer", "a whole OpenStreetMap file"),
        ("cut.osm", b'<osm version="0.6"><node id="1" lat="5', "a whole OpenStreetMap file"),
        ("table.csv", b"name,lat,lon\n", "a whole OpenStreetMap file"),
        ("roads.osm", b'<osm version="0.6"></osm>', "an extract of roads alone has none"),
    ],
)
def test_what_is_no_extract_with_hospitals_is_refused(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        find_hospitals(path)


def test_a_truncated_file_is_refused(shared_data: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes((shared_data / "osm" / "liechtenstein.osm.pbf").read_bytes()[:1_000_000])
    with pytest.raises(InputError, match="a whole OpenStreetMap file"):
        find_hospitals(cut)


def test_the_hospital_of_liechtenstein(shared_data: Path) -> None:
    found = find_hospitals(shared_data / "osm" / "liechtenstein.osm.pbf")
    assert found["osm"].to_dict() == {"Liechtensteinisches Landesspital": "way 486420157"}
    assert found.iloc[0][["city", "emergency"]].tolist() == ["Vaduz", "yes"]
    assert found.attrs["date"] == "2021-10-28T20:21:09Z"


@pytest.mark.parametrize(
    "name", ["rhein_neckar.osm.pbf", "groningen_centre.osm", "the_hague_main_roads.osm"]
)
def test_extracts_of_roads_hold_no_hospitals(name: str, shared_data: Path) -> None:
    with pytest.raises(InputError, match="an extract of roads alone has none"):
        find_hospitals(shared_data / "osm" / name)


# --- matching -----------------------------------------------------------------------------------


def known(*rows: tuple[str, float, float, str]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["name", "lat", "lon", "status"]).set_index("name")
    frame["organisation"], frame["city"] = frame.index, "Stad"
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]))


def test_each_hospital_is_the_same_renamed_moved_new_or_gone(region: Path) -> None:
    # 0.001 degrees of latitude are 111 metres
    ours = known(
        ("Ziekenhuis Noord", 53.005, 6.5, "open"),
        ("Westeinde", 53.102, 6.101, "open"),
        ("Oost", 53.23, 6.2, "open"),
        ("Verdwenen", 53.3, 6.5, "open"),
        ("Polikliniek", 53.3, 6.6, "outpatient"),
        ("Elders", 52.0, 5.0, "open"),
    )
    report = match_hospitals(find_hospitals(region), ours)
    rows = report[["state", "found", "known", "osm"]].to_numpy().tolist()
    assert rows == [
        ["same", "Noord", "Ziekenhuis Noord", "node 1"],
        ["renamed", "Zuid", "Westeinde", "way 20"],
        ["moved", "Oost", "Oost", "relation 60"],
        ["gone", "", "Verdwenen", ""],
    ]
    assert report["km"].tolist()[:3] == pytest.approx([0.556, 0.111, 3.13], abs=0.01)


def test_matches_are_one_to_one_and_the_like_name_comes_first(tmp_path: Path) -> None:
    path = extract(
        tmp_path / "x.osm",
        node(1, 53.0, 6.0, **HOSPITAL, name="Alfa"),
        node(2, 53.001, 6.0, **HOSPITAL, name="Beta"),
    )
    ours = known(("Beta", 53.0, 6.0, ""), ("Gamma", 53.0, 6.001, ""))
    report = match_hospitals(find_hospitals(path), ours)
    assert report[["state", "found", "known"]].to_numpy().tolist() == [
        ["same", "Beta", "Beta"],
        ["renamed", "Alfa", "Gamma"],
    ]


@pytest.mark.parametrize(
    ("one", "other", "city", "same"),
    [
        ("Universitair Medisch Centrum Utrecht", "UMC Utrecht", "Utrecht", True),
        ("Sint Antonius Ziekenhuis", "St. Antonius Ziekenhuis Nieuwegein", "Nieuwegein", True),
        ("Ziekenhuis Rivierenland", "Rivierenland", "Tiel", True),
        ("Isala", "Isala Zwolle", "Zwolle", True),
        ("Martini Ziekenhuis", "UMC Groningen", "Groningen", False),
        ("Reinier de Graaf Gasthuis", "Medisch Centrum Haaglanden", "Den Haag", False),
        ("", "Isala Zwolle", "Zwolle", False),
    ],
)
def test_names_are_alike_or_not(one: str, other: str, city: str, *, same: bool) -> None:
    assert (likeness([one], [other], city) >= 0.6) == same


def test_our_own_hospitals_match_themselves(tmp_path: Path) -> None:
    ours = read_hospitals()
    ours = ours[ours["status"] == "open"]
    path = extract(
        tmp_path / "nl.osm",
        *(
            node(k, row["lat"], row["lon"], **HOSPITAL, name=str(name).replace("&", "&amp;"))
            for k, (name, row) in enumerate(ours.iterrows(), start=1)
        ),
    )
    report = match_hospitals(find_hospitals(path), read_hospitals())
    assert report["state"].tolist() == ["same"] * len(ours)
    assert (report["found"] == report["known"]).all()


# --- the file and the command -------------------------------------------------------------------


def test_candidates_are_hospitals_that_a_study_can_name(region: Path, tmp_path: Path) -> None:
    found = find_hospitals(region)
    report = match_hospitals(found, known(("Noord", 53.0, 6.5, ""), ("Weg", 53.4, 6.5, "")))
    out = tmp_path / "candidates.geojson"
    write_candidates(found, report, out)
    again = read_hospitals(out)
    assert again[["lat", "lon"]].to_numpy().tolist() == found[["lat", "lon"]].to_numpy().tolist()
    assert again["organisation"].to_dict() == {"Noord": "Zorg & Zo", "Oost": "", "Zuid": ""}
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content["gone"] == ["Weg"]
    first = content["features"][0]["properties"]
    assert (first["state"], first["known"], first["km"]) == ("same", "Noord", 0.0)
    assert "ODbL" in first["source"]


@pytest.fixture
def app() -> typer.Typer:
    out = typer.Typer()
    out.command()(command)
    return out


def test_the_command_writes_and_tells(region: Path, tmp_path: Path, app: typer.Typer) -> None:
    ours = tmp_path / "ours.csv"
    ours.write_text("name,lat,lon\nNoord,53.0,6.5\nWeg,53.4,6.5\n", encoding="utf-8")
    out = tmp_path / "candidates.geojson"
    arguments = [str(region), "--out", str(out), "--known", str(ours)]
    told = CliRunner().invoke(app, [*arguments, "--lang", "en"])
    assert told.exit_code == 0, told.output
    assert "3 hospitals in region.osm: 1 same, 0 renamed, 0 moved, 2 new, 1 gone" in told.output
    assert "Weg" in told.output
    assert out.is_file()
    dutch = " ".join(CliRunner().invoke(app, arguments).output.split())
    assert "3 ziekenhuizen in region.osm: 1 hetzelfde, 0 met een andere naam, 0 verplaatst" in dutch
    assert "Weg: van ons, open, binnen het uittreksel, en er niet in" in dutch
    assert CliRunner().invoke(app, [*arguments, "--quiet"]).output == ""


def test_a_failing_command_writes_nothing(tmp_path: Path, app: typer.Typer) -> None:
    path = extract(tmp_path / "roads.osm", node(1, 53.0, 6.0))
    out = tmp_path / "candidates.geojson"
    told = CliRunner().invoke(app, [str(path), "--out", str(out)])
    assert isinstance(told.exception, InputError)
    assert [each.name for each in tmp_path.iterdir()] == ["roads.osm"]
    told = CliRunner().invoke(app, [str(path), "--out", str(tmp_path / "x.csv")])
    assert "ending in .geojson" in str(told.exception)
