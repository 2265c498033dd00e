"""No command replaces what another wrote; claims join the report of a run by an option.

The three towns: when West stops, those of 8911 drive 52 - 6 = 46 minutes more to Noord.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from three_towns import impact, tree, with_roads

from impact.storage import writing_command

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = """\
[claims]
title = "Over onze studie"

[[claim]]
name = "precies 46"
kind = "range"
low = 46
high = 46
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a run and a check of the three towns."""
    home = tmp_path_factory.mktemp("home")
    study = with_roads(home)
    (home / "claims.toml").write_text("\ufeff" + CLAIMS, encoding="utf-8")
    assert impact("run", study, "--out", home / "run", "--quiet").code == 0
    asked = (home / "claims.toml", "--study", study, "--out", home / "check", "--draws", 0)
    assert impact("check", *asked, "--quiet").code == 0
    return home


@pytest.fixture
def home(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "home")


def test_a_folder_says_which_command_wrote_it(written: Path) -> None:
    assert writing_command(written / "run") == "run"
    assert writing_command(written / "check") == "check"


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "claims.toml", "--study", "study.toml"),
        ("sweep", "study.toml"),
        ("optimise", "study.toml"),
        ("portfolio", "study.toml"),
        ("plan", "study.toml"),
        ("monitor", "hospitals.csv", "--care", "huisartsenpost"),
        ("merge", "study.sealed", "one.json"),
        ("combine", "run", "run"),
        ("reproduce",),
        ("validate",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_replaces_a_run(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(home)
    before = tree(home / "run")

    said = impact("--lang", "nl", *arguments, "--out", "run", "--force")

    assert said.code == 2
    assert "hier staat wat `impact run` schreef, en dat vervangt geen andere opdracht" in said.err
    assert tree(home / "run") == before


def test_a_run_replaces_itself_and_no_check(home: Path) -> None:
    assert impact("run", home / "study.toml", "--out", home / "run", "--quiet").code == 0
    said = impact("run", home / "study.toml", "--out", home / "check", "--force", "--quiet")
    assert said.code == 2
    assert "`impact check`" in said.err


def test_a_run_of_an_older_program_is_known_by_the_hashes_of_its_files(home: Path) -> None:
    path = home / "run" / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["command"]
    path.write_text(json.dumps(said), encoding="utf-8")

    assert writing_command(home / "run") == "run"
    assert impact("report", home / "run", "--html", "--quiet").code == 0


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, '{"a": 1}'])
def test_a_manifest_of_nobody_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    assert writing_command(tmp_path) == ""


@pytest.mark.parametrize(
    ("lang", "verdict"),
    [("nl", "klopt niet onder deze definitie"), ("en", "not supported under this definition")],
)
def test_claims_join_the_report_in_its_language(home: Path, lang: str, verdict: str) -> None:
    asked = ("report", home / "run", "--html", "--claims", home / "check", "--lang", lang)
    assert impact(*asked, "--quiet").code == 0

    page = (home / "run" / "report.html").read_text(encoding="utf-8")
    reasons = json.loads((home / "check" / "manifest.json").read_text("utf-8"))["reasons"]
    other = {"nl": "en", "en": "nl"}[lang]
    assert f"{verdict}</td>" in page
    assert reasons[lang]["precies 46"] in page
    assert reasons[other]["precies 46"] not in page


def test_claims_on_another_study_do_not_join_the_report(home: Path) -> None:
    before = (home / "run" / "report.html").read_bytes()
    study = (home / "study.toml").read_text(encoding="utf-8")
    (home / "other.toml").write_text(study.replace("Drie steden", "Elders"), encoding="utf-8")
    asked = (home / "claims.toml", "--study", home / "other.toml", "--out", home / "elsewhere")
    assert impact("check", *asked, "--draws", 0, "--quiet").code == 0

    told = impact("report", home / "run", "--html", "--claims", home / "elsewhere")

    assert told.code == 2
    assert "study: found 'Elders, other.toml', expected claims that were checked" in told.err
    assert "Drie steden, file study.toml" in told.err
    assert (home / "run" / "report.html").read_bytes() == before


def test_a_folder_without_claims_is_refused(home: Path) -> None:
    said = impact("report", home / "run", "--claims", home)
    assert said.code == 2
    assert "a folder that `impact check` wrote, with its claims.csv" in said.err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("not supported", "maybe", "one of supported, partly"),
        ("range minutes", "seen from the moon", "a definition of a claim"),
    ],
)
def test_a_spoilt_table_of_claims_is_refused(home: Path, old: str, new: str, expected: str) -> None:
    path = home / "check" / "claims.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=False))
    column = "verdict" if "of" in expected[:6] else "definition"
    path.write_text("\n".join([lines[0], lines[1].replace(row[column], new, 1)]), "utf-8")

    said = impact("report", home / "run", "--claims", home / "check")

    assert said.code == 2, (old, said)
    assert expected in said.err
