"""Car and public transport side by side: the rows of transit.csv, and the trips behind them.

Who goes where is decided by the study, by car; this says what the same people's trips are by public
transport. Means are over moved people who have a connection before and after, by car and by public
transport over the same people, so that they can be compared. Who has none is counted, in the unit
of the demand, and is in no mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.measures import measures, weighted_percentile
from impact.transit.rules import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result
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
    "last_home_before",
    "last_home_after",
)
_MEASURES = ("minutes", "share", "changes", "minutes_home", "last_home")
_WHEN = ("before", "after")


@dataclass(frozen=True)
class Ride:
    """The trip by public transport of one or several rows of flows, now and then.

    Attributes
    ----------
    minutes
        Now and then: means over who has a connection now and then; infinite where nobody has one.
        `None` where some have one now, others then, and nobody both.
    changes
        Then; `None` where not known, or of several rows.
    last_home
        Seconds of the day after which nobody gets home; `None` likewise.
    without
        Shares of people without a connection now and then, where some have one; else `None`.
    """

    minutes: tuple[float, float] | None
    changes: float | None = None
    last_home: float | None = None
    without: tuple[float, float] | None = None


def ridden(rows: pd.DataFrame, transit: TransitTimes) -> Ride:
    """Take rows of flows together as the card does.

    Parameters
    ----------
    rows
        Of the flows of a case.
    transit
        Trips between its postcodes and locations.

    Returns
    -------
    Ride
    """
    flows = with_trips(rows, transit)
    demand = flows["demand"].to_numpy(np.float64)
    if demand.sum() > 0.0:
        flows, demand = flows[demand > 0.0], demand[demand > 0.0]
    else:
        demand = np.ones(len(flows))
    before, after = (flows[f"transit_minutes_{when}"].to_numpy(np.float64) for when in _WHEN)
    had, has = np.isfinite(before), np.isfinite(after)

    def mean(values: NDArray[np.float64], kept: NDArray[np.bool_]) -> float:
        return float(np.average(values[kept], weights=demand[kept])) if kept.any() else np.inf

    minutes = None
    if (had & has).any():
        minutes = (mean(before, had & has), mean(after, had & has))
    elif not had.any() or not has.any():
        minutes = (mean(before, had), mean(after, has))
    some = any(each.any() and not each.all() for each in (had, has))
    lacking = [1.0 - float(demand[each].sum()) / float(demand.sum()) for each in (had, has)]
    without = (lacking[0], lacking[1]) if some else None
    if len(flows) > 1 or not has.all():
        return Ride(minutes, without=without)
    row = transit.origins.index(str(flows["postcode"].iloc[0]))
    column = transit.destinations.index(str(flows["provider_after"].iloc[0]))
    changes, last = (
        float(each) if np.isfinite(each) else None
        for each in (transit.changes[row, column], last_ways_home(transit)[row, column])
    )
    return Ride(minutes, changes, last, without)


def last_ways_home(transit: TransitTimes) -> NDArray[np.float64]:
    """Return after which second of the day nobody gets home.

    Parameters
    ----------
    transit
        Trips.

    Returns
    -------
    ndarray of float, shape (n_origins, n_destinations)
        NaN where not known: also of who gets home as late as was looked for.
    """
    return np.where(transit.last_home < transit.last_until, transit.last_home, np.nan)


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
    return with_trips(case.flows, transit)


def with_trips(flows: pd.DataFrame, transit: TransitTimes) -> pd.DataFrame:
    """Add trips by public transport to rows of flows, as `transit_flows` does."""
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
        **{
            f"last_home_{when}": _half_home(
                flows[f"transit_last_home_{when}"].to_numpy(np.float64)[compared],
                demand[compared],
                transit,
            )
            for when in _WHEN
        },
    }


def _half_home(
    last: NDArray[np.float64], demand: NDArray[np.float64], transit: TransitTimes
) -> str:
    """Time of day after which at least half of some people get home no more; empty: not known."""
    if not np.isfinite(last).all():
        return ""
    half = weighted_percentile(last, demand, 0.5)
    return clock(half) if half < transit.last_until else ""


def by_transit(result: Result) -> tuple[Case, ...]:
    """Return the principal cases with minutes by public transport, and nobody going elsewhere.

    Parameters
    ----------
    result
        Of a study with public transport.

    Returns
    -------
    tuple of Case
        Flows with minutes_before, minutes_after and extra_minutes by public transport, and their
        measures; none by car only.
    """
    transit = result.transit
    return (
        ()
        if transit is None
        else tuple(_by_transit(each.case, transit) for each in result.principal)
    )


def _by_transit(case: Case, transit: TransitTimes) -> Case:
    flows = ridden_flows(case.flows, transit)
    return replace(case, flows=flows, figures=measures(flows))


def ridden_flows(flows: pd.DataFrame, transit: TransitTimes) -> pd.DataFrame:
    """Put the minutes by public transport in the place of those by car."""
    rides = with_trips(flows, transit)
    before, after = (rides[f"transit_minutes_{when}"].to_numpy(np.float64) for when in _WHEN)
    known = np.isfinite(before)
    extra = np.subtract(after, before, out=np.full(len(flows), np.nan), where=known)
    return flows.assign(minutes_before=before, minutes_after=after, extra_minutes=extra)


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
