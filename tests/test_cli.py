"""The command line: what it prints, what it writes, how it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from three_towns import (
    FILES,
    HOSPITALS,
    MINUTES,
    POSTCODES,
    STUDY,
    impact,
    tree,
    write_files,
)

from impact.outputs.folder import RUN_FILES
from impact.times import read_times

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("demo", "run", "times", "lookup")


@pytest.fixture
def three_towns(tmp_path: Path) -> Path:
    return write_files(tmp_path / "towns")


def figures(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "summary.csv").drop(columns=["roads"])


def test_run_writes_every_file_and_says_where(tmp_path: Path, three_towns: Path) -> None:
    out = tmp_path / "deep" / "out"

    outcome = impact("run", three_towns, "--out", out, "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert set(tree(out)) == set(RUN_FILES)
    assert outcome.err == ""
    assert str(out / "map.html") in outcome.out
    summary = pd.read_csv(out / "summary.csv")
    named = summary[summary["recipients"] == "named"].iloc[0]
    # 100 of 350 residents go from 6 to 52 minutes
    assert named["moved"] == 100
    assert named["mean_extra_moved"] == 46
    assert named["mean_extra_all"] == pytest.approx(100 * 46 / 350, abs=0.005)
    flows = pd.read_csv(out / "flows.csv", dtype={"postcode": str}).set_index("postcode")
    assert flows.loc["8911", "provider_after"] == "Noord"
    assert flows.loc["8911", "minutes_before"] == 6


def test_run_leaves_nothing_but_its_folder(tmp_path: Path, three_towns: Path) -> None:
    before = set(tree(tmp_path))

    impact("run", three_towns, "--out", tmp_path / "out", "--quiet")

    left = {name for name in set(tree(tmp_path)) - before if not name.startswith("out/")}
    assert left == {"out"}


def test_run_names_its_folder_after_the_study(
    monkeypatch: pytest.MonkeyPatch, three_towns: Path
) -> None:
    monkeypatch.chdir(three_towns.parent)

    assert impact("run", "study.toml", "--quiet").code == 0

    assert (three_towns.parent / "impact-study" / "manifest.json").is_file()


def test_second_run_replaces_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, three_towns: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    out = tmp_path / "out"
    impact("run", three_towns, "--out", out, "--quiet")
    first = tree(out)
    write_files(three_towns.parent, {"minutes.csv": MINUTES.replace("52,6", "62,6")})
    assert impact("run", three_towns, "--out", out, "--quiet").code == 0
    second = tree(out)

    write_files(three_towns.parent)
    impact("run", three_towns, "--out", out, "--quiet")
    third = tree(out)

    assert second["summary.csv"] != first["summary.csv"]
    for name in RUN_FILES:
        if name != "results.xlsx":  # a workbook holds the time at which it was written
            assert third[name] == first[name], name


def test_quiet_prints_nothing(tmp_path: Path, three_towns: Path) -> None:
    outcome = impact("run", three_towns, "--out", tmp_path / "out", "--quiet")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_progress_is_off_where_there_is_no_terminal(tmp_path: Path, three_towns: Path) -> None:
    text = STUDY.replace('times = "minutes.csv"\n', "")
    write_files(three_towns.parent, {"study.toml": text})

    outcome = impact("run", three_towns, "--out", tmp_path / "out", "--no-cache")

    assert outcome.code == 0, outcome.err
    assert outcome.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    outcome = impact(command, "--help")

    assert outcome.code == 0
    assert f"Example: impact {command}" in outcome.out
    assert "--quiet" in outcome.out


def test_help_lists_the_commands() -> None:
    outcome = impact("--help")

    assert outcome.code == 0
    for command in COMMANDS:
        assert f" {command} " in outcome.out


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run"], ["run", "a.toml", "--colour"], ["times", "--out", "x.csv"]]
)
def test_wrong_usage_leaves_with_two(arguments: str) -> None:
    assert impact(*arguments).code == 2


def test_module_runs_as_a_program(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    before = tree(tmp_path)
    (tmp_path / "bad.toml").write_text("[study]\ntitle = ", encoding="utf-8")
    command = [sys.executable, "-m", "impact", "run", "bad.toml"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("impact: bad.toml: expected TOML syntax (Invalid value")
    (tmp_path / "bad.toml").unlink()
    assert tree(tmp_path) == before
    assert path.is_file()


def test_screen_without_dutch_characters_is_no_fault(tmp_path: Path) -> None:
    text = STUDY.replace("Drie steden", "Drïe stèden")
    write_files(tmp_path, {"study.toml": text})
    command = [sys.executable, "-m", "impact", "run", "study.toml", "--out", "out"]
    environment = {"PYTHONIOENCODING": "ascii", "IMPACT_CACHE": str(tmp_path / "cache")}

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment)

    assert done.returncode == 0, done.stderr
    assert b"Dr?e st?den" in done.stdout


def test_internal_error_leaves_with_one_and_keeps_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, three_towns: Path
) -> None:
    out = tmp_path / "out"
    impact("run", three_towns, "--out", out, "--quiet")
    before = tree(tmp_path)

    def break_off(*_: object, **__: object) -> None:
        msg = "the pen broke"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr("impact.outputs.folder.write_map", break_off)
    outcome = impact("run", three_towns, "--out", out, "--quiet")

    assert outcome.code == 1
    assert "internal error" in outcome.err
    assert "ZeroDivisionError: the pen broke" in outcome.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_interrupted_write_leaves_the_old_files_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, three_towns: Path, error: BaseException
) -> None:
    def break_off(*_: object, **__: object) -> None:
        raise error

    for out in (tmp_path / "new" / "out", tmp_path / "out"):
        with monkeypatch.context() as patch:
            if out.parent == tmp_path:
                impact("run", three_towns, "--out", out, "--quiet")
            before = tree(tmp_path)
            patch.setattr("impact.outputs.folder.write_map", break_off)

            outcome = impact("run", three_towns, "--out", out, "--quiet")

        if isinstance(error, OSError):
            assert outcome.code == 2
            assert f"{out}: cannot be written (no space left on device)" in outcome.err
        else:
            assert outcome.code == 130
        assert tree(tmp_path) == before


# --- files that can be read safely


def as_excel(text: str) -> bytes:
    """Write a table as a Dutch spreadsheet does: semicolons, decimal commas, Windows line ends."""
    swapped = text.replace(",", ";").replace(".", ",").replace("\n", "\r\n")
    return swapped.encode("utf-8-sig")


def test_dutch_spreadsheet_files_give_the_same_figures_and_are_told(
    tmp_path: Path, three_towns: Path
) -> None:
    impact("run", three_towns, "--out", tmp_path / "plain", "--quiet")
    for name in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        text = FILES[name].replace("52,6,95", "52,6.0,95")
        (three_towns.parent / name).write_bytes(as_excel(text))
    study = STUDY.replace("\n", "\r\n").encode("utf-8-sig")
    three_towns.write_bytes(study)

    outcome = impact("run", three_towns, "--out", tmp_path / "dutch", "--quiet")

    assert outcome.code == 0, outcome.err
    pd.testing.assert_frame_equal(figures(tmp_path / "plain"), figures(tmp_path / "dutch"))
    notes = json.loads((tmp_path / "dutch" / "manifest.json").read_text("utf-8"))["notes"]
    for name in ("postcodes.csv", "hospitals.csv", "minutes.csv"):
        for adapted in (
            "byte-order mark skipped",
            "Windows line ends",
            "columns separated by semicolons",
            "numbers with a decimal comma",
        ):
            assert f"{name}: {adapted}" in notes


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("\ufeff" + POSTCODES, "postcodes.csv: byte-order mark skipped"),
        (POSTCODES.replace("\n", "\r\n"), "postcodes.csv: Windows line ends"),
        (POSTCODES.replace(",", ";"), "postcodes.csv: columns separated by semicolons"),
        (POSTCODES.replace(",", "\t"), "postcodes.csv: columns separated by tabs"),
        (
            POSTCODES.replace("Emmen\n", "Emmen\n\n").replace("municipality", "mayor"),
            "postcodes.csv: 1 columns not used: mayor",
        ),
    ],
    ids=["byte-order mark", "Windows", "semicolons", "tabs", "unused column"],
)
def test_readable_file_is_read_and_told(
    tmp_path: Path, three_towns: Path, text: str, note: str
) -> None:
    impact("run", three_towns, "--out", tmp_path / "plain", "--quiet")
    write_files(three_towns.parent, {"postcodes.csv": text})

    outcome = impact("run", three_towns, "--out", tmp_path / "other", "--quiet")

    assert outcome.code == 0, outcome.err
    pd.testing.assert_frame_equal(figures(tmp_path / "plain"), figures(tmp_path / "other"))
    assert note in json.loads((tmp_path / "other" / "manifest.json").read_text("utf-8"))["notes"]


@pytest.mark.parametrize("ending", ["geojson", "gpkg"])
def test_spatial_files_give_the_same_figures(
    tmp_path: Path, three_towns: Path, ending: str
) -> None:
    impact("run", three_towns, "--out", tmp_path / "plain", "--quiet")
    for name in ("postcodes", "hospitals"):
        frame = pd.read_csv(three_towns.parent / f"{name}.csv")
        points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs=4326)
        gpd.GeoDataFrame(frame, geometry=points).to_file(three_towns.parent / f"{name}.{ending}")
    text = STUDY.replace("postcodes.csv", f"postcodes.{ending}")
    three_towns.write_text(text.replace("hospitals.csv", f"hospitals.{ending}"), encoding="utf-8")

    outcome = impact("run", three_towns, "--out", tmp_path / "spatial", "--quiet")

    assert outcome.code == 0, outcome.err
    pd.testing.assert_frame_equal(figures(tmp_path / "plain"), figures(tmp_path / "spatial"))


def test_matrix_with_postcodes_of_six_characters_may_write_them_with_a_space(
    tmp_path: Path,
) -> None:
    codes = {"9712": "9712 CP", "8911": "8911 ab", "7811": "7811XZ"}
    files = dict(FILES)
    for code, full in codes.items():
        files["postcodes.csv"] = files["postcodes.csv"].replace(f"{code},", f"{full},")
        files["minutes.csv"] = files["minutes.csv"].replace(f"{code},", f"{full.lower()},")

    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out", "--quiet")

    assert outcome.code == 0, outcome.err
    flows = pd.read_csv(tmp_path / "out" / "flows.csv")
    assert set(flows["postcode"]) == {"9712CP", "8911AB", "7811XZ"}


# --- hostile names

HOSTILE = [
    "<script>alert(1)</script>",
    "=1+1",
    "\"quoted\" & 'so'; [red]bold[/red]",
    "{0} {name} %s",
    "Ziekenhuis; Noord",
    "-2+3|cmd",
    "\u202eomgekeerd",
    "😀" * 40,
]


def in_csv(name: str) -> str:
    """Return a name as a spreadsheet needs it: one that looks like a formula follows a quote."""
    return f"'{name}" if name[0] in "=+-@" else name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_run_through_and_come_back_as_they_are(tmp_path: Path, name: str) -> None:
    quoted = json.dumps(name, ensure_ascii=False)
    cell = '"' + name.replace('"', '""') + '"'
    files = {
        "study.toml": STUDY.replace('"Noord"', quoted)
        .replace('"Pancreas"', quoted)
        .replace('"West stopt"', quoted)
        .replace('"Drie steden"', quoted),
        "hospitals.csv": HOSPITALS.replace("Noord", cell),
        "minutes.csv": MINUTES.replace("Noord", cell),
        "postcodes.csv": POSTCODES.replace("Groningen", cell),
    }

    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out")

    assert outcome.code == 0, outcome.err
    flows = pd.read_csv(tmp_path / "out" / "flows.csv", dtype={"postcode": str})
    moved = flows[flows["postcode"] == "8911"].iloc[0]
    assert moved["provider_after"] == in_csv(name)
    assert moved["intervention"] == in_csv(name)
    assert moved["scenario"] == in_csv(name)
    assert moved["extra_minutes"] == 46
    for page in ("map.html", "report.html"):
        assert "<script>alert" not in (tmp_path / "out" / page).read_text("utf-8")


def test_name_with_a_separator_is_one_hospital_in_the_median_candidate(tmp_path: Path) -> None:
    files = {
        "study.toml": STUDY.split("[[scenario]]")[0].replace('"West"', '"West; Oost"'),
        "hospitals.csv": HOSPITALS.replace("West", '"West; Oost"'),
        "minutes.csv": MINUTES.replace("West", '"West; Oost"'),
    }

    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out", "--quiet")

    assert outcome.code == 0, outcome.err
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    # stopping Noord costs 40 minutes, West 46, Zuid 44: the median is Zuid with its 50 residents
    assert summary["mean_extra_moved"].tolist() == [44]
    assert summary["moved"].tolist() == [50]


# --- the other commands


def test_times_writes_a_matrix_that_run_reads(tmp_path: Path, three_towns: Path) -> None:
    folder = three_towns.parent
    points = ["--origins", folder / "postcodes.csv", "--destinations", folder / "hospitals.csv"]
    for name in ("own.csv", "own.parquet"):
        outcome = impact("times", *points, "--out", tmp_path / name, "--km", "--lang", "en")
        assert outcome.code == 0, outcome.err
        assert f"9 travel times written to {tmp_path / name}" in outcome.out

    text, exact = read_times(tmp_path / "own.csv"), read_times(tmp_path / "own.parquet")
    assert text.origins == exact.origins == ("7811", "8911", "9712")
    assert abs(text.minutes - exact.minutes).max() <= 0.005
    assert list(pd.read_csv(tmp_path / "own.csv")) == ["origin", "destination", "minutes", "km"]

    with_own = impact(
        "run", three_towns, "--times", tmp_path / "own.parquet", "--out", tmp_path / "a", "--quiet"
    )
    write_files(folder, {"study.toml": STUDY.replace('times = "minutes.csv"\n', "")})
    with_roads = impact("run", three_towns, "--out", tmp_path / "b", "--quiet")
    assert (with_own.code, with_roads.code) == (0, 0), with_own.err + with_roads.err
    columns = ["moved", "mean_extra_moved", "mean_before", "mean_after"]
    pd.testing.assert_frame_equal(
        figures(tmp_path / "a")[columns], figures(tmp_path / "b")[columns]
    )


def test_engines_write_the_same_matrix(tmp_path: Path, three_towns: Path) -> None:
    folder = three_towns.parent
    points = ["--origins", folder / "postcodes.csv", "--destinations", folder / "hospitals.csv"]
    for engine in ("networkx", "scipy"):
        out = tmp_path / f"{engine}.csv"
        outcome = impact("times", *points, "--out", out, "--engine", engine, "--quiet")
        assert (outcome.code, outcome.out) == (0, ""), outcome.err

    assert (tmp_path / "networkx.csv").read_bytes() == (tmp_path / "scipy.csv").read_bytes()


@pytest.mark.parametrize("name", ["own.xlsx", "own", "postcodes.csv/own.csv", "folder.csv"])
def test_times_refuses_a_file_that_it_cannot_write(tmp_path: Path, name: str) -> None:
    write_files(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    before = tree(tmp_path)
    points = ["--origins", tmp_path / "postcodes.csv", "--destinations", tmp_path / "hospitals.csv"]

    outcome = impact("times", *points, "--out", tmp_path / name)

    assert outcome.code == 2
    assert name.split("/", maxsplit=1)[0] in outcome.err
    assert tree(tmp_path) == before


def test_times_tells_a_far_point(tmp_path: Path) -> None:
    sea = "postcode,lat,lon\n1111,53.6,4.2\n"
    write_files(tmp_path, {"postcodes.csv": sea})
    points = ["--origins", tmp_path / "postcodes.csv", "--destinations", tmp_path / "hospitals.csv"]

    outcome = impact("times", *points, "--out", tmp_path / "own.csv")

    assert outcome.code == 0, outcome.err
    assert "! 1111: " in outcome.out


def test_lookup_shows_before_and_after(three_towns: Path) -> None:
    outcome = impact("lookup", "8911", three_towns, "--lang", "en")

    assert outcome.code == 0, outcome.err
    for part in ("8911", "Pancreas", "6 min", "West", "52 min", "Noord", "46"):
        assert part in outcome.out


def test_lookup_of_six_characters_finds_the_four(three_towns: Path) -> None:
    outcome = impact("lookup", "8911 ab", three_towns)

    assert outcome.code == 0, outcome.err
    assert "8911" in outcome.out


@pytest.mark.parametrize("code", ["8912", "<b>", "", "[red]"])
def test_lookup_of_an_unknown_postcode_is_told(three_towns: Path, code: str) -> None:
    outcome = impact("lookup", code, three_towns)

    assert outcome.code == 2
    assert "is not in the region 'Noorden'" in outcome.err


def test_second_run_uses_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, three_towns: Path
) -> None:
    write_files(three_towns.parent, {"study.toml": STUDY.replace('times = "minutes.csv"\n', "")})
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    first = impact("run", three_towns, "--out", tmp_path / "a", "--lang", "en")
    monkeypatch.setattr(
        "impact.times.cache.travel_times", lambda *_, **__: pytest.fail("computed again")
    )

    second = impact("run", three_towns, "--out", tmp_path / "b", "--lang", "en")

    assert "3 postcodes x 3 locations computed" in first.out
    assert "Travel times: from the cache." in second.out
    assert (tmp_path / "a" / "flows.csv").read_bytes() == (
        tmp_path / "b" / "flows.csv"
    ).read_bytes()


# --- real data, once per command


def test_demo_ends_with_nine_treatments(tmp_path: Path) -> None:
    outcome = impact("demo", "--out", tmp_path / "demo", "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert set(tree(tmp_path / "demo")) == set(RUN_FILES)
    assert str(tmp_path / "demo" / "map.html") in outcome.out
    assert pd.read_csv(tmp_path / "demo" / "summary.csv")["intervention"].nunique() == 9


def test_run_of_a_shipped_study_by_name(tmp_path: Path) -> None:
    options = ["--out", tmp_path / "out", "--profile", "spits", "--quiet"]
    outcome = impact("run", "zuidwest", *options)

    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert set(summary["profile"]) == {"spits"}
    assert len(summary) > 0


def test_lookup_finds_the_study_of_the_region() -> None:
    outcome = impact("lookup", "9201 AB", "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert "Noordoost-Nederland" in outcome.out
    assert "Nij Smellinghe" in outcome.out
    assert "Pancreasresecties" in outcome.out


def test_lookup_of_a_postcode_that_nobody_has() -> None:
    outcome = impact("lookup", "0000")

    assert outcome.code == 2
    assert "lookup, postcode: found '0000', expected a Dutch postcode" in outcome.err
