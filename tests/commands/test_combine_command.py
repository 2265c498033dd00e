"""`impact combine`: runs of a region and of a vascular network together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hospitals_study import write_study
from three_towns import impact, write_files

if TYPE_CHECKING:
    from pathlib import Path

_INTERVENTION, _SCENARIO = "[[intervention]]", "[[scenario]]"


def part(folder: Path, treatment: str) -> Path:
    """Run the study of the page with one of its treatments, as a network of its own would."""
    folder.mkdir()
    path = write_study(folder)
    head, *parts = (
        path.read_text(encoding="utf-8").replace(_SCENARIO, _INTERVENTION).split(_INTERVENTION)
    )
    kept = [
        (_SCENARIO if "stops = " in each else _INTERVENTION) + each
        for each in parts
        if treatment in each
    ]
    path.write_text(head + "".join(kept), encoding="utf-8")
    volumes = pd.read_csv(folder / "volumes.csv")
    volumes[volumes["intervention"] == treatment].to_csv(folder / "volumes.csv", index=False)
    out = folder / "out"
    outcome = impact("run", path, "--out", out, "--quiet")
    assert outcome.code == 0, outcome.err
    return out


def test_two_runs_give_what_one_study_of_both_gives(tmp_path: Path) -> None:
    lung, aorta = part(tmp_path / "lung", "Lung"), part(tmp_path / "aorta", "Aorta")
    whole = tmp_path / "whole"
    whole.mkdir()
    study = write_study(whole)
    assert impact("run", study, "--tables", "--out", whole / "out", "--quiet").code == 0

    outcome = impact("combine", lung, aorta, "--out", tmp_path / "together")

    assert outcome.code == 0, outcome.err
    assert "Combinaties van scenario's: 2; ziekenhuizen: 1" in outcome.out
    for name in ("combinations.csv", "exclusions.csv"):
        ours = (tmp_path / "together" / name).read_bytes()
        assert ours == (whole / "out" / "data" / name).read_bytes()
    book = openpyxl.load_workbook(tmp_path / "together" / "combinations.xlsx")
    assert book.sheetnames == ["Scenario's samen", "Wat elkaar uitsluit"]
    words = {cell.value for row in book["Wat elkaar uitsluit"].iter_rows() for cell in row}
    assert "zelfde behandeling in hetzelfde netwerk" in words
    said = json.loads((tmp_path / "together" / "manifest.json").read_text(encoding="utf-8"))
    hashes = [each["files"]["data/run.zip"] for each in said["runs"]]
    assert [len(each) for each in hashes] == [64, 64]

    twice = impact("combine", lung, lung, "--out", tmp_path / "twice")
    assert twice.code == 2
    assert "each run once" in twice.err
    assert not (tmp_path / "twice").exists()


@pytest.mark.parametrize(
    ("lang", "told"),
    [("nl", "inwoners zijn geen patiënten"), ("en", "residents are no patients")],
)
def test_a_run_of_residents_has_nothing_to_combine(tmp_path: Path, lang: str, told: str) -> None:
    study = write_files(tmp_path / "towns")
    assert impact("run", study, "--out", tmp_path / "run", "--quiet").code == 0
    outcome = impact("combine", tmp_path / "run", "--out", tmp_path / "out", "--lang", lang)
    assert outcome.code == 2
    assert told in outcome.err
