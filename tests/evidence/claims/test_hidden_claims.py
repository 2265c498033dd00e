"""Claims about a study whose small counts are hidden: their bounds are in the margin."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

FLOWS = """\
postcode,provider,patients
9712,Noord,80
9712,West,{0}
8911,West,20
8911,Noord,{1}
7811,Zuid,55
7811,West,{2}
"""
RULE = 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"'


def study(folder: Path, *cells: str) -> Path:
    named = {"study.toml": STUDY.replace("stop_count = 1", RULE), "flows.csv": FLOWS.format(*cells)}
    return write_files(folder, named)


def checked(folder: Path, of: str, *cells: str) -> dict[str, str]:
    asked = ("--kind", "minimal", "--treatment", "Pancreas", "--minutes", "30", "--of", of)
    done = impact(
        *("check", "--study", study(folder, *cells), *asked),
        *("--draws", 0, "--out", folder / "out"),
    )
    assert done.code == 0, done.err
    with (folder / "out" / "figures.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["definition"] == "interventions"]
    return rows[0]


@pytest.mark.parametrize("of", ["moved", "all"])
def test_the_margin_of_a_mean_is_what_trying_every_end_gives(tmp_path: Path, of: str) -> None:
    row = checked(tmp_path / "hidden", of, *["<10"] * 3)
    column = f"mean_extra_{of}"
    means = []
    for number, cells in enumerate(itertools.product("19", repeat=3)):
        path = study(tmp_path / str(number), *cells)
        means.append(float(run_study(read_study(path)).summary[column].iloc[0]))
    assert float(row["low"]) == pytest.approx(np.min(means), abs=0.01)
    assert float(row["high"]) == pytest.approx(np.max(means), abs=0.01)


def test_the_margin_tries_the_ends_of_a_table_of_patients(tmp_path: Path) -> None:
    text = STUDY.replace('times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"')
    rule = 'stop_count = 2\nmust_stop = ["Noord", "West"]'
    text = text.partition("[[scenario]]")[0].replace("stop_count = 1", rule)

    def written(name: str, *cells: str) -> Path:
        table = "postcode,patients\n9712,{}\n8911,{}\n7811,20\n".format(*cells)
        return write_files(tmp_path / name, {"study.toml": text, "patients.csv": table})

    asked = ("--kind", "minimal", "--treatment", "Pancreas", "--minutes", "30")
    hidden = written("hidden", "<10", "<10")
    for of in ("moved", "all"):
        out = tmp_path / f"out-{of}"
        done = impact(*("check", "--study", hidden, *asked, "--of", of, "--draws", 0, "--out", out))
        assert done.code == 0, done.err
        with (out / "figures.csv").open(encoding="utf-8") as file:
            row = next(row for row in csv.DictReader(file) if row["definition"] == "interventions")
        means = [
            float(
                run_study(read_study(written(f"{of}{a}{b}", a, b)))
                .summary[f"mean_extra_{of}"]
                .iloc[0]
            )
            for a, b in itertools.product("19", repeat=2)
        ]
        assert float(row["low"]) == pytest.approx(np.min(means), abs=0.01)
        assert float(row["high"]) == pytest.approx(np.max(means), abs=0.01)
        assert np.max(means) > np.min(means)


def test_a_claim_that_hidden_counts_could_turn_is_borne_out_in_part(tmp_path: Path) -> None:
    row = checked(tmp_path / "hidden", "moved", *["<10"] * 3)
    assert float(row["low"]) < 30.0 < float(row["high"])
    assert row["verdict"] == "partly"
    page = (tmp_path / "hidden" / "out" / "verdicts.html").read_text(encoding="utf-8")
    assert "afgeschermde aantallen, op hun laagst of hun hoogst" in page
    # counted outright there is nothing to vary
    plain = checked(tmp_path / "plain", "moved", "1", "1", "1")
    assert plain["low"] == plain["high"]
