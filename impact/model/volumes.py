"""Volumes per location before and after, held against the norm.

Registered counts, where the user has them, are the baseline and are never overwritten: what moves
is the registered count of a provider, divided as its flows are. Without them patients per year that
the model allots are 'modelled', or 'counted' where they were counted at each provider. Residents
are no volume.

Whether a location meets the norm is said of registered and counted volumes only, and only where the
bounds of hidden counts (``<10``) leave no doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.demand import PATIENTS
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import CATCHMENT
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.study.model import Study
    from impact.tables.text_table import Table

COLUMNS = (
    "intervention",
    "scenario",
    "location",
    "volume_before",
    "volume_after",
    "norm",
    "meets_norm",
    "kind",
)

NORM_TOLERANCE = 1e-9
"""Part of the norm that only the order of summation can make."""


@dataclass(frozen=True, eq=False)
class RegisteredCounts(Mapping[str, float]):
    """Location -> registered count per year; of a hidden count halfway between its bounds.

    Attributes
    ----------
    middle, low, high
        Location -> count; `low` and `high` differ where a count is hidden.
    """

    middle: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]

    def __getitem__(self, location: str) -> float:
        return self.middle[location]

    def __iter__(self) -> Iterator[str]:
        return iter(self.middle)

    def __len__(self) -> int:
        return len(self.middle)

    def beside(self, others: Mapping[str, float]) -> RegisteredCounts:
        """Return these counts, and others of locations that have none."""
        bounds = (self.middle, self.low, self.high)
        return RegisteredCounts(*({**others, **each} for each in bounds))

    def exactly(self, location: str) -> bool:
        """Whether the count of a location is not hidden."""
        return self.low[location] == self.high[location]

    @property
    def exact(self) -> bool:
        """Whether no count is hidden."""
        return all(map(self.exactly, self.middle))


def hidden_ends(registered: Mapping[str, float] | None) -> tuple[Mapping[str, float], ...]:
    """Return the least and the greatest counts, where some are hidden."""
    if not isinstance(registered, RegisteredCounts) or registered.exact:
        return ()
    return registered.low, registered.high


def exactly_known(registered: Mapping[str, float] | None) -> bool:
    """Whether there are counts, and none of them is hidden."""
    if isinstance(registered, RegisteredCounts):
        return registered.exact
    return registered is not None


def read_volumes(study: Study, hospitals: Sequence[str]) -> Loaded[dict[str, RegisteredCounts]]:
    """Read the registered counts that a study names.

    Parameters
    ----------
    study
        Interventions with `volumes`: a CSV with ``location``, ``volume`` (per
        year or over `years`, in the unit of the norm) and perhaps ``intervention``.
    hospitals
        Known locations.

    Returns
    -------
    Loaded
        Of a dict of str to `RegisteredCounts`: intervention -> location -> count; no entry where
        the study names no table.

    Raises
    ------
    InputError
        For negative or missing counts, a location listed twice, unknown names, or a table
        without a row of the intervention.
    """
    out: dict[str, RegisteredCounts] = {}
    notes, sources = [], []
    for intervention in study.interventions:
        if not intervention.volumes:
            continue
        table = read_table(study.path(intervention.volumes))
        table.require(["location", "volume"])
        faults = _unknown_names(table, study, hospitals)
        if "intervention" in table.frame:
            chosen = table.frame["intervention"] == intervention.name
            table = table.part(chosen.to_numpy())
        years = study.years_of(intervention)
        counts, wrong = table.counts("volume")
        counts = counts.per_year(years)
        faults += wrong + table.unique("location")
        if table.frame.empty:
            expected = said("at least one row of {name!r}", name=intervention.name)
            faults.append(Fault(table.name, "", "intervention", None, expected))
        if faults:
            raise InputError(faults)
        registered, low, high = (
            dict(zip(table.frame["location"], each.tolist(), strict=True)) for each in counts
        )
        notes += [*table.notes, *counts.notes(table.name, years)]
        notes += table.unused(("location", "volume", "intervention"), known=("intervention",))
        counting = set(intervention.providers)
        if intervention.allocation == CATCHMENT:
            counting |= set(intervention.outside)
        unused = sorted(set(registered) - counting)
        if unused and intervention.allocation == CATCHMENT:
            expected = said("a provider of {name!r}", name=intervention.name)
            raise InputError(
                [
                    Fault(table.name, "", "location", name, expected, nearest_names(name, counting))
                    for name in unused
                ]
            )
        if unused:
            about = {"name": intervention.name, "names": tuple(unused)}
            notes.append(Note.of("volumes", file=table.name, **about))
        sources.append({"name": table.name, "sha256": table.sha256})
        out[intervention.name] = RegisteredCounts(
            *(
                {name: count for name, count in each.items() if name in counting}
                for each in (registered, low, high)
            )
        )
    return Loaded(out, tuple(notes), distinct_sources(*sources))


def exact_totals(study: Study, hospitals: Sequence[str]) -> dict[str, dict[str, float]]:
    """Read the registered counts that are not hidden themselves, of interventions with flows.

    Parameters
    ----------
    study, hospitals
        As for `read_volumes`.

    Returns
    -------
    dict of str to dict of str to float
        Intervention -> location -> count.
    """
    asked = replace(study, interventions=tuple(each for each in study.interventions if each.flows))
    return {
        name: {each: count for each, count in found.items() if found.exactly(each)}
        for name, found in read_volumes(asked, hospitals).value.items()
    }


def _unknown_names(table: Table, study: Study, hospitals: Sequence[str]) -> list[Fault]:
    """Faults for names that nothing else in the study knows: a slip must not pass as absence."""
    known = {"location": list(hospitals), "intervention": study.names}
    expected = {"location": "a hospital location", "intervention": "an intervention of the study"}
    return [
        Fault(
            table.name,
            table.where(row),
            column,
            name,
            expected[column],
            nearest_names(name, known[column]),
        )
        for column in known
        if column in table.frame
        for row, name in zip(table.rows, table.frame[column], strict=True)
        if name not in known[column]
    ]


def case_volumes(
    case: Case,
    unit: str,
    registered: Mapping[str, float] | None,
    *,
    counted: bool = False,
    bounds: Sequence[NDArray[np.float64]] = (),
) -> pd.DataFrame:
    """Volumes of one case.

    Parameters
    ----------
    case
        With its flows.
    unit
        Of the demand.
    registered
        Location -> count per year, where there are registered counts.
    counted
        Whether the demand was counted at each provider, with no count hidden.
    bounds
        Least and most demand of every flow, where it was counted and some counts are hidden.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, one row per location that performs the intervention before or after.
        Volumes are empty where they are not known, and `meets_norm` where it is not certain: of
        modelled volumes, and where hidden counts leave it open.
    """
    rows = case.flows
    before = rows.groupby("provider_before")["demand"].sum()
    after = rows.groupby("provider_after")["demand"].sum()
    used = set(before.index) | set(after.index) - {""}
    ends = [rows.assign(demand=each).groupby("provider_after")["demand"].sum() for each in bounds]
    places = {*case.intervention.providers, *case.opens, *(used & set(case.outside))}
    norm = np.nan if case.intervention.norm is None else case.intervention.norm
    out = []
    for name in sorted(places):
        kind = ""
        low, high = np.nan, np.nan
        if registered is not None:
            kind = "registered"
            low = registered.get(name, 0.0 if name in case.opens else np.nan)
            if np.isfinite(low):
                high = _registered_after(rows, name, registered, case)
        elif unit == PATIENTS:
            kind = "suppressed" if ends else "counted" if counted else "modelled"
            low, high = float(before.get(name, 0.0)), float(after.get(name, 0.0))
        if case.quotas and kind == "registered":
            # a rule that divides volumes says what each has after the change
            high = case.quotas.get(name, np.nan)
        if name in case.stops and case.intervention.moves_share == 1.0:
            high = 0.0 if kind else np.nan
        # of a location outside the region this is only what comes from this region
        unknown = name in case.stops or name in case.outside
        judged = np.isfinite(high) and np.isfinite(norm) and not unknown and kind != "modelled"
        known = [high]
        if judged and isinstance(registered, RegisteredCounts) and not case.quotas:
            hidden = (registered.low, registered.high)
            known = [_registered_after(rows, name, each, case) for each in hidden]
        elif kind == "suppressed":
            known = [float(each.get(name, 0.0)) for each in ends]
        meets = _verdict(known, norm) if judged else ""
        values = (case.intervention.name, case.scenario, name, low, high, norm, meets, kind)
        out.append(dict(zip(COLUMNS, values, strict=True)))
    return pd.DataFrame(out, columns=COLUMNS)


def _verdict(bounds: Sequence[float], norm: float) -> str:
    """Return ``yes`` or ``no`` where both bounds say so, else nothing."""
    stated = {"yes" if each >= norm * (1.0 - NORM_TOLERANCE) else "no" for each in bounds}
    return stated.pop() if len(stated) == 1 else ""


def _registered_after(
    rows: pd.DataFrame, taker: str, registered: Mapping[str, float], case: Case
) -> float:
    """Add up the registered counts that end at a location, divided as the flows are."""
    total = 0.0
    for giver in sorted({*case.intervention.providers, *rows["provider_before"]} - {""}):
        given = rows[rows["provider_before"] == giver]
        demand = float(given["demand"].sum())
        count = registered.get(giver, np.nan)
        if demand > 0.0:
            share = float(given.loc[given["provider_after"] == taker, "demand"].sum()) / demand
        elif giver in case.stops:
            # nobody lives nearest to it, so no flow says where its patients go
            share = 0.0 if count == 0.0 else np.nan
        else:
            share = float(giver == taker)
        # without a count of the giver nobody knows what comes, unless nothing does
        total += share * count if share != 0.0 else 0.0
    return total


def judged(volumes: pd.DataFrame, case: Case) -> dict[str, float]:
    """Lowest volume after the change, and how many locations stay below the norm.

    Parameters
    ----------
    volumes
        From `case_volumes`.
    case
        The same case.

    Returns
    -------
    dict
        ``lowest_volume``; NaN where volumes are not known. ``below_norm``; NaN where of any
        location nothing certain can be said.
    """
    left = volumes[volumes["location"].isin([*case.stays, *case.opens])]
    known = left["volume_after"].notna()
    complete = bool(known.all()) and len(left) > 0
    # a count over some of the locations would read as a count over all
    all_judged = complete and bool((left["meets_norm"] != "").all())
    return {
        "lowest_volume": float(left["volume_after"].min()) if complete else np.nan,
        "below_norm": float((left["meets_norm"] == "no").sum()) if all_judged else np.nan,
    }
