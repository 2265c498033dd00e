"""The published JSON Schemas: as the code has them, and true of what is shipped."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from three_towns import STUDY

from impact.bundled import study_paths
from impact.evidence.claims.read import claim_paths

PROJECT = Path(__file__).resolve().parents[2]


def schema(name: str) -> Draft202012Validator:
    content = json.loads((PROJECT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


def document(text: str) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_published_schemas_are_those_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("schemas", PROJECT / "scripts" / "schemas.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, text in script.schema_texts().items():
        assert (PROJECT / "docs" / name).read_text(encoding="utf-8") == text, "make schemas"


@pytest.mark.parametrize("path", sorted(study_paths().values()), ids=lambda path: path.stem)
def test_shipped_studies_follow_the_schema(path: Path) -> None:
    schema("study").validate(document(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(claim_paths().values()), ids=lambda path: path.stem)
def test_shipped_claims_follow_the_schema(path: Path) -> None:
    schema("claims").validate(document(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("stop_count = 1", "stopcount = 1", ["intervention", 0]),
        ("stop_count = 1", "stop_count = 0", ["intervention", 0, "stop_count"]),
        ("stop_count = 1", 'allocation = "huf"', ["intervention", 0, "allocation"]),
        ("stop_count = 1", "huff = { bet = 1 }", ["intervention", 0, "huff"]),
        ('title = "Drie steden"', "", ["study"]),
    ],
)
def test_an_editor_finds_what_we_find(before: str, after: str, where: list[object]) -> None:
    assert STUDY.count(before) == 1
    (error,) = schema("study").iter_errors(document(STUDY.replace(before, after)))
    assert list(error.absolute_path) == where
