"""Who goes where: flows, from which every measure follows.

The transportation problem (Hitchcock 1941): postcodes i with demand d_i, providers h with quota
q_h, minutes t_ih,

    minimise   sum_ih t_ih x_ih
    subject to sum_h x_ih = d_i  for every i,    sum_i x_ih = q_h  for every h,    x_ih >= 0

solved with HiGHS. Quotas are scaled to the demand that has a route, so that shares count and not
the unit. Not everybody goes to the nearest: that is what a quota costs.

One row per postcode, provider before and provider after. Under ``nearest`` everyone goes to the
nearest provider, before and after; of equal minutes the location whose name sorts first. Under
``huff`` and ``logit`` demand spreads over providers by a formula, and who must move spreads by the
same formula over those that remain. Under ``observed`` everybody goes where the counts say, and who
must move goes to the nearest that remains. A named recipient takes the demand of a provider that
stops in its stead, whatever the rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact.errors import Fault, InputError
from impact.model.allocation_rule import EVERYBODY_NEAREST, NEAREST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.model.allocation_rule import AllocationRule
    from impact.times.matrix import TravelTimes

_LEAST_FLOW = 1e-9
"""Share of a postcode's demand below which a flow is rounding of the solver."""


def split(
    minutes: NDArray[np.float64], demand: NDArray[np.float64], quotas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Divide demand over providers by their quotas, with the least travel in total.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_providers)
        Infinite where there is no route.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    quotas : ndarray of float, shape (n_providers,)
        Shares of the whole; only their ratios count.

    Returns
    -------
    ndarray of float, shape (n_postcodes, n_providers)
        Demand per pair. Rows of postcodes without a route are zero.

    Raises
    ------
    InputError
        When the routes that exist cannot fill the quotas.

    Examples
    --------
    >>> split(np.array([[5.0, 20.0], [6.0, 9.0]]), np.array([50.0, 50.0]), np.array([30.0, 70.0]))
    array([[30., 20.],
           [ 0., 50.]])
    """
    from scipy import sparse
    from scipy.optimize import LinearConstraint, milp

    reached = np.isfinite(minutes)
    some = np.flatnonzero(reached.any(axis=1) & (demand > 0.0))
    place, provider = np.nonzero(reached[some])
    count, pairs = len(some), np.arange(len(place))
    wanted = quotas * (demand[some].sum() / quotas.sum())
    sums = sparse.csr_array(
        (
            np.ones(2 * len(place)),
            (np.r_[place, count + provider], np.r_[pairs, pairs]),
        ),
        shape=(count + len(quotas), len(place)),
    )
    exactly = np.r_[demand[some], wanted]
    # without whole numbers this is a linear program; bounds are zero and infinity by default
    found = milp(
        minutes[some[place], provider], constraints=LinearConstraint(sums, exactly, exactly)
    )
    if found.x is None:
        shown = ", ".join(f"{each:.0f}" for each in wanted)
        expected = "quotas that can be filled by those who have a route"
        raise InputError(Fault("split", "", "quotas", shown, expected))
    out = np.zeros(minutes.shape)
    amount = np.asarray(found.x)
    rounding = amount <= _LEAST_FLOW * demand[some[place]]
    out[some[place], provider] = np.where(rounding, 0.0, amount)
    return out


def split_flows(
    times: TravelTimes,
    demand: NDArray[np.float64],
    *,
    providers: Sequence[str],
    quotas: Mapping[str, float],
    choice: AllocationRule,
) -> pd.DataFrame:
    """Flows from the baseline to a split.

    Parameters
    ----------
    times
        Minutes from the postcodes to at least the providers.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    providers
        In the baseline.
    quotas
        Provider that stays -> its volume after the change.
    choice
        The allocation rule of the baseline.

    Returns
    -------
    pandas.DataFrame
        As `impact.model.allocation.flows`. Under a split `moved` says whether the provider
        after is another than before: nobody need stop for people to have to go elsewhere. Where
        people of one postcode go to several providers before, each of them is divided alike.
    """
    before = flows(times, demand, providers=providers, choice=choice)
    before = before.drop(columns=["provider_after", "minutes_after", "extra_minutes", "moved"])
    names = sorted(quotas)
    minutes = times.to(names)
    weights = np.asarray(demand, dtype=np.float64)
    given = split(minutes, weights, np.array([quotas[name] for name in names]))
    total = given.sum(axis=1)
    # a postcode without demand shows the nearest, as everywhere
    first = nearest(minutes)
    without = np.flatnonzero((total <= 0.0) & (first != NOWHERE))
    given[without, first[without]] = total[without] = 1.0
    place, to = np.nonzero(given)
    after = pd.DataFrame(
        {
            "postcode": np.array(times.origins, dtype=object)[place],
            "provider_after": np.array(names, dtype=object)[to],
            "share": given[place, to] / total[place],
            "minutes_after": minutes[place, to],
        }
    )
    out = before.merge(after, on="postcode", how="left")
    # a postcode without a route to any that stays has no row in `after`
    out = out.fillna({"provider_after": "", "share": 1.0, "minutes_after": np.inf})
    out["demand"] *= out["share"]
    with np.errstate(invalid="ignore"):
        extra = out["minutes_after"].to_numpy(np.float64) - out["minutes_before"].to_numpy()
    out["extra_minutes"] = extra
    out["moved"] = out["provider_before"] != out["provider_after"]
    order = ["postcode", "provider_before", "provider_after"]
    figures = ["demand", "minutes_before", "minutes_after", "extra_minutes", "moved"]
    return out[[*order, *figures]].sort_values(order, kind="stable", ignore_index=True)


NOWHERE = -1
"""Position that stands for: no reachable provider."""


def nearest(minutes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column of the least minutes in each row; the first of equals.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Columns sorted by location name, so that the first of equals is the first by name.

    Returns
    -------
    ndarray of int64, shape (n_postcodes,)
        `NOWHERE` where no location can be reached.

    Examples
    --------
    >>> nearest(np.array([[5.0, 5.0], [np.inf, 9.0], [np.inf, np.inf]]))
    array([ 0,  1, -1])
    """
    if minutes.shape[1] == 0:
        return np.full(len(minutes), NOWHERE)
    best = minutes.argmin(axis=1)
    reached = np.isfinite(minutes[np.arange(len(minutes)), best])
    return np.where(reached, best, NOWHERE)


def baseline(
    times: TravelTimes,
    demand: NDArray[np.float64],
    providers: Sequence[str],
    choice: AllocationRule = EVERYBODY_NEAREST,
) -> NDArray[np.float64]:
    """Demand of every postcode at every provider before anything changes.

    Parameters
    ----------
    times
        Minutes from the postcodes to at least the providers.
    demand : ndarray of float, shape (n_postcodes,)
        Residents, or patients per year. Under ``observed`` its division over providers is that of
        the counts; where none were counted there is nothing to divide.
    providers
        Columns of the answer, sorted.
    choice
        The allocation rule.

    Returns
    -------
    ndarray of float, shape (n_postcodes, n_providers)
        A row adds to the demand of the postcode, or to zero where no provider can be reached.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> baseline(times, np.array([100.0, 50.0]), ["A", "B"])
    array([[100.,   0.],
           [  0.,  50.]])
    """
    minutes = times.to(providers)
    demand = np.asarray(demand, dtype=np.float64)
    if choice.rule == NEAREST:
        return _one_hot(minutes) * demand[:, None]
    if choice.observed is None:
        return choice.shares(minutes, providers) * demand[:, None]
    counts = choice.observed.table(providers)
    total = counts.sum(axis=1)
    # a count is kept as it was given wherever the demand is the table's own
    scale = np.divide(demand, total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(counts * scale[:, None])


def flows(
    times: TravelTimes,
    demand: NDArray[np.float64],
    *,
    providers: Sequence[str],
    stops: Sequence[str] = (),
    opens: Sequence[str] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    choice: AllocationRule = EVERYBODY_NEAREST,
) -> pd.DataFrame:
    """Flows of one intervention.

    Parameters
    ----------
    times
        Minutes from the postcodes to (at least) the locations named here.
    demand : ndarray of float, shape (n_postcodes,)
        Residents, or patients per year.
    providers
        Locations that perform the intervention in the baseline.
    stops, opens
        Providers that stop, locations that start.
    moves_to
        Provider that stops -> recipient -> share; without it the rule decides.
    choice
        The allocation rule; everybody to the nearest by default.

    Returns
    -------
    pandas.DataFrame
        postcode, provider_before, provider_after (empty where none can be reached), demand,
        minutes_before, minutes_after (infinite where none can be reached), extra_minutes,
        moved (whether the provider before stops). Every postcode has a row, also without demand.

    Notes
    -----
    Where a location opens, demand of a provider that stays can move too; `moved` is false for it.
    Under ``nearest`` everybody goes to the nearest location after the change. Under ``huff`` and
    ``logit`` the new location draws its share from every provider alike. Under ``observed`` only
    who must move goes there.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> rows = flows(times, np.array([100.0, 50.0]), providers=["A", "B"], stops=["A"])
    >>> rows[["postcode", "provider_after", "extra_minutes"]].to_numpy().tolist()
    [['1', 'B', 15.0], ['2', 'B', 0.0]]
    """
    before = sorted({*providers, *choice.elsewhere})
    after = sorted({*providers, *opens} - set(stops))
    demand = np.asarray(demand, dtype=np.float64)
    counted = demand > 0.0
    # a postcode without demand goes where one person would, so that no map shows a hole
    at = baseline(times, np.where(counted, demand, 1.0), before, choice)
    to_before = times.to(before)
    to_after = times.to(after)
    if choice.spreads:
        spread = choice.shares(to_after, after)
        drawn = np.where(np.isin(after, list(opens)), spread, 0.0)
    else:
        spread = _one_hot(to_after)
        drawn = np.zeros_like(spread)
    named = moves_to or {}
    parts = [_nowhere(times, demand, at, (before, to_before), (after, to_after))]
    for column, name in enumerate(before):
        amount = at[:, column]
        if name in stops:
            takers = named.get(name)
            to, goes = (after, spread) if takers is None else _agreed(takers, len(at))
        elif choice.rule == NEAREST and opens:
            to, goes = after, spread
        else:
            stays = np.array([[1.0]]) - drawn.sum(axis=1, keepdims=True)
            to, goes = [name, *after], np.column_stack([stays, drawn])
        parts.append(_rows(times, name, to, goes * amount[:, None], amount))
    uncounted = np.flatnonzero(~counted)
    return _table(times, parts, stops, uncounted)


def _one_hot(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """All of a postcode at its nearest location; zeros where none can be reached."""
    chosen = nearest(minutes)
    out = np.zeros(minutes.shape)
    reached = np.flatnonzero(chosen != NOWHERE)
    out[reached, chosen[reached]] = 1.0
    return out


def _agreed(takers: Mapping[str, float], postcodes: int) -> tuple[list[str], NDArray[np.float64]]:
    names = sorted(takers)
    return names, np.tile([takers[name] for name in names], (postcodes, 1))


_Part = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Rows of flows: place of the postcode, columns of the times before and after, demand."""


def _rows(
    times: TravelTimes,
    name: str,
    to: Sequence[str],
    demand: NDArray[np.float64],
    amount: NDArray[np.float64],
) -> _Part:
    """Rows of the demand of one provider; what finds no way on keeps a row that says so."""
    lost = np.where(demand.sum(axis=1) > 0.0, 0.0, amount)
    demand = np.column_stack([demand, lost])
    place, goes = np.nonzero(demand > 0.0)
    here = np.full(len(place), times.columns([name])[0])
    return place, here, np.array([*times.columns(to), NOWHERE])[goes], demand[place, goes]


def _nowhere(
    times: TravelTimes,
    demand: NDArray[np.float64],
    at: NDArray[np.float64],
    before: tuple[Sequence[str], NDArray[np.float64]],
    after: tuple[Sequence[str], NDArray[np.float64]],
) -> _Part:
    """Rows of postcodes that are at no provider: from the nearest to the nearest."""
    place = np.flatnonzero(~(at > 0.0).any(axis=1))
    ends = [
        # the last column stands for `NOWHERE`
        np.array([*times.columns(names), NOWHERE])[nearest(minutes[place])]
        for names, minutes in (before, after)
    ]
    return place, ends[0], ends[1], demand[place]


def _table(
    times: TravelTimes,
    parts: Sequence[_Part],
    stops: Sequence[str],
    uncounted: NDArray[np.int64],
) -> pd.DataFrame:
    """Name the rows, in the order of postcode, provider before and provider after."""
    place, before, after, demand = (np.concatenate(each) for each in zip(*parts, strict=True))
    minutes = np.column_stack([times.minutes, np.full(len(times.minutes), np.inf)])
    minutes_before, minutes_after = minutes[place, before], minutes[place, after]
    # a provider that cannot be reached takes nobody; the last name stands for none
    after = np.where(np.isfinite(minutes_after), after, NOWHERE)
    codes = np.array(times.origins, dtype=object)
    names = np.array([*times.destinations, ""], dtype=object)
    by_code, by_name = _ranks(codes), _ranks(names)
    order = np.lexsort((by_name[after], by_name[before], by_code[place]))
    place, before, after = place[order], before[order], after[order]
    minutes_before, minutes_after = minutes_before[order], minutes_after[order]
    with np.errstate(invalid="ignore"):
        extra = minutes_after - minutes_before
    return pd.DataFrame(
        {
            "postcode": codes[place],
            "provider_before": names[before],
            "provider_after": names[after],
            "demand": np.where(np.isin(place, uncounted), 0.0, demand[order]),
            "minutes_before": minutes_before,
            "minutes_after": minutes_after,
            "extra_minutes": extra,
            "moved": np.isin(names, list(stops))[before],
        }
    )


def _ranks(names: NDArray[np.object_]) -> NDArray[np.int64]:
    """Place of each name among all of them, sorted."""
    return np.argsort(np.argsort(names, kind="stable"), kind="stable")
