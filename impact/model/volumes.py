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
from impact.model.known_totals import (
    HOSPITAL,
    NATIONAL,
    REGION,
    VOLUMES,
    CountedRows,
    hold_to_totals,
    known_totals,
)
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import CATCHMENT
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.flow_ends import FlowEnds
    from impact.study.model import Intervention, Study
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
    "volume_before_low",
    "volume_before_high",
    "volume_after_low",
    "volume_after_high",
)

SUPPRESSED = "suppressed"
"""Kind of a volume that was counted, with some counts hidden."""

LOWEST_ENDS = ("lowest_volume_low", "lowest_volume_high")
"""What hidden counts leave of the lowest volume; see `bounds_of_lowest`."""

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
        For negative or missing counts, a location listed twice, unknown names, a table without a
        row of the intervention, or totals that the counts cannot add up to.
    """
    out: dict[str, RegisteredCounts] = {}
    notes: list[Note] = []
    sources: list[Mapping[str, str]] = []
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
        faults += wrong + table.unique("location")
        if table.frame.empty:
            expected = said("at least one row of {name!r}", name=intervention.name)
            faults.append(Fault(table.name, "", "intervention", None, expected))
        if faults:
            raise InputError(faults)
        known = known_totals(study, intervention, VOLUMES)
        rows = _rows(table, years, intervention, hospitals)
        held, noticed, read = hold_to_totals(counts.per_year(years), known, rows)
        registered, low, high = (
            dict(zip(table.frame["location"], each.tolist(), strict=True)) for each in held.counts
        )
        notes += [*table.notes, *noticed]
        sources += read
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


def _rows(
    table: Table, years: int, intervention: Intervention, hospitals: Sequence[str]
) -> CountedRows:
    """Tell what the rows of a table of volumes are counts of."""
    own = set(intervention.providers)
    places = list(table.frame["location"])
    members = {
        HOSPITAL: places,
        REGION: [REGION if name in own else "" for name in places],
        NATIONAL: [NATIONAL] * len(places),
    }
    whole = not own.issuperset(places)
    return CountedRows(table.name, years, members, {HOSPITAL: hospitals}, whole)


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
    ends: FlowEnds | None = None,
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
        Whether the demand was counted at each provider, perhaps with some counts hidden.
    ends
        What hidden counts leave open of the flows.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, one row per location that performs the intervention before or after.
        Volumes are empty where they are not known, and `meets_norm` where it is not certain: of
        modelled volumes, and where hidden counts leave it open. The least and the most of a volume
        are empty where no hidden count has part in it.
    """
    rows = case.flows
    before, after = (_sums(rows, f"provider_{when}") for when in ("before", "after"))
    places = {*case.intervention.providers, *case.opens}
    places |= (set(before) | set(after)) & set(case.outside)
    norm = np.nan if case.intervention.norm is None else case.intervention.norm
    hidden = bool(hidden_ends(registered)) or ends is not None
    out = []
    for name in sorted(places):
        kind = ""
        was, becomes = np.nan, np.nan
        if registered is not None:
            kind = "registered"
            was = registered.get(name, 0.0 if name in case.opens else np.nan)
            if np.isfinite(was):
                becomes = _registered_after(rows, name, registered, case)
        elif unit == PATIENTS:
            kind = (SUPPRESSED if hidden else "counted") if counted else "modelled"
            was, becomes = before.get(name, 0.0), after.get(name, 0.0)
        around: tuple[float, ...] = (was, was, becomes, becomes)
        if hidden and registered is not None:
            around = _registered_ends(name, rows, registered, case, ends)
        elif ends is not None and kind:
            at = (rows[f"provider_{when}"] == name for when in ("before", "after"))
            around = tuple(end for each in at for end in ends.of_sum(each.to_numpy()))
        if case.quotas and kind == "registered":
            # a rule that divides volumes says what each has after the change
            becomes = case.quotas.get(name, np.nan)
            around = (*around[:2], np.nan, np.nan)
        if name in case.stops and case.intervention.moves_share == 1.0:
            becomes = 0.0 if kind else np.nan
            around = (*around[:2], becomes, becomes)
        # of a location outside the region this is only what comes from this region
        unknown = name in case.stops or name in case.outside
        judged = np.isfinite(becomes) and np.isfinite(norm) and not unknown and kind != "modelled"
        # what a rule divides rests on hidden counts, whatever they are
        judged &= not (hidden and case.quotas)
        known = around[2:] if hidden else (becomes,)
        meets = _verdict(known, norm) if judged else ""
        shown = [*_apart(around[:2]), *_apart(around[2:])]
        values = (case.intervention.name, case.scenario, name, was, becomes, norm, meets, kind)
        out.append(dict(zip(COLUMNS, (*values, *shown), strict=True)))
    return pd.DataFrame(out, columns=COLUMNS)


def _sums(rows: pd.DataFrame, column: str) -> dict[str, float]:
    """Add up the demand of flows by location."""
    sums = rows.groupby(column)["demand"].sum()
    return {str(name): float(value) for name, value in sums.items()}


def _apart(ends: Sequence[float]) -> tuple[float, float]:
    """Return bounds that differ; nothing where a number is known."""
    low, high = ends
    return (low, high) if low < high else (np.nan, np.nan)


def _registered_ends(
    name: str,
    rows: pd.DataFrame,
    registered: Mapping[str, float],
    case: Case,
    flows: FlowEnds | None,
) -> tuple[float, ...]:
    """Return the least and the most of a registered volume, before and after."""
    nothing = 0.0 if name in case.opens else np.nan
    ends = hidden_ends(registered) or (registered, registered)
    low, high = (None, None) if flows is None else (flows.low, flows.high)
    return (
        *(each.get(name, nothing) for each in ends),
        _registered_after(rows, name, ends[0], case, (low, high)),
        _registered_after(rows, name, ends[1], case, (high, low)),
    )


def _verdict(bounds: Sequence[float], norm: float) -> str:
    """Return ``yes`` or ``no`` where both bounds say so, else nothing."""
    stated = {"yes" if each >= norm * (1.0 - NORM_TOLERANCE) else "no" for each in bounds}
    return stated.pop() if len(stated) == 1 else ""


def _registered_after(
    rows: pd.DataFrame,
    taker: str,
    registered: Mapping[str, float],
    case: Case,
    bounds: Sequence[NDArray[np.float64] | None] = (None, None),
) -> float:
    """Add up the registered counts that end at a location, divided as the flows are.

    With bounds what comes counts by the first of them, and what goes elsewhere by the second.
    """
    comes, goes = (rows["demand"].to_numpy(np.float64) if x is None else x for x in bounds)
    before = rows["provider_before"].to_numpy()
    taken = rows["provider_after"].to_numpy() == taker
    total = 0.0
    for giver in sorted({*case.intervention.providers, *rows["provider_before"]} - {""}):
        own = before == giver
        arrives, leaves = float(comes[own & taken].sum()), float(goes[own & ~taken].sum())
        count = registered.get(giver, np.nan)
        if arrives + leaves > 0.0:
            share = arrives / (arrives + leaves)
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


def lowest_ends(rows: pd.DataFrame) -> tuple[float, float]:
    """Give the least and the most that the smallest volume after a change can be."""
    ends = [
        float(rows[f"volume_after_{end}"].fillna(rows["volume_after"]).min())
        for end in ("low", "high")
    ]
    return ends[0], ends[1]


def bounds_of_lowest(volumes: pd.DataFrame, case: Case) -> dict[str, float]:
    """Bounds that hidden counts leave for the lowest volume of `judged`.

    Parameters
    ----------
    volumes, case
        As for `judged`.

    Returns
    -------
    dict
        `LOWEST_ENDS`; NaN where the lowest volume is known exactly, or not at all.
    """
    left = volumes[volumes["location"].isin([*case.stays, *case.opens])]
    ends = (np.nan, np.nan)
    if len(left) and left["volume_after"].notna().all():
        ends = _apart(lowest_ends(left))
    return dict(zip(LOWEST_ENDS, ends, strict=True))
