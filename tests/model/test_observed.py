"""Counts that a user brings, and a whole run by each rule."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.outputs.pages.a4 import sheet
from impact.outputs.text import texts
from impact.outputs.text.answer import answer_sentences
from impact.study.read import read_study
from impact.tables.text_table import Counts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

FLOWS = """\
postcode,provider,patients
9712,Noord,40
9712,West,<10
8911,West,30
8911,Zuid,4
7811,Zuid,12
7811,West,<4
"""


def study(rule: str) -> str:
    return STUDY.replace("stop_count = 1", f"stop_count = 1\n{rule}")


def run(folder: Path, rule: str, **files: str) -> tuple[dict[str, str], dict[str, object]]:
    texts = {name.replace("_csv", ".csv"): text for name, text in files.items()}
    path = write_files(folder, {"study.toml": study(rule), **texts})
    outcome = impact("run", path, "--out", folder / "out", "--quiet")
    assert outcome.code == 0, outcome.err
    with (folder / "out" / "data" / "summary.csv").open(encoding="utf-8") as file:
        row = next(iter(csv.DictReader(file)))
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    return row, manifest


def test_a_run_by_counts(tmp_path: Path) -> None:
    row, manifest = run(tmp_path, 'allocation = "observed"\nflows = "flows.csv"', flows_csv=FLOWS)
    # West loses 5 of 9712 (50 to 5 minutes), 30 of 8911 (6 to 52), 2 of 7811 (95 to 48): all to
    # Noord by agreement
    assert (row["unit"], row["allocation"], row["moved"]) == ("patients", "observed", "37")
    assert float(row["mean_extra_moved"]) == pytest.approx(
        (5 * -45 + 30 * 46 + 2 * -47) / 37, abs=0.01
    )
    assert float(row["share_shorter"]) == pytest.approx(7 / 37, abs=1e-4)
    assert (row["moved_low"], row["moved_high"]) == ("32", "42")
    assert float(row["mean_low"]) == pytest.approx((9 * -45 + 30 * 46 + 3 * -47) / 42, abs=0.01)
    assert float(row["mean_high"]) == pytest.approx((1 * -45 + 30 * 46 + 1 * -47) / 32, abs=0.01)
    assert row["mean_over"] == "suppressed counts"
    about = manifest["parameters"]["allocation"]["Pancreas"]  # type: ignore[index]
    assert (about["patients_low"], about["patients_high"]) == (88.0, 98.0)
    assert any("2 cells are suppressed" in note["text"] for note in manifest["notes"])  # type: ignore[attr-defined]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "volgens getelde patiënten" in report
    assert "minstens 88 en hooguit 98 patiënten" in report


def test_a_run_by_huff_with_a_given_beta(tmp_path: Path) -> None:
    row, manifest = run(tmp_path, 'allocation = "huff"\nhuff = { beta = 0.01 }')
    assert (row["unit"], row["allocation"]) == ("residents", "huff")
    assert 0.0 < float(row["share_shorter"]) < 1.0
    assert manifest["parameters"]["allocation"]["Pancreas"]["beta"] == 0.01  # type: ignore[index]


def test_a_run_by_huff_estimated_from_counts(tmp_path: Path) -> None:
    rule = 'allocation = "huff"\nflows = "flows.csv"\nhuff = { attraction = "size.csv" }'
    size = "location,attraction\nNoord,1\nWest,2\nZuid,4\n"
    row, manifest = run(tmp_path, rule, flows_csv=FLOWS, size_csv=size)
    about = manifest["parameters"]["allocation"]["Pancreas"]  # type: ignore[index]
    assert about["parameters"] == "estimated from the flows"
    assert about["beta"] > 0.0
    assert row["unit"] == "residents"
    assert any("Huff estimated from flows.csv" in note["text"] for note in manifest["notes"])  # type: ignore[attr-defined]


def test_a_run_by_logit_equals_huff_with_the_same_numbers(tmp_path: Path) -> None:
    logit = 'allocation = "logit"\nlogit = { minutes = -0.01 }'
    row, _ = run(tmp_path / "logit", logit)
    other, _ = run(tmp_path / "huff", 'allocation = "huff"\nhuff = { beta = 0.01 }')
    assert {**row, "allocation": ""} == {**other, "allocation": ""}


def test_where_flows_are_lacking_the_direction_is_unknown(tmp_path: Path) -> None:
    row, _ = run(tmp_path, "")
    assert row["direction"] == "unknown"
    assert float(row["mean_low"]) <= float(row["mean_extra_moved"]) <= float(row["mean_high"])
    assert row["extra_low"] == row["band"] == ""
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "kan hoger of lager zijn" in report


def test_hidden_counts_stay_within_the_registered_total(tmp_path: Path) -> None:
    # 120 and ten hidden cells of 5 would be 170; the hospital has 130 in all
    flows = "postcode,provider,patients\n8911,West,120\n9712,West,<10\n7811,West,<10\n"
    rule = 'allocation = "observed"\nflows = "flows.csv"\nvolumes = "volumes.csv"'
    row, manifest = run(
        tmp_path, rule, flows_csv=flows, volumes_csv="location,volume\nWest,124\nNoord,1\n"
    )
    notes = {note["key"]: note["fields"] for note in manifest["notes"]}
    assert notes["scaled_counts"]["names"] == ["West"]
    assert float(row["demand"]) == 124.0


def test_a_total_below_what_is_counted_there_is_said(tmp_path: Path) -> None:
    flows = "postcode,provider,patients\n8911,West,120\n"
    rule = 'allocation = "observed"\nflows = "flows.csv"\nvolumes = "volumes.csv"'
    row, manifest = run(
        tmp_path, rule, flows_csv=flows, volumes_csv="location,volume\nWest,95\nNoord,1\n"
    )
    notes = {note["key"]: note["fields"] for note in manifest["notes"]}
    assert notes["total_too_small"]["names"] == ["West"]
    assert float(row["demand"]) == 120.0


def test_many_hidden_counts_are_a_warning() -> None:
    middle = np.array([30.0, 5.0, 5.0])
    low, high = np.array([30.0, 1.0, 1.0]), np.array([30.0, 9.0, 9.0])
    assert [note.key for note in Counts(middle, low, high).notes("t.csv")] == [
        "suppressed",
        "mostly_hidden",
    ]
    more = np.array([10.0, 0.0, 0.0])
    few = Counts(middle + more, low + more, high + more)
    assert [note.key for note in few.notes("t.csv")] == ["suppressed"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("9712,Nord,5\n", ["flows.csv, row 2, provider", "'Nord'", "Noord"]),
        ("9999,Noord,5\n", ["flows.csv, row 2, postcode", "'9999'"]),
        ("9712,Noord,-5\n", ["flows.csv, row 2, patients", "-5", "0 or more"]),
        ("9712,Noord,many\n", ["flows.csv, row 2, patients", "many"]),
        ("9712,Noord,<1\n", ["flows.csv, row 2, patients", "<1"]),
        ("9712,Noord,5\n9712,Noord,6\n", ["flows.csv, row 3", "each once"]),
        ("9712,Noord,0\n", ["patients of 'Pancreas' somewhere in the region"]),
        (
            "9712,Nord,5\n9999,Noord,5\n9712,Zuid,-1\n",
            ["row 2, provider", "row 3, postcode", "row 4, patients"],
        ),
    ],
)
def test_bad_counts_are_refused_all_at_once(tmp_path: Path, rows: str, said: list[str]) -> None:
    text = study('allocation = "observed"\nflows = "flows.csv"')
    files = {"study.toml": text, "flows.csv": "postcode,provider,patients\n" + rows}
    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out")
    assert outcome.code == 2
    for words in said:
        assert words in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('allocation = "observed"', "intervention[1].flows"),
        ('allocation = "huff"', "huff = { beta = ... }"),
        ('allocation = "huff"\nhuff = { attraction = "size.csv" }', "flows from which beta"),
        ('allocation = "huff"\nhuff = 3', "huff = { ... }"),
        ('allocation = "huff"\nhuff = { beta = -1 }', "intervention[1].huff.beta"),
        ('allocation = "huff"\nhuff = { betta = 1 }', "betta"),
        ('allocation = "logit"', "logit = { minutes = ... }"),
        ('allocation = "logit"\nlogit = { minutes = 0.1 }', "below zero"),
        ('allocation = "logit"\nlogit = { minutes = -0.1, beds = 1 }', "logit.attributes"),
        ('flows = "flows.csv"', "allocation = 'observed' beside it"),
        ("huff = { beta = 1 }", "allocation = 'huff' beside it"),
    ],
)
def test_a_rule_and_its_parameters_belong_together(tmp_path: Path, rule: str, said: str) -> None:
    path = write_files(tmp_path, {"study.toml": study(rule), "flows.csv": FLOWS})
    outcome = impact("run", path, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert said in outcome.err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("location,attraction\nNoord,1\nWest,2\n", "a row for every location"),
        ("location,attraction\nNoord,1\nWest,2\nZuid,0\n", "above 0"),
        ("location,attraction\nNoord,1\nWest,2\nZuid,4\nZuid,4\n", "each location once"),
        ("location,size\nNoord,1\n", "a column 'attraction'"),
    ],
)
def test_a_table_of_locations_is_complete(tmp_path: Path, table: str, said: str) -> None:
    rule = 'allocation = "huff"\nhuff = { beta = 0.1, attraction = "size.csv" }'
    path = write_files(tmp_path, {"study.toml": study(rule), "size.csv": table})
    outcome = impact("run", path, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert said in outcome.err


SEEN = """\
postcode,provider,patients
9712,Noord,80
9712,West,<10
8911,West,{west}
8911,Noord,<10
7811,Zuid,{zuid}
7811,West,<10
"""
BY_COUNTS = 'norm = 50\nallocation = "observed"\nflows = "flows.csv"'


def seen(folder: Path, *, west: int = 40, zuid: int = 65) -> Result:
    files = {"study.toml": study(BY_COUNTS), "flows.csv": SEEN.format(west=west, zuid=zuid)}
    return run_study(read_study(write_files(folder, files)))


def test_hidden_counts_are_no_model_and_are_judged_where_both_bounds_agree(tmp_path: Path) -> None:
    rows = seen(tmp_path).volumes.set_index("location")
    assert set(rows["kind"]) == {"suppressed"}
    # Noord: 80 + 5 of its own, and 5 + 40 + 5 from West; at least 80 + 1 + 1 + 40 + 1
    assert rows["volume_after"]["Noord"] == 135.0
    assert rows["meets_norm"].to_dict() == {"Noord": "yes", "West": "", "Zuid": "yes"}


def test_hidden_counts_leave_the_norm_open_where_bounds_disagree(tmp_path: Path) -> None:
    text = SEEN.replace("7811,Zuid,{zuid}", "7811,Zuid,44\n8911,Zuid,<10").format(west=40)
    files = {"study.toml": study(BY_COUNTS), "flows.csv": text}
    rows = run_study(read_study(write_files(tmp_path, files))).volumes.set_index("location")
    assert (rows["volume_after"]["Zuid"], rows["meets_norm"]["Zuid"]) == (49.0, "")


def test_pages_give_the_bounds_of_hidden_counts_and_their_verdict(tmp_path: Path) -> None:
    result = seen(tmp_path)
    low, high = (float(result.summary[name].iloc[0]) for name in ("mean_low", "mean_high"))
    said = f"door afgeschermde aantallen {math.floor(low)} tot {math.ceil(high)}".replace("-", "−")
    made = sheet(result, texts("nl"))
    assert made.rows[0].hidden == said
    assert said in made.headline
    assert said in answer_sentences(result, texts("nl"))[0]
    norm = "50: gehaald, wat de afgeschermde aantallen ook zijn (kleinste ongeveer 65)"
    assert made.rows[0].norm == norm
    below = sheet(seen(tmp_path / "below", zuid=20), texts("nl")).rows[0]
    assert below.norm.startswith("50: 1 eronder, wat de afgeschermde aantallen ook zijn")


def test_a_count_that_is_missing_for_one_hospital_is_said_so(tmp_path: Path) -> None:
    files = {
        "study.toml": study('norm = 50\nvolumes = "volumes.csv"'),
        "volumes.csv": "location,volume\nNoord,95\nWest,60\n",
    }
    result = run_study(read_study(write_files(tmp_path, files)))
    row = sheet(result, texts("nl")).rows[0]
    assert row.norm == "50: niet te beoordelen, niet van elk ziekenhuis is het aantal bekend"
