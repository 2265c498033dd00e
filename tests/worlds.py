"""A small study as files, so that a test can change one line and run it.

```
   Noord       1011 --- 8 --- A --- 20 --- 1012       minutes; B lies 20 from 1011 too: a tie
                              |
   Zuid        1013 --- 5 --- B           1014 reaches C only; C is no provider
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from impact.analysis.result import Result

FILES = {
    "postcodes.csv": [
        "postcode,lat,lon,population,population_65plus,municipality,region",
        "1011,52.1,5.1,400,90,Noord,Hier",
        "1012,52.2,5.2,300,60,Noord,Hier",
        "1013,52.3,5.3,200,30,Zuid,Hier",
        "1014,52.4,5.4,100,20,Zuid,Hier",
        "1015,52.5,5.5,900,10,Elders,Daar",
    ],
    "hospitals.csv": ["name,lat,lon", "A,52.1,5.1", "B,52.2,5.2", "C,52.3,5.3", "D,52.4,5.4"],
    "times.csv": [
        "origin,A,B,C,D",
        "1011,8,20,31,20",
        "1012,20,20,40,20",
        "1013,25,5,30,61",
        "1014,inf,inf,70,inf",
        "1015,1,1,1,1",
    ],
    "study.toml": [
        """[study]
title = "toy"
region = "Hier"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "times.csv"
""",
        """[[intervention]]
name = "kidney"
norm = 20
providers = ["A", "B", "D"]
stop_count = 1
""",
        """[[intervention]]
name = "lung"
norm = 60
providers = ["B", "A", "D"]
stop_count = 2
""",
        """[[scenario]]
name = "to D"
stops = { "kidney" = ["A"] }
moves_to = { "A" = { "D" = 0.25, "B" = 0.75 } }
""",
        """[[scenario]]
name = "C opens"
stops = { "lung" = ["B", "D"] }
opens = { "lung" = ["C"] }
""",
    ],
}


def write_world(folder: Path, **changes: Callable[[list[str]], list[str]]) -> Path:
    """Write the files and return the study; ``times=f`` writes f of the lines of times.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in FILES.items():
        change = changes.get(name.partition(".")[0], list)
        (folder / name).write_text("\n".join(change(list(lines))) + "\n", encoding="utf-8")
    return folder / "study.toml"


def run_world(folder: Path, **changes: Callable[[list[str]], list[str]]) -> Result:
    """Write the files and run the study."""
    return run_study(read_study(write_world(folder, **changes)), use_cache=False)
