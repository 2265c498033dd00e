"""What stands beside a front: the baseline, scenarios and rules, and what each could become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.fronts import (
    beaten_by,
    criteria,
    frontier,
    same_locations,
    same_travel,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.concentration.result import Case

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
        Theirs, from `impact.concentration.sweep_rules.case_figures`.

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
