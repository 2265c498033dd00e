"""Who goes where: flows, from which every measure follows.

One row per postcode, provider before and provider after. The rule is ``nearest``: everyone goes to
the nearest provider, before and after; of equal minutes the location whose name sorts first. A
named recipient takes the demand of a provider that stops in its stead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.times import TravelTimes

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


def flows(
    times: TravelTimes,
    demand: NDArray[np.float64],
    *,
    providers: Sequence[str],
    stops: Sequence[str] = (),
    opens: Sequence[str] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
) -> pd.DataFrame:
    """Flows of one intervention under the rule ``nearest``.

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
        Provider that stops -> recipient -> share; without it, the nearest that is left.

    Returns
    -------
    pandas.DataFrame
        postcode, provider_before, provider_after (empty where none can be reached), demand,
        minutes_before, minutes_after (infinite where none can be reached), extra_minutes,
        moved (whether the provider before stops).

    Notes
    -----
    Where a location opens, everybody goes to the nearest location after the change, so that demand
    of a provider that stays can move too; `moved` is false for it.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> rows = flows(times, np.array([100.0, 50.0]), providers=["A", "B"], stops=["A"])
    >>> rows[["postcode", "provider_after", "extra_minutes"]].to_numpy().tolist()
    [['1', 'B', 15.0], ['2', 'B', 0.0]]
    """
    before = sorted(set(providers))
    after = sorted((set(providers) | set(opens)) - set(stops))
    columns = {name: place for place, name in enumerate(times.destinations)}
    to_before = times.minutes[:, [columns[name] for name in before]]
    to_after = times.minutes[:, [columns[name] for name in after]]
    chosen_before = nearest(to_before)
    names_before = _names(before, chosen_before)
    minutes_before = _minutes(to_before, chosen_before)
    chosen_after = nearest(to_after)
    parts = [
        pd.DataFrame(
            {
                "postcode": np.array(times.origins, dtype=object),
                "provider_before": names_before,
                "provider_after": _names(after, chosen_after),
                "demand": np.asarray(demand, dtype=np.float64),
                "minutes_before": minutes_before,
                "minutes_after": _minutes(to_after, chosen_after),
            }
        )
    ]
    for giver in sorted(moves_to or {}):
        takers = (moves_to or {})[giver]
        giving = parts[0]["provider_before"] == giver
        if giver not in stops or not giving.any():
            continue
        given, parts[0] = parts[0][giving], parts[0][~giving]
        # parts[0] loses rows as givers are served, so its index says which postcode a row is
        rows = given.index.to_numpy()
        parts += [
            given.assign(
                provider_after=taker,
                demand=given["demand"] * takers[taker],
                minutes_after=times.minutes[rows, columns[taker]],
            )
            for taker in sorted(takers)
        ]
    return _finish(parts, stops)


def _finish(parts: list[pd.DataFrame], stops: Sequence[str]) -> pd.DataFrame:
    out = pd.concat(parts, ignore_index=True)
    unreached = ~np.isfinite(out["minutes_after"].to_numpy())
    out.loc[unreached, "provider_after"] = ""
    with np.errstate(invalid="ignore"):
        extra = out["minutes_after"].to_numpy() - out["minutes_before"].to_numpy()
    out["extra_minutes"] = extra
    out["moved"] = out["provider_before"].isin(list(stops))
    order = ["postcode", "provider_before", "provider_after"]
    return out.sort_values(order, kind="stable", ignore_index=True)


def _names(locations: Sequence[str], chosen: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.array([*locations, ""], dtype=object)[chosen]


def _minutes(minutes: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    padded = np.column_stack([minutes, np.full(len(minutes), np.inf)])
    return np.asarray(padded[np.arange(len(minutes)), chosen])
