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
    from collections.abc import Sequence
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


def asked(folder: Path, path: Path, *words: object) -> list[dict[str, str]]:
    out = folder / "out"
    done = impact("check", "--study", path, *words, "--draws", 0, "--out", out)
    assert done.code == 0, done.err
    with (out / "figures.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["definition"] == "interventions"]


MANY = """\
postcode,provider,patients
9712,Noord,<10
8911,Noord,<10
7811,Noord,<10
9712,West,<10
8911,West,<10
7811,West,<10
7811,Zuid,55
"""
BY_HOSPITAL = "hospital,Noord,24\nhospital,West,6\n"
BY_TWO_LEVELS = BY_HOSPITAL + "municipality,Groningen,11\n"


def of_many(folder: Path, totals: str, stopping: Sequence[str] = ("Noord", "West")) -> Path:
    text = STUDY.partition("[[scenario]]")[0].replace("stop_count = 1", RULE)
    named = {"flows.csv": MANY}
    if totals:
        text = text.replace("[study]", '[study]\ntotals = "totals.csv"')
        named["totals.csv"] = f"level,name,patients\n{totals}"
    for name in stopping:
        text += f'\n[[scenario]]\nname = "{name} stopt"\n'
        text += f'stops = {{ Pancreas = ["{name}"] }}\n'
    return write_files(folder, {"study.toml": text, **named})


@pytest.mark.parametrize("totals", ["", BY_HOSPITAL, BY_TWO_LEVELS])
def test_the_margin_of_a_mean_is_what_the_pages_of_the_study_say(
    tmp_path: Path, totals: str
) -> None:
    bounds = {}
    for name in ("Noord", "West"):
        path = of_many(tmp_path / name, totals, [name])
        words = ("--kind", "minimal", "--treatment", "Pancreas", "--minutes", 30, "--of", "moved")
        (row,) = asked(tmp_path / name, path, *words)
        told = run_study(read_study(path)).summary.iloc[0]
        assert float(row["figure"]) == pytest.approx(told["mean_extra_moved"], abs=0.01)
        bounds[name] = told["mean_low"], told["mean_high"]
        assert (float(row["low"]), float(row["high"])) == pytest.approx(bounds[name], abs=0.01)
        assert told["mean_low"] < told["mean_high"]
    words = ("--scenario", "Noord stopt", "--than-scenario", "West stopt", "--of", "moved")
    path = of_many(tmp_path / "both", totals)
    (row,) = asked(tmp_path / "both", path, "--kind", "better", "--treatment", "Pancreas", *words)
    # no count is moved under both
    apart = [bounds["Noord"][end] - bounds["West"][1 - end] for end in (0, 1)]
    assert [float(row["low"]), float(row["high"])] == pytest.approx(apart, abs=0.01)


def test_known_totals_narrow_the_margins_of_every_mean(tmp_path: Path) -> None:
    kinds = {
        "share_within": ("--minutes", 49, "--share", 50, "--of", "moved"),
        "minimal": ("--minutes", 30, "--of", "all"),
        "place_longer": ("--minutes", 30, "--compare", "at_least", "--postcode", "9712"),
    }
    paths = [of_many(tmp_path / f"study{len(each)}", each, ["West"]) for each in ("", BY_HOSPITAL)]
    named = ("--treatment", "Pancreas")
    for kind, words in kinds.items():
        rows = [
            asked(tmp_path / f"{kind}{place}", path, "--kind", kind, *named, *words)[0]
            for place, path in enumerate(paths)
        ]
        (low, high), (least, most) = ((float(row["low"]), float(row["high"])) for row in rows)
        assert low <= least <= float(rows[1]["figure"]) <= most <= high
        assert most - least < high - low
        page = (tmp_path / f"{kind}1" / "out" / "verdicts.html").read_text(encoding="utf-8")
        assert "afgeschermde aantallen, zo ver als de bekende totalen toelaten" in page


def test_the_margin_says_what_totals_do_not_narrow(tmp_path: Path) -> None:
    path = of_many(tmp_path / "study", BY_HOSPITAL, ["West"])
    asked(tmp_path, path, "--kind", "nobody_more", "--treatment", "Pancreas", "--minutes", 30)
    page = (tmp_path / "out" / "verdicts.html").read_text(encoding="utf-8")
    assert "voor het meeste extra, groepen en hoeveel locaties: elk afgeschermd aantal" in page
    assert "zo ver als de bekende totalen toelaten" not in page


def test_the_share_within_is_as_far_apart_as_the_totals_leave(tmp_path: Path) -> None:
    words = ("--treatment", "Pancreas", "--scenario", "West stopt", "--of", "moved")
    path = of_many(tmp_path / "study", BY_HOSPITAL)
    limit = ("--minutes", 5, "--share", 50)
    (row,) = asked(tmp_path / "within", path, "--kind", "share_within", *words, *limit)
    # of the six of West 1 to 4 live in 9712 and 1 to 4 in 7811, 5 and 4 minutes from another
    assert (float(row["low"]), float(row["high"])) == pytest.approx((2 / 6, 5 / 6), abs=0.01)
