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
from impact.analysis.sweep import StudySweep, sweep_study
from impact.optimise.query import Query
from impact.study.read import read_study

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


def test_where_any_number_may_stop_the_least_changes_something(tmp_path: Path) -> None:
    named = {"study.toml": STUDY}
    study = read_study(write_files(tmp_path, named))
    (swept,) = sweep_study(study, every_subset=True, use_cache=False).swept
    assert swept.least is not None
    assert "" in set(swept.table["stops"])
    assert swept.least.best.stops == ("Zuid",)
