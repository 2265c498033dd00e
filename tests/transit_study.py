"""The study of three towns with trips by public transport, by hand.

By bus from 8911: 20 minutes to West without a change, 95 to Noord with two; after 19:40 nobody gets
home from Noord. 9712 walks to Noord. From 7811 there is no connection at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from three_towns import FILES, STUDY, write_files

from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

MATRIX = """\
origin,destination,minutes,share,changes,minutes_home,last_home
8911,West,20,1,0,25,22:10
8911,Noord,95,1,2,99,19:40
8911,Zuid,inf,0,,inf,
9712,Noord,12,1,0,12,25:00
9712,West,80,1,1,85,20:00
9712,Zuid,70,0.5,1,75,18:00
7811,Noord,inf,0,,inf,
7811,West,inf,0,,inf,
7811,Zuid,inf,0,,inf,
"""


def transit_files(matrix: str = MATRIX, more: str = "") -> dict[str, str]:
    """Files of the study; `more` goes into its first table."""
    asked = STUDY.replace(
        'times = "minutes.csv"', f'times = "minutes.csv"\ntransit = ["ov.csv"]\n{more}'
    )
    return FILES | {"ov.csv": matrix, "study.toml": asked}


def transit_result(folder: Path, matrix: str = MATRIX) -> Result:
    """Run the study."""
    return run_study(read_study(write_files(folder, transit_files(matrix))), use_cache=False)
