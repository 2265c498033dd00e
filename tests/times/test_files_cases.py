"""Matrices as other tools leave them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.inputs import matrix_notes, outpatient_notes
from impact.notes import Note
from impact.times.files import read_times
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

LONG = pd.DataFrame(
    {"origin": ["9712", "8911"], "destination": ["Noord", "Noord"], "minutes": [5.0, 50.0]}
)


def test_origins_in_the_index_of_a_data_frame_are_read(tmp_path: Path) -> None:
    wide = pd.DataFrame({"Noord": [5.0, 50.0]}, index=pd.Index(["9712", "8911"], name="origin"))
    for frame in (wide, LONG.set_index("origin"), LONG.set_index(["origin", "destination"])):
        frame.to_parquet(tmp_path / "t.parquet")
        found = read_times(tmp_path / "t.parquet")
        minutes = dict(zip(found.origins, found.minutes[:, 0].tolist(), strict=True))
        assert minutes == {"9712": 5.0, "8911": 50.0}
        assert found.destinations == ("Noord",)


def test_a_wide_matrix_is_known_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("nr,postcode,Noord,West\n1,9712,5,50\n2,8911,50,5\n", encoding="utf-8")
    found = read_times(path)
    assert found.origins == ("9712", "8911")
    assert found.select(["9712"], ["West"], source="t.csv").minutes.tolist() == [[50.0]]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_minutes_that_are_not_used_are_noted(tmp_path: Path, name: str) -> None:
    frame = LONG.assign(minutes_p85=9.0)
    if name.endswith("csv"):
        frame.to_csv(tmp_path / name, index=False)
    else:
        frame.to_parquet(tmp_path / name)
    (note,) = map(Note.read, read_times(tmp_path / name).manifest["notes"])
    assert note == Note.of("columns", file=name, count=1, names=("minutes_p85",))


def test_minutes_that_cannot_be_driven_are_doubted() -> None:
    residents = pd.DataFrame({"lat": [53.2, 53.2], "lon": [6.5, 5.8]})
    hospitals = pd.DataFrame({"lat": [53.2, 53.2], "lon": [6.5, 5.8]})
    right = np.array([[0.0, 45.0], [46.0, 0.0]])
    places = gpd.GeoDataFrame(residents), gpd.GeoDataFrame(hospitals)
    for minutes, keys in ((right, []), (right[::-1], ["impossible"]), (right * 0.0, ["all_zero"])):
        times = TravelTimes(("9712", "8911"), ("Noord", "West"), minutes, manifest={})
        notes = matrix_notes(times, *places)
        assert [note.key for note in notes] == keys
    assert "9712 - West" in str(
        matrix_notes(
            TravelTimes(("9712", "8911"), ("Noord", "West"), right[::-1], manifest={}), *places
        )[0]
    )


def test_a_provider_that_is_not_open_is_noted() -> None:
    hospitals = gpd.GeoDataFrame({"status": ["closed", "open", ""]}, index=["A", "B", "C"])
    assert outpatient_notes(hospitals) == [Note.of("status", name="A", status="closed")]


@pytest.mark.parametrize(
    ("header", "tool"),
    [
        ("from_id,to_id,travel_time_p50", "r5r or r5py"),
        ("from_id,to_id,travel_time", "r5r or r5py"),
        ("OriginName,DestinationName,Total_TravelTime", "ArcGIS"),
    ],
)
def test_headers_of_other_tools_are_read(tmp_path: Path, header: str, tool: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{header}\n9712,Noord,5\n8911,Noord,52\n", encoding="utf-8")
    found = read_times(path)
    assert (found.destinations, found.minutes.ravel().tolist()) == (("Noord",), [52.0, 5.0])
    note = Note.of("headers", file="t.csv", tool=tool, names=tuple(header.split(",")))
    assert note.record() in found.manifest["notes"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("origin_id,destination_id,total_cost", "QNEAT3 writes total_cost in seconds or metres"),
        ("FROM_ID,TO_ID,DURATION_H", "60 times as many"),
    ],
)
def test_units_of_other_tools_are_asked_about(tmp_path: Path, header: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{header}\n9712,Noord,5\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_times(path)


def test_a_matrix_packed_with_gzip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"origin,Noord,West\n9712,5,50\n8911,52,6\n"))
    assert read_times(path).minutes.tolist() == [[5.0, 50.0], [52.0, 6.0]]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="a file packed with gzip"):
        read_times(path)
