"""The study of docs/published_method.md as files, with a workbook filled in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from impact.outputs.files.template import write_template

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).resolve().parent.parent / "docs" / "published_method.md"
_BLOCK = re.compile(r"^`(\w+\.(?:toml|csv))`.*?```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
_WARD_DAYS = 3
"""Place of ward days among the quantities, from 1."""

VALUES = {
    ("Lung", "landelijk"): 5.0,
    ("Lung", "A"): 6.0,
    ("Lung", "B"): 4.0,
    ("Aorta", "landelijk"): 8.0,
    ("Aorta", "A"): 10.0,
}
TOTALS = {("A", "", ""): 3000.0, ("B", "", ""): 2000.0, ("C", "", ""): 1000.0}


def write_study(
    folder: Path,
    change: Mapping[str, str] | None = None,
    *,
    values: Mapping[tuple[str, str], object] = VALUES,
    totals: Mapping[tuple[str, str, str], object] = TOTALS,
) -> Path:
    """Write the files, with other lines in the study, and the workbook with days on a ward."""
    for name, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "oost.toml"
    study = path.read_text(encoding="utf-8")
    for old, new in (change or {}).items():
        assert old in study
        study = study.replace(old, new)
    path.write_text(study, encoding="utf-8")
    workbook(folder / "values.xlsx", values, totals)
    return path


def workbook(
    path: Path,
    values: Mapping[tuple[str, str], object],
    totals: Mapping[tuple[str, str, str], object],
) -> None:
    """Write a workbook with days on a ward per patient, and per year."""
    write_template(path, interventions=["Aorta", "Lung"], sites={name: [name] for name in "ABCD"})
    book = openpyxl.load_workbook(path)
    for title, cells, names in (("Waarden", values, 2), ("Totalen", totals, 3)):
        sheet = book[title]
        rows = {tuple(c.value or "" for c in row[:names]): row for row in sheet.iter_rows(4)}
        for key, value in cells.items():
            row = rows[key][0].row if key in rows else sheet.max_row + 1
            for column, name in enumerate(key, start=1):
                sheet.cell(row, column, name or None)
            sheet.cell(row, names + _WARD_DAYS, value)
    book.save(path)
