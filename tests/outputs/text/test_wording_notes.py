"""Notes of the program in Dutch: every sentence that it can write is known to the catalogue."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from three_towns import FILES, POSTCODES, STUDY, impact, write_files

from impact.model import allocation_rule as estimate
from impact.model.inputs import long_trips, outpatient_notes
from impact.outputs.text import texts
from impact.outputs.text.wording import note_language, note_text
from impact.tables.text_table import read_table
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

NL, EN = texts("nl"), texts("en")
KEYS = sorted(key for key in EN.entries if key.startswith("notes."))
#  fields that are numbers; those that are sentences of the catalogue themselves
NUMBERS = dict.fromkeys(("count", "total", "patients", "left_out", "value", "km", "beta"), "3")
NUMBERS |= {"low": "1", "high": "9", "alpha": "2", "fit": "4"}
SENTENCES = {"kind": "registered", "why": "no norm"}


@pytest.mark.parametrize("key", KEYS)
def test_every_sentence_is_found_and_keeps_its_fields(key: str) -> None:
    names = [name for _, name, _, _ in Formatter().parse(EN.entries[key]) if name]
    filled = {name: NUMBERS.get(name) or SENTENCES.get(name) or f"<{name}>" for name in names}
    dutch = filled | {"kind": "geregistreerde", "why": "geen norm"}
    filled["unit"] = "residents"
    dutch["unit"], english = NL.unit("residents"), filled | {"unit": EN.unit("residents")}
    assert note_text(NL, EN(key, **filled)) == NL(key, **dutch)
    assert note_text(EN, EN(key, **filled)) == EN(key, **english)


def test_what_a_library_says_stays_as_it_is() -> None:
    note = "h.gpkg: More than one layer found"
    assert (note_text(NL, note), note_language(NL, note)) == (note, "en")


def test_numbers_are_written_as_the_reader_does() -> None:
    note = "Borkum lies 12.3 km from the roads, beyond the limit of 6 km: its minutes are rough"
    assert "12,3 km" in note_text(NL, note)
    note = "a.csv: 12345 postcodes are not listed and count as zero: 1011, 1012"
    assert note_text(NL, note) == (
        "a.csv: postcodes die ontbreken en als nul tellen (12.345): 1011, 1012"
    )


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
    manifest = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    assert "columns separated by semicolons" in manifest


def test_the_sentences_of_the_parts_that_write_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x;y\n1,5;2\n", encoding="utf-8")
    times = TravelTimes(("a",), ("b",), np.array([[700.0]]), manifest={})
    hospitals = gpd.GeoDataFrame({"status": ["outpatient"]}, index=["Polikliniek"])
    minutes = np.array([[10.0, 20.0], [20.0, np.inf]])
    fit = estimate.estimate_huff(minutes, np.array([[200.0, 1.0], [0.0, 20.0]]))
    one = estimate.estimate_huff(minutes, np.array([[200.0, 0.0], [10.0, 0.0]]))
    notes = [
        *read_table(tmp_path / "a.csv").notes,
        *long_trips(times),
        *outpatient_notes(hospitals),
        *(f"X: Huff estimated from f.csv: {each.sentence()}" for each in (fit, one)),
    ]
    assert len(notes) == 6
    assert [note for note in notes if note_language(NL, note) == "en"] == []
