"""`impact template`: a workbook for a study, or for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
from typer.testing import CliRunner

from impact.cli import app

if TYPE_CHECKING:
    from pathlib import Path


def first_cells(path: Path, sheet: str) -> set[str]:
    book = openpyxl.load_workbook(path, read_only=True)
    return {str(row[0]) for row in book[sheet].iter_rows(min_row=4, values_only=True)}


def test_the_workbook_of_a_study_has_its_treatments_and_hospitals(tmp_path: Path) -> None:
    path = tmp_path / "waarden.xlsx"
    found = CliRunner().invoke(app, ["template", "noordoost", "--xlsx", str(path)])
    assert found.exit_code == 0, found.output
    assert "Werkboek om in te vullen" in found.output
    assert len(first_cells(path, "Behandelingen")) == 9
    assert "Frisius MC" in first_cells(path, "Totalen")


def test_without_a_study_all_treatments_and_open_hospitals_are_in_it(tmp_path: Path) -> None:
    path = tmp_path / "values.xlsx"
    found = CliRunner().invoke(app, ["template", "--xlsx", str(path), "--lang", "en"])
    assert found.exit_code == 0, found.output
    assert len(first_cells(path, "Treatments")) == 12
    assert len(first_cells(path, "Totals")) == 71
