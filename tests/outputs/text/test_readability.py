"""scripts/readability.py: how hard the catalogues read, and that no sentence is too long."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from impact.outputs.text import LANGUAGES

if TYPE_CHECKING:
    from types import ModuleType

PROJECT = Path(__file__).resolve().parents[3]
SCRIPT = PROJECT / "scripts" / "readability.py"
WAITING = ("optimum", "sweep")
"""Catalogues that become one page elsewhere, where their last long sentences go."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("readability", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_catalogue_has_a_score_and_the_worst_sentences_are_named() -> None:
    made = subprocess.run(
        [sys.executable, SCRIPT, "nl", "--longest", "9"],
        check=True,
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )
    scores, longest = made.stdout.split("\n\n")
    names = {line.split()[1] for line in scores.splitlines()}
    catalogues = {path.stem for path in (PROJECT / "impact/outputs/text/nl").glob("*.toml")}
    assert {"report", "explorer", "a4"} <= names <= catalogues
    assert all(int(line.split()[0]) < 100 for line in scores.splitlines())
    count = int(longest.split()[0])
    assert len(longest.splitlines()) == 1 + min(count, 9)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_has_more_than_twenty_words(script: ModuleType, lang: str) -> None:
    long = [f"{len(each.words)} {each.key}: {each.text}" for each in script.too_long(lang)]
    waiting = tuple(f" {name}." for name in WAITING)
    assert [each for each in long if not any(name in each for name in waiting)] == []


def test_fields_with_a_format_are_one_word(script: ModuleType) -> None:
    assert script.Sentence("a.b", "beta {beta:.3f} per minuut (95%)").words == [
        "beta",
        "{beta:.3f}",
        "per",
        "minuut",
        "95",
    ]
