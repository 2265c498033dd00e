"""Where a treatment leaves its region and the register is a hole, nothing is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.analysis.run import run_study
from impact.analysis.sweep import sweep_study
from impact.outputs.pages.a4 import sheet
from impact.outputs.text import texts
from impact.outputs.text.wording import outside_caveat
from impact.study.model import Intervention, Study
from impact.study.read import read_study
from impact.study.register import unlisted_regions, without_holes

if TYPE_CHECKING:
    from impact.analysis.result import Result

ENDOSCOPIC = "Endoscopische resecties maag/slokdarm"
REGISTER = pd.DataFrame(
    [("R1", "t", "A"), ("R2", "t", "B"), ("R2", "u", "B"), ("R1", "u", "A"), ("R3", "u", "C")],
    columns=["region", "treatment_id", "location"],
)


def leaving(treatment: str, **more: object) -> Intervention:
    about = {"stop_count": 1, "all_fail": "leaves_region", **more}
    return Intervention("x", ("A",), treatment=treatment, **about)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (leaving("t"), ()),
        (leaving("u"), ("B",)),
        (leaving("t", outside=("B",)), ("B",)),
        (leaving("t", alternatives="all"), ("B",)),
        (Intervention("x", ("A", "D"), treatment="t", stop_count=1), ("B",)),
    ],
    ids=["a hole", "listed everywhere", "named by the study", "goes outside anyway", "stays"],
)
def test_the_rule(asked: Intervention, left: tuple[str, ...]) -> None:
    study = Study("t", "R1", (asked,), source="s.toml")
    found, notes = without_holes(study, {"x": ("B",)}, REGISTER)
    assert found == {"x": left}
    assert [note.key for note in notes] == ([] if left else ["register_hole"])


def test_regions_that_the_register_does_not_know() -> None:
    assert unlisted_regions(leaving("t"), REGISTER) == ("R3",)
    assert unlisted_regions(leaving("u"), REGISTER) == ()


@pytest.fixture(scope="module")
def west() -> Result:
    return run_study(read_study("west").only(ENDOSCOPIC))


def test_the_hole_in_west_gives_no_minutes(west: Result) -> None:
    (case,) = west.cases
    assert case.not_calculable
    (row,) = west.summary[west.summary["group"] == "all"].to_dict("records")
    assert row["moved"] > 0.0
    unknown = ["mean_extra_moved", "mean_extra_all", "p90_extra", "max_extra", "unreachable"]
    assert np.isnan([row[name] for name in (*unknown, "beyond_60_after")]).all()
    assert west.ranges[["low", "high"]].isna().all(axis=None)
    t = texts("nl")
    assert outside_caveat(t, case).startswith("Niet te berekenen: het register noemt")
    assert any(note["key"] == "register_hole" for note in west.manifest["notes"])
    (line,) = sheet(west, t).rows
    assert "66" not in line.mean
    assert line.mean == "–"
    assert line.caveat.startswith("Niet te berekenen")


def test_a_sweep_of_it_says_no_more_than_the_run() -> None:
    study = read_study("west").only(ENDOSCOPIC)
    (swept,) = sweep_study(study).swept
    assert swept.table[["mean_extra_moved", "beyond_60_after", "unreachable"]].isna().all(axis=None)
