"""The chapters on hospitals and on the published travel table, wherever they are written."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hospitals_study import write_study

from impact.analysis.run import run_study
from impact.outputs.appendix.blocks import Bullets, Grid, Heading, Paragraph
from impact.outputs.appendix.hospitals import hospital_chapters
from impact.outputs.files.folder import write_run
from impact.outputs.files.run_archive import open_run
from impact.outputs.text import texts
from impact.outputs.text.facilities import ROWS, shown_impact, shown_travel
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_study(read_study(write_study(tmp_path_factory.mktemp("study"))))


def test_the_chapters_say_what_the_tables_hold(result: Result) -> None:
    blocks = list(hospital_chapters(result, texts("nl")))
    titles = [block.text for block in blocks if isinstance(block, Heading) and block.level == 1]
    assert titles == [
        "Wat het voor de ziekenhuizen betekent",
        "Reistijd zoals in de gepubliceerde analyses",
    ]
    said = [item for block in blocks if isinstance(block, Bullets) for item in block.items]
    fall = "de grootste daling is −12%, A: Verpleegdagen (dagen), −360 per jaar op 3.000 nu"
    assert any(fall in each and "(eigen waarden)" in each for each in said)
    rise = "de grootste stijging is +13%, B: Verpleegdagen (dagen), +260 per jaar op 2.000 nu"
    assert any(rise in each and "(landelijke waarden)" in each for each in said)
    assert any("'Aorta to A' en 'Aorta to D': zelfde behandeling" in each for each in said)
    grids = [block for block in blocks if isinstance(block, Grid)]
    lung = next(each for each in grids if each.caption.startswith("Lung"))
    cells = {row[:2]: row[2:] for row in lung.rows}
    assert cells["A", "Verpleegdagen (dagen)"] == ("3.000", "−360", "−12%", "−300", "−10%")
    # of C the own value is not known; what is known of it is shown
    assert cells["C", "Verpleegdagen (dagen)"][1:3] == ("–", "–")
    assert cells["C", "Verpleegdagen (dagen)"][3] == "+40"
    # registered volumes are not called modelled
    assert not any(isinstance(block, Paragraph) and "berekend" in block.text for block in blocks)


def test_the_published_means_stand_beside_ours_under_their_own_names(result: Result) -> None:
    shown = shown_travel(result, texts("en"))
    assert shown is not None
    heads = [column.text for column in shown.means.columns]
    assert sum(head.startswith("Published definition") for head in heads) == 4
    assert sum(head.startswith("This report") for head in heads) == 2
    lung = next(row for row in shown.means.rows if row[0] == "Lung")
    # 660 / 44 by the published definition; ours are 62 who go elsewhere
    assert lung[4] == pytest.approx(15.0)
    assert lung[-1] == pytest.approx(62.0)
    assert all(sum(row[3:]) in {70.0, 92.0} for row in shown.bands.rows)


def test_modelled_volumes_and_rows_that_are_left_out_are_said(result: Result) -> None:
    t = texts("nl")
    many = pd.concat([result.facilities] * ROWS, ignore_index=True).assign(kind="modelled")
    found = shown_impact(dataclasses.replace(result, facilities=many), t)
    assert found is not None
    assert "berekend, niet geregistreerd" in found.modelled
    assert {row[3] for row in found.scenarios[-1].table.rows} <= {
        "ongeveer −60",
        "ongeveer +50",
        "tussen 0 en +10",
    }
    assert len(found.scenarios[0].table.rows) == ROWS
    assert "facilities.csv" in found.scenarios[0].left_out
    combined = pd.concat([result.combinations] * ROWS, ignore_index=True)
    found = shown_impact(dataclasses.replace(result, combinations=combined), t)
    assert found is not None
    assert any("combinations.csv" in each for each in found.combined_left_out)
    unknown = result.facilities.assign(relative_own=np.nan, relative_national=np.nan)
    found = shown_impact(dataclasses.replace(result, facilities=unknown), t)
    assert found is not None
    assert all("niet bekend" in each for each in found.largest)


def test_without_a_workbook_scenarios_are_still_taken_together(
    result: Result, tmp_path: Path
) -> None:
    study = write_study(tmp_path, {'[impact]\nworkbook = "values.xlsx"\n': ""})
    found = shown_impact(run_study(read_study(study)), texts("nl"))
    assert found is not None
    assert found.scenarios == ()
    assert found.combined is not None
    assert {row[2] for row in found.combined.rows} == {"Patiënten (aantal)"}
    nothing = dataclasses.replace(
        result, facilities=pd.DataFrame(), combinations=pd.DataFrame(), travel=pd.DataFrame()
    )
    assert list(hospital_chapters(nothing, texts("nl"))) == []


def test_a_run_writes_them_everywhere_and_is_read_back(result: Result, tmp_path: Path) -> None:
    write_run(result, tmp_path / "out", lang="nl")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Wat het voor de ziekenhuizen betekent</h2>" in page
    assert "Reistijd zoals in de gepubliceerde analyses</h2>" in page
    book = openpyxl.load_workbook(tmp_path / "out" / "data" / "results.xlsx", read_only=True)
    sheets = ["Reistabel gepubliceerd", "Voorzieningen en personeel", "Scenario's samen"]
    assert set(sheets) <= set(book.sheetnames)
    words = list(book["Voorzieningen en personeel"].iter_rows(values_only=True))
    assert "Verpleegdagen (dagen)" in {cell for row in words for cell in row}
    again = open_run(tmp_path / "out").result
    for name in ("facilities", "effects", "combinations", "exclusions", "travel"):
        pd.testing.assert_frame_equal(
            getattr(again, name), getattr(result, name), check_dtype=False
        )
    # a later run without them leaves none of their files behind
    names = ("facilities", "combinations", "exclusions", "travel")
    less = dataclasses.replace(result, **{name: pd.DataFrame() for name in names})
    write_run(less, tmp_path / "out")
    assert not (tmp_path / "out" / "data" / "facilities.csv").exists()
    assert not (tmp_path / "out" / "data" / "travel_table.csv").exists()
