"""What is optimised: demand, minutes, volumes, locks and limits, and what they say beforehand.

A registered count is divided over the postcodes of its provider (those that live nearest to it) as
their demand is, and moves with them. A provider without a count gets as many patients per head as
all that have one together: that is modelled, and said. Without any count demand itself is the
volume.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError
from impact.messages import said
from impact.model.allocation import NOWHERE, nearest
from impact.model.demand import PATIENTS, REGISTERED
from impact.model.volumes import RegisteredCounts, case_volumes
from impact.notes import Note
from impact.study.model import MODELLED
from impact.sweep.arrays import divided_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.messages import Said
    from impact.model.case import Case
    from impact.model.flow_ends import FlowEnds

_SHOWN = 5
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Problem:
    """One redistribution to be found.

    Attributes
    ----------
    names
        Locations, sorted, so that of equal minutes the first by name wins.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Infinite where there is no route.
    demand : ndarray of float, shape (n_postcodes,)
        Patients per year, or a weight.
    counted : ndarray of bool, shape (n_locations,)
        Locations of the study: they count towards `least` and `most`, and have a minimum and a
        capacity. The others are those of other regions, which are open whatever is decided.
    open, closed : ndarray of bool, shape (n_locations,)
        Locks.
    least, most
        How many counted locations are open.
    minimum
        Least volume of an open counted location, in `volume_unit`; zero: none is asked for.
    capacity : ndarray of float, shape (n_locations,)
        Most volume; infinite where none is known.
    group : ndarray of int, shape (n_postcodes,)
        Of each postcode, for the objective `worst`.
    objective, limit
        One of `impact.optimise.query.OBJECTIVES`, and minutes beyond which demand counts
        (strictly).
    unit
        Of the demand, for messages.
    volume : ndarray of float, shape (n_postcodes,), or None
        What a postcode adds to the volume of the location that it goes to; `None`: its demand.
    volume_unit
        Of the volumes, for messages; empty: that of the demand.
    todays : ndarray of bool, shape (n_locations,), or None
        Of these one at least stays: the providers of today, as in a sweep; `None`: all may stop.
    """

    names: tuple[str, ...]
    minutes: NDArray[np.float64]
    demand: NDArray[np.float64]
    counted: NDArray[np.bool_]
    open: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    least: int
    most: int
    minimum: float
    capacity: NDArray[np.float64]
    group: NDArray[np.int64]
    objective: str = "minutes"
    limit: float = 45.0
    unit: str = "residents"
    volume: NDArray[np.float64] | None = None
    volume_unit: str = ""
    todays: NDArray[np.bool_] | None = None

    @property
    def brings(self) -> NDArray[np.float64]:
        """Volume that each postcode brings to where it goes."""
        return self.demand if self.volume is None else self.volume

    @property
    def counts(self) -> str:
        """Unit of the volumes."""
        return self.volume_unit or self.unit

    @property
    def free(self) -> NDArray[np.bool_]:
        """Locations about which there is something to decide."""
        return ~self.open & ~self.closed

    @property
    def has_route(self) -> NDArray[np.bool_]:
        """Postcodes with demand that can reach a location that may be open."""
        reached = (np.isfinite(self.minutes) & ~self.closed).any(axis=1)
        return np.asarray(reached & (self.demand > 0.0))

    def keeps_one(self, is_open: NDArray[np.bool_]) -> bool:
        """Whether one of today's providers is open, where that is asked."""
        return self.todays is None or bool((self.todays & is_open).any())

    @property
    def must_keep_one(self) -> NDArray[np.bool_] | None:
        """Today's providers, where nothing else makes that one of them stays; otherwise `None`."""
        if self.todays is None or (self.todays & self.open).any():
            return None
        others = ~self.todays & ~self.closed
        implied = not others.any() or self.least > int((others & self.counted).sum())
        return None if implied else self.todays

    def chosen(self, is_open: NDArray[np.bool_]) -> tuple[str, ...]:
        """Names of the counted locations among those that are open."""
        return tuple(self.names[h] for h in np.flatnonzero(is_open & self.counted))

    def listed(self, which: NDArray[np.bool_]) -> str:
        """Names of some locations, for messages."""
        names = [self.names[place] for place in np.flatnonzero(which)]
        rest = len(names) - _SHOWN
        shown = ", ".join(names[:_SHOWN])
        return said("{names} and {rest} more", names=shown, rest=rest) if rest > 0 else shown


_AMOUNTS = {
    PATIENTS: "{count:,.10g} patients",
    "residents": "{count:,.10g} residents",
    "residents 65+": "{count:,.10g} residents of 65 and older",
    "residents 75+": "{count:,.10g} residents of 75 and older",
}
"""Unit -> how so many are said."""


def amount(count: float, unit: str) -> Said:
    """Say how many of a unit.

    Examples
    --------
    >>> amount(1250.2, "residents"), amount(50.0, "weight: people")
    ('1,250 residents', '50 (weight: people)')
    """
    shown = round(count) if count > 1.0 else count
    plain = "{count:,.10g} ({unit})"
    return said(_AMOUNTS.get(unit, plain), count=shown, unit=unit)


def most_volume(problem: Problem) -> NDArray[np.float64]:
    """Volume of each location if only it and those that are open anyway were open.

    No redistribution gives a location more: whoever is nearer to one that must be open never comes.

    Parameters
    ----------
    problem
        With its locks.

    Returns
    -------
    ndarray of float, shape (n_locations,)
        Zero for those that must be closed.
    """
    column = np.arange(len(problem.names))
    fixed = np.where(problem.open, problem.minutes, np.inf)
    best = fixed.min(axis=1) if problem.open.any() else np.full(len(fixed), np.inf)
    first = np.where(np.isfinite(best), fixed.argmin(axis=1), len(column))
    nearer = (problem.minutes < best[:, None]) | (
        (problem.minutes == best[:, None]) & (column <= first[:, None])
    )
    comes = nearer & np.isfinite(problem.minutes) & ~problem.closed
    return np.asarray(problem.brings @ comes, dtype=np.float64)


def fixed_by_volume(problem: Problem) -> Problem:
    """Close the locations that cannot reach the minimum whatever else is closed.

    Parameters
    ----------
    problem
        Any.

    Returns
    -------
    Problem
        With more of them closed, and the same optimum.
    """
    hopeless = most_volume(problem) < problem.minimum * (1.0 - _ROUNDING)
    return replace(problem, closed=problem.closed | (hopeless & problem.counted & problem.free))


def contradictions(problem: Problem) -> Iterator[str]:
    """Say, with numbers, why nothing can be found; nothing is said where something may be.

    Parameters
    ----------
    problem
        As asked, before any location was closed for want of volume.

    Yields
    ------
    str
        One reason each.
    """
    counted = problem.counted
    able = counted & ~problem.closed
    must = counted & problem.open
    if not problem.has_route.any():
        total = float(problem.demand.sum())
        yield said(
            "nobody has a route to a location that may be open: {total}",
            total=amount(total, problem.unit),
        )
        return
    total, unit = float(problem.brings.sum()), problem.counts
    least = max(problem.least, int(must.sum()))
    if problem.least > able.sum():
        yield said(
            "locations asked for: {least}; only {able} may be open",
            least=problem.least,
            able=int(able.sum()),
        )
    if must.sum() > problem.most:
        yield said(
            "locations that must stay: {must}; at most {most} may be open",
            must=int(must.sum()),
            most=problem.most,
        )
    if not problem.keeps_one(able):
        yield "all of today's providers must stop; one at least stays"
    if (counted & problem.open & problem.closed).any():
        both = problem.listed(counted & problem.open & problem.closed)
        yield said("{names} must be open and must be closed", names=both)
    if problem.minimum > 0.0 and not (~counted & problem.open).any():
        needed = least * problem.minimum
        if needed > total * (1.0 + _ROUNDING):
            yield said(
                "{least} locations x {minimum:g} need {needed}; the region has {total:,.0f}",
                least=least,
                minimum=problem.minimum,
                needed=amount(needed, unit),
                total=total,
            )
    if problem.minimum > 0.0:
        yield from _short_of_volume(problem, able, must)
        yield from _cut_off(problem)
    room = np.sort(np.where(able, problem.capacity, 0.0))[::-1][: max(problem.most, 0)].sum()
    total = float(problem.brings[problem.has_route].sum())
    if room < total * (1.0 - _ROUNDING) and not (~counted & problem.open).any():
        yield said(
            "the {count} largest capacities add to {room:,.0f}; the region has {total}",
            count=min(problem.most, int(able.sum())),
            room=float(room),
            total=amount(total, unit),
        )


def _cut_off(problem: Problem) -> Iterator[str]:
    """Name who can only reach locations that are too small to be open."""
    ways = np.isfinite(problem.minutes) & (problem.demand > 0.0)[:, None]
    lost = problem.has_route & ~fixed_by_volume(problem).has_route
    if lost.any():
        which = np.asarray((ways[lost] & ~problem.closed).any(axis=0), dtype=bool)
        yield said(
            "{total} have no route but to {names}, which cannot reach {minimum:g}",
            total=amount(float(problem.demand[lost].sum()), problem.unit),
            names=problem.listed(which),
            minimum=problem.minimum,
        )


def _short_of_volume(
    problem: Problem, able: NDArray[np.bool_], must: NDArray[np.bool_]
) -> Iterator[str]:
    most = most_volume(problem)
    reach = most >= problem.minimum * (1.0 - _ROUNDING)
    for place in np.flatnonzero(must & ~reach):
        yield said(
            "{name} must stay, but even if everything else that may close did, it would have "
            "{most:,.0f} of the {needed} it needs",
            name=problem.names[place],
            most=float(most[place]),
            needed=amount(problem.minimum, problem.counts),
        )
    if problem.least <= able.sum() and (able & reach).sum() < problem.least:
        yield said(
            "locations asked for: {least}; only {able} can reach {needed} (not {names})",
            least=problem.least,
            able=int((able & reach).sum()),
            needed=amount(problem.minimum, problem.counts),
            names=problem.listed(able & ~reach),
        )


@dataclass(frozen=True, eq=False)
class Volume:
    """What each postcode adds to the volume of the location that it goes to.

    Attributes
    ----------
    brings : ndarray of float, shape (n_postcodes,)
        Per year, or in the unit of the demand.
    unit
        Of the volumes.
    registered
        Location -> count; empty where demand is the volume.
    scaled
        Location -> modelled count, of those without a registered one.
    """

    brings: NDArray[np.float64]
    unit: str
    registered: Mapping[str, float] = field(default_factory=dict)
    scaled: Mapping[str, float] = field(default_factory=dict)

    def of_case(self, case: Case, unit: str, ends: FlowEnds | None = None) -> pd.DataFrame:
        """Volumes per location before and after a case.

        Parameters
        ----------
        case
            With its flows, everybody to the nearest.
        unit
            Of the demand.
        ends
            What hidden counts leave open of the flows.

        Returns
        -------
        pandas.DataFrame
            As `impact.model.volumes.case_volumes`; a row that rests on a scaled count is
            ``modelled``, and not held against the norm.
        """
        if not self.registered:
            return case_volumes(case, unit, None, ends=ends)
        counts: Mapping[str, float] = {**self.scaled, **self.registered}
        if isinstance(self.registered, RegisteredCounts):
            counts = self.registered.beside(self.scaled)
        out = case_volumes(case, unit, counts, ends=ends)
        rows = case.flows
        given = rows["provider_before"].isin(list(self.scaled)) & (rows["demand"] > 0.0)
        touched = out["location"].isin({*self.scaled, *rows.loc[given, "provider_after"]})
        meets = out["meets_norm"].mask(touched, "")
        return out.assign(kind=out["kind"].mask(touched, MODELLED), meets_norm=meets)

    def note(self, intervention: str) -> Note:
        """Note what counted as volume."""
        if not self.registered:
            return Note.of("optimum_demand", name=intervention)
        if not self.scaled:
            return Note.of("optimum_registered", name=intervention)
        return Note.of("optimum_scaled", name=intervention, names=tuple(sorted(self.scaled)))

    @property
    def kind(self) -> str:
        """``registered``, ``registered and modelled``, ``modelled``, or empty for residents."""
        if self.registered:
            return f"{REGISTERED} and {MODELLED}" if self.scaled else REGISTERED
        return MODELLED if self.unit == PATIENTS else ""


def volume_of(
    names: Sequence[str],
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    *,
    before: Sequence[str],
    unit: str,
    registered: Mapping[str, float] | None,
    about: tuple[str, str],
) -> Volume:
    """Find what each postcode adds to volumes.

    Parameters
    ----------
    names
        Locations, sorted.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        To them.
    demand : ndarray of float, shape (n_postcodes,)
        Of each postcode.
    before
        Locations that demand may be at before the change.
    unit
        Of the demand.
    registered
        Provider -> count per year; `None` where there is none, or where it is not wanted.
    about
        Study and intervention, for messages.

    Returns
    -------
    Volume

    Raises
    ------
    InputError
        Where nobody lives nearest to a provider with patients: nothing says where they would go.
    """
    if not registered:
        return Volume(demand, unit)
    counts = np.array([registered.get(name, np.nan) for name in names])
    base = nearest(np.where(np.isin(names, list(before)), minutes, np.inf))
    brings, at = divided_counts(counts, base, demand)
    study, intervention = about
    faults = [
        Fault(
            study,
            said("intervention {name}", name=intervention),
            "volumes",
            f"{names[place]}: {counts[place]:g}",
            "counts of providers that somebody lives nearest to, or --volumes demand",
        )
        for place in np.flatnonzero((at == 0.0) & (counts > 0.0)).tolist()
    ]
    if faults:
        raise InputError(faults)
    known = np.isfinite(counts) & (at > 0.0)
    rate = counts[known].sum() / at[known].sum() if known.any() else 0.0
    unknown = (base != NOWHERE) & np.isnan(counts)[base]
    brings = np.where(unknown, rate * demand, brings)
    scaled = {
        names[place]: rate * float(at[place])
        for place in np.flatnonzero(np.isnan(counts) & (at > 0.0)).tolist()
    }
    return Volume(brings, PATIENTS, registered, scaled)
