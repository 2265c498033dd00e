"""What docs/methods.md and docs/decisions.md say, for tests that hold it to what is computed."""

from __future__ import annotations

import re
from pathlib import Path

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_TEXT = (_DOCS / "methods.md").read_text(encoding="utf-8")


def methods_table(*header: str, page: str = "methods.md") -> dict[str, list[str]]:
    """Rows of the tables whose header starts with these cells: first cell -> the other cells."""
    found: dict[str, list[str]] = {}
    inside = False
    for line in (_DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if cells[: len(header)] == list(header):
            inside = True
        elif inside and cells and set(cells[0]) != {"-"}:
            found[cells[0].strip("`")] = cells[1:]
        inside = inside and bool(cells)
    assert found, header
    return found


def numbers(text: str) -> list[float]:
    """All numbers of a text: minus signs are typographic, and a dash stands between two ends."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text.replace("–", " ").replace("−", "-"))
    return [float(each) for each in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", plain)]


def methods_say(*parts: str) -> bool:
    """Whether these words follow one another, whatever stands between the lines of the page."""
    return " ".join(" ".join(parts).split()) in " ".join(_TEXT.split())
