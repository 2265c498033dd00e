"""Write an ensemble: a row per pair with the profile's own minutes, their mean and percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.times.files import check_ending, write_long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from impact.times.ensemble import EnsembleSummary

ENDINGS = (".csv", ".parquet")
_CELLS = 2**21


def write_ensemble(found: EnsembleSummary, path: Path, *, members: bool = False) -> None:
    """Write mean and percentiles in long form.

    Parameters
    ----------
    found
        From `summarise`.
    path
        Ending in ``.csv`` (two decimals) or ``.parquet``.
    members
        Whether every member gets a column too: ``member_001`` and so on.

    Raises
    ------
    InputError
        For another ending.
    OutputError
        When the folder cannot be written.

    Notes
    -----
    The columns are origin, destination, minutes (under the profile itself), mean, p10, p50, p90:
    the file is a matrix that `read_times` reads.
    """
    check_ending(path, ENDINGS)
    write_long(_frames(found, members=members), path)


def _frames(found: EnsembleSummary, *, members: bool) -> Iterator[pd.DataFrame]:
    base = found.base
    digits = len(str(len(found.members)))
    shown = found.members if members else found.members[:0]
    columns = len(base.destinations) * (len(shown) + 1)
    step = max(1, _CELLS // max(1, columns))
    for start in range(0, max(1, len(base.origins)), step):
        rows = slice(start, start + step)
        figures = {"mean": found.mean[rows].ravel()}
        figures |= {f"p{each}": table[rows].ravel() for each, table in found.percentiles.items()}
        figures |= {
            f"member_{number:0{digits}}": each[rows].astype(np.float64).ravel()
            for number, each in enumerate(shown, start=1)
        }
        pairs = base.part(start, start + step).to_frame()
        yield pd.concat([pairs, pd.DataFrame(figures)], axis=1)
