"""A command that writes one file replaces what it wrote itself, and nothing else unless forced."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from three_towns import impact, with_roads

from impact.errors import OutputError
from impact.storage import MANIFEST, check_files, record_files

ORIGINS = "postcode,lat,lon\n9712,53.2195,6.5642\n"
DESTINATIONS = "name,lat,lon\nNoord,53.2195,6.5642\n"
MATRIX = ("times", "--origins", "origins.csv", "--destinations", "destinations.csv")
ROADS = ("--roads", "toy.impact")
TARGETS = [
    ("lookup", "9712", "study.toml", "--html", "own.html"),
    ("template", "study.toml", "--xlsx", "own.xlsx"),
    (*MATRIX, *ROADS, "--out", "own.csv"),
    (*MATRIX, *ROADS, "--out", "new.csv", "--legs", "own.csv"),
    (*MATRIX, "--mode", "transit", "--gtfs", "feed.zip", "--out", "own.csv"),
    ("seal", "study.toml", "--out", "own.sealed"),
    ("contribute", "s.sealed", "--institution", "A", "--counts", "c.csv", "--out", "own.json"),
    ("postcodes", "table.csv", "--out", "own.csv"),
    ("postcodes", "table.csv", "--out", "new.csv", "--pc4", "own.csv"),
    ("roads", "build", "town.osm", "--out", "own.impact"),
    ("fetch", "roads", "groningen", "--build", "--out", "own.impact"),
    ("roads", "hospitals", "town.osm", "--out", "own.geojson"),
    ("roads", "info", "toy.impact", "--map", "own.svg"),
]
"""Every command that writes files of which it is told the names."""
NAMES = [" ".join(each[:2]) + each[-2] for each in TARGETS]
KEPT = "van iemand anders\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with_roads(home)
    (home / "origins.csv").write_text(ORIGINS, encoding="utf-8")
    (home / "destinations.csv").write_text(DESTINATIONS, encoding="utf-8")
    assert impact("run", home / "study.toml", "--out", home / "run", "--quiet").code == 0
    return home


@pytest.fixture
def home(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(written, tmp_path / "home")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("arguments", TARGETS, ids=NAMES)
def test_what_somebody_else_wrote_is_not_replaced(home: Path, arguments: tuple[str, ...]) -> None:
    (home / arguments[-1]).write_text(KEPT, encoding="utf-8")

    said = impact("--lang", "nl", *arguments)

    assert said.code == 2
    assert f"{arguments[-1]}: bestaat al, en is niet wat `impact " in said.err
    assert "--force" in said.err
    assert (home / arguments[-1]).read_text(encoding="utf-8") == KEPT
    assert not (home / "new.csv").exists()


@pytest.mark.parametrize("arguments", TARGETS, ids=NAMES)
def test_force_does_not_reach_into_the_folder_of_a_run(
    home: Path, arguments: tuple[str, ...]
) -> None:
    target = home / "run" / "extra" / arguments[-1]
    target.write_text(KEPT, encoding="utf-8")

    said = impact("--lang", "nl", *arguments[:-1], target, "--force")

    assert said.code == 2
    assert "hoort bij wat `impact run` schreef" in said.err
    assert target.read_text(encoding="utf-8") == KEPT


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("arguments", TARGETS, ids=NAMES)
def test_a_name_that_the_system_refuses_is_told(arguments: tuple[str, ...]) -> None:
    suffix = Path(arguments[-1]).suffix
    for name in (f"{'x' * 300}{suffix}", f"origins.csv/own{suffix}"):
        told = impact(*arguments[:-1], name)
        assert told.code == 2, told.err
        assert name.split("/")[0] in told.err
        assert "Traceback" not in told.err


def test_force_replaces_a_link_and_not_what_it_leads_to(home: Path) -> None:
    (home / "theirs.html").write_text(KEPT, encoding="utf-8")
    (home / "own.html").symlink_to(home / "theirs.html")
    assert impact(*TARGETS[0]).code == 2
    assert impact(*TARGETS[0], "--force").code == 0
    assert (home / "theirs.html").read_text(encoding="utf-8") == KEPT
    assert not (home / "own.html").is_symlink()


def test_a_card_does_not_replace_the_report_of_a_run(home: Path) -> None:
    report = home / "run" / "report.html"
    before = report.read_bytes()

    said = impact("lookup", "9712", "study.toml", "--html", report, "--force", "--lang", "nl")

    assert said.code == 2
    assert "report.html: hoort bij wat `impact run` schreef" in said.err
    assert report.read_bytes() == before
    assert impact("lookup", "9712", "study.toml", "--html", home / "run" / "card.html").code == 0
    assert impact("lookup", "9712", "study.toml", "--html", home / "run" / "card.html").code == 0


@pytest.mark.parametrize("arguments", [TARGETS[0], TARGETS[1], TARGETS[3], TARGETS[-1]])
def test_a_command_replaces_what_it_wrote_until_somebody_changes_it(
    home: Path, arguments: tuple[str, ...]
) -> None:
    for _ in range(2):
        assert impact(*arguments).code == 0
    (home / arguments[-1]).write_text(KEPT, encoding="utf-8")

    assert impact(*arguments).code == 2
    assert impact(*arguments, "--force").code == 0
    assert (home / arguments[-1]).read_bytes() != KEPT.encode()


def test_another_command_does_not_replace_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("1\n", encoding="utf-8")
    record_files("times", path)

    check_files((path,), (), command="times")
    with pytest.raises(OutputError, match="exists, and is not what `impact postcodes` wrote"):
        check_files((path,), (), command="postcodes")
    check_files((path,), (), command="postcodes", force=True)
    path.write_text("of somebody\n", encoding="utf-8")
    with pytest.raises(OutputError, match="or --force to replace it"):
        check_files((path,), (), command="times")


def test_a_manifest_of_something_else_makes_no_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"name": "web app"}', encoding="utf-8")
    (tmp_path / "own.csv").write_text("1\n", encoding="utf-8")

    check_files((tmp_path / "own.csv",), (), command="times", force=True)
    with pytest.raises(OutputError, match="or --force"):
        check_files((tmp_path / MANIFEST,), (), command="times")


def test_where_nothing_can_be_remembered_force_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("IMPACT_CACHE", str(cache))
    path = tmp_path / "own.csv"
    path.write_text("1\n", encoding="utf-8")

    record_files("times", path)

    with pytest.raises(OutputError, match="--force"):
        check_files((path,), (), command="times")
