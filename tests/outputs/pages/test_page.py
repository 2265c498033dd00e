"""Templates are compiled once, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jinja2 import DictLoader, Environment

from impact.outputs.pages.page import KeptTemplates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "templates"


def said(text: str) -> str:
    made = Environment(
        loader=DictLoader({"page": text}), bytecode_cache=KeptTemplates(), autoescape=True
    )
    return made.get_template("page").render(name="<b>")


def test_a_template_is_kept_and_used_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("{{ name }}") == "&lt;b&gt;"
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(Environment, "_parse", None)  # from here on nothing can be compiled
    assert said("{{ name }}") == "&lt;b&gt;"


def test_a_template_that_changes_is_compiled_again(folder: Path) -> None:
    assert said("{{ name }}") == "&lt;b&gt;"
    assert said("{{ name }}!") == "&lt;b&gt;!"
    assert len(list(folder.iterdir())) == 1


def test_a_damaged_file_is_compiled_again(folder: Path) -> None:
    assert said("{{ name }}") == "&lt;b&gt;"
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert said("{{ name }}") == "&lt;b&gt;"
    kept.write_bytes(b"")
    assert said("{{ name }}") == "&lt;b&gt;"


def test_where_nothing_can_be_written_nothing_is_kept(folder: Path) -> None:
    folder.parent.write_text("a file where the folder would be")
    assert said("{{ name }}") == "&lt;b&gt;"
