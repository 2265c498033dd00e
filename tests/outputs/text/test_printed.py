"""What is printed and handed on: nothing that a screen obeys, no folder of a person."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from three_towns import FILES, STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.messages import LANGUAGES
from impact.outputs.screen import print_postcode, print_summary
from impact.outputs.text import texts
from impact.outputs.text.assumptions import sources
from impact.outputs.text.wording import day_text, source_text
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

HOSTILE = "West \x1b[31mstopt\u202e"


def everything(folder: Path) -> dict[str, bytes]:
    out = {}
    for path in (each for each in folder.rglob("*") if each.is_file()):
        out[path.name] = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                out |= {f"{path.name}/{each}": archive.read(each) for each in archive.namelist()}
    return out


def test_what_is_handed_on_names_no_folder_of_a_person(tmp_path: Path) -> None:
    folder = tmp_path / "Jan Jansen, borstkanker"
    text = STUDY.replace(
        "stop_count = 1", f'stop_count = 1\nallocation = "observed"\nflows = "{folder}/counts.csv"'
    )
    for name in FILES:
        text = text.replace(f'"{name}"', f'"{folder}/{name}"')
    counts = "postcode,provider,patients\n9712,Noord,20\n8911,West,<10\n7811,Zuid,5\n"
    path = write_files(folder, {"study.toml": text, "counts.csv": counts})
    outcome = impact("run", path, "--out", tmp_path / "out", "--quiet")
    assert outcome.code == 0, outcome.err
    found = everything(tmp_path / "out")
    assert {"report.html", "manifest.json", "results.xlsx", "run.zip"} <= set(found)
    assert [name for name, content in found.items() if b"Jan Jansen" in content] == []
    assert b"counts.csv" in found["report.html"]


def test_names_that_a_terminal_would_obey_are_made_visible(tmp_path: Path) -> None:
    result = run_study(read_study(write_files(tmp_path)))
    cases = tuple(
        replace(
            case,
            scenario=HOSTILE,
            intervention=replace(case.intervention, name=HOSTILE),
            stops=(HOSTILE,),
            flows=case.flows.replace("West", HOSTILE),
        )
        for case in result.cases
    )
    postcodes = result.postcodes.assign(municipality=HOSTILE)
    hostile = replace(result, cases=cases, postcodes=postcodes)
    console = Console(file=io.StringIO(), width=200)
    print_summary(console, hostile, tmp_path, lang="nl")
    print_postcode(console, hostile, "8911", lang="nl", changes={0: [HOSTILE]})
    said = console.file.getvalue()
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "West <U+001B>[31mstopt<U+202E>" in said


def test_dutch_pages_say_shipped_sources_in_dutch(noordoost_result: Result) -> None:
    t = texts("nl")
    said = " ".join(each.origin + each.name + each.year for each in sources(noordoost_result, t))
    for english in ("General knowledge", "residents", "Hospital locations", "roads of", "per row"):
        assert english not in said
    listed = {source_text(t, each) for each in noordoost_result.providers["source"]}
    assert not [each for each in listed if "member hospitals" in each]
    assert day_text(t, str(noordoost_result.manifest["created"])).count("-") == 2


def test_a_unit_between_brackets_has_no_brackets_of_its_own() -> None:
    for lang in LANGUAGES:
        t = texts(lang)
        units = [t(key, name="x") for key in t.entries if key.startswith("common.unit_")]
        for unit in units:
            said = t("tables.col_moved", unit=unit)
            assert said.count("(") == said.count(")") == 1, said
