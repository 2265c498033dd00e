"""Figures of Noordoost-Nederland that we publish, so that none drifts without being noticed.

Patients a year are modelled, where a national count fits; elsewhere residents of 65 and over stand
for them. Minutes are one way, outside the peak.
"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from methods_page import methods_table, numbers

from impact import read_hospitals, read_street_network, read_study, run_study, travel_times
from impact.bundled import data_path, study_paths
from impact.model.measures import measures
from impact.study.model import DISPLAYED
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.model.case import Case

REGION = "Noordoost-Nederland"
AORTA = "Chirurgische behandeling aorta-aneurysma"
ERCP = "ERCP (alle indicaties)"
KIDNEY = "Lokale behandeling nierkanker"
LUNG = "Longresecties"
STOMACH = "Maag-/slokdarmresecties"
PANCREAS = "Pancreasresecties"
STOMACH_SYSTEMIC = "Systemische behandeling maag-/slokdarmkanker"
KIDNEY_SYSTEMIC = "Systemische behandeling nierkanker"
PANCREAS_SYSTEMIC = "Systemische behandeling pancreaskanker"
DECIDED = "Nierkanker: van Nij Smellinghe naar Frisius MC Leeuwarden"
EXAMPLE = "Pancreas: van Frisius MC naar UMC Groningen"

NATIONAL = {AORTA: 3280.0, ERCP: 14_650.0, LUNG: 2782.0, STOMACH: 1071.0, PANCREAS: 1000.0}
OLD, OLD_EVERYWHERE = 758_376.8, 3_537_531.8
SUMMARY = [
    # intervention, scenario, recipients, moved, bound, extra of the moved, of all, P90 of the moved
    (AORTA, DISPLAYED, "nearest", 41.3, 49, 11.4, 0.7, 23.6),
    (ERCP, DISPLAYED, "nearest", 834.3, 745, 14.3, 3.8, 26.0),
    (KIDNEY, DECIDED, "named", 67_853.6, 74, 11.0, 1.0, 18.6),
    (KIDNEY, DECIDED, "nearest", 67_853.6, 74, 9.7, 0.9, 18.6),
    (KIDNEY, DISPLAYED, "nearest", 466_151.7, 444, 23.7, 14.6, 52.9),
    (LUNG, DISPLAYED, "nearest", 171.9, 177, 11.9, 3.4, 36.3),
    (STOMACH, DISPLAYED, "nearest", 120.6, 148, 23.1, 12.1, 39.0),
    (PANCREAS, EXAMPLE, "named", 40.6, 49, 25.6, 4.9, 42.7),
    (PANCREAS, EXAMPLE, "nearest", 40.6, 49, 24.3, 4.6, 42.7),
    (STOMACH_SYSTEMIC, DISPLAYED, "nearest", 119_276.5, 196, 12.2, 1.9, 26.0),
    (KIDNEY_SYSTEMIC, DISPLAYED, "nearest", 397_930.1, 490, 21.8, 11.4, 42.4),
    (PANCREAS_SYSTEMIC, DISPLAYED, "nearest", 119_276.5, 116, 12.2, 1.9, 26.0),
]
RANGES = {
    "interventions": (11.4, 25.6),
    "interventions, least candidate": (2.0, 24.3),
    "interventions, greatest candidate": (20.7, 59.7),
    f"candidates: {AORTA}": (2.0, 20.7),
    f"candidates: {ERCP}": (8.5, 48.2),
    f"candidates: {KIDNEY}": (15.4, 56.2),
    f"candidates: {LUNG}": (10.6, 34.2),
    f"candidates: {STOMACH}": (23.1, 59.7),
    f"candidates: {PANCREAS}": (24.3, 36.5),
    f"candidates: {STOMACH_SYSTEMIC}": (7.5, 27.6),
    f"candidates: {KIDNEY_SYSTEMIC}": (11.7, 53.1),
    f"candidates: {PANCREAS_SYSTEMIC}": (7.5, 27.6),
}
CANDIDATES = {
    AORTA: 11,
    ERCP: 2002,
    KIDNEY: 84,
    LUNG: 56,
    STOMACH: 6,
    PANCREAS: 4,
    STOMACH_SYSTEMIC: 1820,
    KIDNEY_SYSTEMIC: 8008,
    PANCREAS_SYSTEMIC: 1820,
}


def test_the_summary_has_the_nine_treatments(noordoost_result: Result) -> None:
    summary = noordoost_result.summary
    assert summary["intervention"].nunique() == 9
    found = [
        (
            row.intervention,
            row.scenario,
            row.recipients,
            round(row.moved, 1),
            row.moved_bound,
            round(row.mean_extra_moved, 1),
            round(row.mean_extra_all, 1),
            round(row.p90_extra, 1),
        )
        for row in summary.itertuples()
    ]
    assert found == SUMMARY


def test_each_row_names_its_unit_region_and_number(noordoost_result: Result) -> None:
    summary = noordoost_result.summary
    assert set(summary["region"]) == {REGION}
    for row in summary.itertuples():
        counted = row.intervention in NATIONAL
        assert row.unit == ("patients" if counted else "residents 65+")
        assert row.patients_kind == ("modelled" if counted else "")
        per_head = NATIONAL[row.intervention] / OLD_EVERYWHERE if counted else 1.0
        assert row.demand == pytest.approx(OLD * per_head, rel=1e-6)
    assert set(summary["profile"]) == {"dal"}
    assert summary["roads"].str.startswith("Straten van Nederland").all()
    assert set(summary["unreachable"]) == {0.0}
    assert set(summary["share_shorter"]) == {0.0}
    # an assumed spread is no volume of a hospital, so no norm is judged
    assert summary[["lowest_volume", "below_norm"]].isna().all(axis=None)
    assert set(noordoost_result.volumes["meets_norm"]) == {""}


def test_the_bound_is_the_number_that_stops_times_the_norm_less_one(
    noordoost_result: Result,
) -> None:
    for case in noordoost_result.cases:
        assert case.intervention.stop_count is not None
        assert case.intervention.norm is not None
        fits = len(case.stops) == case.intervention.stop_count
        assert fits or case.scenario == DECIDED
    bounds = noordoost_result.summary.set_index("intervention")["moved_bound"]
    # 5 of 14 below 150, 10 of 16 below 50
    assert bounds[ERCP] == 5 * 149
    assert bounds[KIDNEY_SYSTEMIC] == 10 * 49


def test_ranges_stand_with_their_definition(noordoost_result: Result) -> None:
    table = noordoost_result.ranges.set_index("definition")
    found = {name: (round(row["low"], 1), round(row["high"], 1)) for name, row in table.iterrows()}
    assert {name: found[name] for name in RANGES} == RANGES
    said = methods_table("definition", "ours", "published")
    assert {name: tuple(numbers(row[0])) for name, row in said.items()} == {
        name: ends for name, ends in RANGES.items() if not name.startswith("candidates")
    }
    # with the decided scenario, whose treatment is counted by another case above
    assert found["interventions, every case"] == (9.7, 25.6)
    # and two per case that is shown: P10 to P90, and least to greatest
    assert len(found) == len(RANGES) + 1 + 2 * 10
    row = table.loc["interventions"]
    assert row["low_from"] == f"{AORTA}: Antonius Ziekenhuis Sneek"
    assert row["high_from"] == f"{PANCREAS}: Frisius MC Leeuwarden (MCL)"


def test_the_range_over_interventions_takes_one_case_of_each(noordoost_result: Result) -> None:
    taken = [case for case in noordoost_result.cases if case.in_range]
    assert sorted(case.intervention.name for case in taken) == sorted(CANDIDATES)
    means = [case.figures["mean_extra_moved"] for case in taken]
    row = noordoost_result.ranges.set_index("definition").loc["interventions"]
    assert (row["low"], row["high"]) == (min(means), max(means))
    # the example of pancreas resections stops one of four, as many as fall short
    assert {case.scenario for case in taken} == {DISPLAYED, EXAMPLE}


def test_every_candidate_is_counted(noordoost_result: Result) -> None:
    sizes = {name: len(table) for name, table in noordoost_result.candidates.items()}
    assert sizes == CANDIDATES
    for name, table in noordoost_result.candidates.items():
        assert table["mean_extra_moved"].notna().all(), name
        assert (table["mean_extra_moved"] >= 0.0).all(), name


def test_flows_add_up_to_the_demand(noordoost_result: Result) -> None:
    for (name, _), rows in noordoost_result.flows.groupby(["intervention", "scenario"]):
        sums = rows.groupby("postcode")["demand"].sum()
        pd.testing.assert_series_equal(sums, demand_of(noordoost_result, name), check_names=False)
        assert (rows["extra_minutes"] >= 0.0).all()


def demand_of(result: Result, name: str) -> pd.Series[float]:
    """Residents of 65 and over, times the national count by one of them where there is one."""
    old = result.postcodes["population_65plus"]
    assert old.sum() == pytest.approx(OLD)
    return old * (NATIONAL[name] / OLD_EVERYWHERE) if name in NATIONAL else old


@pytest.fixture(scope="module", name="minutes")
def _minutes(noordoost_result: Result) -> pd.DataFrame:
    """From every postcode to every provider, from the road graph by another engine."""
    providers = {each.providers for each in noordoost_result.study.interventions}
    times = travel_times(
        read_street_network(profile="dal"),
        noordoost_result.postcodes,
        read_hospitals().loc[sorted(set().union(*providers))],
        engine="contracted",
    )
    return pd.DataFrame(times.minutes, index=times.origins, columns=times.destinations)


def recomputed(
    result: Result, minutes: pd.DataFrame, intervention: str, stops: tuple[str, ...]
) -> pd.DataFrame:
    """Flows of one candidate in plain pandas."""
    today = minutes[sorted(result.study.intervention(intervention).providers)]
    left = today.drop(columns=list(stops))
    return pd.DataFrame(
        {
            "before": today.idxmin(axis=1),
            "minutes_before": today.min(axis=1),
            "minutes_after": left.min(axis=1),
            "demand": demand_of(result, intervention),
        }
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_candidate_picked_at_random_is_recomputed_from_the_roads(
    noordoost_result: Result, minutes: pd.DataFrame, seed: int
) -> None:
    # not a secret: any candidate must do, and these are the same ones on every machine
    pick = random.Random(seed)  # noqa: S311
    name = pick.choice(sorted(noordoost_result.candidates))
    table = noordoost_result.candidates[name]
    row = table.iloc[pick.randrange(len(table))]
    stops = tuple(row["stops"].split("; "))
    found = recomputed(noordoost_result, minutes, name, stops)
    moved = found[found["before"].isin(stops)]
    extra = moved["minutes_after"] - moved["minutes_before"]
    assert moved["demand"].sum() == pytest.approx(row["moved"])
    total = (extra * moved["demand"]).sum()
    assert total / moved["demand"].sum() == pytest.approx(row["mean_extra_moved"], abs=1e-6)
    assert total / found["demand"].sum() == pytest.approx(row["mean_extra_all"], abs=1e-6)


def test_a_shown_case_is_recomputed_from_the_roads(
    noordoost_result: Result, minutes: pd.DataFrame
) -> None:
    (case,) = (
        each
        for each in noordoost_result.cases
        if each.scenario == EXAMPLE and each.recipients == "nearest"
    )
    found = recomputed(noordoost_result, minutes, PANCREAS, case.stops)
    moved = found["before"].isin(case.stops)
    frame = pd.DataFrame(
        {
            "demand": found["demand"],
            "minutes_before": found["minutes_before"],
            "minutes_after": found["minutes_after"].where(moved, found["minutes_before"]),
            "moved": moved,
            "provider_before": found["before"],
            "provider_after": found["before"],
        }
    )
    frame["extra_minutes"] = frame["minutes_after"] - frame["minutes_before"]
    assert measures(frame) == pytest.approx(dict(case.figures), abs=1e-6)


def case_with(result: Result, scenario: str, recipients: str) -> Case:
    (case,) = (
        each for each in result.cases if each.scenario == scenario and each.recipients == recipients
    )
    return case


@pytest.mark.parametrize("scenario", [DECIDED, EXAMPLE])
def test_named_recipients_are_no_nearer_than_the_nearest(
    noordoost_result: Result, scenario: str
) -> None:
    named = case_with(noordoost_result, scenario, "named")
    nearest = case_with(noordoost_result, scenario, "nearest")
    assert named.figures["moved"] == nearest.figures["moved"]
    assert named.figures["mean_extra_moved"] > nearest.figures["mean_extra_moved"]
    both = named.flows.merge(nearest.flows, on="postcode", suffixes=("", "_nearest"))
    assert (both["minutes_after"] >= both["minutes_after_nearest"]).all()
    (giver,) = named.stops
    (taker,) = named.moves_to[giver]
    assert set(named.flows.loc[named.flows["moved"], "provider_after"]) == {taker}


def test_nested_candidates_give_ordered_minutes(noordoost_result: Result) -> None:
    result = noordoost_result
    asked = result.study.intervention(LUNG)
    weights = result.postcodes["population"].to_numpy()
    means = {}
    for count in (1, 2, 3, 4):
        swept = sweep_means(replace(asked, stop_count=count), result.times, weights)
        names = (frozenset(stops.split("; ")) for stops in swept["stops"])
        means |= dict(zip(names, swept["mean_extra_all"], strict=True))
    assert len(means) == 8 + 28 + 56 + 70
    for stops, mean in means.items():
        for name in stops if len(stops) > 1 else ():
            assert mean >= means[stops - {name}]


def test_the_order_of_every_file_changes_no_figure(
    noordoost_result: Result, tmp_path: Path
) -> None:
    # postcodes and hospitals in another order
    shuffle = random.Random(3)  # noqa: S311
    with data_path("postcodes/pc4.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    shuffle.shuffle(rows)
    with (tmp_path / "pc4.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    hospitals = json.loads(data_path("hospitals.geojson").read_text(encoding="utf-8"))
    shuffle.shuffle(hospitals["features"])
    (tmp_path / "hospitals.geojson").write_text(json.dumps(hospitals), encoding="utf-8")
    # and the study upside down: interventions, scenarios, providers
    head, *tables = study_paths()["noordoost"].read_text(encoding="utf-8").split("\n[[")
    head = head.replace('postcodes = "bundled"', 'postcodes = "pc4.csv"')
    head = head.replace('hospitals = "bundled"', 'hospitals = "hospitals.geojson"')
    turned = []
    for table in reversed(tables):
        before, mark, after = table.partition("providers = [\n")
        names, end, rest = after.partition("]\n")
        names = "".join(reversed(names.splitlines(keepends=True)))
        assert end or table.startswith("scenario")
        turned.append(before + mark + names + end + rest + "\n")
    (tmp_path / "study.toml").write_text("\n[[".join([head, *turned]), encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert study.interventions == noordoost_result.study.interventions
    again = run_study(study, use_cache=False)
    for name in ("summary", "flows", "postcode_rows", "municipalities", "volumes", "ranges"):
        pd.testing.assert_frame_equal(
            getattr(again, name), getattr(noordoost_result, name), check_exact=True
        )
    assert np.array_equal(again.times.minutes, noordoost_result.times.minutes)
