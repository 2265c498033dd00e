"""The table of addresses, and the commands that read it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drawing import osm_xml
from misbehaving import Behaviour, serving
from typer.testing import CliRunner

from impact.commands.fetch import app
from impact.errors import InputError, OutputError
from impact.fetch import download as transfer
from impact.fetch.sources import GROUPS, choose_source, read_sources
from impact.network.npz import read_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

GOOD = """
[[source]]
group = "roads"
name = "here"
title = "Roads"
url = "http://127.0.0.1:1/here.osm.pbf"
licence = "ODbL 1.0"
attribution = "somebody"
source = "a test"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_every_shipped_address_says_how_it_is_known() -> None:
    sources = read_sources()
    assert {each.group for each in sources} == set(GROUPS)
    assert {each.source for each in sources} == {"general knowledge, unverified"}
    # that of the timetable is known by its plain address only
    secure = [each.group for each in sources if each.url.startswith("https://")]
    assert set(secure) == {"roads", "postcodes", "boundaries"}
    assert len(secure) == len(sources) - 1
    extracts = [each for each in sources if each.group == "roads"]
    assert len(extracts) == 13
    assert all(each.md5_url == each.url + ".md5" for each in extracts)
    assert all("OpenStreetMap" in each.attribution for each in extracts)


def test_the_first_of_a_group_is_the_default() -> None:
    sources = read_sources()
    defaults = [choose_source(sources, group, None).name for group in GROUPS]
    assert defaults == ["netherlands", "pc6", "municipalities", "netherlands"]
    with pytest.raises(InputError, match=r"found 'gronigen', .* nearest known: 'groningen'"):
        choose_source(sources, "roads", "gronigen")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('group = "roads"', 'group = "rods"', "line 3, .*found 'rods', expected one of roads"),
        ('title = "Roads"', "", r"source\[1\].title: expected a text"),
        ("http://127.0.0.1:1/here.osm.pbf", "file:///etc/passwd", "begins with https://"),
        ("/here.osm.pbf", "/", "a file name without folders"),
        ('name = "here"', 'name = "here"\nfile = "../../x"', "a file name without folders"),
        ('name = "here"', 'name = "here"\nfile = ".."', "a file name without folders"),
        ('name = "here"', 'name = "here"\nfile = ".bashrc"', "no leading dot"),
        ('name = "here"', f'name = "here"\nfile = "{"a" * 400}"', "at most 200 bytes"),
        ('name = "here"', 'name = "here"\nfile = "a\\u0000b"', "without control characters"),
        ('name = "here"', 'name = "here"\nfile = "a\\u001bb"', "without control characters"),
        ("http://127.0.0.1:1/here.osm.pbf", "http://[::1/x.pbf", "begins with https://"),
        ("http://127.0.0.1:1/here.osm.pbf", "https:x.pbf", "begins with https://"),
        ('name = "here"', 'nam = "here"', "one of the keys group, name"),
        (GOOD, GOOD + GOOD, "each name once"),
        (GOOD, "", "the file is empty"),
        (GOOD, "x = 1", "one of the keys source"),
        (GOOD, "[[source", "TOML syntax"),
    ],
)
def test_a_wrong_table_is_refused(own: Path, old: str, new: str, message: str) -> None:
    own.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_sources(own)


def test_all_faults_are_listed_at_once(own: Path) -> None:
    own.write_text(GOOD.replace('title = "Roads"', "size_mb = -1"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_sources(own)
    assert len(caught.value.faults) == 2


@pytest.fixture
def told() -> Behaviour:
    return Behaviour()


@pytest.fixture
def served(told: Behaviour, own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(told) as address:
        own.write_text(GOOD.replace("http://127.0.0.1:1", address), encoding="utf-8")
        yield own


def test_the_command_keeps_the_file_in_the_cache(
    told: Behaviour, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    done = CliRunner().invoke(app, ["roads", "--sources", str(served), "--lang", "en"])
    assert done.exit_code == 0, done.output
    path = tmp_path / "cache" / "downloads" / "roads" / "here.osm.pbf"
    assert path.read_bytes() == told.content
    assert "Roads: downloaded" in done.output
    assert "somebody (ODbL 1.0)" in done.output
    assert done.output.splitlines()[-1] == str(path)
    again = CliRunner().invoke(app, ["roads", "here", "--sources", str(served)])
    assert "is er al" in again.output


def test_quiet_prints_the_path_alone(served: Path, tmp_path: Path) -> None:
    arguments = ["roads", "--sources", str(served), "--to", str(tmp_path / "here"), "--quiet"]
    done = CliRunner().invoke(app, arguments)
    assert done.output == f"{tmp_path / 'here' / 'here.osm.pbf'}\n"


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_its_command_and_its_list(group: str) -> None:
    done = CliRunner().invoke(app, [group, "--list"])
    assert done.exit_code == 0
    names = [each.name for each in read_sources() if each.group == group]
    assert all(f"{name}: " in done.output for name in names)
    assert "Voorbeeld: impact fetch" in CliRunner().invoke(app, [group, "--help"]).output


CROSSING = osm_xml(
    {1: (0, 0), 2: (0, 2000), 3: (2000, 0), 4: (4000, 0)},
    [((1, 2), {"highway": "primary"}), ((1, 3, 4), {"highway": "residential"})],
)


@pytest.fixture
def extract(told: Behaviour, served: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve a drawn extract, and keep what is fetched and built apart."""
    text = served.read_text(encoding="utf-8")
    served.write_text(text.replace("here.osm.pbf", "here.osm"), encoding="utf-8")
    monkeypatch.setenv("IMPACT_CACHE", str(served.parent / "cache"))
    told.content = CROSSING.encode()
    return served


def build(sources: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["roads", "--sources", str(sources), "--build", *more])


def test_one_command_downloads_and_builds(
    told: Behaviour, extract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_BLOCK", 100)
    told.cuts = [100]
    done = build(extract)
    assert done.exit_code == 0, done.output
    assert told.asked == ["", "bytes=100-"]
    lines = done.output.splitlines()
    assert "MB te downloaden" in lines[0]
    assert lines[1].startswith(
        "Bouwen kost voor heel Nederland ongeveer 55 seconden rekentijd en 1,8"
    )
    assert "rekentijd" not in "".join(lines[2:])
    path = Path(lines[-1])
    assert path == extract.parent / "cache" / "networks" / "here.impact"
    assert sorted(read_network(path).node) == [2, 4]


def test_what_was_fetched_and_built_is_left_alone(told: Behaviour, extract: Path) -> None:
    path = Path(build(extract, "--quiet").output.strip())
    assert "55 seconds" in build(extract, "--lang", "en", "--out", f"{path}2").output
    before, asked = path.stat().st_mtime_ns, len(told.requests)
    again = build(extract, "--lang", "en")
    assert "there already, and not fetched again" in again.output
    assert "is not built again" in again.output
    assert path.stat().st_mtime_ns == before
    assert len(told.requests) == asked


@pytest.mark.parametrize("change", ["extract", "code", "part", "network", "manifest"])
def test_a_network_of_anything_else_is_built_anew(
    change: str, told: Behaviour, extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, more = tmp_path / "here.impact", ["--lang", "en", "--out", str(tmp_path / "here.impact")]
    assert build(extract, *more).exit_code == 0
    if change == "extract":
        told.content, told.tag = CROSSING.replace("primary", "secondary").encode(), '"two"'
        more.append("--refresh")
    elif change == "code":
        monkeypatch.setattr("impact.network.osm.build.source_hash", lambda *_: "other")
    elif change == "part":
        more += ["--bbox", "-0.01,-0.01,0.01,0.03", "--buffer", "1"]
    elif change == "network":
        with zipfile.ZipFile(out) as packed:
            names = packed.namelist()
        with zipfile.ZipFile(out, "w") as emptied:
            for name in names:
                emptied.writestr(name, b"")
    else:
        (tmp_path / "here.impact.json").write_text("[]", encoding="utf-8")
    again = build(extract, *more)
    assert again.exit_code == 0, again.output
    assert "not built again" not in again.output
    assert "not built again" in build(extract, *more).output


def test_a_target_of_something_else_is_refused_before_the_download(
    told: Behaviour, extract: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    failed = build(extract, "--out", str(tmp_path / "letter.txt"))
    assert isinstance(failed.exception, OutputError)
    assert told.requests == []


@pytest.mark.parametrize("option", [("--out", "x.impact"), ("--bbox", "1,1,2,2")])
def test_options_of_a_build_ask_for_one(option: tuple[str, str]) -> None:
    failed = CliRunner().invoke(app, ["roads", *option])
    assert isinstance(failed.exception, InputError)
    assert "expected --build beside it" in str(failed.exception)


def test_bad_input_is_an_input_error(served: Path, told: Behaviour, tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["postcodes", "--sources", str(served)])
    assert isinstance(failed.exception, InputError)
    told.kind = "text/html"
    arguments = ["roads", "--sources", str(served), "--to", str(tmp_path / "here")]
    failed = CliRunner().invoke(app, arguments)
    assert isinstance(failed.exception, InputError)
    assert "not a web page" in str(failed.exception)
