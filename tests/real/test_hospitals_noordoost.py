"""The workbook of the shipped study: patients are estimated there, and called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest
from three_towns import impact

from impact.analysis.run import run_study
from impact.outputs.text import texts
from impact.outputs.text.facilities import shown_impact
from impact.study.read import read_study, study_file

if TYPE_CHECKING:
    from pathlib import Path

_FIRST = 4


def test_a_workbook_works_with_estimated_patients(tmp_path: Path) -> None:
    path, book = tmp_path / "study.toml", tmp_path / "values.xlsx"
    text = study_file("noordoost").read_text(encoding="utf-8")
    path.write_text(f'{text}\n[impact]\nworkbook = "values.xlsx"\n', encoding="utf-8")
    assert impact("template", path, "--xlsx", book).code == 0
    filled = openpyxl.load_workbook(book)
    for row in filled["Waarden"].iter_rows(_FIRST):
        # days on a ward, the same everywhere
        row[4].value = 5
    filled.save(book)

    result = run_study(read_study(path))

    assert set(result.facilities["kind"]) == {"modelled"}
    rows = result.facilities.query("intervention != '' and site == ''")
    keys = ["scenario", "intervention", "organisation"]
    by_quantity = rows.pivot_table(index=keys, columns="quantity", values="own")
    assert len(by_quantity) > 20
    # five days of each patient, whoever has them
    assert by_quantity["ward_days"].tolist() == pytest.approx(
        (5.0 * by_quantity["patients"]).tolist()
    )
    # who goes from one hospital goes to another, as far as hospitals are known
    whole = by_quantity["patients"].groupby(level=["scenario", "intervention"]).sum()
    assert whole.abs().max() == pytest.approx(0.0, abs=1e-6)
    found = shown_impact(result, texts("nl"))
    assert found is not None
    assert "berekend, niet geregistreerd" in found.modelled
    said = [str(cell) for each in found.scenarios for row in each.table.rows for cell in row[3:5]]
    assert any(cell.startswith(("ongeveer", "tussen")) for cell in said)
