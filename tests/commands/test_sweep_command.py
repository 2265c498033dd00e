"""`impact sweep` from a study file to its folder."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import HOSPITALS, MINUTES, STUDY, impact, tree, write_files

from impact.analysis.run import run_study
from impact.outputs.files import columns as tables
from impact.outputs.text import texts
from impact.outputs.text.answer import certain
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

OPENING = {
    "hospitals.csv": HOSPITALS + "Nieuw,53.0,6.2\n",
    "minutes.csv": "origin,Noord,West,Zuid,Nieuw\n"
    "9712,5,50,45,40\n8911,52,6,95,30\n7811,48,95,4,60\n",
    "study.toml": STUDY.replace("stop_count = 1", 'stop_count = 1\nmay_open = ["Nieuw"]'),
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_run_counts_the_choices_that_the_sweep_counts(tmp_path: Path) -> None:
    study = write_files(tmp_path)
    assert "3 mogelijke verdelingen" in impact("sweep", study, "--out", tmp_path / "out").out
    # West stops with an agreed recipient: displayed, and none of the three
    result = run_study(read_study(study), use_cache=False)
    assert "In alle 3 mogelijke verdelingen" in certain(result, texts("nl"))[0]


def test_a_sweep_writes_its_folder(tmp_path: Path) -> None:
    study = write_files(tmp_path)
    done = impact("sweep", study, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert "3 mogelijke verdelingen" in done.out
    assert sorted(tree(tmp_path / "out")) == [
        "candidates.csv",
        "choices.html",
        "front.csv",
        "manifest.json",
        "municipalities.csv",
    ]
    found = rows(tmp_path / "out" / "candidates.csv")
    assert list(found[0])[:16] == [
        *("intervention", "stops", "moved", "mean_extra_moved", "mean_extra_all", "p50_extra"),
        *("p90_extra", "max_extra", "beyond_30_after", "beyond_45_after", "beyond_60_after"),
        *("locations_after", "lowest_volume", "below_norm", "on_front", "rules"),
    ]
    # Noord: 9712's 200 to Zuid, 40 more; West: 8911's 100 to Noord, 46; Zuid: 7811's 50, 44
    assert [(row["stops"], row["moved"], row["mean_extra_moved"]) for row in found] == [
        ("Noord", "200", "40"),
        ("West", "100", "46"),
        ("Zuid", "50", "44"),
    ]
    assert [row["beyond_45_after"] for row in found] == ["0", "100", "50"]
    assert [row["rules"] for row in found] == ["", "", "median; displayed"]
    assert {row["on_front"] for row in found} == {"yes", "no"}
    front = rows(tmp_path / "out" / "front.csv")
    kinds = [(row["kind"], row["name"], row["recipients"], row["stops"]) for row in front]
    assert kinds[0] == ("baseline", "", "", "")
    assert ("scenario", "West stopt", "named", "West") in kinds
    assert ("scenario", "West stopt", "nearest", "West") in kinds
    assert ("rule", "median; displayed", "nearest", "Zuid") in kinds
    assert [row["stops"] for row in front if row["kind"] == "front"] == ["Noord"]
    # West is beaten by Noord on everything, Zuid as well
    scenario = next(row for row in front if row["kind"] == "scenario")
    assert scenario["beaten_by"] == "2"
    hit = rows(tmp_path / "out" / "municipalities.csv")
    assert (hit[0]["scenario"], hit[0]["municipality"], hit[0]["mean_extra_moved"]) == (
        "West stopt",
        "Leeuwarden",
        "46",
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["candidates"] == {"Pancreas": 3}
    assert manifest["sweep"]["front"] == {"Pancreas": 1}


def test_again_gives_the_same_bytes_and_parquet_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_files(tmp_path)
    assert impact("sweep", study, "--out", tmp_path / "first", "--quiet").code == 0
    # two rows at a time, so that the text of a table has seams
    monkeypatch.setattr(tables, "_ROWS_AT_ONCE", 2)
    assert impact("sweep", study, "--out", tmp_path / "second", "--quiet").code == 0
    first, second = tree(tmp_path / "first"), tree(tmp_path / "second")
    for name in ("candidates.csv", "front.csv", "municipalities.csv"):
        assert first[name] == second[name]
    done = impact("sweep", study, "--out", tmp_path / "p", "--format", "parquet", "--quiet")
    assert (done.code, done.out) == (0, "")
    whole = pd.read_parquet(tmp_path / "p" / "candidates.parquet")
    text = pd.read_csv(tmp_path / "first" / "candidates.csv", keep_default_na=False)
    assert list(whole.columns) == list(text.columns)
    assert whole["stops"].tolist() == text["stops"].tolist()
    assert whole["mean_extra_all"].to_numpy() == pytest.approx(
        text["mean_extra_all"].astype(float).to_numpy(), abs=0.005
    )


def test_any_number_may_stop(tmp_path: Path) -> None:
    study = write_files(tmp_path)
    done = impact("sweep", study, "--out", tmp_path / "out", "--all-subsets")
    assert done.code == 0, done.err
    stops = [row["stops"] for row in rows(tmp_path / "out" / "candidates.csv")]
    assert stops == ["", "Noord", "Noord; West", "Noord; Zuid", "West", "West; Zuid", "Zuid"]
    # without a stop_count there is nothing else to sweep
    text = STUDY.replace("stop_count = 1\n", "")
    bare = write_files(tmp_path / "bare", {"study.toml": text})
    assert impact("sweep", bare, "--out", tmp_path / "bare-out", "--quiet").code == 0
    assert len(rows(tmp_path / "bare-out" / "candidates.csv")) == 7


def test_locations_that_may_open(tmp_path: Path) -> None:
    study = write_files(tmp_path, OPENING)
    done = impact("sweep", study, "--out", tmp_path / "out", "--lang", "en")
    assert done.code == 0, done.err
    found = rows(tmp_path / "out" / "candidates.csv")
    assert [(row["opens"], row["stops"]) for row in found] == [
        ("", "Noord"),
        ("", "West"),
        ("", "Zuid"),
        ("Nieuw", "Noord"),
        ("Nieuw", "West"),
        ("Nieuw", "Zuid"),
    ]
    # West stops while Nieuw opens: 8911 drives 30 instead of 6
    assert found[4]["mean_extra_moved"] == "24"
    opening = rows(tmp_path / "out" / "opening.csv")
    assert [(row["kind"], row["location"], row["minutes_saved"]) for row in opening] == [
        ("alone", "Nieuw", "0"),
        ("next best", "Nieuw", "0"),
    ]
    assert opening[0]["within_15_before"] == "350"


def test_one_intervention_by_its_name(tmp_path: Path) -> None:
    done = impact(
        "sweep", write_files(tmp_path), "--intervention", "Pancras", "--out", tmp_path / "o"
    )
    assert done.code == 2
    assert "nearest known: 'Pancreas'" in done.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "xlsx"), "one of csv, parquet"),
        (("--engine", "astrology"), "astrology"),
        (("--lang", "de"), "one of nl, en"),
        (("--scheduler", "nowhere"), "--scheduler"),
    ],
)
def test_bad_options_leave_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = impact("sweep", write_files(tmp_path), "--out", tmp_path / "out", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (tmp_path / "out").exists()


def many(count: int) -> dict[str, str]:
    names = [f"Z{number:02d}" for number in range(count)]
    quoted = ", ".join(f'"{name}"' for name in names)
    return {
        "hospitals.csv": "name,lat,lon\n" + "".join(f"{name},53.0,6.0\n" for name in names),
        "minutes.csv": f"origin,{','.join(names)}\n"
        + "".join(f"{code},{','.join(['9'] * count)}\n" for code in (9712, 8911, 7811)),
        "study.toml": STUDY[: STUDY.index("[[scenario]]")]
        .replace('"Noord", "West", "Zuid"', quoted)
        .replace("stop_count = 1", f"stop_count = {count // 2}"),
    }


def test_too_many_candidates_are_counted_not_tried(tmp_path: Path) -> None:
    study = write_files(tmp_path, many(40))
    done = impact("sweep", study, "--out", tmp_path / "out", "--all-subsets")
    assert done.code == 2
    assert "1,099,511,627,775" in done.err  # 2^40 less the one in which all stop
    for instead in ("must_stay", "stop_count", "impact optimise"):
        assert instead in done.err
    some = impact("sweep", study, "--out", tmp_path / "out")
    assert some.code == 2
    assert "137,846,528,820" in some.err  # 20 of 40
    assert not (tmp_path / "out").exists()


def test_locks_make_it_fit(tmp_path: Path) -> None:
    files = many(40)
    stay = ", ".join(f'"Z{number:02d}"' for number in range(37))
    files["study.toml"] = files["study.toml"].replace("stop_count = 20", f"must_stay = [{stay}]")
    done = impact("sweep", write_files(tmp_path, files), "--out", tmp_path / "out", "--quiet")
    assert done.code == 0, done.err
    assert len(rows(tmp_path / "out" / "candidates.csv")) == 8


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('may_open = ["Nergens"]', "may_open: found 'Nergens', expected the name of a hospital"),
        ('may_open = ["West"]', "may_open: found 'West', expected a location that is not a prov"),
        ('may_open = ["Zuid", "Zuid"]', "each name once"),
        ('must_stop = ["Noord", "West", "Zuid"]', "must_stop"),
    ],
)
def test_bad_locks(tmp_path: Path, line: str, said: str) -> None:
    text = STUDY.replace("stop_count = 1", line)
    study = write_files(tmp_path, {"study.toml": text})
    done = impact("sweep", study, "--out", tmp_path / "out")
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    study = write_files(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    refused = impact("sweep", study, "--out", tmp_path / "out")
    assert refused.code == 2
    assert "--force" in refused.err
    assert impact("sweep", study, "--out", tmp_path / "out", "--force", "--quiet").code == 0
    assert (tmp_path / "out" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_name_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    files = {
        name: text.replace("West", "=1+1")
        for name, text in {
            "hospitals.csv": HOSPITALS,
            "minutes.csv": MINUTES,
            "study.toml": STUDY,
        }.items()
    }
    done = impact("sweep", write_files(tmp_path, files), "--out", tmp_path / "out", "--quiet")
    assert done.code == 0, done.err
    found = rows(tmp_path / "out" / "candidates.csv")
    assert "'=1+1" in {row["stops"] for row in found}


def test_people_who_do_not_go_to_the_nearest(tmp_path: Path) -> None:
    text = STUDY.replace(
        "stop_count = 1", 'stop_count = 1\nallocation = "huff"\nhuff = { beta = 0.1 }'
    )
    study = write_files(tmp_path, {"study.toml": text})
    done = impact("sweep", study, "--out", tmp_path / "out", "--quiet")
    assert done.code == 0, done.err
    found = {row["stops"]: row for row in rows(tmp_path / "out" / "candidates.csv")}
    # some go to West from everywhere, so that more than its own 100 move, some of them less far
    assert float(found["West"]["moved"]) > 100.0
    assert float(found["West"]["mean_extra_moved"]) < 46.0


def test_many_candidates_are_announced_and_written_as_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, out = write_files(tmp_path), tmp_path / "out"
    quiet = impact("sweep", study, "--out", out, "--all-subsets")
    assert (quiet.code, quiet.err) == (0, "")
    assert (out / "candidates.csv").is_file()

    monkeypatch.setattr("impact.commands.sweep._MANY", 6)
    done = impact("sweep", study, "--out", out, "--all-subsets")

    assert done.err.startswith(
        "7 mogelijke verdelingen om na te rekenen: ongeveer 1 seconden en 1 GB geheugen; "
        "candidates.parquet wordt ongeveer 1 MB."
    )
    assert len(pd.read_parquet(out / "candidates.parquet")) == 7
    assert not (out / "candidates.csv").exists()
    asked = ("sweep", study, "--out", out, "--all-subsets", "--format", "csv", "--quiet")
    assert impact(*asked).err == ""
    assert (out / "candidates.csv").is_file()
    assert not (out / "candidates.parquet").exists()


def test_one_choice_and_several_who_stop_are_told_in_words(tmp_path: Path) -> None:
    one = STUDY.replace("stop_count = 1", 'stop_count = 1\nmust_stay = ["Noord", "Zuid"]')
    study = write_files(tmp_path / "one", {"study.toml": one})
    told = impact("sweep", study, "--out", tmp_path / "a").out
    assert "Er is één mogelijke verdeling; gemiddeld extra" in told
    two = STUDY.split("[[scenario]]", maxsplit=1)[0].replace("stop_count = 1", "stop_count = 2")
    study = write_files(tmp_path / "two", {"study.toml": two})
    told = impact("sweep", study, "--out", tmp_path / "b").out
    assert " stoppen; gemiddeld " in told
