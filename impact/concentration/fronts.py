"""Fronts: the candidates that no other beats, and what a reference could be exchanged for.

Three questions of planners (Object Vision's names): S1, the same number of locations with less
travel; S2, the same travel with fewer locations; S3, the frontier of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.sweep import TIE_DECIMALS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_LEAST = ("mean_extra_moved", "p90_extra", "beyond_45_after", "locations_after")
_MOST = "lowest_volume"


def criteria(table: pd.DataFrame) -> NDArray[np.float64]:
    """Put what candidates are compared on in columns; less is better.

    Parameters
    ----------
    table
        Candidates, or whatever is scored as they are: mean_extra_moved, p90_extra,
        beyond_45_after, locations_after, lowest_volume and moved.

    Returns
    -------
    ndarray of float, shape (n_rows, 5)
        The last column is the lowest volume with its sign turned; where it is not known it is
        zero for all, so that it decides nothing. Where nobody is moved nobody travels longer;
        where everybody moved has no route there is no worse.
    """
    columns = []
    for name in _LEAST:
        values = table[name].to_numpy(np.float64)
        nobody = table["moved"].to_numpy(np.float64) == 0.0
        columns.append(np.where(np.isnan(values), np.where(nobody, 0.0, np.inf), values))
    volume = -table[_MOST].to_numpy(np.float64)
    unknown = np.isnan(volume)
    columns.append(np.zeros(len(table)) if unknown.all() else np.where(unknown, np.inf, volume))
    # the order of summation decides no comparison
    return np.round(np.column_stack(columns), TIE_DECIMALS)


def front(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the rows that no other row beats: as low everywhere and lower somewhere.

    Parameters
    ----------
    costs : ndarray of float, shape (n_rows, n_criteria)
        Less is better; infinite is allowed.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        Equal rows do not beat each other.

    Examples
    --------
    >>> front(np.array([[1.0, 5.0], [2.0, 2.0], [2.0, 3.0], [1.0, 5.0]])).tolist()
    [True, True, False, True]
    """
    if not len(costs):
        return np.zeros(0, dtype=bool)
    ranks = np.column_stack([np.unique(column, return_inverse=True)[1] for column in costs.T])
    some, back = np.unique(ranks, axis=0, return_inverse=True)
    # who beats a row has a lower sum of ranks, so that the lowest sum left is never beaten
    left = np.argsort(some.sum(axis=1), kind="stable")
    best = np.zeros(len(some), dtype=bool)
    while len(left):
        best[left[0]] = True
        left = left[(some[left] < some[left[0]]).any(axis=1)]
    return np.asarray(best[back.ravel()])


def beaten_by(costs: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the rows that beat a reference.

    Parameters
    ----------
    costs : ndarray of float, shape (n_rows, n_criteria)
        Less is better.
    reference : ndarray of float, shape (n_criteria,)
        What they are held against.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    return np.asarray((costs <= reference).all(axis=1) & (costs < reference).any(axis=1))


def travel(table: pd.DataFrame) -> NDArray[np.float64]:
    """Travel of everybody, for S1 to S3; less is better.

    Parameters
    ----------
    table
        With unreachable and mean_extra_all.

    Returns
    -------
    ndarray of float, shape (n_rows, 2)
        Who has no route comes first: they are in no mean.
    """
    mean = table["mean_extra_all"].to_numpy(np.float64)
    lost = table["unreachable"].to_numpy(np.float64)
    return np.round(np.column_stack([lost, np.where(np.isnan(mean), np.inf, mean)]), TIE_DECIMALS)


def same_locations(table: pd.DataFrame, reference: pd.DataFrame) -> int | None:
    """S1: the candidate with as many locations as a reference and the least travel.

    Parameters
    ----------
    table
        Candidates: locations_after, unreachable, mean_extra_all.
    reference
        One row of the same columns.

    Returns
    -------
    int or None
        Position of the first of equals; `None` where none has as many locations.
    """
    mine = np.flatnonzero(
        table["locations_after"].to_numpy() == reference["locations_after"].iloc[0]
    )
    if not len(mine):
        return None
    cost = travel(table)[mine]
    return int(mine[np.lexsort((cost[:, 1], cost[:, 0]))[0]])


def same_travel(table: pd.DataFrame, reference: pd.DataFrame) -> int | None:
    """S2: the candidate with the fewest locations and no more travel than a reference.

    Parameters
    ----------
    table, reference
        As for `same_locations`.

    Returns
    -------
    int or None
        Position; of as few locations the one with the least travel.
    """
    cost, limit = travel(table), travel(reference)[0]
    mine = np.flatnonzero((cost <= limit).all(axis=1))
    if not len(mine):
        return None
    number = table["locations_after"].to_numpy()[mine]
    return int(mine[np.lexsort((cost[mine, 1], cost[mine, 0], number))[0]])


def frontier(table: pd.DataFrame) -> list[int]:
    """S3: per number of locations the least travel, where fewer locations do not give as little.

    Parameters
    ----------
    table
        As for `same_locations`.

    Returns
    -------
    list of int
        Positions, from few locations to many.
    """
    cost = travel(table)
    number = table["locations_after"].to_numpy()
    out: list[int] = []
    for place in np.lexsort((cost[:, 1], cost[:, 0], number)).tolist():
        if not out or (number[place] > number[out[-1]] and (cost[place] < cost[out[-1]]).any()):
            out.append(place)
    return out
