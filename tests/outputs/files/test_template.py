"""The workbook for facilities and staff: written, filled in, read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.facilities import QUANTITIES, facility_impact, treatment_impact
from impact.model.facility_workbook import FacilityTables, read_workbook
from impact.outputs.files.template import write_template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KNOWN: dict[str, Any] = {
    "interventions": ["Pancreas", "Lung"],
    "sites": {"Frisius MC": ["Heerenveen", "Leeuwarden"], "Isala": ["Zwolle"]},
}
FIRST = 4
"""Row of the first cells, as a spreadsheet counts."""


def filled(path: Path, change: Callable[[Any], object], lang: str = "nl") -> Path:
    """Write the workbook and fill in some of it."""
    write_template(path, **KNOWN, lang=lang)
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def read(path: Path, change: Callable[[Any], object], lang: str = "nl") -> FacilityTables:
    return read_workbook(filled(path, change, lang), **KNOWN)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_an_empty_workbook_is_all_unknown(tmp_path: Path, lang: str) -> None:
    found = read(tmp_path / "t.xlsx", lambda book: book, lang)
    # two treatments of the nation and two organisations; three totals, two of them of sites
    assert found.unknown == {"values": 6 * len(QUANTITIES), "totals": 4 * len(QUANTITIES)}
    assert found.per_patient["value"].isna().all()
    assert found.per_year["total"].isna().all()
    assert set(found.per_patient["organisation"]) == {"", "Frisius MC", "Isala"}
    assert set(found.per_year["site"]) == {"", "Heerenveen", "Leeuwarden"}
    assert found.specialisms == {}


def test_what_is_filled_in_comes_back(tmp_path: Path) -> None:
    def fill(book: Any) -> None:  # noqa: ANN401 (openpyxl has no types)
        book["Waarden"].cell(FIRST, 3, 4)
        book["Waarden"].cell(FIRST + 1, 5, 10.5)
        book["Totalen"].cell(FIRST, 4, 1000)
        book["Behandelingen"].cell(FIRST, 2, "Chirurgie")

    found = read(tmp_path / "t.xlsx", fill)
    values = found.per_patient.dropna().sort_values("value").to_numpy().tolist()
    assert values == [
        ["Pancreas", "", "visits", 4.0],
        ["Pancreas", "Frisius MC", "ward_days", 10.5],
    ]
    assert found.per_year.dropna().to_numpy().tolist() == [["Frisius MC", "", "", "visits", 1000.0]]
    assert found.specialisms == {"Pancreas": "Chirurgie"}
    assert found.unknown["values"] == 6 * len(QUANTITIES) - 2


def test_the_example_is_marked_and_complete_enough_to_compute(tmp_path: Path) -> None:
    path = filled(tmp_path / "t.xlsx", lambda book: book)
    book = openpyxl.load_workbook(path)
    marked = [sheet for sheet in book.worksheets if sheet.title.startswith("VOORBEELD")]
    assert len(marked) == 3
    for sheet in marked:
        assert sheet["A2"].value.startswith("VERZONNEN VOORBEELD")
        assert sheet.sheet_properties.tabColor is not None
        names = {str(row[0].value) for row in sheet.iter_rows(min_row=FIRST)}
        assert all("(verzonnen)" in name for name in names)
    found = read_workbook(path, **KNOWN, example=True)
    assert found.unknown["values"] == 2
    hospital = "Ziekenhuis 1 (verzonnen)"
    changes = pd.DataFrame(
        [("x", "Behandeling A (verzonnen)", hospital, "Locatie a (verzonnen)", 30.0)],
        columns=["scenario", "intervention", "organisation", "site", "change"],
    )
    impact = facility_impact(
        treatment_impact(changes, found.per_patient), found.per_year, found.specialisms
    ).set_index(["organisation", "site", "quantity"])
    days = impact.loc[(hospital, "", "ward_days")]
    assert (days["own"], days["national"]) == (270.0, 240.0)
    assert days["relative_own"] == 270.0 / 60000.0


FAULTS = [
    ("Waarden", 3, "veel", r"sheet Waarden, row 4, visits: found 'veel', expected a number, or"),
    ("Waarden", 3, -1, "visits: found '-1', expected a number of 0 or more"),
    ("Waarden", 3, True, "found 'True', expected a number, or"),
    ("Waarden", 2, "Isalla", "organisation: found 'Isalla'.*nearest known: 'Isala'"),
    ("Waarden", 1, "Pancras", "intervention: found 'Pancras'.*nearest known: 'Pancreas'"),
    ("Waarden", 1, None, "row 4, intervention: expected a name"),
    ("Waarden", 2, "Isala", "row 6: found 'Pancreas; Isala', expected each row once"),
    ("Totalen", 2, "Zwolle", "site: found 'Zwolle', expected a location of this organisation"),
]


@pytest.mark.parametrize(("sheet", "column", "value", "message"), FAULTS)
def test_a_fault_names_sheet_row_column_and_value(
    tmp_path: Path, sheet: str, column: int, value: object, message: str
) -> None:
    def fill(book: Any) -> None:  # noqa: ANN401
        book[sheet].cell(FIRST, column).value = value

    with pytest.raises(InputError, match=message):
        read(tmp_path / "t.xlsx", fill)


def test_treatments_that_were_not_asked_for_are_left_out_if_their_sheet_lists_them(
    tmp_path: Path,
) -> None:
    path = filled(tmp_path / "t.xlsx", lambda book: book["Waarden"].cell(FIRST, 3, 4))
    found = read_workbook(path, interventions=["Lung"], sites=KNOWN["sites"])
    assert found.others == ("Pancreas",)
    assert set(found.per_patient["intervention"]) == {"Lung"}
    assert found.unknown["values"] == 3 * len(QUANTITIES)
    with pytest.raises(InputError, match="at least one treatment of the study: Kidney"):
        read_workbook(path, interventions=["Kidney"], sites=KNOWN["sites"])


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    def fill(book: Any) -> None:  # noqa: ANN401
        book["Waarden"].cell(FIRST, 3, "veel")
        book["Totalen"].cell(FIRST, 4, "weinig")

    with pytest.raises(InputError) as caught:
        read(tmp_path / "t.xlsx", fill)
    assert len(caught.value.faults) == 2


def test_a_missing_sheet_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a sheet called one of 'Waarden', 'Values'"):
        read(tmp_path / "t.xlsx", lambda book: book.remove(book["Waarden"]))

    def rename(book: Any) -> None:  # noqa: ANN401
        book["Waarden"].cell(FIRST - 1, 3, "Polikliniek")

    with pytest.raises(InputError, match=r"column 'Polikliniekbezoeken .*known: 'Polikliniek'"):
        read(tmp_path / "t.xlsx", rename)


@pytest.mark.parametrize("content", [b"", b"not a workbook", None])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "t.xlsx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="a workbook that 'impact template --xlsx' made"):
        read_workbook(path, **KNOWN)
