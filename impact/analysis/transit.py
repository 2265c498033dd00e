"""Car and public transport side by side: the rows of transit.csv, and the trips behind them.

Who goes where is decided by the study, by car; this says what the same people's trips are by public
transport. Means are over moved people who have a connection before and after, by car and by public
transport over the same people, so that they can be compared. Who has none is counted, in the unit
of the demand, and is in no mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.transit.times import TransitTimes

TRANSIT_COLUMNS = (
    "intervention",
    "scenario",
    "recipients",
    "unit",
    "demand",
    "no_connection_before",
    "no_connection_after",
    "moved",
    "moved_no_connection_before",
    "moved_no_connection_after",
    "lost_connection",
    "gained_connection",
    "compared",
    "car_mean_before",
    "car_mean_after",
    "car_mean_extra",
    "transit_mean_before",
    "transit_mean_after",
    "transit_mean_extra",
    "changes_mean_before",
    "changes_mean_after",
)
_MEASURES = ("minutes", "share", "changes", "minutes_home", "last_home")
_WHEN = ("before", "after")


def transit_flows(case: Case, transit: TransitTimes) -> pd.DataFrame:
    """Return the flows of a case with their trips by public transport.

    Parameters
    ----------
    case
        Of the same study.
    transit
        Trips between its postcodes and locations.

    Returns
    -------
    pandas.DataFrame
        The columns of the flows, and per ``before`` and ``after``: transit_minutes (infinite
        without a connection, or without a provider), transit_share, transit_changes,
        transit_minutes_home, transit_last_home (seconds of the day).
    """
    flows = case.flows
    row = pd.Index(transit.origins).get_indexer(pd.Index(flows["postcode"]))
    more: dict[str, NDArray[np.float64]] = {}
    for when in _WHEN:
        column = pd.Index(transit.destinations).get_indexer(pd.Index(flows[f"provider_{when}"]))
        known = (row >= 0) & (column >= 0)
        for name in _MEASURES:
            nothing = {"minutes": np.inf, "share": 0.0, "minutes_home": np.inf}.get(name, np.nan)
            values = np.full(len(flows), nothing)
            values[known] = getattr(transit, name)[row[known], column[known]]
            more[f"transit_{name}_{when}"] = values
    return flows.assign(**more)


def transit_row(case: Case, transit: TransitTimes, unit: str) -> dict[str, object]:
    """Work out the row of one case.

    Parameters
    ----------
    case, transit
        As for `transit_flows`.
    unit
        Of the demand.

    Returns
    -------
    dict
        Column of `TRANSIT_COLUMNS` -> value; means are NaN where nobody is compared.
    """
    flows = transit_flows(case, transit)
    demand = flows["demand"].to_numpy(np.float64)
    moved = flows["moved"].to_numpy(np.bool_)
    had, has = (
        np.isfinite(flows[f"transit_minutes_{when}"].to_numpy(np.float64)) for when in _WHEN
    )
    driven = [flows[f"minutes_{when}"].to_numpy(np.float64) for when in _WHEN]
    compared = moved & had & has & np.isfinite(driven[0]) & np.isfinite(driven[1])

    def people(chosen: NDArray[np.bool_]) -> float:
        return float(demand[chosen].sum())

    def mean(values: NDArray[np.float64]) -> float:
        kept = compared & np.isfinite(values) & (demand > 0.0)
        return float(np.average(values[kept], weights=demand[kept])) if kept.any() else np.nan

    ridden = [flows[f"transit_minutes_{when}"].to_numpy(np.float64) for when in _WHEN]
    extra = {
        name: np.subtract(after, before, out=np.full(len(flows), np.nan), where=compared)
        for name, (before, after) in (("car", driven), ("transit", ridden))
    }
    return {
        "intervention": case.intervention.name,
        "scenario": case.scenario,
        "recipients": case.recipients,
        "unit": unit,
        "demand": float(demand.sum()),
        "no_connection_before": people(~had),
        "no_connection_after": people(~has),
        "moved": people(moved),
        "moved_no_connection_before": people(moved & ~had),
        "moved_no_connection_after": people(moved & ~has),
        "lost_connection": people(moved & had & ~has),
        "gained_connection": people(moved & ~had & has),
        "compared": people(compared),
        **{f"car_mean_{when}": mean(each) for when, each in zip(_WHEN, driven, strict=True)},
        "car_mean_extra": mean(extra["car"]),
        **{f"transit_mean_{when}": mean(each) for when, each in zip(_WHEN, ridden, strict=True)},
        "transit_mean_extra": mean(extra["transit"]),
        **{
            f"changes_mean_{when}": mean(flows[f"transit_changes_{when}"].to_numpy(np.float64))
            for when in _WHEN
        },
    }


def transit_rows(
    cases: Sequence[Case], transit: TransitTimes | None, unit_of: Callable[[str], str]
) -> pd.DataFrame:
    """Work out the rows of transit.csv.

    Parameters
    ----------
    cases
        Of the study.
    transit
        Its trips; `None` for a study by car only.
    unit_of
        Returns the unit of the demand of an intervention.

    Returns
    -------
    pandas.DataFrame
        Columns `TRANSIT_COLUMNS`; no rows by car only.
    """
    rows = (
        []
        if transit is None
        else [transit_row(each, transit, unit_of(each.intervention.name)) for each in cases]
    )
    return pd.DataFrame(rows, columns=list(TRANSIT_COLUMNS))
