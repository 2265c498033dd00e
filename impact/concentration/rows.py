"""Rows of the cases as tables: flows, and their sums per postcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.concentration.measures import by_place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from impact.concentration.result import Case


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below one another.

    Parameters
    ----------
    parts
        With the same columns; none gives an empty table.

    Returns
    -------
    pandas.DataFrame
    """
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def stacked(
    cases: Sequence[Case],
    rows_of: Callable[[Case], pd.DataFrame],
    remarks: pd.Series[str],
) -> pd.DataFrame:
    """Put the rows of every case in one table, with the ferry remark behind.

    Parameters
    ----------
    cases
        In the order of the rows.
    rows_of
        `flow_rows` or `postcode_rows`.
    remarks
        Ferry remark per postcode.

    Returns
    -------
    pandas.DataFrame
    """
    out = joined([rows_of(case) for case in cases])
    return out.assign(ferry=remarks.reindex(out["postcode"]).to_numpy())


def flow_rows(case: Case) -> pd.DataFrame:
    """Give the flows of a case, named.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    pandas.DataFrame
        Columns of flows.csv but ``ferry``.
    """
    rows = case.flows.drop(columns="moved")
    rows.insert(1, "intervention", case.intervention.name)
    rows.insert(2, "scenario", case.scenario)
    return rows


def postcode_rows(case: Case) -> pd.DataFrame:
    """Sum the flows of a case per postcode.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    pandas.DataFrame
        Columns of postcodes.csv but ``ferry``.
    """
    places = by_place(case.flows, case.flows["postcode"]).drop(columns="max_extra")
    # the largest flow names the provider; flows are sorted, so of equals the first by name
    largest = case.flows.sort_values("demand", ascending=False, kind="stable")
    largest = largest.drop_duplicates("postcode").set_index("postcode")
    places["nearest_before"] = largest["provider_before"]
    places["nearest_after"] = largest["provider_after"]
    places.insert(0, "intervention", case.intervention.name)
    places.insert(1, "scenario", case.scenario)
    return places.rename_axis("postcode").reset_index()
