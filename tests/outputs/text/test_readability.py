"""scripts/readability.py: a report of how hard the catalogues read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


def test_every_catalogue_has_a_score_and_the_worst_sentences_are_named() -> None:
    made = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "readability.py", "nl", "--longest", "9"],
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
    counts = [int(line.split()[0]) for line in longest.splitlines()[1:]]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 20
