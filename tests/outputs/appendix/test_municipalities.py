from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from toy import (
    EMMEN_OPENS,
    GRONINGEN_STOPS,
    KIDNEY,
    LEEUWARDEN,
    PANCREAS,
    TO_GRONINGEN,
    three_scenarios,
)

from impact.outputs.appendix.blocks import Grid, Paragraph, cell_text
from impact.outputs.appendix.municipalities import municipality_blocks
from impact.outputs.text import texts

if TYPE_CHECKING:
    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return three_scenarios(tmp_path_factory.mktemp("three"))


def test_each_scenario_has_a_column_with_its_name_and_status(three: Result) -> None:
    t = texts("nl")

    (grid,) = municipality_blocks(three, PANCREAS, t)

    assert isinstance(grid, Grid)
    assert [header.text for header in grid.headers] == [
        "Gemeente",
        "Nu, minuten",
        f"{TO_GRONINGEN} (STATUS NIET VERMELD)",
        f"{EMMEN_OPENS} (STATUS NIET VERMELD)",
        f"{GRONINGEN_STOPS} (VOORGESTELD)",
    ]
    kinds = [header.kind for header in grid.headers]
    shown = [tuple(map(cell_text, [t] * len(row), row, kinds)) for row in grid.rows]
    # 7811 goes to Groningen in 48, to Leeuwarden in 95; 9712 in 5 and 50
    assert shown == [
        ("Emmen", "48", "niemand", "niemand", "47 (5.000)"),
        ("Leeuwarden", "6", "46 (10.000)", "46 (10.000)", "niemand"),
        ("Groningen", "5", "niemand", "niemand", "45 (20.000)"),
        ("Schiermonnikoog", "70", "10 (900)", "10 (900)", "niemand"),
    ]
    assert LEEUWARDEN not in grid.caption
    assert "inwoners" in grid.caption


def test_a_treatment_in_which_nobody_must_go_elsewhere_has_a_sentence(three: Result) -> None:
    rows = three.municipalities.assign(moved=0.0, mean_extra_moved=float("nan"))

    (said,) = municipality_blocks(replace(three, municipalities=rows), KIDNEY, texts("nl"))

    assert isinstance(said, Paragraph)
    assert said.text == "In geen van de verdelingen hoeft iemand naar een ander ziekenhuis."


@pytest.mark.parametrize(
    ("shown", "said"),
    [(3, "Nog één gemeente waar iemand"), (2, "Nog 2 gemeenten waar iemand")],
)
def test_municipalities_that_are_not_shown_are_counted(
    three: Result, monkeypatch: pytest.MonkeyPatch, shown: int, said: str
) -> None:
    monkeypatch.setattr("impact.outputs.appendix.municipalities.SHOWN", shown)

    grid, rest = municipality_blocks(three, PANCREAS, texts("nl"))

    assert isinstance(grid, Grid)
    assert isinstance(rest, Paragraph)
    assert len(grid.rows) == shown
    assert rest.text.startswith(said)
