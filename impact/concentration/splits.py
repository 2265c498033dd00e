"""Flows under a split: every provider gets its quota, with the least travel in total.

The transportation problem (Hitchcock 1941): postcodes i with demand d_i, providers h with quota
q_h, minutes t_ih,

    minimise   sum_ih t_ih x_ih
    subject to sum_h x_ih = d_i  for every i,    sum_i x_ih = q_h  for every h,    x_ih >= 0

solved with HiGHS. Quotas are scaled to the demand that has a route, so that shares count and not
the unit. Not everybody goes to the nearest: that is what a quota costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import LinearConstraint, milp

from impact.concentration.allocation import NOWHERE, flows, nearest
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.concentration.choice import Choice
    from impact.times import TravelTimes

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
    choice: Choice,
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
        As `impact.concentration.allocation.flows`. Under a split `moved` says whether the provider
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
