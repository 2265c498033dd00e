"""Files that cannot be used: exit 2, a message that says why, nothing half written."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest
from drawing import osm_xml
from three_towns import impact, tree

from impact.errors import OutputError
from impact.network import npz as store
from impact.network.osm.build import build_manifest, build_network, write_built

if TYPE_CHECKING:
    from pathlib import Path

ROAD = {"highway": "secondary"}
TOWN = osm_xml({1: (0, 0), 2: (1000, 0), 3: (2000, 0)}, [([1, 2], ROAD), ([2, 3], ROAD)])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    return path


def refused(tmp_path: Path, *arguments: object) -> str:
    before = tree(tmp_path)
    done = impact("roads", "build", *arguments, "--out", tmp_path / "out" / "town.impact")
    assert done.code == 2
    assert tree(tmp_path) == before
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.osm", '<osm version="0.6"></osm>', "roads that a car may use"),
        (
            "paths.osm",
            osm_xml({1: (0, 0), 2: (9, 0)}, [([1, 2], {"highway": "path"})]),
            "1 other ways",
        ),
        (
            "one_way.osm",
            osm_xml({1: (0, 0), 2: (99, 0)}, [([1, 2], {**ROAD, "oneway": "yes"})]),
            "every road leads one way only",
        ),
        ("cut.osm", TOWN[:-40], "a whole OpenStreetMap file"),
        ("page.osm", "<html></html>", "Unknown top-level element: html"),
        ("letter.osm.pbf", "Dear reader, this is no extract.", "a whole OpenStreetMap file"),
        ("packed.osm.gz", "not packed at all", "a whole OpenStreetMap file"),
        ("roads.shp", "x", "one of .osm.pbf"),
    ],
)
def test_files_that_are_no_extract(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    message = refused(tmp_path, tmp_path / name)
    assert name in message
    assert says in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path, tmp_path / "nowhere.osm.pbf")


def test_a_real_extract_cut_off_half_way(tmp_path: Path, shared_data: Path) -> None:
    whole = (shared_data / "osm" / "liechtenstein.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    assert "a whole OpenStreetMap file" in refused(tmp_path, tmp_path / "half.osm.pbf")


def test_a_box_in_the_sea(tmp_path: Path, town: Path) -> None:
    message = refused(tmp_path, town, "--bbox", "3.0,54.0,3.1,54.1")
    assert "roads that a car may use in the box 3.0,54.0,3.1,54.1" in message


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "4,5,3,6", "0,0,200,1"])
def test_boxes_that_are_none(tmp_path: Path, town: Path, box: str) -> None:
    assert "west,south,east,north" in refused(tmp_path, town, f"--bbox={box}")


def test_polygons(tmp_path: Path, town: Path) -> None:
    area = tmp_path / "area.poly"
    ring = "\n".join(f"  {x} {y}" for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)))
    area.write_text(f"area\n1\n{ring}\nEND\nEND\n", encoding="utf-8")
    done = impact(
        "roads", "build", town, "--polygon", area, "--out", tmp_path / "town.impact", "--lang", "en"
    )
    assert done.code == 0, done.err
    assert "2.00 km" in done.out.replace("2 km", "2.00 km")
    bad = tmp_path / "bad.geojson"
    bad.write_text('{"type": "Point", "coordinates": [0, 0]}', encoding="utf-8")
    assert "a valid polygon in degrees" in refused(tmp_path, town, "--polygon", bad)


def test_a_file_that_is_no_network_is_not_replaced(tmp_path: Path, town: Path) -> None:
    out = tmp_path / "thesis.txt"
    out.write_text("years of work", encoding="utf-8")
    done = impact("roads", "build", town, "--out", out)
    assert done.code == 2
    assert "--force" in done.err
    assert out.read_text(encoding="utf-8") == "years of work"
    assert impact("roads", "build", town, "--out", town).code == 2
    assert impact("roads", "build", town, "--out", out, "--force").code == 0


def test_a_full_disk_leaves_the_old_files(
    tmp_path: Path, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build_network(town)
    out = tmp_path / "town.impact"
    write_built(network, out, build_manifest(network, town))
    before = tree(tmp_path)

    def full(file: BinaryIO, _: object) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_write_arrays", full)
    with pytest.raises(OutputError, match="no space left on device"):
        write_built(network, out, build_manifest(network, town))
    assert tree(tmp_path) == before


def test_a_bad_table_of_ferries(tmp_path: Path, town: Path) -> None:
    table = tmp_path / "waits.csv"
    table.write_text("match,longest_km\n", encoding="utf-8")
    assert "wait_minutes" in refused(tmp_path, town, "--ferries", table)
    table.write_text(
        "match,longest_km,wait_minutes,kmh,cars,visitor_cars\n,10,soon,20,,yes\n", encoding="utf-8"
    )
    message = refused(tmp_path, town, "--ferries", table)
    assert "waits.csv, row 2, wait_minutes: found 'soon'" in message


def test_info_reads_like_a_road_network(tmp_path: Path, town: Path) -> None:
    out = tmp_path / "town.impact"
    assert impact("roads", "build", town, "--out", out, "--quiet").out == ""
    done = impact("roads", "info", out, "--map", tmp_path / "town.svg", "--lang", "en")
    assert done.code == 0, done.err
    for words in ("2 junctions", "secondary", "vrij", "No car ferries", "loose parts"):
        assert words in done.out
    assert (tmp_path / "town.svg").read_text(encoding="utf-8").startswith("<svg")
    dutch = impact("roads", "info", out)
    assert "Geen veerponten voor auto's" in dutch.out
    manifest = (tmp_path / "town.impact.json").read_text(encoding="utf-8")
    assert '"km_by_speed_source"' in manifest
    assert np.isfinite(build_network(town).minutes).all()
