"""A study of three postcodes and three hospitals as files, to be spoilt one fault at a time.

```
    8911 West          9712 Noord
      6 min              5 min

                       7811 Zuid
                         4 min
```

When West stops, 8911 drives 52 minutes to Noord instead of 6: 46 minutes more for 100 of the 350
residents.
"""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from networks import roads

from impact.cli import main
from impact.messages import asked_language
from impact.network.npz import write_network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

POSTCODES = """\
postcode,lat,lon,population,municipality
9712,53.2195,6.5642,200,Groningen
8911,53.2014,5.7977,100,Leeuwarden
7811,52.7880,6.8936,50,Emmen
"""
HOSPITALS = """\
name,lat,lon
Noord,53.2216,6.5765
West,53.1877,5.7856
Zuid,52.7770,6.9105
"""
MINUTES = """\
origin,Noord,West,Zuid
9712,5,50,45
8911,52,6,95
7811,48,95,4
"""
STUDY = """\
[study]
title = "Drie steden"
region = "Noorden"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "minutes.csv"

[[intervention]]
name = "Pancreas"
providers = ["Noord", "West", "Zuid"]
stop_count = 1

[[scenario]]
name = "West stopt"
stops = { "Pancreas" = ["West"] }
moves_to = { "West" = { "Noord" = 1.0 } }
"""
FILES = {
    "postcodes.csv": POSTCODES,
    "hospitals.csv": HOSPITALS,
    "minutes.csv": MINUTES,
    "study.toml": STUDY,
}


def write_files(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Write the files (or others in their place) and return the path of the study."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**FILES, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder / "study.toml"


def with_roads(folder: Path) -> Path:
    """Write the files with a small road network in place of the matrix."""
    places = {"N": (53.2195, 6.5642), "W": (53.2014, 5.7977), "Z": (52.7880, 6.8936)}
    write_network(roads("N - W 46", "N - Z 43", "W - Z 91", at=places), folder / "toy.impact")
    text = STUDY.replace('times = "minutes.csv"', 'roads = "toy.impact"')
    return write_files(folder, {"study.toml": text})


def tree(folder: Path) -> dict[str, bytes]:
    """Every file and folder below, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"(folder)"
        for path in sorted(folder.rglob("*"))
    }


def files_in(folder: Path) -> set[str]:
    """Names of the files below, with the folders that they are in."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


def _language(arguments: Sequence[str]) -> str:
    """Return the language that was asked for; errors are English where none was."""
    return asked_language(["--lang=en", *arguments])


def impact(*arguments: object) -> Outcome:
    """Run the command line inside this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["impact", *map(str, arguments)])
        patch.setattr("impact.cli.asked_language", _language)
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as left:
            main()
    code = left.value.code
    return Outcome(0 if code is None else int(code), out.getvalue(), err.getvalue())
