"""scripts/readability.py: a report of how hard the catalogues read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
LONGEST = 25
"""Words of the longest sentence for readers; technical notes about a fit may be longer."""


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
    assert names == {path.stem for path in (PROJECT / "impact/outputs/text/nl").glob("*.toml")}
    assert all(int(line.split()[0]) < 100 for line in scores.splitlines())
    found = [line.split(maxsplit=2) for line in longest.splitlines()[1:]]
    assert [int(count) for count, *_ in found] == sorted(
        (int(count) for count, *_ in found), reverse=True
    )
    for count, key, _ in found:
        assert int(count) <= LONGEST or key.startswith("notes.huff")
