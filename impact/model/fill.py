"""Filling providers up to the norm (step 2), and the way that costs the least travel.

The published way. Providers that are still below the norm N after step 1, the smallest shortage
first, get patients from the other providers of their network, the nearest first, as far as these
have more than the norm:

    sent = min(what is still short, V(sender) - N)

From every postcode of the sender the same part sent / V(sender) goes. Where no surplus is left the
shortage stays.

The better way. The same volumes afterwards, with the least travel in total: a transportation
problem (Hitchcock 1941) over the postcodes and providers of the network. The published way is one
of its solutions, so that the best one never costs more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.model.allocation import split
from impact.model.catchment import columns_of, flow_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.model.catchment import Nearness

_LEAST = 1e-9
"""Patients a year below which a shortage or surplus is rounding."""

SHIPMENT_COLUMNS = ("network", "to", "from", "demand", "part")
SHORTAGE_COLUMNS = ("network", "location", "volume", "norm", "shortage")


@dataclass(frozen=True, eq=False)
class Filling:
    """What step 2 does.

    Attributes
    ----------
    flows
        As before step 2, with who is sent at the provider that they are sent to; `moved` says
        whether the provider after is another than before.
    shipments
        In the order in which they are made: network, to, from, demand, part (of every postcode of
        the sender, from which the receiver can be reached).
    shortages
        Providers that stay below the norm: network, location, volume, norm, shortage.
    """

    flows: pd.DataFrame
    shipments: pd.DataFrame
    shortages: pd.DataFrame


def fill_to_norm(
    nearness: Nearness,
    between: Nearness,
    flows: pd.DataFrame,
    *,
    norm: float,
    networks: Mapping[str, Sequence[str]],
    goes_on: Sequence[str],
) -> Filling:
    """Fill providers up to the norm from those with a surplus, the nearest first (step 2).

    Parameters
    ----------
    nearness
        Times from the postcodes to at least those that go on.
    between
        Times from location to location, with those that go on among both.
    flows
        From `impact.model.catchment.catchment_flows`.
    norm
        Volume per year, in the unit of the demand.
    networks
        Network -> its locations; a location that no network names neither sends nor receives.
    goes_on
        Locations that perform the treatment after step 1, new ones included.

    Returns
    -------
    Filling

    Raises
    ------
    InputError
        When the norm is not above 0.

    Examples
    --------
    >>> from impact.model.catchment import Nearness, catchment_flows, catchments
    >>> from impact.times import TravelTimes
    >>> near = Nearness(TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]])))
    >>> apart = Nearness(TravelTimes(("A", "B"), ("A", "B"), np.array([[0.0, 25.0], [25.0, 0.0]])))
    >>> both, network = ["A", "B"], {"Oost": ["A", "B"]}
    >>> before = catchments(near, np.array([100.0, 50.0]), providers=both)
    >>> rows = catchment_flows(near, before, providers=both, networks=network)
    >>> filled = fill_to_norm(near, apart, rows, norm=60.0, networks=network, goes_on=both)
    >>> filled.flows[["postcode", "provider_after", "demand"]].to_numpy().tolist()
    [['1', 'A', 90.0], ['1', 'B', 10.0], ['2', 'B', 50.0]]
    """
    if not 0.0 < norm < np.inf:
        raise InputError(Fault("fill", "", "norm", f"{norm:g}", "a number above 0"))
    times, minutes = nearness.times, nearness.minutes()
    place, before, after, demand = _arrays(nearness, flows)
    counted = demand > 0.0
    shipments: list[tuple[str, str, str, float, float]] = []
    shortages: list[tuple[str, str, float, float, float]] = []
    for network, locations in networks.items():
        column = {name: times.columns([name])[0] for name in sorted({*locations} & {*goes_on})}
        volume = {name: float(demand[after == each].sum()) for name, each in column.items()}
        short = sorted((norm - each, name) for name, each in volume.items() if norm - each > _LEAST)
        for shortage, receiver in short:
            left = shortage
            others = [name for name in column if name != receiver]
            for sender in between.by_nearness(receiver, others):
                at = np.flatnonzero((after == column[sender]) & (demand > 0.0))
                at = at[np.isfinite(minutes[place[at], column[receiver]])]
                there = float(demand[at].sum())
                sent = min(left, volume[sender] - norm, there)
                if sent <= _LEAST:
                    continue
                part = sent / there
                place, before = np.r_[place, place[at]], np.r_[before, before[at]]
                after = np.r_[after, np.full(len(at), column[receiver])]
                goes = demand[at] * part
                demand[at] -= goes
                demand, counted = np.r_[demand, goes], np.r_[counted, counted[at]]
                volume[sender] -= sent
                volume[receiver] += sent
                left -= sent
                shipments.append((network, receiver, sender, sent, part))
            if left > _LEAST:
                shortages.append((network, receiver, volume[receiver], norm, left))
    kept = (demand > 0.0) | ~counted
    return Filling(
        _gathered(nearness, place[kept], before[kept], after[kept], demand[kept]),
        pd.DataFrame(shipments, columns=list(SHIPMENT_COLUMNS)),
        pd.DataFrame(shortages, columns=list(SHORTAGE_COLUMNS)),
    )


def fill_by_least_travel(
    nearness: Nearness,
    filled: pd.DataFrame,
    *,
    networks: Mapping[str, Sequence[str]],
    goes_on: Sequence[str],
) -> pd.DataFrame:
    """Divide patients over the providers with the least travel, each with the same volume.

    Parameters
    ----------
    nearness
        As for `fill_to_norm`.
    filled
        Flows of `fill_to_norm`; the volume that every location has in them is its quota.
    networks, goes_on
        As for `fill_to_norm`.

    Returns
    -------
    pandas.DataFrame
        As `filled`. Everybody who is at a provider of the network may go to another of it, also
        who was not sent in step 2; of a postcode with several providers before, each is divided
        alike.

    Notes
    -----
    With d_i the demand of postcode i at the network, q_h the quotas and t_ih the minutes:

        minimise   sum_ih t_ih x_ih
        subject to sum_h x_ih = d_i  for every i,    sum_i x_ih = q_h  for every h,    x_ih >= 0
    """
    times, minutes = nearness.times, nearness.minutes()
    place, before, after, demand = _arrays(nearness, filled)
    parts = []
    settled = np.zeros(len(place), dtype=bool)
    for locations in networks.values():
        columns = np.array(times.columns(sorted({*locations} & {*goes_on})), dtype=np.int64)
        here = np.isin(after, columns) & (demand > 0.0)
        quotas = np.array([demand[here & (after == each)].sum() for each in columns])
        if not here.any():
            continue
        settled |= here
        some, back = np.unique(place[here], return_inverse=True)
        amount = np.zeros(len(some))
        np.add.at(amount, back, demand[here])
        given = split(minutes[np.ix_(some, columns)], amount, quotas)
        share = given / given.sum(axis=1, keepdims=True)
        row, to = np.nonzero(share[back] > 0.0)
        at = np.flatnonzero(here)[row]
        parts.append((place[at], before[at], columns[to], demand[at] * share[back][row, to]))
    rest = ~settled
    parts.append((place[rest], before[rest], after[rest], demand[rest]))
    return _gathered(nearness, *(np.concatenate(each) for each in zip(*parts, strict=True)))


def filling_cost(
    step_1: pd.DataFrame, filled: pd.DataFrame, least: pd.DataFrame
) -> dict[str, float]:
    """Return what filling up costs in minutes, as published and with the least travel.

    Parameters
    ----------
    step_1
        Flows before step 2.
    filled, least
        From `fill_to_norm` and `fill_by_least_travel`.

    Returns
    -------
    dict of str to float
        minutes_step_1, minutes_filled, minutes_least: demand times minutes after, added up over
        the demand that has a provider; filling and filling_least: how much filling adds;
        difference: minutes_filled less minutes_least.
    """
    total = {
        name: _total_minutes(flows)
        for name, flows in (("step_1", step_1), ("filled", filled), ("least", least))
    }
    return {
        **{f"minutes_{name}": minutes for name, minutes in total.items()},
        "filling": total["filled"] - total["step_1"],
        "filling_least": total["least"] - total["step_1"],
        "difference": total["filled"] - total["least"],
    }


def _total_minutes(flows: pd.DataFrame) -> float:
    """Demand times minutes after, over the demand that has a provider."""
    minutes = flows["minutes_after"].to_numpy(np.float64)
    reached = np.isfinite(minutes)
    return float((minutes[reached] * flows["demand"].to_numpy(np.float64)[reached]).sum())


def _arrays(
    nearness: Nearness, flows: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Rows and columns of the times, and demand, of flows."""
    times = nearness.times
    row = {postcode: each for each, postcode in enumerate(times.origins)}
    return (
        np.array([row[postcode] for postcode in flows["postcode"]], dtype=np.int64),
        columns_of(times, flows["provider_before"]),
        columns_of(times, flows["provider_after"]),
        flows["demand"].to_numpy(np.float64, copy=True),
    )


def _gathered(
    nearness: Nearness,
    place: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    demand: NDArray[np.float64],
) -> pd.DataFrame:
    """Flows with one row for each postcode and pair of providers."""
    keys, back = np.unique(np.column_stack([place, before, after]), axis=0, return_inverse=True)
    total = np.zeros(len(keys))
    np.add.at(total, back.ravel(), demand)
    start, end = keys[:, 1], keys[:, 2]
    return flow_rows(nearness, keys[:, 0], start, end, total, moved=start != end)
