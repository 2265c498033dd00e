"""Hidden counts in plans, optima, sweeps and rules: bounds beside figures, no verdict on them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.optimise import optimise_study
from impact.analysis.plan import plan_rows, study_plan
from impact.analysis.portfolio import study_portfolio
from impact.analysis.run import run_study
from impact.analysis.sweep import sweep_study
from impact.model.flow_ends import FlowEnds
from impact.optimise.query import Query
from impact.outputs.pages.plan import write_plan
from impact.study.read import read_study
from impact.tables.count_totals import Cells, Total
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

FLOWS = """\
postcode,provider,patients
9712,Noord,40
9712,West,<10
8911,West,30
7811,Zuid,52
7811,West,<4
"""
OBSERVED = 'stop_count = 1\nnorm = 50\nallocation = "observed"\nflows = "flows.csv"'
REGISTERED = 'stop_count = 1\nnorm = 66\nvolumes = "volumes.csv"'
VOLUMES = "location,volume\nNoord,60\nWest,<10\nZuid,80\n"


def study(folder: Path, rule: str, *, start: str = "", **files: str) -> Path:
    text = STUDY.replace("stop_count = 1", rule)
    if start:
        text = text.replace('name = "West stopt"', f'name = "West stopt"\nfrom = {start}')
    tables = {"flows.csv": FLOWS, "volumes.csv": VOLUMES}
    return write_files(folder, {**tables, **files, "study.toml": text})


def test_sums_and_means_follow_from_known_totals() -> None:
    # two counts of <10 that are 12 together; the first is divided over two flows
    two = np.arange(2)
    cells = Cells(np.ones(2), np.full(2, 9.0), ((Total(two, 12.0, 12.0),),))
    ends = FlowEnds(cells, np.array([0, 0, 1]), np.array([0.5, 0.5, 1.0]))
    everything = np.ones(3, dtype=bool)
    assert ends.of_sum(everything) == (12.0, 12.0)
    # the first count is from 3 to 9, and the first flow half of that
    assert ends.of_sum(np.array([True, False, False])) == pytest.approx((1.5, 4.5))
    # minutes 10, 10 and 40: 3 of 12 at 10 at least, 9 of 12 at most
    low, high = ends.of_mean(np.array([10.0, 10.0, 40.0]), everything)
    assert (low, high) == pytest.approx(((9 * 10 + 3 * 40) / 12, (3 * 10 + 9 * 40) / 12))


def test_a_plan_gives_the_bounds_of_who_moves(tmp_path: Path) -> None:
    plan = study_plan(
        read_study(study(tmp_path, OBSERVED, start="2027-01-01")), today=dt.date(2026, 1, 1)
    )
    epoch = plan.epochs["Pancreas"][-1]
    # 30 and the middles 5 and 2; at least 1 and 1, at most 9 and 3
    assert epoch.case.figures["moved"] == 37.0
    assert epoch.moved_ends == (32.0, 42.0)
    row = plan_rows(plan).iloc[-1]
    assert (row["moved_low"], row["moved_high"]) == (32.0, 42.0)
    volumes = epoch.volumes.set_index("location")
    assert volumes.loc["Noord", ["volume_after_low", "volume_after_high"]].tolist() == [72.0, 82.0]
    assert volumes.loc["Noord", "meets_norm"] == "yes"
    write_plan(plan, tmp_path / "plan")
    page = (tmp_path / "plan" / "plan.html").read_text(encoding="utf-8")
    assert "37 (32 tot 42) patiënten per jaar" in page


def test_room_that_depends_on_hidden_counts_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = study(tmp_path, OBSERVED)
    steps = (
        "intervention,location,step,from,recipient,capacity\n"
        "Pancreas,West,stops,2027-01-01,Noord,\n"
        "Pancreas,Noord,capacity,2027-01-01,,75\n"
    )
    (tmp_path / "plan.csv").write_text(steps, encoding="utf-8")
    outcome = impact(
        "plan",
        path,
        "--plan",
        tmp_path / "plan.csv",
        "--out",
        tmp_path / "out",
        "--on",
        "2026-01-01",
        "--lang",
        "nl",
    )
    assert outcome.code == 0, outcome.err
    # 72 to 82 patients for room for 75
    said = " ".join(outcome.out.split())
    assert "Noord (van 3 over tot 7 te veel)" in said
    assert "Krijgt er meer dan opgegeven" not in said


def test_an_optimum_judges_no_norm_on_hidden_counts_and_says_so(tmp_path: Path) -> None:
    path = study(tmp_path, REGISTERED)
    found = optimise_study(read_study(path), Query(exactly=2, minimum=50.0), engine=DEFAULT_ENGINE)
    assert "rests_on_hidden" in {note.key for note in found.notes}
    best = found.found[0].best
    assert best is not None
    rows = best.volumes.set_index("location")
    taker = rows[rows["volume_after_low"] < rows["volume_after_high"]]
    assert len(taker)
    for row in taker.to_dict("records"):
        certain = row["volume_after_low"] >= 66.0 or row["volume_after_high"] < 66.0
        assert (row["meets_norm"] != "") == certain


def test_a_portfolio_says_that_it_rests_on_hidden_counts(tmp_path: Path) -> None:
    result = study_portfolio(read_study(study(tmp_path, REGISTERED)))
    assert "rests_on_hidden" in {note.key for note in result.notes}


def test_a_sweep_counts_nobody_below_a_norm_by_hidden_flows(tmp_path: Path) -> None:
    # the volumes are known, but who goes where from West is not
    known = {"volumes.csv": "location,volume\nNoord,45\nWest,37\nZuid,60\n"}
    rule = f'{OBSERVED}\nvolumes = "volumes.csv"'
    path = study(tmp_path, rule, **known)
    sweep = sweep_study(read_study(path))
    (swept,) = sweep.swept
    assert swept.table["below_norm"].isna().all()
    assert "rests_on_hidden" in {note.key for note in sweep.notes}


def test_registered_volumes_divided_by_hidden_flows_have_bounds(tmp_path: Path) -> None:
    flows = (
        "postcode,provider,patients\n9712,West,<10\n7811,West,<10\n9712,Noord,45\n7811,Zuid,60\n"
    )
    known = {"flows.csv": flows, "volumes.csv": "location,volume\nNoord,45\nWest,10\nZuid,60\n"}
    rule = f'{OBSERVED}\nvolumes = "volumes.csv"'
    text = study(tmp_path, rule, **known)
    text.write_text(
        text.read_text(encoding="utf-8").replace('moves_to = { "West" = { "Noord" = 1.0 } }\n', ""),
        encoding="utf-8",
    )
    result = run_study(read_study(text))
    rows = result.volumes[result.volumes["scenario"] == "West stopt"].set_index("location")
    # of the 10 of West between 1 in 10 and 9 in 10 live in 9712, and go to Noord
    assert rows.loc["Noord", ["volume_after_low", "volume_after_high"]].tolist() == (
        pytest.approx([46.0, 54.0])
    )
    assert rows.loc["Noord", "meets_norm"] == ""
    assert pd.isna(rows.loc["Noord", "volume_before_low"])


def test_what_a_rule_divides_is_not_judged_on_hidden_counts(tmp_path: Path) -> None:
    text = study(tmp_path, REGISTERED.replace("norm = 66", 'norm = 30\ncandidates = "share"'))
    asked = text.read_text(encoding="utf-8")
    text.write_text(asked[: asked.index("[[scenario]]")], encoding="utf-8")
    result = run_study(read_study(text))
    divided = [case for case in result.cases if case.quotas]
    assert divided
    for case in divided:
        rows = result.volumes[result.volumes["scenario"] == case.scenario]
        assert set(rows["meets_norm"]) == {""}
