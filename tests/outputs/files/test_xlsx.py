from __future__ import annotations

import dataclasses
import datetime as dt
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.utils.cell import coordinate_to_tuple
from toy import LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

from impact.outputs.files import xlsx as workbook
from impact.outputs.files.columns import SENSITIVITY, TABLES, ordered
from impact.outputs.files.xlsx import write_workbook
from impact.outputs.text import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from impact.analysis.result import Result


SHEETS = [table for table in TABLES if table is not SENSITIVITY]
"""Those of a run for which sensitivity was not asked."""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def read(path: Path) -> Any:  # noqa: ANN401 (openpyxl has no types)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def book(toy: Result, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    path = tmp_path_factory.mktemp("book") / "results.xlsx"
    write_workbook(toy, path)
    return read(path)


def cells(book: Any) -> Iterator[Any]:  # noqa: ANN401
    for sheet in book:
        for row in sheet.iter_rows():
            yield from row


def head_row(sheet: Any) -> int:  # noqa: ANN401
    return coordinate_to_tuple(sheet.freeze_panes)[0] - 1


def column_of(sheet: Any, header: str) -> list[Any]:  # noqa: ANN401
    top = head_row(sheet)
    names = [cell.value for cell in sheet[top]]
    place = names.index(header) + 1
    return [sheet.cell(row, place) for row in range(top + 1, sheet.max_row + 1)]


def test_a_sheet_per_table_with_an_overview_in_front_and_the_trail_behind(book: Any) -> None:  # noqa: ANN401
    assert book.sheetnames == [
        "Overzicht",
        "Scenario's naast elkaar",
        "Grafiek per scenario",
        "Gemeenten per scenario",
        "Postcodes per scenario",
        "Samenvatting",
        "Bandbreedtes",
        "Groepen",
        "Gemeenten",
        "Postcodes",
        "Aantallen per locatie",
        "Aanbieders",
        "Stromen",
        "Aannames",
        "Bronnen",
        "Kolommen",
    ]


def test_every_header_is_frozen_and_has_a_filter(book: Any) -> None:  # noqa: ANN401
    for sheet in book:
        top = head_row(sheet)
        assert top >= 1, sheet.title
        assert sheet.auto_filter.ref.startswith(f"A{top}:"), sheet.title
        assert all(cell.value for cell in sheet[top]), sheet.title
        assert sheet.print_title_rows == f"${top}:${top}", sheet.title
        assert sheet.oddFooter.right.text == "&P / &N", sheet.title


def test_every_column_of_minutes_says_one_way(book: Any) -> None:  # noqa: ANN401
    headers = [cell.value for sheet in book for cell in sheet[head_row(sheet)]]
    minutes = [header for header in headers if "minuten" in header.lower()]
    assert len(minutes) > 20
    assert all("enkele reis" in header for header in minutes)


def test_numbers_are_numbers_with_a_format(toy: Result, book: Any) -> None:  # noqa: ANN401
    sheet = book["Stromen"]
    minutes = column_of(sheet, "Reistijd nu (minuten, enkele reis)")
    people = column_of(sheet, "Aantal: inwoners")
    assert len(people) == len(toy.flows)
    assert {cell.data_type for cell in people} == {"n"}
    assert {cell.number_format for cell in people} == {"#,##0"}
    assert {cell.number_format for cell in minutes if cell.value is not None} == {"0.0"}
    # Vlieland has no route: an empty cell, not a number that stands for it
    assert [cell.value for cell in minutes].count(None) == 3
    assert sum(cell.value for cell in people) == pytest.approx(toy.flows["demand"].sum())


def test_postcodes_are_text(book: Any) -> None:  # noqa: ANN401
    assert {cell.data_type for cell in column_of(book["Postcodes"], "Postcode")} == {"s"}


def test_the_numbers_of_a_table_are_those_of_the_result(toy: Result, book: Any) -> None:  # noqa: ANN401
    t = texts("nl")
    for table in SHEETS:
        frame = ordered(table, toy)
        sheet = book[t(f"tables.sheet_{table.name}")]
        for place, column in enumerate(table.columns, start=1):
            if column.kind == "text":
                continue
            found = [sheet.cell(row, place).value for row in range(2, len(frame) + 2)]
            wanted = [
                None if abs(value) == float("inf") or value != value else value  # noqa: PLR0124
                for value in frame[column.name].astype(float)
            ]
            assert found == pytest.approx(wanted, nan_ok=True), (table.name, column.name)


def test_dates_are_dates(toy: Result, tmp_path: Path) -> None:
    first = dataclasses.replace(toy.cases[0], start=dt.date(2027, 1, 1))
    result = dataclasses.replace(toy, cases=(first, *toy.cases[1:]))
    book = read(_written(result, tmp_path))
    days = [cell.value for cell in column_of(book["Overzicht"], "Vanaf")]
    assert days[0] == dt.datetime(2027, 1, 1)  # noqa: DTZ001 (a sheet knows no time zone)
    assert days[1:] == [None] * (len(toy.cases) - 1)


def test_codes_are_words_in_the_chosen_language(toy: Result, book: Any, tmp_path: Path) -> None:  # noqa: ANN401
    shown = {cell.value for cell in cells(book)}
    assert "kleinste stoppen" in shown
    assert "displayed candidate" not in shown
    assert "nan" not in shown
    assert "op dit eiland mogen bezoekers geen auto meenemen" in shown
    write_workbook(toy, tmp_path / "english.xlsx", lang="en")
    english = read(tmp_path / "english.xlsx")
    assert english.sheetnames[0] == "Overview"
    assert "Extra (minutes, one way)" in {cell.value for cell in english["Flows"][1]}


def test_nothing_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    names = {
        PANCREAS: "=1+1",
        LEEUWARDEN: "<script>alert(1)</script>",
        TO_GRONINGEN: '=HYPERLINK("http://example.org")',
        "Emmen": "http://example.org",
        "Groningen": '"quotes" & more',
    }
    result = toy_result(tmp_path / "toy", names=names, title="=cmd()")
    write_workbook(result, tmp_path / "results.xlsx")
    book = read(tmp_path / "results.xlsx")
    shown = list(cells(book))
    assert not [cell for cell in shown if cell.data_type == "f" or cell.hyperlink]
    values = {cell.value for cell in shown}
    assert {"'=1+1", "<script>alert(1)</script>", '"quotes" & more', "'=cmd()"} <= values
    assert "http://example.org" in values
    assert not [v for v in values if isinstance(v, str) and v.startswith(("=", "+", "-", "@"))]


def test_the_key_to_the_columns_names_every_column_of_the_csv_files(book: Any) -> None:  # noqa: ANN401
    named = {cell.value for cell in column_of(book["Kolommen"], "Naam in de CSV")}
    assert named == {column.name for table in SHEETS for column in table.columns}
    assert all(cell.value for cell in column_of(book["Kolommen"], "Betekenis"))


def test_the_key_says_how_the_csv_files_are_rounded(book: Any) -> None:  # noqa: ANN401
    assert book["Kolommen"]["A1"].value == texts("nl")("tables.columns_note")


def test_the_words_are_those_of_a_reader(book: Any) -> None:  # noqa: ANN401
    headers = " ".join(str(cell.value) for sheet in book for cell in sheet[head_row(sheet)])
    assert "1 op de 10 reist minstens" in headers
    for word in ("P90", "Vraag", "vraag"):
        assert word not in headers


def test_own_minutes_are_not_called_those_of_a_car(book: Any) -> None:  # noqa: ANN401
    shown = " ".join(str(cell.value) for cell in cells(book) if cell.value is not None)
    assert "volgens eigen reistijden" in shown
    assert "met de auto, van deur tot deur" not in shown


def test_inferred_listings_and_doubtful_minutes_are_marked(toy: Result, tmp_path: Path) -> None:
    listed = toy.providers.assign(status="sourced", source="all member hospitals of the region")
    listed.loc[listed.index[0], "source"] = "https://example.org"
    cases = tuple(dataclasses.replace(case, outside=(LEEUWARDEN,)) for case in toy.cases)
    book = read(_written(dataclasses.replace(toy, providers=listed, cases=cases), tmp_path))
    words = [cell.value for cell in column_of(book["Aanbieders"], "Hoe zeker")]
    assert words.count("met bron") == 1
    assert words.count("afgeleid") == len(listed) - 1
    caveat = texts("nl")("common.caveat_outside")
    shown = [cell.value for cell in column_of(book["Overzicht"], "Scenario")]
    assert all(caveat in each for each in shown)


def test_the_assumptions_and_the_sources_are_there(toy: Result, book: Any) -> None:  # noqa: ANN401
    subjects = {cell.value for cell in column_of(book["Aannames"], "Onderwerp")}
    assert {"Eenheid", "Welk ziekenhuis", "Volumenorm", "Getoonde verdeling"} <= subjects
    hashes = {cell.value for cell in column_of(book["Bronnen"], "SHA-256")}
    assert {each["sha256"] for each in toy.manifest["inputs"]} <= hashes


def test_the_same_result_gives_the_same_bytes(toy: Result, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(toy, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_table_that_no_sheet_can_hold_points_to_its_csv(
    toy: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", len(toy.flows))
    write_workbook(toy, tmp_path / "results.xlsx")
    book = read(tmp_path / "results.xlsx")
    assert "flows.csv" in book["Stromen"]["A1"].value
    assert book["Stromen"].max_row == 1
    assert book["Aanbieders"].max_row == len(toy.providers) + 1


def test_the_time_inside_is_that_of_the_manifest(toy: Result, tmp_path: Path) -> None:
    with zipfile.ZipFile(_written(toy, tmp_path)) as archive:
        core = archive.read("docProps/core.xml").decode()
    assert toy.manifest["created"][:19] in core


def _written(toy: Result, folder: Path) -> Path:
    path = folder / "results.xlsx"
    write_workbook(toy, path)
    return path
