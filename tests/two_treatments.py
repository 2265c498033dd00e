"""Three towns with two treatments, for what chooses for several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from three_towns import STUDY, write_files

if TYPE_CHECKING:
    from pathlib import Path

PATIENTS = "postcode,patients\n9712,60\n8911,30\n7811,20\n"
_COUNTED = STUDY.replace(
    'times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"'
).partition("[[scenario]]")[0]
_FIRST = _COUNTED.partition("[[intervention]]")[2]
_NAME = _FIRST.partition('name = "')[2].partition('"')[0]
TWO = _COUNTED + "\n[[intervention]]" + _FIRST.replace(f'name = "{_NAME}"', 'name = "Tweede"')


def portfolio_of(folder: Path, conditions: str = "") -> list[object]:
    """Arguments of the command."""
    files = {"study.toml": TWO, "patients.csv": PATIENTS}
    if conditions:
        files["voorwaarden.csv"] = conditions
    study = write_files(folder, files)
    more = ["--conditions", folder / "voorwaarden.csv"] if conditions else []
    return ["portfolio", study, *more, "--out", folder / "out"]
