"""The worked portfolio of docs/tutorial_portfolio.md: its files, and its table line by line."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from three_towns import impact

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial_portfolio.md"
_EXAMPLE = PAGE.read_text(encoding="utf-8").partition("## 4.")[2]
_BLOCK = re.compile(r"```\w+\n(.*?)```", re.DOTALL)
FILES = ("minutes.csv", "patients.csv", "study.toml", "postcodes.csv", "hospitals.csv")
_LINE = re.compile(r"^\| (geen|`.*`) \| (\w+) \| (\w+) \| (\d+) \| ([\d,]+) \|$", re.MULTILINE)
LINES = _LINE.findall(_EXAMPLE)


def test_the_table_has_its_lines() -> None:
    assert len(LINES) == 4
    assert len(_BLOCK.findall(_EXAMPLE)) == len(FILES)


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_line_of_the_worked_example(tmp_path: Path, line: tuple[str, ...]) -> None:
    asked, lung, stomach, minutes, mean = line
    for name, text in zip(FILES, _BLOCK.findall(_EXAMPLE), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    conditions = re.findall(r"`([^`]+)`", asked)
    more: list[object] = []
    if conditions:
        path = tmp_path / "voorwaarden.csv"
        path.write_text("\n".join(["condition,organisation,treatments", *conditions, ""]))
        more = ["--conditions", path]
    done = impact("portfolio", tmp_path / "study.toml", *more, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    with (tmp_path / "out" / "choices.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    total = sum(float(row["mean_extra_all"]) * float(row["demand"]) for row in rows)
    assert total == pytest.approx(float(minutes))
    assert total / 80.0 == pytest.approx(float(mean.replace(",", ".")))
    stops = {row["intervention"]: row["stops"] for row in rows}
    # where two choices cost the same the table names one
    assert (stops["Long"] == stops["Maag"]) is (lung == stomach)
    assert (stops["Maag"] == "Zuid") is (stomach == "Zuid")
    if "stops" in asked:
        assert stops == {"Long": lung, "Maag": stomach}
