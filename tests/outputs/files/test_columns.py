from __future__ import annotations

import csv
import dataclasses
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from toy import LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

from impact.outputs.files import columns
from impact.outputs.files.columns import CSV_FILES, TABLES, write_csv, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

# as people script against them; what came later stands at the end
COLUMNS = {
    "summary.csv": "study, intervention, scenario, region, group, allocation, recipients, profile,"
    " roads, unit, demand, moved, moved_bound, mean_extra_moved, mean_extra_all, mean_extra_longer,"
    " share_shorter, p10_extra, p50_extra, p90_extra, max_extra, mean_before, mean_after,"
    " beyond_30_before, beyond_30_after, beyond_45_before, beyond_45_after, beyond_60_before,"
    " beyond_60_after, beyond_60_moved, unreachable, locations_before, locations_after,"
    " lowest_volume, below_norm, extra_low, extra_high, band, mean_low, mean_high, mean_over,"
    " moved_low, moved_high, direction, patients_kind, patients_moved, patients_low,"
    " patients_high, residents_moved, mean_extra_residents, extra_over_30, extra_over_45",
    "groups.csv": "intervention, scenario, by, group, unit, demand, moved, mean_extra_moved,"
    " p90_extra, mean_extra_all, extra_over_30, shorter",
    "flows.csv": "postcode, intervention, scenario, provider_before, provider_after, demand,"
    " minutes_before, minutes_after, extra_minutes, ferry",
    "postcodes.csv": "postcode, intervention, scenario, demand, moved, mean_before, mean_after,"
    " mean_extra_moved, nearest_before, nearest_after, ferry",
    "municipalities.csv": "intervention, scenario, municipality, demand, moved, mean_before,"
    " mean_after, mean_extra_moved, max_extra, ferry",
    "volumes.csv": "intervention, scenario, location, volume_before, volume_after, norm,"
    " meets_norm, kind, volume_before_low, volume_before_high, volume_after_low,"
    " volume_after_high",
    "ranges.csv": "region, definition, low, high, low_from, high_from",
    "sensitivity.csv": "intervention, scenario, recipients, factor, kind, value, mean_extra_moved,"
    " moved, beyond_60_after",
    "providers.csv": "intervention, location, status, source, year, note, performs, overridden_by,"
    " reason",
}
SOMETIMES = {
    "travel_table": "intervention, scenario, network, rounding, fill, less, demand,"
    " published_mean_before, published_mean_extra, published_weight, published_greatest_after,"
    " published_greatest_extra, published_less, published_0, published_below_5, published_5_10,"
    " published_10_15, published_15_20, published_20_25, published_25_30, published_30_45,"
    " published_45_more, published_no_route",
    "facilities": "scenario, intervention, organisation, site, specialism, quantity, total, own,"
    " relative_own, known_own, unknown_own, national, relative_national, known_national,"
    " unknown_national, kind",
    "combinations": "institution, region, region_scenario, subregion, subregion_scenario, vascular,"
    " vascular_scenario, scenarios, quantity, total, own, relative_own, national,"
    " relative_national",
    "exclusions": "first_layer, first_network, first_scenario, second_layer, second_network,"
    " second_scenario, reason, institutions, treatments",
    "transit": "intervention, scenario, recipients, unit, demand, no_connection_before,"
    " no_connection_after, moved, moved_no_connection_before, moved_no_connection_after,"
    " lost_connection, gained_connection, compared, car_mean_before, car_mean_after,"
    " car_mean_extra, transit_mean_before, transit_mean_after, transit_mean_extra,"
    " changes_mean_before, changes_mean_after,"
    " last_home_before, last_home_after",
}
NAMES = {"study", "intervention", "scenario", "location", "source", "low_from", "high_from"}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture
def written(toy: Result, tmp_path: Path) -> Path:
    write_tables(toy, tmp_path)
    return tmp_path


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_the_columns_are_those_that_scripts_depend_on(written: Path) -> None:
    assert sorted(CSV_FILES) == sorted(COLUMNS)
    for name, wanted in COLUMNS.items():
        header = (written / name).read_text(encoding="utf-8").splitlines()[0]
        assert header == wanted.replace(", ", ","), name


def test_the_columns_of_tables_that_some_runs_have() -> None:
    assert {
        table.name: ", ".join(column.name for column in table.columns)
        for table in columns.SOMETIMES
    } == SOMETIMES


def test_numbers_have_a_point_no_thousands_and_few_decimals(written: Path) -> None:
    kinds = {
        (f"{table.name}.csv", column.name): column.kind
        for table in TABLES
        for column in table.columns
    }
    seen = 0
    for name in CSV_FILES:
        for row in rows_of(written / name):
            for column, text in row.items():
                kind = kinds[name, column]
                if kind in {"demand", "minutes", "number"} and text:
                    decimals = 4 if kind == "demand" else 2
                    number = rf"-?\d+(\.\d{{1,{decimals}}})?"
                    assert re.fullmatch(number, text), (name, column, text)
                    seen += 1
    assert seen > 200


def test_patients_of_postcodes_add_up_to_their_total(toy: Result, tmp_path: Path) -> None:
    # 205 patients a year over 1,437 postcodes, as in a study of one region
    (flows,) = (table for table in TABLES if table.name == "flows")
    one = toy.flows.iloc[[0]].assign(demand=205.0 / 1437.0)
    write_csv(pd.concat([one] * 1437), flows.columns, tmp_path / "flows.csv")

    total = sum(float(row["demand"]) for row in rows_of(tmp_path / "flows.csv"))

    assert total == pytest.approx(205.0, abs=0.1)


def test_a_trip_by_hand(written: Path) -> None:
    # 8911 is 6 minutes from Leeuwarden, which stops, and 52 from Groningen
    (row,) = (
        row
        for row in rows_of(written / "flows.csv")
        if (row["postcode"], row["scenario"]) == ("8911", TO_GRONINGEN)
    )
    assert row["provider_before"] == LEEUWARDEN
    assert (row["minutes_before"], row["minutes_after"], row["extra_minutes"]) == ("6", "52", "46")
    assert row["demand"] == "10000"


def test_without_a_route_the_cells_are_empty_and_the_people_are_kept(written: Path) -> None:
    rows = [row for row in rows_of(written / "flows.csv") if row["postcode"] == "8899"]
    assert rows
    for row in rows:
        assert row["provider_after"] == ""
        assert row["minutes_after"] == ""
        assert row["extra_minutes"] == ""
        assert row["demand"] == "1100"
    text = "".join((written / name).read_text(encoding="utf-8") for name in CSV_FILES).lower()
    assert not re.search(r"\b(nan|inf|none)\b", text)


def test_rows_of_postcodes_add_up_to_the_summary(written: Path) -> None:
    moved = sum(
        float(row["moved"])
        for row in rows_of(written / "postcodes.csv")
        if (row["intervention"], row["scenario"]) == (PANCREAS, TO_GRONINGEN)
    )
    (row,) = (
        row
        for row in rows_of(written / "summary.csv")
        if (row["scenario"], row["recipients"]) == (TO_GRONINGEN, "named")
    )
    assert moved == float(row["moved"])


def test_no_text_starts_a_formula_and_no_number_is_touched(tmp_path: Path) -> None:
    names = {PANCREAS: "=1+1", LEEUWARDEN: "@SUM(A1)", TO_GRONINGEN: "-2+3", "Emmen": "+31 50"}
    result = toy_result(tmp_path / "toy", names=names)
    flows = result.flows.assign(extra_minutes=-12.346)
    write_tables(dataclasses.replace(result, flows=flows), tmp_path)
    rows = rows_of(tmp_path / "flows.csv")
    assert {"'=1+1"} < {row["intervention"] for row in rows}
    assert "'@SUM(A1)" in {row["provider_before"] for row in rows}
    assert "'-2+3" in {row["scenario"] for row in rows}
    assert {row["extra_minutes"] for row in rows} == {"-12.35"}
    places = {row["municipality"] for row in rows_of(tmp_path / "municipalities.csv")}
    assert "'+31 50" in places
    for name in CSV_FILES:
        for row in rows_of(tmp_path / name):
            for column in NAMES & row.keys():
                assert not row[column].startswith(("=", "+", "-", "@")), (name, column)


def test_the_order_of_rows_does_not_depend_on_the_frames(toy: Result, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    shuffled = {
        table.frame: getattr(toy, table.frame).iloc[
            generator.permutation(len(getattr(toy, table.frame)))
        ]
        for table in TABLES
        if table.sort
    }
    for name, result in (("a", toy), ("b", dataclasses.replace(toy, **shuffled))):
        (tmp_path / name).mkdir()
        write_tables(result, tmp_path / name)
    for name in CSV_FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_frames_keep_their_numbers_in_full(toy: Result, tmp_path: Path) -> None:
    before = toy.summary.copy(deep=True)
    write_tables(toy, tmp_path)
    pd.testing.assert_frame_equal(toy.summary, before)


def test_lines_end_with_a_line_feed(written: Path) -> None:
    for name in CSV_FILES:
        data = (written / name).read_bytes()
        assert b"\r" not in data
        assert data.endswith(b"\n")
