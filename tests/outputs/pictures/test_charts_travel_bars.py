"""Bars of five minutes, by hand: Leeuwarden stops, 8911 and 9166 go to Groningen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from toy import PANCREAS, TO_GRONINGEN, toy_result

from impact.outputs.pages.report import write_report
from impact.outputs.pictures.charts import travel_bars

if TYPE_CHECKING:
    from pathlib import Path


def test_bars_count_those_who_move_before_and_after(tmp_path: Path) -> None:
    result = toy_result(tmp_path)
    case = next(each for each in result.cases if each.scenario == TO_GRONINGEN and each.principal)
    bars = travel_bars(case)
    assert bars is not None
    # 10,000 people from 6 to 52 minutes, 900 from 70 to 80; 1,100 never had a route
    share = 100.0 * 10_000 / 10_900
    assert dict(zip(bars.starts, bars.before, strict=True))[5.0] == pytest.approx(share)
    assert dict(zip(bars.starts, bars.after, strict=True))[50.0] == pytest.approx(share)
    assert bars.before.sum() == pytest.approx(100.0)
    assert bars.after[-1] == pytest.approx(100.0 - share)
    assert (bars.last, bars.limits) == (80.0, (30, 45, 60))

    page = tmp_path / "report.html"
    write_report(result, page)
    text = page.read_text(encoding="utf-8")
    assert f"Staafdiagram bij {PANCREAS}" in text
    assert "De hoogste balk is 92% van wie naar een ander ziekenhuis moet." in text


def test_without_anybody_who_moves_there_are_no_bars(tmp_path: Path) -> None:
    case = toy_result(tmp_path).cases[0]
    nobody = dataclasses.replace(case, flows=case.flows.assign(moved=False))
    assert travel_bars(nobody) is None
