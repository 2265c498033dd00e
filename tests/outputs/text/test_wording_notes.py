"""Notes in the reader's language: both catalogues have the same keys, with the same fields."""

from __future__ import annotations

import json
import re
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from three_towns import FILES, POSTCODES, STUDY, impact, write_files

from impact.bundled import data_path
from impact.notes import Note
from impact.outputs.text import texts
from impact.outputs.text.wording import note_language, note_text
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from pathlib import Path

NL, EN = texts("nl"), texts("en")
KEYS = sorted(key.removeprefix("notes.") for key in EN.entries if key.startswith("notes."))


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_say_the_same_fields(key: str) -> None:
    names = fields_of(EN.entries[f"notes.{key}"])
    assert fields_of(NL.entries[f"notes.{key}"]) == names
    note = Note.of(key, **dict.fromkeys(names, 3))
    assert note_text(EN, note) == str(note)
    assert note_text(NL, note.record()) == note_text(NL, note)


def test_what_a_library_says_stays_as_it_is() -> None:
    note = Note.of("library", file="h.gpkg", text="More than one layer found")
    assert note_text(NL, note) == "h.gpkg: More than one layer found"
    assert (note_language(NL, note), note_language(NL, note.record())) == ("en", "en")


def test_a_sentence_of_an_older_manifest_stays_as_it_is() -> None:
    note = "a.csv: 2 columns not used: mayor, colour"
    assert (note_text(NL, note), note_language(NL, note)) == (note, "en")


def test_the_year_of_a_shipped_count_is_in_the_language() -> None:
    table = read_table(data_path("patients_per_treatment.csv")).frame
    for year in set(table["year"]) - {""}:
        fields = {"name": "x", "total": 1.0, "what": "y", "year": year, "origin": "z"}
        said = note_text(NL, Note.of("modelled_shipped", **fields))
        assert "report" not in said
        assert "~" not in said
        assert re.search("[0-9]{4}", year)[0] in said


def test_numbers_and_notes_inside_notes_are_written_as_the_reader_does() -> None:
    note = Note.of("far", name="Borkum", km=12.34, low=6.0)
    assert "12,3 km" in note_text(NL, note)
    note = Note.of("absent_named", file="a.csv", count=12345, names=("1011", "1012"))
    assert note_text(NL, note) == (
        "a.csv: postcodes die ontbreken en als nul tellen (12.345): 1011, 1012"
    )
    why = Note.of("same_volume", names=("B",), name="D", count=2.5)
    note = Note.of("rule_undecided", name="x", rule="smallest", why=why)
    assert "B en D hebben hetzelfde aantal, 2,5;" in note_text(NL, note)


def test_what_a_run_notes_is_dutch_in_dutch_outputs(tmp_path: Path) -> None:
    excel = "\ufeff" + POSTCODES.replace(",", ";").replace("municipality", "mayor")
    excel = excel.replace("\n", "\r\n")
    demand = "postcode,patients\n9712,20\n8911,10\n1011,5\n"
    told = STUDY.replace('times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "demand.csv"')
    told = told.replace("stop_count = 1", 'stop_count = 1\ncandidates = "smallest"')
    files = FILES | {"postcodes.csv": excel, "study.toml": told}
    path = write_files(tmp_path, files)
    (tmp_path / "demand.csv").write_text(demand, encoding="utf-8")
    done = impact("run", path, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    for part in (
        "postcodes.csv: regeleinden van Windows",
        "postcodes.csv: kolommen gescheiden door puntkomma's",
        "postcodes.csv: kolommen die niet gebruikt zijn (2): population, mayor",
        "geen kolom 'region': alle 3 postcodes tellen mee",
        "demand.csv: rijen met postcodes buiten de oncologieregio zijn niet gebruikt",
        "demand.csv: postcodes die ontbreken en als nul tellen (1): 7811",
        "Pancreas: ",
    ):
        assert part in done.out
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "geen kolom &#39;region&#39;" in report
    assert 'lang="en"' not in report
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {
        "key": "semicolons",
        "fields": {"file": "postcodes.csv"},
        "text": "postcodes.csv: columns separated by semicolons",
    } in manifest["notes"]
