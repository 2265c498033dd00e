"""The candidates that no other beats, and what a reference could be exchanged for.

Three questions of planners (Object Vision's names): S1, the same number of locations with less
travel; S2, the same travel with fewer locations; S3, the frontier of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.sweep.means import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case

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


BASELINE, SCENARIO, RULE, FRONT = "baseline", "scenario", "rule", "front"
S1, S2, S3 = "S1", "S2", "S3"


def scores(table: pd.DataFrame, cases: Sequence[Case], figures: pd.DataFrame) -> pd.DataFrame:
    """Score the baseline, scenarios and rules as candidates are scored.

    Parameters
    ----------
    table
        Candidates by their figures.
    cases
        The baseline first.
    figures
        Theirs, from `impact.analysis.rule_marks.case_figures`.

    Returns
    -------
    pandas.DataFrame
        One row per case: stops, opens, the figures, kind, name, recipients, and beaten_by (how many
        candidates are as good on every criterion and better on one).
    """
    both = pd.concat([table[figures.columns], figures], ignore_index=True)
    costs = criteria(both)
    first = len(table)
    rows = []
    for place, case in enumerate(cases):
        beaten = float(beaten_by(costs[:first], costs[first + place]).sum())
        mine = figures.iloc[[place]]
        if place == 0:
            rows.append(_row(mine, BASELINE, "", recipients="", beaten=beaten))
        else:
            kind = SCENARIO if case.kind == "scenario" else RULE
            rows.append(_row(mine, kind, case.scenario, recipients=case.recipients, beaten=beaten))
    return pd.concat(rows, ignore_index=True)


def front_rows(table: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Put the baseline, scenarios, the rules' candidates and the front below each other.

    Parameters
    ----------
    table
        Candidates, with on_front and rules.
    scored
        From `scores`.

    Returns
    -------
    pandas.DataFrame
        Columns of `scores`. Each baseline, scenario and rule is followed by its S1 and S2; then
        come S3 and the front, from little to much extra travel of the moved.
    """
    costs = criteria(table)
    rows: list[pd.DataFrame] = []
    for place in range(len(scored)):
        mine = scored.iloc[[place]]
        rows += [mine, *_exchanges(table, mine, str(mine["name"].iloc[0]) or BASELINE)]
    for place in np.flatnonzero(table["rules"] != "").tolist():
        mine, name = table.iloc[[place]], str(table["rules"].iloc[place])
        beaten = float(beaten_by(costs, costs[place]).sum())
        rows += [_row(mine, RULE, name, beaten=beaten), *_exchanges(table, mine, name)]
    rows += [_row(table.iloc[[place]], S3, "") for place in frontier(table)]
    best = table[table["on_front"]]
    order = np.lexsort((np.arange(len(best)), *criteria(best).T[::-1]))
    rows.append(_row(best.iloc[order], FRONT, "", beaten=0.0))
    return pd.concat(rows, ignore_index=True)


def _exchanges(table: pd.DataFrame, mine: pd.DataFrame, name: str) -> list[pd.DataFrame]:
    found = ((S1, same_locations(table, mine)), (S2, same_travel(table, mine)))
    return [_row(table.iloc[[place]], kind, name) for kind, place in found if place is not None]


def _row(
    rows: pd.DataFrame,
    kind: str,
    name: str,
    *,
    recipients: str = "nearest",
    beaten: float = np.nan,
) -> pd.DataFrame:
    whole = rows.drop(columns=["on_front", "rules"], errors="ignore")
    return whole.assign(kind=kind, name=name, recipients=recipients, beaten_by=beaten)
