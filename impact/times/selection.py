"""Origins and destinations of a matrix, found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def places_of(
    known: tuple[Sequence[str], Sequence[str]],
    wanted: tuple[Sequence[str], Sequence[str]],
    source: str,
) -> tuple[NDArray[np.int64], ...]:
    """Find origins and destinations in a matrix, by car or by public transport.

    Parameters
    ----------
    known, wanted
        Origins and destinations.
    source
        Name of the matrix, for messages.

    Returns
    -------
    tuple of ndarray of int
        Indices of the square that is wanted, as of `numpy.ix_`.

    Raises
    ------
    InputError
        Naming everything that the matrix lacks, and the nearest names that it has.

    Examples
    --------
    >>> rows, columns = places_of((["9712", "8911"], ["Noord"]), (["8911"], ["Noord"]), "own.csv")
    >>> rows.tolist(), columns.tolist()
    ([[1]], [[0]])
    """
    sides = ("origin", "destination")
    faults = [
        fault
        for side, here, asked in zip(sides, known, wanted, strict=True)
        for fault in _missing(here, asked, source, side)
    ]
    if faults:
        raise InputError(faults)
    found = []
    for here, asked in zip(known, wanted, strict=True):
        place = {name: number for number, name in enumerate(here)}
        found.append([place[name] for name in asked])
    return np.ix_(*found)


def _missing(
    known: Sequence[str], wanted: Sequence[str], source: str, column: str
) -> Iterator[Fault]:
    there = set(known)
    for name in wanted:
        if name not in there:
            nearest = nearest_names(name, known, count=1)
            yield Fault(source, "", column, name, "a row for it", nearest)
