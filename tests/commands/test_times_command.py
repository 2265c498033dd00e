"""`impact times`: matrices that continue, NumPy files, and ensembles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from three_towns import impact, tree, with_roads

from impact.times.files import file_hash, read_times
from impact.times.matrix import WeighedTimes

if TYPE_CHECKING:
    from pathlib import Path


def points(folder: Path) -> list[object]:
    return [
        *("--origins", folder / "postcodes.csv"),
        *("--destinations", folder / "hospitals.csv"),
        *("--roads", folder / "toy.impact"),
    ]


@pytest.fixture
def asked(tmp_path: Path) -> list[object]:
    with_roads(tmp_path)
    return ["times", *points(tmp_path), "--lang", "en", "--out"]


def manifest(out: Path) -> dict[str, object]:
    about: dict[str, object] = json.loads(out.with_name(out.name + ".json").read_text("utf-8"))
    return about


def test_a_matrix_has_its_manifest_beside_it(tmp_path: Path, asked: list[object]) -> None:
    out = tmp_path / "own.csv"
    outcome = impact(*asked, out)

    assert outcome.code == 0, outcome.err
    assert "Engine: scipy." in outcome.out
    about = manifest(out)
    assert about["file"] == {"name": "own.csv", "sha256": file_hash(out)}
    assert (about["engine"], about["profile"], about["origins"]) == ("scipy", "dal", 3)


@pytest.mark.parametrize("options", [["postcodes.csv"], ["own.csv", "--legs", "own.csv"]])
def test_a_matrix_is_not_written_over_what_is_read_or_written(
    tmp_path: Path, asked: list[object], monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)

    outcome = impact(*asked, *options)

    assert outcome.code == 2
    assert f"{options[-1]}: expected another file" in outcome.err
    assert tree(tmp_path) == before


def test_a_numpy_file_holds_the_same_matrix(tmp_path: Path, asked: list[object]) -> None:
    for name in ("own.npy", "own.parquet"):
        assert impact(*asked, tmp_path / name, "--quiet").code == 0
    mapped, table = read_times(tmp_path / "own.npy"), read_times(tmp_path / "own.parquet")

    assert (mapped.origins, mapped.destinations) == (table.origins, table.destinations)
    assert np.array_equal(mapped.minutes, table.minutes)


def test_an_interrupted_run_continues_and_says_so(
    tmp_path: Path, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("impact.times.resumable._PART", 2)
    whole = WeighedTimes.part

    def part(self: WeighedTimes, destinations: slice) -> object:
        if destinations.start > 0:
            raise KeyboardInterrupt
        return whole(self, destinations)

    with monkeypatch.context() as patch:
        patch.setattr(WeighedTimes, "part", part)
        assert impact(*asked, tmp_path / "own.csv").code == 130
    outcome = impact(*asked, tmp_path / "own.csv")

    assert outcome.code == 0
    assert "Continued where an interrupted run had stopped: 2 destinations" in outcome.out
    assert impact(*asked, tmp_path / "whole.csv").code == 0
    assert (tmp_path / "own.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_an_ensemble_is_written_with_what_drew_it(tmp_path: Path, asked: list[object]) -> None:
    out = tmp_path / "many.csv"
    options = ["--ensemble", 5, "--spread", 0.2, "--seed", 3, "--by", "road", "--members"]
    outcome = impact(*asked, out, *options)

    assert outcome.code == 0, outcome.err
    table = pd.read_csv(out)
    members = [f"member_{number}" for number in range(1, 6)]
    names = ["origin", "destination", "minutes", "mean", "p10", "p50", "p90", *members]
    assert list(table) == names
    assert (table["p10"] <= table["p50"]).all()
    assert (table["p50"] <= table["p90"]).all()
    assert table["mean"].to_numpy() == pytest.approx(table[members].mean(axis=1), abs=0.011)
    drawn = manifest(out)["ensemble"]
    assert isinstance(drawn, dict)
    assert drawn["members"] == 5
    assert (drawn["spread"], drawn["seed"], drawn["by"]) == (0.2, 3, "road")

    again = impact(*asked, tmp_path / "again.csv", *options, "--workers", 1, "--quiet")
    assert again.code == 0, again.err
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("m.npy", ["--ensemble", 3], "m.npy: found '.npy', expected a name ending in one of .csv"),
        ("m.npy", ["--km"], "m.npy: found '.npy', expected a name ending in one of .csv, .par"),
        ("m.csv", ["--ensemble", 3, "--km"], "--km: expected no kilometres beside --ensemble"),
        ("m.csv", ["--spread", 0.2, "--members"], "--members: expected --ensemble N beside it"),
        ("m.csv", ["--ensemble", 3, "--spread", 2], "spread: found '2', expected a number from 0"),
        ("m.csv", ["--ensemble", 3, "--by", "town"], "by: found 'town', expected one of class, ro"),
        ("m.csv", ["--ensemble", 0], "--ensemble"),
        ("m.csv", ["--workers", 0], "--workers: found '0', expected a whole number of 1"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, asked: list[object], name: str, options: list[object], message: str
) -> None:
    before = tree(tmp_path)
    outcome = impact(*asked, tmp_path / name, *options)

    assert outcome.code == 2
    assert message in outcome.err
    assert tree(tmp_path) == before
