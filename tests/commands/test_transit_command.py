"""Public transport on the command line: a matrix, a study with a timetable, and what is refused."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from feeds import Drawn, at, drawn, table
from misbehaving import Behaviour, serving
from three_towns import STUDY, impact, tree, write_files

from impact.fetch.download import Record, write_record
from impact.outputs.files.run_archive import read_archive
from impact.times.files import file_hash
from impact.transit.files import read_transit

if TYPE_CHECKING:
    from pathlib import Path

# by bus from 8911: ten minutes to West, an hour to Noord, twice an hour; 9712 walks to Noord;
# no bus goes near 7811
PLACES = {
    "home": (53.2014, 5.7977),
    "west": (53.1877, 5.7856),
    "noord": (53.2216, 6.5765),
    "south": (53.0, 6.0),
}
DAY = "2026-12-08"
REGION = "Noordoost-Nederland"


def three_towns(*, to_noord: bool = True) -> Drawn:
    lines = [("06:10", "home", "west", 10), ("06:10", "west", "home", 10)]
    if to_noord:
        lines += [("05:20", "home", "noord", 60), ("05:20", "noord", "home", 60)]
    trips = [at(clock, here, there, minutes=took) for clock, here, there, took in lines]
    feed = drawn(dict.fromkeys(PLACES, 0.0), trips)
    often = [
        (f"t{number}", f"{clock}:00", "22:30:00", 1800) for number, (clock, *_) in enumerate(lines)
    ]
    stops = [(name, name, *where) for name, where in PLACES.items()]
    return feed.with_table(
        "frequencies", table("trip_id start_time end_time headway_secs", often)
    ).with_table("stops", table("stop_id stop_name stop_lat stop_lon", stops))


@pytest.fixture
def asked(tmp_path: Path) -> list[object]:
    write_files(tmp_path)
    three_towns().write(tmp_path / "feed.zip")
    return [
        *("times", "--mode", "transit", "--gtfs", tmp_path / "feed.zip", "--roads", "straight"),
        *("--origins", tmp_path / "postcodes.csv", "--destinations", tmp_path / "hospitals.csv"),
        *("--date", DAY, "--lang", "en", "--out"),
    ]


def test_a_matrix_with_its_measures_and_manifest(tmp_path: Path, asked: list[object]) -> None:
    out = tmp_path / "ov.csv"
    outcome = impact(*asked, out)

    assert outcome.code == 0, outcome.err
    assert "Timetable of 2026-12-08 (working day) and 2026-12-12 (Saturday)" in outcome.out
    assert "6 pairs have no connection" in outcome.out
    rows = pd.read_csv(out, dtype={"origin": str}).set_index(["origin", "destination"])
    home = rows.loc["8911", "West"]
    # the bus of 9:40 arrives at 9:50, and the stops lie at the door
    assert home["minutes"] == pytest.approx(20)
    assert (home["share"], home["changes"], home["last_home"]) == (1.0, 0.0, "22:10")
    assert rows.loc["8911", "Noord"]["minutes"] == pytest.approx(70)
    assert rows.loc["9712", "Noord"]["changes"] == 0
    assert rows.loc["7811", "Zuid"]["minutes"] == np.inf
    assert rows.loc["7811", "Zuid"]["minutes_home"] == np.inf
    about = json.loads((tmp_path / "ov.csv.json").read_text(encoding="utf-8"))
    (feed,) = about["feeds"]
    assert (feed["name"], feed["first_day"], feed["last_day"]) == (
        "feed.zip",
        "2026-12-01",
        "2026-12-31",
    )
    assert feed["sha256"] == file_hash(tmp_path / "feed.zip")
    assert about["rules"]["limit_minutes"] == 90
    again = read_transit(out)
    assert again.minutes[again.origins.index("8911"), again.destinations.index("West")] == 20
    assert again.last_home[again.origins.index("8911"), again.destinations.index("West")] == 79800


def test_the_manifest_says_where_a_timetable_came_from(tmp_path: Path, asked: list[object]) -> None:
    feed = tmp_path / "feed.zip"
    url = "http://gtfs.ovapi.nl/nl/gtfs-nl.zip"
    size, fetched = feed.stat().st_size, "2026-11-30T09:00:00+00:00"
    write_record(Record(url, size, file_hash(feed), "", "length", "", fetched), feed)
    outcome = impact(*asked, tmp_path / "ov.csv", "--quiet")

    assert (outcome.code, outcome.out) == (0, "")
    about = json.loads((tmp_path / "ov.csv.json").read_text(encoding="utf-8"))
    assert about["feeds"][0]["licence"] == "CC0 1.0"
    assert (about["feeds"][0]["url"], about["feeds"][0]["fetched"]) == (url, fetched)


def test_a_timetable_is_fetched_and_used(
    tmp_path: Path, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    told = Behaviour(content=(tmp_path / "feed.zip").read_bytes())
    with serving(told) as address:
        sources = tmp_path / "sources.toml"
        sources.write_text(
            f'[[source]]\ngroup = "timetable"\nname = "here"\ntitle = "Feed"\n'
            f'url = "{address}/got.zip"\nlicence = "CC0"\nattribution = "x"\nsource = "a test"\n',
            encoding="utf-8",
        )
        got = impact(
            "fetch", "timetable", "--sources", sources, "--to", tmp_path / "kept", "--quiet"
        )
    assert got.code == 0, got.err
    asked[asked.index(tmp_path / "feed.zip")] = got.out.strip()
    outcome = impact(*asked, tmp_path / "ov.csv")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--km"], "--km: expected --mode car beside it"),
        (["--ensemble", "3"], "--ensemble: expected --mode car beside it"),
        (["--mode", "boat"], "--mode: found 'boat', expected one of car, transit"),
        (["--mode", "car"], "--gtfs: expected --mode transit beside it"),
        (["--date", "soon"], "--date: found 'soon', expected a date such as 2026-12-08"),
        (["--date", "2027-03-02"], "expected a day on which the timetable runs (feed.zip: 2026-12"),
        (["--gtfs", "none.zip"], "none.zip: expected a feed: a .zip file or a folder"),
        (["--roads", "none.pbf"], "--roads: found 'none.pbf', expected an OpenStreetMap extract"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, asked: list[object], options: list[str], message: str
) -> None:
    before = tree(tmp_path)
    outcome = impact(*asked, tmp_path / "ov.csv", *options)

    assert outcome.code == 2
    assert message in outcome.err
    assert tree(tmp_path) == before


def test_without_the_package_that_computes_it_says_how_to_get_it(
    tmp_path: Path, asked: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "impact.transit.scan", None)
    outcome = impact(*asked, tmp_path / "ov.csv")
    assert outcome.code == 2
    assert "expected numba, for public transport: pip install 'impact-reistijd[tran" in outcome.err


def test_the_matrix_is_a_csv(tmp_path: Path, asked: list[object]) -> None:
    outcome = impact(*asked, tmp_path / "ov.parquet")
    assert outcome.code == 2
    assert "ov.parquet: found '.parquet', expected a file ending in .csv" in outcome.err


def with_timetable(folder: Path, feed: Drawn, *, more: str = "") -> Path:
    feed.write(folder / "feed.zip")
    keys = f'times = "minutes.csv"\ntransit = ["feed.zip"]\ntransit_date = {DAY}\n{more}'
    return write_files(folder, {"study.toml": STUDY.replace('times = "minutes.csv"', keys)})


def run(study: Path, folder: Path) -> pd.Series:
    outcome = impact("run", study, "--out", folder, "--tables", "--quiet")
    assert outcome.code == 0, outcome.err
    rows = pd.read_csv(folder / "data" / "transit.csv").set_index("scenario")
    return rows.loc["West stopt"]


def test_a_study_shows_car_and_public_transport_side_by_side(tmp_path: Path) -> None:
    row = run(with_timetable(tmp_path, three_towns()), tmp_path / "out")

    assert (row["demand"], row["moved"], row["compared"]) == (350, 100, 100)
    assert (row["car_mean_before"], row["car_mean_after"], row["car_mean_extra"]) == (6, 52, 46)
    assert [row[f"transit_mean_{each}"] for each in ("before", "after", "extra")] == [20, 70, 50]
    assert (row["no_connection_before"], row["no_connection_after"]) == (50, 50)
    assert (row["lost_connection"], row["changes_mean_after"]) == (0, 0)
    about = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert about["transit"]["working_day"] == DAY
    assert "feed.zip" in [each["name"] for each in about["inputs"]]
    assert "transit.csv" in json.dumps(about)
    assert "transit_straight" in [each["key"] for each in about["notes"]]


def test_a_run_with_a_timetable_is_read_back(tmp_path: Path) -> None:
    study = with_timetable(tmp_path, three_towns())
    text = study.read_text(encoding="utf-8").replace('"feed.zip"', f'"{tmp_path / "feed.zip"}"')
    study.write_text(text, encoding="utf-8")
    outcome = impact("run", study, "--out", tmp_path / "out", "--quiet")
    assert outcome.code == 0, outcome.err
    result = read_archive(tmp_path / "out" / "data" / "run.zip")
    assert result.transit is not None
    assert result.transit.minutes[result.transit.origins.index("8911")].tolist()[:2] == [70, 20]
    assert result.study.transit == ("feed.zip",)
    assert str(result.study.transit_date) == DAY
    assert result.transit_table["lost_connection"].tolist()[0] == 0
    assert impact("report", tmp_path / "out", "--xlsx").code == 0


def test_who_loses_the_connection_is_counted_and_in_no_mean(tmp_path: Path) -> None:
    row = run(with_timetable(tmp_path, three_towns(to_noord=False)), tmp_path / "out")

    assert (row["lost_connection"], row["moved_no_connection_after"]) == (100, 100)
    assert (row["no_connection_before"], row["no_connection_after"]) == (50, 150)
    assert row["compared"] == 0
    assert np.isnan(row["transit_mean_extra"])
    assert np.isnan(row["car_mean_extra"])


def test_a_study_with_a_matrix_of_another_program(tmp_path: Path, asked: list[object]) -> None:
    assert impact(*asked, tmp_path / "ov.csv", "--quiet").code == 0
    plain = pd.read_csv(tmp_path / "ov.csv", dtype=str)[["origin", "destination", "minutes"]]
    plain.to_csv(tmp_path / "r5.csv", index=False)
    keys = 'times = "minutes.csv"\ntransit = ["r5.csv"]'
    study = write_files(tmp_path, {"study.toml": STUDY.replace('times = "minutes.csv"', keys)})
    row = run(study, tmp_path / "out")
    assert row["transit_mean_extra"] == 50
    assert np.isnan(row["changes_mean_after"])


def test_our_matrix_goes_into_a_study_and_into_the_monitor(
    tmp_path: Path, asked: list[object]
) -> None:
    assert impact(*asked, tmp_path / "ov.csv", "--quiet").code == 0
    keys = 'times = "minutes.csv"\ntransit = ["ov.csv"]'
    study = write_files(tmp_path, {"study.toml": STUDY.replace('times = "minutes.csv"', keys)})
    row = run(study, tmp_path / "out")
    assert (row["transit_mean_extra"], row["changes_mean_after"]) == (50, 0)
    about = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    # what the matrix was made of travels with it
    assert about["transit"]["feeds"][0]["name"] == "feed.zip"
    assert about["transit"]["rules"]["limit_minutes"] == 90
    outcome = impact(
        *("monitor", tmp_path / "hospitals.csv", "--care", "post", "--region", REGION),
        *("--transit", tmp_path / "ov.csv", "--out", tmp_path / "near", "--quiet"),
    )
    assert outcome.code == 0, outcome.err
    page = next((tmp_path / "near").glob("*.html")).read_text(encoding="utf-8")
    assert "Met het openbaar vervoer is niets berekend" not in page


def test_trips_are_kept_between_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    study = with_timetable(tmp_path, three_towns())
    first = run(study, tmp_path / "first")
    kept = list((tmp_path / "cache").rglob("transit-*.npz"))
    assert len(kept) == 1

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("read again")

    with monkeypatch.context() as patch:
        patch.setattr("impact.transit.load.read_feed", refuse)
        again = run(study, tmp_path / "again")
    pd.testing.assert_series_equal(first, again)
    one, other = (
        json.loads((tmp_path / name / "manifest.json").read_text(encoding="utf-8"))
        for name in ("first", "again")
    )
    assert (one["transit"], one["notes"]) == (other["transit"], other["notes"])
    # another timetable, or other rules, are other trips
    (tmp_path / "rules.csv").write_text("rule,value\nlimit,60\n", encoding="utf-8")
    with_timetable(tmp_path, three_towns(), more='transit_rules = "rules.csv"\n')
    assert run(study, tmp_path / "other")["lost_connection"] == 100
    with_timetable(tmp_path, three_towns(to_noord=False))
    assert run(study, tmp_path / "lost")["lost_connection"] == 100


def test_a_limit_of_ones_own_makes_no_connection(tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text("rule,value\nlimit,60\n", encoding="utf-8")
    study = with_timetable(tmp_path, three_towns(), more='transit_rules = "rules.csv"\n')
    assert run(study, tmp_path / "out")["lost_connection"] == 100


def test_a_study_by_car_has_no_table_of_public_transport(tmp_path: Path) -> None:
    study = with_timetable(tmp_path, three_towns())
    run(study, tmp_path / "out")
    by_car = write_files(tmp_path)
    outcome = impact("run", by_car, "--out", tmp_path / "out", "--tables", "--quiet")
    assert outcome.code == 0, outcome.err
    assert not (tmp_path / "out" / "data" / "transit.csv").exists()


def test_a_timetable_that_does_not_cover_the_day_of_a_study(tmp_path: Path) -> None:
    study = with_timetable(tmp_path, three_towns())
    text = study.read_text(encoding="utf-8").replace(DAY, "2027-06-01")
    study.write_text(text, encoding="utf-8")
    outcome = impact("run", study, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert "study.transit_date: found '2027-06-01', expected a day on which" in outcome.err
