"""Each wrong input: exit 2, a message with the place, and nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from three_towns import HOSPITALS, MINUTES, POSTCODES, STUDY, impact, tree, write_files

if TYPE_CHECKING:
    from pathlib import Path

LONG = "origin,destination,minutes\n" + "".join(
    f"{origin},{name},{minutes}\n"
    for origin, row in (("9712", (5, 50, 45)), ("8911", (52, 6, 95)), ("7811", (48, 95, 4)))
    for name, minutes in zip(("Noord", "West", "Zuid"), row, strict=True)
)


def study(before: str, after: str) -> dict[str, str]:
    assert STUDY.count(before) == 1
    return {"study.toml": STUDY.replace(before, after)}


def postcodes(before: str, after: str) -> dict[str, str]:
    assert POSTCODES.count(before) == 1
    return {"postcodes.csv": POSTCODES.replace(before, after)}


def hospitals(before: str, after: str) -> dict[str, str]:
    assert HOSPITALS.count(before) == 1
    return {"hospitals.csv": HOSPITALS.replace(before, after)}


def minutes(before: str, after: str, *, table: str = MINUTES) -> dict[str, str]:
    assert table.count(before) == 1
    return {"minutes.csv": table.replace(before, after)}


FAULTS = {
    "unknown hospital": (
        study('["Noord", "West", "Zuid"]', '["Noord", "Wets", "Zuid"]'),
        [
            (
                "study.toml, line 10, intervention[1].providers: found 'Wets', "
                "expected the name of a hospital location; nearest known: 'West'"
            ),
        ],
    ),
    "unknown treatment": (
        study('name = "Pancreas"', 'name = "Pancreas"\ntreatment = "pancreas_resection"'),
        [
            "study.toml, line 10, intervention[1].treatment: found 'pancreas_resection'",
            "nearest known: 'pancreas_resections'",
        ],
    ),
    "unknown intervention in a scenario": (
        study('stops = { "Pancreas"', 'stops = { "Pancraes"'),
        ["study.toml, line 15, scenario[1].stops: found 'Pancraes'", "nearest known: 'Pancreas'"],
    ),
    "unknown bundled region": (
        study('region = "Noorden"\npostcodes = "postcodes.csv"', 'region = "Noordost-Nederland"'),
        [
            "study.toml, line 3, study.region: found 'Noordost-Nederland', expected one of",
            "nearest known: 'Noordoost-Nederland'",
        ],
    ),
    "unknown region of the user's own": (
        {
            "postcodes.csv": POSTCODES.replace(",municipality", ",region")
            .replace("Groningen", "Noord")
            .replace("Leeuwarden", "Noord")
            .replace("Emmen", "Zuid")
        },
        ["region of study.toml, region: found 'Noorden', expected a region: Noord, Zuid"],
    ),
    "unknown key": (
        study("stop_count = 1", "stopcount = 1"),
        ["study.toml, line 11, intervention[1].stopcount: found", "nearest known: 'stop_count'"],
    ),
    "postcode twice": (
        postcodes("8911,", "9712,"),
        [
            (
                "postcodes.csv, row 3, postcode: found '9712', "
                "expected each postcode once (it is also in row 2)"
            ),
        ],
    ),
    "postcode twice, written differently": (
        {"postcodes.csv": POSTCODES.replace("9712,", "9712 cp,").replace("8911,", "9712CP,")},
        ["postcodes.csv, row 3, postcode: found '9712CP', expected each postcode once"],
    ),
    "latitude and longitude swapped": (
        postcodes("53.2014,5.7977", "5.7977,53.2014"),
        [
            (
                "postcodes.csv, row 3, lat, lon: found '5.7977, 53.2014', "
                "expected a latitude from 50.5 to 53.8 and a longitude from 3 to 7.5"
            ),
            "latitude and longitude look swapped",
        ],
    ),
    "coordinates in metres": (
        postcodes("53.2014,5.7977", "581234,182345"),
        [
            (
                "postcodes.csv, row 3, lat: found '581234', expected a number from -90 to 90 "
                "degrees (WGS84); metres, such as of RD, can come in a GeoPackage"
            ),
        ],
    ),
    "a workbook": (
        {"postcodes.csv": "PK\x03\x04and more"},
        [
            (
                "postcodes.csv: found 'a zipped file, such as a workbook', expected text "
                "(in a spreadsheet: save as 'CSV UTF-8')"
            ),
        ],
    ),
    "hospital swapped": (
        hospitals("53.1877,5.7856", "5.7856,53.1877"),
        ["hospitals.csv, row 3, lat, lon: found '5.7856, 53.1877'", "look swapped"],
    ),
    "hospital twice": (
        hospitals("Zuid", "West"),
        ["hospitals.csv, row 4, name: found 'West', expected each name once"],
    ),
    "hospital without a name": (
        hospitals("Zuid", ""),
        ["hospitals.csv, row 4, name: expected a value; the cell is empty"],
    ),
    "negative population": (
        postcodes(",100,", ",-100,"),
        ["postcodes.csv, row 3, population: found '-100', expected a number of 0 or more"],
    ),
    "missing population": (
        postcodes(",100,", ",,"),
        ["postcodes.csv, row 3, population: expected a number of 0 or more; it is empty"],
    ),
    "endless population": (
        postcodes(",100,", ",1e999,"),
        ["postcodes.csv, row 3, population: found '1e999', expected a number of 0 or more"],
    ),
    "nobody lives there": (
        {
            "postcodes.csv": POSTCODES.replace(",200", ",0")
            .replace(",100", ",0")
            .replace("50,E", "0,E")
        },
        ["study.toml, demand: found 'population', expected demand above zero"],
    ),
    "text in a number": (
        postcodes(",100,", ",veel,"),
        ["postcodes.csv, row 3, population: found 'veel', expected a number of 0 or more"],
    ),
    "thousands separator": (
        postcodes(",100,", ',"1,100",'),
        ["postcodes.csv, row 3, population: found '1,100'", "with a point as decimal mark"],
    ),
    "decimal commas beside points": (
        {"postcodes.csv": POSTCODES.replace(",", ";").replace("53.2014", "53,2014")},
        ["postcodes.csv, row 3, lat: found '53,2014'", "with a point as decimal mark"],
    ),
    "missing column": (
        postcodes("population", "popluation"),
        [
            "postcodes.csv, header, population: expected a column 'population' beside postcode, ",
            "nearest known: 'popluation'",
        ],
    ),
    "column twice": (
        postcodes("municipality", "lat"),
        ["postcodes.csv, header, lat: found 'lat', expected a name for every column, each once"],
    ),
    "ragged row": (
        postcodes(",100,", ",100,100,"),
        ["postcodes.csv, row 3: found '8911,53.2014,5.7977,100,100,Leeuwarden', expected 5 cells"],
    ),
    "empty file": ({"postcodes.csv": ""}, ["postcodes.csv: expected a table; the file is empty"]),
    "byte-order mark and nothing": (
        {"hospitals.csv": "\ufeff"},
        ["hospitals.csv: expected a table; the file is empty"],
    ),
    "header only": (
        {"hospitals.csv": "name,lat,lon\n"},
        ["hospitals.csv, row 2: expected at least one row below the header"],
    ),
    "empty study": ({"study.toml": ""}, ["study.toml: expected"]),
    "unclosed quote": (
        hospitals("Zuid", '"Zuid'),
        ["hospitals.csv, line 4: expected a well-formed CSV row"],
    ),
    "absent file": (
        study('"hospitals.csv"', '"hospital.csv"'),
        ["hospital.csv: expected a readable file", "nearest known: 'hospitals.csv'"],
    ),
    "all providers stop and no all_fail": (
        study("stop_count = 1", "stop_count = 3"),
        [
            (
                "study.toml, line 11, intervention[1].stop_count: found '3', "
                "expected all_fail = 'one_takes_all' or 'leaves_region' where all 3 providers stop"
            ),
        ],
    ),
    "a scenario stops all providers": (
        study(
            'stops = { "Pancreas" = ["West"] }\nmoves_to = { "West" = { "Noord" = 1.0 } }',
            'stops = { "Pancreas" = ["West", "Noord", "Zuid"] }',
        ),
        [
            (
                "study.toml, line 15, scenario[1].stops.Pancreas: found 'all 3 providers', "
                "expected at least one provider that stays"
            ),
        ],
    ),
    "stop_count above the number of providers": (
        study("stop_count = 1", "stop_count = 4"),
        ["intervention[1].stop_count: found '4', expected at most the number of providers, 3"],
    ),
    "stop_count of zero": (
        study("stop_count = 1", "stop_count = 0"),
        ["intervention[1].stop_count: found '0', expected a whole number of 1 or more"],
    ),
    "provider twice": (
        study('["Noord", "West", "Zuid"]', '["Noord", "West", "West"]'),
        ["line 10, intervention[1].providers: found 'West', expected each name once"],
    ),
    "no providers": (
        study('["Noord", "West", "Zuid"]', "[]"),
        ["line 10, intervention[1].providers: expected at least one provider"],
    ),
    "recipient stops itself": (
        study('"Pancreas" = ["West"]', '"Pancreas" = ["West", "Noord"]'),
        [
            (
                "study.toml, line 16, scenario[1].moves_to.West: found 'Noord', "
                "expected a recipient that does not stop 'Pancreas' itself"
            ),
        ],
    ),
    "goes to itself": (
        study('{ "Noord" = 1.0 }', '{ "West" = 1.0 }'),
        ["scenario[1].moves_to.West: found 'West', expected a recipient that does not stop"],
    ),
    "shares do not add to one": (
        study('{ "Noord" = 1.0 }', '{ "Noord" = 0.5, "Zuid" = 0.4 }'),
        [
            (
                "study.toml, line 16, scenario[1].moves_to.West: found 'shares that add to 0.9', "
                "expected shares that add to 1"
            ),
        ],
    ),
    "negative share": (
        study('{ "Noord" = 1.0 }', '{ "Noord" = 1.5, "Zuid" = -0.5 }'),
        ["scenario[1].moves_to.West", "expected shares above zero"],
    ),
    "recipient is no provider": (
        study('{ "Noord" = 1.0 }', '{ "Nord" = 1.0 }'),
        ["found 'Nord', expected a provider of 'Pancreas' after the change", "'Noord'"],
    ),
    "giver does not stop": (
        study('moves_to = { "West"', 'moves_to = { "Zuid"'),
        ["scenario[1].moves_to: found 'Zuid', expected a location that stops in this scenario"],
    ),
    "minutes missing": (
        minutes("8911,52,6,95", "8911,52,,95"),
        ["minutes.csv, row 3, West: expected a number of 0 or more, or inf where there is no"],
    ),
    "minutes negative": (
        minutes("8911,52,6,95", "8911,52,-6,95"),
        ["minutes.csv, row 3, West: found '-6', expected a number of 0 or more"],
    ),
    "minutes NaN": (
        minutes("8911,52,6,95", "8911,52,NaN,95"),
        ["minutes.csv, row 3, West: found 'NaN', expected a number of 0 or more"],
    ),
    "minutes minus infinity": (
        minutes("8911,52,6,95", "8911,52,-inf,95"),
        ["minutes.csv, row 3, West: found '-inf', expected a number of 0 or more"],
    ),
    "minutes that stand for no route": (
        minutes("8911,52,6,95", "8911,52,6,99999"),
        ["minutes.csv, minutes: found '99999 (8911 - Zuid)', expected at most 4320 minutes"],
    ),
    "long minutes missing": (
        minutes("8911,West,6", "8911,West,", table=LONG),
        ["minutes.csv, row 6, minutes: expected a number of 0 or more, or inf where there is no"],
    ),
    "long minutes NaN": (
        minutes("8911,West,6", "8911,West,nan", table=LONG),
        ["minutes.csv, row 6, minutes: found 'nan', expected a number of 0 or more"],
    ),
    "pair missing": (
        minutes("8911,West,6\n", "", table=LONG),
        ["minutes.csv, minutes: expected minutes for every pair; 1 are missing (8911 - West)"],
    ),
    "pair twice": (
        minutes("8911,West,6", "8911,Noord,6", table=LONG),
        ["minutes.csv, row 6, origin, destination: found '8911 - Noord', expected each pair once"],
    ),
    "postcode not in the matrix": (
        minutes("8911,52,6,95\n", ""),
        ["minutes.csv, origin: found '8911', expected a row for it"],
    ),
    "hospital not in the matrix": (
        minutes("West", "Wesst"),
        [
            "minutes.csv, destination: found 'West', expected a row for it; nearest known: 'Wesst'",
        ],
    ),
    "unreadable network": (
        {**study('times = "minutes.csv"', 'roads = "roads.impact"'), "roads.impact": "no roads"},
        ["roads.impact: expected a road network"],
    ),
    "absent network": (
        study('times = "minutes.csv"', 'roads = "roads.impact"'),
        ["roads.impact: expected a readable file (no such file or directory)"],
    ),
    "unknown profile": (
        study('times = "minutes.csv"', 'profile = "spit"'),
        ["profile: found 'spit', expected one of", "nearest known: 'spits'"],
    ),
    "TOML syntax": (
        study("stop_count = 1", "stop_count = "),
        ["study.toml: expected TOML syntax (Invalid value (at line 11, column 14))"],
    ),
    "endless whole number": (
        study("stop_count = 1", "stop_count = 1" + "0" * 5000),
        ["study.toml: expected TOML syntax"],
    ),
    "nested without end": (
        study("stop_count = 1", "stop_count = " + "[" * 5000),
        ["study.toml: expected TOML syntax"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_is_told_and_nothing_is_left(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    path = write_files(tmp_path, files)
    before = tree(tmp_path)

    outcome = impact("run", path, "--out", tmp_path / "new" / "out")

    assert outcome.code == 2, outcome.err
    assert outcome.out == ""
    assert outcome.err.startswith("impact: ")
    assert "Traceback" not in outcome.err
    for fragment in expected:
        assert fragment in outcome.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("files", [files for files, _ in FAULTS.values()], ids=FAULTS.keys())
def test_fault_is_told_in_dutch_by_default(tmp_path: Path, files: dict[str, str]) -> None:
    path = write_files(tmp_path, files)

    outcome = impact("run", path, "--out", tmp_path / "out", "--lang", "nl")

    assert outcome.code == 2
    assert "verwacht: " in outcome.err
    for word in (" expected ", " found ", " row ", " line ", " nearest ", " one of ", " beside "):
        assert word not in outcome.err


@pytest.mark.parametrize("name", ["postcodes.csv", "hospitals.csv", "minutes.csv", "study.toml"])
def test_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    path = write_files(tmp_path)
    lines = (tmp_path / name).read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"e", b"\xe9") + b"\xe9"
    (tmp_path / name).write_bytes(b"\n".join(lines))
    before = tree(tmp_path)

    outcome = impact("run", path, "--out", tmp_path / "out")

    assert outcome.code == 2
    assert f"{name}, line 3: found 'byte 0xe9', expected UTF-8 text" in outcome.err
    assert tree(tmp_path) == before


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = (
        STUDY.replace('"Noorden"', "5")
        .replace("stop_count = 1", "stop_count = 1.5")
        .replace('"Zuid"]', '"Zuidd"]')
        .replace('{ "Noord" = 1.0 }', '{ "Noord" = 0.9 }')
    )

    outcome = impact("run", write_files(tmp_path, {"study.toml": text}))

    assert outcome.code == 2
    assert [line.split(": found")[0] for line in outcome.err.splitlines()] == [
        "impact: study.toml, line 3, study.region",
        "study.toml, line 11, intervention[1].stop_count",
        "study.toml, line 10, intervention[1].providers",
        "study.toml, line 16, scenario[1].moves_to.West",
    ]


def test_hundred_faults_are_counted_not_listed(tmp_path: Path) -> None:
    rows = "".join(f"{1000 + number},53,6,x,\n" for number in range(100))

    outcome = impact("run", write_files(tmp_path, {"postcodes.csv": POSTCODES + rows}))

    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 21
    assert outcome.err.endswith("and 80 more of the same kind\n")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--engine", "sciyp", "found 'sciyp', expected one of auto, networkx, scipy, contracted,"),
        ("--lang", "de", "--lang: found 'de', expected one of nl, en"),
        ("--times", "nowhere.csv", "nowhere.csv: expected a readable file"),
        ("--roads", "nowhere.impact", "nowhere.impact: expected a readable file"),
        ("--profile", "spits", "--profile: found 'spits', expected no profile beside a matrix"),
        ("--draws", "3", "--draws: expected --sensitivity beside it"),
        ("--also-roads", "nl.impact", "--also-roads: expected --sensitivity beside it"),
    ],
)
def test_wrong_option_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: str, expected: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_files(tmp_path)
    before = tree(tmp_path)

    outcome = impact("run", path, option, value)

    assert outcome.code == 2
    assert expected in outcome.err
    assert tree(tmp_path) == before


def test_roads_and_times_together_are_told(tmp_path: Path) -> None:
    options = ["--roads", "bundled", "--times", tmp_path / "minutes.csv"]

    outcome = impact("run", write_files(tmp_path), *options)

    assert outcome.code == 2
    assert "--roads: found 'bundled', expected either --roads or --times" in outcome.err


def test_wrong_profile_is_told(tmp_path: Path) -> None:
    text = STUDY.replace('times = "minutes.csv"\n', "")

    outcome = impact(
        "run", write_files(tmp_path, {"study.toml": text}), "--profile", "vrijj", "--no-cache"
    )

    assert outcome.code == 2
    assert "profile: found 'vrijj', expected one of" in outcome.err
    assert "nearest known: 'vrij'" in outcome.err


@pytest.mark.parametrize("name", ["noordost", "x" * 5000, "nowhere/study.toml", "."])
def test_unknown_study_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = impact("run", name)

    assert outcome.code == 2
    assert "STUDY: found" in outcome.err
    assert "or a shipped study: midden, " in outcome.err
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "place",
    ["postcodes.csv/out", "postcodes.csv", "/proc/no/such/out", "x" * 5000, "a/" + "x" * 300],
)
def test_output_folder_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    path = write_files(tmp_path)
    before = tree(tmp_path)

    outcome = impact("run", path, "--out", tmp_path / place)

    assert outcome.code == 2
    assert str(place) in outcome.err
    assert any(word in outcome.err for word in ("cannot be written", "found a file"))
    assert tree(tmp_path) == before


def test_read_only_output_folder_is_told_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the super-user of a container may write anywhere, so the answer of the system is given here
    monkeypatch.setattr("impact.storage.os.access", lambda *_: False)
    monkeypatch.setattr(
        "impact.analysis.run.run_study", lambda *_, **__: pytest.fail("work was done")
    )

    outcome = impact("run", write_files(tmp_path), "--out", tmp_path / "out")

    assert outcome.code == 2
    assert "cannot be written" in outcome.err
    assert "read-only" in outcome.err


def test_foreign_files_are_not_touched_without_force(tmp_path: Path) -> None:
    path, out = write_files(tmp_path), tmp_path / "out"
    (out / "data").mkdir(parents=True)
    (out / "data" / "summary.csv").write_text("of an earlier run", encoding="utf-8")
    (out / "thesis.docx").write_text("four years of work", encoding="utf-8")
    before = tree(tmp_path)

    refused = impact("run", path, "--out", out)
    assert refused.code == 2
    assert "holds what is not ours (thesis.docx)" in refused.err
    assert "--force" in refused.err
    assert tree(tmp_path) == before

    forced = impact("run", path, "--out", out, "--force", "--quiet")
    assert forced.code == 0, forced.err
    assert (out / "thesis.docx").read_text(encoding="utf-8") == "four years of work"
    assert (
        (out / "data" / "summary.csv").read_text(encoding="utf-8").startswith("study,intervention")
    )


def test_folder_in_the_place_of_an_output_is_never_replaced(tmp_path: Path) -> None:
    path, out = write_files(tmp_path), tmp_path / "out"
    (out / "extra" / "map.html").mkdir(parents=True)
    (out / "extra" / "map.html" / "mine.txt").write_text("mine", encoding="utf-8")
    (out / "data").mkdir()
    (out / "data" / "flows.csv").write_text("of an earlier run", encoding="utf-8")
    before = tree(tmp_path)

    for options in ([], ["--force"]):
        outcome = impact("run", path, "--out", out, "--quiet", *options)
        assert outcome.code == 2, outcome.err
        assert tree(tmp_path) == before
