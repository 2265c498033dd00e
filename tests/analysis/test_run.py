"""A run: from the inputs of a study to every table."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from worlds import run_world

from impact.analysis.ranges import Band
from impact.analysis.run import SUMMARY_COLUMNS
from impact.study.model import DISPLAYED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from impact.analysis.result import Result

TABLES = ("summary", "flows", "postcode_rows", "municipalities", "volumes", "ranges", "providers")
COUNTS = [
    *("demand", "moved", "beyond_30_before", "beyond_30_after", "beyond_45_before"),
    *("beyond_45_after", "beyond_60_before", "beyond_60_after", "beyond_60_moved", "unreachable"),
    "residents_moved",
]
EMPTY_FOR_RESIDENTS = ["lowest_volume", "below_norm", "extra_low", "extra_high", "band"]


@pytest.fixture(scope="module", name="result")
def _result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_world(tmp_path_factory.mktemp("world"))


def assert_same_tables(one: Result, other: Result, **tolerance: float) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), **tolerance)
    assert one.candidates.keys() == other.candidates.keys()
    for name, table in one.candidates.items():
        pd.testing.assert_frame_equal(table, other.candidates[name], **tolerance)


def rows(result: Result, table: str, intervention: str, scenario: str) -> pd.DataFrame:
    frame = getattr(result, table)
    return frame[(frame["intervention"] == intervention) & (frame["scenario"] == scenario)]


def test_the_summary_has_a_row_per_case(result: Result) -> None:
    assert tuple(result.summary.columns) == SUMMARY_COLUMNS
    keys = ["intervention", "scenario", "recipients", "group", "unit"]
    assert result.summary[keys].to_numpy().tolist() == [
        ["kidney", "to D", "named", "all", "residents"],
        ["kidney", "to D", "nearest", "all", "residents"],
        ["lung", "C opens", "nearest", "all", "residents"],
    ]
    assert [case.scenario for case in result.cases if case.in_range] == ["to D", "C opens"]


def test_a_row_of_the_summary_by_hand(result: Result) -> None:
    named, nearest = rows(result, "summary", "kidney", "to D").to_dict("records")
    # 1011 (400) goes from A, 8 minutes, to B and D, 20; 1012 (300) has A, B and D at 20 minutes
    # and goes to A by name, so it moves and loses nothing; 1013 stays with B; 1014 reaches nothing
    for row in (named, nearest):
        assert (row["demand"], row["moved"], row["unreachable"]) == (1000.0, 700.0, 100.0)
        assert row["mean_extra_moved"] == pytest.approx(400 * 12 / 700)
        assert row["mean_extra_all"] == pytest.approx(400 * 12 / 900)
        assert row["mean_extra_longer"] == 12.0
        assert (row["p10_extra"], row["p50_extra"], row["max_extra"]) == (0.0, 12.0, 12.0)
        assert (row["mean_before"], row["mean_after"]) == pytest.approx((92 / 7, 20.0))
        assert (row["beyond_60_before"], row["beyond_60_after"]) == (100.0, 100.0)
        assert (row["beyond_60_moved"], row["share_shorter"]) == (0.0, 0.0)
        assert (row["locations_before"], row["locations_after"]) == (3, 2)
        # one of three falls short of 20: at most 19 patients a year
        assert row["moved_bound"] == 19.0


def test_residents_leave_volumes_and_norms_empty(result: Result) -> None:
    assert result.summary[EMPTY_FOR_RESIDENTS].isna().all(axis=None)
    empty = result.volumes[["volume_before", "volume_after"]]
    assert empty.isna().all(axis=None)
    assert set(result.volumes["meets_norm"]) == {""}
    assert set(result.volumes["kind"]) == {""}
    # the norm itself is known
    assert result.volumes["norm"].tolist() == [20.0] * 3 + [60.0] * 4


def test_flows_add_up_to_the_residents(result: Result) -> None:
    keys = ["intervention", "scenario", "postcode"]
    sums = result.flows.groupby(keys)["demand"].sum().unstack()  # noqa: PD010
    for _, row in sums.iterrows():
        assert row.to_dict() == {"1011": 400, "1012": 300, "1013": 200, "1014": 100}
    # the second reading of a scenario has no flows
    assert len(rows(result, "flows", "kidney", "to D")) == 2 + 2 + 1 + 1


def test_openings_move_some_and_draw_others(result: Result) -> None:
    found = rows(result, "flows", "lung", "C opens").set_index("postcode")
    assert found["provider_before"].tolist() == ["A", "A", "B", ""]
    assert found["provider_after"].tolist() == ["A", "A", "A", "C"]
    (case,) = (each for each in result.cases if each.scenario == "C opens")
    # 1014 could reach nothing before: it is drawn, nobody's provider stopped
    assert (case.figures["moved"], case.figures["drawn"]) == (200.0, 100.0)
    (row,) = rows(result, "summary", "lung", "C opens").to_dict("records")
    assert (row["unreachable"], row["locations_after"]) == (0.0, 2)
    assert row["moved_bound"] == 118.0
    assert result.manifest["counts"]["drawn_by_openings"] == {"lung | C opens": 100.0}


def test_postcodes_name_their_provider_before_and_after(result: Result) -> None:
    found = rows(result, "postcode_rows", "kidney", "to D").set_index("postcode")
    assert found["nearest_before"].to_dict() == {"1011": "A", "1012": "A", "1013": "B", "1014": ""}
    # three quarters of 1011 go to B
    assert found["nearest_after"].to_dict() == {"1011": "B", "1012": "B", "1013": "B", "1014": ""}
    assert found["mean_extra_moved"].tolist()[:2] == [12.0, 0.0]
    assert found["mean_extra_moved"].isna().tolist() == [False, False, True, True]
    assert found["mean_after"].tolist() == [20.0, 20.0, 5.0, np.inf]


def test_municipalities_say_who_is_hit(result: Result) -> None:
    found = rows(result, "municipalities", "kidney", "to D").set_index("municipality")
    assert found.loc["Noord", ["demand", "moved", "max_extra"]].tolist() == [700.0, 700.0, 12.0]
    assert found.loc["Noord", "mean_extra_moved"] == pytest.approx(4800 / 700)
    assert found.loc["Zuid", ["demand", "moved"]].tolist() == [300.0, 0.0]
    assert np.isnan(found.loc["Zuid", "max_extra"])


def test_the_matrix_lists_who_has_no_route(result: Result) -> None:
    counts = result.manifest["counts"]
    assert counts["postcodes_without_route"] == []
    assert counts["pairs_without_route"] == 3
    assert counts["candidates"] == {"kidney": 3, "lung": 3}


def test_providers_that_the_register_does_not_know_are_unverified(result: Result) -> None:
    assert set(result.providers["status"]) == {"unverified"}
    assert set(result.providers["source"]) == {"study.toml"}


def turned(lines: list[str]) -> list[str]:
    """Header first, rows backwards."""
    return [lines[0], *lines[:0:-1]]


def turned_matrix(lines: list[str]) -> list[str]:
    cells = [line.split(",") for line in turned(lines)]
    return [",".join([row[0], *row[:0:-1]]) for row in cells]


def turned_study(parts: list[str]) -> list[str]:
    swaps = {
        '["A", "B", "D"]': '["D", "A", "B"]',
        '["B", "D"]': '["D", "B"]',
        '"D" = 0.25, "B" = 0.75': '"B" = 0.75, "D" = 0.25',
    }
    for old, new in swaps.items():
        assert any(old in part for part in parts)
        parts = [part.replace(old, new) for part in parts]
    return [parts[0], *parts[:0:-1]]


ORDERS: dict[str, dict[str, Callable[[list[str]], list[str]]]] = {
    "postcodes": {"postcodes": turned},
    "hospitals": {"hospitals": turned},
    "matrix": {"times": turned_matrix},
    "study": {"study": turned_study},
    "all": {
        "postcodes": turned,
        "hospitals": turned,
        "times": turned_matrix,
        "study": turned_study,
    },
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_entries_changes_no_figure(tmp_path: Path, result: Result, order: str) -> None:
    assert_same_tables(run_world(tmp_path, **ORDERS[order]), result)


def weighted(factor: float) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        out = [lines[0]]
        for line in lines[1:]:
            cells = line.split(",")
            cells[3] = repr(float(cells[3]) * factor)
            out.append(",".join(cells))
        return out

    return change


@pytest.mark.parametrize("factor", [0.1, 1 / 3, 1000.0])
def test_weights_scale_through(tmp_path: Path, result: Result, factor: float) -> None:
    scaled = run_world(tmp_path, postcodes=weighted(factor))
    averages = [name for name in SUMMARY_COLUMNS if name not in COUNTS]
    pd.testing.assert_frame_equal(scaled.summary[averages], result.summary[averages])
    pd.testing.assert_frame_equal(scaled.summary[COUNTS], result.summary[COUNTS] * factor)
    pd.testing.assert_frame_equal(scaled.ranges, result.ranges)
    pd.testing.assert_series_equal(scaled.flows["demand"], result.flows["demand"] * factor)


def test_groups_get_rows_of_their_own(tmp_path: Path, result: Result) -> None:
    grouped = run_world(
        tmp_path,
        study=lambda parts: [parts[0] + 'groups = ["65+", "population"]\n', *parts[1:]],
    )
    plain = grouped.summary[grouped.summary["group"] == "all"].reset_index(drop=True)
    pd.testing.assert_frame_equal(plain, result.summary)
    units = grouped.summary.groupby("group")["unit"].unique().str.join("").to_dict()
    assert units == {"65+": "residents 65+", "all": "residents", "population": "residents"}
    # everybody as a group gives the same figures as everybody
    again = grouped.summary[grouped.summary["group"] == "population"].reset_index(drop=True)
    # bounds are of everybody
    people = {"patients_kind", "residents_moved", "mean_extra_residents"}
    bounds = {"moved_bound", *people, *(each.name for each in fields(Band))}
    same = [name for name in SUMMARY_COLUMNS if name not in {"group", *bounds}]
    pd.testing.assert_frame_equal(again[same], result.summary[same])
    assert again["moved_bound"].isna().all()
    old = grouped.summary[grouped.summary["group"] == "65+"].iloc[0]
    assert (old["demand"], old["moved"]) == (200.0, 150.0)
    assert old["mean_extra_moved"] == pytest.approx(90 * 12 / 150)
    # the other tables are about everybody
    assert len(grouped.flows) == len(result.flows)


def test_patients_are_called_patients_and_not_judged(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(
        "postcode,intervention,patients\n1011,kidney,30\n1012,kidney,4\n1013,kidney,9\n"
        "1011,lung,100\n",
        encoding="utf-8",
    )
    result = run_world(
        tmp_path, study=lambda parts: [parts[0] + 'demand = "patients.csv"\n', *parts[1:]]
    )
    assert result.unit == "patients"
    assert set(result.summary["unit"]) == {"patients"}
    assert set(result.volumes["kind"]) == {"modelled"}
    named, nearest = rows(result, "summary", "kidney", "to D").to_dict("records")
    # 34 patients leave A: to D a quarter, to B the rest; or, to the nearest, all to B by name
    assert (named["lowest_volume"], nearest["lowest_volume"]) == (8.5, 0.0)
    # nobody counted them at a hospital
    assert np.isnan([named["below_norm"], nearest["below_norm"]]).all()
    assert {each["name"] for each in result.manifest["inputs"]} >= {"patients.csv"}


def test_a_bound_needs_a_norm_and_a_number_below_it(tmp_path: Path) -> None:
    def bounds(folder: Path, old: str, new: str) -> list[float]:
        result = run_world(folder, study=lambda parts: [part.replace(old, new) for part in parts])
        return result.summary.loc[result.summary["scenario"] == "C opens", "moved_bound"].tolist()

    # two of three stop, each with at most 59
    assert bounds(tmp_path / "a", "norm = 60", "norm = 60") == [118.0]
    assert np.isnan(bounds(tmp_path / "b", "norm = 60\n", "")).all()
    assert np.isnan(bounds(tmp_path / "c", "stop_count = 2\n", "")).all()
    # only one falls short, so one of the two that stop may be of any size
    assert np.isnan(bounds(tmp_path / "d", "stop_count = 2", "stop_count = 1")).all()


def test_islands_without_visitor_cars_are_marked_in_every_table(tmp_path: Path) -> None:
    def islands(lines: list[str]) -> list[str]:
        marks = [",island,visitor_cars", ",,yes", ",,yes", ",Vlieland,no", ",Vlieland,no", ",,yes"]
        return [line + mark for line, mark in zip(lines, marks, strict=True)]

    result = run_world(tmp_path, postcodes=islands)
    for table in (result.flows, result.postcode_rows):
        marked = set(table.loc[table["ferry"] == "no visitor cars", "postcode"])
        assert marked == {"1013", "1014"}
    marked = result.municipalities["ferry"] == "no visitor cars"
    assert set(result.municipalities.loc[marked, "municipality"]) == {"Zuid"}
    assert result.postcodes["ferry"].tolist() == ["", "", "no visitor cars", "no visitor cars"]
    assert result.manifest["counts"]["postcodes_without_visitor_cars"] == 2


def test_without_scenarios_each_intervention_shows_its_displayed_candidate(tmp_path: Path) -> None:
    result = run_world(tmp_path, study=lambda parts: parts[:3])
    assert [case.scenario for case in result.cases] == [DISPLAYED, DISPLAYED]
    for case in result.cases:
        table = result.candidates[case.intervention.name].set_index("stops")
        shown = table.loc["; ".join(case.stops), "mean_extra_moved"]
        assert case.figures["mean_extra_moved"] == pytest.approx(shown)
        before = case.flows.groupby("provider_before")["demand"].sum()
        counted = table["mean_extra_moved"].dropna().index
        smallest = min(before.reindex(names.split("; ")).sum() for names in counted)
        assert before.reindex(case.stops).sum() == pytest.approx(smallest)


def test_a_result_has_every_table(result: Result) -> None:
    assert set(TABLES) <= {each.name for each in fields(result)}
    for name in TABLES:
        assert len(getattr(result, name)), name


def test_the_manifest_says_which_hospitals_stop(noordoost_result: Result) -> None:
    cases = noordoost_result.manifest["cases"]
    assert len(cases) == len(noordoost_result.cases)
    decided = [case for case in cases if case["status"] == "decided"]
    assert [(case["stops"], case["recipients"], case["from"]) for case in decided] == [
        (["Nij Smellinghe"], "named", "2027-01-01"),
        (["Nij Smellinghe"], "nearest", "2027-01-01"),
    ]
    assert decided[0]["moves_to"] == {"Nij Smellinghe": {"Frisius MC Leeuwarden (MCL)": 1.0}}


def test_minutes_that_could_be_seconds_are_doubted(tmp_path: Path) -> None:
    def in_seconds(lines: list[str]) -> list[str]:
        return [*lines[:2], lines[2].replace("1012,20,", "1012,1200,"), *lines[3:]]

    result = run_world(tmp_path, times=in_seconds)
    assert any("are they minutes?" in note["text"] for note in result.manifest["notes"])
