"""The least travel of a sweep, held against the optimiser and against hand-made worlds.

```
    8911 West 100 residents    9712 Noord 200         From West or Zuid to Noord: 46 or 44 more.
      6 min                      5 min
                               7811 Zuid 50
                                 4 min
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, write_files

from impact.analysis.optimise import optimise_study
from impact.analysis.rule_marks import figures_of, hit_hardest
from impact.analysis.sweep import StudySweep, sweep_study
from impact.model.volumes import LOWEST_ENDS, bounds_of_lowest
from impact.optimise.query import Query
from impact.outputs.pages.best_choices import best_treatment
from impact.outputs.pages.swept_choices import swept_treatment
from impact.outputs.text import texts
from impact.outputs.text.choices import found_lines, said_unit
from impact.study.read import read_study
from impact.sweep.arrays import FIGURES

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.least import LeastTravel

UNIVERSITY = "name,lat,lon,type\nNoord,53.22,6.57,\nWest,53.19,5.79,\nZuid,52.76,6.90,umc\n"


def least_of(folder: Path, study: str = STUDY, **files: str) -> LeastTravel:
    named = {f"{name}.csv": text for name, text in files.items()} | {"study.toml": study}
    (swept,) = sweep_study(read_study(write_files(folder, named)), use_cache=False).swept
    assert swept.least is not None
    return swept.least


def test_the_least_travel_comes_first_and_the_next_after_it(tmp_path: Path) -> None:
    least = least_of(tmp_path)
    # Noord: 200 x 40; West: 100 x 46; Zuid: 50 x 44
    assert (least.rows, least.ties) == ((2, 1, 0), 1)
    assert (least.best.stops, least.kept, least.locks) == (("Zuid",), {}, ())
    assert least.complete


def test_what_the_rule_costs(tmp_path: Path) -> None:
    least = least_of(tmp_path, hospitals=UNIVERSITY)
    assert least.best.stops == ("West",)
    assert least.kept == {"Zuid": "university"}
    (cost,) = least.locks
    assert (cost.lock.kind, cost.lock.names) == ("rule", ("Zuid",))
    assert cost.cost == pytest.approx((100 * 46 - 50 * 44) / 350)
    assert cost.without.open == ("Noord", "West")


def test_what_a_lock_of_the_study_costs(tmp_path: Path) -> None:
    locked = STUDY.replace("stop_count = 1", 'stop_count = 1\nmust_stay = ["Zuid"]')
    least = least_of(tmp_path, study=locked)
    (cost,) = least.locks
    assert (cost.lock.kind, cost.lock.names) == ("must_stay", ("Zuid",))
    assert cost.cost == pytest.approx((100 * 46 - 50 * 44) / 350)
    # where locations may open the optimiser asks another question: then it is left to it
    opening = locked.replace('"Noord", "West", "Zuid"', '"Noord", "Zuid"')
    opening = opening.replace("stop_count = 1", 'stop_count = 1\nmay_open = ["West"]')
    least = least_of(tmp_path / "opening", study=opening[: opening.index("[[scenario]]")])
    assert (least.locks, least.complete) == ((), False)


def test_a_rule_that_no_candidate_keeps_is_dropped(tmp_path: Path) -> None:
    two = UNIVERSITY.replace("5.79,", "5.79,umc").replace("6.57,", "6.57,umc")
    least = least_of(tmp_path, hospitals=two)
    assert (least.rule_dropped, least.best.stops, least.locks) == (True, ("Zuid",), ())


def test_equally_good_candidates_are_all_given(tmp_path: Path) -> None:
    # as many in the west as in the south, and as far from Noord: either may stop
    postcodes = (
        "postcode,lat,lon,population\n9712,53.22,6.56,200\n8911,53.2,5.8,50\n7811,52.78,6.9,50\n"
    )
    minutes = (
        "origin,destination,minutes\n9712,Noord,5\n9712,West,60\n9712,Zuid,60\n"
        "8911,Noord,50\n8911,West,5\n8911,Zuid,95\n"
        "7811,Noord,50\n7811,West,95\n7811,Zuid,5\n"
    )
    least = least_of(tmp_path, postcodes=postcodes, minutes=minutes)
    assert (least.rows, least.ties) == ((1, 2, 0), 2)


def test_the_least_of_a_sweep_is_that_of_the_optimiser(noordoost_sweep: StudySweep) -> None:
    query = Query(minimum=0.0)
    found = optimise_study(read_study("noordoost"), query, engine="scipy").found
    for swept, each in zip(noordoost_sweep.swept, found, strict=True):
        least = swept.least
        assert least is not None
        assert each.best is not None
        assert least.best.stops == each.best.case.stops
        ours = {cost.lock.names: cost.cost for cost in least.locks}
        theirs = {cost.lock.names: cost.cost for cost in each.locks}
        assert ours == pytest.approx(theirs, abs=1e-6)
        # everybody's extra minutes differ as their minutes do
        row = swept.table.iloc[least.rows[0]]
        assert row["mean_extra_all"] == pytest.approx(each.best.value - each.today, abs=1e-6)
        assert not set(least.kept) & set(least.best.stops)
        costs = swept.table["mean_extra_all"].to_numpy()[list(least.rows)]
        assert (np.diff(costs) >= -1e-9).all()


FLOWS = """\
postcode,provider,patients
9712,Noord,40
9712,West,<10
8911,West,30
8911,Noord,20
7811,Zuid,12
7811,West,<4
"""
RULES = {
    "observed": 'allocation = "observed"\nflows = "flows.csv"',
    "huff": 'allocation = "huff"\nhuff = { beta = 0.05 }',
}


def chosen_otherwise(folder: Path, rule: str) -> Path:
    text = STUDY.replace("stop_count = 1", f"stop_count = 1\n{RULES[rule]}")
    files = {"flows.csv": FLOWS}
    if rule == "observed":
        text = text.replace('times = "minutes.csv"', 'times = "minutes.csv"\ntotals = "totals.csv"')
        files["totals.csv"] = "level,name,patients\nhospital,West,34\n"
    return write_files(folder, {"study.toml": text, **files})


@pytest.mark.parametrize("rule", RULES)
def test_a_choice_has_the_same_figures_in_sweep_and_optimum(tmp_path: Path, rule: str) -> None:
    study = read_study(chosen_otherwise(tmp_path, rule))
    sweep = sweep_study(study, use_cache=False)
    result = optimise_study(study, Query(), engine="scipy", use_cache=False)
    (swept,), (each,) = sweep.swept, result.found
    table = swept.table.set_index("stops")
    assert each.best is not None
    shown = [each.best, *each.runners_up]
    assert {"; ".join(one.case.stops) for one in shown} == set(table.index)
    for one in shown:
        row = table.loc["; ".join(one.case.stops)]
        figures = figures_of(one.case, one.volumes, hit_hardest(one.case, result.inputs))
        assert figures["worst_municipality"] == row["worst_municipality"]
        numbers = [name for name in FIGURES if name != "worst_municipality"]
        assert [figures[name] for name in numbers] == pytest.approx(
            row[numbers].astype(float).tolist(), nan_ok=True
        )
        if rule == "observed":
            # hidden counts that totals hold
            ends = bounds_of_lowest(one.volumes, one.case)
            assert [ends[end] for end in LOWEST_ENDS] == pytest.approx(
                row[list(LOWEST_ENDS)].astype(float).tolist(), nan_ok=True
            )
    # all of 7811 live nearest to Zuid, and some of them do not go there
    at = list(result.inputs.postcodes.index).index("7811")
    lives = result.inputs.demand.weights["Pancreas"][at]
    assert each.best.case.stops == ("Zuid",)
    assert abs(each.best.case.figures["moved"] - lives) > 1.0
    t = texts("nl")
    (said, *_), (theirs, *_) = (
        made.finding
        for made in (best_treatment(each, result.inputs, t), swept_treatment(sweep, swept, t))
    )
    assert said == (
        f"{theirs} Gezocht is met iedereen naar het dichtstbijzijnde ziekenhuis. "
        "De aantallen en minuten van elke keuze volgen de toewijzing van de studie."
    )
    lines = found_lines(each, said_unit(result.inputs.demand, "Pancreas"), t)
    assert sum("Als ieder naar het dichtstbijzijnde ziekenhuis gaat: over" in x for x in lines) == 1


def test_a_count_that_the_search_computed_is_not_called_registered(tmp_path: Path) -> None:
    study = read_study(chosen_otherwise(tmp_path, "observed"))
    query = Query("beyond", 30.0)
    result = optimise_study(study, query, engine="scipy", use_cache=False)
    (each,) = result.found
    t = texts("nl")
    first = best_treatment(each, result.inputs, t).finding[0]
    assert "verder dan 30 minuten" in first
    assert "geregistreerd" not in first
    assert "Dat is als iedereen naar het dichtstbijzijnde ziekenhuis gaat." in first


def test_where_any_number_may_stop_the_least_changes_something(tmp_path: Path) -> None:
    named = {"study.toml": STUDY}
    study = read_study(write_files(tmp_path, named))
    (swept,) = sweep_study(study, every_subset=True, use_cache=False).swept
    assert swept.least is not None
    assert "" in set(swept.table["stops"])
    assert swept.least.best.stops == ("Zuid",)
