"""Catchments with registered volumes, and what happens to them when providers stop.

Step 0. Every postcode i of the country belongs to the provider h that is nearest by travel time;
the postcodes of h are its catchment C(h). The volume V(h) of a provider is spread over its
catchment by weights w (residents, as a rule):

    n(i, h) = V(h) · w(i) / sum of w over C(h)   for i in C(h)

so that volumes add up to what was registered, whatever the size of a catchment.

Step 1. Within a network of locations, postcodes go to the nearest of those that go on or begin;
named recipients take the demand of a provider that stops in its stead, by their shares. Where
``moves_share`` is below 1 only that part of what would go elsewhere does.

Published impact analyses of 2024 work so, in whole minutes; equal minutes are then told apart by
distance, and equal distances by the postcode of the hospital.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.times.matrix import TravelTimes

EXACT = "exact"
WHOLE_MINUTES = "minutes"
ROUNDINGS = (EXACT, WHOLE_MINUTES)

NOWHERE = -1
"""Position that stands for: no reachable provider."""

_SHARES_ADD_TO = 1e-9


@dataclass(frozen=True, eq=False)
class Nearness:
    """Which of two locations is nearer, with the rule for equals.

    Attributes
    ----------
    times
        Minutes from the postcodes to the locations; ``km`` where distance is to tell equals apart.
    rounding
        ``"exact"``: minutes as they are; of equals the first by name. ``"minutes"``: whole minutes
        (halves to the even one); of equals the least distance where `times` has distances, then
        the first by `postcode_of`, then by name.
    postcode_of
        Location -> postcode of the hospital.
    """

    times: TravelTimes
    rounding: str = EXACT
    postcode_of: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDINGS:
            expected = said("one of {names}", names=", ".join(map(repr, ROUNDINGS)))
            near = nearest_names(self.rounding, ROUNDINGS)
            raise InputError(Fault("catchment", "", "rounding", self.rounding, expected, near))

    def minutes(self) -> NDArray[np.float64]:
        """Return the minutes that count, for all pairs.

        Returns
        -------
        ndarray of float, shape (n_origins, n_destinations)
        """
        return self._counted

    @cached_property
    def _counted(self) -> NDArray[np.float64]:
        exact = self.times.minutes
        return np.rint(exact) if self.rounding == WHOLE_MINUTES else exact

    def ordered(self, names: Sequence[str]) -> list[str]:
        """Return locations in the order in which equals are taken.

        Parameters
        ----------
        names
            Locations.

        Returns
        -------
        list of str
        """
        if self.rounding == EXACT or self.postcode_of is None:
            return sorted(names)
        postcode = self.postcode_of
        return sorted(names, key=lambda name: (postcode[name], name))

    def nearest(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the column of the nearest of some locations, for every origin.

        Parameters
        ----------
        names
            Destinations of the times, in any order.

        Returns
        -------
        ndarray of int64, shape (n_origins,)
            Columns of the times; `NOWHERE` where none can be reached.

        Examples
        --------
        >>> from impact.times import TravelTimes
        >>> minutes, km = np.array([[10.3, 9.8]]), np.array([[7.0, 9.0]])
        >>> times = TravelTimes(("p",), ("A", "B"), minutes, km)
        >>> Nearness(times).nearest(["A", "B"]), Nearness(times, "minutes").nearest(["A", "B"])
        (array([1]), array([0]))
        """
        count = len(self.times.origins)
        if not names:
            return np.full(count, NOWHERE)
        columns = np.array(self.times.columns(self.ordered(names)))
        minutes = self.minutes()[:, columns]
        least = minutes.min(axis=1)
        equal = minutes == least[:, None]
        if self.rounding == WHOLE_MINUTES and self.times.km is not None:
            place = np.where(equal, self.times.km[:, columns], np.inf).argmin(axis=1)
        else:
            place = equal.argmax(axis=1)
        return np.where(np.isfinite(least), columns[place], NOWHERE)

    def ranked(
        self, names: Sequence[str], rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Sort some locations for every origin, the nearest first.

        Parameters
        ----------
        names
            Destinations of the times, in any order.
        rows
            Places of origins; all by default.

        Returns
        -------
        ndarray of int64, shape (n_origins, n_names)
            Columns of the times. The first is that of `nearest`, wherever one can be reached.
        """
        columns = np.array(self.times.columns(self.ordered(names)), dtype=np.int64)
        pairs = (slice(None), columns) if rows is None else np.ix_(rows, columns)
        minutes = self.minutes()[pairs]
        km = np.zeros_like(minutes)
        if self.rounding == WHOLE_MINUTES and self.times.km is not None:
            km = self.times.km[pairs]
        # the sort is stable: what is still equal stays in the order of equals
        return columns[np.lexsort((km, minutes))]

    def by_nearness(self, origin: str, names: Sequence[str]) -> list[str]:
        """Sort the locations that can be reached from one origin, the nearest first.

        Parameters
        ----------
        origin
            One of the times.
        names
            Destinations of the times, in any order.

        Returns
        -------
        list of str
        """
        row = self.times.origins.index(origin)
        reached = np.isfinite(self.times.minutes[row])
        return [self.times.destinations[each] for each in self.ranked(names)[row] if reached[each]]


def catchments(
    nearness: Nearness,
    weights: NDArray[np.float64],
    *,
    providers: Sequence[str],
    volumes: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Divide the country into catchments and spread volumes over them (step 0).

    Parameters
    ----------
    nearness
        Times from every postcode of the country to at least the providers.
    weights : ndarray of float, shape (n_postcodes,)
        Residents, or any other weight of zero or more.
    providers
        All locations of the country that perform the treatment.
    volumes
        Provider -> volume per year, registered or modelled; without it the weights themselves are
        the demand.

    Returns
    -------
    pandas.DataFrame
        A row per postcode, in the order of the times: postcode, provider (empty where none can be
        reached), minutes, weight, demand.

    Raises
    ------
    InputError
        For a location without travel times, a volume of a location that is no provider, a provider
        without a volume, a negative one, or one without anybody in its catchment.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [4.0, 10.0]]))
    >>> found = catchments(
    ...     Nearness(times), np.array([300.0, 100.0]), providers=["A"], volumes={"A": 40.0}
    ... )
    >>> found["demand"].tolist()
    [30.0, 10.0]
    """
    times = nearness.times
    _refuse(_not_timed(times, "providers", providers))
    weights = np.asarray(weights, dtype=np.float64)
    chosen = nearness.nearest(providers)
    if volumes is None:
        demand = weights
    else:
        inside = np.zeros(len(times.destinations))
        reached = chosen != NOWHERE
        np.add.at(inside, chosen[reached], weights[reached])
        weight_of = dict(zip(times.destinations, inside.tolist(), strict=True))
        _refuse(_wrong_volumes(volumes, providers, weight_of))
        ratio = np.array(
            [
                volumes[name] / weight_of[name] if volumes.get(name, 0.0) > 0.0 else 0.0
                for name in times.destinations
            ]
        )
        demand = np.where(reached, weights * ratio[chosen], 0.0)
    return pd.DataFrame(
        {
            "postcode": np.array(times.origins, dtype=object),
            "provider": _names(times, chosen),
            "minutes": _minutes(nearness, np.arange(len(weights)), chosen),
            "weight": weights,
            "demand": demand,
        }
    )


def catchment_flows(
    nearness: Nearness,
    found: pd.DataFrame,
    *,
    providers: Sequence[str],
    networks: Mapping[str, Sequence[str]],
    stops: Sequence[str] = (),
    opens: Sequence[str] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    moves_share: float = 1.0,
) -> pd.DataFrame:
    """Send the catchments of those who stop to others of their network (step 1).

    Parameters
    ----------
    nearness
        As for `catchments`, with times to every location named here.
    found
        From `catchments`.
    providers
        The same as there.
    networks
        Network -> its locations; of each, those count that perform the treatment or begin. A
        location that no network names keeps its patients and takes nobody's.
    stops, opens
        Providers that stop, locations that begin; each in a network.
    moves_to
        Provider that stops -> recipient, of any network -> share; without it the nearest.
    moves_share
        Part of what would change provider that does; the rest stays, also with one that stops.

    Returns
    -------
    pandas.DataFrame
        As `impact.model.allocation.flows`, a row per postcode and pair of providers:
        postcode, provider_before, provider_after (empty where nobody of the network can be
        reached), demand, minutes_before, minutes_after, extra_minutes, and moved (whether the
        provider before stops and the demand goes). A postcode that reaches no provider belongs
        to no network and stays without.

    Raises
    ------
    InputError
        For a location in two networks, one that stops or begins and is in none, one that stops and
        is no provider or begins and is one, shares that do not add to 1, a recipient that does not
        go on, or a part outside 0 to 1.

    Notes
    -----
    Where a location begins, postcodes of the network that are nearer to it go there too, with fewer
    minutes; `moved` is false for them.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> near = Nearness(times)
    >>> before = catchments(near, np.array([100.0, 50.0]), providers=["A", "B"])
    >>> rows = catchment_flows(
    ...     near, before, providers=["A", "B"], networks={"Oost": ["A", "B"]}, stops=["A"]
    ... )
    >>> rows[["postcode", "provider_after", "extra_minutes"]].to_numpy().tolist()
    [['1', 'B', 15.0], ['2', 'B', 0.0]]
    """
    times = nearness.times
    named = moves_to or {}
    _refuse(_wrong_step(times, networks, providers, stops, opens, named, moves_share))
    before = columns_of(times, found["provider"])
    after = before.copy()
    for locations in networks.values():
        inside = [name for name in locations if name in providers]
        begin = [name for name in locations if name in opens]
        if not begin and not set(inside) & set(stops):
            continue
        goes_on = sorted({*inside, *begin} - set(stops))
        here = np.isin(before, times.columns(inside))
        after[here] = nearness.nearest(goes_on)[here]
    place = np.arange(len(found))
    demand = found["demand"].to_numpy(np.float64)
    agreed = np.isin(before, times.columns(sorted(named)))
    parts = [(place[~agreed], before[~agreed], after[~agreed], demand[~agreed])]
    for giver, shares in sorted(named.items()):
        at = np.flatnonzero(before == times.columns([giver])[0])
        for taker, share in sorted(shares.items()):
            to = np.full(len(at), times.columns([taker])[0])
            parts.append((at, before[at], to, demand[at] * share))
    rows, start, end, amount = (np.concatenate(each) for each in zip(*parts, strict=True))
    if moves_share < 1.0:
        goes = np.flatnonzero(start != end)
        rows, start = np.r_[rows, rows[goes]], np.r_[start, start[goes]]
        end = np.r_[end, start[goes]]
        stays = amount[goes] * (1.0 - moves_share)
        amount[goes] *= moves_share
        amount = np.r_[amount, stays]
    stopped = np.isin(start, times.columns(sorted(stops)))
    return flow_rows(nearness, rows, start, end, amount, moved=stopped & (start != end))


def flow_rows(
    nearness: Nearness,
    place: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    demand: NDArray[np.float64],
    *,
    moved: NDArray[np.bool_],
) -> pd.DataFrame:
    """Name flows and give them their minutes, in the order of postcode and providers.

    Parameters
    ----------
    nearness
        Says which minutes count.
    place, before, after : ndarray of int64, shape (n_rows,)
        Rows and columns of the times; `NOWHERE` for no provider.
    demand : ndarray of float, shape (n_rows,)
        Of each row.
    moved : ndarray of bool, shape (n_rows,)
        Of each row.

    Returns
    -------
    pandas.DataFrame
        As `catchment_flows`.
    """
    times = nearness.times
    minutes_before = _minutes(nearness, place, before)
    minutes_after = _minutes(nearness, place, after)
    # a location that cannot be reached takes nobody
    after = np.where(np.isfinite(minutes_after), after, NOWHERE)
    with np.errstate(invalid="ignore"):
        extra = minutes_after - minutes_before
    out = pd.DataFrame(
        {
            "postcode": np.array(times.origins, dtype=object)[place],
            "provider_before": _names(times, before),
            "provider_after": _names(times, after),
            "demand": demand,
            "minutes_before": minutes_before,
            "minutes_after": minutes_after,
            "extra_minutes": extra,
            "moved": moved,
        }
    )
    order = ["postcode", "provider_before", "provider_after"]
    return out.sort_values(order, kind="stable", ignore_index=True)


def columns_of(times: TravelTimes, names: Iterable[str]) -> NDArray[np.int64]:
    """Return the columns of locations in the times.

    Parameters
    ----------
    times
        Hold all of them.
    names
        Locations; an empty name stands for none.

    Returns
    -------
    ndarray of int64, shape (n_names,)
        `NOWHERE` for the empty name.
    """
    place = {name: column for column, name in enumerate(times.destinations)} | {"": NOWHERE}
    return np.array([place[name] for name in names], dtype=np.int64)


def ranked_shares(ranks: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Shares of several named recipients, as the published scripts work them out by rank.

    The first recipient gets everything; the second takes its share of that; each next one, of what
    the first has left, its share as a part of the shares that are still with the first:

        a(1) = 1,   a(r) = s(2) where r = 2, else a(1) · s(r) / [s(1) + s(r) + s(r+1) + ...],
        a(1) becomes a(1) - a(r)

    Shares that add to 1 come out as they went in. Others do not: the share of the second holds,
    and the rest is divided in proportion.

    Parameters
    ----------
    ranks
        Recipient and share, in the order of their ranks.

    Returns
    -------
    dict of str to float
        Recipient -> part of the demand; adds to 1.

    Raises
    ------
    InputError
        When a recipient occurs twice, a share lies outside 0 to 1, or they add to more than 1.

    Examples
    --------
    >>> ranked_shares([("A", 0.5), ("B", 0.25), ("C", 0.25)])
    {'A': 0.5, 'B': 0.25, 'C': 0.25}
    >>> ranked_shares([("A", 0.5), ("B", 0.25)])
    {'A': 0.75, 'B': 0.25}
    """
    names = [name for name, _ in ranks]
    shares = [share for _, share in ranks]
    faults = [
        Fault("moves_to", name, "share", f"{share:g}", "a share above 0 and at most 1")
        for name, share in ranks
        if not 0.0 < share <= 1.0
    ]
    faults += [
        Fault("moves_to", "", "recipient", name, "each recipient once")
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    total = float(sum(shares))
    if total > 1.0 + _SHARES_ADD_TO:
        faults.append(
            Fault(
                "moves_to",
                "",
                "share",
                said("{total:g} together", total=total),
                "at most 1 together",
            )
        )
    if not ranks:
        faults.append(Fault("moves_to", "", "recipient", None, "at least one recipient"))
    _refuse(faults)
    out = {names[0]: 1.0}
    for rank in range(1, len(ranks)):
        part = shares[rank] if rank == 1 else shares[rank] / (shares[0] + sum(shares[rank:]))
        out[names[rank]] = out[names[0]] * part
        out[names[0]] -= out[names[rank]]
    return out


def provider_volumes(flows: pd.DataFrame) -> pd.DataFrame:
    """Add up the demand of every provider, before and after.

    Parameters
    ----------
    flows
        From `catchment_flows` or a later step.

    Returns
    -------
    pandas.DataFrame
        Index ``location``, sorted; columns before and after. Demand without a provider stands
        under the empty name.
    """
    return (
        pd.DataFrame(
            {
                "before": flows.groupby("provider_before")["demand"].sum(),
                "after": flows.groupby("provider_after")["demand"].sum(),
            }
        )
        .reindex(sorted({*flows["provider_before"], *flows["provider_after"]}))
        .fillna(0.0)
        .rename_axis("location")
    )


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InputError(faults)


def _names(times: TravelTimes, columns: NDArray[np.int64]) -> NDArray[np.object_]:
    """Names of columns; the last one stands for none."""
    return np.array([*times.destinations, ""], dtype=object)[columns]


def _minutes(
    nearness: Nearness, place: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Minutes of rows to columns; infinite to none."""
    minutes = nearness.minutes()
    return np.column_stack([minutes, np.full(len(minutes), np.inf)])[place, columns]


def _not_timed(times: TravelTimes, field: str, names: Sequence[str]) -> list[Fault]:
    known = times.destinations
    return [
        Fault(
            "catchment", "", field, name, "a location with travel times", nearest_names(name, known)
        )
        for name in names
        if name not in known
    ]


def _wrong_volumes(
    volumes: Mapping[str, float], providers: Sequence[str], weight_of: Mapping[str, float]
) -> list[Fault]:
    faults = []
    for name, volume in volumes.items():
        if name not in providers:
            expected, near = "a provider of the treatment", nearest_names(name, providers)
            faults.append(Fault("volumes", "", "location", name, expected, near))
        elif not 0.0 <= volume < np.inf:
            faults.append(Fault("volumes", name, "volume", f"{volume:g}", "0 or more"))
        elif volume > 0.0 and weight_of[name] <= 0.0:
            expected = "somebody whose nearest provider it is (or its volume at another location)"
            faults.append(Fault("volumes", name, "volume", f"{volume:g}", expected))
    faults += [
        Fault("volumes", name, "volume", None, "a volume of every provider, registered or modelled")
        for name in sorted(set(providers) - set(volumes))
    ]
    return faults


def _wrong_step(
    times: TravelTimes,
    networks: Mapping[str, Sequence[str]],
    providers: Sequence[str],
    stops: Sequence[str],
    opens: Sequence[str],
    named: Mapping[str, Mapping[str, float]],
    moves_share: float,
) -> list[Fault]:
    """Everything that is wrong with what was asked of step 1."""
    faults = _not_timed(times, "opens", opens)
    home: dict[str, str] = {}
    for network, locations in networks.items():
        for name in locations:
            if home.setdefault(name, network) != network:
                expected: str = said(
                    "each location in one network (it is also in {network})", network=home[name]
                )
                faults.append(Fault("networks", network, "location", name, expected))
    for field, names in (("stops", stops), ("opens", opens)):
        faults += [
            Fault(
                "catchment", "", field, name, "a location of a network", nearest_names(name, home)
            )
            for name in names
            if name not in home
        ]
    faults += [
        Fault("catchment", "", "stops", name, "a provider", nearest_names(name, providers))
        for name in stops
        if name not in providers
    ]
    faults += [
        Fault("catchment", "", "opens", name, "a location that is no provider yet")
        for name in opens
        if name in providers
    ]
    goes_on = {*providers, *opens} - set(stops)
    for giver, shares in named.items():
        if giver not in stops:
            expected, near = "a provider that stops", nearest_names(giver, stops)
            faults.append(Fault("moves_to", "", "from", giver, expected, near))
        for taker in sorted(set(shares) - goes_on):
            expected, near = "a location that goes on", nearest_names(taker, goes_on)
            faults.append(Fault("moves_to", giver, "to", taker, expected, near))
        total = float(sum(shares.values()))
        if min(shares.values(), default=0.0) <= 0.0 or abs(total - 1.0) > _SHARES_ADD_TO:
            expected = "shares above 0 that add to 1"
            faults.append(
                Fault("moves_to", giver, "share", said("{total:g} together", total=total), expected)
            )
    if not 0.0 < moves_share <= 1.0:
        expected = "a part above 0 and at most 1"
        faults.append(Fault("catchment", "", "moves_share", f"{moves_share:g}", expected))
    return faults
