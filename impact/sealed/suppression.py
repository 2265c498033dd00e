"""Which areas a hospital's counts may be told by: none so small that it says who somebody is.

A tree of areas stands in the sealed file: the region, halved again and again by where residents
live, down to municipalities. It depends on public figures only. Counts are told by following it
from the top: an area is told in its two halves where both have the threshold T or more, and else as
one. So every cell that is told has T or more, every patient is in one cell, and cells add up to the
total. Whoever knows the rule learns of an area that was not halved no more than that one of its
halves is below T; neither a total nor another cell gives that half back. A total below T is told
as a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from impact.errors import Fault, InputError
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Tree: TypeAlias = "str | tuple[Tree, Tree]"
"""A municipality, or two halves."""

LEAST_THRESHOLD = 5
"""Below this a cell says too much, whoever asks."""


@dataclass(frozen=True)
class Cell:
    """What is told of some areas together.

    Attributes
    ----------
    areas
        Municipalities, sorted.
    low, high
        Patients a year: the same where they are told.
    """

    areas: tuple[str, ...]
    low: int
    high: int


def area_tree(
    names: Sequence[str],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    residents: NDArray[np.float64],
) -> Tree:
    """Halve areas again and again, across where they lie furthest apart.

    Parameters
    ----------
    names
        Municipalities.
    lat, lon : ndarray of float, shape (n_areas,)
        Their middles, in degrees.
    residents : ndarray of float, shape (n_areas,)
        Halves have about as many.

    Returns
    -------
    Tree

    Examples
    --------
    >>> lat, lon = np.array([53.0, 53.0, 52.0]), np.array([6.0, 6.1, 6.0])
    >>> area_tree(["a", "b", "c"], lat, lon, np.array([10.0, 10.0, 30.0]))
    ('c', ('a', 'b'))
    """
    if len(names) == 1:
        return names[0]
    wide = np.ptp(lon) * float(np.cos(np.deg2rad(lat.mean())))
    along = lon if wide > np.ptp(lat) else lat
    order = np.lexsort((np.array(names), along))
    half = np.cumsum(residents[order])
    cut = int(np.argmin(np.abs(half[:-1] - half[-1] / 2.0))) + 1
    parts = (order[:cut], order[cut:])
    first, second = (
        area_tree([names[k] for k in part.tolist()], lat[part], lon[part], residents[part])
        for part in parts
    )
    return first, second


def areas_of(tree: Tree) -> tuple[str, ...]:
    """Municipalities of a tree, in its order."""
    return (tree,) if isinstance(tree, str) else (*areas_of(tree[0]), *areas_of(tree[1]))


def cells_of(counts: Mapping[str, int], tree: Tree, threshold: int) -> tuple[Cell, ...]:
    """Divide areas into cells that may be told.

    Parameters
    ----------
    counts
        Municipality -> patients a year; those that are not listed have none.
    tree
        Of the sealed file.
    threshold
        T of the rule.

    Returns
    -------
    tuple of Cell

    Raises
    ------
    InputError
        For a threshold that is too low.

    Examples
    --------
    >>> tree = (("A", "B"), ("C", "D"))
    >>> [(*cell.areas, cell.low) for cell in cells_of({"A": 12, "B": 30, "C": 11}, tree, 10)]
    [('A', 12), ('B', 30), ('C', 'D', 11)]
    >>> [(*cell.areas, cell.low) for cell in cells_of({"A": 12, "B": 30, "C": 9}, tree, 10)]
    [('A', 'B', 'C', 'D', 51)]
    >>> cells_of({"A": 4}, tree, 10)
    (Cell(areas=('A', 'B', 'C', 'D'), low=0, high=9),)
    """
    if threshold < LEAST_THRESHOLD:
        expected = said("{least} or more", least=LEAST_THRESHOLD)
        raise InputError(Fault("threshold", "", "", str(threshold), expected))
    if _total(counts, tree) < threshold:
        return (Cell(tuple(sorted(areas_of(tree))), 0, threshold - 1),)
    return tuple(_told(counts, tree, threshold))


def _total(counts: Mapping[str, int], tree: Tree) -> int:
    return sum(counts.get(area, 0) for area in areas_of(tree))


def _told(counts: Mapping[str, int], tree: Tree, threshold: int) -> Iterator[Cell]:
    total = _total(counts, tree)
    if isinstance(tree, str) or min(_total(counts, half) for half in tree) < threshold:
        yield Cell(tuple(sorted(areas_of(tree))), total, total)
        return
    for half in tree:
        yield from _told(counts, half, threshold)
