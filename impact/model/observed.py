"""Observed flows: patient counts per postcode and provider, with cells that are suppressed.

Whoever publishes such counts hides the small ones as ``<10``. Such a cell holds between one and
nine patients: it counts as the middle, five, and what follows from the table is bounded by taking
every cell at its least and at its most. Where the registered total of a provider is known and is
less than that, its hidden cells share what the others leave of it (`to_totals`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.notes import Loaded, Note
from impact.tables.places import normal_postcode, pc6_faults
from impact.tables.text_table import Counts, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.tables.text_table import Table

_COLUMNS = ("postcode", "provider", "patients")
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Observed:
    """Patients per year from each postcode at each location.

    Attributes
    ----------
    locations
        Columns, sorted.
    counts, low, high : ndarray of float, shape (n_postcodes, n_locations)
        Rows as the residents of the study; `low` and `high` differ from `counts` where a cell is
        suppressed.
    elsewhere
        Those locations that are no provider of the study.
    """

    locations: tuple[str, ...]
    counts: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    elsewhere: tuple[str, ...] = ()

    @property
    def totals(self) -> NDArray[np.float64]:
        """Patients per postcode, shape (n_postcodes,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def suppressed(self) -> bool:
        """Whether any cell is known by bounds only."""
        return bool((self.low < self.high).any())

    def table(self, locations: Sequence[str], *, of: str = "counts") -> NDArray[np.float64]:
        """Give the counts at some locations, zero where none were counted.

        Parameters
        ----------
        locations
            Wanted columns.
        of
            ``counts``, ``low`` or ``high``.

        Returns
        -------
        ndarray of float, shape (n_postcodes, n_locations)
        """
        known: NDArray[np.float64] = getattr(self, of)
        place = {name: column for column, name in enumerate(self.locations)}
        out = np.zeros((len(known), len(locations)))
        for column, name in enumerate(locations):
            if name in place:
                out[:, column] = known[:, place[name]]
        return out


def flow_bounds(
    rows: pd.DataFrame, postcodes: Sequence[str], observed: Observed
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds that suppressed cells leave on the demand of flows.

    Parameters
    ----------
    rows
        From `impact.model.allocation.flows`, by these counts.
    postcodes
        Rows of the counts.
    observed
        The counts.

    Returns
    -------
    low, high : ndarray of float, shape (n_rows,)
        A flow is the same share of the least and of the most of its cell.
    """
    demand = rows["demand"].to_numpy(np.float64)
    place = pd.Index(postcodes).get_indexer(pd.Index(rows["postcode"]))
    column = pd.Index(observed.locations).get_indexer(pd.Index(rows["provider_before"]))
    here = np.flatnonzero((demand > 0.0) & (place >= 0) & (column >= 0))
    at = (place[here], column[here])
    share = demand[here] / observed.counts[at]
    low, high = demand.copy(), demand.copy()
    low[here], high[here] = observed.low[at] * share, observed.high[at] * share
    return low, high


def to_totals(
    observed: Observed, totals: Mapping[str, float]
) -> tuple[Observed, tuple[str, ...], tuple[str, ...]]:
    """Keep the hidden counts of a provider within its registered total.

    Parameters
    ----------
    observed
        Counts with their bounds.
    totals
        Location -> registered count per year, of patients from everywhere.

    Returns
    -------
    observed : Observed
        A total is no less than what comes from the region: hidden cells are scaled down to it, and
        never up.
    scaled : tuple of str
        Locations whose hidden counts became less.
    short : tuple of str
        Locations whose total is less than even the least of their counts; these stay as they are.

    Notes
    -----
    With T the total, K the sum of the known counts of a location, and l, u the bounds of its hidden
    cells, f = (T - K - sum l) / (sum u - sum l) and a cell counts as l + f (u - l), where that is
    less than the middle. None is more than u' = min(u, l + T - K - sum l).

    Examples
    --------
    >>> grid = np.array([[20.0], [5.0], [5.0]])
    >>> low, high = np.array([[20.0], [1.0], [1.0]]), np.array([[20.0], [9.0], [9.0]])
    >>> found, scaled, short = to_totals(Observed(("A",), grid, low, high), {"A": 24.0})
    >>> found.counts.ravel().tolist(), found.high.ravel().tolist(), scaled, short
    ([20.0, 2.0, 2.0], [20.0, 3.0, 3.0], ('A',), ())
    """
    counts, high = observed.counts.copy(), observed.high.copy()
    scaled, short = [], []
    for column, name in enumerate(observed.locations):
        low, most = observed.low[:, column], observed.high[:, column]
        hidden = low < most
        total = totals.get(name, np.inf)
        left = total - float(low.sum())
        if left < 0.0:
            short.append(name)
            continue
        if not hidden.any() or not np.isfinite(total):
            continue
        high[hidden, column] = np.minimum(most[hidden], low[hidden] + left)
        if total < float(counts[:, column].sum()):
            share = left / float((most - low)[hidden].sum())
            counts[hidden, column] = low[hidden] + share * (most - low)[hidden]
            scaled.append(name)
    return replace(observed, counts=counts, high=high), tuple(scaled), tuple(short)


def read_observed(
    path: Path,
    *,
    intervention: str,
    interventions: Sequence[str],
    residents: Sequence[str],
    postcodes: Sequence[str],
    providers: Sequence[str],
    hospitals: Sequence[str],
    years: int = 1,
) -> Loaded[Observed]:
    """Read patient counts.

    Parameters
    ----------
    path
        CSV with ``postcode``, ``provider``, ``patients`` (a number, or ``<10``) and perhaps
        ``intervention``; a pair that is not listed has no patients.
    intervention, interventions
        The one that is read, and all that the table may name.
    residents, postcodes
        Those of the region, and all that are known.
    providers, hospitals
        Those of the study, and all that are known.
    years
        That the table is counted over; what is returned is per year.

    Returns
    -------
    Loaded
        Of `Observed`.

    Raises
    ------
    InputError
        Listing every fault: unknown postcodes, providers or interventions, counts that are
        negative or no numbers, a pair twice, no row of the intervention.
    """
    table = read_table(path)
    table.require(_COLUMNS)
    codes = table.frame["postcode"].map(normal_postcode)
    table = replace(table, frame=table.frame.assign(postcode=codes))
    faults = [
        *pc6_faults(table, postcodes),
        *_unknown(table, "postcode", postcodes, "a postcode of the study's table"),
        *_unknown(table, "provider", hospitals, "the name of a hospital location"),
    ]
    if "intervention" in table.frame:
        faults += _unknown(table, "intervention", interventions, "an intervention of the study")
        table = table.part((table.frame["intervention"] == intervention).to_numpy())
    found, wrong = table.counts("patients")
    counts = found.per_year(years)
    faults += wrong
    again = table.frame[table.frame.duplicated(["postcode", "provider"])]
    faults += [
        Fault(table.name, table.where(row), "postcode and provider", f"{code}, {name}", "each once")
        for row, code, name in zip(again.index, again["postcode"], again["provider"], strict=True)
    ]
    if table.frame.empty and not faults:
        expected = said("at least one row of {name!r}", name=intervention)
        faults.append(Fault(table.name, "", "intervention", None, expected))
    if faults:
        raise InputError(faults)
    return Loaded(
        _pivot(table, residents, providers, counts),
        _remarks(table, residents, counts, years),
        ({"name": table.name, "sha256": table.sha256},),
    )


def _remarks(
    table: Table,
    residents: Sequence[str],
    counts: Counts,
    years: int,
) -> tuple[Note, ...]:
    """Note what was estimated and what was not used."""
    out = [*table.notes, *counts.notes(table.name, years)]
    out += table.unused({*_COLUMNS, "intervention"}, known=("intervention",))
    strange = ~table.frame["postcode"].isin(list(residents)).to_numpy()
    if strange.any():
        codes = table.frame["postcode"][strange]
        out.append(outside_rows(table.name, codes, float(counts.middle[strange].sum())))
    absent = len(set(residents) - set(table.frame["postcode"]))
    if absent:
        out.append(Note.of("absent", file=table.name, count=absent))
    return tuple(out)


def outside_rows(file: str, codes: pd.Series[str], patients: float) -> Note:
    """Note the rows of a table whose postcodes lie outside the region."""
    shown = tuple(codes.unique()[:_SHOWN])
    return Note.of("outside_rows", file=file, count=len(codes), patients=patients, names=shown)


def _pivot(
    table: Table,
    residents: Sequence[str],
    providers: Sequence[str],
    counts: Counts,
) -> Observed:
    inside = table.frame["postcode"].isin(list(residents)).to_numpy()
    used = set(table.frame["provider"][inside & (counts.high > 0.0)])
    locations = tuple(sorted(used | set(providers)))
    row = {code: number for number, code in enumerate(residents)}
    column = {name: number for number, name in enumerate(locations)}
    grids = [np.zeros((len(residents), len(locations))) for _ in range(3)]
    codes, names = table.frame["postcode"], table.frame["provider"]
    for position in np.flatnonzero(inside & (counts.high > 0.0)):
        place = row[codes.iloc[position]], column[names.iloc[position]]
        for grid, values in zip(grids, counts, strict=True):
            grid[place] = values[position]
    elsewhere = tuple(name for name in locations if name not in set(providers))
    return Observed(locations, grids[0], grids[1], grids[2], elsewhere)


def _unknown(table: Table, column: str, known: Sequence[str], expected: str) -> list[Fault]:
    names = set(known)
    return [
        Fault(table.name, table.where(row), column, name, expected, nearest_names(name, known))
        for row, name in zip(table.rows, table.frame[column], strict=True)
        if name not in names
    ]
