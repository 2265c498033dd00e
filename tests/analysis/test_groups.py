"""Groups side by side: together they are the whole, and words say no more than figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, write_files

from impact.analysis.groups import REST
from impact.analysis.run import run_study
from impact.model.divisions import CHARACTERISTICS, UNKNOWN
from impact.outputs.text import texts
from impact.outputs.text.groups import group_tables
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

NL = texts("nl")


def test_the_groups_of_a_division_are_the_whole(noordoost_result: Result) -> None:
    groups = noordoost_result.groups
    assert set(groups["by"]) == {"65+", "75+", *CHARACTERISTICS}
    for view in noordoost_result.principal:
        name, scenario = view.key
        mine = groups[(groups["intervention"] == name) & (groups["scenario"] == scenario)]
        sums = mine.groupby("by")[["demand", "moved"]].sum()
        for by in CHARACTERISTICS:
            assert sums.loc[by, "demand"] == pytest.approx(view.row["demand"])
            assert sums.loc[by, "moved"] == pytest.approx(view.row["moved"])
        residents = noordoost_result.postcodes["population"].sum()
        for by in ("65+", "75+"):
            assert sums.loc[by, "demand"] == pytest.approx(residents)
            assert sums.loc[by, "moved"] == pytest.approx(view.row["residents_moved"])


def test_means_of_groups_average_to_the_mean_of_all(noordoost_result: Result) -> None:
    groups = noordoost_result.groups.dropna(subset=["mean_extra_moved"])
    for view in noordoost_result.principal:
        name, scenario = view.key
        mine = groups[(groups["intervention"] == name) & (groups["scenario"] == scenario)]
        for by in CHARACTERISTICS:
            part = mine[mine["by"] == by]
            mean = np.average(part["mean_extra_moved"], weights=part["moved"])
            assert mean == pytest.approx(view.row["mean_extra_moved"])
            assert part["extra_over_30"].sum() <= part["moved"].sum() + 1e-9


def test_old_people_are_counted_among_residents(noordoost_result: Result) -> None:
    groups = noordoost_result.groups
    old = groups[(groups["by"] == "65+") & (groups["group"] == "65+")]
    assert set(old["unit"]) == {"residents"}
    total = noordoost_result.postcodes["population_65plus"].sum()
    assert old["demand"].to_numpy() == pytest.approx(total)
    assert set(groups.loc[groups["by"] == "65+", "group"]) == {"65+", REST}


def test_who_has_no_value_is_a_group_of_its_own(noordoost_result: Result) -> None:
    cars = noordoost_result.groups[noordoost_result.groups["by"] == "cars_per_1000"]
    assert (cars["group"] == UNKNOWN).any()
    assert (cars.loc[cars["group"] == UNKNOWN, "demand"] > 0.0).all()


def test_the_words_name_the_groups_with_most_and_least(noordoost_result: Result) -> None:
    for view in noordoost_result.principal:
        for table in group_tables(NL, view):
            if not table.said:
                continue
            assert "door" not in table.said.replace("gemiddeld", "")
            named = [line for line in table.lines if f"'{line.label}'" in table.said]
            if "ongeveer even veel" in table.said:
                assert named == []
                continue
            assert len(named) == 2
            highest = max(line.extra for line in named)
            assert NL.number(highest) in table.said


def test_without_groups_a_note_says_why_and_with_groups_counts_are_divided(tmp_path: Path) -> None:
    counts = "postcode,provider,patients\n9712,Noord,40\n8911,West,<10\n7811,Zuid,12\n"
    rule = 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"'
    plain = STUDY.replace("stop_count = 1", rule)
    asked = plain.replace('region = "Noorden"', 'region = "Noorden"\ngroups = ["urbanity"]')
    results = [
        run_study(
            read_study(write_files(tmp_path / name, {"study.toml": text, "flows.csv": counts}))
        )
        for name, text in (("plain", plain), ("asked", asked))
    ]
    keys = [{note["key"] for note in each.manifest["notes"]} for each in results]
    assert results[0].groups.empty
    assert "groups_none" in keys[0]
    assert "groups_none" not in keys[1]
    one = results[1].groups
    assert one.groupby("scenario")["demand"].sum().to_numpy() == pytest.approx(57.0)
