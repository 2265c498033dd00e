from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter
from toy import (
    EMMEN_OPENS,
    GRONINGEN_STOPS,
    KIDNEY,
    PANCREAS,
    TO_GRONINGEN,
    three_scenarios,
    toy_result,
)

from impact.analysis.run import run_study
from impact.outputs.files import scenario_sheets as sheets
from impact.outputs.files.columns import MINUTES, TEXT
from impact.outputs.files.sheets import OPTIONS, Header, Sheets
from impact.outputs.files.xlsx import write_workbook
from impact.study.read import read_study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.analysis.result import Result

TITLES = [
    f"{TO_GRONINGEN} (STATUS NIET VERMELD)",
    f"{EMMEN_OPENS} (STATUS NIET VERMELD)",
    f"{GRONINGEN_STOPS} (VOORGESTELD)",
]
ADDED = [
    "Scenario's naast elkaar",
    "Grafiek per scenario",
    "Gemeenten per scenario",
    "Postcodes per scenario",
]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return three_scenarios(tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="module")
def book(three: Result, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    return written(three, tmp_path_factory.mktemp("book"))


def written(result: Result, folder: Path) -> Any:  # noqa: ANN401 (openpyxl has no types)
    write_workbook(result, folder / "results.xlsx")
    return openpyxl.load_workbook(folder / "results.xlsx")


def below(sheet: Any, top: int = 3) -> list[list[Any]]:  # noqa: ANN401
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top)]


def test_figures_stand_side_by_side_in_a_column_per_scenario(book: Any) -> None:  # noqa: ANN401
    sheet = book["Scenario's naast elkaar"]
    header, *rows = below(sheet)
    found = {(row[0], row[1]): row[2:] for row in rows}
    mean = "Gemiddeld extra van wie naar een ander ziekenhuis moet (minuten, enkele reis)"
    moved = "Moet naar een ander ziekenhuis (inwoners)"

    assert header == ["Maat", "Behandeling", *TITLES]
    assert {row[1] for row in rows} == {PANCREAS}
    # 10,000 of Leeuwarden 46 and 900 of Schiermonnikoog 10; 5,000 of Emmen 47, Groningen 20,000 45
    expected = [(460_000 + 9_000) / 10_900] * 2 + [(5_000 * 47 + 20_000 * 45) / 25_000]
    assert found[mean, PANCREAS] == pytest.approx(expected)
    assert found[moved, PANCREAS] == [10_900, 10_900, 25_000]
    formats = {row[0].value: row[2].number_format for row in sheet.iter_rows(min_row=4)}
    assert (formats[mean], formats[moved]) == ("0.0", "#,##0")
    assert sheet.freeze_panes == "C4"


def test_municipalities_and_postcodes_say_who_is_moved_in_which_scenario(book: Any) -> None:  # noqa: ANN401
    header, *rows = below(book["Gemeenten per scenario"])
    assert header[:4] == [
        "Behandeling",
        "Gemeente",
        "Aantal: inwoners",
        "Gemiddelde reistijd nu (minuten, enkele reis)",
    ]
    assert header[4::2] == [
        f"{title}: gemiddeld extra van wie naar een ander ziekenhuis moet (minuten, enkele reis)"
        for title in TITLES
    ]
    assert rows == [
        [PANCREAS, "Emmen", 5_000, 48, "–", "–", "–", "–", 47, 5_000],
        [PANCREAS, "Leeuwarden", 10_000, 6, 46, 10_000, 46, 10_000, "–", "–"],
        [PANCREAS, "Groningen", 20_000, 5, "–", "–", "–", "–", 45, 20_000],
        [PANCREAS, "Schiermonnikoog", 900, 70, 10, 900, 10, 900, "–", "–"],
    ]
    header, *rows = below(book["Postcodes per scenario"])
    assert header[1] == "Postcode"
    assert [row[1:3] for row in rows] == [
        ["7811", "Emmen"],
        ["8911", "Leeuwarden"],
        ["9712", "Groningen"],
        ["9166", "Schiermonnikoog"],
    ]


def test_the_chart_is_one_of_excel_itself(book: Any) -> None:  # noqa: ANN401
    (chart,) = book["Grafiek per scenario"]._charts
    assert [series.tx.strRef.f for series in chart.series] == [
        f"'Scenario''s naast elkaar'!${column}$3" for column in "CDE"
    ]


def test_a_treatment_without_a_mean_is_not_in_the_chart(three: Result, tmp_path: Path) -> None:
    summary = three.summary.copy()
    summary.loc[summary["intervention"] == PANCREAS, "mean_extra_moved"] = float("nan")

    book = written(replace(three, summary=summary), tmp_path)

    first = below(book["Scenario's naast elkaar"])[1][0]
    assert first == "Moet naar een ander ziekenhuis (inwoners)"
    assert "Grafiek per scenario" not in book.sheetnames


def test_a_study_with_one_case_per_treatment_has_no_such_sheets(tmp_path: Path) -> None:
    toy_result(tmp_path)
    study = tmp_path / "study.toml"
    study.write_text(study.read_text(encoding="utf-8").rpartition("[[scenario]]")[0], "utf-8")
    result = run_study(read_study(study), use_cache=False)
    book = written(result, tmp_path)
    assert {view.case.intervention.name for view in result.principal} == {PANCREAS, KIDNEY}
    assert len(result.principal) == len({PANCREAS, KIDNEY})
    assert not set(ADDED) & set(book.sheetnames)


def test_a_scenario_with_no_route_says_so(three: Result, tmp_path: Path) -> None:
    rows = three.municipalities.copy()
    lost = (rows["municipality"] == "Emmen") & (rows["scenario"] == GRONINGEN_STOPS)
    rows.loc[lost, "mean_extra_moved"] = float("nan")

    book = written(replace(three, municipalities=rows), tmp_path)

    first = below(book["Gemeenten per scenario"])[1]
    assert first[1] == "Emmen"
    assert first[-2:] == ["geen route berekend", 5_000]


def test_too_many_postcodes_point_to_their_csv(
    three: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 4)
    book = written(three, tmp_path)
    assert "postcodes.csv" in book["Postcodes per scenario"]["A1"].value
    assert book["Postcodes per scenario"].max_row == 1


def test_a_name_that_would_be_a_formula_is_text(tmp_path: Path) -> None:
    result = three_scenarios(tmp_path / "toy", name="=1+1")
    book = written(result, tmp_path)
    for name in ADDED:
        if name != "Grafiek per scenario":
            heads = [cell.value for cell in book[name][3]]
            assert any(head.startswith("'=1+1 (VOORGESTELD)") for head in heads), name


LONG = "een zin die niet op een regel past en toch helemaal te lezen is, ook in druk " * 3


@pytest.mark.parametrize(
    ("widths", "pages", "repeated"),
    [((30, 100), 1, None), ((40, 44, *[40] * 6), 3, "$A:$B"), ((100, *[60] * 4), 2, None)],
)
def test_a_table_wider_than_a_page_prints_on_more_with_its_first_columns(
    tmp_path: Path, widths: Sequence[int], pages: int, repeated: str | None
) -> None:
    path = tmp_path / "x.xlsx"
    headers = [
        Header(f"kolom {place}", TEXT if place < 2 else MINUTES, width)
        for place, width in enumerate(widths)
    ]
    with xlsxwriter.Workbook(path, OPTIONS) as workbook:
        book = Sheets(workbook)
        sheet = book.add("Blad")
        book.note(sheet, 0, LONG, headers)
        book.grid(sheet, headers, [[LONG, "kort", *[1.0] * (len(widths) - 2)]], top=2)
    (sheet,) = openpyxl.load_workbook(path)

    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (pages, 0)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_cols == repeated
    # a sentence of 230 characters is as high as it takes lines: nothing of it is cut
    width = widths[0]
    assert sheet.row_dimensions[4].height >= 15 * len(LONG) / width
    assert sheet["A4"].alignment.wrap_text
    assert sheet["A1"].alignment.wrap_text
