"""The table of addresses, and the commands that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from misbehaving import Behaviour, serving
from typer.testing import CliRunner

from impact.commands.fetch import app
from impact.errors import InputError
from impact.fetch.sources import GROUPS, choose_source, read_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert all(each.url.startswith("https://") for each in sources)
    extracts = [each for each in sources if each.group == "roads"]
    assert len(extracts) == 13
    assert all(each.md5_url == each.url + ".md5" for each in extracts)
    assert all("OpenStreetMap" in each.attribution for each in extracts)


def test_the_first_of_a_group_is_the_default() -> None:
    sources = read_sources()
    defaults = [choose_source(sources, group, None).name for group in GROUPS]
    assert defaults == ["netherlands", "pc6", "municipalities"]
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
    done = CliRunner().invoke(app, ["roads", "--sources", str(served)])
    assert done.exit_code == 0, done.output
    path = tmp_path / "cache" / "downloads" / "roads" / "here.osm.pbf"
    assert path.read_bytes() == told.content
    assert "Roads: downloaded" in done.output
    assert "somebody (ODbL 1.0)" in done.output
    assert done.output.splitlines()[-1] == str(path)
    again = CliRunner().invoke(app, ["roads", "here", "--sources", str(served)])
    assert "there already" in again.output


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
    assert "Example: impact fetch" in CliRunner().invoke(app, [group, "--help"]).output


def test_bad_input_is_an_input_error(served: Path, told: Behaviour, tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["postcodes", "--sources", str(served)])
    assert isinstance(failed.exception, InputError)
    told.kind = "text/html"
    arguments = ["roads", "--sources", str(served), "--to", str(tmp_path / "here")]
    failed = CliRunner().invoke(app, arguments)
    assert isinstance(failed.exception, InputError)
    assert "not a web page" in str(failed.exception)
