"""Files that can be read without doubt are read, give the same figures, and are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from three_towns import FILES, POSTCODES, STUDY, write_files

from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


def result_of(path: Path) -> Result:
    return run_study(read_study(path), use_cache=False)


def assert_same_figures(one: Result, other: Result) -> None:
    for table in ("summary", "flows", "postcode_rows", "municipalities", "ranges"):
        here, there = (
            getattr(each, table).drop(columns="roads", errors="ignore") for each in (one, other)
        )
        pd.testing.assert_frame_equal(here, there)


@pytest.fixture
def plain(tmp_path: Path) -> Result:
    return result_of(write_files(tmp_path / "plain"))


def as_dutch_spreadsheet(text: str) -> bytes:
    """Write a table with semicolons, decimal commas, Windows line ends and a byte-order mark."""
    swapped = text.replace(",", ";").replace(".", ",").replace("\n", "\r\n")
    return swapped.encode("utf-8-sig")


def test_dutch_spreadsheet_files(tmp_path: Path, plain: Result) -> None:
    path = write_files(tmp_path)
    for name in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        text = FILES[name].replace("52,6,95", "52,6.0,95")
        (tmp_path / name).write_bytes(as_dutch_spreadsheet(text))
    path.write_bytes(STUDY.replace("\n", "\r\n").encode("utf-8-sig"))

    dutch = result_of(path)

    assert_same_figures(dutch, plain)
    for name in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        for adapted in (
            "byte-order mark skipped",
            "Windows line ends",
            "columns separated by semicolons",
            "numbers with a decimal comma",
        ):
            assert f"{name}: {adapted}" in [each["text"] for each in dutch.manifest["notes"]]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("\ufeff" + POSTCODES, "postcodes.csv: byte-order mark skipped"),
        (POSTCODES.replace("\n", "\r\n"), "postcodes.csv: Windows line ends"),
        (POSTCODES.replace(",", ";"), "postcodes.csv: columns separated by semicolons"),
        (POSTCODES.replace(",", "\t"), "postcodes.csv: columns separated by tabs"),
        (
            POSTCODES.replace("Emmen\n", "Emmen,x\n\n")
            .replace("Groningen", "Groningen,y")
            .replace("Leeuwarden", "Leeuwarden,")
            .replace("municipality", "municipality,mayor"),
            "postcodes.csv: 1 columns not used: mayor",
        ),
    ],
    ids=["byte-order mark", "Windows", "semicolons", "tabs", "unused column"],
)
def test_other_dialects(tmp_path: Path, plain: Result, text: str, note: str) -> None:
    result = result_of(write_files(tmp_path, {"postcodes.csv": text}))

    assert_same_figures(result, plain)
    assert note in [each["text"] for each in result.manifest["notes"]]
    assert note not in [each["text"] for each in plain.manifest["notes"]]


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_spatial_files(tmp_path: Path, plain: Result, ending: str) -> None:
    path = write_files(tmp_path)
    text = STUDY
    for name in ("postcodes", "hospitals"):
        frame = pd.read_csv(tmp_path / f"{name}.csv")
        points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs=4326)
        gpd.GeoDataFrame(frame, geometry=points).to_file(tmp_path / f"{name}.{ending}")
        text = text.replace(f"{name}.csv", f"{name}.{ending}")
    path.write_text(text, encoding="utf-8")

    assert_same_figures(result_of(path), plain)


def test_order_of_rows_and_columns(tmp_path: Path, plain: Result) -> None:
    turned = {}
    for name in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        header, *rows = FILES[name].splitlines()
        turned[name] = "\n".join([header, *rows[::-1]])
    turned["minutes.csv"] = "origin,Zuid,Noord,West\n7811,4,48,95\n9712,45,5,50\n8911,95,52,6\n"

    assert_same_figures(result_of(write_files(tmp_path, turned)), plain)


def test_postcodes_of_six_characters_with_and_without_a_space(tmp_path: Path) -> None:
    files = dict(FILES)
    for code, full in (("9712", "9712 CP"), ("8911", "8911 ab"), ("7811", "7811XZ")):
        files["postcodes.csv"] = files["postcodes.csv"].replace(f"{code},", f"{full},")
        files["minutes.csv"] = files["minutes.csv"].replace(f"{code},", f"{full.lower()},")

    result = result_of(write_files(tmp_path, files))

    assert set(result.flows["postcode"]) == {"9712CP", "8911AB", "7811XZ"}
