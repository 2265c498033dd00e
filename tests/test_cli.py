"""The command line: what it prints, what it writes, how it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import (
    HOSPITALS,
    MINUTES,
    POSTCODES,
    STUDY,
    files_in,
    impact,
    tree,
    with_roads,
    write_files,
)

from impact import __version__
from impact.cli import COMMANDS as EVERY_COMMAND
from impact.outputs.files.columns import CSV_FILES
from impact.outputs.files.folder import RUN_FILES
from impact.times.files import read_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMANDS = ("demo", "run", "times", "lookup")


@pytest.fixture
def three_towns(tmp_path: Path) -> Path:
    return write_files(tmp_path / "towns")


def figures(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "data" / "summary.csv").drop(columns=["roads"])


def test_run_writes_every_file_and_says_where(tmp_path: Path, three_towns: Path) -> None:
    out = tmp_path / "deep" / "out"

    outcome = impact("run", three_towns, "--out", out, "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert files_in(out) == set(RUN_FILES)
    assert outcome.err == ""
    assert str(out / "extra" / "map.html") in outcome.out
    summary = pd.read_csv(out / "data" / "summary.csv")
    named = summary[summary["recipients"] == "named"].iloc[0]
    # 100 of 350 residents go from 6 to 52 minutes
    assert named["moved"] == 100
    assert named["mean_extra_moved"] == 46
    assert named["mean_extra_all"] == pytest.approx(100 * 46 / 350, abs=0.005)
    flows = pd.read_csv(out / "data" / "flows.csv", dtype={"postcode": str}).set_index("postcode")
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

    assert second["data/summary.csv"] != first["data/summary.csv"]
    for name in RUN_FILES:
        if name != "data/results.xlsx":  # a workbook holds the time at which it was written
            assert third[name] == first[name], name


def test_quiet_prints_nothing(tmp_path: Path, three_towns: Path) -> None:
    outcome = impact("run", three_towns, "--out", tmp_path / "out", "--quiet")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_progress_is_off_where_there_is_no_terminal(tmp_path: Path) -> None:
    outcome = impact("run", with_roads(tmp_path), "--out", tmp_path / "out", "--no-cache")

    assert outcome.code == 0, outcome.err
    assert outcome.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    outcome = impact(command, "--help")

    assert outcome.code == 0
    assert f"Voorbeeld: impact {command}" in outcome.out
    assert "--quiet" in outcome.out


def test_version_is_told() -> None:
    assert impact("--version").out == f"impact {__version__}\n"


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
    assert done.stderr.startswith("impact: bad.toml: verwacht: goed geschreven TOML (een waarde")
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


def breaking_off(error: BaseException) -> Callable[..., None]:
    def break_off(*_: object, **__: object) -> None:
        raise error

    return break_off


@pytest.mark.parametrize("earlier", [True, False], ids=["over an earlier run", "into a new folder"])
@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (OSError(28, "No space left on device"), 2, "cannot be written (no space left on device)"),
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError("the pen broke"), 1, "internal error; please report it"),
    ],
    ids=["full disk", "interrupted", "internal error"],
)
def test_write_that_breaks_off_leaves_the_old_files_or_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    three_towns: Path,
    error: BaseException,
    code: int,
    told: str,
    *,
    earlier: bool,
) -> None:
    out = tmp_path / "deep" / "out"
    if earlier:
        for name in RUN_FILES:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text("of an earlier run", encoding="utf-8")
    before = tree(tmp_path)
    # the tables are written by then
    monkeypatch.setattr("impact.outputs.files.xlsx.write_workbook", breaking_off(error))

    outcome = impact("run", three_towns, "--out", out, "--quiet")

    assert outcome.code == code
    assert told in outcome.err
    assert ("Traceback" in outcome.err) == (code == 1)
    assert tree(tmp_path) == before


# --- hostile names

HOSTILE = (
    "<script>alert(1)</script>",
    "=1+1",
    "\"quoted\" & 'so'; [red]bold[/red]",
    "{0} {name} %s",
    "Ziekenhuis; Noord",
    "-2+3|cmd",
    "Åsgård – ‘Zuid’",
    "😀" * 40,
)


def in_csv(name: str) -> str:
    """Return a name as a spreadsheet needs it: one that looks like a formula follows a quote."""
    return f"'{name}" if name[0] in "=+-@" else name


@pytest.mark.parametrize("shift", range(0, len(HOSTILE), 2))
def test_hostile_names_run_through_and_come_back_as_they_are(tmp_path: Path, shift: int) -> None:
    names = (*HOSTILE[shift:], *HOSTILE[:shift])
    hospital, treatment, scenario, title, place = names[:5]
    cell = '"' + hospital.replace('"', '""') + '"'
    town = '"' + place.replace('"', '""') + '"'
    text = STUDY
    for plain, name in (
        ('"Noord"', hospital),
        ('"Pancreas"', treatment),
        ('"West stopt"', scenario),
        ('"Drie steden"', title),
    ):
        text = text.replace(plain, json.dumps(name, ensure_ascii=False))
    files = {
        "study.toml": text,
        "hospitals.csv": HOSPITALS.replace("Noord", cell),
        "minutes.csv": MINUTES.replace("Noord", cell),
        "postcodes.csv": POSTCODES.replace("Leeuwarden", town),
    }

    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out")

    assert outcome.code == 0, outcome.err
    flows = pd.read_csv(tmp_path / "out" / "data" / "flows.csv", dtype={"postcode": str})
    moved = flows[flows["postcode"] == "8911"].iloc[0]
    assert moved["provider_after"] == in_csv(hospital)
    assert moved["intervention"] == in_csv(treatment)
    assert moved["scenario"] == in_csv(scenario)
    assert moved["extra_minutes"] == 46
    towns = pd.read_csv(tmp_path / "out" / "data" / "municipalities.csv").set_index("municipality")
    assert towns.loc[in_csv(place), "max_extra"] == 46
    for page in ("extra/map.html", "report.html"):
        assert "<script>alert" not in (tmp_path / "out" / page).read_text("utf-8")


def test_name_with_a_separator_is_one_hospital_in_the_median_candidate(tmp_path: Path) -> None:
    files = {
        "study.toml": STUDY.split("[[scenario]]")[0].replace('"West"', '"West; Oost"'),
        "hospitals.csv": HOSPITALS.replace("West", '"West; Oost"'),
        "minutes.csv": MINUTES.replace("West", '"West; Oost"'),
    }

    outcome = impact("run", write_files(tmp_path, files), "--out", tmp_path / "out", "--quiet")

    assert outcome.code == 0, outcome.err
    summary = pd.read_csv(tmp_path / "out" / "data" / "summary.csv")
    # stopping Noord costs 40 minutes, West 46, Zuid 44: the median is Zuid with its 50 residents
    assert summary["mean_extra_moved"].tolist() == [44]
    assert summary["moved"].tolist() == [50]


# --- the other commands


def points(folder: Path) -> list[object]:
    return [
        *("--origins", folder / "postcodes.csv"),
        *("--destinations", folder / "hospitals.csv"),
        *("--roads", folder / "toy.impact"),
    ]


def test_times_writes_a_matrix_that_run_reads(tmp_path: Path) -> None:
    study = with_roads(tmp_path)
    for name in ("own.csv", "own.parquet"):
        out = tmp_path / name
        outcome = impact("times", *points(tmp_path), "--out", out, "--km", "--lang", "en")
        assert outcome.code == 0, outcome.err
        assert f"9 travel times written to {out}" in outcome.out

    text, exact = read_times(tmp_path / "own.csv"), read_times(tmp_path / "own.parquet")
    assert text.origins == exact.origins == ("7811", "8911", "9712")
    assert abs(text.minutes - exact.minutes).max() <= 0.005
    assert list(pd.read_csv(tmp_path / "own.csv")) == ["origin", "destination", "minutes", "km"]

    assert impact("run", study, "--out", tmp_path / "roads", "--quiet").code == 0
    own = write_files(tmp_path / "own", {"minutes.csv": (tmp_path / "own.csv").read_text("utf-8")})
    assert impact("run", own, "--out", tmp_path / "matrix", "--quiet").code == 0
    columns = ["moved", "mean_extra_moved", "mean_before", "mean_after"]
    pd.testing.assert_frame_equal(
        figures(tmp_path / "matrix")[columns], figures(tmp_path / "roads")[columns], atol=0.011
    )


def test_engines_write_the_same_matrix(tmp_path: Path) -> None:
    with_roads(tmp_path)
    for engine in ("networkx", "scipy"):
        out = tmp_path / f"{engine}.csv"
        outcome = impact("times", *points(tmp_path), "--out", out, "--engine", engine, "--quiet")
        assert (outcome.code, outcome.out) == (0, ""), outcome.err

    assert (tmp_path / "networkx.csv").read_bytes() == (tmp_path / "scipy.csv").read_bytes()


def test_roads_that_are_asked_for_take_the_place_of_the_matrix(
    tmp_path: Path, three_towns: Path
) -> None:
    with_roads(tmp_path)
    options = ["--roads", tmp_path / "toy.impact", "--profile", "vrij", "--quiet"]

    outcome = impact("run", three_towns, "--out", tmp_path / "out", *options)

    assert outcome.code == 0, outcome.err
    summary = pd.read_csv(tmp_path / "out" / "data" / "summary.csv")
    assert set(summary["profile"]) == {"vrij"}
    assert set(summary["roads"]) == {"toy"}


@pytest.mark.parametrize("name", ["own.xlsx", "own", "postcodes.csv/own.csv", "folder.csv"])
def test_times_refuses_a_file_that_it_cannot_write(tmp_path: Path, name: str) -> None:
    with_roads(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    before = tree(tmp_path)

    outcome = impact("times", *points(tmp_path), "--out", tmp_path / name)

    assert outcome.code == 2
    assert name.split("/", maxsplit=1)[0] in outcome.err
    assert tree(tmp_path) == before


def test_times_over_the_shipped_roads_tells_a_far_point(tmp_path: Path) -> None:
    write_files(tmp_path, {"postcodes.csv": "postcode,lat,lon\n1111,53.6,4.2\n9712,53.22,6.56\n"})
    out = tmp_path / "own.csv"

    outcome = impact("times", *points(tmp_path)[:4], "--out", out, "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert "! 1111: " in outcome.out
    assert "9712" not in outcome.out
    minutes = pd.read_csv(out).set_index(["origin", "destination"])["minutes"]
    assert 3 < minutes[9712, "Noord"] < 10
    assert 40 < minutes[9712, "West"] < 65


def test_lookup_shows_before_and_after(three_towns: Path) -> None:
    outcome = impact("lookup", "8911", three_towns, "--lang", "en")

    assert outcome.code == 0, outcome.err
    for part in ("8911", "Pancreas", "6 min", "West", "52 min", "Noord", "46"):
        assert part in outcome.out


def test_lookup_says_once_what_is_agreed_and_nearest(three_towns: Path) -> None:
    # West stops: by agreement to Noord, and Noord is the nearest that is left for 8911
    outcome = impact("lookup", "8911", three_towns, "--lang", "en")
    assert outcome.out.count("West stopt (") == 1
    assert "agreed recipient, which is the nearest too)" in outcome.out
    # by agreement to Zuid: two answers
    text = STUDY.replace('"Noord" = 1.0', '"Zuid" = 1.0')
    three_towns.write_text(text, encoding="utf-8")
    outcome = impact("lookup", "8911", three_towns, "--lang", "en")
    assert ", agreed recipient)" in outcome.out
    assert "for comparison: nearest)" in outcome.out
    # nobody moves from 9712: said once too
    outcome = impact("lookup", "9712", three_towns, "--lang", "en")
    assert outcome.out.count("West stopt (") == 1


def test_lookup_of_six_characters_finds_the_four(three_towns: Path) -> None:
    outcome = impact("lookup", "8911 ab", three_towns)

    assert outcome.code == 0, outcome.err
    assert "8911" in outcome.out


@pytest.mark.parametrize("code", ["8912", "<b>", "", "[red]"])
def test_lookup_of_an_unknown_postcode_is_told(three_towns: Path, code: str) -> None:
    outcome = impact("lookup", code, three_towns)

    assert outcome.code == 2
    assert "in the region Noorden" in outcome.err


def test_second_run_uses_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = with_roads(tmp_path)
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    first = impact("run", study, "--out", tmp_path / "a", "--lang", "en")
    monkeypatch.setattr(
        "impact.times.cache.travel_times", lambda *_, **__: pytest.fail("computed again")
    )

    second = impact("run", study, "--out", tmp_path / "b", "--lang", "en")

    assert "3 postcodes x 3 locations computed" in first.out
    assert "Travel times: from the cache." in second.out
    assert tree(tmp_path / "a")["data/flows.csv"] == tree(tmp_path / "b")["data/flows.csv"]


# --- real data, once per command


def test_demo_ends_with_nine_treatments(tmp_path: Path) -> None:
    outcome = impact("demo", "--out", tmp_path / "demo", "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "demo") == set(RUN_FILES)
    assert str(tmp_path / "demo" / "extra" / "map.html") in outcome.out
    assert pd.read_csv(tmp_path / "demo" / "data" / "summary.csv")["intervention"].nunique() == 9


def test_run_of_a_shipped_study_by_name(tmp_path: Path) -> None:
    options = ["--out", tmp_path / "out", "--profile", "spits", "--quiet"]
    outcome = impact("run", "zuidwest", *options)

    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    summary = pd.read_csv(tmp_path / "out" / "data" / "summary.csv")
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


def test_a_reader_that_leaves_stops_no_work(tmp_path: Path, three_towns: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "impact", "run", three_towns, "--out", out, "--no-cache"]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        complaints = done.stderr.read()
    assert (done.returncode, complaints) == (0, "")
    assert files_in(out) == set(RUN_FILES)


def test_asked_to_end_leaves_nothing_half_written(
    tmp_path: Path, three_towns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("impact.outputs.pages.map.write_map", ended)
    before = tree(tmp_path)

    outcome = impact("run", three_towns, "--out", tmp_path / "out", "--quiet")

    assert outcome.code == 143
    assert tree(tmp_path) == before


def test_gives_back_the_handler_that_it_took() -> None:
    def ours(*_: object) -> None: ...

    before = signal.signal(signal.SIGTERM, ours)
    try:
        # ends well, badly, and with nothing to do
        for arguments in (("--version",), ("run", "no such study"), ("fetch", "roads", "--list")):
            impact(*arguments)
            assert signal.getsignal(signal.SIGTERM) is ours, arguments
    finally:
        signal.signal(signal.SIGTERM, before)


def test_tables_alone_are_those_of_a_whole_run(tmp_path: Path, three_towns: Path) -> None:
    whole, tables = tmp_path / "whole", tmp_path / "tables"
    impact("run", three_towns, "--out", whole, "--quiet")

    outcome = impact("run", three_towns, "--out", tables, "--tables", "--lang", "en")

    assert outcome.code == 0, outcome.err
    csv = {f"data/{name}" for name in CSV_FILES}
    assert files_in(tables) == {*csv, "manifest.json"}
    for name in csv:
        assert (tables / name).read_bytes() == (whole / name).read_bytes(), name
    assert "map.html" not in outcome.out
    assert str(tables) in outcome.out
    said = json.loads((tables / "manifest.json").read_text(encoding="utf-8"))
    assert set(said["files"]) == csv


def test_tables_alone_never_stand_beside_pages_of_another_run(
    tmp_path: Path, three_towns: Path
) -> None:
    out = tmp_path / "out"
    impact("run", three_towns, "--out", out, "--quiet")
    before = tree(out)

    outcome = impact("run", three_towns, "--out", out, "--tables")

    assert outcome.code == 2
    assert "a4.html" in outcome.err
    assert tree(out) == before


def test_tables_alone_have_no_map_to_lay_tiles_under(tmp_path: Path, three_towns: Path) -> None:
    outcome = impact("run", three_towns, "--out", tmp_path / "out", "--tables", "--tiles")
    assert outcome.code == 2
    assert "--tiles" in outcome.err


def test_no_command_loads_for_its_help_what_it_computes_with() -> None:
    heavy = ("pandas", "scipy", "numba", "matplotlib", "geopandas", "folium", "jinja2")
    lines = ["import sys", "from impact.cli import app"]
    for asked in ([], *([name] for name in EVERY_COMMAND), ["roads", "build"], ["fetch", "roads"]):
        lines += ["try:", f"    app({[*asked, '--help']!r})", "except SystemExit: pass"]
    lines += [f"sys.exit(','.join(set({heavy!r}) & sys.modules.keys()) or 0)"]
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("tslib.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_too_little_memory_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(**_: object) -> None:
        msg = "reading"
        raise ValueError(msg) from error

    monkeypatch.setattr("impact.cli.app", full)
    said = impact("run")
    assert said.code == 2
    assert said.err.startswith("impact: there is not enough memory for this on this machine")
    assert said.err.count("\n") == 1
