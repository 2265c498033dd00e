"""Scenarios of three kinds of networks together, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.scenario_combinations import exclusions, scenario_combinations, total_impact

COLUMNS = ["institution", "layer", "network", "scenario", "treatment", "change"]
ROWS = [
    # A is in a region, a subregion and a vascular network; B in the first two
    ("A", "region", "Noordoost", "one place", "pancreas", -20.0),
    ("B", "region", "Noordoost", "one place", "pancreas", 20.0),
    ("A", "region", "Noordoost", "two places", "pancreas", 5.0),
    ("A", "subregion", "Friesland", "kidney to B", "kidney", -30.0),
    ("B", "subregion", "Friesland", "kidney to B", "kidney", 30.0),
    ("A", "vascular", "Noord", "aorta here", "aorta", 12.0),
    ("A", "vascular", "Noord", "aorta here", "carotid", 3.0),
    # a scenario of the vascular network that takes the kidney as well
    ("A", "vascular", "Noord", "all away", "kidney", -30.0),
]


def scenarios(rows: list[tuple[object, ...]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_what_excludes_what() -> None:
    found = exclusions(scenarios())
    pairs = {
        (row.first_scenario, row.second_scenario): (row.reason, row.institutions, row.treatments)
        for row in found.itertuples()
    }
    assert pairs == {
        ("one place", "two places"): ("same network", "A", "pancreas"),
        ("kidney to B", "all away"): ("same treatment", "A", "kidney"),
    }


def test_all_combinations_that_concern_an_institution() -> None:
    found, left_out = scenario_combinations(scenarios())
    assert left_out == {}
    columns = ["region_scenario", "subregion_scenario", "vascular_scenario"]
    of = {name: rows[columns].to_numpy().tolist() for name, rows in found.groupby("institution")}
    assert of["B"] == [
        ["", "kidney to B", ""],
        ["one place", "", ""],
        ["one place", "kidney to B", ""],
    ]
    # 3 x 2 x 4 choices (the vascular network can do both), less none at all and those with the
    # kidney twice
    assert len(of["A"]) == 3 * 2 * 4 - 1 - 3 * 2
    assert ["", "", "all away; aorta here"] in of["A"]
    assert ["two places", "kidney to B", "aorta here"] in of["A"]
    assert not any(each[1:] == ["kidney to B", "all away"] for each in of["A"])
    assert set(found.loc[found["region_scenario"] != "", "region"]) == {"Noordoost"}
    assert set(found.loc[found["vascular_scenario"] == "", "vascular"]) == {""}


def test_there_are_no_more_than_asked_for_and_the_rest_is_counted() -> None:
    rows = [
        ("A", "region", "Oost", f"{treatment}{number}", treatment, 1.0)
        for treatment in "pqrstu"
        for number in range(3)
    ]
    found, left_out = scenario_combinations(scenarios(rows), most=5)
    # of each of six treatments one of three scenarios or none; all 18 single ones are there
    assert left_out == {"A": 4**6 - 1 - 18 - 5}
    sizes = [len(each) for each in found["taken"]]
    assert (sizes.count(1), len(sizes), max(sizes)) == (18, 23, 6)
    treatments = [[key[2][0] for key in each] for each in found["taken"]]
    assert all(len(set(each)) == len(each) for each in treatments)


def test_scenarios_of_one_network_exclude_one_another_where_they_share_a_treatment() -> None:
    rows = [
        ("A", "region", "Oost", "a stops", "pancreas", -1.0),
        ("B", "region", "Oost", "b stops", "pancreas", -1.0),
        ("A", "region", "Oost", "no lungs", "lung", -1.0),
    ]
    found = exclusions(scenarios(rows))
    assert found[["first_scenario", "second_scenario", "reason"]].to_numpy().tolist() == [
        ["a stops", "b stops", "same network"]
    ]
    combined, _ = scenario_combinations(scenarios(rows))
    assert combined["region_scenario"].tolist() == [
        "a stops",
        "a stops; no lungs",
        "no lungs",
        "b stops",
    ]


def test_the_total_impact_adds_scenarios_and_treatments() -> None:
    rows = scenarios().assign(days=[1.0, 2.0, 4.0, 8.0, np.nan, 16.0, 32.0, 64.0])
    found = total_impact(rows, scenario_combinations(rows).rows, values=["change", "days"])
    totals = found.set_index(
        ["institution", "region_scenario", "subregion_scenario", "vascular_scenario"]
    )
    assert totals.loc[("A", "one place", "kidney to B", "aorta here"), "change"] == -35.0
    assert totals.loc[("A", "one place", "kidney to B", "aorta here"), "days"] == 57.0
    assert totals.loc[("A", "two places", "", "all away"), "change"] == -25.0
    assert totals.loc[("B", "one place", "kidney to B", ""), "change"] == 50.0
    # one number of B is not known
    assert np.isnan(totals.loc[("B", "one place", "kidney to B", ""), "days"])
    assert totals.loc[("B", "one place", "", ""), "days"] == 2.0


def test_an_institution_in_two_regions_takes_one_at_a_time() -> None:
    rows = [
        ("A", "region", "Oost", "east", "pancreas", 1.0),
        ("A", "region", "West", "west", "lung", 2.0),
    ]
    found = exclusions(scenarios(rows))
    assert found["reason"].tolist() == ["same layer"]
    combined = scenario_combinations(scenarios(rows)).rows
    assert combined["region"].tolist() == ["Oost", "West"]
    assert total_impact(scenarios(rows), combined)["change"].tolist() == [1.0, 2.0]


def test_scenarios_that_share_nothing_exclude_nothing() -> None:
    rows = [
        ("A", "region", "Oost", "east", "pancreas", 1.0),
        ("B", "region", "West", "west", "pancreas", 2.0),
    ]
    assert exclusions(scenarios(rows)).empty


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layer": "province"}, "row 1, layer: found 'province', expected one of region"),
        ({"layer": "vasculair"}, "nearest known: 'vascular'"),
    ],
)
def test_an_unknown_layer_is_told(changed: dict[str, str], said: str) -> None:
    rows = scenarios()
    rows.loc[0, list(changed)] = list(changed.values())
    with pytest.raises(InputError, match=said):
        exclusions(rows)


def test_other_faults_are_told() -> None:
    with pytest.raises(InputError, match=r"scenario: expected a column; nearest known: 'scenaro'"):
        scenario_combinations(scenarios().rename(columns={"scenario": "scenaro"}))
    with pytest.raises(InputError, match="row 9: found 'A; region; Noordoost; one place; pancreas"):
        exclusions(scenarios([*ROWS, ROWS[0]]))
    combined = scenario_combinations(scenarios()).rows
    with pytest.raises(InputError, match="days: expected a column"):
        total_impact(scenarios(), combined, values=["days"])
