"""The fourteen published ends by the published method: by hand, and on both road networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from matrices import INF, matrix
from methods_page import methods_say
from published_example import HOSPITALS, NETWORKS, RESIDENTS, nearness, step_1

from impact.analysis.ranges import DEFAULT
from impact.evidence.published.method import (
    AVERAGE,
    CANDIDATES,
    EITHER,
    GREATEST,
    LEAST,
    MEDIAN,
    MIDDLE,
    MethodTables,
    NetworkMeans,
    PublishedReading,
    SetSums,
    candidate_means,
    means_table,
    method_means,
    published_readings,
    reading_ends,
    scenarios_behind,
)
from impact.evidence.published.readings import RoadsReading
from impact.evidence.published.table import PublishedRange, PublishedRow, published_ranges
from impact.model.catchment import WHOLE_MINUTES, Nearness, catchment_flows, catchments
from impact.model.networks import read_networks
from impact.model.travel_table import travel_table
from impact.study.register import read_register
from impact.tables.places import read_hospitals, read_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.evidence.published.run import Reproduction

PAGE = Path(__file__).resolve().parents[3] / "docs" / "published_method.md"

# --- by hand ------------------------------------------------------------------------------------


def means_of(
    near: Nearness,
    weights: np.ndarray,
    stops: list[tuple[str, ...]],
    networks: Mapping[str, Sequence[str]] = NETWORKS,
) -> pd.DataFrame:
    """Table of the means of some candidates."""
    names = near.times.destinations
    members = np.array([[name in each for name in names] for each in stops])
    sums = SetSums(near, weights)
    return means_table(
        candidate_means(sums, everywhere=names, networks=networks, providers=names, members=members)
    )


def test_a_candidate_has_the_mean_of_the_travel_table() -> None:
    near = nearness()
    stops = [("A",), ("B",), ("A", "D"), ("B", "C")]
    found = means_of(near, RESIDENTS, stops).set_index(["network", "candidate"])
    before = catchments(near, RESIDENTS, providers=HOSPITALS)
    for candidate, names in enumerate(stops):
        flows = catchment_flows(near, before, providers=HOSPITALS, networks=NETWORKS, stops=names)
        for network, members in NETWORKS.items():
            if not set(members) & set(names):
                assert (network, candidate) not in found.index
                continue
            row = found.loc[(network, candidate)]
            inside = flows[flows["provider_before"].isin(members)]
            table = travel_table(inside, zero_rule=False)
            if network == "West":
                # nobody of West goes on
                assert not row["feasible"]
                assert np.isnan(row["mean_extra"])
                continue
            assert row["mean_extra"] == pytest.approx(table["published_mean_extra"])
            assert row["mean_before"] == pytest.approx(table["published_mean_before"])
            assert row["weight"] == pytest.approx(table["published_weight"])
            moved = inside.loc[inside["moved"], "demand"].sum()
            assert row["same"] == pytest.approx(moved - row["weight"])


def test_volumes_as_weights_give_the_flows_of_the_example() -> None:
    volumes = step_1(nearness())["demand"].to_numpy()
    found = means_of(nearness(), volumes, [("A",)])
    assert found["mean_extra"].tolist() == [pytest.approx(530 / 40)]
    assert found[["weight", "same"]].to_numpy().tolist() == [[40.0, 20.0]]


def test_who_cannot_be_reached_makes_a_candidate_impossible() -> None:
    near = Nearness(matrix("A B", {"p": [1.0, INF], "q": [3.0, 2.0]}))
    weights = np.array([1.0, 1.0])
    found = means_of(near, weights, [("A",), ("B",)], {"x": ["A", "B"]})
    assert found["feasible"].tolist() == [False, True]


def means(*rows: tuple[str, str, float, float, float]) -> list[NetworkMeans]:
    """Treatment, network, mean, weight and weight of those with the same minutes of candidates."""
    one, nothing = np.ones(1, np.int64), np.full(1, np.nan)
    return [
        NetworkMeans(
            "R",
            treatment,
            network,
            ("x",),
            candidate=np.array([place]),
            sets=one,
            before=nothing,
            extra=np.array([mean]),
            weight=np.array([weight]),
            same=np.array([same]),
            feasible=np.ones(1, dtype=bool),
        )
        for place, (treatment, network, mean, weight, same) in enumerate(rows)
    ]


SAID = {"R": PublishedRange("R", 3.0, 11.0, ("a",), "somewhere")}


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (MEDIAN, (2.0, 10.0, "b, N", "a, N")),
        (MIDDLE, (4.0, 10.0, "b, N", "a, N")),
        (LEAST, (2.0, 4.0, "b, N", "a, N")),
        (GREATEST, (6.0, 20.0, "b, N", "a, N")),
        (CANDIDATES, (2.0, 20.0, "b, N", "a, N")),
        (AVERAGE, (8.0, 8.0, "every treatment, N", "every treatment, N")),
    ],
)
def test_the_ends_of_every_statistic(
    statistic: str, expected: tuple[float, float, str, str]
) -> None:
    rows = means(
        ("a", "N", 20.0, 1.0, 0.0),
        ("a", "N", 4.0, 2.0, 0.0),
        ("a", "N", 10.0, 3.0, 0.0),
        ("b", "N", 2.0, 1.0, 0.0),
        ("b", "N", 6.0, 1.0, 0.0),
    )
    found = reading_ends(PublishedReading(statistic), rows, SAID).iloc[0]
    assert tuple(found[["low", "high", "low_from", "high_from"]]) == expected
    assert (found["published_low"], found["published_high"]) == (3.0, 11.0)


def test_the_zero_rule_gives_a_lower_end_of_zero() -> None:
    rows = means(("a", "N", np.nan, 0.0, 5.0), ("b", "N", 6.0, 1.0, 0.0))
    ends = [
        reading_ends(PublishedReading(zero_rule=rule), rows, SAID)["low"].item()
        for rule in (True, False)
    ]
    assert ends == [0.0, 6.0]
    # where nobody lives nearest, nothing is 0
    nobody = means(("a", "N", np.nan, 0.0, 0.0), ("b", "N", 6.0, 1.0, 0.0))
    assert reading_ends(PublishedReading(), nobody, SAID)["low"].item() == 6.0


def test_kidney_treatment_in_veluwe_ijssel_is_left_out_on_request() -> None:
    veluwe = "Oncologienetwerk Veluwe-IJssel"
    rows = means(("kidney_local", veluwe, 30.0, 1.0, 0.0), ("a", veluwe, 6.0, 1.0, 0.0))
    ends = [
        reading_ends(PublishedReading(left_out=rule), rows, SAID)["high"].item()
        for rule in (True, False)
    ]
    assert ends == [6.0, 30.0]


def test_scenarios_that_could_be_behind_an_end_are_counted() -> None:
    rows = means(("a", "N", 2.6, 1.0, 0.0), ("a", "N", 2.6, 1.0, 0.0), ("b", "N", 9.0, 1.0, 0.0))
    found = scenarios_behind(rows, SAID).set_index("end")
    columns = ["scenarios", "fitting", "treatment", "mean_extra"]
    assert found.loc["low", columns].tolist() == [2, 1, "a", 2.6]
    assert found.loc["high", columns].tolist() == [2, 0, "b", 9.0]
    # of the treatment that is said to have the upper end
    assert found.loc["peak", columns].tolist() == [1, 0, "a", 2.6]


def test_a_candidate_that_empties_a_subregion_is_one_of_the_region() -> None:
    networks = pd.DataFrame(
        [("subregion", "U", "R", "a"), ("subregion", "U", "R", "b"), ("subregion", "V", "R", "c")],
        columns=["layer", "network", "main_region", "member"],
    )
    register = pd.DataFrame(
        [("R", "t", name) for name in "ABC"], columns=["region", "treatment_id", "location"]
    )
    times = matrix("A B C", {"p": [1.0, 9.0, 5.0], "q": [8.0, 1.0, 9.0], "r": [30.0, 20.0, 2.0]})
    rows = [PublishedRow("R", "t", 1, 3, named=True)]
    tables = MethodTables(rows, register, networks, {"A": "a", "B": "b", "C": "c"})
    sums = SetSums(Nearness(times, WHOLE_MINUTES), np.ones(3))
    found = {
        within: means_table(method_means(tables, sums, within=within))
        for within in ("subregion", "region", EITHER)
    }
    columns = ["network", "stops", "mean_extra"]
    assert found["region"][columns].to_numpy().tolist() == [
        ["R", "A", 4.0],
        ["R", "B", 7.0],
        ["R", "C", 18.0],
    ]
    # A goes to B, though C is nearer; C is alone in V
    assert found[EITHER][columns].to_numpy().tolist() == [
        ["U", "A", 8.0],
        ["U", "B", 7.0],
        ["R", "C", 18.0],
    ]
    assert found[EITHER]["candidate"].tolist() == [0, 1, 2]
    assert found["subregion"]["feasible"].tolist() == [True, True, False]


def test_readings_have_names_of_their_own() -> None:
    readings = published_readings()
    names = [each.name for each in readings]
    assert len(set(names)) == len(names) == 66
    assert all(name.startswith("published, ") for name in names)
    assert readings[0] == PublishedReading()


# --- networks of the shipped register -----------------------------------------------------------


@pytest.fixture(scope="module")
def networks() -> pd.DataFrame:
    return read_networks(read_regions())


@pytest.fixture(scope="module")
def divided(networks: pd.DataFrame) -> Callable[..., dict[str, tuple[str, ...]]]:
    organisation_of = read_hospitals()["organisation"].to_dict()
    tables = MethodTables((), read_register(), networks, organisation_of)

    def divide(region: str, treatment: str, **asked: object) -> dict[str, tuple[str, ...]]:
        found = tables.divided(region, treatment, **asked)
        providers = tables.providers(region, treatment)
        assert {name for each in found.values() for name in each} >= set(providers)
        return found

    return divide


def test_providers_are_divided_over_subregions(
    divided: Callable[..., dict[str, tuple[str, ...]]],
) -> None:
    assert {
        name: len(each) for name, each in divided("Noordoost-Nederland", "lung_resections").items()
    } == {
        "ONZ": 1,
        "Oncologienetwerk Groningen-Drenthe": 3,
        "Oncologienetwerk Veluwe-IJssel": 3,
        "Oncologisch Netwerk Friesland": 1,
    }
    assert list(divided("Oost-Nederland", "lung_resections")) == ["Oost-Nederland"]
    assert list(divided("Noordoost-Nederland", "lung_resections", within="region")) == [
        "Noordoost-Nederland"
    ]
    # a provider that no subregion names is on its own
    assert divided("Zuidwest-Nederland", "aortic_surgery")["Beatrixziekenhuis"] == (
        "Beatrixziekenhuis",
    )


def test_vascular_treatments_go_by_vascular_networks_that_are_known(
    divided: Callable[..., dict[str, tuple[str, ...]]],
) -> None:
    south = divided("Zuidoost-Nederland", "aortic_surgery", vascular=True)
    assert sorted(south) == ["vascular: Limburg", "vascular: VascuZON"]
    # a member of another region takes part
    assert "Jeroen Bosch Ziekenhuis" in south["vascular: VascuZON"]
    north = divided("Noordoost-Nederland", "aortic_surgery", vascular=True)
    assert "vascular: Noord-Nederland" in north
    assert "ONZ" in north
    # not all members of Groot-Rijnmond en Zeeland are known
    assert list(divided("Midden-Nederland", "aortic_surgery", vascular=True)) == [
        "Midden-Nederland"
    ]
    assert divided("Zuidoost-Nederland", "kidney_local", vascular=True) == divided(
        "Zuidoost-Nederland", "kidney_local"
    )


# --- the fourteen ends on both road networks ----------------------------------------------------


READINGS = {
    "subregion, median": PublishedReading(MEDIAN),
    "subregion, middle": PublishedReading(MIDDLE),
    "subregion, all": PublishedReading(CANDIDATES),
    "either, median": PublishedReading(MEDIAN, within=EITHER),
    "either, middle": PublishedReading(MIDDLE, within=EITHER),
    "vascular, median": PublishedReading(MEDIAN, vascular=True),
    "region, median": PublishedReading(MEDIAN, within="region"),
    "region, middle": PublishedReading(MIDDLE, within="region"),
}
"""Columns of the page."""


def cells_of(page: str, first: str) -> list[list[str]]:
    """Rows of the table of a page whose header starts with a cell, the header first."""
    lines = page.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


EXACTLY = PublishedReading(MEDIAN, rounding="exact")
ROADS = {"streets": "", "main roads": ", roads main"}
"""Name in the page -> end of the identifier in a run on the shipped streets."""


def test_every_reading_is_there_on_both_networks(reproduction: Reproduction) -> None:
    method = reproduction.method
    assert method.roads == ("bundled", "main")
    names = [each.name for each in published_readings()]
    assert method.ends["definition"].unique().tolist() == [
        name + end for end in ROADS.values() for name in names
    ]
    assert len(method.ends) == 7 * 2 * 66
    assert method.ends[["low", "high"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (
            PublishedReading(),
            {
                "low": [4.0, 2.0, 2.2, 11.0, 5.5, 9.6, 3.4],
                "high": [9.1, 22.4, 23.8, 16.1, 13.7, 45.1, 29.0],
            },
        ),
        (
            RoadsReading(PublishedReading(), "main", asked=False),
            {
                "low": [4.6, 1.6, 2.7, 12.2, 5.0, 10.0, 3.4],
                "high": [9.8, 22.2, 22.7, 16.9, 11.6, 45.2, 29.8],
            },
        ),
    ],
)
def test_the_ends_as_the_scripts_have_them(
    reproduction: Reproduction,
    reading: PublishedReading | RoadsReading,
    expected: dict[str, list[float]],
) -> None:
    ends = reproduction.method.ends
    own = ends[ends["definition"] == reading.name]
    assert own["region"].tolist() == [*published_ranges()]
    assert own[["low", "high"]].round(1).to_dict("list") == expected


@pytest.mark.parametrize("roads", [*ROADS])
def test_the_fourteen_ends_are_what_the_page_says(reproduction: Reproduction, roads: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    header, *rows = cells_of(page, f"{roads}: region and published")
    assert header[1:] == list(READINGS)
    names = [reading.name + ROADS[roads] for reading in READINGS.values()]
    made = reproduction.method.ends.set_index(["definition", "region"])
    said = {row[0]: row[1:] for row in rows}
    for region, each in published_ranges().items():
        computed = [made.loc[(name, region)] for name in names]
        shown = [f"{row['low']:.1f}–{row['high']:.1f}" for row in computed]
        assert said.pop(f"{region} {each.low:.0f}–{each.high:.0f}") == shown
    errors = reproduction.method_scores.set_index("definition").loc[names]
    assert said.pop("mean error of lower and upper ends") == [
        f"{row.mae_low:.1f} and {row.mae_high:.1f}" for row in errors.itertuples()
    ]
    assert not said


@pytest.mark.parametrize("roads", [*ROADS])
def test_exact_minutes_change_little(reproduction: Reproduction, roads: str) -> None:
    ends = reproduction.method.ends.set_index("definition")[["low", "high"]]
    whole, exact = (
        ends.loc[reading.name + ROADS[roads]].to_numpy()
        for reading in (PublishedReading(MEDIAN), EXACTLY)
    )
    assert 0.0 < np.abs(whole - exact).max() < 1.0


def test_the_zero_rule_changes_no_end(reproduction: Reproduction) -> None:
    ends = reproduction.method.ends.set_index("definition")[["low", "high"]]
    for reading in READINGS.values():
        without = replace(reading, zero_rule=False)
        if without in published_readings():
            assert (ends.loc[reading.name].to_numpy() == ends.loc[without.name].to_numpy()).all()


def test_the_scenarios_behind_the_ends_are_what_the_page_says(reproduction: Reproduction) -> None:
    behind = reproduction.method.scenarios
    # who performs the treatments of Noordoost's peak is alone in its subregion
    alone = behind[behind["region"].eq("Noordoost-Nederland") & behind["end"].eq("peak")]
    assert alone["scenarios"].tolist() == [0, 10, 0, 10]
    shown = []
    for (region, end), rows in behind.groupby(["region", "end"], sort=False):
        cells = [
            f"{row.fitting} of {row.scenarios:,}, {row.mean_extra:.1f}" if row.scenarios else "none"
            for row in rows.itertuples()
        ]
        shown.append([region, f"{end} {rows['published'].iloc[0]:.0f}", *cells])
    _, *rows = cells_of(PAGE.read_text(encoding="utf-8"), "scenarios of")
    assert rows == shown


def test_the_methods_say_how_far_off_the_readings_are(reproduction: Reproduction) -> None:
    scores = reproduction.method_scores.set_index("definition")[["mae_low", "mae_high"]]
    low, high = scores.loc[PublishedReading().name]
    assert methods_say(f"the lower ends are {low:.1f} minutes off and the upper ends {high:.1f};")
    streets = scores.loc[[each.name for each in published_readings()]]
    (least_low, least_high), (most_low, most_high) = streets.min(), streets.max()
    assert methods_say(
        f"other readings lie between {least_low:.1f} and {most_low:.1f} at the lower ends and "
        f"between {least_high:.1f} and {most_high:.1f} at the upper"
    )


def test_the_walk_to_the_published_method_ends_at_both_figures(reproduction: Reproduction) -> None:
    steps = reproduction.method_steps().pivot_table(
        index=["region", "end"], columns="step", values="minutes", sort=False
    )
    assert len(steps) == 14
    ours = reproduction.ranges[reproduction.ranges["definition"] == DEFAULT].set_index("region")
    ends = reproduction.method.ends.set_index(["definition", "region"])
    for region, end in steps.index:
        row = steps.loc[(region, end)]
        assert row["ours"] == ours.loc[region, f"ours_{end}"]
        assert row["published"] == ours.loc[region, f"published_{end}"]
        assert row["left_out"] == ends.loc[(PublishedReading().name, region), end]
    # a region without subregions is its own
    oost = steps.loc["Oost-Nederland"]
    assert (oost["subregions"] == oost["zero_rule"]).all()
    # without kidney treatment in Veluwe-IJssel only Noordoost can change
    changed = steps.index[steps["left_out"] != steps["subregions"]]
    assert {region for region, _ in changed} <= {"Noordoost-Nederland"}
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for region, end, first, last, words in (
        ("Zuidoost", "high", "ours", "catchments", "of Zuidoost from"),
        ("Zuidwest", "high", "ours", "catchments", "of Zuidwest from"),
        ("Noordoost", "low", "zero_rule", "subregions", "Noordoost's lower end from"),
        ("Zuidwest", "low", "zero_rule", "subregions", "Zuidwest's from"),
    ):
        row = steps.loc[(f"{region}-Nederland", end)]
        assert f"{words} {row[first]:.1f} to {row[last]:.1f}" in page
