"""The house: imports go one way, modules are readable, tests stand beside what they test."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "impact"
ROOMS = (
    "base",
    "tables",
    "study",
    "fetch",
    "network",
    "times",
    "transit",
    "model",
    "sweep",
    "optimise",
    "analysis",
    "sealed",
    "evidence",
    "outputs",
    "commands",
)
"""From below to above: a module imports from its own room and from those before it."""

MOST_LINES = 650
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def room(module: str) -> str:
    """Return the room of a module; what lies at the top is the base, but for the command line."""
    _, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    if first in ROOMS:
        return first
    return "commands" if first in {"cli", "__main__"} else "base"


def imports() -> nx.DiGraph:
    """Every import of a module of ours, also those inside functions and for typing only."""
    graph = nx.DiGraph()
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            continue  # packages only pass on names
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("impact."):
                for name in node.names:
                    inner = f"{node.module}.{name.name}"
                    graph.add_edge(module, inner if inner in MODULES else node.module)
    return graph


def test_no_import_goes_up() -> None:
    up = [
        f"{one} -> {other}"
        for one, other in imports().edges
        if ROOMS.index(room(other)) > ROOMS.index(room(one))
    ]
    assert up == []


def test_no_imports_run_in_a_circle() -> None:
    circles = [
        sorted(part) for part in nx.strongly_connected_components(imports()) if len(part) > 1
    ]
    assert circles == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_has_a_readable_size(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES


def test_tests_stand_where_the_module_stands() -> None:
    stray = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.parent != ROOT / "tests"
        and path.parent.name != "real"
        and not (PACKAGE / path.parent.relative_to(ROOT / "tests")).is_dir()
    ]
    assert stray == []
