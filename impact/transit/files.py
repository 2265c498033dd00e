"""Matrices of public transport as files: what `impact times --mode transit` writes.

One row per origin and destination: minutes (``inf`` without a connection), share, changes,
minutes_home, and last_home as a time of day. A matrix of another program (R5, OpenTripPlanner)
needs the first three columns only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.messages import said
from impact.storage import read_json, replacing
from impact.tables.places import normal_postcode
from impact.tables.text_table import read_table
from impact.times.files import beside, read_times, write_manifest
from impact.transit.rules import clock, clock_seconds
from impact.transit.times import TransitTimes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.tables.text_table import Table

ENDING = ".csv"
_OTHERS = ("share", "changes", "minutes_home", "last_home")
_EXPECTED = {"last_home": "a time such as 19:40", "share": "a number from 0 to 1"}


def transit_frame(times: TransitTimes) -> pd.DataFrame:
    """Return a matrix in long form.

    Parameters
    ----------
    times
        From `impact.transit.times.transit_times`.

    Returns
    -------
    pandas.DataFrame
        origin, destination, minutes, share, changes, minutes_home, last_home (time of day).
    """
    count = len(times.destinations)
    last = times.last_home.ravel()
    return pd.DataFrame(
        {
            "origin": np.repeat(np.array(times.origins, dtype=object), count),
            "destination": np.tile(np.array(times.destinations, dtype=object), len(times.origins)),
            "minutes": times.minutes.ravel(),
            "share": times.share.ravel(),
            "changes": times.changes.ravel(),
            "minutes_home": times.minutes_home.ravel(),
            "last_home": ["" if np.isnan(each) else clock(each) for each in last],
        }
    )


def write_transit(times: TransitTimes, path: Path) -> None:
    """Write a matrix and its manifest beside it.

    Parameters
    ----------
    times
        What to write; minutes with two decimals.
    path
        Ending in ``.csv``.

    Raises
    ------
    InputError
        For another ending.
    OutputError
        When the folder cannot be written.
    """
    check_transit_ending(path)
    with replacing(path) as temporary:
        transit_frame(times).to_csv(
            temporary, index=False, float_format="%.2f", lineterminator="\n"
        )
    notes = [note.record() for note in times.notes]
    write_manifest(path, {**times.manifest, "notes": notes})


def check_transit_ending(path: Path) -> None:
    """Refuse a file that is no CSV.

    Parameters
    ----------
    path
        To write to.

    Raises
    ------
    InputError
        For another ending than ``.csv``.
    """
    if path.suffix.lower() != ENDING:
        expected = said("a file ending in {ending} for public transport", ending=ENDING)
        raise InputError(Fault(path.name, "", "", path.suffix or path.name, expected))


def read_transit(path: Path) -> TransitTimes:
    """Read a matrix of public transport, ours or of another program.

    Parameters
    ----------
    path
        CSV with origin, destination, minutes (``inf`` without a connection); share (0 to 1),
        changes, minutes_home and last_home (such as 19:40) where known.

    Returns
    -------
    TransitTimes
        Without a share, a pair with minutes counts as connected at all times.

    Raises
    ------
    InputError
        Listing what is wrong with the table.
    """
    plain = read_times(path)
    shape = plain.minutes.shape
    found: dict[str, NDArray[np.float64]] = {each: np.full(shape, np.nan) for each in _OTHERS}
    found["share"] = np.isfinite(plain.minutes).astype(np.float64)
    table = read_table(path)
    table.require(["origin", "destination", "minutes"])
    origins = table.frame["origin"].map(normal_postcode)
    row = pd.Index(plain.origins).get_indexer(pd.Index(origins))
    column = pd.Index(plain.destinations).get_indexer(pd.Index(table.frame["destination"]))
    faults = []
    for name in (each for each in _OTHERS if each in table.frame.columns):
        numbers, wrong = _column(table, name)
        faults += wrong
        found[name][row, column] = numbers
    if faults:
        raise InputError(faults)
    return TransitTimes(
        plain.origins,
        plain.destinations,
        plain.minutes,
        found["share"],
        found["changes"],
        found["minutes_home"],
        found["last_home"],
        {
            **_made_of(path, plain.manifest["sha256"]),
            "mode": "transit",
            "matrix": {"name": path.name, "sha256": plain.manifest["sha256"]},
        },
    )


_SAID = ("feeds", "working_day", "saturday", "walking", "rules")


def _made_of(path: Path, sha256: str) -> dict[str, Any]:
    """Read from the manifest beside a matrix what it was made of; nothing without one of it."""
    try:
        stated = read_json(beside(path).read_text(encoding="utf-8"))
        of = stated["file"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {key: stated[key] for key in _SAID if key in stated} if of == sha256 else {}


def _column(table: Table, name: str) -> tuple[NDArray[np.float64], list[Fault]]:
    """Numbers of a column, NaN where a cell is empty, and the faults in it."""
    to_number: Callable[[str], float | None] = clock_seconds if name == "last_home" else _number
    expected = _EXPECTED.get(name, "a number of 0 or more")
    highest = 1.0 if name == "share" else np.inf
    numbers, faults = np.full(len(table.frame), np.nan), []
    for place, (row, text) in enumerate(zip(table.frame.index, table.frame[name], strict=True)):
        if not text:
            continue
        number = to_number(text)
        if number is None or not 0.0 <= number <= highest:
            faults.append(Fault(table.name, table.where(row), name, text, expected))
        else:
            numbers[place] = number
    return numbers, faults


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
