"""Ranges, each with its definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matrices import INF, inputs_of, matrix

from impact.analysis.cases import study_cases
from impact.analysis.ranges import COLUMNS, DEFAULT, GREATEST, LEAST, ranges
from impact.study.model import Intervention, Scenario, Study
from impact.sweep.means import sweep_means

TIMES = matrix("A B C", {"p": [10, 20, 50], "q": [30, 12, 35], "r": [40, 60, 15]})
DEMAND = np.array([4.0, 2.0, 1.0])


def table_of(*interventions: Intervention, scenarios: tuple[Scenario, ...] = ()) -> pd.DataFrame:
    """Ranges of a study by their definition."""
    weights = {each.name: DEMAND for each in interventions}
    swept = {each.name: sweep_means(each, TIMES, DEMAND) for each in interventions}
    study = Study("t", "here", interventions, scenarios)
    cases = study_cases(study, inputs_of(TIMES, weights), swept)
    table = ranges("here", cases, swept)
    assert tuple(table.columns) == COLUMNS
    assert (table["region"] == "here").all()
    return table.set_index("definition")


def points(row: pd.Series) -> list[object]:
    return [
        pytest.approx(row["low"]),
        pytest.approx(row["high"]),
        row["low_from"],
        row["high_from"],
    ]


ONE = Intervention("one", ("A", "B", "C"), stop_count=1)
TWO = Intervention("two", ("A", "B", "C"), stop_count=2)


def test_the_range_over_interventions_takes_one_case_of_each() -> None:
    # one stops: A 10, B 18, C 25 minutes more; C is the smallest.
    # two stop: AB (40 x 4 + 23 x 2) / 6 = 34.33, AC (10 x 4 + 45) / 5 = 17,
    #           BC (18 x 2 + 25) / 3 = 20.33; B and C are the smallest.
    table = table_of(ONE, TWO)
    assert points(table.loc[DEFAULT]) == [61 / 3, 25.0, "two: B; C", "one: C"]
    # the minimum and the maximum over candidates stand beside it
    assert points(table.loc[LEAST]) == [10.0, 17.0, "one: A", "two: A; C"]
    assert points(table.loc[GREATEST]) == [25.0, 206 / 6, "one: C", "two: A; B"]


def test_the_range_over_candidates() -> None:
    table = table_of(ONE, TWO)
    assert points(table.loc["candidates: one"]) == [10.0, 25.0, "A", "C"]
    assert points(table.loc["candidates: two"]) == [17.0, 206 / 6, "A; C", "A; B"]


def test_a_scenario_that_fits_gives_the_figure() -> None:
    scenario = Scenario("s", stops={"one": ("C",)})
    table = table_of(ONE, scenarios=(scenario,))
    assert points(table.loc[DEFAULT]) == [25.0, 25.0, "one: C", "one: C"]
    assert "postcodes P10-P90: one | s" in table.index


def test_the_range_over_postcodes_is_of_the_moved() -> None:
    scenario = Scenario("s", stops={"two": ("A", "B")}, moves_to={"A": {"C": 1.0}})
    table = table_of(TWO, scenarios=(scenario,))
    # 4 x 40 and 2 x 23
    assert points(table.loc["postcodes P10-P90: two | s"]) == [23.0, 40.0, "p10", "p90"]
    assert points(table.loc["postcodes min-max: two | s"]) == [23.0, 40.0, "min", "max"]
    # the second reading of the scenario has no rows of its own
    assert table.index.is_unique


def test_equal_means_go_to_the_first_name_at_both_ends() -> None:
    swept = pd.DataFrame(
        {
            "stops": ["b", "a", "d", "c"],
            "moved": 1.0,
            # equal but for the order of summation
            "mean_extra_moved": [5.0, 5.000_000_000_000_1, 9.000_000_000_000_1, 9.0],
            "mean_extra_all": 1.0,
        }
    )
    table = ranges("here", (), {"x": swept}).set_index("definition")
    assert points(table.loc["candidates: x"]) == [5.0, 9.0, "a", "c"]
    assert points(table.loc[LEAST]) == [5.0, 5.0, "x: a", "x: a"]
    assert points(table.loc[GREATEST]) == [9.0, 9.0, "x: c", "x: c"]


def test_where_nobody_moves_a_range_is_empty() -> None:
    nobody = np.array([4.0, 2.0, 0.0])
    only_c = Intervention("x", ("A", "B", "C"), stop_count=1, must_stop=("C",))
    swept = {"x": sweep_means(only_c, TIMES, nobody)}
    study = Study("t", "here", (only_c,))
    cases = study_cases(study, inputs_of(TIMES, {"x": nobody}), swept)
    table = ranges("here", cases, swept)
    assert table[["low", "high"]].isna().all(axis=None)
    assert len(table) == 7


def test_a_candidate_that_leaves_nobody_a_route_is_not_the_greatest() -> None:
    times = matrix("A B", {"p": [10, 20], "q": [INF, 5]})
    two = Intervention("x", ("A", "B"), stop_count=1)
    demand = np.ones(2)
    swept = sweep_means(two, times, demand)
    # when B stops q has no route: counted beside, not averaged
    table = ranges("here", (), {"x": swept}).set_index("definition")
    assert points(table.loc["candidates: x"]) == [10.0, 10.0, "A", "A"]


def test_an_agreement_that_lies_beyond_every_candidate_is_the_greatest() -> None:
    # A stops and all of it is sent to C: p 40 minutes more; no candidate is above 25
    agreed = Scenario("x", {"one": ("A",)}, moves_to={"A": {"C": 1.0}})
    table = table_of(ONE, scenarios=(agreed,))
    assert points(table.loc[GREATEST]) == [40.0, 40.0, "one: A", "one: A"]
    assert points(table.loc[LEAST]) == [10.0, 10.0, "one: A", "one: A"]
    assert points(table.loc["candidates: one"]) == [10.0, 25.0, "A", "C"]


def test_a_displayed_case_counts_among_the_extremes() -> None:
    """B stops and all of it is sent to C: 21.67 minutes more; to the nearest it would be 18."""
    agreed = Scenario("x", {"one": ("B",)}, moves_to={"B": {"C": 1.0}})
    plain, named = table_of(ONE), table_of(ONE, scenarios=(agreed,))
    assert named.loc[DEFAULT, "low"] == pytest.approx(35 - 12)
    for end in (LEAST, GREATEST):
        assert plain.loc[end, "low"] <= named.loc[end, "low"]
    assert named.loc[LEAST, "low"] <= named.loc[DEFAULT, "low"]
    assert named.loc[DEFAULT, "high"] <= named.loc[GREATEST, "high"]
