"""How sure a figure is: every assumption otherwise, and speeds at random."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console
from three_towns import STUDY, impact, with_roads, write_files

from impact.analysis.run import run_study
from impact.evidence.sensitivity import DETOURS, other_times, sensitivity, with_sensitivity
from impact.network.main_roads import read_main_roads
from impact.network.network import JoinRule
from impact.outputs.pictures.charts import order_texts, tornados
from impact.outputs.screen import print_summary
from impact.outputs.text import texts
from impact.study.read import read_study
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.matrix import prepare, travel_times
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result, Sensitivity
    from impact.study.model import Study

TWO = '\n[[scenario]]\nname = "Zuid stopt"\nstops = { "Pancreas" = ["Zuid"] }\n'


@pytest.fixture(scope="module")
def noordoost() -> Study:
    study = read_study("noordoost")
    kept = tuple(each for each in study.interventions if each.name.startswith("Pancreas"))
    scenarios = tuple(each for each in study.scenarios if set(each.stops) & {kept[0].name})
    return type(study)(**{**vars(study), "interventions": kept, "scenarios": scenarios})


@pytest.fixture(scope="module")
def result(noordoost: Study) -> Result:
    return run_study(noordoost)


@pytest.fixture(scope="module")
def found(noordoost: Study, result: Result) -> Sensitivity:
    return sensitivity(noordoost, result, members=8, seed=3)


def test_every_assumption_is_varied(found: Sensitivity) -> None:
    values = found.rows.groupby("factor")["value"].unique().map(set).to_dict()
    drawn = {"centroid", *(f"drawn {number}" for number in range(1, 11))}
    assert values == {
        "as asked": {""},
        "profile": {"vrij", "spits"},
        "weights": {"population", "75+"},
        "point": drawn,
        "legs": {"1.1", "1.5"},
        "fixed": {"0", "5"},
        "bypass": {"0.05", "0.1", "0.2"},
        "alternatives": {"all"},
        "speeds": {"P0", "P5", "P50", "P95", "P100"},
    }


def test_the_margin_holds_the_figure_and_what_is_not_known(
    result: Result, found: Sensitivity
) -> None:
    for case, (low, high) in zip(result.cases, found.margins, strict=True):
        mean = case.figures["mean_extra_moved"]
        assert low < mean < high
        mine = found.rows[found.rows["recipients"] == case.recipients]
        margin = mine[mine["kind"] == "margin"]
        assert not margin["value"].isin(["vrij", "spits", "all"]).any()
        inside = margin[~margin["value"].isin(["P0", "P100"])]["mean_extra_moved"]
        assert (low, high) == pytest.approx((min(inside.min(), mean), max(inside.max(), mean)))


def test_what_is_shared_gives_the_figures_of_a_run_of_its_own(
    noordoost: Study, found: Sensitivity
) -> None:
    at = found.rows.set_index(["factor", "value", "recipients"])["mean_extra_moved"]
    for factor, value, changes, close in (
        # equal to the last bit
        ("profile", "spits", {"profile": "spits"}, 0.0),
        # patients spread over residents of 75 and over travel as those do
        ("weights", "75+", {"demand": "75+"}, 1e-12),
    ):
        for case in run_study(type(noordoost)(**{**vars(noordoost), **changes})).cases:
            mean = case.figures["mean_extra_moved"]
            assert mean == pytest.approx(at[factor, value, case.recipients], rel=close, abs=0.0)


def test_a_longer_way_to_the_roads_and_fixed_minutes_cancel_in_part_or_in_full(
    found: Sensitivity,
) -> None:
    at = found.rows.set_index(["recipients", "factor", "value"])
    asked = at.loc[("named", "as asked", "")]
    for value in ("0", "5"):
        fixed = at.loc[("named", "fixed", value)]
        assert fixed["mean_extra_moved"] == pytest.approx(asked["mean_extra_moved"], abs=1e-9)
    beyond = at["beyond_60_after"]["named"]["fixed"]
    assert beyond["0"] < asked["beyond_60_after"] < beyond["5"]


def test_peak_hours_are_a_choice_and_lengthen_the_trip(found: Sensitivity) -> None:
    at = found.rows.set_index(["recipients", "value"])["mean_extra_moved"]
    assert at["named", "vrij"] < at["named", ""] < at["named", "spits"]


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    study = read_study(with_roads(tmp_path))
    run = run_study(study)
    first = sensitivity(study, run, members=6, seed=3)
    assert np.array_equal(sensitivity(study, run, members=3, seed=3).draws, first.draws[:3])
    assert not np.array_equal(sensitivity(study, run, members=3, seed=4).draws, first.draws[:3])


def test_the_summary_says_the_margin_and_what_it_is_over(
    result: Result, found: Sensitivity
) -> None:
    filled = with_sensitivity(result, found)
    row = filled.summary.iloc[0]
    assert (row["extra_low"], row["extra_high"]) == found.margins[0]
    assert row["band"] == "calculation"
    assert filled.manifest["sensitivity"]["margin_over"] == [
        *("fixed", "legs", "point", "speeds", "weights")
    ]
    assert result.summary["band"].isna().all()


def test_tornados_are_widest_first_and_hold_the_figure(result: Result, found: Sensitivity) -> None:
    filled = with_sensitivity(result, found)
    (first,) = tornados(filled, texts("nl"))
    widths = [bar.width for bar in first.bars]
    assert widths == sorted(widths, reverse=True)
    assert all(bar.x <= first.mark <= bar.x + max(bar.width, 2.1) for bar in first.bars)
    assert first.margin.startswith("ongeveer 26 minuten, rekenmarge ")
    bypass = next(bar for bar in first.bars if bar.label == "Dichtstbijzijnde voorbijgaan")
    ends = ("13 (licht verkozen wat dichtbij is)", "26 (sterk verkozen wat dichtbij is)")
    assert bypass.text == " en ".join(ends)


def test_the_screen_says_the_margin_of_each_figure(
    result: Result, found: Sensitivity, tmp_path: Path
) -> None:
    said = {}
    for name, each in (("with", with_sensitivity(result, found)), ("without", result)):
        console = Console(file=io.StringIO(), width=200)
        print_summary(console, each, tmp_path, lang="nl")
        said[name] = console.file.getvalue()
    line = "Dat gemiddelde bij andere snelheden en wegen: ongeveer 26 minuten, rekenmarge "
    assert said["with"].count(line) == 1
    assert "rekenmarge" not in said["without"]
    # a range over one treatment says nothing that does not stand above it
    assert "Over de behandelingen" not in said["with"]


def test_a_run_of_a_users_own_minutes_varies_what_it_can(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"study.toml": STUDY + TWO})
    outcome = impact("run", path, "--out", tmp_path / "out", "--sensitivity", "--quiet")
    assert outcome.code == 0, outcome.err
    with (tmp_path / "out" / "data" / "sensitivity.csv").open(encoding="utf-8") as file:
        factors = {row["factor"] for row in csv.DictReader(file)}
    assert factors == {"as asked", "bypass"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Hoe zeker zijn deze cijfers?" in page
    assert "in alle 4 doorrekeningen geeft" in page


def test_a_run_over_roads_of_ones_own_draws_speeds(tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = impact(
        *("run", with_roads(tmp_path), "--out", out, "--sensitivity", "--draws", "5"),
        *("--spread", "0.2", "--seed", "7", "--also-roads", tmp_path / "toy.impact", "--quiet"),
    )
    assert outcome.code == 0, outcome.err
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sensitivity"]["members"] == 5
    assert "speeds" in manifest["sensitivity"]["margin_over"]
    with (out / "data" / "summary.csv").open(encoding="utf-8") as file:
        row = next(iter(csv.DictReader(file)))
    assert float(row["extra_low"]) < float(row["mean_extra_moved"]) < float(row["extra_high"])


def test_an_order_that_changes_is_said(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path, {"study.toml": STUDY + TWO}))
    run = run_study(study)
    filled = with_sensitivity(run, sensitivity(study, run))
    (said,) = order_texts(filled, texts("nl"))
    assert said.startswith("Pancreas: in alle 4 doorrekeningen geeft ")
    found = filled.sensitivity
    assert found is not None
    orders = found.orders.assign(agree=3)
    changed = type(filled)(
        **{**vars(filled), "sensitivity": type(found)(**{**vars(found), "orders": orders})}
    )
    assert "in 3 van de 4 doorrekeningen" in order_texts(changed, texts("nl"))[0]


def test_better_is_over_everybody_and_not_over_the_moved(tmp_path: Path) -> None:
    # if West stops 10 people drive 46 minutes more, if Zuid stops 1000 drive 44 more: the mean of
    # the moved is less for Zuid, but everybody together drives far less if West stops
    people = "postcode,lat,lon,population,municipality\n"
    people += "9712,53.2195,6.5642,200,Groningen\n8911,53.2014,5.7977,10,Leeuwarden\n"
    people += "7811,52.7880,6.8936,1000,Emmen\n"
    files = {"study.toml": STUDY + TWO, "postcodes.csv": people}
    study = read_study(write_files(tmp_path, files))
    run = run_study(study)
    means = {case.scenario: case.figures["mean_extra_moved"] for case in run.cases}
    assert means == {"West stopt": pytest.approx(46.0), "Zuid stopt": pytest.approx(44.0)}
    filled = with_sensitivity(run, sensitivity(study, run))
    assert filled.manifest["sensitivity"]["orders_by"] == "mean_extra_all"
    (said,) = order_texts(filled, texts("nl"))
    assert "geeft West stopt over iedereen samen minder extra reistijd dan Zuid stopt" in said


def test_scenarios_that_are_alike_are_not_ranked(tmp_path: Path) -> None:
    twice = STUDY + TWO + TWO.replace("Zuid stopt", "Emmen stopt")
    study = read_study(write_files(tmp_path, {"study.toml": twice}))
    run = run_study(study)
    said = order_texts(with_sensitivity(run, sensitivity(study, run)), texts("nl"))
    alike = [each for each in said if "Emmen stopt" in each and "Zuid stopt" in each]
    assert len(alike) == 1
    assert "in geen van de 4 doorrekeningen verschilt" in alike[0]
    assert not any("0 van de" in each for each in said)


def test_without_being_asked_nothing_is_varied(tmp_path: Path) -> None:
    outcome = impact("run", write_files(tmp_path), "--out", tmp_path / "out", "--quiet")
    assert outcome.code == 0
    rows = (tmp_path / "out" / "data" / "sensitivity.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Hoe zeker zijn deze cijfers?" not in page


@pytest.mark.parametrize("option", [("--draws", "0"), ("--spread", "-1")])
def test_draws_that_cannot_be_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    path = with_roads(tmp_path)
    outcome = impact("run", path, "--out", tmp_path / "out", "--sensitivity", *option, "--quiet")
    assert outcome.code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["nodes", "edge"])
def test_roads_prepared_once_serve_every_detour(kind: str) -> None:
    roads = read_main_roads()
    if kind == "edge":
        roads = replace(roads, join=JoinRule(kind="edge", limit_km=6.0))
    here = read_postcodes().iloc[::400]
    there = read_hospitals().loc[["UMC Groningen", "Isala Zwolle"]]
    times = travel_times(roads, here, there)
    ready = prepare(roads, *legs_both_ways(roads, here, there))
    found = [
        other_times(times, roads, here, there, engine="auto", seed=1, areas=False, prepared=each)
        for each in (ready, None)
    ]
    for one, two, detour in zip(*found, (*DETOURS, None, None), strict=True):
        assert (one.factor, one.value) == (two.factor, two.value)
        np.testing.assert_array_equal(one.times.minutes, two.times.minutes)
        if detour is not None:
            other = replace(roads, join=replace(roads.join, detour=detour))
            np.testing.assert_array_equal(
                one.times.minutes, travel_times(other, here, there).minutes
            )
